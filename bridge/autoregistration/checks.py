"""Is the site fit for autoregistration? What the configuration check reports about servers, groups, pools and defaults.

Rules: autoregistration reference, sections 3 and 8; requirements AR-16 to AR-20 and AR-30 to AR-33.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.autoregistration.policy import AutoregistrationSettings
from bridge.core import CallManagerGroup, Device, DeviceDefaults, DevicePool, Server


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Unknown phones are refused, or go astray."""
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, with its short name for programs."""

    code: str
    severity: Severity
    what: str
    fix: str


def check_site(
    settings: AutoregistrationSettings,
    groups: Sequence[CallManagerGroup],
    pools: Sequence[DevicePool],
    defaults: Sequence[DeviceDefaults],
    servers: Sequence[Server] = (),
    devices: Iterable[Device] = (),
) -> tuple[Finding, ...]:
    """Everything that is wrong, errors first."""
    group = next((each for each in groups if each.autoregistration), None)
    found = [
        *_check_servers(group, servers),
        *_check_pools(settings, group, pools, defaults),
        *_check_defaults(defaults, devices),
    ]
    return tuple(sorted(found, key=lambda each: each.severity is Severity.WARNING))


def enabled_servers(servers: Iterable[Server]) -> list[str]:
    """The servers on which autoregistration is not disabled; more than one is an error (AR-30)."""
    return [each.name for each in servers if not each.autoregistration_disabled]


def _check_servers(group: CallManagerGroup | None, servers: Sequence[Server]) -> Iterator[Finding]:
    if group is None:
        yield Finding(
            "no_autoregistration_group",
            Severity.ERROR,
            "no CallManager group is marked for autoregistration",
            "mark one: sepbridge site groups set Default autoregistration=yes",
        )
        return
    if not group.servers:
        yield Finding(
            "no_autoregistration_group",
            Severity.ERROR,
            f"the CallManager group {group.name}, which is marked for autoregistration, has no server",
            "start the service, which puts this machine there; or sepbridge site servers add NAME address=…, then "
            f"sepbridge site groups set {group.name} servers=NAME",
        )
        return
    first = group.servers[0]
    enabled = enabled_servers(servers or group.servers)
    if len(enabled) > 1:
        yield Finding(
            "several_nodes_enabled",
            Severity.ERROR,
            f"autoregistration is enabled on {len(enabled)} servers: {', '.join(enabled)}",
            f"leave one of them: sepbridge autoregistration move {first.name}",
        )
    elif first.autoregistration_disabled:
        yield Finding(
            "first_member_disabled",
            Severity.ERROR,
            f"autoregistration is disabled on {first.name}, the first server of group {group.name}: "
            "unknown phones are refused",
            f"sepbridge autoregistration move {first.name}",
        )
    if len(enabled) == 1 and enabled[0] != first.name:
        yield Finding(
            "enabled_node_not_primary",
            Severity.ERROR,
            f"autoregistration is enabled on {enabled[0]}, which is not the first server of group {group.name}",
            f"sepbridge autoregistration move {enabled[0]}",
        )


def _check_pools(
    settings: AutoregistrationSettings,
    group: CallManagerGroup | None,
    pools: Sequence[DevicePool],
    defaults: Sequence[DeviceDefaults],
) -> Iterator[Finding]:
    named = dict.fromkeys([settings.pool, *(each.pool for each in defaults)])
    for pool in pools:
        if pool.name not in named:
            continue
        if group is not None and pool.group.name != group.name:
            yield Finding(
                "pool_not_in_autoreg_group",
                Severity.WARNING,
                f"phones that autoregister get the pool {pool.name}, whose group {pool.group.name} is not the one for "
                f"autoregistration ({group.name})",
                f"sepbridge site pools set {pool.name} group={group.name}",
            )
        if not pool.autoreg_css and not settings.without_space:
            yield Finding(
                "pool_without_autoreg_css",
                Severity.WARNING,
                f"the pool {pool.name} has no calling search space for autoregistered phones: they reach only what is "
                "in no partition",
                f"sepbridge site pools set {pool.name} autoreg_css=…",
            )


def _check_defaults(defaults: Sequence[DeviceDefaults], devices: Iterable[Device]) -> Iterator[Finding]:
    known = {(each.model_number, each.protocol) for each in defaults}
    missing = {
        (each.model_number, each.desired_protocol): each.model
        for each in devices
        if each.model_number is not None and (each.model_number, each.desired_protocol) not in known
    }
    for (number, protocol), model in sorted(missing.items(), key=str):
        yield Finding(
            "missing_device_default",
            Severity.WARNING,
            f"there are {protocol} phones of model {model or number}, and no device defaults for them: "
            "they get the pool of autoregistration",
            f"sepbridge site defaults add {model or number} {protocol}",
        )

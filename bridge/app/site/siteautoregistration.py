"""The table ``[autoregistration]`` of a site description: what an admin sets, but not whether the window is open.

A description never opens the window, and never enters or leaves secure mode: those are decisions of a moment (AR-06,
AR-08). Closing is another matter: equal ends of the range, ``unknown = "refuse"`` and a strict policy in secure mode
close it, as they do on the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from bridge.app.site.sitefields import BadValue, Field, Fields, Table, read, sparse
from bridge.autoregistration import (
    ROGUE_POOL,
    AutoregistrationSettings,
    ListEntry,
    SecurityPolicy,
    UnknownMode,
    changes,
)
from bridge.autoregistration.policy import WARN_AFTER
from bridge.core import NumberRange, SignallingProtocol, check_directory_number
from bridge.core.texts import check_dialled
from bridge.errors import Conflict, InvalidInput

Read = TypeVar("Read")

FIELDS: Fields = {
    "range": Field(str, "1000-1000"),
    "protocol": Field(SignallingProtocol, SignallingProtocol.SCCP),
    "partition": Field(str, ""),
    "pool": Field(str, "Default"),
    "device_template": Field(str, ""),
    "without_space": Field(bool, False),
    "networks": Field(tuple[str, ...], ()),
    "allowed": Field(tuple[str, ...], ()),
    "denied": Field(tuple[str, ...], ()),
    "approval": Field(bool, False),
    "warn_after": Field(int, WARN_AFTER),
    "backup": Field(bool, False),
    "security": Field(SecurityPolicy, SecurityPolicy.STRICT),
    "unknown": Field(UnknownMode, UnknownMode.ADMIT_WHEN_OPEN),
    "rogue_range": Field(str, "1000-1000"),
    "rogue_inbound": Field(bool, False),
    "rogue_operator": Field(str, "0"),
    "rogue_operator_number": Field(str, ""),
}
NAMES = {"partition": "partition", "pool": "device_pool", "device_template": "universal_device_template"}
"""The keys that name an object of a section."""


def autoregistration_table(settings: AutoregistrationSettings) -> Table:
    """The settings as a table, without what is at its default."""
    rogue = settings.rogue
    return sparse(
        FIELDS,
        {
            "range": str(settings.range),
            "protocol": settings.protocol,
            "partition": settings.partition,
            "pool": settings.pool,
            "device_template": settings.device_template,
            "without_space": settings.without_space,
            "networks": tuple(str(each) for each in settings.allowed_networks),
            "allowed": tuple(str(each) for each in settings.allowed),
            "denied": tuple(str(each) for each in settings.denied),
            "approval": settings.approval,
            "warn_after": settings.warn_after,
            "backup": settings.backup,
            "security": settings.security,
            "unknown": settings.unknown,
            "rogue_range": str(rogue.range),
            "rogue_inbound": rogue.inbound,
            "rogue_operator": rogue.operator,
            "rogue_operator_number": rogue.operator_number,
        },
    )


def read_autoregistration(
    table: Table, before: AutoregistrationSettings, known: Mapping[str, Mapping[Any, Any]], now: datetime
) -> AutoregistrationSettings:
    """The settings that a table describes, changed from those before. Raises BadValue, which names the key."""
    values = read(FIELDS, table, "table of autoregistration")
    numbers = _of("range", NumberRange.parse, values["range"])
    settings = before
    if numbers != before.range:
        settings = changes.set_range(before, numbers, now=now, open_for=None)
    settings = _of("networks", lambda each: changes.set_allowed_networks(settings, each), values["networks"])
    allowed = [_of("allowed", ListEntry.parse, each) for each in values["allowed"]]
    denied = [_of("denied", ListEntry.parse, each) for each in values["denied"]]
    settings = _of("allowed", lambda each: changes.set_lists(settings, allowed=each, denied=denied), allowed)
    settings = replace(
        _rogue(settings, values),
        protocol=values["protocol"],
        partition=values["partition"],
        pool=values["pool"],
        device_template=values["device_template"],
        without_space=values["without_space"],
        approval=values["approval"],
        warn_after=_of("warn_after", changes.check_warn_after, values["warn_after"]),
        backup=values["backup"],
    )
    settings = changes.set_security(settings, values["security"])
    if settings.unknown is values["unknown"]:
        return settings
    if values["unknown"] is UnknownMode.ROGUE and not (
        ROGUE_POOL in known["device_pool"] and ROGUE_POOL in known["partition"]
    ):
        raise BadValue(
            "unknown phones cannot be let into the rogue pool",
            key="unknown",
            why=f"the description has no device pool and partition named {ROGUE_POOL}",
            fix="run `sepbridge autoregistration unknown rogue --range …` once, which makes both, or add both",
        )
    return _of("unknown", lambda mode: changes.set_unknown(settings, mode), values["unknown"])


def _rogue(settings: AutoregistrationSettings, values: Table) -> AutoregistrationSettings:
    numbers = _of("rogue_range", NumberRange.parse, values["rogue_range"])
    if numbers != settings.rogue.range:
        settings = _of("rogue_range", lambda each: changes.set_rogue_range(settings, each), numbers)
    number = values["rogue_operator_number"]
    return replace(
        settings,
        rogue=replace(
            settings.rogue,
            inbound=values["rogue_inbound"],
            operator=_of(
                "rogue_operator", lambda each: check_dialled(each, "operator's code"), values["rogue_operator"]
            ),
            operator_number=_of("rogue_operator_number", check_directory_number, number) if number else "",
        ),
    )


def _of(key: str, change: Callable[[Any], Read], value: Any) -> Read:
    """What ``change`` makes of a value; an error says which key is to blame."""
    try:
        return change(value)
    except (InvalidInput, Conflict) as error:
        raise BadValue(error.what, key=key, why=error.why, fix=error.fix) from None

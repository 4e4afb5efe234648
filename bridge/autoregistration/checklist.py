"""CUCM's checklist for autoregistration, step by step: what is done, what is open, what is blocked and by what.

Requirements AR-22 to AR-29, AR-33 and AR-37. The steps are those of the vendor's guide for 5.x; step 2's server is the
one that step 3's group begins with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bridge.autoregistration.checks import Finding, Severity
from bridge.autoregistration.policy import AutoregistrationSettings


class StepState(StrEnum):
    """How a step stands."""

    OPEN = "open"
    DONE = "done"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class ChecklistStep:
    """One step."""

    number: int
    title: str
    state: StepState
    why: str = ""
    """What is wrong or left to do."""
    fix: str = ""
    """The command that does it."""


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What the steps are judged by."""

    settings: AutoregistrationSettings
    findings: Sequence[Finding] = ()
    """Of the site, its loads, and what stands against enabling."""
    temporary: int = 0
    admitted_now: int = 0
    """Of these, since the window opened."""


SECURE = "secure mode is on, and the policy is strict"
LEAVE_SECURE = (
    "sepbridge autoregistration security --mode nonsecure, or sepbridge autoregistration security --policy allow"
)
_SERVER = frozenset({"first_member_disabled", "several_nodes_enabled", "enabled_node_not_primary"})
_GROUP = frozenset({"no_autoregistration_group"})
_SPACE = frozenset({"no_calling_search_space"})
_POOL = frozenset({"pool_not_in_autoreg_group", "pool_without_autoreg_css"})
_LOADS = frozenset({"load_missing", "protocol_mismatch"})
_OVERLAP = frozenset({"range_overlap"})


def checklist(facts: SiteFacts, now: datetime) -> tuple[ChecklistStep, ...]:
    """The nine steps."""
    settings = facts.settings
    is_open = settings.is_open(now)
    steps = [
        _protocol(settings),
        _range(facts),
        _judged(facts, 3, "CallManager group of autoregistration, its first server admits", _GROUP | _SERVER),
        _judged(facts, 4, "Partition and calling search space of autoregistered phones", _SPACE),
        _judged(facts, 5, "Device pools have that group and search space", _POOL, warnings=True),
    ]
    steps.append(_enabled(facts, steps, is_open=is_open))
    if is_open:
        steps.append(
            ChecklistStep(
                7, "Install the phones", StepState.OPEN, f"{facts.admitted_now} are in so far", "plug them in"
            )
        )
    elif facts.temporary:
        steps.append(ChecklistStep(7, "Install the phones", StepState.DONE))
    else:
        steps.append(ChecklistStep(7, "Install the phones", StepState.BLOCKED, "autoregistration is off", "see step 6"))
    if facts.temporary:
        why = f"{facts.temporary} phones are temporary"
        fix = "sepbridge autoregistration assign --all --pool …"
        steps.append(ChecklistStep(8, "Assign the phones to their permanent pools", StepState.OPEN, why, fix))
    else:
        steps.append(ChecklistStep(8, "Assign the phones to their permanent pools", StepState.DONE))
    title = f"Another batch with {settings.protocol.other}, or off"
    if is_open:
        steps.append(ChecklistStep(9, title, StepState.OPEN, "it is on", "sepbridge autoregistration disable"))
    else:
        steps.append(ChecklistStep(9, title, StepState.DONE))
    return tuple(steps)


def _protocol(settings: AutoregistrationSettings) -> ChecklistStep:
    title = "Protocol of phones that speak both"
    if settings.is_locked:
        return ChecklistStep(1, title, StepState.BLOCKED, SECURE, LEAVE_SECURE)
    if not settings.protocol_chosen:
        why = f"it is {settings.protocol}, and nobody chose it for this batch; SIP needs no proxy"
        return ChecklistStep(1, title, StepState.OPEN, why, "sepbridge autoregistration protocol SIP (or SCCP)")
    return ChecklistStep(1, title, StepState.DONE, f"{settings.protocol}")


def _range(facts: SiteFacts) -> ChecklistStep:
    title = "Range of numbers"
    if facts.settings.range.is_empty:
        why = f"the range is {facts.settings.range}: equal ends mean off"
        return ChecklistStep(2, title, StepState.OPEN, why, "sepbridge autoregistration range 1000-1999")
    return _judged(facts, 2, title, _OVERLAP, done=str(facts.settings.range))


def _judged(
    facts: SiteFacts, number: int, title: str, codes: frozenset[str], *, warnings: bool = False, done: str = ""
) -> ChecklistStep:
    found = [each for each in facts.findings if each.code in codes]
    if not found:
        return ChecklistStep(number, title, StepState.DONE, done)
    # A warning alone does not stop anybody.
    only_warnings = warnings and all(each.severity is Severity.WARNING for each in found)
    state = StepState.OPEN if only_warnings or codes == _SPACE else StepState.BLOCKED
    return ChecklistStep(number, title, state, "; ".join(each.what for each in found), found[0].fix)


def _enabled(facts: SiteFacts, before: Sequence[ChecklistStep], *, is_open: bool) -> ChecklistStep:
    title = "Switch it on for a short time"
    command = "sepbridge autoregistration enable --for 60m"
    if is_open:
        return ChecklistStep(6, title, StepState.DONE)
    if facts.settings.is_locked:
        return ChecklistStep(6, title, StepState.BLOCKED, SECURE, LEAVE_SECURE)
    loads = [each for each in facts.findings if each.code in _LOADS]
    if loads:
        return ChecklistStep(6, title, StepState.BLOCKED, "; ".join(each.what for each in loads), loads[0].fix)
    missing = [each for each in before[1:4] if each.state is not StepState.DONE]
    if missing:
        return ChecklistStep(6, title, StepState.BLOCKED, f"step {missing[0].number} comes first", missing[0].fix)
    return ChecklistStep(6, title, StepState.OPEN, "it is off", command)

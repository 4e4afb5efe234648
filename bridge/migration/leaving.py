"""The way out of CUCM, step by step: what is done, what is open, and what to do next.

Source: migration reference, sections 1 (run plan) and 5 (trust lists).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

SHOWN_NAMES = 5


class LeavingState(StrEnum):
    """How a step stands."""

    OPEN = "open"
    UNDER_WAY = "under way"
    DONE = "done"
    BLOCKED = "blocked"
    BY_HAND = "by hand"
    """Nothing that can be seen from here tells whether it is done."""


@dataclass(frozen=True, slots=True)
class LeavingStep:
    """One step."""

    number: int
    title: str
    state: LeavingState
    told: str = ""
    """What is known of it."""
    fix: str = ""
    """What to do."""


@dataclass(frozen=True, slots=True)
class LeavingFacts:
    """What the steps are judged by. Phones are those that an admin added or imported, not temporary ones."""

    imports: int = 0
    """Imports in the audit trail."""
    phones: int = 0
    errors: Sequence[str] = ()
    """What is wrong with the site."""
    patterns: int = 0
    """Route patterns that lead to a trunk."""
    window_open: bool = False
    trusting: Sequence[str] = ()
    """Phones that came here and asked for signed files alone: they hold a trust list of the old cluster."""
    unseen: Sequence[str] = ()
    """Phones that have asked nothing of this system yet."""
    seen: Sequence[str] = ()
    """Phones that asked, and are not registered."""
    registered: int = 0


def leaving_steps(facts: LeavingFacts) -> tuple[LeavingStep, ...]:
    """The nine steps."""
    arrived = facts.phones - len(facts.unseen)
    have = facts.phones > 0
    all_in = have and facts.registered >= facts.phones
    return (
        LeavingStep(
            1,
            "Take over what stands on CUCM",
            LeavingState.DONE if facts.imports and have else LeavingState.OPEN,
            f"{facts.imports} imports, {facts.phones} phones" if have else "no phone was imported yet",
            "sepbridge import bat FILE… --dry-run, or sepbridge import axl --url https://CUCM:8443/axl/ --dry-run",
        ),
        LeavingStep(
            2,
            "The site is without errors",
            LeavingState.BLOCKED if facts.errors else LeavingState.DONE,
            _some(facts.errors) or "nothing is wrong",
            "sepbridge site check" if facts.errors else "",
        ),
        LeavingStep(
            3,
            "Calls to the outside have a way",
            LeavingState.DONE if facts.patterns else LeavingState.OPEN,
            f"{facts.patterns} route patterns" if facts.patterns else "there is no route pattern",
            "" if facts.patterns else "import AXL answers, or sepbridge site patterns add …; the trunk is Asterisk's",
        ),
        LeavingStep(
            4,
            "New phones stay out during the move",
            LeavingState.OPEN if facts.window_open else LeavingState.DONE,
            "autoregistration is open"
            if facts.window_open
            else "autoregistration is closed; imported phones need none",
            "sepbridge autoregistration disable" if facts.window_open else "",
        ),
        LeavingStep(
            5,
            "Trust lists (ITL, CTL) are erased while phones are still on the old cluster",
            _trust(facts, all_in=all_in),
            f"still hold one: {_some(facts.trusting)}"
            if facts.trusting
            else "only the phones know until they come here",
            'on CUCM: Enterprise Parameter "Prepare Cluster for Rollback to pre 8.0" = True, restart TVS and TFTP, '
            "reset the phones, wait ten minutes; or erase by hand on each phone (docs/leaving-cucm.md)",
        ),
        LeavingStep(
            6,
            "DHCP option 150 names this system, one VLAN after the other",
            LeavingState.DONE if have and not facts.unseen else _begun(arrived),
            f"{arrived} of {facts.phones} phones have asked here" if have else "",
            "sepbridge dhcp snippet --server …; begin with a small VLAN",
        ),
        LeavingStep(
            7,
            "Phones register",
            LeavingState.DONE if all_in else _begun(facts.registered),
            f"{facts.registered} of {facts.phones} are registered" if have else "",
            "sepbridge phones watch",
        ),
        LeavingStep(
            8,
            "Stragglers are looked at",
            _stragglers(facts, all_in=all_in, arrived=arrived),
            _some((*facts.seen, *(facts.unseen if arrived else ()))),
            "" if all_in else "sepbridge phones diagnose PHONE",
        ),
        LeavingStep(
            9,
            "Only then is the old cluster switched off",
            LeavingState.BY_HAND if all_in else LeavingState.BLOCKED,
            "every phone is registered here" if all_in else "erasing trust lists needs the old cluster",
            "" if all_in else "keep it until the last phone is registered here; going back is putting option 150 back",
        ),
    )


def _begun(count: int) -> LeavingState:
    return LeavingState.UNDER_WAY if count else LeavingState.OPEN


def _trust(facts: LeavingFacts, *, all_in: bool) -> LeavingState:
    if facts.trusting:
        return LeavingState.BLOCKED
    return LeavingState.DONE if all_in else LeavingState.BY_HAND


def _stragglers(facts: LeavingFacts, *, all_in: bool, arrived: int) -> LeavingState:
    if all_in:
        return LeavingState.DONE
    return LeavingState.UNDER_WAY if arrived and (facts.seen or facts.unseen) else LeavingState.OPEN


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(names[:SHOWN_NAMES]) + more

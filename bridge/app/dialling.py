"""What would happen if this phone dialled …: the dial plan asked without placing a call.

It answers from the same entries that the contexts for Asterisk are compiled from (``dialplan.contexts``) and works on
digits in the same order: discard, mask, prefix. Source: dial-plan reference, sections 3, 6 and 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.app.dialplans import DialPlans, Pair
from bridge.app.roguepool import ROGUE_PAIR
from bridge.core import Device, DeviceName, DiscardDigits
from bridge.core.texts import apply_mask, check_dialled
from bridge.dialplan import Effect, Entry, Tie, Waiting, winner
from bridge.dialplan.effects import LOCAL_ROUTE_GROUP, MAX_REWRITES
from bridge.errors import InvalidInput

_PRE_DOT = (DiscardDigits.PRE_DOT, DiscardDigits.PRE_DOT_TRAILING_HASH, DiscardDigits.PRE_AT)
_TRAILING = (DiscardDigits.TRAILING_HASH, DiscardDigits.PRE_DOT_TRAILING_HASH)
_CAUSES = {
    1: "unallocated number",
    16: "no error",
    21: "call rejected",
    22: "number changed",
    25: "it was rewritten too often",
    28: "invalid number format",
}


class Verdict(StrEnum):
    """How it ends."""

    RINGS = "rings"
    """Phones of ours ring."""
    LEAVES = "leaves"
    """It goes out by a trunk or context."""
    REFUSED = "refused"
    NOBODY = "nobody"
    """The plan knows no such number; what the admin wrote at Asterisk may."""


@dataclass(frozen=True, slots=True)
class DialStep:
    """One pattern that won."""

    dialled: str
    pattern: str
    partition: str
    what: str
    """What it does, in words."""
    number: str
    """The number afterwards."""


@dataclass(frozen=True, slots=True)
class DialOutcome:
    """The answer."""

    verdict: Verdict
    text: str
    steps: tuple[DialStep, ...]
    partitions: tuple[str, ...]
    """The search list, in order; the empty name is ``<None>``."""
    waiting: Waiting
    """What the phone does after the last digit."""
    rings: tuple[DeviceName, ...] = ()
    caller: str = ""
    """The number that the other side sees."""


class DialTest:
    """Answers for one site at one moment. ``having``: the devices that have a line, by number and partition."""

    def __init__(self, plans: DialPlans, having: Mapping[tuple[str, str], Sequence[DeviceName]]) -> None:
        self._plans = plans
        self._having = having

    def ask(self, device: Device, dialled: str, *, button: int = 0) -> DialOutcome:
        """What happens when the device's line (its primary one, or that of ``button``) dials these digits.

        Raises InvalidInput for what no phone can dial, ConfigurationError for a plan that cannot be read.
        """
        if not check_dialled(dialled.strip(), "dialled number"):
            raise InvalidInput("nothing was dialled", fix="give the digits as they are keyed in")
        pair = self._plans.pair(device, button)
        line = next((each for each in device.lines if each.button == button), device.lines[0] if device.lines else None)
        caller = line.line.number if line else ""
        seen_outside = line.external_number if line else ""
        waiting = self._plans.digits(pair).waiting(dialled.strip())
        trail = _Trail(self, device, caller, seen_outside)
        verdict, text, rings = trail.follow(pair, dialled.strip())
        return DialOutcome(verdict, text, tuple(trail.steps), self._partitions(pair), waiting, rings, trail.caller)

    def entries(self, pair: Pair) -> list[Entry[Effect]]:
        """What the pair reaches; ``digits_entries`` would hide a plan that cannot be read."""
        return self._plans.digits_entries(pair) if pair == ROGUE_PAIR else self._plans.plan.entries(*pair)

    def trunk(self, device: Device) -> str:
        """What the local route group means for the device."""
        return dict(self._plans.variables(device)).get("SEPBRIDGE_TRUNK", "")

    def having(self, number: str, partition: str) -> tuple[DeviceName, ...]:
        """Who has this line."""
        return tuple(self._having.get((number, partition), ()))

    def _partitions(self, pair: Pair) -> tuple[str, ...]:
        return () if pair == ROGUE_PAIR else self._plans.plan.partitions(*pair)


class _Trail:
    """One call through the plan."""

    def __init__(self, test: DialTest, device: Device, caller: str, seen_outside: str) -> None:
        self._test = test
        self._device = device
        self._seen_outside = seen_outside
        self.caller = caller
        self.steps: list[DialStep] = []

    def follow(self, pair: Pair, dialled: str) -> tuple[Verdict, str, tuple[DeviceName, ...]]:
        for _ in range(MAX_REWRITES + 1):
            won = winner(self._test.entries(pair), dialled)
            if isinstance(won, Tie):
                text = f"{won.one.pattern.text} and {won.other.pattern.text} match equally closely"
                self.steps.append(
                    DialStep(dialled, won.one.pattern.text, "", f"{text}: which one wins is open", dialled)
                )
                won = won.one
            if won is None:
                text = f"no line and no pattern that this phone may reach matches {dialled}"
                return Verdict.NOBODY, text, ()
            effect = won.action
            if effect.refuse:
                cause = _CAUSES.get(effect.refuse, "")
                self._note(dialled, won, f"blocks it (cause {effect.refuse}{', ' + cause if cause else ''})", dialled)
                return Verdict.REFUSED, f"the pattern {won.pattern.text} blocks the call", ()
            if effect.line:
                rings = self._test.having(effect.line, effect.partition)
                self._note(dialled, won, "is a line", effect.line)
                who = ", ".join(each.value for each in rings) or "no phone"
                return Verdict.RINGS, f"the line {effect.line} rings on {who}", rings
            number = rewritten(won, dialled)
            self._note_caller(effect)
            if effect.destination or not (effect.css or effect.in_callers_css):
                return self._leaves(won, dialled, number)
            where = "the caller's search space" if effect.in_callers_css else f"the search space {effect.css}"
            self._note(dialled, won, f"rewrites it and looks again in {where}", number)
            pair = pair if effect.in_callers_css else (effect.css, "")
            dialled = number
        return (
            Verdict.REFUSED,
            f"the number was rewritten more than {MAX_REWRITES} times: the patterns go in a circle",
            (),
        )

    def _leaves(self, won: Entry[Effect], dialled: str, number: str) -> tuple[Verdict, str, tuple[DeviceName, ...]]:
        destination = won.action.destination
        if destination == LOCAL_ROUTE_GROUP:
            destination = self._test.trunk(self._device)
            if not destination:
                self._note(dialled, won, "sends it to the pool's own trunk, and the pool has none", number)
                return Verdict.REFUSED, f"the pool {self._device.pool} has no trunk", ()
        if not destination:
            # A number of the autoregistration range that nobody has yet: it is known to be complete, and that is all.
            return Verdict.NOBODY, f"{dialled} is a number of the autoregistration range that nobody has", ()
        self._note(dialled, won, f"sends it to {destination}", number)
        return Verdict.LEAVES, f"{number} leaves by {destination}", ()

    def _note(self, dialled: str, won: Entry[Effect], what: str, number: str) -> None:
        self.steps.append(DialStep(dialled, won.pattern.text, won.action.partition, what, number))

    def _note_caller(self, effect: Effect) -> None:
        if effect.external_mask:
            self.caller = self._seen_outside
        self.caller = effect.calling_prefix + apply_mask(effect.calling_mask, self.caller)


def rewritten(won: Entry[Effect], dialled: str) -> str:
    """The called number after what the pattern does to it."""
    effect, number = won.action, dialled
    if effect.discard in _PRE_DOT:
        matching = [one for one in won.pattern.shapes if one.shape.matches(dialled)]
        number = number[matching[0].before_dot if matching else 0 :]
    if won.pattern.takes_hash or effect.discard in _TRAILING:
        number = number.removesuffix("#")
    return effect.prefix + apply_mask(effect.called_mask, number)


def having_lines(devices: Sequence[Device]) -> dict[tuple[str, str], list[DeviceName]]:
    """The devices of each line, by number and partition."""
    found: dict[tuple[str, str], list[DeviceName]] = {}
    for device in devices:
        for each in device.lines:
            found.setdefault((each.line.number, each.line.partition), []).append(device.name)
    return found

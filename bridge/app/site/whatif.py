"""What would happen if a phone dialled a number: the site's dial plan followed step by step, without a call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.site.dialplans import SERVICES, DialPlans, Pair
from bridge.core import Device, DeviceName, DiscardDigits
from bridge.dialplan import Effect, Entry, Tie, Waiting, waiting, winner
from bridge.dialplan.effects import LOCAL_ROUTE_GROUP, MAX_REWRITES
from bridge.errors import InvalidInput, NotFound
from bridge.ports import Store

_DIALLED = re.compile(r"[0-9*#+A-D]{1,50}")
_DROP_HASH = (DiscardDigits.TRAILING_HASH, DiscardDigits.PRE_DOT_TRAILING_HASH)
_DROP_FRONT = (DiscardDigits.PRE_DOT, DiscardDigits.PRE_DOT_TRAILING_HASH, DiscardDigits.PRE_AT)


class Fate(StrEnum):
    """What becomes of a call."""

    RINGS = "rings"
    """A phone of ours rings."""
    LEAVES = "leaves"
    """It goes out by a trunk or a context of the admin's."""
    BLOCKED = "blocked"
    """A pattern refuses it."""
    NO_MATCH = "no-match"
    """No pattern takes it; Asterisk's own codes may (parking, voicemail, ring groups)."""
    TIE = "tie"
    """Two patterns of one partition match equally closely."""
    LOOP = "loop"
    """Translations go round in a circle."""


@dataclass(frozen=True, slots=True)
class DialStep:
    """One pattern that took the number."""

    dialled: str
    pattern: str
    partition: str
    calling_search_spaces: tuple[str, ...]
    """Of the line and of the device, as far as there are any."""
    becomes: str
    """The number after discarding, masks and prefixes."""
    does: str
    """In words."""
    before: str
    """Whether the phone waits for more digits, in words."""


@dataclass(frozen=True, slots=True)
class DialOutcome:
    """The whole way."""

    phone: DeviceName
    line: str
    dialled: str
    context: str
    """Of Asterisk, in which the call starts."""
    fate: Fate
    says: str
    """In words."""
    steps: tuple[DialStep, ...]
    number: str = ""
    """What is called in the end."""
    by: str = ""
    """The trunk or context by which it leaves."""
    cause: int = 0
    """With which it is refused (Q.850)."""
    phones: tuple[DeviceName, ...] = ()
    """That ring."""


class WhatIf:
    """Follows numbers through the plan. ``files`` has the site, as the running service or a desk made them."""

    def __init__(self, store: Store, files: PhoneFiles) -> None:
        self._store = store
        self._files = files

    def dial(self, phone: DeviceName, number: str, *, button: int = 0) -> DialOutcome:
        """What would happen if ``phone`` dialled ``number`` on its line at ``button`` (0: the first).

        Raises NotFound for the phone or the line, InvalidInput for something that nobody can dial.
        """
        if not _DIALLED.fullmatch(number):
            raise InvalidInput(f"{number[:60]!r} cannot be dialled", fix="1 to 50 of 0-9 * # + A-D")
        with self._store.read() as work:
            device = work.devices.require(phone)
            owners = work.devices.all()
        self._files.read_site()
        appearance = next((each for each in device.lines if button in (0, each.button)), None)
        if appearance is None:
            raise NotFound(f"{phone} has no line on button {button}", fix=f"see `sepbridge phones show {phone}`")
        plans = self._files.plans
        pair = plans.pair(device, appearance.button)
        way = _Way(plans, device, pair)
        fate, says, effect, called = way.follow(number)
        phones: tuple[DeviceName, ...] = ()
        if fate is Fate.RINGS and effect is not None:
            phones = tuple(
                each.name
                for each in owners
                if any(
                    (one.line.number, one.line.partition) == (effect.line, way.partition_of_line) for one in each.lines
                )
            )
        return DialOutcome(
            phone=phone,
            line=appearance.line.number,
            dialled=number,
            context=plans.context(pair),
            fate=fate,
            says=says,
            steps=tuple(way.steps),
            number=called,
            by=_destination(plans, device, effect) if effect is not None else "",
            cause=effect.refuse if effect is not None else 0,
            phones=phones,
        )


class _Way:
    """One number on its way."""

    def __init__(self, plans: DialPlans, device: Device, pair: Pair) -> None:
        self._plans = plans
        self._device = device
        self._pair = pair
        self.steps: list[DialStep] = []
        self.partition_of_line = ""

    def follow(self, number: str) -> tuple[Fate, str, Effect | None, str]:
        pair = self._pair
        for _ in range(MAX_REWRITES + 1):
            entries = self._plans.met_entries(pair)
            found = winner(entries, number)
            if found is None:
                return Fate.NO_MATCH, _nothing(entries, number), None, number
            if isinstance(found, Tie):
                words = f"{found.one.pattern.text} and {found.other.pattern.text} of one partition match equally"
                return Fate.TIE, f"{words}; make one of them narrower", None, number
            effect = found.action
            called = _rewritten(found, number)
            self.steps.append(self._step(found, number, called, pair, entries))
            if effect.refuse:
                return Fate.BLOCKED, f"{found.pattern.text} blocks it (cause {effect.refuse})", effect, called
            if effect.line:
                self.partition_of_line = effect.partition
                return Fate.RINGS, f"the line {effect.line} rings", effect, effect.line
            if effect.destination:
                by = _destination(self._plans, self._device, effect)
                if not by:
                    return Fate.BLOCKED, "the phone's device pool has no trunk", effect, called
                return Fate.LEAVES, f"{called} is called by {by}", effect, called
            if not (effect.css or effect.in_callers_css):
                # Of the range of numbers that phones get: one of them may have it some day.
                return Fate.NO_MATCH, "it is of the autoregistration range, and no phone has it", effect, called
            pair = self._pair if effect.in_callers_css else (effect.css, "")
            number = called
        return Fate.LOOP, f"more than {MAX_REWRITES} translations follow one another", None, number

    def _step(
        self, found: Entry[Effect], number: str, called: str, pair: Pair, entries: Sequence[Entry[Effect]]
    ) -> DialStep:
        effect = found.action
        partitions = self._plans.plan.partitions(*pair) if all(css in self._known for css in pair if css) else ()
        partition = partitions[found.rank] if 0 <= found.rank < len(partitions) else ""
        does = "is refused"
        if effect.line:
            does = f"is the line {effect.line}"
        elif effect.destination:
            does = f"leaves by {_destination(self._plans, self._device, effect) or 'no trunk'}"
        elif effect.in_callers_css:
            does = "is looked up again with the caller's rights"
        elif effect.css:
            does = f"is looked up again in {effect.css}"
        elif not effect.refuse:
            does = "is of the autoregistration range"
        wait = waiting(entries, number)
        before = "the phone waits for more digits first" if wait is Waiting.MAY_END else "it is called at once"
        spaces = tuple(each for each in pair if each)
        return DialStep(number, found.pattern.text, effect.partition or partition, spaces, called, does, before)

    @property
    def _known(self) -> frozenset[str]:
        return frozenset(self._plans.plan.spaces)


def _rewritten(found: Entry[Effect], number: str) -> str:
    """The called number: discard, mask, prefix, in that order (dial-plan reference, section 6)."""
    effect = found.action
    shapes = [one for one in found.pattern.shapes if one.shape.matches(number)]
    before_dot = max((one.before_dot for one in shapes), default=0)
    if effect.discard in _DROP_FRONT:
        number = number[before_dot:]
    if number.endswith("#") and (found.pattern.takes_hash or effect.discard in _DROP_HASH):
        number = number[:-1]
    if effect.called_mask:
        number = through(effect.called_mask, number)
    return effect.prefix + number


def through(mask: str, number: str) -> str:
    """A number seen through a mask, right-aligned: X takes the digit that stands there, or none."""
    digits = list(number)
    out: list[str] = []
    for key in reversed(mask):
        if key != "X":
            out.append(key)
            if digits:
                digits.pop()
        elif digits:
            out.append(digits.pop())
    return "".join(reversed(out))


def _destination(plans: DialPlans, device: Device, effect: Effect) -> str:
    if effect.destination != LOCAL_ROUTE_GROUP:
        return effect.destination
    return dict(plans.variables(device)).get("SEPBRIDGE_TRUNK", "")


def _nothing(entries: Sequence[Entry[Effect]], number: str) -> str:
    if waiting(entries, number) is Waiting.MORE:
        return "more digits are needed"
    return f"no pattern takes it; Asterisk's own codes in {SERVICES} may"

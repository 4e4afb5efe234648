"""What is found of all phones, kept up to date a phone at a time: which is to be judged anew, and what that changed.

Pure: whoever drives it says what happened, asks for the next phone, judges it (``diagnosis.judge``) and hands the
judgement in. A phone is looked at again when something happened to it, when the moment of its last judgement has come,
when the site's facts changed, and, where its findings hang on it, when other phones of the networks fare otherwise.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import heapify, heappop, heappush

from bridge.core import DeviceName
from bridge.core.findings import Weight
from bridge.journey.diagnosis import Judgement
from bridge.journey.findings import Finding, has_problem

_SLACK = 64
"""Moments that are over may stay among the others until they are more than these and half of all."""


class Turn(StrEnum):
    """What became of a finding."""

    APPEARED = "appeared"
    CHANGED = "changed"
    """Its title or its weight did."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class FindingTurned:
    """One finding of one phone appeared, changed or went."""

    at: datetime
    device: DeviceName
    turn: Turn
    finding: Finding
    """As it is now; as it was, for one that is gone."""


class FindingBoard:
    """The findings of all phones, by what was handed in last."""

    def __init__(self) -> None:
        self._judged: dict[DeviceName, Judgement] = {}
        self._waiting: deque[DeviceName] = deque()
        self._is_waiting: set[DeviceName] = set()
        self._moments: list[tuple[datetime, DeviceName]] = []
        """A heap; an entry that is not of the phone's last judgement is over."""
        self._by_networks: set[DeviceName] = set()
        self._codes: Counter[tuple[str, Weight]] = Counter()
        self._problems = 0
        self._now: datetime | None = None

    # --- what happens ------------------------------------------------------------------------------------------------

    def touch(self, device: DeviceName) -> None:
        """Something happened to this phone."""
        if device not in self._is_waiting:
            self._is_waiting.add(device)
            self._waiting.append(device)

    def touch_all(self) -> None:
        """Something changed that may count for every phone."""
        for device in self._judged:
            self.touch(device)

    def networks_changed(self) -> None:
        """Phones of some network fare otherwise than before."""
        for device in self._by_networks:
            self.touch(device)

    def clock(self, now: datetime) -> None:
        """It is ``now``: phones whose moment has come are to be judged. A clock that was set back puts all in doubt."""
        if self._now is not None and now < self._now:
            self.touch_all()
        self._now = now
        while self._moments and self._moments[0][0] <= now:
            moment, device = heappop(self._moments)
            judged = self._judged.get(device)
            if judged is not None and judged.changes_at == moment:
                self.touch(device)

    # --- what is to be done ------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Phones that are to be judged."""
        return len(self._waiting)

    def next(self) -> DeviceName | None:
        """The phone that waits longest to be judged; it waits no more. None when all is done."""
        if not self._waiting:
            return None
        device = self._waiting.popleft()
        self._is_waiting.discard(device)
        return device

    def take(self, device: DeviceName, judged: Judgement | None, now: datetime) -> tuple[FindingTurned, ...]:
        """Take a phone's judgement; what it changed. None: nothing is known of the phone any more."""
        before = self._judged.get(device)
        known = {each.code: each for each in before.findings} if before is not None else {}
        found = {each.code: each for each in judged.findings} if judged is not None else {}
        self._keep(device, judged)
        self._count(known.values(), -1)
        self._count(found.values(), 1)
        return tuple(
            FindingTurned(now, device, turn, finding)
            for turn, finding in (
                *((Turn.GONE, each) for code, each in known.items() if code not in found),
                *((Turn.APPEARED, each) for code, each in found.items() if code not in known),
                *((Turn.CHANGED, each) for code, each in found.items() if code in known and _differ(known[code], each)),
            )
        )

    def _keep(self, device: DeviceName, judged: Judgement | None) -> None:
        self._by_networks.discard(device)
        if judged is None:
            self._judged.pop(device, None)
            return
        self._judged[device] = judged
        if judged.by_networks:
            self._by_networks.add(device)
        if judged.changes_at is not None:
            heappush(self._moments, (judged.changes_at, device))
            if len(self._moments) > _SLACK + 2 * len(self._judged):
                self._moments = [(each.changes_at, name) for name, each in self._judged.items() if each.changes_at]
                heapify(self._moments)

    def _count(self, findings: Collection[Finding], number: int) -> None:
        for each in findings:
            self._codes[each.code, each.severity] += number
        self._problems += number * has_problem(findings)

    # --- what is asked -----------------------------------------------------------------------------------------------

    def of(self, device: DeviceName) -> tuple[Finding, ...]:
        """What is found of this phone, the likeliest first; empty for one that is well or unknown."""
        judged = self._judged.get(device)
        return judged.findings if judged is not None else ()

    def __iter__(self) -> Iterator[tuple[DeviceName, tuple[Finding, ...]]]:
        """Every phone of which something is found."""
        return ((device, judged.findings) for device, judged in self._judged.copy().items() if judged.findings)

    @property
    def problems(self) -> int:
        """Phones that have a problem; a note is none."""
        return self._problems

    @property
    def codes(self) -> Mapping[tuple[str, Weight], int]:
        """How many phones have each finding, by its code and weight; 0 for what was found once and is gone."""
        return dict(self._codes)


def _differ(one: Finding, other: Finding) -> bool:
    return (one.title, one.severity) != (other.title, other.severity)

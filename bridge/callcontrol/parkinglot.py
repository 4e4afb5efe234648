"""Which park slots are taken, as the PBX tells it, and who waits to hear of his: the same for all phones of a node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.core import CallParked, CallUnparked, ParkedCall, ParkedCallsListed, ParkingChange

if TYPE_CHECKING:
    from bridge.callcontrol.phonecall import PhoneCall

MOST = 1000
"""Slots that are remembered: a PBX cannot make it grow."""


@dataclass(slots=True, eq=False)
class OnItsWay:
    """A call that a phone parks, until the PBX says which slot it became."""

    call: PhoneCall
    endpoint: str
    """The phone's line, by which the PBX names who parked."""
    number: str
    """Of who shall wait there."""
    until: float
    slot: str = ""
    """The slot; empty until it is known."""


class ParkingLot:
    """The taken slots, and the calls on their way into one."""

    __slots__ = ("_calls", "on_their_way")

    def __init__(self) -> None:
        self._calls: dict[str, ParkedCall] = {}
        self.on_their_way: list[OnItsWay] = []

    def at(self, slot: str) -> ParkedCall | None:
        """Who waits in a slot, or None."""
        return self._calls.get(slot)

    def change(self, change: ParkingChange) -> None:
        """Take note of what the PBX tells."""
        match change:
            case CallParked(call=call):
                if len(self._calls) < MOST or call.slot in self._calls:
                    self._calls[call.slot] = call
                self._arrived(call)
            case CallUnparked(slot=slot):
                self._calls.pop(slot, None)
            case ParkedCallsListed(calls=calls):
                self._calls = {call.slot: call for call in calls[:MOST]}

    def _arrived(self, parked: ParkedCall) -> None:
        """Whose call it is: of those that one line has on their way, from whichever phone, the one with that caller."""
        ours = [each for each in self.on_their_way if each.endpoint == parked.parker]
        meant = next((each for each in ours if each.number == parked.number), ours[0] if ours else None)
        if meant is not None:
            meant.slot = parked.slot
            self.on_their_way.remove(meant)

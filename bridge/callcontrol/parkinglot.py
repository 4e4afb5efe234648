"""Which park slots are taken, as the PBX tells it: the same for all phones of a node."""

from __future__ import annotations

from bridge.core import CallParked, CallUnparked, ParkedCall, ParkedCallsListed, ParkingChange

MOST = 1000
"""Slots that are remembered: a PBX cannot make it grow."""


class ParkingLot:
    """The taken slots."""

    __slots__ = ("_calls",)

    def __init__(self) -> None:
        self._calls: dict[str, ParkedCall] = {}

    def at(self, slot: str) -> ParkedCall | None:
        """Who waits in a slot, or None."""
        return self._calls.get(slot)

    def change(self, change: ParkingChange) -> None:
        """Take note of what the PBX tells."""
        match change:
            case CallParked(call=call):
                if len(self._calls) < MOST or call.slot in self._calls:
                    self._calls[call.slot] = call
            case CallUnparked(slot=slot):
                self._calls.pop(slot, None)
            case ParkedCallsListed(calls=calls):
                self._calls = {call.slot: call for call in calls[:MOST]}

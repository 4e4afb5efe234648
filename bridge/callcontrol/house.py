"""What the phones of one node share.

A phone's feature may change what another phone shows: a line that both have, a watched extension. Whoever does that
``touch``es the other phone, and the application flushes the connections of all phones that were touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from bridge.callcontrol.callrefs import CallReferences
from bridge.callcontrol.parkinglot import ParkingLot
from bridge.callcontrol.watching import Watching

if TYPE_CHECKING:
    from bridge.callcontrol.callback import CallBackRequest
    from bridge.callcontrol.desk import Desk

PhoneT = TypeVar("PhoneT")


class House(Generic[PhoneT]):
    """One node's phones, as far as they have to do with each other."""

    __slots__ = ("_desks", "_touched", "callbacks", "last_dialled", "parking", "refs", "watching")

    def __init__(self, first_reference: int = 1) -> None:
        self.refs = CallReferences(first_reference)
        """The one counter of call references."""
        self.watching = Watching()
        """The numbers whose lamps phones show."""
        self.last_dialled: dict[str, str] = {}
        """By the name of a device: what it dialled last, so that redial outlives its connection."""
        self.callbacks: dict[str, CallBackRequest] = {}
        """By the name of a device: whom its user wants to call back."""
        self.parking = ParkingLot()
        """The taken park slots."""
        self._touched: dict[PhoneT, None] = {}
        self._desks: dict[PhoneT, Desk] = {}

    def enter(self, phone: PhoneT, desk: Desk) -> None:
        """The phone is served; ``desk`` is what others may look at of it."""
        self._desks[phone] = desk

    def leave(self, phone: PhoneT) -> None:
        """The phone is gone."""
        self._desks.pop(phone, None)

    def desks(self) -> Iterator[tuple[PhoneT, Desk]]:
        """All phones that are served."""
        yield from self._desks.items()

    def touch(self, phone: PhoneT) -> None:
        """Something was done to ``phone`` that it may have to tell its user or its lines."""
        self._touched[phone] = None

    def take_touched(self) -> tuple[PhoneT, ...]:
        """The phones touched since the last time, in the order in which it happened."""
        touched, self._touched = tuple(self._touched), {}
        return touched

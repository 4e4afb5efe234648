"""Choosing among several calls: Select marks them, DirTrfr joins the other sides of two and leaves both.

Source: SCCP flows reference, section 4.2. As on CallManager, the call that the user is in counts as chosen; with only
one other call there is nothing to choose, and it counts, too.
"""

from __future__ import annotations

from collections.abc import Collection

from bridge.callcontrol.desk import Desk
from bridge.callcontrol.feature import Feature
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import Label, SoftKeyEventType
from bridge.sccp.stationevents import SoftKeyPressed

_NEED_TWO = frozenset({SoftKeyEventType.SELECT, SoftKeyEventType.DIRECT_TRANSFER})


def standing(desk: Desk) -> tuple[PhoneCall, ...]:
    """The calls that can be joined: both sides are there, and the PBX is not taking them off our hands."""
    return tuple(call for call in desk.all_calls if call.stands and not call.transferring)


def chosen(desk: Desk, call: PhoneCall | None) -> tuple[PhoneCall, ...]:
    """The calls that the user means: the selected ones and ``call``; else the only other one, too. Oldest first."""
    candidates = standing(desk)
    meant = [each for each in candidates if each.selected or each is call]
    if len(meant) < 2 and len(candidates) == 2 and call in candidates:
        return candidates
    return tuple(meant)


def unselect(desk: Desk) -> None:
    """The choice has been used."""
    for call in desk.all_calls:
        if call.selected:
            call.selected = False
            desk.screen.marked(call)


class Selection(Feature):
    """The keys Select and DirTrfr."""

    __slots__ = ()
    SOFT_KEYS = frozenset({SoftKeyEventType.SELECT, SoftKeyEventType.DIRECT_TRANSFER})

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """See ``Feature``."""
        desk = self._at_work.desk
        if event.key == SoftKeyEventType.DIRECT_TRANSFER:
            self._direct_transfer(call, now)
        elif call is not None and call in standing(desk):
            call.selected = not call.selected
            desk.screen.marked(call)
        else:
            desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)

    def keys(self, call: PhoneCall | None) -> Collection[SoftKeyEventType]:
        """See ``Feature``."""
        return self.SOFT_KEYS - _NEED_TWO if len(standing(self._at_work.desk)) < 2 else self.SOFT_KEYS

    def _direct_transfer(self, call: PhoneCall | None, now: float) -> None:
        desk = self._at_work.desk
        pair = chosen(desk, call)
        if len(pair) != 2:
            desk.screen.notify(Label.CAN_NOT_COMPLETE_TRANSFER)
            return
        unselect(desk)
        # The one on hold is told about the other, so that what fails leaves the user in the call in which he is.
        held, other = sorted(pair, key=lambda each: each.state is not PhoneCallState.HELD)
        self._at_work.transfer.join(held, other, now=now)

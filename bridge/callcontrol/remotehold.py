"""Showing that the other side has put the call on hold.

A stock Asterisk does not tell: it plays its music into the call and changes nothing about the session. With
``moh_passthrough`` on the endpoint it passes the hold on as a session in which the other side does not listen. Between
two phones of this node we know without being told: they are the two ends of one call when each shows the number of the
other one, and when that is so for one pair of calls only.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.callcontrol.desk import Desk
from bridge.callcontrol.feature import Feature
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import ExtendedLabel


class RemoteHold(Feature):
    """What the phone at the other end of a call is told about hold and resume."""

    __slots__ = ()

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """See ``Feature``."""
        if call.state is PhoneCallState.HELD or before in (PhoneCallState.HELD, PhoneCallState.RESUMING):
            self._tell_other(call, held=call.state is PhoneCallState.HELD)
        if call.state is PhoneCallState.CONNECTED and call.held_there:
            self._at_work.desk.screen.prompt(call, ExtendedLabel.CALL_ON_HOLD)

    def _tell_other(self, call: PhoneCall, *, held: bool) -> None:
        house, here = self._at_work.house, self._at_work.desk
        if call.target or call.transferring or (held and not call.stands):
            return
        ends = [
            (phone, desk, other)
            for phone, desk in house.desks()
            for other in _ends(desk, of=here.own(call).number, at=call.remote.number)
            if other is not call
        ]
        same = sum(1 for _ in _ends(here, of=call.remote.number, at=here.own(call).number))
        if len(ends) == 1 and same <= 1:
            phone, desk, other = ends[0]
            desk.show_hold(other, held=held)
            house.touch(phone)


def _ends(desk: Desk, *, of: str, at: str) -> Iterator[PhoneCall]:
    """The standing calls of ``desk`` on a line with the number ``at`` with the number ``of`` at the other side."""
    for call in desk.all_calls:
        if of and at and call.stands and call.remote.number == of and desk.own(call).number == at:
            yield call

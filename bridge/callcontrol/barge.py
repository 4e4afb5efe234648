"""Barge: a second phone of a line joins a call of the first.

The proxy mixes no sound: the PBX does, on a call of its own that the second phone makes. So the first phone's call is
not touched, goes on when the second one leaves, and ends the second one's when it ends (services/barge.conf).
"""

from __future__ import annotations

from bridge.callcontrol.feature import Feature
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import Label, SoftKeyEventType
from bridge.sccp.stationevents import SoftKeyPressed
from bridge.sip import CallState as SipState
from bridge.sip.message import Header

TARGET = "sepbridge-barge"
HEADER = "X-Sepbridge-Call"


class Barge(Feature):
    """The Barge key, for a call that another phone of the line has."""

    __slots__ = ()
    SOFT_KEYS = frozenset({SoftKeyEventType.BARGE})

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """Join the call, unless it is private, or somebody has joined already."""
        at_work, desk = self._at_work, self._at_work.desk
        if call is None or call.state is not PhoneCallState.REMOTE:
            call = desk.first(PhoneCallState.REMOTE, event.line)
        found = desk.lines[call.line - 1].owner_of(call.call_ref) if call is not None else None
        if call is None or found is None or not desk.settings.barge or call.private:
            desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)
            return
        _, theirs = found
        stands = theirs.sip is not None and theirs.sip.state is SipState.CONFIRMED
        if theirs.sip is None or not stands or theirs.state is not PhoneCallState.CONNECTED:
            desk.screen.notify(Label.FAILED_TO_SETUP_BARGE)
        elif any(
            other.joins == call.call_ref
            for each in desk.lines[call.line - 1].appearances
            for other in each.desk.own_calls
        ):
            desk.screen.notify(Label.ANOTHER_BARGE_EXISTS)
        elif at_work.focus.make_room(now=now):
            headers = (Header(HEADER, theirs.sip.call_id),)
            at_work.outgoing.ask(call.line, TARGET, call.remote, headers=headers, joins=call.call_ref, now=now)

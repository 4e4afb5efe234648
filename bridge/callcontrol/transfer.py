"""Blind and attended transfer by REFER.

Source: SCCP flows reference, section 4.2. The PBX must hold both calls: REFER is answered by the one that called, and
the two calls that are joined must be known to it.
"""

from __future__ import annotations

from bridge.callcontrol.desk import Desk
from bridge.callcontrol.events import TransferFinished
from bridge.callcontrol.midcall import MidCall
from bridge.callcontrol.outgoing import Outgoing
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.errors import InvalidInput, LocalProtocolError
from bridge.sccp import Label
from bridge.sip import CallState as SipState
from bridge.sip import TransferEnded


class Transfer:
    """The transfer key, and what other services hand over."""

    __slots__ = ("_desk", "_midcall", "_outgoing")

    def __init__(self, desk: Desk, outgoing: Outgoing, midcall: MidCall) -> None:
        self._desk = desk
        self._outgoing = outgoing
        self._midcall = midcall

    def pressed(self, call: PhoneCall, *, now: float) -> None:
        """First press: hold and dial. Second press: hand over."""
        held = call.transfer_of
        if held is None:
            if call.state is PhoneCallState.CONNECTED:
                self._midcall.hold(call, now=now)
                self._outgoing.begin(call.line, transfer_of=call, now=now)
        elif held.state is PhoneCallState.HELD and not held.transferring:
            self._complete(held, call, now=now)

    def send(self, held: PhoneCall, target: str, *, words: str, now: float) -> bool:
        """Send the other side of a held call to ``target``. False, and ``words`` on the screen, where it stays here."""
        held.transfer_words = words
        return self._refer(held, target, now=now)

    def ended(self, call: PhoneCall, event: TransferEnded, *, now: float) -> None:
        """What became of the REFER. A PBX that does not tell has joined nobody: the user may try again."""
        if not call.transferring:
            return
        if event.succeeded:
            self.taken_over(call, now=now)
            return
        desk = self._desk
        target, call.transferring = call.transferring, ""
        desk.events.append(TransferFinished(call.call_ref, target, succeeded=False, status=event.status))
        # Asterisk lets go of the call as soon as it has accepted a blind transfer, and sends no BYE: whether there is
        # still a call shows when it is asked something.
        self._midcall.tell_hold(call, now=now)
        desk.not_transferred.append(call)
        desk.screen.notify(call.transfer_words or Label.CAN_NOT_COMPLETE_TRANSFER)

    def taken_over(self, call: PhoneCall, *, now: float) -> None:
        """The PBX joined the others, or ended the held call after our REFER: both calls are over here."""
        desk = self._desk
        target, call.transferring = call.transferring, ""
        call.handed_over = True
        desk.events.append(TransferFinished(call.call_ref, target, succeeded=True))
        for other in desk.all_calls:
            if other.transfer_of is call:
                desk.finish(other, "transferred", now=now)
        desk.finish(call, "transferred", now=now)

    def _complete(self, held: PhoneCall, consultation: PhoneCall, *, now: float) -> None:
        desk = self._desk
        if held.sip is None or held.sip.state is not SipState.CONFIRMED:
            desk.screen.notify(Label.CAN_NOT_COMPLETE_TRANSFER)
            return
        other = consultation.sip
        attended = other is not None and other.state is SipState.CONFIRMED
        target = consultation.dialled
        if not attended:
            desk.finish(consultation, "transferred", now=now)  # it rings there: the PBX shall call by itself
        try:
            held.agent.transfer(held.sip, other if attended and other is not None else target, now=now)
        except (InvalidInput, LocalProtocolError):
            desk.screen.notify(Label.CAN_NOT_COMPLETE_TRANSFER)
            return
        held.transferring = target

    def _refer(self, held: PhoneCall, target: str, *, now: float) -> bool:
        if held.sip is not None and held.sip.state is SipState.CONFIRMED and not held.transferring:
            try:
                held.agent.transfer(held.sip, target, now=now)
            except (InvalidInput, LocalProtocolError):
                pass
            else:
                held.transferring = target
                return True
        self._desk.screen.notify(held.transfer_words)
        return False

"""Blind and attended transfer by REFER.

Source: SCCP flows reference, section 4.2. The PBX must hold both calls: REFER is answered by the one that called, and
the two calls that are joined must be known to it. A call that is on its way stays on hold here until the PBX says that
it has it; whatever else happens gives it back to the user.
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
from bridge.sip import Direction, TransferEnded


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

    def join(self, held: PhoneCall, other: PhoneCall, *, now: float) -> None:
        """Join the other sides of two calls, of which ``held`` is on hold, and leave both."""
        held.transfer_words = Label.CAN_NOT_COMPLETE_TRANSFER
        if not held.room and not other.room:
            self._refer(held, other, other.remote.number or other.dialled, now=now)
            return
        # Into a conference by its door: with Replaces, Asterisk lets the newcomer take over our place there, and
        # often (22.10) the others did not hear it then.
        own, guest = (held, other) if held.room else (other, held)
        if guest.state is PhoneCallState.CONNECTED:
            self._midcall.set_aside(guest)
        if self.send(guest, own.door, words=Label.CAN_NOT_COMPLETE_TRANSFER, now=now):
            guest.transfer_with = own
        else:
            self._desk.reoffer(guest, Direction.SENDONLY, now=now)

    def send(self, held: PhoneCall, target: str, *, words: str, now: float) -> bool:
        """Send the other side of a held call to ``target``. False, and ``words`` on the screen, where it stays here."""
        held.transfer_words = words
        return self._refer(held, None, target, now=now)

    def progressed(self, call: PhoneCall, *, now: float) -> None:
        """The PBX works on it."""
        if call.transferring:
            call.transfer_taken = True
            call.transfer_deadline = now + self._desk.settings.transfer_wait

    def ended(self, call: PhoneCall, event: TransferEnded, *, now: float) -> None:
        """What became of the REFER. A PBX that does not tell has joined nobody: the user may try again."""
        if not call.transferring:
            return
        if event.succeeded:
            self.taken_over(call, now=now)
        else:
            self._give_back(call, event.status, now)

    def taken_over(self, call: PhoneCall, *, now: float) -> None:
        """The PBX joined the others, or ended the held call after our REFER: both calls are over here."""
        desk = self._desk
        target, call.transferring = call.transferring, ""
        call.handed_over = True
        desk.events.append(TransferFinished(call.call_ref, target, succeeded=True))
        for other in desk.all_calls:
            if other is call.transfer_with:
                desk.finish(other, "transferred", now=now)
        desk.finish(call, "transferred", now=now)

    def handle_timer(self, *, now: float) -> None:
        """Give back what the PBX has said nothing about for too long."""
        for call in self._desk.all_calls:
            if call.transfer_deadline is not None and call.transfer_deadline <= now:
                if call.sip is not None:
                    call.agent.abandon_transfer(call.sip, now=now)
                self._give_back(call, 408, now)

    def _complete(self, held: PhoneCall, consultation: PhoneCall, *, now: float) -> None:
        desk = self._desk
        attended = consultation.stands
        target = consultation.dialled
        held.transfer_words = Label.CAN_NOT_COMPLETE_TRANSFER
        if not held.stands:
            self._refused(held)
            return
        if attended:
            self.join(held, consultation, now=now)
            return
        desk.finish(consultation, "transferred", now=now)  # it rings there: the PBX shall call by itself
        self._refer(held, None, target, now=now)

    def _refer(self, held: PhoneCall, other: PhoneCall | None, target: str, *, now: float) -> bool:
        if held.sip is None or held.sip.state is not SipState.CONFIRMED or held.transferring:
            self._refused(held)
            return False
        try:
            held.agent.transfer(held.sip, other.sip if other is not None and other.sip else target, now=now)
        except (InvalidInput, LocalProtocolError):
            self._refused(held)
            return False
        held.transfer_taken = False
        held.transferring = target
        held.transfer_with = other
        held.transfer_deadline = now + self._desk.settings.transfer_wait
        return True

    def _give_back(self, call: PhoneCall, status: int, now: float) -> None:
        desk = self._desk
        # Asterisk lets go of the call as soon as it has accepted a blind transfer, says what became of it, and sends no
        # BYE: whether there is still a call shows when it is asked something.
        desk.reoffer(call, Direction.SENDONLY, now=now)
        target, call.transferring = call.transferring, ""
        call.transfer_deadline = None
        call.transfer_with = None
        desk.events.append(TransferFinished(call.call_ref, target, succeeded=False, status=status))
        desk.not_transferred.append(call)
        self._refused(call)

    def _refused(self, call: PhoneCall) -> None:
        self._desk.screen.notify(call.transfer_words)

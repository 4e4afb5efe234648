"""Calls that come in: ringing, call waiting, the answer with the channel opened before the 200.

Source: SCCP flows reference, sections 3.2, 3.3 and 5.2.
"""

from __future__ import annotations

from bridge.callcontrol.autoanswering import is_page, wants_answer
from bridge.callcontrol.channel import Purpose
from bridge.callcontrol.codecs import chosen_codec
from bridge.callcontrol.desk import MAX_CALLS, Desk
from bridge.callcontrol.events import CallConnected
from bridge.callcontrol.parties import Party
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.ringing import named_ring
from bridge.core import AutoAnswer
from bridge.sccp import MediaCodec
from bridge.sip import AudioSession, CallConfirmed, IncomingCall


class IncomingCalls:
    """The answering side of a phone."""

    __slots__ = ("_desk",)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def arrived(self, line: int, event: IncomingCall, *, now: float) -> None:
        """A call for ``line``."""
        desk = self._desk
        shared = desk.lines[line - 1]
        profile = desk.session.profile
        own = profile.line(line) if profile else None
        if own is None or not desk.session.is_accepted or not desk.has_button(line):
            shared.refuse(event.call, 480, now=now)
            return
        busy = len(desk.of_line(line)) >= min(own.busy_trigger, own.max_calls)
        if busy or len(desk.own_calls) >= MAX_CALLS:
            shared.refuse(event.call, 486, now=now)
            return
        if is_page(event.alert_info) and desk.own_calls:
            shared.refuse(event.call, 486, now=now)
            return
        if self._codec(event.offer) is None:
            shared.refuse(event.call, 488, now=now)
            return
        active = desk.active
        ref = shared.reference_of(event.call)
        call = desk.new_call(line, PhoneCallState.RINGING_IN, outgoing=False, ref=ref)
        call.sip = event.call
        call.offer = event.offer
        call.late = event.offer is None
        call.remote = _caller(event)
        call.caller = call.remote.number
        call.redirected_from = Party.of(event.redirected_from)
        call.waiting = active is not None
        call.ring = named_ring(event.alert_info)
        call.announced = wants_answer(event.alert_info, event.call_info)
        call.answers_itself = self._answers_itself(call)
        if not ref:
            call.agent.ring(event.call, now=now)
        desk.report_start(call)
        _ring(desk, call, active)

    def _answers_itself(self, call: PhoneCall) -> bool:
        """Whether nobody's hand is needed, and nobody is disturbed."""
        desk = self._desk
        own = desk.own(call)
        if not (call.announced or own.auto_answer is not AutoAnswer.OFF) or call.waiting:
            return False
        if not call.announced and own.auto_answer is AutoAnswer.HEADSET and not desk.headset:
            return False
        rings = any(other.state is PhoneCallState.RINGING_IN and other is not call for other in desk.own_calls)
        shares = bool(desk.lines[call.line - 1].others(desk))
        return not (rings or shares or call.line in desk.screen.silent_lines) and desk.session.traits.speaker

    def answer(self, call: PhoneCall, *, now: float) -> None:
        """The user takes the call: everything in one burst, but the 200, which waits for the phone's port."""
        desk = self._desk
        codec = self._codec(call.offer)
        if codec is None:  # the site took them away while it rang; another phone of the line may have one
            desk.report_media(call, "the phone has none of the codecs that may be used")
            desk.finish(call, "no common codec", now=now)
            desk.screen.notify(desk.settings.texts.no_codec)
            return
        call.state = PhoneCallState.ANSWERING
        call.waiting = False
        desk.screen.answering(call, desk.all_calls)
        desk.open(call, Purpose.ANSWER, codec, now=now)
        desk.screen.connected(call, desk.own(call), desk.all_calls)

    def channel_opened(self, call: PhoneCall, *, now: float) -> None:
        """The phone told its port: answer."""
        desk = self._desk
        if call.sip is None:
            return
        call.state = PhoneCallState.CONNECTED
        call.answered_at = now
        call.told_port = call.channel.port
        call.agent.answer(call.sip, desk.narrow_session(call), capability=desk.local_session(call), now=now)
        offer, call.offer = call.offer, None
        if offer is not None:
            desk.send_media(call, offer)
        desk.screen.lamps(desk.all_calls)
        desk.events.append(CallConnected(call.call_ref, call.line, call.remote.number))

    def channel_failed(self, call: PhoneCall, *, now: float) -> None:
        """The phone opened no channel, twice: other phones of the line that rang with it ring on."""
        desk = self._desk
        unanswered = call.sip is not None and call.state is PhoneCallState.ANSWERING and not call.outgoing
        if unanswered and call.sip is not None and not self._ring_elsewhere(call):
            call.status = 500
            call.agent.reject(call.sip, 500, now=now)
        desk.report_media(call, "the phone opened no channel for its answer")
        desk.finish(call, "the phone opened no audio channel", now=now)
        desk.screen.notify(desk.settings.texts.no_media)

    def _ring_elsewhere(self, call: PhoneCall) -> bool:
        """Let the other phones of the line ring again that stopped for this one. False where there is none."""
        rings = False
        for other in self._desk.lines[call.line - 1].others(self._desk):
            desk, shown = other.desk, other.desk.calls.get(call.call_ref)
            if shown is None or not shown.is_remote or shown.noticed is None:  # it never rang there
                continue
            rings = True
            shown.state = PhoneCallState.RINGING_IN
            shown.sip, shown.offer, shown.late, shown.ring = call.sip, call.offer, call.late, call.ring
            shown.remote, shown.redirected_from = call.remote, call.redirected_from
            shown.elsewhere = shown.private = False
            active = desk.active
            shown.waiting = active is not None
            desk.session.in_call = True
            _ring(desk, shown, active)
            desk.touch()
        return rings

    def confirmed(self, call: PhoneCall, event: CallConfirmed) -> None:
        """The ACK came; where the offer was ours it brings the answer."""
        if call.late and call.channel.is_open:
            self._desk.send_media(call, event.session)

    def show_all(self) -> None:
        """This phone has just registered: what rings since it was accepted it may not have shown."""
        desk = self._desk
        for call in desk.own_calls:
            if call.state is PhoneCallState.RINGING_IN:
                desk.screen.ringing_in(call, desk.own(call), desk.all_calls)

    def stopped_waiting(self) -> None:
        """Nobody is in a call any more: a waiting call rings aloud."""
        desk = self._desk
        if desk.active is not None:
            return
        for call in desk.all_calls:
            if call.state is PhoneCallState.RINGING_IN and call.waiting:
                call.waiting = False
                desk.screen.ringing_in(call, desk.own(call), desk.all_calls)

    def _codec(self, offer: AudioSession | None) -> MediaCodec | None:
        """What to talk with; None where there is nothing."""
        codecs = self._desk.codecs
        return chosen_codec(offer, codecs) if offer is not None else next(iter(codecs), None)


def _ring(desk: Desk, call: PhoneCall, active: PhoneCall | None) -> None:
    """Say on a phone that the call rings; ``active`` is what occupies its user."""
    desk.screen.ringing_in(call, desk.own(call), desk.all_calls)
    if active is not None and active.state is PhoneCallState.CONNECTED and desk.screen.ring_of(call).beep:
        desk.screen.call_waiting_tone(active)


def _caller(event: IncomingCall) -> Party:
    """Who calls: the From is only the caller's own word, what the PBX vouches for goes before it."""
    if event.identity is not None:
        return Party.of(event.identity.number, event.identity.name)
    return Party.of(event.caller, event.caller_name)

"""Calls that the user makes: dial tone, digits, the INVITE, ring-back, the answer.

Source: SCCP flows reference, sections 3.1 and 5.2.
"""

from __future__ import annotations

import re

from bridge.callcontrol.channel import ChannelState, Purpose
from bridge.callcontrol.codecs import chosen_codec
from bridge.callcontrol.desk import Desk
from bridge.callcontrol.events import CallConnected, EarlyOpenFailed, LineState
from bridge.callcontrol.outcomes import FAILURE, UNKNOWN_NUMBER, outcome_of
from bridge.callcontrol.parties import Party
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.settings import EarlyOpen
from bridge.errors import InvalidInput, LocalProtocolError
from bridge.sccp import Label, MediaCodec, Tone
from bridge.sip import AudioSession, CallProgress
from bridge.sip import CallState as SipState
from bridge.sip.message import Header

MAX_DIGITS = 64
SERVICES = "sepbridge-"
"""What the names of services of the PBX begin with that only the proxy asks for."""
_SERVICE = re.compile(r"sepbridge-[a-z]{1,20}(-[A-Za-z0-9*#]{1,64}){0,4}")
KEYS = frozenset("0123456789*#+ABCD")


class Outgoing:
    """The calling side of a phone."""

    __slots__ = ("_desk",)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # --- dialling ----------------------------------------------------------------------------------------------------

    def begin(
        self,
        line: int,
        *,
        number: str = "",
        transfer_of: PhoneCall | None = None,
        conference_of: PhoneCall | None = None,
        now: float,
    ) -> PhoneCall:
        """Go off-hook on ``line``, and dial ``number`` at once if it is given."""
        desk = self._desk
        call = desk.new_call(line, PhoneCallState.OFF_HOOK, outgoing=True)
        call.transfer_of, call.conference_of = transfer_of, conference_of
        call.deadline = now + desk.settings.first_digit
        desk.try_line_again(line, now=now)
        desk.screen.off_hook(call, desk.all_calls, stutter=line in desk.stutter, prompt=not number)
        if number:
            self.dial(call, number, now=now)
        return call

    def digit(self, call: PhoneCall, digit: str, *, now: float) -> None:
        """A key of the keypad while a number is dialled."""
        desk, plan = self._desk, self._desk.settings.digits(call.line)
        if digit == "#" and call.digits and desk.settings.hash_dials and not plan.takes_hash(call.digits):
            self.dial(call, call.digits, now=now)
            return
        if len(call.digits) >= MAX_DIGITS:
            return
        if call.state is PhoneCallState.OFF_HOOK:
            call.state = PhoneCallState.DIALLING
            desk.screen.digits(call)
        else:
            desk.screen.silence(call)
        call.digits += digit
        call.deadline = now + desk.settings.next_digit
        emergency = desk.settings.emergency
        begun = call.digits not in emergency and any(each.startswith(call.digits) for each in emergency)
        if call.digits in emergency or (len(call.digits) == call.most_digits and not begun):
            self.dial(call, call.digits, now=now)
            return
        if call.only_emergency and not begun:
            desk.fail(call, FAILURE, text=Label.LINE_IN_USE, now=now)
            return
        if plan.outside_tone(call.digits):
            desk.screen.tone(call, Tone.OUTSIDE_DIAL)
        complete = any(call.digits in span for span in call.numbers) if call.service else plan.is_complete(call.digits)
        if complete and not begun:  # else no 11 of the site would let anybody dial 112
            self.dial(call, call.digits, now=now)

    def erase(self, call: PhoneCall, *, now: float) -> None:
        """Take the last digit back."""
        desk = self._desk
        if not call.digits:
            return
        call.digits = call.digits[:-1]
        call.deadline = now + (desk.settings.next_digit if call.digits else desk.settings.first_digit)
        desk.screen.erased(call)

    def overdue(self, call: PhoneCall, *, now: float) -> None:
        """The time for a digit is over, or that for a failure's tone."""
        call.deadline = None
        if call.state is PhoneCallState.FAILED:
            self._desk.finish(call, "refused", now=now)
        elif call.state is PhoneCallState.PROCEEDING:
            call.status = 408
            self._desk.fail(call, outcome_of(408), status=408, now=now)
        elif call.digits and call.state is PhoneCallState.DIALLING:
            self.dial(call, call.digits, now=now)
        elif call.state in (PhoneCallState.OFF_HOOK, PhoneCallState.DIALLING):
            self._desk.fail(call, FAILURE, now=now)

    def dial(self, call: PhoneCall, number: str, *, now: float) -> None:
        """The number is complete."""
        desk = self._desk
        number = "".join(key for key in number if key in KEYS)[:MAX_DIGITS]
        if not number:
            desk.fail(call, UNKNOWN_NUMBER, text=desk.settings.texts.cannot_dial, now=now)
            return
        call.emergency = number in desk.settings.emergency
        if call.emergency:
            call.service, call.numbers = "", ()  # whatever the number was to be for
        else:
            if call.number_for is not None:
                call.number_for(call, number, now)
                return
            if call.only_emergency:
                desk.fail(call, FAILURE, text=Label.LINE_IN_USE, now=now)
                return
        if call.service and not any(number in span for span in call.numbers):
            desk.fail(call, UNKNOWN_NUMBER, now=now)
            return
        call.dialled = call.digits = number
        if call.service:
            call.target, call.room = call.service + number, f"m{number}"
        else:
            desk.last_dialled = number
        call.remote = Party(number)
        self._place(call, now=now)

    def ask(
        self,
        line: int,
        target: str,
        shown: Party,
        *,
        on: PhoneCall | None = None,
        room: str = "",
        headers: tuple[Header, ...] = (),
        joins: int = 0,
        now: float,
    ) -> PhoneCall:
        """Call a service of the PBX that no keypad can dial; the user sees ``shown`` at the other side.

        ``room`` is the conference that is entered so, if it is one; ``headers`` is what the service is told; ``joins``
        the call of another phone that is taken part in. ``on``: the call that is off-hook already, and for which
        nothing was dialled yet.

        Raises InvalidInput for a name that is none of ``asterisk-conf/sepbridge/services``.
        """
        if not _SERVICE.fullmatch(target):
            raise InvalidInput(f"{target!r} is not the name of a service", fix=f"names begin with {SERVICES!r}")
        call = on or self._desk.new_call(line, PhoneCallState.OFF_HOOK, outgoing=True)
        call.target, call.room, call.headers, call.joins = target, room, headers, joins
        call.remote = shown
        self._desk.try_line_again(line, now=now)
        if on is None:
            self._desk.screen.off_hook(call, self._desk.all_calls, stutter=False, prompt=False)
        self._place(call, now=now)
        return call

    def _place(self, call: PhoneCall, *, now: float) -> None:
        desk = self._desk
        call.deadline = None
        call.state = PhoneCallState.PROCEEDING
        desk.screen.proceeding(call, desk.own(call), desk.all_calls)
        if desk.line_states[call.line - 1] is LineState.UNREACHABLE:
            if not call.emergency:
                desk.fail(call, FAILURE, text=desk.settings.texts.unreachable, now=now)
                return
            # It is tried all the same, for what is known may be some minutes old; its user knows that it may fail.
            desk.screen.prompt(call, desk.settings.texts.unreachable)
        codecs = desk.codecs
        if not codecs:
            desk.fail(call, FAILURE, text=desk.settings.texts.no_codec, now=now)
            desk.report_media(call, "the phone has none of the codecs that may be used")
        elif desk.asks_port:
            desk.ask_port(call, codecs[0], now=now)
        elif desk.opens_early:
            desk.open(call, Purpose.OFFER, codecs[0], now=now)
        else:
            self._invite(call, None, now=now)

    # --- the INVITE --------------------------------------------------------------------------------------------------

    def channel_opened(self, call: PhoneCall, *, now: float) -> None:
        """The phone told its port: the INVITE can go out."""
        self._invite(call, self._desk.local_session(call), now=now)

    def channel_failed(self, call: PhoneCall, *, now: float) -> None:
        """The phone opens nothing before the answer: leave the offer to the other side."""
        desk = self._desk
        desk.screen.send(*call.channel.close())
        if desk.settings.early_open is EarlyOpen.AUTO:
            desk.early_open_works = False
            desk.events.append(EarlyOpenFailed(desk.session.device))
        self._invite(call, None, now=now)

    def _invite(self, call: PhoneCall, offer: AudioSession | None, *, now: float) -> None:
        desk = self._desk
        call.late = offer is None
        call.told_port = call.channel.port if offer is not None else 0
        try:
            call.sip = call.agent.call(
                call.target or call.dialled, offer, headers=call.headers, beyond_limit=call.emergency, now=now
            )
        except (InvalidInput, LocalProtocolError):
            desk.fail(call, UNKNOWN_NUMBER, text=desk.settings.texts.cannot_dial, now=now)
            return
        call.deadline = now + desk.settings.no_progress
        desk.report_start(call)

    def progress(self, call: PhoneCall, event: CallProgress, *, now: float) -> None:
        """It rings, or early media come."""
        desk = self._desk
        if call.state not in (PhoneCallState.PROCEEDING, PhoneCallState.RINGING_OUT):
            return
        media = event.session if call.channel.told else None
        codec = chosen_codec(media, desk.codecs) if media is not None else None
        if codec is not None:
            call.early = media
        call.deadline = None
        if event.status == 180 or codec is not None:
            call.state = PhoneCallState.RINGING_OUT
            desk.screen.ringing_out(call, desk.all_calls, tone=call.early is None)
        if media is None or codec is None:
            return
        if codec != call.channel.codec or call.channel.state is ChannelState.CLOSED:
            desk.open(call, Purpose.CODEC, codec, keep_port=True, now=now)
        else:
            desk.send_media(call, media)

    # --- the answer --------------------------------------------------------------------------------------------------

    def answered(self, call: PhoneCall, session: AudioSession, *, now: float) -> None:
        """The other side answered our offer; ``session`` is theirs."""
        desk = self._desk
        if call.late:
            return  # it was connected when its offer came
        codec = self._codec_of_answer(call, session, now)
        if codec is None:
            return
        call.state = PhoneCallState.CONNECTED
        desk.screen.connected(call, desk.own(call), desk.all_calls)
        if codec != call.channel.codec or call.channel.state is ChannelState.CLOSED:
            desk.open(call, Purpose.CODEC, codec, keep_port=True, now=now)
        else:
            desk.send_media(call, session)
            if call.channel.is_open:
                desk.tell_port(call, now=now)

    def offered(self, call: PhoneCall, offer: AudioSession, *, now: float) -> None:
        """The other side answered a call without an offer, with its own: our answer needs the phone's port."""
        desk = self._desk
        codec = self._codec_of_answer(call, offer, now)
        if codec is None:
            return
        call.offer = offer
        call.state = PhoneCallState.ANSWERING
        desk.open(call, Purpose.LATE_ANSWER, codec, now=now)
        desk.screen.connected(call, desk.own(call), desk.all_calls)

    def late_opened(self, call: PhoneCall, *, now: float) -> None:
        """The phone told its port after the answer: answer the other side's offer."""
        desk = self._desk
        offer, call.offer = call.offer, None
        if call.sip is None or offer is None or call.sip.state is not SipState.ACCEPTING:
            return
        call.state = PhoneCallState.CONNECTED
        call.told_port = call.channel.port
        call.agent.answer_offer(call.sip, desk.narrow_session(call), capability=desk.local_session(call), now=now)
        desk.send_media(call, offer)
        desk.screen.lamps(desk.all_calls)

    def _codec_of_answer(self, call: PhoneCall, session: AudioSession, now: float) -> MediaCodec | None:
        """The codec to talk with, None where the call cannot stand: it is ended then."""
        desk = self._desk
        if call.state not in (PhoneCallState.PROCEEDING, PhoneCallState.RINGING_OUT):
            desk.hang_up_sip(call, now=now)
            return None
        call.deadline = None
        call.answered_at = now
        codec = chosen_codec(session, desk.codecs)
        if codec is None:
            desk.report_media(call, "the other side has none of the phone's codecs")
            desk.fail(call, FAILURE, text=desk.settings.texts.no_codec, status=488, now=now)
            return None
        desk.events.append(CallConnected(call.call_ref, call.line, call.remote.number))
        return codec

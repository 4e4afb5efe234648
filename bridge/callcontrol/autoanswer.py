"""Calls that are answered without anybody's hand: intercom calls, pages, and lines that always do so.

The PBX asks for it in the INVITE. A phone follows only where nobody is disturbed: not during another call, not while
another one rings, not on a line that is not to be disturbed, and not on a line that several phones share. An intercom
call may begin as a whisper: the caller is heard, and hears nothing until the user presses the line's button or lifts
the handset. So nobody can listen into a room.
Sources: SIP parameters ``answer-after`` and ``alert-autoanswer`` as Asterisk and FreePBX send them; SCCP flows
reference, section 3.2 (off-hook comes before connected, also here); SCCP enumerations reference, section 9.
"""

from __future__ import annotations

from bridge.callcontrol.feature import Feature
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import ExtendedLabel, Label, Tone
from bridge.sccp.session import SessionState


class AutoAnswer(Feature):
    """Answers, and turns a whisper into a talk."""

    __slots__ = ()

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """See ``Feature``."""
        desk, screen = self._at_work.desk, self._at_work.desk.screen
        match call.state:
            case PhoneCallState.RINGING_IN if call.answers_itself:
                if desk.session.state is SessionState.REGISTERED:  # before, it opens no channel
                    self._answer(call, now)
            case PhoneCallState.CONNECTED if call.answers_itself:
                call.answers_itself = False
                if call.whispers:
                    screen.prompt(call, ExtendedLabel.WHISPER)
            case PhoneCallState.HELD | PhoneCallState.ENDED if call.whispers:
                call.whispers = False
                screen.microphone(on=True)

    def registered(self, *, now: float) -> None:
        """Answer what came while the phone was registering: a line stays at the PBX from one connection to the next."""
        for call in self._at_work.desk.own_calls:
            if call.state is PhoneCallState.RINGING_IN and call.answers_itself:
                self._answer(call, now)

    def _answer(self, call: PhoneCall, now: float) -> None:
        desk, screen = self._at_work.desk, self._at_work.desk.screen
        call.whispers = call.announced and desk.settings.intercom_whisper
        self._at_work.incoming.answer(call, now=now)
        if call.whispers:
            screen.microphone(on=False)
            screen.prompt(call, ExtendedLabel.WHISPER)
        screen.tone(call, Tone.ZIP)

    def again(self, call: PhoneCall, *, now: float) -> bool:
        """Talk back."""
        if not call.whispers or call.state is not PhoneCallState.CONNECTED:
            return False
        desk = self._at_work.desk
        call.whispers = False
        desk.screen.microphone(on=True)
        desk.screen.prompt(call, Label.CONNECTED)
        if call.sip is not None and call.sip.remote is not None:
            desk.send_media(call, call.sip.remote)
        return True

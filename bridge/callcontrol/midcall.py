"""What happens while a call stands: hold and resume, changes of the session, digits.

Source: SCCP flows reference, sections 4.1, 5.2 and 5.5.
"""

from __future__ import annotations

from bridge.callcontrol.channel import Purpose
from bridge.callcontrol.codecs import chosen_codec
from bridge.callcontrol.desk import Desk
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import MediaCodec
from bridge.sip import AudioSession, ChangeAccepted, ChangeRefused, Direction, SessionChanged
from bridge.sip import CallState as SipState


class MidCall:
    """A standing call's changes."""

    __slots__ = ("_desk",)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # --- hold --------------------------------------------------------------------------------------------------------

    def hold(self, call: PhoneCall, *, now: float) -> None:
        """Put the call on hold: the PBX plays music to the other side."""
        desk = self._desk
        self.set_aside(call)
        desk.reoffer(call, Direction.SENDONLY, now=now)

    def set_aside(self, call: PhoneCall) -> None:
        """As ``hold`` for the user, while the other side hears nothing of it: the PBX will have the call in a moment.

        Whoever does that tells the other side later (``Desk.reoffer``) if the call stays after all.
        """
        desk = self._desk
        desk.screen.send(*call.channel.close())
        call.state = PhoneCallState.HELD
        desk.screen.held(call, desk.own(call), desk.all_calls)

    def resume(self, call: PhoneCall, codec: MediaCodec | None = None, *, now: float) -> None:
        """Take the call back. The other side hears of it once the phone listens again, perhaps at another port.

        ``codec`` is what to talk with where the call was on another phone.
        """
        desk = self._desk
        codec = codec or call.channel.codec
        taken = call.state is PhoneCallState.REMOTE_HELD
        call.state = PhoneCallState.RESUMING
        if taken:
            desk.screen.taking(call, desk.all_calls)
        else:
            desk.screen.resuming(call, desk.all_calls)
        desk.open(call, Purpose.RESUME, codec, now=now)
        desk.screen.connected(call, desk.own(call), desk.all_calls)

    def resumed(self, call: PhoneCall, *, now: float) -> None:
        """The phone listens again."""
        desk = self._desk
        call.state = PhoneCallState.CONNECTED
        desk.reoffer(call, Direction.SENDRECV, now=now)
        self._follow(call)

    def resume_failed(self, call: PhoneCall, *, now: float) -> None:
        """The phone opened no channel: the call stays on hold."""
        desk = self._desk
        desk.report_media(call, "the phone opened no channel for the resumed call")
        self.hold(call, now=now)
        desk.screen.notify(desk.settings.texts.no_media)

    # --- changes of the session --------------------------------------------------------------------------------------

    def codec_opened(self, call: PhoneCall, *, now: float) -> None:
        """The phone listens for the other codec. At another port, the other side must hear of it."""
        self._desk.tell_port(call, now=now)
        if call.sip is not None and call.sip.remote is not None:
            self.adjust(call, call.sip.remote, now=now)  # it may have changed its mind meanwhile
        else:
            self._follow(call)

    def codec_failed(self, call: PhoneCall, *, now: float) -> None:
        """The phone does not take the other codec: there is nothing left to talk with."""
        desk = self._desk
        desk.report_media(call, "the phone opened no channel for the codec that the other side chose")
        desk.finish(call, "the phone opened no audio channel", now=now)
        desk.screen.notify(desk.settings.texts.no_media)

    def changed(self, call: PhoneCall, event: SessionChanged | ChangeAccepted, *, now: float) -> None:
        """The two sides agreed on another session."""
        if call.state is PhoneCallState.CONNECTED:
            self._desk.show_hold(call, held=event.remote.on_hold)
        self.adjust(call, event.remote, now=now)

    def refused(self, call: PhoneCall, event: ChangeRefused) -> None:
        """The other side wants no change: what stood still stands."""
        if call.state is PhoneCallState.CONNECTED:
            self._follow(call)

    def adjust(self, call: PhoneCall, theirs: AudioSession, *, now: float) -> None:
        """Bring the phone's channel in line with the other side's session."""
        desk = self._desk
        if call.state is not PhoneCallState.CONNECTED:
            return
        codec = chosen_codec(theirs, desk.codecs)
        if codec is not None and codec != call.channel.codec and theirs.port:
            desk.open(call, Purpose.CODEC, codec, keep_port=True, now=now)
        else:
            self._follow(call)

    def _follow(self, call: PhoneCall) -> None:
        if call.sip is None or call.sip.state is SipState.ENDED:
            return
        theirs = call.sip.remote or call.early
        if theirs is not None:
            self._desk.send_media(call, theirs)

    # --- digits ------------------------------------------------------------------------------------------------------

    def digit(self, call: PhoneCall, digit: str, *, now: float) -> None:
        """A key in a call: by INFO, unless the phone itself puts it into its media."""
        sip = call.sip
        if sip is None or sip.state is not SipState.CONFIRMED:
            return
        remote = sip.remote
        if self._desk.events_payload and remote is not None and remote.events is not None:
            return
        call.agent.send_digit(sip, digit, now=now)

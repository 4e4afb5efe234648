"""A phone's calls: the SIP call and its sound, joined.

A simulated phone has one call at a time; whoever calls it meanwhile hears busy. It speaks G.711 mu-law and plays its
own tone, so that the other end can tell who is heard.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace

from bridge.errors import LocalProtocolError, SepbridgeError
from bridge.lab.g711 import ToneHeard
from bridge.lab.media import MediaPort
from bridge.lab.phoneevents import (
    AudioHeard,
    CallAnswered,
    CallEnded,
    CallRinging,
    CallStarted,
)
from bridge.lab.phonelog import PhoneLog
from bridge.lab.phonesettings import PhoneSettings
from bridge.lab.rtp import RtpReceiver, RtpSender
from bridge.net.siptransport import SipLink
from bridge.sip import (
    AudioSession,
    Call,
    Event,
    IncomingCall,
    SessionChanged,
)
from bridge.sip import CallAnswered as SipAnswered
from bridge.sip import CallConfirmed as SipConfirmed
from bridge.sip import CallEnded as SipEnded
from bridge.sip import CallProgress as SipProgress
from bridge.sip import ChangeAccepted as SipChangeAccepted
from bridge.sip.sdp import PCMU, TELEPHONE_EVENT

_BUSY = 486
_UNAVAILABLE = 480
_RINGING = 180
_OK = 200


@dataclass(slots=True, eq=False)
class PhoneCall:
    """The call that a phone has."""

    number: int
    """Counts the phone's calls, from 1."""
    other: str
    """Who was called, or who calls."""
    sip: Call
    incoming: bool
    media: MediaPort
    answered: bool = False
    on_hold: bool = False
    """True after this side pressed Hold."""

    @property
    def is_audible(self) -> bool:
        """Whether the other side is louder than silence at this moment."""
        return self.media.receiver.is_audible

    def share_of(self, frequency: int) -> float:
        """How much of what is heard at this moment this tone is, 0 to 1: in a conference several are heard."""
        return self.media.receiver.share_of(frequency)

    @property
    def heard(self) -> ToneHeard:
        """The tone that is heard at this moment."""
        return self.media.receiver.heard

    @property
    def keys(self) -> str:
        """Keys that the other side pressed."""
        return self.media.receiver.keys

    @property
    def packets(self) -> tuple[int, int, int]:
        """RTP packets sent, received, lost."""
        return self.media.sender.sent, self.media.receiver.received, self.media.receiver.lost


class PhoneCalls:
    """The calls over one registration."""

    def __init__(
        self,
        link: SipLink,
        log: PhoneLog,
        settings: PhoneSettings,
        *,
        tone: int,
        auto_answer: float | None = None,
        counted: int = 0,
    ) -> None:
        """``tone`` in Hz; ``auto_answer``: seconds after which a call is answered by itself, None for never."""
        self._link = link
        self._agent = link.agent
        self._log = log
        self._settings = settings
        self._tone = tone
        self._auto_answer = auto_answer
        self._answering: asyncio.TimerHandle | None = None
        self.count = counted
        self.current: PhoneCall | None = None

    # --- keys --------------------------------------------------------------------------------------------------------

    def dial(self, number: str) -> PhoneCall:
        """Call a number. Raises LocalProtocolError while there is a call, InvalidInput for what is no number."""
        if self.current:
            raise LocalProtocolError(f"the phone is in a call with {self.current.other}")
        media = self._open_media()
        try:
            sip = self._agent.call(number, self._session(media), now=self._link.now)
        except Exception:
            media.close()
            raise
        call = self._begin(number, sip, media, incoming=False)
        self._link.flush()
        return call

    def answer(self) -> None:
        """Take the handset off while it rings. Raises LocalProtocolError when nothing rings."""
        call = self.current
        if call is None or not call.incoming or call.answered:
            raise LocalProtocolError("nothing rings")
        self._stop_waiting()
        self._agent.answer(call.sip, self._session(call.media), now=self._link.now)
        self._link.flush()

    def hang_up(self) -> None:
        """End the call, or refuse it. Does nothing without one."""
        if call := self.current:
            self._agent.hang_up(call.sip, now=self._link.now)
            self._link.flush()

    def hold(self) -> None:
        """Press Hold. Raises LocalProtocolError without a connected call."""
        call = self._connected()
        call.on_hold = True
        self._agent.hold(call.sip, now=self._link.now)
        self._link.flush()

    def resume(self) -> None:
        """Press Resume."""
        call = self._connected()
        call.on_hold = False
        self._agent.resume(call.sip, now=self._link.now)
        self._link.flush()

    def press(self, keys: str) -> None:
        """Press keys in the call: sent as telephone events. Raises LocalProtocolError without a connected call."""
        self._connected().media.sender.press(keys)

    def close(self) -> None:
        """The phone lost power or its server: no sound any more, and nobody is told."""
        self._stop_waiting()
        if call := self.current:
            self.current = None
            call.media.close()
            self._log.report(CallEnded(*self._log.mark, call=call.number, status=0, why="the phone left"))

    # --- what happens ------------------------------------------------------------------------------------------------

    def receive(self, event: Event) -> None:
        """Take an event of the user agent; those that are not about calls are ignored."""
        if isinstance(event, IncomingCall):
            self._incoming(event)
            return
        call = self.current
        if call is None or getattr(event, "call", None) is not call.sip:
            return
        match event:
            case SipProgress(status=status) if status == _RINGING:
                self._log.report(CallRinging(*self._log.mark, call=call.number))
            case SipAnswered(session=session) | SipConfirmed(session=session):
                call.answered = True
                self._log.report(CallAnswered(*self._log.mark, call=call.number))
                self._sound(call, call.sip.local, session)
            case SessionChanged(local=local, remote=remote) | SipChangeAccepted(local=local, remote=remote):
                self._sound(call, local, remote)
            case SipEnded():
                self._ended(call, event)
            case _:
                pass

    def _incoming(self, event: IncomingCall) -> None:
        if self.current:
            self._agent.reject(event.call, _BUSY, now=self._link.now)
            return
        try:
            media = self._open_media()
        except SepbridgeError:
            self._agent.reject(event.call, _UNAVAILABLE, now=self._link.now)
            return
        self._begin(event.caller, event.call, media, incoming=True)
        self._agent.ring(event.call, now=self._link.now)
        if self._auto_answer is not None:
            self._answering = asyncio.get_running_loop().call_later(self._auto_answer, self.answer)

    def _begin(self, other: str, sip: Call, media: MediaPort, *, incoming: bool) -> PhoneCall:
        self.count += 1
        self.current = PhoneCall(self.count, other, sip, incoming, media)
        self._log.report(CallStarted(*self._log.mark, call=self.count, number=other, incoming=incoming))
        return self.current

    def _ended(self, call: PhoneCall, event: SipEnded) -> None:
        self._stop_waiting()
        self.current = None
        call.media.close()
        status = _OK if call.answered else event.status
        why = event.text or event.reason.value
        self._log.report(CallEnded(*self._log.mark, call=call.number, status=status, why=why))

    def _sound(self, call: PhoneCall, local: AudioSession | None, remote: AudioSession) -> None:
        """Send, or be quiet, as was agreed."""
        if remote.events:
            call.media.sender.event_type = remote.events.payload_type
        if local and local.direction.sends and not call.on_hold and not remote.on_hold and remote.port:
            call.media.send_to(remote.address, remote.port)
        else:
            call.media.pause()

    def _heard(self, tone: ToneHeard) -> None:
        if call := self.current:
            mark = self._log.mark
            self._log.report(AudioHeard(*mark, call=call.number, frequency=tone.frequency, ratio=tone.ratio))

    # --- inside ------------------------------------------------------------------------------------------------------

    def _connected(self) -> PhoneCall:
        if self.current is None or not self.current.answered:
            raise LocalProtocolError("there is no connected call")
        return self.current

    def _open_media(self) -> MediaPort:
        settings = self._settings
        return MediaPort(
            self._agent.local[0],
            ports=range(settings.first_media_port, settings.last_media_port),
            start=secrets.randbelow(8192),
            sender=RtpSender(ssrc=secrets.randbits(32), frequency=self._tone, event_type=settings.event_payload),
            receiver=RtpReceiver(event_type=settings.event_payload),
            heard=self._heard,
        )

    def _session(self, media: MediaPort) -> AudioSession:
        events = replace(TELEPHONE_EVENT, payload_type=self._settings.event_payload)
        return AudioSession(self._agent.local[0], media.port, (PCMU, events))

    def _stop_waiting(self) -> None:
        if self._answering:
            self._answering.cancel()
            self._answering = None

"""An SCCP phone at one server: from the connection to whatever ends it; and what is reported of its calls."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bridge.lab.g711 import ToneHeard
from bridge.lab.media import MediaPort
from bridge.lab.phoneevents import (
    AudioHeard,
    CallAnswered,
    CallEnded,
    CallRinging,
    CallStarted,
    MessageLamp,
    Registered,
    RestartAsked,
    ScreenShown,
)
from bridge.lab.phonelog import PhoneLog
from bridge.lab.phonesettings import CallManager
from bridge.lab.sccpmedia import SccpMedia
from bridge.lab.servicecontrol import RestartAction
from bridge.lab.servicefetch import fetch_page
from bridge.lab.skinnycall import FAILED, StationCall
from bridge.lab.skinnyevents import (
    CallConnected,
    CallOffered,
    CallOver,
    CallPlaced,
    ConnectionDead,
    Departed,
    DocumentShown,
    GroupUnwanted,
    GroupWanted,
    KeyToPlay,
    MessageLampSwitched,
    PageWanted,
    PortAsked,
    PortUnwanted,
    PortWanted,
    RegistrationRefused,
    RestartOrdered,
    RingingAtFarEnd,
    SendingUnwanted,
    SendingWanted,
    StationAccepted,
    StationEvent,
    StationReady,
    StationReset,
    TokenGranted,
    TokenRefused,
)
from bridge.lab.skinnykeys import Hook
from bridge.lab.skinnylink import SecureTransport, SkinnyLink
from bridge.lab.skinnystation import SkinnyStation, StationState
from bridge.sccp import CodePage, ResetType

_LEAVING = 2.0
"""Seconds that a phone waits for the answer to its farewell."""
_KEPT = 100
_CAUSES = {"refused": 16, "timeout": 10, "closed": 14, "rejected": 24, "fail-back": 18, "self": 26}
"""Alarm causes by what ended the registration (SCCP enumerations reference, section 2.1)."""


@dataclass(frozen=True, slots=True)
class SccpEnding:
    """Why a registration is over."""

    action: RestartAction = RestartAction.NONE
    why: str = ""
    text: str = ""
    """What RegisterReject put on the screen."""
    cause: int = _CAUSES["closed"]
    """The number that the next alarm begins with."""
    wait: float = 0.0
    """Seconds that the server wants the phone to stay away."""
    was_registered: bool = False


@dataclass(frozen=True, slots=True)
class CallTiming:
    """How long one call took to come about; None where it did not get that far. Seconds."""

    call: int
    incoming: bool
    setup: float | None
    """From the last key to Ring Out, or to Connected where there was none."""
    media: float | None
    """From the answer to the message that lets sound flow both ways."""


@dataclass(frozen=True, slots=True)
class SccpHabits:
    """What a person, or a test, has the phone do in calls. Seconds; None for never."""

    auto_answer: float | None = None
    gives_up: float | None = 1.0
    """How long the person listens to a busy or reorder tone."""


@dataclass(frozen=True, slots=True, eq=False)
class SccpPhoneCall:
    """A call with its sound, as tests and demonstrations look at it."""

    call: StationCall
    media: MediaPort | None

    @property
    def number(self) -> int:
        """Counts the phone's calls, from 1."""
        return self.call.number

    @property
    def other(self) -> str:
        """Who was called, or who calls."""
        return self.call.other

    @property
    def incoming(self) -> bool:
        """Whether it rang here."""
        return self.call.incoming

    @property
    def answered(self) -> bool:
        """Whether it was ever connected."""
        return self.call.connected

    @property
    def on_hold(self) -> bool:
        """Whether it is held."""
        return self.call.on_hold

    @property
    def heard(self) -> ToneHeard:
        """The tone that is heard at this moment."""
        return self.media.receiver.heard if self.media else ToneHeard(0, 0.0)

    @property
    def is_audible(self) -> bool:
        """Whether the other side is louder than silence at this moment."""
        return bool(self.media and self.call.channel and self.media.receiver.is_audible)

    def share_of(self, frequency: int) -> float:
        """How much of what is heard at this moment this tone is, 0 to 1: in a conference several are heard."""
        return self.media.receiver.share_of(frequency) if self.media and self.call.channel else 0.0

    @property
    def keys(self) -> str:
        """Keys that the other side pressed."""
        return self.media.receiver.keys if self.media else ""

    @property
    def packets(self) -> tuple[int, int, int]:
        """RTP packets sent, received, lost."""
        if self.media is None:
            return 0, 0, 0
        return self.media.sender.sent, self.media.receiver.received, self.media.receiver.lost


class SccpLine:
    """One server's registration. ``run()`` it until it ends; it is not used again."""

    def __init__(
        self,
        station: SkinnyStation,
        server: CallManager,
        log: PhoneLog,
        *,
        tone: int,
        habits: SccpHabits,
        calls_before: int = 0,
        changed: Callable[[], None] | None = None,
        tls: SecureTransport | None = None,
    ) -> None:
        self.station = station
        self.server = server
        self.link = SkinnyLink(station, heard=self._heard, lost=self._lost, changed=changed, tls=tls)
        self.registered = False
        self.timings: deque[CallTiming] = deque(maxlen=_KEPT)
        self._log = log
        self._habits = habits
        self._address = station.identity.address
        self._media = SccpMedia(self._address, tone, self._heard_tone, only_port=station.identity.rtp_port)
        station.counted = self._media.counts
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[SccpEnding] = self._loop.create_future()
        self._later: set[asyncio.TimerHandle] = set()
        self._fetching: asyncio.Task[None] | None = None
        self._action = RestartAction.NONE
        station.calls.count = calls_before

    @property
    def current_call(self) -> SccpPhoneCall | None:
        """The call in front."""
        call = self.station.calls.current
        return None if call is None else SccpPhoneCall(call, self._media.port_of(call))

    async def stand_by(self, *, local_address: str, within: float, every: float) -> None:
        """Connect to a server that may be needed later: keepalives only. Raises OSError."""
        await self.link.connect(self.server.address, self.server.sccp_port, local_address=local_address, within=within)
        self.station.stand_by(now=self.link.now, every=every)
        self.link.pump()

    async def run(self, *, local_address: str, within: float, ask_first: bool) -> SccpEnding:
        """Connect (unless on stand-by already), register, and stay until something ends it.

        ``ask_first``: there are several servers, and this one is asked for a token before the phone registers.
        """
        if not self.link.connected:
            server = self.server
            try:
                await self.link.connect(server.address, server.sccp_port, local_address=local_address, within=within)
            except TimeoutError:
                return SccpEnding(why="no connection in time", cause=_CAUSES["timeout"])
            except OSError as error:
                return SccpEnding(why=str(error), cause=_CAUSES["refused"])
        if ask_first:
            self.station.ask_token(now=self.link.now)
        else:
            self.station.register(now=self.link.now)
        self.link.pump()
        return await self._ended

    async def token(self) -> bool:
        """On a stand-by connection: whether the server would take the phone now."""
        if not self.link.connected or self.station.state is not StationState.WAITING:
            return False
        self._asked: asyncio.Future[bool] = self._loop.create_future()
        self.link.heard = self._heard_token
        self.station.ask_token(now=self.link.now)
        self.link.pump()
        try:
            return await self._asked
        finally:
            self.link.heard = self._heard

    def leave(self, ending: SccpEnding) -> None:
        """Unregister, then end like this."""
        if self._ended.done() or self.station.state is StationState.LEAVING:
            return
        self._farewell = ending
        self.station.unregister(now=self.link.now)
        self.link.pump()
        self._call_later(_LEAVING, lambda: self._end(ending))

    def fetch(self, url: str) -> None:
        """Get a page and show it. A page that is asked for later takes the place of one that has not come yet."""
        if self._fetching is not None:
            self._fetching.cancel()
        self._fetching = asyncio.create_task(self._fetch(url))

    async def _fetch(self, url: str) -> None:
        page = self.station.traits.page
        charsets = "utf-8,iso-8859-1;q=0.8" if page is CodePage.UTF_8 else "iso-8859-1"
        content, why = await fetch_page(url, charsets=charsets)
        if why:
            self._log.report(ScreenShown(*self._log.mark, kind="", title="", why=why))
            return
        self.station.page_fetched(content, now=self.link.now)
        self.link.pump()

    def close(self) -> None:
        """Drop everything, as when the power goes."""
        if self._fetching is not None:
            self._fetching.cancel()
        for handle in self._later:
            handle.cancel()
        self._later.clear()
        self.link.heard = lambda event: None
        self.link.close()
        self._media.close_all()

    _farewell: SccpEnding | None = None

    # --- what the station tells --------------------------------------------------------------------------------------

    def _heard_token(self, event: StationEvent) -> None:
        if isinstance(event, TokenGranted | TokenRefused | ConnectionDead) and not self._asked.done():
            self._asked.set_result(isinstance(event, TokenGranted))

    def _lost(self, why: str) -> None:
        self._media.close_all()
        self._end(SccpEnding(self._action, why, was_registered=self.registered))
        asked = getattr(self, "_asked", None)
        if asked is not None and not asked.done():
            asked.set_result(False)

    def _end(self, ending: SccpEnding) -> None:
        if not self._ended.done():
            self._ended.set_result(ending)

    def _call_later(self, delay: float, action: Callable[[], None]) -> None:
        self._later = {each for each in self._later if not each.cancelled() and each.when() > self._loop.time()}
        self._later.add(self._loop.call_later(delay, action))

    def _heard(self, event: StationEvent) -> None:
        match event:
            case TokenGranted():
                self.station.register(now=self.link.now)
            case TokenRefused(wait_s=wait):
                self._end(SccpEnding(why="the server refused a token", cause=_CAUSES["rejected"], wait=float(wait)))
            case StationAccepted():
                pass
            case StationReady(number=number):
                self.registered = True
                self._log.report(Registered(*self._log.mark, server=self.server.address, number=number))
            case RegistrationRefused(text=text):
                self._end(SccpEnding(why=text or "refused without a text", text=text, cause=_CAUSES["rejected"]))
            case ConnectionDead(why=why, cause=cause):
                self._end(SccpEnding(why=why, cause=cause, was_registered=self.registered))
            case StationReset(why=why):
                self._log.report(RestartAsked(*self._log.mark, action="reset", obeyed=True, why=why))
                cause = _CAUSES["self"]
                self._end(SccpEnding(RestartAction.RESET, why, cause=cause, was_registered=self.registered))
            case RestartOrdered(type=kind):
                self._restart(kind)
            case Departed(allowed=allowed):
                if self._farewell is not None and allowed:
                    self._end(self._farewell)
            case DocumentShown(document=document):
                self._log.report(ScreenShown(*self._log.mark, kind=document.kind, title=document.title))
            case PageWanted(url=url):
                self.fetch(url)
            case MessageLampSwitched(lit=lit):
                self._log.report(MessageLamp(*self._log.mark, lit=lit))
            case _:
                self._heard_of_call(event)

    def _restart(self, kind: ResetType) -> None:
        if self.station.calls.current is not None:
            self.station.judge.note("told to restart while a call is up")
        reset = kind == ResetType.RESET
        action = RestartAction.RESET if reset else RestartAction.RESTART
        self._action = action
        self._log.report(RestartAsked(*self._log.mark, action=kind.name.lower().replace("_", "-"), obeyed=True))
        ending = SccpEnding(action, "told to", cause=22 if reset else 23, was_registered=self.registered)
        if reset:
            self._end(ending)
        else:
            self._loop.call_soon(self.leave, ending)

    # --- calls -------------------------------------------------------------------------------------------------------

    def _heard_of_call(self, event: StationEvent) -> None:
        mark = self._log.mark
        match event:
            case CallPlaced(call=call, number=number):
                self._log.report(CallStarted(*mark, call=call.number, number=number, incoming=False))
                self._listen_for_failure(call)
            case CallOffered(call=call, number=number):
                self._log.report(CallStarted(*mark, call=call.number, number=number, incoming=True))
                if self._habits.auto_answer is not None:
                    self._call_later(self._habits.auto_answer, self._answer)
            case RingingAtFarEnd(call=call):
                self._log.report(CallRinging(*mark, call=call.number))
            case CallConnected(call=call):
                self._log.report(CallAnswered(*mark, call=call.number))
            case CallOver(call=call):
                self._over(call)
            case PortWanted(call=call, channel=channel):
                port = self._media.open(call, channel)
                self.station.port_opened(call, channel, self._address, port, now=self.link.now)
            case PortAsked(call=call, party_id=party):
                self.station.port_kept(call, party, self._media.keep(call))
            case GroupWanted(party_id=party, address=group, port=port):
                self.station.group_joined(party, well=self._media.join(party, group, port, self._heard_group))
            case GroupUnwanted(party_id=party):
                self._media.quit(party)
            case PortUnwanted(call=call):
                self._media.close(call)
            case SendingWanted(call=call, channel=channel):
                self._media.send(call, channel)
            case SendingUnwanted(call=call):
                self._media.pause(call)
            case KeyToPlay(call=call, key=key):
                self._media.press(call, key)
            case _:
                pass

    def _over(self, call: StationCall) -> None:
        self._media.close(call)
        self.timings.append(CallTiming(call.number, call.incoming, call.setup_time, call.media_time))
        if call.announced:
            why = "" if call.failure is None else call.failure.name.lower().replace("_", " ")
            self._log.report(CallEnded(*self._log.mark, call=call.number, status=call.status, why=why))

    def _answer(self) -> None:
        if self.station.calls.ringing is not None and self.link.connected:
            self.link.do(lambda keys: keys.answer(now=self.link.now))

    def _listen_for_failure(self, call: StationCall) -> None:
        """Look now and then whether the call came to nothing, and hang up after a while of listening to the tone."""
        patience = self._habits.gives_up
        if patience is None:
            return

        def look(since: float | None = None) -> None:
            if self.station.calls.find(call.ref) is not call or not self.link.connected or call.connected:
                return
            if call.state in FAILED:
                since = self._loop.time() if since is None else since
                if self._loop.time() - since >= patience:
                    self._give_up(call)
                    return
            else:
                since = None
            self._call_later(min(0.25, patience or 0.25), lambda: look(since))

        look()

    def _give_up(self, call: StationCall) -> None:
        keys = self.station.keys
        if keys.hook is not Hook.ON or (self.station.calls.current is call and keys.can_press("EndCall")):
            self.link.do(lambda pressed: pressed.hang_up(now=self.link.now))

    def _heard_tone(self, call: StationCall, tone: ToneHeard) -> None:
        mark = self._log.mark
        self._log.report(AudioHeard(*mark, call=call.number, frequency=tone.frequency, ratio=tone.ratio))

    def _heard_group(self, tone: ToneHeard) -> None:
        """A page comes out of the loudspeaker, where that is on."""
        if self.station.display.speaker:
            self._log.report(AudioHeard(*self._log.mark, call=0, frequency=tone.frequency, ratio=tone.ratio))

"""Pages by multicast: an idle phone joins the group's stream while somebody speaks to it, and plays it.

The PBX sends one stream for all, whoever listens. A phone knows of it by the hint of the group's number, which is in
use as long as the stream is: so a page outlives neither the caller nor the PBX. The phone refuses the call that pages
it besides; one that failed to join a group takes that call from then on. There is no call on the screen, and nothing is
sent. Source: SCCP flows reference, section 4.10; wire reference, section 8. No source says which models follow these
messages: the site does.
"""

from __future__ import annotations

from functools import partial

from bridge.callcontrol.autoanswering import page_stream
from bridge.callcontrol.events import MediaTroubled
from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.settings import CallSettings
from bridge.callcontrol.watching import LampState
from bridge.core import PagingStream
from bridge.sccp import (
    ExtendedLabel,
    MediaCodec,
    MulticastStatus,
    OnOff,
    SetSpeakerMode,
    StartMulticastMediaReception,
    StationAddress,
    StopMulticastMediaReception,
)
from bridge.sccp.stationevents import GroupJoined
from bridge.sip import IncomingCall


class Paging(Feature):
    """Listens to the groups that the settings name."""

    __slots__ = ("_deaf", "_listening", "_party", "_watched")

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._watched: list[tuple[PagingStream, partial[None]]] = []
        self._listening: PagingStream | None = None
        self._party = 0
        self._deaf = False
        """The phone could not join a group: it is paged by calls."""

    # --- the phone ---------------------------------------------------------------------------------------------------

    def registered(self, *, now: float) -> None:
        """Look out for pages. One that is under way is heard from here on."""
        desk, house = self._at_work.desk, self._at_work.house
        if self._watched or not desk.session.traits.speaker:
            return
        for stream in desk.settings.pages:
            listener = partial(self._changed, stream)
            self._watched.append((stream, listener))
            house.watching.watch(stream.number, listener)
            self._changed(stream, now)

    def settings_changed(self, before: CallSettings, *, now: float) -> None:
        """Other groups, or none."""
        if self._at_work.desk.settings.pages != before.pages:
            if self._listening is not None:
                self._stop()
            self.left(now=now)
            self.registered(now=now)

    def left(self, *, now: float) -> None:
        """Nobody is there to hear anything."""
        for stream, listener in self._watched:
            self._at_work.house.watching.unwatch(stream.number, listener, now=now)
        self._watched.clear()
        self._listening = None
        self._at_work.desk.screen.fall(self)

    def joined(self, event: GroupJoined, *, now: float) -> bool:
        """Whether the phone listens."""
        listening = self._listening
        if listening is None or event.party_id != self._party:
            return False
        if event.status != MulticastStatus.OK:
            self._deaf = True
            what = f"the page to {listening.number} is not heard: the phone cannot join {listening.address}"
            self._at_work.desk.events.append(MediaTroubled(0, 0, what))
            self._stop()
        return True

    # --- pages -------------------------------------------------------------------------------------------------------

    def refuses(self, line: int, event: IncomingCall, *, now: float) -> int:
        """The call that pages this phone besides."""
        address = page_stream(event.alert_info)
        hears = any(stream.address == address for stream, _ in self._watched)
        return 486 if hears and not self._deaf else 0

    def _changed(self, stream: PagingStream, now: float) -> None:
        state = self._at_work.house.watching.state(stream.number).state
        if state is LampState.IN_USE:
            self._start(stream)
        elif self._listening is stream:
            self._stop()
        self._at_work.desk.touch()

    def _start(self, stream: PagingStream) -> None:
        """Play it, unless the user is busy or not to be disturbed."""
        desk = self._at_work.desk
        if self._deaf or self._listening is not None or desk.own_calls or desk.screen.silent_lines:
            return
        if MediaCodec.G711_ULAW_64K not in {each.codec for each in desk.session.capabilities}:
            return
        self._listening, self._party = stream, desk.new_party()
        group = StationAddress.of(stream.address)
        desk.screen.stand(self, f"{ExtendedLabel.PAGING} {stream.number}")
        desk.screen.send(
            SetSpeakerMode(OnOff.ON),
            StartMulticastMediaReception(self._party, self._party, group, stream.port, desk.settings.packet_ms),
        )

    def _stop(self) -> None:
        desk = self._at_work.desk
        self._listening = None
        desk.screen.send(StopMulticastMediaReception(self._party, self._party))
        desk.screen.fall(self)
        if desk.active is None:
            desk.screen.send(SetSpeakerMode(OnOff.OFF))

    # --- what goes before a page -------------------------------------------------------------------------------------

    def hung_up(self, *, now: float) -> bool:
        """The user does not want to hear it."""
        if self._listening is None:
            return False
        self._stop()
        return True

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """A call of the user's own: he calls, or is called."""
        if self._listening is not None and not call.is_remote and call.state is not PhoneCallState.ENDED:
            self._stop()

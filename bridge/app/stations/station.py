"""One SCCP phone's connection, with its calls and its lines at Asterisk.

It asks ``Stations`` whom to serve, gives the session its profile, opens the SIP side when the phone has finished
registering, carries out what its services want of the application, and writes down what happens.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bridge.app.files.guard import plain_address
from bridge.app.phones.screenmessages import ScreenMessage
from bridge.app.stations.calllog import CallBook
from bridge.app.stations.lines import OpenLine
from bridge.app.stations.recordings import RecordingDesk
from bridge.app.stations.stationjournal import StationJournal
from bridge.callcontrol import CallSettings, ProxiedPhone
from bridge.callcontrol.events import (
    CallBackOver,
    CallBackWanted,
    CallFinished,
    CallStarted,
    ChangeDnd,
    ChangeForward,
    ConferenceListed,
    EarlyOpenFailed,
    EmergencyCalled,
    ListConference,
    ListPurpose,
    MuteMember,
    PhoneEvent,
    RemoveMember,
    StartRecording,
    StopRecording,
    UnwatchNumber,
    WatchNumber,
)
from bridge.core import NOWHERE, Device, DeviceName, SignallingProtocol
from bridge.core.events import (
    Event,
    PhoneRegistered,
    PhoneRestartSent,
    PhoneUnregistered,
    SecondConnectionRefused,
    TokenAnswered,
)
from bridge.errors import SepbridgeError
from bridge.journey import parse_alarm_document, place_of
from bridge.net.sccp import StationConnection
from bridge.sccp import DeviceType, Label, ResetType
from bridge.sccp.profile import StationProfile
from bridge.sccp.session import StationSession
from bridge.sccp.stationevents import (
    AlarmReported,
    RegisterRequested,
    StationRegistered,
    StationUnregistered,
    TokenRequested,
)

if TYPE_CHECKING:
    from bridge.app.stations.stations import Stations

log = logging.getLogger(__name__)

IN_A_CALL = "Call active on other connection"
"""What the second connection of a phone is told; at most 31 characters."""


class Station:
    """One connection, with its calls and its lines at Asterisk."""

    def __init__(self, stations: Stations, connection: StationConnection) -> None:
        self._stations = stations
        self._connection = connection
        self._client = plain_address(connection.peer[0])
        self.phone = ProxiedPhone(StationSession(connection.peer, now=connection.now), stations.house)
        self._device: Device | None = None
        self._journal = StationJournal(stations.sink, stations.clock)
        self._asks_token = False
        self._load = ""
        """The firmware load that the phone named when it registered."""
        self._place = NOWHERE
        """What its alarm said of where it hangs."""
        self._has_old_file = False
        self._lines: tuple[OpenLine, ...] = ()
        self._tasks: set[asyncio.Task[None]] = set()
        self._recordings = RecordingDesk(
            stations.recordings,
            stations.sink,
            stations.clock,
            self.tell,
            directory=stations.settings.recording_directory,
            beep=stations.settings.recording_beep,
        )
        self._book = CallBook(stations.clock, self._number_of, stations.call_log.add)
        self._conference_work: deque[ListConference | MuteMember | RemoveMember] = deque()

    # --- what the connection calls -----------------------------------------------------------------------------------

    @property
    def device(self) -> DeviceName | None:
        """The device that it serves, or served."""
        return None if self._device is None else self._device.name

    @property
    def is_talking(self) -> bool:
        """Whether the phone carries a call, and was heard within its keepalive interval."""
        session = self.phone.session
        if session.profile is None or not session.in_call:
            return False
        window = session.profile.keepalive_s * session.traits.keepalive_tolerance
        return self._connection.now - session.heard_at <= window

    @property
    def is_closed(self) -> bool:
        """See ``StationHandler``."""
        return self.phone.session.is_closed

    def receive(self, data: bytes, *, now: float) -> None:
        """See ``StationHandler``."""
        self.phone.receive_from_station(data, now=now)
        self._after()

    def lost(self, why: str, *, now: float) -> None:
        """See ``StationHandler``."""
        self.phone.station_lost(why, now=now)
        self._after()

    def handle_timer(self, *, now: float) -> None:
        """See ``StationHandler``."""
        self.phone.handle_timer(now=now)
        self._after()

    def timer(self) -> float | None:
        """See ``StationHandler``."""
        return self.phone.timer()

    def data_to_send(self) -> list[bytes]:
        """See ``StationHandler``."""
        return self.phone.data_to_station()

    # --- what others want --------------------------------------------------------------------------------------------

    def restart(self, kind: ResetType) -> None:
        """Tell the phone to start again."""
        self.phone.restart(kind, now=self._connection.now)
        self._after()
        self._connection.flush()

    @property
    def client(self) -> str:
        """The address that it comes from."""
        return self._client

    @property
    def device_type(self) -> DeviceType:
        """What the phone said it is."""
        register = self.phone.session.register
        return register.device_type if register else DeviceType(0)

    def change(self, profile: StationProfile, calls: CallSettings, *, keys_live: bool) -> None:
        """Serve the phone by another profile and other rules."""
        self.phone.change(profile, calls, keys_live=keys_live, now=self._connection.now)
        self._after()
        self._connection.flush()

    def message(self, message: ScreenMessage, *, idle_text: str) -> str:
        """Show a text; why it cannot be shown, or an empty text. ``idle_text``: the phone's own, if it has one."""
        now, profile = self._connection.now, self.phone.session.profile
        if message.document:
            why = self.phone.show(message.document, now=now)
        elif message.stays and profile is not None:
            text = message.text or idle_text or Label.YOUR_CURRENT_OPTIONS
            self.phone.change(replace(profile, idle_prompt=text), keys_live=False, now=now)
            why = "" if self.phone.session.traits.prompt else "it has no line for it"
        else:
            why = self.phone.message(message.text, seconds=message.seconds, priority=message.priority, now=now)
        self._after()
        self._connection.flush()
        return why

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of its lines."""
        return tuple(each.line.number for each in self._device.lines) if self._device else ()

    def tell(self, answer: object) -> None:
        """Hand an answer to the phone's services."""
        self.phone.tell(answer, now=self._connection.now)
        self._after()
        self._connection.flush()

    def look_after(self) -> None:
        """Another phone did something to this one."""
        self._after()
        self._connection.flush()

    def meet_asterisk(self) -> None:
        """Asterisk is there again, perhaps a new one: it may have lost the calls."""
        self.phone.check_calls(now=self._connection.now)
        self._after()
        self._connection.flush()

    def supersede(self) -> None:
        """The device has another connection now."""
        self.phone.close(now=self._connection.now)
        self._after()
        self._connection.flush()

    async def finish(self) -> None:
        """End it, lines and all."""
        self.phone.close(now=self._connection.now)
        self._after()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._book.close()
        self._give_lines_back()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _after(self) -> None:
        """Work off what one verb led to: events for us, bytes for Asterisk."""
        while (event := self.phone.next_event()) is not None:
            self._heard(event)
        for line in self._lines:
            line.flush()
        if self.phone.is_finished:
            self._stations.forget(self)
            self._book.close()  # it measures nothing any more, and the service may end at any moment
            self._give_lines_back()
        self._stations.look_after_touched()

    def _give_lines_back(self) -> None:
        lines, self._lines = self._lines, ()
        for line in lines:
            line.shared.detach(self.phone)
        self._stations.lines.give_back(lines)

    def _heard(self, event: PhoneEvent) -> None:
        self._journal.heard(event)
        if self._device is not None:
            self._book.heard(self._device.name, event)
        match event:
            case RegisterRequested():
                self._start(self._answer(event))
            case AlarmReported() if (document := parse_alarm_document(event.text)) is not None:
                self._place = place_of(document) if place_of(document) != NOWHERE else self._place
            case TokenRequested() if not self._asks_token:
                self._asks_token = True
                self._start(self._answer_token(event))
            case StationRegistered():
                self._registered()
            case StationUnregistered():
                self._unregistered(event)
            case CallStarted(outgoing=True) if self._device is not None:
                self._stations.outgoing(self._device, self._number_of(event.line), event.number)
            case CallFinished() if self._device is not None:
                self._recordings.ended(event.call_ref)
                own = self.phone.session.profile.line(event.line) if self.phone.session.profile else None
                log_missed = own is None or own.log_missed_calls
                self._stations.note_call(self._device.name, event, log_missed=log_missed)
            case StartRecording() | StopRecording() if self._device is not None:
                self._start(self._recordings.change(self._device.name, event))
            case EarlyOpenFailed() if self._device is not None:
                self._stations.opens_late(self._device.name)
            case ChangeForward() | ChangeDnd():
                self._stations.line_desk.change(event)
            case EmergencyCalled() if self._device is not None:
                self._stations.emergency(self._device, event)
            case ListConference() | MuteMember() | RemoveMember():
                self._conference_work.append(event)
                if len(self._conference_work) == 1:
                    self._start(self._work_on_conferences())
            case CallBackWanted() if self._device is not None:
                self._stations.callback_desk.wants(self._device.name, event)
            case CallBackOver() if self._device is not None:
                self._stations.callback_desk.wants(self._device.name, None)
            case WatchNumber() if self._device is not None:
                self._stations.watch(self, self._device, event.number)
            case UnwatchNumber():
                self._stations.number_watch.unwatch(self, event.number)
            case _:
                log.debug("%s: %s", self._name, event)

    def _number_of(self, line: int) -> str:
        return self.numbers[line - 1] if 0 < line <= len(self.numbers) else ""

    @property
    def _name(self) -> str:
        return self.phone.device or f"{self._client} (no name yet)"

    async def _answer(self, asked: RegisterRequested) -> None:
        outcome = await self._stations.decide(asked, self._client, self._place)
        now = self._connection.now
        if isinstance(outcome, str):
            self.phone.reject(outcome, now=now)
        elif self._stations.is_taken(outcome.device.name, self):
            self.phone.reject(IN_A_CALL, now=now)
            at = self._stations.clock.now()
            self._record(SecondConnectionRefused(at=at, device=outcome.device.name, client=self._client))
        elif self.is_closed:
            pass  # it left while the answer was being looked up
        else:
            self._device = outcome.device
            self._load = asked.load
            self._journal.serve(outcome.device.name)
            self._has_old_file = outcome.admitted_now
            former, self._lines = self._lines, self._stations.lines.take(outcome.device)
            # Before an older connection is closed, so that the lines stay at Asterisk.
            self.phone.accept(outcome.profile, outcome.calls, [line.shared for line in self._lines], now=now)
            self._stations.lines.give_back(former)  # it had left, and registers once more on this connection
            self._stations.claim(outcome.device.name, self, talks=asked.active_streams > 0)
            for instance, line in enumerate(self._lines, 1):
                line.when_connected(partial(self._line_connected, instance))
        self._after()
        self._connection.flush()

    async def _work_on_conferences(self) -> None:
        """Ask and tell the PBX about conferences, one thing after the other."""
        while self._conference_work:
            event = self._conference_work[0]
            try:
                await self._work_on_conference(event)
            except SepbridgeError as error:
                log.warning("the conference of %s: %s", self._name, error)
                purpose = event.purpose if isinstance(event, ListConference) else ListPurpose.SHOW
                self._tell(ConferenceListed(event.call_ref, event.room, purpose, None, "No manager interface"))
            finally:
                self._conference_work.popleft()

    async def _work_on_conference(self, event: ListConference | MuteMember | RemoveMember) -> None:
        conferences = self._stations.conferences
        match event:
            case ListConference():
                members = tuple(await conferences.members(event.room))
                self._tell(ConferenceListed(event.call_ref, event.room, event.purpose, members))
            case MuteMember():
                await conferences.mute(event.room, event.channel, muted=event.muted)
            case RemoveMember():
                await conferences.remove(event.room, event.channel)

    def _tell(self, answer: ConferenceListed) -> None:
        self.phone.tell(answer, now=self._connection.now)
        self._after()
        self._connection.flush()

    async def _answer_token(self, asked: TokenRequested) -> None:
        answer: TokenAnswered | None
        try:
            answer = await self._stations.token(asked, self._client, self)
        except Exception as error:
            # Refused, it asks again, and stays with the server that it has; unanswered, it does neither.
            trace = not isinstance(error, SepbridgeError)
            log.error("whether %r may register here could not be found out: %s", asked.device, error, exc_info=trace)
            wait = self._stations.settings.token_wait
            answer = TokenAnswered(at=self._stations.clock.now(), granted=False, wait=wait, why=str(error))
        finally:
            self._asks_token = False
        now = self._connection.now
        if answer is None or answer.granted:
            self.phone.grant_token(now=now)
        else:
            self.phone.refuse_token(answer.wait, now=now)
        if answer is not None and answer.device is not None:
            self._record(answer)
        self._connection.flush()

    def _line_connected(self, line: int) -> None:
        self.phone.line_connected(line, now=self._connection.now)
        self._after()
        self._connection.flush()

    def _registered(self) -> None:
        if self._device is None:
            return
        name = self._device.name
        self._stations.presence.note(name, registered=True)
        for number in self.numbers:
            self._stations.line_desk.changed(number)
        self._record(
            PhoneRegistered(
                at=self._stations.clock.now(),
                device=name,
                endpoint=self._device.number,
                address=f"{self._client}:{self._connection.peer[1]}",
                user_agent=f"SCCP {self.phone.session.dialect.version}",
                load=self._load,
                protocol=SignallingProtocol.SCCP,
            )
        )
        if self._has_old_file:
            # As CUCM does it: the phone now has a file of its own, and reads it (autoregistration rules, 5.2 and 5.3).
            self._has_old_file = False
            self.phone.restart(ResetType.RESTART, now=self._connection.now)
            self._record(
                PhoneRestartSent(
                    at=self._stations.clock.now(), device=name, how="Reset", why="it has a file of its own now"
                )
            )

    def _unregistered(self, event: StationUnregistered) -> None:
        if self._device is None or not self._stations.release(self._device.name, self):
            return
        self._stations.presence.note(self._device.name, registered=False)
        self._record(
            PhoneUnregistered(
                at=self._stations.clock.now(),
                device=self._device.name,
                endpoint=self._device.number,
                why=f"{event.why}" + (f": {event.detail}" if event.detail else ""),
            )
        )

    def _record(self, event: Event) -> None:
        self._stations.sink.record(event)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

"""The SCCP side of the house: who connects, who may be served, and what becomes of it.

It asks the admissions desk, as every way in does, knows which connection is a device's, and passes on what concerns
many phones. One ``Station`` looks after one connection.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace

from bridge.app.admission.admissions import Admissions, Known
from bridge.app.admission.doorkeeper import model_facts
from bridge.app.files.guard import is_allowed, plain_address
from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.phones.screenmessages import ScreenMessage
from bridge.app.services.directory import Directory
from bridge.app.settings import Network, SccpSettings, TokenPolicy
from bridge.app.stations.callbackdesk import CallBackDesk
from bridge.app.stations.calllog import CallLog
from bridge.app.stations.failback import FailBack
from bridge.app.stations.linedesk import LineDesk
from bridge.app.stations.lines import RENEWAL, OpenLines
from bridge.app.stations.numberwatch import NumberWatch
from bridge.app.stations.presence import Presence
from bridge.app.stations.profiles import Profiles
from bridge.app.stations.station import Station
from bridge.app.stations.watcher import Watcher
from bridge.autoregistration import Refusal, RefusalReason, RegistrationArrival, met_again
from bridge.callcontrol import CallSettings, House, ProxiedPhone
from bridge.callcontrol.events import (
    CallFinished,
    EmergencyCalled,
    LineChangeFailed,
    LineFeaturesRead,
)
from bridge.callcontrol.network import is_elsewhere
from bridge.core import (
    NOWHERE,
    CallKind,
    Device,
    DeviceName,
    NetworkPlace,
    ParkingChange,
    PastCall,
    SignallingProtocol,
)
from bridge.core.events import (
    EmergencyNumberDialled,
    GroupPaged,
    ModelLearnt,
    PhoneConnecting,
    PhoneMoved,
    PhoneRefused,
    PhoneRegistering,
    TlsFailed,
    TokenAnswered,
)
from bridge.errors import InvalidInput, NotFound, StoreError
from bridge.net.sccp import SccpServer, StationConnection
from bridge.net.sipids import RandomSipIds
from bridge.net.tap import NO_TAP, Wiretap
from bridge.net.tls import server_context
from bridge.phones import catalogue
from bridge.ports import Clock, Conferences, EventSink, LineFeatureStore, NumberStates, Recordings, RestartKind, Store
from bridge.sccp import DeviceType, ResetType
from bridge.sccp.profile import StationProfile
from bridge.sccp.stationevents import RegisterRequested, TokenRequested
from bridge.sip import Destination

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Served:
    """What ``Stations`` found out about a device that may be served."""

    device: Device
    profile: StationProfile
    calls: CallSettings
    admitted_now: bool = False
    """It read nothing but XMLDefault: its own file was made a moment ago."""


@dataclass(frozen=True, slots=True)
class ChangedPhone:
    """What a registered phone is served by after a change of the site, whether it is new to it or not."""

    device: DeviceName
    profile: StationProfile
    calls: CallSettings
    is_noted: bool = True
    """It is written down that the phone is registered."""


class Stations:
    """All SCCP phones of this node."""

    def __init__(
        self,
        store: Store,
        admissions: Admissions,
        files: PhoneFiles,
        sink: EventSink,
        clock: Clock,
        *,
        settings: SccpSettings,
        networks: tuple[Network, ...],
        asterisk: Destination,
        settled: Callable[[Device], Awaitable[bool]],
        directory: Directory,
        line_features: LineFeatureStore,
        conferences: Conferences,
        recordings: Recordings,
        call_log: CallLog,
        numbers: NumberStates,
        failback: FailBack,
        watcher_secret: str = "",
        is_there: Callable[[str], bool] = lambda number: True,
        language: str = "en",
        tap: Wiretap = NO_TAP,
    ) -> None:
        self._store = store
        self._directory = directory
        self._admissions = admissions
        self._files = files
        self._profiles = Profiles(files, settings, language)
        self._notices: dict[DeviceName, str] = {}
        self._networks = networks
        self._settled = settled
        self._serving = asyncio.Lock()
        """The database has one writer: phones queue here, and not in threads, where waiting ends in "database busy"."""
        self.conferences = conferences
        self.recordings = recordings
        self.call_log = call_log
        self.number_watch: NumberWatch[Station] = NumberWatch(numbers, Station.tell)
        """Whom phones wait for to be free."""
        self.failback = failback
        self.settings = settings
        self.line_desk = LineDesk(line_features, self._numbers, self._tell_line)
        """Forwards and do-not-disturb."""
        self.sink = sink
        self.own_probes: Container[tuple[str, int]] = frozenset()
        """Connections that are no phone's: those of our own self test."""
        self.clock = clock
        self.asterisk = asterisk
        self.ids = RandomSipIds()
        self.house: House[ProxiedPhone] = House()
        self.callback_desk = CallBackDesk(store, clock, self.house.callbacks)
        """Whom users want to call back."""
        self.presence = Presence(store, clock)
        """Who is registered, for the database."""
        self.watcher = Watcher(self.house.watching, asterisk, self.ids, secret=watcher_secret)
        self.watcher.changed = self._look_after_touched_alone
        self.watcher.lookout.begun = self.line_desk.changed
        self.lines = OpenLines(asterisk, self.ids, self.look_after_touched, is_there=is_there, tap=tap)
        self._stations_of_phones: dict[ProxiedPhone, Station] = {}
        self._of_device: dict[DeviceName, Station] = {}
        self._left: dict[DeviceName, Station] = {}
        """The last connection of devices that are gone: its calls and lines may outlive it for a while."""
        self._all: set[Station] = set()
        self.leaving: set[DeviceName] = set()
        """Devices that are told to restart soon, or were told and are not back: nothing is changed while they are here,
        so that a change costs one restart, whoever asks for it."""
        self._server = SccpServer(
            self._new_station,
            listen=[(address.host, address.port) for address in settings.listen],
            listen_tls=[(address.host, address.port) for address in settings.tls_listen],
            tls=_tls(settings),
            tls_failed=self._tls_failed,
            most=settings.max_phones,
            tap=tap,
        )

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens."""
        return self._server.addresses

    @property
    def tls_addresses(self) -> list[tuple[str, int]]:
        """Where it listens for phones that speak TLS."""
        return self._server.tls_addresses

    async def start(self) -> None:
        """Listen. Raises ConfigurationError."""
        await self.callback_desk.start()
        await self._server.start()

    async def close(self) -> None:
        """Stop listening; phones go to their next server, or come back."""
        await self._server.close()
        await self.line_desk.close()
        await asyncio.gather(*(station.finish() for station in list(self._all)))
        await self.callback_desk.close()
        await self.presence.close()

    def restart(self, device: DeviceName, kind: RestartKind) -> None:
        """Tell a phone to start again, at the end of its calls. Raises NotFound."""
        station = self._of_device.get(device)
        if station is None:
            raise NotFound(
                f"{device} is not registered here",
                why="only a registered phone can be told to restart",
                fix="restart it from its own menu, or by its power supply",
            )
        station.restart(ResetType.RESET if kind is RestartKind.RESET else ResetType.RESTART)

    def is_registered(self, device: DeviceName) -> bool:
        """Whether the phone is registered with this node."""
        return device in self._of_device

    def is_talking(self, device: DeviceName) -> bool:
        """Whether the phone has a call."""
        station = self._of_device.get(device)
        return station is not None and station.is_talking

    def changed_profiles(self, devices: Sequence[Device]) -> list[ChangedPhone]:
        """What phones which are registered here are served by from now on. Blocking: it is meant for a thread."""
        wanted = ((device, self._of_device.get(device.name)) for device in devices)
        return [
            ChangedPhone(
                device.name,
                self._profile(device, station.device_type),
                self._profiles.calls(device),
                is_noted=device.registered,
            )
            for device, station in wanted
            if station is not None
        ]

    def take_profiles(self, changed: Sequence[ChangedPhone]) -> None:
        """Serve phones that are still registered by these: live where possible, else by a restart."""
        for each in changed:
            station = self._of_device.get(each.device)
            if station is not None and not each.is_noted:
                # The database was away when it registered, or another node, that started, took it for one of its own.
                self.presence.note(each.device, registered=True)
            if station is not None and each.device not in self.leaving:
                station.change(each.profile, each.calls, keys_live=self.settings.soft_keys_live)

    def message(self, device: Device, message: ScreenMessage) -> str:
        """Show a text on a phone; why it cannot be shown, or an empty text."""
        station = self._of_device.get(device.name)
        if message.stays:
            if message.text:
                self._notices[device.name] = message.text
            else:
                self._notices.pop(device.name, None)
        if station is None:
            return "it is not registered"
        return station.message(message, idle_text=device.settings.idle_text)

    @property
    def phones(self) -> int:
        """Phones that are registered with this node."""
        return len(self._of_device)

    @property
    def connections(self) -> int:
        """Connections, those of phones that are not registered (yet) included."""
        return self._server.connections

    @property
    def calls(self) -> int:
        """Calls on all phones."""
        return sum(not call.is_remote for station in self._all for call in station.phone.calls)

    def asterisk_came_back(self) -> None:
        """Asterisk may have lost its registrations and its calls: renew the former, ask after the latter.

        The lamps, too, are asked for anew.
        """
        self.watcher.asterisk_came_back()
        self.lines.renew()
        # What it keeps of forwards and do-not-disturb may be older than what we know.
        self.line_desk.all_changed()
        loop = asyncio.get_running_loop()
        for index, station in enumerate(list(self._all)):
            loop.call_later(RENEWAL * index / len(self._all), station.meet_asterisk)

    def parking_changed(self, change: ParkingChange) -> None:
        """Something happened in the PBX's park slots: all phones may show it."""
        self.house.parking.change(change)
        for station in list(self._all):
            station.tell(change)

    def asterisk_went(self) -> None:
        """Asterisk does not answer: see whether the lines still stand, so that the phones can say so."""
        self.lines.renew()

    # --- for the stations --------------------------------------------------------------------------------------------

    def is_taken(self, device: DeviceName, station: Station) -> bool:
        """Whether another connection of the device is alive and carries a call (SCCP flows, section 1.3)."""
        older = self._of_device.get(device)
        return older is not None and older is not station and older.is_talking

    def claim(self, device: DeviceName, station: Station, *, talks: bool) -> None:
        """From now on ``station`` is the device's; older connections of it are closed (SCCP flows, section 1.3).

        ``talks``: the phone still has media of a call whose connection broke; that call is left alone until it ends,
        or its time is over.
        """
        older = self._of_device.get(device)
        self._of_device[device] = station
        self.leaving.discard(device)
        if older is not None and older is not station:
            log.info("%s came back on a second connection; the first is closed", device)
            if older.client != station.client:
                # Two machines with one name do this to each other for ever; a phone that got another address, once.
                moved = PhoneMoved(at=self.clock.now(), device=device, before=older.client, after=station.client)
                self.sink.record(moved)
            older.supersede()
        left = self._left.pop(device, None)
        if left is not None and left is not station and not (talks and left.phone.calls):
            left.supersede()

    def release(self, device: DeviceName, station: Station) -> bool:
        """The device is gone from ``station``; False when another connection has it meanwhile."""
        if self._of_device.get(device) is not station:
            return False
        del self._of_device[device]
        self._left[device] = station
        return True

    def forget(self, station: Station) -> None:
        """Nothing is left of this connection."""
        self._all.discard(station)
        if station.device is not None and self._left.get(station.device) is station:
            del self._left[station.device]
        self._stations_of_phones.pop(station.phone, None)
        self.number_watch.forget(station)

    def watch(self, station: Station, device: Device, number: str) -> None:
        """Tell a phone how a number stands that it may dial."""
        endpoint = self._files.endpoint(device)
        context = endpoint.context if endpoint is not None else ""
        self.number_watch.watch(station, number, context)

    def look_after_touched(self) -> None:
        """Work off what one phone did to others, and to the numbers that are watched."""
        self._look_after_touched_alone()
        self.watcher.look_after()

    def _look_after_touched_alone(self) -> None:
        while touched := self.house.take_touched():
            for phone in touched:
                if (station := self._stations_of_phones.get(phone)) is not None:
                    station.look_after()

    async def token(self, asked: TokenRequested, client: str, station: Station) -> TokenAnswered | None:
        """Whether the device may register here; None for one that is not ours: Register will tell it why.

        Raises StoreError, and NotFound where its pool is gone.
        """
        if not is_allowed(client, self._networks):
            return TokenAnswered(at=self.clock.now(), granted=False, why="its network is not allowed")
        try:
            name = DeviceName.parse(asked.device)
            device = await asyncio.to_thread(self._known, name)
        except InvalidInput:
            return None
        if device is None:
            return None
        why = ""
        if self.is_taken(name, station):
            why = "another connection of the phone carries a call"
        elif self.settings.tokens is TokenPolicy.BY_ORDER:
            group, now = self._files.pool(device).group, asyncio.get_running_loop().time()
            why = await self.failback.refusal(name, group, is_served=device.registered, now=now)
        wait = max(30, self.settings.token_wait) if why else 0
        return TokenAnswered(at=self.clock.now(), device=name, granted=not why, wait=wait, why=why)

    async def decide(self, asked: RegisterRequested, client: str, place: NetworkPlace = NOWHERE) -> _Served | str:
        """Whom to serve, or the text of the refusal."""
        try:
            name = DeviceName.parse(asked.device)
        except InvalidInput:
            return "Bad device name"
        if not is_allowed(client, self._networks):
            return "Network not allowed"
        self.sink.record(
            PhoneRegistering(at=self.clock.now(), device=name, client=client, protocol=SignallingProtocol.SCCP)
        )
        facts = model_facts(int(asked.device_type))
        outcome = await self._admissions.ask(RegistrationArrival(name, client, SignallingProtocol.SCCP, facts, place))
        match outcome:
            case Known():
                pass
            case Refusal():
                return outcome.sccp_text.decode("ascii")
            case _:
                return RefusalReason.UNKNOWN.shown.sccp_text
        # So that the line's first REGISTER finds its endpoint, and the profile the password that the PBX chose.
        await self._settled(outcome.device)
        try:
            async with self._serving:
                served = await asyncio.to_thread(self._serve, outcome.device, asked, client)
        except NotFound:
            return RefusalReason.UNKNOWN.shown.sccp_text  # the PBX gave its number to somebody else; it asks again
        except StoreError as error:
            log.error("%s cannot be served: %s", name, error)
            return RefusalReason.DATABASE_TIMEOUT.shown.sccp_text
        except Exception:
            log.exception("%s cannot be served", name)
            return RefusalReason.DATABASE_TIMEOUT.shown.sccp_text  # it asks again; without an answer it would hang
        return replace(served, admitted_now=outcome.admitted_now) if isinstance(served, _Served) else served

    def opens_late(self, device: DeviceName) -> None:
        """The phone opens no channel before the call is answered: from its next registration on it is not asked to."""
        asyncio.get_running_loop().run_in_executor(None, self._note_late, device)

    def note_call(self, device: DeviceName, call: CallFinished, *, log_missed: bool = True) -> None:
        """Put a call that is over into the phone's list of placed, received or missed ones."""
        kind = CallKind.PLACED if call.outgoing else CallKind.RECEIVED if call.answered else CallKind.MISSED
        if kind is CallKind.MISSED and (is_elsewhere(call.why) or not log_missed):
            return  # somebody else took it, or it is not to be listed
        past = PastCall(device, self.clock.now(), kind, call.listed or call.number, round(call.seconds))
        asyncio.get_running_loop().run_in_executor(None, self._note_call, past)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _numbers(self) -> Iterator[str]:
        """The numbers of all lines of registered phones, and those that they watch."""
        for station in self._of_device.values():
            yield from station.numbers
        yield from self.house.watching.numbers

    def _tell_line(self, number: str, answer: LineFeaturesRead | LineChangeFailed) -> None:
        for station in list(self._of_device.values()):
            if number in station.numbers:
                station.tell(answer)
        if isinstance(answer, LineFeaturesRead):
            now = asyncio.get_running_loop().time()
            self.house.watching.do_not_disturb(number, answer.features.dnd, now=now)
            self.look_after_touched()

    def emergency(self, device: Device, event: EmergencyCalled) -> None:
        """Somebody dialled an emergency number: say so at once, and keep the way open for a call-back."""
        self.sink.record(
            EmergencyNumberDialled(at=self.clock.now(), device=device.name, number=event.number, dialled=event.dialled)
        )
        self.line_desk.ring_through(event.number, self.settings.emergency_call_back)

    def outgoing(self, device: Device, number: str, dialled: str) -> None:
        """A call of the phone went out. One to a paging group decides for other phones that they answer: say so."""
        group = next((each for each in self.settings.paging if each.number == dialled), None)
        if group is not None:
            paged = GroupPaged(
                at=self.clock.now(), device=device.name, number=number, group=dialled, phones=len(group.members)
            )
            self.sink.record(paged)

    def _new_station(self, connection: StationConnection) -> Station:
        station = Station(self, connection)
        if connection.peer not in self.own_probes:
            self.sink.record(
                PhoneConnecting(
                    at=self.clock.now(),
                    client=plain_address(connection.peer[0]),
                    port=connection.peer[1],
                    server_port=connection.local[1],
                    protocol=SignallingProtocol.SCCP,
                )
            )
        self._all.add(station)
        self._stations_of_phones[station.phone] = station
        return station

    def _tls_failed(self, peer: tuple[str, int], own: tuple[str, int], why: str) -> None:
        if peer not in self.own_probes:
            client = plain_address(peer[0])
            self.sink.record(TlsFailed(at=self.clock.now(), client=client, server_port=own[1], why=why))

    def _known(self, name: DeviceName) -> Device | None:
        with self._store.read() as work:
            return work.devices.get(name)

    def _serve(self, known: Device, asked: RegisterRequested, client: str) -> _Served | str:
        """Write down what the phone says of itself, and make its profile."""
        now = self.clock.now()
        with self._store.write() as work:
            device = work.devices.get(known.name) or known
            if device.desired_protocol is SignallingProtocol.SIP:
                shown = RefusalReason.WRONG_PROTOCOL.shown
                self.sink.record(
                    PhoneRefused(
                        at=now,
                        device=device.name,
                        client=client,
                        reason=RefusalReason.WRONG_PROTOCOL,
                        text=f"{shown.what}: it registers over SCCP, and is to speak SIP",
                    )
                )
                return shown.sccp_text
            device = met_again(device, now=now, client=client, protocol=SignallingProtocol.SCCP)
            model = catalogue().by_number(int(asked.device_type))
            if model is not None and model.name != device.model:
                device = replace(device, model=model.name, model_number=model.number)
                self.sink.record(
                    ModelLearnt(
                        at=now, device=device.name, model=model.name, evidence=f"device type {int(asked.device_type)}"
                    )
                )
            if asked.load:
                device = replace(device, load=asked.load)
            work.devices.update(device)
            work.commit()
        return _Served(device, self._profile(device, asked.device_type), self._profiles.calls(device))

    def _profile(self, device: Device, device_type: DeviceType) -> StationProfile:
        profile = self._profiles.profile(device, device_type)
        notice = self._notices.get(device.name)
        return profile if notice is None else replace(profile, idle_prompt=notice)

    def _note_late(self, name: DeviceName) -> None:
        try:
            with self._store.write() as work:
                device = work.devices.get(name)
                if device is not None and not device.settings.opens_late:
                    work.devices.update(replace(device, settings=replace(device.settings, opens_late=True)))
                    work.commit()
        except StoreError as error:
            log.warning("that %s opens no channel early could not be written: %s", name, error)

    def _note_call(self, call: PastCall) -> None:
        try:
            self._directory.note_call(call)
        except StoreError as error:
            log.warning("a call of %s could not be written to its list: %s", call.device, error)


def _tls(settings: SccpSettings) -> ssl.SSLContext | None:
    """The context of SCCP over TLS; None where it is not spoken. Raises ConfigurationError."""
    if not settings.tls_listen:
        return None
    return server_context(settings.tls_certificate, settings.tls_key, settings.tls_oldest)

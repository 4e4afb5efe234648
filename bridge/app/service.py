"""The composition root: one running node, put together from the rooms below."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from bridge import __version__
from bridge.app.accounts import OneTimePassword
from bridge.app.admission.admissions import Admissions
from bridge.app.admission.doorkeeper import Doorkeeper
from bridge.app.admission.newphonehooks import NewPhoneHooks
from bridge.app.admission.onboarding import Onboarding
from bridge.app.admission.planoverlap import PbxPlan
from bridge.app.admission.roguepool import ROGUE_PAIR
from bridge.app.admission.window import WindowDesk, security_mode, security_outcome
from bridge.app.claims.claiming import Claiming
from bridge.app.claims.claimvoice import Voice
from bridge.app.claims.selfprovisioning import SelfProvisioning
from bridge.app.diagnosis.dhcpwatch import DhcpWatch
from bridge.app.diagnosis.findingwatch import FindingWatch
from bridge.app.diagnosis.journeydesk import DeviceNews, Diagnosis, JourneyDesk
from bridge.app.diagnosis.sipsecurity import SipSecurity
from bridge.app.diagnosis.sitewatch import SiteWatch
from bridge.app.ending import end_task
from bridge.app.files.beside import MANIFEST, Beside
from bridge.app.files.filedesk import name_addresses, phone_files
from bridge.app.files.resolver import FileResolver
from bridge.app.files.rollouts import RolloutProgress, Rollouts
from bridge.app.leaving.importedforwards import ForwardsSet, set_forwards
from bridge.app.operations.auditlog import AuditLog
from bridge.app.operations.figures import Figures, by_stage, read_store
from bridge.app.operations.metrics import Metrics
from bridge.app.operations.recorder import EventRecorder
from bridge.app.operations.tracedesk import TraceDesk
from bridge.app.operations.tracing import Tracing
from bridge.app.pbxchoice import made_pbx, wait_for_pbx, walked_contexts
from bridge.app.phones.extensionfollowing import ExtensionFollowing
from bridge.app.phones.pagereader import PageReader
from bridge.app.phones.phonemoves import PhoneMoves
from bridge.app.phones.phoneshelf import PhoneShelf
from bridge.app.phones.registrations import Registrations
from bridge.app.phones.restarts import Restarts
from bridge.app.phones.screenmessages import Delivery, ScreenMessage
from bridge.app.phones.stocktaking import StockTaking
from bridge.app.services.directory import Directory
from bridge.app.settings import CallLogSettings, Settings, TftpMode
from bridge.app.site.ownserver import enter_site, own_server
from bridge.app.stations.calllog import CallFile, CallLog
from bridge.app.stations.failback import FailBack
from bridge.app.stations.stations import ChangedPhone, Stations
from bridge.app.status import ServiceStatus
from bridge.app.system import SystemClock, SystemIds, own_address
from bridge.app.turns import Turns
from bridge.autoregistration import ROGUE_POOL
from bridge.autoregistration.claims import ClaimPolicy
from bridge.core import Device, DeviceName, SignallingProtocol, TransferUnderWay
from bridge.core.events import (
    EndpointConfirmed,
    Event,
    PbxConnected,
    PbxLost,
    PhoneAdmitted,
    PhoneClaimed,
    PhoneRegistered,
)
from bridge.dhcp.leases import Lease
from bridge.dialplan import Context
from bridge.errors import ConfigurationError, PbxError, SepbridgeError, StoreError
from bridge.journey import Finding, PortState, Progress
from bridge.migration.wishes import ForwardWish
from bridge.net.arp import ArpTable
from bridge.net.reach import listens
from bridge.net.tap import Wiretap
from bridge.net.tftp import TftpLimits, TftpServer
from bridge.ports import Clock, RestartKind, SipEndpoint, Store
from bridge.sip import Destination
from bridge.store import Retention, open_store
from bridge.store.filetree import FileTree
from bridge.store.firmware import FirmwareStore
from bridge.store.foreigntree import ForeignTree, Ownership, left_behind

log = logging.getLogger(__name__)

FOLLOWED_EVERY = 0.5
"""Seconds between the restarts of phones whose extensions were changed at the PBX."""
REFRESH_EVERY = 30.0
"""Seconds after which the site is read again even if nobody said that it changed."""
LOOK_EVERY = 2.0
"""Seconds between two looks at whether another node changed anything, where there is another one. Two nodes that differ
about the order of their servers would both send SCCP phones away to the other one."""


class Service:
    """Everything but HTTP. Use it as an async context manager: inside the block the node works."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()
        ids = SystemIds()
        kept = Retention(settings.journey.events_per_phone, settings.journey.events_in_all)
        self.store = open_store(settings.database_url, retention=kept)
        self.mac_of = ArpTable().mac_of
        self.tap = Wiretap()
        self.directory = Directory(self.store, self.clock)
        self.recorder = EventRecorder(self.store)
        own_files = _made(settings.files_directory)
        self.files = phone_files(settings, self.store)
        self.call_log = _call_log(settings.calls, self.store, self.clock)
        self._audit_log = AuditLog(self.store)
        self._registrations = Registrations(self.store, self.files, self.recorder, self.clock, ids)
        # Of no use to anybody who does not run now: each start makes a new one, and Asterisk reads it anyhow.
        watcher_secret = ids.secret(30)
        self.pbx = made_pbx(
            settings,
            sink=self.recorder,
            clock=self.clock,
            listener=self._registrations,
            follower=ExtensionFollowing(self.store, self.clock, ids, restart_changed=self._restart_followed),
            watcher_secret=watcher_secret,
        )
        self._registrations.restarter = self.pbx
        self._registrations.furnished = self._admitted
        self._registrations.is_one_of_several = lambda: self._is_one_of_several
        self._foreign: frozenset[str] = frozenset()
        self._clashes: frozenset[str] = frozenset()
        """Numbers of ours that were endpoints of somebody else's when we began to use them."""
        self._extensions: Mapping[str, str] = {}
        self._refreshes = Turns(self._refresh, "refresh of the site")
        self._put_meanwhile: dict[str, SipEndpoint] = {}
        """Endpoints that were declared while the site was being read, which may not have seen them."""
        self.admissions = Admissions(
            self.store,
            self.recorder,
            self.clock,
            ids,
            admitted=self._admitted,
            foreign_numbers=lambda: self._foreign | self._extensions.keys() | self.pbx.others,
            node=settings.server.name or socket.gethostname(),
        )
        self.resolver = FileResolver(
            self.store,
            self.files,
            FileTree(own_files),
            self.admissions,
            settled=self._settled,
            mac_of=self.mac_of,
            settings=settings.files,
            networks=settings.server.allowed_networks,
            sink=self.recorder,
            onboarding=Onboarding(self.store, self.clock, ids, "onboarding"),
        )
        self.tftp = TftpServer(
            self.resolver,
            self.recorder,
            self.clock,
            listen=[(address.host, address.port) for address in settings.tftp.listen]
            if settings.tftp.mode is TftpMode.OWN
            else [],
            limits=TftpLimits(
                transfers=settings.tftp.max_transfers, transfers_per_client=settings.tftp.max_transfers_per_client
            ),
            at_once=self.resolver.at_once,
            tap=self.tap,
        )
        self.beside = self._made_beside()
        self.dhcp = DhcpWatch(
            self.recorder,
            self.clock,
            self.resolver.evidence.note_vendor_class,
            settings=settings.dhcp,
            state=settings.state.directory,
        )
        self.doorkeeper = Doorkeeper(
            self.admissions,
            self.recorder,
            self.clock,
            listen=settings.sip.doorway,
            public_address=settings.server.address or own_address(),
            networks=settings.server.allowed_networks,
            settled=self._settled,
            tap=self.tap,
        )
        self.stations = Stations(
            self.store,
            self.admissions,
            self.files,
            self.recorder,
            self.clock,
            settings=settings.sccp,
            networks=settings.server.allowed_networks,
            asterisk=Destination(settings.sccp.asterisk, settings.sip.port),
            settled=self._settled,
            directory=self.directory,
            language=settings.services.language,
            line_features=self.pbx.asterisk.line_features,
            conferences=self.pbx.asterisk.conferences,
            recordings=self.pbx.asterisk.recordings,
            call_log=self.call_log,
            numbers=self.pbx.asterisk.numbers,
            failback=FailBack(
                settings.server.name or socket.gethostname(),
                asterisk_is_up=lambda: self.pbx.status().connected,
                listens=listens,
            ),
            watcher_secret=watcher_secret,
            is_there=self.pbx.is_there,
            tap=self.tap,
        )
        self.restarts = Restarts(self.store, self.stations, self.pbx, settled=self._settled, refresh=self.refresh)
        self.rollouts = Rollouts(
            self.store,
            FirmwareStore(settings.files_directory),
            self.files,
            self.recorder,
            self.clock,
            ids,
            restart=self.restarts.phone,
            is_talking=self.stations.is_talking,
            transfers=self._transfers,
        )
        self.pbx.asterisk.numbers.on_state = self.stations.number_watch.stands
        self.pbx.asterisk.parking.on_change = self.stations.parking_changed
        self.pbx.asterisk.line_features.on_change = self.stations.line_desk.changed
        self._moves = PhoneMoves(
            self.recorder,
            self.clock,
            endpoint=self.files.endpoint,
            put=self._put,
            settled=self._settled,
            restart=self._restart_moved,
            leaving=self.stations.leaving.add,
            refresh=self.refresh,
        )
        rules = settings.selfprovisioning
        self.self_provisioning = SelfProvisioning(
            Claiming(
                self.store,
                self.recorder,
                self.clock,
                ids,
                policy=ClaimPolicy(rules.tries, timedelta(seconds=rules.locked), rules.replace_phones),
                is_foreign=lambda number: number in self._foreign | self.pbx.others,
            ),
            self._moves,
            Voice(rules.language, settings.asterisk.directory / "sounds"),
            self.clock,
        )
        self.http_addresses: tuple[tuple[str, int], ...] = ()
        """Filled in by who serves HTTP."""
        self.https_addresses: tuple[tuple[str, int], ...] = ()
        self.web_addresses: tuple[tuple[str, int], ...] = ()
        self.first_login: OneTimePassword | None = None
        """The first admin's password, where this start made one; to be shown once."""
        self.config: Path | None = None
        """The settings file that was read, where there is one."""
        self.http_transfers: Sequence[Callable[[], list[TransferUnderWay]]] = ()
        own = settings.server.address or own_address()
        self.tracing = Tracing(self.tap, self.clock, own, lambda: asyncio.get_running_loop().time())
        self._hooks = NewPhoneHooks(settings.hooks)
        self.metrics = Metrics()
        self.site_watch = SiteWatch(
            settings,
            self.store,
            self.clock,
            own_address=settings.server.address or own_address(),
            pbx_status=self.pbx.status,
            foreign_numbers=lambda: self._foreign | self._clashes,
        )
        self.stations.own_probes = self.site_watch.probes
        self.journeys = JourneyDesk(self.store, self.clock, self.site_watch.facts)
        self.traces = TraceDesk(self.tracing, self.store, self.journeys, self.files)
        self.findings = FindingWatch(self.journeys, self.site_watch.facts, self.store, self.clock)
        self.shelf = PhoneShelf(self.store, self.clock)
        self.recorder.whose = self.journeys.whose
        self._stock = StockTaking(self.store)
        own_addresses = (settings.server.address or own_address(), settings.sccp.asterisk, "127.0.0.1", "::1")
        self.pbx.asterisk.on_security = SipSecurity(self.journeys, self.recorder, own_addresses).heard
        self._started_at = self.clock.now()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        try:
            await asyncio.to_thread(self._begin)
            await self.tftp.start()
            await self.doorkeeper.start()
            await self.stations.start()
            self.files.doorway_port = self.doorkeeper.port
            self.recorder.subscribe(self._heard, PbxConnected, PbxLost, EndpointConfirmed)
            self.recorder.subscribe(self.rollouts.heard)
            await asyncio.to_thread(self.rollouts.say_findings)
            if self.beside is not None:
                self.recorder.subscribe(self.beside.heard)
            self.recorder.subscribe(self._hooks.heard, PhoneAdmitted)
            self.recorder.subscribe(self.journeys.heard)
            self.recorder.subscribe(self._stock.heard)
            self.recorder.subscribe(self.metrics.heard)
            self.recorder.subscribe(self.tracing.event, PhoneAdmitted, PhoneClaimed, PhoneRegistered)
            await self.refresh()
            await asyncio.to_thread(self._audit_log.begin)
            # The first rendering compiles the templates: better now than while the first phone waits.
            await asyncio.to_thread(self.files.warm_up)
        except BaseException:
            await self._stop()
            raise
        for name, work in self._workers():
            self._tasks.append(asyncio.create_task(work, name=name))
        self.stations.failback.is_ready = True
        return self

    def _workers(self) -> Sequence[tuple[str, Coroutine[None, None, None]]]:
        return (
            ("events", self.recorder.run()),
            ("call records", self.call_log.run()),
            ("audit log", self._audit_log.run()),
            ("inventory", self._stock.run()),
            ("admissions", self.admissions.run()),
            ("registrations", self._registrations.run()),
            ("Asterisk", self.pbx.run()),
            ("watcher", self.stations.watcher.run()),
            ("refresh", self._refresh_now_and_then()),
            ("line features", self.stations.line_desk.run()),
            ("firmware", self.rollouts.run()),
            *([("beside", self.beside.run())] if self.beside is not None else []),
            *([("DHCP", self.dhcp.run())] if self.dhcp.is_wanted else []),
            ("new phone hooks", self._hooks.run()),
            ("site watch", self.site_watch.run()),
            ("findings", self.findings.run()),
            *([("phone pages", self._page_reader().run())] if self.settings.journey.phone_pages else []),
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        self.tracing.close()
        await self._moves.close()
        await self._refreshes.close()
        await self.tftp.close()
        await self.doorkeeper.close()
        await self.stations.close()
        self.restarts.close()
        # The events' own task goes last, so that it writes what the others still had to say.
        for task in reversed(self._tasks):
            await end_task(task)
        self.store.close()

    async def failure(self) -> None:
        """Wait until a part of the service fails that must not; raises what it failed with."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    def listens(self) -> str:
        """The addresses, in one line."""
        parts = {
            "TFTP": self.tftp.addresses,
            "HTTP": self.http_addresses,
            "HTTPS": self.https_addresses,
            "doorway": self.doorkeeper.addresses,
            "SCCP": self.stations.addresses,
            "SCCP over TLS": self.stations.tls_addresses,
            "dashboard": self.web_addresses,
        }
        return "; ".join(
            f"{name} {', '.join(_shown(each) for each in where)}" for name, where in parts.items() if where
        )

    # --- what the control socket offers ------------------------------------------------------------------------------

    def phones_on_their_way(self) -> tuple[Progress, ...]:
        """Every device that was seen since the start, with its stage, the latest first."""
        return self.journeys.on_their_way()

    def stage_of(self, device: DeviceName) -> Progress | None:
        """How far one device is; None while nothing was seen of it since the start."""
        journey = self.journeys.seen(device)
        return journey.progress if journey is not None else None

    def found(self) -> Mapping[DeviceName, tuple[Finding, ...]]:
        """What is found of every phone that is not well."""
        return dict(self.findings)

    def take_lease(self, lease: Lease) -> DeviceName | None:
        """A DHCP server's hook tells of a lease; whose it is, None for what is no phone."""
        return self.dhcp.take_lease(lease)

    async def diagnose(self, name: DeviceName) -> Diagnosis:
        """A phone's journey and why it is stuck. Raises NotFound, StoreError."""
        return await asyncio.to_thread(self.journeys.sheet, name)

    async def status(self) -> ServiceStatus:
        """How things stand."""
        return ServiceStatus(
            version=__version__,
            pid=os.getpid(),
            started_at=self._started_at,
            tftp=tuple(_shown(each) for each in self.tftp.addresses),
            http=tuple(_shown(each) for each in (*self.http_addresses, *self.https_addresses)),
            doorway=tuple(_shown(each) for each in self.doorkeeper.addresses),
            sccp=tuple(_shown(each) for each in (*self.stations.addresses, *self.stations.tls_addresses)),
            pbx=self.pbx.status(),
            database=await asyncio.to_thread(self._database_trouble),
            transfers=self.tftp.counters.active,
            events_dropped=self.recorder.dropped,
            sccp_phones=self.stations.phones,
            sccp_calls=self.stations.calls,
            beside=self.beside.troubles if self.beside is not None else (),
            tasks=len(asyncio.all_tasks()),
            web=tuple(_shown(each) for each in self.web_addresses),
        )

    async def figures(self) -> Figures:
        """How things stand, for Prometheus."""
        return Figures(
            status=await self.status(),
            stages=by_stage(self.phones_on_their_way()),
            findings=self.findings.codes,
            problems=self.findings.problems,
            transfers=len(self._transfers()),
            sccp_connections=self.stations.connections,
            events_waiting=self.recorder.waiting,
            database_errors=self.store.errors,
            store=await asyncio.to_thread(read_store, self.store, self.clock.now(), self.known_plan),
        )

    async def readiness(self) -> dict[str, bool]:
        """Which of the parts that phones need work: the database, Asterisk, and TFTP unless it is switched off.

        TFTP works when we listen, or follow the other server, and the last self test had an answer.
        """
        parts = {
            "database": not await asyncio.to_thread(self._database_trouble),
            "asterisk": self.pbx.status().connected,
        }
        answers = all(each.state is PortState.OPEN for each in self.site_watch.facts().ports if each.purpose == "TFTP")
        match self.settings.tftp.mode:
            case TftpMode.OWN if self.settings.tftp.listen:
                parts["tftp"] = bool(self.tftp.addresses) and answers
            case TftpMode.BESIDE if self.beside is not None:
                parts["tftp"] = not self.beside.troubles and answers
        return parts

    async def set_forwards(self, wishes: Sequence[ForwardWish]) -> ForwardsSet:
        """Set forwards, as an import wants them, of numbers that have none of the kind."""
        return await set_forwards(self.pbx.asterisk.line_features, wishes)

    async def refresh(self) -> None:
        """Read the site and the phones from the database, and bring Asterisk in line. Raises StoreError.

        One reading follows the other: two at a time could end with the older one.
        """
        await self._refreshes.take()

    async def _refresh(self) -> None:
        self._put_meanwhile.clear()
        news, endpoints, contexts, profiles = await asyncio.to_thread(self._read_endpoints)
        self.journeys.take_devices(news)
        with contextlib.suppress(PbxError):  # Asterisk is away: it is asked when it is back
            await self._look_at_range()
        # Before the change: what is ours and goes now is still in Asterisk for a moment, and must not count as foreign.
        with contextlib.suppress(PbxError):  # Asterisk is away: they are read when it is back
            self._foreign = await self.pbx.foreign_numbers()
        self._clashes = (self._clashes | self._foreign) & {endpoint.name for endpoint in endpoints}
        self.pbx.set_dial_plan(contexts)
        # A phone that was let in after the reading had begun is not in it, and must not be taken away again.
        declared = {endpoint.name: endpoint for endpoint in endpoints} | self._put_meanwhile
        self.pbx.replace_all(self._moves.with_kept(list(declared.values())))
        self.stations.take_profiles(profiles)
        self.rollouts.look()
        if self.beside is not None:
            self.beside.changed()

    @property
    def known_plan(self) -> PbxPlan:
        """What Asterisk itself used of numbers when it was asked last."""
        return PbxPlan(self._foreign | self.pbx.others, self._extensions)

    async def pbx_plan(self) -> PbxPlan:
        """What Asterisk itself uses of numbers, and who is on calls. Raises PbxError."""
        self._extensions = await self.pbx.extensions(walked_contexts(self.settings))
        foreign, calls = await self.pbx.foreign_numbers(), await self.pbx.calls()
        return PbxPlan(foreign, self._extensions, len(calls), tuple(dict.fromkeys(calls)))

    async def _look_at_range(self) -> None:
        """Ask Asterisk what it uses of the range, if nobody could when autoregistration was enabled (AR-04).

        Raises PbxError, StoreError.
        """
        settings = self.files.site.autoregistration
        if not settings.waits_for_pbx(self.clock.now()):
            return
        desk = WindowDesk(self.store, self.clock, "autoregistration")
        if met := await asyncio.to_thread(desk.look_at_range, await self.pbx_plan()):
            log.warning(
                "autoregistration is closed: nobody could ask Asterisk when it was enabled, and the range %s meets %s; "
                "choose another range with `sepbridge autoregistration range`, or enable it with --force",
                settings.range,
                met,
            )
        await asyncio.to_thread(self.files.read_site)

    async def message_phones(
        self, message: ScreenMessage, *, names: Sequence[DeviceName] = (), pool: str = ""
    ) -> tuple[Delivery, ...]:
        """Show a text on the named phones, on those of a pool, or on all. Raises NotFound, StoreError."""
        devices = await asyncio.to_thread(self._devices, names, pool)
        found = tuple(Delivery(device.name, self._message(device, message)) for device in devices)
        shown = sum(not each.why_not for each in found)
        log.info("a text was sent to the screens of %d phones; %d cannot show it", shown, len(found) - shown)
        return found

    def _message(self, device: Device, message: ScreenMessage) -> str:
        if device.desired_protocol is SignallingProtocol.SIP:
            return "it has SIP firmware, which takes texts through its own web pages only"
        return self.stations.message(device, message)

    async def rollout(self) -> RolloutProgress | None:
        """The roll-out of firmware that is under way."""
        return self.rollouts.progress()

    # --- how the parts hang together ---------------------------------------------------------------------------------

    async def _restart_followed(self, names: Sequence[DeviceName]) -> None:
        await self.restarts.changed(names, every=FOLLOWED_EVERY)

    async def _restart_moved(self, device: Device) -> None:
        """Tell a phone that was claimed, where it is registered still: under the number that it had."""
        await self.restarts.device(device, RestartKind.RESTART)

    def _page_reader(self) -> PageReader:
        every = self.settings.journey.phone_pages_every
        return PageReader(self.recorder, self.clock, self.journeys.with_address, every=every)

    def _transfers(self) -> list[TransferUnderWay]:
        return [*self.tftp.transfers(), *(each for transfers in self.http_transfers for each in transfers())]

    def _made_beside(self) -> Beside | None:
        settings = self.settings
        if settings.tftp.mode is not TftpMode.BESIDE:
            return None
        return Beside(
            self.store,
            self.files,
            self.resolver,
            self.recorder,
            self.clock,
            settings=settings.beside,
            state=settings.state.directory,
        )

    def _take_back_files(self) -> None:
        """Remove what we put into another server's directory, when it is not the one of today's settings."""
        manifest = self.settings.state.directory / MANIFEST
        place = left_behind(manifest)
        if place is None or (self.beside is not None and place == self.beside.tree.root):
            return
        try:
            changes = ForeignTree(place, manifest, Ownership()).keep_only(())
        except SepbridgeError as error:
            log.warning("files of ours are still in %s: %s", place, error)
        else:
            log.info("%d files of ours were removed from %s", len(changes.removed), place)

    def _admitted(self, devices: Sequence[Device]) -> None:
        endpoints: list[SipEndpoint] = []
        for device in devices:
            try:
                endpoint = self.files.endpoint(device)
            except SepbridgeError as error:  # its pool is new, and the database just went away: it is looked for again
                log.warning("Asterisk hears of %s when the site is read again: %s", device.name, error)
            else:
                endpoints += [endpoint] if endpoint is not None else []
        if endpoints:
            self._put(endpoints)

    def _put(self, endpoints: Sequence[SipEndpoint]) -> None:
        if self._refreshes.under_way:
            self._put_meanwhile.update((endpoint.name, endpoint) for endpoint in endpoints)
        self.pbx.put(endpoints)

    async def _settled(self, device: Device) -> bool:
        if self.files.endpoint(device) is None:
            return True
        return await self.pbx.settled(device.number, within=wait_for_pbx(self.settings))

    def _heard(self, event: Event) -> None:
        if isinstance(event, PbxConnected):
            task = asyncio.create_task(self._met_asterisk(), name="met Asterisk")
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self.stations.asterisk_came_back()
        elif isinstance(event, PbxLost):
            self.stations.asterisk_went()
        elif isinstance(event, EndpointConfirmed):
            self.stations.lines.endpoint_is_there(event.endpoint)

    async def _met_asterisk(self) -> None:
        """Asterisk is (again) there: see which numbers it uses itself, and who is registered."""
        try:
            self._foreign = await self.pbx.foreign_numbers()
            self._extensions = await self.pbx.extensions(walked_contexts(self.settings))
            await self._look_at_range()
            registered = {contact.endpoint: contact for contact in await self.pbx.contacts()}
            known = await asyncio.to_thread(self._registered_endpoints)
        except SepbridgeError as error:
            log.warning("Asterisk's registrations could not be read: %s", error)
            return
        for endpoint in known - set(registered):
            self._registrations.contact_removed(endpoint, "Asterisk does not know the registration any more")
        for contact in registered.values():
            self._registrations.contact_added(contact)

    async def _refresh_now_and_then(self) -> None:
        seen, waited = 0, 0.0
        while True:
            await asyncio.sleep(LOOK_EVERY)
            waited += LOOK_EVERY
            try:
                newest = await asyncio.to_thread(self._newest_change) if self._is_one_of_several else seen
                if newest == seen and waited < REFRESH_EVERY:
                    continue
                seen, waited = newest, 0.0
                await self.refresh()
            except SepbridgeError as error:
                waited = 0.0
                log.warning("the site could not be read again: %s", error)

    @property
    def _is_one_of_several(self) -> bool:
        return len({server.name for pool in self.files.site.pools.values() for server in pool.group.servers}) > 1

    def _newest_change(self) -> int:
        with self.store.read() as work:
            return work.journal.newest_audit()

    def _read_endpoints(self) -> tuple[DeviceNews, list[SipEndpoint], list[Context], list[ChangedPhone]]:
        before = self.files.site.autoregistration
        after = self.files.read_site().autoregistration
        if security_mode(before) != security_mode(after):  # on the command line, or at another node
            log.warning("the security mode is now %s: %s", security_mode(after), security_outcome(before, after))
        with self.store.read() as work:
            devices = work.devices.all()
        self.recorder.numbers = {device.name: device.number for device in devices if device.lines}
        news = self.journeys.compare(devices)
        endpoints = self.files.endpoints(devices)
        plans = self.files.plans
        # New phones start in the pool's autoregistration space: its context must be there before them.
        pairs = {pair for device in devices for pair in plans.pairs(device)} | {
            ROGUE_PAIR if pool.name == ROGUE_POOL else ("", pool.autoreg_css) for pool in self.files.site.pools.values()
        }
        return news, endpoints, list(plans.contexts(pairs)), self.stations.changed_profiles(devices)

    def _registered_endpoints(self) -> set[str]:
        with self.store.read() as work:
            return {device.number for device in work.devices.all() if device.registered}

    def _devices(self, names: Sequence[DeviceName], pool: str) -> Sequence[Device]:
        with self.store.read() as work:
            if names:
                return [work.devices.require(name) for name in names]
            if pool:
                work.site.pool(pool)
            return [device for device in work.devices.all() if pool in ("", device.pool)]

    def _database_trouble(self) -> str:
        try:
            with self.store.write() as work:
                work.autoregistration.load()
        except StoreError as error:
            return str(error)
        return ""

    def _begin(self) -> None:
        self._take_back_files()
        own = own_server(self.settings)
        name_addresses(self.files, self.settings, own.address)
        enter_site(self.store, own)


def _made(directory: Path) -> Path:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"the directory {directory} cannot be made",
            why=error.strerror or str(error),
            fix="create it, or see state.directory",
        ) from error
    return directory


def _shown(address: tuple[str, int]) -> str:
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _call_log(settings: CallLogSettings, store: Store, clock: Clock) -> CallLog:
    """The records of calls, and the file for them if one is wanted."""
    file = settings.file
    kept = CallFile(file, largest=settings.file_megabytes * 1_000_000, most=settings.files) if file else None
    return CallLog(store, clock, kept, keep=timedelta(days=settings.keep_days) if settings.keep_days else None)

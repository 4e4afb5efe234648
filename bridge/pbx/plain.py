"""Plain Asterisk: our own included files, one coalesced reload, every endpoint confirmed by Asterisk itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bridge.core import NumberRange, PagingGroup
from bridge.core.events import EndpointConfirmed, EndpointWritten, PbxConnected, PbxLost, PbxReloaded
from bridge.dialplan import Context
from bridge.errors import NotFound, PbxRefused, PbxUnavailable, SepbridgeError, WriteFailed
from bridge.pbx.ami import Ami, AmiSettings, AmiState
from bridge.pbx.amilink import AmiMessage
from bridge.pbx.backlog import Backlog, ReloadBatch
from bridge.pbx.conferences import AsteriskConferences
from bridge.pbx.contacts import read_contacts
from bridge.pbx.contactwatch import ContactWatch
from bridge.pbx.dialplanconf import PagingMulticast, meetme_text, paging_text
from bridge.pbx.linefeatures import AsteriskLineFeatures
from bridge.pbx.notify import event_fields, restart_fields
from bridge.pbx.numberstates import AsteriskNumberStates
from bridge.pbx.parking import AsteriskParking
from bridge.pbx.phonefiles import PhoneFiles
from bridge.pbx.pjsipconf import WATCHER, PjsipOptions
from bridge.pbx.recordings import AsteriskRecordings
from bridge.ports import Clock, Contact, EventSink, PbxListener, PbxStatus, RestartEvent, RestartKind, SipEndpoint

_log = logging.getLogger(__name__)

_PJSIP = "res_pjsip.so"
_DIALPLAN = "pbx_config.so"
_MOST_CONTEXTS = 100
_SINGLY = 8
"""Up to so many endpoints are confirmed one by one, password and context included; beyond, by one list."""
_NOT_TAKEN = 'Asterisk does not know it after a reload; its log ("res_sorcery_config") says which setting it refused'


@dataclass(frozen=True, slots=True)
class PlainAsteriskSettings:
    """Where Asterisk is, where our files are, and how patient. Times in seconds."""

    ami: AmiSettings
    directory: Path
    """Ours, included by Asterisk: ``/etc/asterisk/sepbridge``."""
    pjsip: PjsipOptions = field(default_factory=PjsipOptions)
    watcher_secret: str = field(default="", repr=False)
    """Password of our own endpoint, by which we watch numbers; empty for none."""
    gather: float = 0.5
    """How long changes may wait, while a reload runs, to be written together."""
    reload_patience: float = 60.0
    """How long a reload that somebody else started may take."""
    retry_every: float = 5.0
    """After a failed write or a refused reload."""
    poll_contacts_every: float = 60.0
    meetme: tuple[NumberRange, ...] = ()
    """The numbers of meet-me conferences, for those who dial them."""
    paging: tuple[PagingGroup, ...] = ()
    paging_multicast: PagingMulticast = field(default_factory=PagingMulticast)


class PlainAsterisk:
    """``Pbx`` for an Asterisk whose configuration files are plain files.

    Nothing is written before ``replace_all`` was called, or the phones that are there already would be lost. Files are
    written whether or not Asterisk is there; it reads them once it is. After every (re)connect it is told to read
    them once, and all endpoints are verified, since nobody knows what happened in between.
    """

    def __init__(
        self, settings: PlainAsteriskSettings, *, sink: EventSink, clock: Clock, listener: PbxListener
    ) -> None:
        self._settings = settings
        self._sink = sink
        self._clock = clock
        self._backlog = Backlog()
        self._contexts: tuple[Context, ...] = ()
        self._files = PhoneFiles(
            settings.directory,
            settings.pjsip,
            meetme_text(settings.meetme) + paging_text(settings.paging, settings.paging_multicast),
            watcher_secret=settings.watcher_secret,
        )
        self._ami = Ami(settings.ami, on_state=self._state_changed, on_event=self._event)
        self.numbers = AsteriskNumberStates(self._ami)
        """Whether numbers can be called (the NumberStates port)."""
        self.parking = AsteriskParking(self._ami)
        """What happens in its park slots."""
        self.line_features = AsteriskLineFeatures(self._ami)
        """Forwards and do-not-disturb (the LineFeatureStore port)."""
        self.conferences = AsteriskConferences(self._ami)
        """The conferences that run there (the Conferences port)."""
        self.recordings = AsteriskRecordings(self._ami)
        """Recordings of calls (the Recordings port)."""
        self._contacts = ContactWatch(
            self._ami, listener, clock, lambda: self._backlog.names, poll_every=settings.poll_contacts_every
        )
        self._to_write = asyncio.Event()
        self._to_reload = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._dirty = {_PJSIP: True, _DIALPLAN: True}
        self._announced: set[str] = set()
        self._waiting: dict[str, set[asyncio.Future[bool]]] = {}
        self._connected = False
        self._since = clock.now()
        self._reloads = 0
        self._write_trouble: WriteFailed | None = None
        self._reload_trouble: SepbridgeError | None = None

    async def run(self) -> None:
        """Keep the connection, write, reload, confirm, watch registrations. Ends only by cancellation."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ami.run())
            group.create_task(self._write_changes())
            group.create_task(self._reload_changes())
            group.create_task(self._contacts.run())

    # --- what is desired (the Pbx port)

    def replace_all(self, endpoints: Iterable[SipEndpoint]) -> None:
        """Declare the complete set."""
        self._backlog.replace_all(endpoints)
        self._to_write.set()

    def put(self, endpoints: Iterable[SipEndpoint]) -> None:
        """Add or change endpoints."""
        if self._backlog.put(endpoints):
            self._to_write.set()

    def drop(self, names: Iterable[str]) -> None:
        """Remove endpoints."""
        dropped = list(names)
        if self._backlog.drop(dropped):
            self._to_write.set()
        for name in dropped:
            self._tell(name, confirmed=False)

    def set_dial_plan(self, contexts: Iterable[Context]) -> None:
        """Declare the contexts of the site's dial plan."""
        wanted = tuple(contexts)
        if wanted != self._contexts:
            self._contexts = wanted
            self._backlog.touch()
            self._to_write.set()

    async def settled(self, name: str, *, within: float) -> bool:
        """Wait until Asterisk has confirmed the endpoint. False at once while away, or where it was refused."""
        if self._backlog.is_confirmed(name):
            return self._connected
        if not self._connected or name in self._backlog.refused or self._backlog.desired(name) is None:
            return False
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, set()).add(future)
        try:
            async with asyncio.timeout(within):
                return await future
        except TimeoutError:
            return False
        finally:
            waiting = self._waiting.get(name, set())
            waiting.discard(future)
            if not waiting:
                self._waiting.pop(name, None)

    # --- how things stand

    def status(self) -> PbxStatus:
        """How things stand."""
        state = self._ami.state
        trouble = state.trouble or self._write_trouble or self._reload_trouble
        text = str(trouble) if trouble else ""
        if not text and (refused := self._backlog.refused):
            name = min(refused)
            others = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
            text = f"endpoint {name} is not in Asterisk{others}; why: {refused[name]}"
        return PbxStatus(
            connected=state.connected,
            since=self._since,
            version=state.version,
            trouble=text,
            pending=self._backlog.pending,
            reloads=self._reloads,
        )

    async def foreign_numbers(self) -> frozenset[str]:
        """Names of endpoints in Asterisk that are not ours. Raises PbxError."""
        return await self._names_in_asterisk() - self._backlog.names - {WATCHER}

    async def extensions(self, contexts: Collection[str]) -> frozenset[str]:
        """Extensions and patterns of these contexts and of what they include. Raises PbxError."""
        found: set[str] = set()
        seen: set[str] = set()
        waiting = list(contexts)
        while waiting and len(seen) < _MOST_CONTEXTS:
            context = waiting.pop()
            if context in seen:
                continue
            seen.add(context)
            answer = await self._ami.action("ShowDialPlan", [("Context", context)])
            for step in answer.named("ListDialplan"):
                if included := step.get("IncludeContext"):
                    waiting.append(included)
                elif step.get("Extension"):
                    found.add(step.get("Extension"))
        return frozenset(found)

    async def calls(self) -> int:
        """How many channels are in a call. Raises PbxError."""
        answer = await self._ami.action("CoreShowChannels")
        return len(answer.named("CoreShowChannel"))

    async def contacts(self) -> Sequence[Contact]:
        """Every registration of our endpoints, ordered by endpoint. Raises PbxError."""
        known = read_contacts(await self._ami.demand("PJSIPShowRegistrationInboundContactStatuses"))
        return [known[name].contact for name in sorted(known) if name in self._backlog.names]

    async def restart_phone(
        self, endpoint: str, kind: RestartKind, *, event: RestartEvent = RestartEvent.SERVICE_CONTROL
    ) -> None:
        """Send the restart request. That Asterisk sent it is all that can be known here: the proof is that the phone
        registers anew. Raises NotFound (no such endpoint of ours, or not registered) and PbxError.
        """
        if self._backlog.desired(endpoint) is None:
            raise NotFound(f"there is no phone with the endpoint {endpoint!r}")
        known = read_contacts(await self._ami.action("PJSIPShowEndpoint", [("Endpoint", endpoint)])).get(endpoint)
        if known is None:
            raise NotFound(
                f"the phone with the endpoint {endpoint} is not registered",
                why="only a registered phone can be told to restart",
                fix="restart it from its own menu, or by its power supply",
            )
        if event is RestartEvent.SERVICE_CONTROL:
            fields = restart_fields(endpoint, kind, known.contact.call_id)
        else:
            fields = event_fields(endpoint, event)
        await self._ami.demand("PJSIPNotify", fields)

    # --- writing

    async def _write_changes(self) -> None:
        while True:
            await self._to_write.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.gather):
                    await self._idle.wait()
            self._to_write.clear()
            if not self._backlog.needs_writing:
                continue
            snapshot = self._backlog.snapshot()
            try:
                written = await asyncio.to_thread(self._files.write, snapshot.endpoints, self._contexts)
            except WriteFailed as error:
                if str(error) != str(self._write_trouble):
                    _log.error("%s", error)
                self._write_trouble = error
                await asyncio.sleep(self._settings.retry_every)
                self._to_write.set()
                continue
            self._write_trouble = None
            self._dirty[_PJSIP] |= written.pjsip
            self._dirty[_DIALPLAN] |= written.dialplan
            self._backlog.wrote(snapshot, written.refused)
            now = self._clock.now()
            for endpoint in snapshot.endpoints:
                if endpoint.name in written.new:
                    self._announced.add(endpoint.name)
                    self._sink.record(EndpointWritten(at=now, device=endpoint.device, endpoint=endpoint.name))
            for name, why in written.refused.items():
                _log.error("endpoint %r was left out: %s", name, why)
                self._tell(name, confirmed=False)
            self._to_reload.set()

    # --- reloading and confirming

    async def _reload_changes(self) -> None:
        while True:
            await self._to_reload.wait()
            self._to_reload.clear()
            if not (self._needs_reload and self._ami.state.connected):
                continue
            self._idle.clear()
            try:
                await self._reload_once()
                self._reload_trouble = None
                if self._needs_reload:
                    self._to_reload.set()
            except PbxUnavailable as error:
                _log.info("the reload waits for Asterisk: %s", error)  # the next connection starts it again
            except SepbridgeError as error:
                if str(error) != str(self._reload_trouble):
                    _log.error("%s", error)
                self._reload_trouble = error
                self._idle.set()
                await asyncio.sleep(self._settings.retry_every)
                self._to_reload.set()
            finally:
                self._idle.set()

    @property
    def _needs_reload(self) -> bool:
        # A dialplan reload may have failed after the endpoints were confirmed; it is made up for then.
        return self._backlog.needs_reload or (self._backlog.has_written and any(self._dirty.values()))

    async def _reload_once(self) -> None:
        batch = self._backlog.begin_reload()
        began = asyncio.get_running_loop().time()
        if await self._reload_module(_PJSIP):
            self._reloads += 1
            seconds = asyncio.get_running_loop().time() - began
            self._sink.record(PbxReloaded(at=self._clock.now(), endpoints=batch.changed, seconds=seconds))
        # The phone may have its file as soon as its endpoint is live; its number becomes dialable a moment later.
        live = await self._live(batch)
        self._reload_trouble = None
        self._confirm(batch, live)
        await self._reload_module(_DIALPLAN)

    def _confirm(self, batch: ReloadBatch, live: set[str]) -> None:
        outcome = self._backlog.finish_reload(batch, live.__contains__, why_not=_NOT_TAKEN)
        now = self._clock.now()
        for endpoint in outcome.confirmed:
            if endpoint.name in self._announced:
                self._announced.discard(endpoint.name)
                self._sink.record(EndpointConfirmed(at=now, device=endpoint.device, endpoint=endpoint.name))
            self._tell(endpoint.name, confirmed=True)
        for name in outcome.refused:
            _log.error("endpoint %s is not in Asterisk: %s", name, _NOT_TAKEN)
            self._tell(name, confirmed=False)

    async def _reload_module(self, module: str) -> bool:
        """Reload one module if its file changed, and return whether it did."""
        if not self._dirty[module]:
            return False
        self._dirty[module] = False
        try:
            await self._demand_reload(module)
        except BaseException:
            self._dirty[module] = True
            raise
        return True

    async def _demand_reload(self, module: str) -> None:
        """Where somebody else's reload is running, wait for its end: Asterisk queues nothing."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._settings.reload_patience
        pause = 0.02
        while True:
            answer = await self._ami.action("Reload", [("Module", module)])
            if answer.success:
                return
            if "in progress" not in answer.message.lower() or loop.time() > deadline:
                raise PbxRefused(
                    f"Asterisk did not reload {module}",
                    why=answer.message,
                    fix="see that the module is loaded and that our account in manager.conf has write = system",
                )
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    async def _live(self, batch: ReloadBatch) -> set[str]:
        """Those of the batch that Asterisk knows."""
        if len(batch.names) > _SINGLY:
            return set(await self._names_in_asterisk())
        live: set[str] = set()
        for name in batch.names:
            endpoint = self._backlog.desired(name)
            if endpoint is not None and await self._is_live(endpoint):
                live.add(name)
        return live

    async def _is_live(self, endpoint: SipEndpoint) -> bool:
        """Whether Asterisk knows the endpoint with this password and context, not an older state of it."""
        answer = await self._ami.action("PJSIPShowEndpoint", [("Endpoint", endpoint.name)])
        return (
            answer.success
            and any(auth.get("Password") == endpoint.secret for auth in answer.named("AuthDetail"))
            and any(detail.get("Context") == endpoint.context for detail in answer.named("EndpointDetail"))
        )

    async def _names_in_asterisk(self) -> frozenset[str]:
        answer = await self._ami.action("PJSIPShowEndpoints")
        if not answer.success and "no endpoints" not in answer.message.lower():
            raise PbxRefused("Asterisk did not list its endpoints", why=answer.message)
        return frozenset(event.get("ObjectName") for event in answer.named("EndpointList"))

    def _tell(self, name: str, *, confirmed: bool) -> None:
        for future in self._waiting.pop(name, set()):
            if not future.done():
                future.set_result(confirmed)

    # --- the connection

    def _state_changed(self, state: AmiState) -> None:
        if state.connected == self._connected:
            return
        self._connected = state.connected
        self._since = self._clock.now()
        if state.connected:
            self._sink.record(PbxConnected(at=self._since, version=state.version))
            self._dirty = dict.fromkeys(self._dirty, True)
            self._backlog.connected()
            self._contacts.connected()
            self.parking.connected()
            self.numbers.connected()
            self._to_reload.set()
        else:
            self._sink.record(PbxLost(at=self._since, why=state.trouble.why if state.trouble else ""))
            for name in list(self._waiting):
                self._tell(name, confirmed=False)

    def _event(self, message: AmiMessage) -> None:
        self._contacts.event(message)
        self.parking.event(message)
        self.numbers.event(message)
        self.line_features.event(message)

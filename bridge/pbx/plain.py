"""Plain Asterisk: our own included files, one coalesced reload, every endpoint confirmed by Asterisk itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bridge.core import NumberRange, PagingGroup
from bridge.core.events import PbxReloaded
from bridge.errors import ConfigurationError, PbxError, PbxUnavailable, SepbridgeError, WriteFailed
from bridge.pbx.ami import AmiSettings
from bridge.pbx.asterisk import DIALPLAN, PJSIP, VOICEMAIL, Asterisk
from bridge.pbx.declared import DeclaredEndpoints
from bridge.pbx.dialplanconf import PagingMulticast, meetme_text, paging_text
from bridge.pbx.phonefiles import PhoneFiles
from bridge.pbx.pjsipconf import WATCHER, PjsipOptions
from bridge.pbx.realtime import RealtimeTables
from bridge.ports import Clock, EventSink, PbxListener, PbxStatus, SipEndpoint

_log = logging.getLogger(__name__)

_MOST_CONTEXTS = 100


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
    realtime: RealtimeTables | None = None
    """The tables for endpoints, where they do not go into a file."""
    voicemail_pin: str = field(default="", repr=False)
    """The first password of mailboxes that lines name; empty where they are not ours to make."""


class PlainAsterisk(DeclaredEndpoints):
    """``Pbx`` for an Asterisk whose configuration files are plain files.

    Nothing is written before ``replace_all`` was called, or the phones that are there already would be lost. Files are
    written whether or not Asterisk is there; it reads them once it is. After every (re)connect it is told to read
    them once, and all endpoints are verified, since nobody knows what happened in between.
    """

    def __init__(
        self, settings: PlainAsteriskSettings, *, sink: EventSink, clock: Clock, listener: PbxListener
    ) -> None:
        super().__init__(word="endpoint", sink=sink, clock=clock)
        self._settings = settings
        self._files = PhoneFiles(
            settings.directory,
            settings.pjsip,
            meetme_text(settings.meetme) + paging_text(settings.paging, settings.paging_multicast),
            watcher_secret=settings.watcher_secret,
            realtime=settings.realtime,
            voicemail_pin=settings.voicemail_pin,
        )
        self.asterisk = Asterisk(
            settings.ami,
            sink=sink,
            clock=clock,
            listener=listener,
            ours=lambda: self._backlog.names,
            poll_contacts_every=settings.poll_contacts_every,
            on_connection=self._connection_changed,
        )
        self._to_reload = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._dirty = {PJSIP: True, DIALPLAN: True} | ({VOICEMAIL: True} if settings.voicemail_pin else {})
        self._taken: frozenset[str] = frozenset()
        """Names that we want, and that somebody else has in Asterisk."""
        self._write_trouble: SepbridgeError | None = None
        self._reload_trouble: SepbridgeError | None = None

    async def run(self) -> None:
        """Keep the connection, write, reload, confirm, watch registrations. Ends only by cancellation."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.asterisk.run())
                group.create_task(self._write_changes())
                group.create_task(self._reload_changes())
        finally:
            if self._settings.realtime is not None:
                self._settings.realtime.close()

    # --- what is desired (the Pbx port)

    def replace_all(self, endpoints: Iterable[SipEndpoint]) -> None:
        """Declare the complete set."""
        self._backlog.replace_all(endpoints)
        self._wake.set()

    async def settled(self, name: str, *, within: float) -> bool:
        """Wait until Asterisk has confirmed the endpoint. False at once while away, or where it was refused."""
        if self._backlog.is_confirmed(name):
            return self.asterisk.connected
        if not self.asterisk.connected or name in self._backlog.refused or self._backlog.desired(name) is None:
            return False
        return await self._waiting.wait(name, within=within)

    # --- how things stand

    def status(self) -> PbxStatus:
        """How things stand."""
        return self._status(self._write_trouble, self._reload_trouble)

    @property
    def others(self) -> frozenset[str]:
        """Numbers of others that are known without asking: none."""
        return frozenset()

    async def foreign_numbers(self) -> frozenset[str]:
        """Names of endpoints in Asterisk that are not ours. Raises PbxError."""
        return await self.asterisk.endpoint_names() - self._backlog.names - {WATCHER}

    async def extensions(self, contexts: Collection[str]) -> Mapping[str, str]:
        """Extensions and patterns of these contexts and of what they include, with their kinds. Raises PbxError."""
        return await self.asterisk.extensions(contexts, most=_MOST_CONTEXTS)

    # --- writing

    async def _write_changes(self) -> None:
        while True:
            await self._wake.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.gather):
                    await self._idle.wait()
            self._wake.clear()
            if not self._backlog.needs_writing:
                continue
            snapshot = self._backlog.snapshot()
            try:
                await self._look_for_others(snapshot.endpoints)
                written = await asyncio.to_thread(
                    self._files.write, snapshot.endpoints, self._contexts, taken=self._taken
                )
            except (WriteFailed, ConfigurationError) as error:
                if str(error) != str(self._write_trouble):
                    _log.error("%s", error)
                self._write_trouble = error
                await asyncio.sleep(self._settings.retry_every)
                self._wake.set()
                continue
            self._write_trouble = None
            self._dirty[PJSIP] |= written.pjsip
            self._dirty[DIALPLAN] |= written.dialplan
            if written.voicemail:
                self._dirty[VOICEMAIL] = True
            known = dict(self._backlog.refused)
            self._backlog.wrote(snapshot, written.refused)
            self._announce(snapshot.endpoints, written.new)
            for name, why in written.refused.items():
                if known.get(name) != why:
                    _log.error("endpoint %r was left out: %s", name, why)
                self._waiting.tell(name, confirmed=False)
            self._to_reload.set()
            try:
                await asyncio.to_thread(self._files.settle)  # while Asterisk reads them already
            except WriteFailed as error:
                _log.error("%s", error)
                self._write_trouble = error

    async def _look_for_others(self, endpoints: Iterable[SipEndpoint]) -> None:
        """Find which of the new names Asterisk has from somebody else: two of one name, and it would read nothing."""
        new = {each.name for each in endpoints} - await asyncio.to_thread(self._files.ours)
        # While Asterisk is away nobody can be asked: those that were somebody else's are so still.
        found = self._taken & new
        with contextlib.suppress(PbxError):
            found = await self.asterisk.known(new)
        self._taken = found

    # --- reloading and confirming

    async def _reload_changes(self) -> None:
        while True:
            await self._to_reload.wait()
            self._to_reload.clear()
            if not (self._needs_reload and self.asterisk.ami.state.connected):
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
        if await self._reload_module(PJSIP):
            self._reloads += 1
            seconds = asyncio.get_running_loop().time() - began
            self._sink.record(PbxReloaded(at=self._clock.now(), endpoints=batch.changed, seconds=seconds))
        # The phone may have its file as soon as its endpoint is live; its number becomes dialable a moment later.
        live = await self.asterisk.live(self._in(batch))
        self._reload_trouble = None
        self._settle(batch, live)
        if VOICEMAIL in self._dirty:
            await self._reload_module(VOICEMAIL)
        await self._reload_module(DIALPLAN)

    async def _reload_module(self, module: str) -> bool:
        """Reload one module if its file changed, and return whether it did."""
        if not self._dirty[module]:
            return False
        self._dirty[module] = False
        try:
            await self.asterisk.reload(module, patience=self._settings.reload_patience)
        except BaseException:
            self._dirty[module] = True
            raise
        return True

    # --- the connection

    def _connection_changed(self, connected: bool) -> None:
        if connected:
            self._dirty = dict.fromkeys(self._dirty, True)
            self._backlog.connected()
            self._to_reload.set()
        else:
            self._waiting.tell_all(confirmed=False)

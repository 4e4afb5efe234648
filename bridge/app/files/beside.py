"""Beside a TFTP server that was there before: its log tells who asks, and its directory gets phones' files.

A request in the log is put to the same resolver as one over our own TFTP, so that the same rules decide and the same
desk admits; an unknown phone's first request has found nothing, and its next one finds its file. What lies in that
directory is given by the other server to whoever asks: ``files.secrets_to`` cannot hold it back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from bridge.app.ending import end_task
from bridge.app.files.phonefiles import PhoneFiles, Site
from bridge.app.settings import BesideServer, BesideSettings
from bridge.core import Device, DeviceName, FileFound, FileRequest, FileWithheld, Via
from bridge.core.events import (
    Event,
    FileNotFound,
    FileRequested,
    FileRewritten,
    FileServedBeside,
    PhoneAdmitted,
    TransferAborted,
)
from bridge.errors import ConfigurationError, SepbridgeError
from bridge.phones import FileKind, parse_file_name
from bridge.ports import Clock, EventSink, FileProvider, Store
from bridge.store.filetree import FileTree
from bridge.store.foreigntree import Changes, ForeignTree, Ownership
from bridge.watch import (
    IDENTIFIERS,
    JournalSource,
    LogEntry,
    LogFileSource,
    LoggedRequest,
    Stage,
    TftpLog,
    TftpProgram,
    parse_line,
)

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Requests of one batch that are answered side by side."""
EVERY = 30.0
"""Seconds after which the files are compared even if nothing is known to have changed."""
RETRY = 5.0
"""Seconds after which a write that failed is tried again."""
_OWN_FILES = frozenset({FileKind.DEVICE, FileKind.SIP_TEXT, FileKind.PROFILE, FileKind.FLAT_PROFILE})
"""Kinds of files that hold what is a phone's own, its password too."""
MOST_MODEL_PROFILES = 100
MANIFEST = "beside-files.json"
PLACE = "beside-log.json"


class Beside:
    """Reads the other server's log, and keeps our files in its directory up to date."""

    def __init__(
        self,
        store: Store,
        files: PhoneFiles,
        provider: FileProvider,
        sink: EventSink,
        clock: Clock,
        *,
        settings: BesideSettings,
        state: Path,
    ) -> None:
        """``state``: where the manifest is kept. Raises ConfigurationError."""
        if settings.root is None:
            raise ConfigurationError(
                'tftp.mode = "beside" needs beside.root',
                why="phones' files have to be put where the other TFTP server finds them",
                fix="`sepbridge tftp check` finds that server and says what to write",
            )
        self._store = store
        self._files = files
        self._provider = provider
        self._sink = sink
        self._clock = clock
        self.tree = ForeignTree(settings.root, state / MANIFEST, Ownership.parse(settings.owner, settings.mode))
        only = None if settings.server is BesideServer.AUTO else TftpProgram(settings.server.value)
        self._reader = TftpLog(root=PurePosixPath(settings.root), only=only)
        self.source: LogFileSource | JournalSource = (
            LogFileSource(settings.log, remember=state / PLACE)
            if settings.log is not None
            else JournalSource(
                unit=settings.journal_unit,
                identifiers=[name for name, program in IDENTIFIERS.items() if only in (None, program)],
                remember=state / PLACE,
            )
        )
        self.trouble = ""
        """Why files could not be written the last time; empty while all is well."""
        self._reported: frozenset[str] = frozenset()
        self._writing = asyncio.Lock()
        self._model_profiles: set[str] = set()
        """Names of files of whole models that somebody asked for."""
        self._served: set[DeviceName] = set()
        """Phones without a registration that came back once after their file was written: they had it then."""
        self._withheld: set[DeviceName] = set()
        self._rendered: dict[DeviceName, tuple[Device, tuple[str, ...], Sequence[FileFound]]] = {}
        """Of each phone: its record, its templates with their fingerprints, and the files made from both."""
        self._basis: Site | None = None
        self._changed = asyncio.Event()

    @property
    def troubles(self) -> tuple[str, ...]:
        """What keeps it from working at the moment; empty while all is well."""
        return tuple(each for each in (self.source.trouble, self.trouble) if each)

    async def run(self) -> None:
        """Work until cancelled."""
        await asyncio.to_thread(self.tree.remove_leftovers)
        keeping = asyncio.create_task(self._keep_files(), name="files beside")
        try:
            await self._follow()
        finally:
            await end_task(keeping)

    def heard(self, event: Event) -> None:
        """Something happened; if it can change a file, the files are compared soon."""
        if isinstance(event, PhoneAdmitted | FileRewritten):
            self._changed.set()

    def changed(self) -> None:
        """The site or the phones may have changed."""
        self._changed.set()

    # --- the log -----------------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        # Whoever closes a generator that waits in a thread must do it here, not when it is collected.
        async with contextlib.aclosing(self._entries()) as entries:
            async for batch in entries:
                await self._read(batch)

    async def _entries(self) -> AsyncGenerator[Sequence[LogEntry], None]:
        if isinstance(self.source, JournalSource):
            async with contextlib.aclosing(self.source.batches()) as records:
                async for batch in records:
                    yield batch
            return
        async with contextlib.aclosing(self.source.batches()) as lines:
            async for text in lines:
                yield [entry for line in text if (entry := parse_line(line)) is not None]

    async def _read(self, entries: Iterable[LogEntry]) -> None:
        """One batch. A phone that asks three times in a burst is answered once."""
        asked: dict[tuple[str, str], FileRequest] = {}
        for entry in entries:
            for request in self._reader.read(entry):
                at = entry.at or self._clock.now()
                if request.stage is Stage.ASKED:
                    self._sink.record(FileRequested(at=at, name=request.name, client=request.client, via=Via.LOG))
                    asked[request.name, request.client] = FileRequest(request.name, request.client, Via.LOG, at)
                else:
                    self._sink.record(_end(request, at))
        waiting = list(asked.values())
        for start in range(0, len(waiting), AT_ONCE):
            await asyncio.gather(*(self._answer(request) for request in waiting[start : start + AT_ONCE]))

    async def _answer(self, request: FileRequest) -> None:
        parsed = parse_file_name(request.name)
        if parsed.kind is FileKind.FLAT_PROFILE and parsed.device is None and not parsed.onboarding_code:
            if len(self._model_profiles) < MOST_MODEL_PROFILES:
                self._model_profiles.add(parsed.canonical)
        elif parsed.kind not in _OWN_FILES or parsed.device is None or parsed.signed:
            return  # shared files are there already
        answer = await self._provider.provide(request)
        async with self._writing:
            try:
                if isinstance(answer, FileFound):
                    self._withheld -= {parsed.device}
                    self._note(await asyncio.to_thread(self.tree.put, {answer.name: bytes(answer.content)}))
                elif parsed.device is None:
                    self._model_profiles.discard(parsed.canonical)
                elif isinstance(answer, FileWithheld) and parsed.device not in self._served:
                    self._served.add(parsed.device)  # this request is the first that finds the file
                elif isinstance(answer, FileWithheld):
                    self._withheld.add(parsed.device)
                    await asyncio.to_thread(self.tree.remove, parsed.canonical)
            except SepbridgeError as error:
                self._report(error)

    # --- the files ---------------------------------------------------------------------------------------------------

    async def _keep_files(self) -> None:
        while True:
            self._changed.clear()
            pause = EVERY
            try:
                # Not while a single file is written: a phone admitted after the list was read would lose its file.
                async with self._writing:
                    changes = await asyncio.to_thread(self.compare)
            except SepbridgeError as error:
                self._report(error)
                pause = RETRY
            else:
                self.trouble = ""
                self._note(changes)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):  # wait_for can forget that it was cancelled
                    await self._changed.wait()

    def compare(self) -> Changes:
        """Bring the directory in line with the phones: write what differs, remove what is ours and not wanted any more.

        Raises StoreError, WriteFailed, ConfigurationError.
        """
        with self._store.read() as work:
            devices = work.devices.all()
        self._forget_what_is_stale(devices)
        now = self._clock.now()
        wanted = {found.name: bytes(found.content) for found in self._files.shared_files(devices, now)}
        for name in sorted(self._model_profiles):
            if (made := self._files.file_of_model(name, now)) is not None:
                wanted[made.name] = bytes(made.content)
        if self.tree.root.is_dir():  # else writing says what is wrong
            wanted |= {found.name: bytes(found.content) for found in self._files.lists(FileTree(self.tree.root))}
        prints: dict[str, str] = {}
        for device in devices:
            if device.name in self._withheld and device.is_provisional:
                continue
            for found in self._render(device, prints):
                wanted[found.name] = bytes(found.content)
        put = self.tree.put(wanted)
        gone = self.tree.keep_only(wanted.keys())
        return Changes(put.written, gone.removed, put.foreign)

    def _forget_what_is_stale(self, devices: Sequence[Device]) -> None:
        """Only what changed is rendered again: all after a change of the site, else the phones that changed, and those
        whose templates did.
        """
        # Lines are part of their devices; as part of the site they would make every new phone a change of it.
        basis = replace(self._files.site, lines=())
        if basis != self._basis:
            self._basis = basis
            self._rendered.clear()
        names = {device.name for device in devices}
        self._withheld &= names
        self._served &= names
        for name in self._rendered.keys() - names:
            del self._rendered[name]

    def _render(self, device: Device, prints: dict[str, str]) -> Sequence[FileFound]:
        """The device's own files. ``prints``: the fingerprints of templates that were looked at just now."""
        made_from: tuple[str, ...] = ()
        found: Sequence[FileFound] = ()
        trouble: ConfigurationError | None = None
        try:
            for template in self._files.templates_of(device):
                if template not in prints:
                    prints[template] = self._files.fingerprint(template)
                made_from += (template, prints[template])
            made_from += (repr(self._files.locale(device)),)  # which follows the files that are there
            known = self._rendered.get(device.name)
            if known is not None and known[:2] == (device, made_from):
                return known[2]
            found = self._files.own_files(device)
        except ConfigurationError as error:
            trouble = error
        known = self._rendered.get(device.name)
        if trouble is not None and (known is None or known[:2] != (device, made_from)):
            log.warning("%s gets no file: %s", device.name, trouble)
        self._rendered[device.name] = device, made_from, found
        return found

    def _note(self, changes: Changes) -> None:
        if changes.written or changes.removed:
            log.info("%s: %d files written, %d removed", self.tree.root, len(changes.written), len(changes.removed))
        for name in sorted(set(changes.foreign) - self._reported):
            log.warning(
                "%s is not ours and is left alone: the phone gets that file. Remove or rename it, and ours is written",
                self.tree.root / name,
            )
        self._reported |= set(changes.foreign)

    def _report(self, error: SepbridgeError) -> None:
        if str(error) != self.trouble:
            log.error("%s", error)
        self.trouble = str(error)


def _end(request: LoggedRequest, at: datetime) -> Event:
    name, client = request.name, request.client
    match request.stage:
        case Stage.SENT:
            asked = parse_file_name(name)
            secret = asked.kind in _OWN_FILES and asked.device is not None
            return FileServedBeside(at=at, name=name, client=client, via=Via.LOG, secret=secret)
        case Stage.MISSING:
            return FileNotFound(at=at, name=name, client=client, via=Via.LOG, why=request.why)
        case _:
            why = request.why or "the other TFTP server gave up"
            return TransferAborted(at=at, name=name, client=client, via=Via.LOG, size=0, acknowledged=0, why=why)

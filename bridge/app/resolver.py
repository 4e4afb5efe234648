"""The one resolver behind TFTP and HTTP: a request in, a file or a clear "no" out, at once.

A missing file is answered with "not found" immediately, never with silence: silence makes a boot minutes long (phone
boot reference, section 1).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bridge.app.admissions import Admissions, Known
from bridge.app.evidence import EvidenceBook
from bridge.app.guard import GuessingBrake, MacLookup, is_allowed, plain_address, why_not_theirs
from bridge.app.phonefiles import PhoneFiles
from bridge.app.settings import FilesSettings, Network
from bridge.autoregistration import Deferral, FileArrival, Refusal
from bridge.core import Device, DeviceName, FileAnswer, FileDenied, FileFound, FileMissing, FileRequest, FileWithheld
from bridge.errors import SepbridgeError
from bridge.phones import FileKind, RequestedFile, parse_file_name
from bridge.ports import FileStore, Store

log = logging.getLogger(__name__)

Settled = Callable[[Device], Awaitable[bool]]
"""Waits, not for long, until Asterisk knows the device."""


class FileResolver:
    """The FileProvider of the running service."""

    def __init__(
        self,
        store: Store,
        files: PhoneFiles,
        tree: FileStore,
        admissions: Admissions,
        *,
        settled: Settled,
        mac_of: MacLookup,
        settings: FilesSettings,
        networks: tuple[Network, ...],
    ) -> None:
        self._store = store
        self._files = files
        self._tree = tree
        self._admissions = admissions
        self._settled = settled
        self._mac_of = mac_of
        self._settings = settings
        self._networks = networks
        self._brake = GuessingBrake(settings.unknown_per_minute)
        self.evidence = EvidenceBook()

    async def provide(self, request: FileRequest) -> FileAnswer:
        """Answer one request. Never raises for anything that the request holds."""
        client = plain_address(request.client)
        if not is_allowed(client, self._networks):
            return FileDenied(f"{client} is not in server.allowed_networks")
        asked = parse_file_name(request.name)
        if asked.kind is FileKind.INVALID:
            return FileMissing("that is no file name of a phone")
        self.evidence.note(request, client, asked)
        try:
            return await self._answer(request, client, asked)
        except SepbridgeError as error:
            log.error("%s cannot have %r: %s", client, request.name, error)
            return FileMissing(error.what)

    async def _answer(self, request: FileRequest, client: str, asked: RequestedFile) -> FileAnswer:
        match asked.kind:
            case FileKind.DEVICE if asked.device is not None and not asked.signed:
                return await self._device_file(request, client, asked.device)
            case FileKind.DEVICE | FileKind.TRUST_LIST if asked.signed:
                return FileMissing("asked for the signed form: this phone still trusts an old CUCM")
            case FileKind.DEFAULT:
                return self._files.default_file(request.at)
            case FileKind.DIAL_TEMPLATE:
                return await self._own(asked.canonical) or self._files.dial_template()
            case FileKind.FEATURE_POLICY:
                return await self._own(asked.canonical) or self._files.feature_policy()
            case FileKind.TRUST_LIST | FileKind.NOT_A_DEVICE | FileKind.OLD_DEVICE:
                return FileMissing()
            case _:
                return await self._own(asked.canonical) or FileMissing()

    async def _own(self, name: str) -> FileFound | None:
        """The admin's own file of that name. Reading a firmware image takes a moment: not in the event loop."""
        content = await asyncio.to_thread(self._tree.read, name)
        return None if content is None else FileFound(name, content)

    async def _device_file(self, request: FileRequest, client: str, name: DeviceName) -> FileAnswer:
        device = await asyncio.to_thread(self._known, name)
        if device is None:
            if self._brake.is_guessing(client, name, now=request.at):
                return FileDenied(f"{client} asks for too many unknown phones; see files.unknown_per_minute")
            evidence = self.evidence.about(client, name)
            outcome = await self._admissions.ask(FileArrival(name, client, evidence.single_protocol()))
            match outcome:
                case Refusal():
                    return FileMissing(f"{outcome.reason.value}: {outcome.text}")
                case Deferral():
                    return FileMissing(f"deferred: {outcome.why}")
                case Known():
                    device = outcome.device
            await self._settled(device)
        if device.is_provisional and self.evidence.count_provisional(client, name) % 2 == 0:
            # It had its file and did not register with it: its firmware may speak the other protocol. Without a file it
            # reads XMLDefault, and shows by registering what it speaks.
            return FileWithheld("it did not register with its file: it is sent to XMLDefault to show what it speaks")
        if trouble := why_not_theirs(device, client, self._settings.secrets_to, self._mac_of):
            return FileDenied(f"{trouble}; see files.secrets_to")
        return self._files.device_file(device)

    def _known(self, name: DeviceName) -> Device | None:
        with self._store.read() as work:
            return work.devices.get(name)

"""The one resolver behind TFTP and HTTP: a request in, a file or a clear "no" out, at once.

A missing file is answered with "not found" immediately, never with silence: silence makes a boot minutes long (phone
boot reference, section 1).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import lru_cache

from bridge.app.admission.admissions import Admissions, Known
from bridge.app.admission.onboarding import WHY_NOT, Onboarding, Redeemed
from bridge.app.diagnosis.evidence import EvidenceBook
from bridge.app.files.guard import CodeBrake, GuessingBrake, MacLookup, is_allowed, plain_address, why_not_theirs
from bridge.app.files.phonefiles import PhoneFiles, model_of, reads_binary_profile
from bridge.app.settings import FilesSettings, Network, UnsignedFiles
from bridge.autoregistration import Arrival, Deferral, FileArrival, ModelFacts, Refusal, RegistrationArrival
from bridge.core import (
    CodeVerdict,
    Device,
    DeviceName,
    FileAnswer,
    FileDenied,
    FileFound,
    FileMissing,
    FileRequest,
    FileWithheld,
    SignallingProtocol,
    StoredFile,
    Via,
)
from bridge.core.events import CANNOT_BE_MADE, SENT_AROUND, TRUST_LIST_FINDING, NamesGuessed, TrustListSeen
from bridge.errors import SepbridgeError, StoreError
from bridge.phones import (
    FileKind,
    FirmwareKind,
    PhoneEvidence,
    RequestedFile,
    catalogue,
    firmware_of,
    parse_file_name,
    parse_user_agent,
)
from bridge.ports import EventSink, FileStore, Store
from bridge.provisioning import ADAPTER_DEFAULTS, flat_template, profile_template, support

log = logging.getLogger(__name__)

Settled = Callable[[Device], Awaitable[bool]]
"""Waits, not for long, until Asterisk knows the device."""


_LONGEST_WHY = 300
_BY_HAND = "`sepbridge phones add --model` with a model close to it makes it known by hand"
_FROM_THE_TREE = frozenset(
    {
        FileKind.TRUST_LIST,
        FileKind.DEFAULT_LOADS,
        FileKind.LOADS,
        FileKind.FIRMWARE,
        FileKind.LOCALE,
        FileKind.TONES,
        FileKind.RING,
        FileKind.WALLPAPER,
        FileKind.HEADSET,
        FileKind.TIME_ZONES,
        FileKind.OTHER,
    }
)
"""Files that are the admin's own, or are not there at all."""
_NO_TRUST_LISTS = "sepbridge makes no trust lists, and a phone without one needs none"
_NOT_SIGNED = "asked for the signed form, and sepbridge signs no files yet"
_NOT_ENCRYPTED = "asked for the encrypted form, and sepbridge neither encrypts nor signs files yet"


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
        sink: EventSink,
        onboarding: Onboarding,
    ) -> None:
        self._store = store
        self._files = files
        self._tree = tree
        self._admissions = admissions
        self._settled = settled
        self._mac_of = mac_of
        self._settings = settings
        # The networks' hashes, at every request, would cost more than the answer.
        self._is_allowed = lru_cache(maxsize=4096)(lambda client: is_allowed(client, networks))
        self._sink = sink
        self._brake = GuessingBrake(settings.unknown_per_minute)
        self._codes = CodeBrake()
        self._onboarding = onboarding
        self.evidence = EvidenceBook()

    async def provide(self, request: FileRequest) -> FileAnswer:
        """Answer one request. Never raises for anything that the request holds."""
        client = plain_address(request.client)
        if not self._is_allowed(client):
            return FileDenied(f"{client} is not in server.allowed_networks")
        asked = parse_file_name(request.name)
        if asked.kind is FileKind.INVALID:
            return FileMissing("that is no file name of a phone")
        self.evidence.note(request, client, asked)
        try:
            return await self._answer(request, client, asked)
        except SepbridgeError as error:
            log.error("%s cannot have %r: %s", client, request.name, error)
            if isinstance(error, StoreError):
                return FileMissing(error.what)
            why = f": {error.why}" if error.why else ""
            return FileMissing(f"{CANNOT_BE_MADE}: {error.what}{why}"[:_LONGEST_WHY])

    def at_once(self, request: FileRequest) -> FileAnswer | None:
        """The answer, if it takes no waiting: an own file of the admin's, or none, as most answers of a boot are.

        None where ``provide`` has to be asked; nothing has happened then. Never raises.
        """
        client, asked = plain_address(request.client), parse_file_name(request.name)
        if asked.signed or asked.kind not in _FROM_THE_TREE or not self._is_allowed(client):
            return None
        try:
            is_known, found = self._tree.at_once(asked.canonical)
        except SepbridgeError:
            return None
        if not is_known:
            return None
        if found is None and asked.kind is FileKind.TONES and self._files.makes_tones(asked.canonical):
            return None
        self.evidence.note(request, client, asked)
        if found is not None:
            return _found(asked.canonical, found)
        return FileMissing(_NO_TRUST_LISTS) if asked.kind is FileKind.TRUST_LIST else FileMissing()

    async def _answer(self, request: FileRequest, client: str, asked: RequestedFile) -> FileAnswer:
        if asked.signed and asked.kind is not FileKind.DEVICE:
            ready = await self._own(asked.canonical + (".enc.sgn" if asked.encrypted else ".sgn"))
            if ready is not None or not self._may_be_plain(request, asked):
                return ready or FileMissing(_NOT_ENCRYPTED if asked.encrypted else _NOT_SIGNED)
        match asked.kind:
            case FileKind.FLAT_PROFILE if asked.onboarding_code:
                return await self._onboard(request, client, asked)
            case FileKind.DEVICE | FileKind.FLAT_PROFILE if unknown := await self._unknown_model(request, asked):
                return FileMissing(f"there is no file for a Cisco {unknown}: it is in no public source; {_BY_HAND}")
            case FileKind.DEVICE if _reads_flat(request.user_agent):
                return FileMissing("its firmware reads a flat profile, and no file of this kind")
            case FileKind.FLAT_PROFILE if asked.device is not None:
                return await self._flat_profile(request, client, asked.device)
            case FileKind.FLAT_PROFILE:
                own = await self._own(asked.canonical)
                return own or self._files.file_of_model(asked.canonical, request.at) or FileMissing()
            case FileKind.DEVICE if asked.device is not None and not asked.signed:
                return await self._device_file(request, client, asked.device)
            case FileKind.DEVICE if asked.device is not None:
                return await self._signed_file(request, client, asked, asked.device)
            case FileKind.TRUST_LIST:
                return await self._own(asked.canonical) or FileMissing(_NO_TRUST_LISTS)
            case FileKind.DEFAULT:
                return self._files.default_file(request.at)
            case FileKind.DIAL_TEMPLATE:
                return await self._own(asked.canonical) or self._files.dial_template(asked.canonical)
            case FileKind.SIP_TEXT if asked.device is not None:
                return await self._own_text(request, client, asked)
            case FileKind.PROFILE if asked.device is not None:
                return await self._own(asked.canonical) or await self._binary_profile(request, client, asked)
            case FileKind.PROFILE_DEFAULT if asked.canonical == ADAPTER_DEFAULTS:
                return await self._own(asked.canonical) or self._files.adapter_defaults(request.at) or FileMissing()
            case FileKind.SIP_TEXT_DEFAULT:
                return await self._own(asked.canonical) or self._files.common_text()
            case FileKind.SYNC_INFO:
                return await self._own(asked.canonical) or self._files.sync_file()
            case FileKind.IMAGE_NAME:
                return await self._own(asked.canonical) or self._files.image_name() or FileMissing()
            case FileKind.SOFTKEYS:
                own = await self._own(asked.canonical)
                return own or self._files.soft_keys(asked.canonical) or FileMissing()
            case FileKind.APPLICATION_DIAL_RULES:
                return await self._own(asked.canonical) or self._files.application_rules()
            case FileKind.RING_LIST:
                return await self._own(asked.canonical) or await self._ring_list(asked.canonical)
            case FileKind.WALLPAPER_LIST:
                return await self._own(asked.canonical) or await self._picture_list(asked.canonical)
            case FileKind.TONES:
                return await self._own(asked.canonical) or self._files.tones(asked.canonical) or FileMissing()
            case FileKind.FEATURE_POLICY:
                return await self._own(asked.canonical) or self._files.feature_policy()
            case FileKind.NOT_A_DEVICE | FileKind.OLD_DEVICE:
                return FileMissing()
            case _:
                return await self._own(asked.canonical) or FileMissing()

    async def _own(self, name: str) -> FileFound | None:
        """The admin's own file of that name. Copying a firmware image takes a moment: not in the event loop.

        Most files that phones ask for at a boot are small, or not there; a thread for each would cost more than the
        answer.
        """
        is_known, found = self._tree.at_once(name)
        if not is_known:
            found = await asyncio.to_thread(self._tree.look, name)
        return None if found is None else _found(name, found)

    async def _ring_list(self, name: str) -> FileAnswer:
        """A list of the admin's rings, which phones look for in the root alone."""
        made = self._files.ring_list(name, await asyncio.to_thread(self._tree.files, ""))
        return made or FileMissing("there are no rings among the admin's own files")

    async def _picture_list(self, name: str) -> FileAnswer:
        """A list of the backgrounds of one folder."""
        directory = name.rpartition("/")[0]
        names = [each for each, _ in await asyncio.to_thread(self._tree.files, directory)]
        made = self._files.picture_list(directory.rpartition("/")[2], names)
        return made or FileMissing("there are no backgrounds for this screen; see `sepbridge backgrounds add`")

    async def _signed_file(
        self, request: FileRequest, client: str, asked: RequestedFile, device: DeviceName
    ) -> FileAnswer:
        """``.sgn``: noticed, and answered as the settings want it. ``.enc.sgn`` is never answered with a plain file."""
        plain = self._may_be_plain(request, asked)
        if request.via is not Via.HTTPS:  # over HTTPS phones ask for this form whether they trust somebody or not
            self._sink.record(
                TrustListSeen(
                    at=request.at,
                    device=device,
                    name=request.name,
                    client=client,
                    via=request.via,
                    encrypted=asked.encrypted,
                    answered=plain,
                )
            )
        if plain:
            return await self._device_file(request, client, device)
        return FileMissing(_NOT_ENCRYPTED if asked.encrypted else f"{_NOT_SIGNED}; {TRUST_LIST_FINDING}")

    def _may_be_plain(self, request: FileRequest, asked: RequestedFile) -> bool:
        """Whether who asks for the signed form gets the plain one; who asks for the encrypted form never does."""
        wanted = self._settings.unsigned_for_signed
        return not asked.encrypted and (
            wanted is UnsignedFiles.ALWAYS or (wanted is UnsignedFiles.HTTPS and request.via is Via.HTTPS)
        )

    async def _device_file(self, request: FileRequest, client: str, name: DeviceName) -> FileAnswer:
        device = await asyncio.to_thread(self._known, name)
        if trouble := self._guessed(request, client, device, name):
            return trouble
        if device is None:
            evidence = self.evidence.about(client, name)
            admitted = await self._admit(request, client, _file_arrival(name, client, evidence))
            if not isinstance(admitted, Device):
                return admitted
            device = admitted
        if self._does_not_come_up(device, client):
            # It had its file and did not register with it: its firmware may speak the other protocol. Without a file it
            # reads XMLDefault, and shows by registering what it speaks.
            return FileWithheld(f"{SENT_AROUND}: it is sent to XMLDefault to show what it speaks")
        if trouble := self._not_theirs(device, client):
            return trouble
        return self._files.device_file(await self._as_it_says(request, device))

    def _guessed(self, request: FileRequest, client: str, device: Device | None, name: DeviceName) -> FileDenied | None:
        """A refusal for who asks for the files of many phones that are elsewhere, whatever kind of files these are."""
        is_elsewhere = device is not None and device.address not in ("", client)
        is_stranger = (device is None or is_elsewhere) and self._brake.asks_for_many(client, name, now=request.at)
        if device is not None and (
            (is_elsewhere and is_stranger)
            or (device.address != client and self._brake.was_guessing(client, now=request.at))
        ):
            # One that moved asks for its own file alone; who asks for many is after their secrets.
            return FileDenied(f"{client} asked for other phones' files before; see files.unknown_per_minute")
        return None

    async def _as_it_says(self, request: FileRequest, device: Device) -> Device:
        """The device with the model that its User-Agent names over HTTP, where nothing better is known.

        So a new phone gets the file of its model at once, and one that runs other firmware than before the file that
        its firmware reads. A phone that registered is not contradicted, since its registration is the better evidence
        (phone boot reference, section 8); nor is anybody believed who may not have the file.
        """
        agent = parse_user_agent(request.user_agent) if request.user_agent else None
        if agent is None or agent.model is None or agent.model.name == device.model:
            return device
        if agent.mac not in (None, device.name.mac) or not support(agent.model, device.desired_protocol).supported:
            return device
        known = model_of(device)
        if known is not None and device.observed_protocol is not None and firmware_of(known) is agent.firmware:
            return device
        return await self._admissions.learn(device, agent.model, f"User-Agent {request.user_agent[:80]} over HTTP")

    def _does_not_come_up(self, device: Device, client: str) -> bool:
        """Whether a phone should show what its firmware speaks: it was given its file, and did not register with it.

        One that never registered got the file on a guess. One that did may have other firmware now (AR-14), but there
        are more likely reasons, so that it gets its file twice before; one that an admin has assigned always gets it.
        """
        model = model_of(device)
        if model is not None and model.only_protocol is not None:
            return False
        if device.is_provisional:
            return self.evidence.count_file(client, device.name) % 2 == 0
        if not device.temporary:
            return False
        if device.registered and device.desired_protocol is SignallingProtocol.SCCP:
            return False
        # A registration over SIP outlives the phone: one that has other firmware now counts as registered still.
        return self.evidence.count_file(client, device.name, device.last_seen) % 3 == 0

    async def _own_text(self, request: FileRequest, client: str, asked: RequestedFile) -> FileAnswer:
        """``SIP<MAC>.cnf``. Who asks for it is a 7940 or 7960 that runs SIP firmware: as good as a registration."""
        name = asked.device
        if name is None:
            return FileMissing()
        device = await asyncio.to_thread(self._known, name)
        if trouble := self._guessed(request, client, device, name):
            return trouble
        if device is None or (device.is_provisional and device.desired_protocol is not SignallingProtocol.SIP):
            least = catalogue().require(min(asked.models))
            facts = ModelFacts(least.number or 0, least.name, least.only_protocol)
            arrival = RegistrationArrival(name, client, SignallingProtocol.SIP, facts)
            admitted = await self._admit(request, client, arrival)
            if not isinstance(admitted, Device):
                return admitted
            device = admitted
        if device.desired_protocol is not SignallingProtocol.SIP:
            return FileMissing(f"{name} runs SIP firmware, and is to speak {device.desired_protocol}")
        return self._not_theirs(device, client) or self._files.own_text(device)

    async def _binary_profile(self, request: FileRequest, client: str, asked: RequestedFile) -> FileAnswer:
        """``ld<mac>``, ``gk<mac>``, ``ata<mac>``.

        SCCP firmware of a 7905 or 7912 asks for it too, after its device file; one that asks for no device file runs
        SIP firmware: as good as a registration. The name does not tell what an adapter runs. A known one gets what its
        record says; an unknown one gets on with ``atadefault.cfg``, and shows by registering what it is.
        """
        name, least = asked.device, catalogue().require(min(asked.models))
        if name is None or not any(profile_template(least, each) for each in SignallingProtocol):
            return FileMissing()
        is_adapter = name.prefix == "ATA"
        if not is_adapter and self.evidence.boots_with_device_file(client, name, now=request.at):
            return FileMissing("it has its device file: its firmware speaks SCCP")
        device = await asyncio.to_thread(self._known, name)
        if device is None and is_adapter and name.mac is not None:
            device = await asyncio.to_thread(self._known, DeviceName.from_mac(name.mac))
        if trouble := self._guessed(request, client, device, name):
            return trouble
        if not is_adapter and (
            device is None or (device.is_provisional and device.desired_protocol is not SignallingProtocol.SIP)
        ):
            facts = ModelFacts(least.number or 0, least.name, least.only_protocol)
            arrival = RegistrationArrival(name, client, SignallingProtocol.SIP, facts)
            admitted = await self._admit(request, client, arrival)
            if not isinstance(admitted, Device):
                return admitted
            device = admitted
        if device is None:
            return FileMissing("it is not known; with atadefault.cfg it registers while new phones are let in")
        if trouble := self._not_theirs(device, client):
            return trouble
        if model_of(device) is None:
            device = await self._admissions.learn(device, least, f"it asked for {request.name[:80]}")
        if not reads_binary_profile(device):
            return FileMissing(f"a {device.model} that is to speak {device.desired_protocol} reads another file")
        return self._files.binary_profile(device)

    async def _flat_profile(self, request: FileRequest, client: str, name: DeviceName) -> FileAnswer:
        """The profile of a phone with MPP firmware and its like. Whoever asks for one reads one."""
        device = await asyncio.to_thread(self._known, name)
        if trouble := self._guessed(request, client, device, name):
            return trouble
        evidence = self.evidence.about(client, name)
        if device is None:
            admitted = await self._admit(request, client, _file_arrival(name, client, evidence))
            if not isinstance(admitted, Device):
                return admitted
            device = admitted
        if trouble := self._not_theirs(device, client):
            return trouble
        model = evidence.model()
        if model is not None and model.name != device.model and flat_template(model):
            device = await self._admissions.learn(device, model, f"it asked for {request.name[:80]}")
        return self._files.flat_profile(device)

    async def _onboard(self, request: FileRequest, client: str, asked: RequestedFile) -> FileAnswer:
        """A flat profile for who has a one-time code. The file of a model uses none up: it only leads on."""
        if self._codes.is_closed(client, now=request.at):
            return FileDenied(f"{client} tried too many onboarding codes; it is heard again after ten minutes")
        verdict = await asyncio.to_thread(self._onboarding.verdict, asked.onboarding_code)
        if verdict is CodeVerdict.VALID and asked.device is None:
            return self._files.model_profile(asked.canonical, asked.onboarding_code)
        if verdict is CodeVerdict.VALID and asked.device is not None:
            known = await asyncio.to_thread(self._known, asked.device)
            # A code lets one phone in; it is no key to the passwords of those that are in.
            if known is not None and (trouble := self._not_theirs(known, client)):
                return trouble
            model = self.evidence.about(client, asked.device).model()
            redeemed = await asyncio.to_thread(self._onboarding.redeem, asked.onboarding_code, asked.device, model)
            if isinstance(redeemed, Redeemed):
                if redeemed.is_new:
                    self._admissions.let_in(redeemed.device, client)
                await self._settled(redeemed.device)
                return self._files.flat_profile(redeemed.device)
            verdict = redeemed
        if self._codes.note(client, now=request.at):
            log.warning("%s tried %d onboarding codes that are no good", client, CodeBrake.MOST)
            self._sink.record(NamesGuessed(at=request.at, client=client, count=CodeBrake.MOST))
        return FileDenied(WHY_NOT[verdict])

    async def _unknown_model(self, request: FileRequest, asked: RequestedFile) -> str:
        """The model that a Cisco phone says it is, if the catalogue has none of that name; else an empty text.

        An admin who says which model it is like knows better.
        """
        agent = parse_user_agent(request.user_agent) if request.user_agent else None
        if agent is None or agent.model is not None:
            return ""
        known = await asyncio.to_thread(self._known, asked.device) if asked.device is not None else None
        return "" if known is not None and known.model else agent.product

    async def _admit(self, request: FileRequest, client: str, arrival: Arrival) -> Device | FileDenied | FileMissing:
        if self._brake.is_guessing(client, arrival.device, now=request.at):
            self._caught(request, client)
            return FileDenied(f"{client} asks for too many unknown phones; see files.unknown_per_minute")
        match await self._admissions.ask(arrival):
            case Refusal() as refusal:
                return FileMissing(f"{refusal.reason.value}: {refusal.text}")
            case Deferral() as deferral:
                return FileMissing(f"deferred: {deferral.why}")
            case Known() as known:
                await self._settled(known.device)
                # The PBX may have chosen the password meanwhile, or have given the number to somebody else.
                device = await asyncio.to_thread(self._known, known.device.name)
                if device is None and isinstance(again := await self._admissions.ask(arrival), Known):
                    await self._settled(again.device)
                    device = await asyncio.to_thread(self._known, known.device.name)
                return device or FileMissing("its number was taken back; it may ask again")

    def _not_theirs(self, device: Device, client: str) -> FileDenied | None:
        trouble = why_not_theirs(device, client, self._settings.secrets_to, self._mac_of)
        return FileDenied(f"{trouble}; see files.secrets_to") if trouble else None

    def _caught(self, request: FileRequest, client: str) -> None:
        if self._brake.catch(client, now=request.at):
            log.warning(
                "%s guesses the names of phones: it asked for over %d unknown ones within a minute, and is refused; "
                "whoever scans like that is after SIP passwords",
                client,
                self._brake.limit,
            )
            self._sink.record(NamesGuessed(at=request.at, client=client, count=self._brake.limit))

    def _known(self, name: DeviceName) -> Device | None:
        with self._store.read() as work:
            return work.devices.get(name)


def _reads_flat(user_agent: str) -> bool:
    """Whether the program that asks is firmware of another kind than the enterprise's."""
    agent = parse_user_agent(user_agent) if user_agent else None
    return agent is not None and agent.firmware is not FirmwareKind.ENTERPRISE


def _file_arrival(name: DeviceName, client: str, evidence: PhoneEvidence) -> FileArrival:
    model = evidence.model()
    return FileArrival(name, client, evidence.single_protocol(), model.name if model is not None else "")


def _found(name: str, stored: StoredFile) -> FileFound:
    return FileFound(name, stored.content, version=stored.version, modified=stored.modified, known_digest=stored.digest)

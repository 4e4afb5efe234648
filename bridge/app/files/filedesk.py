"""Phones' files as the running service would give them out, for an admin who wants to see or check them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.app.admission.roguepool import EmergencyList
from bridge.app.files.localeshelf import LocaleShelf
from bridge.app.files.phonefiles import PhoneFiles, reads_binary_profile
from bridge.app.files.templates import template_loader
from bridge.app.settings import PhonesSettings, SccpSettings, Settings, TftpMode
from bridge.callcontrol.emergency import emergency_numbers
from bridge.core import Device, DeviceName
from bridge.ports import Store
from bridge.provisioning import Finding, NetworkSettings, PhoneSettings, ServiceUrls, WebAccess, check_file
from bridge.store.filetree import FileTree

HIDDEN = "********"


@dataclass(frozen=True, slots=True)
class ShownFile:
    """One file of a phone."""

    name: str
    text: str
    findings: tuple[Finding, ...]


def phone_files(settings: Settings, store: Store) -> PhoneFiles:
    """The files of the site, before anybody said where the service can be reached."""
    files = PhoneFiles(
        store,
        template_loader(settings.templates_directory),
        context=settings.phone_context,
        wraps=settings.wrapped_context,
        autoregistration_name=settings.sip.autoregistration_name,
        doorway_port=settings.sip.doorway[0].port if settings.sip.doorway else None,
        settings=phone_settings(settings.phones),
        emergency=emergency_list(settings.sccp),
    )
    place = locales_directory(settings)
    tree = FileTree(place) if place.is_dir() else None
    shelf = LocaleShelf(tree, makes_tones=settings.phones.make_tones)
    files.serve_locales(shelf, always=settings.phones.missing_locales)
    return files


def locales_directory(settings: Settings) -> Path:
    """Where phones get languages and tones from: beside another TFTP server, its directory."""
    beside = settings.beside.root if settings.tftp.mode is TftpMode.BESIDE else None
    return beside or settings.files_directory


def phone_settings(own: PhonesSettings) -> PhoneSettings:
    """What the files of all phones say, from the settings file."""
    return PhoneSettings(
        web_access=WebAccess[own.web_access.name],
        urls=ServiceUrls(
            authentication=own.authentication_url,
            information=own.information_url,
            problem_report=own.problem_report_url,
        ),
        network=NetworkSettings(
            audio_dscp=own.audio_dscp,
            video_dscp=own.video_dscp,
            signalling_dscp=own.signalling_dscp,
            voice_vlan=own.voice_vlan,
            pc_vlan=own.pc_vlan,
            pc_port=own.pc_port,
            discovery=own.discovery,
        ),
    )


def emergency_list(settings: SccpSettings) -> EmergencyList:
    """The emergency numbers of the settings; GSM's two where they name none. Raises ConfigurationError."""
    code = settings.emergency_access_code
    numbers = emergency_numbers(settings.emergency_country, code, settings.emergency_numbers)
    return EmergencyList.of(numbers, code) if numbers else EmergencyList()


def name_addresses(files: PhoneFiles, settings: Settings, address: str) -> None:
    """Let the files name what this node serves by HTTP. ``address`` is the node's own."""
    if not settings.http.listen:
        return
    host = f"[{address}]" if ":" in address else address
    base = f"http://{host}:{settings.http.listen[0].port}"
    files.profiles_at = f"{base}/provision"
    if settings.services.enabled:
        rules = settings.selfprovisioning
        idle = rules.idle_seconds if rules.enabled else 0
        files.offer_services(settings.services, base, self_provisioning_idle=idle)


class FileDesk:
    """Shows the files of a phone. ``address`` is the node's own; ``files`` are those of the running service, if it is
    this process."""

    def __init__(self, settings: Settings, store: Store, address: str, files: PhoneFiles | None = None) -> None:
        self._store = store
        self._files = files or phone_files(settings, store)
        if files is None:
            name_addresses(self._files, settings, address)

    def files(self, name: DeviceName, *, secrets: bool = False) -> Sequence[ShownFile]:
        """The phone's own files, checked; its password only with ``secrets``. Raises NotFound, ConfigurationError."""
        with self._store.read() as work:
            device = work.devices.require(name)
        return [self._shown(device, each.name, bytes(each.content), secrets) for each in self._files.own_files(device)]

    def _shown(self, device: Device, name: str, content: bytes, secrets: bool) -> ShownFile:
        if reads_binary_profile(device):
            text = self._files.profile_text(device)
        else:
            text = content.decode("latin-1" if name.endswith(".cnf") else "utf-8")
        findings = check_file(name, content)
        if not secrets:
            text = self._files.without_secrets(device, text, HIDDEN)
        return ShownFile(name, text, findings)

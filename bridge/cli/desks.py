"""The use cases, opened on the database of the settings in force."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Iterator, Sequence

from bridge.app.admission.onboarding import Onboarding
from bridge.app.admission.planoverlap import PbxPlan
from bridge.app.admission.temporary import TemporaryDesk
from bridge.app.admission.window import WindowDesk
from bridge.app.claims.claimdesk import ClaimDesk
from bridge.app.desks import Desks
from bridge.app.files.filedesk import FileDesk
from bridge.app.files.firmware import FirmwareDesk
from bridge.app.files.locales import LocaleDesk
from bridge.app.installing.handover import give_to_service
from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.phones.phones import PhoneDesk
from bridge.app.services.directory import DirectoryDesk
from bridge.app.site.sitedesk import SiteDesk
from bridge.autoregistration.phonelists import address_of
from bridge.cli.control import ServiceNotRunning, ask, poke
from bridge.cli.frame import Frame
from bridge.core import Device, SignallingProtocol
from bridge.errors import PbxError
from bridge.store import SqlStore, open_store
from bridge.store.filetree import FileTree

MOST_SHOWN = 20
"""Phones on calls that are named."""


def firmware(frame: Frame) -> FileTree | None:
    """The admin's file tree; None while there is none."""
    directory = frame.settings.files_directory
    return FileTree(directory) if directory.is_dir() else None


@contextlib.contextmanager
def files_of_the_service(frame: Frame) -> Iterator[None]:
    """What root puts among the files for phones inside belongs to the service afterwards. Raises WriteFailed."""
    try:
        yield
    finally:  # a package that was refused has left a lock behind
        give_to_service(frame.settings.state.directory, frame.settings.files_directory)


def actor() -> str:
    """Who runs the command, for the audit trail: the user, who became root by sudo, and from which machine."""
    origin = os.environ.get("SSH_CONNECTION", "").partition(" ")[0]
    return f"{_user()} from {origin}" if address_of(origin) else _user()


def _user() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    behind = os.environ.get("SUDO_USER", "")
    return f"{behind} as {user}" if behind else user


@contextlib.contextmanager
def opened_store(frame: Frame) -> Iterator[SqlStore]:
    """The database, closed at the end. Raises StoreError, ConfigurationError."""
    with contextlib.closing(open_store(frame.settings.database_url)) as store:
        yield store


@contextlib.contextmanager
def opened_desks(frame: Frame) -> Iterator[Desks]:
    """All desks on the database of the settings in force. Raises StoreError, ConfigurationError."""
    with opened_store(frame) as store:
        yield Desks(frame.settings, store, actor())


@contextlib.contextmanager
def window_desk(frame: Frame) -> Iterator[WindowDesk]:
    """Autoregistration; the running service is told afterwards."""
    with opened_desks(frame) as desks:
        yield desks.window


@contextlib.contextmanager
def phone_desk(frame: Frame) -> Iterator[PhoneDesk]:
    """Phones."""
    with opened_desks(frame) as desks:
        yield desks.phones


@contextlib.contextmanager
def file_desk(frame: Frame) -> Iterator[FileDesk]:
    """Phones' files."""
    with opened_desks(frame) as desks:
        yield desks.files


@contextlib.contextmanager
def directory_desk(frame: Frame) -> Iterator[DirectoryDesk]:
    """Directories."""
    with opened_desks(frame) as desks:
        yield desks.directory


@contextlib.contextmanager
def firmware_desk(frame: Frame) -> Iterator[FirmwareDesk]:
    """Firmware and its roll-outs."""
    with opened_desks(frame) as desks, files_of_the_service(frame):
        yield desks.firmware


@contextlib.contextmanager
def locale_desk(frame: Frame) -> Iterator[LocaleDesk]:
    """Languages and tones."""
    with opened_desks(frame) as desks, files_of_the_service(frame):
        yield desks.locales


@contextlib.contextmanager
def claim_desk(frame: Frame) -> Iterator[ClaimDesk]:
    """Claims."""
    with opened_desks(frame) as desks:
        yield desks.claims


@contextlib.contextmanager
def onboarding(frame: Frame) -> Iterator[Onboarding]:
    """Onboarding codes."""
    with opened_desks(frame) as desks:
        yield desks.onboarding


@contextlib.contextmanager
def site_desk(frame: Frame) -> Iterator[SiteDesk]:
    """The site's objects."""
    with opened_desks(frame) as desks:
        yield desks.site


@contextlib.contextmanager
def phone_changes(frame: Frame) -> Iterator[PhoneChanges]:
    """Changes to single phones."""
    with opened_desks(frame) as desks:
        yield desks.changes


@contextlib.contextmanager
def temporary_desk(frame: Frame) -> Iterator[TemporaryDesk]:
    """Temporary phones."""
    with opened_desks(frame) as desks:
        yield desks.temporary


def restart_changed(frame: Frame, phones: Sequence[Device], *, every: float = 2.0) -> str:
    """Let phones that were changed start again, once each; a remark for the admin."""
    try:
        body = {"phones": [str(each.name) for each in phones], "every": every}
        ask(frame.settings.control_socket, "POST", "/restarts", body=body)
    except ServiceNotRunning:
        return "The service is not running; phones take this up when they start again."
    return f"They are told to start again, one every {every:g} s; those that are not registered take it up later."


def takes_up(device: Device, *, buttons: bool = False) -> str:
    """When the phone takes up what was changed; ``buttons``: only its lines or buttons were."""
    if buttons and (device.observed_protocol or device.desired_protocol) is SignallingProtocol.SCCP:
        return "A registered phone takes it up by itself; where it must start again for it, once it is idle."
    return f"It takes effect when the phone starts again: sepbridge phones restart {device.name}"


def tell_service(frame: Frame) -> str:
    """Let the running service take up the change at once; a remark for the admin when there is none."""
    if poke(frame.settings.control_socket):
        return ""
    return "The service is not running; it takes this up when it starts."


def pbx_plan(frame: Frame) -> PbxPlan | None:
    """What Asterisk itself uses, and its calls; None where the service or Asterisk is away."""
    try:
        told = ask(frame.settings.control_socket, "GET", "/plan")
    except PbxError:
        return None
    return PbxPlan(frozenset(told["endpoints"]), dict(told["extensions"]), told["calls"], tuple(told["talking"]))


def on_calls(plan: PbxPlan | None) -> str:
    """Who is on calls now, in words; empty where nobody is, or nobody knows."""
    if plan is None or not plan.talking:
        return ""
    more = f" and {len(plan.talking) - MOST_SHOWN} more" if len(plan.talking) > MOST_SHOWN else ""
    return f"On calls now: {', '.join(plan.talking[:MOST_SHOWN])}{more}."

"""The use cases, opened on the database of the settings in force."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Iterator

from bridge.app.directory import DirectoryDesk
from bridge.app.firmware import FirmwareDesk
from bridge.app.phonechanges import PhoneChanges
from bridge.app.phones import PhoneDesk
from bridge.app.sitedesk import SiteDesk
from bridge.app.system import SystemClock, SystemIds
from bridge.app.window import WindowDesk
from bridge.cli.control import poke
from bridge.cli.frame import Frame
from bridge.store import SqlStore, open_store
from bridge.store.firmware import FirmwareStore


def actor() -> str:
    """Who runs the command, for the audit trail: the user, and who became root by sudo."""
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
def window_desk(frame: Frame) -> Iterator[WindowDesk]:
    """Autoregistration; the running service is told afterwards."""
    with opened_store(frame) as store:
        yield WindowDesk(store, SystemClock(), actor())


@contextlib.contextmanager
def phone_desk(frame: Frame) -> Iterator[PhoneDesk]:
    """Phones."""
    with opened_store(frame) as store:
        yield PhoneDesk(store, SystemClock(), SystemIds(), actor())


@contextlib.contextmanager
def directory_desk(frame: Frame) -> Iterator[DirectoryDesk]:
    """Directories."""
    with opened_store(frame) as store:
        yield DirectoryDesk(store, SystemClock(), actor())


@contextlib.contextmanager
def firmware_desk(frame: Frame) -> Iterator[FirmwareDesk]:
    """Firmware and its roll-outs."""
    with opened_store(frame) as store:
        yield FirmwareDesk(store, FirmwareStore(frame.settings.files_directory), SystemClock(), actor())


@contextlib.contextmanager
def site_desk(frame: Frame) -> Iterator[SiteDesk]:
    """The site's objects."""
    with opened_store(frame) as store:
        yield SiteDesk(store, SystemClock(), SystemIds(), actor())


@contextlib.contextmanager
def phone_changes(frame: Frame) -> Iterator[PhoneChanges]:
    """Changes to single phones."""
    with opened_store(frame) as store:
        yield PhoneChanges(store, SystemClock(), SystemIds(), actor())


def tell_service(frame: Frame) -> str:
    """Let the running service take up the change at once; a remark for the admin when there is none."""
    if poke(frame.settings.control_socket):
        return ""
    return "The service is not running; it takes this up when it starts."

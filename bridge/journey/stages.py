"""Which step of its way to "registered" a phone has reached: events in, a stage out.

Source: diagnosis reference, boot stages; requirements AR-35, RG-15 to RG-20.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bridge.core import DeviceName
from bridge.core.events import (
    DhcpLeaseSeen,
    Event,
    FileDelivered,
    FileRequested,
    FileServedBeside,
    PhoneConnecting,
    PhoneRefused,
    PhoneRegistered,
    PhoneRegistering,
    PhoneUnregistered,
    TransferAborted,
)
from bridge.phones.filenames import parse_file_name
from bridge.phones.requestedfile import FileKind


class Stage(StrEnum):
    """A step of the way."""

    DHCP = "dhcp"
    """It has an address."""
    TFTP = "tftp"
    """It found the file server: it asks for files."""
    CONFIG = "config"
    """It has its own file, or the one for strangers, whole."""
    FIRMWARE = "firmware"
    """It loads firmware."""
    CONNECTING = "connecting"
    """It opened a connection to the call manager."""
    REGISTERING = "registering"
    REGISTERED = "registered"
    UNREGISTERED = "unregistered"
    """It was registered, and left or fell silent."""
    REJECTED = "rejected"


_CONFIGURATION = frozenset(
    {
        FileKind.DEVICE,
        FileKind.DEFAULT,
        FileKind.OLD_DEVICE,
        FileKind.SIP_TEXT,
        FileKind.PROFILE,
        FileKind.FLAT_PROFILE,
        FileKind.SOFTPHONE,
    }
)
_BOOTING = _CONFIGURATION | {FileKind.TRUST_LIST}
_LOADING = frozenset({FileKind.LOADS, FileKind.FIRMWARE})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one phone has come."""

    device: DeviceName
    stage: Stage
    since: datetime
    """When it reached that stage."""
    first_seen: datetime
    client: str = ""
    """Its address, as last seen."""
    word: str = ""
    """What happened last: the file it asked for, or why it was turned away."""


def follow(before: Progress | None, event: Event) -> Progress | None:
    """How far the phone has come with this event; the same as before where the event says nothing of that.

    ``event`` is about one phone: its ``device`` is given.
    """
    if event.device is None:
        return before
    reached = _reached(before.stage if before else None, event)
    client = event.address if isinstance(event, DhcpLeaseSeen) else getattr(event, "client", "")
    if reached is None:
        return before and replace(before, client=client or before.client)
    stage, word = reached
    if before is None:
        return Progress(event.device, stage, event.at, event.at, client, word)
    since = before.since if stage is before.stage else event.at
    return replace(before, stage=stage, since=since, client=client or before.client, word=word or before.word)


def _reached(before: Stage | None, event: Event) -> tuple[Stage, str] | None:
    match event:
        case DhcpLeaseSeen() if before is None:
            return Stage.DHCP, event.address
        case FileRequested():
            kind = parse_file_name(event.name).kind
            # A registered phone asks for ring tones and lists; only a phone that boots asks for its own file.
            if before in (None, Stage.DHCP) or kind in _BOOTING:
                return Stage.TFTP, event.name
            return (Stage.FIRMWARE, event.name) if kind in _LOADING and before is not Stage.REGISTERED else None
        case FileDelivered() | FileServedBeside():
            kind = parse_file_name(event.name).kind
            if kind in _CONFIGURATION and before is not Stage.REGISTERED:
                return Stage.CONFIG, event.name
            return (Stage.FIRMWARE, event.name) if kind in _LOADING and before is not Stage.REGISTERED else None
        case TransferAborted() if before is not Stage.REGISTERED:
            return Stage.TFTP, f"{event.name}: {event.why}"
        case PhoneConnecting() if before is not Stage.REGISTERED:
            return Stage.CONNECTING, ""
        case PhoneRegistering():
            return Stage.REGISTERING, ""
        case PhoneRegistered():
            return Stage.REGISTERED, event.endpoint
        case PhoneUnregistered():
            return Stage.UNREGISTERED, event.why
        case PhoneRefused():
            return Stage.REJECTED, event.text
        case _:
            return None

"""A phone's request for a file, and the answer to it: the same words for TFTP, HTTP and a watched log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from bridge.core.devicename import DeviceName

MOST_HASHED = 262_144
"""Octets up to which a file's hash goes onto the journey: phones' files are smaller, firmware is larger."""


class Via(StrEnum):
    """The way by which a request reached us."""

    TFTP = "tftp"
    HTTP = "http"
    HTTPS = "https"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class FileRequest:
    """One request, exactly as the phone sent it. Nothing in it is to be trusted."""

    name: str
    """The file name as asked, prefixes and letter case untouched."""
    client: str
    """The phone's IP address, without a port."""
    via: Via
    at: datetime
    server: str = ""
    """The address of ours that was asked; empty where the transport cannot tell."""
    user_agent: str = ""
    """HTTP only."""


@dataclass(frozen=True, slots=True)
class FileFound:
    """The file, whole. ``content`` may be a memory map; it is never written to."""

    name: str
    """The file's proper name, for logs and events."""
    content: bytes | memoryview
    secret_of: DeviceName | None = None
    """Set when the content holds this device's SIP password: its delivery is logged as such."""
    version: str = ""
    """Changes whenever the content does (HTTP ETag, version stamp); may be empty."""
    modified: datetime | None = None
    """When the file was changed last; None for one that was made just now."""
    known_digest: str = ""
    """``digest``, where whoever made this had it at hand."""

    @property
    def digest(self) -> str:
        """SHA-256 of the content in hexadecimal; empty where it is larger than ``MOST_HASHED``."""
        return self.known_digest or content_digest(self.content)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One of the admin's own files, as it was when it was opened."""

    content: memoryview
    modified: datetime
    version: str
    """Changes whenever the file is replaced or written to."""
    digest: str = ""
    """``content_digest``, where it was made already."""


def content_digest(content: bytes | memoryview) -> str:
    """SHA-256 in hexadecimal; empty for what is larger than ``MOST_HASHED``."""
    return sha256(content).hexdigest() if len(content) <= MOST_HASHED else ""


@dataclass(frozen=True, slots=True)
class TransferUnderWay:
    """A file on its way to a client."""

    name: str
    client: str
    via: Via
    sent: int
    """Octets: those that were acknowledged (TFTP), or handed to the network (HTTP)."""
    size: int


@dataclass(frozen=True, slots=True)
class FileMissing:
    """There is no such file for this client: TFTP error 1, HTTP 404, at once."""

    why: str = "file not found"


@dataclass(frozen=True, slots=True)
class FileWithheld(FileMissing):
    """There is such a file, but this time the client is to go on without it."""


@dataclass(frozen=True, slots=True)
class FileDenied:
    """The file is not for this client: TFTP error 2, HTTP 403, at once."""

    why: str


FileAnswer = FileFound | FileMissing | FileDenied

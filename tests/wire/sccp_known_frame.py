"""A recorded frame, and what it means."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp import Message


@dataclass(frozen=True, slots=True)
class KnownFrame:
    """A frame, the version its peers had negotiated (or offered), and the message in it."""

    number: int
    what: str
    version: int
    data: bytes
    message: Message
    cut: int = 0
    """Bytes at the end that the recording lacks."""


def padded(hexadecimal: str, size: int) -> bytes:
    """The bytes, with zeros to the end of the frame."""
    return bytes.fromhex(hexadecimal).ljust(size, b"\0")

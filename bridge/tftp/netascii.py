"""The transfer mode netascii: line ends travel as CR LF, a bare carriage return as CR NUL.

RFC 1350 section 1; RFC 764, "The NVT printer and keyboard".
"""

from __future__ import annotations


def to_netascii(content: bytes | memoryview) -> bytes:
    """The octets that travel for a local text whose lines end with LF."""
    return bytes(content).replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")


def from_netascii(data: bytes) -> bytes:
    """The local text for a whole file that travelled as netascii; the reverse of ``to_netascii``."""
    return data.replace(b"\r\n", b"\n").replace(b"\r\0", b"\r")

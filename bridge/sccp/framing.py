"""Frames on a TCP stream.

A frame is an 8-byte header (u32 length, u32 header version, both little endian), a u32 message id and a body. The
length counts what follows the header: the message id and the body. Source: SCCP wire reference, section 2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from bridge.errors import LocalProtocolError, RemoteProtocolError

_HEADER = struct.Struct("<III")
_LENGTH = struct.Struct("<I")
HEADER_SIZE = 8
"""Bytes that the length field does not count."""
ID_SIZE = 4
MAX_FRAME = 8192
"""Largest frame, header included. The largest one that a phone has reason to send is 2,416 bytes (LocationInfo)."""
MAX_BUFFERED = 1 << 20
"""Bytes that may wait in a framer. A caller that takes all frames after each chunk never has a whole one waiting."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, its body not yet read."""

    message_id: int
    body: bytes = b""
    header_version: int = 0
    """Never decides a layout: real phones send old layouts under new header versions."""

    def to_bytes(self) -> bytes:
        """The frame as it goes over the wire. Raises LocalProtocolError where the body is too long."""
        length = ID_SIZE + len(self.body)
        if HEADER_SIZE + length > MAX_FRAME:
            raise LocalProtocolError(
                f"a body of {len(self.body)} bytes fits into no SCCP frame",
                why=f"the limit is {MAX_FRAME} with headers",
            )
        try:
            return _HEADER.pack(length, self.header_version, self.message_id) + self.body
        except struct.error as error:
            raise LocalProtocolError(
                f"message id {self.message_id} or header version {self.header_version} is no 32-bit number"
            ) from error


class Framer:
    """Cuts the stream of one connection into frames: ``receive_data`` what came, then ``next_frame`` until None.

    Costs time in proportion to the bytes received, however they are cut. After an error the stream has no more frame
    borders: every further call raises the same error, and the connection must be closed.
    """

    __slots__ = ("_broken", "_buffer", "_offset")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._offset = 0
        self._broken: RemoteProtocolError | None = None

    @property
    def buffered(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._buffer) - self._offset

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Take what came from the connection. Raises RemoteProtocolError where more waits than a framer holds."""
        if self._broken is not None:
            raise self._broken
        if self.buffered + len(data) > MAX_BUFFERED:
            raise self._break(f"more than {MAX_BUFFERED} bytes wait to be read from an SCCP connection")
        self._buffer += data

    def next_frame(self) -> Frame | None:
        """The next complete frame, or None. Raises RemoteProtocolError where the length field cannot be right."""
        if self._broken is not None:
            raise self._broken
        waiting = len(self._buffer) - self._offset
        if waiting < 4:
            self._compact()
            return None
        (length,) = _LENGTH.unpack_from(self._buffer, self._offset)
        if not ID_SIZE <= length <= MAX_FRAME - HEADER_SIZE:
            raise self._break(f"an SCCP frame claims {length} bytes after its header")
        size = HEADER_SIZE + length
        if waiting < size:
            self._compact()
            return None
        _, header_version, message_id = _HEADER.unpack_from(self._buffer, self._offset)
        start = self._offset + _HEADER.size
        self._offset += size
        return Frame(message_id, bytes(self._buffer[start : self._offset]), header_version)

    def _compact(self) -> None:
        # Only when no whole frame waits: what is moved is shorter than one frame, so the cost stays linear.
        if self._offset:
            del self._buffer[: self._offset]
            self._offset = 0

    def _break(self, what: str) -> RemoteProtocolError:
        self._broken = RemoteProtocolError(
            what,
            why=f"a frame has {ID_SIZE} to {MAX_FRAME - HEADER_SIZE} bytes after its header: the peer speaks another "
            "protocol (TLS, HTTP) on this port, or lost its place in the stream",
            fix="if this is a phone, look at its security mode and at the port in its configuration file",
        )
        self._buffer.clear()
        self._offset = 0
        return self._broken

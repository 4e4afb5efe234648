"""Messages cut from a TCP stream (RFC 3261 section 18.3; keep-alives of RFC 5626 section 3.5.1).

A message ends where its Content-Length says. Between messages, CRLF CRLF is the peer's ping (answer CRLF) and a single
CRLF its pong; both are counted, never an error. A stream that loses the thread cannot be mended: the framer raises, and
the connection must be closed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridge.sip.normalise import MAX_MESSAGE, MalformedMessage

MAX_HEAD = 32_768
"""Bytes before the empty line."""
PING = b"\r\n\r\n"
PONG = b"\r\n"

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"\n(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,9})[ \t]*\r?(?=\n|$)", re.IGNORECASE)
_PLAUSIBLE = re.compile(rb"[A-Za-z0-9.!%*_+`'~/-]{1,64}(?:[ \t]|$)")


@dataclass(frozen=True, slots=True)
class Frames:
    """What one piece of stream brought."""

    messages: tuple[bytes, ...] = ()
    pings: int = 0
    pongs: int = 0


class StreamFramer:
    """The receiving half of one connection."""

    __slots__ = ("_buffer", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0  # so that a peer who sends byte by byte costs no more than linear time

    def receive(self, data: bytes) -> Frames:
        """Take in what arrived. Raises MalformedMessage when the stream cannot be followed any further."""
        self._buffer += data
        messages: list[bytes] = []
        pings = pongs = 0
        while self._buffer:
            if self._buffer[0] in b"\r\n":
                taken, is_ping = self._keepalive()
                if not taken:
                    break
                del self._buffer[:taken]
                self._searched = 0
                pings, pongs = (pings + 1, pongs) if is_ping else (pings, pongs + 1)
                continue
            message = self._message()
            if message is None:
                break
            messages.append(message)
        return Frames(tuple(messages), pings, pongs)

    def _keepalive(self) -> tuple[int, bool]:
        if self._buffer.startswith(PING):
            return 4, True
        if PING.startswith(bytes(self._buffer)) and len(self._buffer) != 2:
            return 0, False  # a ping that is not complete yet
        if self._buffer.startswith(PONG):
            return 2, False
        return 1, False

    def _message(self) -> bytes | None:
        end = _END_OF_HEAD.search(self._buffer, max(0, self._searched - 3))
        if end is None:
            if not _PLAUSIBLE.match(self._buffer[:65]):
                raise MalformedMessage("what arrives on this connection is not SIP")
            if len(self._buffer) > MAX_HEAD:
                raise MalformedMessage("a message without end", why=f"no empty line in {len(self._buffer)} bytes")
            self._searched = len(self._buffer)
            return None
        head = bytes(self._buffer[: end.start()])
        if len(head) > MAX_HEAD or not _PLAUSIBLE.match(head[:65]):
            raise MalformedMessage("what arrives on this connection is not SIP")
        length = _LENGTH.search(head)
        # A message without Content-Length has no body over a stream: the only reading that keeps the thread.
        total = end.end() + (int(length[1]) if length else 0)
        if total > MAX_MESSAGE:
            raise MalformedMessage("a message is too large", why=f"{total} bytes, the limit is {MAX_MESSAGE}")
        if len(self._buffer) < total:
            self._searched = end.start()
            return None
        message = bytes(self._buffer[:total])
        del self._buffer[:total]
        self._searched = 0
        return message

"""A TFTP client that behaves as a phone's does: plain octet read requests, few retries, one port per transfer.

RFC 1350 with the options of RFC 2347 to 2349 where a phone is told to offer them (phone boot reference, section 5:
plain requests are enough for every enterprise phone; what else they offer is unknown). Built for a thousand phones in
one process: a transfer is a socket, a future and one timer, and no task of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field

_RRQ, _DATA, _ACK, _ERROR, _OACK = 1, 3, 4, 5, 6
_FILE_NOT_FOUND = 1
_UNKNOWN_TRANSFER = 5
_LARGEST_DATAGRAM = 65535
_LARGEST_FILE = 64 * 1024 * 1024
"""More than the largest firmware image; a server that sends for ever is stopped here."""


@dataclass(frozen=True, slots=True)
class TftpTiming:
    """How patient the client is. The defaults are those of an 8851 (phone boot reference, section 4: 500 ms)."""

    first_timeout: float = 0.5
    """Seconds before the first repetition; every further one waits twice as long."""
    longest_timeout: float = 4.0
    attempts: int = 5
    """Times that one packet is sent in all, before the transfer is given up."""


@dataclass(frozen=True, slots=True)
class TftpOptions:
    """Options to offer in the request; None leaves them out."""

    blksize: int | None = None
    tsize: bool = False

    def encode(self) -> bytes:
        """As they stand in the request."""
        text = b"" if self.blksize is None else b"blksize\0%d\0" % self.blksize
        return text + (b"tsize\x000\0" if self.tsize else b"")


@dataclass(frozen=True, slots=True)
class TftpReply:
    """How a request ended. ``content`` is None where no file came."""

    content: bytes | None
    error: int | None = None
    """The TFTP error code that the server sent; None when it sent none."""
    why: str = ""
    retransmissions: int = 0
    """Packets that had to be sent again."""

    @property
    def missing(self) -> bool:
        """True when the server said that there is no such file."""
        return self.error == _FILE_NOT_FOUND

    @property
    def timed_out(self) -> bool:
        """True when the server did not answer (any more)."""
        return self.content is None and self.error is None


@dataclass(slots=True, eq=False)
class _Transfer:
    """One read request under way."""

    loop: asyncio.AbstractEventLoop
    sock: socket.socket
    server: tuple[str, int]
    timing: TftpTiming
    outcome: asyncio.Future[TftpReply]
    options: TftpOptions
    packet: bytes
    peer: tuple[str, int] | None = None
    """The server's address of this transfer, known from its first answer on."""
    block: int = 0
    blocksize: int = 512
    attempt: int = 1
    retransmissions: int = 0
    received: bytearray = field(default_factory=bytearray)
    timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self.loop.add_reader(self.sock.fileno(), self.readable)
        self.send()

    def close(self) -> None:
        if self.timer:
            self.timer.cancel()
        self.loop.remove_reader(self.sock.fileno())
        self.sock.close()

    def send(self) -> None:
        with contextlib.suppress(OSError):  # a full buffer or a closed port: the timer decides
            self.sock.sendto(self.packet, self.peer or self.server)
        if self.timer:
            self.timer.cancel()
        wait = min(self.timing.first_timeout * 2 ** (self.attempt - 1), self.timing.longest_timeout)
        self.timer = self.loop.call_later(wait, self.timed_out)

    def timed_out(self) -> None:
        if self.attempt >= self.timing.attempts:
            self.finish(TftpReply(None, why="TFTP timeout", retransmissions=self.retransmissions))
            return
        self.attempt += 1
        self.retransmissions += 1
        self.send()

    def finish(self, reply: TftpReply) -> None:
        if not self.outcome.done():
            self.outcome.set_result(reply)

    def readable(self) -> None:
        while not self.outcome.done():
            try:
                data, source = self.sock.recvfrom(_LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                continue
            self.receive(data, (source[0], source[1]))

    def receive(self, data: bytes, source: tuple[str, int]) -> None:
        if len(data) < 4 or source[0] != self.server[0]:
            return
        if self.peer is not None and source != self.peer:
            # RFC 1350, section 4: tell a stranger, and leave the transfer undisturbed.
            with contextlib.suppress(OSError):
                self.sock.sendto(struct.pack("!HH", _ERROR, _UNKNOWN_TRANSFER) + b"unknown transfer\0", source)
            return
        opcode, number = struct.unpack_from("!HH", data)
        if opcode == _ERROR:
            text = data[4:].split(b"\0")[0].decode("utf-8", "replace")[:200]
            self.finish(TftpReply(None, number, text, self.retransmissions))
        elif opcode == _OACK and self.block == 0:
            self.peer = source
            self.accept_options(data[2:])
        elif opcode == _DATA:
            self.peer = source
            self.accept_block(number, data[4:])

    def accept_options(self, data: bytes) -> None:
        words = data.split(b"\0")
        for name, value in zip(words[::2], words[1::2], strict=False):
            if name.lower() == b"blksize" and value.isdigit() and self.options.blksize:
                self.blocksize = min(int(value), self.options.blksize)
        self.acknowledge(0)

    def accept_block(self, number: int, content: bytes) -> None:
        if number == self.block & 0xFFFF and self.block:
            # Our acknowledgement got lost. Saying it again is right: the server does not answer a repetition
            # with a new block (RFC 1123, section 4.2.3.1), so no packet begins to travel twice.
            self.acknowledge(number)
            return
        if number != (self.block + 1) & 0xFFFF:
            return
        self.block += 1
        self.received += content
        if len(self.received) > _LARGEST_FILE:
            self.finish(TftpReply(None, 3, "the file is larger than the phone's memory", self.retransmissions))
            return
        if len(content) >= self.blocksize:
            self.acknowledge(number)
            return
        with contextlib.suppress(OSError):
            self.sock.sendto(struct.pack("!HH", _ACK, number), self.peer or self.server)
        self.finish(TftpReply(bytes(self.received), retransmissions=self.retransmissions))

    def acknowledge(self, number: int) -> None:
        self.packet = struct.pack("!HH", _ACK, number)
        self.attempt = 1
        self.send()


class TftpClient:
    """Reads files from one server. Any number of transfers may run at a time."""

    def __init__(
        self,
        server: tuple[str, int],
        *,
        local_address: str = "",
        timing: TftpTiming | None = None,
        options: TftpOptions | None = None,
    ) -> None:
        """``server``: numeric address and port. ``local_address``: the phone's own, empty lets the system choose."""
        self._server = server
        self._family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        self._local = local_address
        self._timing = timing or TftpTiming()
        self._options = options or TftpOptions()

    async def read(self, name: str) -> TftpReply:
        """Ask for a file. Never raises for anything that the network or the server does."""
        loop = asyncio.get_running_loop()
        sock = socket.socket(self._family, socket.SOCK_DGRAM)
        sock.setblocking(False)
        try:
            if self._local:
                sock.bind((self._local, 0))
        except OSError as error:
            sock.close()
            return TftpReply(None, why=f"cannot send from {self._local}: {error.strerror}")
        request = struct.pack("!H", _RRQ) + name.encode() + b"\0octet\0" + self._options.encode()
        transfer = _Transfer(
            loop, sock, self._server, self._timing, loop.create_future(), self._options, packet=request
        )
        transfer.start()
        try:
            return await transfer.outcome
        finally:
            transfer.close()

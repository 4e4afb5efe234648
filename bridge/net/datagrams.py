"""Many datagrams per system call: ``recvmmsg`` and ``sendmmsg`` of Linux, by ctypes.

Python's own ``recvfrom`` and ``sendto`` cost a call, a tuple and the text of an address per datagram, which is more
than the kernel's share. Here a batch travels between the kernel and two buffers that are laid out once; a client is
known by the octets of its socket address, and no address is read or written as text on the way.

The structures are those of ``recvmmsg(2)`` and ``sendmmsg(2)``; ctypes lays them out for the machine.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct

BATCH = 64
"""Datagrams per system call, at most."""
RECEIVED = 256
"""Octets kept of a received datagram; what a client sends during a read transfer is shorter (ACK: 4)."""
SENT = 2048
"""Octets of the longest datagram that goes into a batch. Longer ones (jumbo block sizes) go alone."""

_NAME = 28
"""Octets of ``struct sockaddr_in6``, the longest address."""
_ACK = 4
_WRITTEN_SLOT = SENT + 64
"""A stride that is no power of two: the slots shall not compete for the same lines of the processor's cache."""


class _Piece(ctypes.Structure):
    """``struct iovec``."""

    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """``struct msghdr``."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_size", ctypes.c_uint32),
        ("pieces", ctypes.c_void_p),
        ("piece_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Slot(ctypes.Structure):
    """``struct mmsghdr``."""

    _fields_ = (("message", _Message), ("size", ctypes.c_uint))


# PyDLL keeps the interpreter's lock during the calls, which never wait: letting go of it would hand it to whatever
# other thread is busy, for milliseconds.
_libc = ctypes.PyDLL(None)
_recvmmsg = _libc.recvmmsg
_sendmmsg = _libc.sendmmsg
# The arguments are made once, as ctypes objects: converting them is half of the cost of a call.
_BATCH = ctypes.c_uint(BATCH)
_DONT_WAIT = ctypes.c_int(socket.MSG_DONTWAIT)
_NO_TIMEOUT = ctypes.c_void_p(None)
_COUNTS = tuple(ctypes.c_uint(count) for count in range(BATCH + 1))


def raw_address(family: int, address: tuple[str, int] | tuple[str, int, int, int]) -> bytes:
    """The octets of ``struct sockaddr_in`` or ``sockaddr_in6`` for an address of the socket module."""
    if len(address) == 2:
        return struct.pack("=H", family) + struct.pack("!H4s8x", address[1], socket.inet_pton(family, address[0]))
    return (
        struct.pack("=H", family)
        + struct.pack("!HI16s", address[1], address[2], socket.inet_pton(family, address[0]))
        + struct.pack("=I", address[3])
    )


def socket_address(raw: bytes) -> tuple[str, int] | tuple[str, int, int, int]:
    """The reverse of ``raw_address``."""
    (family,) = struct.unpack_from("=H", raw)
    if family == socket.AF_INET:
        port, host = struct.unpack_from("!H4s", raw, 2)
        return socket.inet_ntop(family, host), port
    port, flow, host = struct.unpack_from("!HI16s", raw, 2)
    return socket.inet_ntop(family, host), port, flow, struct.unpack_from("=I", raw, 24)[0]


class _Slots:
    """A table of ``BATCH`` messages, each with room for an address and ``room`` octets."""

    def __init__(self, family: int, stride: int, room: int) -> None:
        self.name_size = 16 if family == socket.AF_INET else _NAME
        self.buffer = bytearray(BATCH * stride)
        self._anchor = (ctypes.c_char * len(self.buffer)).from_buffer(self.buffer)
        start = ctypes.addressof(self._anchor)
        self.pieces = (_Piece * BATCH)()
        self.table_buffer = bytearray(BATCH * ctypes.sizeof(_Slot))
        self.table = (_Slot * BATCH).from_buffer(self.table_buffer)
        self.address = ctypes.c_void_p(ctypes.addressof(self.table))
        for index in range(BATCH):
            name = start + index * stride
            self.pieces[index].base = name + 32
            self.pieces[index].size = room
            message = self.table[index].message
            message.name = name
            message.name_size = self.name_size
            message.pieces = ctypes.addressof(self.pieces) + index * ctypes.sizeof(_Piece)
            message.piece_count = 1


class Inbox:
    """Receives batches from sockets of one address family."""

    def __init__(self, family: int) -> None:
        stride = 32 + RECEIVED
        self._slots = _Slots(family, stride, RECEIVED)
        self._address = self._slots.address
        self._content = memoryview(self._slots.buffer)
        self._sizes = memoryview(self._slots.table_buffer)
        name = self._slots.name_size
        # Almost everything that comes is an ACK of four octets, so these are cut out together with the address.
        self._cut = struct.Struct(f"{name}s{32 - name}x{_ACK}s{stride - 32 - _ACK}x")
        self._cut_size = struct.Struct(f"={_Slot.size.offset}xI{ctypes.sizeof(_Slot) - _Slot.size.offset - 4}x")

    def receive(self, descriptor: ctypes.c_int) -> list[tuple[bytes, bytes]]:
        """What waits at the socket, as pairs of raw address and data, ``BATCH`` at most; none is fine too."""
        count: int = _recvmmsg(descriptor, self._address, _BATCH, _DONT_WAIT, _NO_TIMEOUT)
        if count <= 0:
            return []
        cut, cut_size = self._cut, self._cut_size
        found: list[tuple[bytes, bytes]] = list(cut.iter_unpack(self._content[: count * cut.size]))
        for index, (size,) in enumerate(cut_size.iter_unpack(self._sizes[: count * cut_size.size])):
            if size != _ACK:
                start = index * cut.size + 32
                found[index] = (found[index][0], bytes(self._content[start : start + size]))
        return found


class Outbox:
    """Collects datagrams for one socket at a time, and sends them together."""

    def __init__(self, family: int) -> None:
        self._slots = _Slots(family, 32 + _WRITTEN_SLOT, SENT)
        self._buffer = self._slots.buffer
        self._starts = [
            (index * (32 + _WRITTEN_SLOT), index * (32 + _WRITTEN_SLOT) + 32, self._slots.name_size)
            for index in range(BATCH)
        ]
        self._sizes = [SENT] * BATCH
        self.count = 0

    def put(self, client: bytes, datagram: bytes) -> None:
        """Add a datagram of at most ``SENT`` octets. The caller keeps ``count`` below ``BATCH``."""
        index = self.count
        name, start, name_size = self._starts[index]
        size = len(datagram)
        buffer = self._buffer
        buffer[name : name + name_size] = client
        buffer[start : start + size] = datagram
        if self._sizes[index] != size:
            self._sizes[index] = size
            self._slots.pieces[index].size = size
        self.count = index + 1

    def waiting(self) -> list[tuple[bytes, bytes]]:
        """What ``send`` will send: raw address and datagram."""
        return [
            (bytes(self._buffer[name : name + name_size]), bytes(self._buffer[start : start + self._sizes[index]]))
            for index, (name, start, name_size) in enumerate(self._starts[: self.count])
        ]

    def send(self, target: socket.socket, descriptor: ctypes.c_int) -> list[tuple[bytes, bytes, int]]:
        """Send everything. Returns what could not be sent: raw address, datagram, and the ``errno`` that says why."""
        count, self.count = self.count, 0
        sent: int = _sendmmsg(descriptor, self._slots.address, _COUNTS[count], _DONT_WAIT)
        return [] if sent == count else self._send_rest(target, max(sent, 0), count)

    def _send_rest(self, target: socket.socket, first: int, count: int) -> list[tuple[bytes, bytes, int]]:
        """The kernel stops at the first datagram that it cannot send, and does not say why: go on one by one."""
        unsent: list[tuple[bytes, bytes, int]] = []
        for index in range(first, count):
            name, start, name_size = self._starts[index]
            client = bytes(self._buffer[name : name + name_size])
            datagram = bytes(self._buffer[start : start + self._sizes[index]])
            try:
                target.sendto(datagram, socket_address(client))
            except OSError as error:
                unsent.append((client, datagram, error.errno or 0))
        return unsent


def is_full(why: int) -> bool:
    """True when the send buffer was full: the datagram may be sent a little later."""
    return why in (errno.EAGAIN, errno.ENOBUFS)

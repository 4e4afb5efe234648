"""The sockets of the TFTP server: listeners that know which of our addresses was asked, and ports for the transfers.

A host with several addresses must answer from the one that was asked, or the phone takes the answer for somebody
else's (libraries reference, section 5.1). A listener bound to one address knows it; a wildcard listener asks the kernel
for the destination of every request (``IP_PKTINFO``; IPv6: RFC 3542 section 6). The answer then comes from a socket
that is bound to that very address, so that sending a block is a plain ``sendto``.
"""

from __future__ import annotations

import errno
import logging
import socket
import struct
from collections.abc import Sequence
from typing import NamedTuple

from bridge.errors import ConfigurationError

log = logging.getLogger(__name__)

SocketAddress = tuple[str, int] | tuple[str, int, int, int]
"""An address as the socket module has it, for IPv4 and IPv6."""

# The socket module of Python 3.11 does not name the options of Linux that begin with IP_PKTINFO and SO_...FORCE.
_IP_PKTINFO = 8
_SO_SNDBUFFORCE = 32
_SO_RCVBUFFORCE = 33
_IN_PKTINFO = struct.Struct("=i4s4s")
_IN6_PKTINFO = struct.Struct("=16si")
_ANCILLARY_SPACE = socket.CMSG_SPACE(_IN6_PKTINFO.size)


class LocalAddress(NamedTuple):
    """One of our own addresses. ``scope`` is the interface's index for IPv6 link-local addresses, else 0."""

    family: socket.AddressFamily
    host: str
    scope: int = 0


class Listener:
    """A socket that takes requests."""

    def __init__(self, address: SocketAddress, family: socket.AddressFamily, *, receive_buffer: int) -> None:
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self.socket.setblocking(False)
            set_buffer(self.socket, socket.SO_RCVBUF, receive_buffer)
            if family == socket.AF_INET6:
                # IPv4 has a listener of its own: addresses then look the same everywhere, and broadcasts can be told.
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self.socket.bind(address)
            self.address: tuple[str, int] = self.socket.getsockname()[:2]
            self._local: LocalAddress | None = None
            if address[0] in ("0.0.0.0", "::"):
                if family == socket.AF_INET6:
                    self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
                else:
                    self.socket.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
            else:
                self._local = LocalAddress(family, address[0], address[3] if len(address) == 4 else 0)
        except BaseException:
            self.socket.close()
            raise

    def receive(self, size: int) -> tuple[bytes, SocketAddress, LocalAddress | None]:
        """The next request, its client, and the address of ours that was asked: None for broadcast and multicast.

        Raises BlockingIOError when there is none.
        """
        if self._local is not None:
            data, client = self.socket.recvfrom(size)
            return data, client, self._local
        data, ancillary, _, client = self.socket.recvmsg(size, _ANCILLARY_SPACE)
        return data, client, _destination(ancillary)


def _destination(ancillary: Sequence[tuple[int, int, bytes]]) -> LocalAddress | None:
    for level, kind, content in ancillary:
        if level == socket.IPPROTO_IP and kind == _IP_PKTINFO:
            _, local, destination = _IN_PKTINFO.unpack(content)
            # They differ for broadcast and multicast, which RFC 1123 section 4.2.3.5 tells us not to answer.
            if local == destination:
                return LocalAddress(socket.AF_INET, socket.inet_ntop(socket.AF_INET, local))
        elif level == socket.IPPROTO_IPV6 and kind == socket.IPV6_PKTINFO:
            local, interface = _IN6_PKTINFO.unpack(content)
            if local[0] == 0xFF:
                return None
            link_local = local[0] == 0xFE and local[1] & 0xC0 == 0x80
            host = socket.inet_ntop(socket.AF_INET6, local)
            return LocalAddress(socket.AF_INET6, host, interface if link_local else 0)
    return None


def open_listeners(addresses: Sequence[tuple[str, int]], *, receive_buffer: int) -> list[Listener]:
    """Bind every address; ``::`` takes IPv4 as well unless that has an entry of its own.

    Raises ConfigurationError with the way out, and leaves nothing open then.
    """
    listeners: list[Listener] = []
    try:
        for host, port in addresses:
            listeners.append(_open(host, port, receive_buffer))
            bound = listeners[-1].address[1]
            if host == "::" and ("0.0.0.0", port) not in addresses:
                listeners.append(_open("0.0.0.0", bound, receive_buffer))
    except BaseException:
        for listener in listeners:
            listener.socket.close()
        raise
    return listeners


def _open(host: str, port: int, receive_buffer: int) -> Listener:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError) as error:
        raise ConfigurationError(
            f"{host!r} is not an address that the TFTP server can listen on",
            fix="write an IPv4 or IPv6 address, 0.0.0.0 for every IPv4 address, or :: for all of both kinds",
        ) from error
    family, _, _, _, numeric = found[0]
    address: SocketAddress = (str(numeric[0]), port)
    if len(numeric) == 4:
        address = (numeric[0], port, 0, numeric[3])
    try:
        return Listener(address, family, receive_buffer=receive_buffer)
    except OSError as error:
        fixes = {
            errno.EADDRINUSE: "stop the other TFTP server, or let it stay: `sepbridge tftp check` says how",
            errno.EACCES: "ports below 1024 need CAP_NET_BIND_SERVICE (AmbientCapabilities= in the unit), or root",
            errno.EADDRNOTAVAIL: "choose an address that this machine has (ip address), or 0.0.0.0 for all",
        }
        raise ConfigurationError(
            f"the TFTP server cannot listen on {host} port {port}",
            why=error.strerror or str(error),
            fix=fixes.get(error.errno or 0, "choose another address or port"),
        ) from error


def open_transfer_socket(local: LocalAddress) -> socket.socket:
    """A socket on a fresh port of that address. Raises OSError."""
    transfer_socket = socket.socket(local.family, socket.SOCK_DGRAM)
    try:
        transfer_socket.setblocking(False)
        set_buffer(transfer_socket, socket.SO_RCVBUF, 1 << 20)
        set_buffer(transfer_socket, socket.SO_SNDBUF, 1 << 20)
        address = (local.host, 0, 0, local.scope) if local.family == socket.AF_INET6 else (local.host, 0)
        transfer_socket.bind(address)
    except BaseException:
        transfer_socket.close()
        raise
    return transfer_socket


def set_buffer(target: socket.socket, option: int, size: int) -> None:
    """Make a buffer as large as we may; requests dropped there cost a phone a second each (libraries, section 5.1)."""
    force = _SO_RCVBUFFORCE if option == socket.SO_RCVBUF else _SO_SNDBUFFORCE
    try:
        target.setsockopt(socket.SOL_SOCKET, force, size)
    except PermissionError:
        target.setsockopt(socket.SOL_SOCKET, option, size)
        # The kernel doubles what is asked, for its own bookkeeping.
        if option == socket.SO_RCVBUF and target.getsockopt(socket.SOL_SOCKET, option) < size:
            log.debug("receive buffer smaller than wished: raise sysctl net.core.rmem_max to %d", size)

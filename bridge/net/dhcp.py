"""Asks a network's DHCP servers as a phone would, by broadcast on one interface."""

from __future__ import annotations

import contextlib
import secrets
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from bridge.core import MacAddress
from bridge.dhcp import DhcpReply, MessageType, decode_reply, encode_discover
from bridge.dhcp.packet import CLIENT_PORT, MAX_MESSAGE, SERVER_PORT
from bridge.errors import ConfigurationError, InvalidInput, RemoteProtocolError

VENDOR_CLASS = "Cisco Systems, Inc. IP Phone CP-7961G"
TRIES = 3
_MOST = 64
"""Answers that are kept; nobody has so many DHCP servers."""


def interface_mac(interface: str) -> MacAddress:
    """The MAC of an interface of this machine. Raises InvalidInput."""
    try:
        if "/" in interface:
            raise FileNotFoundError
        return MacAddress.parse((Path("/sys/class/net") / interface / "address").read_text(encoding="ascii"))
    except (OSError, InvalidInput) as error:
        known = [name for _, name in socket.if_nameindex()]
        if interface in known:
            raise InvalidInput(
                f"{interface} has no hardware address", fix=f"sepbridge dhcp check --interface {interface} --mac …"
            ) from error
        raise InvalidInput(f"there is no interface {interface}", fix=f"interfaces here: {', '.join(known)}") from error


def discover(
    interface: str, mac: MacAddress, *, vendor_class: str = VENDOR_CLASS, within: float = 4.0
) -> Sequence[DhcpReply]:
    """Send a DHCPDISCOVER and wait ``within`` seconds for offers; as many as there are servers.

    Nothing is accepted, so that the servers forget it. Raises ConfigurationError when it cannot be sent.
    """
    transaction = secrets.randbits(32)
    offers: list[DhcpReply] = []
    begun = time.monotonic()
    with _socket(interface) as broadcast:
        for attempt in range(TRIES):
            question = encode_discover(
                mac, transaction, vendor_class=vendor_class, seconds=round(time.monotonic() - begun)
            )
            try:
                broadcast.sendto(question, ("255.255.255.255", SERVER_PORT))
            except OSError as error:
                raise ConfigurationError(
                    f"nothing can be sent on {interface}",
                    why=error.strerror or str(error),
                    fix="see that the interface is up: `ip link`",
                ) from error
            _collect(broadcast, transaction, begun + within * (attempt + 1) / TRIES, offers)
            if offers:
                # Slower servers get their chance.
                _collect(broadcast, transaction, begun + within, offers)
                break
    return offers


def _collect(broadcast: socket.socket, transaction: int, until: float, offers: list[DhcpReply]) -> None:
    while len(offers) < _MOST and (left := until - time.monotonic()) > 0:
        broadcast.settimeout(left)
        try:
            data = broadcast.recv(MAX_MESSAGE)
        except TimeoutError:
            return
        with contextlib.suppress(RemoteProtocolError):
            reply = decode_reply(data)
            known = {each.server for each in offers}
            if reply.transaction == transaction and reply.kind is MessageType.OFFER and reply.server not in known:
                offers.append(reply)


def _socket(interface: str) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
        opened.bind(("0.0.0.0", CLIENT_PORT))
    except OSError as error:
        opened.close()
        raise ConfigurationError(
            f"port {CLIENT_PORT} cannot be used on {interface}",
            why=error.strerror or str(error),
            fix="run the command as root; if a DHCP client has the port, stop it for that moment",
        ) from error
    return opened

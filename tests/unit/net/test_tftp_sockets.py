"""Listeners that know which of our addresses was asked."""

from __future__ import annotations

import select
import socket

import pytest

from bridge.errors import ConfigurationError
from bridge.net.tftp_sockets import Listener, LocalAddress, open_listeners, open_transfer_socket

BUFFER = 1 << 18


def ask(listener: Listener, host: str, family: socket.AddressFamily = socket.AF_INET) -> LocalAddress | None:
    """Send a datagram to the listener by way of ``host``; which address does it say was asked?"""
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        client.sendto(b"hello", (host, listener.address[1]))
        select.select([listener.socket], [], [], 5)
        data, _, local = listener.receive(100)
        assert data == b"hello"
        return local


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "127.3.2.1"])
def test_wildcard_knows_the_address(host: str) -> None:
    (listener,) = open_listeners([("0.0.0.0", 0)], receive_buffer=BUFFER)
    with listener.socket:
        assert ask(listener, host) == LocalAddress(socket.AF_INET, host)


def test_wildcard_ipv6_takes_both_kinds_with_a_listener_each() -> None:
    six, four = open_listeners([("::", 0)], receive_buffer=BUFFER)
    with six.socket, four.socket:
        assert six.address[1] == four.address[1]
        assert ask(six, "::1", socket.AF_INET6) == LocalAddress(socket.AF_INET6, "::1")
        assert ask(four, "127.0.0.2") == LocalAddress(socket.AF_INET, "127.0.0.2")


def test_named_address() -> None:
    (listener,) = open_listeners([("127.0.0.2", 0)], receive_buffer=BUFFER)
    with listener.socket:
        assert ask(listener, "127.0.0.2") == LocalAddress(socket.AF_INET, "127.0.0.2")


def test_broadcast_has_no_address_to_answer_from() -> None:
    """RFC 1123 section 4.2.3.5."""
    (listener,) = open_listeners([("0.0.0.0", 0)], receive_buffer=BUFFER)
    with listener.socket:
        assert ask(listener, "127.255.255.255") is None


@pytest.mark.parametrize(
    "local", [LocalAddress(socket.AF_INET, "127.0.0.3"), LocalAddress(socket.AF_INET6, "::1")], ids=["IPv4", "IPv6"]
)
def test_transfer_sockets_stand_on_that_address(local: LocalAddress) -> None:
    with open_transfer_socket(local) as opened:
        assert opened.getsockname()[0] == local.host


def test_a_name_is_no_address() -> None:
    with pytest.raises(ConfigurationError, match="not an address"):
        open_listeners([("tftp.example", 69)], receive_buffer=BUFFER)


def test_port_in_use_is_explained_and_nothing_stays_open() -> None:
    (other,) = open_listeners([("127.0.0.1", 0)], receive_buffer=BUFFER)
    with other.socket, pytest.raises(ConfigurationError, match="stop the other TFTP server"):
        open_listeners([("127.0.0.2", 0), other.address], receive_buffer=BUFFER)


def test_foreign_address_is_explained() -> None:
    with pytest.raises(ConfigurationError, match="choose an address that this machine has"):
        open_listeners([("192.0.2.1", 0)], receive_buffer=BUFFER)

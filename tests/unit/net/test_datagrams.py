"""Batches of datagrams, through real sockets."""

from __future__ import annotations

import ctypes
import errno
import socket

import pytest

from bridge.net.datagrams import BATCH, RECEIVED, Inbox, Outbox, is_full, raw_address, socket_address

FAMILIES = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]


def open_socket(family: int, host: str) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_DGRAM)
    opened.setblocking(False)
    opened.bind((host, 0))
    return opened


@pytest.mark.parametrize(("family", "host"), FAMILIES)
def test_a_batch_arrives_with_addresses_and_sizes(family: int, host: str) -> None:
    with open_socket(family, host) as here, open_socket(family, host) as there:
        outbox, inbox = Outbox(family), Inbox(family)
        datagrams = [bytes([number]) * size for number, size in enumerate((4, 1, 4, 5, 0, 200, 4))]
        for datagram in datagrams:
            outbox.put(raw_address(family, there.getsockname()), datagram)
        assert outbox.send(here, ctypes.c_int(here.fileno())) == []
        received = inbox.receive(ctypes.c_int(there.fileno()))
        assert [data for _, data in received] == datagrams
        assert {socket_address(client) for client, _ in received} == {here.getsockname()}
        assert inbox.receive(ctypes.c_int(there.fileno())) == []


@pytest.mark.parametrize(("family", "host"), FAMILIES)
def test_slots_are_used_again_with_other_sizes(family: int, host: str) -> None:
    with open_socket(family, host) as here, open_socket(family, host) as there:
        outbox, client = Outbox(family), raw_address(family, there.getsockname())
        for size in (516, 4, 2048, 0, 1432):
            outbox.put(client, b"x" * size)
            outbox.send(here, ctypes.c_int(here.fileno()))
            assert there.recv(4096) == b"x" * size


def test_more_than_a_batch_is_received_in_two() -> None:
    with open_socket(*FAMILIES[0]) as here, open_socket(*FAMILIES[0]) as there:
        for number in range(BATCH + 3):
            here.sendto(bytes([0, 4, 0, number]), there.getsockname())
        inbox = Inbox(socket.AF_INET)
        first = inbox.receive(ctypes.c_int(there.fileno()))
        second = inbox.receive(ctypes.c_int(there.fileno()))
        assert [data[3] for _, data in first + second] == list(range(BATCH + 3))
        assert len(second) == 3


def test_long_datagrams_are_cut() -> None:
    with open_socket(*FAMILIES[0]) as here, open_socket(*FAMILIES[0]) as there:
        here.sendto(b"x" * 3000, there.getsockname())
        ((_, data),) = Inbox(socket.AF_INET).receive(ctypes.c_int(there.fileno()))
        assert data == b"x" * RECEIVED


def test_a_datagram_that_cannot_be_sent_does_not_stop_the_others() -> None:
    with open_socket(*FAMILIES[0]) as here, open_socket(*FAMILIES[0]) as there:
        outbox = Outbox(socket.AF_INET)
        good = raw_address(socket.AF_INET, there.getsockname())
        # Sending to a broadcast address without SO_BROADCAST is refused.
        bad = raw_address(socket.AF_INET, ("255.255.255.255", 9))
        outbox.put(good, b"one")
        outbox.put(bad, b"two")
        outbox.put(good, b"three")
        ((client, datagram, why),) = outbox.send(here, ctypes.c_int(here.fileno()))
        assert (client, datagram) == (bad, b"two")
        assert why in (errno.EACCES, errno.ENETUNREACH)
        assert not is_full(why)
        assert [there.recv(10), there.recv(10)] == [b"one", b"three"]
        assert outbox.count == 0


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (socket.AF_INET, ("192.0.2.7", 54030)),
        (socket.AF_INET6, ("2001:db8::7", 69, 0, 0)),
        (socket.AF_INET6, ("fe80::1", 1, 0, 3)),
    ],
)
def test_raw_addresses_both_ways(family: int, address: tuple[str, int]) -> None:
    raw = raw_address(family, address)
    assert len(raw) == (16 if family == socket.AF_INET else 28)
    assert socket_address(raw) == address

"""Handshakes that come to nothing, each told with whose it was and why (requirement RG-26)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from bridge.net.tls import OldestTls, server_context
from bridge.net.tlsgate import TlsListener
from tests.certificates import certificate

LOOPBACK = "127.0.0.1"


class Greeter(asyncio.Protocol):
    """Says hello to what it is told, so that it shows whether anything was lost on the way to it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        cast("asyncio.Transport", self.transport).write(b"hello " + data)
        self.transport.close()


def trusting_nobody(_: Path) -> ssl.SSLContext:
    return ssl.create_default_context()


def knowing_tls_1_2_alone(crt: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=crt)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def connect(address: tuple[str, int], context: ssl.SSLContext) -> None:
    """As phones do, with an alert for what they dislike; asyncio's own clients send none."""
    with (
        contextlib.suppress(ssl.SSLError, ConnectionError),
        socket.create_connection(address, timeout=5, source_address=("127.0.0.9", 0)) as plain,
        context.wrap_socket(plain, server_hostname=LOOPBACK),
    ):
        pass


@pytest.mark.req("RG-26")
@pytest.mark.parametrize(
    ("make", "oldest", "words"),
    [
        (trusting_nobody, OldestTls.TLS_1_2, "unknown ca"),
        (knowing_tls_1_2_alone, OldestTls.TLS_1_3, "unsupported protocol"),
    ],
)
async def test_a_handshake_that_fails_is_told_with_its_peer(
    tmp_path: Path, make: Callable[[Path], ssl.SSLContext], oldest: OldestTls, words: str
) -> None:
    crt, key = certificate(tmp_path)
    told: asyncio.Queue[tuple[tuple[str, int], tuple[str, int], str]] = asyncio.Queue()
    listener = TlsListener(Greeter, server_context(crt, key, oldest), lambda *failed: told.put_nowait(failed))
    address = await listener.start(LOOPBACK, 0)
    await asyncio.to_thread(connect, address, make(crt))
    async with asyncio.timeout(5):
        peer, own, why = await told.get()
    assert peer[0] == "127.0.0.9"
    assert own == address
    assert words in why
    # The next one, who trusts it, is served.
    reader, writer = await asyncio.open_connection(*address, ssl=ssl.create_default_context(cafile=crt))
    writer.write(b"phone")
    async with asyncio.timeout(5):
        assert await reader.read() == b"hello phone"
        writer.close()
        await writer.wait_closed()
    await listener.close()
    assert told.empty()


async def test_who_hangs_up_during_the_handshake_is_told_and_who_is_in_it_at_the_end_is_sent_away(
    tmp_path: Path,
) -> None:
    crt, key = certificate(tmp_path)
    told: asyncio.Queue[str] = asyncio.Queue()
    context = server_context(crt, key, OldestTls.TLS_1_2)
    listener = TlsListener(Greeter, context, lambda peer, own, why: told.put_nowait(why))
    address = await listener.start(LOOPBACK, 0)
    _, writer = await asyncio.open_connection(*address)
    writer.transport.abort()
    async with asyncio.timeout(5):
        assert await told.get() == "the phone closed the connection during the handshake"
    reader, writer = await asyncio.open_connection(*address)
    await asyncio.sleep(0.05)
    await listener.close()
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize("run", ["asyncio", "uvloop"])
def test_what_a_quick_phone_says_first_is_not_lost(tmp_path: Path, run: str) -> None:
    """uvloop, on which the service runs where it is installed, reads before anybody could start TLS on a connection."""
    crt, key = certificate(tmp_path)

    async def serve() -> None:
        told: asyncio.Queue[str] = asyncio.Queue()
        context = server_context(crt, key, OldestTls.TLS_1_2)
        listener = TlsListener(Greeter, context, lambda peer, own, why: told.put_nowait(why))
        address = await listener.start(LOOPBACK, 0)
        for _ in range(20):
            assert await asyncio.to_thread(greet, address, crt) == b"hello phone"
        for _ in range(5):
            await asyncio.to_thread(connect, address, trusting_nobody(crt))
            async with asyncio.timeout(5):
                assert "unknown ca" in await told.get()
        assert await asyncio.to_thread(greet, address, crt) == b"hello phone"
        await listener.close()
        assert told.empty()

    runner = asyncio if run == "asyncio" else pytest.importorskip("uvloop")
    runner.run(serve())


def greet(address: tuple[str, int], crt: Path) -> bytes:
    """One phone, whose greeting is on its way as soon as the connection stands."""
    context = ssl.create_default_context(cafile=crt)
    with (
        socket.create_connection(address, timeout=2) as plain,
        context.wrap_socket(plain, server_hostname=LOOPBACK) as secure,
    ):
        secure.sendall(b"phone")
        heard = b""
        while piece := secure.recv(100):
            heard += piece
        return heard

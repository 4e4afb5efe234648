"""The sockets of SCCP over TLS, without phones."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

import bridge.net.tlsgate
from bridge.errors import ConfigurationError
from bridge.net.sccp import SccpServer, StationConnection
from bridge.net.tls import OldestTls, server_context
from tests.certificates import certificate

LOOPBACK = "127.0.0.1"


class Echo:
    """Sends back what it hears."""

    is_closed = False

    def __init__(self, _: StationConnection) -> None:
        self._heard: list[bytes] = []

    def receive(self, data: bytes, *, now: float) -> None:
        self._heard.append(data)

    def lost(self, why: str, *, now: float) -> None:
        pass

    def handle_timer(self, *, now: float) -> None:
        pass

    def timer(self) -> float | None:
        return None

    def data_to_send(self) -> list[bytes]:
        heard, self._heard = self._heard, []
        return heard


async def test_both_ports_lead_to_the_same_handlers(tmp_path: Path) -> None:
    crt, key = certificate(tmp_path)
    server = SccpServer(
        Echo,
        listen=[(LOOPBACK, 0)],
        listen_tls=[(LOOPBACK, 0)],
        tls=server_context(crt, key, OldestTls.TLS_1_2),
    )
    await server.start()
    trusting = ssl.create_default_context(cafile=crt)
    for address, tls in ((server.addresses[0], None), (server.tls_addresses[0], trusting)):
        reader, writer = await asyncio.open_connection(*address, ssl=tls)
        writer.write(b"hello")
        async with asyncio.timeout(5):
            assert await reader.readexactly(5) == b"hello"
        writer.close()
    await server.close()


async def test_whoever_makes_no_handshake_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge.net.tlsgate, "HANDSHAKE", 0.1)
    crt, key = certificate(tmp_path)
    context = server_context(crt, key, OldestTls.TLS_1_2)
    server = SccpServer(Echo, listen=[], listen_tls=[(LOOPBACK, 0)], tls=context)
    await server.start()
    reader, writer = await asyncio.open_connection(*server.tls_addresses[0])
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()
    await server.close()


@pytest.mark.parametrize("content", ["", "no PEM at all"])
def test_a_certificate_that_is_none_is_refused_in_words(tmp_path: Path, content: str) -> None:
    crt = tmp_path / "sccp.pem"
    crt.write_text(content)
    with pytest.raises(ConfigurationError, match=r"sccp\.pem"):
        server_context(crt, crt, OldestTls.TLS_1_2)

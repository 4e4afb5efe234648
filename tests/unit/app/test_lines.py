"""Lines that ask for their registration before Asterisk knows them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from bridge.app.stations.lines import OpenLines
from bridge.net.sipids import RandomSipIds
from bridge.sip import Destination, RegistrationState
from tests.samples import sample_device

_KEPT = ("via", "from", "to", "call-id", "cseq")


class Registrar(asyncio.DatagramProtocol):
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked.put_nowait((data, addr))

    async def answer(self, status: str, *more: str) -> None:
        """Answer the next REGISTER."""
        async with asyncio.timeout(10):
            data, where = await self.asked.get()
        kept = [line for line in data.decode().split("\r\n") if line.partition(":")[0].strip().lower() in _KEPT]
        text = "\r\n".join([f"SIP/2.0 {status}", *kept, *more, "Content-Length: 0", "", ""])
        assert self._transport is not None
        self._transport.sendto(text.encode(), where)

    async def challenge(self, nonce: str) -> None:
        await self.answer("401 Unauthorized", f'WWW-Authenticate: Digest realm="asterisk", nonce="{nonce}"')


@pytest.fixture
async def registrar() -> AsyncIterator[tuple[Registrar, Destination]]:
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        Registrar, local_addr=("127.0.0.1", 0)
    )
    yield server, Destination(*transport.get_extra_info("sockname")[:2])
    transport.close()


async def test_an_answer_of_before_asterisk_knew_the_line_does_not_cost_a_minute(
    registrar: tuple[Registrar, Destination],
) -> None:
    server, where = registrar
    heard = asyncio.Event()
    lines = OpenLines(where, RandomSipIds(), heard.set)
    taken = lines.take(sample_device())
    (line,) = taken

    def begin() -> None:
        line.shared.agent.register(now=asyncio.get_running_loop().time())
        line.flush()

    try:
        line.when_connected(begin)
        await server.challenge("1")
        # Asterisk reads its files now; what it says of the second REGISTER was on its way before.
        lines.endpoint_is_there(line.account.user)
        await server.challenge("2")
        await server.challenge("3")
        await server.answer("200 OK", f"Contact: <sip:{line.account.user}@127.0.0.1>;expires=300", "Expires: 300")
        async with asyncio.timeout(10):
            while line.shared.agent.registration_state is not RegistrationState.REGISTERED:
                heard.clear()
                await heard.wait()
    finally:
        lines.give_back(taken)

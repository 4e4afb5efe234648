"""Lines that ask for their registration before Asterisk knows them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import cast

import pytest

from bridge.app.stations.lines import OpenLines
from bridge.core import Device, Line, LineAppearance, SignallingProtocol
from bridge.net.sipids import RandomSipIds
from bridge.sip import Destination, RegistrationState
from bridge.sip.digest import is_right, parse_authorization
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


async def test_a_line_that_is_leaving_does_not_come_back_when_all_are_renewed(
    registrar: tuple[Registrar, Destination],
) -> None:
    """Asterisk went and came while the last phone of the line left: nobody is there to be called."""
    server, where = registrar
    heard = asyncio.Event()
    lines = OpenLines(where, RandomSipIds(), heard.set)
    taken = lines.take(sample_device())
    (line,) = taken
    agent = line.shared.agent

    async def reached(*states: RegistrationState) -> None:
        async with asyncio.timeout(10):
            while agent.registration_state not in states:
                heard.clear()
                await heard.wait()

    def now() -> float:
        return asyncio.get_running_loop().time()

    try:
        line.when_connected(lambda: (agent.register(now=now()), line.flush())[0])
        await server.answer("200 OK", f"Contact: <sip:{line.account.user}@127.0.0.1>;expires=300", "Expires: 300")
        await reached(RegistrationState.REGISTERED)
        agent.unregister(now=now())
        line.flush()
        line.renew()
        await server.answer("200 OK")
        await reached(RegistrationState.UNREGISTERED, RegistrationState.REGISTERING)
        assert agent.registration_state is RegistrationState.UNREGISTERED
        line.renew()
        assert agent.registration_state is RegistrationState.UNREGISTERED
    finally:
        lines.give_back(taken)


SALES = Line("1001", display_name="Sales")


def having(name: str, secret: str, line: Line = SALES) -> Device:
    return sample_device(SignallingProtocol.SCCP, LineAppearance(1, line), name=name, secret=secret)


async def test_phones_of_a_line_have_one_whatever_changes(registrar: tuple[Registrar, Destination]) -> None:
    """An admin gives the line another name, or a phone another secret; it registers anew, the others do not."""
    _, where = registrar
    lines = OpenLines(where, RandomSipIds(), lambda: None)
    first = lines.take(having("SEP001122AABB01", "old"))
    second = lines.take(having("SEP001122AABB02", "its own"))
    renamed = replace(SALES, display_name="Support")
    again = lines.take(having("SEP001122AABB01", "new", renamed))
    lines.give_back(first)
    assert [line.shared for line in again] == [line.shared for line in second]
    (line,) = again
    assert (line.account.password, line.account.display_name, line.users) == ("new", "Support", 2)
    lines.give_back(second)
    lines.give_back(again)
    assert line.users == 0


async def test_a_login_that_is_refused_makes_room_for_the_next_phone_s(
    registrar: tuple[Registrar, Destination],
) -> None:
    """The phone whose login the line used was removed: the others need not start again."""
    server, where = registrar
    heard = asyncio.Event()
    lines = OpenLines(where, RandomSipIds(), heard.set)
    first = lines.take(having("SEP001122AABB01", "gone"))
    second = lines.take(having("SEP001122AABB02", "good"))
    (line,) = second
    agent = line.shared.agent

    def begin() -> None:
        agent.register(now=asyncio.get_running_loop().time())
        line.flush()

    try:
        line.when_connected(begin)
        await server.challenge("1")
        await server.challenge("2")  # the password is none any more
        lines.give_back(first)
        await server.challenge("3")
        async with asyncio.timeout(10):
            data, _ = await server.asked.get()
        header = next(each for each in data.decode().split("\r\n") if each.startswith("Authorization:"))
        answer = parse_authorization(header.partition(": ")[2])
        assert answer is not None
        assert is_right(answer, "good", method="REGISTER")
    finally:
        lines.give_back(second)

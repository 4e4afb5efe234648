from __future__ import annotations

import asyncio

from bridge.net.sipids import RandomSipIds
from bridge.sip import CallEnded, EndReason, RegistrationFailed, RegistrationState, Transport
from tests.sippeople import PATIENCE, person
from tests.sipwire import PHONE_MEDIA


async def test_a_port_where_nobody_listens_is_noticed_at_once() -> None:
    loop = asyncio.get_running_loop()
    closed, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    port = closed.get_extra_info("sockname")[1]
    closed.abort()
    await asyncio.sleep(0)
    async with person("1001", ("127.0.0.1", port)) as alice:
        alice.do(lambda now: alice.agent.register(now=now))
        assert (await alice.sees(RegistrationFailed)).status == 503
        assert alice.agent.registration_state is RegistrationState.WAITING  # it will try again by itself
        assert alice.agent.timer() is not None
        alice.call("600", PHONE_MEDIA)
        assert (await alice.sees(CallEnded)).reason is EndReason.TRANSPORT


async def test_a_broken_tcp_connection_is_reported_and_another_one_can_follow() -> None:
    arrived: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await arrived.put((reader, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    async with server, person("1001", address, Transport.TCP) as alice, asyncio.timeout(PATIENCE):
        alice.do(lambda now: alice.agent.register(now=now))
        reader, writer = await arrived.get()
        assert (await reader.readline()) == b"REGISTER sip:127.0.0.1 SIP/2.0\r\n"
        writer.close()
        await alice.lost.get()
        assert not alice.link.is_connected
        await alice.link.connect()
        reader, writer = await arrived.get()
        assert (await reader.readline()) == b"REGISTER sip:127.0.0.1 SIP/2.0\r\n"  # still wanted: sent by itself
        writer.write(b"\x16\x03\x01" + b"\x00" * 100)  # no SIP: this connection is of no use
        assert "not SIP" in await alice.lost.get()
        writer.close()


def test_identifiers_differ() -> None:
    ids = RandomSipIds()
    for draw in (ids.branch, ids.tag, ids.call_id, ids.cnonce):
        assert len({draw() for _ in range(1000)}) == 1000
    assert ids.branch().startswith("z9hG4bK")
    assert 0 <= ids.fraction() <= 1

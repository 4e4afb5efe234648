"""Whether a call manager is there again."""

from __future__ import annotations

import asyncio
import socket

from bridge.lab.phonesettings import CallManager
from bridge.lab.probe import answers
from bridge.sip import Transport


async def test_a_listening_tcp_port_answers_and_a_closed_one_does_not() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = CallManager(*listening.getsockname())
        assert not await answers(server, Transport.TCP)
        listening.listen()
        assert await answers(server, Transport.TCP, "127.0.0.1")


async def test_over_udp_any_reply_to_options_will_do() -> None:
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as listening:
        listening.setblocking(False)
        listening.bind(("127.0.0.1", 0))
        server = CallManager(*listening.getsockname())
        asking = asyncio.create_task(answers(server, Transport.UDP))
        data, phone = await loop.sock_recvfrom(listening, 4096)
        assert data.startswith(b"OPTIONS sip:127.0.0.1:")
        await loop.sock_sendto(listening, b"SIP/2.0 404 Not Found\r\n\r\n", phone)
        assert await asking
    assert not await answers(server, Transport.UDP)

"""The sound of a call on real sockets."""

from __future__ import annotations

import asyncio
import socket

import pytest

from bridge.errors import SepbridgeError
from bridge.lab.g711 import ToneHeard
from bridge.lab.media import MediaPort
from bridge.lab.rtp import RtpReceiver, RtpSender

HOST = "127.0.0.1"


def port(heard: asyncio.Queue[int], frequency: int = 0, ports: range = range(30000, 32000)) -> MediaPort:
    def note(tone: ToneHeard) -> None:
        heard.put_nowait(tone.frequency)

    sender = RtpSender(ssrc=frequency, frequency=frequency)
    return MediaPort(HOST, ports=ports, sender=sender, receiver=RtpReceiver(), heard=note)


async def test_a_tone_is_heard_until_it_stops_and_nothing_else() -> None:
    heard: asyncio.Queue[int] = asyncio.Queue()
    one, two = port(asyncio.Queue(), 800), port(heard)
    try:
        assert one.port != two.port
        assert one.port % 2 == two.port % 2 == 0
        one.send_to(HOST, two.port)
        async with asyncio.timeout(5):
            assert await heard.get() == 800
            with pytest.raises(TimeoutError):  # twice as long as it takes to notice silence
                await asyncio.wait_for(heard.get(), 0.6)
            one.pause()
            assert await heard.get() == 0
            one.send_to(HOST, two.port)
            assert await heard.get() == 800
        assert one.sender.sent >= two.receiver.received
        assert two.sender.sent == 0
    finally:
        one.close()
        two.close()


async def test_no_free_port_is_said() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind((HOST, 0))
        number = taken.getsockname()[1] & ~1
        with socket.socket(type=socket.SOCK_DGRAM) as other:
            if number != taken.getsockname()[1]:
                other.bind((HOST, number))
            with pytest.raises(SepbridgeError, match="no RTP port is free"):
                port(asyncio.Queue(), ports=range(number, number + 2))


async def test_closing_twice_does_no_harm() -> None:
    media = port(asyncio.Queue())
    media.close()
    media.close()

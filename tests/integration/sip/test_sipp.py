"""sipp's own scenarios, as caller and as callee, against the user agent."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import cast

import pytest

from bridge.lab.asterisk import free_port
from bridge.net.sipids import RandomSipIds
from bridge.sip import (
    Account,
    AudioSession,
    CallAnswered,
    CallEnded,
    Destination,
    EndReason,
    IncomingCall,
    Transport,
    UserAgent,
)
from bridge.sip.sdp import PCMU
from tests.peers import peer
from tests.sippeople import PATIENCE, person

MEDIA = AudioSession("127.0.0.1", 39010, (PCMU,))


async def sipp(directory: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        peer("sipp"), "-nostdin", "-i", "127.0.0.1", "-timeout", "30s", "-timeout_error", *arguments,
        cwd=directory, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


class _Socket(asyncio.DatagramProtocol):
    """Any number of peers: sipp calls us from wherever it likes."""

    def __init__(self, agent: UserAgent) -> None:
        self.agent = agent
        self.ended = 0
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        now = self._loop.time()
        self.agent.receive_datagram(data, addr, now=now)
        while event := self.agent.next_event():
            if isinstance(event, IncomingCall):
                self.agent.ring(event.call, now=now)
                self.agent.answer(event.call, MEDIA, now=now)
            elif isinstance(event, CallEnded):
                assert event.reason is EndReason.REMOTE_HANGUP
                self.ended += 1
        for out, destination in self.agent.data_to_send():
            assert self._transport is not None
            self._transport.sendto(out, (destination.host, destination.port))


@pytest.mark.peer("sipp")
async def test_sipp_calls_us(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    caller = free_port()
    account = Account("service", "127.0.0.1", Destination("127.0.0.1", caller))
    agent = UserAgent(account, RandomSipIds(), ("127.0.0.1", 0), max_calls=50)
    transport, peers = await loop.create_datagram_endpoint(lambda: _Socket(agent), local_addr=("127.0.0.1", 0))
    try:
        port = transport.get_extra_info("sockname")[1]
        agent.connected(("127.0.0.1", port), now=loop.time())
        program = await sipp(
            tmp_path, "-sn", "uac", "-p", str(caller), "-m", "20", "-r", "50", "-d", "50", f"127.0.0.1:{port}"
        )
        assert await asyncio.wait_for(program.wait(), PATIENCE * 2) == 0
        assert peers.ended == 20
    finally:
        transport.close()


@pytest.mark.peer("sipp")
@pytest.mark.parametrize("transport", list(Transport))
async def test_we_call_sipp(tmp_path: Path, transport: Transport) -> None:
    port = free_port()
    program = await sipp(
        tmp_path, "-sn", "uas", "-p", str(port), "-m", "3", "-t", "t1" if transport is Transport.TCP else "u1"
    )
    try:
        for _ in range(500):
            if _is_taken(port, transport):
                break
            await asyncio.sleep(0.02)  # sipp says nowhere that it listens
        async with person("1001", ("127.0.0.1", port), transport) as alice:
            for _ in range(3):
                alice.call("service", MEDIA)
                answered = await alice.sees(CallAnswered)
                alice.hang_up(answered.call)
                assert (await alice.sees(CallEnded)).reason is EndReason.LOCAL_HANGUP
            assert await asyncio.wait_for(program.wait(), PATIENCE * 2) == 0
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()


def _is_taken(port: int, transport: Transport) -> bool:
    kind = socket.SOCK_STREAM if transport is Transport.TCP else socket.SOCK_DGRAM
    with socket.socket(type=kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False

"""The phone's TFTP client against a server that the test plays itself, packet by packet, on loopback."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator

import pytest

from bridge.lab.tftpclient import TftpClient, TftpOptions, TftpReply, TftpTiming

FAST = TftpTiming(first_timeout=0.02, longest_timeout=0.04, attempts=3)


class Server:
    """The test's end: what it receives, what it sends."""

    def __init__(self) -> None:
        self.listening = self.open()
        self.transfer = self.open()

    def open(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        return sock

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.listening.getsockname()
        return host, port

    async def receive(self, sock: socket.socket) -> tuple[bytes, tuple[str, int]]:
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recvfrom(sock, 2000), 5)

    async def request(self) -> tuple[bytes, tuple[str, int]]:
        return await self.receive(self.listening)

    def send(self, packet: bytes, phone: tuple[str, int]) -> None:
        self.transfer.sendto(packet, phone)

    async def acknowledged(self) -> int:
        packet, _phone = await self.receive(self.transfer)
        opcode, block = struct.unpack("!HH", packet)
        assert opcode == 4
        return int(block)


def data(block: int, content: bytes) -> bytes:
    return struct.pack("!HH", 3, block) + content


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.listening.close()
    server.transfer.close()


def reading(server: Server, name: str = "SEP.cnf.xml", options: TftpOptions | None = None) -> asyncio.Task[TftpReply]:
    return asyncio.create_task(TftpClient(server.address, timing=FAST, options=options).read(name))


async def test_a_plain_request_and_two_blocks_from_a_new_port(server: Server) -> None:
    reply = reading(server)
    packet, phone = await server.request()
    assert packet == b"\0\1SEP.cnf.xml\0octet\0"
    server.send(data(1, b"a" * 512), phone)
    assert await server.acknowledged() == 1
    server.send(data(2, b"end"), phone)
    assert await server.acknowledged() == 2
    assert (await reply).content == b"a" * 512 + b"end"


async def test_a_missing_file(server: Server) -> None:
    reply = reading(server)
    _packet, phone = await server.request()
    server.send(b"\0\5\0\1File not found\0", phone)
    assert (await reply).missing
    assert reply.result().why == "File not found"


async def test_a_silent_server_is_asked_again_and_then_given_up(server: Server) -> None:
    reply = reading(server)
    requests = [await server.request() for _ in range(3)]
    assert len({packet for packet, _phone in requests}) == 1
    assert len({phone for _packet, phone in requests}) == 1
    assert (await reply).timed_out
    assert reply.result().retransmissions == 2


async def test_a_lost_acknowledgement_is_sent_again_and_no_block_counts_twice(server: Server) -> None:
    reply = reading(server)
    _packet, phone = await server.request()
    server.send(data(1, b"a" * 512), phone)
    assert await server.acknowledged() == 1
    server.send(data(1, b"a" * 512), phone)
    assert await server.acknowledged() == 1
    server.send(data(2, b""), phone)
    assert (await reply).content == b"a" * 512


async def test_an_exact_multiple_of_the_block_size_ends_with_an_empty_block(server: Server) -> None:
    reply = reading(server)
    _packet, phone = await server.request()
    server.send(data(1, b"a" * 512), phone)
    assert await server.acknowledged() == 1
    assert not reply.done()
    server.send(data(2, b""), phone)
    assert (await reply).content == b"a" * 512


async def test_a_stranger_is_told_and_does_no_harm(server: Server) -> None:
    reply = reading(server)
    _packet, phone = await server.request()
    server.send(data(1, b"a" * 512), phone)
    assert await server.acknowledged() == 1
    server.listening.sendto(data(2, b"evil"), phone)
    packet, _phone = await server.receive(server.listening)
    assert packet[:4] == b"\0\5\0\5"
    server.send(data(2, b"good"), phone)
    assert (await reply).content == b"a" * 512 + b"good"


async def test_options_are_offered_and_taken(server: Server) -> None:
    reply = reading(server, options=TftpOptions(blksize=1024, tsize=True))
    packet, phone = await server.request()
    assert packet == b"\0\1SEP.cnf.xml\0octet\0blksize\x001024\0tsize\x000\0"
    server.send(b"\0\6blksize\x00800\0tsize\x00803\0", phone)
    assert await server.acknowledged() == 0
    server.send(data(1, b"a" * 800), phone)
    assert await server.acknowledged() == 1
    server.send(data(2, b"end"), phone)
    assert (await reply).content == b"a" * 800 + b"end"


async def test_a_server_that_knows_no_options_is_served_at_512(server: Server) -> None:
    reply = reading(server, options=TftpOptions(blksize=1024))
    _packet, phone = await server.request()
    server.send(data(1, b"short"), phone)
    assert (await reply).content == b"short"


@pytest.mark.parametrize("noise", [b"", b"\0", b"\0\3\0", b"\0\3\0\7future", b"\0\4\0\1", b"\xff\xff\xff\xff"])
async def test_noise_is_ignored(server: Server, noise: bytes) -> None:
    reply = reading(server)
    _packet, phone = await server.request()
    server.send(noise, phone)
    server.send(data(1, b"file"), phone)
    assert (await reply).content == b"file"


async def test_an_address_that_is_not_ours_is_said(server: Server) -> None:
    reply = await TftpClient(server.address, local_address="192.0.2.1").read("x")
    assert reply.content is None
    assert "192.0.2.1" in reply.why

"""The TFTP server over real sockets on loopback, asked datagram by datagram."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import gc
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC
from typing import ClassVar, cast

import pytest

from bridge.core import DeviceName, FileAnswer, FileDenied, FileFound, FileMissing, FileRequest, Via, content_digest
from bridge.core.events import (
    FileDelivered,
    FileNotFound,
    FileRefused,
    FileRequested,
    TransferAborted,
)
from bridge.net import tftp_pump
from bridge.net.datagrams import Outbox
from bridge.net.tftp import TftpLimits, TftpServer
from bridge.ports import FileProvider
from bridge.tftp import (
    Acknowledgement,
    Data,
    Error,
    OptionAcknowledgement,
    Packet,
    ReadRequest,
    ReadTransfer,
    RetransmissionPolicy,
    WriteRequest,
    decode,
    encode,
)
from tests.tftp_lab import Files, FixedClock, Receiver, RecordingSink

FILES: Mapping[str, FileAnswer | bytes] = {
    "small": b"hello",
    "three-blocks": bytes(range(256)) * 5,
    "lines": b"one\ntwo\n",
    "mapped": FileFound("mapped", memoryview(bytes(100_000))),
    "SEP001122334455.cnf.xml": FileFound("x", b"<device/>", secret_of=DeviceName("SEP001122334455")),
    "denied": FileDenied("not from this address"),
    "gone": FileMissing("no such load"),
}


class Client:
    """A client's socket. A fixture closes it at the end of the test."""

    opened: ClassVar[list[socket.socket]] = []

    def __init__(self, family: int = socket.AF_INET, host: str = "127.0.0.1") -> None:
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.opened.append(self.socket)
        self.socket.setblocking(False)
        self.socket.bind((host, 0))
        self.peer: tuple[str, int] = ("", 0)

    async def send(self, packet: Packet | bytes, to: tuple[str, int]) -> None:
        data = packet if isinstance(packet, bytes) else encode(packet)
        await asyncio.get_running_loop().sock_sendto(self.socket, data, to)

    async def receive(self) -> Packet:
        async with asyncio.timeout(10):
            data, self.peer = await asyncio.get_running_loop().sock_recvfrom(self.socket, 70_000)
        return decode(data)

    async def ask(self, server: TftpServer, name: str, *options: tuple[str, str], mode: str = "octet") -> Packet:
        await self.send(ReadRequest(name, mode, options), server.addresses[0])
        return await self.receive()

    async def read(self, server: TftpServer, name: str) -> bytes:
        """A whole file by RFC 1350."""
        receiver = Receiver()
        packet = await self.ask(server, name)
        while True:
            for answer in receiver.receive(encode(packet)):
                await self.send(answer, self.peer)
            if receiver.done:
                return bytes(receiver.content)
            packet = await self.receive()


@pytest.fixture(autouse=True)
def _sockets_are_closed() -> Iterator[None]:
    yield
    while Client.opened:
        Client.opened.pop().close()


Serve = Callable[..., AbstractAsyncContextManager[TftpServer]]


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def serve(sink: RecordingSink) -> Serve:
    @asynccontextmanager
    async def serving(
        provider: FileProvider | None = None,
        listen: tuple[tuple[str, int], ...] = (("127.0.0.1", 0),),
        limits: TftpLimits | None = None,
    ) -> AsyncIterator[TftpServer]:
        server = TftpServer(provider or Files(FILES), sink, FixedClock(), listen=listen, limits=limits or TftpLimits())
        await server.start()
        try:
            yield server
        finally:
            await server.close()

    return serving


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.mark.req("RG-17")
async def test_delivery_and_its_events(serve: Serve, sink: RecordingSink, client: Client) -> None:
    files = Files(FILES)
    async with serve(files) as server:
        assert await client.read(server, "three-blocks") == bytes(range(256)) * 5
        delivered = await sink.wait_for(FileDelivered)
        assert (delivered.name, delivered.client, delivered.via) == ("three-blocks", "127.0.0.1", Via.TFTP)
        assert (delivered.size, delivered.retransmissions, delivered.secret) == (1280, 0, False)
        assert delivered.seconds >= 0
        assert delivered.device is None
        assert sink.of(FileRequested)[0].name == "three-blocks"
        assert files.requests == [
            FileRequest("three-blocks", "127.0.0.1", Via.TFTP, FixedClock().now().astimezone(UTC), "127.0.0.1")
        ]
        assert (server.counters.served, server.counters.active) == (1, 0)


async def test_delivery_of_a_secret_is_marked(serve: Serve, sink: RecordingSink, client: Client) -> None:
    async with serve() as server:
        await client.read(server, "SEP001122334455.cnf.xml")
        assert (await sink.wait_for(FileDelivered)).secret


async def test_the_name_goes_to_the_provider_as_asked(serve: Serve, client: Client) -> None:
    files = Files(FILES)
    async with serve(files) as server:
        await client.ask(server, ".\\Desktops/../SMALL")
        assert [request.name for request in files.requests] == [".\\Desktops/../SMALL"]


@pytest.mark.req("RG-08")
async def test_missing_file_is_error_1(serve: Serve, sink: RecordingSink, client: Client) -> None:
    async with serve() as server:
        assert await client.ask(server, "gone") == Error(1, "file not found")
        assert (await sink.wait_for(FileNotFound)).why == "no such load"
        assert server.counters.missing == 1


@pytest.mark.parametrize(
    ("request_packet", "code", "why"),
    [
        (ReadRequest("denied", "octet"), 2, "not from this address"),
        (WriteRequest("small", "octet"), 2, "this server does not take files"),
        (ReadRequest("small", "mail"), 4, "unknown mode: use octet or netascii"),
        (ReadRequest("small", "bogus"), 4, "unknown mode: use octet or netascii"),
        (ReadRequest("small", "octet", (("blksize", "many"),)), 8, "the value of blksize is not a number"),
        (ReadRequest("n" * 300, "octet"), 0, "the file name is too long"),
    ],
)
async def test_refusals(
    serve: Serve, sink: RecordingSink, client: Client, request_packet: Packet, code: int, why: str
) -> None:
    async with serve() as server:
        await client.send(request_packet, server.addresses[0])
        answer = await client.receive()
        assert isinstance(answer, Error)
        assert answer.code == code
        assert (await sink.wait_for(FileRefused)).why == why
        assert server.counters.refused == 1
        assert server.counters.active == 0


async def test_why_a_file_is_denied_stays_with_us(serve: Serve, client: Client) -> None:
    async with serve() as server:
        assert await client.ask(server, "denied") == Error(2, "access denied")


@pytest.mark.parametrize("broken", [b"\0\1", b"\0\1x", b"\0\1a\0octet", b"\0\1\0octet\0", b"\0\1" + b"x" * 600])
async def test_broken_requests(serve: Serve, client: Client, broken: bytes) -> None:
    async with serve() as server:
        await client.send(broken, server.addresses[0])
        answer = await client.receive()
        assert isinstance(answer, Error)
        assert answer.code == 4
        assert server.counters.malformed == 1


async def test_what_is_no_request_is_not_answered(serve: Serve, sink: RecordingSink, client: Client) -> None:
    async with serve() as server:
        for stray in (b"", b"\0", b"\0\5\0\0x\0", b"\0\4\0\1", b"\0\3\0\1x", b"\0\6tsize\x001\0", b"\xff" * 600):
            await client.send(stray, server.addresses[0])
        # The next answer is the one to this question, so there was none to those before.
        assert await client.ask(server, "gone") == Error(1, "file not found")
        assert server.counters.malformed == 7
        assert len(sink.of(FileRequested)) == 1


async def test_netascii(serve: Serve, client: Client) -> None:
    async with serve() as server:
        oack = await client.ask(server, "lines", ("tsize", "0"), mode="NetASCII")
        assert oack == OptionAcknowledgement((("tsize", "10"),))
        await client.send(Acknowledgement(0), client.peer)
        assert await client.receive() == Data(1, b"one\r\ntwo\r\n")


async def test_a_file_that_was_cut_before_is_sent_in_either_mode(serve: Serve, client: Client) -> None:
    content = b"one\ntwo\n" * 100
    files = Files({"lines": FileFound("lines", content, known_digest=content_digest(content))})
    async with serve(files) as server:
        assert await client.read(server, "lines") == content
        assert await client.read(server, "lines") == content
        netascii = content.replace(b"\n", b"\r\n")
        assert await client.ask(server, "lines", mode="netascii") == Data(1, netascii[:512])
        await client.send(Acknowledgement(1), client.peer)
        assert await client.receive() == Data(2, netascii[512:1024])


async def test_netascii_is_bounded(serve: Serve, client: Client) -> None:
    async with serve(limits=TftpLimits(netascii_size=1000)) as server:
        assert await client.ask(server, "mapped", mode="netascii") == Error(0, "file too large for netascii")


async def test_long_blocks_and_windows(serve: Serve, client: Client) -> None:
    async with serve() as server:
        oack = await client.ask(server, "mapped", ("blksize", "30000"), ("windowsize", "4"))
        assert oack == OptionAcknowledgement((("blksize", "30000"), ("windowsize", "4")))
        await client.send(Acknowledgement(0), client.peer)
        sizes = []
        for number in (1, 2, 3, 4):
            packet = await client.receive()
            assert isinstance(packet, Data)
            assert packet.block == number
            sizes.append(len(packet.data))
        assert sizes == [30_000, 30_000, 30_000, 10_000]


async def test_every_transfer_of_a_client_has_another_port(serve: Serve, client: Client) -> None:
    async with serve() as server:
        ports = set()
        for _ in range(6):
            await client.read(server, "small")
            ports.add(client.peer[1])
        assert len(ports) == 6
        assert server.addresses[0][1] not in ports


async def test_answers_come_from_the_address_that_was_asked(serve: Serve) -> None:
    async with serve(listen=(("0.0.0.0", 0),)) as server:
        port = server.addresses[0][1]
        for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
            client = Client(host="0.0.0.0")
            await client.send(ReadRequest("small", "octet"), (host, port))
            assert await client.receive() == Data(1, b"hello")
            assert client.peer[0] == host
            await client.send(ReadRequest("gone", "octet"), (host, port))
            assert isinstance(await client.receive(), Error)
            assert client.peer[0] == host


async def test_both_kinds_of_addresses(serve: Serve, sink: RecordingSink) -> None:
    async with serve(listen=(("::", 0),)) as server:
        assert [host for host, _ in server.addresses] == ["::", "0.0.0.0"]
        port = server.addresses[0][1]
        for family, host in ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1")):
            client = Client(family, host)
            await client.send(ReadRequest("small", "octet"), (host, port))
            assert await client.receive() == Data(1, b"hello")
            assert client.peer[0] == host
            await client.send(Acknowledgement(1), client.peer)
        await sink.wait_for(FileDelivered, 2)
        assert [event.client for event in sink.of(FileDelivered)] == ["::1", "127.0.0.1"]


class SlowFiles:
    """A provider that waits until it is let go."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.go = asyncio.Event()

    async def provide(self, request: FileRequest) -> FileAnswer:
        self.requests.append(request.name)
        await self.go.wait()
        return FileFound(request.name, request.name.encode())


async def test_requests_repeated_while_the_file_is_looked_for(serve: Serve, client: Client) -> None:
    files = SlowFiles()
    async with serve(files) as server:
        for _ in range(3):
            await client.send(ReadRequest("slow", "octet"), server.addresses[0])
        # Another client's answered request shows that the three were read.
        other = Client()
        await other.send(WriteRequest("x", "octet"), server.addresses[0])
        await other.receive()
        files.go.set()
        assert await client.receive() == Data(1, b"slow")
        assert files.requests == ["slow"]
        assert server.counters.repeated == 2
        assert server.counters.active == 1


async def test_another_question_from_the_same_port_replaces_the_first(serve: Serve, client: Client) -> None:
    files = SlowFiles()
    async with serve(files) as server:
        await client.send(ReadRequest("first", "octet"), server.addresses[0])
        await client.send(ReadRequest("second", "octet"), server.addresses[0])
        files.go.set()
        assert await client.receive() == Data(1, b"second")
        await client.send(Acknowledgement(1), client.peer)
        assert server.counters.active == 1


async def test_repeated_request_is_answered_at_once_by_the_same_transfer(serve: Serve, client: Client) -> None:
    files = Files(FILES)
    async with serve(files) as server:
        assert await client.ask(server, "small") == Data(1, b"hello")
        port = client.peer
        assert await client.ask(server, "small") == Data(1, b"hello")
        assert client.peer == port
        assert len(files.requests) == 1


async def test_another_file_from_the_same_port_ends_the_first_transfer(
    serve: Serve, sink: RecordingSink, client: Client
) -> None:
    async with serve() as server:
        await client.ask(server, "three-blocks")
        assert await client.ask(server, "small") == Data(1, b"hello")
        aborted = await sink.wait_for(TransferAborted)
        assert (aborted.name, aborted.size, aborted.acknowledged) == ("three-blocks", 1280, 0)
        assert aborted.why == "the client asked anew"


async def test_limit_per_client_and_in_all(serve: Serve, sink: RecordingSink) -> None:
    async with serve(limits=TftpLimits(transfers=3, transfers_per_client=2)) as server:
        answers = [await Client(host=host).ask(server, "small") for host in ["127.0.0.1"] * 3 + ["127.0.0.2"] * 2]
        assert answers[:2] == [Data(1, b"hello")] * 2
        assert answers[2] == Error(0, "too many transfers from this address, try again")
        assert answers[3] == Data(1, b"hello")
        assert answers[4] == Error(0, "too many transfers at a time, try again")
        assert len(sink.of(FileRefused)) == 2


async def test_places_become_free_again(serve: Serve, client: Client) -> None:
    async with serve(limits=TftpLimits(transfers=1, transfers_per_client=1)) as server:
        for _ in range(3):
            assert await client.read(server, "small") == b"hello"


async def test_silent_client_is_given_up(serve: Serve, sink: RecordingSink, client: Client) -> None:
    policy = RetransmissionPolicy(first=0.02, factor=1.0, attempts=2)
    async with serve(limits=TftpLimits(retransmission=policy)) as server:
        assert [await client.ask(server, "small"), await client.receive(), await client.receive()] == [
            Data(1, b"hello")
        ] * 3
        aborted = await sink.wait_for(TransferAborted)
        assert (aborted.why, aborted.acknowledged, aborted.size) == ("the client fell silent", 0, 5)
        assert (server.counters.aborted, server.counters.active) == (1, 0)
        assert server.counters.retransmissions == 2


async def test_error_of_the_client(serve: Serve, sink: RecordingSink, client: Client) -> None:
    async with serve() as server:
        await client.ask(server, "three-blocks")
        await client.send(Acknowledgement(1), client.peer)
        await client.receive()
        await client.send(Error(3, "no room"), client.peer)
        aborted = await sink.wait_for(TransferAborted)
        assert (aborted.why, aborted.acknowledged) == ("the client sent error 3: no room", 512)


async def test_stranger_at_a_transfers_port(serve: Serve, client: Client) -> None:
    """RFC 1350 section 4: error 5 for the stranger, and the transfer goes on."""
    async with serve() as server:
        assert isinstance(await client.ask(server, "three-blocks"), Data)
        stranger = Client()
        await stranger.send(Acknowledgement(1), client.peer)
        assert await stranger.receive() == Error(5, "unknown transfer")
        await client.send(Acknowledgement(1), client.peer)
        answer = await client.receive()
        assert isinstance(answer, Data)
        assert answer.block == 2


async def test_an_error_that_is_acknowledged_is_not_answered_by_another(serve: Serve, client: Client) -> None:
    """As tftp-hpa does; its next request must not find an error for that acknowledgement in its inbox."""
    async with serve() as server:
        for name in ("one-that-is-missing", "another"):
            assert isinstance(await client.ask(server, name), Error)
            await client.send(Acknowledgement(1), client.peer)
        assert await client.ask(server, "small") == Data(1, b"hello")


async def test_late_ack_after_the_end_is_not_answered(serve: Serve, sink: RecordingSink, client: Client) -> None:
    async with serve() as server:
        await client.read(server, "small")
        await sink.wait_for(FileDelivered)
        await client.send(Acknowledgement(1), client.peer)
        assert await client.ask(server, "gone") == Error(1, "file not found")


async def test_nothing_is_kept_of_a_transfer_that_is_over(serve: Serve, sink: RecordingSink, client: Client) -> None:
    gc.collect()
    gc.disable()
    try:
        async with serve() as server:
            for _ in range(5):
                await client.read(server, "three-blocks")
            silent = Client()
            await silent.ask(server, "three-blocks")
            await silent.send(Error(0, "enough"), silent.peer)
            await sink.wait_for(TransferAborted)
            kept = [each for each in gc.get_objects() if isinstance(each, tftp_pump.Flight | ReadTransfer)]
            assert not kept
    finally:
        gc.enable()


async def test_a_client_is_forgotten_after_a_while(
    serve: Serve, sink: RecordingSink, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tftp_pump, "REMEMBERED", 0.0)
    async with serve(limits=TftpLimits(ports=1)) as server:
        await client.read(server, "small")
        await sink.wait_for(FileDelivered)
        first = client.peer
        assert await client.ask(server, "gone") == Error(1, "file not found")
        assert client.peer == first
        await client.send(Acknowledgement(1), first)  # of the error
        await client.send(Acknowledgement(1), first)
        assert await client.receive() == Error(5, "unknown transfer")


async def test_timers_go_off_while_others_get_on(serve: Serve, sink: RecordingSink, client: Client) -> None:
    limits = TftpLimits(retransmission=RetransmissionPolicy(first=0.05, longest=0.05, attempts=40))
    async with serve(limits=limits) as server:
        silent = Client()
        assert await silent.ask(server, "small") == Data(1, b"hello")
        for _ in range(20):
            await client.read(server, "three-blocks")
        assert await silent.receive() == Data(1, b"hello")
        await silent.send(Acknowledgement(1), silent.peer)
        delivered = await sink.wait_for(FileDelivered, 21)
        assert delivered.name == "small"
        assert delivered.retransmissions >= 1


class BrokenFiles:
    """A provider with a bug."""

    async def provide(self, request: FileRequest) -> FileAnswer:
        raise RuntimeError(request.name)


async def test_bug_in_the_provider(
    serve: Serve, sink: RecordingSink, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve(BrokenFiles()) as server:
        assert await client.ask(server, "small") == Error(0, "the server failed to find an answer")
        assert (await sink.wait_for(FileRefused)).name == "small"
        assert "RuntimeError" in caplog.text


async def test_provider_that_never_answers(serve: Serve, sink: RecordingSink, client: Client) -> None:
    async with serve(SlowFiles(), limits=TftpLimits(provider_seconds=0.1)) as server:
        assert await client.ask(server, "small") == Error(0, "the server failed to find an answer")
        assert server.counters.active == 0


async def test_closing_tells_clients_and_frees_the_port(serve: Serve, sink: RecordingSink, client: Client) -> None:
    async with serve() as server:
        await client.ask(server, "three-blocks")
        address = server.addresses[0]
    assert await client.receive() == Error(0, "the server is stopping")
    assert sink.of(TransferAborted)[0].why == "the server is stopping"
    async with serve(listen=(address,)) as again:
        assert await client.read(again, "small") == b"hello"


async def test_closing_while_the_file_is_looked_for(serve: Serve, client: Client) -> None:
    files = SlowFiles()
    async with serve(files) as server:
        await client.send(ReadRequest("slow", "octet"), server.addresses[0])
        other = Client()
        await other.send(WriteRequest("x", "octet"), server.addresses[0])
        await other.receive()
    assert server.counters.active == 0


async def test_many_clients_at_once(serve: Serve, sink: RecordingSink) -> None:
    async with serve() as server:
        clients = [Client(host=f"127.0.1.{number}") for number in range(1, 101)]
        contents = await asyncio.gather(*(client.read(server, "three-blocks") for client in clients))
        assert set(contents) == {bytes(range(256)) * 5}
        await sink.wait_for(FileDelivered, 100)
        assert server.counters.served == 100


class NoWay:
    """A socket that cannot send."""

    def __init__(self, error: OSError) -> None:
        self.error = error

    def sendto(self, *_arguments: object) -> int:
        raise self.error


def failing_once(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    """Let the first batch that is sent meet this error."""
    send = Outbox.send
    failures = [error]

    def sometimes(self: Outbox, target: socket.socket, descriptor: ctypes.c_int) -> list[tuple[bytes, bytes, int]]:
        if not failures:
            return send(self, target, descriptor)
        count, self.count = self.count, 0
        return self._send_rest(cast("socket.socket", NoWay(failures.pop())), 0, count)

    monkeypatch.setattr(Outbox, "send", sometimes)


async def test_full_send_buffer_only_delays(
    serve: Serve, sink: RecordingSink, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_once(monkeypatch, BlockingIOError(errno.EAGAIN, "full"))
    async with serve() as server:
        assert await client.read(server, "small") == b"hello"
        assert (await sink.wait_for(FileDelivered)).retransmissions == 0


async def test_no_way_to_the_client(
    serve: Serve, sink: RecordingSink, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_once(monkeypatch, OSError(errno.ENETUNREACH, "Network is unreachable"))
    async with serve() as server:
        await client.send(ReadRequest("small", "octet"), server.addresses[0])
        aborted = await sink.wait_for(TransferAborted)
        assert aborted.why == "cannot send to the client: Network is unreachable"
        assert server.counters.active == 0


async def test_idle_addresses_make_room_for_others(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tftp_pump, "ADDRESSES", 1)
    limits = TftpLimits(retransmission=RetransmissionPolicy(first=0.02))
    async with serve(listen=(("0.0.0.0", 0),), limits=limits) as server:
        for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
            other = Client(host="0.0.0.0")
            while not other.peer[0]:
                await other.send(ReadRequest("small", "octet"), (host, server.addresses[0][1]))
                # No answer while the address before is remembered; the client asks again, as clients do.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        assert await other.receive() == Data(1, b"hello")
            await other.send(Acknowledgement(1), other.peer)

"""The TFTP server: takes read requests, asks the provider for the file, and reports what became of it.

Everything that a phone must be told is told at once: a missing file is error 1, a file that is not for this client is
error 2 (phone boot reference, section 1: silence makes a boot minutes long). How blocks travel is the business of
``tftp_pump``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from bridge.capture import Carrier, Passed, Wire
from bridge.core import FileAnswer, FileDenied, FileFound, FileMissing, FileRequest, TransferUnderWay, Via
from bridge.core.events import FileDelivered, FileNotFound, FileRefused, FileRequested, TransferAborted
from bridge.errors import RemoteProtocolError
from bridge.net.datagrams import raw_address
from bridge.net.tap import NO_TAP, Wiretap
from bridge.net.tftp_pump import Flight, TransferPump
from bridge.net.tftp_sockets import Listener, LocalAddress, SocketAddress, open_listeners
from bridge.ports import Clock, EventSink, FileProvider
from bridge.tftp import (
    MAX_REQUEST,
    CutFiles,
    Error,
    ErrorCode,
    OptionLimits,
    ReadRequest,
    ReadTransfer,
    RetransmissionPolicy,
    TransferCompleted,
    TransferEvent,
    WriteRequest,
    decode,
    encode,
    negotiate,
    to_netascii,
)

log = logging.getLogger(__name__)

_REQUESTS_PER_WAKE = 64
_SWEEP_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class TftpLimits:
    """The bounds of the server."""

    transfers: int = 2000
    """Transfers at a time, those whose file is still being looked for included."""
    transfers_per_client: int = 200
    """The same for one address. Many phones may share one, behind a router that translates addresses."""
    name_length: int = 255
    """Characters of a file name."""
    netascii_size: int = 16 << 20
    """Octets of the largest file that is converted to netascii; no phone asks for it."""
    provider_seconds: float = 30.0
    """How long the provider may take for an answer."""
    receive_buffer: int = 4 << 20
    """Octets of a listener's receive buffer, where the system grants them."""
    ports: int = 8
    """UDP ports per own address that transfers go round."""
    options: OptionLimits = field(default_factory=OptionLimits)
    retransmission: RetransmissionPolicy = field(default_factory=RetransmissionPolicy)


DEFAULT_LIMITS = TftpLimits()


@dataclass(slots=True)
class TftpCounters:
    """What the server did since its start."""

    active: int = 0
    """Requests being answered at this moment."""
    served: int = 0
    missing: int = 0
    refused: int = 0
    aborted: int = 0
    malformed: int = 0
    """Datagrams at the listening port that are no requests."""
    repeated: int = 0
    """Requests that came again while the first was being answered."""
    retransmissions: int = 0


class _Job:
    """One request, from its datagram to the last block."""

    __slots__ = (
        "asked_at",
        "client",
        "data",
        "digest",
        "flight",
        "key",
        "local",
        "packet",
        "raw_client",
        "request",
        "secret",
        "size",
        "task",
        "version",
    )

    def __init__(
        self,
        key: tuple[SocketAddress, LocalAddress],
        data: bytes,
        packet: ReadRequest,
        request: FileRequest,
        asked_at: float,
    ) -> None:
        self.key = key
        self.client, self.local = key
        self.raw_client = raw_address(self.local.family, self.client)
        self.data = data
        self.packet = packet
        self.request = request
        self.asked_at = asked_at
        self.size = 0
        self.secret = False
        self.digest = self.version = ""
        self.task: asyncio.Task[None] | None = None
        self.flight: Flight[_Job] | None = None


class TftpServer:
    """A TFTP server for reading (RFC 1350, 2347, 2348, 2349, 7440). Writing is refused.

    ``listen`` holds numeric addresses and ports; port 0 lets the system choose. Create it, ``await start()`` in the
    event loop, ``await close()`` at the end.
    """

    def __init__(
        self,
        provider: FileProvider,
        sink: EventSink,
        clock: Clock,
        *,
        listen: Sequence[tuple[str, int]],
        limits: TftpLimits = DEFAULT_LIMITS,
        at_once: Callable[[FileRequest], FileAnswer | None] = lambda request: None,
        tap: Wiretap = NO_TAP,
    ) -> None:
        """``at_once`` says what needs no waiting; the provider is asked where it has no answer."""
        self._tap = tap
        self._provider = provider
        self._at_once = at_once
        self._sink = sink
        self._clock = clock
        self._listen = tuple(listen)
        self._limits = limits
        self._listeners: list[Listener] = []
        self._jobs: dict[tuple[SocketAddress, LocalAddress], _Job] = {}
        self._per_client: dict[str, int] = {}
        self._cut = CutFiles()
        self._sweeping: asyncio.TimerHandle | None = None
        self.counters = TftpCounters()

    async def start(self) -> None:
        """Bind every address. Raises ConfigurationError."""
        self._loop = asyncio.get_running_loop()
        self._listeners = open_listeners(self._listen, receive_buffer=self._limits.receive_buffer)
        self._pump = TransferPump(self._transfer_ended, ports=self._limits.ports, tap=self._tap)
        for listener in self._listeners:
            self._pump.watch(listener.socket, partial(self._receive_requests, listener))

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where the server listens: host and port of every listening socket."""
        return [listener.address for listener in self._listeners]

    def transfers(self) -> list[TransferUnderWay]:
        """What is on its way."""
        return [
            TransferUnderWay(
                job.request.name, job.request.client, Via.TFTP, job.flight.machine.acknowledged_octets, job.size
            )
            for job in self._jobs.values()
            if job.flight is not None
        ]

    async def close(self) -> None:
        """Stop listening, end every transfer with an error to its client, and let go of the sockets."""
        if not self._listeners:
            return
        for listener in self._listeners:
            listener.socket.close()
        self._listeners = []
        tasks = [job.task for job in self._jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for job in list(self._jobs.values()):
            if job.flight is None:
                self._end(job)
            else:
                job.flight.machine.abort(ErrorCode.NOT_DEFINED, "the server is stopping")
                self._pump.advance(job.flight)
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._pump.close()

    # --- requests ----------------------------------------------------------------------------------------------------

    def _receive_requests(self, listener: Listener, now: float) -> None:
        for _ in range(_REQUESTS_PER_WAKE):
            try:
                data, client, local = listener.receive(MAX_REQUEST + 1)
            except OSError:
                return
            if local is not None and client[1]:
                if self._tap.heard is not None:
                    own, other = (local.host, listener.address[1]), (client[0], client[1])
                    self._tap.heard(Passed(Wire.TFTP, Carrier.UDP, own, other, outgoing=False, data=data))
                self._receive_request(data, client, local, now)

    def _receive_request(self, data: bytes, client: SocketAddress, local: LocalAddress, now: float) -> None:
        key = (client, local)
        job = self._jobs.get(key)
        if job is not None:
            if job.data == data and (job.flight is None or job.flight.machine.receive_repeated_request(now=now)):
                self.counters.repeated += 1
                if job.flight is not None:
                    self._pump.advance(job.flight)
                return
            self._supersede(job)
        try:
            if len(data) > MAX_REQUEST:
                raise RemoteProtocolError("request too long", reply=ErrorCode.ILLEGAL_OPERATION)
            packet = decode(data)
        except RemoteProtocolError as error:
            self.counters.malformed += 1
            # Only what claims to be a request is answered: two servers must never send each other errors for errors.
            if data[:2] in (b"\0\1", b"\0\2"):
                self._send_error(client, local, error.reply or 0, error.why or error.what)
            return
        if not isinstance(packet, ReadRequest | WriteRequest):
            self.counters.malformed += 1
            return
        at = self._clock.now()
        request = FileRequest(name=packet.name, client=client[0], via=Via.TFTP, at=at, server=local.host)
        self._sink.record(FileRequested(at=at, name=packet.name, client=client[0], via=Via.TFTP, server=local.host))
        if isinstance(packet, WriteRequest):
            self._refuse(client, local, request, ErrorCode.ACCESS_VIOLATION, "this server does not take files")
        elif packet.mode not in ("octet", "netascii"):
            self._refuse(client, local, request, ErrorCode.ILLEGAL_OPERATION, "unknown mode: use octet or netascii")
        elif len(packet.name) > self._limits.name_length:
            self._refuse(client, local, request, ErrorCode.NOT_DEFINED, "the file name is too long")
        elif len(self._jobs) >= self._limits.transfers:
            self._refuse(client, local, request, ErrorCode.NOT_DEFINED, "too many transfers at a time, try again")
        elif self._per_client.get(client[0], 0) >= self._limits.transfers_per_client:
            self._refuse(
                client, local, request, ErrorCode.NOT_DEFINED, "too many transfers from this address, try again"
            )
        else:
            job = _Job(key, data, packet, request, now)
            self._jobs[key] = job
            self._per_client[client[0]] = self._per_client.get(client[0], 0) + 1
            self.counters.active += 1
            answer = self._at_once(request)
            if answer is not None:
                self._begin(job, answer)
                return
            job.task = self._loop.create_task(self._answer(job))
            if self._sweeping is None:
                self._sweeping = self._loop.call_later(_SWEEP_EVERY, self._sweep)

    async def _answer(self, job: _Job) -> None:
        try:
            answer = await self._provider.provide(job.request)
        except Exception:
            log.exception("no answer for a TFTP request of %s", job.client[0])
            answer = None
        job.task = None
        if self._jobs.get(job.key) is job:
            self._begin(job, answer)

    def _begin(self, job: _Job, answer: FileAnswer | None) -> None:
        match answer:
            case FileFound():
                try:
                    self._launch(job, answer)
                except RemoteProtocolError as error:
                    self._end(job)
                    self._refuse(job.client, job.local, job.request, error.reply or 0, error.why or error.what)
                except OSError as error:
                    self._end(job)
                    why = f"no port for the transfer: {error.strerror or error}"
                    log.error("%s", why)
                    self._refuse(job.client, job.local, job.request, ErrorCode.NOT_DEFINED, why)
            case FileMissing(why):
                self._end(job)
                self.counters.missing += 1
                self._send_error(job.client, job.local, ErrorCode.FILE_NOT_FOUND, "file not found")
                self._sink.record(
                    FileNotFound(
                        at=self._clock.now(), name=job.request.name, client=job.request.client, via=Via.TFTP, why=why
                    )
                )
            case FileDenied(why):
                self._end(job)
                self._refuse(job.client, job.local, job.request, ErrorCode.ACCESS_VIOLATION, why, told="access denied")
            case None:
                self._end(job)
                self._refuse(
                    job.client, job.local, job.request, ErrorCode.NOT_DEFINED, "the server failed to find an answer"
                )

    def _launch(self, job: _Job, answer: FileFound) -> None:
        content = answer.content
        if isinstance(content, memoryview) and (content.format != "B" or content.ndim != 1):
            content = content.cast("B")
        if job.packet.mode == "netascii":
            if len(content) > self._limits.netascii_size:
                raise RemoteProtocolError("file too large for netascii", fix="ask in octet mode", reply=0)
            content = to_netascii(content)
        terms = negotiate(job.packet.options, size=len(content), limits=self._limits.options)
        port = self._pump.port(job.local, job.raw_client)
        if port is None:
            raise RemoteProtocolError("too many transfers from this port, try again", reply=ErrorCode.NOT_DEFINED)
        job.size = len(content)
        job.secret = answer.secret_of is not None
        job.digest, job.version = answer.digest, answer.version
        digest = answer.known_digest if job.packet.mode == "octet" else ""
        machine = ReadTransfer(
            content,
            terms,
            now=self._loop.time(),
            policy=self._limits.retransmission,
            blocks=self._cut.blocks(digest, content, terms.block_size),
        )
        job.flight = Flight(machine, port, job.raw_client, job.client, job)
        self._pump.launch(job.flight)

    # --- ends --------------------------------------------------------------------------------------------------------

    def _transfer_ended(self, flight: Flight[_Job], event: TransferEvent) -> None:
        job = flight.job
        request = job.request
        job.flight = None
        self._end(job)
        self.counters.retransmissions += event.retransmissions
        if isinstance(event, TransferCompleted):
            self.counters.served += 1
            self._sink.record(
                FileDelivered(
                    at=self._clock.now(),
                    name=request.name,
                    client=request.client,
                    via=Via.TFTP,
                    size=job.size,
                    seconds=self._loop.time() - job.asked_at,
                    retransmissions=event.retransmissions,
                    secret=job.secret,
                    digest=job.digest,
                    version=job.version,
                )
            )
            return
        self.counters.aborted += 1
        self._sink.record(
            TransferAborted(
                at=self._clock.now(),
                name=request.name,
                client=request.client,
                via=Via.TFTP,
                size=job.size,
                acknowledged=event.acknowledged,
                why=event.why,
            )
        )

    def _supersede(self, job: _Job) -> None:
        """The client asks anew from the port of an unfinished request: it has forgotten that one."""
        if job.flight is None:
            self._end(job)
            if job.task is not None:
                job.task.cancel()
        else:
            # What abort() has to send stays unsent: at that port, the client now waits for something else.
            job.flight.machine.abort(ErrorCode.NOT_DEFINED, "the client asked anew")
            job.flight.machine.data_to_send()
            self._pump.advance(job.flight)

    def _end(self, job: _Job) -> None:
        del self._jobs[job.key]
        left = self._per_client[job.request.client] - 1
        if left:
            self._per_client[job.request.client] = left
        else:
            del self._per_client[job.request.client]
        self.counters.active -= 1

    def _refuse(
        self, client: SocketAddress, local: LocalAddress, request: FileRequest, code: int, why: str, *, told: str = ""
    ) -> None:
        """Refuse with an error whose text is ``told``, or ``why`` where the client may know."""
        self.counters.refused += 1
        self._send_error(client, local, code, told or why)
        self._sink.record(
            FileRefused(at=self._clock.now(), name=request.name, client=request.client, via=Via.TFTP, why=why)
        )

    def _send_error(self, client: SocketAddress, local: LocalAddress, code: int, text: str) -> None:
        try:
            raw_client = raw_address(local.family, client)
            port = self._pump.port(local, raw_client)
        except OSError as error:
            log.error("no port to answer from: %s", error)
            return
        if port is not None:
            port.dismiss(raw_client, encode(Error(code, text)))
            port.flush()

    def _sweep(self) -> None:
        """Cancel what the provider did not answer in time, so that it cannot fill the table of transfers."""
        self._sweeping = None
        latest = self._loop.time() - self._limits.provider_seconds
        for job in list(self._jobs.values()):
            if job.task is not None and job.asked_at < latest:
                job.task.cancel()
                self._begin(job, None)
        if self._jobs:
            self._sweeping = self._loop.call_later(_SWEEP_EVERY, self._sweep)

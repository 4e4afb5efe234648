"""What the TFTP tests share: a receiver written from the RFCs, a network that loses things, and small fakes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from bridge.core import FileAnswer, FileFound, FileMissing, FileRequest
from bridge.core.events import Event
from bridge.tftp import (
    Acknowledgement,
    Data,
    OptionAcknowledgement,
    ReadTransfer,
    TransferEvent,
    decode,
    encode,
)


class Receiver:
    """The reading side: RFC 1350, OACK by RFC 2347, windows by RFC 7440 section 4."""

    def __init__(self, *, block_size: int = 512, window: int = 1) -> None:
        self.block_size = block_size
        self.window = window
        self.content = bytearray()
        self.block = 0
        self.in_window = 0
        self.done = False

    def receive(self, datagram: bytes) -> list[bytes]:
        """Take a datagram, return the answers."""
        packet = decode(datagram)
        if isinstance(packet, OptionAcknowledgement):
            return [encode(Acknowledgement(0))] if self.block == 0 else []
        if not isinstance(packet, Data):
            return []
        if packet.block != (self.block + 1) & 0xFFFF:
            return self._acknowledge()
        self.content += packet.data
        self.block += 1
        self.in_window += 1
        self.done = len(packet.data) < self.block_size
        return self._acknowledge() if self.done or self.in_window == self.window else []

    def _acknowledge(self) -> list[bytes]:
        self.in_window = 0
        return [encode(Acknowledgement(self.block & 0xFFFF))]


Kind = TypeVar("Kind", bound=Event)

Network = Callable[[int, bytes], Iterable[bytes]]
"""What becomes of the n-th datagram: nothing, itself, or copies."""


def perfect(_number: int, datagram: bytes) -> Iterable[bytes]:
    """A network that delivers everything once."""
    return (datagram,)


def dropping(*numbers: int) -> Network:
    """A network that loses the datagrams with these numbers, counted from 0 over both directions."""
    return lambda number, datagram: () if number in numbers else (datagram,)


class Exchange:
    """A transfer and a receiver with a network between them, in memory; time passes only when nobody has anything."""

    def __init__(self, transfer: ReadTransfer, receiver: Receiver, network: Network = perfect) -> None:
        self.transfer = transfer
        self.receiver = receiver
        self.network = network
        self.now = 0.0
        self.sent = 0
        self.blocks_sent = 0
        self.event: TransferEvent | None = None

    def run(self, *, steps: int = 1_000_000) -> TransferEvent:
        """Go on to the end of the transfer."""
        to_receiver: deque[bytes] = deque()
        to_sender: deque[bytes] = deque()
        for _ in range(steps):
            for datagram in self.transfer.data_to_send():
                self.blocks_sent += 1
                to_receiver.extend(self._through(datagram))
            self.event = self.transfer.next_event()
            if self.event is not None:
                return self.event
            if to_receiver:
                for answer in self.receiver.receive(to_receiver.popleft()):
                    to_sender.extend(self._through(answer))
            elif to_sender:
                self.transfer.receive_datagram(to_sender.popleft(), now=self.now)
            else:
                timer = self.transfer.timer()
                assert timer is not None
                self.now = max(self.now, timer)
                self.transfer.handle_timer(now=self.now)
        raise AssertionError("the transfer does not end")

    def _through(self, datagram: bytes) -> Iterable[bytes]:
        self.sent += 1
        return self.network(self.sent - 1, datagram)


class FixedClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        """Always the same moment."""
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class RecordingSink:
    """Keeps every event, and lets a test wait for the next of a kind."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._came = asyncio.Event()

    def record(self, event: Event) -> None:
        """Keep it."""
        self.events.append(event)
        self._came.set()

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    async def wait_for(self, kind: type[Kind], number: int = 1) -> Kind:
        """The ``number``-th event of a kind, as soon as it is there."""
        async with asyncio.timeout(20):
            while len(self.of(kind)) < number:
                self._came.clear()
                await self._came.wait()
        return self.of(kind)[number - 1]


class Files:
    """A provider that answers from a table."""

    def __init__(self, files: Mapping[str, FileAnswer | bytes]) -> None:
        self.files = files
        self.requests: list[FileRequest] = []

    async def provide(self, request: FileRequest) -> FileAnswer:
        """What the table says; FileMissing where it says nothing."""
        self.requests.append(request)
        answer = self.files.get(request.name, FileMissing())
        return FileFound(request.name, answer) if isinstance(answer, bytes) else answer

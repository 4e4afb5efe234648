"""The event loop's part of TFTP transfers, made for hundreds of them at a time.

A transfer in lock-step is a stream of tiny datagrams, and in Python the turns of the event loop around each of them
cost more than the datagrams. What keeps that small:

- **A pool of ports.** No socket is opened, bound, registered and closed per transfer. A transfer is known by the
  client's address and port *and* our port; RFC 1350 section 4 wants a port of ours that this client did not use just
  before, and going round the pool gives one. Ended transfers stay known until their timer entry comes up, so that a
  client's late datagrams find a transfer that ignores them, and its port is not given to the same client again.
- **An epoll of our own**, of which the event loop sees one descriptor. One wake-up of the loop serves all ports that
  have something, round after round until none has, within a budget that leaves the loop to others in between.
- **One datagram per port and round.** Reading on "until there is none" would cost one failing system call, and an
  exception, per port and round; epoll says the same for less.
- **One heap of timers** with one entry per transfer. An entry that comes up too early, because the transfer got on
  meanwhile, goes back with its new time; so a block costs no timer work at all.

Linux only, as the whole service is.
"""

from __future__ import annotations

import asyncio
import heapq
import select
import socket
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Generic, TypeVar

from bridge.net.tftp_sockets import LocalAddress, SocketAddress, open_transfer_socket
from bridge.tftp import Error, ErrorCode, ReadTransfer, TransferEvent, encode

ROUNDS = 8
"""Rounds of reading per wake-up before the loop's other work gets its turn."""
DATAGRAM = 256
"""Octets read of what a client sends during a read transfer: ACKs have 4; the tail of an ERROR's text may be lost."""
TIMER_GRAIN = 0.02
"""Seconds: how much later than asked a timer may go off, so that many go off together."""
POSTPONED = 4096
"""Datagrams kept while a send buffer is full. More are dropped, as the network would; retransmission covers it."""
POSTPONED_FOR = 0.002
ADDRESSES = 64
"""Own addresses with ports open at a time; idle ones make room."""

_UNKNOWN_TRANSFER = encode(Error(ErrorCode.UNKNOWN_TRANSFER_ID, "unknown transfer"))

Job = TypeVar("Job")


class Flight(Generic[Job]):
    """One transfer under way: its machine, its client, and what the server knows about it (``job``)."""

    __slots__ = ("client", "job", "machine", "port")

    def __init__(self, machine: ReadTransfer, port: Port[Job], client: SocketAddress, job: Job) -> None:
        self.machine = machine
        self.port = port
        self.client = client
        self.job = job


class Port(Generic[Job]):
    """One socket of the pool, with the transfers that use it."""

    __slots__ = ("_pump", "_recvfrom", "flights", "sendto", "socket")

    def __init__(self, pump: TransferPump[Job], local: LocalAddress) -> None:
        self._pump = pump
        self.socket = open_transfer_socket(local)
        self._recvfrom = self.socket.recvfrom
        self.sendto = self.socket.sendto
        self.flights: dict[SocketAddress, Flight[Job]] = {}

    def receive(self, now: float) -> None:
        """Take one datagram. This, and what it calls, is the path of every block."""
        try:
            data, client = self._recvfrom(DATAGRAM)
        except OSError:
            return
        flight = self.flights.get(client)
        if flight is None:
            if data[:2] in (b"\0\3", b"\0\4"):
                self._pump.send(self, [_UNKNOWN_TRANSFER], client)
            return
        machine = flight.machine
        machine.receive_datagram(data, now=now)
        datagrams = machine.data_to_send()
        try:
            for datagram in datagrams:
                self.sendto(datagram, client)
        except OSError as error:
            self._pump.send_failed(flight, error, datagrams, datagram)
        event = machine.next_event()
        if event is not None:
            self._pump.finished(flight, event)


class TransferPump(Generic[Job]):
    """Moves datagrams between sockets and transfer machines. ``on_end`` is told how each transfer ended."""

    def __init__(self, on_end: Callable[[Flight[Job], TransferEvent], None], *, ports: int) -> None:
        self._on_end = on_end
        self._size = ports
        self._pools: dict[LocalAddress, deque[Port[Job]]] = {}
        self._readers: dict[int, Callable[[float], None]] = {}
        self._timers: list[tuple[float, int, Flight[Job]]] = []
        self._serial = count()
        self._alarm: asyncio.TimerHandle | None = None
        self._postponed: deque[tuple[Port[Job], bytes, SocketAddress]] = deque()
        self._loop = asyncio.get_running_loop()
        self._epoll = select.epoll()
        self._loop.add_reader(self._epoll.fileno(), self._wake)

    def watch(self, source: socket.socket, receive: Callable[[float], None]) -> None:
        """Call ``receive(now)`` whenever ``source`` has something."""
        self._readers[source.fileno()] = receive
        self._epoll.register(source.fileno(), select.EPOLLIN)

    def port(self, local: LocalAddress, client: SocketAddress) -> Port[Job] | None:
        """A port of that address that this client did not use lately; None when there is none. Raises OSError."""
        pool = self._pools.get(local)
        if pool is None:
            self._make_room()
            pool = self._pools.setdefault(local, deque())
        if len(pool) < self._size:
            port = Port(self, local)
            self.watch(port.socket, port.receive)
            pool.append(port)
            return port
        for _ in range(len(pool)):
            port = pool[0]
            pool.rotate(-1)
            if client not in port.flights:
                return port
        return None

    def launch(self, flight: Flight[Job]) -> None:
        """Begin a transfer: send what its machine has, and look after it until its end."""
        flight.port.flights[flight.client] = flight
        self.advance(flight)
        self._push_timer(flight)

    def advance(self, flight: Flight[Job]) -> None:
        """Send what the machine has to send, and report its end if that is what it came to."""
        self.send(flight.port, flight.machine.data_to_send(), flight.client, flight)
        event = flight.machine.next_event()
        if event is not None:
            self.finished(flight, event)

    def send(
        self, port: Port[Job], datagrams: list[bytes], client: SocketAddress, flight: Flight[Job] | None = None
    ) -> None:
        """Send datagrams from a port, as far as the system takes them."""
        try:
            for datagram in datagrams:
                port.sendto(datagram, client)
        except OSError as error:
            if flight is not None:
                self.send_failed(flight, error, datagrams, datagram)

    def send_failed(self, flight: Flight[Job], error: OSError, datagrams: list[bytes], failed: bytes) -> None:
        """Postpone the rest when the send buffer is full; give the transfer up when there is no way to the client."""
        if isinstance(error, BlockingIOError):
            if not self._postponed:
                self._loop.call_later(POSTPONED_FOR, self._send_postponed)
            for datagram in datagrams[datagrams.index(failed) :]:
                if len(self._postponed) < POSTPONED:
                    self._postponed.append((flight.port, datagram, flight.client))
            return
        flight.machine.abort(ErrorCode.NOT_DEFINED, f"cannot send to the client: {error.strerror or error}")
        flight.machine.data_to_send()

    def finished(self, flight: Flight[Job], event: TransferEvent) -> None:
        """A machine came to its end."""
        self._on_end(flight, event)

    def close(self) -> None:
        """Let go of everything."""
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()
        if self._alarm is not None:
            self._alarm.cancel()
        for pool in self._pools.values():
            for port in pool:
                port.socket.close()
        self._pools.clear()
        self._readers.clear()
        self._timers.clear()
        self._postponed.clear()

    # --- private -----------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        now = self._loop.time()
        poll, readers = self._epoll.poll, self._readers
        for _ in range(ROUNDS):
            ready = poll(0)
            if not ready:
                return
            for descriptor, _events in ready:
                readers[descriptor](now)

    def _push_timer(self, flight: Flight[Job]) -> None:
        when = flight.machine.timer()
        if when is None:
            # Over already, but remembered for a while: see the first point above.
            when = self._loop.time() + 1.0
        heapq.heappush(self._timers, (when, next(self._serial), flight))
        self._arm()

    def _arm(self) -> None:
        if not self._timers:
            return
        first = self._timers[0][0]
        if self._alarm is not None:
            if self._alarm.when() <= first + TIMER_GRAIN:
                return
            self._alarm.cancel()
        self._alarm = self._loop.call_at(max(first, self._loop.time() + TIMER_GRAIN), self._alarm_rang)

    def _alarm_rang(self) -> None:
        self._alarm = None
        now = self._loop.time()
        timers = self._timers
        while timers and timers[0][0] <= now:
            flight = heapq.heappop(timers)[2]
            flight.machine.handle_timer(now=now)
            self.advance(flight)
            when = flight.machine.timer()
            if when is not None:
                heapq.heappush(timers, (when, next(self._serial), flight))
            elif flight.port.flights.get(flight.client) is flight:
                del flight.port.flights[flight.client]
        self._arm()

    def _send_postponed(self) -> None:
        postponed = self._postponed
        while postponed:
            port, datagram, client = postponed[0]
            try:
                port.sendto(datagram, client)
            except BlockingIOError:
                self._loop.call_later(POSTPONED_FOR, self._send_postponed)
                return
            except OSError:
                pass  # lost, as in the network; the next retransmission meets the same error and ends the transfer
            postponed.popleft()

    def _make_room(self) -> None:
        if len(self._pools) < ADDRESSES:
            return
        for local, pool in self._pools.items():
            if not any(port.flights for port in pool):
                for port in pool:
                    self._epoll.unregister(port.socket.fileno())
                    del self._readers[port.socket.fileno()]
                    port.socket.close()
                del self._pools[local]
                return
        raise OSError("too many of our own addresses are in use at a time")

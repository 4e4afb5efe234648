"""The event loop's part of TFTP transfers, made for hundreds of them at a time.

A transfer in lock-step is a stream of tiny datagrams, and in Python the turns of the event loop around each of them
cost more than the datagrams. What keeps that small:

- **A pool of ports.** No socket is opened, bound, registered and closed per transfer. A transfer is known by the
  client's address and port *and* our port; RFC 1350 section 4 wants a port of ours that this client did not use just
  before, and going round the pool gives one. Clients whose transfer ended stay known for a moment, so that their late
  datagrams are passed over, and the port is not given to the same client again. Of the transfer itself nothing is kept:
  thousands of ended ones would be a long walk for the garbage collector.
- **An epoll of our own**, of which the event loop sees one descriptor. One wake-up of the loop serves all ports that
  have something, round after round until none has, within a time that leaves the loop to others in between.
- **Batches.** What waits at a port is read by one system call, and what the transfers answer is sent by one
  (``bridge.net.datagrams``). Few ports make large batches.
- **A little patience.** A client on this host answers within microseconds, which is less than falling asleep and being
  woken costs. So the last round is tried again for a moment, as long as that pays; with clients on the network it does
  not, and soon stops.
- **Timers by the slot**, with one entry per transfer. An entry that comes up too early, because the transfer got on
  meanwhile, goes into the slot of its new time; so a block costs no timer work at all.

Linux only, as the whole service is.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import select
import socket
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

from bridge.capture import Carrier, Passed, Wire
from bridge.net.datagrams import BATCH, SENT, Inbox, Outbox, is_full, socket_address
from bridge.net.tap import Wiretap
from bridge.net.tftp_sockets import LocalAddress, SocketAddress, open_transfer_socket
from bridge.net.timerslots import TimerSlots
from bridge.tftp import Error, ErrorCode, ReadTransfer, TransferEvent, encode

TURN = 0.003
"""Seconds of reading round after round per wake-up before the loop's other work gets its turn."""
PATIENCE = 30
"""Looks at the ports, a third of a microsecond each, before the loop goes to sleep."""
TRY_AGAIN = 256
"""Wake-ups after which patience that did not pay is tried again."""
TIMER_GRAIN = 0.02
"""Seconds: how much later than asked a timer may go off, so that many go off together."""
REMEMBERED = 1.0
"""Seconds that a client stays known at a port after its transfer."""
POSTPONED = 4096
"""Datagrams kept while a send buffer is full. More are dropped, as the network would; retransmission covers it."""
DISMISSED = 1024
"""Clients per port whose acknowledgement of an error is passed over; the oldest are forgotten."""
POSTPONED_FOR = 0.002
ADDRESSES = 64
"""Own addresses with ports open at a time; idle ones make room."""

_UNKNOWN_TRANSFER = encode(Error(ErrorCode.UNKNOWN_TRANSFER_ID, "unknown transfer"))

Job = TypeVar("Job")


class Flight(Generic[Job]):
    """One transfer under way: its machine, its client's address twice, and what the server knows about it (``job``)."""

    __slots__ = ("address", "client", "job", "machine", "port", "slot")

    def __init__(self, machine: ReadTransfer, port: Port[Job], client: bytes, address: SocketAddress, job: Job) -> None:
        self.address = address
        self.slot = 0
        """Of the timer."""
        self.machine = machine
        self.port = port
        self.client = client
        self.job = job


class Port(Generic[Job]):
    """One socket of the pool, with the transfers that use it."""

    __slots__ = ("_descriptor", "_dismissed", "_inbox", "_outbox", "_own", "_pump", "flights", "socket")

    def __init__(self, pump: TransferPump[Job], local: LocalAddress) -> None:
        self._pump = pump
        self._inbox, self._outbox = pump.boxes(local.family)
        self.socket = open_transfer_socket(local)
        self._descriptor = ctypes.c_int(self.socket.fileno())
        self._own: tuple[str, int] = self.socket.getsockname()[:2]
        self._dismissed: dict[bytes, bool] = {}
        self.flights: dict[bytes, Flight[Job] | None] = {}
        """By client; None for one whose transfer is over, and whose late datagrams are passed over."""

    def receive(self, now: float) -> None:
        """Take a batch of datagrams, and answer them. This, and what it calls, is the path of every block."""
        flights, put, outbox = self.flights, self.send, self._outbox
        batch = self._inbox.receive(self._descriptor)
        if self._pump.tap.heard is not None:
            for client, data in batch:
                self.tell(self._pump.tap.heard, client, data, outgoing=False)
        alone = len(batch) == 1
        for client, data in batch:
            flight = flights.get(client)
            if flight is None:
                if client in flights or (data[:2] == b"\0\4" and self._dismissed.pop(client, False)):
                    continue
                if data[:2] in (b"\0\3", b"\0\4"):
                    put(client, _UNKNOWN_TRANSFER)
                continue
            machine = flight.machine
            block = machine.next_block(data, now=now)
            if block is not None:
                if alone:
                    self._pump.send_alone(self, client, block, flight.address)
                elif len(block) <= SENT:
                    outbox.put(client, block)
                    if outbox.count == BATCH:
                        self.flush()
                else:
                    put(client, block)
                continue
            machine.receive_datagram(data, now=now)
            datagrams = machine.data_to_send()
            if alone and len(datagrams) == 1:
                self._pump.send_alone(self, client, datagrams[0], flight.address)
            else:
                for datagram in datagrams:
                    put(client, datagram)
            event = machine.next_event()
            if event is not None:
                self._pump.end(flight, event)
        self.flush()

    def dismiss(self, client: bytes, datagram: bytes) -> None:
        """Send an error for a request, and pass over the acknowledgement that it may get.

        tftp-hpa's client acknowledges errors. Told that nobody knows its transfer, it would take that for the answer to
        its next request, and so on to the end of its session.
        """
        self._dismissed[client] = True
        if len(self._dismissed) > DISMISSED:
            del self._dismissed[next(iter(self._dismissed))]
        self.send(client, datagram)

    def send(self, client: bytes, datagram: bytes) -> None:
        """Put a datagram into the batch that ``flush`` sends."""
        outbox = self._outbox
        if len(datagram) > SENT:
            self.flush()
            self._pump.send_alone(self, client, datagram)
        else:
            outbox.put(client, datagram)
            if outbox.count == BATCH:
                self.flush()

    def flush(self) -> None:
        """Send the batch. The boxes are shared, so nobody may leave a batch behind."""
        if self._outbox.count:
            heard = self._pump.tap.heard
            if heard is not None:
                for client, datagram in self._outbox.waiting():
                    self.tell(heard, client, datagram, outgoing=True)
            for client, datagram, why in self._outbox.send(self.socket, self._descriptor):
                self._pump.unsent(self, client, datagram, why)

    def tell(self, heard: Callable[[Passed], None], client: bytes, data: bytes, *, outgoing: bool) -> None:
        """Tell the tap of one datagram."""
        host, port = socket_address(client)[:2]
        heard(Passed(Wire.TFTP, Carrier.UDP, self._own, (host, port), outgoing, data))


class TransferPump(Generic[Job]):
    """Moves datagrams between sockets and transfer machines. ``on_end`` is told how each transfer ended."""

    def __init__(self, on_end: Callable[[Flight[Job], TransferEvent], None], *, ports: int, tap: Wiretap) -> None:
        self._on_end = on_end
        self.tap = tap
        self._size = ports
        self._boxes: dict[int, tuple[Inbox, Outbox]] = {}
        self._pools: dict[LocalAddress, deque[Port[Job]]] = {}
        self._readers: dict[int, Callable[[float], None]] = {}
        self._timers: TimerSlots[Flight[Job]] = TimerSlots(TIMER_GRAIN)
        self._alarm: asyncio.TimerHandle | None = None
        self._over: deque[tuple[float, Port[Job], bytes]] = deque()
        """Clients whose transfer ended, in that order, and until when they are remembered."""
        self._postponed: deque[tuple[Port[Job], bytes, bytes]] = deque()
        self._patience = PATIENCE
        self._wakes = 0
        self._loop = asyncio.get_running_loop()
        self._epoll = select.epoll()
        self._loop.add_reader(self._epoll.fileno(), self._wake)

    def boxes(self, family: int) -> tuple[Inbox, Outbox]:
        """The buffers that all sockets of one address family share."""
        boxes = self._boxes.get(family)
        if boxes is None:
            boxes = self._boxes[family] = Inbox(family), Outbox(family)
        return boxes

    def watch(self, source: socket.socket, receive: Callable[[float], None]) -> None:
        """Call ``receive(now)`` whenever ``source`` has something."""
        self._readers[source.fileno()] = receive
        self._epoll.register(source.fileno(), select.EPOLLIN)

    def port(self, local: LocalAddress, client: bytes) -> Port[Job] | None:
        """A port of that address that this client did not use lately, or has done with; None when there is none.

        Raises OSError.
        """
        self._forget()
        pool = self._pools.get(local)
        if pool is None:
            self._make_room()
            pool = self._pools.setdefault(local, deque())
        if len(pool) < self._size:
            try:
                port = Port(self, local)
            except OSError:
                # Out of descriptors, perhaps: then those that are open must do.
                if not pool:
                    del self._pools[local]
                    raise
            else:
                self.watch(port.socket, port.receive)
                pool.append(port)
                return port
        for _ in range(len(pool)):
            port = pool[0]
            pool.rotate(-1)
            if client not in port.flights:
                return port
        # It asks for one file after the other from one port. One that it has done with is better than no answer.
        return next((port for port in pool if port.flights[client] is None), None)

    def launch(self, flight: Flight[Job]) -> None:
        """Begin a transfer: send what its machine has, and look after it until its end."""
        flight.port.flights[flight.client] = flight
        self.advance(flight)
        self._set_timer(flight)

    def advance(self, flight: Flight[Job]) -> None:
        """Send what the machine has to send, and report its end if that is what it came to."""
        port = flight.port
        for datagram in flight.machine.data_to_send():
            port.send(flight.client, datagram)
        port.flush()
        event = flight.machine.next_event()
        if event is not None:
            self.end(flight, event)

    def end(self, flight: Flight[Job], event: TransferEvent) -> None:
        """Let go of a transfer that is over, and report it."""
        flight.port.flights[flight.client] = None
        self._over.append((self._loop.time() + REMEMBERED, flight.port, flight.client))
        self._timers.remove(flight, flight.slot)
        self._on_end(flight, event)

    def send_alone(self, port: Port[Job], client: bytes, datagram: bytes, address: SocketAddress | None = None) -> None:
        """Send a datagram that is too long for a batch, or has none to travel with."""
        try:
            port.socket.sendto(datagram, address or socket_address(client))
        except OSError as error:
            self.unsent(port, client, datagram, error.errno or 0)
            return
        if self.tap.heard is not None:
            port.tell(self.tap.heard, client, datagram, outgoing=True)

    def unsent(self, port: Port[Job], client: bytes, datagram: bytes, why: int) -> None:
        """Postpone a datagram when the send buffer is full; end the transfer when there is no way to the client."""
        if is_full(why):
            if not self._postponed:
                self._loop.call_later(POSTPONED_FOR, self._send_postponed)
            if len(self._postponed) < POSTPONED:
                self._postponed.append((port, client, datagram))
            return
        flight = port.flights.get(client)
        if flight is not None:
            flight.machine.abort(ErrorCode.NOT_DEFINED, f"cannot send to the client: {os.strerror(why)}")
            flight.machine.data_to_send()
            # Not here and now: we may stand in the middle of this very transfer's turn.
            self._loop.call_soon(self.advance, flight)

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
        self._over.clear()
        self._postponed.clear()

    # --- private -----------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        now, until = self._loop.time(), monotonic() + TURN
        poll, readers = self._epoll.poll, self._readers
        self._wakes += 1
        if self._wakes % TRY_AGAIN == 0:
            self._patience = PATIENCE
        while True:
            ready = poll(0)
            if not ready:
                for _ in range(self._patience):
                    ready = poll(0)
                    if ready:
                        self._patience = PATIENCE
                        break
                else:
                    self._patience //= 2
                    return
            for descriptor, _events in ready:
                reader = readers.get(descriptor)
                # None: closed meanwhile, in this very round.
                if reader is not None:
                    reader(now)
            if monotonic() > until:
                return

    def _set_timer(self, flight: Flight[Job]) -> None:
        when = flight.machine.timer()
        if when is not None:
            flight.slot = self._timers.add(flight, when)
            self._arm()

    def _arm(self) -> None:
        first = self._timers.next()
        if first is None:
            return
        if self._alarm is not None:
            if self._alarm.when() <= first:
                return
            self._alarm.cancel()
        self._alarm = self._loop.call_at(first, self._alarm_rang)

    def _alarm_rang(self) -> None:
        self._alarm = None
        now = self._loop.time()
        for flight in self._timers.due(now):
            flight.machine.handle_timer(now=now)
            self.advance(flight)
            self._set_timer(flight)
        self._arm()

    def _forget(self) -> None:
        """Forget clients whose transfer ended a while ago."""
        now = self._loop.time()
        while self._over and self._over[0][0] <= now:
            _, port, client = self._over.popleft()
            if port.flights.get(client) is None:  # it may be back already
                port.flights.pop(client, None)

    def _send_postponed(self) -> None:
        waiting, self._postponed = self._postponed, deque()
        for port, client, datagram in waiting:
            self.send_alone(port, client, datagram)

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

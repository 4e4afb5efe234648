"""The sending side of one read transfer: a machine with five verbs, fed with the datagrams of one client.

What it keeps to:

- RFC 1350 sections 2 and 6: lock-step, retransmission, an end by a block that is shorter than the block size. Block
  numbers have 16 bits on the wire and wrap to 0, so that a file may be longer than 65,535 blocks.
- RFC 1123 section 4.2.3.1, the sorcerer's apprentice: a repeated ACK never makes us send anything in lock-step, only
  the timer does; RFC 1123 section 4.2.3.2: the interval between retransmissions grows.
- RFC 2347: an OACK is sent like a block 0 and must be acknowledged by ACK 0 before any data.
- RFC 7440 section 4: with windows, an ACK inside the window means that what follows it got lost, and sending goes back
  to there. An ACK of the block *before* the window (its first block got lost) counts likewise, but only where that
  block was sent once: otherwise the ACK may answer the older copy, and every window would be sent twice for the rest
  of the file.

Datagrams that make no sense at their moment are counted (``strays``) and otherwise ignored: on a network where anybody
can send anything, one broken datagram must not end the transfer of a firmware image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.tftp.blocks import CutBlock
from bridge.tftp.options import Terms
from bridge.tftp.packets import HEADER, Error, OptionAcknowledgement, decode, encode

_DATA, _ACK, _ERROR = 3, 4, 5
_pack = HEADER.pack
_unpack_from = HEADER.unpack_from


@dataclass(frozen=True, slots=True)
class RetransmissionPolicy:
    """When to send again, and when to give up. Times in seconds."""

    first: float = 1.0
    """The first interval, unless the client negotiated another one."""
    factor: float = 2.0
    longest: float = 8.0
    """Intervals do not grow beyond this (or beyond what the client negotiated, if that is longer)."""
    attempts: int = 5
    """Retransmissions in a row without progress; then the client counts as gone."""


DEFAULT_RETRANSMISSION = RetransmissionPolicy()


@dataclass(frozen=True, slots=True)
class TransferCompleted:
    """The client acknowledged the last block."""

    retransmissions: int
    """Datagrams sent more than once."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """The client sent an ERROR, or fell silent."""

    acknowledged: int
    """Octets that the client is known to have."""
    why: str
    retransmissions: int


TransferEvent = TransferCompleted | TransferFailed


class ReadTransfer:
    """One file on its way to one client. ``content`` is sent as it is and never copied as a whole.

    ``blocks`` is the same file as ``CutFiles`` has it for the block size of ``terms``; it may be left out.
    """

    __slots__ = (
        "_acknowledged",
        "_attempts",
        "_awaited",
        "_block_size",
        "_blocks",
        "_content",
        "_deadline",
        "_event",
        "_interval",
        "_last",
        "_oack",
        "_outbox",
        "_over",
        "_policy",
        "_resent",
        "_retransmissions",
        "_sent",
        "_size",
        "_window",
        "strays",
    )

    def __init__(
        self,
        content: bytes | memoryview,
        terms: Terms,
        *,
        now: float,
        policy: RetransmissionPolicy = DEFAULT_RETRANSMISSION,
        blocks: Sequence[CutBlock] = (),
    ) -> None:
        self._content = content
        self._blocks = blocks
        self._size = len(content)
        self._block_size = terms.block_size
        self._window = terms.window_size
        if terms.timeout is not None:
            policy = RetransmissionPolicy(
                float(terms.timeout), policy.factor, max(policy.longest, float(terms.timeout)), policy.attempts
            )
        self._policy = policy
        self._interval = policy.first
        self._attempts = 0
        # Blocks are counted without end from 1; only the wire's numbers wrap.
        self._last = self._size // terms.block_size + 1
        self._acknowledged = 0
        self._sent = 0
        self._resent = -1
        """The highest block that was sent more than once; the OACK counts as block 0."""
        self._retransmissions = 0
        self._event: TransferEvent | None = None
        self._over = False
        self._awaited: bytes | None = None
        """In lock-step, the datagram that acknowledges the block under way; None where there is none such."""
        self.strays = 0
        self._outbox: list[bytes] = []
        self._oack = encode(OptionAcknowledgement(terms.granted)) if terms.granted else b""
        """Not empty until the client has acknowledged it."""
        self._deadline = now
        self._send_flight(now)

    @property
    def acknowledged_octets(self) -> int:
        """Octets of the file that the client is known to have."""
        return min(self._size, self._acknowledged * self._block_size)

    # --- what comes in -----------------------------------------------------------------------------------------------

    def receive_datagram(self, data: bytes, *, now: float) -> None:
        """Take one datagram of this transfer's client. Never raises, whatever it holds."""
        if self._over:
            return
        if len(data) < 4:
            self.strays += 1
            return
        opcode, number = _unpack_from(data)
        if opcode == _ACK:
            self._receive_acknowledgement(number, now)
        elif opcode == _ERROR:
            self._receive_error(data)
        else:
            self.strays += 1

    def next_block(self, data: bytes, *, now: float) -> bytes | None:
        """``receive_datagram`` and ``data_to_send`` in one, for what almost every datagram is.

        In lock-step, the ACK of the block under way: the next block. None for everything else, and nothing has happened
        then. A large file is ten thousand blocks, and the four verbs cost twice as much.
        """
        acknowledged = self._sent
        if data != self._awaited or acknowledged == self._last:
            return None
        self._acknowledged = acknowledged
        self._sent = block = acknowledged + 1
        if self._attempts:
            self._attempts = 0
            self._interval = self._policy.first
        self._deadline = now + self._interval
        if self._blocks:
            packet, self._awaited = self._blocks[acknowledged]
            return packet
        self._awaited = _pack(_ACK, block & 0xFFFF)
        start = acknowledged * self._block_size
        return _pack(_DATA, block & 0xFFFF) + self._content[start : start + self._block_size]

    def receive_repeated_request(self, *, now: float) -> bool:
        """The client sent its request again, from the same port.

        Nothing acknowledged yet: our first answer may be lost, and is sent again. Data flowing: the request was late,
        and is ignored. False when the client has fallen silent in the middle: then it has begun anew, and so should we.
        """
        if self._over:
            return False
        if self._acknowledged:
            return not self._attempts
        if self._oack or self._window == 1:
            self._retransmissions += 1
            self._resent = max(self._resent, self._sent)
            self._outbox.clear()
            self._send_flight(now)
        return True

    def _receive_acknowledgement(self, number: int, now: float) -> None:
        if self._oack:
            if number:
                self.strays += 1
                return
            self._oack = b""
        else:
            sent, acknowledged = self._sent, self._acknowledged
            ahead = (number - acknowledged) & 0xFFFF
            in_flight = sent - acknowledged
            if ahead > in_flight:
                self.strays += 1
                return
            if ahead == 0 and (self._window == 1 or acknowledged <= self._resent):
                return
            if ahead < in_flight:
                self._retransmissions += in_flight - ahead
                self._resent = sent
            self._acknowledged = acknowledged = acknowledged + ahead
            if acknowledged == self._last:
                self._end(TransferCompleted(self._retransmissions))
                return
        self._attempts = 0
        self._interval = self._policy.first
        self._send_flight(now)

    def _receive_error(self, data: bytes) -> None:
        packet = decode(data)
        if isinstance(packet, Error):
            text = "".join(character if character.isprintable() else "?" for character in packet.message[:200])
            self._fail(f"the client sent error {packet.code}" + (f": {text}" if text else ""))

    # --- time --------------------------------------------------------------------------------------------------------

    def timer(self) -> float | None:
        """When ``handle_timer`` wants to be called; None once the transfer is over."""
        return None if self._over else self._deadline

    def handle_timer(self, *, now: float) -> None:
        """Send again what was not acknowledged in time, or give up."""
        if self._over or now < self._deadline:
            return
        if self._attempts == self._policy.attempts:
            self._fail("the client fell silent")
            return
        self._attempts += 1
        self._interval = min(self._interval * self._policy.factor, self._policy.longest)
        if self._oack:
            self._retransmissions += 1
            self._resent = 0
        else:
            self._retransmissions += self._sent - self._acknowledged
            self._resent = self._sent
        self._send_flight(now)

    # --- what goes out -----------------------------------------------------------------------------------------------

    def data_to_send(self) -> list[bytes]:
        """Datagrams for the client, oldest first; each is returned once."""
        outbox = self._outbox
        if outbox:
            self._outbox = []
        return outbox

    def next_event(self) -> TransferEvent | None:
        """How the transfer ended, once."""
        event = self._event
        if event is not None:
            self._event = None
        return event

    def abort(self, code: int, why: str) -> None:
        """End the transfer from our side; the client is told."""
        if not self._over:
            self._outbox = [encode(Error(code, why))]
            self._fail(why)

    @property
    def acknowledged(self) -> int:
        """Octets that the client is known to have."""
        return min(self._acknowledged * self._block_size, self._size)

    def _send_flight(self, now: float) -> None:
        """Put the OACK, or the window after the last acknowledged block, into the outbox."""
        self._deadline = now + self._interval
        if self._oack:
            self._outbox.append(self._oack)
            return
        block = self._acknowledged
        content, size, blocks = self._content, self._block_size, self._blocks
        last = block + self._window
        if last > self._last:
            last = self._last
        start = block * size
        while block < last:
            packet = blocks[block][0] if blocks else _pack(_DATA, (block + 1) & 0xFFFF) + content[start : start + size]
            self._outbox.append(packet)
            block += 1
            start += size
        self._sent = last
        self._awaited = _pack(_ACK, last & 0xFFFF) if self._window == 1 else None

    def _fail(self, why: str) -> None:
        self._end(TransferFailed(self.acknowledged, why, self._retransmissions))

    def _end(self, event: TransferEvent) -> None:
        self._event = event
        self._over = True
        self._awaited = None
        self._content = b""  # a finished transfer may wait for its timer; the file must not
        self._blocks = ()

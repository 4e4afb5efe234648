"""RTP as a phone speaks it: packets (RFC 3550), telephone events (RFC 4733), one stream in each direction.

Nothing here knows sockets or clocks: a stream makes the next packet when asked, and takes what arrived.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass

from bridge.core.g711 import SILENCE
from bridge.lab.alaw import PCMA, TO_A_LAW, TO_MU_LAW
from bridge.lab.g711 import PACKET_SAMPLES, ToneHeard, ToneListener, tone_payloads

PCMU = 0
"""Static payload type of G.711 mu-law."""
EVENT_KEYS = "0123456789*#ABCD"
"""Keys in the order of their event codes (RFC 4733, section 3.2)."""
_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_VERSION_2 = 0x80
_MARKER = 0x80
_END = 0x80
_VOLUME = 10
_KEY_PACKETS = 5
"""Length of a key press: 100 ms."""
_END_PACKETS = 3
"""The last packet of an event is sent three times (RFC 4733, section 2.5.1.4)."""
_GAP_PACKETS = 4
"""Silence between two keys: 80 ms."""
_LONGEST_GAP = 3000
"""A jump in the sequence up to which the packets between count as lost."""
_LATEST = 100
"""How far behind a packet may be and still count as late."""
_SILENT = bytes([SILENCE]) * PACKET_SAMPLES


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One packet. Header extensions, padding and contributing sources are skipped when reading."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    @classmethod
    def parse(cls, data: bytes) -> RtpPacket | None:
        """Read a datagram; None for anything that is not a whole RTP packet."""
        if len(data) < _HEADER.size:
            return None
        first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
        if first & 0xC0 != _VERSION_2:
            return None
        start = _HEADER.size + 4 * (first & 0x0F)
        if first & 0x10:
            if len(data) < start + 4:
                return None
            start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
        end = len(data) - (data[-1] if first & 0x20 else 0)
        if end < start:
            return None
        return cls(second & 0x7F, sequence, timestamp, ssrc, data[start:end], bool(second & _MARKER))

    def encode(self) -> bytes:
        """The datagram."""
        second = self.payload_type | (_MARKER if self.marker else 0)
        return _HEADER.pack(_VERSION_2, second, self.sequence, self.timestamp, self.ssrc) + self.payload


class RtpSender:
    """What a phone sends: its tone, key presses in between, a packet every 20 ms."""

    def __init__(self, *, ssrc: int, frequency: int = 0, event_type: int = 101, payload_type: int = PCMU) -> None:
        """``frequency`` is the tone to play, Hz, 0 for silence; ``event_type`` the payload type of key presses.

        ``payload_type`` is ``PCMU`` or ``PCMA``.
        """
        first, second = tone_payloads(frequency) if frequency else (_SILENT, _SILENT)
        if payload_type == PCMA:
            first, second = first.translate(TO_A_LAW), second.translate(TO_A_LAW)
        self._payloads = first, second
        self._payload_type = payload_type
        self._ssrc = ssrc
        self.event_type = event_type
        self._sequence = 0
        self._timestamp = 0
        self._keys: deque[int] = deque()
        self._key_packet = 0
        self._key_start = 0
        self.sent = 0
        """Packets made so far."""

    def press(self, keys: str) -> None:
        """Queue key presses: digits, ``*``, ``#``, ``A`` to ``D``. Raises ValueError for anything else."""
        self._keys.extend(EVENT_KEYS.index(key) for key in keys.upper())

    def next_packet(self) -> bytes:
        """The datagram that is due now."""
        sequence, timestamp = self._sequence, self._timestamp
        self._sequence = (sequence + 1) & 0xFFFF
        self._timestamp = (timestamp + PACKET_SAMPLES) & 0xFFFFFFFF
        self.sent += 1
        if self._keys and (packet := self._key_press(sequence, timestamp)) is not None:
            return packet.encode()
        payload = self._payloads[(timestamp // PACKET_SAMPLES) & 1]
        return (
            _HEADER.pack(
                _VERSION_2,
                self._payload_type | (_MARKER if not sequence else 0),
                sequence,
                timestamp,
                self._ssrc,
            )
            + payload
        )

    def _key_press(self, sequence: int, timestamp: int) -> RtpPacket | None:
        """The event packet due now; None in the pause after a key."""
        number = self._key_packet
        self._key_packet += 1
        if number == 0:
            self._key_start = timestamp
        if number >= _KEY_PACKETS + _END_PACKETS:
            if number == _KEY_PACKETS + _END_PACKETS + _GAP_PACKETS - 1:
                self._keys.popleft()
                self._key_packet = 0
            return None
        ended = number >= _KEY_PACKETS
        duration = min(number + 1, _KEY_PACKETS + 1) * PACKET_SAMPLES
        payload = _EVENT.pack(self._keys[0], _VOLUME | (_END if ended else 0), duration)
        return RtpPacket(self.event_type, sequence, self._key_start, self._ssrc, payload, marker=number == 0)


class RtpReceiver:
    """What a phone hears: the tone that is played to it, keys that are pressed, packets that got lost."""

    def __init__(self, *, event_type: int = 101, listener: ToneListener | None = None) -> None:
        self.listener = listener or ToneListener()
        """Who judges the sound; another one may take its place in the middle of a call."""
        self._event_type = event_type
        self._ssrc = 0
        self._highest: int | None = None
        self._restart: int | None = None
        """The number that the next packet has if the sender began to count anew."""
        self._last_event: int | None = None
        self.received = 0
        self.lost = 0
        """Packets that did not come, as far as the sequence numbers tell."""
        self.keys = ""
        """Keys that were pressed at the other end."""

    @property
    def heard(self) -> ToneHeard:
        """What was heard last."""
        return self.listener.heard

    @property
    def is_audible(self) -> bool:
        """Whether what was heard last is louder than silence."""
        return self.listener.is_audible

    def share_of(self, frequency: int) -> float:
        """How much of what was heard last this tone was, 0 to 1."""
        return self.listener.share_of(frequency)

    def reopened(self) -> None:
        """The channel was closed for a while: what was sent meanwhile is not lost."""
        self._highest = None

    def nothing_came(self) -> ToneHeard | None:
        """No packet for a while: what is heard then, if that is a change; else None."""
        return self.listener.nothing_came()

    def receive(self, data: bytes) -> ToneHeard | None:
        """Take a datagram. What is heard, whenever that changed; else None."""
        packet = RtpPacket.parse(data)
        if packet is None:
            return None
        self.received += 1
        if not self._follows(packet):
            return None
        if packet.payload_type == PCMU:
            return self.listener.listen(packet.payload)
        if packet.payload_type == PCMA:
            return self.listener.listen(packet.payload.translate(TO_MU_LAW))
        if packet.payload_type == self._event_type and len(packet.payload) >= _EVENT.size:
            code, _volume, _duration = _EVENT.unpack_from(packet.payload)
            if packet.timestamp != self._last_event and code < len(EVENT_KEYS):
                self._last_event = packet.timestamp
                self.keys = (self.keys + EVENT_KEYS[code])[-256:]
        return None

    def _follows(self, packet: RtpPacket) -> bool:
        """Whether the packet goes on with the stream, or begins another (RFC 3550, appendix A.1). Counts losses."""
        if self._highest is None or packet.ssrc != self._ssrc:
            self._ssrc, self._highest, self._restart = packet.ssrc, packet.sequence, None
            return True
        step = (packet.sequence - self._highest) & 0xFFFF
        if step < _LONGEST_GAP:
            self.lost += max(0, step - 1)
        elif step > 0x10000 - _LATEST:
            self.lost = max(0, self.lost - 1)  # late, and counted as lost when its successor came
            return False
        elif packet.sequence != self._restart:
            self._restart = (packet.sequence + 1) & 0xFFFF  # a stray, or the first of a new count: the next one tells
            return False
        self._highest, self._restart = packet.sequence, None
        return True

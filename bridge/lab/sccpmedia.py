"""The sound of an SCCP phone's calls: a port of its own for each receive channel that the server has it open."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from bridge.errors import SepbridgeError
from bridge.lab.alaw import PCMA
from bridge.lab.g711 import ToneHeard
from bridge.lab.media import MediaPort, free_media_port
from bridge.lab.multicastport import MulticastPort
from bridge.lab.rtp import PCMU, RtpReceiver, RtpSender
from bridge.lab.skinnycall import MediaChannel, StationCall
from bridge.sccp import MediaCodec

_PORTS = range(16384, 32766)
_EVENTS = 101


def free_rtp_port(address: str) -> int:
    """A port that is free at this moment. Raises SepbridgeError when there is none."""
    return free_media_port(address, _PORTS, secrets.randbelow(len(_PORTS) // 2))


class SccpMedia:
    """All media of one phone. Of codecs, G.711 is played and heard; others are signalled, and stay silent."""

    def __init__(
        self, address: str, tone: int, heard: Callable[[StationCall, ToneHeard], None], *, only_port: int = 0
    ) -> None:
        """``tone`` in Hz; ``heard`` is called when what is heard in a call changes.

        ``only_port``: the one port of a phone that has no other; 0 for a new one each time.
        """
        self._only_port = only_port
        self._kept: dict[int, int] = {}
        """Ports that were told before their channels are open, by the number of the call."""
        self._address = address
        self._tone = tone
        self._heard = heard
        self._ports: dict[int, MediaPort] = {}
        """By the number of the call; closed ones stay, for those who ask afterwards what was heard."""
        self._groups: dict[int, MulticastPort] = {}
        """By the server's token: the multicast groups that are played."""
        self._open: set[int] = set()
        self._sent: dict[int, int] = {}
        """Packets that earlier ports of a call sent, by its number."""
        self._numbers: dict[int, int] = {}
        """By the server's reference of a call: its number."""

    def open(self, call: StationCall, channel: MediaChannel) -> int:
        """Open a port for a channel; the port, or 0 when there is none."""
        self.close(call)
        law = PCMA if channel.codec == MediaCodec.G711_ALAW_64K else PCMU
        events = channel.events or _EVENTS
        before = self._ports.get(call.number)
        wanted = self._kept.pop(call.number, 0) or self._only_port
        receiver = before.receiver if before else RtpReceiver(event_type=events)
        try:
            port = MediaPort(
                self._address,
                ports=range(wanted, wanted + 1) if wanted else _PORTS,
                start=0 if wanted else secrets.randbelow(len(_PORTS) // 2),
                sender=RtpSender(ssrc=secrets.randbits(32), frequency=self._tone, event_type=events, payload_type=law),
                receiver=receiver,
                heard=lambda tone: self._heard(call, tone),
            )
        except SepbridgeError:
            return 0
        self._forget_old()
        if before is not None:
            receiver.reopened()
            self._sent[call.number] = self._sent.get(call.number, 0) + before.sender.sent
        self._numbers[call.ref] = call.number
        self._ports[call.number] = port
        self._open.add(call.number)
        return port.port

    def keep(self, call: StationCall) -> int:
        """Choose a port for a channel to come; the port, or 0 when there is none."""
        try:
            port = self._kept[call.number] = free_rtp_port(self._address)
        except SepbridgeError:
            return 0
        return port

    def send(self, call: StationCall, channel: MediaChannel) -> None:
        """Send sound to the channel's remote address."""
        port = self._ports.get(call.number)
        audible = channel.codec in {MediaCodec.G711_ULAW_64K, MediaCodec.G711_ALAW_64K}
        if port is None or call.number not in self._open or channel.remote is None or not audible:
            return
        if channel.events:
            port.sender.event_type = channel.events
        port.send_to(*channel.remote)

    def pause(self, call: StationCall) -> None:
        """Send nothing."""
        if port := self._ports.get(call.number):
            port.pause()

    def press(self, call: StationCall, key: str) -> None:
        """Send a key as an RTP event."""
        port = self._ports.get(call.number)
        if port is not None and call.number in self._open:
            port.sender.press(key)

    def close(self, call: StationCall) -> None:
        """Close the call's port."""
        if call.number in self._open:
            self._open.discard(call.number)
            self._ports[call.number].close()

    def counts(self, call_ref: int) -> tuple[int, int, int]:
        """Packets sent, received and lost in a call, for those who ask at its end."""
        number = self._numbers.get(call_ref, 0)
        port = self._ports.get(number)
        if port is None:
            return 0, 0, 0
        return self._sent.get(number, 0) + port.sender.sent, port.receiver.received, port.receiver.lost

    def join(self, party_id: int, group: str, port: int, heard: Callable[[ToneHeard], None]) -> bool:
        """Play a multicast group; False where it cannot be joined."""
        try:
            self._groups[party_id] = MulticastPort(group, port, self._address, heard)
        except SepbridgeError:
            return False
        return True

    def quit(self, party_id: int) -> None:
        """Play it no longer."""
        if (group := self._groups.pop(party_id, None)) is not None:
            group.close()

    def close_all(self) -> None:
        """The phone lost its server, or its power."""
        for party_id in list(self._groups):
            self.quit(party_id)
        for number in self._open:
            self._ports[number].close()
        self._open.clear()

    def port_of(self, call: StationCall) -> MediaPort | None:
        """The port that a call has, or had last."""
        return self._ports.get(call.number)

    def _forget_old(self) -> None:
        for number in [each for each in self._ports if each not in self._open][:-4]:
            del self._ports[number]
            self._sent.pop(number, None)
            self._numbers = {ref: each for ref, each in self._numbers.items() if each != number}

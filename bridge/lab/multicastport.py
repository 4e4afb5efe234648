"""What a phone hears of a multicast group, on a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from bridge.errors import SepbridgeError
from bridge.lab.g711 import ToneHeard
from bridge.lab.media import MediaClock
from bridge.lab.rtp import RtpReceiver

_LARGEST = 2048
_AT_ONCE = 32
_SILENT_TICKS = 15
"""Packet times without any packet after which the phone hears silence: 300 ms."""


class MulticastPort:
    """A member of a group, on the network that the phone's own address is in. It listens until it is closed."""

    def __init__(self, group: str, port: int, own_address: str, heard: Callable[[ToneHeard], None]) -> None:
        """Join. Raises SepbridgeError. ``heard`` is called when the tone that is heard changes."""
        self.receiver = RtpReceiver(event_type=101)
        self._heard = heard
        self._quiet_ticks = 0
        self._loop = asyncio.get_running_loop()
        self._clock = MediaClock.of_loop()
        self._socket = _joined(group, port, own_address)
        self._loop.add_reader(self._socket.fileno(), self._readable)
        self._clock.add(self)

    def close(self) -> None:
        """Leave the group."""
        self._clock.remove(self)
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def tick(self) -> None:
        """Notice silence; called by the clock."""
        self._quiet_ticks += 1
        if self._quiet_ticks == _SILENT_TICKS and (tone := self.receiver.nothing_came()):
            self._heard(tone)

    def _readable(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                data = self._socket.recv(_LARGEST)
            except OSError:
                return
            self._quiet_ticks = 0
            if (tone := self.receiver.receive(data)) is not None:
                self._heard(tone)


def _joined(group: str, port: int, own_address: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((group, port))
        member = socket.inet_aton(group) + socket.inet_aton(own_address)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    except OSError as error:
        sock.close()
        raise SepbridgeError(f"{own_address} cannot join {group}:{port}", why=str(error)) from error
    sock.setblocking(False)
    return sock

"""A scripted SCCP phone on a real socket: it says what the test wants, and knows what its screen shows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bridge.core import DeviceName
from bridge.sccp import (
    DeviceType,
    Dialect,
    KeepAlive,
    KeepAliveAck,
    LampMode,
    Message,
    PhoneFeatures,
    Register,
    RegisterAck,
    StationCallState,
)
from tests.sccpbench import Station

FEATURES = PhoneFeatures.RFC2833 | PhoneFeatures.UTF_8
SILENT_PLACE = "127.0.0.3"
"""Where the phones say that they listen: nobody does."""


@dataclass
class Phone:
    """A phone by its script."""

    device: DeviceName
    station: Station = field(
        default_factory=lambda: Station(
            Dialect(17, FEATURES.code_page), DeviceType.CISCO_7961G, FEATURES, acknowledges=False, address=SILENT_PLACE
        )
    )
    acks: int = 0
    is_open: bool = True
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ref(self) -> int:
        """The newest call; 0 without one."""
        return next(reversed(self.station.states), 0)

    @property
    def is_at_rest(self) -> bool:
        """No lamp, no tone, no call, no media."""
        station = self.station
        dark = all(lamp == LampMode.OFF for lamp in station.lamps.values())
        return dark and not (station.states or station.tones or station.receiving or station.sending)

    def state(self, wanted: StationCallState) -> bool:
        """Whether some call is in this state."""
        return wanted in self.station.states.values()

    def acknowledgement(self) -> Message | None:
        """The answer to the oldest OpenReceiveChannel that has none yet."""
        if not self.station.opening:
            return None
        self.station.acknowledge()
        return self.station.to_send.pop()

    def capabilities(self) -> Message | None:
        """The answer to CapabilitiesReq, if that came."""
        return self.station.to_send.pop() if self.station.to_send else None

    def has(self, kind: type[Message]) -> bool:
        """Whether such a message ever came."""
        return any(isinstance(message, kind) for message in self.station.received)

    def register(self) -> Message:
        """Its Register."""
        bits = int(FEATURES)
        return Register(
            str(self.device),
            device_type=DeviceType.CISCO_7961G,
            protocol_version=17,
            feature0=bits & 255,
            feature1=bits >> 8 & 255,
            feature2=bits >> 16 & 255,
        )

    @property
    def is_idle(self) -> bool:
        """Registered, and its line at the PBX too, or refused there."""
        return self.has(RegisterAck) and self.station.prompts.get(0, "Connecting") != "Connecting to the PBX"

    @property
    def talks(self) -> bool:
        """Connected, with media."""
        return self.state(StationCallState.CONNECTED) and bool(self.station.sending)


S = TypeVar("S", bound="Session")


class Session:
    """One connection."""

    def __init__(self, phone: Phone, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.phone = phone
        self._reader = reader
        self._writer = writer

    async def listen(self) -> None:
        """Take what the server sends until it, or we, close."""
        phone = self.phone
        with contextlib.suppress(ConnectionError):
            while data := await self._reader.read(65536):
                phone.station.receive(data)
                phone.acks = sum(isinstance(message, KeepAliveAck) for message in phone.station.received)
                phone.changed.set()
        phone.is_open = False
        phone.changed.set()

    async def until(self, what: Callable[[Phone], bool], within: float) -> bool:
        """Whether the phone came to that in time."""
        phone = self.phone
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while phone.is_open and not what(phone):
                    phone.changed.clear()
                    await phone.changed.wait()
        return what(phone)

    def send(self, data: bytes) -> None:
        """Send octets as they are."""
        self._writer.write(data)

    def say(self, message: Message | None) -> None:
        """Send a message, if there is one."""
        if message is not None:
            self.send(self.phone.station.dialect.encode(message))

    async def answered(self) -> bool:
        """Whether the server has worked off all that was sent: it answers keepalives in their turn."""
        before = self.phone.acks
        self.say(KeepAlive())
        return await self.until(lambda phone: phone.acks > before, 20.0)


@contextlib.asynccontextmanager
async def connected(phone: Phone, where: tuple[str, int], kind: type[S]) -> AsyncIterator[S]:
    """The phone on a connection, which breaks at the end."""
    reader, writer = await asyncio.open_connection(*where)
    session = kind(phone, reader, writer)
    listening = asyncio.create_task(session.listen())
    try:
        yield session
    finally:
        writer.transport.abort()
        await listening

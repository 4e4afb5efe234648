"""What a simulated phone reports of its life: for live tables, measurements and tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridge.core import DeviceName, Via
from bridge.lab.bootfiles import Purpose


@dataclass(frozen=True, slots=True)
class PhoneEvent:
    """Something happened to a phone. ``at`` is monotonic seconds of the event loop."""

    device: DeviceName
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PoweredOn(PhoneEvent):
    """The phone got power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoweredOff(PhoneEvent):
    """The phone lost power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokeDown(PhoneEvent):
    """The simulation itself failed: a defect of this program, not of the phone's server."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAsked(PhoneEvent):
    """The phone asked for a file."""

    name: str
    purpose: Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class FileGot(PhoneEvent):
    """The file came, whole."""

    name: str
    size: int
    via: Via
    retransmissions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMissing(PhoneEvent):
    """The file did not come: there is none (``timed_out`` False), or nobody answered."""

    name: str
    timed_out: bool = False
    why: str = ""
    retransmissions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigAccepted(PhoneEvent):
    """The phone has settings to register with."""

    autoregistering: bool
    """True when they come from ``XMLDefault.cnf.xml``."""
    number: str
    """Name of the primary line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigRejected(PhoneEvent):
    """The phone cannot use what it read, or found nothing to read; it asks again later."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareLoaded(PhoneEvent):
    """The phone fetched other firmware and starts again."""

    load: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareFailed(PhoneEvent):
    """The phone fetched other firmware, did not get through the change, and starts again with what it ran."""

    load: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registering(PhoneEvent):
    """The phone sent a REGISTER to this server, for the first time since it booted or failed over."""

    server: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(PhoneEvent):
    """The server took the registration."""

    server: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRejected(PhoneEvent):
    """The server refused it, or did not answer (``status`` 0). The phone goes on trying."""

    server: str
    status: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartAsked(PhoneEvent):
    """A NOTIFY told the phone to restart or reset. ``obeyed`` is False when the phone answered it with 400."""

    action: str
    obeyed: bool
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLamp(PhoneEvent):
    """The message-waiting lamp was switched."""

    lit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(PhoneEvent):
    """A call goes out, or rings here (``incoming``)."""

    call: int
    number: str
    incoming: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRinging(PhoneEvent):
    """It rings at the other end."""

    call: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(PhoneEvent):
    """The call is connected."""

    call: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(PhoneEvent):
    """The call is over. ``status`` is the final SIP status of a call that was never answered, else 200."""

    call: int
    status: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioHeard(PhoneEvent):
    """The tone that the phone hears changed; frequency 0 means silence."""

    call: int
    frequency: int
    """Hz."""
    ratio: float
    """The tone's part of the energy heard, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenShown(PhoneEvent):
    """A document of a service is on the screen; ``kind`` is empty where a page could not be fetched."""

    kind: str
    title: str
    why: str = ""


PhoneListener = Callable[[PhoneEvent], None]
"""Called in the event loop; must not block."""

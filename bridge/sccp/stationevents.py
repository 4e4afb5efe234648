"""What a station session reports: the device comes and goes, the user does something, the phone answers.

``line`` is always the line appearance, counted from 1, whatever the phone put into its message (older ones name the
button); 0 where the phone told none. ``call_ref`` is 0 where the phone told none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address

from bridge.sccp.alarms import AlarmSeverity
from bridge.sccp.capabilities import MediaCapability
from bridge.sccp.devicetypes import DeviceType
from bridge.sccp.keys import MediaPath
from bridge.sccp.mediaparameters import MediaStatus
from bridge.sccp.multicast import MulticastStatus
from bridge.sccp.softkeys import SoftKeyEventType
from bridge.sccp.stimuli import StimulusType
from bridge.sccp.versions import PhoneFeatures


class UnregisterCause(StrEnum):
    """Why a device is gone, in words for the journey of the phone."""

    LEFT = "the phone unregistered"
    SLEEPS = "the phone went to sleep to save power"
    CONNECTION_LOST = "the connection broke"
    SILENT = "keepAliveTimeout: the phone sent no keepalive in time"
    GARBAGE = "the phone sent something that is not SCCP"
    CLOSED = "the server closed the connection"


# --- the device ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegisterRequested:
    """A device asks to be served: answer with the session's ``accept`` or ``reject``, when it suits."""

    device: str
    device_type: DeviceType
    protocol_version: int
    """What the phone offers, 3 where it offers nothing."""
    address: tuple[str, int]
    """The far end of the connection; many devices may share its address."""
    station_ip: IPv4Address | IPv6Address
    """As the phone sees itself."""
    load: str = ""
    """The firmware that runs; empty from older phones, whose alarm tells it."""
    features: PhoneFeatures = PhoneFeatures.NONE
    active_streams: int = 0


@dataclass(frozen=True, slots=True)
class TokenRequested:
    """A device asks whether it may fail back to this server: answer with ``grant_token`` or ``refuse_token``."""

    device: str
    device_type: DeviceType
    address: tuple[str, int]


@dataclass(frozen=True, slots=True)
class StationRegistered:
    """The device has all it asked for: lamps and prompts may be sent, and its lines registered at the PBX."""

    device: str
    protocol_version: int
    """As negotiated."""


@dataclass(frozen=True, slots=True)
class StationUnregistered:
    """The device is gone. Reported once for each acceptance, also when it never came to StationRegistered."""

    device: str
    why: UnregisterCause
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AlarmReported:
    """Why the phone restarted, or what bothers it; an XML alarm has its document as text."""

    text: str
    severity: AlarmSeverity = AlarmSeverity.UNKNOWN


@dataclass(frozen=True, slots=True)
class CapabilitiesReported:
    """The codecs of the phone, in its own order."""

    audio: tuple[MediaCapability, ...]


@dataclass(frozen=True, slots=True)
class StationMessageIgnored:
    """Something came that makes no sense here. For logs; nothing need be done."""

    what: str
    why: str = ""


# --- the user --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HandsetLifted:
    """Off-hook: the handset, or the speaker button."""

    line: int = 0
    call_ref: int = 0


@dataclass(frozen=True, slots=True)
class HandsetReplaced:
    """On-hook."""

    line: int = 0
    call_ref: int = 0


@dataclass(frozen=True, slots=True)
class HookFlashed:
    """The hook of an analog phone was flashed."""

    line: int = 0
    call_ref: int = 0


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """A key of the keypad."""

    digit: str
    line: int = 0
    call_ref: int = 0


@dataclass(frozen=True, slots=True)
class SoftKeyPressed:
    """A soft key."""

    key: SoftKeyEventType
    line: int = 0
    call_ref: int = 0


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """A line, speed-dial, feature or fixed button; ``instance`` counts the buttons of its kind from 1."""

    button: StimulusType
    instance: int = 0
    call_ref: int = 0


@dataclass(frozen=True, slots=True)
class NumberDialled:
    """A whole number at once: from the phone's lists, or dialled with the handset down."""

    number: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class StateAsked:
    """The phone wants to show in one of its lists how a number stands, now and whenever that changes."""

    transaction_id: int
    number: str
    timer: int = 0
    """Seconds, as the phone put it; the answer repeats them."""


@dataclass(frozen=True, slots=True)
class ApplicationDataReceived:
    """The user chose something in an XML document that was sent to the screen, or left it."""

    app_id: int
    transaction_id: int
    data: bytes = field(default=b"", repr=False)
    line: int = 0
    call_ref: int = 0


@dataclass(frozen=True, slots=True)
class MediaPathChanged:
    """Handset, headset or speaker came into use, or out of it."""

    path: MediaPath
    on: bool


# --- media -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReceiveChannelOpened:
    """The answer to OpenReceiveChannel: where the phone listens, if ``status`` is OK."""

    status: MediaStatus
    address: IPv4Address | IPv6Address | None
    port: int
    party_id: int
    call_ref: int = 0
    """0 from older phones: know the channel by ``party_id``."""


@dataclass(frozen=True, slots=True)
class PortTold:
    """The answer to PortReq: where the phone would listen. Port 0 says that it has none."""

    address: IPv4Address | IPv6Address | None
    port: int
    party_id: int
    call_ref: int = 0


@dataclass(frozen=True, slots=True)
class TransmissionStarted:
    """The answer to StartMediaTransmission, from newer phones only."""

    status: MediaStatus
    call_ref: int
    party_id: int = 0


@dataclass(frozen=True, slots=True)
class TransmissionFailed:
    """The phone cannot send media."""

    call_ref: int
    party_id: int = 0


@dataclass(frozen=True, slots=True)
class GroupJoined:
    """The answer to StartMulticastMediaReception: whether the phone listens to the group."""

    status: MulticastStatus
    party_id: int


@dataclass(frozen=True, slots=True)
class ConnectionMeasured:
    """How good a call's media were; times in milliseconds."""

    call_ref: int
    packets_sent: int = 0
    octets_sent: int = 0
    packets_received: int = 0
    octets_received: int = 0
    packets_lost: int = 0
    jitter: int = 0
    latency: int = 0
    quality: str = field(default="", repr=False)


UserInput = (
    HandsetLifted | HandsetReplaced | HookFlashed | DigitPressed | SoftKeyPressed | ButtonPressed | NumberDialled
)
MediaReport = (
    ReceiveChannelOpened | PortTold | TransmissionStarted | TransmissionFailed | GroupJoined | ConnectionMeasured
)
StationEvent = (
    RegisterRequested
    | TokenRequested
    | StationRegistered
    | StationUnregistered
    | AlarmReported
    | CapabilitiesReported
    | StationMessageIgnored
    | MediaPathChanged
    | ApplicationDataReceived
    | StateAsked
    | UserInput
    | MediaReport
)

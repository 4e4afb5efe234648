"""What the application decides about the calls of a phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.core import AbbreviatedDial, DndAlert, DndMode, NumberRange, PagingStream, RingSetting
from bridge.core import DtmfMode as DtmfMode
from bridge.core import EarlyOpen as EarlyOpen
from bridge.dialplan import DigitPlan
from bridge.sccp import MediaCodec


@dataclass(frozen=True, slots=True)
class CallTexts:
    """Words for the screen that no built-in label has. Short: an old phone shows 31 characters."""

    unreachable: str = "PBX unreachable"
    bad_credentials: str = "Wrong secret"
    unknown_line: str = "Not known at the PBX"
    refused: str = "PBX refuses the line"
    registering: str = "Connecting to the PBX"
    no_media: str = "Phone opened no audio channel"
    no_codec: str = "No common codec"
    cannot_dial: str = "Cannot dial this number"
    unknown_caller: str = "Unknown"
    private: str = "Private"
    pickup: str = "PickUp"
    slot_unknown: str = "Parked, slot unknown"
    callback_set: str = "Will call back"
    callback_free: str = "is free: CallBack"
    callback_ended: str = "No callback to"
    callback_impossible: str = "No callback to this number"
    message: str = "Message"


@dataclass(frozen=True, slots=True)
class GroupAlert:
    """How a phone tells of calls at other phones of a line's pickup group; the screen tells an idle user alone."""

    numbers: tuple[str, ...]
    """Those of the group; the phone's own ones do not count."""
    wait: float = 6.0
    """Seconds that they ring before."""
    seen: bool = True
    heard: bool = False
    caller: bool = True
    """The screen names who calls."""
    called: bool = False
    """And where it rings."""
    line: int = 1
    """The phone's line whose group it is."""
    ring_idle: RingSetting = RingSetting.RING_ONCE
    ring_busy: RingSetting = RingSetting.BEEP
    """How it is heard, where it is heard at all; while the user talks the ringer sounds once at most."""


NO_DIGITS = DigitPlan(())
DEFAULT_CODECS = (
    MediaCodec.G711_ULAW_64K,
    MediaCodec.G711_ALAW_64K,
    MediaCodec.G722_64K,
    MediaCodec.G729_ANNEX_A,
    MediaCodec.G729,
    MediaCodec.ILBC,
)


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Rules and times (in seconds) for the calls of one phone."""

    digits: Callable[[int], DigitPlan] = field(default=lambda line: NO_DIGITS, compare=False, repr=False)
    """What may be dialled on a line, counted from 1: tells when a number is complete. Asked anew for every key, so
    that numbers that come and go are known at once. Where it knows nothing, the timer, ``#`` or Dial decides."""
    first_digit: float = 16.0
    next_digit: float = 8.0
    hash_dials: bool = True
    """``#`` ends a number, unless a rule wants it."""
    failure_tone: float = 15.0
    """How long busy, reorder and the like sound before the call is cleared."""
    no_progress: float = 60.0
    """How long a call may show no sign of life but 100 Trying; then it failed. RFC 3261 sets a caller no limit there,
    and the user would hear nothing for ever; an INVITE that nobody answers at all ends by timer B, after 32 s."""
    channel_ack: float = 2.0
    """How long an OpenReceiveChannelAck is awaited; then it is tried once more."""
    transfer_wait: float = 20.0
    """How long the PBX may say nothing about a transfer before the call is given back."""
    transfer_on_hook: bool = False
    """Hanging up during the consultation hands the held call over. Phones without a display always do so."""
    conference_outlives_starter: bool = True
    """The others go on talking when the phone that made the conference leaves it."""
    meetme: tuple[NumberRange, ...] = ()
    """The numbers of meet-me conferences."""
    hold_reminder: float = 60.0
    """How long after the first reminder of a held call the next one comes; the first one is the line's."""
    preserve: float = 30.0
    """How long calls outlive the phone's signalling connection: their media go on."""
    early_open: EarlyOpen = EarlyOpen.AUTO
    port_request: bool = False
    """Ask a phone that knows PortReq for its port before the INVITE, and open the channel when sound is due only."""
    dtmf: DtmfMode = DtmfMode.AUTO
    codecs: tuple[MediaCodec, ...] = DEFAULT_CODECS
    """What may be used, the first one first; of these the phone's own are offered."""
    packet_ms: int = 20
    emergency: frozenset[str] = frozenset()
    """Numbers that are never blocked, and complete as soon as they are dialled."""
    dnd_modes: tuple[DndMode, ...] = (DndMode.SILENT, DndMode.REJECT)
    """The modes of do-not-disturb that the user may switch on; the key switches on the first."""
    dnd_alert: DndAlert = DndAlert.DEFAULT
    """How a call is announced while do-not-disturb silences the ringer."""
    intercom_whisper: bool = True
    """An intercom call that comes in is heard, and hears nothing until the user says so."""
    pages: tuple[PagingStream, ...] = ()
    """Multicast groups that this phone joins when it is paged."""
    abbreviated: tuple[AbbreviatedDial, ...] = ()
    barge: bool = False
    """This phone may join the calls of other phones of its lines."""
    privacy: bool = False
    """Other phones of a line do not show with whom this one talks."""
    callback_wait: float = 1800.0
    """How long a callback is waited for."""
    voicemail: str = ""
    """What the messages button dials for a line without a voicemail pilot of its own."""
    pickup_groups: tuple[str, ...] = ()
    """Of each line: what PickUp takes from."""
    other_groups: tuple[frozenset[str] | None, ...] = ()
    """Of each line: the groups that OPickUp takes from; None for all but the own one."""
    group_alerts: tuple[GroupAlert, ...] = ()
    """How the user is told of calls that ring at other phones of the lines' groups; one for each group."""
    group_pickups: tuple[str, ...] = ()
    """What each button for group pickup takes from; empty to ask for the group."""
    texts: CallTexts = field(default=CallTexts())

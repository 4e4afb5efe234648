"""Messages of a registered phone as events, with the line that is meant.

Below version 15 ``line`` in OnHook and KeypadButton is the index of a button, not of a line (SCCP flows reference,
section 8).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bridge.sccp.addons import ExtensionDeviceCaps
from bridge.sccp.alarms import Alarm, XmlAlarm
from bridge.sccp.buttons import MAX_BUTTONS, ButtonDefinition
from bridge.sccp.capabilities import CapabilitiesRes, UpdateCapabilities
from bridge.sccp.keys import (
    EnblocCall,
    HookFlash,
    KeypadButton,
    MediaPathEvent,
    OffHook,
    OffHookWithCallingParty,
    OnHook,
    Stimulus,
)
from bridge.sccp.media import MediaTransmissionFailure, OpenReceiveChannelAck, StartMediaTransmissionAck
from bridge.sccp.mediaports import PortRes
from bridge.sccp.message import Message
from bridge.sccp.multicast import MulticastMediaReceptionAck
from bridge.sccp.profile import StationProfile
from bridge.sccp.softkeys import SoftKeyEvent
from bridge.sccp.stationevents import (
    AlarmReported,
    ApplicationDataReceived,
    ButtonPressed,
    CapabilitiesReported,
    ConnectionMeasured,
    DigitPressed,
    GroupJoined,
    HandsetLifted,
    HandsetReplaced,
    HookFlashed,
    MediaPathChanged,
    NumberDialled,
    PortTold,
    ReceiveChannelOpened,
    SoftKeyPressed,
    StationEvent,
    TransmissionFailed,
    TransmissionStarted,
)
from bridge.sccp.statistics import ConnectionStatisticsRes
from bridge.sccp.switches import OnOff
from bridge.sccp.userdata import DeviceToUserData, DeviceToUserDataV1

LINES_SINCE = 15
"""From this version on a line is a line."""
MAX_ADD_ONS = 3
_DEVICE_LINES = re.compile(r"deviceLine=(\d{1,2})")
_A_7914 = 1
_ADD_ON_BUTTONS = {_A_7914: 14, 2: 24}


def to_event(
    message: Message, version: int, profile: StationProfile | None, buttons: tuple[ButtonDefinition, ...]
) -> StationEvent | None:
    """The event of a message; None for what needs no notice."""
    match message:
        case OffHook():
            return HandsetLifted(_line(message.line, profile), message.call_ref)
        case OffHookWithCallingParty():
            return HandsetLifted(_line(message.line, profile))
        case OnHook():
            return HandsetReplaced(_translated(message.line, version, profile, buttons), message.call_ref)
        case HookFlash():
            return HookFlashed(_line(message.line, profile), message.call_ref)
        case KeypadButton():
            digit = message.button.character
            line = _translated(message.line, version, profile, buttons)
            return DigitPressed(digit, line, message.call_ref) if digit else None
        case SoftKeyEvent():
            return SoftKeyPressed(message.event, _line(message.line, profile), message.call_ref)
        case Stimulus():
            return ButtonPressed(message.stimulus, message.instance, message.call_ref)
        case EnblocCall():
            return NumberDialled(message.number, _line(message.line, profile))
        case MediaPathEvent():
            return MediaPathChanged(message.path, message.event == OnOff.ON)
        case DeviceToUserData() | DeviceToUserDataV1():
            return ApplicationDataReceived(
                message.app_id, message.transaction_id, message.data, _line(message.line, profile), message.call_ref
            )
        case CapabilitiesRes() | UpdateCapabilities():
            return CapabilitiesReported(message.audio)
        case Alarm():
            return AlarmReported(message.text, message.severity)
        case XmlAlarm():
            return AlarmReported(message.xml)
        case _:
            return _of_media(message)


def _of_media(message: Message) -> StationEvent | None:
    match message:
        case OpenReceiveChannelAck():
            return ReceiveChannelOpened(message.status, message.ip.ip, message.port, message.party_id, message.call_ref)
        case PortRes():
            return PortTold(message.ip.ip, message.port, message.party_id, message.call_ref)
        case StartMediaTransmissionAck():
            return TransmissionStarted(message.status, message.call_ref, message.party_id)
        case MediaTransmissionFailure():
            return TransmissionFailed(message.call_ref, message.party_id)
        case MulticastMediaReceptionAck():
            return GroupJoined(message.status, message.party_id)
        case ConnectionStatisticsRes():
            return ConnectionMeasured(
                message.call_ref,
                message.packets_sent,
                message.octets_sent,
                message.packets_received,
                message.octets_received,
                message.packets_lost,
                message.jitter,
                message.latency,
                message.quality,
            )
        case _:
            return None


def _line(line: int, profile: StationProfile | None) -> int:
    return line if profile is not None and profile.line(line) is not None else 0


def _translated(line: int, version: int, profile: StationProfile | None, buttons: tuple[ButtonDefinition, ...]) -> int:
    if profile is None:
        return 0
    return _line(line if version >= LINES_SINCE else profile.line_of_button(line, buttons), profile)


@dataclass(frozen=True, slots=True)
class AddOns:
    """The add-on modules of a phone, by their number."""

    modules: tuple[tuple[int, int], ...] = ()

    def with_module(self, message: ExtensionDeviceCaps) -> AddOns:
        """One more, or the same one told again."""
        found = _DEVICE_LINES.search(message.text)
        count = int(found[1]) if found else _ADD_ON_BUTTONS.get(message.type, 0)
        others = tuple(module for module in self.modules if module[0] != message.instance)
        return replace(self, modules=(*others, (message.instance, min(count, MAX_BUTTONS)))[-MAX_ADD_ONS:])

    @property
    def take_labels(self) -> bool:
        """Whether labels may change while the phone is registered: a 7914 keeps those it has (flows, section 8)."""
        return all(count != _ADD_ON_BUTTONS[_A_7914] for _, count in self.modules)

    @property
    def buttons(self) -> int:
        """Buttons of all modules."""
        return sum(count for _, count in self.modules)

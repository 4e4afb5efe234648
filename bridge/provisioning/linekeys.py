"""What stands on the keys of a SIP phone: lines with their settings, and everything else.

Source: phone file reference, sections 4.5 and 4.6. Only what works without patches to Asterisk is written: a key that
does nothing is worse than none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bridge.core import (
    AutoAnswer,
    BlfSpeedDial,
    ButtonKind,
    Device,
    DeviceButton,
    FeatureButton,
    LampPolicy,
    LineAppearance,
    RecordingOption,
    RingSetting,
    ServiceUrl,
    SpeedDial,
    Switch,
)
from bridge.phones import ConfigFamily, Model
from bridge.provisioning.texts import checked_url, shown_text

_ON_ALL: Mapping[ButtonKind, int] = MappingProxyType(
    {
        ButtonKind.MEET_ME: 123,
        ButtonKind.PICKUP: 127,
        ButtonKind.GROUP_PICKUP: 128,
        ButtonKind.OTHER_PICKUP: 135,
    }
)
_ON_79XX: Mapping[ButtonKind, int] = MappingProxyType(
    {
        ButtonKind.REDIAL: 1,
        ButtonKind.HOLD: 3,
        ButtonKind.TRANSFER: 4,
        ButtonKind.FORWARD_ALL: 5,
        ButtonKind.SETTINGS: 18,
        ButtonKind.NEW_CALL: 137,
        ButtonKind.ANSWER_OLDEST: 141,
        ButtonKind.SERVICES: 192,
        ButtonKind.MESSAGES: 194,
        ButtonKind.DIRECTORY: 195,
        ButtonKind.HEADSET: 198,
    }
)
_ALL_CALLS = 140
_SHOW_ALL_CALLS = frozenset({ConfigFamily.SERIES_78XX, ConfigFamily.SERIES_88XX, ConfigFamily.SERIES_99XX})
_SPEED_DIAL, _SERVICE, _BLF = 2, 20, 21
_RING = {
    RingSetting.DISABLED: 1,
    RingSetting.FLASH: 2,
    RingSetting.RING_ONCE: 3,
    RingSetting.RING: 4,
    RingSetting.BEEP: 5,
}
_LAMP = {LampPolicy.LIGHT_AND_PROMPT: 3, LampPolicy.PROMPT: 4, LampPolicy.LIGHT: 5, LampPolicy.NONE: 6}
_ANSWER_MODE = {
    AutoAnswer.SPEAKER: "Auto Answer with Speakerphone",
    AutoAnswer.HEADSET: "Auto Answer with Headset",
}


@dataclass(frozen=True, slots=True)
class KeySettings:
    """The settings of one line key, in the coding of the phones."""

    max_calls: int
    busy_trigger: int
    ring_idle: int
    ring_busy: int
    lamp: int
    audible_messages: str
    """Empty where the phone decides."""
    auto_answer: str
    """How it answers by itself; empty for not at all."""
    messages_number: str
    recording: bool
    log_missed: bool


@dataclass(frozen=True, slots=True)
class FeatureEntry:
    """A key that is no line."""

    button: int
    feature: int
    label: str
    number: str = ""
    pickup: bool = False
    url: str = ""


def key_settings(
    appearance: LineAppearance, *, most_calls: int, max_calls: int, busy_trigger: int, voicemail: str
) -> KeySettings:
    """The settings of a line on a phone. ``most_calls`` is what the model takes; the other numbers are those of lines
    for which nobody set any."""
    own = appearance.settings
    default = type(own)()
    calls = own.max_calls if own.max_calls != default.max_calls else max_calls
    calls = max(1, min(calls, most_calls))
    busy = own.busy_trigger if own.busy_trigger != default.busy_trigger else busy_trigger
    return KeySettings(
        max_calls=calls,
        busy_trigger=max(1, min(busy, calls)),
        ring_idle=_RING[own.ring_idle],
        ring_busy=_RING[own.ring_busy],
        lamp=_LAMP[own.lamp],
        audible_messages={Switch.ON: "1", Switch.OFF: "0"}.get(own.audible_messages, ""),
        auto_answer=_ANSWER_MODE.get(appearance.line.settings.auto_answer, ""),
        messages_number=shown_text(appearance.line.settings.voicemail_pilot) or voicemail,
        recording=own.recording is not RecordingOption.DISABLED,
        log_missed=own.log_missed_calls,
    )


def feature_entries(device: Device, model: Model | None) -> tuple[FeatureEntry, ...]:
    """The keys that are no lines, as far as phones of this model know them."""
    lines = {appearance.button for appearance in device.lines}
    entries = (_entry(each, model) for each in device.buttons if each.button not in lines)
    return tuple(entry for entry in entries if entry is not None)


def _entry(button: DeviceButton, model: Model | None) -> FeatureEntry | None:
    label = shown_text(button.label)
    match button.assigned:
        case SpeedDial(number=number):
            return FeatureEntry(button.button, _SPEED_DIAL, label or shown_text(number), number=number)
        case BlfSpeedDial(number=number, pickup=pickup):
            return FeatureEntry(button.button, _BLF, label or shown_text(number), number=number, pickup=pickup)
        case ServiceUrl(url=url):
            url = checked_url(url, f"the service on button {button.button}")
            return FeatureEntry(button.button, _SERVICE, label or "Service", url=url)
        case FeatureButton(feature=ButtonKind.DIRECTED_PARK, argument=slot) if slot:
            return FeatureEntry(button.button, _BLF, label or shown_text(slot), number=slot)
        case FeatureButton(feature=ButtonKind.PAGING, argument=number) if number:
            return FeatureEntry(button.button, _SPEED_DIAL, label or shown_text(number), number=number)
        case FeatureButton(feature=kind):
            feature = _feature(kind, model)
            return FeatureEntry(button.button, feature, label or shown_text(kind.value)) if feature else None


def _feature(kind: ButtonKind, model: Model | None) -> int:
    family = model.family if model else None
    if kind is ButtonKind.ALL_CALLS:
        return _ALL_CALLS if family in _SHOW_ALL_CALLS else 0
    of_79xx = _ON_79XX.get(kind, 0) if family is ConfigFamily.JAVA_79XX else 0
    return _ON_ALL.get(kind, of_79xx)

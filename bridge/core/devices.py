"""Devices and their lines, with CUCM's names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bridge.core.devicename import DeviceName
from bridge.core.phonebuttons import AbbreviatedDial, DeviceButton
from bridge.core.phonesettings import (
    DEFAULT_APPEARANCE_SETTINGS,
    DEFAULT_DEVICE_SETTINGS,
    DEFAULT_LINE_SETTINGS,
    AppearanceSettings,
    DeviceSettings,
    LineSettings,
)
from bridge.core.protocol import SignallingProtocol
from bridge.core.texts import apply_mask


@dataclass(frozen=True, slots=True)
class Line:
    """A directory number in a partition. The same number may exist once in every partition."""

    number: str
    partition: str = ""
    display_name: str = ""
    """What the other side sees as the caller's name."""
    settings: LineSettings = DEFAULT_LINE_SETTINGS


@dataclass(frozen=True, slots=True)
class LineAppearance:
    """A line on a button of a device. Button 1 is the primary line."""

    button: int
    line: Line
    label: str = ""
    """What stands beside the button; the number where it is empty."""
    settings: AppearanceSettings = DEFAULT_APPEARANCE_SETTINGS

    @property
    def external_number(self) -> str:
        """The line's number as the outside sees it."""
        return apply_mask(self.settings.external_mask, self.line.number)


@dataclass(frozen=True, slots=True)
class Device:
    """A phone of ours, as the database knows it."""

    name: DeviceName
    desired_protocol: SignallingProtocol
    """What its firmware is to speak (requirement AR-22: kept apart from what it was seen to speak)."""
    created_at: datetime
    version_stamp: str
    """Names the content of the device's file; changes whenever the file does."""
    secret: str = field(default="", repr=False)
    """The password of its SIP endpoint, at most 30 characters. It never shows in a repr."""
    lines: tuple[LineAppearance, ...] = ()
    """Ordered by button."""
    model_number: int | None = None
    """CUCM's device type number (``device_type_enum``); None until some evidence tells the model."""
    model: str = ""
    """The catalogue's name of that model; empty as long as it is unknown."""
    observed_protocol: SignallingProtocol | None = None
    description: str = ""
    pool: str = "Default"
    load: str = ""
    """The firmware the phone says it runs; empty until known."""
    address: str = ""
    """The IP address from which it last got its file or registered."""
    registered: bool = False
    last_seen: datetime | None = None
    temporary: bool = False
    """True from autoregistration on until an admin (or the user, by self-provisioning) assigns the phone."""
    settings: DeviceSettings = DEFAULT_DEVICE_SETTINGS
    buttons: tuple[DeviceButton, ...] = ()
    """Everything on its buttons but lines, ordered by button."""
    abbreviated_dials: tuple[AbbreviatedDial, ...] = ()
    """Ordered by index."""

    @property
    def primary_line(self) -> Line | None:
        """The line on the lowest button, or None for a device without lines."""
        return self.lines[0].line if self.lines else None

    @property
    def is_provisional(self) -> bool:
        """True for an autoregistered phone that has not registered yet: what it speaks is a guess."""
        return self.temporary and self.observed_protocol is None

    @property
    def number(self) -> str:
        """The primary directory number, or an empty text."""
        return self.lines[0].line.number if self.lines else ""

"""What the application tells a station session about a device: its buttons, its texts, its clock, its limits.

Nothing here is asked for again while the phone is registered, but for the time. What of a changed profile reaches the
phone without a restart stands in module ``livechanges``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bridge.core import AutoAnswer, LampPolicy, RecordingOption, RingKind, RingSetting, Switch
from bridge.sccp.address import UNSPECIFIED, StationAddress
from bridge.sccp.buttonlayouts import lay_out
from bridge.sccp.buttons import ButtonDefinition
from bridge.sccp.codepage import CodePage
from bridge.sccp.devicetypes import DeviceType
from bridge.sccp.labels import Label
from bridge.sccp.softkeyplan import DEFAULT_SOFT_KEYS, SoftKeyPlan
from bridge.sccp.stimuli import StimulusType
from bridge.sccp.traits import StationTraits
from bridge.sccp.versions import NEWEST

LAMPS_SINCE = 15
"""From this version on there are buttons that show what a number does."""


@dataclass(frozen=True, slots=True)
class StationLine:
    """A line appearance: line ``n`` is the ``n``-th of the profile, from 1 on."""

    number: str
    """The directory number."""
    label: str = ""
    """Beside the button; empty for the number."""
    display_name: str = ""
    """Of its user, for the other side of internal calls."""
    max_calls: int = 4
    """Calls that the line may carry at a time."""
    busy_trigger: int = 2
    """With so many calls a further caller hears busy."""
    shown_number: str = ""
    """The number by which others outside reach the line, for the top of the screen; empty for the display name."""
    hotline: str = ""
    """Dialled by going off hook."""
    hotline_delay: float = 0.0
    """Seconds in which the user may still dial something else."""
    hold_reversion: float = 0.0
    """Seconds after which the user is reminded of a held call; 0 for never."""
    ring_idle: RingSetting = RingSetting.RING
    ring_busy: RingSetting = RingSetting.BEEP
    """How a call is announced while the user is in another one."""
    ring_kind: RingKind = RingKind.INSIDE
    """Which of the phone's rings it has."""
    auto_answer: AutoAnswer = AutoAnswer.OFF
    recording: RecordingOption = RecordingOption.DISABLED
    voicemail_pilot: str = ""
    """What the messages button dials; empty for the site's."""
    mailbox: str = ""
    """Where iDivert sends its calls, ``1001@default``; empty for nowhere."""
    lamp: LampPolicy = LampPolicy.LIGHT_AND_PROMPT
    """How waiting messages are shown."""
    audible_messages: Switch = Switch.DEFAULT
    """A stutter tone while messages wait; by default where the phone has no lamp."""
    log_missed_calls: bool = True
    """Whether missed calls stand in the phone's list."""


@dataclass(frozen=True, slots=True)
class SpeedDial:
    """A speed dial: a number and what stands beside its button."""

    number: str
    label: str = ""
    intercom: bool = False
    """The other side's phone is asked to answer by itself; an empty number is asked for."""


@dataclass(frozen=True, slots=True)
class BusyLamp:
    """A speed dial whose button shows what the number does."""

    number: str
    label: str = ""
    pickup: bool = True
    """Pressed while the number rings, it takes the call."""


@dataclass(frozen=True, slots=True)
class ParkButton:
    """A button for a park slot, with a lamp."""

    slot: str
    label: str = ""

    @property
    def shown(self) -> str:
        """What stands beside it."""
        return self.label or self.slot


@dataclass(frozen=True, slots=True)
class ServiceButton:
    """A button that opens a URL on the phone."""

    url: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class StationServer:
    """A server that the phone may register with."""

    name: str
    port: int = 2000
    address: StationAddress = UNSPECIFIED


@dataclass(frozen=True, slots=True)
class StationProfile:
    """A device as its user knows it. ``local_time`` gives the time in the phone's own zone, as an aware datetime."""

    lines: tuple[StationLine, ...]
    local_time: Callable[[], datetime] = field(compare=False, repr=False)
    speed_dials: tuple[SpeedDial, ...] = ()
    services: tuple[ServiceButton, ...] = ()
    lamps: tuple[BusyLamp, ...] = ()
    """The buttons of type BLF_SPEED_DIAL, the first one first."""
    park_buttons: tuple[ParkButton, ...] = ()
    buttons: tuple[ButtonDefinition, ...] = ()
    """A button template of the site's own; empty for what the model has, filled with lines, then speed dials."""
    softkeys: SoftKeyPlan = DEFAULT_SOFT_KEYS
    keepalive_s: int = 30
    secondary_keepalive_s: int = 60
    date_template: str = "D.M.Y"
    """``M/D/Y``, ``D.M.Y``; with a trailing A the clock has twelve hours."""
    idle_prompt: str = Label.YOUR_CURRENT_OPTIONS
    """What the prompt line says while nothing happens."""
    firmware: str = ""
    """The load that the phone should run."""
    user_name: str = ""
    server_name: str = ""
    servers: tuple[StationServer, ...] = ()
    version_ceiling: int = NEWEST
    """The newest protocol version to speak with this device."""
    code_page: CodePage = CodePage.LATIN_1
    """For phones without the UTF-8 feature."""
    traits: StationTraits | None = None
    """Instead of what the device type has."""

    def line(self, instance: int) -> StationLine | None:
        """Line ``instance``, counted from 1, or None."""
        return self.lines[instance - 1] if 0 < instance <= len(self.lines) else None

    def speed_dial(self, instance: int) -> SpeedDial | None:
        """Speed dial ``instance``, counted from 1, or None."""
        return self.speed_dials[instance - 1] if 0 < instance <= len(self.speed_dials) else None

    def lamp(self, instance: int) -> BusyLamp | None:
        """Busy lamp ``instance``, counted from 1, or None."""
        return self.lamps[instance - 1] if 0 < instance <= len(self.lamps) else None

    @property
    def parks_after(self) -> int:
        """The instance before that of the first directed-park button (``bridge.sccp.buttonplaces``)."""
        return sum(each.type == StimulusType.BLF_SPEED_DIAL for each in self.buttons)

    def park_button(self, instance: int) -> ParkButton | None:
        """The directed-park button with this instance, or None."""
        place = instance - self.parks_after
        return self.park_buttons[place - 1] if 0 < place <= len(self.park_buttons) else None

    def lamp_of_line(self, line: int) -> int:
        """The lamp that a phone below version 15 has as a line button behind its own lines; 0 where it is none."""
        lamp = line - len(self.lines)
        return lamp if 0 < lamp <= len(self.lamps) else 0

    def button_template(
        self, device_type: DeviceType, add_on_buttons: int = 0, *, version: int = NEWEST
    ) -> tuple[ButtonDefinition, ...]:
        """What each button of this device is. Below version 15 a busy lamp is a line (SCCP flows reference, 4.8)."""
        if self.buttons and version < LAMPS_SINCE:
            behind = len(self.lines)
            return tuple(
                ButtonDefinition(behind + each.instance, StimulusType.LINE)
                if each.type == StimulusType.BLF_SPEED_DIAL
                else each
                for each in self.buttons
            )
        if self.buttons:
            return self.buttons
        return lay_out(
            device_type,
            lines=len(self.lines),
            speed_dials=len(self.speed_dials),
            services=len(self.services),
            add_on_buttons=add_on_buttons,
        )

    def line_of_button(self, button: int, template: tuple[ButtonDefinition, ...]) -> int:
        """The line of a button, counted from 1; 0 where it is none.

        Phones below version 15 name the button in OnHook and KeypadButton (SCCP flows reference, section 8).
        """
        if 0 < button <= len(template) and template[button - 1].type == StimulusType.LINE:
            return template[button - 1].instance
        return 0

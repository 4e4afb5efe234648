"""What an admin sets for one device, one line, or one appearance of a line on a device.

Every field has the default of a phone that nobody touched: only what departs from it is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.core.callmodes import DtmfMode, EarlyOpen
from bridge.core.texts import check_between, check_dialled, check_mask, check_place, check_shown
from bridge.errors import InvalidInput

MAX_ADD_ONS = 3


class AddOnModule(StrEnum):
    """Add-on modules with buttons. Sources: SCCP enumerations reference, section 7."""

    CISCO_7914 = "7914"
    CISCO_7915_12 = "7915-12"
    CISCO_7915_24 = "7915-24"
    CISCO_7916_12 = "7916-12"
    CISCO_7916_24 = "7916-24"

    @property
    def buttons(self) -> int:
        """How many buttons it has."""
        return 14 if self is AddOnModule.CISCO_7914 else int(self.value.rpartition("-")[2])


class DndOption(StrEnum):
    """What do-not-disturb does on a phone."""

    DEFAULT = "default"
    """What the common phone profile says."""
    REJECT = "reject"
    """The caller hears busy."""
    RINGER_OFF = "ringer-off"
    """The call is shown, in silence."""
    OFF = "not-allowed"
    """The user cannot switch it on."""


class DndAlert(StrEnum):
    """How a call is announced while do-not-disturb is on."""

    DEFAULT = "default"
    NONE = "none"
    FLASH = "flash"
    BEEP = "beep"


class Switch(StrEnum):
    """A setting that may be left to the level above."""

    DEFAULT = "default"
    ON = "on"
    OFF = "off"


class BargeOption(StrEnum):
    """What a press on a shared line in use does."""

    OFF = "off"
    BARGE = "barge"
    CONFERENCE = "cbarge"


class RingSetting(StrEnum):
    """How a call is announced on a line."""

    RING = "ring"
    RING_ONCE = "ring-once"
    FLASH = "flash"
    BEEP = "beep"
    DISABLED = "disabled"


class RingKind(StrEnum):
    """Which of the phone's rings a line has, unless the PBX names one."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    FEATURE = "feature"
    URGENT = "urgent"
    SILENT = "silent"
    """The lamp alone."""


class LampPolicy(StrEnum):
    """How waiting messages are shown."""

    LIGHT_AND_PROMPT = "light-and-prompt"
    LIGHT = "light"
    PROMPT = "prompt"
    NONE = "none"


class AutoAnswer(StrEnum):
    """Whether calls are answered without anybody's hand."""

    OFF = "off"
    SPEAKER = "speaker"
    HEADSET = "headset"


class RecordingOption(StrEnum):
    """Whether calls of a line are recorded."""

    DISABLED = "disabled"
    ON_DEMAND = "on-demand"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """What is set for one device. Names of objects are empty where the level above decides."""

    owner: str = ""
    """The name of its user."""
    css: str = ""
    """The device's calling search space; the pool's where it is empty."""
    button_template: str = ""
    softkey_template: str = ""
    phone_profile: str = ""
    """The common phone profile."""
    add_ons: tuple[AddOnModule, ...] = ()
    user_locale: str = ""
    dnd: DndOption = DndOption.DEFAULT
    dnd_alert: DndAlert = DndAlert.DEFAULT
    privacy: Switch = Switch.DEFAULT
    barge: BargeOption = BargeOption.OFF
    idle_text: str = ""
    """What the screen says while nothing happens."""
    idle_url: str = ""
    """What the phone loads while nothing happens."""
    version_ceiling: int | None = None
    """The newest SCCP version to speak with it; None for what its model's defaults say."""
    early_open: EarlyOpen = EarlyOpen.AUTO
    opens_late: bool = False
    """Found out: it acknowledges no receive channel before a call is answered. Counts with ``EarlyOpen.AUTO``."""
    dtmf: DtmfMode = DtmfMode.AUTO
    music_on_hold: str = ""
    """The class of Asterisk's music; the line's, or Asterisk's default, where it is empty."""

    def __post_init__(self) -> None:
        check_shown(self.owner, "owner")
        check_shown(self.idle_text, "idle text")
        check_shown(self.idle_url, "idle URL", most=255)
        check_place(self.user_locale, "user locale")
        check_place(self.music_on_hold, "music on hold")
        check_ceiling(self.version_ceiling)
        if len(self.add_ons) > MAX_ADD_ONS:
            raise InvalidInput(f"a phone carries at most {MAX_ADD_ONS} add-on modules", fix="name fewer of them")


@dataclass(frozen=True, slots=True)
class LineSettings:
    """What is set for a directory number, on all phones that have it."""

    css: str = ""
    """The line's calling search space: looked at before the device's."""
    forward_css: str = ""
    """For the targets of call forwarding; the line's and the device's where it is empty."""
    pickup_group: str = ""
    voicemail_box: str = ""
    """The mailbox at Asterisk; the number itself where it is empty."""
    voicemail_pilot: str = ""
    """What the messages button dials; the site's where it is empty."""
    no_answer_seconds: int = 12
    """After so long a call counts as not answered."""
    auto_answer: AutoAnswer = AutoAnswer.OFF
    hold_reversion_seconds: int = 0
    """After so long a held call reminds of itself; 0 for never."""
    hotline: str = ""
    """Dialled by going off hook (PLAR)."""
    hotline_delay: int = 0
    """Seconds in which the user may still dial something else."""
    max_forwards: int = 12
    """How often one call may be forwarded."""
    urgent: bool = False
    """Its number needs no wait for a longer match."""
    music_on_hold: str = ""

    def __post_init__(self) -> None:
        check_place(self.pickup_group, "pickup group")
        check_place(self.voicemail_box.replace("@", ""), "voicemail box")
        check_dialled(self.voicemail_pilot, "voicemail pilot")
        check_dialled(self.hotline, "hotline number")
        check_place(self.music_on_hold, "music on hold")
        check_between(self.no_answer_seconds, 1, 300, "no-answer time")
        check_between(self.hold_reversion_seconds, 0, 1200, "hold reversion time")
        check_between(self.hotline_delay, 0, 60, "hotline delay")
        check_between(self.max_forwards, 1, 60, "number of forwards")


@dataclass(frozen=True, slots=True)
class AppearanceSettings:
    """What is set for a line on one device."""

    external_mask: str = ""
    """The line's number as the outside sees it, ``X`` for its own digits (dialplan mapping reference, section 7)."""
    max_calls: int = 4
    busy_trigger: int = 2
    """With so many calls a further caller hears busy."""
    ring_idle: RingSetting = RingSetting.RING
    ring_busy: RingSetting = RingSetting.BEEP
    """How a call is announced while the user is in another one."""
    lamp: LampPolicy = LampPolicy.LIGHT_AND_PROMPT
    audible_messages: Switch = Switch.DEFAULT
    """A stutter tone while messages wait; by default where the phone has no lamp."""
    recording: RecordingOption = RecordingOption.DISABLED
    log_missed_calls: bool = True
    ring_kind: RingKind = RingKind.INSIDE
    """Which of the phone's rings it has, unless the PBX names one."""
    pickup_ring_idle: RingSetting = RingSetting.RING_ONCE
    """How a call at another line of the pickup group is heard, where the group wants it to be heard."""
    pickup_ring_busy: RingSetting = RingSetting.BEEP
    """And while the user is in a call (ringSettingActivePickupAlert)."""

    def __post_init__(self) -> None:
        check_mask(self.external_mask, "external number mask")
        check_between(self.max_calls, 1, 200, "number of calls")
        check_between(self.busy_trigger, 1, self.max_calls, "busy trigger")


def check_ceiling(version: int | None) -> None:
    """Raise InvalidInput unless the version can be spoken (3 to 22), or is None."""
    if version is not None:
        check_between(version, 3, 22, "newest SCCP version")


DEFAULT_DEVICE_SETTINGS = DeviceSettings()
DEFAULT_LINE_SETTINGS = LineSettings()
DEFAULT_APPEARANCE_SETTINGS = AppearanceSettings()

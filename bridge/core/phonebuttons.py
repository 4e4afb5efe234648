"""What the buttons of a phone are: assignments of one device, and templates for many.

Source: dialplan mapping reference, section 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.core.protocol import SignallingProtocol
from bridge.core.texts import check_between, check_dialled, check_object_name, check_shown, check_url
from bridge.errors import InvalidInput

MAX_BUTTONS = 56
"""Buttons of a phone, add-on modules included."""
MAX_ABBREVIATED = 99


class ButtonKind(StrEnum):
    """What a button can be."""

    NONE = "none"
    LINE = "line"
    SPEED_DIAL = "speed-dial"
    BLF_SPEED_DIAL = "blf-speed-dial"
    SERVICE_URL = "service-url"
    DIRECTED_PARK = "directed-park"
    """``argument``: the park slot, with a lamp."""
    INTERCOM = "intercom"
    """``argument``: whom to call; empty to ask for it."""
    PRIVACY = "privacy"
    REDIAL = "redial"
    HOLD = "hold"
    TRANSFER = "transfer"
    FORWARD_ALL = "forward-all"
    FORWARD_BUSY = "forward-busy"
    FORWARD_NO_ANSWER = "forward-no-answer"
    CONFERENCE = "conference"
    CONFERENCE_LIST = "conference-list"
    REMOVE_LAST_PARTICIPANT = "remove-last-participant"
    MEET_ME = "meet-me"
    PARK = "park"
    PICKUP = "pickup"
    GROUP_PICKUP = "group-pickup"
    """``argument``: the group; empty to ask for it."""
    OTHER_PICKUP = "other-pickup"
    MOBILITY = "mobility"
    DND = "dnd"
    QUALITY_REPORT = "quality-report"
    CALL_BACK = "call-back"
    VIDEO_MODE = "video-mode"
    NEW_CALL = "new-call"
    END_CALL = "end-call"
    HUNT_LOGIN = "hunt-group-login"
    MALICIOUS_CALL = "malicious-call"
    RECORD = "record"
    PAGING = "paging"
    """``argument``: the paging group's number."""
    MESSAGES = "messages"
    DIRECTORY = "directory"
    SERVICES = "services"
    SETTINGS = "settings"
    HEADSET = "headset"
    ALL_CALLS = "all-calls"
    ANSWER_OLDEST = "answer-oldest"


@dataclass(frozen=True, slots=True)
class SpeedDial:
    """A number at the press of a button."""

    number: str
    label: str = ""

    def __post_init__(self) -> None:
        _check_number(self.number, "speed dial")
        check_shown(self.label, "label")


@dataclass(frozen=True, slots=True)
class BlfSpeedDial:
    """A number at the press of a button, with a lamp that shows whether it is busy."""

    number: str
    label: str = ""
    pickup: bool = True
    """Pressed while the number rings, it takes the call."""

    def __post_init__(self) -> None:
        _check_number(self.number, "BLF speed dial")
        check_shown(self.label, "label")


@dataclass(frozen=True, slots=True)
class ServiceUrl:
    """A button that opens a URL on the phone."""

    url: str
    label: str = ""

    def __post_init__(self) -> None:
        check_url(self.url, "service URL")
        check_shown(self.label, "label")


@dataclass(frozen=True, slots=True)
class FeatureButton:
    """A button for a feature of the phone or the system."""

    feature: ButtonKind
    label: str = ""
    argument: str = ""
    """A number that the feature needs, see ``ButtonKind``; mostly empty."""

    def __post_init__(self) -> None:
        if self.feature in _NOT_FEATURES:
            raise InvalidInput(
                f"{self.feature} is not a feature for a button", fix="see docs/site.md for those there are"
            )
        check_shown(self.label, "label")
        check_dialled(self.argument, "argument of the button")


_NOT_FEATURES = {
    ButtonKind.NONE,
    ButtonKind.LINE,
    ButtonKind.SPEED_DIAL,
    ButtonKind.BLF_SPEED_DIAL,
    ButtonKind.SERVICE_URL,
}

Assignment = SpeedDial | BlfSpeedDial | ServiceUrl | FeatureButton


@dataclass(frozen=True, slots=True)
class DeviceButton:
    """What is on one button of a device. Lines are on theirs as ``LineAppearance``; both count together, from 1 on."""

    button: int
    assigned: Assignment

    def __post_init__(self) -> None:
        check_between(self.button, 1, MAX_BUTTONS, "number of a button")

    @property
    def kind(self) -> ButtonKind:
        """What the button is."""
        match self.assigned:
            case SpeedDial():
                return ButtonKind.SPEED_DIAL
            case BlfSpeedDial():
                return ButtonKind.BLF_SPEED_DIAL
            case ServiceUrl():
                return ButtonKind.SERVICE_URL
            case FeatureButton():
                return self.assigned.feature

    @property
    def label(self) -> str:
        """What stands beside it; may be empty."""
        return self.assigned.label


@dataclass(frozen=True, slots=True)
class AbbreviatedDial:
    """A number that is dialled by its index and the soft key AbbrDial."""

    index: int
    number: str
    label: str = ""

    def __post_init__(self) -> None:
        check_between(self.index, 1, MAX_ABBREVIATED, "index of an abbreviated dial")
        _check_number(self.number, "abbreviated dial")
        check_shown(self.label, "label")


@dataclass(frozen=True, slots=True)
class TemplateButton:
    """One button of a template."""

    kind: ButtonKind
    label: str = ""
    argument: str = ""

    def __post_init__(self) -> None:
        check_shown(self.label, "label")
        check_dialled(self.argument, "argument of the button")


@dataclass(frozen=True, slots=True)
class PhoneButtonTemplate:
    """What each button of a model's phones is, from the first button on."""

    name: str
    buttons: tuple[TemplateButton, ...] = ()
    model: str = ""
    """The catalogue's name of the model that it is made for; empty for any."""
    protocol: SignallingProtocol | None = None
    description: str = ""

    def __post_init__(self) -> None:
        check_object_name(self.name, "phone button template")
        check_shown(self.description, "description", most=255)
        check_shown(self.model, "model")
        if len(self.buttons) > MAX_BUTTONS:
            raise InvalidInput(f"the phone button template {self.name} has more than {MAX_BUTTONS} buttons")


def _check_number(number: str, what: str) -> None:
    if not check_dialled(number, f"number of a {what}"):
        raise InvalidInput(f"a {what} needs a number", fix="give the number that it dials")

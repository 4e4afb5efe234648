"""Templates from which devices and lines are made, and the profile that many phones share.

Source: dialplan mapping reference, sections 11 and 12; autoregistration reference, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core.phonesettings import AutoAnswer, DndAlert, DndOption, Switch
from bridge.core.texts import check_between, check_mask, check_object_name, check_place, check_shown
from bridge.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class CommonPhoneProfile:
    """Settings that many phones share; those of the device win over them."""

    name: str
    description: str = ""
    dnd: DndOption = DndOption.RINGER_OFF
    dnd_alert: DndAlert = DndAlert.BEEP
    privacy: Switch = Switch.ON
    background_image: str = ""
    phone_personalization: bool = False
    always_use_prime_line: bool = False
    always_use_prime_line_for_messages: bool = False
    feature_policy: str = ""

    def __post_init__(self) -> None:
        check_object_name(self.name, "common phone profile")
        check_shown(self.description, "description", most=255)
        check_shown(self.background_image, "background image", most=255)
        check_place(self.feature_policy, "feature control policy")
        if DndOption.DEFAULT is self.dnd or DndAlert.DEFAULT is self.dnd_alert or Switch.DEFAULT is self.privacy:
            raise InvalidInput(
                f"the common phone profile {self.name} leaves a setting to the profile, which is itself",
                fix="choose a value for dnd, dnd_alert and privacy",
            )


@dataclass(frozen=True, slots=True)
class UniversalLineTemplate:
    """What the line of a new phone gets."""

    name: str
    description: str = ""
    partition: str = ""
    css: str = ""
    external_mask: str = ""
    pickup_group: str = ""
    display_name: str = ""
    """``{number}`` and ``{owner}`` stand for the line's number and the device's owner."""
    label: str = ""
    no_answer_seconds: int = 12
    max_calls: int = 4
    busy_trigger: int = 2
    auto_answer: AutoAnswer = AutoAnswer.OFF

    def __post_init__(self) -> None:
        check_object_name(self.name, "universal line template")
        check_shown(self.description, "description", most=255)
        check_shown(self.display_name, "display name")
        check_shown(self.label, "label")
        check_mask(self.external_mask, "external number mask")
        check_place(self.pickup_group, "pickup group")
        check_between(self.no_answer_seconds, 1, 300, "no-answer time")
        check_between(self.max_calls, 1, 200, "number of calls")
        check_between(self.busy_trigger, 1, self.max_calls, "busy trigger")


@dataclass(frozen=True, slots=True)
class UniversalDeviceTemplate:
    """What a new phone gets."""

    name: str
    description: str = ""
    pool: str = "Default"
    css: str = ""
    button_template: str = ""
    softkey_template: str = ""
    phone_profile: str = ""
    line_template: str = ""
    user_locale: str = ""
    device_description: str = ""
    """``{number}`` stands for the primary number."""

    def __post_init__(self) -> None:
        check_object_name(self.name, "universal device template")
        check_shown(self.description, "description", most=255)
        check_shown(self.device_description, "description of a device")
        check_place(self.user_locale, "user locale")

"""The button template.

Source: SCCP wire reference, section 7.6; SCCP enumerations reference, section 7.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.sccp.fields import Length, u8, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.registry import wire
from bridge.sccp.segments import Entries
from bridge.sccp.stimuli import StimulusType

MAX_BUTTONS = 56
"""Add-on modules included."""


@dataclass(frozen=True, slots=True)
class ButtonDefinition:
    """One button: what it is, and the how manieth of its kind (1-based)."""

    instance: int
    type: StimulusType


@wire(
    Form(
        MessageId.BUTTON_TEMPLATE,
        u32("offset"),
        Length("buttons"),
        u32("total"),
        Entries(
            "buttons",
            ButtonDefinition,
            u8("instance"),
            u8("type", StimulusType),
            limit=MAX_BUTTONS,
            slots=(42, MAX_BUTTONS),
            blank=bytes((0, StimulusType.UNDEFINED)),
        ),
        least=12,
    )
)
@dataclass(frozen=True, slots=True)
class ButtonTemplate(Message):
    """0x0097: what each button of the phone is, in button order. Unused slots go out as undefined."""

    buttons: tuple[ButtonDefinition, ...]
    offset: int = 0
    """The first button described here, for phones with more buttons than one message holds."""
    total: int = 0

    @classmethod
    def of(cls, buttons: Iterable[ButtonDefinition]) -> ButtonTemplate:
        """The template of a phone whose buttons fit into one message."""
        whole = tuple(buttons)
        return cls(whole, 0, len(whole))

"""What stands on the screen. Texts may hold built-in labels.

Source: SCCP wire reference, sections 4, 7.1, 7.6 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import Text, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.registry import wire
from bridge.sccp.segments import CString

_TEXT = 97


@wire(
    Form(
        MessageId.DISPLAY_DYNAMIC_PROMPT_STATUS,
        u32("timeout_s"),
        u32("line"),
        u32("call_ref"),
        CString("text", _TEXT),
        name="dynamic",
        since=8,
    ),
    Form(
        MessageId.DISPLAY_PROMPT_STATUS,
        u32("timeout_s"),
        Text("text", 32),
        u32("line"),
        u32("call_ref"),
        name="static",
        until=7,
    ),
)
@dataclass(frozen=True, slots=True)
class DisplayPromptStatus(Message):
    """0x0112 up to version 7, 0x0145 from version 8 on: the prompt line of a call; line and call 0: the idle one."""

    text: str
    timeout_s: int = 0
    """Seconds; 0 to stay."""
    line: int = 0
    call_ref: int = 0


@wire(Form(MessageId.CLEAR_PROMPT_STATUS, u32("line"), u32("call_ref")))
@dataclass(frozen=True, slots=True)
class ClearPromptStatus(Message):
    """0x0113: take the prompt of a call, or of the idle phone, away."""

    line: int = 0
    call_ref: int = 0


@wire(
    Form(MessageId.DISPLAY_DYNAMIC_NOTIFY, u32("timeout_s"), CString("text", _TEXT), name="dynamic", since=8),
    Form(MessageId.DISPLAY_NOTIFY, u32("timeout_s"), Text("text", 32), name="static", until=7),
)
@dataclass(frozen=True, slots=True)
class DisplayNotify(Message):
    """0x0114 up to version 7, 0x0143 from version 8 on: a text over everything else for a while."""

    text: str
    timeout_s: int = 0


@wire(Form(MessageId.CLEAR_NOTIFY))
@dataclass(frozen=True, slots=True)
class ClearNotify(Message):
    """0x0115: take the notify text away."""


@wire(
    Form(
        MessageId.DISPLAY_DYNAMIC_PRI_NOTIFY,
        u32("timeout_s"),
        u32("priority"),
        CString("text", _TEXT),
        name="dynamic",
        since=8,
    ),
    Form(MessageId.DISPLAY_PRI_NOTIFY, u32("timeout_s"), u32("priority"), Text("text", 32), name="static", until=7),
)
@dataclass(frozen=True, slots=True)
class DisplayPriNotify(Message):
    """0x0120 up to version 7, 0x0144 from version 8 on: a notify text with a priority of its own."""

    text: str
    timeout_s: int = 0
    priority: int = 5


@wire(Form(MessageId.CLEAR_PRI_NOTIFY, u32("priority")))
@dataclass(frozen=True, slots=True)
class ClearPriNotify(Message):
    """0x0121: take the notify text of this priority away."""

    priority: int = 5


@wire(Form(MessageId.DISPLAY_TEXT, Text("text", 32)))
@dataclass(frozen=True, slots=True)
class DisplayText(Message):
    """0x0099: text for phones of the 12SP era. **Java phones reset when they get it.**"""

    text: str


@wire(Form(MessageId.CLEAR_DISPLAY))
@dataclass(frozen=True, slots=True)
class ClearDisplay(Message):
    """0x009A: clear the display of a 12SP. **Java phones reset when they get it.**"""

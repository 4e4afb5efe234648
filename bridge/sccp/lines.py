"""What is on the line and speed-dial buttons, and where lines are forwarded.

Source: SCCP wire reference, sections 4, 7.1, 7.2 and 7.6.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import Length, Text, u16, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.registry import wire
from bridge.sccp.segments import CString, Entries

LINE_TYPE_ALL = 15
"""``line_type``: original and redirected dialled number, calling number and name may be shown."""


@wire(
    Form(
        MessageId.LINE_STAT_DYNAMIC,
        u32("line"),
        u32("line_type"),
        CString("number", 25),
        CString("display_name", 40),
        CString("label", 40),
        name="dynamic",
        since=17,
        least=4,
    ),
    Form(
        MessageId.LINE_STAT,
        u32("line"),
        Text("number", 24),
        Text("display_name", 40),
        Text("label", 40),
        u32("options"),
        name="static",
        until=16,
        least=4,
    ),
)
@dataclass(frozen=True, slots=True)
class LineStat(Message):
    """0x0092 up to version 16, 0x0147 from version 17 on: what is on a line button."""

    line: int
    number: str = ""
    display_name: str = ""
    label: str = ""
    """What stands beside the button."""
    options: int = 0
    """Static form only."""
    line_type: int = LINE_TYPE_ALL
    """Dynamic form only."""


@wire(
    Form(MessageId.SPEED_DIAL_STAT, u32("index"), Text("number", 24), Text("label", 40), name="static", least=4),
    Form(
        MessageId.SPEED_DIAL_STAT_DYNAMIC,
        u32("index"),
        CString("number", 24),
        CString("label", 40),
        name="dynamic",
        since=99,
        least=4,
    ),
)
@dataclass(frozen=True, slots=True)
class SpeedDialStat(Message):
    """0x0091 at every version (0x0149 is known too): what is on a speed-dial button."""

    index: int
    number: str = ""
    label: str = ""


@wire(
    Form(
        MessageId.FORWARD_STAT,
        u32("active"),
        u32("line"),
        u32("all_active"),
        Text("all_number", 25),
        u32("busy_active"),
        Text("busy_number", 25),
        u32("no_answer_active"),
        Text("no_answer_number", 25),
        name="95",
        since=18,
        from_length=95,
    ),
    Form(
        MessageId.FORWARD_STAT,
        u32("active"),
        u32("line"),
        u32("all_active"),
        Text("all_number", 24),
        u32("busy_active"),
        Text("busy_number", 24),
        u32("no_answer_active"),
        Text("no_answer_number", 24),
        name="92",
        until=17,
        least=8,
    ),
)
@dataclass(frozen=True, slots=True)
class ForwardStat(Message):
    """0x0090: where the calls of a line are forwarded. The flags are 1 up to version 17 and 2 from version 18 on."""

    active: int
    """Not 0 when any forward is in force."""
    line: int
    all_active: int = 0
    all_number: str = ""
    busy_active: int = 0
    busy_number: str = ""
    no_answer_active: int = 0
    no_answer_number: str = ""


@dataclass(frozen=True, slots=True)
class CallCount:
    """How many calls a line may carry, and how many of them make it busy."""

    max_calls: int
    busy_trigger: int


@wire(
    Form(
        MessageId.CALL_COUNT_RES,
        u32("total_lines"),
        u32("first_line"),
        Length("lines"),
        Entries("lines", CallCount, u16("max_calls"), u16("busy_trigger"), limit=42),
        least=12,
    )
)
@dataclass(frozen=True, slots=True)
class CallCountRes(Message):
    """0x015F: how many calls each line may carry, from ``first_line`` on."""

    total_lines: int
    first_line: int
    lines: tuple[CallCount, ...]

"""What a phone asks its server for, most of it while it registers.

Source: SCCP wire reference, section 7.1; SCCP flows reference, section 1.1. Phones ask in any order, and again later.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.registry import wire


@wire(Form(MessageId.CONFIG_STAT_REQ))
@dataclass(frozen=True, slots=True)
class ConfigStatReq(Message):
    """0x000C: which user, server and how many buttons? Answered by ConfigStat."""


@wire(Form(MessageId.TIME_DATE_REQ))
@dataclass(frozen=True, slots=True)
class TimeDateReq(Message):
    """0x000D: what time is it? Ends the registration of all phones but SPA. Answered by DefineTimeDate."""


@wire(Form(MessageId.BUTTON_TEMPLATE_REQ))
@dataclass(frozen=True, slots=True)
class ButtonTemplateReq(Message):
    """0x000E: what do the buttons do? Answered by ButtonTemplate."""


@wire(Form(MessageId.VERSION_REQ))
@dataclass(frozen=True, slots=True)
class VersionReq(Message):
    """0x000F: which firmware should run? Answered by Version."""


@wire(Form(MessageId.SERVER_REQ))
@dataclass(frozen=True, slots=True)
class ServerReq(Message):
    """0x0012: which servers are there? Answered by ServerRes."""


@wire(Form(MessageId.SOFT_KEY_SET_REQ))
@dataclass(frozen=True, slots=True)
class SoftKeySetReq(Message):
    """0x0025: which soft keys belong to which state? Answered by SoftKeySetRes."""


@wire(Form(MessageId.SOFT_KEY_TEMPLATE_REQ))
@dataclass(frozen=True, slots=True)
class SoftKeyTemplateReq(Message):
    """0x0028: which soft keys are there? Answered by SoftKeyTemplateRes."""


@wire(Form(MessageId.CALL_COUNT_REQ))
@dataclass(frozen=True, slots=True)
class CallCountReq(Message):
    """0x015E: how many calls may each line carry? Answered by CallCountRes; phones do without an answer."""


@wire(Form(MessageId.FORWARD_STAT_REQ, u32("line")))
@dataclass(frozen=True, slots=True)
class ForwardStatReq(Message):
    """0x0009: is the line forwarded? Answered by ForwardStat."""

    line: int = 0


@wire(Form(MessageId.SPEED_DIAL_STAT_REQ, u32("index")))
@dataclass(frozen=True, slots=True)
class SpeedDialStatReq(Message):
    """0x000A: what is on this speed-dial button? Answered by SpeedDialStat."""

    index: int = 0


@wire(Form(MessageId.LINE_STAT_REQ, u32("line")))
@dataclass(frozen=True, slots=True)
class LineStatReq(Message):
    """0x000B: what is on this line button? Answered by LineStat."""

    line: int = 0


@wire(Form(MessageId.SERVICE_URL_STAT_REQ, u32("index")))
@dataclass(frozen=True, slots=True)
class ServiceUrlStatReq(Message):
    """0x0033: what is on this service button? Answered by ServiceUrlStat."""

    index: int = 0


@wire(Form(MessageId.FEATURE_STAT_REQ, u32("index"), u32("capabilities")))
@dataclass(frozen=True, slots=True)
class FeatureStatReq(Message):
    """0x0034: what is on this feature button? Answered by FeatureStat."""

    index: int = 0
    capabilities: int = 0
    """Absent, and so 0, on short bodies."""

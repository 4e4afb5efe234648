"""What phones report about themselves without being asked.

Source: SCCP wire reference, sections 7.1 and 8; SCCP enumerations reference, section 2.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import Text, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire


class AlarmSeverity(OpenEnum):
    """AlarmSeverity."""

    CRITICAL = 0
    WARNING = 1
    INFORMATIONAL = 2
    UNKNOWN = 4
    MAJOR = 7
    MINOR = 8
    MARGINAL = 10
    TRACE = 20


@wire(Form(MessageId.ALARM, u32("severity", AlarmSeverity), Text("text", 80), u32("param1"), u32("param2")))
@dataclass(frozen=True, slots=True)
class Alarm(Message):
    """0x0020: why the phone restarted, ``NN: Name=… Load=… Last=…``; sent before it registers."""

    severity: AlarmSeverity = AlarmSeverity.UNKNOWN
    text: str = ""
    param1: int = 0
    param2: int = 0


@wire(Form(MessageId.XML_ALARM, Text("xml", 2048)))
@dataclass(frozen=True, slots=True)
class XmlAlarm(Message):
    """0x015A: the same, and more, as an XML document."""

    xml: str = ""


@wire(Form(MessageId.LOCATION_INFO, Text("xml", 2404)))
@dataclass(frozen=True, slots=True)
class LocationInfo(Message):
    """0x0157: where a wireless phone is, as an XML document; after roaming."""

    xml: str = ""

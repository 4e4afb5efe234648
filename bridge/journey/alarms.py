"""What phones say of their last restart: the alarm line of SCCP and SIP phones, and the XML alarm of newer ones.

Source: diagnosis reference, section 3. The XML is read tolerantly: one of its values is written without escaping.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import unescape

from bridge.core import NOWHERE, DeviceName, NetworkPlace
from bridge.core.events import OutOfServiceTold, TrustListNamed
from bridge.core.place import NO_VLAN

_LINE = re.compile(
    r"(?:cisco-alarm:)?\s*(?P<cause>\d{1,4})(?::| )?\s*Name=(?P<name>\S{0,64})"
    r"(?: (?:Active)?Load=(?P<load>.{0,80}?))?(?: InactiveLoad=(?P<inactive>.{0,80}?))?(?: Last=(?P<last>.{0,80}))?$"
)
_FIELD = re.compile(r'<(?:String|Enum) name="(?P<name>\w{1,64})">(?P<value>.{0,256}?)</(?:String|Enum)>', re.DOTALL)
_ALARM = re.compile(r'<Alarm Name="(?P<name>\w{1,64})"')
_LONGEST_NAME = 64
"""Characters of a name that a switch announces."""
_NOTHING = frozenset({"", "N/A", "Not Installed", "<not open>", "-1"})


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """``NN: Name=… Load=… Last=…``. Number and text are both kept: four numbers changed their meaning."""

    cause: int | None = None
    """None where the line cannot be read."""
    name: str = ""
    load: str = ""
    inactive_load: str = ""
    last: str = ""

    def last_is(self, text: str) -> bool:
        """Whether the phone's word for it is this one; letter case does not count."""
        return self.last.lower() == text.lower()


@lru_cache(maxsize=1024)
def parse_alarm(text: str) -> AlarmLine:
    """Read an alarm line. Never raises; what is no alarm line has no cause."""
    match = _LINE.search(text.strip()[:400])
    if match is None:
        return AlarmLine()
    return AlarmLine(
        int(match["cause"]),
        match["name"],
        _load(match["load"]),
        _load(match["inactive"]),
        (match["last"] or "").strip(),
    )


def _load(text: str | None) -> str:
    return (text or "").strip().removesuffix(".loads")


@dataclass(frozen=True, slots=True)
class AlarmDocument:
    """An XML alarm: its name and its parameters, as text."""

    name: str
    values: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """A parameter in one line; empty where it is missing or says "none"."""
        value = next((text for key, text in self.values if key == name), "")
        shown = "".join(sign if sign.isprintable() else " " for sign in value)
        return "" if value in _NOTHING else " ".join(shown.split())


def parse_alarm_document(text: str) -> AlarmDocument | None:
    """Read an ``x-cisco-alarm`` document, well-formed or not; None for what is none. Never raises."""
    text = text[:16_384]
    match = _ALARM.search(text)
    if match is None:
        return None
    values = tuple((each["name"], unescape(each["value"]).strip()) for each in _FIELD.finditer(text))
    return AlarmDocument(match["name"], values[:64])


def place_of(document: AlarmDocument) -> NetworkPlace:
    """Where the phone hangs, by ``LastOutOfServiceInformation``; ``NOWHERE`` by any other alarm."""
    if document.name != "LastOutOfServiceInformation":
        return NOWHERE
    vlan = _vlan(document)
    return NetworkPlace(
        vlan if vlan < NO_VLAN else 0,
        document.get("NeighborDeviceID")[:_LONGEST_NAME],
        document.get("NeighborPortID")[:_LONGEST_NAME],
    )


def _vlan(document: AlarmDocument) -> int:
    vlan = document.get("VoiceVLAN")
    return int(vlan) if vlan.isascii() and vlan.isdigit() and len(vlan) < 5 else 0


def alarm_event(document: AlarmDocument, device: DeviceName, at: datetime) -> OutOfServiceTold | TrustListNamed | None:
    """What an XML alarm means for the journey; None for alarms that say nothing of it."""
    match document.name:
        case "DeviceTLInfo":
            return TrustListNamed(
                at=at,
                device=device,
                ctl_server=document.get("CTL_TFTP_Server"),
                itl_server=document.get("ITL_TFTP_Server"),
            )
        case "LastOutOfServiceInformation":
            return OutOfServiceTold(
                at=at,
                device=device,
                reason=document.get("ReasonForOutOfService"),
                model=document.get("ModelNumber"),
                address=document.get("DeviceIPv4Address").partition("/")[0],
                gateway=document.get("IPv4DefaultGateway"),
                voice_vlan=_vlan(document),
                neighbour=document.get("NeighborDeviceID"),
                neighbour_port=document.get("NeighborPortID"),
                server=document.get("UnifiedCMIPAddress"),
            )
        case _:
            return None

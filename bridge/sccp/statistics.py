"""Statistics of a connection.

Source: SCCP wire reference, sections 7.2 and 7.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from bridge.sccp.fields import Field, Length, Pad, Text, u8, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire
from bridge.sccp.segments import Data
from bridge.sccp.versions import NEWEST


class StatsProcessing(OpenEnum):
    """StatsProcessing: what becomes of the counters."""

    CLEAR = 0
    KEEP = 1


MAX_QUALITY = 600
_COUNTERS = (
    u32("packets_sent"),
    u32("octets_sent"),
    u32("packets_received"),
    u32("octets_received"),
    u32("packets_lost"),
    u32("jitter"),
    u32("latency"),
)


def _request_form(body: bytes, _version: int) -> int:
    """Which of the forms of ConnectionStatisticsReq: 32, 36 aligned, 33 packed (36 on the wire)."""
    if len(body) <= 32:
        return 0
    return 2 if len(body) < 36 or any(body[25:28]) else 1


@wire(
    Form(
        MessageId.CONNECTION_STATISTICS_REQ,
        Text("number", 24),
        u32("call_ref"),
        u32("processing", StatsProcessing),
        name="32",
        until=18,
    ),
    Form(
        MessageId.CONNECTION_STATISTICS_REQ,
        Text("number", 25),
        Pad(3),
        u32("call_ref"),
        u32("processing", StatsProcessing),
        name="aligned",
        since=19,
    ),
    Form(
        MessageId.CONNECTION_STATISTICS_REQ,
        Text("number", 25),
        u32("call_ref"),
        u32("processing", StatsProcessing),
        name="packed",
        since=99,
    ),
    choose=_request_form,
)
@dataclass(frozen=True, slots=True)
class ConnectionStatisticsReq(Message):
    """0x0107: how good was the connection?"""

    number: str = ""
    call_ref: int = 0
    processing: StatsProcessing = StatsProcessing.CLEAR


# Where the length of the quality text stands in each form, by the order of the forms below.
_LENGTH_AT = (60, 64, 61, 61)
_FORMS_BY_VERSION = ((0, 1, 3, 2), (1, 0, 3, 2), (3, 2, 0, 1))
_U32 = Struct("<I")


def _text_length(body: bytes, index: int) -> int:
    """How long the text is if the body is in this form; -1 where that makes no sense: too long, or not printable."""
    at = _LENGTH_AT[index]
    if len(body) < at + 4:
        return -1
    (length,) = _U32.unpack_from(body, at)
    text = body[at + 4 : at + 4 + length]
    if length > MAX_QUALITY or len(text) < length or not all(byte >= 32 or byte in (9, 10, 13) for byte in text):
        return -1
    return int(length)


def _result_form(body: bytes, version: int) -> int:
    """Which of the forms of ConnectionStatisticsRes: one in which there is a text, that of the version first; else the
    first that makes sense.
    """
    order = _FORMS_BY_VERSION[0 if version <= 18 else 1 if version <= 21 else 2]
    lengths = [(_text_length(body, index), index) for index in order]
    found = next(
        (index for length, index in lengths if length > 0),
        next((index for length, index in lengths if length == 0), order[0]),
    )
    if found < 2:
        return found
    # Both forms of version 22 have their text at 65. Where the packed one has its call reference, the other has the end
    # of its text field, which is empty for any number that a phone can hold.
    return 2 if any(body[25:28]) else 3


def _result(name: str, *head: Field, since: int = 99, until: int = NEWEST) -> Form:
    return Form(
        MessageId.CONNECTION_STATISTICS_RES,
        *head,
        *_COUNTERS,
        Length("quality"),
        Data("quality", MAX_QUALITY, text=True),
        name=name,
        since=since,
        until=until,
        least=28,
    )


@wire(
    _result("64", Text("number", 24), u32("call_ref"), u32("processing", StatsProcessing), since=0, until=18),
    _result("68", Text("number", 24), Pad(4), u32("call_ref"), u32("processing", StatsProcessing), since=19, until=21),
    _result("65 packed", Text("number", 25), u32("call_ref"), u32("processing", StatsProcessing)),
    _result("65", Text("number", 28), u32("call_ref"), u8("processing", StatsProcessing), since=22),
    choose=_result_form,
)
@dataclass(frozen=True, slots=True)
class ConnectionStatisticsRes(Message):
    """0x0023: packets and octets of the call's media, jitter and latency in milliseconds, and a text on the quality.

    For information only: phones disagree about the layout.
    """

    number: str = ""
    call_ref: int = 0
    processing: StatsProcessing = StatsProcessing.CLEAR
    packets_sent: int = 0
    octets_sent: int = 0
    packets_received: int = 0
    octets_received: int = 0
    packets_lost: int = 0
    jitter: int = 0
    latency: int = 0
    quality: str = ""
    """``MLQK=…;CCR=…`` or ``Log 476: mos …``; empty for phones that do not measure."""

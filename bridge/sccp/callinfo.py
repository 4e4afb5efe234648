"""Who is on a call.

Source: SCCP wire reference, sections 7.2 (CallInfo) and 7.6 (CallInfoDynamic).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

from bridge.sccp.fields import Text, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire
from bridge.sccp.segments import CString
from bridge.sccp.versions import NEWEST


class CallType(OpenEnum):
    """CallType."""

    NONE = 0
    INBOUND = 1
    OUTBOUND = 2
    FORWARDED = 3


class CallSecurity(OpenEnum):
    """CallSecurity: the padlock on the screen."""

    UNKNOWN = 0
    NOT_AUTHENTICATED = 1
    AUTHENTICATED = 2
    ENCRYPTED = 3


class PartyRestriction(IntFlag):
    """PartyRestriction: what the phone must not show. Inverted on the 7920."""

    NONE = 0
    CALLING_NAME = 0x01
    CALLING_NUMBER = 0x02
    CALLED_NAME = 0x04
    CALLED_NUMBER = 0x08
    ORIGINAL_CALLED_NAME = 0x10
    ORIGINAL_CALLED_NUMBER = 0x20
    LAST_REDIRECTING_NAME = 0x40
    LAST_REDIRECTING_NUMBER = 0x80


_NAME = 121
_NUMBER = 24
_LONG_NUMBER = 25


def _dynamic(name: str, *fields: str, since: int, until: int, number: int = _NUMBER) -> Form:
    return Form(
        MessageId.CALL_INFO_DYNAMIC,
        u32("line"),
        u32("call_ref"),
        u32("call_type", CallType),
        u32("original_redirect_reason"),
        u32("last_redirect_reason"),
        u32("call_instance"),
        u32("security_status", CallSecurity),
        u32("restriction_bits"),
        *(CString(field, _NAME if field.endswith("_name") else number) for field in fields),
        name=name,
        since=since,
        until=until,
        least=8,
    )


_VOICEMAILS = ("calling_voicemail", "called_voicemail", "original_called_voicemail", "last_redirecting_voicemail")
_NAMES = ("calling_name", "called_name", "original_called_name", "last_redirecting_name")
_NUMBERS = ("called_number", "original_called_number", "last_redirecting_number")
_TWELVE = ("calling_number", *_NUMBERS, *_VOICEMAILS, *_NAMES)
_THIRTEEN = ("calling_number", "alternate_calling_number", *_NUMBERS, *_VOICEMAILS, *_NAMES)
_FIFTEEN = (*_THIRTEEN, "hunt_pilot_number", "hunt_pilot_name")
_DYNAMIC = (
    _dynamic("12 strings", *_TWELVE, since=8, until=15),
    _dynamic("15 strings", *_FIFTEEN, since=16, until=17),
    _dynamic("15 long strings", *_FIFTEEN, since=18, until=NEWEST, number=_LONG_NUMBER),
    _dynamic("13 strings", *_THIRTEEN, since=99, until=99),
)
_HEAD = 32
_COUNTS = (12, 15, 15, 13)
_ORDERS = ((0, 1, 3), (1, 3, 0), (2, 3, 0))
"""Which forms to try, by version: up to 15, 16 and 17, from 18 on."""


def _holds(body: bytes, strings: int) -> bool:
    """True where so many strings, and at most three zeros of padding, follow the head."""
    end = _HEAD - 1
    for _ in range(strings):
        end = body.find(b"\0", end + 1)
        if end < 0:
            return False
    rest = body[end + 1 :]
    return len(rest) < 4 and not any(rest)


def _form(body: bytes, version: int) -> int:
    """Which of the dynamic forms; they differ in their strings alone, and empty strings look like padding.

    So the form of the version is taken wherever it can be right.
    """
    order = _ORDERS[0 if version <= 15 else 1 if version <= 17 else 2]
    return next((index for index in order if _holds(body, _COUNTS[index])), order[0])


@wire(
    *_DYNAMIC,
    Form(
        MessageId.CALL_INFO,
        Text("calling_name", 40),
        Text("calling_number", 24),
        Text("called_name", 40),
        Text("called_number", 24),
        u32("line"),
        u32("call_ref"),
        u32("call_type", CallType),
        Text("original_called_name", 40),
        Text("original_called_number", 24),
        Text("last_redirecting_name", 40),
        Text("last_redirecting_number", 24),
        u32("original_redirect_reason"),
        u32("last_redirect_reason"),
        Text("calling_voicemail", 24),
        Text("called_voicemail", 24),
        Text("original_called_voicemail", 24),
        Text("last_redirecting_voicemail", 24),
        u32("call_instance"),
        u32("security_status", CallSecurity),
        u32("restriction_bits"),
        name="static",
        until=7,
    ),
    choose=_form,
)
@dataclass(frozen=True, slots=True)
class CallInfo(Message):
    """0x008F up to version 7, 0x014A from version 8 on: who is on the call. SPA phones want "static" at version 8."""

    line: int = 0
    call_ref: int = 0
    call_type: CallType = CallType.NONE
    calling_name: str = ""
    calling_number: str = ""
    alternate_calling_number: str = ""
    """The calling number before it was translated; from version 16 on."""
    called_name: str = ""
    called_number: str = ""
    original_called_name: str = ""
    original_called_number: str = ""
    original_redirect_reason: int = 0
    last_redirecting_name: str = ""
    last_redirecting_number: str = ""
    last_redirect_reason: int = 0
    calling_voicemail: str = ""
    called_voicemail: str = ""
    original_called_voicemail: str = ""
    last_redirecting_voicemail: str = ""
    hunt_pilot_number: str = ""
    """From version 16 on, as the name."""
    hunt_pilot_name: str = ""
    call_instance: int = 0
    security_status: CallSecurity = CallSecurity.UNKNOWN
    restriction_bits: int = 0
    """PartyRestriction."""

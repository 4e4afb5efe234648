"""XML documents to the phone, and what the phone's applications send back.

Source: SCCP wire reference, sections 7.6 and 9. The data are bytes: their encoding is that of the XML document.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import Length, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire
from bridge.sccp.segments import Data

MAX_DATA = 2000
"""Bytes of data in one message."""


class SequenceFlag(OpenEnum):
    """SequenceFlag: which part of a longer document this is."""

    FIRST = 0
    MORE = 1
    LAST = 2
    """Also: the only one."""


def _plain(message_id: MessageId) -> Form:
    return Form(
        message_id,
        u32("app_id"),
        u32("line"),
        u32("call_ref"),
        u32("transaction_id"),
        Length("data"),
        Data("data", MAX_DATA),
        least=20,
    )


def _version1(message_id: MessageId) -> Form:
    return Form(
        message_id,
        u32("app_id"),
        u32("line"),
        u32("call_ref"),
        u32("transaction_id"),
        Length("data"),
        u32("sequence_flag", SequenceFlag),
        u32("display_priority"),
        u32("conf_id"),
        u32("app_instance_id"),
        u32("routing_id"),
        Data("data", MAX_DATA),
        least=40,
    )


@wire(_plain(MessageId.DEVICE_TO_USER_DATA))
@dataclass(frozen=True, slots=True)
class DeviceToUserData(Message):
    """0x002E: keys and answers of an XML application on the phone."""

    app_id: int
    line: int = 0
    call_ref: int = 0
    transaction_id: int = 0
    data: bytes = b""


@wire(_plain(MessageId.DEVICE_TO_USER_DATA_RESPONSE))
@dataclass(frozen=True, slots=True)
class DeviceToUserDataResponse(Message):
    """0x002F: how the phone took UserToDeviceData."""

    app_id: int
    line: int = 0
    call_ref: int = 0
    transaction_id: int = 0
    data: bytes = b""


@wire(_plain(MessageId.USER_TO_DEVICE_DATA))
@dataclass(frozen=True, slots=True)
class UserToDeviceData(Message):
    """0x011E: an XML document for the phone."""

    app_id: int
    line: int = 0
    call_ref: int = 0
    transaction_id: int = 0
    data: bytes = b""


@wire(_version1(MessageId.DEVICE_TO_USER_DATA_V1))
@dataclass(frozen=True, slots=True)
class DeviceToUserDataV1(Message):
    """0x0041: keys and answers of an XML application on the phone."""

    app_id: int
    line: int = 0
    call_ref: int = 0
    transaction_id: int = 0
    sequence_flag: SequenceFlag = SequenceFlag.LAST
    display_priority: int = 0
    conf_id: int = 0
    app_instance_id: int = 0
    routing_id: int = 1
    data: bytes = b""


@wire(_version1(MessageId.DEVICE_TO_USER_DATA_RESPONSE_V1))
@dataclass(frozen=True, slots=True)
class DeviceToUserDataResponseV1(Message):
    """0x0042: how the phone took UserToDeviceDataV1."""

    app_id: int
    line: int = 0
    call_ref: int = 0
    transaction_id: int = 0
    sequence_flag: SequenceFlag = SequenceFlag.LAST
    display_priority: int = 0
    conf_id: int = 0
    app_instance_id: int = 0
    routing_id: int = 1
    data: bytes = b""


@wire(_version1(MessageId.USER_TO_DEVICE_DATA_V1))
@dataclass(frozen=True, slots=True)
class UserToDeviceDataV1(Message):
    """0x013F: an XML document for the phone. Up to version 17 in one message, from version 18 on in segments."""

    app_id: int
    line: int = 0
    call_ref: int = 0
    transaction_id: int = 0
    sequence_flag: SequenceFlag = SequenceFlag.LAST
    display_priority: int = 0
    conf_id: int = 0
    app_instance_id: int = 0
    routing_id: int = 1
    data: bytes = b""

"""What phones really send: shorter, longer and odd bodies."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

import pytest

from bridge.errors import RemoteProtocolError
from bridge.sccp import (
    Alarm,
    AlarmSeverity,
    ButtonTemplate,
    CallInfo,
    CapabilitiesRes,
    ConnectionStatisticsReq,
    DeviceToUserDataV1,
    DeviceType,
    EnblocCall,
    FeatureStatReq,
    Frame,
    KeypadButton,
    KeypadKey,
    MediaCapability,
    MediaCodec,
    MediaStatus,
    Message,
    MessageId,
    OffHook,
    OffHookWithCallingParty,
    OpenReceiveChannel,
    OpenReceiveChannelAck,
    Register,
    RegisterTokenReq,
    ServiceUrlStat,
    Shape,
    StationAddress,
    Stimulus,
    StimulusType,
    UnknownMessage,
    Unregister,
    XmlAlarm,
    decode,
    encode,
    shape,
)

NAME = b"SEP001122AABBCC\0"


def _read(message_id: int, body: bytes, version: int = 22) -> Message:
    return decode(Frame(message_id, body), version)


@pytest.mark.parametrize("length", [36, 40])
def test_a_register_without_a_version(length: int) -> None:
    body = NAME + struct.pack("<II4sIII", 0, 1, bytes((192, 0, 2, 7)), 7, 2, 1)
    message = _read(MessageId.REGISTER, body[:length])
    assert message == Register(
        "SEP001122AABBCC",
        0,
        1,
        IPv4Address("192.0.2.7"),
        DeviceType.CISCO_7960,
        2,
        1 if length == 40 else 0,
    )
    assert isinstance(message, Register)
    assert message.offered_version == 3


def test_a_field_that_is_cut_reads_as_zero_and_a_text_as_what_there_is() -> None:
    assert _read(MessageId.OFF_HOOK, bytes.fromhex("01000000 ffffff")) == OffHook(1, 0)
    assert _read(MessageId.ALARM, struct.pack("<I", 2) + b"25: Name=SEP") == Alarm(
        AlarmSeverity.INFORMATIONAL, "25: Name=SEP"
    )
    assert _read(MessageId.XML_ALARM, b"<x-cisco-alarm/>") == XmlAlarm("<x-cisco-alarm/>")


def test_empty_bodies_of_a_7912() -> None:
    assert _read(MessageId.OFF_HOOK, b"") == OffHook(0, 0)
    assert _read(MessageId.UNREGISTER, b"") == Unregister()
    assert _read(MessageId.OFF_HOOK_WITH_CALLING_PARTY, b"") == OffHookWithCallingParty()


@pytest.mark.parametrize("extra", [b"", bytes(8), b"\1\0\0\0\2\0\0\0" + bytes(8)])
def test_a_key_with_and_without_line_and_call(extra: bytes) -> None:
    message = _read(MessageId.KEYPAD_BUTTON, struct.pack("<I", 15) + extra)
    assert isinstance(message, KeypadButton)
    assert message.button == KeypadKey.POUND
    assert (message.line, message.call_ref) == (struct.unpack_from("<II", extra) if extra else (0, 0))


def test_short_requests() -> None:
    assert _read(MessageId.FEATURE_STAT_REQ, struct.pack("<I", 3)) == FeatureStatReq(3, 0)
    assert _read(MessageId.STIMULUS, struct.pack("<I", 9)) == Stimulus(StimulusType.LINE)


@pytest.mark.parametrize("version", [6, 11, 22])
def test_the_short_acknowledgement_of_a_7912(version: int) -> None:
    body = struct.pack("<I4sII", 0, bytes((192, 0, 2, 7)), 20000, 99)
    assert _read(MessageId.OPEN_RECEIVE_CHANNEL_ACK, body, version) == OpenReceiveChannelAck(
        MediaStatus.OK, StationAddress.of("192.0.2.7"), 20000, 99, 0
    )


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"98011".ljust(24, b"\0"), 1),
        (b"98011".ljust(24, b"\0") + b"\2\0\0\0", 2),
        (b"98011".ljust(25, b"\0") + b"\2\0\0\0", 2),
        (b"98011".ljust(25, b"\0") + b"\2\0\0\0" + bytes(3), 2),
        (b"98011".ljust(28, b"\0") + b"\2\0\0\0", 2),
        (b"98011", 1),
    ],
)
def test_a_number_at_once_in_every_form(body: bytes, line: int) -> None:
    assert _read(MessageId.ENBLOC_CALL, body) == EnblocCall("98011", line)


@pytest.mark.parametrize("size", [48, 52])
def test_a_token_request_of_either_size(size: int) -> None:
    body = (NAME + struct.pack("<II4sI", 0, 1, bytes((192, 0, 2, 7)), 115)).ljust(size, b"\0")
    assert _read(MessageId.REGISTER_TOKEN_REQ, body) == RegisterTokenReq(
        "SEP001122AABBCC", 0, 1, IPv4Address("192.0.2.7"), DeviceType.CISCO_7941G
    )


def test_a_phone_reads_the_channel_message_of_another_server() -> None:
    """One server sends 120 bytes to every phone up to version 11: sixteen address bytes at 100, the port at 116."""
    body = struct.pack("<IIIIIII", 1, 2, 20, 4, 0, 0, 1).ljust(120, b"\0")
    assert _read(MessageId.OPEN_RECEIVE_CHANNEL, body, 11) == OpenReceiveChannel(1, 2, call_ref=1)


def test_capabilities_with_unused_slots_full_of_leftovers() -> None:
    entry = struct.pack("<II8x", 4, 20)
    body = struct.pack("<I", 2) + entry + struct.pack("<II8s", 11, 60, b"\0\x61" + bytes(6)) + b"\xaa" * 16 * 16
    message = _read(MessageId.CAPABILITIES_RES, body)
    assert message == CapabilitiesRes(
        (
            MediaCapability(MediaCodec.G711_ULAW_64K, 20),
            MediaCapability(MediaCodec.G729, 60, b"\0\x61" + bytes(6)),
        )
    )
    assert isinstance(message, CapabilitiesRes)
    assert message.audio[1].dynamic_payload == 97


@pytest.mark.parametrize("count", [3, 18, 0xFFFFFFFF])
def test_a_count_beyond_the_body_is_not_believed(count: int) -> None:
    body = struct.pack("<I", count) + struct.pack("<II8x", 4, 20) * 2
    message = _read(MessageId.CAPABILITIES_RES, body)
    assert isinstance(message, CapabilitiesRes)
    assert len(message.audio) == 2
    buttons = _read(MessageId.BUTTON_TEMPLATE, struct.pack("<III", 0, count, count) + b"\1\x09")
    assert isinstance(buttons, ButtonTemplate)
    assert len(buttons.buttons) == 1


@pytest.mark.parametrize("length", [6, 2001, 0xFFFFFFFF])
def test_user_data_that_claims_more_than_it_brings(length: int) -> None:
    body = struct.pack("<10I", 1, 2, 3, 4, length, 2, 0, 0, 1, 1) + b"12345"
    with pytest.raises(RemoteProtocolError, match="claims"):
        _read(MessageId.DEVICE_TO_USER_DATA_V1, body)


def test_user_data_with_padding() -> None:
    body = struct.pack("<10I", 1, 2, 3, 4, 5, 2, 0, 0, 1, 1) + b"12345\0\0\0"
    assert _read(MessageId.DEVICE_TO_USER_DATA_V1, body) == DeviceToUserDataV1(
        1, 2, 3, 4, app_instance_id=1, data=b"12345"
    )


@pytest.mark.parametrize(
    ("message_id", "body"),
    [
        (MessageId.REGISTER, b"SEP"),
        (MessageId.KEYPAD_BUTTON, b""),
        (MessageId.STIMULUS, b"\1\0"),
        (MessageId.SOFT_KEY_EVENT, b""),
        (MessageId.OPEN_RECEIVE_CHANNEL_ACK, bytes(12)),
    ],
)
def test_a_body_that_says_nothing_at_all(message_id: MessageId, body: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match=message_id.name):
        _read(message_id, body)


@pytest.mark.parametrize(
    ("strings", "version", "called"),
    [
        (12, 8, "s1"),
        (12, 15, "s1"),
        (12, 22, "s1"),
        (15, 15, "s2"),
        (13, 17, "s2"),
        (13, 22, "s2"),
        (15, 16, "s2"),
        (15, 22, "s2"),
    ],
)
def test_the_strings_of_call_info_are_counted(strings: int, version: int, called: str) -> None:
    packed = b"".join(b"s%d\0" % index for index in range(strings))
    message = _read(MessageId.CALL_INFO_DYNAMIC, bytes(32) + packed, version)
    assert isinstance(message, CallInfo)
    assert message.calling_number == "s0"
    assert message.called_number == called


def test_statistics_request_packed_and_aligned() -> None:
    expected = ConnectionStatisticsReq("98011", 0x019DAE5B)
    aligned = encode(expected, 22)[12:]
    packed = encode(expected, 22, like=shape(ConnectionStatisticsReq, form="packed"))[12:]
    assert aligned != packed
    assert len(aligned) == len(packed) == 36
    assert _read(MessageId.CONNECTION_STATISTICS_REQ, aligned) == expected
    assert _read(MessageId.CONNECTION_STATISTICS_REQ, packed) == expected


def test_text_without_its_nul_goes_to_the_end_of_the_body() -> None:
    assert _read(MessageId.SERVICE_URL_STAT_DYNAMIC, struct.pack("<I", 1) + b"http://x\0Menu") == ServiceUrlStat(
        1, "http://x", "Menu"
    )


@pytest.mark.parametrize("message_id", [0xFF00, MessageId.LOCATION_INFO + 0x1000, MessageId.QOS_LISTEN, 0xFFFFFFFF])
def test_what_nobody_described_comes_back_byte_for_byte(message_id: int) -> None:
    message = _read(message_id, b"\1\2\3")
    assert message == UnknownMessage(message_id, b"\1\2\3")
    assert encode(message, 22, header=0) == Frame(message_id, b"\1\2\3").to_bytes()


def test_unknown_messages_have_a_name_where_there_is_one() -> None:
    assert UnknownMessage(MessageId.QOS_LISTEN).name == "QOS_LISTEN"
    assert UnknownMessage(0xFF00).name == "0xFF00"


def test_a_phone_that_writes_in_a_shape_of_its_own() -> None:
    short = shape(Register, length=52)
    assert short == Shape(Register, short.form, 52)
    data = encode(Register("SEP001122AABBCC", protocol_version=7), 7, like=short)
    assert len(data) == 12 + 52

"""Fields stand at the offsets of the SCCP wire reference, whatever the declarations say."""

from __future__ import annotations

import struct

import pytest

from bridge.sccp import (
    ButtonDefinition,
    ButtonTemplate,
    CallInfo,
    CallType,
    CodePage,
    DialedNumber,
    FeatureStat,
    ForwardStat,
    Label,
    LineStat,
    MediaCodec,
    MediaDirection,
    OpenReceiveChannel,
    PortRes,
    RegisterAck,
    SoftKeyDefinition,
    SoftKeyEventType,
    SoftKeySet,
    SoftKeySetRes,
    SoftKeyTemplateRes,
    StartMediaTransmission,
    StationAddress,
    StimulusType,
    Switch,
    UserToDeviceDataV1,
    encode,
)

CALL = CallInfo(
    1,
    0x1234,
    CallType.INBOUND,
    "Jürgen",
    "2001",
    "2099",
    "Bob",
    "2002",
    "Cid",
    "2003",
    5,
    "Dan",
    "2004",
    6,
    "81",
    "82",
    "83",
    "84",
    "2090",
    "Hunt",
    3,
)


def _body(data: bytes) -> bytes:
    return data[12:]


def _u32(body: bytes, offset: int) -> int:
    return int.from_bytes(body[offset : offset + 4], "little")


def _text(body: bytes, offset: int, size: int) -> bytes:
    return body[offset : offset + size].rstrip(b"\0")


def test_the_header_of_a_whole_frame() -> None:
    data = encode(DialedNumber("1"), 22)
    assert data[:12] == struct.pack("<III", 40, 22, 0x011D)
    assert encode(DialedNumber("1"), 9)[4:8] == bytes(4)
    assert encode(RegisterAck(30), 22)[4:8] == bytes(4)
    assert encode(RegisterAck(30), 22, header=22)[4:8] == b"\x16\0\0\0"


def test_register_ack() -> None:
    body = _body(encode(RegisterAck(30, "M/D/YA", 60, 17, 0x20, 0xF1, 0xFF), 17))
    assert body == bytes.fromhex("1e000000") + b"M/D/YA\0\0" + bytes.fromhex("3c000000 11 20 f1 ff")


def test_open_receive_channel_narrow_and_wide() -> None:
    message = OpenReceiveChannel(
        1,
        2,
        20,
        MediaCodec.G722_64K,
        Switch.ON,
        call_ref=3,
        rfc2833_payload=101,
        dtmf_type=10,
        direction=MediaDirection.RECEIVE_ONLY,
        source_ip=StationAddress.of("192.0.2.9"),
        source_port=4000,
        audio_level_adjust=-3,
    )
    narrow, wide = _body(encode(message, 11)), _body(encode(message, 22))
    for body in (narrow, wide):
        assert [_u32(body, offset) for offset in (0, 4, 8, 12, 16, 24, 84, 88, 96)] == [1, 2, 20, 6, 1, 3, 101, 10, 1]
    assert narrow[100:104] == bytes((192, 0, 2, 9))
    assert _u32(narrow, 104) == 4000
    assert wide[100:108] == bytes((0, 0, 0, 0, 192, 0, 2, 9))
    assert _u32(wide, 120) == 4000
    assert struct.unpack_from("<i", wide, 128) == (-3,)


def test_start_media_transmission_narrow_and_wide() -> None:
    message = StartMediaTransmission(
        1, 2, StationAddress.of("192.0.2.9"), 4000, 20, MediaCodec.G729, 0xB8, Switch.ON, 2, call_ref=3, dtmf_type=10
    )
    narrow, wide = _body(encode(message, 16)), _body(encode(message, 17))
    assert narrow[8:12] == bytes((192, 0, 2, 9))
    assert [_u32(narrow, offset) for offset in (12, 16, 20, 24, 28, 40, 104)] == [4000, 20, 11, 0xB8, 1, 3, 10]
    assert narrow[32:36] == b"\2\0\0\0"
    assert wide[12:16] == bytes((192, 0, 2, 9))
    assert [_u32(wide, offset) for offset in (28, 32, 36, 40, 44, 56, 120)] == [4000, 20, 11, 0xB8, 1, 3, 10]
    assert wide[48:52] == b"\2\0\0\0"


def test_static_call_info() -> None:
    body = _body(encode(CALL, 7))
    assert _text(body, 0, 40) == b"J\xfcrgen"
    assert _text(body, 40, 24) == b"2001"
    assert _text(body, 64, 40) == b"Bob"
    assert _text(body, 104, 24) == b"2002"
    assert [_u32(body, offset) for offset in (128, 132, 136, 268, 272, 372)] == [1, 0x1234, 1, 5, 6, 3]
    assert _text(body, 140, 40) == b"Cid"
    assert _text(body, 180, 24) == b"2003"
    assert _text(body, 204, 40) == b"Dan"
    assert _text(body, 244, 24) == b"2004"
    assert [_text(body, offset, 24) for offset in (276, 300, 324, 348)] == [b"81", b"82", b"83", b"84"]


@pytest.mark.parametrize(
    ("version", "strings"),
    [
        (8, "2001 2002 2003 2004 81 82 83 84 Jürgen Bob Cid Dan"),
        (15, "2001 2002 2003 2004 81 82 83 84 Jürgen Bob Cid Dan"),
        (16, "2001 2099 2002 2003 2004 81 82 83 84 Jürgen Bob Cid Dan 2090 Hunt"),
        (22, "2001 2099 2002 2003 2004 81 82 83 84 Jürgen Bob Cid Dan 2090 Hunt"),
    ],
)
def test_dynamic_call_info(version: int, strings: str) -> None:
    body = _body(encode(CALL, version, CodePage.UTF_8))
    assert [_u32(body, offset) for offset in range(0, 32, 4)] == [1, 0x1234, 1, 5, 6, 3, 0, 0]
    packed = strings.replace(" ", "\0").encode() + b"\0"
    assert body[32:] == packed + bytes(-len(packed) % 4)


def test_line_stat_static_and_dynamic() -> None:
    message = LineStat(2, "1001", "Ann", "Desk")
    static = _body(encode(message, 16))
    assert (_u32(static, 0), _text(static, 4, 24), _text(static, 28, 40), _text(static, 68, 40)) == (
        2,
        b"1001",
        b"Ann",
        b"Desk",
    )
    assert _body(encode(message, 17)) == struct.pack("<II", 2, 15) + b"1001\0Ann\0Desk\0" + b"\0\0"


def test_forward_stat_is_packed_from_version_18_on() -> None:
    message = ForwardStat(2, 1, 2, "100", 0, "200", 2, "300")
    old, new = _body(encode(message, 17)), _body(encode(message, 18))
    assert [_u32(old, offset) for offset in (0, 4, 8, 36, 64)] == [2, 1, 2, 0, 2]
    assert [_text(old, offset, 24) for offset in (12, 40, 68)] == [b"100", b"200", b"300"]
    assert [_u32(new, offset) for offset in (0, 4, 8, 37, 66)] == [2, 1, 2, 0, 2]
    assert [_text(new, offset, 25) for offset in (12, 41, 70)] == [b"100", b"200", b"300"]


def test_dialed_number_is_packed_from_version_18_on() -> None:
    message = DialedNumber("98011", 1, 2)
    assert [_u32(_body(encode(message, 17)), offset) for offset in (24, 28)] == [1, 2]
    assert [_u32(_body(encode(message, 18)), offset) for offset in (25, 29)] == [1, 2]


def test_feature_stat_static_and_dynamic() -> None:
    message = FeatureStat(3, StimulusType.BLF_SPEED_DIAL, 2, "Front")
    static, dynamic = _body(encode(message, 14)), _body(encode(message, 15))
    assert (_u32(static, 0), _u32(static, 4), _text(static, 8, 40), _u32(static, 48)) == (3, 0x15, b"Front", 2)
    assert ([_u32(dynamic, offset) for offset in (0, 4, 8)], _text(dynamic, 12, 121)) == ([3, 0x15, 2], b"Front")


def test_button_template_fills_its_slots() -> None:
    buttons = (ButtonDefinition(1, StimulusType.LINE), ButtonDefinition(1, StimulusType.SPEED_DIAL))
    body = _body(encode(ButtonTemplate.of(buttons), 11))
    assert body == struct.pack("<III", 0, 2, 2) + b"\1\x09\1\x02" + b"\0\xff" * 40
    many = tuple(ButtonDefinition(n, StimulusType.LINE) for n in range(1, 44))
    assert len(_body(encode(ButtonTemplate.of(many), 11))) == 12 + 2 * 56


def test_soft_keys() -> None:
    template = _body(encode(SoftKeyTemplateRes.of((SoftKeyDefinition(Label.REDIAL, SoftKeyEventType.REDIAL),)), 22))
    assert template[:32] == struct.pack("<III", 0, 1, 1) + b"\x80\x01" + bytes(14) + b"\1\0\0\0"
    sets = _body(encode(SoftKeySetRes.of((SoftKeySet((1, 2), (301, 302)),)), 22))
    assert sets[:12] == struct.pack("<III", 0, 1, 1)
    assert sets[12:28] == b"\1\2" + bytes(14)
    assert sets[28:60] == struct.pack("<HH", 301, 302) + bytes(28)


def test_port_res() -> None:
    message = PortRes(1, 2, 3, StationAddress.of("192.0.2.9"), 4000, 4001)
    assert _body(encode(message, 16)) == struct.pack("<III4sII", 1, 2, 3, bytes((192, 0, 2, 9)), 4000, 4001)
    assert [_u32(_body(encode(message, 19)), offset) for offset in (0, 4, 8, 12, 32, 36)] == [1, 2, 3, 0, 4000, 4001]


def test_xml_push() -> None:
    body = _body(encode(UserToDeviceDataV1(1, 2, 3, 4, app_instance_id=1, data=b"<a/>1"), 22))
    assert body == struct.pack("<10I", 1, 2, 3, 4, 5, 2, 0, 0, 1, 1) + b"<a/>1\0\0\0"

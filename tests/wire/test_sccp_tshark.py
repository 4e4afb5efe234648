"""tshark's skinny dissector, which this project did not write, reads every message that a server or a phone can send.

For every implemented version each message goes into one TCP segment of a capture. The judge must find no malformed
packet, no value without a name, no byte of a body that it cannot account for, and the very numbers and texts that were
put in. Where it cannot, ``GAPS`` says so and why; nothing else is let pass.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, fields, is_dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bridge.sccp import (
    IMPLEMENTED,
    ButtonTemplate,
    CallInfo,
    ConfigStat,
    ConnectionStatisticsReq,
    ConnectionStatisticsRes,
    DeviceToUserData,
    DeviceToUserDataResponse,
    DeviceToUserDataResponseV1,
    DeviceToUserDataV1,
    Direction,
    ExtensionDeviceCaps,
    FeatureStatReq,
    Frame,
    Message,
    OpenReceiveChannel,
    Register,
    RegisterAck,
    RegisterTokenReq,
    ServiceUrlStat,
    Shape,
    SoftKeySetRes,
    SpcpRegisterTokenReq,
    SpeedDialStat,
    StartMediaReception,
    StartMediaTransmission,
    StartMulticastMediaReception,
    StartMulticastMediaTransmission,
    StationAddress,
    StopMediaReception,
    Unregister,
    UpdateCapabilities,
    encode,
    form_to_send,
    forms_of,
    messages,
    shape,
)
from tests.peers import peer
from tests.wire.capture import Capture
from tests.wire.sccp_phone_messages import PHONE_MESSAGES
from tests.wire.sccp_server_messages import SERVER_MESSAGES

OTHER_SHAPES = (shape(SpeedDialStat, form="dynamic"), shape(ConfigStat, form="dynamic"))
"""Forms that no version calls for, but a device's settings may."""
_HEADER = 12


@dataclass(frozen=True, slots=True)
class Gap:
    """What tshark 4.0.17 does not read in one message at some versions, and how that shows."""

    message: type[Message]
    versions: tuple[int, ...]
    why: str
    malformed: bool = False
    another: bool = False
    """It describes the message otherwise than real frames do: nothing of its reading is compared."""
    unread: tuple[int, int] = (0, 0)
    """Offsets of the body, the second one excluded, that no field of the dissector covers."""
    unnamed: tuple[str, ...] = ()
    """Fields that it shows with an unknown value."""
    unshown: tuple[str, ...] = ()
    """Attributes whose value it does not show."""


_ALL = IMPLEMENTED
_TO_10 = tuple(version for version in _ALL if version <= 10)
_FROM_7 = tuple(version for version in _ALL if version >= 7)
GAPS = (
    Gap(
        RegisterAck,
        _ALL,
        "it knows the version byte and one bit field behind it, and calls the first feature byte unknown",
        unnamed=("skinny.unknown",),
        unshown=("feature1", "feature2"),
    ),
    Gap(
        OpenReceiveChannel,
        _TO_10,
        "its form below version 11 ends after dtmf_type, and it takes the codec parameter for a G.723 bit rate",
        unread=(92, 108),
        unnamed=("skinny.g723BitRate",),
        unshown=("direction", "source_ip", "source_port"),
    ),
    Gap(
        StartMediaTransmission,
        _TO_10,
        "its form below version 12 ends after mixing_mode, and it takes the codec parameter for a G.723 bit rate",
        unread=(112, 116),
        unnamed=("skinny.g723BitRate",),
        unshown=("direction",),
    ),
    *(
        Gap(message, _TO_10, "it takes the codec parameter for a G.723 bit rate", unnamed=("skinny.g723BitRate",))
        for message in (StartMulticastMediaReception, StartMulticastMediaTransmission)
    ),
    Gap(
        StartMediaTransmission,
        (11,),
        "its form below version 12 ends after mixing_mode",
        unread=(112, 116),
        unshown=("direction",),
    ),
    Gap(
        ConnectionStatisticsReq,
        (18,),
        "it wants the longer number field from version 18 on, drivers for real phones send it from version 19 on",
        malformed=True,
        unread=(0, 32),
        unshown=("number", "call_ref", "processing"),
    ),
    Gap(
        CallInfo,
        (16,),
        "it reads 13 strings at version 16, and so neither the hunt pilot's number nor its name",
        unread=(129, 148),
        unshown=("hunt_pilot_number", "hunt_pilot_name"),
    ),
    Gap(
        ServiceUrlStat,
        _FROM_7,
        "it reads the index of 0x0148 and none of its strings",
        unread=(4, 148),
        unshown=("url", "label", "extension"),
    ),
    Gap(
        SoftKeySetRes,
        _ALL,
        "it has no name for a blank key: neither for position 0 nor for its help text, 300",
        unnamed=("skinny.softKeyTemplateIndex", "skinny.softKeyInfoIndex"),
    ),
    Gap(StartMediaReception, _ALL, "it knows its name, and no layout", another=True),
    Gap(StopMediaReception, _ALL, "it knows its name, and no layout", another=True),
    Gap(ButtonTemplate, _ALL, "it reads the buttons there are, not the unused slots after them", unread=(18, 96)),
)
PHONE_GAPS = (
    Gap(
        Register,
        _ALL,
        "it knows the version byte and one bit field behind it, and no field after the load's name",
        unread=(124, 172),
        unnamed=("skinny.unknown",),
        unshown=("feature1", "feature2", "config_stamp"),
    ),
    Gap(RegisterTokenReq, _ALL, "it shows the address as a number", unshown=("station_ip",)),
    Gap(SpcpRegisterTokenReq, _ALL, "it shows the address as a number", unshown=("station_ip",)),
    Gap(Unregister, _ALL, "it asks for a longer body than there is", unread=(0, 4), unshown=("reason",)),
    Gap(FeatureStatReq, _ALL, "it asks for a longer body than there is", unread=(4, 8), unshown=("capabilities",)),
    Gap(UpdateCapabilities, _ALL, "it reads the first fields otherwise than a 7961 writes them", another=True),
    Gap(
        ConnectionStatisticsRes,
        tuple(version for version in _ALL if 18 <= version <= 21),
        "it knows neither the form with 64 bytes at version 18 nor the one with 68 that phones at version 20 send",
        malformed=True,
        another=True,
    ),
    Gap(ExtensionDeviceCaps, _ALL, "it knows five fields without names, and the text elsewhere", another=True),
    *(
        Gap(message, _ALL, "it calls data that are no XML document unknown", unnamed=("skinny.unknown", "xml.unknown"))
        for message in (DeviceToUserData, DeviceToUserDataResponse, DeviceToUserDataV1, DeviceToUserDataResponseV1)
    ),
)
_NO_GAP = Gap(Message, (), "")


@dataclass(frozen=True, slots=True)
class Sent:
    version: int
    message: Message
    frame: Frame
    like: Shape | None


def _gap(sent: Sent) -> Gap:
    return next(
        (
            gap
            for gap in GAPS + PHONE_GAPS
            if gap.message is type(sent.message) and sent.version in gap.versions and not sent.like
        ),
        _NO_GAP,
    )


def _texts_and_numbers(value: object, name: str = "") -> list[tuple[str, str | int]]:
    """What a message holds, as (attribute, text or number); zeros and empty texts left out."""
    match value:
        case StationAddress():
            return [] if value.unspecified else [(name, str(value.ip))]
        case IPv4Address() | IPv6Address():
            return [] if value.is_unspecified else [(name, str(value))]
        case str() if value and value[0] in "\x80\x1e":
            return []  # the dissector shows a built-in label as the two bytes that it is
        case str():
            return [(name, value.rstrip())] if value else []
        case bytes():
            return [(name, value.decode())] if any(value) and value.isascii() else []
        case tuple():
            return [found for part in value for found in _texts_and_numbers(part, name)]
        case int():
            return [(name, int(value))] if value else []
    assert is_dataclass(value)
    return [
        found for field in fields(value) for found in _texts_and_numbers(getattr(value, field.name), name or field.name)
    ]


def _dissect(tshark: str, capture: Path) -> dict[int, ElementTree.Element]:
    """tshark's reading of each segment that has a payload, by packet number."""
    answer = subprocess.run(
        [tshark, "-r", str(capture), "-o", "tcp.check_checksum:TRUE", "-T", "pdml", "-Y", "tcp.len > 0"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    packets: dict[int, ElementTree.Element] = {}
    for packet in ElementTree.fromstring(answer.stdout).iter("packet"):  # noqa: S314 - the judge's own output
        number = packet.find("proto[@name='geninfo']/field[@name='num']")
        assert number is not None
        packets[int(number.get("show", "0"))] = packet
    return packets


def _shown(skinny: ElementTree.Element) -> tuple[set[str], set[int]]:
    """Every value that the dissector shows, as texts and as numbers; of bit fields the number that they are part of."""
    texts = {field.get("show", "") for field in skinny.iter("field")}
    words = (field.get("value", "") for field in skinny.iter("field") if field.get("size") == "4")
    numbers = {int.from_bytes(bytes.fromhex(word), "little") for word in words if len(word) == 8}
    for text in texts:
        try:
            numbers.add(int(text, 0))
        except ValueError:
            continue
    return texts, numbers


def _complaints(sent: Sent, packet: ElementTree.Element) -> list[str]:
    gap = _gap(sent)
    found: list[str] = []
    protocols = [proto.get("name", "") for proto in packet.iter("proto")]
    if "_ws.malformed" in protocols and not gap.malformed:
        found.append("malformed")
    skinny = packet.find("proto[@name='skinny']")
    if skinny is None:
        return [*found, f"not skinny but {protocols}"]
    if gap.another:
        return found
    start = int(skinny.get("pos", "0")) + _HEADER
    read = set(range(*gap.unread))
    for field in skinny.iter("field"):
        name, shown = field.get("name", ""), field.get("showname", "")
        if "unknown" in (name + shown).lower() and name not in gap.unnamed:
            found.append(f"no name for {shown}")
        if name.startswith("_ws.expert") and not gap.malformed:
            found.append(shown)
        if len(field) == 0:
            offset = int(field.get("pos", "0")) - start
            read.update(range(offset, offset + int(field.get("size", "0"))))
    body = sent.frame.body
    if unread := [offset for offset in range(len(body)) if offset not in read and body[offset]]:
        found.append(f"bytes {unread} were not read: {body[unread[0] : unread[-1] + 1].hex()}")
    form = sent.like.form if sent.like else form_to_send(type(sent.message), sent.version)
    texts, numbers = _shown(skinny)
    for attribute, value in _texts_and_numbers(sent.message):
        if attribute in gap.unshown or attribute not in form.attributes:
            continue
        seen = value in numbers if isinstance(value, int) else any(value in text for text in texts)
        if not seen:
            found.append(f"{attribute} = {value!r} is not shown")
    return found


@pytest.mark.parametrize(
    ("listed", "direction"), [(SERVER_MESSAGES, Direction.TO_PHONE), (PHONE_MESSAGES, Direction.TO_SERVER)]
)
def test_the_lists_hold_every_message_there_is(listed: tuple[Message, ...], direction: Direction) -> None:
    sendable = {message for message in messages() if any(form.id.direction is direction for form in forms_of(message))}
    assert {type(message) for message in listed} == sendable


@pytest.mark.peer("tshark")
@pytest.mark.parametrize("listed", [SERVER_MESSAGES, PHONE_MESSAGES], ids=["server", "phone"])
def test_tshark_reads_every_message_at_every_version(listed: tuple[Message, ...], tmp_path: Path) -> None:
    tshark = peer("tshark")
    capture = Capture()
    sent: dict[int, Sent] = {}
    for version in IMPLEMENTED:
        conversation = capture.conversation()
        send = conversation.from_server if listed is SERVER_MESSAGES else conversation.from_phone
        for message in listed:
            for like in (None, *(other for other in OTHER_SHAPES if other.message is type(message))):
                data = encode(message, version, like=like)
                frame = Frame(int.from_bytes(data[8:12], "little"), data[_HEADER:])
                sent[send(data)] = Sent(version, message, frame, like)
    capture.write(tmp_path / "sccp.pcap")
    packets = _dissect(tshark, tmp_path / "sccp.pcap")
    assert packets.keys() == sent.keys()
    complaints = {
        f"{type(one.message).__name__} at version {one.version}: {complaint}"
        for number, one in sent.items()
        for complaint in _complaints(one, packets[number])
    }
    assert sorted(complaints) == []

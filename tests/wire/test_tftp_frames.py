"""Every kind of packet that we send, decoded by tshark."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path

import pytest

from bridge.tftp import (
    Acknowledgement,
    Error,
    ErrorCode,
    Packet,
    ReadRequest,
    ReadTransfer,
    WriteRequest,
    encode,
    negotiate,
)
from tests.peers import peer

CLIENT, SERVER = (b"\x7f\0\0\1", 40_000), (b"\x7f\0\0\2", 50_000)
OPTIONS = (("blksize", "1428"), ("tsize", "0"), ("timeout", "2"), ("windowsize", "2"))


def frame(source: tuple[bytes, int], target: tuple[bytes, int], data: bytes) -> bytes:
    """An IPv4 packet; checksums are left out (zero), which both headers allow for on this path."""
    udp = struct.pack("!HHHH", source[1], target[1], 8 + len(data), 0) + data
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, source[0], target[0]) + udp


def capture(path: Path, frames: list[bytes]) -> None:
    """A pcap file of raw IP packets (link type 101)."""
    with path.open("wb") as file:
        file.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for number, packet in enumerate(frames):
            file.write(struct.pack("=IIII", 1_700_000_000, number, len(packet), len(packet)) + packet)


def dissect(path: Path, frames: list[bytes]) -> list[dict[str, str]]:
    """What tshark reads in each frame's TFTP layer: short field names and values."""
    capture(path, frames)
    output = subprocess.run(
        [peer("tshark"), "-r", str(path), "-T", "ek", "-J", "tftp _ws.malformed"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    layers = [json.loads(line)["layers"] for line in output.splitlines() if '"layers"' in line]
    assert len(layers) == len(frames)
    assert "malformed" not in output.lower()
    return [{name.split("_", 2)[-1]: value for name, value in layer["tftp"].items()} for layer in layers]


def flatten(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


@pytest.fixture
def transfer() -> ReadTransfer:
    content = b"x" * 3000
    return ReadTransfer(content, negotiate(OPTIONS, size=len(content)), now=0.0)


def test_a_transfer_with_options(tmp_path: Path, transfer: ReadTransfer) -> None:
    frames = [frame(CLIENT, (SERVER[0], 69), encode(ReadRequest("SEP001122334455.cnf.xml", "octet", OPTIONS)))]
    for number in (0, 2, 3):
        frames += [frame(SERVER, CLIENT, datagram) for datagram in transfer.data_to_send()]
        acknowledgement = encode(Acknowledgement(number))
        frames.append(frame(CLIENT, SERVER, acknowledgement))
        transfer.receive_datagram(acknowledgement, now=0.0)
    request, oack, first_ack, *rest = dissect(tmp_path / "transfer.pcap", frames)
    assert request["opcode"] == "1"
    assert request["source_file"] == "SEP001122334455.cnf.xml"
    assert request["type"] == "octet"
    assert oack["opcode"] == "6"
    assert flatten(oack["option_name"]) == ["blksize", "tsize", "timeout", "windowsize"]
    assert flatten(oack["option_value"]) == ["1428", "3000", "2", "2"]
    assert (first_ack["opcode"], first_ack["block"]) == ("4", "0")
    assert [(layer["opcode"], layer["block"]) for layer in rest] == [
        ("3", "1"),
        ("3", "2"),
        ("4", "2"),
        ("3", "3"),
        ("4", "3"),
    ]


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error(tmp_path: Path, code: ErrorCode) -> None:
    question: Packet = WriteRequest("up", "octet") if code == ErrorCode.ACCESS_VIOLATION else ReadRequest("a", "octet")
    frames = [
        frame(CLIENT, (SERVER[0], 69), encode(question)),
        frame(SERVER, CLIENT, encode(Error(code, "file not found"))),
    ]
    _, error = dissect(tmp_path / "error.pcap", frames)
    assert error["opcode"] == "5"
    assert error["error_code"] == str(int(code))
    assert error["error_message"] == "file not found"

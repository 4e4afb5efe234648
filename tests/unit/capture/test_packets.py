"""Frames made anew: sequence numbers that agree, and sums that are right; tshark is the judge."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bridge.capture import Carrier, PacketMaker, Passage, Passed, Wire, pcap_file
from tests.peers import peer

PHONE, OWN = ("192.0.2.7", 50000), ("192.0.2.1", 6970)
PHONE6, OWN6 = ("2001:db8::7", 50000), ("2001:db8::1", 6970)
LARGE = bytes(range(256)) * 20


def passed(data: bytes = b"", passage: Passage = Passage.DATA, *, outgoing: bool = False, six: bool = False) -> Passed:
    own, other = (OWN6, PHONE6) if six else (OWN, PHONE)
    return Passed(Wire.HTTP, Carrier.TCP, own, other, outgoing, data, passage)


def conversation(*, six: bool = False) -> list[Passed]:
    return [
        passed(passage=Passage.OPENED, six=six),
        passed(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n", six=six),
        passed(f"HTTP/1.1 200 OK\r\nContent-Length: {len(LARGE)}\r\n\r\n".encode(), outgoing=True, six=six),
        passed(LARGE, outgoing=True, six=six),
        passed(passage=Passage.CLOSED, six=six),
    ]


def read(path: Path, *options: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [peer("tshark"), "-n", "-r", str(path), "-T", "json", *options],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return [each["_source"]["layers"] for each in json.loads(done.stdout)]


@pytest.mark.peer("tshark")
@pytest.mark.parametrize("six", [False, True])
def test_tshark_puts_the_stream_together_and_finds_every_sum_right(tmp_path: Path, six: bool) -> None:
    maker = PacketMaker({PHONE[0]: bytes.fromhex("001122334455")})
    frames = [frame for each in conversation(six=six) for frame in maker.frames(each)]
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap_file((1_700_000_000.0 + 0.001 * index, frame) for index, frame in enumerate(frames)))
    sums = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "http.tcp.port:6970")
    read_back = read(path, *sums)
    assert len(read_back) == len(frames) == 3 + 1 + 1 + 4 + 3
    text = json.dumps(read_back)
    assert '"tcp.checksum.status": "1"' in text
    for bad in ('checksum.status": "0"', "_ws.malformed", "tcp.analysis.lost_segment", "tcp.analysis.retransmission"):
        assert bad not in text
    assert "tcp.analysis.out_of_order" not in text
    assert "tcp.analysis.ack_lost_segment" not in text
    (response,) = [each["http"] for each in read_back if "http.response.code" in json.dumps(each.get("http", {}))]
    assert response["http.content_length_header"] == str(len(LARGE))
    if not six:
        assert read_back[1]["eth"]["eth.dst"] == "00:11:22:33:44:55"


@pytest.mark.peer("tshark")
def test_datagrams_of_odd_and_large_sizes(tmp_path: Path) -> None:
    maker = PacketMaker()
    sizes = (0, 1, 3, 1500, 65_000)
    frames = []
    for own, other in (((OWN[0], 69), PHONE), ((OWN6[0], 69), PHONE6)):
        for size in sizes:
            data = b"\0\3\0\1" + b"z" * size
            frames += maker.frames(Passed(Wire.TFTP, Carrier.UDP, own, other, outgoing=True, data=data))
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap_file((float(index), frame) for index, frame in enumerate(frames)))
    layers = read(path, "-o", "udp.check_checksum:TRUE")
    assert [each["udp"]["udp.checksum.status"] for each in layers] == ["1"] * 10
    assert [int(each["udp"]["udp.length"]) - 12 for each in layers] == [*sizes, *sizes]


def test_a_connection_that_was_there_before_needs_no_beginning() -> None:
    maker = PacketMaker()
    first, second = maker.frames(passed(b"abc")) + maker.frames(passed(b"de"))
    sequence = [int.from_bytes(frame[38:42], "big") for frame in (first, second)]
    assert sequence[1] - sequence[0] == 3
    assert PacketMaker().frames(passed(passage=Passage.CLOSED)) == []


def test_numbers_wrap() -> None:
    maker = PacketMaker()
    maker.frames(passed(b"x"))
    (connection,) = maker._connections.values()
    connection.other.next = (1 << 32) - 2
    maker.frames(passed(b"abcd"))
    assert connection.other.next == 2


def test_addresses_of_two_kinds_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="not of one kind"):
        PacketMaker().frames(Passed(Wire.SIP, Carrier.UDP, ("0.0.0.0", 1), ("::1", 2), outgoing=True, data=b"x"))

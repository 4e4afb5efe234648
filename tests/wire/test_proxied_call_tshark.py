"""tshark reads a phone's whole day at the proxy: registration, a call out, a call in, hold, a refusal."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bridge.sccp import DeviceType, PhoneFeatures, SoftKeyEventType
from tests.peers import peer
from tests.sccpbench import PBX_MEDIA, Bench
from tests.wire.capture import Capture

FIELDS = ("-e", "frame.number", "-e", "skinny.messageId", "-e", "_ws.malformed")
PHONES = [
    (DeviceType.CISCO_7912G, 5, PhoneFeatures.NONE),
    (DeviceType.CISCO_7960, 11, PhoneFeatures.RFC2833),
    (DeviceType.CISCO_7961G, 17, PhoneFeatures.RFC2833 | PhoneFeatures.UTF_8),
    (DeviceType.CISCO_7975G, 22, PhoneFeatures.RFC2833 | PhoneFeatures.UTF_8),
]


@pytest.mark.peer("tshark")
def test_tshark_reads_a_whole_day(tmp_path: Path) -> None:
    tshark = peer("tshark")
    capture = Capture()
    sent: dict[int, int] = {}
    for device_type, version, features in PHONES:
        bench = Bench(device_type, version, features=features)
        a_day(bench)
        conversation = capture.conversation()
        for sender, frame in bench.traffic:
            send = conversation.from_server if sender == "server" else conversation.from_phone
            sent[send(frame)] = int.from_bytes(frame[8:12], "little")
    path = tmp_path / "day.pcap"
    capture.write(path)
    read = subprocess.run(
        [tshark, "-r", str(path), "-Y", "tcp.len > 0", "-T", "fields", *FIELDS],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    rows = [line.split("\t") for line in read.stdout.splitlines()]
    assert {int(number): int(message_id, 0) for number, message_id, _ in rows} == sent
    assert [row for row in rows if row[2]] == []


def a_day(bench: Bench) -> None:
    bench.talk()
    bench.press(SoftKeyEventType.HOLD)
    bench.press(SoftKeyEventType.RESUME)
    bench.ring(line=2, name="Bob")
    bench.replace()
    bench.lift()
    bench.replace()
    bench.pbxs[0].agent.reject(bench.outgoing_call(), 486, now=bench.now)
    bench.settle()
    bench.replace()
    call = bench.outgoing_call()
    bench.pbxs[0].agent.ring(call, status=183, session=PBX_MEDIA, now=bench.now)
    bench.settle()
    bench.press(SoftKeyEventType.END_CALL)
    bench.at_rest()

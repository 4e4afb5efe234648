"""Traces of real phones' days: an SCCP and a SIP phone boot, register and call; tshark reads every frame."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.core import MacAddress, SignallingProtocol
from bridge.core.events import CallFinished, PhoneAdmitted, PhoneRegistered
from bridge.lab.filefetch import FileServer
from bridge.lab.phoneevents import AudioHeard
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import Testbed, TestbedWishes, running_testbed
from bridge.sccp import MessageId
from tests.e2e.conftest import Shelf, Watch, come_up
from tests.peers import peer

KNOWN = {"skinny", "sip", "tftp", "http"}


async def command(bed: Testbed, *words: str) -> asyncio.subprocess.Process:
    """The command line, on the lab."""
    program = "from bridge.cli import main; main()"
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, "--config", str(bed.config), *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "COLUMNS": "200"},
    )


async def listening(bed: Testbed, count: int) -> None:
    async with asyncio.timeout(40):
        while True:
            if len(bed.service.tracing._traces) == count:
                return
            await asyncio.sleep(0.05)


def decoded(bed: Testbed, path: Path) -> list[dict[str, Any]]:
    """Every frame's layers. The lab's ports are not the usual ones."""
    sccp, tftp = bed.service.stations.addresses[0][1], bed.tftp[1]
    http, door = bed.http[1], bed.service.doorkeeper.addresses[0][1]
    ports = [f"tcp.port=={sccp},skinny", f"udp.port=={tftp},tftp", f"tcp.port=={http},http", f"udp.port=={door},sip"]
    ports += [f"tcp.port=={door},sip", f"udp.port=={bed.settings.sip.port},sip"]
    options = [part for each in ports for part in ("-d", each)]
    done = subprocess.run(
        [peer("tshark"), "-n", "-r", str(path), "-T", "json", "--no-duplicate-keys", *options],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return [each["_source"]["layers"] for each in json.loads(done.stdout)]


def judge(layers: list[dict[str, Any]]) -> set[str]:
    """Every frame is understood, none is malformed, no stream has holes; the protocols that were found."""
    found: set[str] = set()
    for each in layers:
        text = json.dumps(each)
        assert "_ws.malformed" not in text, text
        for trouble in ("lost_segment", "retransmission", "out_of_order", "ack_lost", "window_full"):
            assert f"tcp.analysis.{trouble}" not in text, text
        names = KNOWN & set(each)
        payload = int(each["tcp"]["tcp.len"]) if "tcp" in each else 1
        # A piece in the middle of an answer is shown with the last one.
        assert names or not payload or "tcp.reassembled_in" in text or "tcp.segment" in text, text
        found |= names
    return found


def secrets_of(bed: Testbed) -> list[str]:
    with bed.service.store.read() as work:
        return [device.secret for device in work.devices.all()]


@pytest.mark.peer("tshark")
async def test_the_day_of_an_sccp_phone(shelf: Shelf, tmp_path: Path) -> None:
    async with running_testbed(TestbedWishes(protocol=SignallingProtocol.SCCP)) as bed:
        watch = Watch(bed)
        traced, other = (
            SccpPhone(model, MacAddress(mac), FileServer(bed.tftp, None), timing=LAB_TIMING, auto_answer=0.0)
            for model, mac in (("7961G", "001122CC0001"), ("7975G", "001122CC0002"))
        )
        try:
            path = tmp_path / "sccp.pcap"
            tracing = await command(bed, "phones", "trace", str(traced.device), "--pcap", str(path), "--for", "25s")
            await listening(bed, 1)
            await come_up(traced, other)
            await watch.seen(PhoneRegistered, traced.device, count=2)
            numbers = {event.device: event.number for event in watch.of(PhoneAdmitted)}
            async with asyncio.timeout(20):
                while True:
                    if await registered_at_asterisk(bed, list(numbers.values())):
                        break
                    await asyncio.sleep(0.1)
            traced.call(numbers[other.device])
            await traced.wait_for(AudioHeard)
            traced.hang_up()
            await watch.seen(CallFinished, traced.device)
            out, err = await asyncio.wait_for(tracing.communicate(), 60)
            assert tracing.returncode == 0, err.decode()
            assert "SCCP" in out.decode()
            assert path.stat().st_mode & 0o777 == 0o600
            layers = await asyncio.to_thread(decoded, bed, path)
            assert judge(layers) == {"skinny", "sip", "tftp"}
            text = json.dumps(layers)
            messages = {int(each, 0) for each in re.findall(r'"skinny.messageId": "([^"]+)"', text)}
            assert {
                MessageId.REGISTER,
                MessageId.REGISTER_ACK,
                MessageId.OPEN_RECEIVE_CHANNEL,
                MessageId.OPEN_RECEIVE_CHANNEL_ACK,
                MessageId.START_MEDIA_TRANSMISSION,
            } <= messages
            methods = set(re.findall(r'"sip.Method": "([A-Z]+)"', text))
            assert {"REGISTER", "INVITE", "ACK", "BYE"} <= methods
            assert f"{traced.device}.cnf.xml" in text
            assert str(other.device) not in path.read_bytes().decode("latin-1")
            raw = path.read_bytes()
            assert all(secret.encode() not in raw for secret in secrets_of(bed))
        finally:
            await traced.power_off()
            await other.power_off()


async def registered_at_asterisk(bed: Testbed, numbers: list[str]) -> bool:
    shown = await bed.asterisk.cli("pjsip show contacts")
    return all(f"{number}/" in shown for number in numbers)


@pytest.mark.peer("tshark")
async def test_the_day_of_a_sip_phone_and_what_is_not_in_it(shelf: Shelf, tmp_path: Path) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        # One fetches over HTTP, the other over TFTP; each has an address of its own, as on a network.
        one = shelf.take(bed, "8841", local_address="127.0.0.7")
        two = shelf.take(bed, "7961", local_address="127.0.0.8", http=False)
        paths = {phone.device: tmp_path / f"{phone.device}.pcap" for phone in (one, two)}
        tracings = [
            await command(bed, "phones", "trace", str(device), "--pcap", str(path), "--for", "20s", *more)
            for (device, path), more in zip(paths.items(), ([], ["--secrets"]), strict=True)
        ]
        await listening(bed, 2)
        await come_up(one, two)
        numbers = {event.device: event.number for event in watch.of(PhoneAdmitted)}
        one.call(numbers[two.device])
        await one.wait_for(AudioHeard)
        one.hang_up()
        for tracing in tracings:
            out, err = await asyncio.wait_for(tracing.communicate(), 60)
            assert tracing.returncode == 0, err.decode()
            assert "which the bridge does not see" in out.decode() or "does not see" in out.decode().replace("\n", " ")
        found = {}
        for device, path in paths.items():
            layers = await asyncio.to_thread(decoded, bed, path)
            found[device] = judge(layers)
            assert f"{device}.cnf.xml" in json.dumps(layers)
        assert found[one.device] == {"http"}
        assert found[two.device] == {"tftp"}
        secrets = {each.name: each.secret.encode() for each in devices(bed)}
        # Only who asks for secrets has them, and only those of the phone.
        assert secrets[one.device] not in paths[one.device].read_bytes()
        assert b"********" in paths[one.device].read_bytes()
        assert secrets[one.device] not in paths[two.device].read_bytes()
        assert secrets[two.device] in paths[two.device].read_bytes()
        # Nobody listens any more.
        assert bed.service.tap.heard is None


def devices(bed: Testbed) -> list[Any]:
    with bed.service.store.read() as work:
        return list(work.devices.all())

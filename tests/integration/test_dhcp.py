"""DHCP with real servers: our question to dnsmasq, our fragments in dnsmasq, Kea and ISC dhcpd."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.app.diagnosis.dhcpmemory import remembered
from bridge.app.diagnosis.dhcpwatch import DhcpWatch
from bridge.app.settings import DhcpSettings
from bridge.core import DeviceName
from bridge.core.events import DhcpLeaseSeen, DhcpUnanswered
from bridge.dhcp import DhcpServer, snippet
from bridge.journey import SiteFacts, Stage, diagnose, follow
from bridge.phones.vendorclass import VendorClass
from bridge.web.control import ControlServer
from tests.dhcpnet import SERVER, Network, asking, dhcpd, dnsmasq, kea, network, phone_mac, take_a_lease
from tests.peers import peer
from tests.tftp_lab import FixedClock, RecordingSink

VOICE = IPv4Network("10.20.0.0/24")
OURS = [IPv4Address("192.0.2.10"), IPv4Address("192.0.2.11")]


def check(net: Network, directory: Path, *words: str) -> tuple[int, Any]:
    config = directory / "sepbridge.toml"
    text = f'[server]\naddress = "192.0.2.10"\n[state]\ndirectory = "{directory}"\n'
    config.write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", "from bridge.cli import main; main()", "--config", str(config)]
    done = subprocess.run(
        net.at_phone(*command, "dhcp", "check", "--interface", "phone0", "--wait", "1.5", "--json", *words),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.req("RG-07")
@pytest.mark.peer("dnsmasq")
@pytest.mark.parametrize(
    ("options", "codes", "code"),
    [
        (["--dhcp-option=150,192.0.2.10", "--dhcp-option=66,192.0.2.10"], ["option_150", "option_66"], 0),
        ([], ["missing_tftp_option"], 1),
        (["--dhcp-option=150,192.0.2.99"], ["wrong_tftp_server"], 1),
        (["--dhcp-option=150,192.0.2.99,192.0.2.10"], ["not_first"], 0),
        (["--dhcp-option=66,192.0.2.10"], ["only_option_66", "option_66"], 0),
        (["--dhcp-option=66,pbx.example.com"], ["only_option_66", "option_66_is_a_name"], 1),
    ],
)
def test_a_real_server_is_asked_and_its_answer_judged(
    tmp_path: Path, options: list[str], codes: list[str], code: int
) -> None:
    with network() as net, dnsmasq(net, tmp_path, options) as log:
        returned, said = check(net, tmp_path)
        (answer,) = said["answers"]
        assert (returned, [each["code"] for each in answer["findings"]]) == (code, codes)
        assert answer["server"] == SERVER
        assert IPv4Address(answer["address"]) in {IPv4Address("192.0.2.100") + number for number in range(51)}
        seen = log.read_text(encoding="utf-8")
        assert "vendor class: Cisco Systems, Inc. IP Phone CP-7961G" in seen
        assert "DHCPREQUEST" not in seen  # it takes nothing


@pytest.mark.req("RG-07")
@pytest.mark.peer("dhcpd")
@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("text", '"pbx.example.com"', "'pbx.example.com'"),
        ("text", '"192.0.2.10"', "'192.0.2.10'"),
        ("string", "c0:00:02", "3 octets"),
    ],
)
def test_an_option_150_that_is_no_list_of_addresses(tmp_path: Path, kind: str, value: str, words: str) -> None:
    options = f"option cisco code 150 = {kind};\noption cisco {value};"
    with network() as net, dhcpd(net, tmp_path, options):
        returned, said = check(net, tmp_path)
    (bad, *_) = said["answers"][0]["findings"]
    assert (returned, bad["code"]) == (1, "bad_option_150")
    assert words in bad["what"]
    at = datetime.now(UTC)
    journey = follow(None, DhcpLeaseSeen(at=at, device=DeviceName("SEP001122334455"), address="192.0.2.100"))
    assert journey is not None
    known = SiteFacts(servers=("192.0.2.10",), dhcp=remembered(tmp_path, at))
    assert diagnose(journey, known, now=at + timedelta(seconds=90))[0].code == "bad_option_150"


def test_a_network_without_a_server(tmp_path: Path) -> None:
    with network() as net:
        returned, said = check(net, tmp_path)
    assert returned == 1
    assert [each["code"] for each in said["answers"][0]["findings"]] == ["no_answer"]


@pytest.mark.req("RG-07")
@pytest.mark.peer("dnsmasq")
@pytest.mark.parametrize(
    ("options", "codes"),
    [
        (["--dhcp-option=150,192.0.2.10", "--dhcp-option=66,192.0.2.10"], {}),
        ([], {"dhcp_missing_tftp_option": "problem"}),
        (["--dhcp-option=150,192.0.2.99"], {"dhcp_wrong_tftp_server": "problem"}),
        (["--dhcp-option=66,pbx.example.com"], {"dhcp_only_option_66": "note", "dhcp_option_66_is_a_name": "problem"}),
        (None, {"dhcp_no_answer": "problem"}),
    ],
)
def test_the_doctor_asks_as_a_phone_would(tmp_path: Path, options: list[str] | None, codes: dict[str, str]) -> None:
    config = tmp_path / "sepbridge.toml"
    config.write_text(f'[server]\naddress = "192.0.2.10"\n[state]\ndirectory = "{tmp_path}"\n')
    command = [sys.executable, "-c", "from bridge.cli import main; main()", "--config", str(config)]
    with network() as net, contextlib.ExitStack() as stack:
        if options is not None:
            stack.enter_context(dnsmasq(net, tmp_path, options))
        done = subprocess.run(
            net.at_phone(*command, "doctor", "--dhcp", "phone0", "--json"),
            capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
    checks = {each["check"]: each["findings"] for each in json.loads(done.stdout)["checks"]}
    assert {each["code"]: each["weight"] for each in checks["dhcp"]} == codes
    assert all(each["what"] and each["fix"] for each in checks["dhcp"])
    # On a machine without a sepbridge much else is wrong: that is what the exit code says.
    assert done.returncode == 1


@pytest.mark.req("RG-07")
@pytest.mark.peer("dnsmasq")
def test_the_dnsmasq_fragment_does_what_it_says(tmp_path: Path) -> None:
    fragment = tmp_path / "sepbridge.conf"
    fragment.write_text(snippet(DhcpServer.DNSMASQ, OURS, voice_vlan=20), encoding="utf-8")
    subprocess.run([peer("dnsmasq"), "--test", f"--conf-file={fragment}"], check=True, capture_output=True)
    with network() as net, dnsmasq(net, tmp_path, [f"--conf-file={fragment}"]):
        returned, said = check(net, tmp_path)
    findings = said["answers"][0]["findings"]
    assert returned == 0
    assert [each["what"] for each in findings] == ["option 150: 192.0.2.10, 192.0.2.11", "option 66: 192.0.2.10"]


@pytest.mark.req("RG-07")
@pytest.mark.peer("kea-dhcp4")
def test_the_kea_fragment_is_accepted_by_kea(tmp_path: Path) -> None:
    fragment = tmp_path / "kea.conf"
    fragment.write_text(snippet(DhcpServer.KEA, OURS, voice_vlan=20), encoding="utf-8")
    done = subprocess.run([peer("kea-dhcp4"), "-t", str(fragment)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = tmp_path / "broken.conf"
    broken.write_text(fragment.read_text(encoding="utf-8").replace("192.0.2.10, ", "name, "), encoding="utf-8")
    assert subprocess.run([peer("kea-dhcp4"), "-t", str(broken)], capture_output=True, check=False).returncode


@pytest.mark.req("RG-07")
@pytest.mark.peer("dhcpd")
def test_the_isc_fragment_is_accepted_by_dhcpd(tmp_path: Path) -> None:
    fragment = tmp_path / "dhcpd.conf"
    fragment.write_text(snippet(DhcpServer.ISC, OURS, voice_vlan=20), encoding="utf-8")
    done = subprocess.run([peer("dhcpd"), "-t", "-cf", str(fragment)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    fragment.write_text(fragment.read_text(encoding="utf-8").replace("192.0.2.10,", "1.2.3.4.5,"), encoding="utf-8")
    assert subprocess.run([peer("dhcpd"), "-t", "-cf", str(fragment)], capture_output=True, check=False).returncode


@pytest.mark.req("RG-07")
@pytest.mark.peer("dnsmasq")
def test_the_line_of_the_freepbx_fragment_is_accepted_by_dnsmasq(tmp_path: Path) -> None:
    fragment = tmp_path / "sepbridge.conf"
    for network_of_vlan in (None, VOICE):
        text = snippet(DhcpServer.FREEPBX, OURS, voice_vlan=20, voice_network=network_of_vlan)
        fragment.write_text(text, encoding="utf-8")
        subprocess.run([peer("dnsmasq"), "--test", f"--conf-file={fragment}"], check=True, capture_output=True)


@pytest.mark.req("RG-07")
@pytest.mark.peer("dhcpd")
def test_the_isc_fragment_does_what_it_says(tmp_path: Path) -> None:
    with network() as net, dhcpd(net, tmp_path, snippet(DhcpServer.ISC, OURS)):
        returned, said = check(net, tmp_path)
    assert returned == 0
    found = [each["what"] for each in said["answers"][0]["findings"]]
    assert found[:2] == ["option 150: 192.0.2.10, 192.0.2.11", "option 66: 192.0.2.10"]


@pytest.mark.req("RG-07")
@pytest.mark.peer("kea-dhcp4")
def test_the_kea_fragment_does_what_it_says(tmp_path: Path) -> None:
    fragment = json.loads("\n".join(snippet(DhcpServer.KEA, OURS).splitlines()[1:]))["Dhcp4"]
    with network() as net, kea(net, tmp_path, fragment):
        returned, said = check(net, tmp_path)
    assert returned == 0
    found = [each["what"] for each in said["answers"][0]["findings"]]
    assert found[:2] == ["option 150: 192.0.2.10, 192.0.2.11", "option 66: 192.0.2.10"]


@pytest.mark.req("RG-14")
@pytest.mark.peer("dnsmasq")
@pytest.mark.peer("kea-dhcp4")
@pytest.mark.peer("dhcpd")
@pytest.mark.parametrize(
    ("server", "command"),
    [
        (DhcpServer.DNSMASQ, ("dnsmasq", "--test", "--conf-file={}")),
        (DhcpServer.KEA, ("kea-dhcp4", "-t", "{}")),
        (DhcpServer.ISC, ("dhcpd", "-t", "-cf", "{}")),
    ],
)
def test_the_fragment_for_a_voice_vlan_is_accepted(
    tmp_path: Path, server: DhcpServer, command: tuple[str, ...]
) -> None:
    fragment = tmp_path / "voice.conf"
    fragment.write_text(snippet(server, OURS, voice_vlan=20, voice_network=VOICE), encoding="utf-8")
    words = [peer(command[0]), *(word.format(fragment) for word in command[1:])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    fragment.write_text(fragment.read_text(encoding="utf-8").replace("10.20.0.10", "10.20.0.1O"), encoding="utf-8")
    assert subprocess.run(words, capture_output=True, check=False).returncode


async def _seen(
    settings: DhcpSettings, state: Path, act: Callable[[], None]
) -> tuple[DhcpLeaseSeen, list[VendorClass]]:
    """The first lease that a watch with these settings sees while ``act`` is done."""
    sink, evidence = RecordingSink(), list[VendorClass]()
    watch = DhcpWatch(
        sink, FixedClock(), lambda client, device, phone: evidence.append(phone), settings=settings, state=state
    )
    task = asyncio.create_task(watch.run())
    try:
        async with asyncio.timeout(20):
            while settings.log is not None and not (state / "dhcp-log.json").exists():  # noqa: ASYNC110  # what is waited for rings no bell
                await asyncio.sleep(0.02)
        if settings.log is None:
            await asyncio.sleep(0.5)  # the lease file as it was before has been read
        await asyncio.to_thread(act)
        seen = await sink.wait_for(DhcpLeaseSeen)
        journey = follow(None, seen)
        assert journey is not None
        assert (journey.stage, journey.client) == (Stage.DHCP, seen.address)
        assert (journey.facts.host_name, journey.facts.vendor_class) == (seen.host_name, seen.vendor_class)
        return seen, evidence
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.req("RG-15")
@pytest.mark.peer("dnsmasq")
async def test_a_lease_is_seen_in_the_log_of_dnsmasq_with_its_model(tmp_path: Path) -> None:
    with network() as net, dnsmasq(net, tmp_path) as log:
        seen, evidence = await _seen(DhcpSettings(log=log), tmp_path, lambda: take_a_lease(net))
        assert seen.device == DeviceName(f"SEP{phone_mac(net)}")
    assert (seen.model, seen.vendor_class) == ("7961G", "Cisco Systems, Inc. IP Phone CP-7961G")
    assert seen.host_name == str(seen.device)
    assert [phone.model.name for phone in evidence if phone.model] == ["7961G"]


@pytest.mark.req("RG-22")
@pytest.mark.peer("dnsmasq")
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], "missing_tftp_option"),
        (["--dhcp-option=150,192.0.2.99"], "wrong_tftp_address"),
        (["--dhcp-option=150,192.0.2.10"], "no_tftp_request"),
    ],
)
async def test_why_a_phone_with_a_lease_asks_for_no_file(tmp_path: Path, options: list[str], code: str) -> None:
    """A real server gives the lease, and is asked by our check; the phone stays silent for longer than the limit."""
    with network() as net, dnsmasq(net, tmp_path, options) as log:
        seen, _ = await _seen(DhcpSettings(log=log), tmp_path, lambda: take_a_lease(net))
        await asyncio.to_thread(check, net, tmp_path)
    journey = follow(None, seen)
    assert journey is not None
    known = SiteFacts(servers=("192.0.2.10",), dhcp=remembered(tmp_path, datetime.now(UTC)))
    assert known.dhcp is not None
    found = diagnose(journey, known, now=seen.at + timedelta(seconds=90))
    assert found[0].code == code
    assert seen.address in found[0].evidence[0].what
    assert diagnose(journey, known, now=seen.at + timedelta(seconds=89)) == ()


@pytest.mark.peer("dnsmasq")
async def test_a_phone_that_dnsmasq_gives_no_address_is_told_once(tmp_path: Path) -> None:
    sink = RecordingSink()
    with network() as net, dnsmasq(net, tmp_path, ["--dhcp-ignore=tag:!known"]) as log:
        settings = DhcpSettings(log=log)
        watch = DhcpWatch(sink, FixedClock(), lambda *_: None, settings=settings, state=tmp_path)
        task = asyncio.create_task(watch.run())
        async with asyncio.timeout(20):
            while not (tmp_path / "dhcp-log.json").exists():  # noqa: ASYNC110  # what is waited for rings no bell
                await asyncio.sleep(0.02)
            await asyncio.to_thread(subprocess.run, asking(net, "2"), capture_output=True, timeout=60, check=False)
            told = await sink.wait_for(DhcpUnanswered)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert log.read_text(encoding="utf-8").count("ignored") == 2
        assert told.device == DeviceName(f"SEP{phone_mac(net)}")
    assert told.why == "ignored"
    assert [type(each) for each in sink.events] == [DhcpUnanswered]


@pytest.mark.req("RG-15")
@pytest.mark.peer("dnsmasq")
async def test_a_lease_is_seen_in_the_lease_file_of_dnsmasq(tmp_path: Path) -> None:
    with network() as net, dnsmasq(net, tmp_path):
        settings = DhcpSettings(leases=tmp_path / "dnsmasq.leases")
        seen, _ = await _seen(settings, tmp_path, lambda: take_a_lease(net))
        assert seen.device == DeviceName(f"SEP{phone_mac(net)}")
    assert seen.model == ""


@pytest.mark.req("RG-15")
@pytest.mark.peer("dnsmasq")
async def test_a_lease_is_told_by_the_hook_of_dnsmasq_with_its_model(tmp_path: Path) -> None:
    sink, evidence = RecordingSink(), list[object]()
    watch = DhcpWatch(sink, FixedClock(), lambda *told: evidence.append(told), settings=DhcpSettings(), state=tmp_path)
    config, hook = tmp_path / "sepbridge.toml", tmp_path / "hook"
    config.write_text(f'[server]\naddress = "192.0.2.1"\n[state]\ndirectory = "{tmp_path}"\n', encoding="utf-8")
    program = Path(sys.executable).with_name("sepbridge")
    hook.write_text(f'#!/bin/sh\nexec {program} --config {config} dhcp lease "$@" >>{tmp_path}/told 2>&1\n')
    hook.chmod(0o755)
    server = ControlServer(cast("Any", watch), tmp_path / "control.sock")
    await server.start()
    try:
        with network() as net, dnsmasq(net, tmp_path, [f"--dhcp-script={hook}"]):
            await asyncio.to_thread(take_a_lease, net)
            seen = await sink.wait_for(DhcpLeaseSeen)
            device = DeviceName(f"SEP{phone_mac(net)}")
    finally:
        await server.close()
    journey = follow(None, seen)
    assert journey is not None
    assert (seen.device, journey.stage, journey.client) == (device, Stage.DHCP, seen.address)
    assert (seen.host_name, seen.vendor_class) == (str(device), "Cisco Systems, Inc. IP Phone CP-7961G")
    assert seen.model == "7961G"
    assert len(evidence) == 1


@pytest.mark.req("RG-15")
@pytest.mark.peer("kea-dhcp4")
@pytest.mark.parametrize("source", ["log", "leases"])
async def test_a_lease_is_seen_beside_kea(tmp_path: Path, source: str) -> None:
    with network() as net, kea(net, tmp_path) as (log, leases):
        settings = DhcpSettings(log=log) if source == "log" else DhcpSettings(leases=leases)
        seen, evidence = await _seen(settings, tmp_path, lambda: take_a_lease(net))
        assert seen.device == DeviceName(f"SEP{phone_mac(net)}")
    assert seen.address == "192.0.2.100"
    assert seen.model == ("7961G" if source == "log" else "")
    assert len(evidence) == (1 if source == "log" else 0)

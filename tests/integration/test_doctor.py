"""The doctor against what is really wrong: a real Asterisk, TFTP server, certificates, packet filter."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner

from bridge.app.installing.doctor import Doctor
from bridge.app.settings import (
    Address,
    AmiSettings,
    AsteriskSettings,
    DatabaseSettings,
    HttpSettings,
    ServerSettings,
    Settings,
    SipSettings,
    StateSettings,
    TftpSettings,
)
from bridge.app.system import SystemClock
from bridge.cli.main import root
from bridge.core.findings import Finding, Weight
from bridge.doctor.certificates import check_certificate
from bridge.doctor.ports import Answer
from bridge.errors import PbxUnavailable
from bridge.host.answers import tcp_answer, tftp_answer
from bridge.host.certificate import certificate_facts
from bridge.lab.asterisk import PrivateAsterisk, free_port
from bridge.store import upgrade
from bridge.watch import TftpProgram
from tests.peers import missing, peer
from tests.tftpservers import other_server
from tests.webnode import running_web_node, web_settings


def settings_for(asterisk: PrivateAsterisk, state: Path) -> Settings:
    state.mkdir(exist_ok=True)
    ami = asterisk.ami_settings
    settings = Settings(
        server=ServerSettings(address="127.0.0.1"),
        state=StateSettings(state),
        tftp=TftpSettings(listen=(Address("127.0.0.1", free_port()),)),
        http=HttpSettings(listen=(Address("127.0.0.1", free_port()),)),
        sip=SipSettings(port=asterisk.ports.sip, doorway=()),
        ami=AmiSettings(Address(ami.host, ami.port), ami.username, ami.secret),
        asterisk=AsteriskSettings(asterisk.phones_directory),
    )
    upgrade(settings.database_url)
    return settings


def not_running() -> Mapping[str, Any]:
    raise PbxUnavailable("the service does not run")


def examined(settings: Settings, *checks: str) -> list[Finding]:
    """What these checks find."""
    doctor = Doctor(settings, None, status=not_running)
    return [each for result in doctor.run() if result.check in checks for each in result.findings]


async def found(settings: Settings, *checks: str) -> list[str]:
    """The codes of what these checks find, from beside the event loop."""
    return [each.code for each in await asyncio.to_thread(examined, settings, *checks)]


class Wrong(PrivateAsterisk):
    """An Asterisk whose files are changed before it starts."""

    changes: Sequence[tuple[str, str, str]] = ()
    """File, what stands there, and what stands there instead."""
    was_changed = False

    def configure(self) -> None:
        super().configure()
        for name, before, after in self.changes:
            path = self.etc / name
            text = path.read_text()
            if not self.was_changed:
                assert before in text
            path.write_text(text.replace(before, after, 1))
        self.was_changed = True


ASTERISK_CHECKS = ("manager", "modules", "configuration", "codecs", "endpoints")


async def test_a_healthy_asterisk_has_nothing(tmp_path: Path) -> None:
    async with PrivateAsterisk(tmp_path / "a") as asterisk:
        settings = settings_for(asterisk, tmp_path / "state")
        assert await found(settings, *ASTERISK_CHECKS) == []


@pytest.mark.req("RG-13")
async def test_what_is_wrong_with_an_asterisk(tmp_path: Path) -> None:
    asterisk = Wrong(tmp_path / "a")
    asterisk.changes = (
        ("modules.conf", "[modules]\n", "[modules]\nnoload => res_parking.so\nnoload => func_db.so\n"),
        ("manager.d/sepbridge.conf", "write = system,reporting,call", "write = system"),
        ("pjsip.conf", "[lab-udp]\n", "[lab-udp]\nexternal_media_address = 198.51.100.7\n"),
        ("rtp.conf", "rtpend = 24000", "rtpend = 20010"),
        ("extensions.conf", "#include", ";include"),
    )
    async with asterisk:
        # The lab starts with both transports or not at all.
        pjsip = asterisk.etc / "pjsip.conf"
        pjsip.write_text(pjsip.read_text().replace("protocol = tcp", "protocol = tls"))
        settings = settings_for(asterisk, tmp_path / "state")
        codes = await found(settings, *ASTERISK_CHECKS)
        findings = await asyncio.to_thread(examined, settings, *ASTERISK_CHECKS)
    expected = {"ami_rights_missing", "module_missing", "feature_module_missing", "includes_missing"}
    assert expected | {"transport_missing", "rtp_range_small"} <= set(codes)
    rights = next(each for each in findings if each.code == "ami_rights_missing")
    assert "Setvar" in rights.what
    assert "Reload" not in rights.what
    assert [each.what for each in findings if each.code == "module_missing"] == [
        "func_db.so is not loaded: forwards and do-not-disturb"
    ]


async def test_a_wrong_secret_and_nobody_there(tmp_path: Path) -> None:
    async with PrivateAsterisk(tmp_path / "a") as asterisk:
        settings = settings_for(asterisk, tmp_path / "state")
        wrong = replace(settings, ami=replace(settings.ami, secret="not-the-secret"))
        assert await found(wrong, "manager") == ["ami_login_refused"]
        assert await found(wrong, "modules") == ["unchecked_modules"]
    assert await found(settings, "manager") == ["ami_unreachable"]


async def test_phones_that_asterisk_does_not_know(tmp_path: Path) -> None:
    async with PrivateAsterisk(tmp_path / "a") as asterisk:
        settings = settings_for(asterisk, tmp_path / "state")
        config = tmp_path / "sepbridge.toml"
        config.write_text(f'[state]\ndirectory = "{settings.state.directory}"\n')
        words = ["--config", str(config), "phones", "add", "SEP001122334455", "--number", "1000", "--model", "8841"]
        result = await asyncio.to_thread(CliRunner().invoke, root, words)
        assert result.exit_code == 0, (result.output, result.exception)
        (finding,) = await asyncio.to_thread(examined, settings, "endpoints")
    assert (finding.code, finding.what) == ("endpoints_missing", "not in Asterisk: 1000")


def test_a_number_that_the_admins_own_file_has_too(tmp_path: Path) -> None:
    asterisk = PrivateAsterisk(tmp_path / "a")
    asterisk.configure()
    sections = "[1002]\ntype = endpoint\n[1002]\ntype = aor\n"
    (asterisk.phones_directory / "pjsip_phones.conf").write_text(sections)
    settings = settings_for(asterisk, tmp_path / "state")
    assert examined(settings, "configuration") == []
    (asterisk.etc / "more.conf").write_text(f"[phone](!)\ntype = endpoint\n[1003](phone)\n{sections}")
    with (asterisk.etc / "pjsip.conf").open("a") as file:
        file.write("#include more.conf\n")
    (finding,) = examined(settings, "configuration")
    assert finding.code == "endpoint_named_twice"
    assert finding.what.startswith("1002: in ")


@pytest.mark.peer("atftpd")
def test_port_69_with_another_server_on_it(tmp_path: Path) -> None:
    with other_server(TftpProgram.ATFTPD, tmp_path) as server:
        (server.root / "XMLDefault.cnf.xml").write_bytes(b"x" * 1500)
        assert tftp_answer(*server.address) is Answer.YES
        settings = Settings(tftp=TftpSettings(listen=(Address(server.address[0], 69),)))
        findings = examined(settings, "tftp")
    assert "tftp_other_server" in [each.code for each in findings]
    assert all(each.fix for each in findings)
    assert 'mode = "beside"' in next(each.fix for each in findings if each.code == "tftp_other_server")


def test_a_port_without_an_answer() -> None:
    port = free_port()
    assert tcp_answer("127.0.0.1", port) is Answer.REFUSED
    assert tftp_answer("127.0.0.1", port, within=0.3) in (Answer.REFUSED, Answer.NOTHING)


# --- certificates


def openssl(*words: str) -> None:
    subprocess.run([peer("openssl"), *words], check=True, capture_output=True)


def made(
    directory: Path, key: Sequence[str], *, days: int = 900, name: str = "192.168.7.2", sign: str = "-sha256"
) -> Path:
    directory.mkdir()
    openssl(
        *("req", "-x509", "-nodes", *key, sign, "-days", str(days), "-subj", "/CN=test"),
        *(
            "-addext",
            f"subjectAltName=IP:{name}",
            "-out",
            str(directory / "c.pem"),
            "-keyout",
            str(directory / "k.pem"),
        ),
    )
    return directory


EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


@pytest.mark.peer("openssl")
@pytest.mark.req("RG-26")
def test_certificates(tmp_path: Path) -> None:
    good = made(tmp_path / "good", EC)
    cases = {
        (): good,
        ("certificate_expired",): made(tmp_path / "old", EC),
        ("certificate_key_short",): made(tmp_path / "short", ("-newkey", "rsa:1024")),
        ("certificate_wrong_name",): made(tmp_path / "name", EC, name="192.168.7.3"),
        ("certificate_hash_weak",): made(tmp_path / "weak", ("-newkey", "rsa:2048"), sign="-sha1"),
        ("certificate_expires",): made(tmp_path / "soon", EC, days=3),
    }
    openssl(
        *("x509", "-in", str(tmp_path / "old/c.pem"), "-signkey", str(tmp_path / "old/k.pem"), "-days", "0"),
        *("-copy_extensions", "copyall", "-out", str(tmp_path / "old/c.pem")),
    )
    now = SystemClock().now()
    for codes, place in cases.items():
        facts = certificate_facts(place / "c.pem", place / "k.pem")
        judged = check_certificate(facts, now=now, told="192.168.7.2")
        assert tuple(each.code for each in judged) == codes, facts
    crossed = certificate_facts(good / "c.pem", tmp_path / "name/k.pem")
    judged = check_certificate(crossed, now=now, told="192.168.7.2")
    assert [each.code for each in judged] == ["certificate_wrong_key"]
    gone = check_certificate(certificate_facts(tmp_path / "none.pem", None), now=now, told="")
    assert [each.code for each in gone] == ["certificate_unreadable"]


# --- a packet filter, in a network of the test's own

_IN_A_NETWORK_OF_ITS_OWN = """
set -e
ip link set lo up
ip link add house type veth peer name phone
ip address add 192.168.77.2/24 dev house
ip link set house up
ip link set phone up
exec "$@"
"""

_UNDER_A_FILTER = """
import json, os, socket, subprocess, sys
from bridge.app.installing.doctor import Doctor
from bridge.app.settings import Address, HttpSettings, SccpSettings, ServerSettings, Settings, SipSettings, TftpSettings

def nft(text):
    subprocess.run([sys.argv[1], "-f", "-"], input=text.encode(), check=True)

def examined(check=""):
    settings = Settings(
        server=ServerSettings(address="192.168.77.2"),
        tftp=TftpSettings(listen=(Address("0.0.0.0", 69),)),
        http=HttpSettings(listen=(Address("0.0.0.0", 6970),)),
        sip=SipSettings(doorway=()),
    )
    status = {"pid": os.getpid(), "pbx": {"trouble": ""}, "database": "", "beside": (), "events_dropped": 0}
    doctor = Doctor(settings, None, status=lambda: status)
    return [
        (each.code, each.what)
        for result in doctor.run() if result.check in ("ports", "firewall", "addresses")
        for each in result.findings
        if result.check == check or not check and (" 2000 " in each.what or result.check == "addresses")
    ]

server = socket.create_server(("0.0.0.0", 2000))
found = {"open": examined()}
nft("table inet t { chain i { type filter hook input priority 0; policy accept; tcp dport 2000 drop; }; }")
found["dropped"] = examined()
nft("flush ruleset")
found["flushed"] = examined()
nft("table inet t { chain i { type filter hook input priority 0; policy drop; iifname lo accept; }; }")
found["strict"] = examined()
# A filter without a memory: phones' requests pass, and what they acknowledge afterwards does not.
opened = "tcp dport { 2000, 5060, 5070, 6970 } accept; udp dport { 69, 5060, 5070 } accept;"
nft("flush ruleset")
nft("table inet t { chain i { type filter hook input priority 0; policy drop; iifname lo accept; %s }; }" % opened)
found["forgetful"] = examined("firewall")
nft("insert rule inet t i ct state established,related accept")
found["stateful"] = examined("firewall")
print(json.dumps(found))
"""


@pytest.mark.req("RG-13")
def test_a_filter_that_drops_sccp(tmp_path: Path) -> None:
    nft = peer("nft")
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        missing("a network namespace needs root and unshare")
    command = ["unshare", "-n", "sh", "-c", _IN_A_NETWORK_OF_ITS_OWN, "sh", sys.executable, "-c", _UNDER_A_FILTER, nft]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    result = {name: [tuple(each) for each in rows] for name, rows in json.loads(done.stdout).items()}
    assert result["open"] == []
    codes = [code for code, _ in result["dropped"]]
    assert sorted(codes) == ["firewall_drops", "port_blocked"]
    assert result["flushed"] == []
    # To itself the machine may talk: only the rules tell.
    (code, what), *_ = result["strict"]
    assert code == "firewall_drops"
    assert "policy drop" in what
    # What a phone acknowledges of a file goes to another port than 69: without it the second block never comes.
    assert [code for code, _ in result["forgetful"]] == ["firewall_drops_transfers"]
    assert result["stateful"] == []


# --- phones, by what the running service found of each


async def test_phones_that_are_turned_away_are_told(tmp_path: Path) -> None:
    async with running_web_node(web_settings(tmp_path)) as node:
        state = node.service.settings.state.directory
        config = tmp_path / "sepbridge.toml"
        config.write_text(f'[server]\naddress = "127.0.0.1"\n[state]\ndirectory = "{state}"\n')

        async def told() -> list[dict[str, str]]:
            words = ["--config", str(config), "doctor", "--json"]
            result = await asyncio.to_thread(CliRunner().invoke, root, words)
            (check,) = [each for each in json.loads(result.stdout)["checks"] if each["check"] == "phones"]
            return list(check["findings"])

        assert await told() == []
        host, port = node.service.http_addresses[0]
        # Autoregistration is off: it asks for its file, then for that of strangers, and gets no number.
        async with aiohttp.ClientSession(f"http://{host}:{port}") as phone:
            for name in ("SEP001122334455.cnf.xml", "XMLDefault.cnf.xml"):
                await phone.get(f"/{name}")
        async with asyncio.timeout(20):
            while not (findings := await told()):  # noqa: ASYNC110 (another program's answer: there is nothing to wait on)
                await asyncio.sleep(0.2)
    (finding,) = findings
    assert (finding["code"], finding["weight"]) == ("phones_stuck", "note")
    assert finding["what"] == "SEP001122334455: is not known here (device_not_configured)"
    assert finding["fix"].startswith("sepbridge phones diagnose SEP001122334455")


# --- whatever is broken, it goes on


def test_a_half_installed_system(tmp_path: Path) -> None:
    broken = tmp_path / "state"
    broken.mkdir()
    (broken / "sepbridge.db").write_bytes(b"this is no database" * 100)
    settings = Settings(
        server=ServerSettings(address="192.168.7.2"),
        state=StateSettings(broken),
        database=DatabaseSettings(""),
        ami=AmiSettings(Address("127.0.0.1", free_port())),
        asterisk=AsteriskSettings(tmp_path / "nowhere/sepbridge"),
        http=HttpSettings(
            tls_listen=(Address("0.0.0.0", 6971),), tls_certificate=tmp_path / "no.pem", tls_key=tmp_path / "no.key"
        ),
    )
    results = list(Doctor(settings, tmp_path / "gone.toml", status=not_running).run())
    codes = {each.code for result in results for each in result.findings}
    assert {"unchecked_settings", "database_unreachable", "service_not_running", "ami_unreachable"} <= codes
    assert {"certificate_unreadable", "address_not_ours", "unchecked_site", "unchecked_configuration"} <= codes
    assert len(results) == len({each.check for each in results})
    problems = [each for result in results for each in result.findings if each.weight is Weight.PROBLEM]
    assert all(each.what and each.why and each.fix for each in problems)


def test_an_old_database(tmp_path: Path) -> None:
    settings = Settings(state=StateSettings(tmp_path))
    upgrade(settings.database_url)
    assert examined(settings, "database") == []
    with closing(sqlite3.connect(tmp_path / "sepbridge.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
        database.commit()
    (finding,) = examined(settings, "database")
    assert (finding.code, finding.fix) == ("database_not_migrated", "sepbridge db upgrade")

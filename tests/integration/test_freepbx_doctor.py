"""The doctor on a FreePBX: its API simulated, its generated files as it writes them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

import pytest

from bridge.app.installing import doctor as examination
from bridge.app.installing import freepbxdoctor
from bridge.app.installing.doctor import Doctor
from bridge.app.settings import AsteriskSettings, FreePbxSettings, Settings, StateSettings
from bridge.core.findings import Finding, Weight
from bridge.doctor.network import InterfaceAddress
from bridge.errors import NotFound, PbxUnavailable
from bridge.lab.freepbx import FreePbxManners, SimulatedFreePbx
from bridge.lab.freepbxsite import FreePbxSite, SiteExtension
from bridge.pbx.freepbxinstall import plan
from bridge.pbx.install import InstallSettings, apply
from bridge.watch import TftpProgram
from tests.tftpservers import other_server


async def no_asterisk(command: str) -> str:
    return ""


def not_running() -> Mapping[str, Any]:
    raise PbxUnavailable("the service does not run")


def house(tmp_path: Path, *, tcp: bool = True) -> Path:
    """A FreePBX's /etc/asterisk, with extension 1001, and sepbridge set up there."""
    etc = tmp_path / "etc/asterisk"
    etc.mkdir(parents=True)
    (tmp_path / "etc/freepbx.conf").write_text("<?php\n")
    (etc / "manager.conf").write_text("[general]\n")
    (etc / "rtp.conf").write_text("[general]\nrtpstart=10000\nrtpend=20000\n")
    site = FreePbxSite(tcp=tcp)
    site.add(SiteExtension("1001", "Reception", site.new_secret()))
    site.move_in(etc, "0.0.0.0", 5060)
    apply(plan(etc, InstallSettings(secret="0123456789")))
    return etc


def settings_for(etc: Path, freepbx: SimulatedFreePbx | None = None) -> Settings:
    settings = Settings(state=StateSettings(etc.parent / "state"), asterisk=AsteriskSettings(etc / "sepbridge"))
    if freepbx is None:
        return settings
    account = FreePbxSettings(freepbx.url, freepbx.client_id, freepbx.client_secret)
    return replace(settings, freepbx=account)


def examined(settings: Settings, check: str = "freepbx") -> list[Finding]:
    doctor = Doctor(settings, None, status=not_running)
    return [each for result in doctor.run() if result.check == check for each in result.findings]


async def found(settings: Settings, check: str = "freepbx") -> list[Finding]:
    return await asyncio.to_thread(examined, settings, check)


@pytest.fixture(autouse=True)
def rules(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What iptables prints, in place of this machine's; no iptables at all where nothing is given."""
    texts: dict[str, str] = {}

    def printed(command: list[str]) -> str:
        if command[0] not in texts:
            raise NotFound(f"{command[0]} is not installed")
        return texts[command[0]]

    monkeypatch.setattr(freepbxdoctor, "output_of", printed)
    return texts


@pytest.fixture(autouse=True)
def _a_network_of_phones(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine that is examined has one, whatever this one has."""
    phones = InterfaceAddress("eth0", IPv4Interface("192.168.7.2/24"))
    monkeypatch.setattr(examination, "interface_addresses", lambda: (phones,))


async def test_a_healthy_freepbx_has_nothing(tmp_path: Path) -> None:
    etc = house(tmp_path)
    async with SimulatedFreePbx(FreePbxSite(), no_asterisk) as freepbx:
        assert await found(settings_for(etc, freepbx)) == []
        assert await found(settings_for(etc, freepbx), "configuration") == []


async def test_what_is_wrong_is_found_with_the_way_through_the_menus(tmp_path: Path, rules: dict[str, str]) -> None:
    etc = house(tmp_path, tcp=False)
    (etc / "extensions_custom.conf").write_text("")
    custom = etc / "pjsip.endpoint_custom_post.conf"
    custom.write_text(f"[1001](+)\nmoh_suggest=x\n[1002](+)\nmoh_suggest=x\n{custom.read_text()}")
    rules["iptables"] = "-P INPUT ACCEPT\n-N fpbxfirewall\n-A fpbxnets -s 198.51.100.0/24 -j zone-trusted\n"
    async with SimulatedFreePbx(FreePbxSite(), no_asterisk, granted="gql:core") as freepbx:
        settings = settings_for(etc, freepbx)
        sick = {each.code: each for each in await found(settings)}
        assert not [each for each in await found(settings, "configuration") if each.code == "transport_missing"]
    assert set(sick) == {
        *("freepbx_transport", "freepbx_scope", "freepbx_includes_missing", "freepbx_stale_section"),
        "freepbx_firewall",
    }
    assert all(each.weight is Weight.PROBLEM for each in sick.values())
    assert "Asterisk SIP Settings" in sick["freepbx_transport"].fix
    assert "doreload" in sick["freepbx_scope"].what
    assert "Admin > API > Applications" in sick["freepbx_scope"].fix
    assert "extensions_custom.conf" in sick["freepbx_includes_missing"].what
    assert "[1002]" in sick["freepbx_stale_section"].what
    assert "192.168.7.0/24" in sick["freepbx_firewall"].what
    assert "Connectivity > Firewall > Networks: add 192.168.7.0/24" in sick["freepbx_firewall"].fix
    rules["iptables"] += "-A fpbxnets -s 192.168.0.0/16 -j zone-trusted\n"
    assert "freepbx_firewall" not in {each.code for each in await found(settings)}


@pytest.mark.parametrize("version", [16, 17])
async def test_each_way_in_which_the_api_is_closed(tmp_path: Path, version: int) -> None:
    etc = house(tmp_path)
    manners = FreePbxManners(version=version)
    async with SimulatedFreePbx(FreePbxSite(), no_asterisk, manners=manners, granted="gql:core:read") as freepbx:
        settings = settings_for(etc, freepbx)
        assert [each.code for each in await found(settings)] == ["freepbx_scope"]
        wrong = replace(settings, freepbx=replace(settings.freepbx, client_secret="wrong"))
        assert [each.code for each in await found(wrong)] == ["freepbx_account"]
        manners.is_down = True
        assert [each.code for each in await found(settings)] in (["freepbx_module"], ["freepbx_api"])
    assert [each.code for each in await found(settings)] == ["freepbx_api"]


async def test_a_freepbx_that_the_settings_do_not_know(tmp_path: Path) -> None:
    (unknown,) = await found(settings_for(house(tmp_path)))
    assert unknown.code == "freepbx_not_configured"
    assert "sepbridge setup" in unknown.fix


@pytest.mark.peer("atftpd")
def test_a_server_on_port_69_is_named_with_what_ends_it(tmp_path: Path) -> None:
    with other_server(TftpProgram.ATFTPD, tmp_path):
        sick = {each.code: each for each in examined(settings_for(house(tmp_path)), "tftp")}
    # Another test's server may be named: each has an address of its own, and the port is looked at on all of them.
    assert sick["freepbx_port_69"].what in {f"{name} answers on port 69" for name in ("atftpd", "in.tftpd", "dnsmasq")}
    assert "systemctl disable --now" in sick["freepbx_port_69"].fix
    assert "tftp_other_server" in sick


_FAIL2BAN = """#!/bin/sh
case "$*" in
    status) printf 'Status\\n|- Number of jail:\\t1\\n`- Jail list:\\tasterisk-iptables\\n' ;;
    "status asterisk-iptables") printf '`- Actions\\n   `- Banned IP list:\\t203.0.113.9 192.168.7.31\\n' ;;
    *) exit 1 ;;
esac
"""
"""Its client, as far as it is asked; how it prints is that of fail2ban 1.0."""


def test_a_banned_phone_is_named_with_the_way_to_let_it_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(house(tmp_path))
    assert examined(settings, "bans") == []
    client = tmp_path / "bin/fail2ban-client"
    client.parent.mkdir()
    client.write_text(_FAIL2BAN)
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{client.parent}{os.pathsep}{os.environ['PATH']}")
    (banned,) = examined(settings, "bans")
    assert (banned.code, banned.weight) == ("freepbx_ban", Weight.PROBLEM)
    assert "192.168.7.31 " in banned.what
    assert "fail2ban-client unban 192.168.7.31" in banned.fix
    assert "Intrusion Detection" in banned.fix

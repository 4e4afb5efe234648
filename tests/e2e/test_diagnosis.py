"""Causes provoked for real, each named as the first finding; and phones that are well have none."""

from __future__ import annotations

import pytest

from bridge.app.phones import PhoneDesk
from bridge.app.selftest import try_ports
from bridge.app.system import SystemIds
from bridge.core import DeviceDefaults, NumberRange, SignallingProtocol
from bridge.core.events import DhcpLeaseSeen
from bridge.core.findings import Weight
from bridge.journey import FixKind, PortState
from bridge.lab.phoneevents import ConfigRejected
from bridge.phones import catalogue
from tests.e2e.desks import polled
from tests.e2e.ward import BrokenTemplate, rules, ward, wishes

AUTH = "{{ line.auth_password }}"
SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP


@pytest.mark.req("RG-10")
@pytest.mark.req("RG-23")
async def test_what_the_site_decides_itself() -> None:
    """Closed, full, not allowed: each refusal has its own finding, and opening the window mends them all."""
    async with ward(wishes(range=NumberRange("1000", "1001"))) as w:
        desk = w.bed.window_desk()
        for healthy in (w.sip(), w.sip()):
            healthy.power_on()
            await w.up(healthy)
            await w.well(healthy)

        second = w.sip()
        second.power_on()
        finding = await w.said_first(second, "range_exhausted")
        assert finding.fixes[0].kind is FixKind.COMMAND

        desk.set_range(NumberRange("1000", "1999"))
        desk.set_networks(["192.0.2.0/24"])
        third = w.sip()
        third.power_on()
        await w.said_first(third, "network_not_allowed")

        desk.set_networks([])
        desk.disable()
        fourth, fifth = w.sip(), w.sccp()
        fourth.power_on()
        fifth.power_on()
        for phone in (fourth, fifth):
            finding = await w.said_first(phone, "device_not_configured")
            assert finding.fixes[0].text.startswith(f"sepbridge phones add {phone.device}")
        assert "config_missing" in [each.code for each in await w.findings(fourth.device)]
        with w.bed.service.store.read() as work:
            refused = {each.device: each for each in work.journal.refused()}
        assert refused[fourth.device].client == fourth.local_address
        # The one action of the list: the next retry registers, and nothing is said any more.
        phones = PhoneDesk(w.bed.service.store, w.bed.service.clock, SystemIds(), "test")
        phones.add(fourth.device, protocol=SIP)
        phones.add(fifth.device, protocol=SCCP)
        await w.bed.service.refresh()
        for phone in (fourth, fifth):
            await w.up(phone)
            await w.well(phone)


@pytest.mark.req("RG-26")
async def test_what_lies_in_files_and_on_the_phone() -> None:
    """Old trust lists, templates that phones refuse, firmware that is missing, transfers that break."""
    async with ward() as w:
        trusting = w.sip("8841", trust_list=True)
        trusting.power_on()
        finding = await w.said_first(trusting, "leftover_trust_list")
        assert finding.severity is Weight.PROBLEM
        assert finding.fixes[0].kind is FixKind.KEYS
        await trusting.power_off()
        trusting.trust_list = False  # somebody pressed the keys
        trusting.power_on()
        await w.up(trusting)
        await w.well(trusting)

        with w.bed.service.store.write() as work:
            model = catalogue().require("7942G")
            work.site.save_device_defaults(DeviceDefaults(model.number or 0, SIP, load="SIP42.9-4-2SR3-1S"))
            work.commit()
        await w.bed.service.refresh()
        hunting = w.sip("7942", load="SIP42.9-2-1S")
        hunting.power_on()
        missing = await w.said_first(hunting, "firmware_file_missing")
        assert "SIP42.9-4-2SR3-1S" in missing.title


async def test_a_file_that_the_phone_refuses() -> None:
    """A password that is too long for the model: the file is thrown away as a whole, and fetched again and again."""
    async with ward(template=BrokenTemplate("base/sip.xml", AUTH, AUTH + "x" * 40)) as w:
        refusing = w.sip("7961")
        refusing.power_on()
        await refusing.wait_for(ConfigRejected)
        await w.said_first(refusing, "config_refused")
        # After five times it is a loop, too; the cause stays before the symptom.
        await w.said_too(refusing, "config_loop")
        w.mend_template()
        await w.up(refusing)
        await w.well(refusing)


async def test_a_firewall_before_the_file_server() -> None:
    """No request, requests whose answers are lost, HTTP alone: each is told from the other."""
    async with ward() as w:
        tftp, http = w.bed.tftp[1], w.bed.http[1]
        rules(f"udp dport {tftp} drop")
        silent = w.sip(address="127.0.9.1")
        w.bed.service.recorder.record(
            DhcpLeaseSeen(at=w.bed.service.clock.now(), device=silent.device, address="127.0.9.1")
        )
        silent.power_on()
        finding = await w.said_first(silent, "port_blocked")
        assert f"UDP {tftp}" in finding.title
        rules()
        await w.up(silent)
        await w.well(silent)

        # What comes back from the phones to the high ports of the server is dropped: fail2ban, or port 69 alone open.
        rules(f"ip saddr 127.0.9.2 udp dport != {{ {tftp}, {w.bed.asterisk.ports.sip} }} drop")
        deaf = w.sip(address="127.0.9.2")
        deaf.power_on()
        await w.said_first(deaf, "tftp_return_blocked")
        rules()
        await w.up(deaf)
        await w.well(deaf)

        rules(f"tcp dport {http} drop")
        slow = w.sip("8841", address="127.0.9.3", trust_list=True)
        slow.power_on()
        await w.said_too(slow, "port_blocked")


@pytest.mark.req("RG-13")
@pytest.mark.req("RG-19")
@pytest.mark.parametrize("protocol", list(SignallingProtocol))
async def test_a_firewall_before_the_call_manager(protocol: SignallingProtocol) -> None:
    async with ward(wishes(protocol)) as w:
        port = w.bed.asterisk.ports.sip if protocol is SIP else w.bed.service.stations.addresses[0][1]
        take = w.sip if protocol is SIP else w.sccp
        healthy = take()
        healthy.power_on()
        await w.up(healthy)
        await w.well(healthy)
        await healthy.power_off()

        rules(f"tcp dport {port} drop")
        checks = await try_ports(w.bed.settings, "127.0.0.1", within=0.5)
        assert [(each.port, each.state) for each in checks if each.state is not PortState.OPEN] == [
            (port, PortState.BLOCKED)
        ]
        phone = take()
        phone.power_on()
        finding = await w.said_first(phone, "port_blocked")
        assert str(port) in finding.title
        assert "unreachable_after_config" in [each.code for each in await w.findings(phone.device)]

        rules()
        assert all(each.state is PortState.OPEN for each in await try_ports(w.bed.settings, "127.0.0.1"))
        await w.up(phone)
        await w.well(phone)


@pytest.mark.req("RG-25")
async def test_a_port_that_is_blocked_for_one_subnet_alone() -> None:
    async with ward() as w:
        port = w.bed.asterisk.ports.sip
        rules(f"ip saddr 127.0.8.0/24 tcp dport {port} drop")
        elsewhere = w.sip(address="127.0.7.200")
        blocked = [w.sip(address=f"127.0.8.{number}") for number in (1, 2)]
        for phone in (elsewhere, *blocked):
            phone.power_on()
        for phone in blocked:
            finding = await w.said_first(phone, "port_blocked")
            assert f"TCP {port}" in finding.title
            assert "127.0.8.0/24" in finding.title
        assert await w.findings(elsewhere.device) == ()


async def test_a_password_that_asterisk_does_not_have() -> None:
    async with ward(template=BrokenTemplate("base/sip.xml", AUTH, "old-password")) as w:
        stale = w.sip("7961")
        stale.power_on()
        finding = await w.said_first(stale, "wrong_secret")
        assert "Password" in finding.evidence[0].what or "Challenge" in finding.evidence[0].what
        await stale.power_off()
        w.mend_template()
        stale.power_on()
        await w.up(stale)
        await w.well(stale)


async def test_a_number_that_is_somebody_elses() -> None:
    async with ward() as w:
        asterisk = w.bed.asterisk
        with (asterisk.etc / "pjsip.conf").open("a") as file:
            theirs = "\n[1500]\ntype=endpoint\nauth=1500\naors=1500\n[1500]\ntype=aor\n[1500]\ntype=auth\n"
            file.write(f"{theirs}username=1500\npassword=theirs\n")
        await asterisk.cli("module reload res_pjsip.so")

        async def known() -> bool:
            return "1500" in await asterisk.cli("pjsip show endpoint 1500")

        await polled(known)
        phone = w.sip()
        desk = PhoneDesk(w.bed.service.store, w.bed.service.clock, SystemIds(), "test")
        desk.add(phone.device, number="1500", protocol=SIP)
        await w.bed.service.refresh()
        phone.power_on()
        finding = await w.said_first(phone, "number_in_use")
        assert "1500" in finding.title


async def test_nobody_listens_where_the_phone_calls() -> None:
    """What an Asterisk without a TCP transport does: the kernel answers with RST."""
    async with ward() as w:
        port = w.bed.asterisk.ports.sip
        rules(f"tcp dport {port} reject with tcp reset")
        phone = w.sip()
        phone.power_on()
        finding = await w.said_first(phone, "transport_off")
        assert str(port) in finding.title
        rules()
        await w.up(phone)
        await w.well(phone)

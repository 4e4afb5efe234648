"""Causes provoked for real, each named as the first finding; and phones that are well have none."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import aiohttp
import pytest
import pytest_asyncio

from bridge.app.diagnosis.selftest import try_ports
from bridge.app.phones.phones import PhoneDesk
from bridge.app.settings import Address, DhcpSettings
from bridge.app.system import SystemIds
from bridge.autoregistration.reasons import mib_name
from bridge.core import DeviceDefaults, DeviceName, NumberRange, SignallingProtocol
from bridge.core.events import PhoneAdmitted, PhoneRefused, PhoneRegistered
from bridge.core.findings import Weight
from bridge.journey import DhcpAnswer, FixKind, PortState, Stage
from bridge.lab.asterisk import free_port
from bridge.lab.phoneevents import ConfigRejected, FirmwareFailed, RegistrationRejected
from bridge.lab.skinnylink import SecureTransport
from bridge.lab.testbed import Testbed
from bridge.lab.tftpclient import TftpClient
from bridge.net.selfsigned import make_certificate
from bridge.phones import catalogue
from bridge.ports import RefusedPhone
from tests.e2e.conftest import come_up
from tests.e2e.desks import polled
from tests.e2e.ward import BrokenTemplate, Ward, rules, ward, wishes
from tests.firmware import java_load, load_list

pytestmark = pytest.mark.asyncio(loop_scope="module")
LOOPBACK = "127.0.0.1"
AUTH = "{{ line.auth_password }}"
OUTSIDE = "127.9.0.1"
"""Not one of the allowed networks."""
SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP


async def furnish(bed: Testbed) -> None:
    """TLS everywhere, a DHCP server's log, and networks that may have files."""
    crt, key = make_certificate(bed.directory / "tls", [LOOPBACK], days=2)
    log = bed.directory / "dnsmasq.log"
    log.touch()
    listen = [(Address(LOOPBACK, free_port()),) for _ in range(2)]
    bed.settings = replace(
        bed.settings,
        http=replace(bed.settings.http, tls_listen=listen[0], tls_certificate=crt, tls_key=key),
        sccp=replace(bed.settings.sccp, tls_listen=listen[1], tls_certificate=crt, tls_key=key),
        dhcp=DhcpSettings(log=log),
        server=replace(bed.settings.server, allowed_networks=(ip_network("127.0.0.0/16"),)),
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hospital() -> AsyncIterator[Ward]:
    """One system for nearly all of them, in a network of its own."""
    unbroken = BrokenTemplate("base/sip.xml", AUTH, AUTH)
    async with ward(wishes(), template=unbroken, before=furnish) as w:
        place = w.bed.settings.state.directory / "dhcp-log.json"

        async def follows() -> bool:
            return place.exists()

        await polled(follows)
        yield w


@pytest_asyncio.fixture(loop_scope="module")
async def w(hospital: Ward) -> AsyncIterator[Ward]:
    """It, with a network of phones for one test."""
    own = hospital.another()
    yield own
    await own.clean()


def desk_of(w: Ward) -> PhoneDesk:
    return PhoneDesk(w.bed.service.store, w.bed.service.clock, SystemIds(), "test")


# --- what the site decides --------------------------------------------------------------------------------------------


@pytest.mark.req("RG-10")
@pytest.mark.req("RG-23")
async def test_what_the_site_decides_itself(w: Ward) -> None:
    """Closed, full, not allowed: each refusal has its own finding, and opening the window mends them all."""
    desk = w.bed.window_desk()
    healthy = w.sip()
    healthy.power_on()
    await w.up(healthy)
    await w.well(healthy)

    other = w.sip()
    other.power_on()
    await w.up(other)
    # It got the next number: both of the range are in use.
    one, two = (event.number for event in w.watch.of(PhoneAdmitted))
    desk.set_range(NumberRange(one, two))
    desk.enable(force=True)
    second = w.sip()
    second.power_on()
    finding = await w.said_first(second, "range_exhausted")
    assert finding.fixes[0].kind is FixKind.COMMAND

    desk.set_range(NumberRange("1000", "1999"))
    desk.enable(force=True)
    desk.set_networks(["192.0.2.0/24"])
    third = w.sip()
    third.power_on()
    await w.said_first(third, "network_not_allowed")

    desk.set_networks([])
    desk.enable(duration=timedelta(hours=2), start=w.bed.service.clock.now() + timedelta(hours=1))
    early = w.sip()
    early.power_on()
    assert (await w.said_first(early, "window_closed")).fixes[0].text.startswith("sepbridge autoregistration enable")

    desk.disable()
    fourth, fifth = w.sip(), w.sccp()
    fourth.power_on()
    fifth.power_on()
    for phone in (fourth, fifth):
        finding = await w.said_first(phone, "device_not_configured")
        assert finding.fixes[0].text.startswith(f"sepbridge phones add {phone.device}")
    assert "config_missing" in [each.code for each in await w.findings(fourth.device)]
    refused: dict[DeviceName | None, RefusedPhone] = {}

    async def says_its_model() -> bool:
        with w.bed.service.store.read() as work:
            refused.update({each.device: each for each in work.journal.refused()})
        return refused[fifth.device].model == "7961G"  # its Register says so, which comes after its requests for files

    await polled(says_its_model)
    assert refused[fourth.device].client == fourth.local_address
    assert all(mib_name(refused[each.device].reason) == "noEntryInDatabase" for each in (fourth, fifth))
    # The one action of the list: the next retry registers, and nothing is said any more.
    desk_of(w).add(fourth.device, protocol=SIP)
    assert desk_of(w).add(fifth.device, protocol=SCCP).model == "7961G"
    await w.bed.service.refresh()
    for phone in (fourth, fifth):
        await w.up(phone)
        await w.well(phone)
    desk.enable()
    for phone in (second, third, early):
        await w.up(phone)
        await w.well(phone)


async def test_a_phone_outside_the_allowed_networks(w: Ward) -> None:
    outside = w.sip(address=OUTSIDE)
    outside.power_on()
    finding = await w.said_first(outside, "network_not_allowed")
    assert "server.allowed_networks" in finding.fixes[0].text


# --- before the first file --------------------------------------------------------------------------------------------


@pytest.mark.req("RG-09")
@pytest.mark.req("RG-22")
@pytest.mark.req("RG-31")
async def test_a_lease_and_no_request_by_the_log_of_a_dhcp_server(w: Ward) -> None:
    """What it means depends on where the phone stands; a check of DHCP, or a request, tells more."""
    lab, lan, remote = (w.stranger()[0] for _ in range(3))
    w.lease(lab, f"{w.network}.9")
    w.lease(lan, "10.1.2.3")
    w.lease(remote, "8.8.8.8")
    await w.said_first(lab, "no_static_tftp_address")
    finding = await w.said_first(lan, "missing_tftp_option")
    assert finding.evidence[0].what.count("10.1.2.3")
    assert "no_tftp_request" in [each.code for each in await w.findings(lan)]
    await w.said_first(remote, "provisioning_url_unreachable")

    w.dhcp_was_found(DhcpAnswer(option_150=("192.0.2.99",)))
    assert "192.0.2.99" in (await w.said_first(lan, "wrong_tftp_address")).title
    w.dhcp_was_found(DhcpAnswer(problems=("bad_option_150",)))
    await w.said_first(lan, "bad_option_150")
    w.dhcp_was_found(DhcpAnswer(option_150=(LOOPBACK,)))
    await w.said_first(lan, "no_tftp_request")
    # The right option now reaches the phone.
    phone = w.sip()
    w.lease(phone.device, phone.local_address)
    await w.said_first(phone, "no_tftp_request")
    phone.power_on()
    await w.up(phone)
    await w.well(phone)


async def test_a_dhcp_server_without_an_address_left(w: Ward) -> None:
    phone = w.sip()
    mac = ":".join(re.findall("..", phone.mac.value.lower()))
    w.dhcp_says(
        "3981 vendor class: Cisco Systems, Inc. IP Phone CP-7961G",
        f"3981 client provides name: {phone.device}",
        f"3981 DHCPDISCOVER(eth0) {mac} no address available",
    )
    finding = await w.said_first(phone, "no_dhcp_address")
    assert "pool" in finding.fixes[0].text
    w.lease(phone.device, phone.local_address)
    phone.power_on()
    await w.up(phone)
    await w.well(phone)


@pytest.mark.req("RG-14")
@pytest.mark.parametrize(("vlan", "code"), [(4095, "no_voice_vlan"), (110, "")])
async def test_a_phone_says_in_which_voice_vlan_it_is(w: Ward, vlan: int, code: str) -> None:
    device, address = w.stranger()
    await w.asks(f"CTL{device}.tlv", address)
    await w.refers(device, address, alarm_of(device, vlan))
    if code:
        finding = await w.said_first(device, code)
        assert "switch-7 Gi1/0/7" in finding.fixes[0].text
    journey = await w.told(device, lambda known: known.facts.voice_vlan == vlan)
    assert (journey.facts.neighbour, journey.facts.neighbour_port) == ("switch-7", "Gi1/0/7")
    assert code or await w.findings(device) == ()


def alarm_of(device: DeviceName, vlan: int) -> str:
    """As a phone writes it, with the value that is not escaped."""
    values = {"DeviceName": device, "NeighborDeviceID": "switch-7", "NeighborPortID": "Gi1/0/7", "VoiceVLAN": vlan}
    told = "".join(f'<String name="{name}">{value}</String>' for name, value in values.items())
    told += '<String name="UnifiedCMIPAddress"><not open></String>'
    return (
        f'<x-cisco-alarm><Alarm Name="LastOutOfServiceInformation"><ParameterList>{told}</ParameterList></Alarm>'
        "</x-cisco-alarm>"
    )


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.req("RG-26")
async def test_what_lies_in_files_and_on_the_phone(w: Ward) -> None:
    """Old trust lists, and firmware that is missing, unsigned or for other hardware."""
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


@pytest.mark.req("RG-26")
async def test_a_trust_list_of_which_the_phone_tells(w: Ward) -> None:
    """By REFER it says who issued the list that it holds: another TFTP server; or this one."""
    device, address = w.stranger()
    await w.asks(f"CTL{device}.tlv", address)
    await w.refers(device, address, list_of(device, "cucm-115.home.lab"))
    finding = await w.said_first(device, "leftover_trust_list")
    assert "cucm-115.home.lab" in finding.title
    assert "cucm-115.home.lab" in finding.evidence[0].what
    await w.refers(device, address, list_of(device, LOOPBACK))

    async def is_gone() -> bool:
        return await w.findings(device) == ()

    await polled(is_gone)


def list_of(device: DeviceName, server: str) -> str:
    """As a phone writes it."""
    values = {"DeviceName": device, "CTL_Signature": "Not Installed", "CTL_TFTP_Server": "N/A",
              "ITL_Signature": "1B A1 C9 07 E9 9E 4D 3C 53 9D C8 14 24 AF 6C 9F 7D CE 4D 6D ",
              "ITL_TFTP_Server": server, "StatusCode": "3"}  # fmt: skip
    told = "".join(f'<String name="{name}">{value}</String>' for name, value in values.items())
    return f'<x-cisco-alarm><Alarm Name="DeviceTLInfo"><ParameterList>{told}</ParameterList></Alarm></x-cisco-alarm>'


@pytest.mark.req("RG-17")
async def test_how_a_transfer_of_its_file_ended_is_known_to_the_octet(w: Ward) -> None:
    """Whole over TFTP and over HTTP, with the hash of what was served; and given up after the second block."""
    for fetch in (over_tftp, over_http):
        device, address = w.stranger()
        content = await fetch(w, f"{device}.cnf.xml", address)
        journey = await w.told(device, lambda known: known.stage is Stage.CONFIG)
        (file,) = journey.files
        assert (file.outcome, file.size, file.acknowledged) == ("delivered", len(content), len(content))
        assert file.digest == hashlib.sha256(content).hexdigest()
        assert f"<versionStamp>{file.version}</versionStamp>".encode() in content

    device, address = w.stranger()
    await asyncio.to_thread(give_up_after, 2, f"{device}.cnf.xml", (address, 0), w.bed.tftp)
    journey = await w.told(device, lambda known: any(each.outcome == "aborted" for each in known.files))
    (file,) = journey.files
    assert (journey.stage, file.acknowledged, file.size > 1024) == (Stage.TFTP, 1024, True)
    await w.said_first(device, "transfer_aborted")


async def over_tftp(w: Ward, name: str, address: str) -> bytes:
    reply = await TftpClient(w.bed.tftp, local_address=address).read(name)
    assert reply.content is not None
    return reply.content


async def over_http(w: Ward, name: str, address: str) -> bytes:
    host, port = w.bed.http
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get(f"http://{host}:{port}/{name}") as got,
    ):
        assert got.status == 200
        return await got.read()


def give_up_after(blocks: int, name: str, own: tuple[str, int], server: tuple[str, int]) -> None:
    """A phone that takes so many blocks of 512 octets, and then says that its disk is full (RFC 1350, error 3)."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.bind(own)
        sock.sendto(b"\0\1" + name.encode() + b"\0octet\0", server)
        for number in range(1, blocks + 1):
            data, peer = sock.recvfrom(600)
            assert data[:4] == b"\0\3" + number.to_bytes(2, "big")
            sock.sendto(b"\0\4" + data[2:4], peer)
        sock.recvfrom(600)
        sock.sendto(b"\0\5\0\3disk full\0", peer)


async def test_a_load_that_the_hardware_does_not_take(w: Ward) -> None:
    """It says so by the number of its alarm, and goes on with what it runs."""
    w.bed.window_desk().set_protocol(SCCP)
    load = "SCCP41.8-5-3S"
    w.firmware(load, java_load(load, ("apps41.8-5-3.sbn", "jar41sccp.8-5-3.sbn")), "7961G", SCCP)
    await w.bed.service.refresh()
    phone = w.sccp(oldest_load="SCCP41.9-0-3S")
    phone.power_on()
    await w.up(phone)
    finding = await w.said_first(phone, "firmware_rejected", weight=Weight.NOTE)
    told = " ".join(each.what for each in finding.evidence)
    assert f"alarm: 0: Name={phone.device}" in told
    assert f"none of the files of {load}" in told
    # A load that its hardware takes, and it is well again.
    newer = "SCCP41.9-4-2SR4-1S"
    w.firmware(newer, java_load(newer), "7961G", SCCP)
    await w.bed.service.refresh()
    await phone.power_off()
    phone.power_on()
    await w.runs(phone, newer)
    await w.well(phone)


async def test_a_load_without_a_signature(w: Ward) -> None:
    """The list alone is fetched; why, its status list says where its web pages are on."""
    load, images = "sip88xx.14-1-1-0001-136", ("kern88xx.14-1-1.sbn", "rootfs88xx.14-1-1.sbn")
    content = dict.fromkeys(images, b"x" * 900)
    w.firmware(load, {f"{load}.loads": load_list(*images, signed=False), **content}, "8841", SIP)
    await w.bed.service.refresh()
    phone = w.sip("8841", web_port=80)
    phone.power_on()
    finding = await w.said_first(phone, "firmware_rejected")
    assert f"{load}.loads" in finding.evidence[0].what
    await w.looks_at_pages(phone)
    finding = await w.said_first(phone, "firmware_unsigned")
    assert "Image authentication failed" in finding.evidence[0].what
    w.firmware(load, {f"{load}.loads": load_list(*images)}, "8841", SIP)
    await phone.power_off()
    phone.power_on()
    await w.runs(phone, load)
    await w.looks_at_pages(phone)
    await w.well(phone)


async def test_a_load_to_which_there_is_no_direct_way(w: Ward) -> None:
    """A very old phone: it fetches all of it, starts again each time, and still runs what it ran."""
    old, middle, new = "SIP45.8-2-2SR1S", "SIP45.8-5-2S", "SIP45.9-4-2SR3-1S"
    w.firmware(new, java_load(new, ("apps45.9-4-2.sbn", "jar45sip.9-4-2.sbn")), "7945G", SIP)
    await w.bed.service.refresh()
    phone = w.sip("7945", load=old)
    phone.power_on()
    assert (await phone.wait_for(FirmwareFailed)).load == new
    finding = await w.said_first(phone, "firmware_loop", weight=Weight.PROBLEM)
    assert new in finding.title
    assert "8.3(3) to 8.5(2)" in finding.fixes[0].text
    # As it is advised: over the load between.
    w.firmware(middle, java_load(middle, ("apps45.8-5-2.sbn", "jar45sip.8-5-2.sbn")), "7945G", SIP)
    await w.bed.service.refresh()
    await w.runs(phone, middle)
    await w.well(phone)
    w.firmware(new, {}, "7945G", SIP)
    await w.bed.service.refresh()
    await phone.power_off()
    phone.power_on()
    await w.runs(phone, new)
    await w.well(phone)


@pytest.mark.req("RG-09")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [("{{ line.password_of_yesterday }}", "password_of_yesterday"), (f"{AUTH} & more", "not well-formed")],
    ids=["no template", "no XML"],
)
async def test_a_file_that_cannot_be_made(w: Ward, wrong: str, words: str) -> None:
    """An error in the admin's own template: the phone is told that it has no file; the default one leads back here."""
    phone = w.sip("7961")
    desk_of(w).add(phone.device, protocol=SIP)
    await w.bed.service.refresh()
    w.break_template(AUTH, wrong)
    phone.power_on()
    finding = await w.said_first(phone, "config_missing", weight=Weight.PROBLEM)
    assert words in finding.evidence[-1].what
    w.mend_template()
    await w.up(phone)
    await w.well(phone)


@pytest.mark.req("RG-09")
async def test_a_file_that_the_phone_refuses(w: Ward) -> None:
    """A password that is too long for the model: the file is thrown away as a whole, and fetched again and again."""
    w.break_template(AUTH, AUTH + "x" * 40)
    refusing = w.sip("7961")
    refusing.power_on()
    await refusing.wait_for(ConfigRejected)
    await w.said_first(refusing, "config_refused")
    # After five times it is a loop, too; the cause stays before the symptom.
    await w.said_too(refusing, "config_loop")
    assert (await w.findings(refusing.device))[0].code == "config_refused"
    w.mend_template()
    await w.up(refusing)
    await w.well(refusing)


async def test_a_firewall_before_the_file_server(w: Ward) -> None:
    """No request, requests whose answers are lost, HTTP alone: each is told from the other."""
    tftp, http = w.bed.tftp[1], w.bed.http[1]
    silent, deaf = w.sip(), w.sip()
    # What comes back from the phone to the high ports of the server is dropped: fail2ban, or port 69 alone open.
    back = f"ip saddr {deaf.local_address} udp dport != {{ {tftp}, {w.bed.asterisk.ports.sip} }} drop"
    rules(f"ip saddr != {deaf.local_address} udp dport {tftp} drop", back)
    w.lease(silent.device, silent.local_address)
    silent.power_on()
    deaf.power_on()
    finding = await w.said_first(silent, "port_blocked")
    assert f"UDP {tftp}" in finding.title
    rules(back)
    await w.said_first(deaf, "tftp_return_blocked")
    rules()
    for phone in (silent, deaf):
        await w.up(phone)
        await w.well(phone)

    rules(f"tcp dport {http} drop")
    booting, address = w.stranger()
    await w.asks(f"CTL{booting}.tlv", address)
    assert f"TCP {http}" in (await w.said_first(booting, "port_blocked")).title
    slow = w.sip("8841", trust_list=True)
    slow.power_on()
    finding = await w.said_too(slow, "port_blocked")
    assert f"TCP {http}" in finding.title


# --- the call manager -------------------------------------------------------------------------------------------------


@pytest.mark.req("RG-13")
@pytest.mark.req("RG-19")
@pytest.mark.parametrize("protocol", list(SignallingProtocol))
async def test_a_firewall_before_the_call_manager(w: Ward, protocol: SignallingProtocol) -> None:
    w.bed.window_desk().set_protocol(protocol)
    port = w.bed.asterisk.ports.sip if protocol is SIP else w.bed.service.stations.addresses[0][1]
    take = w.sip if protocol is SIP else w.sccp
    healthy = take()
    healthy.power_on()
    await w.up(healthy)
    await w.well(healthy)
    await healthy.power_off()

    rules(f"tcp dport {port} drop")
    checks = await try_ports(w.bed.settings, LOOPBACK, within=0.5, own=w.bed.service.site_watch.probes)
    assert [(each.port, each.state) for each in checks if each.state is not PortState.OPEN] == [
        (port, PortState.BLOCKED)
    ]
    phone = take()
    phone.power_on()
    finding = await w.said_first(phone, "port_blocked")
    assert str(port) in finding.title
    assert "unreachable_after_config" in [each.code for each in await w.findings(phone.device)]

    rules()
    own = w.bed.service.site_watch.probes
    assert all(each.state is PortState.OPEN for each in await try_ports(w.bed.settings, LOOPBACK, own=own))
    await w.up(phone)
    await w.well(phone)


@pytest.mark.req("RG-25")
async def test_a_port_that_is_blocked_for_one_subnet_alone(w: Ward) -> None:
    port = w.bed.asterisk.ports.sip
    rules(f"ip saddr {w.network}.0/24 tcp dport {port} drop")
    elsewhere = w.sip(address="127.0.7.200")
    blocked = [w.sip() for _ in range(2)]
    for phone in (elsewhere, *blocked):
        phone.power_on()
    for phone in blocked:
        # A self test that a busy machine let wait says the same of all addresses, until the next one.
        finding = await w.said_first(phone, "port_blocked", about=f"{w.network}.0/24")
        assert f"TCP {port}" in finding.title
    assert await w.findings(elsewhere.device) == ()


async def test_nobody_listens_where_the_phone_calls(w: Ward) -> None:
    """The kernel answers with RST."""
    port = w.bed.asterisk.ports.sip
    rules(f"tcp dport {port} reject with tcp reset")
    phone = w.sip()
    phone.power_on()
    finding = await w.said_first(phone, "transport_off")
    assert str(port) in finding.title
    rules()
    await w.up(phone)
    await w.well(phone)


def trusting_nobody(address: tuple[str, int], source: str) -> None:
    """A phone whose trust list does not name our certificate."""
    with (
        contextlib.suppress(ssl.SSLError, ConnectionError),
        socket.create_connection(address, timeout=5, source_address=(source, 0)) as plain,
        ssl.create_default_context().wrap_socket(plain, server_hostname=LOOPBACK),
    ):
        pass


@pytest.mark.req("RG-26")
async def test_tls_that_fails(w: Ward) -> None:
    """Over HTTPS as over SCCP: the phone does not trust the certificate."""
    device, address = w.stranger()
    await w.asks(f"CTL{device}.tlv", address)
    await asyncio.to_thread(trusting_nobody, w.bed.service.https_addresses[0], address)
    finding = await w.said_first(device, "tls_handshake_failed")
    assert "unknown ca" in finding.evidence[0].what
    assert str(w.bed.service.https_addresses[0][1]) in finding.evidence[0].what

    w.bed.window_desk().set_protocol(SCCP)
    port = w.bed.service.stations.tls_addresses[0][1]
    phone = w.sccp(tls=SecureTransport(ssl.create_default_context(), port))
    phone.power_on()
    finding = await w.said_first(phone, "tls_handshake_failed")
    assert str(port) in finding.evidence[0].what


@pytest.mark.req("RG-27")
async def test_a_clock_that_is_a_day_off(w: Ward) -> None:
    wrong, right = w.sip("8841", clock_off=timedelta(days=-1)), w.sip("8841", clock_off=timedelta(minutes=4))
    for phone in (wrong, right):
        await w.registers_at_the_doorway(phone)
    finding = await w.said_first(wrong, "clock_skew")
    assert "24 hours behind" in finding.title
    assert await w.findings(right.device) == ()


# --- firmware of the other protocol -----------------------------------------------------------------------------------


@pytest.mark.req("RG-06")
async def test_sccp_firmware_in_a_phone_that_is_to_speak_sip(w: Ward) -> None:
    phone = w.sccp()
    desk_of(w).add(phone.device, protocol=SCCP)
    await w.bed.service.refresh()
    phone.power_on()
    await w.up(phone)
    desk_of(w).remove(phone.device)
    desk_of(w).add(phone.device, protocol=SIP)
    phone.cut()  # it comes back without reading its file, before the service takes that up and has it start anew
    rejected = await phone.wait_for(RegistrationRejected)
    assert rejected.why
    finding = await w.said_first(phone, "wrong_protocol_firmware")
    assert (await w.watch.seen(PhoneRefused, phone.device))[-1].reason == "wrong_protocol"
    assert "rollout" in finding.fixes[0].text


@pytest.mark.req("RG-24")
async def test_all_signs_of_the_wrong_firmware_are_one_finding_until_the_right_one_registers(w: Ward) -> None:
    """An SCCP Register while it is set to SIP, silence after its file, and a SIP REGISTER while it is set to SCCP."""
    phone = w.sccp()

    async def is_to_speak(protocol: SignallingProtocol) -> None:
        desk_of(w).add(phone.device, protocol=protocol)
        await w.bed.service.refresh()

    async def signs() -> list[str]:
        found = [each for each in await w.findings(phone.device) if each.code == "wrong_protocol_firmware"]
        assert len(found) <= 1
        return [proof.what for each in found for proof in each.evidence]

    async def told(*words: str) -> None:
        async def are_there() -> bool:
            now = await signs()
            return len(now) >= len(words) and all(any(word in each for each in now) for word in words)

        await polled(are_there)

    await is_to_speak(SCCP)
    phone.power_on()
    await w.up(phone)
    desk_of(w).remove(phone.device)
    desk_of(w).add(phone.device, protocol=SIP)
    phone.cut()  # it comes back without reading its file, before the service takes that up and has it start anew
    await phone.wait_for(RegistrationRejected)
    await told("asked to register over SCCP", "refused")
    await phone.power_off()
    await w.bed.service.refresh()
    phone.power_on()  # and now it reads it: a file for SIP
    await phone.wait_for(ConfigRejected)
    await told("asked to register over SCCP", "refused", "nothing on ")
    await phone.power_off()

    # Somebody gives up, and lets it speak SCCP; somebody else has given it SIP firmware meanwhile.
    desk_of(w).remove(phone.device)
    await is_to_speak(SCCP)
    flashed = w.sip(mac=phone.mac, address=phone.local_address)
    status, _ = await w.registers_at_the_doorway(flashed)
    assert status == 403
    await told("asked to register over SIP", "refused", "nothing on any port for ")
    finding = await w.said_first(phone, "wrong_protocol_firmware", weight=Weight.PROBLEM)
    assert len(finding.evidence) == 3

    phone.power_on()
    await w.up(phone)
    await w.well(phone)


@pytest.mark.req("RG-04")
@pytest.mark.req("RG-06")
async def test_sip_firmware_in_a_phone_that_is_to_speak_sccp(w: Ward) -> None:
    """It still has its old account, and is refused; after a reset it announces itself, and is refused in words."""
    phone = w.sip()
    phone.power_on()
    await w.up(phone)
    desk_of(w).remove(phone.device)
    desk_of(w).add(phone.device, protocol=SCCP)
    await w.bed.service.refresh()
    await phone.power_off()
    status, warning = await w.registers_at_the_doorway(phone)
    assert status == 403
    assert "399" in warning
    assert (await w.watch.seen(PhoneRefused, phone.device))[-1].reason == "wrong_protocol"
    await w.said_first(phone, "wrong_protocol_firmware")
    with w.bed.service.store.read() as work:
        device = work.devices.get(phone.device)
    assert device is not None
    assert (device.desired_protocol, device.observed_protocol) == (SCCP, SIP)


@pytest.mark.req("RG-06")
async def test_a_stranger_with_sip_firmware_while_new_phones_are_to_speak_sccp(w: Ward) -> None:
    w.bed.window_desk().set_protocol(SCCP)
    phone = w.sip()
    phone.power_on()
    finding = await w.said_first(phone, "wrong_protocol_firmware")
    assert finding.fixes[0].text == "sepbridge autoregistration protocol SIP"
    w.bed.window_desk().set_protocol(SIP)
    await w.up(phone)
    await w.well(phone)


@pytest.mark.req("RG-06")
async def test_a_file_of_one_protocol_and_firmware_of_the_other_that_says_nothing(w: Ward) -> None:
    neighbour, phone = w.sccp(), w.sip()
    for each in (neighbour, phone):
        desk_of(w).add(each.device, protocol=SCCP)
    await w.bed.service.refresh()
    neighbour.power_on()
    await w.up(neighbour)
    phone.power_on()
    await phone.wait_for(ConfigRejected)
    finding = await w.said_first(phone, "wrong_protocol_firmware")
    port = w.bed.service.stations.addresses[0][1]
    assert any(f"nothing on port {port}" in each.what for each in finding.evidence)


@pytest.mark.req("RG-05")
async def test_who_is_not_registered_cannot_call(w: Ward) -> None:
    phone = w.sip()
    phone.power_on()
    await w.up(phone)
    stranger, address = w.stranger()
    for user in (phone.number, "7777"):
        assert await w.invites(stranger, address, user, "600") in (401, 403)
    assert re.search(r"^0 active channels", await w.bed.asterisk.cli("core show channels count"), re.MULTILINE)


# --- accounts ---------------------------------------------------------------------------------------------------------


async def test_a_password_that_asterisk_does_not_have(w: Ward) -> None:
    w.break_template(AUTH, "old-password")
    stale = w.sip("7961")
    stale.power_on()
    finding = await w.said_first(stale, "wrong_secret")
    assert "Password" in finding.evidence[0].what or "Challenge" in finding.evidence[0].what
    await stale.power_off()
    w.mend_template()
    stale.power_on()
    await w.up(stale)
    await w.well(stale)


async def test_a_number_that_is_somebody_elses(w: Ward) -> None:
    asterisk = w.bed.asterisk
    pjsip = asterisk.etc / "pjsip.conf"
    before = pjsip.read_text(encoding="utf-8")
    theirs = "\n[1500]\ntype=endpoint\nauth=1500\naors=1500\n[1500]\ntype=aor\n[1500]\ntype=auth\n"
    pjsip.write_text(f"{before}{theirs}username=1500\npassword=theirs\n", encoding="utf-8")
    await asterisk.cli("module reload res_pjsip.so")

    async def known() -> bool:
        return "1500" in await asterisk.cli("pjsip show endpoint 1500")

    await polled(known)
    phone = w.sip()
    try:
        desk_of(w).add(phone.device, number="1500", protocol=SIP)
        await w.bed.service.refresh()
        phone.power_on()
        finding = await w.said_first(phone, "number_in_use")
        assert "1500" in finding.title
    finally:
        # With two of one name Asterisk reads its file no more, and no other phone would come up.
        await phone.power_off()
        desk_of(w).remove(phone.device)
        pjsip.write_text(before, encoding="utf-8")
        await w.bed.service.refresh()
        await asterisk.cli("module reload res_pjsip.so")


async def test_a_phone_that_loses_its_power(w: Ward) -> None:
    w.bed.window_desk().set_protocol(SCCP)
    phone = w.sccp()
    await come_up(phone)
    await w.well(phone)
    phone.fall_silent()  # nobody hears of it again
    await w.said_first(phone, "connection_lost")
    await phone.power_off()
    phone.power_on()
    await w.up(phone)
    await w.well(phone)


async def test_two_phones_with_one_number(w: Ward) -> None:
    """A copy of a phone, with its MAC and so with its file."""
    phone = w.sip()
    phone.power_on()
    await w.watch.seen(PhoneRegistered, phone.device, count=2)  # once more with the file for its model
    await w.well(phone)
    copy = w.sip(mac=phone.mac)
    copy.power_on()
    await w.told(phone.device, lambda known: known.client == copy.local_address and known.stage.is_up)
    await phone.power_off()
    phone.power_on()
    finding = await w.said_first(phone, "two_phones_one_number")
    assert copy.local_address in " ".join(each.what for each in finding.evidence)


async def test_two_sccp_phones_with_one_number(w: Ward) -> None:
    """Two machines with one name, as a softphone can be given any: each throws the other out."""
    w.bed.window_desk().set_protocol(SCCP)
    phone = w.sccp()
    await come_up(phone)
    await w.well(phone)
    copy = w.sccp(mac=phone.mac)
    copy.power_on()
    finding = await w.said_first(phone, "two_phones_one_number")
    told = " ".join(each.what for each in finding.evidence)
    assert phone.local_address in told
    assert copy.local_address in told
    assert phone.number in finding.title or copy.number in finding.title


async def test_a_nat_between_phone_and_server(w: Ward) -> None:
    phone = w.sip("8841", address=f"{w.network}.77")  # over HTTP: TFTP does not pass a NAT
    rules(nat=f"ip saddr {phone.local_address} ip daddr {LOOPBACK} snat to {w.network}.250")
    phone.power_on()
    await w.said_first(phone, "nat")
    journey = w.journey(phone.device)
    assert journey is not None
    assert journey.stage.is_up

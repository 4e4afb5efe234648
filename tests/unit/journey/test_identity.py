"""One phone has one name, wherever it is heard of (requirement RG-02)."""

from __future__ import annotations

import pytest
from sipmessage import Request

from bridge.core import DeviceName
from bridge.dhcp.leases import DhcpLog, Lease, parse_lease_file
from bridge.phones import parse_file_name
from bridge.sip.ciscoregister import identify
from bridge.sip.normalise import read_message

PHONE = DeviceName("SEP001122AABBCC")


def register(contact: str) -> Request:
    message = read_message(
        "REGISTER sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK1\r\n"
        "From: <sip:1@192.0.2.1>;tag=1\r\nTo: <sip:1@192.0.2.1>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n"
        f"Contact: {contact}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    assert isinstance(message, Request)
    return message


@pytest.mark.req("RG-02")
def test_the_four_sources_of_one_phone_give_one_key() -> None:
    instance = '<sip:1@192.0.2.10>;+sip.instance="<urn:uuid:00000000-0000-0000-0000-001122aabbcc>"'
    (lease,) = parse_lease_file(["1800000000 00:11:22:aa:bb:cc 192.0.2.10 SEP001122AABBCC *"]).values()
    assert {
        DeviceName.parse("SEP001122AABBCC"),  # as the SCCP Register has it
        identify(register(instance)).device,
        parse_file_name("sep001122aabbcc.cnf.xml").device,
        lease.device,
    } == {PHONE}


@pytest.mark.req("RG-02")
def test_the_hardware_address_of_a_lease_is_enough_where_the_phone_tells_no_name() -> None:
    log = DhcpLog()
    for line in (
        "77 vendor class: Cisco Systems, Inc. IP Phone CP-7961G",
        "77 DHCPACK(eth0) 192.0.2.10 00:11:22:aa:bb:cc",
    ):
        lease = log.read(line)
    assert isinstance(lease, Lease)
    assert (lease.device, lease.host_name) == (PHONE, "")
    log.read("78 vendor class: CISCO ATA190")
    ata = log.read("78 DHCPACK(eth0) 192.0.2.11 00:11:22:aa:bb:cd")
    assert isinstance(ata, Lease)
    assert ata.device == DeviceName("ATA001122AABBCD")


@pytest.mark.req("RG-02")
@pytest.mark.parametrize("text", ["SEP001122aabbcc", "sep001122AABBCC", "SEP001122AABBCC"])
def test_digits_are_upper_case_and_other_prefixes_stay(text: str) -> None:
    assert DeviceName.parse(text) == PHONE
    for name in ("ATA001122AABBCC", "BAT0000000000AB", "CSFRADO", "TCTRADO"):
        assert DeviceName.parse(name).value == name


@pytest.mark.req("RG-02")
def test_a_softphone_keeps_its_free_name_and_has_no_mac() -> None:
    device = identify(register('<sip:1@192.0.2.10>;+u.sip!devicename.ccm.cisco.com="CSFrado"')).device
    assert device is not None
    assert (device.value, device.mac) == ("CSFrado", None)

"""One phone has one name, wherever it is heard of (requirement RG-02)."""

from __future__ import annotations

import pytest
from sipmessage import Request

from bridge.core import DeviceName
from bridge.dhcp.leases import parse_lease_file
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
def test_a_softphone_keeps_its_free_name_and_has_no_mac() -> None:
    device = identify(register('<sip:1@192.0.2.10>;+u.sip!devicename.ccm.cisco.com="CSFrado"')).device
    assert device is not None
    assert (device.value, device.mac) == ("CSFrado", None)

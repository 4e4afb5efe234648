"""What events tell of a phone that is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce

import pytest

from bridge.core import NOTHING_SEEN, DeviceName, Inventory, SecurityMode, SignallingProtocol, Via
from bridge.core.events import (
    Event,
    FileDelivered,
    FileRequested,
    ModelLearnt,
    OutOfServiceTold,
    PhoneConnecting,
    PhonePageRead,
    PhoneRegistered,
    TrustListNamed,
    TrustListSeen,
)
from bridge.journey import alarm_event, parse_alarm_document, take_stock

AT = datetime(2026, 3, 1, tzinfo=UTC)
PHONE = DeviceName("SEP001122334455")
OWN = f"{PHONE}.cnf.xml"
CLIENT = "192.0.2.7"


def seen(*events: Event | None) -> Inventory:
    return reduce(take_stock, [each for each in events if each is not None], NOTHING_SEEN)


def asks(name: str = OWN, agent: str = "", via: Via = Via.HTTP) -> FileRequested:
    return FileRequested(at=AT, device=PHONE, name=name, client=CLIENT, via=via, user_agent=agent)


@pytest.mark.req("RG-32")
@pytest.mark.parametrize(
    ("events", "family", "firmware"),
    [
        ([asks(agent="Cisco-CP-8851-3PCC/11.3.7")], "mpp", "mpp"),
        ([asks(agent="Cisco-CP7841/10.1.1")], "78xx-ent", "enterprise"),
        ([asks(agent="Cisco/SPA504G-7.4.4 (001122334455)(CCQ1)")], "spa", "spa"),
        ([ModelLearnt(at=AT, device=PHONE, model="7961G", evidence="")], "java-79xx", "enterprise"),
        ([PhonePageRead(at=AT, device=PHONE, address=CLIENT, model="CP-7940")], "7940-60", "enterprise"),
        ([asks("001122334455.xml")], "", "mpp"),
        ([asks()], "", ""),
        # The same hardware after a change of its firmware.
        ([asks(agent="Cisco-CP8851/12.1.1"), asks(agent="Cisco-CP-8851-3PCC/11.3.7")], "mpp", "mpp"),
    ],
)
def test_family_and_kind_of_firmware(events: list[Event], family: str, firmware: str) -> None:
    known = seen(*events)
    assert (known.family, known.firmware) == (family, firmware)


@pytest.mark.req("RG-32")
def test_security_mode() -> None:
    signed = TrustListSeen(at=AT, device=PHONE, name=f"{OWN}.sgn", client=CLIENT, via=Via.TFTP)
    plain = FileDelivered(at=AT, device=PHONE, name=OWN, client=CLIENT, via=Via.TFTP, size=1, seconds=0.1)
    registered = PhoneRegistered(at=AT, device=PHONE, endpoint="1001", address=f"{CLIENT}:5060")
    tls = PhoneConnecting(at=AT, device=PHONE, client=CLIENT, server_port=2443, protocol=SignallingProtocol.SCCP)
    assert seen(registered).security is SecurityMode.NON_SECURE
    assert seen(signed).security is SecurityMode.TRUST_LIST
    assert seen(signed, plain).security is SecurityMode.NON_SECURE, "it goes on to the plain file"
    assert seen(tls, registered).security is SecurityMode.TLS
    assert seen(tls, PhoneConnecting(at=AT, device=PHONE, client=CLIENT, server_port=2000)).security == "non-secure"
    over_https = TrustListSeen(at=AT, device=PHONE, name=f"{OWN}.sgn", client=CLIENT, via=Via.HTTPS)
    assert seen(over_https).security is SecurityMode.UNKNOWN, "over HTTPS phones ask for that form anyhow"


ALARM = """<x-cisco-alarm><Alarm Name="LastOutOfServiceInformation"><ParameterList>
<String name="DeviceName">SEP001122334455</String><Enum name="ReasonForOutOfService">25</Enum>
<String name="VoiceVLAN">{vlan}</String><String name="NeighborDeviceID">sw1</String>
<String name="NeighborPortID">Gi1/0/7</String></ParameterList></Alarm></x-cisco-alarm>"""


def of_alarm(text: str) -> Event | None:
    document = parse_alarm_document(text)
    assert document is not None
    return alarm_event(document, PHONE, AT)


@pytest.mark.req("RG-14")
@pytest.mark.parametrize(("vlan", "number", "words"), [("110", 110, "110"), ("4095", 4095, "none")])
def test_vlan_and_switch_port_of_an_alarm(vlan: str, number: int, words: str) -> None:
    known = seen(of_alarm(ALARM.format(vlan=vlan)))
    assert (known.voice_vlan, known.vlan_in_words) == (number, words)
    assert (known.neighbour, known.neighbour_port) == ("sw1", "Gi1/0/7")


@pytest.mark.req("RG-32")
def test_the_call_manager_of_its_network() -> None:
    told = OutOfServiceTold(at=AT, device=PHONE, server="cucm-sub")
    assert seen(told).manager == "cucm-sub"
    assert seen(TrustListNamed(at=AT, device=PHONE, itl_server="cucm-pub"), told).manager == "cucm-pub"
    page = PhonePageRead(at=AT, device=PHONE, address=CLIENT, call_manager="pbx.example.com Active")
    assert seen(told, page).manager == "pbx.example.com Active"

"""Alarm lines and alarm documents, as phones send them (diagnosis reference, section 3)."""

from __future__ import annotations

import pytest

from bridge.core.events import OutOfServiceTold, TrustListNamed
from bridge.journey.alarms import AlarmLine, alarm_event, parse_alarm, parse_alarm_document
from tests.unit.journey.story import PHONE, at

NEWER = (
    "cisco-alarm:23 Name=SEPC80084AA8743 ActiveLoad=sip78xx.12-1-1-12.loads "
    "InactiveLoad=sip78xx.10-3-1-12.loads Last=reset-restart"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("23: Name=SEP000B46BDE075 Load=8.0(2.0) Last=Reset-Restart",
         AlarmLine(23, "SEP000B46BDE075", "8.0(2.0)", "", "Reset-Restart")),
        ("cisco-alarm:23 Name=SEP001B2A893698 Load=SIP70.8-4-2-30S Last=reset-restart",
         AlarmLine(23, "SEP001B2A893698", "SIP70.8-4-2-30S", "", "reset-restart")),
        (NEWER,
         AlarmLine(23, "SEPC80084AA8743", "sip78xx.12-1-1-12", "sip78xx.10-3-1-12", "reset-restart")),
        ("what is this", AlarmLine()),
        ("", AlarmLine()),
    ],
)  # fmt: skip
def test_the_forms_of_the_line(text: str, expected: AlarmLine) -> None:
    assert parse_alarm(text) == expected


def test_letter_case_of_the_word_does_not_count() -> None:
    assert parse_alarm("14: Name=SEP1 Load=x Last=CM-closed-TCP").last_is("cm-closed-tcp")


OUT_OF_SERVICE = (
    '<?xml version="1.0"?><x-cisco-alarm><Alarm Name="LastOutOfServiceInformation"><ParameterList>'
    '<String name="DeviceName">SEP001122334455</String><String name="DeviceIPv4Address">192.168.1.9/24</String>'
    '<String name="NeighborDeviceID">sw1</String><String name="NeighborPortID">Gi1/0/7</String>'
    '<Enum name="VoiceVLAN">{vlan}</Enum><String name="UnifiedCMIPAddress"><not open></String>'
    '<Enum name="ReasonForOutOfService">10</Enum></ParameterList></Alarm></x-cisco-alarm>'
)


@pytest.mark.req("RG-14")
@pytest.mark.parametrize("vlan", [110, 4095])
def test_a_document_that_is_not_well_formed_is_read_all_the_same(vlan: int) -> None:
    document = parse_alarm_document(OUT_OF_SERVICE.format(vlan=vlan))
    assert document is not None
    told = alarm_event(document, PHONE, at(0))
    assert told == OutOfServiceTold(
        at=at(0), device=PHONE, reason="10", address="192.168.1.9", voice_vlan=vlan, neighbour="sw1",
        neighbour_port="Gi1/0/7",
    )  # fmt: skip


@pytest.mark.req("RG-26")
def test_whose_trust_list_it_is() -> None:
    text = (
        '<x-cisco-alarm><Alarm Name="DeviceTLInfo"><ParameterList><String name="CTL_Signature">Not Installed</String>'
        '<String name="CTL_TFTP_Server">N/A</String><String name="ITL_TFTP_Server">cucm-115.home.lab</String>'
        "</ParameterList></Alarm></x-cisco-alarm>"
    )
    document = parse_alarm_document(text)
    assert document is not None
    assert alarm_event(document, PHONE, at(0)) == TrustListNamed(at=at(0), device=PHONE, itl_server="cucm-115.home.lab")


@pytest.mark.parametrize("text", ["", "<x/>", "23: Name=SEP1", '<Alarm Name="', "x" * 100_000])
def test_what_is_no_alarm_is_none(text: str) -> None:
    assert parse_alarm_document(text) is None

"""VLAN and switch neighbour out of a phone's alarm."""

from __future__ import annotations

import pytest

from bridge.core import NOWHERE, NetworkPlace
from bridge.journey.alarms import parse_alarm_document, place_of

ALARM = (
    '<?xml version="1.0" encoding="UTF-8"?><x-cisco-alarm><Alarm Name="LastOutOfServiceInformation"><ParameterList>'
    '<String name="NeighborDeviceID">sw-2 &amp; co.example</String><String name="NeighborPortID">Gi1/0/5</String>'
    '<Enum name="VoiceVLAN">20</Enum><String name="UnifiedCMIPAddress"><not open></String>'
    "</ParameterList></Alarm></x-cisco-alarm>"
)


def place_of_alarm(text: str) -> NetworkPlace:
    document = parse_alarm_document(text)
    return NOWHERE if document is None else place_of(document)


@pytest.mark.req("AR-05")
def test_a_document_that_is_not_well_formed_is_read() -> None:
    place = place_of_alarm(ALARM)
    assert place == NetworkPlace(20, "sw-2 & co.example", "Gi1/0/5")
    assert str(place) == "VLAN 20, switch sw-2 & co.example, port Gi1/0/5"
    assert place_of_alarm(ALARM.replace("Enum", "String")) == place


@pytest.mark.parametrize("vlan", ["4095", "0", "", "-1", "99999", "٢٠"])
def test_no_voice_vlan(vlan: str) -> None:
    assert place_of_alarm(ALARM.replace(">20<", f">{vlan}<")).vlan == 0


def test_other_texts_and_what_is_no_character_to_print() -> None:
    assert place_of_alarm("25: Name=SEP001122334455 Load=x Last=initialized") == NOWHERE
    assert place_of_alarm(ALARM.replace("LastOutOfService", "DeviceTL")) == NOWHERE
    assert place_of_alarm(ALARM.replace("Gi1/0/5", "Gi1\r\n\t0\x00" + 300 * "x")).neighbour_port == ""
    assert place_of_alarm(ALARM.replace("Gi1/0/5", "Gi1\r\n0" + 100 * "x")).neighbour_port == "Gi1 0" + 59 * "x"

"""Causes between a phone and Asterisk, and on the phone itself: each named first, and gone when mended."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.core import DeviceName
from bridge.core.findings import Weight
from bridge.journey import FixKind
from bridge.lab.phoneevents import ConfigRejected
from tests.e2e.conftest import come_up
from tests.e2e.ward import BrokenTemplate, Ward, rules, ward, wishes

pytestmark = pytest.mark.asyncio(loop_scope="module")
ACCOUNT = """<name>{{ line.name }}</name>
        <displayName>{{ line.display_name }}</displayName>
        <contact>{{ line.name }}</contact>
        <authName>{{ line.auth_name }}</authName>"""
"""Asterisk goes by the name in From, and by the one that the phone logs in with."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hospital() -> AsyncIterator[Ward]:
    """One system for all of them, in a network of its own."""
    async with ward(wishes(), template=BrokenTemplate("base/sip.xml", ACCOUNT, ACCOUNT)) as w:
        yield w


@pytest_asyncio.fixture(loop_scope="module")
async def w(hospital: Ward) -> AsyncIterator[Ward]:
    """It, with a network of phones for one test."""
    own = hospital.another()
    yield own
    await own.clean()


async def test_an_account_that_asterisk_does_not_know(w: Ward) -> None:
    """The phone goes by a file of another system, with a number that nobody has here."""
    w.break_template(ACCOUNT, "<name>9999</name><contact>9999</contact><authName>9999</authName>")
    phone = w.sip("7961")
    phone.power_on()
    finding = await w.said_first(phone, "unknown_at_pbx", weight=Weight.PROBLEM)
    assert "InvalidAccountID for 9999" in finding.evidence[0].what
    await phone.power_off()
    w.mend_template()
    phone.power_on()
    await w.up(phone)
    await w.well(phone)


async def test_an_access_list_of_asterisk_keeps_the_phone_out(w: Ward) -> None:
    """An admin adds one to the phone's endpoint; the section is there already, or Asterisk would read no further."""
    asterisk = w.bed.asterisk
    pjsip = asterisk.etc / "pjsip.conf"
    before = pjsip.read_text(encoding="utf-8")
    phone = w.sip()
    await come_up(phone)
    await w.well(phone)
    number = phone.number

    async def reads(text: str) -> None:
        pjsip.write_text(text, encoding="utf-8")
        await asterisk.cli("module reload res_pjsip.so")

    await phone.power_off()
    try:
        await reads(f"{before}\n[{number}](+type=endpoint)\ndeny={phone.local_address}/255.255.255.255\n")
        phone.power_on()
        finding = await w.said_first(phone, "address_not_allowed", weight=Weight.PROBLEM)
        assert phone.local_address in finding.title
    finally:
        await reads(before)
    await w.up(phone)
    await w.well(phone)


async def test_answers_of_asterisk_that_are_lost_on_their_way(w: Ward) -> None:
    """Over UDP: the phone's REGISTER arrives, and what comes back does not."""
    phone = w.sip("7940")
    rules(f"ip daddr {phone.local_address} udp sport {w.bed.asterisk.ports.sip} drop")
    phone.power_on()
    finding = await w.said_first(phone, "answers_lost", weight=Weight.PROBLEM)
    assert phone.local_address in finding.fixes[0].text
    assert finding.fixes[0].kind is FixKind.NETWORK
    rules()
    await w.up(phone)
    await w.well(phone)


async def test_a_file_that_is_larger_than_the_phone_can_keep(w: Ward) -> None:
    phone = w.sip("7961", room=1000, web_port=80)
    phone.power_on()
    await phone.wait_for(ConfigRejected)
    await w.looks_at_pages(phone)
    finding = await w.said_first(phone, "config_too_large", weight=Weight.PROBLEM)
    assert "CFG TFTP Size Error" in finding.evidence[0].what
    assert f"{phone.device}.cnf.xml" in finding.evidence[1].what
    phone.room = 0
    await w.up(phone)
    await w.well(phone)


@pytest.mark.parametrize("reason", ["16", "21"])
async def test_a_phone_that_lost_its_address(w: Ward, reason: str) -> None:
    """It says so in the alarm of its next start, and comes no further."""
    device, address = w.stranger()
    await w.asks(f"CTL{device}.tlv", address)
    await w.refers(device, address, out_of_service(device, reason))
    finding = await w.said_first(device, "address_lost", weight=Weight.PROBLEM)
    assert finding.evidence[0].what == f"alarm: out of service for reason {reason}"


def out_of_service(device: DeviceName, reason: str) -> str:
    """As a phone writes it."""
    return (
        '<x-cisco-alarm><Alarm Name="LastOutOfServiceInformation"><ParameterList>'
        f'<String name="DeviceName">{device}</String><String name="VoiceVLAN">110</String>'
        f'<Enum name="ReasonForOutOfService">{reason}</Enum></ParameterList></Alarm></x-cisco-alarm>'
    )

"""Phones with SCCP firmware on a stock Asterisk, through our proxy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.core import NetworkPlace, SignallingProtocol
from bridge.core.events import PbxConnected, PhoneAdmitted, PhoneRefused, PhoneUnregistered
from bridge.lab.phoneevents import AudioHeard, CallAnswered, CallEnded, Registered, RegistrationRejected, RestartAsked
from bridge.lab.testbed import running_testbed
from bridge.ports import RestartKind
from tests.e2e.conftest import Shelf, come_up
from tests.e2e.desks import SCCP, Desks, next_tone, office, polled
from tests.peers import peer


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


@pytest.mark.req("AR-01")
async def test_an_unknown_sccp_phone_gets_a_number_and_registers_its_line(desks: Desks) -> None:
    phone = await desks.registered("7961")
    (admitted,) = desks.watch.of(PhoneAdmitted)
    assert admitted.protocol is SignallingProtocol.SCCP
    assert phone.number == admitted.number
    await phone.power_off()
    await desks.watch.seen(PhoneUnregistered, phone.device)


@pytest.mark.req("AR-05")
async def test_the_notice_of_a_new_phone_says_where_it_hangs(desks: Desks) -> None:
    place = NetworkPlace(20, "sw-2.example", "GigabitEthernet1/0/5")
    phone = await desks.registered("7961", place=place)
    (admitted,) = desks.watch.of(PhoneAdmitted)
    assert (admitted.model, admitted.number, admitted.client) == ("7961G", phone.number, "127.0.0.1")
    assert NetworkPlace(admitted.vlan, admitted.neighbour, admitted.neighbour_port) == place
    with desks.bed.service.store.read() as work:
        entry = next(each for each in work.journal.audit_trail() if each.action == f"admitted {phone.device}")
    assert f"from 127.0.0.1, {place}" in entry.detail


async def test_an_echo_is_heard_and_digits_arrive(desks: Desks) -> None:
    phone = await desks.registered("7961")
    phone.call("600")
    await phone.wait_for(CallAnswered)
    assert (await phone.wait_for(AudioHeard)).frequency == phone.tone
    phone.hang_up()
    await phone.wait_for(CallEnded)
    phone.call("602")
    await phone.wait_for(CallAnswered)
    await asyncio.sleep(1.0)
    phone.press_keys("4711")

    async def stored() -> bool:
        return "4711" in await desks.bed.asterisk.cli("database get lab digits")

    await polled(stored)


async def test_two_sccp_phones_call_each_other(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7942")
    one.call(two.number)
    assert (await one.wait_for(AudioHeard)).frequency == two.tone
    assert (await two.wait_for(AudioHeard)).frequency == one.tone
    two.hang_up()
    await one.wait_for(CallEnded)


async def test_an_sccp_phone_and_a_sip_phone_call_each_other(desks: Desks, shelf: Shelf) -> None:
    desks.bed.window_desk().set_protocol("SIP")
    sip = shelf.take(desks.bed, "8841")
    await come_up(sip)
    desks.bed.window_desk().set_protocol("SCCP")
    sccp = await desks.registered("7975")
    sccp.call(sip.number)
    assert (await sccp.wait_for(AudioHeard)).frequency == sip.tone
    assert (await sip.wait_for(AudioHeard)).frequency == sccp.tone
    sccp.hang_up()
    await sip.wait_for(CallEnded)
    await sccp.wait_for(CallEnded)
    sip.call(sccp.number)
    assert (await next_tone(sip)) == sccp.tone
    assert (await next_tone(sccp)) == sip.tone
    sip.hang_up()
    await sccp.wait_for(CallEnded)


@pytest.mark.parametrize(
    "model",
    [
        "7905",
        "7912",
        "7960",
        "7941",
        "7945",
        "7970",
        "7921",
        "6921",
        "8945",
        "7937",
        "7902",
        "SPA504G",
        "Cisco IP Communicator",
    ],
)
async def test_every_kind_of_phone_registers_calls_and_is_called(desks: Desks, model: str) -> None:
    other = await desks.registered("7961")
    phone = await desks.registered(model)
    phone.call(other.number)
    assert await next_tone(phone) == other.tone
    assert await next_tone(other) == phone.tone
    phone.hang_up()
    await phone.wait_for(CallEnded)
    await other.wait_for(CallEnded)
    other.call(phone.number)
    assert await next_tone(phone) == other.tone
    assert await next_tone(other) == phone.tone
    other.hang_up()
    await phone.wait_for(CallEnded)


async def test_hold_and_resume(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7942")
    one.call(two.number)
    assert await next_tone(two) == one.tone
    one.hold()
    heard = await two.wait_for(AudioHeard)
    assert heard.frequency != one.tone  # music
    one.resume()
    while await next_tone(two) != one.tone:
        pass
    two.hang_up()
    await one.wait_for(CallEnded)


async def test_an_attended_transfer_joins_the_other_two(desks: Desks) -> None:
    one, two, three = [await desks.registered(model) for model in ("7961", "7942", "7970")]
    one.call(two.number)
    assert await next_tone(two) == one.tone
    one.press_soft_key("Transfer")
    one.press_keys(f"{three.number}#")
    while await next_tone(one) != three.tone:
        pass
    one.press_soft_key("Transfer")
    await one.wait_for(CallEnded)
    while await next_tone(two) != three.tone:
        pass
    while await next_tone(three) != two.tone:
        pass
    two.hang_up()
    await three.wait_for(CallEnded)


async def test_busy_and_no_such_number(desks: Desks) -> None:
    phone = await desks.registered("7961")
    phone.call("603")
    ended = await phone.wait_for(CallEnded, within=20)
    assert ended.status != 200
    phone.call("699")
    ended = await phone.wait_for(CallEnded, within=20)
    assert ended.status != 200


@pytest.mark.req("AR-03")
@pytest.mark.req("AR-15")
async def test_a_refused_phone_is_told_why_and_gets_in_by_its_own_retry(desks: Desks) -> None:
    desk = desks.bed.window_desk()
    desk.disable()
    phone = desks.place("7961")
    phone.power_on()
    refused = await phone.wait_for(RegistrationRejected)
    assert "Autoreg" in refused.why
    await desks.watch.seen(PhoneRefused, phone.device)
    desk.enable(duration=timedelta(minutes=1))
    await phone.wait_for(Registered, within=20)


@pytest.mark.req("AR-24")
async def test_a_dual_phone_with_sccp_firmware_is_refused_while_the_site_wants_sip(desks: Desks) -> None:
    desks.bed.window_desk().set_protocol("SIP")
    phone = desks.place("7961")
    phone.power_on()
    refused = await phone.wait_for(RegistrationRejected, within=20)
    assert "rotocol" in refused.why
    (event, *_) = await desks.watch.seen(PhoneRefused, phone.device)
    assert event.reason == "wrong_protocol"
    with desks.bed.service.store.read() as work:
        assert work.devices.get(phone.device) is None  # it gave its number back


@pytest.mark.req("AR-26")
async def test_a_7902_registers_over_sccp_whatever_the_parameter_says(desks: Desks) -> None:
    desks.bed.window_desk().set_protocol("SIP")
    phone = await desks.registered("7902")
    assert phone.number == "1000"


async def test_a_restart_from_the_command_line_reaches_the_phone(desks: Desks) -> None:
    phone = await desks.registered("7961")
    await desks.bed.service.restarts.phone(phone.device, RestartKind.RESET)
    asked = await phone.wait_for(RestartAsked)
    assert (asked.obeyed, asked.action) == (True, "reset")
    await phone.wait_for(Registered, within=20)


async def test_asterisk_gone_and_back_is_said_on_the_phone_and_mended(desks: Desks) -> None:
    phone = await desks.registered("7961")
    await desks.bed.asterisk.kill()
    await desks.bed.asterisk.start()
    await desks.watch.seen(PbxConnected, count=2)
    await desks.line_up(phone)
    phone.call("600")
    assert await next_tone(phone) == phone.tone


async def test_a_cut_cable_ends_no_registration_for_long(desks: Desks) -> None:
    phone = await desks.registered("7961")
    phone.cut()
    await desks.watch.seen(PhoneUnregistered, phone.device)
    await phone.wait_for(Registered, within=20)
    await desks.line_up(phone)
    phone.call("600")
    assert await next_tone(phone) == phone.tone


async def test_tshark_reads_every_frame_of_a_life(tmp_path: Path) -> None:
    capture = tmp_path / "sccp.pcapng"
    async with running_testbed(SCCP) as bed:
        port = bed.service.stations.addresses[0][1]
        tshark = await asyncio.create_subprocess_exec(
            peer("tshark"), "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", str(capture),
            stdout=-3, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert tshark.stderr is not None
        while b"Capturing" not in (line := await tshark.stderr.readline()):
            assert line, "tshark ended"
        desks = Desks(bed)
        one, two = await desks.registered("7961"), await desks.registered("7912")
        one.call(two.number)
        assert await next_tone(two) == one.tone
        one.hold()
        await two.wait_for(AudioHeard)
        one.resume()
        two.hang_up()
        await one.wait_for(CallEnded)
        for phone in desks.phones:
            await phone.power_off()
        tshark.terminate()
        await tshark.wait()
    reader = await asyncio.create_subprocess_exec(
        peer("tshark"), "-r", str(capture), "-d", f"tcp.port=={port},skinny",
        "-T", "fields", "-e", "skinny.messageId", "-e", "_ws.malformed", "-Y", "skinny",
        stdout=asyncio.subprocess.PIPE, stderr=-3,
    )  # fmt: skip
    output, _ = await reader.communicate()
    rows = [row.split("\t") for row in output.decode().splitlines()]
    assert len(rows) > 60
    assert [row for row in rows if row[1:] and row[1]] == []

"""Simulated phones from power-on to calls with sound, against our TFTP server and a real Asterisk."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bridge.core import Via
from bridge.errors import LocalProtocolError
from bridge.lab.asterisk import PrivateAsterisk
from bridge.lab.filefetch import FileServer
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import (
    AudioHeard,
    CallAnswered,
    CallEnded,
    CallRinging,
    CallStarted,
    ConfigAccepted,
    ConfigRejected,
    FileGot,
    FileMissing,
    Registered,
    RegistrationRejected,
    RestartAsked,
)
from bridge.lab.phonetiming import PhoneState
from bridge.pbx.ami import Ami
from bridge.pbx.notify import restart_fields
from bridge.ports import RestartKind
from tests.integration.lab.conftest import FAST, SECRET, Bench, bench_on, sep_file


async def registered(bench: Bench, *numbers: str, **options: Any) -> list[SimulatedPhone]:
    """Phones that booted and registered."""
    phones = [bench.phone(**options) for _ in numbers]
    for phone, number in zip(phones, numbers, strict=True):
        bench.give_file(phone, number)
        phone.power_on()
    for phone in phones:
        await phone.wait_for(Registered)
    return phones


class _Relay(asyncio.DatagramProtocol):
    """Passes datagrams on between whoever sends first and a server."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self.client: tuple[str, int] | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr == self.server:
            if self.client:
                self.transport.sendto(data, self.client)
        else:
            self.client = addr
            self.transport.sendto(data, self.server)


@pytest.mark.parametrize(("model", "transport"), [("8841", 1), ("7942", 2), ("7841", 1), ("8945", 2)])
async def test_a_phone_boots_and_registers(bench: Bench, model: str, transport: int) -> None:
    phone = bench.phone(model)
    bench.give_file(phone, "1001", transport=transport)
    phone.power_on()
    assert phone.display == "Configuring IP"
    await phone.wait_for(Registered)
    assert phone.display == "1001"
    assert phone.number == "1001"
    shown = await bench.asterisk.cli("pjsip show contacts")
    assert len(re.findall(r"1001/sip:", shown)) == 1
    assert ("transport=tcp" in await bench.asterisk.cli("database show registrar")) is (transport == 1)
    agent = re.search(r"Cisco-CP\d+G?/[\d.]+", await bench.asterisk.cli("database show registrar"))
    assert agent
    assert agent.group().startswith(f"Cisco-CP{phone.model.name}/")


async def test_a_phone_hears_its_own_tone_from_the_echo(bench: Bench) -> None:
    (phone,) = await registered(bench, "1001")
    call = phone.call("600")
    await phone.wait_for(CallAnswered)
    heard = await phone.wait_for(AudioHeard)
    assert heard.frequency == phone.tone
    assert heard.ratio > 0.9
    assert call.packets[2] == 0
    phone.hang_up()
    assert (await phone.wait_for(CallEnded)).status == 200
    assert phone.current_call is None


async def test_two_phones_call_each_other_and_hear_each_other(bench: Bench) -> None:
    one, two = await registered(bench, "1001", "1002")
    one.call("1002")
    assert (await two.wait_for(CallStarted)).number == "1001"
    await one.wait_for(CallRinging)
    two.answer()
    assert (await one.wait_for(AudioHeard)).frequency == two.tone
    assert (await two.wait_for(AudioHeard)).frequency == one.tone
    two.hang_up()
    await one.wait_for(CallEnded)
    await two.wait_for(CallEnded)


async def test_hold_silences_both_sides_and_resume_brings_the_sound_back(bench: Bench) -> None:
    one, two = await registered(bench, "1001", "1002", auto_answer=0.0)
    one.call("1002")
    await one.wait_for(AudioHeard)
    await two.wait_for(AudioHeard)
    call = two.current_call
    assert call is not None
    one.hold()
    # Asterisk plays music to who is held: what is heard is no longer the other phone's tone.
    assert (await two.wait_for(AudioHeard)).frequency != one.tone
    one.resume()
    while (await two.wait_for(AudioHeard)).frequency != one.tone:
        pass
    one.hang_up()
    await two.wait_for(CallEnded)


async def test_keys_arrive_as_telephone_events(bench: Bench) -> None:
    (phone,) = await registered(bench, "1001")
    phone.call("602")
    await phone.wait_for(CallAnswered)
    phone.press_keys("4711")
    assert (await phone.wait_for(CallEnded, within=20)).status == 200
    assert "4711" in await bench.asterisk.cli("database get lab digits")


async def test_busy_and_unknown_numbers(bench: Bench) -> None:
    (phone,) = await registered(bench, "1001")
    phone.call("603")
    assert (await phone.wait_for(CallEnded)).status == 486
    phone.call("7777")
    assert (await phone.wait_for(CallEnded)).status == 404


async def test_a_second_caller_hears_busy(bench: Bench) -> None:
    await bench.give_endpoints("1001", "1002", "1003")
    one, two, three = await registered(bench, "1001", "1002", "1003", auto_answer=0.0)
    one.call("1002")
    await one.wait_for(CallAnswered)
    three.call("1002")
    assert (await three.wait_for(CallEnded)).status == 486
    assert two.current_call is not None


async def restart(bench: Bench, kind: RestartKind, call_id: str) -> None:
    """Send the NOTIFY that Asterisk's manager interface makes."""
    up = asyncio.Event()
    ami = Ami(bench.asterisk.ami_settings, on_state=lambda state: up.set() if state.connected else None)
    running = asyncio.create_task(ami.run())
    try:
        await asyncio.wait_for(up.wait(), 10)
        await ami.demand("PJSIPNotify", restart_fields("1001", kind, call_id))
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.mark.parametrize("kind", list(RestartKind))
async def test_the_restart_request_is_obeyed(bench: Bench, kind: RestartKind) -> None:
    (phone,) = await registered(bench, "1001")
    bench.give_file(phone, "1002")
    bench.requests.clear()
    await restart(bench, kind, phone.register_call_id)
    asked = await phone.wait_for(RestartAsked)
    assert (asked.action, asked.obeyed) == (kind.value, True)
    assert (await phone.wait_for(Registered)).number == "1002"
    assert phone.boots == 2
    names = [request.name for request in bench.requests]
    assert ("ITLFile.tlv" in names) is (kind is RestartKind.RESET)
    if kind is RestartKind.RESTART:  # it left before it read its files
        assert "1001/sip:" not in await bench.asterisk.cli("pjsip show contacts")


async def test_a_restart_request_with_a_wrong_call_id_is_refused(bench: Bench) -> None:
    (phone,) = await registered(bench, "1001")
    await restart(bench, RestartKind.RESTART, "somebody-elses")
    asked = await phone.wait_for(RestartAsked)
    assert not asked.obeyed
    assert "RegisterCallId" in asked.why
    assert phone.boots == 1
    assert phone.display == "1001"


async def test_a_restart_waits_until_the_call_is_over(bench: Bench) -> None:
    (phone,) = await registered(bench, "1001")
    phone.call("600")
    await phone.wait_for(AudioHeard)
    await restart(bench, RestartKind.RESET, phone.register_call_id)
    await phone.wait_for(RestartAsked)
    assert "1001" in await bench.asterisk.cli("core show channels")
    assert phone.current_call is not None
    assert phone.boots == 1
    phone.hang_up()
    await phone.wait_for(Registered)
    assert phone.boots == 2


async def test_a_wrong_password_keeps_the_phone_registering(bench: Bench) -> None:
    phone = bench.phone()
    bench.give_file(phone, "1001", password="wrong")
    phone.power_on()
    rejected = await phone.wait_for(RegistrationRejected)
    assert rejected.status == 401
    assert "secret" in rejected.why
    assert phone.state is PhoneState.STILL_REGISTERING
    with pytest.raises(LocalProtocolError, match="not registered"):
        phone.call("600")
    # It reads its files again and again; once they are right, it comes up.
    bench.give_file(phone, "1001", password=SECRET)
    await phone.wait_for(Registered)


async def test_a_dead_first_server_sends_the_phone_to_the_second(bench: Bench) -> None:
    phone = bench.phone()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        servers = [("127.0.0.1", closed.getsockname()[1]), bench.asterisk.sip]
        bench.files[f"{phone.device}.cnf.xml"] = sep_file("1001", servers)
        phone.power_on()
        rejected = await phone.wait_for(RegistrationRejected)
        assert rejected.status == 0
        await phone.wait_for(Registered)


async def test_on_a_backup_server_the_phone_goes_back_once_the_first_is_there_again(bench: Bench) -> None:
    phone = bench.phone(timing=replace(FAST, fail_back=0.1))
    with socket.socket(type=socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        first = closed.getsockname()
        servers = [first, bench.asterisk.sip]
        bench.files[f"{phone.device}.cnf.xml"] = sep_file("1001", servers, transport=2)
        closed.close()
        phone.power_on()
        await phone.wait_for(Registered)
        call_id = phone.register_call_id
    relay, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Relay(bench.asterisk.sip), local_addr=first
    )
    try:
        await phone.wait_for(Registered)
        assert phone.register_call_id != call_id
        assert phone.boots == 1
        assert len([event for event in phone.events if isinstance(event, RegistrationRejected)]) == 1
    finally:
        relay.close()


@pytest.mark.parametrize("transport", [1, 2])
async def test_options_are_answered(bench: Bench, transport: int) -> None:
    phone = bench.phone()
    bench.give_file(phone, "1001", transport=transport)
    phone.power_on()
    await phone.wait_for(Registered)
    async with asyncio.timeout(10):
        while "Avail" not in await bench.asterisk.cli("pjsip show contacts"):
            pass


async def test_an_unknown_phone_announces_itself_and_comes_up_once_its_file_exists(bench: Bench) -> None:
    phone = bench.phone()
    address, port = bench.asterisk.sip
    bench.files["XMLDefault.cnf.xml"] = f"""<Default><autoRegistrationName>AUTO-REG</autoRegistrationName>
        <callManagerGroup><members><member priority="0"><callManager><ports><sipPort>{port}</sipPort></ports>
        <processNodeName>{address}</processNodeName></callManager></member></members></callManagerGroup>
        </Default>""".encode()
    phone.power_on()
    accepted = await phone.wait_for(ConfigAccepted)
    assert accepted.autoregistering
    assert accepted.number == "AUTO-REG"
    rejected = await phone.wait_for(RegistrationRejected)
    assert rejected.status in {401, 403, 404}
    bench.give_file(phone, "1001")
    assert (await phone.wait_for(Registered)).number == "1001"


async def test_a_broken_file_is_said_and_the_phone_asks_again(bench: Bench) -> None:
    phone = bench.phone("7942")
    bench.give_file(phone, "1001", password="thirteenchars")
    phone.power_on()
    rejected = await phone.wait_for(ConfigRejected)
    assert rejected.why.startswith("Error parsing config")
    assert phone.display == "Configuring IP"
    bench.give_file(phone, "1001", transport=2)
    await phone.wait_for(Registered)


async def test_a_silent_file_server_is_said(bench: Bench) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        phone = bench.phone()
        phone.server = FileServer(silent.getsockname())
        phone.power_on()
        missing = await phone.wait_for(FileMissing)
        assert missing.timed_out
        assert missing.retransmissions == 2
        await phone.power_off()
    assert phone.display == ""


async def test_asterisk_crashes_and_comes_back(make_asterisk: Callable[[], PrivateAsterisk]) -> None:
    async with make_asterisk() as asterisk, bench_on(asterisk) as bench:
        (phone,) = await registered(bench, "1001")
        await asterisk.kill()
        assert (await phone.wait_for(RegistrationRejected)).status == 0
        assert phone.number == ""
        await asterisk.start()
        await phone.wait_for(Registered)
        assert phone.boots == 1  # it comes back without reading its files


async def test_power_off_is_not_said_to_anybody(bench: Bench) -> None:
    (phone,) = await registered(bench, "1001")
    await phone.power_off()
    assert "1001/sip:" in await bench.asterisk.cli("pjsip show contacts")


async def test_the_file_came_over_tftp(bench: Bench) -> None:
    (phone,) = await registered(bench, "1001")
    got = [event for event in phone.events if isinstance(event, FileGot)]
    assert [(event.name, event.via) for event in got] == [(f"{phone.device}.cnf.xml", Via.TFTP)]

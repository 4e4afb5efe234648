"""What goes wrong around SCCP phones and their calls: nothing is left behind, and the journey says what happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import cast

import pytest

from bridge.app.settings import SccpSettings
from bridge.core import MacAddress
from bridge.core.events import (
    CallConnected,
    CallFinished,
    CallStarted,
    LineStateChanged,
    PbxConnected,
    PhoneAlarmed,
    PhoneRegistered,
    PhoneUnregistered,
)
from bridge.journey import Stage
from bridge.lab.filefetch import FileServer
from bridge.lab.phoneevents import AudioHeard, CallEnded, Registered
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import prepared_testbed
from bridge.sip import Call, UserAgent
from tests.e2e.conftest import come_up
from tests.e2e.desks import SCCP, Desks, next_tone, office, polled, seen_on
from tests.e2e.programs import started

AT_REST = "Your current options"
"""What the prompt line says while all is well."""
IMPATIENT = replace(SCCP, sccp=SccpSettings(keepalive=2, preserve=3.0))


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


async def talking(desks: Desks) -> tuple[SccpPhone, SccpPhone]:
    """Two phones that hear each other."""
    one, two = await desks.registered("7961"), await desks.registered("7942")
    one.call(two.number)
    assert await next_tone(one) == two.tone
    assert await next_tone(two) == one.tone
    assert await desks.channels() == desks.bed.service.stations.calls == 2
    return one, two


async def can_call(desks: Desks, phone: SccpPhone) -> None:
    """The phone calls the echo, and hangs up."""
    phone.call("600")
    while await next_tone(phone) != phone.tone:
        pass
    phone.hang_up()
    await desks.nothing_is_left()


def stories(desks: Desks, phone: SccpPhone) -> list[tuple[str, bool]]:
    """Why the phone's calls ended, and whether they had been answered, as its journey has it."""
    return [(event.why, event.answered) for event in desks.watch.of(CallFinished, phone.device)]


async def test_asterisk_is_killed_in_a_call_and_comes_back(desks: Desks) -> None:
    one, two = await talking(desks)
    await desks.bed.asterisk.kill()

    async def noticed() -> bool:
        events = desks.watch.of(LineStateChanged, one.device)
        return events[-1].state == "the PBX cannot be reached"

    await polled(noticed)
    await desks.bed.asterisk.start()
    await desks.watch.seen(PbxConnected, count=2)
    for phone in (one, two):
        await desks.line_up(phone)
        await phone.wait_for(CallEnded, within=20)
        (finished,) = await desks.watch.seen(CallFinished, phone.device)
        assert finished.answered
    await desks.nothing_is_left()
    assert desks.watch.of(LineStateChanged, one.device)[-1].state == "registered"
    await can_call(desks, one)
    one.call(two.number)
    assert await next_tone(two) == one.tone


async def test_what_rings_goes_on_with_asterisk_s_manager_and_ends_with_asterisk(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is there again, its calls may have gone on, or be lost without a word."""
    stations = desks.bed.service.stations
    one, two = await desks.registered("7961"), await desks.registered("7942", auto_answer=None)
    one.call(two.number)
    await seen_on(two, lambda: two.view.ringing)
    await seen_on(one, lambda: one.view.tone == "alerting")
    asked: list[str] = []
    refresh = UserAgent.refresh

    def noted(agent: UserAgent, call: Call, *, now: float) -> None:
        refresh(agent, call, now=now)
        asked.append(agent.account.user)

    monkeypatch.setattr(UserAgent, "refresh", noted)
    stations.asterisk_came_back()

    async def both() -> bool:
        return set(asked) == {one.number, two.number}

    await polled(both)
    assert await desks.channels() == 2  # whose answers have been sent before this one
    assert two.view.ringing
    assert one.view.tone == "alerting"
    two.answer()
    assert await next_tone(one) == two.tone
    assert await next_tone(two) == one.tone
    one.hang_up()
    await desks.nothing_is_left()

    one.call(two.number)
    await seen_on(two, lambda: two.view.ringing and one.view.tone == "alerting")
    with monkeypatch.context() as silent:
        # No REGISTER meets a closed port: the network says nothing of an Asterisk on another machine either.
        silent.setattr(stations.lines, "renew", lambda: None)
        await desks.bed.asterisk.kill()
        assert two.view.ringing
        await desks.bed.asterisk.start()
        await desks.watch.seen(PbxConnected, count=2)
        await seen_on(two, lambda: not (two.view.ringing or two.view.calls or two.view.lamps))
        await seen_on(one, lambda: not (one.view.calls or one.view.tone))  # the caller has heard why, for a while
    (_, finished) = await desks.watch.seen(CallFinished, one.device, count=2)
    assert (finished.answered, finished.status) == (False, 503)
    stations.lines.renew()
    await desks.nothing_is_left()
    for phone in (one, two):
        await desks.line_up(phone)
    await can_call(desks, one)


async def test_asterisk_is_killed_while_nobody_talks(desks: Desks) -> None:
    phone = await desks.registered("7961")
    await seen_on(phone, lambda: phone.view.status == AT_REST)
    await desks.bed.asterisk.kill()
    await seen_on(phone, lambda: phone.view.status == "PBX unreachable")
    phone.call("600")
    ended = await phone.wait_for(CallEnded, within=20)
    assert ended.status != 200
    await desks.bed.asterisk.start()
    await desks.watch.seen(PbxConnected, count=2)
    await seen_on(phone, lambda: phone.view.status == AT_REST)
    await desks.line_up(phone)
    await desks.nothing_is_left()
    await can_call(desks, phone)


async def test_a_wrong_secret_is_said_on_the_screen_and_on_the_journey(desks: Desks) -> None:
    phone = await desks.registered("7961")
    conf = desks.bed.asterisk.phones_directory / "pjsip_phones.conf"
    text = conf.read_text(encoding="utf-8")
    with desks.bed.service.store.read() as work:
        device = work.devices.get(phone.device)
    assert device is not None
    assert text.count(device.secret) == 1
    conf.write_text(text.replace(device.secret, "another"), encoding="utf-8")
    await desks.bed.asterisk.cli("module reload res_pjsip.so")
    desks.bed.service.stations.lines.renew()
    await seen_on(phone, lambda: phone.view.status == "Wrong secret")
    assert desks.watch.of(LineStateChanged, phone.device)[-1].state == "the PBX refused the user name or the secret"


async def test_the_journey_of_a_call(desks: Desks) -> None:
    one, two = await talking(desks)
    one.hang_up()
    await desks.nothing_is_left()
    (begun,), (connected,), (finished,) = [
        await desks.watch.seen(kind, one.device) for kind in (CallStarted, CallConnected, CallFinished)
    ]
    assert begun.outgoing
    assert begun.number == connected.number == finished.number == two.number
    assert finished.answered
    assert finished.seconds > 0
    (other,) = await desks.watch.seen(CallFinished, two.device)
    assert not other.outgoing
    assert other.number == one.number
    assert desks.watch.of(PhoneAlarmed, one.device)

    async def stored() -> bool:
        def kinds() -> set[str]:
            with desks.bed.service.store.read() as work:
                return {type(event).__name__ for event in work.journal.journey(one.device)}

        return {"CallStarted", "CallConnected", "CallFinished", "PhoneAlarmed"} <= await asyncio.to_thread(kinds)

    await polled(stored)


async def test_a_connection_that_is_reset_in_a_call_ends_the_call_when_the_phone_stays_away() -> None:
    async with office(IMPATIENT) as desks:
        one, two = await talking(desks)
        one.cut(reset=True)
        await one.power_off()
        await desks.watch.seen(PhoneUnregistered, one.device, count=2)
        assert await desks.channels() == desks.bed.service.stations.calls == 2  # the call goes on for a while
        assert two.current_call is not None
        await two.wait_for(CallEnded)
        await desks.nothing_is_left()
        assert stories(desks, one) == [("the phone did not come back", True)]
        assert len(stories(desks, two)) == 1
        await can_call(desks, two)


async def test_a_phone_that_comes_back_after_a_reset_has_no_call_any_more(desks: Desks) -> None:
    one, two = await talking(desks)
    one.cut(reset=True)
    await desks.watch.seen(PhoneRegistered, one.device, count=3)
    await two.wait_for(CallEnded)
    await desks.nothing_is_left()
    await desks.line_up(one)
    await can_call(desks, one)
    two.call(one.number)
    while await next_tone(one) != two.tone:
        pass


@pytest.mark.req("RG-01")
async def test_sound_goes_on_while_the_network_loses_the_signalling() -> None:
    async with office(replace(IMPATIENT, sccp=SccpSettings(keepalive=2, preserve=20.0))) as desks:
        one, two = await talking(desks)
        silent_at = desks.bed.service.clock.now()
        one.fall_silent()
        (*_, gone) = await desks.watch.seen(PhoneUnregistered, one.device, count=2)
        assert gone.why == "keepAliveTimeout: the phone sent no keepalive in time"
        assert (gone.at - silent_at).total_seconds() < 3 * 2.0 + 1
        journey = desks.bed.service.journeys.seen(one.device)
        assert journey is not None
        assert journey.stage is Stage.UNREGISTERED
        call = two.current_call
        assert call is not None
        assert call.media is not None
        received = call.media.receiver.received
        await seen_on(two, lambda: call.packets[1] > received + 10 or two.current_call is None)
        assert two.current_call is not None, "the call ended though its media went on"
        await desks.watch.seen(PhoneRegistered, one.device, count=3)
        await two.wait_for(CallEnded)
        await desks.nothing_is_left()
        assert next(event.frequency for event in two.events if isinstance(event, AudioHeard)) == one.tone
        await desks.line_up(one)
        await can_call(desks, one)


class Mute(asyncio.DatagramProtocol):
    """A SIP peer that says nothing to an INVITE, or nothing but 100 Trying."""

    def __init__(self, *, trying: bool) -> None:
        self._trying = trying
        self.invited = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not data.startswith(b"INVITE"):
            return
        self.invited += 1
        if self._trying:
            kept = (b"via:", b"from:", b"to:", b"call-id:", b"cseq:")
            lines = [line for line in data.split(b"\r\n") if line.lower().startswith(kept)]
            self._transport.sendto(b"\r\n".join([b"SIP/2.0 100 Trying", *lines, b"Content-Length: 0", b"", b""]), addr)


@pytest.mark.parametrize("trying", [False, True])
async def test_a_sip_peer_that_never_answers(desks: Desks, trying: bool) -> None:
    phone = await desks.registered("7961")
    transport, peer = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Mute(trying=trying), local_addr=("127.0.0.1", 0)
    )
    try:
        port = transport.get_extra_info("sockname")[1]
        await desks.add_peer(
            "mute", f"sip:mute@127.0.0.1:{port}", "exten => 606,1,Dial(PJSIP/mute,3)\n same => n,Hangup(19)\n"
        )
        phone.call("606")
        await seen_on(phone, lambda: phone.view.tone and phone.view.status == "Temp fail")
        await phone.wait_for(CallEnded)
        assert peer.invited
        await desks.nothing_is_left()
        assert [event.status for event in desks.watch.of(CallFinished, phone.device)] == [480]
        await can_call(desks, phone)
    finally:
        transport.close()


async def test_a_bridge_that_is_killed_with_200_phones_and_started_again_loses_none() -> None:
    async with prepared_testbed(SCCP) as bed:
        listen = bed.settings.tftp.listen[0]
        server = FileServer((listen.host, listen.port))
        phones = [
            SccpPhone("7961", MacAddress(f"001122CD{index:04X}"), server, timing=LAB_TIMING) for index in range(200)
        ]
        keepalive = bed.settings.sccp.keepalive
        try:
            async with started("--config", str(bed.config), "serve") as (bridge, _):
                await come_up(*phones)
                numbers = [phone.number for phone in phones]
                assert len(set(numbers)) == 200
                bridge.kill()
                await bridge.wait()
            async with started("--config", str(bed.config), "serve"):
                async with asyncio.timeout(keepalive):
                    for phone in phones:
                        await phone.wait_for(Registered, within=keepalive)
                assert [phone.number for phone in phones] == numbers
                assert all(phone.faults == () for phone in phones)
        finally:
            await asyncio.gather(*(phone.power_off() for phone in phones))

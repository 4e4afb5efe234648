"""The user agent against Asterisk: registration, calls both ways, hold, over UDP and TCP."""

from __future__ import annotations

import asyncio

import pytest

from bridge.core import DeviceName
from bridge.lab.asterisk import PrivateAsterisk
from bridge.pbx.phonefiles import PhoneFiles
from bridge.pbx.pjsipconf import PjsipOptions
from bridge.ports import SipEndpoint
from bridge.sip import (
    AudioSession,
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallProgress,
    ChangeAccepted,
    Direction,
    EndReason,
    IncomingCall,
    Registered,
    RegistrationFailed,
    Transport,
)
from bridge.sip.sdp import PCMA, PCMU, TELEPHONE_EVENT
from tests.sippeople import person

SECRET = "known-only-here"
MEDIA = AudioSession("127.0.0.1", 39000, (PCMU, TELEPHONE_EVENT))
NUMBERS = ("1701", "1702")


@pytest.fixture
async def server(asterisk: PrivateAsterisk) -> tuple[str, int]:
    """Asterisk's address, after it learnt our numbers."""
    endpoints = [SipEndpoint(number, SECRET, DeviceName(f"SEP00112233{number}"), number) for number in NUMBERS]
    await asyncio.to_thread(PhoneFiles(asterisk.phones_directory, PjsipOptions()).write, endpoints)
    await asterisk.cli("module reload res_pjsip.so")
    await asterisk.cli("module reload pbx_config.so")
    return asterisk.sip


@pytest.mark.parametrize("transport", list(Transport))
async def test_registering_and_leaving(
    server: tuple[str, int], asterisk: PrivateAsterisk, transport: Transport
) -> None:
    async with person("1701", server, transport, SECRET) as alice:
        assert 3500 <= (await alice.register()).expires <= 3600
        assert "1701/sip:1701@127.0.0.1" in await asterisk.cli("pjsip show contacts")
        alice.do(lambda now: alice.agent.register(now=now))
        assert (await alice.sees(Registered)).refreshed
    assert "1701/sip:1701@127.0.0.1" not in await asterisk.cli("pjsip show contacts")


async def test_a_wrong_secret(server: tuple[str, int]) -> None:
    async with person("1701", server, secret="guessed") as mallory:
        mallory.do(lambda now: mallory.agent.register(now=now))
        assert (await mallory.sees(RegistrationFailed)).status == 401


@pytest.mark.parametrize("transport", list(Transport))
async def test_the_echo_with_hold(server: tuple[str, int], transport: Transport) -> None:
    async with person("1701", server, transport, SECRET) as alice:
        alice.call("600", MEDIA)
        answered = await alice.sees(CallAnswered)
        assert answered.session.voice == PCMU
        assert answered.session.port > 0
        alice.do(lambda now: alice.agent.hold(answered.call, now=now))
        held = await alice.sees(ChangeAccepted)
        assert held.local.direction is Direction.SENDONLY
        assert held.remote.direction is Direction.RECVONLY
        alice.do(lambda now: alice.agent.resume(answered.call, now=now))
        assert (await alice.sees(ChangeAccepted)).remote.direction is Direction.SENDRECV
        alice.hang_up(answered.call)
        assert (await alice.sees(CallEnded)).reason is EndReason.LOCAL_HANGUP


@pytest.mark.parametrize(("number", "status"), [("603", 486), ("699", 404)])
async def test_busy_and_unknown_numbers(server: tuple[str, int], number: str, status: int) -> None:
    async with person("1701", server, secret=SECRET) as alice:
        alice.call(number, MEDIA)
        ended = await alice.sees(CallEnded)
        assert (ended.reason, ended.status) == (EndReason.REFUSED, status)


@pytest.mark.parametrize(
    ("here", "there"), [(Transport.UDP, Transport.TCP), (Transport.TCP, Transport.UDP)], ids=["udp-tcp", "tcp-udp"]
)
async def test_two_phones_call_each_other(server: tuple[str, int], here: Transport, there: Transport) -> None:
    async with person("1701", server, here, SECRET) as alice, person("1702", server, there, SECRET) as bob:
        await bob.register()
        alice.call("1702", MEDIA)
        incoming = await bob.sees(IncomingCall)
        assert (incoming.caller, incoming.called) == ("1701", "1702")
        bob.do(lambda now: bob.agent.ring(incoming.call, now=now))
        assert (await alice.sees(CallProgress)).status == 180
        bob.do(lambda now: bob.agent.answer(incoming.call, AudioSession("127.0.0.1", 39002, (PCMA, PCMU)), now=now))
        await bob.sees(CallConfirmed)
        answered = await alice.sees(CallAnswered)
        bob.do(lambda now: bob.agent.hold(incoming.call, now=now))
        await bob.sees(ChangeAccepted)
        alice.hang_up(answered.call)
        assert (await bob.sees(CallEnded)).reason is EndReason.REMOTE_HANGUP


async def test_giving_up_and_refusing(server: tuple[str, int]) -> None:
    async with person("1701", server, secret=SECRET) as alice, person("1702", server, secret=SECRET) as bob:
        await bob.register()
        alice.call("1702", MEDIA)
        incoming = await bob.sees(IncomingCall)
        bob.do(lambda now: bob.agent.ring(incoming.call, now=now))
        progress = await alice.sees(CallProgress)
        alice.hang_up(progress.call)
        assert (await bob.sees(CallEnded)).reason is EndReason.CANCELLED
        await alice.sees(CallEnded)
        alice.call("1702", MEDIA)
        incoming = await bob.sees(IncomingCall)
        bob.do(lambda now: bob.agent.reject(incoming.call, 486, now=now))
        assert (await alice.sees(CallEnded)).status == 486

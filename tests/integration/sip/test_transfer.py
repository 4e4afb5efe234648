"""Transfer, connected line and late offer against Asterisk."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

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
    EndReason,
    IdentityChanged,
    IncomingCall,
    OfferReceived,
    TransferEnded,
)
from bridge.sip.sdp import PCMU, TELEPHONE_EVENT
from tests.sippeople import PATIENCE, Person, person

SECRET = "known-only-here"
NUMBERS = ("1711", "1712", "1713", "1714")


def media(port: int) -> AudioSession:
    return AudioSession("127.0.0.1", port, (PCMU, TELEPHONE_EVENT))


@pytest.fixture
async def server(asterisk: PrivateAsterisk) -> tuple[str, int]:
    """Asterisk's address, after it learnt our numbers."""
    endpoints = [
        SipEndpoint(number, SECRET, DeviceName(f"SEP00112233{number}"), number, caller_name=f"Person {number}")
        for number in NUMBERS
    ]
    await asyncio.to_thread(PhoneFiles(asterisk.phones_directory, PjsipOptions()).write, endpoints)
    await asyncio.to_thread(_with_timers_and_reliable_answers, asterisk.phones_directory, "1714")
    await asterisk.cli("module reload res_pjsip.so")
    await asterisk.cli("module reload pbx_config.so")
    return asterisk.sip


def _with_timers_and_reliable_answers(directory: Path, number: str) -> None:
    """Change one endpoint: session timers always, 100rel required."""
    for path in directory.rglob("*.conf"):
        text = path.read_text(encoding="utf-8")
        head, found, tail = text.partition(f"[{number}]\n")
        if found:
            tail = re.sub(r"timers *= *no", "timers=always", tail, count=1)
            path.write_text(head + found + re.sub(r"100rel *= *no", "100rel=required", tail, count=1), encoding="utf-8")


async def talk(
    asterisk: PrivateAsterisk, caller: Person, callee: Person, port: int
) -> tuple[CallAnswered, IncomingCall]:
    """A call between two people that stands, at Asterisk, too: it refuses to transfer what it has not connected yet."""
    number = callee.agent.account.user
    caller.call(number, media(port))
    incoming = await callee.sees(IncomingCall)
    callee.do(lambda now: callee.agent.answer(incoming.call, media(port + 2), now=now))
    await callee.sees(CallConfirmed)
    answered = await caller.sees(CallAnswered)
    async with asyncio.timeout(PATIENCE):
        while {caller.agent.account.user, number} not in await bridged(asterisk):  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.05)
    return answered, incoming


async def bridged(asterisk: PrivateAsterisk) -> list[set[str]]:
    """Which of our endpoints talk to each other: one set for each bridge. The Asterisk is shared with other tests."""
    found = []
    for line in (await asterisk.cli("bridge show all")).splitlines()[1:]:
        shown = await asterisk.cli(f"bridge show {line.split()[0]}") if line.strip() else ""
        people = set(re.findall(r"Channel: PJSIP/(\d+)-", shown))
        if people & set(NUMBERS):
            found.append(people)
    return found


async def test_an_attended_transfer_connects_the_other_two(server: tuple[str, int], asterisk: PrivateAsterisk) -> None:
    async with (
        person("1711", server, secret=SECRET) as alice,
        person("1712", server, secret=SECRET) as bob,
        person("1713", server, secret=SECRET) as carol,
    ):
        await bob.register()
        await carol.register()
        first, at_bob = await talk(asterisk, alice, bob, 39100)
        assert at_bob.identity is not None
        assert (at_bob.identity.name, at_bob.identity.number) == ("Person 1711", "1711")
        second, at_carol = await talk(asterisk, alice, carol, 39110)
        alice.do(lambda now: alice.agent.transfer(first.call, second.call, now=now))
        assert (await alice.sees(TransferEnded)).succeeded
        for someone, call, other in ((bob, at_bob.call, "1713"), (carol, at_carol.call, "1712")):
            changed = await someone.sees(IdentityChanged)
            assert changed.call is call
            assert (changed.identity.number, changed.identity.name) == (other, f"Person {other}")
        assert await bridged(asterisk) == [{"1712", "1713"}]
        bob.hang_up(at_bob.call)
        assert (await carol.sees(CallEnded)).reason is EndReason.REMOTE_HANGUP


async def test_a_blind_transfer(server: tuple[str, int], asterisk: PrivateAsterisk) -> None:
    async with (
        person("1711", server, secret=SECRET) as alice,
        person("1712", server, secret=SECRET) as bob,
        person("1713", server, secret=SECRET) as carol,
    ):
        await bob.register()
        await carol.register()
        first, at_bob = await talk(asterisk, alice, bob, 39120)
        alice.do(lambda now: alice.agent.transfer(first.call, "1713", now=now))
        incoming = await carol.sees(IncomingCall)
        carol.do(lambda now: carol.agent.answer(incoming.call, media(39130), now=now))
        await carol.sees(CallConfirmed)
        assert (await alice.sees(TransferEnded)).succeeded
        assert await bridged(asterisk) == [{"1712", "1713"}]
        bob.hang_up(at_bob.call)
        await carol.sees(CallEnded)


async def test_a_transfer_to_nobody_leaves_the_call_as_it_is(server: tuple[str, int]) -> None:
    async with person("1711", server, secret=SECRET) as alice:
        alice.call("600", media(39140))
        answered = await alice.sees(CallAnswered)
        alice.do(lambda now: alice.agent.transfer(answered.call, "699", now=now))
        ended = await alice.sees(TransferEnded)
        assert not ended.succeeded
        alice.hang_up(answered.call)


async def test_asterisk_offers_in_its_200_when_we_do_not(server: tuple[str, int]) -> None:
    async with person("1711", server, secret=SECRET) as alice:
        alice.do(lambda now: alice.agent.call("600", None, now=now) and None)
        late = await alice.sees(OfferReceived)
        assert PCMU.name in [codec.name for codec in late.offer.codecs]
        alice.do(lambda now: alice.agent.answer_offer(late.call, media(39150), now=now))
        answered = await alice.sees(CallAnswered)
        assert answered.session.port == late.offer.port
        alice.do(lambda now: alice.agent.update(answered.call, now=now))
        alice.hang_up(answered.call)
        assert (await alice.sees(CallEnded)).reason is EndReason.LOCAL_HANGUP


async def test_session_timers_and_reliable_answers(server: tuple[str, int], asterisk: PrivateAsterisk) -> None:
    shown = await asterisk.cli("pjsip show endpoint 1714")
    assert re.search(r"timers +: always", shown)
    assert re.search(r"100rel +: required", shown)
    async with person("1711", server, secret=SECRET) as alice, person("1714", server, secret=SECRET) as dora:
        await dora.register()
        dora.call("600", media(39160))
        answered = await dora.sees(CallAnswered)
        assert answered.call._record.session_timer.interval == 1800
        dora.do(lambda now: dora.agent.update(answered.call, media(39170), now=now))
        await dora.sees(ChangeAccepted)
        dora.hang_up(answered.call)
        await dora.sees(CallEnded)
        alice.call("1714", media(39180))
        incoming = await dora.sees(IncomingCall)
        dora.do(lambda now: dora.agent.ring(incoming.call, status=183, session=media(39190), now=now))
        await alice.sees(CallProgress)
        dora.do(lambda now: dora.agent.answer(incoming.call, media(39190), now=now))
        await dora.sees(CallConfirmed)
        assert incoming.call._record.session_timer.interval == 1800
        alice.hang_up((await alice.sees(CallAnswered)).call)
        await dora.sees(CallEnded)

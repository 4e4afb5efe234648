"""The rogue pool on a real Asterisk: help and the operator, and nothing else; and what Asterisk tells of its plan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bridge.app.admission.planoverlap import PbxPlan, overlaps
from bridge.app.admission.roguepool import ROGUE_CONTEXT, EmergencyList, RogueReach
from bridge.autoregistration import AutoregistrationSettings
from bridge.callcontrol.emergency import emergency_numbers
from bridge.core import DiscardDigits, Line, NumberRange, RoutePattern
from bridge.lab.asterisk import PrivateAsterisk
from bridge.pbx.plain import PlainAsterisk
from tests.integration.sipclient import SipClient
from tests.integration.test_plain_asterisk import phone, service

OUTSIDE = """
[lab-outside]
exten => _[+0-9].,1,Set(DB(outside/number)=${EXTEN})
 same => n,Answer()
 same => n,Wait(1)

[sepbridge-custom](+)
exten => 1000,1,Set(DB(outside/number)=operator)
 same => n,Answer()
 same => n,Wait(1)
exten => _77XX,1,Hangup(17)
include => lab-more
[lab-more]
exten => 1003,1,Hangup(17)
"""
ROUTES = [
    RoutePattern(pattern="9.911", destination="lab-outside", emergency=True, discard_digits=DiscardDigits.PRE_DOT),
    RoutePattern(pattern="9.!", destination="lab-outside", discard_digits=DiscardDigits.PRE_DOT),
]


def reach(country: str) -> RogueReach:
    numbers = EmergencyList.of(emergency_numbers(country, "9"), "9")
    return RogueReach(numbers, "0", "1000", trunk="lab-outside", custom="sepbridge-custom")


@pytest.fixture
async def pbx(make_asterisk: Callable[[], PrivateAsterisk]) -> AsyncIterator[tuple[PrivateAsterisk, PlainAsterisk]]:
    """With a strange phone (8900), which cannot be called, one that can (8901), and an ordinary one (1001)."""
    async with make_asterisk() as asterisk:
        custom = asterisk.phones_directory / "custom.conf"
        custom.write_text(custom.read_text() + OUTSIDE)
        phones = [
            phone(1001),
            phone(8900, context=ROGUE_CONTEXT, partition="Rogue"),
            phone(8901, context=ROGUE_CONTEXT),
        ]
        async with service(asterisk, phones) as (running, _):
            await declare(asterisk, running, "US")
            yield asterisk, running


async def declare(asterisk: PrivateAsterisk, pbx: PlainAsterisk, country: str) -> None:
    """Let Asterisk have the pool's context for this country."""
    wanted = reach(country)
    pbx.set_dial_plan([wanted.context(ROUTES, [Line("1001")], "sepbridge-phones")])
    deadline = asyncio.get_running_loop().time() + 10
    while f"'{wanted.emergency.plain[-1]}'" not in await asterisk.cli(f"dialplan show {ROGUE_CONTEXT}"):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)


async def call(asterisk: PrivateAsterisk, caller: str, dialled: str) -> tuple[int, str]:
    """The final status, and where the call came out."""
    await asterisk.cli("database deltree outside")
    async with SipClient(asterisk.sip, caller, f"secret{caller}") as client:
        answers = await client.invite(dialled, until=200)
    (final,) = [one for one in answers if one >= 200 and one != 401]
    answer = await asterisk.cli("database get outside number")
    return final, answer.partition("Value: ")[2].strip()


@pytest.mark.req("AR-09")
async def test_a_strange_phone_reaches_help_and_the_operator_and_nothing_else(
    pbx: tuple[PrivateAsterisk, PlainAsterisk],
) -> None:
    asterisk, running = pbx
    assert await call(asterisk, "8900", "911") == (200, "911")
    assert await call(asterisk, "8900", "9911") == (200, "911")
    assert await call(asterisk, "8900", "0") == (200, "operator")
    # Extensions, outside numbers, the lab's own, feature codes, pickup, voicemail, what the proxy asks for.
    inside = ("1001", "8901", "600", "*72", "*78", "*8", "*97", "*98", "sepbridge-forward-all")
    for dialled in (*inside, "912025550100", "112"):
        status, left = await call(asterisk, "8900", dialled)
        # *8 is Asterisk's own, before any dialplan: it finds no call to pick up, since the phone is in no group.
        assert (dialled, status, left) == (dialled, 403 if dialled == "*8" else 404, "")
    await declare(asterisk, running, "GB")
    assert await call(asterisk, "8900", "999") == (200, "999")
    assert await call(asterisk, "8900", "9999") == (200, "999")
    assert await call(asterisk, "8900", "112") == (200, "112")


@pytest.mark.req("AR-09")
async def test_whether_a_strange_phone_can_be_called_is_a_setting(pbx: tuple[PrivateAsterisk, PlainAsterisk]) -> None:
    asterisk, _ = pbx
    assert await call(asterisk, "1001", "8900") == (404, "")
    assert (await call(asterisk, "1001", "8901"))[0] == 480  # it is known, and not registered


@pytest.mark.req("AR-04")
@pytest.mark.req("AR-34")
async def test_asterisk_tells_its_own_extensions_and_calls(pbx: tuple[PrivateAsterisk, PlainAsterisk]) -> None:
    asterisk, running = pbx
    extensions = await running.extensions(("sepbridge-services", "sepbridge-codes", "sepbridge-custom"))
    assert {"1000", "1003", "_77XX", "*72", "600"} <= extensions.keys()
    settings = AutoregistrationSettings(range=NumberRange("1000", "1009"))
    found = overlaps(settings, (), (), PbxPlan(extensions=extensions))
    assert [str(each) for each in found] == ["extension of Asterisk 1000", "extension of Asterisk 1003"]
    assert await running.calls() == []
    await asterisk.cli("channel originate Local/600@sepbridge-custom application Wait 5")
    assert "600@sepbridge-custom" in await running.calls()

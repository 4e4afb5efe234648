"""Calls through compiled contexts on a real Asterisk: what leaves, under which number, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bridge.core import CallingSearchSpace, DiscardDigits, ReleaseCause, RoutePattern, TranslationPattern
from bridge.dialplan import EXTERNAL_VARIABLE, TRUNK_VARIABLE, DialledLine, SitePlan, context_name, context_of
from bridge.lab.asterisk import PrivateAsterisk
from tests.integration.sipclient import SipClient
from tests.integration.test_plain_asterisk import phone, service

OUTSIDE = """
[lab-outside]
exten => _[+0-9].,1,Set(DB(outside/number)=${EXTEN})
 same => n,Set(DB(outside/caller)=${CALLERID(num)})
 same => n,Answer()
 same => n,Wait(1)
"""
PLAN = SitePlan(
    {
        "Staff": CallingSearchSpace("Staff", ("Blocks", "Inside", "PSTN")),
        "Guest": CallingSearchSpace("Guest", ("Inside",)),
        "Outside": CallingSearchSpace("Outside", ("PSTN",)),
    },
    [DialledLine("1001", "Inside"), DialledLine("1002"), DialledLine("1005", "Inside"), DialledLine("1006", "Inside")],
    [
        RoutePattern(
            pattern="9.1[2-9]XXX",
            partition="PSTN",
            destination="lab-outside",
            discard_digits=DiscardDigits.PRE_DOT,
            prefix_digits="+1",
            use_external_mask=True,
        ),
        RoutePattern(
            pattern="9.011!#",
            partition="PSTN",
            destination="lab-outside",
            discard_digits=DiscardDigits.PRE_DOT,
            calling_mask="555XX",
        ),
        RoutePattern(pattern="9.19001", partition="Blocks", block=True, release_cause=ReleaseCause.CALL_REJECTED),
        RoutePattern(pattern="112", partition="Nowhere", destination="lab-outside", emergency=True),
        RoutePattern(pattern="55X", partition="PSTN", destination="local-route-group"),
        RoutePattern(pattern="1[2-9]XXXX", partition="PSTN", destination="lab-outside"),
        RoutePattern(pattern="1XXX", partition="PSTN", destination="lab-outside"),
    ],
    [
        TranslationPattern(pattern="8XXXX", partition="Inside", css="Outside", called_mask="1XXXX8"),
        TranslationPattern(pattern="7XXX", partition="Inside", use_originator_css=True),
    ],
)


VARIABLES = ((EXTERNAL_VARIABLE, "4930771003"), (TRUNK_VARIABLE, "lab-outside"))


@pytest.fixture
async def asterisk(make_asterisk: Callable[[], PrivateAsterisk]) -> AsyncIterator[PrivateAsterisk]:
    """With the plan, a phone of the staff (1003) and one of a guest (1004)."""
    async with make_asterisk() as asterisk:
        custom = asterisk.phones_directory / "custom.conf"
        custom.write_text(custom.read_text() + OUTSIDE)
        phones = [
            phone(1001, partition="Inside"),
            phone(1002),
            phone(1003, context=context_name("Staff", ""), variables=VARIABLES),
            phone(1004, context=context_name("Guest", "")),
            phone(1005, partition="Inside", forward_context=context_name("Guest", "")),
            phone(
                1006,
                partition="Inside",
                forward_context=context_name("Staff", ""),
                variables=((TRUNK_VARIABLE, "lab-outside"),),
            ),
        ]
        async with service(asterisk, phones) as (pbx, _):
            pbx.set_dial_plan([context_of(PLAN, css, "") for css in ("Staff", "Guest", "Outside")])
            deadline = asyncio.get_running_loop().time() + 10
            while "sepbridge-leave" not in await asterisk.cli(f"dialplan show {context_name('Staff', '')}"):
                assert asyncio.get_running_loop().time() < deadline
                await asyncio.sleep(0.05)
            yield asterisk


async def stored(asterisk: PrivateAsterisk, key: str) -> str:
    answer = await asterisk.cli(f"database get outside {key}")
    return answer.partition("Value: ")[2].strip()


CALLS = (
    ("1003", "912345", 200, "+112345", "4930771003"),
    ("1003", "9011441234", 200, "011441234", "55503"),
    ("1003", "9011441234#", 200, "011441234", "55503"),
    ("1003", "112", 200, "112", "1003"),
    ("1003", "557", 200, "557", "1003"),
    ("1003", "82345", 200, "182348", "1003"),
    ("1003", "1001", 480, "", ""),
    ("1003", "1999", 200, "1999", "1003"),
    ("1003", "1002", 480, "", ""),
    ("1003", "919001", 403, "", ""),
    ("1003", "901144*", 484, "", ""),
    ("1003", "7123", 603, "", ""),
    ("1003", "4711", 404, "", ""),
    ("1003", "600", 404, "", ""),
    ("1004", "112", 200, "112", "1004"),
    ("1004", "912345", 404, "", ""),
    ("1004", "1001", 480, "", ""),
    ("1004", "1999", 404, "", ""),
    ("1004", "82345", 200, "182348", "1004"),
)
"""Who calls what; what comes of it: the final status, the number that left, and the caller that was shown there."""


async def test_who_gets_where(asterisk: PrivateAsterisk) -> None:
    for caller, dialled, status, number, shown in CALLS:
        await asterisk.cli("database deltree outside")
        async with SipClient(asterisk.sip, caller, f"secret{caller}") as client:
            answers = await client.invite(dialled, until=200)
        final = [one for one in answers if one >= 200 and one != 401]
        left = await stored(asterisk, "number"), await stored(asterisk, "caller")
        assert (caller, dialled, final, *left) == (caller, dialled, [status], number, shown)


@pytest.mark.parametrize("family", ["CF", "CFU", "CFB"])
async def test_a_forward_leads_where_the_forwarding_line_may_go(asterisk: PrivateAsterisk, family: str) -> None:
    """1005 is forwarded with a guest's rights, 1006 with those of the staff; neither answers."""
    found = []
    for line in ("1005", "1006"):
        await asterisk.cli(f"database put {family} {line} 912345")
        if family == "CFB":
            await asterisk.cli(f"database put DND {line} YES")  # which makes it busy
    try:
        for caller in ("1003", "1004"):
            for line in ("1005", "1006"):
                await asterisk.cli("database deltree outside")
                async with SipClient(asterisk.sip, caller, f"secret{caller}") as client:
                    answers = await client.invite(line, until=200)
                final = [one for one in answers if one >= 200 and one != 401]
                found.append((caller, line, final, await stored(asterisk, "number")))
    finally:
        for line in ("1005", "1006"):
            await asterisk.cli(f"database del {family} {line}")
            await asterisk.cli(f"database del DND {line}")
    assert found == [
        ("1003", "1005", [404], ""),  # although this caller may dial it himself
        ("1003", "1006", [200], "+112345"),
        ("1004", "1005", [404], ""),
        ("1004", "1006", [200], "+112345"),  # although this one may not
    ]


async def test_a_forward_leaves_by_the_trunk_of_the_line_where_the_caller_has_none(asterisk: PrivateAsterisk) -> None:
    """Who calls from outside has none; the pool of somebody inside decides for his calls, as on CUCM by default."""
    await asterisk.cli("database put CF 1006 9011441234")
    found = []
    for caller in ("1003", "1004"):
        await asterisk.cli("database deltree outside")
        async with SipClient(asterisk.sip, caller, f"secret{caller}") as client:
            answers = await client.invite("1006", until=200)
        found.append((caller, [one for one in answers if one >= 200 and one != 401], await stored(asterisk, "number")))
    await asterisk.cli("database del CF 1006")
    assert found == [("1003", [200], "011441234"), ("1004", [200], "011441234")]

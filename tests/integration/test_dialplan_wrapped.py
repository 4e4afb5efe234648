"""The site's contexts go before a dial plan that is shaped like FreePBX's, and never take its place.

The shape is FreePBX's (its reference, section 2): ``from-internal`` includes ``from-internal-xfer`` and a context for
wrong numbers; that one includes the admin's own, and what is generated, with extensions, codes and outbound routes in
contexts of their own. FreePBX's programs are not needed to show where a call comes out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from bridge.app.admission.roguepool import ROGUE_CONTEXT, EmergencyList, RogueReach
from bridge.core import CallingSearchSpace, DiscardDigits, ReleaseCause, RoutePattern, TranslationPattern
from bridge.dialplan import DialledLine, SitePlan, context_name, context_of
from bridge.lab.asterisk import PrivateAsterisk
from tests.integration.sipclient import SipClient
from tests.integration.test_plain_asterisk import phone, service

FREEPBX = """
[from-internal]
include => from-internal-xfer
include => bad-number

[from-internal-xfer]
include => from-internal-custom
include => from-internal-additional
exten => h,1,NoOp(hung up)

[from-internal-custom]
exten => 7000,1,Gosub(came-out,s,1(custom 7000))

[from-internal-additional]
include => app-calltrace
include => ext-local
include => ext-group
include => outbound-allroutes

[app-calltrace]
exten => *69,1,Gosub(came-out,s,1(code *69))

[ext-local]
exten => 1001,1,Set(__RINGTIMER=15)
 same => n,GotoIf($["${CALLERID(num)}" = ""]?nobody)
 same => n,Goto(here)
 same => n(nobody),Hangup(21)
 same => n(here),Gosub(came-out,s,1(extension 1001))
exten => 1005,1,Gosub(came-out,s,1(extension 1005))
exten => 1001,hint,PJSIP/1001

[ext-group]
exten => 600,1,Gosub(came-out,s,1(ring group 600))

[outbound-allroutes]
include => outrt-1

[outrt-1]
exten => _9.,1,Gosub(came-out,s,1(route ${EXTEN:1}))

[bad-number]
exten => _X.,1,Gosub(came-out,s,1(bad number ${EXTEN}))
exten => _*.,1,Gosub(came-out,s,1(bad number ${EXTEN}))

[came-out]
exten => s,1,Set(DB(came/out)=${ARG1})
 same => n,Answer()
 same => n,Wait(1)
 same => n,Hangup()

[lab-outside]
exten => _[+0-9].,1,Gosub(came-out,s,1(trunk ${EXTEN}))
"""
PLAN = SitePlan(
    {
        "Staff": CallingSearchSpace("Staff", ("Blocks", "PSTN")),
        "Lobby": CallingSearchSpace("Lobby", ("No outside",)),
        "Outside": CallingSearchSpace("Outside", ("PSTN",)),
    },
    [DialledLine("1001")],
    [
        RoutePattern(
            pattern="9.1[2-9]XXX", partition="PSTN", destination="lab-outside", discard_digits=DiscardDigits.PRE_DOT
        ),
        RoutePattern(pattern="9.1900", partition="Blocks", block=True, release_cause=ReleaseCause.CALL_REJECTED),
        RoutePattern(pattern="*69", partition="Blocks", block=True, release_cause=ReleaseCause.CALL_REJECTED),
        RoutePattern(pattern="9!", partition="No outside", block=True, release_cause=ReleaseCause.CALL_REJECTED),
        RoutePattern(pattern="100X", partition="PSTN", destination="lab-outside"),
        RoutePattern(
            pattern="8.XXX", partition="PSTN", destination="from-internal", discard_digits=DiscardDigits.PRE_DOT
        ),
        RoutePattern(pattern="112", destination="lab-outside", emergency=True),
    ],
    [
        TranslationPattern(pattern="0!", partition="PSTN", css="Outside", prefix_digits="9"),
        TranslationPattern(pattern="5XX", partition="PSTN", use_originator_css=True, called_mask="6XX"),
    ],
)
STAFF, LOBBY, STRANGE = "1003", "1004", "8900"
CALLS = (
    (STAFF, "1001", 200, "extension 1001"),  # ours, and the closest match although the plan has 100X
    (STAFF, "1005", 200, "trunk 1005"),  # FreePBX's, which the plan does not know: its 100X goes before
    (STAFF, "600", 200, "ring group 600"),
    (STAFF, "7000", 200, "custom 7000"),
    (STAFF, "912345", 200, "trunk 12345"),
    (STAFF, "955512", 200, "route 55512"),
    (STAFF, "91900", 403, ""),
    (STAFF, "91901", 200, "route 1901"),
    (STAFF, "*69", 403, ""),
    (STAFF, "8600", 200, "ring group 600"),
    (STAFF, "0551234", 200, "route 0551234"),
    (STAFF, "500", 200, "ring group 600"),
    (STAFF, "4711", 200, "bad number 4711"),
    (STAFF, "112", 200, "trunk 112"),
    (LOBBY, "1001", 200, "extension 1001"),
    (LOBBY, "1005", 200, "extension 1005"),
    (LOBBY, "*69", 200, "code *69"),
    (LOBBY, "955512", 403, ""),
    (LOBBY, "912345", 403, ""),
    (LOBBY, "112", 200, "trunk 112"),
    (STRANGE, "911", 200, "trunk 911"),
    (STRANGE, "0", 200, "extension 1001"),
    (STRANGE, "1001", 404, ""),
    (STRANGE, "600", 404, ""),
    (STRANGE, "955512", 404, ""),
    (STRANGE, "*69", 404, ""),
)
"""Who dials what, the final status, and where the call comes out."""


@dataclass(frozen=True)
class Lab:
    """Asterisk with the shape of FreePBX and the site's contexts."""

    asterisk: PrivateAsterisk

    async def call(self, caller: str, dialled: str) -> tuple[int, str]:
        """The final status, and where the call came out."""
        await self.asterisk.cli("database deltree came")
        async with SipClient(self.asterisk.sip, caller, f"secret{caller}") as client:
            answers = await client.invite(dialled, until=200)
        (final,) = [one for one in answers if one >= 200 and one != 401]
        answer = await self.asterisk.cli("database get came out")
        return final, answer.partition("Value: ")[2].strip()


@pytest.fixture
async def lab(make_asterisk: Callable[[], PrivateAsterisk]) -> AsyncIterator[Lab]:
    async with make_asterisk() as asterisk:
        custom = asterisk.phones_directory / "custom.conf"
        custom.write_text(custom.read_text() + FREEPBX)
        phones = [
            phone(1003, context=context_name("Staff", "")),
            phone(1004, context=context_name("Lobby", "")),
            phone(8900, context=ROGUE_CONTEXT, partition="Rogue"),
        ]
        async with service(asterisk, phones) as (pbx, _):
            strange = RogueReach(EmergencyList(("911",)), "0", "1001", trunk="lab-outside", custom="sepbridge-custom")
            contexts = [context_of(PLAN, css, "", wraps="from-internal") for css in ("Staff", "Lobby", "Outside")]
            pbx.set_dial_plan([*contexts, strange.context([], [], "from-internal", numbers="from-internal")])
            deadline = asyncio.get_running_loop().time() + 10
            while "'911'" not in await asterisk.cli(f"dialplan show {ROGUE_CONTEXT}"):
                assert asyncio.get_running_loop().time() < deadline
                await asyncio.sleep(0.05)
            yield Lab(asterisk)


@pytest.mark.req("AR-09")
async def test_the_plan_goes_first_and_freepbx_decides_the_rest(lab: Lab) -> None:
    found = [(caller, dialled, *await lab.call(caller, dialled)) for caller, dialled, *_ in CALLS]
    assert found == list(CALLS)


async def test_what_is_wrapped_stays_as_it_was(lab: Lab) -> None:
    shown = await lab.asterisk.cli("dialplan show from-internal")
    assert "sepbridge" not in shown
    assert "from-internal" in await lab.asterisk.cli(f"dialplan show {context_name('Staff', '')}")

"""The codes that users dial, on the real Asterisk: what they do, and that the admin's numbers go first."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bridge.core.events import PhoneAdmitted
from bridge.lab.phoneevents import AudioHeard, CallAnswered, CallEnded
from bridge.lab.testbed import Testbed, running_testbed
from bridge.pbx.featurecodes import DEFAULT_CODES
from bridge.pbx.install import InstallSettings, apply, plan
from tests.e2e.conftest import Shelf, Watch, come_up


async def reloaded(bed: Testbed) -> None:
    """The dialplan is read anew, and done being read."""
    await bed.asterisk.cli("dialplan reload")


async def leads_to(bed: Testbed, number: str) -> str:
    """The context in which a number is found that is dialled in the phones' context."""
    shown = await bed.asterisk.cli(f"dialplan show {number}@sepbridge-phones")
    return next((line.split("'")[1] for line in shown.splitlines() if "ontext '" in line), "")


async def test_echo_last_caller_and_own_number(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        one, two = shelf.take(bed, "8841"), shelf.take(bed, "7961")
        await come_up(one, two)
        numbers = {event.device: event.number for event in watch.of(PhoneAdmitted)}

        one.call("*43")
        await one.wait_for(CallAnswered)
        # First the announcement is heard, then the own tone.
        async with asyncio.timeout(40):
            while (await one.wait_for(AudioHeard, within=30)).frequency != one.tone:
                pass
        one.hang_up()
        await one.wait_for(CallEnded)

        # Nobody has called yet.
        two.call("*69")
        await two.wait_for(CallAnswered)
        await two.wait_for(CallEnded, within=20)

        one.call(numbers[two.device])
        await one.wait_for(CallAnswered)
        await two.wait_for(CallAnswered)
        one.hang_up()
        await one.wait_for(CallEnded)
        await two.wait_for(CallEnded)
        family = await bed.asterisk.cli(f"database get CALLTRACE {numbers[two.device]}")
        assert numbers[one.device] in family

        two.call("*69")
        await two.wait_for(CallAnswered)
        # Who called is said, digit by digit; the key may come at any time while he is asked for it.
        called_back = asyncio.create_task(one.wait_for(CallAnswered, within=30))
        while not called_back.done():
            two.press_keys("1")
            await asyncio.wait({called_back}, timeout=1.0)
        await called_back
        two.hang_up()

        two_says = await leads_to(bed, "*65")
        assert two_says == "sepbridge-information-codes"


async def test_the_admin_goes_first_and_what_is_off_is_gone() -> None:
    async with running_testbed() as bed:
        for code in ("*43", "*60", "*65", "*69", "*72", "*78", "*97", "*98", "*981001", "*8", "**1001", "*801001"):
            assert (await leads_to(bed, code)).startswith("sepbridge-"), code
        custom = bed.asterisk.phones_directory / "custom.conf"
        custom.write_text(custom.read_text() + "exten => *60,1,Hangup(17)\nexten => *78,1,Hangup(17)\n")
        await reloaded(bed)
        assert await leads_to(bed, "*60") == "sepbridge-custom"
        assert await leads_to(bed, "*78") == "sepbridge-custom"

        codes = replace(DEFAULT_CODES, echo_test="", forward_all_on="*21")
        apply(plan(bed.asterisk.etc, InstallSettings(secret="0123456789abcdef", codes=codes)))
        await reloaded(bed)
        assert await leads_to(bed, "*43") == ""
        assert await leads_to(bed, "*72") == ""
        assert await leads_to(bed, "*211001") == "sepbridge-forward-codes"

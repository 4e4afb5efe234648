"""A site whose dial plan cannot be written down: its phones reach each other and help. Whole node, real Asterisk."""

from __future__ import annotations

import json

from bridge.core import RoutePattern
from bridge.lab.phoneevents import CallAnswered, CallEnded
from tests.e2e.desks import office
from tests.e2e.programs import run


async def test_phones_of_a_plan_with_an_error_call_each_other_and_help() -> None:
    async with office() as desks:
        service, asterisk = desks.bed.service, desks.bed.asterisk
        with (asterisk.phones_directory / "custom.conf").open("a", encoding="utf-8") as custom:
            custom.write("\n[sepbridge-custom](+)\nexten => 911,1,Answer()\n same => n,Wait(30)\n")
        await asterisk.cli("dialplan reload")
        # As an older version took them: equally close, and in no partition, so that they concern every phone.
        with service.store.write() as work:
            for pattern in ("99[5-6]", "99[6-7]"):
                work.objects.patterns.save(RoutePattern(pattern=pattern, destination=f"trunk{pattern[-2]}"))
            work.commit()
        await service.refresh()
        config = ("--config", str(desks.bed.config))
        found = json.loads(await run(*config, "site", "check", "--json", code=1))["findings"]
        assert "dial_plan_error" in {each["code"] for each in found}
        one, two = await desks.registered("7961"), await desks.registered("7942")
        for dialled in (two.number, "911"):
            one.call(dialled)
            await one.wait_for(CallAnswered)
            one.hang_up()
            await one.wait_for(CallEnded)
        one.call("996")
        await one.wait_for(CallEnded)
        await desks.nothing_is_left()
        await run(*config, "site", "patterns", "remove", "99[6-7]", "--yes")
        assert "dial_plan_error" not in await run(*config, "site", "check", "--json")

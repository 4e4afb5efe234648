"""What is written down of calls on a stock Asterisk: on the journey, in the database, and by the command."""

from __future__ import annotations

import asyncio
import json

from bridge.core import CallRecord
from bridge.core.events import CallMeasured
from bridge.lab.sccpphone import SccpPhone
from tests.e2e.desks import Desks, office, seen_on
from tests.e2e.listening import hear_each_other
from tests.e2e.programs import PROGRAM


def records(desks: Desks, phone: SccpPhone) -> list[CallRecord]:
    """The records of a phone."""
    with desks.bed.service.store.read() as work:
        return list(work.calls.newest(devices=[phone.device]))


async def written(desks: Desks, phone: SccpPhone, count: int) -> CallRecord:
    """Wait for so many records; the newest."""
    for _ in range(400):
        found = await asyncio.to_thread(records, desks, phone)
        if len(found) == count:
            return found[-1]
        await asyncio.sleep(0.025)
    raise AssertionError(f"{len(found)} records, not {count}: {found}")


async def command(desks: Desks, *words: str) -> dict[str, list[dict[str, object]]]:
    """What ``sepbridge calls --json`` prints."""
    run = [*PROGRAM, "--config", str(desks.bed.config), "calls", "--json", *words]
    process = await asyncio.create_subprocess_exec(*run, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    assert process.returncode == 0
    shown: dict[str, list[dict[str, object]]] = json.loads(printed)
    return shown


async def test_both_phones_of_a_call_have_a_record() -> None:
    async with office() as desks:
        alice = await desks.registered("7961")
        bob = await desks.registered("7942")
        alice.call(bob.number)
        await hear_each_other(alice, bob)
        alice.hang_up()
        await desks.nothing_is_left()
        for phone, other, outgoing in ((alice, bob, True), (bob, alice, False)):
            record = await written(desks, phone, 1)
            assert (record.line, record.number, record.outgoing) == (phone.number, other.number, outgoing)
            assert record.answered is not None
            assert record.started <= record.answered < record.ended
            assert record.codec == "ulaw"
            assert record.status == 0
            (measured,) = desks.watch.of(CallMeasured, phone.device)
            assert record.quality is not None
            assert (record.quality.sent, record.quality.received) == (measured.sent, measured.received)
            assert record.quality.received > 0
            assert record.quality.lost == measured.lost == 0
            assert record.quality.jitter == measured.jitter

        # A number that is busy.
        alice.call("603")
        await seen_on(alice, lambda: alice.view.tone == "line busy")
        alice.hang_up()
        await desks.nothing_is_left()
        record = await written(desks, alice, 2)
        assert (record.number, record.answered, record.status) == ("603", None, 486)

        shown = (await command(desks))["calls"]
        assert len(shown) == 3
        of_bob = (await command(desks, "--phone", bob.number, "--since", "10m"))["calls"]
        assert [each["device"] for each in of_bob] == [bob.device.value]
        assert of_bob[0]["direction"] == "in"
        assert (await command(desks, "--since", "2099-01-01"))["calls"] == []

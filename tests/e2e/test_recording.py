"""Recording and the mark of a malicious call on a stock Asterisk."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

from bridge.app.settings import SccpSettings
from bridge.core import SignallingProtocol
from bridge.core.events import CallRecorded, MaliciousCallMarked
from bridge.core.g711 import SAMPLE_RATE
from bridge.lab.g711 import PACKET_SAMPLES, ToneHeard, ToneListener
from bridge.lab.phoneevents import CallEnded
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import TestbedWishes
from tests.e2e.desks import Desks, office, polled, seen_on
from tests.e2e.listening import hear_each_other, until


async def file_of(desks: Desks, phone: SccpPhone, *, count: int = 1) -> Path:
    """The newest recording of the phone."""
    recorded = await desks.watch.seen(CallRecorded, phone.device, count=count)
    (found,) = desks.bed.asterisk.directory.rglob(Path(recorded[-1].file).name)
    return found


async def monitors(desks: Desks) -> int:
    """How many recordings run in Asterisk."""
    shown = await desks.bed.asterisk.cli("core show channels concise")
    names = [line.split("!")[0] for line in shown.splitlines() if "!" in line]
    lists = [await desks.bed.asterisk.cli(f"mixmonitor list {name}") for name in names]
    return sum(each.count("/sepbridge/") for each in lists)


async def runs(desks: Desks, count: int) -> None:
    """Wait until so many recordings run."""

    async def reached() -> bool:
        return await monitors(desks) == count

    await polled(reached)


def seconds(file: Path) -> float:
    """How long a recording is."""
    with wave.open(str(file)) as sound:
        return sound.getnframes() / sound.getframerate()


async def test_on_demand_and_automatic() -> None:
    async with office() as desks:
        alice = await desks.registered("7961")
        bob = await desks.registered("7942")
        await desks.change_line(bob, recording="on-demand")
        alice.call(bob.number)
        await hear_each_other(alice, bob)
        assert "Record" in bob.view.soft_keys
        assert "Record" not in alice.view.soft_keys
        assert await monitors(desks) == 0
        bob.press_soft_key("Record")
        await seen_on(bob, lambda: bob.view.status == "Recording")
        await runs(desks, 1)
        await hear_each_other(alice, bob)
        first = await file_of(desks, bob)
        bob.press_soft_key("Record")
        await seen_on(bob, lambda: bob.view.status == "Connected")
        await runs(desks, 0)
        assert seconds(first) > 0.2
        await hear_each_other(alice, bob)
        bob.press_soft_key("Record")
        await runs(desks, 1)
        alice.hang_up()  # the end of the call is that of its recording
        await bob.wait_for(CallEnded)
        await desks.nothing_is_left()
        second = await file_of(desks, bob, count=2)
        assert second != first
        assert bob.number in second.name
        assert alice.number in second.name

        await desks.change_line(bob, recording="automatic")
        bob.call(alice.number)
        await seen_on(bob, lambda: bob.view.status == "Recording")
        await runs(desks, 1)
        await hear_each_other(alice, bob)
        bob.hang_up()
        await desks.nothing_is_left()


async def test_a_malicious_call_is_marked() -> None:
    async with office() as desks:
        alice = await desks.registered("7961")
        bob = await desks.registered("7942")
        alice.call(bob.number)
        await hear_each_other(alice, bob)
        assert "MCID" in bob.view.soft_keys
        assert "MCID" not in alice.view.soft_keys
        bob.press_soft_key("MCID")
        (marked,) = await desks.watch.seen(MaliciousCallMarked, bob.device)
        assert (marked.called, marked.number) == (bob.number, alice.number)
        await seen_on(bob, lambda: bob.view.tone == "confirmation" and bob.view.status == "Malicious call ID")
        assert alice.view.tone == ""
        await hear_each_other(alice, bob)
        alice.hang_up()
        await desks.nothing_is_left()


class Beeps(ToneListener):
    """Looks at every packet: a beep is shorter than the pauses of a listener who looks now and then."""

    def __init__(self, tone: int) -> None:
        super().__init__(every=2)
        self._tone = tone
        self._packets = 0
        self._last = -SAMPLE_RATE
        self.at: list[float] = []
        """When each beep began, in seconds of sound."""

    def listen(self, payload: bytes) -> ToneHeard | None:
        """Whatever is heard besides the other side's pure tone is a beep; half a second without it ends it."""
        heard = super().listen(payload)
        self._packets += 1
        if self._packets % 2 == 0 and self.is_audible and self.share_of(self._tone) < 0.9:
            now = self._packets * PACKET_SAMPLES
            if now - self._last > SAMPLE_RATE / 2:
                self.at.append(now / SAMPLE_RATE)
            self._last = now
        return heard


def beeps_at(phone: SccpPhone, other: SccpPhone) -> Beeps:
    """Listen for beeps at a phone that talks with another one."""
    call = phone.current_call
    assert call is not None
    assert call.media is not None
    call.media.receiver.listener = beeps = Beeps(other.tone)
    return beeps


async def test_both_sides_hear_that_they_are_recorded() -> None:
    """Two phones play a pure tone each; a beep is what else is heard."""
    every = 10
    wishes = TestbedWishes(protocol=SignallingProtocol.SCCP, sccp=SccpSettings(recording_beep=every))
    async with office(wishes) as desks:
        alice = await desks.registered("7961")
        bob = await desks.registered("7942")
        await desks.change_line(bob, recording="on-demand")
        alice.call(bob.number)
        await hear_each_other(alice, bob)
        both = beeps_at(alice, bob), beeps_at(bob, alice)
        await asyncio.sleep(2)  # not recorded yet: nothing comes
        assert [each.at for each in both] == [[], []]
        bob.press_soft_key("Record")
        await runs(desks, 1)
        await until(lambda: all(each.at for each in both), lambda: str([each.at for each in both]))
        assert [len(each.at) for each in both] == [1, 1]
        assert abs(both[0].at[0] - both[1].at[0]) < 0.5
        bob.press_soft_key("Record")
        await runs(desks, 0)
        await asyncio.sleep(every + 1)
        assert [len(each.at) for each in both] == [1, 1]
        bob.hang_up()
        await desks.nothing_is_left()

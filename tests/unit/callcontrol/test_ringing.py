"""How calls ring: by what the PBX names, by line, idle and busy, and on a line that is not to be disturbed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.callcontrol import CallSettings
from bridge.callcontrol.events import LineFeaturesRead
from bridge.callcontrol.ringing import Ring, named_ring
from bridge.core import DndAlert, DndMode, LineFeatures, RingKind, RingSetting
from bridge.sccp import LampMode, RingDuration, RingMode, SetRinger, SoftKeyEventType, StimulusType, Tone
from bridge.sip import Call
from bridge.sip.message import Header
from tests.sccpbench import PBX_MEDIA, PROFILE, Bench
from tests.sccpfloor import Floor, Kind

ONCE = RingDuration.SINGLE
AGAIN = RingDuration.NORMAL


def bench_with(*, settings: CallSettings | None = None, **line: object) -> Bench:
    """A phone whose first line has these settings."""
    first = replace(PROFILE.lines[0], **line)  # type: ignore[arg-type]  # fields of a line
    return Bench(profile=replace(PROFILE, lines=(first, *PROFILE.lines[1:])), settings=settings)


def rung(bench: Bench, alert_info: str = "", line: int = 1) -> tuple[RingMode, RingDuration]:
    """A call from the PBX with this Alert-Info; how the ringer sounds."""
    call(bench, alert_info, line)
    sounds = [each for each in bench.station.take(SetRinger) if each.call_ref == bench.ref]
    return sounds[-1].mode, sounds[-1].duration


def call(bench: Bench, alert_info: str = "", line: int = 1) -> Call:
    """The PBX calls."""
    headers = [Header("Alert-Info", alert_info)] if alert_info else []
    number = bench.profile.lines[line - 1].number
    made = bench.pbxs[line - 1].agent.call(number, PBX_MEDIA, headers=headers, now=bench.now)
    bench.settle()
    return made


@pytest.mark.parametrize(
    ("alert_info", "mode", "duration"),
    [
        ("", RingMode.INSIDE, AGAIN),
        ("<http://127.0.0.1/Bellcore-dr2>", RingMode.OUTSIDE, AGAIN),
        ("Bellcore-dr3", RingMode.FEATURE, AGAIN),
        ("<http://127.0.0.1/Bellcore-dr5>", RingMode.INSIDE, ONCE),
        ("<http://pbx>;info=external", RingMode.OUTSIDE, AGAIN),
        ("info=ring-feature", RingMode.FEATURE, AGAIN),
        ("<Flashonly-Ring>", RingMode.SILENT, AGAIN),
        ("Precedence-Ring", RingMode.URGENT, AGAIN),
        ("<http://127.0.0.1/externality>", RingMode.INSIDE, AGAIN),
        ("x" * 3000, RingMode.INSIDE, AGAIN),
    ],
)
def test_the_pbx_names_a_ring(alert_info: str, mode: RingMode, duration: RingDuration) -> None:
    assert rung(Bench(), alert_info) == (mode, duration)


def test_no_name_is_no_ring_of_its_own() -> None:
    assert named_ring("") is None
    assert named_ring("Bellcore-dr1") == Ring()


def test_a_line_has_a_ring_of_its_own_unless_the_pbx_names_one() -> None:
    bench = bench_with(ring_kind=RingKind.OUTSIDE)
    assert rung(bench) == (RingMode.OUTSIDE, AGAIN)
    assert rung(bench, line=2) == (RingMode.INSIDE, AGAIN)
    assert rung(bench, "Bellcore-dr3") == (RingMode.FEATURE, AGAIN)


@pytest.mark.parametrize(
    ("setting", "mode", "duration"),
    [
        (RingSetting.RING, RingMode.INSIDE, AGAIN),
        (RingSetting.RING_ONCE, RingMode.INSIDE, ONCE),
        (RingSetting.FLASH, RingMode.SILENT, AGAIN),
        (RingSetting.BEEP, RingMode.INSIDE, ONCE),
        (RingSetting.DISABLED, RingMode.OFF, AGAIN),
    ],
)
def test_idle(setting: RingSetting, mode: RingMode, duration: RingDuration) -> None:
    bench = bench_with(ring_idle=setting)
    assert rung(bench) == (mode, duration)
    assert bench.station.lamps[StimulusType.LINE, 1] is LampMode.BLINK
    assert bench.station.prompts[bench.ref] == "From 600"


@pytest.mark.parametrize(
    ("setting", "mode", "duration", "tone"),
    [
        (RingSetting.RING, RingMode.INSIDE, AGAIN, None),
        (RingSetting.RING_ONCE, RingMode.INSIDE, ONCE, None),
        (RingSetting.FLASH, RingMode.SILENT, AGAIN, None),
        (RingSetting.BEEP, RingMode.SILENT, AGAIN, Tone.CALL_WAITING),
        (RingSetting.DISABLED, RingMode.OFF, AGAIN, None),
    ],
)
def test_busy(setting: RingSetting, mode: RingMode, duration: RingDuration, tone: Tone | None) -> None:
    bench = bench_with(ring_busy=setting)
    bench.talk()
    talking = bench.ref
    assert rung(bench) == (mode, duration)
    assert bench.station.tones.get(talking) is tone
    bench.press(SoftKeyEventType.END_CALL, 1, talking)
    # Nobody is in a call any more: it rings as on an idle phone.
    assert bench.station.rings[bench.ref] is RingMode.INSIDE
    assert bench.station.tones == {}


@pytest.mark.parametrize(
    ("alert", "mode", "tone"),
    [
        (DndAlert.DEFAULT, RingMode.SILENT, None),
        (DndAlert.FLASH, RingMode.SILENT, None),
        (DndAlert.NONE, RingMode.OFF, None),
        (DndAlert.BEEP, RingMode.SILENT, Tone.CALL_WAITING),
    ],
)
def test_not_to_be_disturbed(alert: DndAlert, mode: RingMode, tone: Tone | None) -> None:
    bench = bench_with(settings=CallSettings(dnd_alert=alert), ring_busy=RingSetting.RING)
    bench.phone.tell(LineFeaturesRead("1001", LineFeatures(dnd=DndMode.SILENT)), now=bench.now)
    bench.settle()
    waiting = call(bench, "Bellcore-dr2")
    assert bench.station.rings[bench.ref] is mode
    assert bench.station.tones == {}
    bench.pbxs[0].agent.hang_up(waiting, now=bench.now)
    bench.settle()
    bench.talk()
    talking = bench.ref
    assert rung(bench, "Bellcore-dr2")[0] is mode
    assert bench.station.tones.get(talking) is tone


def test_each_phone_of_a_shared_line_rings_by_its_own_settings() -> None:
    line = PROFILE.lines[0]
    floor = Floor(Kind(lines=(line,)), Kind(lines=(replace(line, ring_idle=RingSetting.FLASH),)))
    floor.ring()
    loud, quiet = floor.places
    assert (loud.rings, quiet.rings) == (True, False)
    assert quiet.lamp() is LampMode.BLINK
    quiet.lift()
    assert not loud.rings
    floor.agree()

"""The Record key, automatic recording, and the mark of a malicious call."""

from __future__ import annotations

from dataclasses import replace

from bridge.callcontrol.events import MaliciousCallMarked, RecordingChanged, StartRecording, StopRecording
from bridge.core import RecordingOption
from bridge.sccp import SoftKeyEventType, SoftKeySetIndex, StimulusType, Tone
from bridge.sccp.softkeyplan import DEFAULT_SETS
from tests.sccpbench import PROFILE, Bench

K = SoftKeyEventType


def bench_with(recording: RecordingOption) -> Bench:
    """A phone whose first line has this setting."""
    first = replace(PROFILE.lines[0], recording=recording)
    return Bench(profile=replace(PROFILE, lines=(first, *PROFILE.lines[1:])))


def shows(bench: Bench, key: SoftKeyEventType) -> bool:
    """Whether the key is shown for the newest call."""
    shown = bench.station.softkeys[bench.ref]
    assert shown.set is SoftKeySetIndex.CONNECTED
    profile = bench.session.profile
    assert profile is not None
    (events,) = [each.events for each in profile.softkeys.sets if each.state is SoftKeySetIndex.CONNECTED]
    return bool(shown.valid_mask >> events.index(key) & 1)


def recorded(bench: Bench, *, on: bool, failed: bool = False) -> None:
    """The application's answer."""
    bench.phone.tell(RecordingChanged(bench.ref, on=on, file="x/1.wav" if on else "", failed=failed), now=bench.now)
    bench.settle()


def test_on_demand() -> None:
    bench = bench_with(RecordingOption.ON_DEMAND)
    bench.talk()
    ref = bench.ref
    assert bench.reported(StartRecording) == []
    assert shows(bench, K.RECORD)
    bench.press(K.RECORD, 1, ref)
    (asked,) = bench.reported(StartRecording)
    assert bench.phone.calls[0].sip is not None
    assert (asked.call_ref, asked.sip_call_id) == (ref, bench.phone.calls[0].sip.call_id)
    assert (asked.line, asked.number) == ("1001", "600")
    bench.press(K.RECORD, 1, ref)  # pressed twice: the PBX has not answered yet
    assert len(bench.reported(StartRecording)) == 1
    assert bench.station.prompts[ref] == "Connected"
    recorded(bench, on=True)
    assert bench.station.prompts[ref] == "Recording"
    bench.press(K.HOLD, 1, ref)
    bench.press(K.RESUME, 1, ref)
    assert bench.station.prompts[ref] == "Recording"
    bench.press(K.RECORD, 1, ref)
    assert bench.reported(StopRecording) == [StopRecording(ref)]
    recorded(bench, on=False)
    assert bench.station.prompts[ref] == "Connected"
    bench.press(K.END_CALL, 1, ref)
    recorded(bench, on=True)  # too late: there is no such call
    bench.at_rest()


def test_what_does_not_come_about_is_told_and_may_be_tried_again() -> None:
    bench = bench_with(RecordingOption.ON_DEMAND)
    bench.talk()
    bench.press(K.RECORD, 1, bench.ref)
    bench.notified()
    recorded(bench, on=False, failed=True)
    assert bench.notified() == ["Recording failed"]
    bench.press(K.RECORD, 1, bench.ref)
    assert len(bench.reported(StartRecording)) == 2


def test_automatic_begins_with_the_answer_and_once() -> None:
    for incoming in (False, True):
        bench = bench_with(RecordingOption.AUTOMATIC)
        if incoming:
            bench.ring()
            assert bench.reported(StartRecording) == []
            bench.lift()
        else:
            bench.talk()
        assert len(bench.reported(StartRecording)) == 1
        recorded(bench, on=False, failed=True)
        bench.press(K.HOLD, 1, bench.ref)
        bench.press(K.RESUME, 1, bench.ref)
        assert len(bench.reported(StartRecording)) == 1


def test_no_key_where_a_line_is_not_to_be_recorded() -> None:
    bench = Bench()
    bench.talk()
    assert not shows(bench, K.RECORD)
    bench.press(K.RECORD, 1, bench.ref)
    assert bench.reported(StartRecording) == []
    assert bench.notified()[-1:] == ["Key is not active"]


def test_the_key_is_in_callmanagers_set() -> None:
    (events,) = [each.events for each in DEFAULT_SETS if each.state is SoftKeySetIndex.CONNECTED]
    assert {K.RECORD, K.MALICIOUS_CALL} <= set(events)


def test_a_malicious_call_is_marked_once_with_the_callers_data() -> None:
    bench = Bench()
    bench.ring(name="Mallory", number="2002")
    bench.lift()
    ref = bench.ref
    assert shows(bench, K.MALICIOUS_CALL)
    bench.notified()
    bench.press(K.MALICIOUS_CALL, 1, ref)
    assert bench.station.tones[ref] is Tone.CONFIRMATION
    assert bench.notified() == ["Malicious call ID"]
    bench.push(StimulusType.MALICIOUS_CALL)
    sip = bench.phone.calls[0].sip
    assert sip is not None
    assert bench.reported(MaliciousCallMarked) == [MaliciousCallMarked(ref, 1, "1001", "2002", "Mallory", sip.call_id)]
    bench.press(K.END_CALL, 1, ref)
    bench.at_rest()


def test_nobody_marks_a_call_of_his_own_or_none() -> None:
    bench = Bench()
    bench.push(StimulusType.MALICIOUS_CALL)
    bench.talk()
    assert not shows(bench, K.MALICIOUS_CALL)
    bench.press(K.MALICIOUS_CALL, 1, bench.ref)
    assert bench.reported(MaliciousCallMarked) == []

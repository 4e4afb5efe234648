"""Forwards and do-not-disturb at the phone: asked of the PBX, shown as the PBX has them."""

from __future__ import annotations

import pytest

from bridge.callcontrol import CallSettings, PhoneCallState
from bridge.callcontrol.events import ChangeDnd, ChangeForward, LineChangeFailed, LineFeaturesRead
from bridge.core import DndMode, ForwardKind, LineFeatures
from bridge.sccp import DeviceType, ForwardStat, LampMode, RingMode, SoftKeyEventType, StimulusType
from bridge.sip import IncomingCall
from tests.sccpbench import Bench

K = SoftKeyEventType


def tell(bench: Bench, features: LineFeatures, number: str = "1001") -> None:
    """What the application read of the PBX."""
    bench.phone.tell(LineFeaturesRead(number, features), now=bench.now)
    bench.settle()


def changes(bench: Bench) -> list[object]:
    """What the phone wants of the PBX, which is then forgotten."""
    found = [event for event in bench.events if isinstance(event, ChangeForward | ChangeDnd)]
    bench.events.clear()
    return list(found)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (K.CFWD_ALL, ForwardKind.ALL),
        (K.CFWD_BUSY, ForwardKind.BUSY),
        (K.CFWD_NO_ANSWER, ForwardKind.NO_ANSWER),
    ],
)
def test_a_key_and_a_number_forward_the_line(key: SoftKeyEventType, kind: ForwardKind) -> None:
    bench = Bench()
    bench.press(key)
    assert bench.station.prompts[bench.ref] == "Enter number"
    bench.dial("1005#")
    assert changes(bench) == [ChangeForward("1001", kind, "1005")]
    assert bench.take(IncomingCall) == []
    assert bench.station.take(ForwardStat) == []  # nothing is shown before the PBX has it
    bench.at_rest()


@pytest.mark.parametrize(("version", "flag"), [(17, 1), (20, 2)])
def test_what_the_pbx_has_is_shown(version: int, flag: int) -> None:
    bench = Bench(version=version)
    tell(bench, LineFeatures(forward_all="1005", forward_busy="1006"))
    (stat,) = bench.station.take(ForwardStat)
    assert (stat.active, stat.line, stat.all_active, stat.all_number) == (flag, 1, flag, "1005")
    assert (stat.busy_active, stat.busy_number, stat.no_answer_active) == (flag, "1006", 0)
    assert bench.station.prompts[0] == "Forwarded to 1005"
    assert bench.station.lamps[StimulusType.FORWARD_ALL, 1] is LampMode.ON
    assert (StimulusType.FORWARD_NO_ANSWER, 1) not in bench.station.lamps
    tell(bench, LineFeatures())
    assert bench.station.take(ForwardStat)[-1].active == 0
    assert bench.station.prompts[0] == "Your current options"
    bench.at_rest()


def test_a_second_press_ends_the_forward() -> None:
    bench = Bench()
    tell(bench, LineFeatures(forward_all="1005"))
    bench.press(K.CFWD_ALL)
    assert changes(bench) == [ChangeForward("1001", ForwardKind.ALL, "")]
    assert bench.phone.calls == ()


def test_the_forward_is_that_of_the_line_which_is_off_hook() -> None:
    bench = Bench()
    bench.push(StimulusType.LINE, 2)
    bench.push(StimulusType.FORWARD_ALL)
    bench.dial("1005#")
    assert changes(bench) == [ChangeForward("1002", ForwardKind.ALL, "1005")]


def test_a_second_press_before_the_number_asks_for_nothing() -> None:
    bench = Bench()
    bench.press(K.CFWD_ALL)
    bench.press(K.CFWD_ALL)
    assert changes(bench) == []
    bench.at_rest()


def test_a_line_is_not_forwarded_to_itself() -> None:
    bench = Bench()
    bench.press(K.CFWD_ALL)
    bench.station.take(ForwardStat)
    bench.dial("1001#")
    assert changes(bench) == []
    assert "CFwdAll loop detected" in bench.notified()


def test_a_pbx_that_cannot_be_told_is_shown_and_nothing_else() -> None:
    bench = Bench()
    tell(bench, LineFeatures(forward_all="1005"))
    bench.notified()
    bench.phone.tell(LineChangeFailed("1001"), now=bench.now)
    bench.settle()
    assert bench.notified() == ["PBX unreachable"]
    assert bench.station.prompts[0] == "Forwarded to 1005"


def test_the_key_of_do_not_disturb_switches_on_what_is_allowed_and_off() -> None:
    bench = Bench()
    bench.press(K.DO_NOT_DISTURB)
    assert changes(bench) == [ChangeDnd("1001", DndMode.SILENT), ChangeDnd("1002", DndMode.SILENT)]
    tell(bench, LineFeatures(dnd=DndMode.SILENT))
    assert bench.station.prompts[0] == "Do not disturb is active"
    assert bench.station.lamps[StimulusType.DO_NOT_DISTURB, 1] is LampMode.ON
    bench.push(StimulusType.DO_NOT_DISTURB)
    assert changes(bench) == [ChangeDnd("1001", DndMode.OFF), ChangeDnd("1002", DndMode.OFF)]
    tell(bench, LineFeatures())
    assert bench.station.lamps[StimulusType.DO_NOT_DISTURB, 1] is LampMode.OFF
    bench.at_rest()


def test_a_second_press_undoes_the_first_though_the_pbx_has_not_answered_yet() -> None:
    bench = Bench()
    for mode in (DndMode.SILENT, DndMode.OFF, DndMode.SILENT):
        bench.press(K.DO_NOT_DISTURB)
        assert changes(bench) == [ChangeDnd("1001", mode), ChangeDnd("1002", mode)]
    tell(bench, LineFeatures())  # it was read before the presses
    bench.press(K.DO_NOT_DISTURB)
    assert changes(bench) == [ChangeDnd("1001", DndMode.OFF), ChangeDnd("1002", DndMode.OFF)]
    tell(bench, LineFeatures())
    tell(bench, LineFeatures(dnd=DndMode.REJECT))  # by a code
    bench.press(K.DO_NOT_DISTURB)
    assert changes(bench) == [ChangeDnd("1001", DndMode.OFF), ChangeDnd("1002", DndMode.OFF)]


def test_a_press_that_came_to_nothing_is_not_undone_by_the_next() -> None:
    bench = Bench()
    bench.press(K.DO_NOT_DISTURB)
    bench.phone.tell(LineChangeFailed("1001"), now=bench.now)
    changes(bench)
    bench.press(K.DO_NOT_DISTURB)
    assert ChangeDnd("1001", DndMode.SILENT) in changes(bench)
    bench.advance(6)  # the PBX says nothing at all
    bench.press(K.DO_NOT_DISTURB)
    assert ChangeDnd("1001", DndMode.SILENT) in changes(bench)


def test_the_forward_key_goes_by_what_it_was_asked_for_until_the_pbx_answers() -> None:
    bench = Bench()
    bench.press(K.CFWD_ALL)
    bench.dial("1005#")
    bench.press(K.CFWD_ALL)
    assert changes(bench)[-1:] == [ChangeForward("1001", ForwardKind.ALL, "")]
    bench.press(K.CFWD_ALL)
    assert bench.station.prompts[bench.ref] == "Enter number"
    bench.dial("1006#")
    assert changes(bench) == [ChangeForward("1001", ForwardKind.ALL, "1006")]
    tell(bench, LineFeatures(forward_all="1006"))
    tell(bench, LineFeatures())  # a code ended it
    bench.press(K.CFWD_ALL)
    assert bench.station.prompts[bench.ref] == "Enter number"
    bench.press(K.CFWD_ALL)
    bench.at_rest()


def test_an_8945_only_rejects_and_a_setting_may_forbid_it() -> None:
    bench = Bench(DeviceType.CISCO_8945, 20)
    bench.press(K.DO_NOT_DISTURB)
    assert {change.mode for change in changes(bench) if isinstance(change, ChangeDnd)} == {DndMode.REJECT}
    bench = Bench(settings=CallSettings(dnd_modes=()))
    bench.press(K.DO_NOT_DISTURB)
    assert changes(bench) == []
    assert bench.notified() == ["Service is not active"]


def test_a_silent_phone_shows_the_call_and_keeps_still() -> None:
    bench = Bench()
    tell(bench, LineFeatures(dnd=DndMode.SILENT))
    bench.ring()
    assert bench.station.rings[bench.ref] == RingMode.SILENT
    tell(bench, LineFeatures())
    assert bench.station.rings[bench.ref] == RingMode.INSIDE
    tell(bench, LineFeatures(dnd=DndMode.SILENT))
    assert bench.station.rings[bench.ref] == RingMode.SILENT
    tell(bench, LineFeatures(dnd=DndMode.SILENT, ring_through=True))
    assert bench.station.rings[bench.ref] == RingMode.INSIDE
    bench.press(K.ANSWER)
    assert [call.state for call in bench.phone.calls] == [PhoneCallState.CONNECTED]

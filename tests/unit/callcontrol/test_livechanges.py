"""What changes on a registered phone without a restart, and what needs one; texts from the admin."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bridge.callcontrol import CallSettings
from bridge.callcontrol.events import ChangeDnd
from bridge.callcontrol.languages import ENGLISH, GERMAN, call_texts
from bridge.core import AbbreviatedDial, DndMode
from bridge.sccp import (
    ButtonDefinition,
    ClearPriNotify,
    DefineTimeDate,
    DeviceType,
    DisplayPriNotify,
    DisplayPromptStatus,
    ExtensionDeviceCaps,
    FeatureStat,
    LampMode,
    LineStat,
    Reset,
    SelectSoftKeys,
    ServiceUrlStat,
    SetLamp,
    SoftKeyEventType,
    SoftKeySetIndex,
    SoftKeySetRes,
    SoftKeyTemplateRes,
    SpeedDialStat,
    StimulusType,
    UserToDeviceDataV1,
    readable,
)
from bridge.sccp.livechanges import relabelled, until_next_clock
from bridge.sccp.profile import ServiceButton, SpeedDial, StationLine, StationProfile
from bridge.sccp.softkeyplan import KeysOfState, SoftKeyPlan
from tests.sccpbench import PROFILE, Bench

LABELLED = replace(PROFILE, lines=(replace(PROFILE.lines[0], label="Ann"), PROFILE.lines[1]))
FEWER_KEYS = replace(
    PROFILE, softkeys=SoftKeyPlan(sets=(KeysOfState(SoftKeySetIndex.ON_HOOK, (SoftKeyEventType.NEW_CALL,)),))
)


def changed(bench: Bench, profile: StationProfile, *, keys_live: bool = False) -> None:
    bench.station.received.clear()
    bench.phone.change(profile, keys_live=keys_live, now=bench.now)
    bench.settle()


def test_labels_change_at_once() -> None:
    bench = Bench(profile=replace(PROFILE, services=(ServiceButton("http://192.0.2.1/", "News"),)))
    lines = (StationLine("1001", "Ann", "Ann", shown_number="+49301001"), PROFILE.lines[1])
    dials = (PROFILE.speed_dials[0], SpeedDial("701", "Park 1"))
    services = (ServiceButton("http://192.0.2.1/", "Weather"),)
    changed(bench, replace(PROFILE, lines=lines, speed_dials=dials, services=services))
    (line,) = bench.station.take(LineStat)
    assert (line.line, line.number, line.label) == (1, "1001", "Ann")
    (dial,) = bench.station.take(SpeedDialStat)
    assert (dial.index, dial.number, dial.label) == (2, "701", "Park 1")
    (service,) = bench.station.take(ServiceUrlStat)
    assert service.label == "Weather"
    assert bench.station.take(Reset) == []


def test_nothing_is_sent_when_nothing_changed() -> None:
    bench = Bench()
    changed(bench, replace(PROFILE))
    assert bench.station.received == []


def test_the_idle_text_is_the_message_of_the_day() -> None:
    bench = Bench()
    changed(bench, replace(PROFILE, idle_prompt="Closed on Friday"))
    assert bench.station.prompts[0] == "Closed on Friday"


def test_soft_keys_change_live_where_the_site_says_so() -> None:
    bench = Bench()
    changed(bench, FEWER_KEYS, keys_live=True)
    assert len(bench.station.take(SoftKeyTemplateRes)) == len(bench.station.take(SoftKeySetRes)) == 1
    assert {each.call_ref for each in bench.station.take(SelectSoftKeys)} == {0}
    assert bench.station.take(Reset) == []


@pytest.mark.parametrize(
    "profile",
    [
        FEWER_KEYS,
        replace(PROFILE, date_template="M/D/YA"),
        replace(PROFILE, speed_dials=()),
        replace(PROFILE, lines=(StationLine("1009"), PROFILE.lines[1])),
    ],
)
def test_what_the_protocol_cannot_change_restarts_the_phone_when_it_is_idle(profile: StationProfile) -> None:
    bench = Bench()
    bench.talk()
    changed(bench, profile)
    assert bench.station.take(Reset) == []
    bench.replace()
    assert len(bench.station.take(Reset)) == 1


def test_a_phone_with_a_7914_restarts_for_its_labels() -> None:
    bench = Bench()
    bench.says(ExtensionDeviceCaps(1, 1, 2, text="max-chained=2 deviceLine=14"))
    changed(bench, LABELLED)
    assert bench.station.take(LineStat) == []
    assert len(bench.station.take(Reset)) == 1


def test_a_phone_with_a_7915_takes_them() -> None:
    bench = Bench()
    bench.says(ExtensionDeviceCaps(1, 2, 2, text="max-chained=2 deviceLine=24"))
    changed(bench, LABELLED)
    assert len(bench.station.take(LineStat)) == 1


def test_a_feature_label_needs_two_frames_from_version_15_on() -> None:
    stat = FeatureStat(1, StimulusType.BLF_SPEED_DIAL, 1, "Anna")
    assert [each.label for each in relabelled(stat, 15)] == ["Ann", "Anna"]
    assert [each.label for each in relabelled(stat, 14)] == ["Anna"]


# --- the clock -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "seconds"),
    [
        (datetime(2026, 3, 29, 1, 20, tzinfo=ZoneInfo("Europe/Berlin")), 2400),
        (datetime(2026, 10, 25, 2, 59, 30, tzinfo=ZoneInfo("Europe/Berlin")), 30),
        (datetime(2026, 10, 25, 2, 59, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1), 3600),
        (datetime(2026, 7, 1, tzinfo=ZoneInfo("Europe/Berlin")), 3600),
        (datetime(2026, 7, 1, tzinfo=UTC), 3600),
    ],
)
def test_a_clock_that_jumps_is_told_when_it_jumps(local: datetime, seconds: float) -> None:
    assert until_next_clock(local, 3600) == pytest.approx(seconds, abs=0.6)


def test_a_registered_phone_shows_summer_time_at_once() -> None:
    passed = timedelta()
    start = datetime(2026, 3, 29, 0, 40, tzinfo=UTC)
    bench = Bench(profile=replace(PROFILE, local_time=lambda: (start + passed).astimezone(ZoneInfo("Europe/Berlin"))))
    bench.station.take(DefineTimeDate)
    bench.advance(1195)
    assert bench.station.take(DefineTimeDate) == []
    passed = timedelta(minutes=20)
    bench.advance(10)
    (told,) = bench.station.take(DefineTimeDate)
    assert (told.hour, told.minute) == (3, 0)


def test_another_time_zone_shows_at_once() -> None:
    bench = Bench()
    here = PROFILE.local_time().astimezone(ZoneInfo("Asia/Tokyo"))
    changed(bench, replace(PROFILE, local_time=lambda: here))
    (told,) = bench.station.take(DefineTimeDate)
    assert told.hour == here.hour


# --- texts -----------------------------------------------------------------------------------------------------------


def test_a_text_is_shown_for_a_while_and_taken_back() -> None:
    bench = Bench()
    bench.station.received.clear()
    assert bench.phone.message("Back at 3", seconds=20, priority=7, now=bench.now) == ""
    bench.settle()
    assert bench.station.take(DisplayPriNotify) == [DisplayPriNotify("Back at 3", 20, 7)]
    assert bench.phone.message("", seconds=0, priority=7, now=bench.now) == ""
    bench.settle()
    assert bench.station.take(ClearPriNotify) == [ClearPriNotify(7)]


def test_a_long_text_opens_a_page() -> None:
    bench = Bench()
    assert bench.phone.message("word " * 50, seconds=20, priority=7, now=bench.now) == ""
    bench.settle()
    (page,) = bench.station.take(UserToDeviceDataV1)
    assert b"<CiscoIPPhoneText>" in page.data


def test_a_phone_without_a_display_says_so() -> None:
    bench = Bench(DeviceType.ATA_186, version=5)
    assert bench.phone.message("x", seconds=1, priority=7, now=bench.now) == "it has no display"
    bench.phone.station_lost(now=bench.now)
    assert bench.phone.message("x", seconds=1, priority=7, now=bench.now) == "it is not registered"


def test_every_text_of_ours_is_there_in_german() -> None:
    names = ENGLISH.__dataclass_fields__
    assert [name for name in names if getattr(GERMAN, name) == getattr(ENGLISH, name)] == []
    assert all(len(getattr(GERMAN, name)) <= 31 for name in names)
    assert call_texts("de_DE") is GERMAN
    assert call_texts("fr") is ENGLISH
    assert call_texts("German_Germany", "en") is GERMAN
    assert call_texts("French_France", "", "de") is GERMAN
    assert call_texts("English_United_States", "de") is ENGLISH


# --- rules of calls ---------------------------------------------------------------------------------------------------


def ruled(bench: Bench, settings: CallSettings) -> None:
    """The application decides otherwise; the profile stays."""
    bench.station.received.clear()
    bench.phone.change(bench.profile, settings, keys_live=False, now=bench.now)
    bench.settle()
    assert bench.station.take(Reset) == []


def test_what_dnd_may_do_and_what_abbreviated_dials_mean_changes_at_once() -> None:
    bench = Bench()
    ruled(bench, CallSettings(dnd_modes=(), abbreviated=(AbbreviatedDial(7, "2007"),)))
    bench.press(SoftKeyEventType.DO_NOT_DISTURB)
    assert bench.reported(ChangeDnd) == []
    assert [readable(each.text) for each in bench.station.take(DisplayPriNotify)] == ["Service is not active"]
    ruled(bench, CallSettings(dnd_modes=(DndMode.REJECT,), abbreviated=(AbbreviatedDial(7, "2008"),)))
    bench.press(SoftKeyEventType.DO_NOT_DISTURB)
    assert {each.mode for each in bench.reported(ChangeDnd)} == {DndMode.REJECT}
    bench.lift()
    bench.dial("7")
    bench.press(SoftKeyEventType.ABBREVIATED_DIAL, 1, bench.ref)
    assert [call.dialled for call in bench.phone.calls] == ["2008"]


def test_privacy_changes_with_the_site_but_not_with_other_rules() -> None:
    bench = Bench(settings=CallSettings(privacy=True))
    button = ButtonDefinition(1, StimulusType.FEATURE)
    bench.session.buttons = (*bench.session.buttons, button)
    bench.station.received.clear()
    bench.push(StimulusType.FEATURE)
    assert [each.mode for each in bench.station.take(SetLamp)] == [LampMode.OFF]
    ruled(bench, CallSettings(privacy=True, callback_wait=5.0))
    assert bench.station.take(SetLamp) == []
    ruled(bench, CallSettings(privacy=False))
    ruled(bench, CallSettings(privacy=True))
    assert [each.mode for each in bench.station.take(SetLamp)] == [LampMode.ON]


def test_the_language_changes_at_once() -> None:
    bench = Bench()
    bench.phone.line_lost(1, now=bench.now)
    bench.settle()
    ruled(bench, CallSettings(texts=GERMAN))
    assert any(GERMAN.unreachable in readable(each.text) for each in bench.station.take(DisplayPromptStatus))


def test_rules_for_other_lines_wait_for_the_restart() -> None:
    bench = Bench()
    fewer = replace(PROFILE, lines=PROFILE.lines[:1])
    bench.phone.change(fewer, CallSettings(dnd_modes=()), keys_live=False, now=bench.now)
    assert len(bench.station.take(Reset)) == 0
    bench.settle()
    assert len(bench.station.take(Reset)) == 1
    bench.press(SoftKeyEventType.DO_NOT_DISTURB)
    assert bench.reported(ChangeDnd) != []

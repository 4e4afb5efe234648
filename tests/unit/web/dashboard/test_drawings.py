"""Buttons, the range of numbers, the timeline, and how spans are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.core import (
    BlfSpeedDial,
    ButtonKind,
    DeviceButton,
    FeatureButton,
    Line,
    LineAppearance,
    NumberRange,
    SignallingProtocol,
    SpeedDial,
    Via,
)
from bridge.core.events import FileNotFound, FileRequested, PhoneRefused, PhoneRegistered
from bridge.core.phonesettings import AddOnModule, DeviceSettings
from bridge.phones import catalogue
from bridge.web.dashboard.buttonboard import button_board
from bridge.web.dashboard.icons import icon, names
from bridge.web.dashboard.rangechart import range_chart
from bridge.web.dashboard.timeline import chapters
from bridge.web.dashboard.words import ago, count, octets, span
from tests.samples import sample_device

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAME = "SEP001122AABBCC.cnf.xml"


# --- buttons


def test_a_phone_is_drawn_with_all_its_keys() -> None:
    device = replace(
        sample_device(SignallingProtocol.SCCP, LineAppearance(1, Line("1001"), "Ada"), LineAppearance(3, Line("1002"))),
        buttons=(DeviceButton(2, BlfSpeedDial("1003", "Bob")), DeviceButton(4, FeatureButton(ButtonKind.PARK))),
    )
    (group,) = button_board(device, catalogue().require("7961"))
    assert [key.label for key in group.left] == ["Ada", "Bob", "1002", "Park", "", ""]
    assert [key.is_line for key in group.left] == [True, False, True, False, False, False]
    assert [key.number for key in group.left if key.is_free] == [5, 6]
    assert group.left[1].has_lamp
    assert group.left[1].target == "1003"
    assert group.right == ()


def test_modules_come_behind_the_phone_with_their_own_buttons() -> None:
    device = replace(
        sample_device(),
        settings=DeviceSettings(add_ons=(AddOnModule.CISCO_7916_24, AddOnModule.CISCO_7914)),
        buttons=(
            DeviceButton(7, SpeedDial("2001")),
            DeviceButton(31, SpeedDial("2002")),
            DeviceButton(50, SpeedDial("9")),
        ),
    )
    phone, first, second, beyond = button_board(device, catalogue().require("7961"))
    assert (len(phone.left), len(first.left), len(first.right), len(second.left)) == (6, 12, 12, 7)
    assert first.left[0].target == "2001"
    assert second.left[0].target == "2002"
    assert [key.number for key in (*beyond.left, *beyond.right)][-1] == 50


def test_of_a_model_that_nobody_knows_what_is_in_use_is_drawn() -> None:
    (group,) = button_board(sample_device(), None)
    assert [key.label for key in group.left] == ["Ada"]


# --- numbers


def test_a_small_range_has_a_bar_for_each_number() -> None:
    chart = range_chart(NumberRange("1000", "1009"), {"1000", "1001", "2000"}, "1002")
    assert [cell.level for cell in chart.cells] == [4, 4, 0, 0, 0, 0, 0, 0, 0, 0]
    assert [cell.first for cell in chart.cells if cell.is_next] == ["1002"]
    assert (chart.used, chart.free, chart.percent) == (2, 8, 20)
    assert chart.cells[2].title == "1002: free, next"


def test_a_large_range_has_a_hundred_bars_and_counts_every_number() -> None:
    chart = range_chart(NumberRange("1000", "2004"), {str(each) for each in range(1000, 1500)}, "1500")
    assert len(chart.cells) <= 100
    assert sum(cell.size for cell in chart.cells) == 1005
    assert sum(cell.used for cell in chart.cells) == 500
    assert chart.cells[-1].last == "2004"


def test_an_empty_range_is_not_drawn() -> None:
    assert range_chart(NumberRange("1000", "1000"), {"1000"}, "1000").cells == ()


# --- what happened


def _requested(seconds: float, name: str = NAME) -> FileRequested:
    at = NOW + timedelta(seconds=seconds)
    return FileRequested(at=at, device=sample_device().name, name=name, client="192.0.2.5", via=Via.TFTP)


def test_each_boot_is_a_chapter_and_the_newest_is_first() -> None:
    registered = PhoneRegistered(
        at=NOW + timedelta(seconds=4), device=sample_device().name, endpoint="1001", address="192.0.2.5:5060"
    )
    refused = PhoneRefused(
        at=NOW + timedelta(hours=1, seconds=2), device=sample_device().name, client="192.0.2.5", reason="x", text="y"
    )
    newest, oldest = chapters([_requested(0), registered, _requested(3600), refused])
    assert (newest.tone, oldest.tone) == ("bad", "ok")
    assert [each.after for each in oldest.moments] == ["+0.00 s", "+4.00 s"]
    assert "SEP001122AABBCC" not in oldest.moments[1].text
    assert oldest.lasted == "4 s"


def test_a_missing_trust_list_is_no_trouble() -> None:
    def missing(name: str) -> str:
        event = FileNotFound(at=NOW, device=sample_device().name, name=name, client="192.0.2.5", via=Via.TFTP)
        return chapters([event])[0].moments[0].tone

    assert missing("CTLSEP001122AABBCC.tlv") == "quiet"
    assert missing(NAME) == "note"


# --- words


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (59, "59 s"), (90, "1 min 30 s"), (3600, "1 h"), (7500, "2 h 5 min"), (90000, "1 d 1 h")],
)
def test_spans(seconds: float, told: str) -> None:
    assert span(seconds) == told


def test_sizes_counts_and_moments() -> None:
    assert [octets(each) for each in (999, 1500, 123_456_789)] == ["999 B", "1.5 kB", "123 MB"]
    assert (count(1, "phone"), count(2, "phone")) == ("1 phone", "2 phones")
    assert (ago(None, NOW), ago(NOW, NOW), ago(NOW - timedelta(seconds=40), NOW)) == ("never", "now", "40 s ago")


def test_icons_are_decoration_unless_they_have_a_label() -> None:
    for name in names():
        assert 'aria-hidden="true"' in icon(name)
    assert 'aria-label="&lt;Menu&gt;"' in icon("menu", "<Menu>")

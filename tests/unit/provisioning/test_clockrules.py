"""Time zones as rules."""

from __future__ import annotations

import pytest

from bridge.errors import ConfigurationError
from bridge.provisioning.clockrules import LAST_WEEK, ClockChange, ClockRules, clock_rules


def test_central_europe_changes_on_the_last_sundays_of_march_and_october() -> None:
    assert clock_rules("Europe/Berlin", 2026) == ClockRules(
        60, 60, ClockChange(3, LAST_WEEK, 1, 2), ClockChange(10, LAST_WEEK, 1, 3)
    )


def test_new_york_changes_on_the_second_sunday_of_march_and_the_first_of_november() -> None:
    assert clock_rules("America/New_York", 2026) == ClockRules(
        -300, 60, ClockChange(3, 2, 1, 2), ClockChange(11, 1, 1, 2)
    )


def test_the_south_saves_daylight_across_the_new_year() -> None:
    rules = clock_rules("Australia/Adelaide", 2026)
    assert (rules.offset_minutes, rules.saving_minutes) == (570, 60)
    assert rules.start == ClockChange(10, 1, 1, 2)
    assert rules.stop == ClockChange(4, 1, 1, 3)


@pytest.mark.parametrize(("zone", "offset"), [("Asia/Kolkata", 330), ("Asia/Tokyo", 540), ("Europe/Moscow", 180)])
def test_zones_without_daylight_saving(zone: str, offset: int) -> None:
    assert clock_rules(zone, 2026) == ClockRules(offset)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="time zone"):
        clock_rules("Mars/Olympus", 2026)

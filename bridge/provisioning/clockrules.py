"""A time zone as rules, for phones that know no zones by name: offset, and when daylight saving begins and ends.

The rules are those of one year, which the caller names. A zone that changes its clocks twice a year on a weekday of a
month has them; one with other habits (Morocco) keeps its standard offset, and its phones are an hour off for a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bridge.provisioning.timezones import phone_time_zone

LAST_WEEK = 8
"""Stands for the last week of a month in a 7940's text file."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """When the clocks change, in the time that was valid until then."""

    month: int
    week: int
    """1 to 4, or ``LAST_WEEK``."""
    weekday: int
    """1 is Sunday."""
    hour: int


@dataclass(frozen=True, slots=True)
class ClockRules:
    """A zone's offset from UTC in standard time, and its daylight saving if it has one."""

    offset_minutes: int
    saving_minutes: int = 0
    start: ClockChange | None = None
    stop: ClockChange | None = None


@lru_cache(maxsize=256)
def clock_rules(zone: str, year: int) -> ClockRules:
    """The rules of an IANA zone in a year. Raises ConfigurationError for an unknown zone."""
    place = ZoneInfo(phone_time_zone(zone).zone)
    changes = _changes(place, year)
    january = _offset(place, datetime(year, 1, 1, tzinfo=UTC))
    standard = min([january, *(after for _, _, after in changes)])
    starts = [each for each in changes if each[2] > each[1]]
    stops = [each for each in changes if each[2] < each[1]]
    minutes = standard // timedelta(minutes=1)
    if len(starts) != 1 or len(stops) != 1:
        return ClockRules(minutes)
    saving = (starts[0][2] - standard) // timedelta(minutes=1)
    return ClockRules(minutes, saving, _change(*starts[0]), _change(*stops[0]))


def _offset(place: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(place).utcoffset() or timedelta()


def _changes(place: ZoneInfo, year: int) -> list[tuple[datetime, timedelta, timedelta]]:
    """Moment (UTC), offset before and offset after of every change in the year."""
    found: list[tuple[datetime, timedelta, timedelta]] = []
    day = datetime(year, 1, 1, tzinfo=UTC)
    while day.year == year:
        before, after = _offset(place, day), _offset(place, day + timedelta(days=1))
        if before != after:
            moment = day
            while _offset(place, moment + _HOUR) == before:
                moment += _HOUR
            found.append((moment + _HOUR, before, after))
        day += timedelta(days=1)
    return found


def _change(moment: datetime, before: timedelta, _after: timedelta) -> ClockChange:
    local = (moment + before).replace(tzinfo=None)
    last = (local + timedelta(days=7)).month != local.month
    return ClockChange(
        month=local.month,
        week=LAST_WEEK if last else (local.day - 1) // 7 + 1,
        weekday=local.isoweekday() % 7 + 1,
        hour=local.hour,
    )

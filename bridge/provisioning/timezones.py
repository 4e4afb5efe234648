"""Time zones in the phones' own names (phone file reference, section 3.1).

Phones know a fixed list of Windows-like names with the daylight rules that were in force when the firmware was made.
So a zone that gave up daylight saving since then is mapped to a name of the same offset without it (Moscow to
``Saudi Arabia Standard Time``), and zones that share one rule are mapped to the one name among their equals whose
printed offset is undisputed (all of Central Europe to ``W. Europe Standard/Daylight Time``). The table is package data:
``bridge/provisioning/data/time_zones.csv``.
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from bridge.errors import ConfigurationError

_LONGEST = 64


@dataclass(frozen=True, slots=True)
class PhoneTimeZone:
    """A zone as phones name it."""

    zone: str
    """The IANA name in its proper spelling."""
    name: str
    exact: bool
    """False when the phones know no zone with these rules: their clock will be wrong for part of the year, or by less
    than an hour all the time."""


@lru_cache(maxsize=1)
def phone_time_zones() -> tuple[PhoneTimeZone, ...]:
    """Every IANA zone that has a name on phones, ordered by zone."""
    text = (resources.files("bridge.provisioning") / "data" / "time_zones.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(PhoneTimeZone(row["zone"], row["name"], row["exact"] == "yes") for row in rows)


@lru_cache(maxsize=1)
def _by_zone() -> dict[str, PhoneTimeZone]:
    return {entry.zone.lower(): entry for entry in phone_time_zones()}


def phone_time_zone(zone: str) -> PhoneTimeZone:
    """The phones' name for an IANA zone such as ``Europe/Berlin``. Raises ConfigurationError for an unknown one."""
    wanted = zone.strip()[:_LONGEST]
    if (found := _by_zone().get(wanted.lower())) is not None:
        return found
    close = difflib.get_close_matches(wanted.lower(), _by_zone(), n=3)
    raise ConfigurationError(
        f"phones know no time zone {wanted!r}",
        why="they have a fixed list of zones, and this name leads to none of them",
        fix="use an IANA name such as Europe/Berlin"
        + (f"; did you mean {', '.join(_by_zone()[key].zone for key in close)}?" if close else ""),
    )

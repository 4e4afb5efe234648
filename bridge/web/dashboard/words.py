"""How moments, spans and events are told on the pages: short, in words, and the same everywhere."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.app.operations.recorder import describe
from bridge.core.events import Event

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago that was; ``never`` for None."""
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    return "now" if seconds < 1.5 else f"{span(seconds)} ago"


def span(seconds: float) -> str:
    """A length of time in its two largest units: ``2 h 5 min``, ``40 s``."""
    left = max(0, round(seconds))
    parts: list[str] = []
    for size, unit in _UNITS:
        if left >= size and len(parts) < 2:
            parts.append(f"{left // size} {unit}")
            left %= size
    if not parts or (len(parts) == 1 and parts[0].endswith("min") and left):
        parts.append(f"{left} s")
    return " ".join(parts)


def length(span_of: timedelta | None) -> str:
    """As ``span``; empty for None."""
    return "" if span_of is None else span(span_of.total_seconds())


def stamp(moment: datetime | None) -> str:
    """Date and time in the server's own time zone, to the second."""
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def clock(moment: datetime) -> str:
    """The time of day, to the millisecond."""
    return moment.astimezone().strftime("%H:%M:%S.%f")[:-3]


def octets(size: int) -> str:
    """A size for people."""
    if size < 1000:
        return f"{size} B"
    value, units = float(size), iter(("kB", "MB", "GB", "TB"))
    unit = ""
    while value >= 1000:
        value, unit = value / 1000, next(units)
    return f"{value:.1f} {unit}" if value < 100 else f"{value:.0f} {unit}"


def capital(text: str) -> str:
    """The text with a capital letter in front, as a sentence has; the rest of it as it is."""
    return text[:1].upper() + text[1:]


def ended(text: str) -> str:
    """A sentence with its full stop, where it has none yet."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def sentence(event: Event) -> str:
    """What happened, without the phone's name, which the page already bears."""
    text = describe(event)
    who = f"{event.device}: "
    text = text.removeprefix(who) if event.device else text
    return capital(text)


def count(number: int, one: str, many: str = "") -> str:
    """``1 phone``, ``2 phones``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}".replace(",", "\u202f")

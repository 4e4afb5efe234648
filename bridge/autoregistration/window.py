"""The time in which unknown phones are let in: how it opens, when it closes, what is left of it (requirement AR-06)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.autoregistration.policy import DEFAULT_WINDOW, Window
from bridge.errors import InvalidInput

LONGEST = timedelta(days=366)
"""More than a year is a slip of the keyboard; who means "always" says 0 with force."""


def window_for(now: datetime, duration: timedelta = DEFAULT_WINDOW, *, force: bool = False) -> Window:
    """A window from now on, for ``duration``. Zero means "until an admin closes it" and needs ``force``.

    Raises InvalidInput.
    """
    if duration < timedelta(0) or duration > LONGEST:
        raise InvalidInput(
            f"autoregistration cannot be open for {duration}", fix="give a time between 1 second and 366 days"
        )
    if duration == timedelta(0):
        if not force:
            raise InvalidInput(
                "a window without an end was not asked for with --force",
                why="while it is open, whoever plugs a phone in gets a number",
                fix="give a time, for example --for 60m, or add --force",
            )
        return Window(now, None)
    return Window(now, now + duration)


def window_until(now: datetime, closes_at: datetime) -> Window:
    """A window that opens now and closes at ``closes_at``. Raises InvalidInput for a moment that is not to come."""
    if closes_at <= now:
        raise InvalidInput(
            f"autoregistration cannot be open until {closes_at:%Y-%m-%d %H:%M:%S %Z}",
            why="that moment is over",
            fix="give a moment that is still to come",
        )
    return window_for(now, closes_at - now)


def window_between(now: datetime, opens_at: datetime, closes_at: datetime) -> Window:
    """A window that opens later by itself (AR-34). Raises InvalidInput for an end that is not after the start."""
    if closes_at <= opens_at or closes_at <= now:
        raise InvalidInput(
            f"autoregistration cannot be open from {opens_at:%Y-%m-%d %H:%M:%S %Z} until "
            f"{closes_at:%Y-%m-%d %H:%M:%S %Z}",
            why="the end is not after the start, or is over",
            fix="give a start, and an end after it",
        )
    if closes_at - opens_at > LONGEST or opens_at - now > LONGEST:
        raise InvalidInput("autoregistration cannot be planned for so long", fix="stay within 366 days")
    return Window(opens_at, closes_at)


def remaining(window: Window | None, now: datetime) -> timedelta | None:
    """The time until the window closes: zero while it is not open, None while it is open without an end."""
    if window is None or not window.is_open(now):
        return timedelta(0)
    return None if window.closes_at is None else window.closes_at - now

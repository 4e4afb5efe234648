"""Digits in INFO: ``application/dtmf-relay`` and ``application/dtmf``, for peers without RFC 4733."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridge.errors import InvalidInput

RELAY = "application/dtmf-relay"
BARE = "application/dtmf"
DIGITS = "0123456789*#ABCD"
FLASH = "!"
"""Hook flash."""
DEFAULT_DURATION = 160
"""Milliseconds, where the sender says nothing."""
_SIGNAL = re.compile(r"^\s*Signal\s*=\s*(\S{1,2})\s*$", re.IGNORECASE | re.MULTILINE)
_DURATION = re.compile(r"^\s*Duration\s*=\s*([0-9]{1,6})\s*$", re.IGNORECASE | re.MULTILINE)
_CODES = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D", "16": FLASH}


@dataclass(frozen=True, slots=True)
class Digit:
    """One key."""

    key: str
    """One of ``DIGITS``, or ``FLASH``."""
    duration: int = DEFAULT_DURATION
    """Milliseconds."""


def write_digit(digit: Digit) -> bytes:
    """The body of an INFO of the type ``RELAY``. Raises InvalidInput for what is no key."""
    if digit.key.upper() not in (*DIGITS, FLASH) or not 1 <= digit.duration <= 60_000:
        raise InvalidInput(f"{digit.key!r} for {digit.duration} ms is no key", fix="use 0-9, *, #, A-D or !")
    return f"Signal={digit.key.upper()}\r\nDuration={digit.duration}\r\n".encode()


def parse_digit(content_type: str, body: str) -> Digit | None:
    """The key that an INFO tells of; None when it tells of none. Never raises."""
    body = body[:512]
    if content_type == BARE:
        key, duration = body.strip(), None
    elif content_type == RELAY and (signal := _SIGNAL.search(body)):
        key, duration = signal[1], _DURATION.search(body)
    else:
        return None
    key = _CODES.get(key, key.upper())
    if len(key) != 1 or key not in (*DIGITS, FLASH):
        return None
    return Digit(key, min(max(int(duration[1]), 1), 60_000) if duration else DEFAULT_DURATION)

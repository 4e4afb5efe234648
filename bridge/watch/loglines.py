"""One line of a system log, or one record of the journal, as the program that wrote it and what it said.

Log lines hold what strangers sent: file names may hold anything but NUL. Lines are matched from their beginning, so
that a name which looks like a log line is still a name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

LONGEST_LINE = 8192
"""Octets; longer lines are nobody's request for a file."""

_LINE = re.compile(
    r"""(?:<\d{1,3}>)?
    (?:[A-Z][a-z]{2}\ [ \d]\d\ \d\d:\d\d:\d\d | \d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]{0,10}(?:Z|[+-]\d\d:?\d\d)?)\ +
    (?:[\w.:-]{1,255}\ +)??         # the host; dnsmasq's own log file has none
    (?:[a-z0-9]+\.[a-z]+\ +)?       # facility and level, as busybox writes them
    (?P<program>[A-Za-z][\w.-]{0,63})\[(?P<process>[\d.]{1,64})\]:\ ?
    (?P<message>.*)""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What one program said at one moment."""

    program: str
    process: str
    """The pid; atftpd adds its thread. Lines of one transfer share it."""
    message: str
    at: datetime | None = None
    """When, where the source tells it beyond doubt: the journal does, a log file names neither year nor zone."""
    cursor: str = ""
    """The journal's own name for the place; empty for log files."""


def parse_line(line: str) -> LogEntry | None:
    """The entry of a line of a log file; None for lines of another form. Never raises."""
    if len(line) > LONGEST_LINE:
        return None
    match = _LINE.fullmatch(line)
    return None if match is None else LogEntry(match["program"], match["process"], match["message"])


def parse_journal(line: str) -> LogEntry | None:
    """The entry of a line of ``journalctl -o json``; None for what is none. Never raises.

    A message that is not valid UTF-8 comes as a list of octets, one that is too long as null.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    message = _text(record.get("MESSAGE"))
    program = _text(record.get("SYSLOG_IDENTIFIER")) or _text(record.get("_COMM"))
    if message is None or program is None or len(message) > LONGEST_LINE:
        return None
    process = _text(record.get("SYSLOG_PID")) or _text(record.get("_PID")) or ""
    return LogEntry(program, process, message, _moment(record), _text(record.get("__CURSOR")) or "")


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and len(value) <= LONGEST_LINE:
        # A list of octets, or a list of values where a field was given more than once.
        if all(isinstance(each, int) and 0 <= each <= 255 for each in value):
            return bytes(value).decode("utf-8", "replace")
        return _text(value[0]) if value and isinstance(value[0], str) else None
    return None


def _moment(record: dict[str, object]) -> datetime | None:
    stamp = record.get("__REALTIME_TIMESTAMP")
    if not isinstance(stamp, str) or not re.fullmatch(r"\d{1,17}", stamp, re.ASCII):
        return None
    return datetime.fromtimestamp(int(stamp) / 1_000_000, UTC)

"""The log: one line for each decision, for people or as JSON, fit for the systemd journal.

A line that tells of an event carries it as ``extra={"fields": …}`` (``app/operations/eventfields.py``). Other lines get
``device`` and ``mac`` from the first device name among their arguments.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from bridge.app.operations.eventfields import Field, device_fields
from bridge.app.settings import LogFormat, LogSettings
from bridge.core import DeviceName
from bridge.errors import ConfigurationError

FIELDS = "fields"
"""The key of ``extra`` under which a line's fields travel."""
_PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
"""syslog's numbers (sd-daemon(3)); below INFO it is 7."""
_IN_TEXT = ("event", "device", "number")
"""The fields that stand at the end of a line for people; the others are in its words already."""
_TALKATIVE = ("aiohttp", "asyncio", "panoramisk", "watchdog", "sqlalchemy", "alembic")
"""Libraries whose everyday messages are not ours to tell."""


def start_logging(settings: LogSettings, *, level: str = "", stream: TextIO | None = None) -> None:
    """Log to standard error and, if the settings name one, to a file. ``level`` wins over the settings.

    Raises ConfigurationError when the file cannot be written.
    """
    where = stream or sys.stderr
    handlers: list[logging.Handler] = [logging.StreamHandler(where)]
    handlers[0].setFormatter(_formatter(settings.format, in_journal=is_journal(where)))
    if settings.file is not None:
        handlers.append(_file(settings, settings.file))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel((level or settings.level.value).upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("aiohttp.server").addFilter(_is_worth_a_line)


def is_journal(stream: TextIO) -> bool:
    """Whether ``stream`` goes to the systemd journal (systemd.exec(5), ``JOURNAL_STREAM``)."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return (str(found.st_dev), str(found.st_ino)) == (device, inode)


class TextFormatter(logging.Formatter):
    """Lines for people. In the journal a priority takes the place of time and level, which it knows by itself."""

    def __init__(self, *, in_journal: bool = False) -> None:
        super().__init__()
        self._in_journal = in_journal

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback follows on lines of its own, each with the priority."""
        fields = fields_of(record)
        tail = " ".join(f"{name}={fields[name]}" for name in _IN_TEXT if name in fields)
        line = f"{record.name}: {one_line(record.getMessage())}" + (f" [{tail}]" if tail else "")
        lines = [line, *_traceback(self, record).splitlines()]
        if self._in_journal:
            return "\n".join(f"<{_priority(record.levelno)}>{each}" for each in lines)
        at = datetime.fromtimestamp(record.created).astimezone().isoformat(" ", timespec="milliseconds")
        return "\n".join([f"{at} {record.levelname:<7} {lines[0]}", *lines[1:]])


class JsonFormatter(logging.Formatter):
    """Lines for programs: one JSON object each, tracebacks included."""

    def __init__(self, *, in_journal: bool = False) -> None:
        super().__init__()
        self._in_journal = in_journal

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        data: dict[str, Field] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields_of(record),
        }
        if traceback := _traceback(self, record):
            data["exception"] = traceback
        prefix = f"<{_priority(record.levelno)}>" if self._in_journal else ""
        return prefix + json.dumps(data, ensure_ascii=False)


def fields_of(record: logging.LogRecord) -> Mapping[str, Field]:
    """The fields of a line: those of its event, or the device that it names."""
    given: Mapping[str, Field] | None = getattr(record, FIELDS, None)
    if given is not None:
        return given
    arguments = record.args if isinstance(record.args, tuple) else ()
    named = next((each for each in arguments if isinstance(each, DeviceName)), None)
    return {} if named is None else device_fields(named)


def one_line(text: str) -> str:
    """A text without line breaks and other control characters: nobody shall write a line of his own into the log."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Not a request that cannot be read: aiohttp tells it with a traceback, and with what it holds, a token perhaps.

    Whoever sends such a request has the answer; and nobody shall fill our log from outside.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not type(error).__module__.startswith("aiohttp.http_exceptions")


def _formatter(kind: LogFormat, *, in_journal: bool = False) -> logging.Formatter:
    return (JsonFormatter if kind is LogFormat.JSON else TextFormatter)(in_journal=in_journal)


class _LogFile(RotatingFileHandler):
    """A file that others than the service's user and group cannot read, also after it turned over."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o640)
        return TextIOWrapper(os.fdopen(descriptor, "ab"), encoding=self.encoding, line_buffering=True)


def _file(settings: LogSettings, path: Path) -> logging.Handler:
    try:
        handler = _LogFile(
            path, maxBytes=settings.file_megabytes * 1_000_000, backupCount=settings.files - 1, encoding="utf-8"
        )
    except OSError as error:
        raise ConfigurationError(
            f"the log cannot be written to {path}",
            why=error.strerror or str(error),
            fix="create its directory for the service's user, or change log.file",
        ) from error
    handler.setFormatter(_formatter(settings.format))
    return handler


def _priority(level: int) -> int:
    return next((priority for floor, priority in _PRIORITIES if level >= floor), 7)


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if not record.exc_info:
        return ""
    return formatter.formatException(record.exc_info)

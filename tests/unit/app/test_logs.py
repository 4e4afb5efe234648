"""The log's lines: fields, one line each, the journal's priorities, the file and its turns."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp.http_exceptions import BadHttpMessage

from bridge.app.operations.logs import JsonFormatter, TextFormatter, is_journal, start_logging
from bridge.app.operations.recorder import EventRecorder
from bridge.app.settings import LogFormat, LogLevel, LogSettings
from bridge.core import DeviceName, SignallingProtocol, Via
from bridge.core.events import CallStarted, FileRefused, FileRequested, PhoneAdmitted, PhoneRefused
from bridge.errors import ConfigurationError
from bridge.store import SqlStore, open_store, sqlite_url, upgrade

PHONE = DeviceName("SEP001122334455")
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _root_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    # start_logging closes what it replaces, which must not be pytest's own.
    for handler in handlers:
        root.removeHandler(handler)
    yield
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    url = sqlite_url(tmp_path / "site.db")
    upgrade(url)
    store = open_store(url)
    yield store
    store.close()


async def logged(store: SqlStore, settings: LogSettings, *events: object) -> list[str]:
    stream = io.StringIO()
    start_logging(settings, stream=stream)
    recorder = EventRecorder(store)
    for event in events:
        recorder.record(event)  # type: ignore[arg-type]  # events, by what the tests give
    return stream.getvalue().splitlines()


async def test_a_decision_is_one_line_of_json_with_device_mac_and_number(store: SqlStore) -> None:
    lines = await logged(
        store,
        LogSettings(format=LogFormat.JSON),
        PhoneAdmitted(at=AT, device=PHONE, number="1001", client="192.0.2.7", protocol=SignallingProtocol.SIP),
        FileRefused(at=AT, name="SEP001122334455.cnf.xml", client="192.0.2.9", via=Via.TFTP, why="not its address"),
    )
    admitted, refused = (json.loads(line) for line in lines)
    assert admitted["message"] == "SEP001122334455: admitted with number 1001, SIP, from 192.0.2.7"
    assert {key: admitted[key] for key in ("event", "device", "mac", "number", "client", "protocol", "level")} == {
        "event": "PhoneAdmitted",
        "device": "SEP001122334455",
        "mac": "001122334455",
        "number": "1001",
        "client": "192.0.2.7",
        "protocol": "SIP",
        "level": "info",
    }
    # The number is known from before; the device, from the file's name.
    assert (refused["device"], refused["number"], refused["why"]) == (PHONE.value, "1001", "not its address")


async def test_a_calls_other_side_is_not_taken_for_the_phones_number(store: SqlStore) -> None:
    lines = await logged(
        store,
        LogSettings(format=LogFormat.JSON, level=LogLevel.DEBUG),
        PhoneAdmitted(at=AT, device=PHONE, number="1001", client="192.0.2.7", protocol=SignallingProtocol.SCCP),
        CallStarted(at=AT, device=PHONE, call=3, line=1, number="5550100", outgoing=True),
    )
    call = json.loads(lines[1])
    assert (call["number"], call["event_number"], call["call"]) == ("1001", "5550100", 3)


async def test_the_level_decides_and_people_see_the_fields_at_the_end(store: SqlStore) -> None:
    quiet = FileRequested(at=AT, device=PHONE, name="x", client="192.0.2.7", via=Via.TFTP)
    loud = PhoneRefused(at=AT, device=PHONE, client="192.0.2.7", reason="window_closed", text="the window is closed")
    (line,) = await logged(store, LogSettings(), quiet, loud)
    assert line.endswith(
        "INFO    bridge.app.operations.recorder: SEP001122334455: refused (window_closed): the window is closed "
        "[event=PhoneRefused device=SEP001122334455]"
    )
    assert len(await logged(store, LogSettings(level=LogLevel.DEBUG), quiet, loud)) == 2
    assert await logged(store, LogSettings(level=LogLevel.WARNING), quiet, loud) == []


def record(message: str, *args: object, level: int = logging.WARNING) -> logging.LogRecord:
    return logging.LogRecord("bridge.app.x", level, __file__, 1, message, args, None)


def test_any_line_that_names_a_device_has_it_as_a_field() -> None:
    data = json.loads(JsonFormatter().format(record("%s was not restarted: %s", PHONE, "it is away")))
    assert (data["device"], data["mac"]) == ("SEP001122334455", "001122334455")


def test_nobody_can_write_a_line_of_his_own() -> None:
    written = TextFormatter().format(record("asks for %s", "a\n2026 INFO all is well\x1b[2J"))
    assert len(written.splitlines()) == 1
    assert "\\n2026 INFO" in written
    assert "\x1b" not in written
    assert len(JsonFormatter().format(record("%s", "a\nb")).splitlines()) == 1


def test_a_request_that_cannot_be_read_writes_nothing_into_the_log() -> None:
    stream = io.StringIO()
    start_logging(LogSettings(), stream=stream)
    server = logging.getLogger("aiohttp.server")
    try:
        raise BadHttpMessage("Invalid header value char: b'Authorization: Bearer sepbridge_secret\\x00'")
    except BadHttpMessage:
        server.exception("Error handling request from %s", "192.0.2.9")
    assert stream.getvalue() == ""
    try:
        raise ZeroDivisionError("ours")
    except ZeroDivisionError:
        server.exception("Error handling request from %s", "192.0.2.9")
    assert "ZeroDivisionError" in stream.getvalue()


def test_the_journal_gets_priorities_in_place_of_times(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    try:
        raise ValueError("deep")
    except ValueError as error:
        failed = record("failed", level=logging.ERROR)
        failed.exc_info = (ValueError, error, error.__traceback__)
    lines = TextFormatter(in_journal=True).format(failed).splitlines()
    assert lines[0] == "<3>bridge.app.x: failed"
    assert all(line.startswith("<3>") for line in lines)
    assert lines[-1] == "<3>ValueError: deep"
    assert JsonFormatter(in_journal=True).format(record("x", level=logging.INFO)).startswith('<6>{"at"')

    with (tmp_path / "stderr").open("w") as stream:
        here = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{here.st_dev}:{here.st_ino}")
        assert is_journal(stream)
        monkeypatch.setenv("JOURNAL_STREAM", f"{here.st_dev}:{here.st_ino + 1}")
        assert not is_journal(stream)
    assert not is_journal(io.StringIO())


def test_the_file_turns_over(tmp_path: Path) -> None:
    path = tmp_path / "sepbridge.log"
    start_logging(LogSettings(file=path, file_megabytes=1, files=2), stream=io.StringIO())
    for _ in range(25):
        logging.getLogger("bridge").info("%s", "x" * 100_000)
    names = sorted(each.name for each in tmp_path.iterdir())
    assert names == ["sepbridge.log", "sepbridge.log.1"]
    assert all(each.stat().st_size <= 1_000_000 for each in tmp_path.iterdir())
    assert path.stat().st_mode & 0o007 == 0


def test_a_file_that_cannot_be_written_is_an_error_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        start_logging(LogSettings(file=tmp_path / "missing" / "log"))
    with pytest.raises(ConfigurationError, match="two files"):
        replace(LogSettings(), files=1)

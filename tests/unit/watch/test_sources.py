"""The two sources as a running service uses them: a watched file, and a journal that a child process reads."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

from bridge.watch import JournalSource, LogFileSource

T = TypeVar("T")


async def until(condition: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + 20
    while not condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


async def collect(batches: AsyncGenerator[Sequence[T], None], count: int) -> list[T]:
    found: list[T] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            found += await anext(batches)
    return found


async def test_a_file_wakes_the_source_and_its_place_is_remembered(tmp_path: Path) -> None:
    path, memory = tmp_path / "log", tmp_path / "place"
    source = LogFileSource(path, remember=memory, poll=30.0)
    async with aclosing(source.batches()) as batches:
        first = asyncio.create_task(collect(batches, 1))
        await until(lambda: "not there yet" in source.trouble)
        path.write_text("one\n", encoding="utf-8")
        # The poll is far away: only watchdog can have told.
        assert await first == ["one"]
        second = asyncio.create_task(collect(batches, 2))
        await asyncio.sleep(0)
        with path.open("a", encoding="utf-8") as file:
            file.write("two\nthree\n")
        assert await second == ["two", "three"]
        assert source.trouble == ""
    with path.open("a", encoding="utf-8") as file:
        file.write("four\n")
    async with aclosing(LogFileSource(path, remember=memory).batches()) as batches:
        # Whoever is stopped in the middle of a batch does it once more: nothing is left out.
        assert (await collect(batches, 1))[-1] == "four"


JOURNAL = """\
import sys, time
open({calls!r}, "a").write(" ".join(sys.argv[1:]) + chr(10))
sys.stdout.write(open({records!r}).read())
sys.stdout.flush()
if "--after-cursor" not in " ".join(sys.argv):
    sys.exit("journal rotated away")
time.sleep(60)
"""


async def test_the_journal_is_read_through_a_child_that_is_started_again(tmp_path: Path) -> None:
    records, calls, script = tmp_path / "records", tmp_path / "calls", tmp_path / "journalctl.py"
    lines = [
        json.dumps({"__CURSOR": f"c{number}", "SYSLOG_IDENTIFIER": "in.tftpd", "_PID": "1", "MESSAGE": f"m{number}"})
        for number in range(3000)
    ]
    records.write_text("\n".join(["no json", *lines]) + "\n", encoding="utf-8")
    script.write_text(JOURNAL.format(calls=str(calls), records=str(records)), encoding="utf-8")
    source = JournalSource(
        identifiers=("in.tftpd", "dnsmasq-tftp"),
        remember=tmp_path / "place",
        command=(sys.executable, str(script)),
        pause=0.05,
    )
    async with aclosing(source.batches()) as batches:
        entries = await collect(batches, 6000)
    assert [entry.message for entry in entries[:3000]] == [f"m{number}" for number in range(3000)]
    first, second = calls.read_text(encoding="utf-8").splitlines()
    assert "--lines=0 --identifier=in.tftpd --identifier=dnsmasq-tftp" in first
    assert "--after-cursor=c2999" in second


async def test_a_machine_without_a_journal_is_said(tmp_path: Path) -> None:
    source = JournalSource(unit="tftpd-hpa", command=(str(tmp_path / "journalctl"),), pause=0.01)
    task = asyncio.ensure_future(anext(source.batches()))
    await until(lambda: "cannot be started" in source.trouble)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

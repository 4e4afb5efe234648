"""A whole lab in processes of its own, and what can be read from outside about a process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.lab.filefetch import FileServer


@dataclass(frozen=True, slots=True)
class Lab:
    """``sepbridge lab up``, running: addresses, and the processes to look at."""

    description: dict[str, Any]
    """The line that it printed."""

    @property
    def control(self) -> Path:
        """The bridge's control socket."""
        return Path(self.description["control"])

    @property
    def server(self) -> FileServer:
        """Where phones get their files."""
        return FileServer(address(self.description["tftp"]), address(self.description["http"]))

    @property
    def bridge(self) -> int:
        """The bridge's process id."""
        return int(self.description["pid"])

    @property
    def asterisk(self) -> int:
        """Asterisk's process id."""
        return int((Path(self.description["state"]) / "asterisk/run/asterisk.pid").read_text())

    async def asterisk_says(self, command: str) -> str:
        """What Asterisk's command line answers."""
        process = await asyncio.create_subprocess_exec(
            *self.description["asterisk_cli"], command, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        return output.decode(errors="replace")


@contextlib.asynccontextmanager
async def running_lab(directory: Path, protocol: str) -> AsyncIterator[Lab]:
    """Start the lab, and end it. ``protocol``: what unknown phones are taken to speak."""
    command = [sys.executable, "-c", "from bridge.cli import main; main()", "lab", "up"]
    words = ["--range", "10000-19999", "--state", str(directory), "--protocol", protocol]
    process = await asyncio.create_subprocess_exec(*command, *words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield Lab(json.loads(await process.stdout.readline()))
    finally:
        process.terminate()
        await process.wait()


def address(text: str) -> tuple[str, int]:
    """``host:port``."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def peak_mb(pid: int) -> float:
    """The most memory that the process ever had resident (proc(5), VmHWM)."""
    rows = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(row for row in rows if row.startswith("VmHWM")).split()[1]) / 1024


def resident_kb(pid: int) -> int:
    """The process's proportional set size in KB (proc(5), smaps_rollup): what is resident, shared pages by part."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return int(next(row for row in rows if row.startswith("Pss:")).split()[1])


def cpu_seconds(pid: int) -> float:
    """Processor time of the process so far (proc(5), utime and stime, in ticks of 1/100 s)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_files(pid: int) -> int:
    """Files and sockets that the process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def show(rows: list[tuple[str, ...]]) -> None:
    """A table; the first row has the titles."""
    widths = [max(len(each[index]) for each in rows) for index in range(len(rows[0]))]
    for each in rows:
        print("  ".join(cell.rjust(width) for cell, width in zip(each, widths, strict=True)), flush=True)

"""An hour's worth of calls in a few minutes, and what is left of them: memory, open files, tasks, channels.

``python -m bench.soak [--phones N] [--per-hour N] [--seconds S]``. An hour's worth is what so many SCCP phones make in
an hour with so many calls each; they are made evenly over ``--seconds``. Before and after, the machine rests until SIP
has forgotten the last transaction (RFC 3261, 64 times T1), so that whatever is left stays.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.lab import Lab, cpu_seconds, open_files, resident_kb, running_lab, show
from bench.pairs import Pair, working_pairs
from bridge.cli.control import ask

REST = 36.0


@dataclass(frozen=True, slots=True)
class Rest:
    """The bridge and Asterisk while nobody calls."""

    memory_kb: int
    files: int
    tasks: int
    calls: int
    channels: int
    asterisk_kb: int


async def at_rest(lab: Lab) -> Rest:
    """Wait until everything is forgotten, and look."""
    await asyncio.sleep(REST)
    status = ask(lab.control, "GET", "/status")
    shown = await lab.asterisk_says("core show channels count")
    found = re.search(r"(\d+) active channel", shown)
    return Rest(
        resident_kb(lab.bridge),
        open_files(lab.bridge),
        status["tasks"],
        status["sccp_calls"],
        int(found[1]) if found else -1,
        resident_kb(lab.asterisk),
    )


async def calls(pairs: list[Pair], count: int, seconds: float) -> list[str]:
    """So many calls, evenly over the time, the pairs taking turns."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    turns = [asyncio.Lock() for _ in pairs]

    async def one(number: int) -> str:
        await asyncio.sleep(started + seconds * number / count - loop.time())
        async with turns[number % len(pairs)]:
            return await pairs[number % len(pairs)].call(0.2)

    return await asyncio.gather(*(one(number) for number in range(count)))


async def run(phones: int, per_hour: int, seconds: float) -> bool:
    """The whole soak; True if every call came about and nothing was left."""
    count = phones * per_hour
    with tempfile.TemporaryDirectory(prefix="sepbridge-bench-") as directory:
        async with (
            running_lab(Path(directory), "SCCP") as lab,
            working_pairs(phones // 2, lab.server, sccp=True) as pairs,
        ):
            # What is made at the first call and kept, codecs and caches, is no leak.
            warm = await calls(pairs, len(pairs), 10.0)
            before = await at_rest(lab)
            cpu = cpu_seconds(lab.bridge)
            results = await calls(pairs, count, seconds)
            cpu = cpu_seconds(lab.bridge) - cpu
            after = await at_rest(lab)
    failed = [each for each in (*warm, *results) if each]
    show(
        [
            ("", "before", "after"),
            ("bridge, KB", str(before.memory_kb), str(after.memory_kb)),
            ("open files", str(before.files), str(after.files)),
            ("tasks", str(before.tasks), str(after.tasks)),
            ("calls in the bridge", str(before.calls), str(after.calls)),
            ("channels of Asterisk", str(before.channels), str(after.channels)),
            ("Asterisk, KB", str(before.asterisk_kb), str(after.asterisk_kb)),
        ]
    )
    grown = (after.memory_kb - before.memory_kb) * 1024 / count
    print(f"{count} calls in {seconds:.0f} s, {len(failed)} failed, {cpu / count * 1000:.1f} ms of the bridge per call")
    print(*sorted(set(failed)), sep="\n")
    print(f"memory that stayed: {grown:.0f} bytes per call")
    return not failed and not after.calls and not after.channels and after.tasks <= before.tasks


def main() -> None:
    """Read the command line, run, and leave with 1 if a call failed or something was left."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--per-hour", type=int, default=6, help="calls that a phone makes in an hour")
    parser.add_argument("--seconds", type=float, default=100.0, help="time in which the hour's calls are made")
    options = parser.parse_args()
    sys.exit(0 if asyncio.run(run(options.phones, options.per_hour, options.seconds)) else 1)


if __name__ == "__main__":
    main()

"""Hours' worth of calls in a few minutes, and what is left of them: memory, open files, tasks, channels.

``python -m bench.soak [--phones N] [--per-hour N] [--seconds S] [--hours N]``. An hour's worth is what so many SCCP
phones make in an hour with so many calls each; they are made evenly over ``--seconds``. Before and after, the machine
rests until SIP has forgotten the last transaction (RFC 3261, 64 times T1), so that whatever is left stays.
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


async def run(phones: int, per_hour: int, seconds: float, hours: int) -> bool:
    """The whole soak; True if every call came about and nothing was left."""
    count = phones * per_hour
    with tempfile.TemporaryDirectory(prefix="sepbridge-bench-") as directory:
        async with (
            running_lab(Path(directory), "SCCP") as lab,
            working_pairs(phones // 2, lab.server, sccp=True) as pairs,
        ):
            # What is made at the first call and kept, codecs and caches, is no leak.
            troubles = await calls(pairs, len(pairs), 10.0)
            rests = [await at_rest(lab)]
            spent = []
            for _ in range(hours):
                cpu = cpu_seconds(lab.bridge)
                troubles += await calls(pairs, count, seconds)
                spent.append((cpu_seconds(lab.bridge) - cpu) / count)
                rests.append(await at_rest(lab))
    failed = [each for each in troubles if each]
    names = ["before", *(f"after hour {hour}" for hour in range(1, hours + 1))]
    show(
        [
            ("", *names),
            ("bridge, KB", *(str(each.memory_kb) for each in rests)),
            ("open files", *(str(each.files) for each in rests)),
            ("tasks", *(str(each.tasks) for each in rests)),
            ("calls in the bridge", *(str(each.calls) for each in rests)),
            ("channels of Asterisk", *(str(each.channels) for each in rests)),
            ("Asterisk, KB", *(str(each.asterisk_kb) for each in rests)),
            ("bridge ms/call", "", *(f"{each * 1000:.1f}" for each in spent)),
        ]
    )
    print(f"{hours} times {count} calls in {seconds:.0f} s each, {len(failed)} failed")
    print(*sorted(set(failed)), sep="\n")
    before, after = rests[-2:]
    print(
        f"memory that stayed in the last hour: {(after.memory_kb - before.memory_kb) * 1024 / count:.0f} bytes per call"
    )
    return not failed and not after.calls and not after.channels and after.tasks <= rests[0].tasks


def main() -> None:
    """Read the command line, run, and leave with 1 if a call failed or something was left."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--per-hour", type=int, default=6, help="calls that a phone makes in an hour")
    parser.add_argument("--seconds", type=float, default=80.0, help="time in which an hour's calls are made")
    parser.add_argument("--hours", type=int, default=2, help="the second shows what the first only warmed up")
    options = parser.parse_args()
    sys.exit(0 if asyncio.run(run(options.phones, options.per_hour, options.seconds, options.hours)) else 1)


if __name__ == "__main__":
    main()

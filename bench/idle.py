"""SCCP phones that are registered and do nothing: how long they take to come up, what they cost in memory and time.

``python -m bench.idle [--phones N]... [--idle SECONDS]``. Every size gets a lab of its own (Asterisk and the bridge in
processes of their own). The phones come up unknown, stay registered, and the bridge is watched while they send their
keepalives. Memory per phone is the slope between the smallest and the largest size: what the bridge needs without any
phone falls out of it. The peer is Asterisk, which serves the same registrations of the same phones' lines.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.lab import cpu_seconds, open_files, resident_kb, running_lab, show
from bridge.lab.storm import SCCP_MODELS, phones_at_work

HEADS = ("phones", "registered", "in all s", "bridge MB", "files", "bridge CPU", "Asterisk CPU", "still there")
SETTLING = 10.0
"""Seconds between the last registration and the first look: events are written, lines register."""
WITHIN = 240.0


@dataclass(frozen=True, slots=True)
class Figures:
    """One size. ``cpu`` is the part of one core, 0 to 1."""

    phones: int
    registered: int
    elapsed: float
    memory_kb: int
    files: int
    cpu: float
    asterisk_cpu: float
    left: int
    """Phones that were still registered at the end."""

    @property
    def row(self) -> tuple[str, ...]:
        """One line of the table."""
        return (
            str(self.phones), str(self.registered), f"{self.elapsed:.1f}", f"{self.memory_kb / 1024:.1f}",
            str(self.files), f"{self.cpu:.2%}", f"{self.asterisk_cpu:.2%}", str(self.left),
        )  # fmt: skip


async def measure(phones: int, idle: float) -> Figures:
    """Have the phones come up, wait, and look at the bridge."""
    with tempfile.TemporaryDirectory(prefix="sepbridge-bench-") as directory:
        async with (
            running_lab(Path(directory), "SCCP") as lab,
            phones_at_work(phones, lab.server, models=SCCP_MODELS, within=WITHIN, sccp=True) as (report, simulated),
        ):
            await asyncio.sleep(SETTLING)
            memory = resident_kb(lab.bridge)
            ours, theirs = cpu_seconds(lab.bridge), cpu_seconds(lab.asterisk)
            started = asyncio.get_running_loop().time()
            await asyncio.sleep(idle)
            spent = asyncio.get_running_loop().time() - started
            return Figures(
                phones,
                report.registered,
                report.elapsed,
                memory,
                open_files(lab.bridge),
                (cpu_seconds(lab.bridge) - ours) / spent,
                (cpu_seconds(lab.asterisk) - theirs) / spent,
                sum(1 for phone in simulated if phone.number),
            )


async def run(sizes: list[int], idle: float) -> bool:
    """All sizes; True if no phone was lost."""
    figures = [await measure(size, idle) for size in sizes]
    show([HEADS, *(each.row for each in figures)])
    smallest, largest = min(figures, key=lambda each: each.phones), max(figures, key=lambda each: each.phones)
    if largest.phones > smallest.phones:
        slope = (largest.memory_kb - smallest.memory_kb) / (largest.phones - smallest.phones)
        print(f"memory of the bridge per idle phone: {slope:.1f} KB (hold: under 60)")
    for each in figures:
        if each.asterisk_cpu:
            ratio = each.cpu / each.asterisk_cpu
            print(f"{each.phones} phones idle: the bridge takes {ratio:.1f} times Asterisk's processor time")
    return all(each.registered == each.left == each.phones for each in figures)


def main() -> None:
    """Read the command line, run, and leave with 1 if a phone was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, action="append", help="how many; default 100, 1000 and 2000")
    parser.add_argument("--idle", type=float, default=30.0, help="seconds of watching")
    options = parser.parse_args()
    sys.exit(0 if asyncio.run(run(options.phones or [100, 1000, 2000], options.idle)) else 1)


if __name__ == "__main__":
    main()

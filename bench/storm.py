"""The boot storm: unknown phones switched on at once, from the first request to the last registration.

``python -m bench.storm [--phones N]... [--rounds N] [--sccp]`` starts a whole lab (Asterisk and the bridge, in
processes of their own) for each round, switches on phones that nobody configured, then the same phones once more: known
by then, they need their files and Asterisk, but no number and no reload. That second storm is the peer: what remains
between the two is the price of autoregistration.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.lab import Lab, cpu_seconds, peak_mb, running_lab, show
from bridge.cli.control import ask
from bridge.lab.storm import MODELS, SCCP_MODELS, StormReport, run_storm

HEADS = (
    "phones", "", "registered", "in all s", "p50 s", "p99 s", "failed", "doubled", "retransm.", "reloads",
    "bridge MB", "bridge CPU s", "Asterisk MB",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """One storm."""

    report: StormReport
    reloads: int
    bridge_peak: float
    """MB."""
    bridge_cpu: float
    """Seconds."""
    asterisk_peak: float


async def storm(lab: Lab, phones: int, *, sccp: bool) -> Figures:
    """Switch the phones on, and measure."""
    before = ask(lab.control, "GET", "/status")["pbx"]["reloads"]
    cpu = cpu_seconds(lab.bridge)
    report = await run_storm(phones, lab.server, models=SCCP_MODELS if sccp else MODELS, sccp=sccp)
    after = ask(lab.control, "GET", "/status")["pbx"]["reloads"]
    return Figures(report, after - before, peak_mb(lab.bridge), cpu_seconds(lab.bridge) - cpu, peak_mb(lab.asterisk))


def row(phones: int, name: str, figures: Figures) -> tuple[str, ...]:
    """One line of the table."""
    report = figures.report
    return (
        str(phones), name, str(report.registered), f"{report.elapsed:.2f}", f"{report.p50:.2f}", f"{report.p99:.2f}",
        str(len(report.failures)), str(len(report.duplicates)), str(report.retransmissions), str(figures.reloads),
        f"{figures.bridge_peak:.0f}", f"{figures.bridge_cpu:.2f}", f"{figures.asterisk_peak:.0f}",
    )  # fmt: skip


async def run(sizes: list[int], rounds: int, *, sccp: bool) -> bool:
    """All storms; True if every phone of every storm came up with a number of its own."""
    rows: list[tuple[str, ...]] = [HEADS]
    ratios: list[str] = []
    clean = True
    for phones in sizes:
        pairs: list[tuple[Figures, Figures]] = []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory(prefix="sepbridge-bench-") as directory:
                async with running_lab(Path(directory), "SCCP" if sccp else "SIP") as lab:
                    pairs.append((await storm(lab, phones, sccp=sccp), await storm(lab, phones, sccp=sccp)))
        for unknown, known in pairs:
            rows += [row(phones, "unknown", unknown), row(phones, "known", known)]
            clean = clean and unknown.report.is_clean and known.report.is_clean
        times = [unknown.report.elapsed / known.report.elapsed for unknown, known in pairs]
        ratios.append(
            f"{phones} phones: unknown takes {statistics.median(times):.2f} times as long as known "
            f"({min(times):.2f} to {max(times):.2f})"
        )
    show(rows)
    print(*ratios, sep="\n")
    return clean


def main() -> None:
    """Read the command line, run, and leave with 1 if a phone was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, action="append", help="size of a storm; default 200 and 1000")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--sccp", action="store_true", help="phones with SCCP firmware")
    options = parser.parse_args()
    sys.exit(0 if asyncio.run(run(options.phones or [200, 1000], options.rounds, sccp=options.sccp)) else 1)


if __name__ == "__main__":
    main()

"""Calls per second between many pairs at once: SCCP phones behind the proxy beside SIP phones, on the same Asterisk.

``python -m bench.calls [--pairs N]... [--seconds S] [--talk S]``. Every pair calls, answers, talks and hangs up, time
and again; every call that does not come about, or does not end on both sides, counts as failed. The simulated phones
share the machine with what is measured, and with many pairs they are what is slow: processor time per call is the
figure to trust. A call between SCCP phones has two user agents of ours at Asterisk where one between SIP phones has
none.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.lab import Lab, cpu_seconds, running_lab, show
from bench.pairs import Pair, working_pairs

HEADS = ("pairs", "", "calls", "failed", "calls/s", "bridge ms/call", "Asterisk ms/call")


@dataclass(frozen=True, slots=True)
class Figures:
    """One load. Seconds."""

    calls: int
    troubles: Counter[str]
    """What did not come about, and how often."""
    elapsed: float
    bridge_cpu: float
    asterisk_cpu: float

    @property
    def failed(self) -> int:
        """Calls that did not come about, or did not end."""
        return self.troubles.total()

    @property
    def rate(self) -> float:
        """Good calls per second."""
        return (self.calls - self.failed) / self.elapsed

    def row(self, pairs: int, name: str) -> tuple[str, ...]:
        """One line of the table."""
        return (
            str(pairs), name, str(self.calls), str(self.failed), f"{self.rate:.1f}",
            f"{self.bridge_cpu / self.calls * 1000:.1f}", f"{self.asterisk_cpu / self.calls * 1000:.1f}",
        )  # fmt: skip


async def load(lab: Lab, pairs: list[Pair], seconds: float, talk: float) -> Figures:
    """All pairs call for so long; calls that are up then are finished."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    ours, theirs = cpu_seconds(lab.bridge), cpu_seconds(lab.asterisk)

    async def calling(pair: Pair, delay: float) -> list[str]:
        await asyncio.sleep(delay)
        results = [await pair.call(talk)]
        while loop.time() < started + seconds:
            results.append(await pair.call(talk))
        return results

    # Spread out: it is the rate that is asked for, not how many calls can begin in one moment.
    delays = [(talk or 1.0) * index / len(pairs) for index in range(len(pairs))]
    results = await asyncio.gather(*(calling(pair, delay) for pair, delay in zip(pairs, delays, strict=True)))
    every = [trouble for each in results for trouble in each]
    troubles = Counter(trouble for trouble in every if trouble)
    return Figures(
        len(every),
        troubles,
        loop.time() - started,
        cpu_seconds(lab.bridge) - ours,
        cpu_seconds(lab.asterisk) - theirs,
    )


async def both(pairs: int, seconds: float, talk: float) -> tuple[Figures, Figures]:
    """SCCP pairs, then SIP pairs, on one Asterisk."""
    figures: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="sepbridge-bench-") as directory:
        async with running_lab(Path(directory), "SCCP") as lab:
            for sccp in (True, False):
                # 8841s have no SCCP firmware: they are SIP phones whatever the lab's protocol parameter says.
                models = () if sccp else ("8841",)
                async with working_pairs(pairs, lab.server, sccp=sccp, models=models) as working:
                    figures.append(await load(lab, working, seconds, talk))
    return figures[0], figures[1]


async def run(sizes: list[int], seconds: float, talk: float) -> bool:
    """All sizes; True if no call of ours failed."""
    rows: list[tuple[str, ...]] = [HEADS]
    ratios: list[str] = []
    clean = True
    for pairs in sizes:
        sccp, sip = await both(pairs, seconds, talk)
        rows += [sccp.row(pairs, "SCCP"), sip.row(pairs, "SIP")]
        clean = clean and not sccp.failed
        for name, each in (("SCCP", sccp), ("SIP", sip)):
            ratios += [f"{pairs} pairs, {name}, {times} times: {why}" for why, times in each.troubles.most_common(3)]
        ratios.append(f"{pairs} pairs: SCCP makes {sccp.rate / sip.rate:.2f} times as many calls per second as SIP")
    show(rows)
    print(*ratios, sep="\n")
    return clean


def main() -> None:
    """Read the command line, run, and leave with 1 if a call failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.calls", description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, action="append", help="how many; default 10, 50 and 200")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long new calls are made")
    parser.add_argument("--talk", type=float, default=2.0, help="seconds that a call stands")
    options = parser.parse_args()
    sys.exit(0 if asyncio.run(run(options.pairs or [10, 50, 200], options.seconds, options.talk)) else 1)


if __name__ == "__main__":
    main()

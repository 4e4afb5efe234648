"""One unknown phone alone: from its request to the file in its hand, over TFTP, with a real Asterisk behind.

``python -m bench.arrival [--phones N]``: unknown phones ask for their own file, one after the other; each is admitted,
gets a number and an endpoint at Asterisk, and its file. Then the same phones ask again, known by now: that is the peer.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from bench.lab import running_lab, show
from bridge.lab.tftpclient import TftpClient


async def ask(server: tuple[str, int], phones: int) -> list[float]:
    """Seconds for each phone's file. A phone that gets none ends the bench."""
    taken = []
    for number in range(phones):
        client = TftpClient(server)
        begun = time.perf_counter()
        reply = await client.read(f"SEP00AA00{number:06X}.cnf.xml")
        taken.append(time.perf_counter() - begun)
        assert reply.content is not None, reply.why
        await asyncio.sleep(0.2)  # alone: the one before is done with, also at Asterisk
    return taken


def row(name: str, taken: list[float]) -> tuple[str, ...]:
    """Milliseconds."""
    ordered = sorted(taken)
    p95 = ordered[int(len(ordered) * 0.95)]
    return name, f"{statistics.median(taken) * 1000:.1f}", f"{p95 * 1000:.1f}", f"{ordered[-1] * 1000:.1f}"


async def run(phones: int) -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory(prefix="sepbridge-bench-") as directory:
        async with running_lab(Path(directory), "SIP") as lab:
            unknown = await ask(lab.server.tftp, phones)
            # The second request of a phone that did not register is withheld; the third is answered.
            for number in range(phones):
                await TftpClient(lab.server.tftp).read(f"SEP00AA00{number:06X}.cnf.xml")
            known = await ask(lab.server.tftp, phones)
    show([("request to file, ms", "p50", "p95", "most"), row("unknown", unknown), row("known", known)])


def main() -> None:
    """Read the command line, and run."""
    parser = argparse.ArgumentParser(prog="python -m bench.arrival", description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, default=60)
    asyncio.run(run(parser.parse_args().phones))


if __name__ == "__main__":
    main()

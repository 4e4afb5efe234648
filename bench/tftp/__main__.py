"""``python -m bench.tftp [--full] [--rounds N] [--json FILE]``: our TFTP server beside others, in one run.

Every round starts each server fresh, one after the other, and puts the same loads on it; the table shows medians over
the rounds. The machine is shared with the client and whatever else runs on it, so compare rows, and trust the ratios:
each is taken between two servers of the same round. Processor time for each file depends least on what else runs. The
run takes place in a network namespace of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.tftp.measure import BIG, LOADS, Bench, Load, Result
from bench.tftp.servers import Server, memory, servers

_INSIDE = "SEPBRIDGE_BENCH_NAMESPACE"
REFERENCE = "dnsmasq"


class Measured:
    """All results of one server."""

    def __init__(self) -> None:
        self.results: dict[Load, list[Result]] = defaultdict(list)
        self.memory: list[int] = []


def main() -> int:
    """Entry point; 1 when a transfer of ours failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.tftp", description="Our TFTP server beside others.")
    parser.add_argument("--full", action="store_true", help="five times as many transfers, five rounds")
    parser.add_argument("--rounds", type=int, help="rounds (3, or 5 with --full)")
    parser.add_argument("--json", type=Path, help="write every single result to this file")
    arguments = parser.parse_args()
    if _INSIDE not in os.environ:
        return _run_in_namespace()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # Without any address beside loopback's, the resolver finds no numeric address either, and tftpd-hpa gives up.
    subprocess.run(["ip", "address", "add", "192.0.2.1/32", "dev", "lo"], check=True)
    console = Console(width=None if sys.stdout.isatty() else 160)
    present: list[Server] = []
    for server in servers():
        if server.find() is None:
            console.print(f"[yellow]{server.name} is not installed and is left out; `make peers` installs it[/yellow]")
        else:
            present.append(server)
    rounds = arguments.rounds or (5 if arguments.full else 3)
    measured = _measure(present, rounds, 5 if arguments.full else 1)
    console.print(_table(measured))
    if REFERENCE in measured:
        console.print(_ratios(measured))
    if arguments.json:
        arguments.json.write_text(json.dumps(_plain(measured), indent=1))
    failed = sum(
        result.failed
        for server in present
        if server.ours
        for results in measured[server.name].results.values()
        for result in results
    )
    return 1 if failed else 0


def _run_in_namespace() -> int:
    command = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    return subprocess.run(
        [*command, sys.executable, "-m", "bench.tftp", *sys.argv[1:]], check=False, env={**os.environ, _INSIDE: "1"}
    ).returncode


def _measure(present: list[Server], rounds: int, factor: int) -> dict[str, Measured]:
    measured = {server.name: Measured() for server in present}
    with tempfile.TemporaryDirectory(prefix="sepbridge-bench-") as name:
        directory = Path(name)
        bench = Bench(directory, random.Random(1).randbytes(BIG))
        turns = [(number, server) for number in range(rounds) for server in present]
        for _, server in track(turns, description="measuring", console=Console(stderr=True)):
            into = measured[server.name]
            with server.running(bench.served, directory / "log") as pid:
                bench.wait_until_served()
                for load in LOADS:
                    into.results[load].append(bench.run(load, pid, factor=factor))
                into.memory.append(memory(pid))
    return measured


def _table(measured: dict[str, Measured]) -> Table:
    table = Table(
        title="TFTP servers on loopback: medians; files per second, or MB/s; CPU: the server's for one file",
        title_justify="left",
    )
    table.add_column("server")
    for load in LOADS:
        table.add_column(load.title, justify="right")
    for title in ("failed", "retransmits", "memory"):
        table.add_column(title, justify="right")
    for name, into in measured.items():
        cells = []
        for load in LOADS:
            results = into.results[load]
            rate = median(result.rate for result in results)
            cell = f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"
            if load.in_files:
                p50, p99 = (median(getattr(result, key) for result in results) * 1000 for key in ("p50", "p99"))
                cell += f"\np50 {p50:.1f} ms\np99 {p99:.1f} ms"
            elif load.window > 1 and results[0].window == 1:
                cell += "\n(no windows)"
            processor = median(result.processor for result in results)
            cell += f"\nCPU {processor * 1e6:.0f} µs" if load.in_files else f"\nCPU {processor * 1e3:.0f} ms"
            cells.append(cell)
        every = [result for results in into.results.values() for result in results]
        table.add_row(
            name,
            *cells,
            str(sum(result.failed for result in every)),
            str(sum(result.retransmits for result in every)),
            f"{max(into.memory) / 1e6:.0f} MB",
        )
    return table


def _ratios(measured: dict[str, Measured]) -> Table:
    table = Table(title=f"Ratios to {REFERENCE}: median over rounds (lowest - highest)", title_justify="left")
    table.add_column("server")
    for load in LOADS:
        table.add_column(load.title, justify="right")
    for name, into in measured.items():
        cells = []
        for load in LOADS:
            pairs = zip(into.results[load], measured[REFERENCE].results[load], strict=True)
            ratios = [one.rate / other.rate for one, other in pairs]
            cells.append(f"{median(ratios):.2f}\n({min(ratios):.2f} - {max(ratios):.2f})")
        table.add_row(name, *cells)
    return table


def _plain(measured: dict[str, Measured]) -> dict[str, object]:
    return {
        name: {
            "memory": into.memory,
            "loads": {
                load.title: [
                    {field: getattr(result, field) for field in Result.__slots__} for result in into.results[load]
                ]
                for load in LOADS
            },
        }
        for name, into in measured.items()
    }


if __name__ == "__main__":
    sys.exit(main())

"""One measurement: the client program against a running server, and what it printed."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench.tftp.servers import ADDRESS, PORT, processor_time

SMALL, BIG = 8192, 5_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients ask for."""

    title: str
    octets: int
    clients: int
    transfers: int
    """In quick mode."""
    block_size: int = 512
    window: int = 1

    @property
    def in_files(self) -> bool:
        """Small files are counted per second, large ones in MB/s."""
        return self.octets == SMALL


LOADS = (
    Load("8 KB, 1 client", SMALL, 1, 1000),
    Load("8 KB, 50 clients", SMALL, 50, 4000),
    Load("8 KB, 300 clients", SMALL, 300, 6000),
    Load("5 MB, 512 B", BIG, 1, 4),
    Load("5 MB, 1428 B", BIG, 1, 8, block_size=1428),
    Load("5 MB, 1428 B, window 16", BIG, 1, 12, block_size=1428, window=16),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What came out. Times in seconds."""

    rate: float
    """Files per second, or MB (10^6 octets) per second."""
    p50: float
    p99: float
    failed: int
    wrong: int
    retransmits: int
    window: int
    """What the server granted."""
    processor: float
    """Seconds of processor time that the server used for each transfer, its children's that ended included."""
    error: str


class Bench:
    """A directory with the files and the compiled client."""

    def __init__(self, directory: Path, random_octets: bytes) -> None:
        self.served = directory / "served"
        self.served.mkdir()
        for size in (SMALL, BIG):
            (self.served / str(size)).write_bytes(random_octets[:size])
        # Servers give up their rights; the files must be readable for anybody.
        for path in (directory, self.served, *self.served.iterdir()):
            path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.is_dir() else 0))
        self._client = directory / "client"
        source = Path(__file__).with_name("client.c")
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", str(self._client), str(source)], check=True)

    def run(self, load: Load, pid: int, *, factor: int = 1) -> Result:
        """Measure one load on the server with this ``pid``; ``factor`` times as many transfers as in quick mode."""
        before = processor_time(pid)
        output = self._ask(load, load.transfers * factor)
        used = processor_time(pid) - before
        good = int(output["good"])
        amount = good if load.in_files else good * load.octets / 1e6
        return Result(
            rate=amount / float(output["seconds"]),
            p50=float(output["p50"]),
            p99=float(output["p99"]),
            failed=int(output["failed"]),
            wrong=int(output["wrong"]),
            retransmits=int(output["retransmits"]),
            window=int(output["windowsize"]),
            processor=used / (load.transfers * factor),
            error=str(output["error"]),
        )

    def wait_until_served(self) -> None:
        """Until the server under test answers; raises TimeoutError after 40 seconds."""
        for _ in range(80):
            started = time.monotonic()
            # A request that comes before the server listens is lost; the client would repeat it after a second only.
            with contextlib.suppress(subprocess.TimeoutExpired):
                if self._ask(LOADS[0], 1, timeout=0.5)["good"]:
                    return
            time.sleep(max(0.0, started + 0.5 - time.monotonic()))
        raise TimeoutError("the server does not answer")

    def _ask(self, load: Load, transfers: int, *, timeout: float = 300) -> dict[str, float | str]:
        arguments = (ADDRESS, PORT, load.octets, self.served / str(load.octets), load.clients, transfers)
        run = subprocess.run(
            [str(self._client), *map(str, arguments), str(load.block_size), str(load.window)],
            check=True,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        answer: dict[str, float | str] = json.loads(run.stdout)
        return answer

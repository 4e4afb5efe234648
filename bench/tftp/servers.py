"""The servers that are measured: how each is started on a port of loopback, over the same directory."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
ADDRESS = "127.0.0.1"
PORT = 69
"""dnsmasq knows no other; the bench has a network namespace of its own, where the port is free."""
_PLACES = ("/usr/sbin", str(CHECKOUT / ".cache/peers/usr/sbin"))


@dataclass(frozen=True, slots=True)
class Server:
    """A server and the command that starts it in the foreground."""

    name: str
    command: Callable[[str, Path], list[str]]
    program: str
    ours: bool = False

    def find(self) -> str | None:
        """The program's path; None where it is not installed."""
        return shutil.which(self.program, path=os.pathsep.join([os.environ.get("PATH", ""), *_PLACES]))

    @contextlib.contextmanager
    def running(self, directory: Path, log: Path) -> Iterator[int]:
        """Run it; the pid."""
        program = self.find()
        assert program is not None
        with log.open("ab") as output:
            process = subprocess.Popen(
                self.command(program, directory), stdout=output, stderr=output, cwd=CHECKOUT, start_new_session=True
            )
            try:
                yield process.pid
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _ours(loop: str) -> Server:
    return Server(
        f"sepbridge, {loop}",
        lambda program, directory: [program, "-m", "bench.tftp.serve", ADDRESS, str(PORT), str(directory), loop],
        sys.executable,
        ours=True,
    )


def _whole(loop: str) -> Server:
    """Not the TFTP server alone: a node as `sepbridge serve` runs it."""
    return Server(
        "sepbridge, whole" if loop == "asyncio" else f"whole, {loop}",
        lambda program, directory: [program, "-m", "bench.tftp.node", ADDRESS, str(PORT), str(directory), loop],
        sys.executable,
        ours=True,
    )


def servers() -> list[Server]:
    """Ours first, the one that ratios refer to last."""
    found = [_ours("asyncio"), _whole("asyncio")]
    if importlib.util.find_spec("uvloop"):
        found += [_ours("uvloop"), _whole("uvloop")]
    return [
        *found,
        Server(
            "tftpd-hpa",
            lambda program, directory: [program, "-L", "-a", f"{ADDRESS}:{PORT}", "-u", "root", "-s", str(directory)],
            "in.tftpd",
        ),
        Server(
            "atftpd",
            lambda program, directory: [
                *(program, "--daemon", "--no-fork", "--user", "root.root", "--maxthread", "1000"),
                *("--bind-address", ADDRESS, "--port", str(PORT), str(directory)),
            ],
            "atftpd",
        ),
        Server(
            "dnsmasq",
            lambda program, directory: [
                *(program, "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--pid-file=", "--user=root"),
                *("--enable-tftp", f"--tftp-root={directory}", f"--listen-address={ADDRESS}", "--tftp-max=1000"),
                "--log-facility=-",
            ],
            "dnsmasq",
        ),
    ]


def memory(pid: int) -> int:
    """Peak resident octets of a process: of what a program holds at its fullest. Forked children are not counted."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def processor_time(pid: int) -> float:
    """Seconds of processor time that a process has used, with those of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(each) for each in fields[11:15]) / os.sysconf("SC_CLK_TCK")

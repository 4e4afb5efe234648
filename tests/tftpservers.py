"""The three TFTP servers that admins have, really running, each logging as it does on their machines."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.watch import TftpProgram
from tests.peers import missing, peer

PROBE = "are-you-there"
"""The file that is asked for until the server answers: its log tells of it, perhaps more than once."""
_COUNT = itertools.count(os.getpid() * 7)

# in.tftpd logs to syslog alone. In a mount namespace of its own there is another /dev, with a syslog daemon behind
# /dev/log.
_WITH_SYSLOG = """\
set -e
mount -t tmpfs none /mnt
for each in null zero random urandom; do touch /mnt/$each; mount --bind /dev/$each /mnt/$each; done
mount --move /mnt /dev
"$1" syslogd -n -O "$2" & shift 2
until [ -S /dev/log ]; do :; done
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class OtherServer:
    """A server that is not ours."""

    address: tuple[str, int]
    root: Path
    log: Path
    pid: int


@contextlib.contextmanager
def other_server(kind: TftpProgram, directory: Path, *, at: str = "") -> Iterator[OtherServer]:
    """Run one on an address of loopback that nobody else uses, over ``directory/root``.

    ``at``: where one ran before, with the same directory: this is the same server, started again.
    """
    if os.geteuid() != 0:
        missing("the TFTP servers need root: for port 69, and for a syslog of their own")
    number = next(_COUNT) % 60_000
    host, port = at or f"127.69.{number // 250}.{number % 250 + 1}", 69
    root, log = directory / "root", directory / "log" / "tftp.log"
    root.mkdir(exist_ok=bool(at))
    log.parent.mkdir(exist_ok=bool(at))
    log.touch()
    if at:
        _wait_until_it_is_gone(host, port)
    with (directory / "server.out").open("wb") as output:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", *_command(kind, host, port, root, log)],  # should we be killed
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _wait_until_it_answers(host, port, directory / "server.out")
            yield OtherServer((host, port), root, log, process.pid)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)


def _command(kind: TftpProgram, host: str, port: int, root: Path, log: Path) -> list[str]:
    match kind:
        case TftpProgram.TFTPD_HPA:
            return [
                *(peer("unshare"), "--mount", "sh", "-c", _WITH_SYSLOG, "sh", peer("busybox"), str(log)),
                *(peer("in.tftpd"), "-L", "-v", "-a", f"{host}:{port}", "-u", "root", "-s", str(root)),
            ]
        case TftpProgram.ATFTPD:
            return [
                *(peer("atftpd"), "--daemon", "--no-fork", "--user", "root.root", "--bind-address", host),
                *("--port", str(port), "--verbose=7", "--logfile", str(log), str(root)),
            ]
        case TftpProgram.DNSMASQ:
            return [
                *(peer("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--pid-file="),
                *("--user=root", "--enable-tftp", f"--tftp-root={root}", f"--listen-address={host}"),
                *("--bind-interfaces", f"--log-facility={log}"),
            ]


def _wait_until_it_is_gone(host: str, port: int) -> None:
    """A child of it may live a little longer, with its socket."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            trial.bind((host, port))
            return
        time.sleep(0.02)
    raise AssertionError(f"{host}:{port} is still taken")


def _wait_until_it_answers(host: str, port: int, output: Path) -> None:
    deadline = time.monotonic() + 20
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.1)
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                client.sendto(f"\0\1{PROBE}\0octet\0".encode(), (host, port))
                client.recv(600)
                return
            time.sleep(0.02)
    raise AssertionError(f"the TFTP server does not answer: {output.read_text(errors='replace')}")

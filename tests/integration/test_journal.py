"""The journal itself: a private systemd-journald, a real tftpd-hpa that logs into it, and journalctl."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.watch import JournalSource, LogEntry, LoggedRequest, Stage, TftpLog
from tests.peers import missing, peer

# Mounts of its own, so that the machine's /run and /dev stay as they are.
_SCRIPT = """\
set -e
mount -t tmpfs none /run
mkdir -p /run/systemd/journal /run/log/journal
mount -t tmpfs none /mnt
for each in null zero random urandom kmsg; do touch /mnt/$each; mount --bind /dev/$each /mnt/$each; done
mount --move /mnt /dev
"$1" & shift
until [ -S /run/systemd/journal/dev-log ]; do :; done
ln -s /run/systemd/journal/dev-log /dev/log
exec "$@"
"""


@contextlib.contextmanager
def tftpd_with_a_journal(host: str, root: Path) -> Iterator[int]:
    """The pid of a process in the namespace where the journal is."""
    journald = Path("/lib/systemd/systemd-journald")
    if os.geteuid() != 0 or not journald.exists():
        missing("needs root and systemd-journald")
    process = subprocess.Popen(
        [
            *(peer("unshare"), "--mount", "sh", "-c", _SCRIPT, "sh", str(journald)),
            *(peer("in.tftpd"), "-L", "-v", "-a", f"{host}:6969", "-u", "root", "-s", str(root)),
        ],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def ask(host: str, name: bytes) -> None:
    """Ask for a file until there is an answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.2)
        for _ in range(100):
            with contextlib.suppress(OSError):
                client.sendto(b"\0\1" + name + b"\0octet\0", (host, 6969))
                client.recv(600)
                return
    raise AssertionError("no answer")


@pytest.mark.peer("tftpd-hpa, systemd")
async def test_requests_come_out_of_a_real_journal_and_go_on_after_a_restart(tmp_path: Path) -> None:
    host = f"127.70.{os.getpid() % 250}.1"
    (tmp_path / "root").mkdir()
    with tftpd_with_a_journal(host, tmp_path / "root") as pid:
        await asyncio.to_thread(ask, host, b"are-you-there")

        def source() -> JournalSource:
            inside = (peer("nsenter"), f"--mount=/proc/{pid}/ns/mnt", peer("journalctl"), "-D", "/run/log/journal")
            return JournalSource(identifiers=["in.tftpd"], remember=tmp_path / "place", command=inside)

        async def read(name: bytes) -> list[LogEntry]:
            entries: list[LogEntry] = []

            async def follow() -> None:
                async with contextlib.aclosing(source().batches()) as batches:
                    async for batch in batches:
                        entries.extend(batch)

            task = asyncio.create_task(follow())
            try:
                async with asyncio.timeout(20):
                    # Without a place it begins where the journal ends: it must be reading before anybody asks.
                    while len(entries) < 2:
                        await asyncio.to_thread(ask, host, name)
                        await asyncio.sleep(0.3)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            return entries

        first = await read(b"SEP00AABBCCDDEE.cnf.xml")
        await asyncio.to_thread(ask, host, b"while-nobody-read")
        second = await read(b"\xff\xfe\n\x01")
    log = TftpLog()
    requests = [request for entry in first for request in log.read(entry)]
    assert LoggedRequest("SEP00AABBCCDDEE.cnf.xml", "127.0.0.1", Stage.ASKED) in requests
    assert all(entry.at is not None and entry.cursor for entry in first)
    later = {request.name for entry in second for request in log.read(entry)}
    assert "while-nobody-read" in later

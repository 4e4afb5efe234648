"""The journal itself: a private systemd-journald, real TFTP and DHCP servers that log into it, and journalctl."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.app.diagnosis import dhcpwatch
from bridge.app.settings import DhcpSettings
from bridge.core import DeviceName
from bridge.core.events import DhcpLeaseSeen
from bridge.watch import JournalSource, LogEntry, LoggedRequest, Stage, TftpLog
from tests.dhcpnet import network, phone_mac, take_a_lease
from tests.peers import missing, peer
from tests.tftp_lab import FixedClock, RecordingSink

# Mounts of its own, so that the machine's /run and /dev stay as they are.
_SCRIPT = """\
set -e
exec 9<"$1"
shift
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


# As systemd starts a service: what it writes is its unit's. (What it says to syslog would be by its control group.)
_AS_UNIT = """\
import os, socket, sys, time
name, unit, *command = sys.argv[1:]
stream = socket.socket(socket.AF_UNIX)
while stream.connect_ex("/run/systemd/journal/stdout"):
    time.sleep(0.02)
stream.sendall(f"{name}\\n{unit}\\n30\\n0\\n0\\n0\\n0\\n".encode())
os.dup2(stream.fileno(), 1)
os.dup2(stream.fileno(), 2)
os.execv(command[0], command)
"""


@contextlib.contextmanager
def with_a_journal(*command: str, network: str = "/proc/self/ns/net") -> Iterator[int]:
    """The pid of the command, which is in the namespace where the journal is, and in that network."""
    journald = Path("/lib/systemd/systemd-journald")
    if os.geteuid() != 0 or not journald.exists():
        missing("needs root and systemd-journald")
    process = subprocess.Popen(
        [
            *(peer("unshare"), "--mount", "sh", "-c", _SCRIPT, "sh", network, str(journald)),
            *(peer("nsenter"), "--net=/proc/self/fd/9", *command),
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


def journalctl(pid: int) -> tuple[str, ...]:
    """The command that reads the journal of that process."""
    return peer("nsenter"), f"--mount=/proc/{pid}/ns/mnt", peer("journalctl"), "-D", "/run/log/journal"


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
    tftpd = (peer("in.tftpd"), "-L", "-v", "-a", f"{host}:6969", "-u", "root", "-s", str(tmp_path / "root"))
    with with_a_journal(*tftpd) as pid:
        await asyncio.to_thread(ask, host, b"are-you-there")

        def source() -> JournalSource:
            return JournalSource(identifiers=["in.tftpd"], remember=tmp_path / "place", command=journalctl(pid))

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


def _dnsmasq(directory: Path) -> tuple[str, ...]:
    return (
        *(peer("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--pid-file=", "--user=root"),
        *("--interface=server0", "--bind-interfaces", "--dhcp-range=192.0.2.100,192.0.2.150,1h", "--no-ping"),
        *("--dhcp-authoritative", "--log-dhcp", "--log-facility=-", f"--dhcp-leasefile={directory / 'leases'}"),
    )


def _kea(directory: Path) -> tuple[str, ...]:
    config = {
        "interfaces-config": {"interfaces": ["server0"]},
        "lease-database": {"type": "memfile", "name": str(directory / "leases4.csv")},
        "subnet4": [{"subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100-192.0.2.150"}]}],
        "loggers": [
            {"name": "kea-dhcp4", "output_options": [{"output": "stdout"}], "severity": "DEBUG", "debuglevel": 55}
        ],
    }
    path = directory / "kea.conf"
    path.write_text(json.dumps({"Dhcp4": config}), encoding="utf-8")
    places = [f"{name}={directory}" for name in ("KEA_PIDFILE_DIR", "KEA_LOCKFILE_DIR")]
    return peer("env"), *places, peer("kea-dhcp4"), "-c", str(path)


@pytest.mark.req("RG-15")
@pytest.mark.peer("dnsmasq, kea-dhcp4, systemd")
@pytest.mark.parametrize(
    ("server", "ready"), [(_dnsmasq, "DHCP, IP range"), (_kea, "DHCP4_STARTED")], ids=["dnsmasq", "kea"]
)
async def test_a_lease_is_seen_in_the_journal_of_a_dhcp_server_s_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Callable[[Path], tuple[str, ...]], ready: str
) -> None:
    unit = "phones-dhcp.service"
    as_unit = (sys.executable, "-c", _AS_UNIT, "dhcp", unit)
    sink, evidence = RecordingSink(), list[str]()
    with network() as net, with_a_journal(*as_unit, *server(tmp_path), network=f"/run/netns/{net.server}") as pid:
        read = journalctl(pid)

        async def says(words: str) -> None:
            async with asyncio.timeout(20):
                while True:
                    done = await asyncio.to_thread(subprocess.run, [*read, f"--unit={unit}"], capture_output=True)
                    if words.encode() in done.stdout:
                        return
                    await asyncio.sleep(0.1)

        await says(ready)

        class Inside(JournalSource):
            def __init__(self, **chosen: Any) -> None:
                super().__init__(**chosen, command=read)

        monkeypatch.setattr(dhcpwatch, "JournalSource", Inside)
        settings = DhcpSettings(journal_unit=unit)
        watch = dhcpwatch.DhcpWatch(
            sink, FixedClock(), lambda *told: evidence.append(str(told[2])), settings=settings, state=tmp_path
        )
        task = asyncio.create_task(watch.run())
        try:
            async with asyncio.timeout(30):
                # It begins where the journal ends: it must be reading before the phone asks.
                while not sink.of(DhcpLeaseSeen):
                    await asyncio.to_thread(take_a_lease, net)
                    await asyncio.sleep(0.3)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        seen = sink.of(DhcpLeaseSeen)[0]
        assert seen.device == DeviceName(f"SEP{phone_mac(net)}")
    assert (seen.model, seen.vendor_class) == ("7961G", "Cisco Systems, Inc. IP Phone CP-7961G")
    assert seen.host_name == str(seen.device)
    assert seen.address.startswith("192.0.2.1")
    assert seen.at != FixedClock().now(), "the journal knows when it was"
    assert evidence

"""A network of the test's own, with a DHCP server of the test's choice: nothing reaches a real network."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.peers import missing, peer

SERVER = "192.0.2.1"
_COUNT = itertools.count()


@dataclass(frozen=True, slots=True)
class Network:
    """Two network namespaces with a cable between them: ``server0`` in one, ``phone0`` in the other."""

    server: str
    phone: str

    def at_server(self, *command: str) -> list[str]:
        """The command, to be run where the server is."""
        return [peer("ip"), "netns", "exec", self.server, *command]

    def at_phone(self, *command: str) -> list[str]:
        """The command, to be run where phones are."""
        return [peer("ip"), "netns", "exec", self.phone, *command]


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """Make the namespaces, and remove them in the end."""
    if os.geteuid() != 0:
        missing("network namespaces need root")
    number = f"{os.getpid()}-{next(_COUNT)}"
    made = Network(f"sepbridge-s{number}", f"sepbridge-p{number}")
    ip = peer("ip")
    try:
        for name in (made.server, made.phone):
            _run([ip, "netns", "add", name])
        _run(
            [
                *(ip, "-n", made.server, "link", "add", "server0", "type", "veth"),
                *("peer", "name", "phone0", "netns", made.phone),
            ]
        )
        _run([ip, "-n", made.server, "addr", "add", f"{SERVER}/24", "dev", "server0"])
        for name, links in ((made.server, ("lo", "server0")), (made.phone, ("lo", "phone0"))):
            for link in links:
                _run([ip, "-n", name, "link", "set", link, "up"])
        yield made
    finally:
        for name in (made.server, made.phone):
            subprocess.run([ip, "netns", "del", name], check=False, capture_output=True)


def take_a_lease(net: Network) -> None:
    """As a phone does, with a client that is not ours."""
    subprocess.run(asking(net, "5"), check=True, capture_output=True, timeout=60)


def asking(net: Network, tries: str) -> list[str]:
    """The command of a phone that asks for an address, so many times."""
    return net.at_phone(
        *(peer("busybox"), "udhcpc", "-i", "phone0", "-n", "-q", "-s", "/bin/true", "-t", tries, "-T", "1"),
        *("-V", "Cisco Systems, Inc. IP Phone CP-7961G", "-x", f"hostname:SEP{phone_mac(net)}"),
    )


def phone_mac(net: Network) -> str:
    """The twelve digits."""
    shown = subprocess.run(
        net.at_phone(peer("cat"), "/sys/class/net/phone0/address"), check=True, capture_output=True, text=True
    )
    return shown.stdout.strip().replace(":", "").upper()


@contextlib.contextmanager
def dnsmasq(net: Network, directory: Path, options: Sequence[str] = ()) -> Iterator[Path]:
    """A real dnsmasq as the network's DHCP server; its log."""
    log = directory / "dnsmasq.log"
    log.touch()
    command = net.at_server(
        *(peer("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--pid-file=", "--user=root"),
        *(
            "--interface=server0",
            "--bind-interfaces",
            "--dhcp-range=192.0.2.100,192.0.2.150,1h",
            "--dhcp-authoritative",
        ),
        *(f"--dhcp-leasefile={directory / 'dnsmasq.leases'}", "--log-dhcp", f"--log-facility={log}", "--no-ping"),
        *options,
    )
    with _running(command, log, "DHCP, IP range"):
        yield log


@contextlib.contextmanager
def dhcpd(net: Network, directory: Path, options: str) -> Iterator[None]:
    """A real ISC dhcpd instead: it sends in an option whatever it is told to."""
    config, leases, log = directory / "dhcpd.conf", directory / "dhcpd.leases", directory / "dhcpd.log"
    subnet = "subnet 192.0.2.0 netmask 255.255.255.0 { range 192.0.2.100 192.0.2.150; }"
    config.write_text(f"authoritative;\nping-check false;\n{options}\n{subnet}\n", encoding="utf-8")
    leases.touch()
    command = net.at_server(
        *(peer("dhcpd"), "-4", "-f", "-d", "-user", "root", "-group", "root", "--no-pid", "-cf", str(config)),
        *("-lf", str(leases), "server0"),
    )
    with _running(command, log, "Server starting service"):
        yield


@contextlib.contextmanager
def kea(net: Network, directory: Path, more: Mapping[str, object] | None = None) -> Iterator[tuple[Path, Path]]:
    """A real Kea; its log, which tells all, and its lease file. ``more``: further parts of its configuration."""
    config, log, leases = directory / "kea.conf", directory / "kea.log", directory / "kea-leases4.csv"
    settings: dict[str, object] = {
        **(more or {}),
        "interfaces-config": {"interfaces": ["server0"]},
        "lease-database": {"type": "memfile", "name": str(leases), "persist": True},
        "subnet4": [{"subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100-192.0.2.150"}]}],
        "loggers": [
            {
                "name": "kea-dhcp4",
                "output_options": [{"output": "stdout", "flush": True}],
                "severity": "DEBUG",
                "debuglevel": 55,
            }
        ],
    }
    config.write_text(json.dumps({"Dhcp4": settings}), encoding="utf-8")
    places = [f"{name}={directory}" for name in ("KEA_PIDFILE_DIR", "KEA_LOCKFILE_DIR")]
    with _running(net.at_server(peer("env"), *places, peer("kea-dhcp4"), "-c", str(config)), log, "DHCP4_STARTED"):
        yield log, leases


@contextlib.contextmanager
def _running(command: Sequence[str], log: Path, ready: str) -> Iterator[None]:
    with (log.with_suffix(".out") if log.exists() else log).open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        try:
            deadline = time.monotonic() + 20
            while ready not in (said := log.read_text(encoding="utf-8", errors="replace")):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise AssertionError(f"{command} does not start: {said}")
                time.sleep(0.02)
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)

"""Who owns a port of this machine, from ``/proc``: the sockets, and the processes that hold them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

PROC = Path("/proc")
_LISTENING = "0A"
"""How the kernel writes the TCP state."""


@dataclass(frozen=True, slots=True)
class PortOwner:
    """One socket on the port."""

    address: str
    pid: int | None
    """None when the process is not to be seen: other users' processes are seen by root alone."""
    command: tuple[str, ...] = ()


def owners(port: int, *, protocol: str = "udp", proc: Path = PROC) -> list[PortOwner]:
    """The sockets that are bound to a UDP port, or listen on a TCP port (``protocol``: udp, tcp). Processes with
    several count once for each address.
    """
    sockets: dict[str, str] = {}
    state = _LISTENING if protocol == "tcp" else None
    for name in (protocol, f"{protocol}6"):
        with contextlib.suppress(OSError):
            table = (proc / "net" / name).read_text(encoding="ascii", errors="replace")
            sockets |= parse_sockets(table, port, state=state)
    if not sockets:
        return []
    holders: dict[str, int] = {}
    for inode, pid in _held(proc):
        if inode in sockets:
            # The parent of forked servers has the smaller number, as a rule.
            holders[inode] = min(pid, holders.get(inode, pid))
    return [
        PortOwner(address, holders.get(inode), _command(proc, holders.get(inode)))
        for inode, address in sorted(sockets.items(), key=lambda each: each[1])
    ]


def parse_sockets(table: str, port: int, *, state: str | None = None) -> dict[str, str]:
    """Inode and address of the sockets on ``port`` in a table such as ``/proc/net/udp``; of one state only if given."""
    found: dict[str, str] = {}
    for line in table.splitlines()[1:]:
        parts = line.split()
        if len(parts) < 10 or state not in (None, parts[3]):
            continue
        address, _, number = parts[1].partition(":")
        with contextlib.suppress(ValueError):
            if int(number, 16) == port:
                found[parts[9]] = _address(address)
    return found


def _address(text: str) -> str:
    """The kernel writes addresses as numbers of 32 bits, each in the order of the machine (little-endian here)."""
    octets = b"".join(bytes.fromhex(text[place : place + 8])[::-1] for place in range(0, len(text), 8))
    return str(IPv4Address(octets) if len(octets) == 4 else IPv6Address(octets))


def _held(proc: Path) -> Iterator[tuple[str, int]]:
    """Every socket's inode and a process that holds it, as far as they are to be seen."""
    for directory in proc.iterdir():
        if not directory.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            for entry in (directory / "fd").iterdir():
                with contextlib.suppress(OSError):
                    target = str(entry.readlink())
                    if target.startswith("socket:["):
                        yield target[8:-1], int(directory.name)


def _command(proc: Path, pid: int | None) -> tuple[str, ...]:
    if pid is None:
        return ()
    try:
        return tuple((proc / str(pid) / "cmdline").read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0"))
    except OSError:
        return ()

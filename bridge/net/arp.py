"""The machine's own table of neighbours: which MAC answers for an IPv4 address on a link of ours."""

from __future__ import annotations

import time
from pathlib import Path

from bridge.core import MacAddress
from bridge.errors import InvalidInput

_TABLE = Path("/proc/net/arp")
_COMPLETE = 0x2
_MAX_AGE = 2.0


def parse_arp_table(text: str) -> dict[str, MacAddress]:
    """Read the text of ``/proc/net/arp`` (proc(5)). Incomplete entries and anything unreadable are left out."""
    neighbours: dict[str, MacAddress] = {}
    for row in text.splitlines()[1:]:
        columns = row.split()
        if len(columns) < 4 or not int(columns[2], 16) & _COMPLETE:
            continue
        try:
            neighbours[columns[0]] = MacAddress.parse(columns[3])
        except InvalidInput:
            continue
    return neighbours


class ArpTable:
    """Looks neighbours up; the kernel's table is read at most every two seconds."""

    def __init__(self, table: Path = _TABLE) -> None:
        self._table = table
        self._read_at = -_MAX_AGE
        self._neighbours: dict[str, MacAddress] = {}

    def mac_of(self, address: str) -> MacAddress | None:
        """The MAC behind ``address``, or None when it is not on a link of ours or not known."""
        now = time.monotonic()
        if now - self._read_at >= _MAX_AGE:
            self._read_at = now
            try:
                self._neighbours = parse_arp_table(self._table.read_text(encoding="ascii", errors="replace"))
            except (OSError, ValueError):
                self._neighbours = {}
        return self._neighbours.get(address)

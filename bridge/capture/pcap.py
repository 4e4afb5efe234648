"""The classic capture file of libpcap, with microseconds; Wireshark reads it, and everything else does.

Source: draft-ietf-opsawg-pcap, sections 4 and 5; link type 1 is Ethernet.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

_MAGIC = 0xA1B2C3D4
_LONGEST = 262_144
"""Octets of a packet that readers have to expect; ours are shorter."""
_ETHERNET = 1
_HEADER = struct.Struct("<IHHiIII")
_RECORD = struct.Struct("<IIII")


def pcap_file(frames: Iterable[tuple[float, bytes]]) -> bytes:
    """The file. ``frames``: each with its time, in seconds of Unix time."""
    out = bytearray(_HEADER.pack(_MAGIC, 2, 4, 0, 0, _LONGEST, _ETHERNET))
    for at, frame in frames:
        microseconds = round(at * 1_000_000)
        out += _RECORD.pack(microseconds // 1_000_000, microseconds % 1_000_000, len(frame), len(frame))
        out += frame
    return bytes(out)

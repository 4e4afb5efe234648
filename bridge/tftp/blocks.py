"""Small files cut into their packets once, for all transfers that send them.

An office that boots asks for the same few small files hundreds of times, and in Python cutting a block out of a file
costs more than looking one up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from bridge.tftp.packets import HEADER, Opcode

CutBlock = tuple[bytes, bytes]
"""The DATA packet of one block, and the ACK that answers it."""

MOST_BLOCKS = 256
"""Blocks of the largest file that is kept; at RFC 1350's block size that is 128 KB."""
MOST_OCTETS = 8 << 20
"""Of everything that is kept; the files that were not asked for longest go first."""
_BESIDE = 192
"""Octets that Python takes for a block beside what it holds."""


class CutFiles:
    """Files by their digest and block size."""

    def __init__(self, *, most_octets: int = MOST_OCTETS) -> None:
        self._most_octets = most_octets
        self._kept: OrderedDict[tuple[str, int], tuple[CutBlock, ...]] = OrderedDict()
        self.octets = 0
        """What all of them take."""

    def blocks(self, digest: str, content: bytes | memoryview, block_size: int) -> Sequence[CutBlock]:
        """All blocks of a file, the first one first.

        ``digest`` stands for the content. Empty where cutting does not pay: a file without a digest, or a large one.
        """
        if not digest or len(content) // block_size >= MOST_BLOCKS:
            return ()
        key = digest, block_size
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known
        made = self._kept[key] = cut_blocks(content, block_size)
        self.octets += _octets(made)
        while self.octets > self._most_octets:
            _, oldest = self._kept.popitem(last=False)
            self.octets -= _octets(oldest)
        return made


def cut_blocks(content: bytes | memoryview, block_size: int) -> tuple[CutBlock, ...]:
    """All blocks of a file. The last one is shorter than ``block_size``, and may be empty (RFC 1350, section 6)."""
    starts = range(0, len(content) + 1, block_size)
    return tuple(
        (
            HEADER.pack(Opcode.DATA, block & 0xFFFF) + content[start : start + block_size],
            HEADER.pack(Opcode.ACK, block & 0xFFFF),
        )
        for block, start in enumerate(starts, 1)
    )


def _octets(blocks: Sequence[CutBlock]) -> int:
    return sum(len(packet) + _BESIDE for packet, _ in blocks)

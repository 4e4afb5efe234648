"""Sets of keys, as bit masks: what one position of a pattern accepts."""

from __future__ import annotations

ALPHABET = "0123456789*#+ABCD"
"""Every key a dialled string may hold; ``+`` only from lists and other systems."""
DIGITS = 0x3FF
COMPLEMENT = 0xFFF
"""What ``[^…]`` is taken from: the digits, ``*`` and ``#`` (dial-plan reference, section 5)."""
ALL = (1 << len(ALPHABET)) - 1


def mask_of(keys: str) -> int:
    """The set of these keys. Raises ValueError for a character that is no key."""
    mask = 0
    for key in keys:
        mask |= 1 << ALPHABET.index(key)
    return mask


def keys_in(mask: int) -> str:
    """The keys of a set, in the alphabet's order."""
    return "".join(key for index, key in enumerate(ALPHABET) if mask >> index & 1)


def size(mask: int) -> int:
    """How many keys there are."""
    return mask.bit_count()

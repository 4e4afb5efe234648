"""Forwards that stood on CUCM, written where the PBX keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core import ForwardKind
from bridge.errors import SepbridgeError
from bridge.migration.wishes import ForwardWish
from bridge.ports import LineFeatureStore


@dataclass(frozen=True, slots=True)
class ForwardsSet:
    """What became of them."""

    done: int
    kept: int
    """Numbers that have a forward of that kind already: a user's own decision goes before the old cluster's."""
    troubles: tuple[str, ...]


async def set_forwards(store: LineFeatureStore, wishes: Sequence[ForwardWish]) -> ForwardsSet:
    """Set the forwards of numbers that have none of the kind. A number that fails stops no other one."""
    done = kept = 0
    troubles: list[str] = []
    for wish in wishes:
        try:
            kind = ForwardKind(wish.kind)
            if (await store.read(wish.number)).forward(kind):
                kept += 1
                continue
            await store.set_forward(wish.number, kind, wish.target)
            done += 1
        except (SepbridgeError, ValueError) as error:
            troubles.append(f"{wish.number}: {error}")
    return ForwardsSet(done, kept, tuple(troubles))

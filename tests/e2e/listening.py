"""Who hears whom: phones play a tone each, and a mix of tones is taken apart again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bridge.lab.anyphone import AnyPhone

PATIENCE = 10.0
STEP = 0.05
CLEARLY = 0.15
"""Part of the energy from which on a tone counts as heard; four other people have a quarter each."""
NOT_AT_ALL = 0.03


def shares(listener: AnyPhone, *speakers: AnyPhone) -> list[float]:
    """How much of what the listener hears comes from each speaker."""
    call = listener.current_call
    return [call.share_of(speaker.tone) if call is not None else 0.0 for speaker in speakers]


async def until(reached: Callable[[], bool], what: Callable[[], str]) -> None:
    """Wait for something that is seen or heard."""
    for _ in range(int(PATIENCE / STEP)):
        if reached():
            return
        await asyncio.sleep(STEP)
    pytest.fail(what())


def _as_it_should(phones: tuple[AnyPhone, ...]) -> bool:
    return all(
        (share < NOT_AT_ALL) if speaker is listener else (share > CLEARLY)
        for listener in phones
        for speaker, share in zip(phones, shares(listener, *phones), strict=True)
    )


async def hear_each_other(*phones: AnyPhone) -> None:
    """Wait until every phone hears every other one, and none hears itself."""
    await until(
        lambda: _as_it_should(phones),
        lambda: (
            "they do not hear each other:\n"
            + "\n".join(f"{each.device}: {[f'{share:.2f}' for share in shares(each, *phones)]}" for each in phones)
        ),
    )


async def no_longer_hears(listener: AnyPhone, *speakers: AnyPhone) -> None:
    """Wait until ``listener`` hears none of ``speakers``."""
    await until(
        lambda: all(share < NOT_AT_ALL for share in shares(listener, *speakers)),
        lambda: f"{listener.device} still hears {shares(listener, *speakers)}",
    )

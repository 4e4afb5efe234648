"""How a call sounded, told from the figures of the phone. Pure.

The limits are those that are usual for speech: at most 1 % of the packets lost, 150 ms on the way and 30 ms of jitter
(Cisco's design guide for quality of service); ITU-T G.1010 draws the line at 3 % and 400 ms.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core import CallQuality

GOOD_LOSS, WORST_LOSS = 0.01, 0.03
GOOD_LATENCY, WORST_LATENCY = 150, 400
GOOD_JITTER = 30
"""Milliseconds, as the two above."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A verdict with its figures."""

    tone: str
    text: str
    figures: str


def sound_of(quality: CallQuality | None) -> Sound | None:
    """None where the phone told nothing, or received nothing that could be judged."""
    if quality is None or quality.loss is None:
        return None
    figures = f"{100 * quality.loss:.1f} % lost, {quality.jitter} ms jitter, {quality.latency} ms delay"
    if quality.loss >= WORST_LOSS or quality.latency > WORST_LATENCY:
        return Sound("bad", "bad", figures)
    if quality.loss > GOOD_LOSS or quality.latency > GOOD_LATENCY or quality.jitter > GOOD_JITTER:
        return Sound("warn", "fair", figures)
    return Sound("ok", "good", figures)

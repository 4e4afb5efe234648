"""How a call sounded."""

from __future__ import annotations

import pytest

from bridge.core import CallQuality
from bridge.web.dashboard.callquality import sound_of


@pytest.mark.parametrize(
    ("quality", "tone"),
    [
        (CallQuality(500, 500, 0, 0, 0), "ok"),
        (CallQuality(500, 99, 1, 30, 150), "ok"),
        (CallQuality(500, 98, 2, 0, 0), "warn"),
        (CallQuality(500, 500, 0, 31, 0), "warn"),
        (CallQuality(500, 500, 0, 0, 151), "warn"),
        (CallQuality(500, 97, 3, 0, 0), "bad"),
        (CallQuality(500, 500, 0, 0, 401), "bad"),
        (CallQuality(500, 0, 7, 0, 0), "bad"),
    ],
)
def test_a_verdict_by_loss_delay_and_jitter(quality: CallQuality, tone: str) -> None:
    sound = sound_of(quality)
    assert sound is not None
    assert sound.tone == tone
    assert f"{quality.jitter} ms jitter" in sound.figures


def test_no_verdict_without_figures() -> None:
    assert sound_of(None) is None
    assert sound_of(CallQuality(500, 0, 0, 0, 0)) is None

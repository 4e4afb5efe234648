"""Sounds from a voice become sounds for a telephone."""

from __future__ import annotations

import array
import io
import itertools
import math
import shutil
import wave
from pathlib import Path

import pytest

from bridge.app.claims.claimvoice import LANGUAGES, Voice, own_is_complete, own_texts
from bridge.autoregistration.claimdialogue import Phrase
from bridge.errors import ConfigurationError, InvalidInput
from bridge.pbx.speech import find_voice, make_sounds, telephone_sound


def recording(frequency: int, rate: int = 22050, seconds: float = 0.5, channels: int = 1) -> bytes:
    samples = array.array(
        "h", (int(9000 * math.sin(math.tau * frequency * n / rate)) for n in range(int(rate * seconds)))
    )
    output = io.BytesIO()
    with wave.open(output, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return output.getvalue()


def read(content: bytes) -> tuple[int, array.array[int]]:
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getsampwidth(), file.getnchannels()) == (2, 1)
        return file.getframerate(), array.array("h", file.readframes(file.getnframes()))


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100])
def test_a_tone_keeps_its_pitch_and_its_length(rate: int) -> None:
    made_rate, samples = read(telephone_sound(recording(440, rate)))
    assert made_rate == 8000
    assert abs(len(samples) - 4000) <= 1
    crossings = sum(one < 0 <= two for one, two in itertools.pairwise(samples))
    assert abs(crossings - 220) <= 2
    assert max(samples) > 7000


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", recording(440, channels=2), recording(440, 4000), recording(440, seconds=0)]
)
def test_what_is_no_sound_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigurationError):
        telephone_sound(content)


def test_a_language_without_words(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        own_texts("tlh")
    with pytest.raises(ConfigurationError):
        make_sounds("/nonexistent/voice", "en", own_texts("en"), tmp_path / "en", like=tmp_path)


@pytest.mark.peer("espeak-ng")
@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_real_voice_says_everything(tmp_path: Path, language: str) -> None:
    place = tmp_path / language
    assert make_sounds(find_voice(), language, own_texts(language), place, like=tmp_path) == 21
    assert own_is_complete(place)
    for name in Voice(language, tmp_path).sounds([Phrase.PIN, "7"]):
        _, samples = read(Path(f"{name}.wav").read_bytes())
        assert len(samples) > 2000
        assert max(samples) > 1000

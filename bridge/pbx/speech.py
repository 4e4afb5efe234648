"""Sounds for Asterisk from a free voice (espeak-ng), as telephones need them: 8 kHz, 16 bits, one channel."""

from __future__ import annotations

import array
import io
import shutil
import subprocess
import sys
import wave
from collections.abc import Mapping
from pathlib import Path

from bridge.errors import ConfigurationError, WriteFailed
from bridge.pbx.atomic import write_atomically

PROGRAM = "espeak-ng"
RATE = 8000
"""Samples a second."""
_PATIENCE = 30.0
_WORDS_A_MINUTE = "140"


def find_voice() -> str:
    """The program's path. Raises ConfigurationError."""
    found = shutil.which(PROGRAM)
    if found is None:
        raise ConfigurationError(
            f"{PROGRAM} is not installed",
            fix=f"apt-get install {PROGRAM}; or leave it: Asterisk's own sounds do without",
        )
    return found


def make_sounds(program: str, language: str, texts: Mapping[str, str], directory: Path, *, like: Path) -> int:
    """Let the voice say each text into a file of that name; how many there are.

    ``language`` is one that the program knows; files get owner and group of ``like``. Raises ConfigurationError where
    it says nothing, WriteFailed.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteFailed(f"{directory} cannot be made", why=error.strerror or "", fix="run as root") from error
    for name, text in texts.items():
        sound = telephone_sound(_said(program, language, text))
        write_atomically(directory / f"{name}.wav", sound, mode=0o644, like=like)
    return len(texts)


def telephone_sound(content: bytes) -> bytes:
    """A WAV file at 8 kHz. Each new sample is the mean of what it stands for, which keeps higher tones out.

    Raises ConfigurationError for anything but 16 bits and one channel, and for silence.
    """
    try:
        with wave.open(io.BytesIO(content)) as file:
            rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ConfigurationError("the voice made no WAV file", why=str(error), fix=f"try {PROGRAM} by hand") from error
    if (width, channels) != (2, 1) or rate < RATE or len(frames) < 2 * rate // 100:
        raise ConfigurationError(
            "the voice made no sound that can be used",
            why=f"{rate} Hz, {8 * width} bits, {channels} channels, {len(frames)} bytes",
            fix=f"try {PROGRAM} by hand",
        )
    samples = array.array("h", frames[: len(frames) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    count = len(samples) * RATE // rate
    made = array.array("h")
    for index in range(count):
        part = samples[index * rate // RATE : max(index * rate // RATE + 1, (index + 1) * rate // RATE)]
        made.append(sum(part) // len(part))
    if sys.byteorder == "big":
        made.byteswap()
    output = io.BytesIO()
    with wave.open(output, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes(made.tobytes())
    return output.getvalue()


def _said(program: str, language: str, text: str) -> bytes:
    command = [program, "-v", language, "-s", _WORDS_A_MINUTE, "--stdout", "--", text]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"{program} cannot be run", why=str(error), fix="try it by hand") from error
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip()[:200]
        raise ConfigurationError(f"{program} does not say {text!r}", why=why, fix="try it by hand")
    return done.stdout

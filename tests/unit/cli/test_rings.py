"""``sepbridge rings``."""

from __future__ import annotations

import wave
from pathlib import Path

from tests.unit.cli.conftest import Shell


def test_a_ring_is_added_listed_and_removed(shell: Shell, tmp_path: Path) -> None:
    sound = tmp_path / "bell.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(bytes(4 * 44100))
    told = shell.text("rings", "add", str(sound), "--name", "Front door")
    assert "Front door is there: Front-door.raw, Front-door.rwb" in told
    assert "list" in told
    assert "call back" in shell.text("rings", "add", str(sound), "--name", "Callback")
    held = shell.json("rings", "list")
    assert [(each["name"], each["chosen"]) for each in held] == [("Callback", False), ("Front door", True)]
    assert "users do not choose it" in shell.text("rings", "list")
    assert "removed" in shell.text("rings", "remove", "front door")
    shell.text("rings", "remove", "Callback")
    assert "No rings" in shell.text("rings", "list")

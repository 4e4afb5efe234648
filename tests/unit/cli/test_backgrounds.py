"""``sepbridge backgrounds``."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.unit.cli.conftest import Shell


def test_a_background_is_added_listed_and_removed(shell: Shell, tmp_path: Path) -> None:
    picture = tmp_path / "house.jpg"
    Image.new("RGB", (640, 480), "blue").save(picture)
    assert "800x480x24" in shell.text("backgrounds", "add", str(picture))
    assert [each["name"] for each in shell.json("backgrounds", "list")] == ["house"]
    assert "removed" in shell.text("backgrounds", "remove", "house")
    assert "No backgrounds" in shell.text("backgrounds", "list")

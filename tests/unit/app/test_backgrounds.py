"""Backgrounds: what is made of a picture, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from bridge.app.files import backgrounds
from bridge.app.files.backgrounds import BackgroundDesk
from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.provisioning import screens


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Wide, in colours that no phone has exactly, with a hole in it."""
    image = Image.linear_gradient("L").resize((1300, 500)).convert("RGB")
    image.paste((200, 33, 77), (0, 0, 650, 500))
    holed = image.convert("RGBA")
    holed.paste((0, 0, 0, 0), (600, 200, 700, 300))
    path = tmp_path / "Our house.png"
    holed.save(path)
    return path


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path / "files"


def opened(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(path.read_bytes()), formats=("PNG",))


def test_every_screen_gets_a_picture_of_its_size_and_depth(files: Path, picture: Path) -> None:
    added = BackgroundDesk(files).add(picture)
    assert added.name == "Our-house"
    for screen in screens():
        image = opened(files / "Desktops" / screen.folder / "Our-house.png")
        assert image.size == (screen.width, screen.height)
        assert image.mode == {1: "1", 4: "L"}.get(screen.depth, "RGB")
        small = files / "Desktops" / screen.folder / "TN-Our-house.png"
        assert small.exists() == (screen.preview is not None)
        if screen.preview is not None:
            assert opened(small).size == screen.preview


@pytest.mark.parametrize(("folder", "most"), [("320x212x12", 16), ("320x212x16", 64), ("320x196x4", 16)])
def test_a_screen_of_few_colours_gets_no_others(files: Path, picture: Path, folder: str, most: int) -> None:
    BackgroundDesk(files).add(picture)
    image = opened(files / "Desktops" / folder / "Our-house.png")
    for band in image.split():
        levels = {level for level, count in enumerate(band.histogram()) if count}
        assert 1 < len(levels) <= most


def test_what_is_transparent_becomes_white(files: Path, picture: Path) -> None:
    BackgroundDesk(files).add(picture)
    assert opened(files / "Desktops/800x480x24/Our-house.png").getpixel((400, 240)) == (255, 255, 255)


def test_a_name_is_taken_once(files: Path, picture: Path) -> None:
    desk = BackgroundDesk(files)
    desk.add(picture, "house")
    with pytest.raises(Conflict):
        desk.add(picture, "house")
    desk.add(picture, "house", replace=True)
    assert [each.name for each in desk.list()] == ["house"]
    assert set(desk.remove("house").folders) == {screen.folder for screen in screens()}
    assert list(files.rglob("*.png")) == []
    with pytest.raises(NotFound):
        desk.remove("house")


@pytest.mark.parametrize("name", ["../up", "TN-x", "a b", ".hidden", "x" * 41])
def test_a_name_that_phones_could_not_ask_for(files: Path, picture: Path, name: str) -> None:
    with pytest.raises(InvalidInput):
        BackgroundDesk(files).add(picture, name)
    assert not files.exists()


def test_pictures_that_cannot_be_used(files: Path, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = picture.with_name("broken.png")
    broken.write_bytes(picture.read_bytes()[:200])
    other = picture.with_name("other.svg")
    other.write_text("<svg/>")
    for path in (broken, other):
        with pytest.raises(InvalidInput):
            BackgroundDesk(files).add(path)
    monkeypatch.setattr(backgrounds, "MOST_PIXELS", 1000)
    with pytest.raises(InvalidInput):
        BackgroundDesk(files).add(picture)

"""Rings: what is made of a sound, under which name, and what is refused."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

import pytest

from bridge.app.files.rings import RingDesk
from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.provisioning import MOST_RINGS


@pytest.fixture
def files(tmp_path: Path) -> Path:
    directory = tmp_path / "files"
    directory.mkdir()
    return directory


@pytest.fixture
def desk(files: Path) -> RingDesk:
    return RingDesk(files)


def record(path: Path, seconds: float = 1.0, rate: int = 22050, frequency: int = 700) -> Path:
    samples = (round(9000 * math.sin(2 * math.pi * frequency * index / rate)) for index in range(int(rate * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", each) for each in samples))
    return path


def test_one_sound_becomes_a_ring_for_every_phone(desk: RingDesk, files: Path, tmp_path: Path) -> None:
    added = desk.add(record(tmp_path / "old_bell (2).wav"))
    assert (added.name, added.chosen, added.trouble) == ("old bell 2", True, "")
    assert added.files == ("old-bell-2.raw", "old-bell-2.rwb")
    assert added.seconds == pytest.approx(1.0, abs=0.03)
    assert {path.name for path in files.iterdir()} == set(added.files)
    assert (files / "old-bell-2.raw").stat().st_size % 240 == 0
    assert (files / "old-bell-2.raw").stat().st_mode & 0o777 == 0o644
    assert list(desk.list()) == [added]


@pytest.mark.parametrize("name", ["x" * 22, "Glocke ü", "../up", "-dash", "a.b"])
def test_names_that_phones_could_not_ask_for(desk: RingDesk, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be the name"):
        desk.add(record(tmp_path / "bell.wav", 0.1), name)


def test_a_name_is_given_once_whatever_its_case(desk: RingDesk, files: Path, tmp_path: Path) -> None:
    desk.add(record(tmp_path / "bell.wav", 0.5), "Front door")
    with pytest.raises(Conflict, match="Front door"):
        desk.add(tmp_path / "bell.wav", "front DOOR")
    record(tmp_path / "bell.wav", 0.2)
    again = desk.add(tmp_path / "bell.wav", "front DOOR", replace=True)
    assert again.name == "front DOOR"
    assert {path.name for path in files.iterdir()} == {"front-DOOR.raw", "front-DOOR.rwb"}


def test_a_long_sound_is_cut_when_told(desk: RingDesk, files: Path, tmp_path: Path) -> None:
    song = record(tmp_path / "song.wav", 12.0, 8000)
    with pytest.raises(InvalidInput, match=r"song\.wav cannot be a ring: it lasts 12\.00 s") as refused:
        desk.add(song)
    assert "--cut" in refused.value.fix
    assert not list(files.iterdir())
    assert desk.add(song, cut=True).seconds == 10.05
    assert (files / "song.raw").stat().st_size == 16080


def test_what_is_no_sound_is_refused(desk: RingDesk, tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"ID3")
    with pytest.raises(InvalidInput, match=r"song\.mp3 cannot be a ring: it is no WAV file"):
        desk.add(tmp_path / "song.mp3")
    with pytest.raises(InvalidInput, match="cannot be read"):
        desk.add(tmp_path / "nothing.wav")


def test_a_phone_shows_no_more_than_fifty(desk: RingDesk, files: Path, tmp_path: Path) -> None:
    for index in range(MOST_RINGS):
        (files / f"bell{index}.raw").write_bytes(bytes(480))
    with pytest.raises(Conflict, match="50 rings"):
        desk.add(record(tmp_path / "last.wav", 0.1))
    own = desk.add(tmp_path / "last.wav", "Callback")
    assert not own.chosen, "which is on no list"
    assert own.files == ("Callback.raw",)


def test_files_put_there_by_hand_are_listed_with_what_is_wrong_with_them(desk: RingDesk, files: Path) -> None:
    (files / "Chime.raw").write_bytes(bytes(480))
    (files / "CHIME.rwb").write_bytes(bytes(961))
    (files / "P0S3-8-12-00.loads").write_bytes(b"not a ring")
    (chime,) = desk.list()
    assert chime.files == ("CHIME.rwb", "Chime.raw")
    assert chime.chosen
    assert "CHIME.rwb: it has 961 octets" in chime.trouble
    (files / "Chime.raw").write_bytes(bytes(5))
    assert not desk.list()[0].chosen


def test_a_ring_is_removed_with_all_its_files(desk: RingDesk, files: Path, tmp_path: Path) -> None:
    desk.add(record(tmp_path / "bell.wav", 0.1), "Front door")
    assert len(desk.remove("front-door").files) == 2
    assert not list(files.iterdir())
    with pytest.raises(NotFound, match="rings list"):
        desk.remove("Front door")

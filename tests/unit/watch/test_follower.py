"""A log file that grows, is rotated, truncated, and read again after a restart."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.watch.follower import LINGER, LogFollower, Place
from bridge.watch.places import PlaceFile

Follow = Callable[..., LogFollower]


def add(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def drained(follower: LogFollower, now: float = 0.0) -> list[str]:
    lines: list[str] = []
    while more := follower.read(now=now):
        lines += more
    return lines


@pytest.fixture
def follow() -> Iterator[Follow]:
    followers: list[LogFollower] = []

    def start(path: Path, place: Place | None = None) -> LogFollower:
        followers.append(LogFollower(path, place))
        return followers[-1]

    yield start
    for each in followers:
        each.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tftp.log"


def test_it_begins_at_the_end_of_what_is_there(follow: Follow, path: Path) -> None:
    add(path, "past\n")
    follower = follow(path)
    assert drained(follower) == []
    add(path, "one\ntw")
    assert drained(follower) == ["one"]
    add(path, "o\n\nthree\n")
    assert drained(follower) == ["two", "", "three"]


def test_a_file_that_comes_later_is_read_from_its_beginning(follow: Follow, path: Path) -> None:
    follower = follow(path)
    assert drained(follower) == []
    add(path, "one\n")
    assert drained(follower) == ["one"]


def test_rename_and_create_with_a_writer_that_is_slow_to_change(follow: Follow, path: Path) -> None:
    add(path, "past\n")
    follower = follow(path)
    drained(follower)
    writer = path.open("a", encoding="utf-8")
    add(path, "one\n")
    path.rename(path.with_suffix(".log.1"))
    writer.write("two\n")
    writer.flush()
    assert drained(follower, 1.0) == ["one", "two"]
    add(path, "four\n")
    writer.write("three\n")
    writer.flush()
    assert drained(follower, 2.0) == ["three", "four"]
    writer.write("five\n")
    writer.close()
    assert drained(follower, 3.0) == ["five"]
    add(path, "six\n")
    assert drained(follower, 4.0 + LINGER) == ["six"]
    writer = path.with_suffix(".log.1").open("a", encoding="utf-8")
    writer.write("too late\n")
    writer.close()
    assert drained(follower, 5.0 + LINGER) == []


def test_copytruncate(follow: Follow, path: Path) -> None:
    add(path, "past\n")
    follower = follow(path)
    drained(follower)
    add(path, "one\n")
    assert drained(follower) == ["one"]
    os.truncate(path, 0)
    add(path, "2\n")
    assert drained(follower) == ["2"]


def test_a_long_file_that_is_truncated_is_read_once(follow: Follow, path: Path) -> None:
    add(path, "past\n")
    follower = follow(path)
    drained(follower)
    first = [f"line {number} of the first life" for number in range(100)]
    add(path, "\n".join(first) + "\n")
    assert drained(follower) == first
    for life in ("second", "third"):
        os.truncate(path, 0)
        lines = [f"line {number} of the {life} life" for number in range(120)]
        add(path, "\n".join(lines) + "\n")
        assert follower.read(now=0.0) == lines
        assert follower.read(now=0.0) == []


def test_truncated_and_grown_beyond_the_place_between_two_looks(follow: Follow, path: Path) -> None:
    add(path, "past\n")
    follower = follow(path)
    drained(follower)
    os.truncate(path, 0)
    add(path, "a new beginning, and longer than before\nsecond\n")
    assert drained(follower) == ["a new beginning, and longer than before", "second"]


def test_a_burst_and_lines_without_end(follow: Follow, path: Path) -> None:
    add(path, "")
    follower = follow(path)
    drained(follower)
    lines = [f"line {number} with a file name SEP{number:012X}.cnf.xml" for number in range(20_000)]
    add(path, "\n".join(lines) + "\n")
    assert drained(follower) == lines
    add(path, "x" * 1_000_000)
    assert drained(follower) == []
    add(path, "x" * 100_000 + "\nafter\n")
    assert drained(follower) == ["after"]


@pytest.mark.parametrize("rotated", [False, True])
def test_a_restart_goes_on_where_it_was(follow: Follow, path: Path, tmp_path: Path, rotated: bool) -> None:
    places = PlaceFile(tmp_path / "place")
    add(path, "past\n")
    first = follow(path)
    drained(first)
    add(path, "one\nha")
    assert drained(first) == ["one"]
    places.save(first.place)
    first.close()
    add(path, "lf\ntwo\n")
    if rotated:
        path.rename(path.with_name("tftp.log.1"))
        add(path, "three\n")
    place = PlaceFile(tmp_path / "place").load()
    assert not isinstance(place, str)
    second = follow(path, place)
    assert drained(second) == ["half", "two", *(["three"] if rotated else [])]


def test_a_restart_after_truncation_reads_what_is_new(follow: Follow, path: Path) -> None:
    add(path, "one\ntwo\nthree\n")
    first = follow(path)
    drained(first)
    place = first.place
    first.close()
    path.write_text("new\n", encoding="utf-8")
    assert drained(follow(path, place)) == ["new"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"inode": "x"}', '{"inode": 1}', "null", "\0"])
def test_a_broken_memory_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "place").write_text(content, encoding="utf-8")
    assert PlaceFile(tmp_path / "place").load() is None


def test_a_file_without_rights_raises_and_is_read_once_it_may_be(
    follow: Follow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = follow(path)
    drained(follower)
    add(path, "one\n")
    real = os.open

    def refusing(*arguments: object, **options: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refusing)
    with pytest.raises(PermissionError):
        follower.read(now=0.0)
    monkeypatch.setattr(os, "open", real)
    assert drained(follower) == ["one"]

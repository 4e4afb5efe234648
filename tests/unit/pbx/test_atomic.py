"""A file is replaced whole, or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from threading import Barrier

import pytest

from bridge.errors import WriteFailed
from bridge.pbx.atomic import remove_leftovers, write_atomically, write_together


def test_writes_with_the_mode_asked_for(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.conf", b"new", mode=0o640)
    assert (tmp_path / "a.conf").read_bytes() == b"new"
    assert (tmp_path / "a.conf").stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [tmp_path / "a.conf"]


def test_keeps_the_mode_of_a_file_that_exists(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_bytes(b"old")
    (tmp_path / "a.conf").chmod(0o604)
    write_atomically(tmp_path / "a.conf", b"new")
    assert (tmp_path / "a.conf").stat().st_mode & 0o777 == 0o604


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_keeps_the_owner_and_takes_that_of_a_model(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_bytes(b"old")
    os.chown(tmp_path / "a.conf", 12345, 54321)
    write_atomically(tmp_path / "a.conf", b"new")
    write_atomically(tmp_path / "b.conf", b"new", like=tmp_path / "a.conf")
    for name in ("a.conf", "b.conf"):
        assert ((tmp_path / name).stat().st_uid, (tmp_path / name).stat().st_gid) == (12345, 54321)


def test_a_symbolic_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.conf").write_bytes(b"old")
    (tmp_path / "a.conf").symlink_to("real/a.conf")
    write_atomically(tmp_path / "a.conf", b"new")
    assert (tmp_path / "a.conf").is_symlink()
    assert (tmp_path / "real/a.conf").read_bytes() == b"new"


@pytest.mark.parametrize("step", ["write", "fsync", "fchmod"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (tmp_path / "a.conf").write_bytes(b"old")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, full)
    with pytest.raises(WriteFailed, match="No space left on device"):
        write_atomically(tmp_path / "a.conf", b"new")
    monkeypatch.undo()
    assert (tmp_path / "a.conf").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.conf"]


def test_a_write_that_stops_half_way_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:3])))
    write_atomically(tmp_path / "a.conf", b"0123456789")
    assert (tmp_path / "a.conf").read_bytes() == b"0123456789"


def test_a_failed_rename_removes_the_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "a.conf").mkdir()
    with pytest.raises(WriteFailed):
        write_atomically(tmp_path / "a.conf", b"new")
    assert list(tmp_path.iterdir()) == [tmp_path / "a.conf"]


def test_a_missing_directory_is_reported(tmp_path: Path) -> None:
    with pytest.raises(WriteFailed, match="No such file or directory"):
        write_atomically(tmp_path / "no/a.conf", b"new")


def test_leftovers_of_a_crash_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".pjsip_phones.conf.abc123.new").write_bytes(b"half")
    (tmp_path / "custom.conf").write_bytes(b"keep")
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / "custom.conf"]


def test_several_files_are_replaced_only_when_all_are_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [tmp_path / "a.conf", tmp_path / "b.conf", tmp_path / "c.conf"]
    for name in names:
        name.write_bytes(b"old")
    real, synced = os.fsync, Barrier(len(names))

    def sync(descriptor: int) -> None:
        real(descriptor)
        assert [name.read_bytes() for name in names] == [b"old"] * 3
        synced.wait(10)  # all at the same time

    monkeypatch.setattr(os, "fsync", sync)
    write_together({name: name.name.encode() for name in names})
    assert [name.read_bytes() for name in names] == [b"a.conf", b"b.conf", b"c.conf"]
    assert sorted(tmp_path.iterdir()) == names


@pytest.mark.parametrize("step", ["write", "fsync"])
def test_of_several_files_none_is_replaced_if_one_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    names = [tmp_path / "a.conf", tmp_path / "b.conf"]
    for name in names:
        name.write_bytes(b"old")
    real, calls = getattr(os, step), iter((False, True))

    def full_at_the_second(*arguments: object) -> object:
        if next(calls):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments)

    monkeypatch.setattr(os, step, full_at_the_second)
    with pytest.raises(WriteFailed, match="No space left on device"):
        write_together(dict.fromkeys(names, b"new"))
    assert [name.read_bytes() for name in names] == [b"old"] * 2
    assert sorted(tmp_path.iterdir()) == names

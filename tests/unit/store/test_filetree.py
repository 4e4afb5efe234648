"""The tree of served files."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from bridge.core import content_digest
from bridge.errors import ConfigurationError, StoreError
from bridge.store import filetree
from bridge.store.filetree import FileTree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    directory = tmp_path / "served"
    (directory / "Desktops" / "320x212x12").mkdir(parents=True)
    (directory / "Desktops" / "320x212x12" / "List.xml").write_text("<list/>")
    (directory / "SIP45.9-4-2SR3-1S.loads").write_bytes(b"loads")
    (directory / "RINGLIST.XML").write_bytes(b"upper")
    (directory / "empty").write_bytes(b"")
    (tmp_path / "secret").write_text("outside")
    return directory


@pytest.fixture
def tree(root: Path) -> FileTree:
    return FileTree(root)


def read(tree: FileTree, name: str) -> bytes | None:
    content = tree.read(name)
    return None if content is None else bytes(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("SIP45.9-4-2SR3-1S.loads", b"loads"),
        ("sip45.9-4-2sr3-1s.LOADS", b"loads"),
        ("./RingList.xml", b"upper"),
        ("Desktops/320x212x12/List.xml", b"<list/>"),
        ("desktops/320X212X12/list.XML", b"<list/>"),
        ("Desktops\\320x212x12\\List.xml", b"<list/>"),
        ("Desktops//320x212x12/./List.xml", b"<list/>"),
        ("empty", b""),
    ],
)
def test_found(tree: FileTree, name: str, content: bytes) -> None:
    assert read(tree, name) == content


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "/",
        "..",
        "../secret",
        "Desktops/../../secret",
        "Desktops/../RINGLIST.XML",
        "..\\secret",
        "/etc/passwd",
        "\\etc\\passwd",
        "C:\\secret",
        "c:secret",
        "RINGLIST.XML\0",
        "RINGLIST.XML/",
        "RINGLIST.XML/x",
        "Desktops",
        "Desktops/320x212x12",
        "nothing",
        "nothing/at/all",
        "a/" * 5000,
        "x" * 300,
        "x" * 5000,
        "\udcff",
    ],
)
def test_not_found(tree: FileTree, name: str) -> None:
    assert tree.read(name) is None


def test_the_very_name_comes_before_one_in_other_letter_case(root: Path, tree: FileTree) -> None:
    (root / "ringlist.xml").write_bytes(b"lower")
    assert read(tree, "ringlist.xml") == b"lower"
    assert read(tree, "RINGLIST.XML") == b"upper"


def test_new_changed_and_removed_files_are_seen(root: Path, tree: FileTree) -> None:
    assert tree.read("new") is None
    (root / "New").write_bytes(b"1")
    assert read(tree, "new") == b"1"
    (root / "New").write_bytes(b"two")
    assert read(tree, "new") == b"two"
    (root / "New").unlink()
    assert tree.read("new") is None


def test_a_small_file_is_kept_whole_until_it_changes(
    root: Path, tree: FileTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "own").write_bytes(b"first")
    os.utime(root / "own", ns=(0, 10**18))
    known, found = tree.at_once("own")
    assert known
    assert found is not None
    assert found.digest == content_digest(b"first")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", lambda *_: pytest.fail("opened again"))
        assert tree.at_once("OWN") == (True, found)
    (root / "own").write_bytes(b"other")  # of the same size
    os.utime(root / "own", ns=(0, 10**18 + 1))
    _, found = tree.at_once("own")
    assert found is not None
    assert bytes(found.content) == b"other"
    (root / "own").unlink()
    assert tree.at_once("own") == (True, None)


def test_a_file_that_was_just_written_is_not_kept(root: Path, tree: FileTree) -> None:
    (root / "own").write_bytes(b"first")
    before = (root / "own").stat()
    assert read(tree, "own") == b"first"
    with (root / "own").open("r+b") as file:  # in place, within one tick of the clock that dates files
        file.write(b"other")
    os.utime(root / "own", ns=(before.st_atime_ns, before.st_mtime_ns))
    _, found = tree.at_once("own")
    assert found is not None
    assert bytes(found.content) == b"other"


def test_small_files_kept_are_bounded(root: Path, tree: FileTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filetree, "RECENT_OCTETS", 10)
    for name in ("one", "two", "six"):
        (root / name).write_bytes(name.encode() + b"45")
        os.utime(root / name, ns=(0, 10**18))
        tree.at_once(name)
    assert [Path(each).name for each in tree._recent] == ["two", "six"]


def test_lists_are_not_read_again_while_nothing_changes(
    root: Path, tree: FileTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(root, ns=(0, 10**18))
    assert tree.read("nothing") is None
    monkeypatch.setattr(os, "scandir", lambda _path: pytest.fail("read again"))
    assert read(tree, "ringlist.xml") == b"upper"
    assert tree.read("nothing") is None


def test_removed_directory(root: Path, tree: FileTree) -> None:
    assert read(tree, "Desktops/320x212x12/List.xml") == b"<list/>"
    (root / "Desktops" / "320x212x12" / "List.xml").unlink()
    (root / "Desktops" / "320x212x12").rmdir()
    assert tree.read("Desktops/320x212x12/List.xml") is None


def test_links_may_lead_inside_and_never_outside(root: Path, tmp_path: Path, tree: FileTree) -> None:
    (root / "inside").symlink_to("RINGLIST.XML")
    (root / "outside").symlink_to(tmp_path / "secret")
    (root / "directory-outside").symlink_to(tmp_path)
    (root / "dangling").symlink_to("nowhere")
    (root / "loop").symlink_to("loop")
    (root / "password").symlink_to("/etc/passwd")
    assert read(tree, "inside") == b"upper"
    assert tree.read("outside") is None
    assert tree.read("directory-outside/secret") is None
    assert tree.read("directory-outside/served/RINGLIST.XML") is None
    assert tree.read("dangling") is None
    assert tree.read("password") is None
    with pytest.raises(StoreError, match="loop"):
        tree.read("loop")


def test_a_sibling_whose_name_begins_like_the_roots_is_outside(root: Path, tmp_path: Path, tree: FileTree) -> None:
    (tmp_path / "served-not").mkdir()
    (tmp_path / "served-not" / "file").write_text("outside")
    (root / "link").symlink_to(tmp_path / "served-not" / "file")
    assert tree.read("link") is None


def test_only_regular_files(root: Path, tree: FileTree) -> None:
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "socket"))
        assert tree.read("fifo") is None
        assert tree.read("socket") is None
    (root / "device").symlink_to("/dev/zero")
    assert tree.read("device") is None


def test_hidden_files_are_not_served(root: Path, tree: FileTree) -> None:
    (root / ".htpasswd").write_text("secret")
    assert tree.read(".htpasswd") is None


def test_large_file_is_mapped_once_and_survives_being_overwritten(root: Path, tree: FileTree) -> None:
    path = root / "rootfs88xx.sbn"
    path.write_bytes(b"old!" * 500_000)
    first, second = tree.read("rootfs88xx.sbn"), tree.read("ROOTFS88xx.sbn")
    assert first is second
    assert first is not None
    # In place, as cp does: the file is cut to nothing first. A mapping of the file itself would kill us here.
    path.write_bytes(b"new")
    assert bytes(first) == b"old!" * 500_000
    assert read(tree, "rootfs88xx.sbn") == b"new"


def test_mapped_files_are_bounded(root: Path, tree: FileTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filetree, "SNAPSHOTS", 2)
    monkeypatch.setattr(filetree, "MAPPED_FROM", 10)
    for number in range(5):
        (root / str(number)).write_bytes(b"x" * 20 + bytes([number]))
        assert read(tree, str(number)) == b"x" * 20 + bytes([number])
    assert len(tree._snapshots) == 2
    monkeypatch.setattr(filetree, "SNAPSHOT_OCTETS", 30)
    assert read(tree, "0") == b"x" * 20 + b"\0"
    assert len(tree._snapshots) == 1


def test_directory_lists_are_bounded(root: Path, tree: FileTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filetree, "DIRECTORIES", 3)
    for number in range(6):
        (root / f"d{number}").mkdir()
        (root / f"d{number}" / "file").write_bytes(b"x")
        assert read(tree, f"D{number}/FILE") == b"x"
    assert len(tree._listings) <= 3


def test_too_large_is_explained(root: Path, tree: FileTree) -> None:
    with (root / "disk.img").open("wb") as file:
        file.truncate(filetree.LARGEST_FILE + 1)
    with pytest.raises(StoreError, match=r"disk\.img is too large"):
        tree.read("disk.img")


def test_unreadable_is_explained(root: Path, tree: FileTree, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    # Tests may run as root, for whom no file is unreadable.
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreError, match=r"RINGLIST\.XML cannot be read; why: Permission denied; fix: give the user"):
        tree.read("ringlist.xml")


def test_missing_root_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere, cannot be used; why: No such file"):
        FileTree(tmp_path / "nowhere")

"""Our files in somebody else's directory: written whole, kept up to date, taken back; theirs are never touched."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError, WriteFailed
from bridge.store.foreigntree import Changes, ForeignTree, Ownership, left_behind

NAME, OTHER = "SEP001122334455.cnf.xml", "SEP001122334466.cnf.xml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def tree(root: Path, mode: int = 0o640) -> ForeignTree:
    return ForeignTree(root, root.parent / "manifest.json", Ownership(mode=mode))


def test_written_changed_and_removed(root: Path) -> None:
    ours = tree(root)
    assert ours.put({NAME: b"one", OTHER: b"two"}) == Changes(written=(NAME, OTHER))
    assert (root / NAME).read_bytes() == b"one"
    assert (root / NAME).stat().st_mode & 0o777 == 0o640
    assert ours.put({NAME: b"one"}) == Changes()
    assert ours.put({NAME: b"three"}) == Changes(written=(NAME,))
    assert (root / NAME).read_bytes() == b"three"
    assert ours.keep_only({NAME}) == Changes(removed=(OTHER,))
    assert ours.remove(NAME) == Changes(removed=(NAME,))
    assert ours.remove(NAME) == Changes()
    assert list(root.iterdir()) == []


def test_a_file_of_theirs_is_left_alone_even_with_our_name(root: Path) -> None:
    (root / NAME).write_bytes(b"theirs")
    (root / OTHER).symlink_to("/etc/hostname")
    ours = tree(root)
    assert ours.put({NAME: b"ours", OTHER: b"ours"}) == Changes(foreign=(NAME, OTHER))
    assert ours.keep_only(()) == Changes()
    assert (root / NAME).read_bytes() == b"theirs"
    assert (root / OTHER).is_symlink()


def test_a_file_of_ours_that_somebody_edits_becomes_theirs(root: Path) -> None:
    ours = tree(root)
    ours.put({NAME: b"ours", OTHER: b"ours"})
    (root / NAME).write_bytes(b"edited")
    assert ours.put({NAME: b"newer"}) == Changes(foreign=(NAME,))
    assert tree(root).keep_only(()) == Changes(removed=(OTHER,), foreign=(NAME,))
    assert (root / NAME).read_bytes() == b"edited"
    (root / NAME).unlink()
    assert ours.put({NAME: b"newer"}) == Changes(written=(NAME,))


def test_a_file_that_somebody_removed_comes_back(root: Path) -> None:
    ours = tree(root)
    ours.put({NAME: b"ours"})
    (root / NAME).unlink()
    assert ours.put({NAME: b"ours"}) == Changes(written=(NAME,))


def test_the_manifest_outlives_a_restart_and_its_loss_is_survived(root: Path) -> None:
    tree(root).put({NAME: b"ours"})
    again = tree(root)
    assert again.ours == {NAME}
    assert left_behind(root.parent / "manifest.json") == root
    (root.parent / "manifest.json").unlink()
    lost = tree(root)
    assert lost.put({NAME: b"ours"}) == Changes()
    assert lost.remove(NAME) == Changes(removed=(NAME,))
    assert left_behind(root.parent / "manifest.json") is None


@pytest.mark.parametrize("step", ["replace", "hardlink_to"])
def test_a_crash_between_manifest_and_file_leaves_nothing_unknown(
    root: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = tree(root)
    before.put({NAME: b"old"})
    real = getattr(Path, step)

    def dying(self: Path, target: Path) -> object:
        if root in (self.parent, Path(target).parent):
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, step, dying)
        with pytest.raises(KeyboardInterrupt):
            before.put({NAME: b"new", OTHER: b"new"})
    after = tree(root)
    after.remove_leftovers()
    assert {path.name for path in root.iterdir()} <= {NAME, OTHER}
    assert after.put({NAME: b"new", OTHER: b"new"}).foreign == ()
    after.keep_only(())
    assert list(root.iterdir()) == []


def test_a_disk_without_room_leaves_the_old_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = tree(root)
    ours.put({NAME: b"old"})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fchmod", lambda descriptor, mode: full(descriptor))
        with pytest.raises(WriteFailed, match="No space left"):
            ours.put({NAME: b"new"})
    assert (root / NAME).read_bytes() == b"old"
    assert [path.name for path in root.iterdir()] == [NAME]
    assert ours.put({NAME: b"new"}) == Changes(written=(NAME,))


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 200, "a\nb"])
def test_names_that_leave_the_directory(root: Path, name: str) -> None:
    with pytest.raises(WriteFailed):
        tree(root).put({name: b""})


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"root": 1, "files": 2}', '{"files": {"a": "b"}}'])
def test_a_broken_manifest_counts_as_none(root: Path, content: str) -> None:
    (root.parent / "manifest.json").write_text(content, encoding="utf-8")
    assert tree(root).ours == frozenset()


def test_a_manifest_cannot_name_a_file_elsewhere(root: Path) -> None:
    victim = root.parent / "victim"
    victim.write_bytes(b"")
    record = {"root": str(root), "files": {"../victim": [hashlib.sha256(b"").hexdigest()]}}
    (root.parent / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    tree(root).keep_only(())
    assert victim.exists()


def test_ownership_is_read_from_names() -> None:
    assert Ownership.parse("", "0644") == Ownership()
    assert Ownership.parse("root:root", "640") == Ownership(0, 0, 0o640)
    assert Ownership.parse(":root", "0600").user == -1
    for owner, mode in (("", "9"), ("", "rw"), ("no-such-user-here", "0644"), (":no-such-group-here", "0644")):
        with pytest.raises(ConfigurationError):
            Ownership.parse(owner, mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user")
def test_an_ordinary_user_in_the_right_group_can_do_it(root: Path) -> None:
    """As the service runs: no rights but write access to the directory through its group."""
    group = 54321
    os.chown(root, 0, group)
    root.chmod(0o2775)
    for parent in root.parents:
        if parent.stat().st_mode & 0o001 == 0:
            parent.chmod(parent.stat().st_mode | 0o011)
    state = root.parent / "state"
    state.mkdir()
    os.chown(state, 54322, 54322)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([group])
            os.setgid(54322)
            os.setuid(54322)
            ours = ForeignTree(root, state / "manifest.json", Ownership(mode=0o644))
            ours.put({NAME: b"one"})
            changes = ours.put({NAME: b"two"})
            code = 0 if changes == Changes(written=(NAME,)) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    status = (root / NAME).stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (54322, group, 0o644)

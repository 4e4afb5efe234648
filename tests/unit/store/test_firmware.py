"""The firmware store: what gets in, what does not, and what is left when something fails."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from bridge.errors import Conflict, InvalidInput, NotFound, WriteFailed
from bridge.store import archives
from bridge.store.filetree import FileTree
from bridge.store.firmware import FirmwareStore
from tests.firmware import JAVA_41, java_load, load_list, tarred, zipped

LOAD = "SCCP41.9-4-2SR3-1S"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "files"
    place.mkdir()
    return place


def visible(root: Path) -> set[str]:
    return {path.name for path in root.iterdir() if not path.name.startswith(".")}


@pytest.mark.parametrize("kind", ["zip", "tar", "cop", "cop.sgn", "folder"])
def test_every_kind_of_package(kind: str, root: Path, tmp_path: Path) -> None:
    content = {**java_load(), "readme.txt": b"hello"}
    package = tmp_path / f"cmterm.{kind}"
    match kind:
        case "zip":
            zipped(package, content)
        case "tar":
            tarred(package, {f"deep/er/{name}": data for name, data in content.items()}, "w")
        case "cop":
            tarred(package, content)
        case "cop.sgn":
            tarred(package, content)
            package.write_bytes(b"made-up signature" * 20 + package.read_bytes())
        case _:
            package.mkdir()
            for name, data in content.items():
                (package / name).write_bytes(data)
    added = FirmwareStore(root).add(package)
    assert [each.name for each in added.loads] == [LOAD]
    assert added.loads[0].is_complete
    assert sorted(added.new) == sorted(java_load())
    assert [Path(each).name for each in added.ignored] == ["readme.txt"]
    assert visible(root) == set(java_load())
    for name, data in java_load().items():
        served = FileTree(root).read(name.upper())
        assert served is not None
        assert bytes(served) == data


def test_several_versions_stand_side_by_side(root: Path, tmp_path: Path) -> None:
    store = FirmwareStore(root)
    older = tuple(name.replace("9-4-2ES26", "9-3-1TH1") for name in JAVA_41)
    store.add(zipped(tmp_path / "a.zip", java_load()))
    store.add(zipped(tmp_path / "b.zip", java_load("SCCP41.9-3-1SR4-1S", older)))
    assert [each.name for each in store.loads()] == ["SCCP41.9-3-1SR4-1S", LOAD]
    assert store.remove("sccp41.9-3-1sr4-1s.loads") == ("SCCP41.9-3-1SR4-1S.loads", *older)
    assert visible(root) == set(java_load())


def test_removing_keeps_what_another_load_names(root: Path, tmp_path: Path) -> None:
    store = FirmwareStore(root)
    store.add(zipped(tmp_path / "a.zip", {**java_load(), "term41.default.loads": load_list(*JAVA_41)}))
    assert store.remove(LOAD) == (f"{LOAD}.loads",)
    assert store.find("term41.default") is not None
    with pytest.raises(NotFound):
        store.remove(LOAD)


def test_an_incomplete_package_is_refused_and_leaves_nothing(root: Path, tmp_path: Path) -> None:
    content = java_load()
    del content[JAVA_41[2]]
    package = zipped(tmp_path / "a.zip", content)
    store = FirmwareStore(root)
    with pytest.raises(InvalidInput, match=r"neither in it nor here: cvm41sccp\.9-4-2ES26\.sbn"):
        store.add(package)
    assert visible(root) == set()
    (found,) = store.add(package, incomplete=True).loads
    assert found.missing == (JAVA_41[2],)
    # The rest of it, in another package and another letter case.
    store.add(zipped(tmp_path / "b.zip", {JAVA_41[2].upper(): b"x"}))
    again = store.find(LOAD)
    assert again is not None
    assert again.is_complete


def test_a_different_file_of_the_same_name_is_never_overwritten_silently(root: Path, tmp_path: Path) -> None:
    store = FirmwareStore(root)
    store.add(zipped(tmp_path / "a.zip", java_load()))
    assert store.add(zipped(tmp_path / "again.zip", java_load())).new == ()
    other = java_load()
    other[JAVA_41[0]] = b"another one"
    package = zipped(tmp_path / "b.zip", other)
    with pytest.raises(Conflict, match=r"other files of these names are here: apps41"):
        store.add(package)
    assert (root / JAVA_41[0]).read_bytes() == java_load()[JAVA_41[0]]
    added = store.add(package, replace=True)
    assert (added.replaced, added.new) == ((JAVA_41[0],), ())
    assert (root / JAVA_41[0]).read_bytes() == b"another one"


@pytest.mark.parametrize("name", ["../evil.sbn", "/etc/evil.sbn", "a/../../evil.sbn", "C:\\evil.sbn", "..\\evil.sbn"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_paths_that_lead_out_are_refused(name: str, kind: str, root: Path, tmp_path: Path) -> None:
    content = {**java_load(), name: b"x"}
    package = tmp_path / f"evil.{kind}"
    package = zipped(package, content) if kind == "zip" else tarred(package, content, "w")
    with pytest.raises(InvalidInput, match="leads out"):
        FirmwareStore(root).add(package)
    assert visible(root) == set()
    assert not list(root.glob(".sepbridge-incoming*"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tar_are_refused(kind: bytes, root: Path, tmp_path: Path) -> None:
    package = tmp_path / "evil.tar"
    with tarfile.open(package, "w") as archive:
        entry = tarfile.TarInfo("apps41.sbn")
        entry.type = kind
        entry.linkname = "/etc/passwd"
        archive.addfile(entry)
    with pytest.raises(InvalidInput, match=r"is a (link|special file)"):
        FirmwareStore(root).add(package)


def test_links_in_a_zip_and_in_a_folder_are_refused(root: Path, tmp_path: Path) -> None:
    package = tmp_path / "evil.zip"
    with zipfile.ZipFile(package, "w") as archive:
        entry = zipfile.ZipInfo("apps41.sbn")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(InvalidInput, match="is a link"):
        FirmwareStore(root).add(package)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "apps41.sbn").symlink_to("/etc/passwd")
    with pytest.raises(InvalidInput, match="is a link"):
        FirmwareStore(root).add(folder)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_bomb_is_stopped_while_it_unpacks(
    kind: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "LARGEST_MEMBER", 4 << 20)
    content = {"apps41.sbn": bytes(20 << 20)}
    package = tmp_path / f"bomb.{kind}"
    package = zipped(package, content) if kind == "zip" else tarred(package, content)
    assert package.stat().st_size < 100_000
    with pytest.raises(InvalidInput, match="unpacks to more than the limit of 4 MB"):
        FirmwareStore(root).add(package)
    assert visible(root) == set()


def test_too_much_in_all_and_too_many(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = zipped(tmp_path / "a.zip", {f"a{number}.sbn": bytes(1000) for number in range(12)})
    monkeypatch.setattr(archives, "LARGEST_IN_ALL", 10_000)
    with pytest.raises(InvalidInput, match="more than the limit"):
        FirmwareStore(root).add(package)
    monkeypatch.undo()
    monkeypatch.setattr(archives, "MOST_MEMBERS", 10)
    with pytest.raises(InvalidInput, match="more than 10 members"):
        FirmwareStore(root).add(package)


def test_what_is_no_package(root: Path, tmp_path: Path) -> None:
    store = FirmwareStore(root)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(zipped(tmp_path / "whole.zip", java_load()).read_bytes()[:200])
    with pytest.raises(InvalidInput, match="cannot be read"):
        store.add(broken)
    with pytest.raises(InvalidInput, match="no firmware"):
        store.add(zipped(tmp_path / "text.zip", {"readme.txt": b"x"}))
    with pytest.raises(InvalidInput, match="two files of one name"):
        store.add(zipped(tmp_path / "twins.zip", {"a/x.sbn": b"x", "b/X.sbn": b"y"}))
    with pytest.raises(InvalidInput, match="is empty"):
        store.add(zipped(tmp_path / "empty.zip", {"x.sbn": b""}))
    with pytest.raises(InvalidInput, match="there is no"):
        store.add(tmp_path / "nothing")
    assert visible(root) == set()


def test_a_failure_half_way_puts_everything_back(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FirmwareStore(root)
    store.add(zipped(tmp_path / "a.zip", java_load()))
    before = {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()}
    other = {name: data + b"!" for name, data in java_load().items()} | {"new41.sbn": b"x"}
    package = zipped(tmp_path / "b.zip", other)
    replace, count = Path.replace, iter(range(100))

    def failing(self: Path, target: Path) -> Path:
        if next(count) == 3:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(WriteFailed, match="No space left"):
        store.add(package, replace=True)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()} == before


def test_single_images_are_loads_of_their_own(root: Path, tmp_path: Path) -> None:
    store = FirmwareStore(root)
    store.add(zipped(tmp_path / "a.zip", {"P00405000700.bin": b"x", "apps41.9-4-2ES26.sbn": b"y", "odd.bin": b"z"}))
    found = {each.name: each for each in store.loads()}
    assert found["P00405000700"].is_complete
    assert found["P00405000700"].files == ()


def test_lists_get_into_place_after_their_files(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    replace = Path.replace

    def noting(self: Path, target: Path) -> Path:
        order.append(Path(target).name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", noting)
    FirmwareStore(root).add(zipped(tmp_path / "a.zip", java_load()))
    assert order[-1] == f"{LOAD}.loads"
    assert (root / order[-1]).stat().st_mode & 0o777 == 0o644


def test_a_tar_that_lies_about_its_size_is_no_package(root: Path, tmp_path: Path) -> None:
    package = tmp_path / "short.tar"
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        entry = tarfile.TarInfo("apps41.sbn")
        entry.size = 100_000
        archive.addfile(entry, io.BytesIO(bytes(100_000)))
    package.write_bytes(whole.getvalue()[:5000])
    with pytest.raises(InvalidInput, match="cannot be read"):
        FirmwareStore(root).add(package)
    assert visible(root) == set()

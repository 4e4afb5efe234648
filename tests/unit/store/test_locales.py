"""Locales in the tree of files: what gets in, from which packages, and what does not."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.store.filetree import FileTree
from bridge.store.locales import LocaleStore
from tests.firmware import tarred, zipped

JAR = b"PK\x03\x04 a jar"
TONES = b"<tones><trkLocaleName>Germany</trkLocaleName></tones>"
FILES = {
    "usr/local/cm/tftp/German_Germany/mk-sip.jar": JAR,
    "usr/local/cm/tftp/German_Germany/mk-sccp.jar": JAR + b"!",
    "usr/local/cm/tftp/German_Germany/7960-dictionary.xml": b"<a/>",
    "usr/local/cm/tftp/Germany/g3-tones.xml": TONES,
    "usr/local/cm/tftp/Germany/gateway-tones.xml": TONES,
    "install.sh": b"#!/bin/sh",
}
TAKEN = {
    "German_Germany/mk-sip.jar",
    "German_Germany/mk-sccp.jar",
    "German_Germany/7960-dictionary.xml",
    "Germany/g3-tones.xml",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def locales(root: Path) -> LocaleStore:
    return LocaleStore(root)


def visible(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def tar_bytes(content: Mapping[str, bytes]) -> bytes:
    stored = io.BytesIO()
    with tarfile.open(fileobj=stored, mode="w") as archive:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return stored.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar", "cop", "cop.sgn", "cop.sha512", "folder"])
def test_every_kind_of_package(locales: LocaleStore, root: Path, tmp_path: Path, kind: str) -> None:
    package = tmp_path / f"po-locale-de_DE.{kind}"
    match kind:
        case "zip":
            zipped(package, FILES)
        case "tar":
            tarred(package, FILES, "w")
        case "folder":
            for name, data in FILES.items():
                (package / name).parent.mkdir(parents=True, exist_ok=True)
                (package / name).write_bytes(data)
        case _:
            # An installer: a signature, then an archive that has the files in one of its own.
            tarred(package, {"scripts/load": b"x", "po-locale-de_DE.tar": tar_bytes(FILES)})
            if kind != "cop":
                package.write_bytes(b"\x01\x00\x02 signed by somebody " + package.read_bytes())
    added = locales.add(package)
    assert visible(root) == TAKEN
    assert set(added.new) == TAKEN
    assert any(each.endswith("gateway-tones.xml") for each in added.ignored)
    assert [(each.name, len(each.language), len(each.tones)) for each in added.locales] == [
        ("German_Germany", 3, 0),
        ("Germany", 0, 1),
    ]
    found = FileTree(root).look("GERMAN_GERMANY/MK-SIP.jar")
    assert found is not None
    assert bytes(found.content) == JAR
    assert (root / "Germany/g3-tones.xml").stat().st_mode & 0o777 == 0o644
    assert set(locales.add(package).same) == TAKEN
    assert not list(root.glob(".*"))


def test_files_without_a_folder_are_named(locales: LocaleStore, root: Path, tmp_path: Path) -> None:
    package = zipped(tmp_path / "x.zip", {"be-sip.jar": JAR})
    with pytest.raises(InvalidInput) as refused:
        locales.add(package)
    assert "--name" in refused.value.fix
    locales.add(package, "Klingon")
    assert visible(root) == {"Klingon/be-sip.jar"}
    renamed = zipped(tmp_path / "y.zip", {"German_Germany/be-sip.jar": JAR})
    locales.add(renamed, "German_Austria")
    assert visible(root) == {"Klingon/be-sip.jar", "German_Austria/be-sip.jar"}
    with pytest.raises(InvalidInput, match="name of a locale"):
        locales.add(renamed, "../up")
    with pytest.raises(InvalidInput) as two:
        locales.add(zipped(tmp_path / "z.zip", FILES), "One")
    assert "2 folders" in two.value.why


def test_a_file_of_another_content_is_replaced_only_when_told(locales: LocaleStore, root: Path, tmp_path: Path) -> None:
    locales.add(zipped(tmp_path / "x.zip", FILES))
    other = zipped(tmp_path / "y.zip", {"GERMANY/g3-tones.xml": TONES + b"\n", "GERMANY/g4-tones.xml": TONES})
    with pytest.raises(Conflict) as refused:
        locales.add(other)
    assert "GERMANY/g3-tones.xml" in refused.value.why
    assert visible(root) == TAKEN
    added = locales.add(other, replace=True)
    assert added.replaced == ("GERMANY/g3-tones.xml",)
    assert added.new == ("GERMANY/g4-tones.xml",)
    # One of two folders that differ in letter case would never be found.
    assert visible(root) == TAKEN | {"Germany/g4-tones.xml"}
    assert (root / "Germany/g3-tones.xml").read_bytes() == TONES + b"\n"


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("Germany/g3-tones.xml", b"<tones>", "no XML"),
        ("Germany/g3-tones.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><tones>&b;</tones>', "no XML"),
        ("Germany/g3-tones.xml", b"<html/>", "instead of <tones>"),
        ("Germany/g3-tones.xml", b"", "0 octets"),
        ("German_Germany/mk-sip.jar", b"<html>not found</html>", "no jar"),
        ("German-Germany/mk-sip.jar", JAR, "lies in no folder"),
        ("readme.txt", b"x", "none of its 1 files"),
    ],
)
def test_what_phones_would_stumble_over_is_refused(
    locales: LocaleStore, root: Path, tmp_path: Path, name: str, data: bytes, why: str
) -> None:
    package = zipped(
        tmp_path / "x.zip", {"French_France/mk-sip.jar": JAR, name: data} if name != "readme.txt" else {name: data}
    )
    with pytest.raises(InvalidInput) as refused:
        locales.add(package)
    assert why in refused.value.why
    assert not visible(root)


def test_a_locale_is_removed_and_what_else_lies_there_stays(locales: LocaleStore, root: Path, tmp_path: Path) -> None:
    locales.add(zipped(tmp_path / "x.zip", FILES))
    (root / "Germany/notes.txt").write_text("mine")
    assert locales.remove("germany").tones == ("g3-tones.xml",)
    locales.remove("German_Germany")
    assert visible(root) == {"Germany/notes.txt"}
    assert not (root / "German_Germany").exists()
    assert locales.locales() == ()
    with pytest.raises(NotFound, match="no locale"):
        locales.remove("Germany")


def test_without_a_directory_there_is_none(locales: LocaleStore) -> None:
    assert locales.locales() == ()

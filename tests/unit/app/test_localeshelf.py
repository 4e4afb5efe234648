"""What phones' files name of languages and tones: what is there for the model, and otherwise what is built in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bridge.app.files.localeshelf import LocaleShelf
from bridge.app.files.phonefiles import PhoneFiles
from bridge.core import Device, DeviceName, Line, LineAppearance, SignallingProtocol
from bridge.phones import catalogue
from bridge.provisioning import check_file
from bridge.store import SqlStore
from bridge.store.filetree import FileTree
from tests.unit.app.conftest import NOON

SIP, SCCP = SignallingProtocol.SIP, SignallingProtocol.SCCP
ENGLISH = ("English_United_States", "United_States")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    place = tmp_path / "files"
    place.mkdir()
    return place


@pytest.fixture
def german(files: PhoneFiles, store: SqlStore, tree: Path) -> PhoneFiles:
    """A site whose pool is German, with no file of it yet."""
    with store.write() as work:
        pool = replace(work.site.pool("Default"), user_locale="German_Germany", network_locale="Germany")
        work.objects.pools.save(pool)
        work.commit()
    files.serve_locales(LocaleShelf(FileTree(tree)))
    files.read_site()
    return files


def put(tree: Path, content: Mapping[str, bytes]) -> None:
    for name, data in content.items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_bytes(data)


def phone(model: str, protocol: SignallingProtocol = SIP, at: datetime = NOON) -> Device:
    known = catalogue().require(model)
    prefix = known.device_prefix or "SEP"
    return Device(
        DeviceName(f"{prefix}001122AABBCC"),
        protocol,
        at,
        "0" * 8,
        "secret",
        (LineAppearance(1, Line("1000")),),
        model=known.name,
        model_number=known.number,
    )


def named(files: PhoneFiles, model: str, protocol: SignallingProtocol = SIP) -> tuple[str, str]:
    found = files.device_file(phone(model, protocol))
    assert [each for each in check_file(found.name, bytes(found.content)) if not each.harmless] == []
    text = bytes(found.content).decode()
    language = re.search(r"<userLocale>\s*<name>(\w+)</name>", text)
    country = re.search(r"<networkLocale>(\w+)</networkLocale>", text)
    assert language is not None
    assert country is not None
    return language[1], country[1]


def version(files: PhoneFiles, model: str) -> str:
    text = bytes(files.device_file(phone(model)).content).decode()
    found = re.search(r"<userLocale>.*?<version>(.*?)</version>", text, re.DOTALL)
    return found[1] if found else ""


def test_nothing_is_named_that_is_not_there(german: PhoneFiles) -> None:
    for model in ("7942", "8841", "9971", "6941", "8945"):
        assert named(german, model) == ENGLISH
    assert named(german, "7961", SCCP) == ENGLISH
    assert "<langCode>en_US</langCode>" in bytes(german.device_file(phone("7942")).content).decode()


@pytest.mark.parametrize(
    ("model", "protocol", "language", "tones"),
    [
        ("7911", SIP, "tc-sip.jar", "g3-tones.xml"),
        ("7942", SIP, "mk-sip.jar", "g3-tones.xml"),
        ("7942", SCCP, "mk-sccp.jar", "g3-tones.xml"),
        ("7965", SCCP, "be-sccp.jar", "g3-tones.xml"),
        ("7975", SIP, "td-sip.jar", "g3-tones.xml"),
        ("6941", SCCP, "rtl-sccp.jar", "g3-tones.xml"),
        ("7841", SIP, "sp-sip.jar", "g3-tones.xml"),
        ("8841", SIP, "sl-be-sip.jar", "g3-tones.xml"),
        ("8865", SIP, "sl-bev-sip.jar", "g3-tones.xml"),
        ("8945", SIP, "gb-sccp-sip.jar", "g3-tones.xml"),
        ("8961", SIP, "gh-sip.jar", "g4-tones.xml"),
        ("9951", SIP, "lk-sip.jar", "g4-tones.xml"),
        ("9971", SIP, "gd-sip.jar", "g4-tones.xml"),
    ],
)
def test_each_family_is_told_when_its_own_file_is_there(
    german: PhoneFiles, tree: Path, model: str, protocol: SignallingProtocol, language: str, tones: str
) -> None:
    other = "g4-tones.xml" if tones.startswith("g3") else "g3-tones.xml"
    put(tree, {"German_Germany/xx-sip.jar": b"PK", f"Germany/{other}": b"<tones/>"})
    assert named(german, model, protocol) == ENGLISH
    put(tree, {f"German_Germany/{language.upper()}": b"PK"})
    assert named(german, model, protocol) == ("German_Germany", "United_States")
    put(tree, {f"Germany/{tones}": b"<tones/>"})
    assert named(german, model, protocol) == ("German_Germany", "Germany")


def test_an_old_phone_needs_all_its_files(german: PhoneFiles, tree: Path) -> None:
    put(tree, {"German_Germany/7960-dictionary.xml": b"<a/>", "German_Germany/7960-font.xml": b"<a/>"})
    assert named(german, "7960", SCCP) == ENGLISH
    put(tree, {"German_Germany/7960-kate.xml": b"<a/>", "Germany/7960-tones.xml": b"<tones/>"})
    assert named(german, "7960", SCCP) == ("German_Germany", "Germany")


@pytest.mark.parametrize("model", ["8832", "7931", "8821"])
def test_where_no_source_names_the_file_any_of_the_language_counts(german: PhoneFiles, tree: Path, model: str) -> None:
    assert named(german, model)[0] == ENGLISH[0]
    put(tree, {"German_Germany/readme.txt": b"x"})
    assert named(german, model)[0] == ENGLISH[0]
    put(tree, {"German_Germany/sl-be-sip.jar": b"PK"})
    assert named(german, model)[0] == "German_Germany"


def test_what_is_set_for_a_phone_goes_first(german: PhoneFiles, tree: Path) -> None:
    put(tree, {"German_Germany/mk-sip.jar": b"PK", "French_France/mk-sip.jar": b"PK"})
    device = phone("7942")
    device = replace(device, settings=replace(device.settings, user_locale="French_France"))
    assert "<name>French_France</name>" in bytes(german.device_file(device).content).decode()


def test_the_version_follows_the_files_and_nothing_else(german: PhoneFiles, tree: Path) -> None:
    put(tree, {"German_Germany/mk-sip.jar": b"PK one", "German_Germany/be-sip.jar": b"PK one"})
    first = version(german, "7942")
    assert re.fullmatch(r"1\.0\.\d+\.\d+", first)
    put(tree, {"German_Germany/be-sip.jar": b"PK another", "German_Germany/mk-sip.jar": b"PK one"})
    assert version(german, "7942") == first
    put(tree, {"German_Germany/mk-sip.jar": b"PK two"})
    assert version(german, "7942") != first
    assert version(german, "8841") == ""


def test_a_site_may_name_what_is_not_there(german: PhoneFiles, tree: Path) -> None:
    german.serve_locales(LocaleShelf(FileTree(tree)), always=True)
    assert named(german, "8841") == ("German_Germany", "Germany")


def test_a_folder_that_leads_out_is_not_there(tree: Path) -> None:
    (tree.parent / "outside").mkdir()
    (tree.parent / "outside/mk-sip.jar").write_bytes(b"PK")
    shelf = LocaleShelf(FileTree(tree))
    assert shelf.language("../outside", ["mk-sip.jar"]) is None
    assert shelf.language("", ["mk-sip.jar"]) is None
    assert LocaleShelf(None).language("German_Germany", ()) is None


def test_tones_that_we_make_are_there_only_when_told(german: PhoneFiles, tree: Path) -> None:
    assert german.tones("Germany/g3-tones.xml") is None
    german.serve_locales(LocaleShelf(FileTree(tree), makes_tones=True))
    assert named(german, "7942") == ("English_United_States", "Germany")
    assert named(german, "9971") == ("English_United_States", "Germany")
    made = german.tones("Germany/g3-tones.xml")
    assert made is not None
    assert b'c1="30959"' in made.content
    assert german.tones("Atlantis/g3-tones.xml") is None
    device = phone("7942")
    shared = {found.name for found in german.shared_files([device], NOON)}
    assert {"Germany/g3-tones.xml", "Germany/g4-tones.xml"} <= shared

"""The whole site in one file, and back: what comes back, what is refused, and that nothing is left half done."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from bridge.app.operations.backup import Backup, make_backup
from bridge.app.settings import DatabaseSettings, Settings, StateSettings
from bridge.core import DeviceName
from bridge.core.events import PhoneRefused
from bridge.errors import Conflict, InvalidInput, SepbridgeError, StoreError
from bridge.store import HEAD, open_store, sqlite_url, upgrade
from bridge.store.dump import HISTORY, SHORT_LIVED
from bridge.store.engines import DatabaseAddress, make_upgrade_engine
from bridge.store.migrations.history import upgrade_connection
from bridge.store.schema import metadata
from tests.databases import mariadb, postgresql
from tests.fullsite import AT, content_of, fill_every_table

pytestmark = pytest.mark.xdist_group("backup")


def site(directory: Path, url: str = "") -> Settings:
    directory.mkdir(exist_ok=True)
    settings = Settings(state=StateSettings(directory), database=DatabaseSettings(url))
    upgrade(settings.database_url)
    return settings


@pytest.fixture
def full(tmp_path: Path) -> Settings:
    settings = site(tmp_path / "full")
    fill_every_table(settings.database_url)
    settings.templates_directory.joinpath("deep").mkdir(parents=True)
    settings.templates_directory.joinpath("deep/x.xml").write_text("<mine/>")
    settings.files_directory.mkdir()
    settings.files_directory.joinpath("SIP88xx.loads").write_bytes(b"\0\1firmware")
    return settings


@pytest.fixture
def file(full: Settings, tmp_path: Path) -> Path:
    config = tmp_path / "sepbridge.toml"
    config.write_text('[ami]\nsecret = "s"\n')
    path = tmp_path / "site.backup"
    made = make_backup(full, config, path, now=AT, firmware=True)
    assert made.revision == HEAD
    return path


@pytest.fixture(scope="module", params=[postgresql, mariadb])
def server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with request.param() as server:
        yield server.upgraded()


def test_every_table_comes_back_and_only_what_lives_shortly_does_not(
    full: Settings, file: Path, tmp_path: Path
) -> None:
    other = site(tmp_path / "other")
    other.templates_directory.mkdir()
    other.templates_directory.joinpath("old.xml").write_text("<old/>")
    with Backup(file) as backup:
        assert {each.name for each in metadata.sorted_tables} - set(backup.manifest.tables) == SHORT_LIVED
        done = backup.restore(other, settings_to=tmp_path / "new.toml", firmware=True)
    assert content_of(other.database_url) == content_of(full.database_url)
    assert other.templates_directory.joinpath("deep/x.xml").read_text() == "<mine/>"
    assert not other.templates_directory.joinpath("old.xml").exists()
    (kept,) = other.state.directory.glob("templates.before-restore-*")
    assert kept.joinpath("old.xml").read_text() == "<old/>"
    assert any(str(kept) in words for words in done)
    assert other.files_directory.joinpath("SIP88xx.loads").read_bytes() == b"\0\1firmware"
    assert (tmp_path / "new.toml").read_text() == '[ami]\nsecret = "s"\n'
    assert (tmp_path / "new.toml").stat().st_mode & 0o777 == 0o600
    assert list(other.state.directory.glob(".restore-*")) == []


@pytest.mark.peer("postgresql")
@pytest.mark.peer("mariadb")
def test_from_sqlite_to_a_server_and_back(full: Settings, file: Path, tmp_path: Path, server_url: str) -> None:
    on_server = replace(full, state=StateSettings(tmp_path / "node"), database=DatabaseSettings(server_url))
    with Backup(file) as backup:
        backup.restore(on_server)
    assert content_of(server_url) == content_of(full.database_url)
    # Keys that the database counts itself go on after those that came in.
    with closing(open_store(server_url)) as store, store.write() as work:
        before = work.journal.size()
        refused = PhoneRefused(at=AT, device=DeviceName("SEP001122334455"), client="c", reason="r", text="t")
        work.journal.append([refused])
        work.commit()
        assert (work.journal.size(), work.journal.newest(limit=1)) == (before + 1, [refused])
    back_again = tmp_path / "server.backup"
    make_backup(on_server, None, back_again, now=AT)
    home = site(tmp_path / "home")
    with Backup(back_again) as backup:
        assert not backup.manifest.has_settings
        backup.restore(home)
    assert content_of(home.database_url) == content_of(server_url)


def test_the_file_is_for_its_owner_alone_and_replaces_none(full: Settings, file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Conflict, match="there already"):
        make_backup(full, None, file, now=AT)
    assert [each.name for each in file.parent.glob(".site.backup.*")] == []


def test_without_history_what_happened_here_stays(full: Settings, tmp_path: Path) -> None:
    path = tmp_path / "small.backup"
    make_backup(full, None, path, now=AT, history=False)
    other = site(tmp_path / "other")
    fill_every_table(other.database_url)
    before = content_of(other.database_url)
    with Backup(path) as backup:
        assert not HISTORY & set(backup.manifest.tables)
        backup.restore(other)
    after = content_of(other.database_url)
    assert {name: after[name] for name in HISTORY} == {name: before[name] for name in HISTORY}


def changed(file: Path, **changes: Any) -> Path:
    """The same backup with another manifest, or other members (names with a slash)."""
    path = file.with_name("changed.backup")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "manifest.json":
                document = {**json.loads(content), **{key: value for key, value in changes.items() if "/" not in key}}
                content = json.dumps(document).encode()
            new.writestr(name, changes.get(name, content))
    return path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2}, "newer version"),
        ({"product": "something"}, "not a backup"),
        ({"templates": ["../../etc/passwd"]}, "no name of a file"),
        ({"templates": ["/etc/passwd"]}, "no name of a file"),
        ({"revision": "9999"}, "newer version"),
        ({"tables/device.jsonl": b'["name"]\n'}, "damaged"),
        ({"tables/device.jsonl": b'["name", "nonsense"]\n["a", "b"]\n'}, "no table device with the columns"),
        ({"tables/device.jsonl": b"[]\nnonsense"}, "damaged"),
    ],
)
def test_what_cannot_be_restored_changes_nothing(
    full: Settings, file: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    before = content_of(full.database_url)
    with pytest.raises(SepbridgeError, match=words), Backup(changed(file, **changes)) as backup:
        backup.restore(full)
    assert content_of(full.database_url) == before
    assert full.templates_directory.joinpath("deep/x.xml").exists()
    assert list(full.state.directory.glob(".restore-*")) == []


def test_a_row_that_the_database_refuses_leaves_everything_as_it_was(full: Settings, file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        header, row = archive.read("tables/device.jsonl").splitlines()
    twice = b"\n".join([header, row, row]) + b"\n"
    with zipfile.ZipFile(file) as archive:
        tables = json.loads(archive.read("manifest.json"))["tables"]
    path = changed(file, **{"tables/device.jsonl": twice, "tables": {**tables, "device": 2}})
    before = content_of(full.database_url)
    with Backup(path) as backup, pytest.raises(InvalidInput, match="contradicts itself") as refused:
        backup.restore(full)
    assert "UNIQUE" in refused.value.why
    assert content_of(full.database_url) == before


def test_tables_of_another_time_are_refused(full: Settings, file: Path) -> None:
    """It says that it is old, and holds what there was not yet."""
    before = content_of(full.database_url)
    for revision in ("0001", "0008"):
        with (
            Backup(changed(file, revision=revision)) as backup,
            pytest.raises(InvalidInput, match="contradicts itself"),
        ):
            backup.restore(full)
    assert content_of(full.database_url) == before


def test_a_file_that_is_cut_or_has_a_wrong_octet_anywhere_changes_nothing_or_is_the_same(
    full: Settings, file: Path, tmp_path: Path
) -> None:
    whole, path = file.read_bytes(), tmp_path / "hurt"
    before = content_of(full.database_url)
    refused = 0
    places = range(0, len(whole), max(1, len(whole) // 25))
    hurt = [whole[:place] for place in places]
    hurt += [whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :] for place in places]
    for content in hurt:
        path.write_bytes(content)
        try:
            with Backup(path) as backup:
                backup.restore(full)
        except InvalidInput:
            refused += 1
        assert content_of(full.database_url) == before
        assert full.templates_directory.joinpath("deep/x.xml").read_text() == "<mine/>"
        assert list(full.state.directory.glob(".restore-*")) == []
    # All that were cut, and most of the others; what is left are octets that mean nothing, such as a file's time.
    assert refused > len(hurt) * 3 // 4


def test_no_zip_and_a_broken_one(tmp_path: Path, file: Path) -> None:
    for content in (b"", b"text", file.read_bytes()[:2000]):
        path = tmp_path / "broken"
        path.write_bytes(content)
        with pytest.raises(InvalidInput, match="not a backup"):
            Backup(path)


def test_a_backup_of_an_older_version_goes_through_the_migrations(full: Settings, file: Path, tmp_path: Path) -> None:
    """As revision 0008 had it: no accounts yet, and fewer columns."""
    old = columns_at("0008", tmp_path / "old.db")
    with zipfile.ZipFile(file) as archive:
        tables = json.loads(archive.read("manifest.json"))["tables"]
        older = {name: count for name, count in tables.items() if name in old}
        members = {f"tables/{name}.jsonl": narrowed(archive.read(f"tables/{name}.jsonl"), old[name]) for name in older}
    assert "account" not in older
    path = changed(file, revision="0008", tables=older, **members)
    other = site(tmp_path / "other")
    with Backup(path) as backup:
        backup.restore(other)
    expected = content_of(full.database_url)
    found = content_of(other.database_url)
    for name in older:
        assert in_columns(found[name], old[name]) == in_columns(expected[name], old[name]), name
    assert found["account"][1] == []


def columns_at(revision: str, path: Path) -> dict[str, list[str]]:
    """The tables of that time, and their columns."""
    address = DatabaseAddress.parse(sqlite_url(path))
    address.create_file()
    engine = make_upgrade_engine(address, timeout=5.0)
    with engine.begin() as connection:
        upgrade_connection(connection, revision)
        inspector = inspect(connection)
        found = {name: [each["name"] for each in inspector.get_columns(name)] for name in inspector.get_table_names()}
    engine.dispose()
    return found


def narrowed(lines: bytes, columns: list[str]) -> bytes:
    """A table's file with those columns alone."""
    head, *rows = [json.loads(line) for line in lines.splitlines()]
    places = [place for place, name in enumerate(head) if name in columns]
    return b"".join(json.dumps([row[place] for place in places]).encode() + b"\n" for row in (head, *rows))


def in_columns(content: tuple[tuple[str, ...], list[list[object]]], columns: list[str]) -> list[list[object]]:
    """The rows of a table, in those columns alone."""
    names, rows = content
    return [[value for name, value in zip(names, row, strict=True) if name in columns] for row in rows]


def test_the_database_is_away(full: Settings, file: Path, tmp_path: Path) -> None:
    away = replace(full, database=DatabaseSettings(sqlite_url(tmp_path / "missing" / "x.db")))
    with Backup(file) as backup, pytest.raises((StoreError, SepbridgeError)):
        backup.restore(away)
    assert full.templates_directory.joinpath("deep/x.xml").exists()

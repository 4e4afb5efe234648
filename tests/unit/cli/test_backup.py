"""``backup``, ``restore``, ``support-bundle`` and ``phones trace``, as an admin types them."""

from __future__ import annotations

import asyncio
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bridge.app.settings import load_settings
from bridge.cli.frame import size_in_words
from bridge.errors import Conflict, InvalidInput, NotFound, PbxUnavailable, WriteFailed
from bridge.store import open_store
from bridge.web.node import running_node
from tests.unit.cli.conftest import Shell


@contextmanager
def running(shell: Shell, directory: Path) -> Iterator[None]:
    """The node of these settings, in a thread of its own."""
    (directory / "asterisk").mkdir()
    with shell.config.open("a", encoding="utf-8") as config:
        config.write(
            f'[asterisk]\ndirectory = "{directory}/asterisk"\n[tftp]\nlisten = ["127.0.0.1:0"]\n'
            '[http]\nlisten = ["127.0.0.1:0"]\n[web]\nlisten = []\n[sip]\ndoorway = []\n[sccp]\nlisten = []\n'
            '[ami]\naddress = "127.0.0.1:9"\nsecret = "x"\n[server]\nname = "pbx"\naddress = "127.0.0.1"\n'
        )
    settings, ready, stop = load_settings(shell.config), threading.Event(), threading.Event()

    async def node() -> None:
        async with running_node(settings):
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(node(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield
    finally:
        stop.set()
        thread.join(20)


def test_backup_wipe_restore(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "site.backup"
    shell.text("phones", "add", "SEP001122334455", "--number", "1001", "--protocol", "SIP", "--model", "8841")
    said = shell.text("backup", str(file))
    assert ", 1 phone." in said
    assert size_in_words(file.stat().st_size) in said
    assert "every password" in said
    assert isinstance(shell.error("backup", str(file)), Conflict)

    shell.text("phones", "remove", "1001", "--yes")
    shown = shell.text("restore", str(file), "--dry-run")
    (row,) = [line.split() for line in shown.splitlines() if line.startswith("phones ")]
    assert row == ["phones", "0", "1"]
    assert shell.json("phones", "list")["phones"] == []

    assert isinstance(shell.error("restore", str(file)), InvalidInput)  # nobody is there to ask
    assert "Restored the database" in shell.text("restore", str(file), "--yes")
    (phone,) = shell.json("phones", "list")["phones"]
    assert phone["name"] == "SEP001122334455"
    assert "1001" in shell.text("phones", "show", "SEP001122334455")
    with closing(open_store(load_settings(shell.config).database_url)) as store, store.read() as work:
        trail = [each.action for each in work.journal.audit_trail()]
    assert trail[-1] == "restored the backup site.backup"
    assert "made the backup site.backup" not in trail  # it was made before that was noted


@pytest.mark.parametrize(
    ("octets", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (14_980, "15.0 kB"), (2_340_000, "2.3 MB"),
     (7_100_000_000, "7.1 GB"), (5_000_000_000_000, "5000.0 GB")],
)  # fmt: skip
def test_a_small_size_is_not_nothing(octets: int, words: str) -> None:
    assert size_in_words(octets) == words


def test_the_settings_file_comes_back_only_where_one_says(shell: Shell, tmp_path: Path) -> None:
    file, there = tmp_path / "site.backup", tmp_path / "elsewhere.toml"
    shell.text("backup", str(file))
    shell.text("restore", str(file), "--yes", "--settings", str(there))
    assert there.read_text(encoding="utf-8") == shell.config.read_text(encoding="utf-8")
    assert isinstance(shell.error("restore", str(file), "--yes", "--firmware"), InvalidInput)


def test_a_running_service_is_not_pulled_away_from_under(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "site.backup"
    shell.text("backup", str(file))
    with running(shell, tmp_path):
        error = shell.error("restore", str(file), "--yes")
        assert isinstance(error, Conflict)
        assert "stop it first" in error.fix
        names = shell.json("support-bundle", str(tmp_path / "bundle.zip"))["names"]
        assert {"settings.json", "status.json", "events.jsonl"} <= set(names)
        with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
            assert b'"connected": false' in archive.read("status.json")

        pcap = tmp_path / "phone.pcap"
        said = shell.text("phones", "trace", "SEP00AABBCCDDEE", "--pcap", str(pcap), "--for", "1s")
        assert "nothing was heard" in said
        assert pcap.read_bytes()[:4] == b"\xd4\xc3\xb2\xa1"
        assert isinstance(shell.error("phones", "trace", "SEP00AABBCCDDEE", "--pcap", str(pcap)), InvalidInput)
        other = str(tmp_path / "other.pcap")
        assert isinstance(shell.error("phones", "trace", "nobody", "--pcap", other), NotFound)
        assert isinstance(
            shell.error("phones", "trace", "SEP00AABBCCDDEE", "--pcap", other, "--for", "2h"), InvalidInput
        )


def test_a_trace_needs_the_service(shell: Shell, tmp_path: Path) -> None:
    error = shell.error("phones", "trace", "SEP00AABBCCDDEE", "--pcap", str(tmp_path / "x"))
    assert isinstance(error, PbxUnavailable)


def test_a_trace_that_cannot_be_written_is_not_begun(shell: Shell, tmp_path: Path) -> None:
    error = shell.error("phones", "trace", "SEP00AABBCCDDEE", "--pcap", str(tmp_path / "none" / "x"))
    assert isinstance(error, WriteFailed)
    assert "there is no directory" in error.why


def test_a_backup_that_is_not_there(shell: Shell, tmp_path: Path) -> None:
    error = shell.error("restore", str(tmp_path / "none"))
    assert isinstance(error, NotFound)


@pytest.mark.parametrize("word", ["restore", "support-bundle"])
def test_help_says_what_it_does(shell: Shell, word: str) -> None:
    assert "Usage" in shell.text(word, "--help")

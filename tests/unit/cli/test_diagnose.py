"""The command that says why a phone is stuck, with no service running."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import root
from bridge.core import DeviceName, Via
from bridge.core.events import FileRequested, TrustListSeen
from bridge.errors import NotFound
from bridge.store import open_store, sqlite_url, upgrade

PHONE = DeviceName("SEP001122334455")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    url = sqlite_url(tmp_path / "sepbridge.db")
    upgrade(url)
    at = datetime.now(UTC) - timedelta(minutes=3)
    name = f"{PHONE}.cnf.xml.sgn"
    store = open_store(url)
    with store.write() as work:
        work.journal.append(
            kind(at=at, device=PHONE, name=name, client="192.168.1.9", via=Via.TFTP)
            for kind in (FileRequested, TrustListSeen)
        )
        work.commit()
    store.close()
    path = tmp_path / "sepbridge.toml"
    path.write_text(f'[server]\naddress = "192.168.1.2"\n[state]\ndirectory = "{tmp_path}"\n')
    return path


def test_a_phone_that_was_only_seen_is_told_of_with_its_cause(config: Path) -> None:
    done = CliRunner().invoke(root, ["--config", str(config), "phones", "diagnose", "00:11:22:33:44:55"])
    assert done.exit_code == 1
    assert "still trusts the old call manager" in done.output
    assert "keys: 79xx: Settings > Security Configuration" in done.output
    assert "The service is not running" in done.output


def test_the_same_for_programs(config: Path) -> None:
    done = CliRunner().invoke(root, ["--config", str(config), "phones", "diagnose", str(PHONE), "--json"])
    told = json.loads(done.output)
    assert told["phone"] == str(PHONE)
    assert told["journey"]["stage"] == "tftp"
    assert told["findings"][0]["code"] == "leftover_trust_list"


def test_a_phone_that_nobody_has_seen(config: Path) -> None:
    done = CliRunner().invoke(root, ["--config", str(config), "phones", "diagnose", "001122334466"])
    assert isinstance(done.exception, NotFound)
    assert "nothing was ever heard of SEP001122334466" in str(done.exception)


def test_explain() -> None:
    done = CliRunner().invoke(root, ["explain", "Registration", "Rejcted"])
    assert done.exit_code == 0
    assert "Registration Rejected" in done.output

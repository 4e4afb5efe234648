"""``sepbridge doctor``: exit codes, and the two shapes of its answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.host import programs
from bridge.lab.asterisk import free_port
from tests.unit.cli.conftest import Shell


@pytest.fixture
def lonely(shell: Shell) -> Shell:
    """An installation on loopback without Asterisk and without a service."""
    port = free_port()
    text = shell.config.read_text()
    shell.config.write_text(
        f'{text}[server]\naddress = "127.0.0.1"\n[ami]\naddress = "127.0.0.1:{port}"\nsecret = "0123456789"\n'
        f"[sip]\nport = {free_port()}\n"
    )
    shell.config.chmod(0o600)
    return shell


def test_problems_make_exit_code_1(lonely: Shell) -> None:
    report = lonely.json("doctor", code=1)
    found = {each["code"]: each for check in report["checks"] for each in check["findings"]}
    assert {"service_not_running", "ami_unreachable", "port_closed"} <= set(found)
    assert "settings_readable_by_all" not in found
    weights = [each["weight"] for check in report["checks"] for each in check["findings"]]
    assert report["problems"] == weights.count("problem") > 0
    assert report["notes"] == weights.count("note")
    assert all(each["what"] and each["fix"] for each in found.values())
    # Nothing was asked of Asterisk that did not answer, and it is said.
    assert "unchecked_modules" in found


def test_a_program_that_is_missing_is_named_with_its_package(lonely: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    there = programs.find_program
    monkeypatch.setattr(programs, "find_program", lambda name: None if name == "ip" else there(name))
    report = lonely.json("doctor", code=1)
    found = {each["code"]: each for check in report["checks"] for each in check["findings"]}
    addresses = found["unchecked_addresses"]
    assert (addresses["why"], addresses["fix"]) == ("ip is not installed", "apt-get install iproute2")


def test_for_people(lonely: Shell) -> None:
    text = lonely.text("doctor", "--quiet", code=1)
    assert "service_not_running" in text
    assert "fix: " in text
    assert "ok  " not in text
    assert "0123456789" not in text
    everything = lonely.text("doctor", code=1)
    assert "ok       Database" in everything


def test_settings_that_cannot_be_read_are_a_finding(tmp_path: Path) -> None:
    config = tmp_path / "sepbridge.toml"
    config.write_text("[tftp]\nmoed = 1\n")
    report = Shell(config).json("doctor", code=1)
    (settings,) = [check for check in report["checks"] if check["check"] == "settings"]
    assert [each["code"] for each in settings["findings"]] == ["settings_wrong"]
    assert "tftp.moed" in settings["findings"][0]["what"]
    assert "goes by the usual settings" in settings["findings"][0]["why"], "what follows is not of this installation"


def test_a_damaged_database_has_its_own_remedy(tmp_path: Path) -> None:
    (tmp_path / "sepbridge.db").write_bytes(b"no database at all" * 500)
    config = tmp_path / "sepbridge.toml"
    config.write_text(f'[state]\ndirectory = "{tmp_path}"\n')
    report = Shell(config).json("doctor", code=1)
    (database,) = [check for check in report["checks"] if check["check"] == "database"]
    assert [each["code"] for each in database["findings"]] == ["database_unreachable"]
    assert "restore it from a backup" in database["findings"][0]["fix"]


def test_a_file_that_everybody_may_read(lonely: Shell) -> None:
    lonely.config.chmod(0o644)
    report = lonely.json("doctor", code=1)
    codes = [each["code"] for check in report["checks"] for each in check["findings"]]
    assert "settings_readable_by_all" in codes

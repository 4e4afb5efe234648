"""``sepbridge firmware rollout`` as an admin types it, without a running service."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import Conflict, InvalidInput
from tests.firmware import java_load, zipped
from tests.unit.cli.conftest import Shell

LOAD = "SCCP41.9-4-2SR3-1S"
MAC = "001122AABBCC"


@pytest.fixture
def rolled(shell: Shell, tmp_path: Path) -> Shell:
    shell.text("firmware", "add", str(zipped(tmp_path / "a.zip", java_load())))
    shell.text("phones", "add", MAC, "--model", "7961G", "--number", "1001", "--protocol", "SCCP")
    return shell


def test_dry_run_start_status_stop(rolled: Shell) -> None:
    assert rolled.json("firmware", "rollout") == {"rollout": None}
    plan = rolled.json("firmware", "rollout", LOAD, "--dry-run")
    assert [(each["phone"], each["allowed"]) for each in plan["phones"]] == [(f"SEP{MAC}", True)]
    assert rolled.json("firmware", "rollout") == {"rollout": None}
    begun = rolled.json("firmware", "rollout", LOAD, "--phone", "1001", "--at-a-time", "2", "--yes")
    assert begun["rollout"]["state"] == "running"
    assert "not running" in begun["remark"]
    assert isinstance(rolled.error("firmware", "rollout", LOAD, "--yes"), Conflict)
    text = rolled.text("firmware", "rollout", "--status")
    assert f"{LOAD}: running" in text
    assert "1 waiting" in text
    stopped = rolled.json("firmware", "rollout", "--stop")
    assert [each["stage"] for each in stopped["rollout"]["phones"]] == ["stopped"]
    assert isinstance(rolled.error("firmware", "rollout", "--stop"), Conflict)


def test_what_is_missing_is_said(rolled: Shell) -> None:
    assert isinstance(rolled.error("firmware", "rollout", "--start"), InvalidInput)
    assert isinstance(rolled.error("firmware", "rollout", LOAD, "--at-a-time", "0", "--yes"), InvalidInput)
    # Nobody is there to ask.
    assert isinstance(rolled.error("firmware", "rollout", LOAD), InvalidInput)

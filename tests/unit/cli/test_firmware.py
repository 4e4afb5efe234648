"""``sepbridge firmware`` as an admin types it."""

from __future__ import annotations

import os
import pwd
import wave
from pathlib import Path

import pytest
from PIL import Image

from bridge.errors import Conflict, InvalidInput, NotFound
from tests.firmware import JAVA_41, java_load, zipped
from tests.peers import missing
from tests.unit.cli.conftest import Shell

LOAD = "SCCP41.9-4-2SR3-1S"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return zipped(tmp_path / "cmterm.zip", java_load())


def test_add_list_remove(shell: Shell, package: Path) -> None:
    assert "no firmware yet" in shell.text("firmware", "list")
    added = shell.json("firmware", "add", str(package))
    assert [each["name"] for each in added["loads"]] == [LOAD]
    (listed,) = shell.json("firmware", "list")
    assert (listed["protocol"], listed["complete"], listed["defaults"]) == ("SCCP", True, [])
    assert "7961G" in listed["models"]
    text = shell.text("firmware", "list")
    assert "complete" in text
    assert "nobody" in text
    assert "4 already" not in text
    assert set(shell.json("firmware", "remove", LOAD, "--yes")["removed"]) == set(java_load())
    assert isinstance(shell.error("firmware", "remove", LOAD, "--yes"), NotFound)


@pytest.mark.req("AR-27")
def test_check_names_what_device_defaults_miss(shell: Shell, package: Path) -> None:
    assert shell.json("firmware", "check") == {"findings": []}
    shell.text("site", "defaults", "add", "115", "SCCP", f"load={LOAD}")
    (missing,) = shell.json("firmware", "check", code=1)["findings"]
    assert missing["code"] == "load_missing"
    assert LOAD in missing["what"]
    shell.text("firmware", "add", str(package))
    assert shell.json("firmware", "check") == {"findings": []}
    assert isinstance(shell.error("firmware", "remove", LOAD, "--yes"), Conflict)
    (shell.config.parent / "state/files" / JAVA_41[1]).unlink()
    codes = {each["code"]: each["what"] for each in shell.json("firmware", "check", code=1)["findings"]}
    assert JAVA_41[1] in codes["firmware_file_missing"]


def test_an_incomplete_package_says_what_is_missing(shell: Shell, tmp_path: Path) -> None:
    content = java_load()
    del content[JAVA_41[0]]
    package = zipped(tmp_path / "half.zip", content)
    error = shell.error("firmware", "add", str(package))
    assert isinstance(error, InvalidInput)
    assert JAVA_41[0] in error.why
    assert f"missing: {JAVA_41[0]}" in shell.text("firmware", "add", str(package), "--incomplete")


def test_what_root_adds_is_the_service_s_own_afterwards(shell: Shell, package: Path, tmp_path: Path) -> None:
    """Else the dashboard could add nothing more, and the service could not read its own key."""
    if os.geteuid() != 0:
        missing("giving files away needs root")
    user, state = pwd.getpwnam("nobody"), tmp_path / "state"
    os.chown(state, user.pw_uid, user.pw_gid)
    Image.new("RGB", (8, 8)).save(picture := tmp_path / "house.png")
    sound = tmp_path / "bell.wav"
    with wave.open(str(sound), "wb") as ring:
        ring.setparams((1, 2, 8000, 0, "NONE", ""))
        ring.writeframes(bytes(2 * 480))
    for words in (
        ("firmware", "add", str(package)),
        ("rings", "add", str(sound)),
        ("backgrounds", "add", str(picture)),
        ("setup", "certificate", "--address", "192.0.2.10"),
    ):
        shell.text(*words)
    made = [path for path in state.rglob("*") if path.name != "sepbridge.db"]
    assert {state / "files/.sepbridge-lock", state / "files/bell.raw", state / "sepbridge.key"} <= set(made)
    assert {path.stat().st_uid for path in made} == {user.pw_uid}


def test_a_package_that_was_refused_leaves_nothing_of_root_s(shell: Shell, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        missing("giving files away needs root")
    user, state = pwd.getpwnam("nobody"), tmp_path / "state"
    os.chown(state, user.pw_uid, user.pw_gid)
    shell.error("firmware", "add", str(zipped(tmp_path / "none.zip", {"readme.txt": b"x"})))
    assert {path.stat().st_uid for path in (state / "files", *(state / "files").iterdir())} == {user.pw_uid}


def test_a_package_within_a_package_is_named(shell: Shell, package: Path, tmp_path: Path) -> None:
    error = shell.error("firmware", "add", str(zipped(tmp_path / "outer.zip", {"x/cmterm.zip": package.read_bytes()})))
    assert isinstance(error, InvalidInput)
    assert "cmterm.zip" in error.why
    assert "unpack" in error.fix

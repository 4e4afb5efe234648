"""What root made before the service's user was known is given to that user, and nothing else is."""

from __future__ import annotations

import grp
import os
import pwd
import tempfile
from pathlib import Path

import pytest

from bridge.app.installing.handover import give_to_service, hand_over, not_owned, shut_out
from tests.peers import missing

OWNER = "nobody"


@pytest.fixture
def house(tmp_path: Path) -> dict[str, Path]:
    if os.geteuid() != 0:
        missing("giving files away needs root")
    places = {"directory": tmp_path / "etc", "state": tmp_path / "state", "toml": tmp_path / "sepbridge.toml"}
    (places["state"] / "files").mkdir(parents=True)
    (places["state"] / "sepbridge.db").write_bytes(b"")
    (places["state"] / "link").symlink_to("/etc/passwd")
    places["directory"].mkdir()
    for name in ("pjsip_phones.conf", "custom.conf"):
        (places["directory"] / name).write_text("")
    places["toml"].write_text("")
    places["toml"].chmod(0o640)
    return places


def test_what_the_service_writes_is_given_to_it_once(house: dict[str, Path]) -> None:
    user = pwd.getpwnam(OWNER)
    wanted = not_owned(OWNER, **house)
    state = house["state"]
    assert set(wanted) == {
        *(house["directory"], house["directory"] / "pjsip_phones.conf", house["toml"]),
        *(state, state / "files", state / "sepbridge.db"),
    }
    hand_over(OWNER, wanted)
    assert not_owned(OWNER, **house) == ()
    assert (state / "sepbridge.db").stat().st_uid == user.pw_uid
    # The admin's own, and what a link leads to, stay his.
    assert (house["directory"] / "custom.conf").stat().st_uid == 0
    assert Path("/etc/passwd").stat().st_uid == 0


def test_a_settings_file_that_the_service_may_read_stays_roots(house: dict[str, Path]) -> None:
    os.chown(house["toml"], 0, pwd.getpwnam(OWNER).pw_gid)
    assert house["toml"] not in not_owned(OWNER, **house)


def test_without_an_owner_nothing_is_given_away(house: dict[str, Path]) -> None:
    assert not_owned("", **house) == ()
    assert not_owned("no-such-user", **house) == ()


def test_a_configuration_that_only_asterisks_user_may_enter() -> None:
    if os.geteuid() != 0:
        missing("another user's directories need root")
    group = grp.getgrgid(1)
    with tempfile.TemporaryDirectory() as made:
        etc = Path(made) / "asterisk"
        (etc / "sepbridge").mkdir(parents=True)
        Path(made).chmod(0o755)
        os.chown(etc, 1, group.gr_gid)
        etc.chmod(0o755)
        assert shut_out(OWNER, etc / "sepbridge") == ""
        etc.chmod(0o750)
        assert f"{etc} is closed to {OWNER}" in shut_out(OWNER, etc / "sepbridge")
        assert f"usermod -a -G {group.gr_name} {OWNER}" in shut_out(OWNER, etc / "sepbridge")
        assert shut_out(pwd.getpwuid(1).pw_name, etc / "sepbridge") == ""
        etc.chmod(0o700)
        assert f"chmod a+x {etc}" in shut_out(OWNER, etc / "sepbridge")
        assert shut_out("", etc / "sepbridge") == shut_out("no-such-user", etc / "sepbridge") == ""


def test_what_root_adds_to_the_state_directory_is_the_service_s_and_nothing_else(house: dict[str, Path]) -> None:
    user, state = pwd.getpwnam(OWNER), house["state"]
    give_to_service(state, state)
    assert (state / "sepbridge.db").stat().st_uid == 0  # the service runs as root
    os.chown(state, user.pw_uid, user.pw_gid)
    outside = state.parent / "secret"
    outside.write_text("")
    (state / "files" / "Desktops").mkdir()
    (state / "files" / "Desktops" / "a.png").write_text("")
    (state / "files" / "secret").hardlink_to(outside)
    (state / "files" / "elsewhere").symlink_to(house["directory"], target_is_directory=True)
    give_to_service(state, state / "files", state / "files" / ".." / ".." / "etc", state / "gone")
    given = {path.relative_to(state).as_posix() for path in state.rglob("*") if path.lstat().st_uid == user.pw_uid}
    assert given == {"files", "files/Desktops", "files/Desktops/a.png"}
    assert (state / "files").stat().st_gid == user.pw_gid
    assert {path.stat().st_uid for path in (outside, house["directory"], *house["directory"].iterdir())} == {0}

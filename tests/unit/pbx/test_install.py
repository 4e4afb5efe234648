"""The installer adds its lines once, and takes out exactly what it added."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError, Conflict, InvalidInput, WriteFailed
from bridge.pbx import install
from bridge.pbx.conffile import parse
from bridge.pbx.featurecodes import DEFAULT_CODES
from bridge.pbx.install import InstallSettings, apply, plan, undo, undo_plan

SETTINGS = InstallSettings(secret="0123456789abcdef")

STOCK = {
    "manager.conf": b'[general]\nenabled = yes\nbindaddr = 127.0.0.1\n#include "manager.d/*.conf" \n',
    "pjsip.conf": b"; all comments\n;[transport-udp]\n;type=transport\n",
    "extensions.conf": b"[general]\nstatic=yes\n[default]\nexten => s,1,NoOp()\n",
    "pjsip_notify.conf": b"[x]\nEvent=>y\n",
}
MESSY = {
    "manager.conf": b"\xef\xbb\xbf; b\xe9\r\n[general]\r\nenabled=no\r\n[admin]\r\nsecret=hunter22\r\n;eof",
    "pjsip.conf": b"[t]\ntype=transport\nprotocol=udp\nbind=0.0.0.0\n[1001]\ntype=endpoint",
    "extensions.conf": b"[general](!)\n\n\n[a](general)\n;-- closed --;\n\n\n",
}


def etc_with(tmp_path: Path, files: dict[str, bytes]) -> Path:
    etc = tmp_path / "asterisk"
    etc.mkdir()
    for name, content in files.items():
        (etc / name).write_bytes(content)
    return etc


def tree(etc: Path) -> dict[str, bytes]:
    return {str(path.relative_to(etc)): path.read_bytes() for path in etc.rglob("*") if path.is_file()}


@pytest.mark.parametrize("files", [STOCK, MESSY, {}], ids=["stock", "messy", "empty"])
def test_twice_is_as_good_as_once_and_undo_restores_every_byte(tmp_path: Path, files: dict[str, bytes]) -> None:
    etc = etc_with(tmp_path, files)
    first = plan(etc, SETTINGS)
    assert tree(etc) == files  # planning writes nothing
    assert not first.is_empty
    apply(first)
    assert plan(etc, SETTINGS).is_empty
    for name, content in files.items():
        assert tree(etc)[name].startswith(content)
    undo(etc)
    assert tree(etc) == files
    assert not (etc / "sepbridge").exists()
    assert undo_plan(etc).is_empty


def test_undo_keeps_what_the_admin_did_meanwhile(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, MESSY)
    apply(plan(etc, SETTINGS))
    pjsip = (etc / "pjsip.conf").read_bytes()
    (etc / "pjsip.conf").write_bytes(b"; mine\n" + pjsip + b"[1002]\ntype=endpoint\n")
    (etc / "sepbridge/custom.conf").write_text("[sepbridge-custom]\nexten => 0,1,Dial(PJSIP/trunk)\n")
    (etc / "sepbridge/pjsip.conf").write_text("; by hand\n")
    done = undo(etc)
    assert (etc / "pjsip.conf").read_bytes() == b"; mine\n" + MESSY["pjsip.conf"] + b"\n[1002]\ntype=endpoint\n"
    assert sorted(path.name for path in (etc / "sepbridge").iterdir()) == ["custom.conf", "pjsip.conf"]
    assert sum("is kept" in note for note in done.notes) == 2


def test_a_file_changed_by_hand_is_left_alone(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, STOCK)
    apply(plan(etc, SETTINGS))
    account = etc / "manager.d/sepbridge.conf"
    account.write_text(account.read_text().replace("permit = 127.0.0.1/255.255.255.255", "permit = 192.0.2.1/32"))
    again = plan(etc, SETTINGS)
    assert again.is_empty
    assert any("changed by hand" in note for note in again.notes)


def test_a_new_secret_replaces_the_old_one(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, STOCK)
    apply(plan(etc, SETTINGS))
    again = plan(etc, InstallSettings(secret="fedcba9876543210"))
    assert [change.path.name for change in again.changes] == ["sepbridge.conf"]
    assert "fedcba" not in again.diff()
    assert "012345" not in again.diff()
    apply(again)
    assert parse((etc / "manager.d/sepbridge.conf").read_text()).sections[0].last("secret") == "fedcba9876543210"


def test_the_manager_interface_is_switched_on_only_where_it_is_off(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, STOCK)
    assert "[general]" not in "".join(str(change.after) for change in plan(etc, SETTINGS).changes[:1])
    (etc / "manager.conf").write_bytes(b"[general]\nenabled = no\n")
    account = plan(etc, SETTINGS).changes[0].after
    assert account is not None
    general = parse(account).named("general")[0]
    assert general.append
    assert (general.last("enabled"), general.last("bindaddr")) == ("yes", "127.0.0.1")


def test_a_listening_manager_interface_is_pointed_out(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, STOCK | {"manager.conf": b"[general]\nenabled=yes\n"})
    assert any("beyond loopback" in note for note in plan(etc, SETTINGS).notes)


@pytest.mark.parametrize(
    ("pjsip", "added"),
    [
        (b"", ["tcp", "udp"]),
        (b"[a]\ntype=transport\nprotocol=udp\n", ["tcp"]),
        (b"[a]\ntype=transport\nprotocol=tcp\n[b]\ntype=transport\nprotocol=udp\n", []),
        (b"#include more/*.conf\n", ["udp"]),
    ],
)
def test_only_missing_transports_are_added(tmp_path: Path, pjsip: bytes, added: list[str]) -> None:
    etc = etc_with(tmp_path, STOCK | {"pjsip.conf": pjsip})
    (etc / "more").mkdir()
    (etc / "more/t.conf").write_text("[c]\ntype = transport\nprotocol = tcp\n")
    apply(plan(etc, SETTINGS))
    transports = etc / "sepbridge/transports.conf"
    found = [one.last("protocol") for one in parse(transports.read_text()).sections] if transports.exists() else []
    assert found == added
    assert plan(etc, SETTINGS).is_empty


def test_an_include_that_is_there_already_is_enough(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, STOCK | {"pjsip.conf": b"#include sepbridge/pjsip.conf\n"})
    assert "pjsip.conf" not in [change.path.name for change in plan(etc, SETTINGS).changes if change.before is not None]


@pytest.mark.parametrize("sign", ["file", "header"])
def test_freepbx_is_left_alone(tmp_path: Path, sign: str) -> None:
    etc = etc_with(tmp_path, STOCK)
    if sign == "file":
        (tmp_path / "freepbx.conf").touch()
    else:
        (etc / "extensions.conf").write_text("; Do NOT edit this file as it is auto-generated by FreePBX.\n")
    with pytest.raises(ConfigurationError, match=r"FreePBX.*_custom\.conf"):
        plan(etc, SETTINGS)


def test_a_file_whose_end_is_a_comment_cannot_be_added_to(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, STOCK | {"extensions.conf": b"[a]\n;-- never closed\n"})
    with pytest.raises(ConfigurationError, match="never closed"):
        plan(etc, SETTINGS)


def test_no_directory(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not a directory"):
        plan(tmp_path / "none", SETTINGS)


@pytest.mark.parametrize(
    "settings",
    [
        InstallSettings(secret="short"),
        InstallSettings(secret="with space and\nbreak"),
        InstallSettings(secret="0123456789", username="a]\n[b"),
        InstallSettings(secret="0123456789", username="general"),
        InstallSettings(secret="0123456789", permit="127.0.0.1\nwrite=all"),
    ],
)
def test_settings_that_cannot_be_written_are_refused(tmp_path: Path, settings: InstallSettings) -> None:
    with pytest.raises(InvalidInput):
        plan(etc_with(tmp_path, STOCK), settings)


def test_a_file_that_changed_since_the_plan_stops_it(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, STOCK)
    first = plan(etc, SETTINGS)
    (etc / "pjsip.conf").write_bytes(b"; edited\n")
    with pytest.raises(Conflict):
        apply(first)
    assert "sepbridge" not in [path.name for path in etc.iterdir()]


def test_a_failure_in_the_middle_takes_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    etc = etc_with(tmp_path, STOCK)
    real = install.write_atomically

    def fails_for_extensions(path: Path, content: bytes, **options: object) -> None:
        if path == etc / "extensions.conf" and b"sepbridge" in content:
            raise WriteFailed("disk full")
        real(path, content)

    monkeypatch.setattr(install, "write_atomically", fails_for_extensions)
    with pytest.raises(WriteFailed):
        apply(plan(etc, SETTINGS))
    assert tree(etc) == STOCK


def test_an_unknown_owner_is_reported_and_nothing_stays(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, STOCK)
    with pytest.raises(WriteFailed, match="no user"):
        apply(plan(etc, InstallSettings(secret="0123456789", owner="nobody-of-that-name")))
    assert tree(etc) == STOCK


def test_secrets_are_not_for_everybody(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, STOCK)
    apply(plan(etc, SETTINGS))
    assert (etc / "manager.d/sepbridge.conf").stat().st_mode & 0o777 == 0o640
    assert (etc / "sepbridge").stat().st_mode & 0o7777 == 0o2750
    assert "0123456789abcdef" not in repr(SETTINGS)


def test_the_self_provisioning_script_has_its_interpreter_and_its_socket(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, STOCK)
    codes = replace(DEFAULT_CODES, self_provisioning="*1234")
    apply(plan(etc, replace(SETTINGS, python="/opt/sepbridge/venv/bin/python", codes=codes)))
    script = etc / "sepbridge/agi-bin/sepbridge-selfprovision"
    assert script.stat().st_mode & 0o777 == 0o750
    assert (etc / "sepbridge/agi-bin").stat().st_gid == etc.stat().st_gid
    text = script.read_text()
    assert text.startswith("#!/opt/sepbridge/venv/bin/python -I\n# Written by sepbridge.")
    assert f'SOCKET = "{etc}/sepbridge/selfprovision.sock"' in text
    compile(text, "script", "exec")
    dialplan = (etc / "sepbridge/services/selfprovisioning.conf").read_text()
    assert "exten => *1234,1,Answer()" in dialplan
    assert f"AGI({script},${{SEPBRIDGE_LINE}})" in dialplan
    script.write_text(text.replace("8000", "9000"))
    assert any("changed by hand" in note for note in plan(etc, SETTINGS).notes)
    undo(etc)
    assert script.exists()  # it is the admin's now


@pytest.mark.parametrize("python", ["python3", "/opt/my venv/bin/python", f"/{'x' * 130}", "/opt/a\nb"])
def test_an_interpreter_that_no_kernel_would_find_is_refused(tmp_path: Path, python: str) -> None:
    with pytest.raises(InvalidInput):
        plan(etc_with(tmp_path, STOCK), replace(SETTINGS, python=python))


def test_mailboxes_and_a_lot_only_where_they_are_wanted(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, {"manager.conf": b"[general]\n", "pjsip.conf": b"", "extensions.conf": b""})
    settings = InstallSettings(secret="0123456789")
    touched = {change.path for change in plan(etc, settings).changes}
    assert not touched & {etc / "voicemail.conf", etc / "res_parking.conf"}
    (etc / "voicemail.conf").write_text("[default]\n1990 => 1990,Lab\n")
    before = {each.name: each.read_text() for each in etc.glob("*.conf")}
    wanted = replace(settings, voicemail=True, parking=True)
    apply(plan(etc, wanted))
    assert '#tryinclude "sepbridge/voicemail_phones.conf"' in (etc / "voicemail.conf").read_text()
    assert '#include "sepbridge/res_parking.conf"' in (etc / "res_parking.conf").read_text()
    assert "parkext = 70" in (etc / "sepbridge/res_parking.conf").read_text()
    assert plan(etc, wanted).is_empty
    undo(etc)
    assert {each.name: each.read_text() for each in etc.glob("*.conf")} == before


def test_a_lot_of_the_admins_own_is_left_alone(tmp_path: Path) -> None:
    etc = etc_with(tmp_path, {"manager.conf": b"[general]\n", "pjsip.conf": b"", "extensions.conf": b""})
    (etc / "res_parking.conf").write_text("[default]\nparkext = 700\n")
    made = plan(etc, InstallSettings(secret="0123456789", parking=True))
    assert any("lot of its own" in each for each in made.notes)
    assert not any("parking" in change.path.name for change in made.changes)

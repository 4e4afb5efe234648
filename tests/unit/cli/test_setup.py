"""The setup assistant against a directory tree in place of ``/``."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bridge.app.settings import settings_from
from bridge.cli import setupassistant
from bridge.cli.main import root
from bridge.errors import ConfigurationError, InvalidInput, SepbridgeError
from bridge.lab.freepbxsite import FreePbxSite

MANAGER = "[general]\nenabled = yes\nport = 5039\nbindaddr = 127.0.0.1\n"
PJSIP = (
    "[u]\ntype = transport\nprotocol = udp\nbind = 0.0.0.0:5062\n[t]\ntype=transport\nprotocol=tcp\nbind=0.0.0.0:5062\n"
)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    etc = tmp_path / "etc/asterisk"
    etc.mkdir(parents=True)
    (etc / "manager.conf").write_text(MANAGER)
    (etc / "pjsip.conf").write_text(PJSIP)
    (etc / "extensions.conf").write_text("[default]\n")
    return tmp_path


def run(host: Path, *words: str, code: int = 0) -> Any:
    """The JSON that ``setup`` prints."""
    every = ["setup", "--root", str(host), "--no-start", "--yes", "--json", *words]
    result = CliRunner().invoke(root, every)
    assert result.exit_code == code, (result.output, result.exception)
    return json.loads(result.output)


def error(host: Path, *words: str) -> SepbridgeError:
    result = CliRunner().invoke(root, ["setup", "--root", str(host), "--no-start", "--yes", *words])
    assert isinstance(result.exception, SepbridgeError), (result.output, result.exception)
    return result.exception


def tree(host: Path) -> dict[str, bytes]:
    return {str(each.relative_to(host)): each.read_bytes() for each in host.rglob("*") if each.is_file()}


def toml(host: Path) -> dict[str, Any]:
    return tomllib.loads((host / "etc/sepbridge/sepbridge.toml").read_text())


def stored(host: Path, *words: str) -> Any:
    config = str(host / "etc/sepbridge/sepbridge.toml")
    return json.loads(CliRunner().invoke(root, ["--config", config, *words, "--json"]).output)


ADDRESS = ("--address", "192.168.7.2")


def test_what_was_detected_is_written(host: Path) -> None:
    assert run(host, *ADDRESS)["done"] is True
    written = toml(host)
    assert written["ami"]["address"] == "127.0.0.1:5039"
    assert written["sip"]["port"] == 5062
    assert written["server"]["address"] == "192.168.7.2"
    assert settings_from(written).asterisk.directory == host / "etc/asterisk/sepbridge"
    assert written["ami"]["secret"] in (host / "etc/asterisk/manager.d/sepbridge.conf").read_text()
    mode = (host / "etc/sepbridge/sepbridge.toml").stat().st_mode
    assert not mode & 0o007


def test_twice_is_once_and_undo_leaves_nothing(host: Path) -> None:
    before = tree(host)
    run(host, *ADDRESS, "--range", "2000-2099", "--protocol", "SIP")
    after = {name: text for name, text in tree(host).items() if "sepbridge.db" not in name}
    again = run(host, *ADDRESS, "--range", "2000-2099", "--protocol", "SIP")
    assert (again["done"], again["site"]) == (False, [])
    assert {name: text for name, text in tree(host).items() if "sepbridge.db" not in name} == after
    run(host, "--undo", "--with-data")
    assert tree(host) == before
    assert run(host, "--undo")["done"] is False


def test_the_database_can_be_removed_afterwards(host: Path) -> None:
    before = tree(host)
    run(host, *ADDRESS, "--range", "2000-2099")
    assert any("--with-data removes" in each for each in run(host, "--undo")["notes"])
    left = run(host, "--undo")
    assert left["done"] is False
    assert any("--with-data removes" in each for each in left["notes"])
    # Set up again meanwhile, it is still the one that setting up made.
    run(host, *ADDRESS)
    assert stored(host, "autoregistration", "status")["range"] == "2000-2099"
    run(host, "--undo")
    assert run(host, "--undo", "--with-data")["done"] is True
    assert tree(host) == before
    assert run(host, "--undo", "--with-data")["done"] is False


def systemd(host: Path, monkeypatch: pytest.MonkeyPatch, *, status: int = 0) -> Path:
    """A machine that systemd runs, with a unit for the service; and what systemctl was told. None is to be had here."""
    (host / "run/systemd/system").mkdir(parents=True)
    unit = host / "etc/systemd/system/sepbridge.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\n")
    log, program = host / "systemctl.log", host / "programs/systemctl"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {log}\n[ {status} = 0 ] || echo "Unit is masked." >&2\nexit {status}\n'
    )
    program.chmod(0o755)
    log.touch()
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return log


def test_the_service_is_enabled_and_started_and_stopped_by_undoing(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = systemd(host, monkeypatch)
    words = ["setup", "--root", str(host), "--yes", "--json", *ADDRESS]
    result = CliRunner().invoke(root, words)
    assert result.exit_code == 0, (result.output, result.exception)
    assert "The service runs, and will after the next boot." in json.loads(result.output)["words"]
    assert log.read_text().splitlines() == ["enable --now sepbridge"]
    result = CliRunner().invoke(root, ["setup", "--root", str(host), "--undo", "--yes", "--json"])
    assert result.exit_code == 0, (result.output, result.exception)
    assert log.read_text().splitlines()[1:] == ["disable --now sepbridge"]


def test_a_service_that_does_not_start_is_said_with_the_reason(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = systemd(host, monkeypatch, status=1)
    words = ["setup", "--root", str(host), "--yes", "--json", *ADDRESS]
    said = json.loads(CliRunner().invoke(root, words).output)
    assert "The service was not started: Unit is masked." in said["words"]
    # What was not enabled by us is not disabled.
    CliRunner().invoke(root, ["setup", "--root", str(host), "--undo", "--yes", "--json"])
    assert log.read_text().splitlines() == ["enable --now sepbridge"]


def test_a_dry_run_shows_the_plan_also_where_numbers_would_be_asked_for(host: Path) -> None:
    said = run(host, *ADDRESS, "--dry-run", "--open", "30m")
    assert any("autoregistration open" in each for each in said["site"])
    assert any("autoregistration range 1000-1999" in each for each in said["words"])


def test_what_is_done_already_is_not_advised_again(host: Path) -> None:
    first = "\n".join(run(host, *ADDRESS)["words"])
    assert "autoregistration range 1000-1999" in first
    assert "enable --for" not in first  # it would be refused: there are no numbers to give
    assert "autoregistration protocol SIP" in first
    second = "\n".join(run(host, *ADDRESS, "--range", "2000-2099", "--protocol", "SCCP")["words"])
    assert "autoregistration range" not in second
    assert "autoregistration protocol" not in second
    assert "enable --for 30m" in second
    assert stored(host, "autoregistration", "status")["protocol"] == "SCCP"
    third = "\n".join(run(host, *ADDRESS, "--open", "30m")["words"])
    assert not any(f"autoregistration {each}" in third for each in ("range", "protocol", "enable"))
    fourth = run(host, *ADDRESS)
    assert fourth["done"] is False
    assert not any("sepbridge autoregistration" in each for each in fourth["words"])


@pytest.mark.req("AR-23")
def test_sip_is_written_only_when_somebody_said_so(host: Path) -> None:
    said = run(host, *ADDRESS, "--range", "2000-2099")
    assert any("SIP is suggested" in each for each in said["words"])
    assert stored(host, "autoregistration", "status")["protocol"] == "SCCP"
    run(host, *ADDRESS, "--protocol", "SIP")
    status = stored(host, "autoregistration", "status")
    assert (status["protocol"], status["range"], status["is_open"]) == ("SIP", "2000-2099", False)


def test_a_dry_run_writes_nothing(host: Path) -> None:
    before = tree(host)
    assert run(host, *ADDRESS, "--dry-run", "--range", "2000-2099")["done"] is False
    assert tree(host) == before


def test_a_settings_file_that_is_there_is_kept(host: Path) -> None:
    place = host / "etc/sepbridge/sepbridge.toml"
    place.parent.mkdir()
    state = host / "elsewhere"
    text = f'[ami]\nsecret = "the-admins-own"\n[state]\ndirectory = "{state}"\n'
    place.write_text(text)
    said = run(host, *ADDRESS)
    assert said["settings"]["written"] is False
    assert any("server.address is" in each for each in said["notes"])
    assert "the-admins-own" in (host / "etc/asterisk/manager.d/sepbridge.conf").read_text()
    run(host, "--undo")
    assert place.read_text() == text
    run(host, "--undo", "--with-data")
    assert not (state / "setup.json").exists()
    assert place.read_text() == text
    place.write_text("[tftp]\n")
    assert "has no ami.secret" in error(host, *ADDRESS).what


def test_settings_changed_since_outlive_the_undoing(host: Path) -> None:
    run(host, *ADDRESS)
    place = host / "etc/sepbridge/sepbridge.toml"
    place.write_text(place.read_text() + "# mine\n")
    assert any("was changed since" in each for each in run(host, "--undo")["notes"])
    assert place.is_file()


def test_more_settings(host: Path) -> None:
    more = ('http.listen=["127.0.0.1:8080"]', "files.secrets_to=any", "files.unknown_per_minute=0")
    run(host, *ADDRESS, *(word for each in more for word in ("--setting", each)))
    settings = settings_from(toml(host))
    assert (str(settings.http.listen[0]), settings.files.secrets_to, settings.files.unknown_per_minute) == (
        "127.0.0.1:8080",
        "any",
        0,
    )


def test_with_a_database_for_endpoints_it_says_what_is_next(host: Path) -> None:
    url = "postgresql://x:hidden@127.0.0.1/asterisk"
    more = ("--setting", "asterisk.backend=realtime", "--setting", f"asterisk.realtime_url={url}")
    said = run(
        host, *ADDRESS, *more, "--setting", "asterisk.parking=true", "--setting", 'asterisk.voicemail_pin="2580"'
    )
    assert any("sepbridge setup realtime" in each for each in said["notes"])
    assert "hidden" not in json.dumps(said)
    etc = host / "etc/asterisk"
    assert "sepbridge/res_parking.conf" in (etc / "res_parking.conf").read_text()
    assert "voicemail_phones.conf" in (etc / "voicemail.conf").read_text()
    run(host, "--undo")
    assert not (etc / "res_parking.conf").exists()


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("--address", "pbx.example.net"), InvalidInput),
        (("--address", "0.0.0.0"), InvalidInput),
        ((*ADDRESS, "--setting", "nonsense"), InvalidInput),
        ((*ADDRESS, "--setting", "tftp.mod=own"), ConfigurationError),
        ((*ADDRESS, "--range", "9-1"), InvalidInput),
        ((*ADDRESS, "--open", "30m"), InvalidInput),
        ((*ADDRESS, "--open", "0", "--range", "2000-2099"), InvalidInput),
    ],
)
def test_what_cannot_be_writes_nothing(host: Path, words: tuple[str, ...], kind: type[SepbridgeError]) -> None:
    before = tree(host)
    assert isinstance(error(host, *words), kind)
    assert tree(host) == before


@pytest.mark.req("AR-04")
def test_what_stands_against_opening_is_told_before_anything_is_written(host: Path) -> None:
    run(host, *ADDRESS, "--range", "2000-2099")
    for words in (("partitions", "add", "Inside"), ("css", "add", "Inside", "partitions=Inside")):
        stored(host, "site", *words)
    (host / "etc/asterisk/sepbridge/custom.conf").unlink()
    before = tree(host)
    refused = error(host, *ADDRESS, "--open", "30m")
    assert "no partition and calling search space were chosen" in refused.what
    assert refused.fix.endswith("or leave --open out")
    assert tree(host).keys() - before.keys() <= {f"var/lib/sepbridge/sepbridge.db-{each}" for each in ("wal", "shm")}
    stored(host, "autoregistration", "space", "--none")
    said = run(host, *ADDRESS, "--open", "30m", "--range", "3000-3099")
    assert any("Asterisk could not be asked yet" in each for each in said["words"])
    assert stored(host, "autoregistration", "status")["is_open"]


def test_no_asterisk_at_all(tmp_path: Path) -> None:
    assert "no configuration of Asterisk" in error(tmp_path, *ADDRESS).what
    assert tree(tmp_path) == {}


@pytest.fixture
def freepbx(host: Path) -> Path:
    """The tree of a FreePBX, as it generates it, with its API's account in api.json."""
    (host / "etc/freepbx.conf").write_text("<?php\n")
    FreePbxSite(ring_groups=("*59", "_*58X.")).move_in(host / "etc/asterisk", "192.168.7.2", 5061)
    account = {
        "graphql_url": "https://pbx.example.test/admin/api/api/gql",
        "client_id": "0123",
        "client_secret": "4567secret",
    }
    (host / "api.json").write_text(json.dumps(account))
    return host


def test_a_freepbx_is_set_up_through_what_it_leaves_to_its_admin(freepbx: Path) -> None:
    before = tree(freepbx)
    words = (*ADDRESS, "--credentials", str(freepbx / "api.json"))
    assert run(freepbx, *words)["done"] is True
    settings = settings_from(toml(freepbx))
    assert (settings.freepbx.url, settings.freepbx.client_id, settings.freepbx.client_secret) == (
        "https://pbx.example.test",
        "0123",
        "4567secret",
    )
    assert settings.sip.port == 5061
    # *55 is FreePBX's; of ours the first that nobody has.
    assert settings.selfprovisioning.code == "*57"
    etc = freepbx / "etc/asterisk"
    assert "exten => *57," in (etc / "sepbridge/services/selfprovisioning.conf").read_text()
    assert "sepbridge/manager.conf" in (etc / "manager_custom.conf").read_text()
    after = tree(freepbx)
    generated = ("pjsip.conf", "extensions.conf", "extensions_additional.conf", "manager.conf")
    assert all(after[f"etc/asterisk/{each}"] == before[f"etc/asterisk/{each}"] for each in generated)
    assert run(freepbx, *words)["done"] is False
    run(freepbx, "--undo", "--with-data")
    assert tree(freepbx) == before


def test_a_freepbx_without_its_account_writes_nothing(freepbx: Path) -> None:
    before = tree(freepbx)
    said = error(freepbx, *ADDRESS)
    assert "API is not known" in said.what
    assert "--credentials" in said.fix
    (freepbx / "nonsense").write_text("Usage: …")
    assert "credentials" in error(freepbx, *ADDRESS, "--credentials", str(freepbx / "nonsense")).what
    (freepbx / "nonsense").unlink()
    assert tree(freepbx) == before


def test_the_account_is_not_shown(freepbx: Path) -> None:
    words = ["setup", "--root", str(freepbx), "--dry-run", *ADDRESS, "--credentials", str(freepbx / "api.json")]
    words += ["--setting", 'asterisk.voicemail_pin="258036"']
    shown = CliRunner().invoke(root, words).output
    assert "client_id" in shown
    assert "voicemail_pin" in shown
    assert "4567secret" not in shown
    assert "258036" not in shown


def test_credentials_are_of_no_use_elsewhere(host: Path) -> None:
    (host / "api.json").write_text("{}")
    assert "for a FreePBX" in error(host, *ADDRESS, "--credentials", str(host / "api.json")).what


def test_the_dhcp_line(host: Path) -> None:
    words = "\n".join(run(host, *ADDRESS)["words"])
    assert "dhcp-option=150,192.168.7.2" in words
    words = "\n".join(run(host, *ADDRESS, "--dhcp-server", "ios")["words"])
    assert "option 150 ip 192.168.7.2" in words


def test_undoing_beside_a_service_that_runs(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(host, *ADDRESS)
    asked: list[object] = []

    def answer(path: Path, *words: str) -> Any:
        asked.append((path, *words))
        return {"pid": 4711}

    monkeypatch.setattr(setupassistant, "ask", answer)
    assert any("process 4711" in each for each in run(host, "--undo", "--dry-run")["notes"])
    assert asked == [(host / "var/lib/sepbridge/control.sock", "GET", "/status")]

"""The support bundle: secrets are planted wherever one could stand, and looked for in what comes out."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.app.accounts import Accounts, login_rules
from bridge.app.operations.redaction import Redactor, plain_url
from bridge.app.operations.support import (
    Surroundings,
    known_secrets,
    known_settings_secrets,
    make_bundle,
    shown_settings,
)
from bridge.app.phones.phones import PhoneDesk
from bridge.app.settings import DatabaseSettings, Settings, load_settings, settings_from
from bridge.app.system import SystemClock, SystemIds
from bridge.core import DeviceName, Role, Server
from bridge.core.events import PhoneAlarmed
from bridge.errors import ConfigurationError, Conflict
from bridge.ports import AuditEntry
from bridge.store import SqlStore, open_store, upgrade

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PHONE = DeviceName("SEP001122334455")
PLANTED = {
    "AMI": "Planted-ami-9Xq&<2",
    "hook user": "Planted-hook-user-77",
    "hook password": "Planted-hook-pass-78",
    "hook query": "Planted-query-79",
    "hook word": "Planted-command-80",
    "log password": "Planted-log-81",
    "log bearer": "Planted.bearer.82",
    "log one-time": "Planted-onetime-83",
    "log address": "Planted-address-84",
    "log PIN": "918273",
    "log JSON": 'Planted-"json"-85',
    "audit PIN": "827364",
    "status": "Planted-status-87",
    "doctor": "Planted-doctor-88",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    config = tmp_path / "sepbridge.toml"
    log = tmp_path / "sepbridge.log"
    config.write_text(
        f"""
[state]
directory = "{tmp_path}"
[ami]
secret = "{PLANTED["AMI"]}"
[log]
file = "{log}"
[hooks]
new_phone_url = "https://{PLANTED["hook user"]}:{PLANTED["hook password"]}@example.net/new?key={PLANTED["hook query"]}"
new_phone_command = ["/usr/local/bin/tell", "{PLANTED["hook word"]}"]
""",
        encoding="utf-8",
    )
    settings = load_settings(config)
    upgrade(settings.database_url)
    return settings


@pytest.fixture
def store(settings: Settings) -> Iterator[SqlStore]:
    with closing(open_store(settings.database_url)) as store:
        yield store


def plant(settings: Settings, store: SqlStore) -> dict[str, str]:
    """Put secrets everywhere; all of them by where they stand."""
    planted = dict(PLANTED)
    device = PhoneDesk(store, SystemClock(), SystemIds(), "tester").add(PHONE, number="1001", model="8841")
    planted["SIP"] = device.secret
    accounts = Accounts(store, SystemClock(), SystemIds(), login_rules(settings.web))
    planted["token"] = accounts.add_token("robot", Role.ADMIN, "tester").secret
    first = accounts.first_run("tester")
    assert first is not None
    planted["one-time"] = first.password
    with store.write() as work:
        pool = work.site.pool("Default")
        work.site.save_pool(replace(pool, group=replace(pool.group, servers=(Server("pbx", "192.0.2.1"),))))
        alarm = f"Auth failed with {device.secret} at 1001"
        work.journal.append([PhoneAlarmed(at=AT, device=PHONE, text=alarm, severity="major")])
        work.journal.audit(AuditEntry(AT, "tester", "claims add", f"1002, pin={planted['audit PIN']}"))
        work.commit()
    assert settings.log.file is not None
    lines = [
        f"connecting with password={planted['log password']} now",
        f"Authorization: Bearer {planted['log bearer']}",
        f"First login on the dashboard: user admin, one-time password {planted['one-time']} (not shown again)",
        f"one-time password {planted['log one-time']}",
        f"cannot reach postgresql://sep:{planted['log address']}@db.example.net/site",
        f"claimed with PIN: {planted['log PIN']}",
        json.dumps({"message": "x", "secret": planted["log JSON"]}),
        f"the phone sent {planted['SIP']} and {planted['AMI']} in clear",
        f"GET /api/v1/phones with {planted['token']}: token={planted['token']}",
    ]
    settings.log.file.write_text("\n".join([*lines, "an ordinary line about SEP001122334455"]))
    return planted


def bundle(settings: Settings, store: SqlStore, path: Path) -> dict[str, str]:
    status = {"pbx": {"trouble": f"refused: secret = {PLANTED['status']}"}}
    around = Surroundings(status, f"ami.password: {PLANTED['doctor']}\nall is well")
    make_bundle(settings, store, path, around, address="192.0.2.1")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_no_secret_gets_out_wherever_it_was_planted(settings: Settings, store: SqlStore, tmp_path: Path) -> None:
    planted = plant(settings, store)
    path = tmp_path / "bundle.zip"
    texts = bundle(settings, store, path)
    assert path.stat().st_mode & 0o777 == 0o600
    everything = "\n".join(texts.values())
    hidden = known_secrets(settings)
    assert planted["SIP"] in hidden
    for where, secret in planted.items():
        for form in {secret, json.dumps(secret)[1:-1], secret.replace("&", "&amp;").replace("<", "&lt;")}:
            assert form not in everything, where
    for secret in hidden:
        assert secret not in everything
    # And what helps is still there.
    assert json.loads(texts["settings.json"])["hooks"]["new_phone_url"] == "https://example.net/new"
    assert json.loads(texts["settings.json"])["ami"]["username"] == "sepbridge"
    assert "an ordinary line about SEP001122334455" in texts["log/sepbridge.log"]
    assert "all is well" in texts["doctor.txt"]
    assert '"number": "1001"' in texts["events.jsonl"]
    assert "<device>" in texts[f"files/{PHONE}.cnf.xml"]
    assert json.loads(texts["versions.json"])["sepbridge"]
    assert json.loads(texts["tables.json"])["device"] == 1
    assert json.loads(texts["phones.json"])["phones"][0]["name"] == PHONE.value


def test_a_part_that_cannot_be_had_says_so_in_its_place(
    settings: Settings, store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no journalctl
    assert settings.log.file is not None
    settings.log.file.mkdir()
    texts = bundle(settings, store, tmp_path / "bundle.zip")
    assert texts["log/sepbridge.log"].startswith("not to be had:")
    assert "log/journal.txt" not in texts
    with pytest.raises(Conflict, match="there already"):
        bundle(settings, store, tmp_path / "bundle.zip")


def test_addresses_of_databases_lose_their_passwords(tmp_path: Path) -> None:
    config = tmp_path / "x.toml"
    config.write_text('[database]\nurl = "postgresql://sep:Pl%40nted@db.example.net:5432/site?password=Again1"\n')
    shown = json.dumps(shown_settings(load_settings(config))["database"])
    assert shown == '{"url": "postgresql://db.example.net:5432/site"}'
    assert plain_url("nonsense@x") == "[removed]"
    assert plain_url("http://[broken") == "[removed]"


def test_secrets_of_the_environment_and_of_files_are_known_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = ("Planted-env-ami-1", "Planted-realtime-2", "Planted-database-3", "Planted-freepbx-4", "Planted-pages-5")
    ami, realtime, database, freepbx, pages = planted
    held = tmp_path / "client-secret"
    held.write_text(freepbx + "\n")
    for name, value in {
        "AMI_SECRET": ami,
        "ASTERISK_BACKEND": "realtime",
        "ASTERISK_REALTIME_URL": f"postgresql://asterisk:{realtime}@127.0.0.1/asterisk",
        "FREEPBX_URL": "https://pbx.example.com",
        "FREEPBX_CLIENT_ID": "sepbridge",
        "FREEPBX_CLIENT_SECRET_FILE": str(held),
        "WEB_PHONE_USER": "pages",
        "WEB_PHONE_PASSWORD": pages,
        "STATE_DIRECTORY": str(tmp_path),
    }.items():
        monkeypatch.setenv(f"SEPBRIDGE_{name}", value)
    settings = load_settings(None)
    upgrade(settings.database_url)
    hidden = known_secrets(settings)
    with_database = replace(settings, database=DatabaseSettings(f"postgresql://sep:{database}@db.example.net/site"))
    clean = Redactor(hidden | known_settings_secrets(with_database))
    for secret in planted:
        assert secret not in clean(f"Asterisk said {secret}, and no word before it tells what it is"), secret
        assert secret not in json.dumps(shown_settings(with_database)), secret


def test_a_setting_that_cannot_be_used_is_named_without_its_secret() -> None:
    for section, key in (
        ("ami", "secret"),
        ("freepbx", "client_secret"),
        ("web", "phone_password"),
        ("database", "url"),
    ):
        with pytest.raises(ConfigurationError, match=f"{section}.{key} cannot be used") as refused:
            settings_from({section: {key: 918273645}})
        assert "918273645" not in str(refused.value)


def test_ordinary_words_stay() -> None:
    clean = Redactor(["abcd1234efgh"])
    for text in (
        "SEP001122334455 has 'SEP001122334455.cnf.xml', 8000 bytes (holds its password)",
        '{"secret": true, "tokens": 3}',
        "asked for a token; it may register here",
        "http://192.0.2.1:6970/SEP001122334455.cnf.xml",
        "pinned: 5",
        "",
    ):
        assert clean(text) == text
    assert clean("x abcd1234efgh y") == "x [removed] y"


@given(st.text("abcXYZ019&<>\"'%/\\", min_size=4, max_size=20), st.text(max_size=30), st.text(max_size=30))
def test_a_known_secret_never_passes(secret: str, before: str, after: str) -> None:
    # Where the mask itself holds the "secret", nothing can be told.
    if secret in "[removed]":
        return
    cleaned = Redactor([secret])(f"{before} {secret} {after}")
    assert secret not in cleaned.replace("[removed]", "\0") or secret in f"{before}\0{after}"


def test_a_large_log_takes_no_time_to_speak_of() -> None:
    clean = Redactor(["abcd1234efgh"])
    text = "a" * 200_000 + "\n" + "password " * 20_000 + "x.y-" * 50_000
    # What grows with the square of the length takes minutes here, and the test's time limit ends it.
    assert clean(text) == text

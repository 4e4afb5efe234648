"""``sepbridge setup freepbx``: shown first, done once, taken back to the last byte."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.app.installing.freepbxsetup import read_account
from bridge.app.settings import load_settings
from bridge.cli.main import root
from bridge.errors import ConfigurationError, InvalidInput
from bridge.lab.freepbxsite import CUSTOM_FILES, FreePbxSite
from bridge.pbx.conffile import parse
from bridge.pbx.freepbxinstall import plan, undo_plan, without_codes
from bridge.pbx.install import InstallSettings, apply
from bridge.pbx.install import plan as plain_plan

PRINTED = """Generating credentials...
{"token_url": "https://pbx.example.test/admin/api/api/token",
 "graphql_url": "https://pbx.example.test/admin/api/api/gql",
 "client_id": "0123abcd", "client_secret": "s3cret", "allowed_scopes": "gql"}
"""
SETTINGS = InstallSettings(secret="0123456789abcdef")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """A FreePBX's configuration directory with something of its admin's in it."""
    etc = tmp_path / "asterisk"
    etc.mkdir()
    (etc / "manager.conf").write_text("[general]\nenabled = yes\n")
    FreePbxSite().move_in(etc, "127.0.0.1", 5060)
    (etc / "extensions_custom.conf").write_bytes(
        b"[from-internal-custom]\r\nexten => 1234,1,Hangup()\r\n; b\xe9 without end"
    )
    (etc / "manager_custom.conf").unlink()
    return etc


def tree(etc: Path) -> dict[str, bytes]:
    return {str(path.relative_to(etc)): path.read_bytes() for path in etc.rglob("*") if path.is_file()}


def run(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(root, list(words), input=given)


def test_done_once_and_taken_back(etc: Path, tmp_path: Path) -> None:
    before = tree(etc)
    toml = tmp_path / "sepbridge.toml"
    words = ["setup", "freepbx", "--etc", str(etc), "--toml", str(toml)]
    dry = run(*words, "--credentials", "-", "--dry-run", given=PRINTED)
    assert dry.exit_code == 0, dry.exception
    assert "pjsip.endpoint_custom_post.conf" in dry.output
    assert "s3cret" not in dry.output
    assert tree(etc) == before

    done = run(*words, "--credentials", "-", "--yes", given=PRINTED)
    assert done.exit_code == 0, done.output
    assert "fwconsole reload" in done.output
    after = tree(etc)
    # Only the admin's files and our directory changed.
    changed = {name for name in after if after[name] != before.get(name)}
    assert all(name in CUSTOM_FILES or name.startswith("sepbridge/") for name in changed), changed
    settings = load_settings(toml)
    assert (settings.freepbx.url, settings.freepbx.secret()) == ("https://pbx.example.test", "s3cret")
    assert settings.ami.secret in (etc / "sepbridge/manager.conf").read_text()
    assert settings.phone_context == "from-internal"
    assert toml.stat().st_mode & 0o077 == 0

    again = run(*words, "--yes")
    assert "as it should be already" in again.output
    assert tree(etc) == after
    undone = run(*words, "--undo", "--yes")
    assert undone.exit_code == 0, undone.output
    assert tree(etc) == before
    assert not (etc / "sepbridge").exists()


def test_what_the_service_wrote_goes_too(etc: Path) -> None:
    before = tree(etc)
    apply(plan(etc, SETTINGS))
    from bridge.pbx.freepbxfiles import FreePbxFiles
    from bridge.pbx.pjsipconf import PjsipOptions

    FreePbxFiles(etc / "sepbridge", PjsipOptions(), watcher_secret="x").write((), (), living=(), secrets={})
    assert (etc / "sepbridge/freepbx_watcher.conf").exists()
    apply(undo_plan(etc))
    assert tree(etc) == before


def test_codes_are_left_to_freepbx(etc: Path) -> None:
    apply(plan(etc, SETTINGS))
    for path in (etc / "sepbridge").rglob("*.conf"):
        for section in parse(path.read_text()).sections:
            for item in section.items:
                assert not item.value.lstrip("_").startswith(("*", "#")) or item.key != "exten", (path, item)
    kept = without_codes("exten => *8,1,A()\n same => n,B()\n; c\nexten => sepbridge-x,1,C()\n same => n,D()\n")
    assert kept == "; c\nexten => sepbridge-x,1,C()\n same => n,D()\n"


def test_the_two_kinds_of_set_up_do_not_take_each_others_place(etc: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="setup freepbx"):
        plain_plan(etc, SETTINGS)
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "extensions.conf").write_text("[general]\n")
    with pytest.raises(ConfigurationError, match="setup asterisk"):
        plan(plain, SETTINGS)
    missing = run("setup", "freepbx", "--etc", str(etc), "--toml", str(tmp_path / "no.toml"))
    assert missing.exit_code != 0
    assert "genclientcred" in str(missing.exception)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        json.dumps({"graphql_url": "ftp://x/admin/api/api/gql", "client_id": "a", "client_secret": "b"}),
        json.dumps({"graphql_url": "https://x/other", "client_id": "a", "client_secret": "b"}),
        json.dumps({"graphql_url": "https://x/admin/api/api/gql", "client_id": 'a"\n[x]', "client_secret": "b"}),
    ],
)
def test_what_is_no_account(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_account(text)


@pytest.mark.parametrize("backend", ["asterisk", "freepbx"])
def test_a_secret_that_nobody_would_know_is_not_made(tmp_path: Path, backend: str) -> None:
    """A settings file of the admin's is not changed: so the account's secret must stand in it already."""
    etc = tmp_path / "asterisk"
    etc.mkdir()
    (etc / "manager.conf").write_text("[general]\nenabled = yes\n")
    if backend == "freepbx":
        FreePbxSite().move_in(etc, "127.0.0.1", 5060)
    toml = tmp_path / "sepbridge.toml"
    account = '[freepbx]\nurl = "https://pbx.example.test"\nclient_id = "0123"\nclient_secret = "s3cret"\n'
    toml.write_text(account)
    before = tree(etc)
    words = ["setup", backend, "--etc", str(etc), "--toml", str(toml)]
    refused = run(*words, "--yes")
    assert isinstance(refused.exception, ConfigurationError)
    assert tree(etc) == before
    # The line that is named is one that does.
    (line,) = re.findall(r'secret = "[A-Za-z0-9]{24}"', str(refused.exception))
    toml.write_text(f"{account}[ami]\n{line}\n")
    assert run(*words, "--yes").exit_code == 0
    assert load_settings(toml).ami.secret in "".join(each.read_text() for each in etc.rglob("*.conf"))
    assert "as it should be already" in run(*words, "--yes").output
    # Taking it back needs no secret.
    toml.write_text(account)
    assert run(*words, "--undo", "--yes").exit_code == 0

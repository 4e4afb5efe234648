"""``sepbridge users`` and ``sepbridge tokens``."""

from __future__ import annotations

from datetime import timedelta

from click.testing import CliRunner

from bridge.app.accounts import OneTimePassword
from bridge.app.firstlogin import FirstLoginFile
from bridge.app.settings import load_settings
from bridge.app.system import SystemClock
from bridge.cli.main import root
from bridge.errors import Conflict, InvalidInput, NotFound
from tests.unit.cli.conftest import Shell


def test_users_come_and_go(shell: Shell) -> None:
    assert shell.json("users", "list") == {"users": []}
    made = shell.json("users", "add", "ann")
    assert len(made["password"]) == 16
    assert "ann logs in with" in shell.text("users", "password", "ann")
    assert isinstance(shell.error("users", "add", "ann"), Conflict)
    assert isinstance(shell.error("users", "remove", "ann"), Conflict)  # the last admin
    typed = CliRunner().invoke(
        root, ["--config", str(shell.config), "users", "add", "bob", "--own"], input="three words together\n"
    )
    assert "bob has that password" in typed.output
    assert isinstance(shell.error("users", "password", "bob", "--own"), InvalidInput)  # nothing on standard input
    shell.text("users", "role", "bob", "viewer")
    shell.text("users", "remove", "bob")
    assert isinstance(shell.error("users", "remove", "bob"), NotFound)
    (ann,) = shell.json("users", "list")["users"]
    assert (ann["name"], ann["role"], ann["one_time"]) == ("ann", "admin", True)
    assert "argon2" not in shell.text("users", "list")


def test_the_first_login_is_shown_until_it_is_used_or_too_old(shell: Shell) -> None:
    assert isinstance(shell.error("users", "first-login"), NotFound)
    settings = load_settings(shell.config)
    place = FirstLoginFile(settings.first_login_file)
    place.keep(OneTimePassword("admin", "OneTimeOneTime16", SystemClock().now() + timedelta(hours=1)))
    assert shell.json("users", "first-login")["password"] == "OneTimeOneTime16"
    assert "admin logs in with OneTimeOneTime16" in shell.text("users", "first-login")
    place.keep(OneTimePassword("admin", "OneTimeOneTime16", SystemClock().now() - timedelta(hours=1)))
    error = shell.error("users", "first-login")
    assert "too long" in str(error)
    assert "OneTimeOneTime16" not in str(error)


def test_tokens_are_shown_once(shell: Shell) -> None:
    made = shell.json("tokens", "add", "monitor", "--role", "viewer", "--for", "90d")
    assert made["token"].startswith("sepbridge_")
    (known,) = shell.json("tokens", "list")["tokens"]
    assert (known["name"], known["role"], known["last_used_at"]) == ("monitor", "viewer", None)
    assert known["expires_at"] > known["created_at"]
    assert made["token"] not in shell.text("tokens", "list")
    assert isinstance(shell.error("tokens", "add", "monitor"), Conflict)
    shell.text("tokens", "remove", "monitor")
    assert isinstance(shell.error("tokens", "remove", "monitor"), NotFound)

"""``sepbridge users`` and ``sepbridge tokens``: who may use dashboard and API."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from datetime import timedelta

import click

from bridge.app.accounts import Accounts, OneTimePassword, login_rules
from bridge.app.firstlogin import FirstLoginFile
from bridge.app.system import SystemClock, SystemIds
from bridge.cli.desks import actor, opened_store
from bridge.cli.frame import Duration, Frame, json_option, table
from bridge.cli.main import root
from bridge.core import ApiToken, Role
from bridge.errors import InvalidInput, NotFound

_ROLES = click.Choice([str(each) for each in Role])
_role_option = click.option("--role", type=_ROLES, default=str(Role.ADMIN), show_default=True, help="What it may do.")
_own_option = click.option("--own", is_flag=True, help="Type the password; otherwise one is made, for one login.")


@contextlib.contextmanager
def _accounts(frame: Frame) -> Iterator[Accounts]:
    with opened_store(frame) as store:
        web = frame.settings.web
        first_login = FirstLoginFile(frame.settings.first_login_file)
        yield Accounts(store, SystemClock(), SystemIds(), login_rules(web), first_login)


# --- users -----------------------------------------------------------------------------------------------------------


@root.group()
def users() -> None:
    """People who may log in to the dashboard."""


@users.command("list")
@json_option
def list_users(frame: Frame) -> None:
    """List them."""
    with _accounts(frame) as accounts:
        known = accounts.users()
    rows = [(each.name, each.role, each.last_login_at, "must be changed" if each.one_time else "") for each in known]
    frame.show(
        {
            "users": [
                {
                    "name": each.name,
                    "role": each.role,
                    "created_at": each.created_at,
                    "last_login_at": each.last_login_at,
                    "one_time": each.one_time,
                }
                for each in known
            ]
        },
        table(("name", "role", "last login", "password"), rows) if rows else "No users.",
    )


@users.command("add")
@click.argument("name")
@_role_option
@_own_option
@json_option
def add_user(frame: Frame, name: str, role: str, own: bool) -> None:
    """Let somebody log in. A password is made and printed, once; it must be changed at the first login."""
    password = _typed() if own else ""
    with _accounts(frame) as accounts:
        made = accounts.add_user(name, Role(role), actor(), password=password)
    _show(frame, name, made)


@users.command("password")
@click.argument("name")
@_own_option
@json_option
def reset_password(frame: Frame, name: str, own: bool) -> None:
    """Give a user a new password, and lift the user's lock. Whoever is logged in under this name is logged out."""
    password = _typed() if own else ""
    with _accounts(frame) as accounts:
        made = accounts.reset_password(name, actor(), password=password)
    _show(frame, name, made)


@users.command("first-login")
@json_option
def first_login(frame: Frame) -> None:
    """Show the one-time password with which the very first login is made, as long as it waits for that."""
    place = FirstLoginFile(frame.settings.first_login_file)
    made = place.read()
    if made is None:
        raise NotFound(
            "no first login is waited for",
            why=f"there is no {place.path} that can be read: the password was used, or the service has not started yet",
            fix="run it as root or as the service's user; `sepbridge users password admin` makes another password",
        )
    if made.until is not None and made.until <= SystemClock().now():
        raise NotFound(
            "the password of the first login waited for too long",
            why=f"it was good until {made.until.isoformat(sep=' ', timespec='minutes')}",
            fix=f"`sepbridge users password {made.account}` makes another",
        )
    until = f" until {made.until.astimezone():%Y-%m-%d %H:%M}" if made.until is not None else ""
    frame.show(
        {"name": made.account, "password": made.password, "until": made.until},
        f"{made.account} logs in with {made.password}",
        f"It is good for one login{until}, in which you choose another.",
    )


@users.command("role")
@click.argument("name")
@click.argument("role", type=_ROLES)
@json_option
def set_role(frame: Frame, name: str, role: str) -> None:
    """Let a user do everything (admin), or look and change nothing (viewer)."""
    with _accounts(frame) as accounts:
        accounts.set_role(name, Role(role), actor())
    frame.show({"name": name, "role": role}, f"{name} is {role} now.")


@users.command("remove")
@click.argument("name")
@json_option
def remove_user(frame: Frame, name: str) -> None:
    """Remove a user; the last admin stays."""
    with _accounts(frame) as accounts:
        accounts.remove_user(name, actor())
    frame.show({"removed": name}, f"{name} cannot log in any more.")


# --- tokens ----------------------------------------------------------------------------------------------------------


@root.group()
def tokens() -> None:
    """Programs that may use the REST API."""


@tokens.command("list")
@json_option
def list_tokens(frame: Frame) -> None:
    """List them; the tokens themselves are not kept."""
    with _accounts(frame) as accounts:
        known = accounts.tokens()
    rows = [(each.name, each.role, each.created_by, each.last_used_at, each.expires_at) for each in known]
    frame.show(
        {"tokens": [_told(each) for each in known]},
        table(("name", "role", "made by", "last used", "expires"), rows) if rows else "No tokens.",
    )


@tokens.command("add")
@click.argument("name")
@_role_option
@click.option("--for", "lifetime", type=Duration(), help="How long it is good: 90d. Default: for ever.")
@json_option
def add_token(frame: Frame, name: str, role: str, lifetime: timedelta | None) -> None:
    """Make a token and print it, once."""
    with _accounts(frame) as accounts:
        made = accounts.add_token(name, Role(role), actor(), lifetime=lifetime)
    frame.show(
        {**_told(made.token), "token": made.secret},
        made.secret,
        "It is shown this once. Programs send it as: Authorization: Bearer …",
    )


@tokens.command("remove")
@click.argument("name")
@json_option
def remove_token(frame: Frame, name: str) -> None:
    """Let a token be good no more."""
    with _accounts(frame) as accounts:
        accounts.remove_token(name, actor())
    frame.show({"removed": name}, f"The token {name} is good no more.")


def _told(token: ApiToken) -> dict[str, object]:
    """A token without its hash."""
    return {
        "name": token.name,
        "role": token.role,
        "created_at": token.created_at,
        "created_by": token.created_by,
        "last_used_at": token.last_used_at,
        "expires_at": token.expires_at,
    }


def _typed() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    password = sys.stdin.readline().rstrip("\n")
    if not password:
        raise InvalidInput("there is no password on standard input", fix="type one, or leave --own out")
    return password


def _show(frame: Frame, name: str, made: OneTimePassword | None) -> None:
    if made is None:
        frame.show({"name": name}, f"{name} has that password.")
        return
    frame.show(
        {"name": name, "password": made.password},
        f"{name} logs in with {made.password}",
        "It is shown this once, and good for the login in which its owner chooses another.",
    )

"""Users of the dashboard, and tokens of programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from bridge.app.accounts import OneTimePassword
from bridge.core import Account, ApiToken, Role
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.phones import Removed
from bridge.web.api.schema import Number, Text

users = Operations("Users and tokens")


@dataclass(frozen=True, slots=True)
class Users:
    """Everybody who may log in."""

    users: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody to let in."""

    name: Annotated[str, Text(50, 1)]
    role: Role = Role.VIEWER
    password: Annotated[str, Text(200)] = field(default="", repr=False)
    """Empty: one is made, for one login."""


@dataclass(frozen=True, slots=True)
class NewUserPassword:
    """A password for a user."""

    password: Annotated[str, Text(200)] = field(default="", repr=False)
    """Empty: one is made, for one login."""


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What the user may do from now on."""

    role: Role


@dataclass(frozen=True, slots=True)
class PasswordMade:
    """A password that was made: this is the only time that it is seen."""

    name: str
    one_time_password: str
    """Empty where one was given."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Every token; the tokens themselves are not kept."""

    tokens: tuple[ApiToken, ...]


@dataclass(frozen=True, slots=True)
class NewApiToken:
    """A token to make."""

    name: Annotated[str, Text(50, 1)]
    role: Role = Role.VIEWER
    days: Annotated[int, Number(1, 3660)] | None = None
    """How long it is good; null: for ever."""


@dataclass(frozen=True, slots=True)
class TokenMade:
    """A token that was made: this is the only time that it is seen."""

    token: str
    about: ApiToken


@users.add("GET", "/users", role=Role.ADMIN)
async def list_users(ask: Ask) -> Users:
    """List the users"""
    return Users(tuple(await ask.run(ask.accounts.users)))


@users.add("POST", "/users", status=201)
async def add_user(ask: Ask, body: NewUser) -> PasswordMade:
    """Let somebody log in"""
    made = await ask.run(ask.accounts.add_user, body.name, body.role, ask.actor, password=body.password)
    return _made(body.name, made)


@users.add("PATCH", "/users/{name}")
async def change_user(ask: Ask, name: str, body: RoleChange) -> Account:
    """Let a user do more, or less; the last admin stays one"""
    return await ask.run(ask.accounts.set_role, name, body.role, ask.actor)


@users.add("DELETE", "/users/{name}")
async def remove_user(ask: Ask, name: str) -> Removed:
    """Remove a user; the last admin stays"""
    await ask.run(ask.accounts.remove_user, name, ask.actor)
    return Removed(name)


@users.add("POST", "/users/{name}/password")
async def reset_password(ask: Ask, name: str, body: NewUserPassword) -> PasswordMade:
    """Give a user a new password; the user's sessions end, and locks are lifted"""
    return _made(name, await ask.run(ask.accounts.reset_password, name, ask.actor, password=body.password))


@users.add("GET", "/tokens", role=Role.ADMIN)
async def list_tokens(ask: Ask) -> Tokens:
    """List the tokens"""
    return Tokens(tuple(await ask.run(ask.accounts.tokens)))


@users.add("POST", "/tokens", status=201)
async def add_token(ask: Ask, body: NewApiToken) -> TokenMade:
    """Make a token for a program"""
    lifetime = timedelta(days=body.days) if body.days is not None else None
    made = await ask.run(ask.accounts.add_token, body.name, body.role, ask.actor, lifetime=lifetime)
    return TokenMade(made.secret, made.token)


@users.add("DELETE", "/tokens/{name}")
async def remove_token(ask: Ask, name: str) -> Removed:
    """Let a token be good no more"""
    await ask.run(ask.accounts.remove_token, name, ask.actor)
    return Removed(name)


def _made(name: str, made: OneTimePassword | None) -> PasswordMade:
    return PasswordMade(name, made.password if made else "")

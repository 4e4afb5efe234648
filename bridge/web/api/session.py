"""Logging in and out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from aiohttp import web

from bridge.app.accounts import LoggedIn, csrf_token_of
from bridge.core import AccessVia, Role
from bridge.web.access import csrf_token, principal
from bridge.web.api.operations import Ask, Operations, json_answer
from bridge.web.api.schema import Text
from bridge.web.site import change_password, log_in, log_out, log_out_everywhere, set_session

session = Operations("Session")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Name and password."""

    name: Annotated[str, Text(50, 1)]
    password: Annotated[str, Text(200, 1)] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The old password and the new one."""

    old: Annotated[str, Text(200, 1)] = field(repr=False)
    new: Annotated[str, Text(200, 10)] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Who:
    """Who is logged in."""

    name: str
    role: Role
    via: AccessVia
    must_change: bool
    """The password was for one login: choose another before anything else."""
    csrf_token: str
    """For the header X-CSRF-Token; empty for tokens, which need none."""


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more to say."""

    done: bool = True


@session.add("POST", "/session", role=None, answer=lambda schemas: schemas.of(Who, asked=False))
async def login(ask: Ask, body: Credentials) -> web.Response:
    """Log in

    The answer sets the cookie. Wrong logins are counted, by name and by address, and after a few none is looked at for
    a while.
    """
    return _with_cookie(ask, await log_in(ask.request, body.name, body.password))


@session.add("GET", "/session", early=True)
async def who_am_i(ask: Ask) -> Who:
    """Who is logged in"""
    known = principal(ask.request)
    return Who(known.name, known.role, known.via, known.must_change, csrf_token(ask.request))


@session.add("DELETE", "/session", role=Role.VIEWER, early=True, answer=lambda schemas: schemas.of(Done, asked=False))
async def logout(ask: Ask) -> web.Response:
    """Log out"""
    response = json_answer(Done())
    await log_out(ask.request, response)
    return response


@session.add("DELETE", "/sessions", role=Role.VIEWER, early=True, answer=lambda schemas: schemas.of(Done, asked=False))
async def logout_everywhere(ask: Ask) -> web.Response:
    """Log out everywhere

    All sessions of the user end, the one that asks included.
    """
    response = json_answer(Done())
    await log_out_everywhere(ask.request, response)
    return response


@session.add(
    "PUT", "/session/password", role=Role.VIEWER, early=True, answer=lambda schemas: schemas.of(Who, asked=False)
)
async def new_password(ask: Ask, body: PasswordChange) -> web.Response:
    """Choose another password

    All sessions of the user end; the answer sets the cookie of a new one.
    """
    return _with_cookie(ask, await change_password(ask.request, body.old, body.new))


def _with_cookie(ask: Ask, entered: LoggedIn) -> web.Response:
    known = entered.principal
    response = json_answer(Who(known.name, known.role, known.via, known.must_change, csrf_token_of(entered.cookie)))
    set_session(ask.request, response, entered)
    return response

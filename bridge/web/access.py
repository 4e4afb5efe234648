"""Who asks, and who may: how a handler of the admins' site says for whom it is, and learns who that was."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import MultipartReader, web

from bridge.app.accounts import csrf_token_of
from bridge.app.files.guard import plain_address
from bridge.core import AccessVia, Principal, Role
from bridge.errors import LoginRequired
from bridge.web.proxies import Asker

COOKIE = "sepbridge_session"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf_token"
"""The name of the hidden field in forms."""

PRINCIPAL = web.RequestKey("principal", Principal)
PARTS = web.RequestKey("parts", MultipartReader)
"""What is left of a form that a handler reads by itself, once the CSRF field was taken off its beginning."""
ASKER = web.RequestKey("asker", Asker)
_ACCESS = "__sepbridge_access__"
_EARLY = "__sepbridge_early__"
_STREAMED = "__sepbridge_streamed__"

H = TypeVar("H", bound=Callable[..., Awaitable[web.StreamResponse]])


def for_everybody(handler: H) -> H:
    """No login is needed."""
    return _marked(handler, None)


def for_viewer(handler: H) -> H:
    """Whoever is logged in may."""
    return _marked(handler, Role.VIEWER)


def for_admin(handler: H) -> H:
    """Admins may."""
    return _marked(handler, Role.ADMIN)


def with_one_time_password(handler: H) -> H:
    """Also for somebody who has not chosen a password yet."""
    setattr(handler, _EARLY, True)
    return handler


def with_streamed_form(handler: H) -> H:
    """Its form may hold large files, and is not read into memory before: the CSRF field must be the form's first."""
    setattr(handler, _STREAMED, True)
    return handler


def has_access_mark(handler: object) -> bool:
    """Whether the handler says for whom it is."""
    return hasattr(handler, _ACCESS)


def wanted_role(handler: object) -> Role | None:
    """The role that a marked handler wants; None for no login at all."""
    role: Role | None = getattr(handler, _ACCESS)
    return role


def takes_one_time_password(handler: object) -> bool:
    """Whether it serves those who must change their password first."""
    return bool(getattr(handler, _EARLY, False))


def takes_streamed_form(handler: object) -> bool:
    """Whether it reads its form by itself."""
    return bool(getattr(handler, _STREAMED, False))


def principal(request: web.Request) -> Principal:
    """Who asks. Raises LoginRequired where nobody is logged in (only on pages for everybody)."""
    known: Principal | None = request.get(PRINCIPAL)
    if known is None:
        raise LoginRequired("you are not logged in", fix="log in")
    return known


def csrf_token(request: web.Request) -> str:
    """What forms send back as ``csrf_token`` and scripts as ``X-CSRF-Token``; empty where no cookie logs in."""
    known = request.get(PRINCIPAL)
    return csrf_token_of(request.cookies[COOKIE]) if known is not None and known.via is AccessVia.SESSION else ""


def client_address(request: web.Request) -> str:
    """Where the request comes from: who asked the proxy, where there is one of ours."""
    known = request.get(ASKER)
    return known.address if known is not None else plain_address(request.remote or "")


def is_secure(request: web.Request) -> bool:
    """Whether it came over HTTPS: to us, or to a proxy of ours."""
    known = request.get(ASKER)
    return known.is_secure if known is not None else request.secure


def actor(request: web.Request) -> str:
    """Who asks, for the audit trail."""
    known = principal(request)
    name = f"token {known.name}" if known.via is AccessVia.TOKEN else known.name
    return f"{name} from {client_address(request)}"


def _marked(handler: H, role: Role | None) -> H:
    setattr(handler, _ACCESS, role)
    return handler

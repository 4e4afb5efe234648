"""The admins' site: the application that dashboard and REST API stand in, and what guards both.

Every handler must be marked with ``for_viewer``, ``for_admin`` or ``for_everybody`` (``web/access.py``): one that is
not keeps the service from starting. Errors of ours become JSON below ``/api/`` and a page elsewhere.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from aiohttp import BodyPartReader, web
from aiohttp.typedefs import Handler, Middleware

from bridge.app.accounts import Accounts, LoggedIn
from bridge.app.desks import Desks
from bridge.app.files.guard import is_allowed
from bridge.app.service import Service
from bridge.core import AccessVia, Principal
from bridge.errors import Conflict, LoginRequired, NotPermitted, SepbridgeError, TooManyTries
from bridge.web.access import (
    ASKER,
    COOKIE,
    CSRF_FIELD,
    CSRF_HEADER,
    PARTS,
    PRINCIPAL,
    actor,
    client_address,
    csrf_token,
    has_access_mark,
    is_secure,
    takes_one_time_password,
    takes_streamed_form,
    wanted_role,
)
from bridge.web.brake import CredentialBrake, LoginBrake
from bridge.web.operations import operations_routes
from bridge.web.proxies import Proxies
from bridge.web.screenshots import Screenshots
from bridge.web.weberrors import headers_of, http_words, json_error, plain_error, status_of

log = logging.getLogger(__name__)

SERVICE = web.AppKey("service", Service)
ACCOUNTS = web.AppKey("accounts", Accounts)
SCREENSHOTS = web.AppKey("screenshots", Screenshots)
"""For programs; the dashboard has its own."""
ErrorPage = Callable[[web.Request, SepbridgeError, int], web.Response]

LARGEST_BODY = 1 << 20
"""Octets of a request's body, where a handler does not read it by itself."""
LONGEST_TOKEN = 200
"""Octets of a CSRF token; ours are shorter."""
MOST_LOGINS_WAITING = 16
LONGEST_CREDENTIAL = 200
"""Characters of a cookie or a token that are looked at; ours have some fifty."""
_FOR_PROGRAMS = frozenset({"/healthz", "/readyz", "/metrics"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@dataclass(slots=True)
class _LoginGate:
    """Lets one login run at a time, in a thread of its own, so that guessing cannot take the others' threads."""

    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="login"))
    brake: LoginBrake = field(default_factory=LoginBrake)
    waiting: int = 0

    async def run(self, address: str, work: Callable[[], LoggedIn]) -> LoggedIn:
        """Raises what ``work`` raises, and TooManyTries when too many wait, or tried from that address."""
        if self.waiting >= MOST_LOGINS_WAITING:
            raise TooManyTries("too many people log in at once", fix="try again in a few seconds", wait=5)
        with self.brake.trying(address):
            self.waiting += 1
            try:
                return await asyncio.get_running_loop().run_in_executor(self.threads, work)
            finally:
                self.waiting -= 1


_GATE = web.AppKey("login gate", _LoginGate)
_BRAKE = web.AppKey("brake on credentials", CredentialBrake)


class WrongHost(NotPermitted):
    """The request is for a site that we are not (RFC 9110, section 15.5.20)."""

    status = 421


def make_site(
    service: Service,
    accounts: Accounts,
    *,
    routes: Iterable[web.AbstractRouteDef],
    error_page: ErrorPage = plain_error,
) -> web.Application:
    """The application. ``routes``: of the API and the dashboard. ``error_page`` makes the page for an error.

    Raises RuntimeError for a handler that does not say for whom it is.
    """
    networks, hosts = service.settings.server.allowed_networks, service.settings.web.hosts
    proxies = Proxies(service.settings.web.trusted_proxies)

    @web.middleware
    async def known_network(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[ASKER] = proxies.asker(request)
        if not is_allowed(client_address(request), networks):
            raise NotPermitted(
                "requests from this address are not answered", fix="see server.allowed_networks in sepbridge.toml"
            )
        if hosts and request.path not in _FOR_PROGRAMS and not _is_named(request.host, hosts):
            raise WrongHost("this site has another name", fix="see web.hosts in sepbridge.toml")
        return await handler(request)

    site = web.Application(
        middlewares=[_errors(error_page), known_network, _guarded],
        client_max_size=LARGEST_BODY,
    )
    site[SERVICE] = service
    site[ACCOUNTS] = accounts
    site[SCREENSHOTS] = Screenshots(service.settings.web.phone_user, service.settings.web.phone_password)
    site[_GATE] = _LoginGate()
    site[_BRAKE] = CredentialBrake()
    site.router.add_routes(operations_routes(service))
    site.router.add_routes(routes)
    for route in site.router.routes():
        if not has_access_mark(route.handler):
            raise RuntimeError(f"the handler of {route.method} {route.resource} does not say who may use it")
    site.on_response_prepare.append(_add_headers)
    site.on_cleanup.append(_close_gate)
    return site


def desks(request: web.Request) -> Desks:
    """The use cases, for whoever asks. They block: ``await asyncio.to_thread(...)``."""
    service = request.app[SERVICE]
    return Desks(service.settings, service.store, actor(request), service.clock)


async def log_in(request: web.Request, name: str, password: str) -> LoggedIn:
    """Log somebody in; give the answer to ``set_session``. Raises LoginRefused, TooManyTries."""
    accounts, address = request.app[ACCOUNTS], client_address(request)
    entered = await request.app[_GATE].run(address, lambda: accounts.log_in(name, password, address))
    if before := request.cookies.get(COOKIE):  # this browser's, whoever put it there
        await asyncio.to_thread(accounts.log_out, before[:LONGEST_CREDENTIAL])
    return entered


async def change_password(request: web.Request, old: str, new: str) -> LoggedIn:
    """Give who asks another password; give the answer to ``set_session``.

    Raises LoginRequired, LoginRefused, TooManyTries, InvalidInput, and NotPermitted for a token.
    """
    if request[PRINCIPAL].via is not AccessVia.SESSION:
        raise NotPermitted("a token has no password", fix="log in with name and password")
    accounts, cookie, address = request.app[ACCOUNTS], request.cookies[COOKIE], client_address(request)
    return await request.app[_GATE].run(address, lambda: accounts.change_password(cookie, old, new, address))


async def still_logged_in(request: web.Request) -> None:
    """For answers that take long. Raises LoginRequired when the session or token is good no more."""
    await _who(request)


def set_session(request: web.Request, response: web.StreamResponse, logged_in: LoggedIn) -> None:
    """Give the browser its cookie."""
    request.app[_BRAKE].right(COOKIE, logged_in.cookie)
    response.set_cookie(
        COOKIE,
        logged_in.cookie,
        max_age=round(request.app[ACCOUNTS].rules.lifetime.total_seconds()),
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="Strict",
    )


async def log_out_everywhere(request: web.Request, response: web.StreamResponse) -> None:
    """End all sessions of who asks, this one included. Raises Conflict for a token."""
    known = request[PRINCIPAL]
    if known.via is not AccessVia.SESSION:
        raise Conflict("a token is in no session", fix="remove the token; or log in with name and password")
    await asyncio.to_thread(request.app[ACCOUNTS].log_out_everywhere, known.name, actor(request))
    _forget_cookie(request, response)


async def log_out(request: web.Request, response: web.StreamResponse) -> None:
    """End the session, here and in the browser."""
    if cookie := request.cookies.get(COOKIE):
        await asyncio.to_thread(request.app[ACCOUNTS].log_out, cookie[:LONGEST_CREDENTIAL])
    _forget_cookie(request, response)


def _forget_cookie(request: web.Request, response: web.StreamResponse) -> None:
    response.del_cookie(COOKIE, path="/", secure=is_secure(request), httponly=True, samesite="Strict")


# --- the guards ------------------------------------------------------------------------------------------------------


def is_api(request: web.Request) -> bool:
    """Whether a program is answered: with JSON."""
    return request.path.startswith("/api/") or request.path in _FOR_PROGRAMS


def _errors(page: ErrorPage) -> Middleware:
    @web.middleware
    async def as_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except SepbridgeError as error:
            status, headers, shown = status_of(error), headers_of(error), error
        except web.HTTPException as error:
            if error.status < 400:
                raise
            status, shown = error.status, http_words(error)
            headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            status, headers = 500, {}
            shown = SepbridgeError("something went wrong here", fix="the service's log says what; please report it")
        if is_api(request):
            return json_error(shown, status, headers)
        response = page(request, shown, status)
        response.headers.update(headers if status != 401 else {})
        return response

    return as_answers


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    wanted = request.match_info.handler
    if request.match_info.http_exception is not None:  # there is no such address or method
        return await handler(request)
    role = wanted_role(wanted)
    try:
        known = await _who(request)
    except (LoginRequired, TooManyTries):
        if role is not None:
            raise
        known = None  # the door is open to everybody, whatever cookie comes with the request
    if known is not None:
        request[PRINCIPAL] = known
    if known is not None and known.via is AccessVia.SESSION:
        if known.must_change and role is not None and not takes_one_time_password(wanted):
            raise NotPermitted("your password was for one login", fix="choose one of your own first")
        if request.method not in _SAFE_METHODS:
            await _check_csrf(request)
    elif request.method not in _SAFE_METHODS:
        _check_origin(request)
    if role is not None and known is not None and not known.role.covers(role):
        raise NotPermitted(f"{known.name} may look, and change nothing", fix="ask an admin")
    return await handler(request)


async def _who(request: web.Request) -> Principal:
    """Who asks. Raises LoginRequired."""
    accounts, brake, address = request.app[ACCOUNTS], request.app[_BRAKE], client_address(request)
    if (header := request.headers.get("Authorization")) is not None:
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise LoginRequired("that is no way to log in here", fix="send Authorization: Bearer and a token")
        token = secret.strip()[:LONGEST_CREDENTIAL]
        return await brake.look("token", token, address, lambda: asyncio.to_thread(accounts.by_token, token))
    if cookie := request.cookies.get(COOKIE, "")[:LONGEST_CREDENTIAL]:
        return await brake.look(COOKIE, cookie, address, lambda: asyncio.to_thread(accounts.by_cookie, cookie))
    raise LoginRequired("you are not logged in", fix="log in, or send Authorization: Bearer and a token")


async def _check_csrf(request: web.Request) -> None:
    _check_origin(request)
    sent = request.headers.get(CSRF_HEADER, "")
    streamed = takes_streamed_form(request.match_info.handler) and request.content_type == "multipart/form-data"
    if not sent and streamed:
        sent = await _first_field(request)
    elif not sent and request.content_type in _FORMS:
        field = (await request.post()).get(CSRF_FIELD, "")
        sent = field if isinstance(field, str) else ""
    if not hmac.compare_digest(sent.encode(), csrf_token(request).encode()):
        raise NotPermitted(
            "this change does not come from a page of ours",
            why=f"the field {CSRF_FIELD} or the header {CSRF_HEADER} is missing or wrong",
            fix="load the page again; a program takes the value from GET /api/v1/session, or uses a token",
        )


async def _first_field(request: web.Request) -> str:
    """The CSRF token at the beginning of a form that the handler reads by itself; empty where it is not."""
    try:
        reader = await request.multipart()
        part = await reader.next()
        if not isinstance(part, BodyPartReader) or part.name != CSRF_FIELD:
            return ""
        sent = await part.read_chunk(LONGEST_TOKEN)
    except (AssertionError, ValueError):  # no such form, or a broken one
        return ""
    request[PARTS] = reader
    return sent.decode("utf-8", errors="replace")


def _check_origin(request: web.Request) -> None:
    """A browser says where a page comes from that sends something: only our own may, logins included."""
    origin = request.headers.get("Origin")
    if origin is None:
        return
    found = urlsplit(origin)
    # A page that came in the clear may be anybody's. Whether ours came so is known where we or our proxy saw it.
    is_ours = found.netloc.lower() == request.host.lower() and (found.scheme == "https" or not is_secure(request))
    if not is_ours:
        raise NotPermitted(
            "another site's page sent this", why=f"it comes from {origin[:80]}", fix="use this site's own pages"
        )


def _is_named(host: str, names: tuple[str, ...]) -> bool:
    """Whether a Host header, with its port or without, is one of our names."""
    name = host[: host.rindex("]") + 1] if "]" in host else host.partition(":")[0]
    return name.lower().rstrip(".") in {each.lower() for each in names}


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    # What is behind the login must not stay in anybody's cache.
    response.headers.setdefault("Cache-Control", "no-store")
    if is_secure(request):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers["Server"] = "sepbridge"


async def _close_gate(site: web.Application) -> None:
    site[_GATE].threads.shutdown(wait=False, cancel_futures=True)

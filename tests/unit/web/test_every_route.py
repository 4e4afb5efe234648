"""Every route that there is, asked by everybody who should not: nobody, a viewer, a forged page, a first login.

The addresses come from the application itself, so that one that somebody adds tomorrow is tried, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bridge.app.accounts import digest_of
from bridge.app.settings import AmiSettings, AsteriskSettings, HookSettings, Settings, WebSettings
from bridge.core import Account, Device, DeviceName, Line, LineAppearance, LoginSession, Role, SignallingProtocol
from bridge.core.accounts import LONGEST_PASSWORD
from bridge.core.events import PhoneAlarmed
from bridge.web.access import COOKIE, CSRF_HEADER, wanted_role
from bridge.web.api import api_routes
from bridge.web.dashboard.assembly import Dashboard
from bridge.web.operations import operations_routes
from tests.fullsite import Content, content_of
from tests.webnode import PASSWORD, WebNode, running_web_node, web_settings

PHONE = "SEP001122331001"
STRANGER = "SEP00AABBCCDDEE"
MARK = "Marked"
"""Stands in every secret that is planted."""
OPEN = {
    ("GET", "/"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/theme"),
    ("GET", "/static/{digest}/{name}"),
    ("POST", "/api/v1/session"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
}
"""What needs no login."""
OWN = {
    ("POST", "/logout"),
    ("POST", "/logout/everywhere"),
    ("POST", "/account"),
    ("DELETE", "/api/v1/session"),
    ("DELETE", "/api/v1/sessions"),
    ("PUT", "/api/v1/session/password"),
}
"""What a viewer may change: the own login."""
EARLY = OWN | {("GET", "/account"), ("GET", "/api/v1/session")}
"""What serves somebody who has to choose a password first."""
STREAMS = {"/live", "/api/v1/events"}
HEARTBEAT = "bridge.web.api.events.HEARTBEAT"
FIRST_BYTES = 1.0
"""Seconds for which a stream that does not end is read."""


Browser = tuple[aiohttp.ClientSession, str]
"""With a session, and its CSRF token."""


@dataclass(frozen=True)
class Route:
    """One method of one address."""

    method: str
    pattern: str
    """Without the expressions of its parameters."""
    path: str
    """With something in their place that exists."""
    role: Role | None

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.pattern

    @property
    def changes(self) -> bool:
        return self.method not in ("GET", "HEAD")


def filled(pattern: str) -> str:
    """An address of something that exists, where there is something of the kind."""
    path = pattern
    if path.startswith(("/api/v1/phones", "/phones")):
        path = path.replace("{name}", PHONE)
    values = {"phone": PHONE, "number": "1001", "button": "1", "word": "pools", "model": "7961", "name": "Default"}
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], "x" * 12), path)


def routes_of(node: WebNode) -> list[Route]:
    dashboard = Dashboard(node.service)
    try:
        site = web.Application()
        site.router.add_routes([*operations_routes(node.service), *api_routes(), *dashboard.routes()])
    finally:
        dashboard.close()
    found = []
    for each in site.router.routes():
        assert each.resource is not None
        pattern = each.resource.canonical
        found.append(Route(each.method, pattern, filled(pattern), wanted_role(each.handler)))
    assert len(found) > 150
    return found


def secret_settings(directory: Path) -> Settings:
    """Secrets in each setting that can hold one."""
    settings = web_settings(directory)
    return replace(
        settings,
        ami=AmiSettings(settings.ami.address, secret=f"{MARK}Ami1"),
        web=WebSettings(listen=settings.web.listen, phone_user="pages", phone_password=f"{MARK}Pages2"),
        asterisk=AsteriskSettings(settings.asterisk.directory, voicemail_pin="90817263"),
        hooks=HookSettings(new_phone_url=f"http://hook:{MARK}Hook3@127.0.0.1:9/new?key={MARK}Key4"),
    )


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[WebNode]:
    async with running_web_node(secret_settings(tmp_path)) as node:
        at = node.service.clock.now()
        with node.service.store.write() as work:
            for number, protocol in (("1001", SignallingProtocol.SIP), ("1002", SignallingProtocol.SCCP)):
                line = LineAppearance(1, Line(number))
                name = DeviceName(f"SEP00112233{number}")
                work.devices.add(Device(name, protocol, at, "stamp", f"{MARK}Sip{number}", (line,), 683, "8841"))
            alarm = PhoneAlarmed(at=at, device=DeviceName(PHONE), text="Last=reset", severity="major")
            work.journal.append([alarm])
            work.journal.refuse(DeviceName(STRANGER), "192.0.2.9", "window_closed", "autoregistration is closed", at)
            work.commit()
        maker = await asyncio.to_thread(node.accounts.add_token, "maker", Role.ADMIN, "tester")
        async with node.client(maker.secret) as admin:
            for path, body in (
                ("/claims", {"number": "1003", "pin": "70615243"}),
                ("/users", {"name": "ann", "role": "admin", "password": f"{MARK} words together"}),
                ("/tokens", {"name": "robot", "role": "admin"}),
            ):
                answer = await admin.post(f"/api/v1{path}", json=body)
                assert answer.status == 201, await answer.text()
            pin = {"phone": PHONE, "pin": "60514233"}
            assert (await admin.put("/api/v1/directory/pin", json=pin)).status == 200
        await node.service.refresh()
        yield node


@contextlib.asynccontextmanager
async def logged_in(node: WebNode, role: Role, *, one_time: bool = False) -> AsyncIterator[Browser]:
    """A browser with a session, and its CSRF token. It is put into the database: a hundred logins take too long."""
    name = f"{role}-{'first' if one_time else 'person'}"
    cookie = f"cookie-of-{name}"
    now = node.service.clock.now()
    session = LoginSession(digest_of(cookie), name, now, now, now + node.accounts.rules.lifetime)
    with node.service.store.write() as work:
        work.accounts.save(Account(name, role, now, "$argon2id$Marked", one_time))
        work.accounts.add_session(session)
        work.commit()
    async with node.client() as client:
        client.headers["Cookie"] = f"{COOKIE}={cookie}"
        who = await (await client.get("/api/v1/session")).json()
        assert who["name"] == name
        yield client, who["csrf_token"]


async def ask(
    client: aiohttp.ClientSession, route: Route, headers: dict[str, str] | None = None, *, body: bytes = b""
) -> tuple[int, str, str]:
    """Status, where it leads, and text; of a stream what comes in a while."""
    response = await client.request(route.method, route.path, headers=headers, data=body or None, allow_redirects=False)
    text = ""
    if route.pattern in STREAMS and response.status == 200:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_BYTES):
                async for piece in response.content.iter_any():
                    text += piece.decode()
        response.close()
    else:
        text = await response.text(errors="replace")
    return response.status, response.headers.get("Location", ""), text


def site_of(node: WebNode) -> Content:
    """What the database holds, but for what the service notes by itself: events, and when a token was used."""
    content = content_of(node.service.settings.database_url)
    tokens = [row[:5] for row in content.pop("api_token")[1]]
    return {name: rows for name, rows in content.items() if name != "journey_event"} | {"api_token": ((), tokens)}


def is_program(route: Route) -> bool:
    return route.path.startswith("/api/") or route.path == "/metrics"


def refused_as_nobody(route: Route, status: int, where: str) -> bool:
    return status == 401 if is_program(route) else (status == 303 and where.startswith("/login"))


async def test_without_a_login_every_route_but_the_door_is_closed(node: WebNode) -> None:
    routes = routes_of(node)
    assert {each.key for each in routes if each.role is None and each.method != "HEAD"} == OPEN
    made_up = [
        {},
        {"Cookie": f"{COOKIE}=made-up"},
        {"Authorization": "Bearer sepbridge_made-up"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
        {"Cookie": f"{COOKIE}=", "Authorization": ""},
    ]
    async with node.client() as nobody:
        for route in routes:
            if route.role is None:
                continue
            for headers in made_up:
                status, where, text = await ask(nobody, route, headers)
                assert refused_as_nobody(route, status, where), (route, headers, status)
                assert MARK not in text


async def test_a_viewer_changes_nothing_with_session_or_token(node: WebNode) -> None:
    token = await node.token(Role.VIEWER)
    tried = 0
    async with logged_in(node, Role.VIEWER) as (browser, csrf), node.client(token) as program:
        for route in routes_of(node):
            if route.role is None or route.key in OWN:
                continue
            if not route.changes and route.role is Role.VIEWER:
                continue
            assert route.role is Role.ADMIN, route
            for client, headers in ((browser, {CSRF_HEADER: csrf}), (program, {})):
                status, _, text = await ask(client, route, headers)
                assert status == 403, (route, status)
                assert route.method == "HEAD" or "may look, and change nothing" in text, route
            tried += 1
    assert tried > 90


async def test_a_forged_page_changes_nothing_not_even_as_admin(node: WebNode) -> None:
    elsewhere = {"Origin": "https://elsewhere.example"}
    forged = [{}, {CSRF_HEADER: "0" * 64}, {CSRF_HEADER: ""}]
    async with logged_in(node, Role.ADMIN) as (browser, csrf), node.client() as nobody:
        before = site_of(node)
        for route in routes_of(node):
            if not route.changes:
                continue
            if route.role is None:  # whoever is not logged in can be made to log in as somebody else
                status, _, text = await ask(nobody, route, elsewhere)
                assert (status, "own pages" in text) == (403, True), route
                continue
            for headers in [*forged, {CSRF_HEADER: csrf, **elsewhere}, {CSRF_HEADER: csrf, "Origin": "null"}]:
                for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
                    status, _, _ = await ask(browser, route, {**headers, "Content-Type": kind}, body=b"{}")
                    assert status == 403, (route, headers, kind, status)
    assert site_of(node) == before


async def test_a_one_time_password_opens_nothing_but_the_way_to_another(node: WebNode) -> None:
    async with logged_in(node, Role.ADMIN, one_time=True) as (browser, csrf):
        for route in routes_of(node):
            if route.role is None or route.key in EARLY or route.method == "HEAD":
                continue
            status, where, _ = await ask(browser, route, {CSRF_HEADER: csrf})
            assert status == 403 if is_program(route) else (status, where) == (303, "/account"), (route, status)


async def test_looking_changes_nothing(node: WebNode) -> None:
    async with node.client(await node.token()) as admin:
        before = site_of(node)
        for route in routes_of(node):
            if not route.changes and route.path != "/readyz":  # there is no Asterisk
                status, _, text = await ask(admin, route)
                assert status < 500, (route, status, text)
        assert site_of(node) == before


async def test_no_secret_is_in_any_answer(node: WebNode) -> None:
    """Not even in one for admins: whoever sits at an admin's screen for a minute takes nothing away."""
    with node.service.store.read() as work:
        hashes = [each.password for each in work.accounts.all()] + [each.digest for each in work.accounts.tokens()]
    digits = ("90817263", "70615243", "60514233")
    token, ruling = await node.token(Role.VIEWER), await node.token()
    seen = 0
    async with (
        logged_in(node, Role.VIEWER) as (browser, _),
        node.client(token) as program,
        node.client(ruling) as admin,
    ):
        for route in routes_of(node):
            if route.changes:
                continue
            for client in (browser, program, admin):
                status, _, text = await ask(client, route)
                seen += status == 200
                found = [each for each in (MARK, "argon2", *hashes, *digits, token, ruling) if each in text]
                assert not found, (route, found)
        masked = await (await admin.get(f"/api/v1/phones/{PHONE}/files")).json()
        assert "********" in json.dumps(masked)  # the files with their secrets are among what was read
    assert seen > 150


INLINE = re.compile(
    r"<script(?![^>]*\bsrc=\"/static/)|<style|\sstyle=|\son[a-z]+=|javascript:|<(?:iframe|object|embed|base)\b"
)
"""What the policy of the pages forbids browsers to obey; a page that has it does not work."""


async def test_every_answer_has_the_headers_and_no_page_anything_that_they_forbid(node: WebNode) -> None:
    pages = 0
    async with logged_in(node, Role.ADMIN) as (browser, _):
        for route in routes_of(node):
            if route.changes or route.pattern in STREAMS:
                continue
            response = await browser.request(route.method, route.path, allow_redirects=False)
            headers, text = response.headers, await response.text(errors="replace")
            policy = dict(each.strip().partition(" ")[::2] for each in headers["Content-Security-Policy"].split(";"))
            assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'", route
            assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'", route
            assert "unsafe" not in headers["Content-Security-Policy"], route
            assert headers["X-Content-Type-Options"] == "nosniff", route
            assert headers["X-Frame-Options"] == "DENY", route
            assert headers["Referrer-Policy"] == "same-origin", route
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin", route
            if "{digest}" not in route.pattern:
                assert headers["Cache-Control"] == "no-store", route
            assert "Access-Control-Allow-Origin" not in headers, route
            if response.content_type == "text/html" and text:
                pages += 1
                assert not INLINE.search(text), (route, INLINE.search(text))
                for form in re.findall(r"<form[^>]*method=.post.[^>]*>.*?</form>", text, re.DOTALL):
                    assert 'name="csrf_token"' in form, (route, form)
    assert pages > 10


def cookies_of(response: aiohttp.ClientResponse) -> Iterator[str]:
    yield from (each for each in response.headers.getall("Set-Cookie", ()) if each.startswith(f"{COOKIE}="))


async def test_a_login_takes_no_cookie_that_somebody_planted_and_ends_the_one_before(node: WebNode) -> None:
    node.accounts.add_user("bob", Role.VIEWER, "tester", password=PASSWORD)
    login = {"name": "bob", "password": PASSWORD}
    async with node.client() as client:
        first = await client.post("/api/v1/session", json=login, headers={"Cookie": f"{COOKIE}=planted"})
        (cookie,) = cookies_of(first)
        assert "planted" not in cookie
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie  # over plain HTTP the browser would not take it
        old = cookie.partition(";")[0]
        client.cookie_jar.clear()
        who = await client.get("/api/v1/session", headers={"Cookie": old})
        assert who.status == 200
        assert (await client.post("/api/v1/session", json=login, headers={"Cookie": old})).status == 403
        csrf = (await who.json())["csrf_token"]
        second = await client.post("/api/v1/session", json=login, headers={"Cookie": old, CSRF_HEADER: csrf})
        new = next(cookies_of(second)).partition(";")[0]
        client.cookie_jar.clear()
        assert new != old
        assert (await client.get("/api/v1/session", headers={"Cookie": old})).status == 401
        assert (await client.get("/api/v1/session", headers={"Cookie": new})).status == 200


async def test_logging_out_everywhere_and_a_new_password_end_the_others(node: WebNode) -> None:
    node.accounts.add_user("bob", Role.VIEWER, "tester", password=PASSWORD)

    async def enter(client: aiohttp.ClientSession, password: str = PASSWORD) -> dict[str, str]:
        answer = await client.post("/api/v1/session", json={"name": "bob", "password": password})
        return {CSRF_HEADER: (await answer.json())["csrf_token"]}

    async with node.client() as here, node.client() as there:
        csrf, _ = await enter(here), await enter(there)
        new = "other words together"
        changed = await here.put("/api/v1/session/password", json={"old": PASSWORD, "new": new}, headers=csrf)
        csrf = {CSRF_HEADER: (await changed.json())["csrf_token"]}
        assert (await there.get("/api/v1/session")).status == 401
        assert (await here.get("/api/v1/session")).status == 200
        await enter(there, new)
        assert (await here.delete("/api/v1/sessions", headers=csrf)).status == 200
        assert [(await each.get("/api/v1/session")).status for each in (here, there)] == [401, 401]
        # The dashboard's button does the same.
        await enter(there, new)
        form = await (await there.get("/account")).text()
        field = re.search(r'name="csrf_token" value="(\w+)"', form)
        assert field is not None
        gone = await there.post("/logout/everywhere", data={"csrf_token": field[1]}, allow_redirects=False)
        assert (gone.status, gone.headers["Location"]) == (303, "/login")
        assert (await there.get("/api/v1/session")).status == 401
    assert len(new) < LONGEST_PASSWORD


@pytest.mark.parametrize(
    ("path", "module"), [("/live", "bridge.web.dashboard.livestream.QUIET"), ("/api/v1/events", HEARTBEAT)]
)
async def test_a_stream_ends_when_its_login_does(
    node: WebNode, monkeypatch: pytest.MonkeyPatch, path: str, module: str
) -> None:
    monkeypatch.setattr(module, 0.2)
    async with logged_in(node, Role.VIEWER) as (browser, csrf):
        stream = await browser.get(path)
        assert stream.status == 200
        assert (await browser.delete("/api/v1/sessions", headers={CSRF_HEADER: csrf})).status == 200
        async with asyncio.timeout(10):
            await stream.content.read()


ELSEWHERE = (
    "//elsewhere.example",
    "https://elsewhere.example/",
    "/\\elsewhere.example",
    "\\\\elsewhere.example",
    "/\t/elsewhere.example",
    "/\n/elsewhere.example",
    "javascript:alert(1)//elsewhere.example",
    "elsewhere.example",
    " //elsewhere.example",
    "/x\r\nX-Y: elsewhere.example",
    "///elsewhere.example",
)


async def test_nobody_is_sent_elsewhere(node: WebNode) -> None:
    for where in ELSEWHERE:
        async with node.client() as client:
            answer = await client.post("/theme", data={"theme": "dark", "back": where}, allow_redirects=False)
            assert (answer.status, answer.headers["Location"]) == (303, "/phones"), where
            shown = await (await client.get("/login", params={"next": where})).text()
            assert "elsewhere.example" not in shown, where
            form = {"name": "ann", "password": f"{MARK} words together", "next": where}
            answer = await client.post("/login", data=form, allow_redirects=False)
            assert (answer.status, answer.headers["Location"]) == (303, "/phones"), where
            assert "X-Y" not in answer.headers

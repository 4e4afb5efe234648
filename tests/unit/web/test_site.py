"""What guards dashboard and API: logins, cookies, roles, forged requests, headers, sizes."""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bridge.core import Principal, Role
from bridge.errors import Conflict
from bridge.web.access import (
    COOKIE,
    CSRF_HEADER,
    csrf_token,
    for_admin,
    for_everybody,
    for_viewer,
    principal,
    with_one_time_password,
)
from bridge.web.brake import CREDENTIAL_REFILL, CREDENTIAL_TRIES
from bridge.web.site import change_password, desks, log_in, log_out, make_site, set_session
from tests.webnode import PASSWORD, WebNode, running_web_node, web_settings

Client = TestClient[web.Request, web.Application]


@for_everybody
async def enter(request: web.Request) -> web.Response:
    form = await request.post()
    entered = await log_in(request, str(form["name"]), str(form["password"]))
    response = web.Response(text=str(entered.principal.must_change))
    set_session(request, response, entered)
    return response


@with_one_time_password
@for_viewer
async def leave(request: web.Request) -> web.Response:
    response = web.Response()
    await log_out(request, response)
    return response


@with_one_time_password
@for_viewer
async def choose(request: web.Request) -> web.Response:
    form = await request.post()
    changed = await change_password(request, str(form["old"]), str(form["new"]))
    response = web.Response()
    set_session(request, response, changed)
    return response


@with_one_time_password
@for_viewer
async def who(request: web.Request) -> web.Response:
    return web.json_response({"name": principal(request).name, "csrf": csrf_token(request)})


@for_viewer
async def look(request: web.Request) -> web.Response:
    return web.json_response(await asyncio.to_thread(lambda: len(desks(request).phones.list().phones)))


@for_admin
async def change(request: web.Request) -> web.Response:
    return web.Response(text=desks(request).actor)


@for_admin
async def clash(_: web.Request) -> web.Response:
    raise Conflict("it is taken", why="by me", fix="take another")


@for_admin
async def broken(_: web.Request) -> web.Response:
    raise ZeroDivisionError("secret detail")


ROUTES = [
    web.post("/enter", enter),
    web.post("/leave", leave),
    web.post("/choose", choose),
    web.get("/who", who),
    web.get("/look", look),
    web.post("/api/change", change),
    web.get("/api/clash", clash),
    web.get("/clash", clash),
    web.get("/api/broken", broken),
]


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[WebNode]:
    settings = web_settings(tmp_path)
    async with running_web_node(replace(settings, web=replace(settings.web, tries=3))) as node:
        yield node


@pytest.fixture
async def client(node: WebNode) -> AsyncIterator[Client]:
    site = make_site(node.service, node.accounts, routes=ROUTES)
    jar = aiohttp.CookieJar(unsafe=True)
    async with TestClient(TestServer(site), cookie_jar=jar) as client:
        yield client


async def enter_as(client: Client, name: str, password: str) -> str:
    """Log in; the CSRF token."""
    response = await client.post("/enter", data={"name": name, "password": password})
    assert response.status == 200, await response.text()
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    token = (await (await client.get("/who")).json())["csrf"]
    assert isinstance(token, str)
    return token


async def error_of(response: aiohttp.ClientResponse) -> tuple[int, str]:
    return response.status, (await response.json())["error"]["kind"]


async def test_nobody_gets_in_without_a_login(client: Client) -> None:
    assert (await client.get("/look")).status == 401
    assert await error_of(await client.post("/api/change")) == (401, "LoginRequired")
    client.session.cookie_jar.update_cookies({COOKIE: "made-up"})
    assert (await client.get("/look")).status == 401
    for header in ("Bearer made-up", "Bearer", "Basic YTpi", ""):
        assert (await client.get("/look", headers={"Authorization": header})).status == 401
    assert (await client.get("/nowhere")).status == 404
    assert await error_of(await client.get("/api/nowhere")) == (404, "SepbridgeError")
    assert (await client.get("/api/change")).status == 405


async def test_the_first_login_must_choose_a_password(node: WebNode, client: Client) -> None:
    made = node.service.first_login
    assert made is not None
    csrf = await enter_as(client, made.account, made.password)
    assert (await client.get("/look")).status == 403
    assert (await client.post("/choose", data={"old": made.password, "new": PASSWORD})).status == 403  # no CSRF token
    form = {"old": made.password, "new": PASSWORD, "csrf_token": csrf}
    assert (await client.post("/choose", data=form)).status == 200
    assert (await client.get("/look")).status == 200
    # The form's field was good for the old session alone.
    assert (await client.post("/leave", data={"csrf_token": csrf})).status == 403
    csrf = (await (await client.get("/who")).json())["csrf"]
    assert (await client.post("/leave", headers={CSRF_HEADER: csrf})).status == 200
    assert (await client.get("/look")).status == 401
    refused = await client.post("/enter", data={"name": made.account, "password": made.password})
    assert refused.status == 401


async def test_a_forged_request_is_refused_in_each_way(node: WebNode, client: Client) -> None:
    node.accounts.add_user("ann", Role.ADMIN, "tester", password=PASSWORD)
    csrf = await enter_as(client, "ann", PASSWORD)
    assert (await client.post("/api/change")).status == 403
    assert (await client.post("/api/change", headers={CSRF_HEADER: "0" * 64})).status == 403
    assert (await client.post("/api/change", headers={CSRF_HEADER: "ä"})).status == 403
    response = await client.post("/api/change", headers={CSRF_HEADER: csrf})
    assert (response.status, await response.text()) == (200, "ann from 127.0.0.1")
    foreign = {CSRF_HEADER: csrf, "Origin": "https://elsewhere.example"}
    assert await error_of(await client.post("/api/change", headers=foreign)) == (403, "NotPermitted")
    own = {CSRF_HEADER: csrf, "Origin": str(client.make_url("/")).rstrip("/")}
    assert (await client.post("/api/change", headers=own)).status == 200
    login = {"name": "ann", "password": PASSWORD}
    assert (await client.post("/enter", data=login, headers={"Origin": "null"})).status == 403


async def test_a_viewer_looks_and_changes_nothing(node: WebNode, client: Client) -> None:
    node.accounts.add_user("bob", Role.VIEWER, "tester", password=PASSWORD)
    csrf = await enter_as(client, "bob", PASSWORD)
    assert (await client.get("/look")).status == 200
    assert (await client.post("/api/change", headers={CSRF_HEADER: csrf})).status == 403
    assert (await client.get("/clash")).status == 403


async def test_a_token_needs_no_csrf_and_has_no_password(node: WebNode, client: Client) -> None:
    bearer = {"Authorization": f"Bearer {await node.token()}"}
    response = await client.post("/api/change", headers=bearer)
    assert (response.status, await response.text()) == (200, "token admin-token from 127.0.0.1")
    assert (await client.post("/choose", data={"old": "x", "new": PASSWORD}, headers=bearer)).status == 403
    viewer = {"Authorization": f"Bearer {await node.token(Role.VIEWER)}"}
    assert (await client.post("/api/change", headers=viewer)).status == 403


async def test_wrong_logins_are_locked_out_and_told_how_long(node: WebNode, client: Client) -> None:
    node.accounts.add_user("ann", Role.ADMIN, "tester", password=PASSWORD)
    for _ in range(3):
        assert (await client.post("/enter", data={"name": "ann", "password": "x"})).status == 401
    response = await client.post("/enter", data={"name": "ann", "password": PASSWORD})
    assert response.status == 429
    assert 0 < int(response.headers["Retry-After"]) <= 900
    assert "sepbridge users password" in await response.text()


async def test_a_crowd_at_the_door_is_bounded(client: Client) -> None:
    many = [client.post("/enter", data={"name": f"u{number}", "password": "x"}) for number in range(60)]
    statuses = sorted(response.status for response in await asyncio.gather(*many))
    assert set(statuses) == {401, 429}


async def test_errors_tell_programs_three_parts_and_people_too(node: WebNode, client: Client) -> None:
    bearer = {"Authorization": f"Bearer {await node.token()}"}
    response = await client.get("/api/clash", headers=bearer)
    assert response.status == 409
    assert (await response.json())["error"] == {
        "kind": "Conflict",
        "what": "it is taken",
        "why": "by me",
        "fix": "take another",
    }
    page = await client.get("/clash", headers=bearer)
    assert (page.status, await page.text()) == (409, "it is taken\nwhy: by me\nfix: take another\n")
    broke = await client.get("/api/broken", headers=bearer)
    assert broke.status == 500
    assert "secret detail" not in await broke.text()


async def test_every_answer_has_the_headers_that_browsers_obey(client: Client) -> None:
    for path in ("/healthz", "/look", "/nowhere", "/api/nowhere"):
        headers = (await client.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "sepbridge"


async def test_a_body_too_large_is_refused(node: WebNode, client: Client) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = io.BytesIO(b"name=" + b"x" * (2 << 20))
    assert (await client.post("/enter", data=body, headers=form)).status == 413


async def test_a_handler_without_a_mark_keeps_the_site_from_being_made(node: WebNode) -> None:
    async def forgotten(_: web.Request) -> web.Response:
        return web.Response()

    with pytest.raises(RuntimeError, match="does not say who may use it"):
        make_site(node.service, node.accounts, routes=[web.get("/x", forgotten)])


async def test_strangers_networks_are_refused(tmp_path: Path) -> None:
    settings = web_settings(tmp_path)
    nobody = replace(settings.server, allowed_networks=())
    async with running_web_node(replace(settings, server=nobody)) as node, node.client() as client:
        assert (await client.get("/healthz")).status == 403


async def test_health_needs_no_login_and_tells_nothing_else(node: WebNode) -> None:
    async with node.client() as client:
        response = await client.get("/healthz")
        assert (response.status, await response.json()) == (200, {"status": "ok"})
        status = await node.service.status()
        assert status.web == (node.url.removeprefix("http://"),)


async def test_https_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    settings = web_settings(tmp_path)
    settings = replace(settings, web=replace(settings.web, tls=True))
    for _ in range(2):  # the second start finds the first one's certificate
        async with running_web_node(settings) as node, node.client() as client:
            tls = ssl.create_default_context(cafile=str(settings.web_certificates / "sepbridge.pem"))
            response = await client.get("/healthz", ssl=tls)
            assert response.status == 200
            assert "max-age" in response.headers["Strict-Transport-Security"]
    assert (settings.web_certificates / "sepbridge.key").stat().st_mode & 0o777 == 0o600


# --- behind a proxy, and against guessing -----------------------------------------------------------------------------


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[WebNode]:
    """A node that a proxy on this machine stands before."""
    settings = web_settings(tmp_path)
    web_part = replace(settings.web, trusted_proxies=(ip_network("127.0.0.1"),), hosts=("pbx.example.com",))
    async with running_web_node(replace(settings, web=web_part)) as node:
        yield node


async def test_behind_a_proxy_the_browser_is_whom_the_proxy_names(behind: WebNode) -> None:
    behind.accounts.add_user("ann", Role.ADMIN, "tester", password=PASSWORD)
    proxy = {"X-Forwarded-For": "203.0.113.1, 192.168.7.9", "X-Forwarded-Proto": "https", "Host": "pbx.example.com"}
    async with behind.client() as client:
        page = await client.get("/login", headers=proxy)
        assert page.status == 200
        assert "max-age" in page.headers["Strict-Transport-Security"]
        login = {"name": "ann", "password": PASSWORD}
        # The page in the clear of the same name is another one: anybody on the way may have written it.
        clear = await client.post("/login", data=login, headers={**proxy, "Origin": "http://pbx.example.com"})
        assert clear.status == 403
        headers = {**proxy, "Origin": "https://pbx.example.com"}
        entered = await client.post("/login", data=login, headers=headers, allow_redirects=False)
        assert (entered.status, entered.headers["Location"]) == (303, "/phones")
        assert "; Secure" in entered.headers["Set-Cookie"]
        with behind.service.store.read() as work:
            assert "ann from 192.168.7.9" in {each.actor for each in work.journal.audit_trail()}
        # Networks that are not allowed stay so behind the proxy, and other names are not ours.
        stranger = {**proxy, "X-Forwarded-For": "192.168.7.9, 203.0.113.1"}
        assert (await client.get("/login", headers=stranger)).status == 403
        assert (await client.get("/login", headers={**proxy, "Host": "rebound.example:6980"})).status == 421
        assert (await client.get("/login", headers={**proxy, "Host": "PBX.example.com.:443"})).status == 200
        assert (await client.get("/healthz", headers={"Host": "10.0.0.1:6980"})).status == 200


async def test_locks_behind_a_proxy_meet_the_one_who_guesses(behind: WebNode) -> None:
    behind.accounts.add_user("ann", Role.ADMIN, "tester", password=PASSWORD)

    async def enter(address: str, password: str) -> int:
        headers = {"X-Forwarded-For": address, "X-Forwarded-Proto": "https", "Host": "pbx.example.com"}
        async with behind.client() as client:
            body = {"name": "ann", "password": password}
            return (await client.post("/api/v1/session", json=body, headers=headers)).status

    assert [await enter("192.168.7.9", "wrong") for _ in range(6)] == [401] * 5 + [429]
    assert await enter("192.168.7.10", PASSWORD) == 200


async def test_without_the_setting_nobody_can_pretend_to_be_elsewhere(node: WebNode, client: Client) -> None:
    node.accounts.add_user("ann", Role.ADMIN, "tester", password=PASSWORD)
    for number in range(3):
        headers = {"X-Forwarded-For": f"192.168.7.{number}", "X-Forwarded-Proto": "https"}
        response = await client.post("/enter", data={"name": "ann", "password": "x"}, headers=headers)
        assert response.status == 401
        assert "Strict-Transport-Security" not in response.headers
    headers = {"X-Forwarded-For": "192.168.7.99"}
    assert (await client.post("/enter", data={"name": "ann", "password": PASSWORD}, headers=headers)).status == 429


async def test_guessed_tokens_stop_at_the_door_and_the_others_work_on(
    node: WebNode, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    by_token = node.accounts.by_token

    def counted(secret: str) -> Principal:
        nonlocal looks
        looks += 1
        return by_token(secret)

    monkeypatch.setattr(node.accounts, "by_token", counted)
    good = {"Authorization": f"Bearer {await node.token()}"}
    assert (await client.get("/look", headers=good)).status == 200
    statuses = []
    for number in range(200):
        response = await client.get("/look", headers={"Authorization": f"Bearer sepbridge_{number}"})
        statuses.append(response.status)
        if response.status == 429:
            assert 1 <= int(response.headers["Retry-After"]) <= CREDENTIAL_REFILL
    assert statuses[:CREDENTIAL_TRIES] == [401] * CREDENTIAL_TRIES
    assert statuses.count(429) > 100
    assert looks < 60
    for _ in range(20):
        assert (await client.get("/look", headers=good)).status == 200
    # Whoever is not in yet still comes to the door.
    async with node.client() as browser:
        for number in range(100):
            headers = {"Cookie": f"{COOKIE}=guess-{number}"}
            assert (await browser.get("/login", headers=headers)).status == 200

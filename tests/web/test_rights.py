"""Who may what: a viewer looks and changes nothing, whoever is not logged in sees nothing, forged forms are refused."""

from __future__ import annotations

import re

from bridge.core import Role
from bridge.web.access import CSRF_FIELD, wanted_role
from bridge.web.dashboard.assembly import Dashboard
from tests.web.conftest import House, Visitor
from tests.web.nodethread import ADMIN

PAGES = (
    "/phones",
    "/phones/SEP001122300000",
    "/phones/SEP001122300003",
    "/phones/SEP001B2A899001",
    "/window",
    "/temporary",
    "/claims",
    "/directory",
    "/directory?phone=1001",
    "/calls",
    "/messages",
    "/site/text",
    "/site/pools",
    "/site/patterns?pattern=112&partition=",
    "/site/defaults",
    "/site/css",
    "/site/button-templates",
    "/site/softkey-templates",
    "/site/line-templates",
    "/site/device-templates",
    "/dial-plan?phone=1000&dialled=1001",
    "/firmware",
    "/audit",
    "/health",
    "/account",
)
"""Every page that a viewer sees."""
OPEN = {"/", "/login", "/theme", "/static"}
"""What needs no login."""


def _addresses(house: House, method: str) -> list[tuple[str, Role | None]]:
    """Every address of the dashboard that takes the method, with the role that it wants."""
    dashboard = Dashboard(house.thread.service)
    try:
        routes = [each for each in dashboard.routes() if each.method == method]
    finally:
        dashboard.close()
    return [(_filled(each.path), wanted_role(each.handler)) for each in routes]


def _filled(path: str) -> str:
    path = re.sub(r"\{name:\[A-Za-z0-9_[^}]*\}\}", "SEP001122300000", path)
    path = re.sub(r"\{word:[^}]*\}\}", "pools", path)
    return re.sub(r"\{(digest|name):.*", "", path)


def test_a_viewer_sees_every_page_and_no_way_to_change_anything(viewer: Visitor) -> None:
    for path in PAGES:
        assert viewer.go(path) == 200
        forms = viewer.page.locator("main form[method=post]")
        actions = [forms.nth(place).get_attribute("action") for place in range(forms.count())]
        assert actions == (["/account", "/logout/everywhere"] if path == "/account" else []), path


def test_a_viewer_sees_no_secret(viewer: Visitor) -> None:
    for path in ("/phones/SEP001122300000", "/site/pools", "/site/text", "/health"):
        viewer.go(path)
        assert "s3cretSecret" not in viewer.page.content()


def test_a_viewer_cannot_change_anything_by_any_form_that_there_is(house: House, viewer: Visitor) -> None:
    viewer.go("/account")
    token = viewer.page.locator(f"main input[name={CSRF_FIELD}]").first.get_attribute("value")
    tried = 0
    for path, role in _addresses(house, "POST"):
        if role is Role.ADMIN:
            answer = viewer.context.request.post(viewer.base + path, form={CSRF_FIELD: token or ""}, max_redirects=0)
            assert answer.status == 403, path
            assert "may look, and change nothing" in answer.text()
            tried += 1
        else:
            assert path in {"/login", "/logout", "/logout/everywhere", "/account", "/theme"}, (
                f"{path} lets viewers change something"
            )
    assert tried > 25


def test_pages_for_admins_are_not_for_viewers(house: House, viewer: Visitor) -> None:
    closed = [path for path, role in _addresses(house, "GET") if role is Role.ADMIN]
    assert {"/users", "/upkeep"} <= set(closed)
    for path in closed:
        assert viewer.context.request.get(viewer.base + path, max_redirects=0).status == 403
    viewer.go("/phones")
    for title in ("Users and tokens", "Backup and traces"):
        assert viewer.page.locator(f"nav.nav >> text={title}").count() == 0


def test_without_a_login_there_is_nothing_but_the_door(house: House) -> None:
    context = house.browser.new_context()
    for method in ("GET", "POST"):
        for path, role in _addresses(house, method):
            if role is None:
                assert path.rstrip("/") in OPEN or path == "/", path
                continue
            answer = context.request.fetch(house.thread.url + path, method=method, max_redirects=0)
            assert answer.status == 303, path
            assert answer.headers["location"].startswith("/login"), path
    context.close()


def test_a_form_without_its_token_is_refused(house: House) -> None:
    context = house.browser.new_context(storage_state=house.state_of(ADMIN))
    for path, role in _addresses(house, "POST"):
        if role is not None:
            answer = context.request.post(house.thread.url + path, form={"a": "b"}, max_redirects=0)
            assert answer.status == 403, path
            assert "does not come from a page of ours" in answer.text()
    context.close()


def test_what_a_phone_or_an_admin_wrote_is_no_html(house: House, admin: Visitor) -> None:
    admin.go("/phones/SEP001122300009")
    admin.page.fill("#f-description", "<b>x</b>\"'&<img src=x>")
    admin.page.click("section[aria-labelledby=h-change] button")
    for path in ("/phones?q=img", "/phones/SEP001122300009", "/audit?q=SEP001122300009"):
        admin.go(path)
        assert "<b>x</b>" in admin.page.locator("body").inner_text()
        assert admin.page.locator("main img, main b:text-is('x')").count() == 0


def test_a_note_cannot_be_put_into_an_address(admin: Visitor) -> None:
    admin.go("/phones?note=Call%20this%20number")
    assert admin.page.locator(".message").count() == 0

"""The way in: first run, wrong passwords, where a login leads, the way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.web.conftest import Visit, Visitor
from tests.web.nodethread import ADMIN, NodeThread
from tests.webnode import PASSWORD, web_settings


def test_the_first_run_asks_for_a_password_of_ones_own(browser: Browser, tmp_path: Path) -> None:
    with NodeThread(web_settings(tmp_path)) as thread:
        first = thread.service.first_login
        assert first is not None
        page = browser.new_page()
        page.goto(f"{thread.url}/window")
        page.fill("#name", first.account)
        page.fill("#password", first.password)
        page.click("button.main")
        page.wait_for_url("**/account")
        page.goto(f"{thread.url}/phones")  # nothing else may be done before
        assert page.url.endswith("/account")
        for field, text in (("#old", first.password), ("#new", "a lamp in the fog"), ("#again", "a lamp in the fox")):
            page.fill(field, text)
        page.click("main button.main")
        assert "typed in two ways" in page.inner_text(".message.bad")
        for field, text in (("#old", first.password), ("#new", "a lamp in the fog"), ("#again", "a lamp in the fog")):
            page.fill(field, text)
        page.click("main button.main")
        page.wait_for_url("**/phones*")
        assert page.inner_text(".message.ok") == "You have a new password."
        assert page.inner_text(".empty").startswith("No phone yet.")
        page.context.close()


def test_a_wrong_password_is_said_and_the_name_stays(visit: Visit) -> None:
    visitor = visit(user="")
    visitor.go("/login")
    visitor.page.fill("#name", ADMIN)
    visitor.page.fill("#password", "not that one")
    visitor.page.click("button.main")
    assert "The name or the password is wrong" in visitor.page.inner_text("[role=alert]")
    assert visitor.page.input_value("#name") == ADMIN
    assert visitor.page.input_value("#password") == ""


@pytest.mark.parametrize(
    ("asked", "lands"),
    [
        ("/window", "/window"),
        ("/phones?q=Ada", "/phones?q=Ada"),
        ("/login?next=https://example.net/", "/phones"),
        ("/login?next=//example.net/", "/phones"),
        ("/login?next=/\\example.net/", "/phones"),
    ],
)
def test_a_login_leads_where_one_wanted_to_go_and_never_elsewhere(visit: Visit, asked: str, lands: str) -> None:
    visitor = visit(user="", javascript=False)
    visitor.go(asked)
    assert "/login" in visitor.page.url
    visitor.page.fill("#name", ADMIN)
    visitor.page.fill("#password", PASSWORD)
    visitor.page.click("button.main")
    assert visitor.page.url == visitor.base + lands


def test_after_the_logout_nothing_is_shown(visit: Visit) -> None:
    visitor = visit(user="")
    visitor.go("/login")
    visitor.page.fill("#name", ADMIN)
    visitor.page.fill("#password", PASSWORD)
    visitor.page.click("button.main")
    visitor.page.click("text=Log out")
    visitor.page.wait_for_url("**/login")
    visitor.go("/phones")
    assert "/login" in visitor.page.url


def test_the_colours_that_were_chosen_stay_without_a_script(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/audit?q=enabled")
    assert visitor.page.locator("html").get_attribute("data-theme") is None
    visitor.page.click("text=Dark colours")
    assert visitor.page.url.endswith("/audit?q=enabled")
    assert visitor.page.locator("html").get_attribute("data-theme") == "dark"
    visitor.go("/health")
    assert visitor.page.locator("html").get_attribute("data-theme") == "dark"


def test_a_switch_of_colours_offers_what_is_not_there(visit: Visit) -> None:
    dark = visit(scheme="dark")
    dark.go("/health")
    dark.page.click("text=Light colours")
    assert dark.page.locator("html").get_attribute("data-theme") == "light"
    assert _ground(dark) == "rgb(245, 246, 248)"


def _ground(visitor: Visitor) -> str:
    found: str = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    return found

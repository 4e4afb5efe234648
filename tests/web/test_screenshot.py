"""A screenshot of a phone in the browser, with the login that the phone asks our server about."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bridge.web.screenshots import Screenshots
from tests.phonepage import PhoneWebPage, picture
from tests.web.conftest import House, Visit
from tests.web.nodethread import ADMIN, NodeThread
from tests.web.office import make_office
from tests.webnode import PASSWORD, web_settings

PAIR = ("screens", "a-secret-for-screens")


def test_a_screenshot_in_the_browser(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = web_settings(tmp_path)
    settings = replace(settings, web=replace(settings.web, phone_user=PAIR[0], phone_password=PAIR[1]))
    with NodeThread(settings) as thread, phone_page(thread, monkeypatch) as phone:
        (device,) = thread.call(make_office, thread.service, phones=1)
        page = browser.new_page()
        page.goto(f"{thread.url}/login?next=/phones/{device.name}")
        page.fill("#name", ADMIN)
        page.fill("#password", PASSWORD)
        page.click("button.main")
        page.wait_for_url(f"**/phones/{device.name}")  # its scripts run by then
        page.click("text=Take a screenshot")
        expect(page.locator("[data-screenshot] img")).to_be_visible()
        assert page.evaluate("document.querySelector('[data-screenshot] img').naturalWidth") == 298
        assert phone.asked == ["/CGI/Screenshot"]
        page.context.close()


def test_without_a_login_for_phones_it_is_said_what_to_set(
    house: House, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with phone_page(house.thread, monkeypatch):
        for javascript in (True, False):
            visitor = visit(javascript=javascript)
            visitor.go("/phones/SEP001122300000")
            visitor.page.click("text=Take a screenshot")
            told = visitor.page.locator("[data-screenshot]" if javascript else "main .message.bad")
            expect(told).to_contain_text("wants a login for its screen")
            expect(told).to_contain_text("web.phone_user")


@contextlib.contextmanager
def phone_page(thread: NodeThread, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneWebPage]:
    """A phone's web page, which asks the node whether a login is right; every screenshot is taken of it."""
    host, port = thread.service.http_addresses[0]
    phone = PhoneWebPage(picture(), f"http://{host}:{port}/services/authentication")
    serving = phone.served()
    at = thread.run(serving.__aenter__())
    # A phone's page is on its port 80, which a test has no right to.
    monkeypatch.setattr(Screenshots, "_url", lambda *_: f"http://127.0.0.1:{at}/CGI/Screenshot")
    try:
        yield phone
    finally:
        thread.run(serving.__aexit__(None, None, None))

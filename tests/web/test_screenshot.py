"""A screenshot of a phone in the browser, with the login that the phone asks our server about."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bridge.web.dashboard.screenshots import Screenshots
from tests.phonepage import PhoneWebPage, picture
from tests.web.nodethread import ADMIN, NodeThread
from tests.web.office import make_office
from tests.webnode import PASSWORD, web_settings

PAIR = ("screens", "a-secret-for-screens")


@pytest.mark.parametrize("login", [PAIR, ("", "")])
def test_a_screenshot_in_the_browser(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, login: tuple[str, str]
) -> None:
    settings = web_settings(tmp_path)
    settings = replace(settings, web=replace(settings.web, phone_user=login[0], phone_password=login[1]))
    with NodeThread(settings) as thread, contextlib.ExitStack() as stack:
        host, port = thread.service.http_addresses[0]
        phone = PhoneWebPage(picture(), f"http://{host}:{port}/services/authentication")
        serving = phone.served()
        at = thread.run(serving.__aenter__())
        stack.callback(lambda: thread.run(serving.__aexit__(None, None, None)))
        # A phone's page is on its port 80, which a test has no right to.
        monkeypatch.setattr(Screenshots, "_url", lambda *_: f"http://127.0.0.1:{at}/CGI/Screenshot")
        (device,) = thread.call(make_office, thread.service, phones=1)
        page = browser.new_page()
        page.goto(f"{thread.url}/login?next=/phones/{device.name}")
        page.fill("#name", ADMIN)
        page.fill("#password", PASSWORD)
        page.click("button.main")
        page.click("text=Take a screenshot")
        place = page.locator("[data-screenshot]")
        if login == PAIR:
            expect(place.locator("img")).to_be_visible()
            assert page.evaluate("document.querySelector('[data-screenshot] img').naturalWidth") == 298
        else:
            expect(place).to_contain_text("wants a login for its screen")
            expect(place).to_contain_text("web.phone_user")
        assert set(phone.asked) == {"/CGI/Screenshot"}
        page.context.close()

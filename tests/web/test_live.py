"""Pages that stay open: the service goes and comes back, a login ends, and whoever looks is told."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Visit
from tests.web.office import STUCK

PAGES = ("/phones", f"/phones/{STUCK}", "/window")
AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
"""As if somebody came back to the page: it opens its stream anew."""


@pytest.mark.parametrize("path", PAGES[1:])  # the list goes to the login by itself when it asks for rows
def test_a_page_says_that_the_login_has_ended(visit: Visit, path: str) -> None:
    visitor = visit()
    visitor.go(path)
    cookies = visitor.context.cookies()
    visitor.context.clear_cookies()
    visitor.page.evaluate(AGAIN)
    told = visitor.page.locator("main [role=alert]")
    expect(told).to_contain_text("Your login has ended")
    assert told.locator("a").get_attribute("href") == visitor.base + path, "which leads to the login, and back"
    visitor.page.evaluate(AGAIN)
    visitor.page.wait_for_timeout(200)
    assert told.count() == 1
    # Somebody logs in, in another tab: the page goes on by itself.
    visitor.context.add_cookies(cookies)  # type: ignore[arg-type]  # as they came
    visitor.page.evaluate(AGAIN)
    expect(told).to_have_count(0)
    # The browser itself notes that the login's page is no stream.
    visitor.complaints[:] = [each for each in visitor.complaints if "text/event-stream" not in each]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_that_the_server_is_away_and_goes_on_when_it_is_back(visit: Visit, path: str) -> None:
    visitor = visit()
    visitor.page.clock.install()
    visitor.go(path)
    visitor.page.route("**/live", lambda route: route.abort())
    visitor.page.evaluate(AGAIN)
    visitor.page.clock.run_for(2000)
    told = visitor.page.locator("main [role=alert]")
    assert told.count() == 0, "a service that starts again is back sooner"
    visitor.page.clock.run_for(6000)
    expect(told).to_contain_text("The server does not answer")
    visitor.page.unroute("**/live")
    visitor.page.evaluate(AGAIN)
    expect(told).to_have_count(0)

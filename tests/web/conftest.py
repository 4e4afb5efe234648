"""A browser, an office to look at, and pages of people who are logged in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bridge.web.dashboard.staticfiles import static_address
from tests.peers import peer
from tests.web.nodethread import ADMIN, VIEWER, NodeThread
from tests.web.office import make_office, tell_what_happened
from tests.webnode import PASSWORD, web_settings

_WITHOUT = (
    "SpareRendererForSitePerProcess",
    "PaintHolding",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "DestroyProfileOnBrowserClose",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "OptimizationHints",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "PreconnectToSearch",
)
"""Features of Chromium. The last switch of this name counts: what playwright would say is in it."""
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Starting a process for each page takes longer than most tests: pages of one profile share theirs, and none is kept
    # ready for pages that never come.
    "--process-per-site",
    f"--disable-features={','.join(_WITHOUT)}",
)


DEADLINE = 20_000
"""Milliseconds until a page that does not become what it should has failed: long, for machines that are busy."""
expect.set_options(timeout=DEADLINE)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A real Chromium.

    It goes with the last test of this package: while it is there, no test of the process can have an event loop.
    """
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=peer("chromium"), args=list(ARGUMENTS))
        yield running
        running.close()


@dataclass
class Visitor:
    """Somebody at a browser. What the browser complains about is gathered: a blocked script, an error."""

    context: BrowserContext
    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    _listeners: list[tuple[Any, Callable[[Any], None]]] = field(default_factory=list)

    def on(self, event: Any, listener: Callable[[Any], None]) -> None:
        """Hear of what happens to the page, until the test is over."""
        self.page.on(event, listener)
        self._listeners.append((event, listener))

    def leave(self) -> None:
        """The test is over: whoever comes next finds a browser as a new one is."""
        for event, listener in self._listeners:
            self.page.remove_listener(event, listener)
        self.context.clear_cookies()

    def go(self, path: str) -> int:
        """Open a page; its HTTP status."""
        answer = self.page.goto(self.base + path)
        assert answer is not None
        return answer.status

    def said(self) -> str:
        """What the page says was done."""
        return self.page.locator(".message.ok").inner_text()

    def trouble(self) -> str:
        """What the page says went wrong."""
        return self.page.locator("main .message.bad").inner_text()


Visit = Callable[..., Visitor]
Kind = tuple[str, bool, str, tuple[int, int]]
"""User (empty: nobody), whether scripts run, colours, and size of the window."""


class House:
    """A node with an office, and people who are logged in to it."""

    def __init__(self, thread: NodeThread, browser: Browser) -> None:
        self.thread = thread
        self.browser = browser
        self._states: dict[str, Any] = {}
        self._free: dict[Kind, list[Page]] = {}

    def state_of(self, user: str) -> Any:
        """The cookies of a user who logged in."""
        if user not in self._states:
            context = self.browser.new_context()
            page = context.new_page()
            page.goto(f"{self.thread.url}/login")
            page.fill("#name", user)
            page.fill("#password", PASSWORD)
            page.click("button.main")
            page.wait_for_url("**/phones*")
            self._states[user] = context.storage_state()
            context.close()
        return self._states[user]

    def lend(self, kind: Kind) -> Page:
        """A browser as a new one would be, without the second that a new one takes."""
        user, javascript, scheme, size = kind
        if free := self._free.get(kind):
            page = free.pop()
        else:
            context = self.browser.new_context(
                java_script_enabled=javascript,
                color_scheme=scheme,  # type: ignore[arg-type]
                viewport={"width": size[0], "height": size[1]},
                reduced_motion="reduce",
            )
            context.set_default_timeout(DEADLINE)
            page = context.new_page()
        if user:
            page.context.add_cookies(self.state_of(user)["cookies"])
        return page

    def take_back(self, kind: Kind, page: Page) -> None:
        """Of a page of ours only cookies stay, and where it is: it stores nothing else."""
        # A picture of the same site: the page has no script any more, and its process stays.
        page.goto(f"{self.thread.url}{static_address('mark.svg')}")
        page.emulate_media(color_scheme=kind[2])  # type: ignore[arg-type]
        self._free.setdefault(kind, []).append(page)


@pytest.fixture(scope="package")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One office for all tests that change only phones of their own."""
    with NodeThread(web_settings(tmp_path_factory.mktemp("node"))) as thread:

        async def furnish() -> None:
            devices = await asyncio.to_thread(make_office, thread.service)
            await thread.service.refresh()
            tell_what_happened(thread.service, devices)

        thread.run(furnish())
        yield House(thread, browser)


@pytest.fixture
def visit(house: House) -> Iterator[Visit]:
    """Opens browsers: ``visit()`` is the admin's; ``user``, ``javascript``, ``scheme`` and ``size`` change that."""
    visitors: list[tuple[Kind, Visitor]] = []

    def opened(
        *,
        user: str = ADMIN,
        javascript: bool = True,
        scheme: str = "light",
        size: tuple[int, int] = (1280, 900),
    ) -> Visitor:
        kind = (user, javascript, scheme, size)
        page = house.lend(kind)
        visitor = Visitor(page.context, page, house.thread.url)
        visitor.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        visitor.on(
            "console",
            lambda told: (
                visitor.complaints.append(told.text)
                if told.type == "error" and "Failed to load resource" not in told.text
                else None
            ),
        )
        visitors.append((kind, visitor))
        return visitor

    yield opened
    complaints = [each for _, visitor in visitors for each in visitor.complaints]
    for kind, visitor in visitors:
        visitor.leave()
        house.take_back(kind, visitor.page)
    assert complaints == []


@pytest.fixture
def admin(visit: Visit) -> Visitor:
    """The admin's browser."""
    return visit()


@pytest.fixture
def viewer(visit: Visit) -> Visitor:
    """The browser of somebody who may look."""
    return visit(user=VIEWER)

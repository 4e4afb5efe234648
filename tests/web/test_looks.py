"""Accessibility, keyboard, phone-sized screens: what makes the pages usable for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from bridge.core import DeviceName
from bridge.core.events import PhoneRegistered, PhoneUnregistered
from bridge.web.screenshots import Screenshots
from tests.web.conftest import House, Visit, Visitor
from tests.web.nodethread import ADMIN
from tests.web.office import BIG
from tests.web.test_rights import PAGES
from tests.webnode import PASSWORD

# A row more shows nothing new to the judge, and takes its time.
ALL = (
    "/phones?size=25",
    *PAGES[1:],
    "/users",
    "/upkeep",
    "/phones?q=nothing+like+it",
    "/phones/SEP00FF00FF00FF",
    f"/phones/{BIG}",
    "/site/pools?name=Default",
)
PHONE = (360, 740)


def _axe(visitor: Visitor, *rules: str) -> list[str]:
    """What axe finds that is serious or critical: by all rules, or by some."""
    # evaluate() works where the page's own policy lets no script in.
    if not visitor.page.evaluate("typeof axe === 'object'"):
        visitor.page.evaluate(AXE_SCRIPT)
    # What axe would load beforehand, sounds and style sheets, takes as long as its rules; no page has a sound or turns.
    options = {"resultTypes": ["violations"], "preload": False, **({"runOnly": list(rules)} if rules else {})}
    found: Any = visitor.page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{each['id']}: {node['html'][:150]} {node['failureSummary'][:300]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_axe_finds_nothing_serious_in_the_light_and_in_the_dark(visit: Visit) -> None:
    visitor, outside = visit(), visit(user="")
    found: dict[str, list[str]] = {}
    for who, path in [(visitor, path) for path in ALL] + [(outside, "/login")]:
        who.go(path)
        who.page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true; })")
        if violations := _axe(who):
            found[path] = violations
        # In the dark all is as in the light but the colours.
        who.page.emulate_media(color_scheme="dark")
        assert who.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 21, 28)"
        if violations := _axe(who, "color-contrast"):
            found[f"{path} in the dark"] = violations
        who.page.emulate_media(color_scheme="light")
    assert found == {}


def test_axe_finds_nothing_serious_in_what_scripts_drew(
    house: House, admin: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row, a phone's findings and its way, drawn anew by news; and what came of the picture of its screen."""
    monkeypatch.setattr(Screenshots, "_url", lambda *_: "http://127.0.0.1:9/")
    name, service = DeviceName("SEP001122300019"), house.thread.service

    def leaves(why: str) -> None:
        left = PhoneUnregistered(at=service.clock.now(), device=name, endpoint="1025", why=why)
        house.thread.call(service.recorder.record, left)

    admin.go("/phones")
    expect(admin.page.locator("[data-live]")).to_contain_text("· live")
    leaves("its keepalives stopped: it fell silent")
    expect(admin.page.locator(f"#row-{name} td.found")).to_contain_text("fell silent")
    assert _axe(admin) == []
    admin.go(f"/phones/{name}")
    leaves("its keepalives stopped again")
    expect(admin.page.locator("[data-part=timeline]")).to_contain_text("stopped again")
    expect(admin.page.locator("[data-part=findings]")).to_contain_text("fell silent")
    told = admin.page.locator("[data-screenshot]")
    assert told.get_attribute("role") == "status", "who does not see it hears what comes of it"
    admin.page.click("text=Take a screenshot")
    expect(told).to_contain_text("does not answer")
    admin.page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true; })")
    assert _axe(admin) == []
    admin.page.emulate_media(color_scheme="dark")
    assert _axe(admin, "color-contrast") == []
    back = PhoneRegistered(at=service.clock.now(), device=name, endpoint="1025", address="192.0.2.26:5060")
    house.thread.call(service.recorder.record, back)


def test_axe_would_find_something(visit: Visit) -> None:
    """The judge is awake: a page with a picture without a text, and grey on grey, is not passed."""
    visitor = visit()
    visitor.go("/health")
    visitor.page.evaluate("document.querySelector('main').innerHTML = '<img src=x><button></button>'")
    assert len(_axe(visitor)) == 2


CUT = """() => { const right = (each) => each.getBoundingClientRect().right; return [
  ...[...document.querySelectorAll("main .scroll")].filter((each) => each.scrollWidth > each.clientWidth + 1),
  ...[...document.querySelectorAll("main .card :is(button, .button, .badge, select, input)")].filter((each) =>
    each.checkVisibility() && right(each) > right(each.closest(".card")) - 4),
].map((each) => each.getAttribute("aria-label") ?? each.textContent.trim().slice(0, 60)); }"""
"""Tables that do not fit into their frames, and what reaches over the edge of its card."""


def test_no_page_is_wider_than_a_phone_and_nothing_is_cut_there(visit: Visit) -> None:
    visitor = visit(size=PHONE)
    too_wide: dict[str, list[str]] = {}
    for path in ALL:
        visitor.go(path)
        if visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide[path] = ["the page"]
        if cut := visitor.page.evaluate(CUT):
            too_wide.setdefault(path, []).extend(cut)
    assert too_wide == {}


def test_on_a_phone_the_menu_is_behind_a_button(visit: Visit) -> None:
    visitor = visit(size=PHONE, javascript=False)
    visitor.go("/phones")
    link = visitor.page.locator("nav.nav >> text=Health")
    assert not link.is_visible()
    visitor.page.click("summary >> text=Menu")
    link.click()
    assert visitor.page.inner_text("h1") == "Health"
    visitor.go("/phones")
    row = visitor.page.locator("#row-SEP001122300000")
    assert row.locator(".badge").is_visible()
    assert row.locator(".badge").bounding_box()["x"] < PHONE[0]  # type: ignore[index]  # it is drawn, so it has one
    assert "8841" in row.inner_text()


def test_everything_goes_by_keyboard(visit: Visit) -> None:
    visitor = visit(user="")
    visitor.go("/login")
    keys = visitor.page.keyboard
    keys.type(ADMIN)  # the name has the focus
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    visitor.page.wait_for_url("**/phones")
    keys.press("Tab")
    assert visitor.page.evaluate("document.activeElement.className") == "skip"
    keys.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "main"
    for _ in range(60):
        keys.press("Tab")
        if visitor.page.evaluate("document.activeElement.closest('tr[data-phone]') !== null"):
            break
    outline = visitor.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "one does not see where one is"
    keys.press("Enter")
    visitor.page.wait_for_url("**/phones/SEP*")
    expect(visitor.page.locator("h1")).to_be_visible()
    visitor.page.locator("#h-files").scroll_into_view_if_needed()
    visitor.page.locator("section[aria-labelledby=h-files] summary").first.focus()
    keys.press("Enter")
    assert visitor.page.locator("section[aria-labelledby=h-files] pre").first.is_visible()


def test_a_state_is_told_by_text_and_sign_and_not_by_its_colour_alone(admin: Visitor) -> None:
    admin.go("/phones")
    shapes = admin.page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.tile')].map(t =>"
        " [t.querySelector('span').textContent, t.querySelector('svg').innerHTML]))"
    )
    assert len(shapes) == 7
    assert len(set(shapes.values())) == 7
    for badge in admin.page.locator("tr[data-phone] .badge").all()[:10]:
        assert badge.inner_text().strip()


def test_nothing_is_asked_of_other_servers(visit: Visit) -> None:
    visitor = visit()
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    for path in ("/phones", "/phones/SEP001122300000", "/window"):
        visitor.go(path)
    assert asked
    assert all(each.startswith((visitor.base, "data:")) for each in asked)

"""The window: its switch, the range, who waits, the steps, and the temporary phones afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bridge.app.admission.window import WindowDesk
from bridge.core import DeviceName
from bridge.lab.tftpclient import TftpClient
from tests.web.conftest import House, Visit, Visitor


@pytest.fixture
def still(house: House) -> Iterator[House]:
    """The office, whose autoregistration is afterwards what it was."""
    store = house.thread.service.store
    with store.read() as work:
        before = work.autoregistration.load()
    yield house
    with store.write() as work:
        work.autoregistration.save(before)
        work.commit()


def _switch(visitor: Visitor) -> str:
    return visitor.page.inner_text("#h-switch").strip()


def _admits(house: House, name: DeviceName) -> bool:
    """What a phone is told that asks for its file."""
    reply = house.thread.run(TftpClient(house.thread.service.tftp.addresses[0]).read(f"{name}.cnf.xml"))
    return reply.content is not None


def test_one_big_switch(still: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/window")
    assert _switch(visitor) == "Open"
    visitor.page.click("text=Close it")
    assert (_switch(visitor), visitor.said()) == ("Closed", "The window is closed.")
    assert not _admits(still, DeviceName("SEP001122EE0001"))
    visitor.page.select_option("#f-for", "15")
    visitor.page.fill("#f-count", "1")
    visitor.page.click("text=Open it all the same") if _is_blocked(visitor) else visitor.page.click("text=Open it")
    assert _switch(visitor) == "Open"
    assert _admits(still, DeviceName("SEP001122EE0001"))
    visitor.go("/audit?q=enabled")
    assert "ada from 127.0.0.1" in visitor.page.inner_text("tbody tr:first-child")


def _is_blocked(visitor: Visitor) -> bool:
    visitor.page.wait_for_load_state()  # a click waits for the first octets of the next page alone
    return visitor.page.locator("text=Open it all the same").count() > 0


@pytest.mark.req("AR-34")
def test_it_is_opened_later_or_until_a_moment(still: House, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    # The office's phones stand against it, and what other tests have left there.
    monkeypatch.setattr(WindowDesk, "_obstacles", lambda *_: ())
    visitor = visit(javascript=False)
    visitor.go("/window")
    visitor.page.click("text=Close it")
    tomorrow = (still.thread.service.clock.now() + timedelta(days=1)).astimezone()

    def give(**moments: str) -> None:
        visitor.page.click("text=Later, or until a moment")
        for key, moment in moments.items():
            visitor.page.fill(f"#f-{key}", moment)
        visitor.page.click("button:text-is('Open it')")

    give(**{"from": f"{tomorrow:%Y-%m-%dT04:00}", "until": f"{tomorrow:%Y-%m-%dT05:00}"})
    assert visitor.said() == f"The window opens at {tomorrow:%Y-%m-%d} 04:00:00."
    assert _switch(visitor) == f"Opens {tomorrow:%Y-%m-%d} 04:00:00"
    assert f"closes {tomorrow:%Y-%m-%d} 05:00:00" in visitor.page.inner_text("[data-window]")
    assert not _admits(still, DeviceName("SEP001122EE0002"))
    visitor.page.click("text=Do not open it")
    assert _switch(visitor) == "Closed"
    give(until=f"{tomorrow:%Y-%m-%dT18:30}")
    assert _switch(visitor) == "Open"
    assert f"at {tomorrow:%Y-%m-%d} 18:30:00" in visitor.page.inner_text("[data-window]")
    visitor.page.click("text=Close it")
    give(until="2020-01-31T18:00")
    assert "moment is over" in visitor.page.inner_text("main .message.bad")
    assert _switch(visitor) == "Closed"


@pytest.mark.req("AR-02")
def test_many_temporary_phones_are_a_warning_that_points_to_bulk_import(still: House, visit: Visit) -> None:
    store = still.thread.service.store
    visitor = visit(javascript=False)
    with store.read() as work:
        temporary = work.devices.count(temporary=True)
    for warn_after, warned in ((temporary + 1, False), (temporary, True)):
        with store.write() as work:
            work.autoregistration.save(replace(work.autoregistration.load(), warn_after=warn_after))
            work.commit()
        visitor.go("/window")
        assert ("bulk import" in visitor.page.inner_text("main")) is warned
    assert f"{temporary} phones have autoregistered" in visitor.page.inner_text("main")


def test_what_stands_against_opening_is_said_first(still: House, admin: Visitor) -> None:
    admin.go("/window")
    admin.page.click("text=Close it")
    assert "meets extension 1000" in admin.page.inner_text(".message.warn >> nth=0")
    admin.page.click("button:text-is('Open it')")
    assert "autoregistration cannot be enabled" in admin.trouble().lower()
    admin.on("dialog", lambda dialog: dialog.accept())
    admin.page.click("text=Open it all the same")
    assert _switch(admin) == "Open"
    assert "(forced)" in _detail(admin)


def _detail(visitor: Visitor) -> str:
    visitor.go("/audit?q=enabled")
    return visitor.page.inner_text("tbody tr:first-child")


def test_the_time_left_runs(admin: Visitor) -> None:
    admin.go("/window")
    left = admin.page.locator("[data-seconds-left]")
    before = left.inner_text()
    expect(left).not_to_have_text(before)


def test_the_numbers_are_drawn(still: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/window")
    bars = visitor.page.locator("svg.strip g")
    assert bars.count() == 100
    assert "1000–1001: used" in bars.nth(0).inner_html()
    assert "1198–1199: free" in bars.nth(99).inner_html()
    visitor.page.fill("#f-range", "2000-2009")
    visitor.page.click("text=Set the range")
    assert "The range is 2000-2009." in visitor.said()
    assert visitor.page.locator("svg.strip g").count() == 10
    visitor.page.fill("#f-range", "2009-2000")
    visitor.page.click("text=Set the range")
    assert "starts after its end" in visitor.trouble()


def test_phones_wait_for_approval_and_are_judged(still: House, visit: Visit) -> None:
    name, other = DeviceName("SEP001122EE0011"), DeviceName("SEP001122EE0012")
    visitor = visit(javascript=False)
    visitor.go("/window")
    visitor.page.click("text=Approve every phone by hand")
    assert not _admits(still, name)
    assert not _admits(still, other)
    visitor.go("/window")
    row = visitor.page.locator("section[aria-labelledby=h-waiting] tr")
    row.filter(has_text=str(name)).locator("text=Approve").click()
    assert f"{name} was approved." in visitor.said()
    row.filter(has_text=str(other)).locator("text=Deny").click()
    assert _admits(still, name)
    assert not _admits(still, other)


def test_many_that_wait_are_judged_at_once_by_keyboard(still: House, admin: Visitor) -> None:
    names = [DeviceName(f"SEP001122EE003{place}") for place in range(3)]
    admin.go("/window")
    admin.page.click("text=Approve every phone by hand")
    assert [_admits(still, name) for name in names] == [False] * 3
    admin.go("/window")
    keys, waiting = admin.page.keyboard, admin.page.locator("section[aria-labelledby=h-waiting]")
    for name in names[:2]:
        admin.page.focus(f"input[name=waiting][value={name}]")
        keys.press("Space")
    expect(waiting.locator("[data-chosen]")).to_have_text("2 chosen")
    waiting.locator("form#judge-waiting button:has-text('Approve')").focus()
    keys.press("Enter")
    assert "were approved." in admin.said()
    # What is ticked stays ticked when the page is drawn anew, because others asked in the meantime.
    admin.page.check(f"input[name=waiting][value={names[2]}]")
    admin.page.focus("#f-networks")
    late = DeviceName("SEP001122EE0039")
    assert not _admits(still, late)
    expect(waiting).to_contain_text(str(late), timeout=10_000)
    assert admin.page.is_checked(f"input[name=waiting][value={names[2]}]")
    assert not admin.page.is_checked(f"input[name=waiting][value={late}]")
    waiting.locator("form#judge-waiting button:has-text('Deny')").click()
    assert admin.said() == f"{names[2]} was denied."
    assert [_admits(still, name) for name in names] == [True, True, False]
    waiting.locator("form#judge-waiting button:has-text('Deny')").click()
    assert "No phone was chosen" in admin.trouble()


def test_many_that_were_turned_away_are_added_at_once(still: House, visit: Visit) -> None:
    names = [DeviceName(f"SEP001122EE004{place}") for place in range(3)]
    visitor = visit(javascript=False)
    visitor.go("/window")
    visitor.page.click("text=Close it")
    assert [_admits(still, name) for name in names] == [False] * 3
    visitor.page.fill("#f-range", "3000-3001")
    visitor.page.click("text=Set the range")
    if _switch(visitor) == "Open":
        visitor.page.click("text=Close it")
    for name in names:
        visitor.page.check(f"input[name=refused][value={name}]")
    visitor.page.click("form#judge-refused button:has-text('Add')")
    assert "have numbers. Not done: " in visitor.said()
    assert [_admits(still, name) for name in names].count(True) == 2
    (left,) = [name for name in names if not _admits(still, name)]
    visitor.go("/window")
    visitor.page.check(f"input[name=refused][value={left}]")
    visitor.page.click("form#judge-refused button:has-text('Deny')")
    assert visitor.said() == f"{left} was denied."


def test_who_is_turned_away_shows_while_one_looks(still: House, admin: Visitor) -> None:
    name = DeviceName("SEP001122EE0021")
    admin.go("/window")
    admin.page.click("text=Close it")
    admin.page.focus("#f-networks")
    assert not _admits(still, name)
    refused = admin.page.locator("section[aria-labelledby=h-refused]")
    expect(refused).to_contain_text(str(name), timeout=10_000)
    assert admin.page.evaluate("document.activeElement.id") == "f-networks"


def test_the_nine_steps_are_there(admin: Visitor) -> None:
    admin.go("/window")
    steps = admin.page.locator("ol.steps li")
    assert steps.count() == 9
    assert "Protocol of phones that speak both" in steps.nth(0).inner_text()
    assert steps.nth(0).locator(".badge").inner_text() == "done"


def test_rules_are_saved_and_nonsense_is_refused(still: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/window")
    visitor.page.fill("#f-networks", "192.0.2.0/24, 2001:db8::/32")
    visitor.page.select_option("#f-unknown", "refuse")
    visitor.page.click("section[aria-labelledby=h-rules] button")
    assert visitor.said() == "Saved."
    assert visitor.page.input_value("#f-networks") == "192.0.2.0/24, 2001:db8::/32"
    assert "Unknown phones are always turned away." in visitor.page.inner_text("[data-window]")
    visitor.page.fill("#f-networks", "the whole house")
    visitor.page.click("section[aria-labelledby=h-rules] button")
    assert "the whole house" in visitor.trouble()


def test_temporary_phones_are_moved_together(house: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/site/pools")
    visitor.page.fill("input[name='key.name']", "Second floor")
    visitor.page.click("section[aria-labelledby=h-form] button.main")
    visitor.go("/temporary?model=7961G")
    shown = visitor.page.locator("tbody tr").count()
    assert shown > 0
    boxes = visitor.page.locator("input[name=phone]")
    names = [boxes.nth(place).get_attribute("value") for place in range(2)]
    visitor.page.click("text=Move them")
    assert "no phone was chosen" in visitor.trouble().lower()
    visitor.go("/temporary?model=7961G")
    for place in range(2):
        boxes.nth(place).check()
    visitor.page.select_option("select[name=pool] >> nth=1", "Second floor")
    visitor.page.click("text=Move them")
    assert visitor.said().startswith("Moved to Second floor")
    for name in names:
        visitor.go(f"/phones/{name}")
        facts = visitor.page.inner_text("dl.facts")
        assert "Second floor" in facts
        assert "temporary" not in facts


def test_all_temporary_phones_are_ticked_at_once(admin: Visitor) -> None:
    admin.go("/temporary")
    admin.page.check("[data-all]")
    assert admin.page.locator("input[name=phone]:not(:checked)").count() == 0

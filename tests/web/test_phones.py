"""The list of phones and the page of one phone, in a browser."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bridge.autoregistration.policy import Window
from bridge.core import DeviceName, Via
from bridge.core.events import FileRequested, PhoneRegistered, PhoneUnregistered
from bridge.lab.tftpclient import TftpClient
from tests.web.conftest import DEADLINE, House, Visit, Visitor
from tests.web.office import BIG, STRANGER, STUCK


def _rows(visitor: Visitor) -> list[str]:
    return visitor.page.locator("tr[data-phone] td.number").all_inner_texts()


def test_the_list_is_searched_filtered_sorted_and_paged_without_a_script(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/phones?size=25")
    assert _rows(visitor)[:3] == ["1000", "1001", "1002"]
    visitor.page.click("a[rel=next]")
    assert _rows(visitor)[0] == "1025"
    visitor.page.fill("#q", "00:11:22:30:00:07")
    visitor.page.click("text=Show >> visible=true")
    assert _rows(visitor) == ["1007"]
    visitor.go("/phones")
    visitor.page.click("thead >> text=Number")  # sorted by it: the other way round
    assert _rows(visitor)[0] in ("–", "1039")
    visitor.page.click("nav.tiles >> text=Stuck")
    assert set(visitor.page.locator("tr[data-phone] .badge").all_inner_texts()) == {"Stuck"}
    visitor.page.select_option("#f-model", "8851")
    visitor.page.click("text=Show >> visible=true")
    assert _rows(visitor) == ["1003"]


def test_a_row_changes_by_itself_when_something_happens_to_its_phone(house: House, admin: Visitor) -> None:
    name = DeviceName("SEP001122300004")
    admin.go("/phones")
    expect(admin.page.locator("[data-live]")).to_contain_text("live")
    expect(admin.page.locator(f"#row-{name} .badge")).to_have_text("Registered")
    service = house.thread.service
    left = PhoneUnregistered(at=service.clock.now(), device=name, endpoint="1004", why="the cable was pulled")
    house.thread.call(service.recorder.record, left)
    expect(admin.page.locator(f"#row-{name} .badge")).to_have_text("Not registered")
    expect(admin.page.locator(f"#row-{name} .word")).to_contain_text("the cable was pulled")
    back = PhoneRegistered(at=service.clock.now(), device=name, endpoint="1004", address="192.0.2.5:5060")
    house.thread.call(service.recorder.record, back)
    expect(admin.page.locator(f"#row-{name} .badge")).to_have_text("Registered")


def test_a_new_phone_is_announced_and_moves_nothing(house: House, admin: Visitor) -> None:
    name = DeviceName("SEP001122DD0001")
    admin.go("/phones?sort=name&dir=desc")
    expect(admin.page.locator("[data-live]")).to_contain_text("· live")
    before = _rows(admin)
    link = admin.page.locator("[data-more]")
    assert not link.is_visible()
    service = house.thread.service
    asks = FileRequested(at=service.clock.now(), name=f"{name}.cnf.xml", client="192.0.2.99", via=Via.TFTP)
    house.thread.call(service.recorder.record, asks)
    expect(link).to_have_text("Show 1 new phone")
    assert _rows(admin) == before
    link.click()
    expect(admin.page.locator(f"#row-{name} .badge")).to_have_text("Asks for files")


def test_focus_stays_in_a_row_that_is_drawn_anew(house: House, admin: Visitor) -> None:
    name = DeviceName("SEP001122300006")
    admin.go("/phones")
    expect(admin.page.locator("[data-live]")).to_contain_text("· live")
    admin.page.locator(f"#row-{name} .name a").focus()
    service = house.thread.service
    left = PhoneUnregistered(at=service.clock.now(), device=name, endpoint="1006", why="gone")
    house.thread.call(service.recorder.record, left)
    expect(admin.page.locator(f"#row-{name} .badge")).to_have_text("Not registered")
    assert admin.page.evaluate("document.activeElement.textContent") == str(name)


def test_a_phone_is_added_by_its_mac_without_a_script(house: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/phones")
    visitor.page.click("summary >> text=Add a phone by its MAC")
    visitor.page.fill("#f-mac", "00:11:22:AA:BB:01")
    visitor.page.locator("input[name=model]").fill("8841")
    visitor.page.locator("input[name=number]").fill("1150")
    visitor.page.click("text=Add the phone")
    assert "SEP001122AABB01 has the number 1150" in visitor.said()
    assert visitor.page.inner_text("h1") == "1150"
    assert visitor.page.locator("dl.facts").inner_text().count("8841") == 1
    visitor.go("/audit?q=SEP001122AABB01")
    assert "ada from 127.0.0.1" in visitor.page.locator("tbody").inner_text()


def test_what_cannot_be_added_says_why(admin: Visitor) -> None:
    admin.go("/phones")
    admin.page.click("summary >> text=Add a phone by its MAC")
    admin.page.fill("#f-mac", "<script>alert(1)</script>")
    admin.page.click("text=Add the phone")
    assert "script" in admin.trouble()
    assert admin.page.locator("main script").count() == 0


# --- what is found of phones


def test_phones_with_problems_are_counted_filtered_and_sorted_without_a_script(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/phones")
    head = visitor.page.locator(".headline a", has_text="with problems")
    assert int(head.locator("b").inner_text()) >= 5, "stuck phones of the office, and the stranger"
    head.click()
    number = int(head.locator("b").inner_text())
    rows = visitor.page.locator("tr[data-phone]")
    assert rows.count() == number
    found = rows.locator("td.found > a")
    assert found.count() == number
    assert {each.strip().partition(":")[0] for each in found.all_text_contents()} == {"Problem"}
    assert visitor.page.locator("#f-problems").input_value() == "1"
    # Filters go together, and it can be taken back.
    visitor.page.select_option("#f-model", "8851")
    visitor.page.click("text=Show >> visible=true")
    assert "1003" in _rows(visitor)
    assert 0 < rows.count() < number
    visitor.go("/phones")
    visitor.page.click("thead >> text=Finding")
    number = int(head.locator("b").inner_text())  # of this page: with the time more can be found
    assert visitor.page.locator("thead th[aria-sort]").inner_text().strip() == "Finding"
    assert all(rows.nth(place).locator("td.found a.bad").count() for place in range(number))
    assert rows.nth(number).locator("td.found a.bad").count() == 0
    rows.nth(0).locator("td.found a").click()
    assert visitor.page.url.endswith("#findings")
    assert visitor.page.locator(".finding.bad").count() >= 1


def test_a_finding_appears_and_goes_by_itself(house: House, admin: Visitor) -> None:
    name, service = DeviceName("SEP001122300007"), house.thread.service
    admin.go("/phones")
    expect(admin.page.locator("[data-live]")).to_contain_text("· live")
    found, count = admin.page.locator(f"#row-{name} td.found"), admin.page.locator("[data-count=problems]")
    expect(found).to_have_text("–")
    now = service.clock.now()
    left = PhoneUnregistered(at=now, device=name, endpoint="1007", why="its keepalives stopped: it fell silent")
    house.thread.call(service.recorder.record, left)
    expect(found).to_contain_text("The phone was registered and fell silent")
    _shows(admin, lambda: count.inner_text() == str(service.findings.problems))
    assert found.locator("svg.icon-bad").count() == 1, "a sign beside the colour"
    back = PhoneRegistered(at=service.clock.now(), device=name, endpoint="1007", address="192.0.2.8:5060")
    house.thread.call(service.recorder.record, back)
    expect(found).to_have_text("–")
    _shows(admin, lambda: count.inner_text() == str(service.findings.problems))


def _shows(visitor: Visitor, condition: Callable[[], bool]) -> None:
    """Wait for something that other phones of the office may change meanwhile, too."""
    ends = time.monotonic() + DEADLINE / 1000
    while not condition():
        assert time.monotonic() < ends
        visitor.page.wait_for_timeout(100)


# --- one phone


def test_a_stuck_phone_says_what_is_wrong_and_what_to_do(admin: Visitor) -> None:
    admin.go(f"/phones/{STUCK}")
    assert admin.page.inner_text(".headline .badge") == "Stuck"
    first = admin.page.locator(".finding").first
    assert "5060" in first.inner_text()
    assert "What to do" in first.inner_text()
    assert first.locator("ul.fixes li").count() >= 1
    assert first.locator("summary").inner_text() == "Evidence"
    timeline = admin.page.inner_text("#timeline")
    assert "Asks for 'SEP001122300003.cnf.xml'" in timeline
    assert "Admitted with number 1003" in timeline


def test_a_healthy_phone_has_no_finding(admin: Visitor) -> None:
    admin.go(f"/phones/{BIG}")
    assert admin.page.inner_text("#findings").endswith("Nothing was found.")


def test_a_page_leads_to_what_there_is_for_that_phone(admin: Visitor) -> None:
    """Calls and texts of SIP phones do not come through here; what either would call can be tried."""
    links = admin.page.locator("p.besides a")
    admin.go("/phones/SEP001122300001")
    assert links.all_inner_texts() == ["What if it dialled …", "Its calls", "Show it a text", "Trace it"]
    admin.go("/phones/SEP001122300000")
    assert links.all_inner_texts() == ["What if it dialled …", "Trace it"]
    links.first.click()
    assert admin.page.input_value("#f-phone") == "SEP001122300000"
    admin.page.fill("#f-dialled", "1001")
    admin.page.click("text=What would happen?")
    assert "The line 1001 rings" in admin.page.inner_text("section[aria-labelledby=h-outcome]")
    admin.go("/calls?phone=1000")
    assert "Asterisk’s own records" in admin.page.inner_text(".empty")


def test_its_files_are_there_and_its_password_is_not(house: House, admin: Visitor) -> None:
    admin.go("/phones/SEP001122300000")
    file = admin.page.locator("details", has_text="SEP001122300000.cnf.xml").last
    file.locator("summary").click()
    text = file.locator("pre").inner_text()
    assert "<device>" in text
    assert "********" in text
    assert "s3cretSecret" not in admin.page.content()


def test_its_buttons_are_drawn_as_on_the_phone(admin: Visitor) -> None:
    admin.go(f"/phones/{BIG}")
    groups = admin.page.locator(".keys")
    assert groups.locator("h3").all_inner_texts() == ["7965G", "Module 1: 7916-12"]
    own = groups.nth(0).locator(".key").all_inner_texts()
    assert [each.splitlines()[0] for each in own][-6:] == ["Grace Hopper", "Ada", "Support", "Taxi", "Park 1", "6"]
    assert "Speed dial with lamp · 1001" in own[1]
    module = groups.nth(1).locator(".key")
    assert module.count() == 12
    assert "Canteen" in module.nth(2).inner_text()


@pytest.mark.req("RG-10")
def test_a_phone_that_was_turned_away_comes_in_with_one_click(house: House, admin: Visitor) -> None:
    name = DeviceName("SEP001122CCDD01")
    file = f"{name}.cnf.xml"

    def asks() -> tuple[bool, bytes]:
        host, port = house.thread.service.tftp.addresses[0]
        reply = house.thread.run(TftpClient((host, port)).read(file))
        return reply.missing, reply.content or b""

    house.thread.run(asyncio.to_thread(_close_the_window, house))
    try:
        assert asks()[0]
        expect_row = admin.page.locator(f"#row-{name}")
        admin.go(f"/phones?q={name}")
        expect(expect_row.locator(".badge")).to_have_text("Turned away")
        expect_row.locator("button", has_text="Add").click()
        assert f"{name} has the number" in admin.said()
        missing, content = asks()
        assert not missing
        number = admin.page.locator(f"#row-{name} td.number").inner_text()
        assert number.encode() in content
        admin.go(f"/phones/{name}")
        assert admin.page.inner_text("h1") == number
        expect(admin.page.locator("#timeline")).to_contain_text("Refused (autoreg_off)")
    finally:
        house.thread.run(asyncio.to_thread(_open_the_window, house))


def test_the_page_of_a_stranger_offers_to_add_it(admin: Visitor) -> None:
    admin.go(f"/phones/{STRANGER}")
    assert "its network is not allowed here" in admin.page.inner_text("section[aria-labelledby=h-add]")
    assert admin.page.locator("button", has_text="Add it with the next free number").is_visible()
    assert admin.go("/phones/SEP00FF00FF00FF") == 404


def test_the_timeline_grows_while_one_looks(house: House, admin: Visitor) -> None:
    name = DeviceName("SEP001122300010")
    admin.go(f"/phones/{name}")
    service = house.thread.service
    left = PhoneUnregistered(at=service.clock.now(), device=name, endpoint="1016", why="somebody tripped over it")
    house.thread.call(service.recorder.record, left)
    expect(admin.page.locator("#timeline")).to_contain_text("somebody tripped over it")


def test_what_is_wrong_with_a_phone_changes_while_one_looks(house: House, admin: Visitor) -> None:
    name, service = DeviceName("SEP001122300016"), house.thread.service
    admin.go(f"/phones/{name}")
    expect(admin.page.locator("#findings")).to_contain_text("Nothing was found")
    left = PhoneUnregistered(at=service.clock.now(), device=name, endpoint="1022", why="it fell silent")
    house.thread.call(service.recorder.record, left)
    finding = admin.page.locator("#findings .finding")
    expect(finding).to_contain_text("The phone was registered and fell silent")
    finding.locator("summary").click()
    finding.locator("summary").focus()
    again = PhoneUnregistered(at=service.clock.now(), device=name, endpoint="1022", why="silent for longer")
    house.thread.call(service.recorder.record, again)
    expect(finding.locator("details")).to_contain_text("silent for longer")
    assert finding.locator("details[open]").count() == 1, "what was opened stays open"
    assert admin.page.evaluate("document.activeElement.textContent") == "Evidence"


def test_how_a_phone_stands_changes_while_one_looks(house: House, admin: Visitor) -> None:
    name, service = DeviceName("SEP00112230001C"), house.thread.service
    admin.go(f"/phones/{name}")
    badge, facts = admin.page.locator(".headline .badge"), admin.page.locator("[data-part=facts]")
    expect(badge).to_have_text("Registered")
    pool = admin.page.locator("dl.facts a")
    pool.focus()
    left = PhoneUnregistered(at=service.clock.now(), device=name, endpoint="1028", why="it fell silent")
    house.thread.call(service.recorder.record, left)
    expect(badge).to_have_text("Not registered")
    expect(admin.page.locator(".standing")).to_contain_text("It fell silent")
    expect(facts).to_contain_text("192.0.2.29")
    assert admin.page.evaluate("document.activeElement.textContent") == pool.inner_text(), "the focus stays"
    back = PhoneRegistered(at=service.clock.now(), device=name, endpoint="1028", address="192.0.2.29:5060")
    house.thread.call(service.recorder.record, back)
    expect(badge).to_have_text("Registered")


def test_a_phone_is_changed_moved_and_removed_without_a_script(house: House, visit: Visit) -> None:
    name = "SEP001122300011"
    visitor = visit(javascript=False)
    visitor.go(f"/phones/{name}")
    visitor.page.fill("#f-description", "By the window")
    visitor.page.fill("#f-owner", "Emmy")
    visitor.page.click("section[aria-labelledby=h-change] button")
    assert visitor.said().startswith("Saved.")
    assert "By the window" in visitor.page.inner_text(".headline")
    assert "temporary" in visitor.page.inner_text("dl.facts")  # it is in the same pool as before
    visitor.page.click("summary >> text=Lines and buttons")
    visitor.page.fill("input[name=button]", "2")
    visitor.page.select_option("select[name=kind]", "blf-speed-dial")
    visitor.page.locator("form[action$='/button'] input[name=number]").fill("1000")
    visitor.page.locator("form[action$='/button'] input[name=label]").fill("Desk")
    visitor.page.click("text=Put it there")
    assert "Desk" in visitor.page.locator(".key").nth(1).inner_text()
    visitor.page.click("text=Remove the phone")
    assert f"{name} is gone; its number 1017 is free." in visitor.said()
    assert visitor.go(f"/phones/{name}") == 404


def test_a_restart_that_is_not_possible_says_why(admin: Visitor) -> None:
    admin.go("/phones/SEP001122300000")
    admin.page.click("text=Restart")
    # There is no Asterisk in this test, and without it nobody can tell a SIP phone anything.
    assert "Asterisk" in admin.trouble()
    assert admin.page.inner_text("h1") == "1000"


def _close_the_window(house: House) -> None:
    service = house.thread.service
    with service.store.write() as work:
        settings = work.autoregistration.load(for_update=True)
        work.autoregistration.save(replace(settings, window=None))
        work.commit()


def _open_the_window(house: House) -> None:
    service = house.thread.service
    now = service.clock.now()
    with service.store.write() as work:
        settings = work.autoregistration.load(for_update=True)
        work.autoregistration.save(replace(settings, window=Window(now, now + timedelta(minutes=40))))
        work.commit()

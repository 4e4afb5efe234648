"""Records of calls: newest first, by phone and time, how they sounded, and as files."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from bridge.core import CallQuality, CallRecord, DeviceName
from tests.web.conftest import House, Visit

PHONE = DeviceName("SEP001122300002")


@pytest.fixture(scope="module")
def calls(house: House) -> None:
    """Sixty calls of one phone, a minute apart; the newest one sounded badly."""
    now = house.thread.service.clock.now()
    with house.thread.service.store.write() as work:
        for place in range(60, 0, -1):
            ended = now - timedelta(minutes=place)
            quality = CallQuality(900, 900 - 90 * (place == 1), 90 * (place == 1), 4, 20)
            work.calls.add(
                CallRecord(
                    PHONE,
                    "1002",
                    f"+49{place:04d}",
                    "<b>Mallory</b>" if place == 1 else "",
                    place % 2 == 0,
                    ended - timedelta(seconds=70),
                    None if place == 3 else ended - timedelta(seconds=65),
                    ended,
                    "nobody answered" if place == 3 else "we hung up",
                    408 if place == 3 else 0,
                    "ulaw",
                    None if place == 3 else quality,
                )
            )
        work.commit()


@pytest.mark.usefixtures("calls")
def test_the_newest_call_is_the_first_and_how_it_sounded_is_told(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/calls?phone=1002")
    rows = visitor.page.locator("tbody tr")
    assert rows.count() == 50
    first = rows.nth(0).inner_text()
    assert "+490001" in first
    assert "<b>Mallory</b>" in first
    assert "bad" in first
    assert "10.0 % lost, 4 ms jitter, 20 ms delay" in first
    assert "good" in rows.nth(1).inner_text()
    assert rows.nth(0).locator("svg[aria-label='was called by']").count() == 1
    assert rows.nth(1).locator("svg[aria-label='called']").count() == 1
    assert "not answered" in rows.nth(2).inner_text()
    visitor.page.click("text=Older")
    assert visitor.page.locator("tbody tr").count() == 10
    assert "+490060" in visitor.page.locator("tbody tr").last.inner_text()
    assert visitor.page.locator("text=Older").count() == 0


@pytest.mark.usefixtures("calls")
def test_calls_are_cut_by_time_and_fetched_as_csv_and_json(house: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/calls")
    since, until = (
        (house.thread.service.clock.now().astimezone() - timedelta(minutes=each)).strftime("%Y-%m-%dT%H:%M")
        for each in (21, 11)
    )
    visitor.page.fill("#f-phone", "SEP001122300002")
    visitor.page.fill("#f-since", since)
    visitor.page.fill("#f-until", until)
    visitor.page.click("form.filters button")
    shown = visitor.page.locator("tbody tr").count()
    assert 9 <= shown <= 11
    with visitor.page.expect_download() as fetched:
        visitor.page.click("text=CSV")
    rows = list(csv.DictReader(io.StringIO(fetched.value.path().read_text(encoding="utf-8"))))
    assert len(rows) == shown
    assert {each["device"] for each in rows} == {PHONE.value}
    with visitor.page.expect_download() as fetched:
        visitor.page.click("text=JSON")
    assert fetched.value.path().read_text(encoding="utf-8").count('"device":') == shown


def test_what_cannot_be_asked_is_said(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/calls?since=yesterday")
    assert "is no moment" in visitor.trouble()
    visitor.go("/calls?phone=nobody")
    assert "no phone 'nobody'" in visitor.trouble()
    visitor.go("/calls?phone=1017")
    assert "No call is like that." in visitor.page.inner_text("main")

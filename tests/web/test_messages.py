"""Texts on screens: to whom, what became of them, and that they are audited."""

from __future__ import annotations

from tests.web.conftest import Visit


def test_a_text_goes_to_the_phones_that_are_named_and_its_fate_is_told(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/messages?phone=1001")
    assert visitor.page.is_checked("input[value=some]")
    visitor.page.fill("#f-phones", "1000, 1001 SEP001122300002")
    visitor.page.fill("#f-text", "Back at 3")
    visitor.page.click("button.main")
    assert "Shown on 0 phones." in visitor.page.inner_text("main [role=status]")
    told = {row.locator("th").inner_text(): row.inner_text() for row in visitor.page.locator("tbody tr").all()}
    assert set(told) == {"SEP001122300000", "SEP001122300001", "SEP001122300002"}
    assert "SIP firmware" in told["SEP001122300000"]
    assert "not registered" in told["SEP001122300001"]
    visitor.go("/audit?q=showed+a+text")
    assert "Back at 3" in visitor.page.inner_text("tbody tr:first-child")


def test_all_phones_or_a_pool_and_taking_back(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/messages")
    visitor.page.check("input[value=pool]")
    visitor.page.fill("#f-text", "Fire drill")
    visitor.page.click("button.main")
    assert visitor.page.locator("tbody tr").count() >= 35
    visitor.page.click("text=Take back")
    assert "Taken back from 0 phones." in visitor.page.inner_text("main [role=status]")


def test_what_is_wrong_is_said_and_what_was_typed_stays(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/messages")
    visitor.page.click("button.main")
    assert "There is no text" in visitor.trouble()
    visitor.page.check("input[value=idle]")
    visitor.page.fill("#f-text", "x" * 96)
    visitor.page.click("button.main")
    assert "95 fit" in visitor.trouble()
    assert visitor.page.input_value("#f-text") == "x" * 96
    assert visitor.page.is_checked("input[value=idle]")
    visitor.page.check("input[value=some]")
    visitor.page.fill("#f-text", "Hello")
    visitor.page.click("button.main")
    assert "Whom to tell?" in visitor.trouble()

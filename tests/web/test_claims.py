"""Claims: made with a PIN, withdrawn, brought in from a file; numbers that nobody may claim."""

from __future__ import annotations

from bridge.app.desks import Desks
from tests.web.conftest import House, Visit, Visitor


def _desk(house: House) -> Desks:
    service = house.thread.service
    return Desks(service.settings, service.store, "tester", service.clock)


def _add(visitor: Visitor) -> None:
    visitor.page.click("section[aria-labelledby=h-add] button.main")


def test_a_claim_is_made_with_a_pin_that_is_shown_once_and_withdrawn(house: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/claims")
    visitor.page.fill("#f-number", "2001")
    visitor.page.fill("#f-name", "Reception")
    _add(visitor)
    pin = visitor.page.inner_text("[data-secret]")
    assert len(pin) == 6
    assert pin.isdigit()
    (claim,) = [each for each in _desk(house).claims.list().claims if each.number == "2001"]
    assert (claim.display_name, bool(claim.pin)) == ("Reception", True)
    visitor.go("/claims")
    assert pin not in visitor.page.content()
    row = visitor.page.locator("tr", has_text="2001")
    assert "open" in row.inner_text()
    row.locator("text=Withdraw").click()
    assert "2001 cannot be claimed any more." in visitor.said()
    assert "2001" not in {each.number for each in _desk(house).claims.list().claims}
    visitor.go("/audit?q=2001")
    assert visitor.page.locator("tbody tr").count() == 2


def test_what_is_wrong_with_a_claim_is_said_and_what_was_typed_stays(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/claims")
    visitor.page.fill("#f-number", "2002")
    visitor.page.select_option("#f-how", "typed")
    visitor.page.fill("#f-name", "Workshop")
    _add(visitor)
    assert "The PIN is missing" in visitor.trouble()
    assert visitor.page.input_value("#f-name") == "Workshop"
    visitor.page.fill("#f-number", "1000")
    visitor.page.select_option("#f-how", "none")
    _add(visitor)
    assert "1000 belongs to a phone already" in visitor.trouble()


def test_claims_come_from_a_file_and_bad_rows_are_named(house: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/claims")
    rows = b"number,pin,name\n2011,4711,Ada\n2012,x,Grace\n2013,,Alan\n"
    visitor.page.set_input_files("#f-file", {"name": "claims.csv", "mimeType": "text/csv", "buffer": rows})
    visitor.page.click("section[aria-labelledby=h-import] button")
    assert "1 row of the file left out, 2 added" in visitor.trouble()
    assert "Line 3" in visitor.trouble()
    assert {"2011", "2013"} <= {each.number for each in _desk(house).claims.list().claims}
    latin = "number,name\n2014,J\xfcrgen\n".encode("latin-1")
    visitor.page.set_input_files("#f-file", {"name": "claims.csv", "mimeType": "text/csv", "buffer": latin})
    visitor.page.click("section[aria-labelledby=h-import] button")
    assert "in UTF-8" in visitor.trouble()


def test_numbers_are_protected_and_wrong_attempts_forgotten(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/claims")
    visitor.page.fill("#f-pattern", "29XX")
    visitor.page.click("section[aria-labelledby=h-protected] button:has-text('Protect')")
    assert "29XX is protected" in visitor.said()
    visitor.page.fill("#f-number", "2950")
    _add(visitor)
    assert "2950 is protected" in visitor.trouble()
    visitor.page.fill("#f-subject", "2011")
    visitor.page.click("text=Unlock")
    assert "2011 may try again." in visitor.said()
    visitor.page.locator(".chips li", has_text="29XX").locator("button").click()
    assert "29XX may be claimed again." in visitor.said()

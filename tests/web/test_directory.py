"""The directories: added, changed, removed, out as a file and in again."""

from __future__ import annotations

from tests.web.conftest import Visit, Visitor


def _row(visitor: Visitor, name: str) -> str:
    return visitor.page.locator("tbody tr", has_text=name).inner_text()


def _saves(visitor: Visitor, name: str, number: str) -> None:
    visitor.page.fill("#f-name", name)
    visitor.page.fill("#f-number", number)
    visitor.page.click("section[aria-labelledby=h-form] button.main")


def test_a_contact_is_added_changed_searched_and_removed(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/directory")
    _saves(visitor, "Käthe Paulus", "+49 (30) 123-45")
    assert "Käthe Paulus, +493012345, is in the directory now." in visitor.said()
    visitor.page.click("tbody >> text=Käthe Paulus")
    assert visitor.page.inner_text("#h-form") == "Change Käthe Paulus"
    _saves(visitor, "Käthe Paulus", "4711")
    assert "4711" in _row(visitor, "Käthe Paulus")
    visitor.go("/directory?q=kaethe")
    assert visitor.page.locator("tbody tr").count() == 1
    visitor.go("/directory?q=nobody+at+all")
    assert "Nobody is called like that." in visitor.page.inner_text("main")
    visitor.go("/directory?q=paulus")
    visitor.page.locator("tbody tr").locator("text=Remove").click()
    assert "Käthe Paulus, 4711, is gone." in visitor.said()
    assert visitor.page.input_value("#q") == "paulus"


def test_a_directory_goes_out_as_csv_and_comes_in_again(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/directory?phone=1004")
    rows = b"name;number\nZuse;1941\n=1+1;5\n"
    visitor.page.set_input_files("#f-file", {"name": "a.csv", "mimeType": "text/csv", "buffer": rows})
    visitor.page.click("section[aria-labelledby=h-file] >> text=Import")
    assert "2 contacts read, 2 of them new." in visitor.said()
    assert "The personal one of SEP001122300004" in visitor.page.inner_text(".headline")
    with visitor.page.expect_download() as fetched:
        visitor.page.click("text=Download as CSV")
    text = fetched.value.path().read_text(encoding="utf-8")
    assert text == "name,number\n'=1+1,5\nZuse,1941\n"
    visitor.page.set_input_files("#f-file", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"name,number\nA,1\n"})
    visitor.page.check("input[name=replace]")
    asked: list[str] = []
    visitor.page.once("dialog", lambda told: (asked.append(told.message), told.accept()))
    visitor.page.click("section[aria-labelledby=h-file] >> text=Import")
    assert asked == ["Remove every contact that is not in the file?"]
    assert visitor.page.locator("tbody tr").count() == 1
    broken = b"name,number\nA,1\nB,\n"
    visitor.page.set_input_files("#f-file", {"name": "a.csv", "mimeType": "text/csv", "buffer": broken})
    visitor.page.click("section[aria-labelledby=h-file] >> text=Import")
    assert "Line 3" in visitor.trouble()


def test_a_personal_directory_gets_a_pin(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/directory?phone=1006")
    visitor.page.fill("#f-pin", "12")
    visitor.page.click("section[aria-labelledby=h-pin] button")
    assert "A PIN has 4 to 12 digits" in visitor.trouble()
    visitor.page.fill("#f-pin", "4711")
    visitor.page.click("section[aria-labelledby=h-pin] button")
    assert "asks for the new PIN" in visitor.said()
    visitor.go("/directory?phone=nobody")
    assert "no phone 'nobody'" in visitor.trouble()

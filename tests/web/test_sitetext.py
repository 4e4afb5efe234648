"""The site as one text: compared, applied all or nothing, errors at their lines."""

from __future__ import annotations

from bridge.core import Partition
from tests.web.conftest import House, Visit, Visitor


def _text(visitor: Visitor) -> str:
    answer = visitor.context.request.get(f"{visitor.base}/api/v1/site/text")
    assert answer.ok
    return answer.text()


def _compares(visitor: Visitor, text: str) -> None:
    visitor.page.fill("#f-text", text)
    visitor.page.click("text=Show what would change")


def test_a_text_is_compared_applied_and_taken_back(house: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/site/text")
    before = _text(visitor)
    _compares(visitor, before)
    assert visitor.page.inner_text("#h-plan") == "No difference"
    _compares(visitor, before + '\n[[partition]]\nname = "Lobby"\n')
    assert visitor.page.inner_text("#h-plan") == "1 difference"
    assert "Partition Lobby" in visitor.page.inner_text("table.diff")
    assert "Lobby" not in _text(visitor), "a comparison changes nothing"
    visitor.page.click("text=Apply: 1 change")
    assert "1 change made" in visitor.said()
    assert 'name = "Lobby"' in _text(visitor)
    visitor.page.set_input_files(
        "#f-file", {"name": "site.toml", "mimeType": "application/toml", "buffer": before.encode()}
    )
    visitor.page.click("text=Show what would change")
    assert "remove" in visitor.page.inner_text("table.diff")
    visitor.page.click("text=Apply: 1 change")
    assert "1 object would be removed" in visitor.trouble()
    assert "Lobby" in _text(visitor)
    visitor.page.check("input[name=remove]")
    visitor.page.click("text=Apply: 1 change")
    assert "1 change made" in visitor.said()
    assert _text(visitor) == before
    visitor.go("/audit?q=applied+a+site+description")
    assert visitor.page.locator("tbody tr").count() == 2
    with house.thread.service.store.read() as work:
        assert "Lobby" not in work.site.partitions()


def test_errors_stand_at_their_lines_and_the_text_stays(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/site/text")
    text = '[[partition]]\nname = "A"\n\n[[partition]]\nnam = "B"\n\n[[region]]\nname = "R"\ncodecs = ["ul aw"]\n'
    _compares(visitor, text)
    marked = visitor.page.locator(".source li.marked")
    assert [each.get_attribute("value") for each in marked.all()] == ["5", "9"]
    assert "A partition has no key 'nam'. What to do: did you mean name?" in marked.nth(0).inner_text()
    assert "'ul aw' is no codec" in marked.nth(1).inner_text()
    assert visitor.page.input_value("#f-text") == text
    _compares(visitor, "[[partition]]\nname = \n")
    assert visitor.page.locator(".source li.marked").get_attribute("value") == "2"
    _compares(visitor, "[[unicorn]]\n")
    assert "there is no section" in visitor.page.inner_text(".source li.marked").lower()
    _compares(visitor, "   ")
    assert "There is no text" in visitor.trouble()


def test_what_somebody_else_changed_in_the_meantime_is_shown_before_anything_is_done(
    house: House, visit: Visit
) -> None:
    visitor = visit(javascript=False)
    visitor.go("/site/text")
    before = _text(visitor)
    _compares(visitor, before + '\n[[partition]]\nname = "Attic"\n')
    with house.thread.service.store.write() as work:
        work.objects.partitions.save(Partition("Cellar"))
        work.commit()
    visitor.page.click("text=Apply: 1 change")
    assert "What would change is not what was shown" in visitor.trouble()
    assert "Partition Cellar" in visitor.page.inner_text("table.diff")
    assert "Attic" not in _text(visitor)
    with house.thread.service.store.write() as work:
        work.objects.partitions.remove("Cellar")
        work.commit()


def test_a_viewer_fetches_the_text_and_sends_none(viewer: Visitor) -> None:
    viewer.go("/site/text")
    with viewer.page.expect_download() as fetched:
        viewer.page.click("text=With its phones")
    text = fetched.value.path().read_text(encoding="utf-8")
    assert "[[phone]]" in text
    assert "s3cretSecret" not in text
    assert viewer.page.locator("textarea").count() == 0

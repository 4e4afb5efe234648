"""Firmware packages that are uploaded: the checks of the command line, the limit, and forms that are forged."""

from __future__ import annotations

import io
from pathlib import Path

from bridge.web.access import CSRF_FIELD
from tests.firmware import JAVA_41, java_load, load_list, zipped
from tests.web.conftest import House, Visit, Visitor

LOAD = "SCCP41.9-4-2SR1-1S"


def _leftovers(house: House) -> list[str]:
    return [each.name for each in house.thread.service.settings.state.directory.iterdir() if "upload" in each.name]


def _sends(visitor: Visitor, path: Path) -> None:
    visitor.page.set_input_files("#f-file", path)
    visitor.page.click("text=Bring it in")


def test_a_package_is_uploaded_listed_with_its_files_and_removed(house: House, visit: Visit, tmp_path: Path) -> None:
    visitor = visit()
    visitor.go("/firmware")
    _sends(visitor, zipped(tmp_path / "cmterm (1).zip", java_load(LOAD)))
    assert f"{LOAD} from cmterm-1-.zip. Files: 5 new." in visitor.said()
    row = visitor.page.locator("section[aria-labelledby=h-loads] tbody tr", has_text=LOAD)
    assert "complete" in row.inner_text()
    row.locator("summary").click()
    assert JAVA_41[0] in row.inner_text()
    visitor.page.once("dialog", lambda told: told.accept())
    row.locator("text=Remove").click()
    assert f"{LOAD} is gone, 5 files." in visitor.said()
    assert _leftovers(house) == []


def test_what_is_no_whole_package_is_not_taken(house: House, visit: Visit, tmp_path: Path) -> None:
    visitor = visit(javascript=False)
    visitor.go("/firmware")
    (tmp_path / "x.zip").write_bytes(b"this is no archive")
    _sends(visitor, tmp_path / "x.zip")
    assert "X.zip is not taken" in visitor.trouble()
    half = zipped(tmp_path / "half.zip", {f"{LOAD}.loads": load_list(*JAVA_41)})
    _sends(visitor, half)
    assert "apps41" in visitor.trouble()
    visitor.page.check("input[name=incomplete]")
    _sends(visitor, half)
    row = visitor.page.locator("section[aria-labelledby=h-loads] tbody tr", has_text=LOAD)
    assert "incomplete" in row.inner_text()
    row.locator("text=Remove").click()
    assert "is gone" in visitor.said()
    assert _leftovers(house) == []


def test_a_package_beyond_the_limit_is_refused_and_nothing_is_left(house: House, admin: Visitor) -> None:
    admin.go("/firmware")
    assert "at most 1.1 GB" in admin.page.inner_text("section[aria-labelledby=h-package]")
    token = admin.page.locator(f"main input[name={CSRF_FIELD}]").first.get_attribute("value") or ""
    large = {"name": "x.csv", "mimeType": "text/csv", "buffer": bytes((8 << 20) + 1)}
    answer = admin.context.request.post(f"{admin.base}/claims/import", multipart={CSRF_FIELD: token, "file": large})
    assert answer.status == 413
    assert "too large" in answer.text()


def test_a_streamed_form_without_its_token_first_is_refused(house: House, admin: Visitor, tmp_path: Path) -> None:
    admin.go("/firmware")
    token = admin.page.locator(f"main input[name={CSRF_FIELD}]").first.get_attribute("value") or ""
    content = io.BytesIO(zipped(tmp_path / "load.zip", java_load(LOAD)).read_bytes()).getvalue()
    file = {"name": "load.zip", "mimeType": "application/zip", "buffer": content}
    for parts in ({"file": file}, {CSRF_FIELD: "x" * 43, "file": file}, {"file": file, CSRF_FIELD: token}):
        answer = admin.context.request.post(f"{admin.base}/firmware/add", multipart=parts)  # type: ignore[arg-type]
        assert answer.status == 403
        assert "does not come from a page of ours" in answer.text()
    admin.go("/firmware")
    assert admin.page.locator("section[aria-labelledby=h-loads] tbody tr", has_text=LOAD).count() == 0
    assert _leftovers(house) == []

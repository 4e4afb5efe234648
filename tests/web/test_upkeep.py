"""Traces, backups and support bundles, fetched by a browser."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from playwright.sync_api import Page

from bridge.app.operations.backup import Backup
from tests.web.conftest import House, Visit

SECRET = "s3cretSecret"


def _fetched(page: Page, button: str) -> Path:
    with page.expect_download() as fetched:
        page.click(button)
    return fetched.value.path()


def test_a_phone_is_traced_and_its_capture_file_fetched(house: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/phones/SEP001122300000")
    visitor.page.click("text=Trace it")
    assert visitor.page.input_value("#f-phone") == "SEP001122300000"
    visitor.page.click("text=Listen")
    assert "Listening to SEP001122300000" in visitor.said()
    host, port = house.thread.service.http_addresses[0]
    asked = visitor.context.request.get(f"http://{host}:{port}/CTLSEP001122300000.tlv")
    assert asked.status == 404
    visitor.go("/upkeep")
    row = visitor.page.locator("section[aria-labelledby=h-trace] tbody tr")
    assert "listening" in row.inner_text()
    assert "HTTP 2" in row.inner_text()
    content = _fetched(visitor.page, "section[aria-labelledby=h-trace] tbody button:has-text('Fetch')").read_bytes()
    assert content[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1")
    assert b"CTLSEP001122300000.tlv" in content
    visitor.go("/upkeep")
    assert row.count() == 0
    visitor.page.fill("#f-phone", "00AABBCCDDEE")
    visitor.page.click("text=Listen")
    visitor.page.click("text=Discard")
    assert "The trace of SEP00AABBCCDDEE was thrown away." in visitor.said()
    visitor.page.fill("#f-phone", "nobody")
    visitor.page.click("text=Listen")
    assert "no phone 'nobody'" in visitor.trouble()


def test_a_backup_is_fetched_and_says_what_it_holds(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/upkeep")
    card = visitor.page.locator("section[aria-labelledby=h-backup]")
    assert "It holds every password of the site" in card.inner_text()
    assert "sepbridge restore" in card.inner_text()
    path = _fetched(visitor.page, "text=Fetch a backup")
    with Backup(path) as backup:
        assert backup.manifest.tables["device"] >= 39
    visitor.go("/audit?q=fetched+a+backup")
    assert "without firmware" in visitor.page.inner_text("tbody tr:first-child")


def test_a_support_bundle_is_fetched_without_secrets(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/upkeep")
    visitor.page.uncheck("input[name=doctor]")
    content = _fetched(visitor.page, "text=Fetch a support bundle").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert [name for name in names if SECRET.encode() in archive.read(name)] == []
    assert {"README.txt", "status.json", "phones.json"} <= set(names)

"""A simulated phone that nobody knows is switched on while somebody looks: it comes in, and is restarted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, expect

from bridge.app.settings import Address, FilesSettings, SccpSettings, SecretsTo
from bridge.core import MacAddress
from bridge.lab.asterisk import free_port
from bridge.lab.filefetch import FileServer
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.sccpphone import SccpPhone
from tests.web.nodethread import ADMIN, NodeThread
from tests.webnode import PASSWORD, web_settings

BOOT = 20_000
"""Milliseconds that a boot may take before the test gives up on it."""


def test_a_phone_comes_in_and_is_restarted(browser: Browser, tmp_path: Path) -> None:
    settings = replace(
        web_settings(tmp_path),
        sccp=SccpSettings(listen=(Address("127.0.0.1", free_port("127.0.0.1")),)),
        files=FilesSettings(wait_for_pbx=0.0, secrets_to=SecretsTo.ANY),
    )
    with NodeThread(settings) as thread:
        page = browser.new_page()
        page.goto(f"{thread.url}/login?next=/window")
        page.fill("#name", ADMIN)
        page.fill("#password", PASSWORD)
        page.click("button.main")
        page.fill("#f-range", "1000-1099")
        page.click("text=Set the range")
        expect(page.locator("#h-switch")).to_contain_text("Open")

        def made() -> SccpPhone:
            tftp = thread.service.tftp.addresses[0]
            return SccpPhone("7961G", MacAddress.parse("001122446688"), FileServer(tftp), timing=LAB_TIMING)

        phone = thread.call(made)
        row = page.locator(f"#row-{phone.device}")
        try:
            page.goto(f"{thread.url}/phones")
            assert page.locator(".empty").count() == 1
            thread.call(phone.power_on)
            # The first phone of all brings the list by itself. Without an Asterisk its line cannot be registered.
            expect(row.locator(".badge")).to_have_text("Partly registered", timeout=BOOT)
            assert row.locator("td.number").inner_text() == "1000"
            expect(row).to_contain_text("7961G")
            expect(row).to_contain_text("SCCP41")
            row.locator("td.number a").click()
            timeline = page.locator("#timeline")
            expect(timeline).to_contain_text("Admitted with number 1000, SCCP")
            expect(timeline).to_contain_text("Phone registered")
            expect(page.locator("#findings")).to_be_visible()
            boots = phone.boots
            page.click("button:text-is('Restart')")
            expect(page.locator(".message.ok")).to_contain_text("was told to restart")
            _until(page.wait_for_timeout, lambda: phone.boots > boots)
            page.goto(f"{thread.url}/phones")
            expect(row.locator(".badge")).to_have_text("Partly registered", timeout=BOOT)
            page.goto(f"{thread.url}/audit?q=restarted")
            expect(page.locator("tbody tr")).to_contain_text(f"Restarted {phone.device}")
            page.goto(f"{thread.url}/messages?phone=1000")
            page.fill("#f-text", "Fire drill at 3")
            page.select_option("#f-seconds", "3600")
            page.select_option("#f-priority", "1")
            page.click("button.main")
            expect(page.locator("main [role=status]")).to_contain_text("Shown on 1 phone.")
            _until(page.wait_for_timeout, lambda: phone.view.status == "Fire drill at 3")
            page.check("input[value=some]")
            page.fill("#f-phones", "1000")
            page.select_option("#f-priority", "1")
            page.click("text=Take back")
            expect(page.locator("main [role=status]")).to_contain_text("Taken back from 1 phone.")
            _until(page.wait_for_timeout, lambda: phone.view.status != "Fire drill at 3")
        finally:
            thread.run(phone.power_off())
            page.context.close()


def _until(wait: Callable[[float], None], is_so: Callable[[], bool]) -> None:
    for _ in range(BOOT // 100):
        if is_so():
            return
        wait(100)
    raise AssertionError("it did not happen in time")

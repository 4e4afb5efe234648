"""Two thousand phones on the list, and fifty events a second: what it costs is measured, and told, not asserted."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from playwright.sync_api import Browser, expect

from bridge.app.service import Service
from bridge.core import Device
from bridge.core.events import PhoneRegistered, PhoneUnregistered
from tests.web.nodethread import ADMIN, NodeThread
from tests.web.office import make_office
from tests.webnode import PASSWORD, web_settings

PHONES, A_SECOND, SECONDS = 2000, 50, 3

WATCH = """
window.slow = []; window.frames = [];
const watch = new PerformanceObserver((list) => list.getEntries().forEach((each) => slow.push(each.duration)));
watch.observe({ type: "longtask" });
let last = performance.now();
const frame = (now) => { frames.push(now - last); last = now; requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""


async def _storm(service: Service, devices: list[Device]) -> None:
    """Phones leave and come back, fifty events a second, all over the list."""
    for place in range(A_SECOND * SECONDS):
        device = _hit(devices, place)
        at = service.clock.now()
        if place % 2:
            service.recorder.record(PhoneUnregistered(at=at, device=device.name, endpoint=device.number, why="storm"))
        else:
            service.recorder.record(
                PhoneRegistered(at=at, device=device.name, endpoint=device.number, address=f"{device.address}:5060")
            )
        await asyncio.sleep(1 / A_SECOND)


def _hit(devices: list[Device], place: int) -> Device:
    return devices[place // 2 * 7 % len(devices)]


def test_two_thousand_phones_and_fifty_events_a_second(browser: Browser, tmp_path: Path) -> None:
    with NodeThread(web_settings(tmp_path)) as thread:
        service = thread.service
        devices = thread.run(asyncio.to_thread(make_office, service, phones=PHONES))
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(f"{thread.url}/login?next=/phones?size=100")
        page.fill("#name", ADMIN)
        page.fill("#password", PASSWORD)
        page.click("button.main")
        expect(page.locator("[data-count=all]")).to_have_text(str(PHONES + 1))
        assert page.locator("tr[data-phone]").count() == 100
        began = time.perf_counter()
        page.reload()
        loaded = time.perf_counter() - began
        expect(page.locator("[data-live]")).to_contain_text("· live")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.evaluate(WATCH)
        began = time.perf_counter()
        thread.run(_storm(service, devices))
        # The last one of the page that left is drawn as such: nothing was lost on the way.
        shown = set(page.locator("tr[data-phone]").evaluate_all("all => all.map(row => row.dataset.phone)"))
        last = [
            each for each in (_hit(devices, place) for place in range(A_SECOND * SECONDS)) if str(each.name) in shown
        ][-1]
        expect(page.locator(f"#row-{last.name} .word")).to_contain_text("storm")
        seconds = time.perf_counter() - began
        frames = sorted(page.evaluate("frames"))
        slow = page.evaluate("slow")
        rows = [each for each in asked if "/phones/rows" in each]
        print(
            f"\n{PHONES} phones, {A_SECOND} events/s for {SECONDS} s: page of 100 in {loaded * 1000:.0f} ms; "
            f"{len(rows)} requests for rows; frames: median {frames[len(frames) // 2]:.0f} ms, "
            f"99 % {frames[int(len(frames) * 0.99)]:.0f} ms; tasks over 50 ms: {[round(each) for each in slow]}"
        )
        # However many events there are, a page asks once a second at most, and for rows that it shows.
        assert 1 <= len(rows) <= seconds + 2
        assert {each.partition("?")[0] for each in asked} == {f"{thread.url}/phones/rows"}
        for url in rows:
            names = {each for each in url.partition("names=")[2].split("%2C") if each}
            assert names <= shown
        context.close()

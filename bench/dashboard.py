"""Thousands of phones on the list while something happens to them: what it costs the server, how smooth the page stays.

``python -m bench.dashboard [--phones N] [--rate N] [--seconds S]``. The node runs in a process of its own, without an
Asterisk. Phones fall silent, boot and register again at the rate, and what is found of them comes and goes with that.
The same storm is run without and with a page of 100 rows open in Chromium. A hold is the time for which one callback
keeps the event loop: by the clock, and by the loop's own processor time, which leaves out other processes of the
machine. There is no peer: no other program knows why these phones are stuck.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright, expect

from bench.lab import show
from bridge.app.accounts import Accounts
from bridge.app.service import Service
from bridge.app.settings import (
    Address,
    AmiSettings,
    AsteriskSettings,
    HttpSettings,
    SccpSettings,
    ServerSettings,
    Settings,
    SipSettings,
    StateSettings,
    TftpSettings,
    WebSettings,
)  # fmt: skip
from bridge.app.system import SystemIds
from bridge.core import Device, DeviceName, Line, LineAppearance, Role, SignallingProtocol, Via
from bridge.core.events import (
    Event,
    FileDelivered,
    FileRequested,
    PhoneRegistered,
    PhoneRegistering,
    PhoneUnregistered,
)  # fmt: skip
from bridge.store import upgrade
from bridge.web.node import login_rules, running_node

HEADS = ("", "events", "told", "CPU s", "of a core", "longest hold", "over 10 ms", "longest, own CPU", "over 10 ms")
SLOW = 0.010
"""Seconds: a hold that is worth counting."""
USER, PASSWORD = "bench", "three words together"
CHROMIUM = "/usr/bin/chromium"
WATCH = """
window.slow = []; window.frames = [];
new PerformanceObserver((list) => list.getEntries().forEach((each) => slow.push(each.duration)))
  .observe({ type: "longtask" });
let last = performance.now();
const frame = (now) => { frames.push(now - last); last = now; requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""
"""Times of frames, and tasks of more than 50 ms."""


@dataclass
class Phase:
    """What a stretch of time cost the server. Seconds."""

    name: str
    events: int = 0
    told: int = 0
    """Findings that appeared, changed or went."""
    took: float = 0.0
    cpu: float = 0.0
    holds: list[float] = field(default_factory=list)
    """By the clock; only the slow ones, and the longest."""
    own: list[float] = field(default_factory=list)
    """By the loop's processor time."""

    @property
    def row(self) -> tuple[str, ...]:
        """One line of the table."""
        return (
            self.name, str(self.events), str(self.told), f"{self.cpu:.2f}", f"{self.cpu / self.took:.1%}",
            f"{max(self.holds, default=0) * 1000:.1f} ms", str(sum(each > SLOW for each in self.holds)),
            f"{max(self.own, default=0) * 1000:.1f} ms", str(sum(each > SLOW for each in self.own)),
        )  # fmt: skip


# --- the server's side


def settings_in(directory: Path) -> Settings:
    """A node on loopback; no Asterisk to be found."""
    anywhere = (Address("127.0.0.1", 0),)
    return Settings(
        server=ServerSettings(name="bench", address="127.0.0.1"),
        state=StateSettings(directory / "state"),
        tftp=TftpSettings(listen=anywhere),
        http=HttpSettings(listen=anywhere),
        web=WebSettings(listen=anywhere),
        sip=SipSettings(doorway=()),
        sccp=SccpSettings(listen=()),
        ami=AmiSettings(address=Address("127.0.0.1", 9), secret="x"),
        asterisk=AsteriskSettings(directory / "asterisk"),
    )


def phone(place: int, service: Service) -> Device:
    """One of the list."""
    sccp = place % 2 == 1
    protocol = SignallingProtocol.SCCP if sccp else SignallingProtocol.SIP
    now = service.clock.now()
    return Device(
        name=DeviceName(f"SEP0011{place:08X}"),
        desired_protocol=protocol,
        created_at=now - timedelta(days=3),
        version_stamp=f"stamp-{place}",
        secret=f"secret{place}",
        lines=(LineAppearance(1, Line(str(10000 + place))),),
        model="7961G" if sccp else "8841",
        observed_protocol=protocol,
        description=f"Desk {place}",
        load="SCCP41.9-4-2SR3-1S" if sccp else "sip88xx.14-2-1-0101-53",
        address=f"10.0.{place // 250}.{place % 250 + 1}",
        registered=True,
        last_seen=now,
    )


def life(device: Device, step: int, service: Service) -> Event:
    """A phone falls silent, boots, and is back: five events."""
    at, name, client = service.clock.now(), device.name, device.address
    file = f"{name}.cnf.xml"
    match step:
        case 0:
            return PhoneUnregistered(at=at, device=name, endpoint=device.number, why="it fell silent")
        case 1:
            return FileRequested(at=at, device=name, name=file, client=client, via=Via.TFTP)
        case 2:
            return FileDelivered(at=at, device=name, name=file, client=client, via=Via.TFTP, size=6104, seconds=0.05)
        case 3:
            return PhoneRegistering(at=at, device=name, client=client, protocol=device.desired_protocol)
        case _:
            return PhoneRegistered(at=at, device=name, endpoint=device.number, address=f"{client}:5060")


@contextmanager
def holds_of(phase: Phase) -> Iterator[None]:
    """Measure how long each callback keeps the loop."""
    run: Callable[[asyncio.Handle], None] = asyncio.Handle._run  # type: ignore[attr-defined]  # noqa: SLF001

    def timed(handle: asyncio.Handle) -> None:
        began, own = time.perf_counter(), time.thread_time()
        run(handle)
        took, used = time.perf_counter() - began, time.thread_time() - own
        if took > SLOW or took > max(phase.holds, default=0):
            phase.holds.append(took)
        if used > SLOW or used > max(phase.own, default=0):
            phase.own.append(used)

    asyncio.Handle._run = timed  # type: ignore[attr-defined]  # noqa: SLF001
    try:
        yield
    finally:
        asyncio.Handle._run = run  # type: ignore[attr-defined]  # noqa: SLF001


async def stretch(service: Service, devices: list[Device], name: str, rate: float, seconds: float) -> Phase:
    """Let so many events a second happen, and look what it costs."""
    phase = Phase(name)

    def told(_: object) -> None:
        phase.told += 1

    leave = service.findings.subscribe(told)
    loop = asyncio.get_running_loop()
    with holds_of(phase):
        began, cpu = loop.time(), time.process_time()
        while (passed := loop.time() - began) < seconds:
            for _ in range(int(passed * rate) - phase.events):
                # Twenty phones are on their way at a time.
                turn, place = divmod(phase.events, 100)
                service.recorder.record(life(devices[(turn * 20 + place % 20) % len(devices)], place // 20, service))
                phase.events += 1
            await asyncio.sleep(1 / max(rate, 1))
        phase.took, phase.cpu = loop.time() - began, time.process_time() - cpu
    leave()
    return phase


async def everybody(service: Service, name: str) -> Phase:
    """Something changes that counts for every phone: how long until all are judged anew."""
    phase = Phase(name)
    for journey in service.journeys.all():
        service.journeys.touched(journey.device)
    with holds_of(phase):
        began, cpu = time.perf_counter(), time.process_time()
        await service.findings.round()
        phase.took, phase.cpu = time.perf_counter() - began, time.process_time() - cpu
    return phase


async def serve(directory: Path, phones: int) -> None:
    """The node; each line of standard input is a stretch, each of standard output what it cost."""
    settings = settings_in(directory)
    for each in (settings.state.directory, settings.asterisk.directory):
        each.mkdir()
    upgrade(settings.database_url)
    async with running_node(settings) as service:
        accounts = Accounts(service.store, service.clock, SystemIds(), login_rules(settings.web))
        accounts.add_user(USER, Role.ADMIN, "bench", password=PASSWORD)
        devices = [phone(place, service) for place in range(phones)]
        with service.store.write() as work:
            for device in devices:
                work.devices.add(device)
            work.commit()
        await service.refresh()
        for place, device in enumerate(devices):
            # One in twenty has its file and never called; the others booted as they should.
            for step in range(1, 3 if place % 20 == 0 else 5):
                service.recorder.record(life(device, step, service))
        await service.findings.round()
        host, port = service.web_addresses[0]
        print(json.dumps({"url": f"http://{host}:{port}"}), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            name, rate, seconds = line.strip().split("\t")
            if float(seconds):
                phase = await stretch(service, devices, name, float(rate), float(seconds))
            else:
                phase = await everybody(service, name)
            print(json.dumps(asdict(phase)), flush=True)


# --- who looks


class Node:
    """The server's process."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process = process
        self.url = url

    async def phase(self, name: str, rate: float, seconds: float) -> Phase:
        """Have a stretch, and what it cost."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name}\t{rate}\t{seconds}\n".encode())
        return Phase(**json.loads(await self._process.stdout.readline()))


@asynccontextmanager
async def running(phones: int) -> Any:
    """The node, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="sepbridge-bench-") as directory:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.dashboard", "--serve", directory, "--phones", str(phones),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**24,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield Node(process, json.loads(await process.stdout.readline())["url"])
        finally:
            process.stdin.close()
            await process.wait()


async def opened(page: Page, url: str) -> float:
    """Log in, and open the list; seconds that a page of 100 rows takes."""
    await page.goto(f"{url}/login?next=/phones?size=100")
    await page.fill("#name", USER)
    await page.fill("#password", PASSWORD)
    await page.click("button.main")
    await page.wait_for_selector("tr[data-phone]")
    began = time.perf_counter()
    await page.reload()
    return time.perf_counter() - began


async def run(phones: int, rate: float, seconds: float) -> None:
    """All of it."""
    async with running(phones) as node, async_playwright() as playwright:
        phases = [
            await node.phase("nothing happens", 0, seconds),
            await node.phase("nobody looks", rate, seconds),
            await node.phase("all judged anew", 0, 0),
        ]
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        loaded = await opened(page, node.url)
        await expect(page.locator("[data-live]")).to_contain_text("· live", timeout=20_000)
        asked: list[float] = []
        page.on("request", lambda _: asked.append(time.perf_counter()))
        await page.evaluate(WATCH)
        phases.append(await node.phase("one page is open", rate, seconds))
        frames, slow = sorted(await page.evaluate("frames")), await page.evaluate("slow")
        median, late, longest = frames[len(frames) // 2], frames[int(len(frames) * 0.99)], frames[-1]
        await browser.close()
        show([HEADS, *(each.row for each in phases)])
        print(
            f"page of 100 rows in {loaded * 1000:.0f} ms; over {seconds:.0f} s {len(asked)} requests; "
            f"{len(frames)} frames, ms: median {median:.1f}, 99 % {late:.1f}, longest {longest:.1f}; "
            f"tasks over 50 ms: {len(slow)}, longest {max(slow, default=0):.0f} ms"
        )


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.dashboard", description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=50.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each stretch")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        asyncio.run(serve(options.serve, options.phones))
    else:
        asyncio.run(run(options.phones, options.rate, options.seconds))


if __name__ == "__main__":
    main()

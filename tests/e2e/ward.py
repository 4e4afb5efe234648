"""A ward for sick phones: a whole system in a network of its own, and the first thing that is said of each phone."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import itertools
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.app.settings import JourneySettings, SccpSettings
from bridge.core import DeviceName, MacAddress, SignallingProtocol
from bridge.journey import Environment, Finding, PhoneJourney
from bridge.lab.anyphone import AnyPhone
from bridge.lab.filefetch import FileServer
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phonetiming import PhoneTiming
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import Testbed, TestbedWishes, prepared_testbed
from bridge.lab.tftpclient import TftpTiming
from tests.e2e.conftest import Watch
from tests.peers import missing, peer

PATIENCE = 15.0
HASTE = PhoneTiming(retry=0.6, text_files=0.0, flash=0.0, reconnect=0.5, fail_back=10.0, tftp=TftpTiming())
NO_REQUEST = 0.5
NO_SIGNALLING = 1.5
TEMPLATES = Path(__file__).parents[2] / "templates"
_CLONE_NEWNET = 0x40000000
_COUNT = itertools.count(1)


@contextlib.contextmanager
def own_network() -> Iterator[None]:
    """This thread, and whatever it starts, in a network of its own: only loopback, and whatever rules a test makes."""
    if os.geteuid() != 0:
        missing("a network of one's own needs root")
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(_CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        subprocess.run([peer("ip"), "link", "set", "lo", "up"], check=True)
        yield
    finally:
        if libc.setns(before, _CLONE_NEWNET):
            os._exit(70)  # nothing that runs after this would be where it believes to be
        os.close(before)


def rules(*lines: str) -> None:
    """Replace the firewall's rules for what comes in; they are gone with the network."""
    text = "flush ruleset\ntable inet ward { chain input { type filter hook input priority 0; policy accept;\n"
    subprocess.run([peer("nft"), "-f", "-"], input=text + "\n".join(lines) + "\n}\n}\n", text=True, check=True)


class Ward:
    """The system, its phones, and what is said of them."""

    def __init__(self, bed: Testbed, broken: Path | None = None) -> None:
        self.bed = bed
        self._broken = broken
        self.watch = Watch(bed)
        self.phones: list[AnyPhone] = []

    def sip(self, model: str = "7961", *, address: str = "", **traits: object) -> SimulatedPhone:
        """A phone with SIP firmware, without power yet."""
        number = next(_COUNT)
        phone = SimulatedPhone(
            model,
            MacAddress(f"0011227777{number:02X}"),
            FileServer(self.bed.tftp, self.bed.http),
            timing=HASTE,
            local_address=address or f"127.0.7.{number}",
            **traits,  # type: ignore[arg-type]
        )
        self.phones.append(phone)
        return phone

    def sccp(self, model: str = "7961", *, address: str = "", **traits: object) -> SccpPhone:
        """A phone with SCCP firmware, without power yet."""
        number = next(_COUNT)
        phone = SccpPhone(
            model,
            MacAddress(f"0011227777{number:02X}"),
            FileServer(self.bed.tftp, self.bed.http),
            timing=HASTE,
            local_address=address or f"127.0.7.{number}",
            **traits,  # type: ignore[arg-type]
        )
        self.phones.append(phone)
        return phone

    def mend_template(self) -> None:
        """Take the broken template away: ours is used again."""
        assert self._broken is not None
        self._broken.unlink()

    async def findings(self, device: DeviceName) -> tuple[Finding, ...]:
        """What is said of the phone now."""
        return await self.bed.service.journeys.diagnose(device)

    async def said_first(self, phone: AnyPhone | DeviceName, code: str) -> Finding:
        """Wait until this is the first finding."""
        device = phone if isinstance(phone, DeviceName) else phone.device
        found: tuple[Finding, ...] = ()
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = await self.findings(device)
                    if found and found[0].code == code:
                        return found[0]
                    await asyncio.sleep(0.05)
        except TimeoutError:
            journey = self.journey(device)
            pytest.fail(
                f"{device}: not {code!r} but {[each.code for each in found]}\n{journey}\n"
                + "\n".join(map(repr, journey.events if journey else ()))
            )

    async def said_too(self, phone: AnyPhone, code: str) -> Finding:
        """Wait until this is among the findings."""
        found: tuple[Finding, ...] = ()
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = await self.findings(phone.device)
                    for each in found:
                        if each.code == code:
                            return each
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"{phone.device}: not {code!r} but {[each.code for each in found]}")

    async def well(self, phone: AnyPhone) -> None:
        """Wait until nothing is said of the phone any more."""
        found: tuple[Finding, ...] = ()
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = await self.findings(phone.device)
                    if not found:
                        return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"{phone.device}: {[(each.code, each.evidence) for each in found]}")

    def journey(self, device: DeviceName) -> PhoneJourney | None:
        """The phone's journey."""
        return self.bed.service.journeys.seen(device)

    async def up(self, phone: AnyPhone) -> None:
        """Wait until the journey says registered."""
        async with asyncio.timeout(PATIENCE):
            while True:
                journey = self.journey(phone.device)
                if journey is not None and journey.stage.is_up:
                    return
                await asyncio.sleep(0.02)


def wishes(
    protocol: SignallingProtocol = SignallingProtocol.SIP, *, directory: Path | None = None, **more: object
) -> TestbedWishes:
    """A system in a hurry: limits of a second or two."""
    return TestbedWishes(
        protocol=protocol,
        directory=directory,
        sccp=SccpSettings(keepalive=2),
        journey=JourneySettings(
            environment=Environment.LAN, no_request=NO_REQUEST, no_signalling=NO_SIGNALLING, self_test_every=1.0
        ),
        **more,  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class BrokenTemplate:
    """An admin's own template that differs from ours in one place."""

    name: str
    before: str
    after: str

    def put(self, directory: Path) -> Path:
        """Write it; its path."""
        text = (TEMPLATES / self.name).read_text(encoding="utf-8")
        assert self.before in text, self.name
        path = directory / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(self.before, self.after), encoding="utf-8")
        return path


@asynccontextmanager
async def ward(
    wanted: TestbedWishes | None = None,
    *,
    template: BrokenTemplate | None = None,
    before: Callable[[Testbed], Awaitable[None]] | None = None,
) -> AsyncIterator[Ward]:
    """A running system in a network of its own. ``before``: what is done to it before the node starts."""
    with own_network():
        async with prepared_testbed(wanted or wishes()) as bed:
            broken = template.put(bed.settings.templates_directory) if template is not None else None
            if before is not None:
                await before(bed)
            async with bed.node():
                there = Ward(bed, broken)
                try:
                    yield there
                finally:
                    for phone in there.phones:
                        await phone.power_off()

"""Two bridges as two processes, each with an Asterisk of its own, on one PostgreSQL; unknown phones at both at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.core import Device, MacAddress
from bridge.lab.anyphone import AnyPhone
from bridge.lab.filefetch import FileServer
from bridge.lab.g711 import TONES
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import Registered, RestartAsked, ScreenShown
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import Testbed, TestbedWishes, prepared_testbed
from bridge.lab.tftpclient import TftpClient, TftpTiming
from bridge.store import open_store
from tests.databases import postgresql
from tests.e2e.desks import polled
from tests.e2e.programs import run, started

pytestmark = [pytest.mark.xdist_group("postgresql"), pytest.mark.timeout(240)]
EACH = 100
"""Unknown phones that ask at each of the two, all at once."""
PATIENT = TftpTiming(attempts=15)
"""What is asked here is who gets which number, not how soon: on a busy machine two hundred at once wait for a while."""
_NUMBER = re.compile(rb"<name>(1\d{3})</name>")


@dataclass(frozen=True)
class Node:
    """One of the two processes."""

    bed: Testbed

    @property
    def files(self) -> FileServer:
        tftp, http = self.bed.settings.tftp.listen[0], self.bed.settings.http.listen[0]
        return FileServer((tftp.host, tftp.port), (http.host, http.port))

    async def command(self, *words: str, code: int = 0) -> str:
        """``sepbridge`` with this node's settings."""
        return await run("--config", str(self.bed.config), *words, code=code)

    async def ask(self, first: int) -> list[str]:
        """Many unknown phones ask for their files at the same moment; the number of each, empty where it got none."""

        async def one(index: int) -> str:
            reply = await TftpClient(self.files.tftp, timing=PATIENT).read(f"SEP00BB0000{index:04X}.cnf.xml")
            assert reply.content is not None or reply.missing, reply.why
            found = _NUMBER.search(reply.content or b"")
            return found[1].decode() if found else ""

        return await asyncio.gather(*(one(index) for index in range(first, first + EACH)))


@dataclass(frozen=True)
class Two:
    """Both, the group's first server first."""

    first: Node
    second: Node
    url: str

    def devices(self) -> Sequence[Device]:
        """All phones, as the database has them."""
        with contextlib.closing(open_store(self.url)) as store, store.read() as work:
            return work.devices.all()

    def refused(self, phone: AnyPhone) -> str:
        """Why the phone was refused last; empty if it was not."""
        with contextlib.closing(open_store(self.url)) as store, store.read() as work:
            return next((each.reason for each in work.journal.refused() if each.device == phone.device), "")


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    with postgresql() as server:
        url = server.upgraded()
        wishes = [
            TestbedWishes(directory=tmp_path / name, database_url=url, name=name, joins=name == "second")
            for name in ("first", "second")
        ]
        async with contextlib.AsyncExitStack() as stack:
            beds = [await stack.enter_async_context(prepared_testbed(each)) for each in wishes]
            for bed in beds:
                await stack.enter_async_context(started("--config", str(bed.config), "serve"))
            yield Two(Node(beds[0]), Node(beds[1]), url)


async def off(phones: Sequence[AnyPhone]) -> None:
    for phone in phones:
        await phone.power_off()


def sip_phone(node: Node, index: int) -> SimulatedPhone:
    mac = MacAddress(f"00CC000000{index:02X}")
    return SimulatedPhone("8841", mac, node.files, timing=LAB_TIMING, tone=TONES[index], auto_answer=0.0)


def sccp_phone(node: Node, index: int) -> SccpPhone:
    mac = MacAddress(f"00DD000000{index:02X}")
    return SccpPhone("7975", mac, node.files, timing=LAB_TIMING, tone=TONES[index], auto_answer=0.0)


async def up(phone: AnyPhone) -> None:
    """Registered for good: known by its model, restarted once."""
    for event in (Registered, RestartAsked, Registered):
        await phone.wait_for(event, within=60)


@pytest.mark.req("AR-12")
@pytest.mark.req("AR-19")
@pytest.mark.req("AR-30")
@pytest.mark.req("AR-36")
async def test_two_hundred_phones_at_both_and_the_duty_moves(two: Two) -> None:
    first, second = two.first, two.second
    switched_on: list[AnyPhone] = []
    try:
        # All at once. Only the group's first server admits; the other one says "file not found" at once.
        ours, theirs = await asyncio.gather(first.ask(0), second.ask(EACH))
        assert sorted(ours) == [str(number) for number in range(1000, 1000 + EACH)]
        assert set(theirs) == {""}
        early, late = sip_phone(first, 1), sip_phone(second, 2)
        switched_on += [early, late]
        for phone in switched_on:
            phone.power_on()
        await up(early)

        async def is_refused() -> bool:
            return two.refused(late) == "primary_unavailable"

        await polled(is_refused)

        # As a backup the second one admits, too, from the same numbers. Half of the phones ask both at once.
        await first.command("autoregistration", "backup", "on")
        ours, theirs = await asyncio.gather(first.ask(EACH + EACH // 2), second.ask(EACH))
        numbers = [*ours, *theirs[: EACH // 2]]
        assert all(numbers)
        assert ours[: EACH // 2] == theirs[EACH // 2 :]
        assert len(set(numbers)) == EACH + EACH // 2
        await first.command("autoregistration", "backup", "off")

        # One command moves the duty: it shows what changes and writes it in one transaction.
        moved = await first.command("autoregistration", "move", "second", "--yes")
        assert "second" in moved
        ours, theirs = await asyncio.gather(first.ask(3 * EACH), second.ask(4 * EACH))
        assert set(ours) == {""}
        assert len({*numbers, *theirs}) == len(numbers) + EACH
        await up(late)

        async def knows_the_order() -> bool:
            """The other node has heard of the move, although nobody told it."""
            reply = await TftpClient(second.files.tftp).read("XMLDefault.cnf.xml")
            assert reply.content is not None
            ports = [each.bed.settings.sccp.listen[0].port for each in (second, first)]
            return re.findall(rb"<ethernetPhonePort>(\d+)<", reply.content) == [b"%d" % port for port in ports]

        await polled(knows_the_order)

        # A phone that reads the defaults at either of them is sent to the one that admits.
        await first.command("autoregistration", "protocol", "SCCP")
        strangers = [sccp_phone(first, 3), sccp_phone(second, 4)]
        switched_on += strangers
        for phone in strangers:
            phone.power_on()
        for phone in strangers:
            await up(phone)

        # Self-provisioning at the second node, on the screen of a phone that it admitted.
        await second.command("claims", "add", "2007", "--no-pin", "--name", "Ann")
        user = strangers[1]
        user.open_service("services")
        assert (await user.wait_for(ScreenShown)).title == "Services"
        user.choose(2)
        assert (await user.wait_for(ScreenShown)).title == "Set up this phone"
        user.fill_in(number="2007", pin="")
        await user.wait_for(ScreenShown)
        user.press_document_key("Confirm")
        await user.wait_for(ScreenShown)
        await user.wait_for(RestartAsked, within=30)
        await user.wait_for(Registered, within=30)
        assert user.number == "2007"
        claim = json.loads(await first.command("claims", "list", "--json"))["claims"][0]
        assert claim["claimed_by"] == str(user.device)

        found = two.devices()
        numbers = [each.number for each in found]
        assert len(numbers) == len(set(numbers))
        assert len(found) == 3 * EACH + EACH // 2 + 4
    finally:
        await off(switched_on)

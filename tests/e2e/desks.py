"""SCCP phones on desks, and what they have to do with Asterisk."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bridge.app.operations.recorder import describe
from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.system import SystemIds
from bridge.core import NOWHERE, MacAddress, NetworkPlace, SignallingProtocol
from bridge.core.events import PhoneRegistered
from bridge.lab.anyphone import AnyPhone
from bridge.lab.filefetch import FileServer
from bridge.lab.g711 import TONES
from bridge.lab.phoneevents import AudioHeard, Registered
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import Testbed, TestbedWishes, running_testbed
from bridge.ports import RestartKind
from tests.e2e.conftest import PATIENCE, Watch, come_up

SCCP = TestbedWishes(protocol=SignallingProtocol.SCCP)


async def polled(reached: Callable[[], Awaitable[bool]]) -> None:
    """Ask Asterisk until it says yes: it tells nobody of these things by itself."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await reached():
                return
            await asyncio.sleep(0.05)


async def channels_of(bed: Testbed) -> int:
    """How many channels Asterisk has."""
    shown = await bed.asterisk.cli("core show channels count")
    found = re.search(r"^(\d+) active channel", shown, re.MULTILINE)
    assert found is not None
    return int(found[1])


class Desks:
    """SCCP phones on desks."""

    def __init__(self, bed: Testbed) -> None:
        self.bed = bed
        self.watch = Watch(bed)
        self.phones: list[SccpPhone] = []
        self.auto_answer: float | None = 0.0
        """Of the phones that are placed from now on."""

    def place(
        self,
        model: str,
        *,
        mac: str = "",
        add_ons: tuple[str, ...] = (),
        auto_answer: float | None = 0.0,
        place: NetworkPlace = NOWHERE,
        load: str | None = None,
    ) -> SccpPhone:
        """A phone that nobody configured, without power yet."""
        index = len(self.phones) + 1
        phone = SccpPhone(
            model,
            MacAddress(mac or f"001122CC00{index:02X}"),
            FileServer(self.bed.tftp, self.bed.http),
            timing=LAB_TIMING,
            tone=TONES[40 + 4 * index],
            add_ons=add_ons,
            auto_answer=auto_answer if self.auto_answer is not None else None,
            place=place,
            load=load,
        )
        self.phones.append(phone)
        return phone

    async def registered(
        self, model: str, *, auto_answer: float | None = 0.0, place: NetworkPlace = NOWHERE
    ) -> SccpPhone:
        """A phone that is registered, its line at Asterisk too."""
        phone = self.place(model, auto_answer=auto_answer, place=place)
        await come_up(phone)
        await self.watch.seen(PhoneRegistered, phone.device, count=2)
        await self.line_up(phone)
        return phone

    async def change_line(self, phone: SccpPhone, **values: str) -> None:
        """What ``sepbridge phones line`` does; the phone starts again by it."""
        changes = PhoneChanges(self.bed.service.store, self.bed.service.clock, SystemIds(), "test")
        await asyncio.to_thread(changes.set_line, phone.device, phone.number, values)
        await self.restarted(phone)

    async def restarted(self, phone: SccpPhone) -> None:
        """Have the phone start again, and wait for it."""
        self.bed.service.stations.restart(phone.device, RestartKind.RESTART)
        await phone.wait_for(Registered, within=PATIENCE)
        await self.line_up(phone)

    async def line_up(self, phone: SccpPhone) -> None:
        """Wait until Asterisk has the line's registration."""

        async def registered() -> bool:
            return phone.number in {contact.endpoint for contact in await self.bed.service.pbx.contacts()}

        try:
            await polled(registered)
        except TimeoutError:
            happened = "\n".join(map(describe, self.watch.events[-40:]))
            shown = await self.bed.asterisk.cli("pjsip show endpoints")
            pytest.fail(f"line {phone.number!r} is not at Asterisk:\n{shown}\nWhat happened:\n{happened}")

    async def add_peer(self, name: str, contact: str, extension: str, *, more: str = "") -> None:
        """Tell Asterisk of a SIP peer that does not register, and of the extension that reaches it."""
        asterisk = self.bed.asterisk
        endpoint = (
            f"\n[{name}]\ntype=endpoint\ncontext=sepbridge-phones\ndisallow=all\nallow=ulaw\naors={name}\n"
            f"direct_media=no\n{more}\n[{name}]\ntype=aor\ncontact={contact}\n"
        )
        for path, text in (
            (asterisk.etc / "pjsip.conf", endpoint),
            (asterisk.phones_directory / "custom.conf", extension),
        ):
            with path.open("a", encoding="utf-8") as file:
                file.write(text)
        await asterisk.cli("module reload res_pjsip.so")
        await asterisk.cli("dialplan reload")

        async def known() -> bool:
            return contact in await asterisk.cli(f"pjsip show aor {name}")

        await polled(known)

    async def channels(self) -> int:
        """How many channels Asterisk has."""
        return await channels_of(self.bed)

    async def nothing_is_left(self) -> None:
        """Wait until neither Asterisk nor the proxy has a call, and the phones show none."""

        async def quiet() -> bool:
            return not (await self.channels() or self.bed.service.stations.calls)

        await polled(quiet)
        for phone in self.phones:
            await seen_on(phone, lambda phone=phone: not (phone.view.calls or phone.view.tone or phone.view.lamps))


async def next_tone(phone: AnyPhone) -> int:
    """The next tone that the phone hears."""
    while not (heard := await phone.wait_for(AudioHeard)).frequency:
        pass
    return heard.frequency


async def seen_on(phone: SccpPhone, what: Callable[[], object]) -> None:
    """Wait until the phone's screen shows something."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                if what():
                    return
                await asyncio.sleep(0.02)  # a screen tells nobody that it changed
    except TimeoutError:
        pytest.fail(f"it did not come to that: {phone.view}")


@asynccontextmanager
async def office(wishes: TestbedWishes = SCCP) -> AsyncIterator[Desks]:
    """A running lab; at the end no phone has anything to complain of."""
    async with running_testbed(wishes) as bed:
        desks = Desks(bed)
        yield desks
        for phone in desks.phones:
            await phone.power_off()
        for phone in desks.phones:
            assert phone.faults == (), phone.device

"""Self-provisioning by telephone: the real Asterisk runs the real script, and simulated phones key real DTMF."""

from __future__ import annotations

import array
import asyncio
import io
import math
import os
import wave
from collections.abc import AsyncIterator

import pytest

from bridge.app.claims.claimdesk import ClaimDesk, ClaimWish
from bridge.app.claims.claimvoice import STOCK, own_texts
from bridge.app.system import SystemIds
from bridge.core import ClaimOutcome, Device, DeviceName
from bridge.core.events import ClaimRefused, PhoneClaimed, PhoneRestartSent
from bridge.lab.anyphone import AnyPhone
from bridge.lab.g711 import TONES
from bridge.lab.installation import find_asterisk
from bridge.lab.phoneevents import AudioHeard, CallAnswered, CallEnded, Registered, RestartAsked, ScreenShown
from bridge.lab.testbed import Testbed
from tests.e2e.conftest import Shelf, come_up
from tests.e2e.desks import Desks, next_tone, office, polled

CODE = "*55"
SOCKET_MODE = 0o660


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


def admin(bed: Testbed) -> ClaimDesk:
    return ClaimDesk(bed.service.store, bed.service.clock, SystemIds(), "test")


def record(bed: Testbed, name: DeviceName) -> Device | None:
    with bed.service.store.read() as work:
        return work.devices.get(name)


class Caller:
    """Somebody at a phone who listens to the dialogue, and keys when it is his turn."""

    def __init__(self, bed: Testbed, phone: AnyPhone) -> None:
        self.bed = bed
        self.phone = phone

    async def dial(self) -> None:
        self.phone.call(CODE)
        await self.phone.wait_for(CallAnswered)
        await self.stage("EXTENSION")

    async def stage(self, wanted: str) -> None:
        """Wait until the dialogue is there. The script is about to speak then, and takes keys while it does."""

        async def reached() -> bool:
            return any(
                call.phone == self.phone.device and call.dialogue.stage.name == wanted
                for call in self.bed.service.self_provisioning._calls.values()
            )

        await polled(reached)
        await asyncio.sleep(0.6)  # keys between two sounds would be lost, as they are on the real thing

    async def key(self, number: str, pin: str) -> None:
        self.phone.press_keys(f"{number}#")
        await self.stage("CONFIRM")
        self.phone.press_keys("1")
        await self.stage("PIN")
        self.phone.press_keys(f"{pin}#")


async def claim(desks: Desks, phone: AnyPhone, number: str, pin: str) -> None:
    caller = Caller(desks.bed, phone)
    await caller.dial()
    await caller.key(number, pin)
    await desks.watch.seen(PhoneClaimed, phone.device)
    await (
        desks.bed.service.refresh()
    )  # as it happens every half-minute: it must neither tell the phone nor drop its line
    await phone.wait_for(CallEnded, within=30)
    asked = await phone.wait_for(RestartAsked, within=30)
    assert asked.obeyed
    await phone.wait_for(Registered, within=30)


async def in_asterisk(desks: Desks, number: str) -> bool:
    return number in {contact.endpoint for contact in await desks.bed.service.pbx.contacts()}


@pytest.mark.req("AR-36")
@pytest.mark.req("RG-11")
async def test_an_sccp_phone_becomes_the_extension_that_its_user_keys(desks: Desks) -> None:
    phone, other = await desks.registered("7961"), await desks.registered("7942")
    old = phone.number
    admin(desks.bed).add(ClaimWish("2001", "4711", name="Ann"))
    assert record(desks.bed, phone.device).temporary  # type: ignore[union-attr]  # None fails here, too
    boots = phone.boots
    await claim(desks, phone, "2001", "4711")
    device = record(desks.bed, phone.device)
    assert device is not None
    assert (device.number, device.temporary, device.lines[0].line.display_name) == ("2001", False, "Ann")
    assert phone.number == "2001"
    await desks.line_up(phone)
    other.call("2001")
    assert await next_tone(other) == phone.tone
    other.hang_up()
    await phone.wait_for(CallEnded)
    assert phone.boots == boots + 1
    assert len(desks.watch.of(PhoneRestartSent, phone.device)) == 2  # after autoregistration, after the claim

    async def gone() -> bool:
        return f"Endpoint:  {old}" not in await desks.bed.asterisk.cli("pjsip show endpoints")

    await polled(gone)
    with desks.bed.service.store.read() as work:
        assert old not in work.devices.numbers_in_use("")
        trail = work.journal.audit_trail()
    assert any(entry.action == "claims 2001" and "accepted" in entry.detail for entry in trail)
    assert "4711" not in "".join(f"{entry}" for entry in trail)
    mode = desks.bed.settings.self_provision_socket.stat().st_mode
    assert mode & 0o777 == SOCKET_MODE
    assert os.access(desks.bed.asterisk.phones_directory / "agi-bin/sepbridge-selfprovision", os.X_OK)


@pytest.mark.req("AR-36")
@pytest.mark.req("RG-11")
async def test_a_sip_phone_takes_the_place_of_a_planned_device(desks: Desks, shelf: Shelf) -> None:
    desks.bed.window_desk().set_protocol("SIP")
    phone = shelf.take(desks.bed, "8841")
    await come_up(phone)
    desks.bed.window_desk().set_protocol("SCCP")
    other = await desks.registered("7961")
    admin(desks.bed).add(ClaimWish("2002", "0815", name="Bob", description="Front desk", planned_model="8841"))
    planned = DeviceName("BAT000000002002")
    assert record(desks.bed, planned) is not None
    await desks.bed.service.refresh()
    boots = phone.boots
    await claim(desks, phone, "2002", "0815")
    device = record(desks.bed, phone.device)
    assert device is not None
    assert (device.number, device.temporary, device.description) == ("2002", False, "Front desk")
    assert record(desks.bed, planned) is None
    assert (phone.number, phone.boots) == ("2002", boots + 1)

    async def registered() -> bool:
        return await in_asterisk(desks, "2002")

    await polled(registered)
    other.call("2002")
    assert await next_tone(other) == phone.tone
    other.hang_up()
    await phone.wait_for(CallEnded)


async def test_three_wrong_pins_lock_the_phone_and_the_extension(desks: Desks) -> None:
    phone, other = await desks.registered("7961"), await desks.registered("7942")
    desk = admin(desks.bed)
    desk.add(ClaimWish("2003", "1234"))
    caller = Caller(desks.bed, phone)
    await caller.dial()
    for count in range(1, 4):
        await caller.key("2003", "9999")
        refused = await desks.watch.seen(ClaimRefused, phone.device, count=count)
        assert refused[-1].outcome == ClaimOutcome.WRONG_PIN
        await caller.stage("EXTENSION")
    await caller.key("2003", "1234")
    refused = await desks.watch.seen(ClaimRefused, phone.device, count=4)
    assert refused[-1].outcome == ClaimOutcome.LOCKED
    await phone.wait_for(CallEnded, within=30)
    second = Caller(desks.bed, other)
    await second.dial()
    await second.key("2003", "1234")
    (refused_too,) = await desks.watch.seen(ClaimRefused, other.device)
    assert refused_too.outcome == ClaimOutcome.LOCKED  # the extension, for this phone did nothing wrong
    await other.wait_for(CallEnded, within=30)
    desk.unlock("2003")
    await claim(desks, other, "2003", "1234")
    assert other.number == "2003"
    assert record(desks.bed, phone.device).temporary  # type: ignore[union-attr]  # None fails here, too


async def test_a_protected_number_and_a_caller_who_hangs_up(desks: Desks) -> None:
    phone = await desks.registered("7961")
    desk = admin(desks.bed)
    desk.add(ClaimWish("2004", "1234"))
    desk.protect("20X4")
    caller = Caller(desks.bed, phone)
    await caller.dial()
    await caller.key("2004", "1234")
    (refused,) = await desks.watch.seen(ClaimRefused, phone.device)
    assert refused.outcome == ClaimOutcome.PROTECTED
    await caller.stage("EXTENSION")
    phone.press_keys("2004#")
    await caller.stage("CONFIRM")
    phone.hang_up()
    await phone.wait_for(CallEnded)

    async def forgotten() -> bool:
        return not desks.bed.service.self_provisioning._calls

    await polled(forgotten)
    await desks.nothing_is_left()
    assert record(desks.bed, phone.device).temporary  # type: ignore[union-attr]  # None fails here, too
    assert not desks.watch.of(PhoneClaimed)


async def test_a_phone_that_has_its_place_is_turned_away(desks: Desks) -> None:
    phone = await desks.registered("7961")
    admin(desks.bed).add(ClaimWish("2005", "1234"))
    await claim(desks, phone, "2005", "1234")
    await desks.line_up(phone)
    phone.call(CODE)
    await phone.wait_for(CallAnswered)
    await phone.wait_for(AudioHeard)
    await phone.wait_for(CallEnded, within=30)
    assert not desks.bed.service.self_provisioning._calls
    assert phone.number == "2005"


async def test_who_hangs_up_after_the_last_key_has_his_extension_all_the_same(desks: Desks) -> None:
    phone = await desks.registered("7912")  # without soft keys, and with the oldest protocol
    admin(desks.bed).add(ClaimWish("2006", "1234"))
    boots = phone.boots
    caller = Caller(desks.bed, phone)
    await caller.dial()
    await caller.key("2006", "1234")
    await desks.watch.seen(PhoneClaimed, phone.device)
    await desks.bed.service.refresh()
    phone.hang_up()
    await phone.wait_for(RestartAsked, within=30)
    await phone.wait_for(Registered, within=30)
    await desks.line_up(phone)
    assert phone.number == "2006"
    await asyncio.sleep(1.0)  # nobody tells it to restart once more
    assert phone.boots == boots + 1


async def test_a_phone_is_set_up_on_its_screen(desks: Desks) -> None:
    phone = await desks.registered("7975")
    admin(desks.bed).add(ClaimWish("2007", "1234"))
    phone.open_service("services")
    assert (await phone.wait_for(ScreenShown)).title == "Services"
    phone.choose(2)
    assert (await phone.wait_for(ScreenShown)).title == "Set up this phone"
    phone.fill_in(number="2007", pin="1234")
    await phone.wait_for(ScreenShown)
    assert phone.document is not None
    assert phone.document.text == "This phone becomes 2007 and restarts."
    phone.press_document_key("Confirm")
    await phone.wait_for(ScreenShown)
    await phone.wait_for(RestartAsked, within=30)
    await phone.wait_for(Registered, within=30)
    await desks.line_up(phone)
    assert phone.number == "2007"


def test_every_stock_sound_exists() -> None:
    """In the sounds of the private Asterisk, which are Debian's."""
    sounds = find_asterisk().data / "sounds" / "en"
    wanted = {name for names in STOCK.values() for name in names} | {f"digits/{each}" for each in range(10)}
    assert {name for name in wanted if not list(sounds.glob(f"{name}.*"))} == set()


def tone(frequency: int) -> bytes:
    """A second of it, as a voice would be stored."""
    output = io.BytesIO()
    with wave.open(output, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = (int(9000 * math.sin(math.tau * frequency * each / 8000)) for each in range(8000))
        file.writeframes(array.array("h", samples).tobytes())
    return output.getvalue()


async def test_sounds_of_our_own_are_heard(desks: Desks) -> None:
    """In place of words each phrase is a tone, so that the phone can tell which it is."""
    place = desks.bed.asterisk.phones_directory / "sounds" / "en"
    place.mkdir(parents=True)
    tones = dict(zip(own_texts("en"), TONES, strict=False))
    for name, frequency in tones.items():
        (place / f"{name}.wav").write_bytes(tone(frequency))
    phone = await desks.registered("7961")
    phone.call(CODE)
    await phone.wait_for(CallAnswered)
    assert await next_tone(phone) == tones["extension"]
    phone.press_keys("27#")
    heard = [await next_tone(phone) for _ in range(4)]
    assert heard == [tones[name] for name in ("you-entered", "digit-2", "digit-7", "if-correct")]
    phone.hang_up()
    await phone.wait_for(CallEnded)

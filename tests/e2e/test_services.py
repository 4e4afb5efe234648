"""The services of SCCP phones, end to end: what stands on the screens of real requests, and what the keys lead to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from bridge.app.phones.screenmessages import checked_message
from bridge.app.services.directory import DirectoryDesk
from bridge.callcontrol.features import FEATURES
from bridge.callcontrol.user import PLAIN_KEYS
from bridge.cli.control import ask
from bridge.core import AddOnModule, CallKind, Device, DeviceButton, ServiceUrl, SpeedDial, checked_contact
from bridge.core.events import PhoneRegistered
from bridge.lab.phoneevents import AudioHeard, CallAnswered, CallEnded, RestartAsked, ScreenShown
from bridge.lab.sccpphone import SccpPhone
from bridge.sccp import SoftKeyEventType
from tests.e2e.conftest import come_up
from tests.e2e.desks import Desks, office, polled


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


def change(desks: Desks, phone: SccpPhone, how: Callable[[Device], Device]) -> None:
    """What an admin would change of a phone."""
    with desks.bed.service.store.write() as work:
        device = work.devices.get(phone.device)
        assert device is not None
        work.devices.update(how(device))
        work.commit()


async def until(reached: Callable[[], bool]) -> None:
    """Wait for something on a screen."""

    async def look() -> bool:
        return reached()

    await polled(look)


async def shown(phone: SccpPhone) -> str:
    """The title of the next document."""
    event = await phone.wait_for(ScreenShown)
    assert not event.why
    return event.title


async def test_the_directory_is_searched_and_an_entry_dialled(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7940")
    admin = DirectoryDesk(desks.bed.service.store, desks.bed.service.clock, "test")
    admin.add([checked_contact("Käthe Müller", two.number), checked_contact("Echo", "600")])
    admin.add([checked_contact(f"Ünal {number:02}", "603") for number in range(40)])
    one.open_service("directories")
    assert await shown(one) == "Directories"
    one.choose(1)
    assert await shown(one) == "Corporate Directory"
    one.fill_in(q="Mue")
    assert await shown(one) == "Corporate Directory"
    assert one.document is not None
    assert one.document.items == (("Käthe Müller", two.number),)
    one.press_document_key("Dial")
    assert (await two.wait_for(AudioHeard)).frequency == one.tone
    two.hang_up()
    await one.wait_for(CallEnded)

    # The other one's calls are in the lists, with the name that the directory knows.
    async def listed() -> bool:
        with desks.bed.service.store.read() as work:
            placed = work.phonebook.calls(one.device, CallKind.PLACED)
            return bool(placed and work.phonebook.calls(two.device, CallKind.RECEIVED))

    await polled(listed)
    one.open_service("directories")
    await shown(one)
    one.choose(3)
    assert await shown(one) == "Placed Calls"
    (name, number) = one.document.items[0]
    assert name.startswith("Käthe Müller")
    assert number == two.number
    two.open_service("directories")
    await shown(two)
    two.choose(4)
    assert await shown(two) == "Received Calls"
    assert two.document is not None
    assert two.document.items[0][1] == one.number

    # Thirty-two names fill a page; an old phone reads them in ISO-8859-1.
    two.open_service("directories")
    await shown(two)
    two.choose(1)
    await shown(two)
    two.fill_in(q="unal")
    await shown(two)
    assert len(two.document.items) == 32
    two.press_document_key("Next")
    await shown(two)
    assert two.document.items[-1] == ("Ünal 39", "603")
    assert two.document_keys[:2] == ("Dial", "Prev")


async def test_a_personal_directory_is_its_phones_alone_and_asks_for_its_pin(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7940")
    admin = DirectoryDesk(desks.bed.service.store, desks.bed.service.clock, "test")
    mother = checked_contact("Zoë Ørsted", two.number, one.device.value)
    admin.add([mother], owner=one.device)
    admin.set_pin(one.device, "4711")
    one.open_service("directories")
    await shown(one)
    one.choose(2)
    assert await shown(one) == "Personal Directory"
    assert one.document is not None
    assert one.document.kind == "Input"
    one.fill_in(pin="1234")
    await shown(one)
    assert "Wrong PIN" in one.document.text
    one.open_service("directories")
    await shown(one)
    one.choose(2)
    await shown(one)
    one.fill_in(pin="4711")
    await shown(one)
    assert one.document.items == (("Zoë Ørsted", two.number),)
    two.open_service("directories")
    await shown(two)
    two.choose(2)
    await shown(two)
    assert two.document is not None
    assert two.document.items == ()
    one.press_document_key("Dial")
    assert (await two.wait_for(AudioHeard)).frequency == one.tone
    assert (await one.wait_for(AudioHeard)).frequency == two.tone
    await until(lambda: one.number in str(two.view.calls) and two.number in str(one.view.calls))
    one.hang_up()
    await desks.nothing_is_left()


async def test_the_services_key_opens_a_menu_in_the_phones_language(desks: Desks) -> None:
    phone = await desks.registered("7975")
    phone.locale = "German_Germany"
    phone.open_service("services")
    assert await shown(phone) == "Dienste"
    phone.press_document_key("Beenden")
    assert phone.document is None


async def test_a_message_reaches_every_phone_that_can_show_it(desks: Desks) -> None:
    one, two, deaf = [await desks.registered(model) for model in ("7961", "7940", "7902")]
    service = desks.bed.service
    message = checked_message("Fire drill at 3 ö", seconds=30, priority=3, stays=False)
    deliveries = {each.device: each.why_not for each in await service.message_phones(message)}
    assert deliveries == {one.device: "", two.device: "", deaf.device: "it has no display"}
    await until(lambda: one.view.status == two.view.status == "Fire drill at 3 ö")
    await service.message_phones(replace(message, text=""), names=[one.device])
    await until(lambda: one.view.status == "Your current options")
    assert two.view.status == "Fire drill at 3 ö"

    asked = {"phones": [], "pool": "", "text": "Drill is over", "seconds": 30, "priority": 2, "stays": False}
    answer = await asyncio.to_thread(ask, desks.bed.settings.control_socket, "POST", "/message", body=asked)
    assert {each["phone"]: each["why_not"] for each in answer} == {
        str(one.device): "",
        str(two.device): "",
        str(deaf.device): "it has no display",
    }
    await until(lambda: one.view.status == two.view.status == "Drill is over")
    await asyncio.to_thread(
        ask, desks.bed.settings.control_socket, "POST", "/message", body={**asked, "text": "", "priority": 2}
    )
    await until(lambda: one.view.status == "Your current options")

    day = checked_message("Closed on Friday", seconds=0, priority=7, stays=True)
    await service.message_phones(day, pool="Default")
    await until(lambda: one.view.status == "Closed on Friday")
    one.call("600")
    await one.wait_for(CallAnswered)
    assert one.view.status == "Connected"
    one.hang_up()
    await until(lambda: one.view.status == "Closed on Friday")
    await service.message_phones(replace(day, text=""))
    await until(lambda: one.view.status == "Your current options")


async def test_a_long_message_is_a_page_to_read(desks: Desks) -> None:
    phone = await desks.registered("7961")
    text = "The canteen is closed. " * 20
    message = checked_message(text, seconds=10, priority=7, stays=False)
    await desks.bed.service.message_phones(message)
    assert await shown(phone) == "Message"
    assert phone.document is not None
    assert phone.document.text == text.strip()


OBJECTS = {
    "Menu": "<Title>Floor</Title><MenuItem><Name>Echo</Name><URL>Dial:600</URL></MenuItem>",
    "Input": "<Title>Room</Title><URL>http://127.0.0.1/x</URL><InputItem><DisplayName>No</DisplayName>"
    "<QueryStringParam>n</QueryStringParam><InputFlags>N</InputFlags></InputItem>",
    "Text": "<Title>News</Title><Text>Grüße aus Köln</Text>",
    "Image": "<Title>Map</Title><LocationX>-1</LocationX><LocationY>-1</LocationY><Width>4</Width><Height>1</Height>"
    "<Depth>2</Depth><Data>1B</Data>",
}


@pytest.mark.parametrize("model", ["7940", "7975"])
async def test_xml_objects_are_pushed_and_obeyed(desks: Desks, model: str) -> None:
    """From the command line's socket over SCCP: an old phone in one piece, a new one in segments, another untouched."""
    phone, other = await desks.registered(model), await desks.registered("7961")
    socket = desks.bed.settings.control_socket

    async def push(document: str) -> list[dict[str, str]]:
        asked = {"phones": [str(phone.device)], "pool": "", "text": "", "seconds": 0, "priority": 7, "stays": False}
        return await asyncio.to_thread(ask, socket, "POST", "/message", body={**asked, "document": document})

    for kind, inside in OBJECTS.items():
        assert await push(f"<CiscoIPPhone{kind}>{inside}</CiscoIPPhone{kind}>") == [
            {"phone": str(phone.device), "why_not": ""}
        ]
        await until(lambda kind=kind: phone.document is not None and phone.document.kind == kind)
    long = f"<CiscoIPPhoneText><Title>Long</Title><Text>{'word ' * 500}</Text></CiscoIPPhoneText>"
    (told,) = await push(long)
    assert ("too long" in told["why_not"]) is (phone.version < 18)
    if phone.version >= 18:
        await until(lambda: phone.document is not None and phone.document.title == "Long")
    await push('<CiscoIPPhoneExecute><ExecuteItem Priority="0" URL="Dial:600"/></CiscoIPPhoneExecute>')
    assert (await phone.wait_for(AudioHeard)).frequency == phone.tone
    phone.hang_up()
    assert other.document is None
    await desks.nothing_is_left()


async def test_the_soft_keys_of_every_state(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7941")
    two._habits = replace(two._habits, auto_answer=None)
    assert two._line is not None
    two._line._habits = two._habits

    def keys(phone: SccpPhone, *wanted: str) -> bool:
        return phone.view.soft_keys[: len(wanted)] == wanted

    await until(lambda: keys(one, "Redial", "NewCall"))
    one.press_soft_key("NewCall")
    await until(lambda: keys(one, "Redial", "EndCall"))
    one.press_keys(two.number[0])
    await until(lambda: keys(one, "<<", "EndCall", "Dial"))
    one.press_keys(two.number[1:])
    await until(lambda: keys(one, "", "EndCall"))
    await until(lambda: keys(two, "Answer", "EndCall"))
    two.answer()
    await until(lambda: keys(one, "Hold", "EndCall", "Transfer") and keys(two, "Hold", "EndCall", "Transfer"))
    one.hold()
    await until(lambda: keys(one, "Resume", "NewCall", "EndCall"))
    one.resume()
    await until(lambda: keys(one, "Hold", "EndCall", "Transfer"))
    one.press_soft_key("Transfer")
    await until(lambda: keys(one, "Redial", "EndCall"))
    one.press_keys("600#")
    await until(lambda: keys(one, "", "EndCall", "Transfer"))
    one.press_soft_key("EndCall")
    two.hang_up()
    await until(lambda: keys(two, "Redial", "NewCall"))
    known = {SoftKeyEventType(event) for event in PLAIN_KEYS.union(*(each.SOFT_KEYS for each in FEATURES))}
    for phone in (one, two):
        assert phone._line is not None
        template = phone._line.station.soft_keys._template
        assert {key.event for key in template} <= known


@pytest.mark.parametrize(("module", "buttons", "live"), [("7914", 14, False), ("7915", 24, True), ("7916", 24, True)])
async def test_labels_on_an_add_on_module(desks: Desks, module: str, buttons: int, live: bool) -> None:
    phone = desks.place("7965", add_ons=(module,))
    await come_up(phone)
    await desks.watch.seen(PhoneRegistered, phone.device, count=2)
    add_on = AddOnModule.CISCO_7914 if buttons == 14 else AddOnModule(f"{module}-24")
    last = 6 + buttons

    def dials(label: str) -> Callable[[Device], Device]:
        entries = (DeviceButton(7, SpeedDial("600", "Echo")), DeviceButton(last, SpeedDial("603", label)))
        return lambda device: replace(device, buttons=entries, settings=replace(device.settings, add_ons=(add_on,)))

    change(desks, phone, dials("Last"))
    await desks.bed.service.refresh()
    await phone.wait_for(RestartAsked)  # other buttons need a restart
    await until(lambda: phone.view.labels == (phone.number, "Echo", "Last") and phone.number != "")
    phone.press_button(2)
    await phone.wait_for(CallAnswered)
    phone.hang_up()
    await phone.wait_for(CallEnded)
    boots = phone.boots
    change(desks, phone, dials("Newest"))
    await desks.bed.service.refresh()
    await until(lambda: phone.view.labels[-1:] == ("Newest",))
    assert (phone.boots == boots) is live


async def test_a_service_button_opens_its_page(desks: Desks) -> None:
    phone = await desks.registered("7965")
    host, port = desks.bed.http
    url = f"http://{host}:{port}/services/services"
    change(desks, phone, lambda device: replace(device, buttons=(DeviceButton(2, ServiceUrl(url, "Site")),)))
    await desks.bed.service.refresh()
    await phone.wait_for(RestartAsked)
    await until(lambda: phone.view.labels == (phone.number, "Site") and phone.number != "")
    phone.press_service_button()
    assert await shown(phone) == "Services"
    change(desks, phone, lambda device: replace(device, buttons=(DeviceButton(2, ServiceUrl(url, "House")),)))
    await desks.bed.service.refresh()
    await until(lambda: phone.view.labels == (phone.number, "House"))

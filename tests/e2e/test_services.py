"""The services of SCCP phones, end to end: what stands on the screens of real requests, and what the keys lead to."""

from __future__ import annotations

from bridge.app.directory import DirectoryDesk
from bridge.core import CallKind, checked_contact
from bridge.lab.phoneevents import AudioHeard, CallEnded, ScreenShown
from bridge.lab.sccpphone import SccpPhone
from tests.e2e.test_sccp import Desks, desks, polled

__all__ = ["desks"]


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


async def test_the_services_key_opens_a_menu_in_the_phones_language(desks: Desks) -> None:
    phone = await desks.registered("7975")
    phone.locale = "German_Germany"
    phone.open_service("services")
    assert await shown(phone) == "Dienste"
    phone.press_document_key("Beenden")
    assert phone.document is None

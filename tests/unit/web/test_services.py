"""The phones' services over HTTP: what is shown, to whom, in which language and encoding."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.services.directory import Directory, DirectoryDesk
from bridge.app.settings import SecretsTo, ServiceSettings
from bridge.core import CallKind, Line, LineAppearance, PastCall, SignallingProtocol, checked_contact
from bridge.lab.screenxml import ScreenDocument, read_screen_document
from bridge.store import SqlStore
from bridge.web.services import PhoneServices
from tests.samples import sample_device
from tests.unit.app.conftest import StillClock

DEVICE = replace(
    sample_device(SignallingProtocol.SCCP, LineAppearance(1, Line("1001", display_name="Zoë"))),
    address="127.0.0.1",
    registered=True,
)


class Phone:
    """Asks as a phone would, and reads what comes."""

    def __init__(self, session: ClientSession, base: str) -> None:
        self.session = session
        self.base = base
        self.headers = {"Accept-Charset": "utf-8,iso-8859-1;q=0.8"}

    async def status(self, place: str) -> int:
        async with self.session.get(f"{self.base}/services/{place}", headers=self.headers) as answer:
            return answer.status

    async def get(self, place: str) -> ScreenDocument:
        url = place if place.startswith("http") else f"{self.base}/services/{place}"
        async with self.session.get(url, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()
            assert answer.content_type == "text/xml"
            document, faults = read_screen_document(await answer.read())
            assert faults == ()
            return document

    async def mine(self, place: str, more: str = "") -> ScreenDocument:
        return await self.get(f"{place}?name={DEVICE.name}{more}")


@pytest.fixture
async def phone(
    store: SqlStore,
    clock: StillClock,
    files: PhoneFiles,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Phone]:
    monkeypatch.setattr("bridge.app.services.directory.STALE", 0.0)
    with store.write() as work:
        work.devices.add(DEVICE)
        work.commit()
    services = PhoneServices(
        Directory(store, clock),
        files,
        settings=ServiceSettings(voicemail="*97"),
        networks=(ip_network("127.0.0.0/8"),),
        secrets_to=SecretsTo.UNCLAIMED,
        mac_of=lambda _: None,
    )
    application = web.Application()
    application.add_routes(services.routes())
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with ClientSession() as session:
        yield Phone(session, f"http://{host}:{port}")
    await runner.cleanup()


@pytest.fixture
def admin(store: SqlStore, clock: StillClock) -> DirectoryDesk:
    return DirectoryDesk(store, clock, "ann")


async def test_the_first_page_is_a_menu_whose_links_work(phone: Phone) -> None:
    menu = await phone.mine("directories")
    assert menu.kind == "Menu"
    assert [name for name, _ in menu.items] == [
        "Corporate Directory",
        "Personal Directory",
        "Placed Calls",
        "Received Calls",
        "Missed Calls",
    ]
    for _, url in menu.items:
        assert (await phone.get(url)).title


async def test_a_long_directory_is_leafed_through(phone: Phone, admin: DirectoryDesk) -> None:
    admin.add([checked_contact(f"Ünal {number:02}", str(2000 + number)) for number in range(40)])
    form = await phone.mine("search")
    assert form.kind == "Input"
    assert form.fields == (("Name", "q"),)
    first = await phone.get(f"{form.url}&q=%C3%9Cn")
    assert (first.title, first.prompt, len(first.items)) == ("Corporate Directory", "Page 1 of 2", 32)
    assert first.items[0] == ("Ünal 00", "2000")
    assert [name for name, _ in first.keys] == ["Dial", "Next", "Exit", "EditDial", "Search"]
    second = await phone.get(dict(first.keys)["Next"])
    assert second.items[-1] == ("Ünal 39", "2039")
    assert [name for name, _ in second.keys] == ["Dial", "Prev", "Exit", "EditDial", "Search"]
    assert await phone.get(dict(second.keys)["Prev"]) == first


async def test_german_phones_read_german_and_old_ones_latin_1(phone: Phone, admin: DirectoryDesk) -> None:
    admin.add([checked_contact("Łucja Größe", "2000")])
    phone.headers["Accept-Charset"] = "iso-8859-1"
    page = await phone.mine("corporate", "&locale=German_Germany&q=gr")
    assert page.title == "Firmenverzeichnis"
    assert page.items == (("?ucja Größe", "2000"),)
    assert [name for name, _ in page.keys] == ["Wählen", "Beenden", "Bearb.", "Suchen"]


async def test_a_phone_whose_language_has_no_files_reads_our_pages_in_it_all_the_same(
    phone: Phone, files: PhoneFiles, store: SqlStore
) -> None:
    assert (await phone.mine("corporate", "&locale=English_United_States")).title == "Corporate Directory"
    with store.write() as work:
        work.objects.pools.save(replace(work.site.pool(DEVICE.pool), user_locale="German_Germany"))
        work.commit()
    files.read_site()
    for said in ("&locale=English_United_States", ""):
        assert (await phone.mine("corporate", said)).title == "Firmenverzeichnis"
    assert (await phone.mine("corporate", "&locale=English_United_Kingdom")).title == "Corporate Directory"


async def test_a_phone_that_is_not_ours_sees_nothing(phone: Phone) -> None:
    assert await phone.status("directories") == 400
    assert await phone.status("directories?name=SEPFFFFFFFFFFFF") == 403
    assert await phone.status("directories?name=%27%3B--") == 400
    assert await phone.status(f"calls?name={DEVICE.name}&kind=x") == 400
    phone.headers["Host"] = "evil<host>"
    assert await phone.status(f"directories?name={DEVICE.name}") == 400


async def test_calls_and_own_contacts_are_shown_at_the_phone_alone(
    phone: Phone,
    admin: DirectoryDesk,
    store: SqlStore,
) -> None:
    admin.add([checked_contact("Mum", "12", DEVICE.name.value)], owner=DEVICE.name)
    with store.write() as work:
        work.phonebook.note_call(PastCall(DEVICE.name, datetime(2026, 7, 1, 10, tzinfo=UTC), CallKind.PLACED, "12"))
        work.commit()
    assert (await phone.mine("personal")).items == (("Mum", "12"),)
    assert (await phone.mine("calls", "&kind=placed")).items == (("12 01.07. 10:00", "12"),)
    with store.write() as work:
        work.devices.update(replace(DEVICE, address="192.0.2.9"))
        work.commit()
    assert (await phone.mine("personal")).text == "Not for this phone"
    assert (await phone.mine("calls", "&kind=placed")).text == "Not for this phone"
    assert (await phone.mine("corporate")).items == (("Zoë", "1001"),)


async def test_a_pin_is_asked_for(phone: Phone, admin: DirectoryDesk) -> None:
    admin.add([checked_contact("Mum", "12", DEVICE.name.value)], owner=DEVICE.name)
    admin.set_pin(DEVICE.name, "4711")
    form = await phone.mine("personal")
    assert form.fields == (("PIN", "pin"),)
    assert "Wrong PIN" in (await phone.get(f"{form.url}&pin=1")).text
    assert (await phone.get(f"{form.url}&pin=4711")).items == (("Mum", "12"),)


async def test_messages_help_and_pushes(phone: Phone) -> None:
    assert (await phone.mine("messages")).items == (("Call voicemail", "Dial:*97"),)
    assert (await phone.mine("information", "&id=7")).kind == "Text"
    assert [name for name, _ in (await phone.mine("services")).items] == ["Directories", "Messages"]
    async with phone.session.get(f"{phone.base}/services/authentication?UserID=a&Password=b") as answer:
        assert await answer.text() == "UN-AUTHORIZED"


async def test_phones_are_told_that_our_own_login_for_their_pages_is_right(
    files: PhoneFiles, store: SqlStore, clock: StillClock
) -> None:
    async def answers(login: tuple[str, str], network: str, *asked: tuple[str, str]) -> list[str]:
        services = PhoneServices(
            Directory(store, clock),
            files,
            settings=ServiceSettings(),
            networks=(ip_network(network),),
            secrets_to=SecretsTo.UNCLAIMED,
            mac_of=lambda _: None,
            pages_login=login,
        )
        application = web.Application()
        application.add_routes(services.routes())
        async with TestClient(TestServer(application)) as client:
            found = []
            for user, password in asked:
                parameters = {"UserID": user, "Password": password, "devicename": "SEP001122AABBCC"}
                answer = await client.get("/services/authentication", params=parameters)
                found.append(await answer.text())
            return found

    login = ("pages", "a secret")
    pairs = (login, ("pages", "another"), ("else", "a secret"), ("", ""))
    assert await answers(login, "127.0.0.0/8", *pairs) == ["AUTHORIZED"] + ["UN-AUTHORIZED"] * 3
    assert await answers(login, "192.0.2.0/24", login) == ["UN-AUTHORIZED"]
    assert await answers(("", ""), "127.0.0.0/8", ("", "")) == ["UN-AUTHORIZED"]


async def test_other_networks_are_refused(phone: Phone, files: PhoneFiles, store: SqlStore, clock: StillClock) -> None:
    settings = ServiceSettings()
    elsewhere = PhoneServices(
        Directory(store, clock),
        files,
        settings=settings,
        networks=(ip_network("192.0.2.0/24"),),
        secrets_to=SecretsTo.ANY,
        mac_of=lambda _: None,
    )
    application = web.Application()
    application.add_routes(elsewhere.routes())
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    phone.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    assert await phone.status(f"directories?name={DEVICE.name}") == 403
    await runner.cleanup()


def test_the_phones_file_says_where_the_services_are(files: PhoneFiles, tmp_path: Path) -> None:
    files.offer_services(ServiceSettings(idle_seconds=60), "http://192.0.2.1:6970")
    text = bytes(files.device_file(DEVICE).content).decode()
    for element in (
        "<directoryURL>http://192.0.2.1:6970/services/directories</directoryURL>",
        "<servicesURL>http://192.0.2.1:6970/services/services</servicesURL>",
        "<informationURL>http://192.0.2.1:6970/services/information</informationURL>",
        "<authenticationURL>http://192.0.2.1:6970/services/authentication</authenticationURL>",
        "<idleURL>http://192.0.2.1:6970/services/services</idleURL>",
        "<idleTimeout>60</idleTimeout>",
    ):
        assert element in text
    assert "messagesURL" not in text

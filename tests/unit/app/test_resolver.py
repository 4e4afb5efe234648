"""The resolver: who gets which file, by name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from bridge.app.admissions import Admissions
from bridge.app.phonefiles import PhoneFiles
from bridge.app.resolver import FileResolver
from bridge.app.settings import FilesSettings
from bridge.app.window import WindowDesk
from bridge.core import DeviceName, FileAnswer, FileFound, FileMissing, FileRequest, Via
from bridge.core.events import PhoneAdmitted, PhoneRefused
from bridge.lab.textfile import read_text_file
from bridge.store import SqlStore
from bridge.store.filetree import FileTree
from tests.unit.app.conftest import CountingIds, Remembering, StillClock

Ask = Callable[..., Awaitable[FileAnswer]]
CLIENT = "192.0.2.77"
MAC = "001122AABBCC"
PHONE = DeviceName(f"SEP{MAC}")


@pytest.fixture
def open_window(window: WindowDesk) -> WindowDesk:
    window.enable(duration=timedelta(hours=1))
    return window


@pytest.fixture
async def ask(
    store: SqlStore, files: PhoneFiles, clock: StillClock, ids: CountingIds, sink: Remembering, tmp_path: Path
) -> AsyncIterator[Ask]:
    admissions = Admissions(store, sink, clock, ids, admitted=lambda devices: None)
    tree = tmp_path / "files"
    tree.mkdir()

    async def settled(device: object) -> bool:
        return True

    resolver = FileResolver(
        store,
        files,
        FileTree(tree),
        admissions,
        settled=settled,
        mac_of=lambda client: None,
        settings=FilesSettings(),
        networks=(ip_network("192.0.2.0/24"),),
    )

    async def one(name: str, *, client: str = CLIENT, via: Via = Via.TFTP, user_agent: str = "") -> FileAnswer:
        return await resolver.provide(FileRequest(name, client, via, clock.now(), user_agent=user_agent))

    running = asyncio.create_task(admissions.run())
    yield one
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def text(answer: FileAnswer) -> str:
    assert isinstance(answer, FileFound), answer
    return bytes(answer.content).decode("latin-1")


async def test_an_unknown_7960_with_sip_firmware_is_let_in_and_gets_its_text_files(
    ask: Ask, open_window: WindowDesk, sink: Remembering
) -> None:
    assert "<device>" in text(await ask(f"SEP{MAC}.cnf.xml"))
    common = await ask("SIPDefault.cnf")
    own = await ask(f"./SIP{MAC}.cnf")
    assert isinstance(common, FileFound)
    assert common.secret_of is None
    assert isinstance(own, FileFound)
    assert own.secret_of == PHONE
    values = read_text_file(bytes(common.content)) | read_text_file(bytes(own.content))
    (admitted,) = sink.of(PhoneAdmitted)
    assert values["line1_name"] == values["line1_authname"] == admitted.number
    assert values["line1_password"]
    assert "DIALTEMPLATE" in text(await ask(values["dial_template"] + ".xml"))
    assert "SYNC=" in text(await ask("syncinfo.xml"))


async def test_sip_firmware_is_turned_away_where_the_site_wants_sccp(
    ask: Ask, open_window: WindowDesk, sink: Remembering
) -> None:
    open_window.set_protocol("SCCP")
    await ask(f"SEP{MAC}.cnf.xml")
    assert isinstance(await ask(f"SIP{MAC}.cnf"), FileMissing)
    assert sink.of(PhoneRefused)[-1].device == PHONE


async def test_a_closed_window_gives_no_text_file(ask: Ask, sink: Remembering) -> None:
    assert isinstance(await ask(f"SIP{MAC}.cnf"), FileMissing)
    assert sink.of(PhoneAdmitted) == []


async def test_a_text_file_with_the_password_goes_to_its_phone_alone(
    ask: Ask, open_window: WindowDesk, store: SqlStore
) -> None:
    await ask(f"SIP{MAC}.cnf")
    with store.write() as work:
        device = work.devices.get(PHONE)
        assert device is not None
        work.devices.update(replace(device, registered=True, address=CLIENT))
        work.commit()
    assert not isinstance(await ask(f"SIP{MAC}.cnf", client="192.0.2.78"), FileFound)
    assert isinstance(await ask(f"SIP{MAC}.cnf"), FileFound)

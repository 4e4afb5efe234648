"""Self-provisioning on a phone's screen, and the socket that Asterisk's script uses."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp import ClientSession, UnixConnector, web

from bridge.app.claims.claimdesk import ClaimDesk, ClaimWish
from bridge.app.claims.claiming import Claiming, Moved
from bridge.app.claims.claimvoice import STOCK, Voice, own_name, own_words
from bridge.app.claims.selfprovisioning import MOST_CALLS, SelfProvisioning
from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.services.directory import Directory
from bridge.app.settings import SecretsTo, ServiceSettings
from bridge.autoregistration.claimdialogue import Phrase
from bridge.autoregistration.claims import ClaimPolicy
from bridge.core import Line, LineAppearance, SignallingProtocol
from bridge.lab.screenxml import ScreenDocument, read_screen_document
from bridge.store import SqlStore
from bridge.web.selfprovision import SelfProvisionServer
from bridge.web.services import PhoneServices
from tests.samples import sample_device
from tests.unit.app.conftest import CountingIds, Remembering, StillClock

DEVICE = replace(
    sample_device(SignallingProtocol.SCCP, LineAppearance(1, Line("1001"))),
    address="127.0.0.1",
    registered=True,
    temporary=True,
)


class Moves:
    """Remembers which phones would have been brought back."""

    def __init__(self) -> None:
        self.begun: list[tuple[Moved, asyncio.Event | None]] = []

    def begin(self, moved: Moved, over: asyncio.Event | None) -> None:
        self.begun.append((moved, over))


@dataclass
class Bench:
    desk: SelfProvisioning
    moves: Moves
    admin: ClaimDesk
    store: SqlStore


@pytest.fixture
def bench(store: SqlStore, clock: StillClock, tmp_path: Path) -> Bench:
    ids, moves = CountingIds(), Moves()
    with store.write() as work:
        work.devices.add(DEVICE)
        work.commit()
    admin = ClaimDesk(store, clock, ids, "ann")
    admin.add(ClaimWish("2001", "4711", name="Ann"))
    claiming = Claiming(store, Remembering(), clock, ids, policy=ClaimPolicy(), is_foreign=lambda _: False)
    desk = SelfProvisioning(claiming, moves, Voice("en", tmp_path / "sounds"), clock)  # type: ignore[arg-type]  # a stand-in, or nothing of the kind on purpose
    return Bench(desk, moves, admin, store)


class Screen:
    """A phone's screen."""

    def __init__(self, session: ClientSession, base: str) -> None:
        self.session = session
        self.base = base

    async def get(self, place: str) -> ScreenDocument:
        url = place if place.startswith("http") else f"{self.base}/services/{place}?name={DEVICE.name}"
        async with self.session.get(url) as answer:
            assert answer.status == 200, await answer.text()
            document, faults = read_screen_document(await answer.read())
            assert faults == ()
            return document


@pytest.fixture
async def screen(bench: Bench, store: SqlStore, clock: StillClock, files: PhoneFiles) -> AsyncIterator[Screen]:
    services = PhoneServices(
        Directory(store, clock),
        files,
        settings=ServiceSettings(),
        networks=(ip_network("127.0.0.0/8"),),
        secrets_to=SecretsTo.UNCLAIMED,
        mac_of=lambda _: None,
        self_provisioning=bench.desk,
    )
    application = web.Application()
    application.add_routes(services.routes())
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with ClientSession() as session:
        yield Screen(session, f"http://{host}:{port}")
    await runner.cleanup()


@pytest.mark.req("AR-36")
@pytest.mark.req("RG-11")
async def test_a_user_sets_his_phone_up_on_the_screen(screen: Screen, bench: Bench) -> None:
    menu = await screen.get("services")
    form = await screen.get(dict(menu.items)["Set up this phone"])
    assert form.kind == "Input"
    assert form.fields == (("Extension", "number"), ("PIN", "pin"))
    question = await screen.get(f"{form.url}&number=2001&pin=4711")
    assert question.text == "This phone becomes 2001 and restarts."
    assert not bench.moves.begun
    confirm = dict(question.keys)["Confirm"]
    assert "4711" not in confirm
    assert (await screen.get(confirm)).text == "Thank you. The phone restarts with the extension 2001."
    ((moved, over),) = bench.moves.begun
    assert (moved.after.number, moved.after.temporary, over) == ("2001", False, None)
    with bench.store.read() as work:
        assert work.devices.get(DEVICE.name) == moved.after
    assert "already" in (await screen.get("selfprovision")).text
    assert "Set up this phone" not in dict((await screen.get("services")).items)


async def test_wrong_entries_old_tickets_and_strange_ones(screen: Screen, bench: Bench, clock: StillClock) -> None:
    form = await screen.get("selfprovision")
    for entry in ("number=&pin=1", "number=20a1&pin=1", "number=%D9%A1&pin=1", f"number={'1' * 16}&pin=1"):
        assert (await screen.get(f"{form.url}&{entry}")).kind == "Input"
    wrong = "The extension or the PIN is wrong."
    for entry in ("number=2001&pin=1", "number=2002&pin=4711"):
        question = await screen.get(f"{form.url}&{entry}")
        confirm = dict(question.keys)["Confirm"]
        assert (await screen.get(confirm)).text == wrong
        assert "too long" in (await screen.get(confirm)).text  # a ticket is good for once
    question = await screen.get(f"{form.url}&number=2001&pin=4711")
    clock.pass_by(timedelta(minutes=3))
    assert "too long" in (await screen.get(dict(question.keys)["Confirm"])).text
    assert not bench.moves.begun


async def test_nobody_sets_up_a_phone_from_somewhere_else(screen: Screen, bench: Bench) -> None:
    with bench.store.write() as work:
        work.devices.update(replace(DEVICE, address="127.0.0.9"))
        work.commit()
    assert (await screen.get("selfprovision")).text == "Not for this phone"


@contextlib.asynccontextmanager
async def socket_of(bench: Bench, path: Path) -> AsyncIterator[ClientSession]:
    server = SelfProvisionServer(bench.desk, path)
    await server.start()
    try:
        async with ClientSession(connector=UnixConnector(str(path)), base_url="http://localhost") as session:
            yield session
    finally:
        await server.close()


async def test_the_script_is_led_through_the_dialogue(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    async with socket_of(bench, path) as session:
        assert path.stat().st_mode & 0o777 == 0o660

        async def post(place: str, **content: str) -> dict[str, object]:
            async with session.post(f"/selfprovision{place}", json=content) as answer:
                assert answer.status == 200, await answer.text()
                return dict(await answer.json())

        first = await post("", line="1001")
        assert (first["say"], first["most"], first["language"]) == (["extension", "beep"], 15, "en")
        call = f"/{first['call']}"
        step = await post(call, keys="2001")
        spoken = ["you-entered", *(f"digits/{each}" for each in "2001"), "if-correct-press", "digits/1"]
        assert (step["say"], step["most"]) == (spoken, 1)
        assert (await post(call, keys="1"))["say"] == ["agent-pass"]
        last = await post(call, keys="4711")
        assert last["most"] == 0
        ((moved, over),) = bench.moves.begun
        assert moved.after.number == "2001"
        assert over is not None
        assert not over.is_set()
        await post(f"{call}/over")
        assert over.is_set()
        await post(f"{call}/over")
        async with session.post(f"/selfprovision{call}", json={"keys": "1"}) as answer:
            assert answer.status == 404
        strange = await post("", line="1001;evil")
        assert (strange["call"], strange["most"]) == ("", 0)
        for body in (b"", b"{}", b"[1]", b'{"line": 5}', b"x" * 5000):
            async with session.post("/selfprovision", data=body) as answer:
                assert answer.status in {400, 413}
    assert not path.exists()


async def test_too_many_calls_and_calls_that_never_end(bench: Bench, tmp_path: Path, clock: StillClock) -> None:
    async with socket_of(bench, tmp_path / "s.sock") as session:
        for _ in range(MOST_CALLS):
            await bench.desk.begin("1001")
        async with session.post("/selfprovision", json={"line": "1001"}) as answer:
            assert answer.status == 409
        clock.pass_by(timedelta(minutes=11))
        async with session.post("/selfprovision", json={"line": "1001"}) as answer:
            assert answer.status == 200


async def test_a_place_for_the_socket_that_does_not_exist_is_no_reason_to_stop(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = SelfProvisionServer(bench.desk, tmp_path / "nowhere" / "s.sock")
    await server.start()
    assert "cannot be dialled" in caplog.text
    await server.close()


def test_a_voice_of_our_own_counts_when_it_is_complete(tmp_path: Path) -> None:
    own = tmp_path / "de"
    own.mkdir()
    words = own_words()
    assert set(STOCK) == set(Phrase)
    for word in words[:-1]:
        (own / f"{own_name(word)}.wav").write_bytes(b"")
    voice = Voice("de", tmp_path)
    assert voice.sounds([Phrase.PIN, "7"]) == ("agent-pass", "digits/7")
    (own / f"{own_name(words[-1])}.wav").write_bytes(b"")
    assert voice.sounds([Phrase.PIN, "7"]) == (f"{own}/pin", f"{own}/digit-7")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize(("group", "answer"), [(54321, b"open"), (54322, b"closed")])
async def test_the_group_of_asterisk_may_use_the_socket_and_nobody_else(
    bench: Bench, group: int, answer: bytes
) -> None:
    """In a directory as `sepbridge setup asterisk` makes it: the service's, with Asterisk's group, passed on."""
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place) / "sepbridge"
        directory.mkdir()
        os.chown(directory, 0, 54321)
        directory.chmod(0o2750)
        Path(place).chmod(0o755)
        path = directory / "s.sock"
        async with socket_of(bench, path):
            program = (
                "import os, socket, sys\n"
                "os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(54399)\n"
                "try: socket.socket(socket.AF_UNIX).connect(sys.argv[1]); print('open', end='')\n"
                "except PermissionError: print('closed', end='')\n"
            )
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", program, str(path), str(group), stdout=asyncio.subprocess.PIPE
            )
            output, _ = await process.communicate()
            assert output == answer

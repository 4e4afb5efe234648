"""Beside another TFTP server: what its log leads to, and what stands in its directory then."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.app.admission.admissions import Admissions
from bridge.app.admission.onboarding import Onboarding
from bridge.app.admission.window import WindowDesk
from bridge.app.files.beside import Beside
from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.files.resolver import FileResolver
from bridge.app.phones.phones import PhoneDesk
from bridge.app.settings import BesideSettings, FilesSettings, ServerSettings
from bridge.core import Device, DeviceName, FileFound, SignallingProtocol
from bridge.core.events import FileNotFound, FileRequested, FileServedBeside, PhoneAdmitted, PhoneRefused
from bridge.errors import ConfigurationError
from bridge.store import SqlStore
from bridge.store.filetree import FileTree
from tests.unit.app.conftest import CountingIds, Remembering, StillClock

SIP = SignallingProtocol.SIP
SHARED = {"XMLDefault.cnf.xml", "dialplan.xml"}


class Bench:
    """A bridge beside a server whose log is written by hand."""

    def __init__(self, beside: Beside, root: Path, log: Path, sink: Remembering) -> None:
        self.beside = beside
        self.root = root
        self.log = log
        self.sink = sink

    def asks(self, *names: str, client: str = "192.168.0.7") -> None:
        """Lines as atftpd writes them."""
        with self.log.open("a", encoding="utf-8") as file:
            for name in names:
                file.write(f"Nov 26 03:53:55 vm atftpd[1.2]: Serving {name} to {client}:1024\n")

    @property
    def phones(self) -> set[str]:
        return {path.name for path in self.root.iterdir() if path.name.startswith("SEP")}

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110  a directory that nobody tells about
                await asyncio.sleep(0.02)


@pytest.fixture
async def bench(
    tmp_path: Path, store: SqlStore, files: PhoneFiles, sink: Remembering, clock: StillClock, ids: CountingIds
) -> AsyncIterator[Bench]:
    for name in ("root", "files", "state", "templates"):
        (tmp_path / name).mkdir(exist_ok=True)
    log = tmp_path / "tftp.log"
    log.touch()
    admissions = Admissions(store, sink, clock, ids, admitted=lambda devices: None)

    async def settled(device: Device) -> bool:
        return True

    resolver = FileResolver(
        store,
        files,
        FileTree(tmp_path / "files"),
        admissions,
        sink=sink,
        settled=settled,
        mac_of=lambda address: None,
        settings=FilesSettings(unknown_per_minute=0),
        networks=ServerSettings().allowed_networks,
        onboarding=Onboarding(store, clock, ids, "onboarding"),
    )
    beside = Beside(
        store,
        files,
        resolver,
        sink,
        clock,
        settings=BesideSettings(root=tmp_path / "root", log=log),
        state=tmp_path / "state",
    )
    bench = Bench(beside, tmp_path / "root", log, sink)
    tasks = [asyncio.create_task(admissions.run()), asyncio.create_task(beside.run())]
    await bench.until(lambda: {path.name for path in bench.root.iterdir()} >= SHARED)
    await bench.until(lambda: (tmp_path / "state/beside-log.json").exists())
    yield bench
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_an_unknown_phone_is_admitted_and_finds_its_file(bench: Bench, window: WindowDesk) -> None:
    window.enable(duration=timedelta(hours=1))
    bench.asks("/SEP0011223344FF.cnf.xml", "SEP0011223344FF.cnf.xml")
    await bench.until(lambda: bool(bench.phones))
    (admitted,) = bench.sink.of(PhoneAdmitted)
    assert admitted.client == "192.168.0.7"
    assert admitted.number.encode() in (bench.root / "SEP0011223344FF.cnf.xml").read_bytes()
    assert len(bench.sink.of(FileRequested)) == 2
    with bench.log.open("a", encoding="utf-8") as file:
        file.write("Nov 26 03:53:55 vm atftpd[1.2]: End of transfer\n")
    await bench.until(lambda: bool(bench.sink.of(FileServedBeside)))
    assert bench.sink.of(FileServedBeside)[0].secret


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ("001122aabbcc.xml", b"<flat-profile>"),
        ("gk001122aabbcc", b"#ata"),
        ("SIP001122AABBCC.cnf", b"line1_name"),
    ],
)
async def test_a_phone_that_reads_another_kind_of_file_is_admitted_too(
    bench: Bench, window: WindowDesk, asked: str, held: bytes
) -> None:
    window.enable(duration=timedelta(hours=1))
    bench.asks("/spa942.cfg", asked)
    await bench.until(lambda: {asked, "spa942.cfg"} <= {path.name for path in bench.root.iterdir()})
    (admitted,) = bench.sink.of(PhoneAdmitted)
    content = (bench.root / asked).read_bytes()
    assert held in content
    assert admitted.number.encode() in content
    assert b"$MA.xml" in (bench.root / "spa942.cfg").read_bytes()
    bench.beside.compare()  # neither is taken away again
    assert {asked, "spa942.cfg"} <= {path.name for path in bench.root.iterdir()}


async def test_a_refused_phone_gets_no_file(bench: Bench, window: WindowDesk) -> None:
    window.disable()
    bench.asks("SEP0011223344FF.cnf.xml")
    await bench.until(lambda: bool(bench.sink.of(PhoneRefused)))
    bench.asks("SEP0011223344EE.cnf.xml", client="203.0.113.7")  # not a network of ours
    with bench.log.open("a", encoding="utf-8") as file:
        file.write("Nov 26 03:53:55 vm atftpd[1.2]: File /srv/tftp/SEP0011223344EE.cnf.xml not found\n")
    await bench.until(lambda: bool(bench.sink.of(FileNotFound)))
    assert len(bench.sink.of(PhoneRefused)) == 1
    assert bench.phones == set()


async def test_a_burst_of_thousands_of_lines(bench: Bench, window: WindowDesk) -> None:
    window.enable(duration=timedelta(hours=1))
    noise = [f"Nov 26 03:53:55 vm sshd[{number}]: hello\n" for number in range(3000)]
    with bench.log.open("a", encoding="utf-8") as file:
        file.writelines(noise)
    bench.asks(*[f"SEP00112233440{number % 5}.cnf.xml" for number in range(5000)])
    await bench.until(lambda: len(bench.sink.of(FileRequested)) == 5000)
    await bench.until(lambda: len(bench.phones) == 5)
    assert len(bench.sink.of(PhoneAdmitted)) == 5


async def test_files_follow_their_phones_and_theirs_stay(
    bench: Bench, window: WindowDesk, store: SqlStore, clock: StillClock, ids: CountingIds, files: PhoneFiles
) -> None:
    theirs = bench.root / "SEP0011223344EE.cnf.xml"
    theirs.write_bytes(b"theirs")
    window.enable(duration=timedelta(hours=1))
    bench.asks("SEP0011223344FF.cnf.xml", "SEP0011223344EE.cnf.xml")
    ours = bench.root / "SEP0011223344FF.cnf.xml"
    await bench.until(lambda: ours.exists() and len(bench.sink.of(PhoneAdmitted)) == 2)
    before = ours.read_bytes()
    name = DeviceName("SEP0011223344FF")
    with store.write() as work:
        device = work.devices.get(name)
        assert device is not None
        work.devices.update(replace(device, version_stamp=ids.version_stamp()))
        work.commit()
    bench.beside.changed()
    await bench.until(lambda: ours.read_bytes() != before)

    default = bench.root / "XMLDefault.cnf.xml"
    files.read_site()
    bench.beside.changed()
    await bench.until(lambda: b"<autoRegistration>enabled<" in default.read_bytes())
    window.disable()
    files.read_site()
    bench.beside.changed()
    await bench.until(lambda: b"<autoRegistration>disabled<" in default.read_bytes())

    desk = PhoneDesk(store, clock, ids, "tester")
    desk.remove(name)
    desk.remove(DeviceName("SEP0011223344EE"))
    bench.beside.changed()
    await bench.until(lambda: not ours.exists())
    assert theirs.read_bytes() == b"theirs"


async def test_a_template_of_the_admin_reaches_the_files(bench: Bench, window: WindowDesk, tmp_path: Path) -> None:
    shipped = Path(__file__).parents[3] / "templates"

    def write(mark: str) -> None:
        for template in shipped.rglob("*.xml"):
            own = tmp_path / "templates" / template.relative_to(shipped)
            own.parent.mkdir(parents=True, exist_ok=True)
            text = template.read_text(encoding="utf-8").replace("</device>", f"<own>{mark}</own></device>")
            own.write_text(text, encoding="utf-8")

    write("first")
    window.enable(duration=timedelta(hours=1))
    bench.asks("SEP0011223344FF.cnf.xml")
    ours = bench.root / "SEP0011223344FF.cnf.xml"
    await bench.until(ours.exists)
    assert b"<own>first</own>" in ours.read_bytes()
    write("second")
    bench.beside.changed()
    await bench.until(lambda: b"<own>second</own>" in ours.read_bytes())


async def test_a_directory_that_cannot_be_written_is_said_and_tried_again(bench: Bench) -> None:
    gone = bench.root.with_name("elsewhere")
    bench.root.rename(gone)
    bench.beside.changed()
    await bench.until(lambda: any("could not write" in each for each in bench.beside.troubles))
    gone.rename(bench.root)
    bench.beside.changed()
    await bench.until(lambda: bench.beside.troubles == ())


def test_a_root_is_needed(store: SqlStore, files: PhoneFiles, sink: Remembering, clock: StillClock) -> None:
    class Nobody:
        async def provide(self, request: object) -> object:
            raise AssertionError

    with pytest.raises(ConfigurationError, match=r"beside\.root"):
        Beside(
            store,
            files,
            Nobody(),  # type: ignore[arg-type]  # a stand-in, or nothing of the kind on purpose
            sink,
            clock,
            settings=BesideSettings(),
            state=Path("/nowhere"),
        )


async def test_a_template_change_renders_what_it_touches_alone(
    bench: Bench,
    store: SqlStore,
    clock: StillClock,
    ids: CountingIds,
    files: PhoneFiles,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = PhoneDesk(store, clock, ids, "tester")
    for index, model in enumerate(("8841", "7841", "7961", "7960", "8841-3PCC")):
        desk.add(DeviceName(f"SEP00112233440{index}"), number=f"100{index}", model=model, protocol=SIP)
    rendered: list[str] = []
    for name in ("device_file", "own_text", "flat_profile"):
        make = getattr(files, name)

        def counted(device: Device, make: Callable[[Device], FileFound] = make) -> FileFound:
            rendered.append(device.model)
            return make(device)

        monkeypatch.setattr(files, name, counted)

    def renders() -> list[str]:
        rendered.clear()
        bench.beside.compare()
        return sorted(rendered)

    files.read_site()
    assert renders() == ["7841", "7960G", "7960G", "7961G", "8841", "8841-3PCC (MPP)"]
    assert renders() == []
    shipped = Path(__file__).parents[3] / "templates"

    def own(template: str, text: str = "") -> None:
        path = tmp_path / "templates" / template
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or (shipped / template).read_text() + "{# ours #}", encoding="utf-8")

    own("java-79xx/sip.xml")
    assert renders() == ["7961G"]
    own("78xx/sip.xml")  # that of the 88xx builds on it
    assert renders() == ["7841", "8841"]
    own("flat/base.xml")
    assert renders() == ["8841-3PCC (MPP)"]
    own("7940-60/SIP.cnf")
    assert renders() == ["7960G", "7960G"]  # both of its files are made together
    own("devices/SEP001122334401.xml", '{% extends "78xx/sip.xml" %}')
    assert renders() == ["7841"]
    own("99xx/sip.xml")
    assert renders() == []
    own("base/common.xml")  # what stands in every whole SEP file; that of a 7960 is short
    assert renders() == ["7841", "7961G", "8841"]
    assert renders() == []


async def test_lists_of_the_rings_and_backgrounds_that_lie_there(bench: Bench) -> None:
    (bench.root / "Bell.raw").write_bytes(b"x" * 8000)
    folder = bench.root / "Desktops/800x480x24"
    folder.mkdir(parents=True)
    for name in ("hills.png", "TN-hills.png"):
        (folder / name).write_bytes(b"a picture")
    bench.beside.compare()
    assert "Bell.raw" in (bench.root / "Ringlist.xml").read_text(encoding="utf-8")
    assert "Bell.raw" in (bench.root / "RINGLIST.DAT").read_text(encoding="utf-8")
    assert not (bench.root / "Ringlist-wb.xml").exists()
    assert "hills.png" in (folder / "List.xml").read_text(encoding="utf-8")
    assert not list((bench.root / "Desktops").glob("320*"))
    (folder / "List.xml").write_text("the admin's own")
    (bench.root / "Bell.raw").unlink()
    bench.beside.compare()
    assert (folder / "List.xml").read_text() == "the admin's own"
    assert not (bench.root / "Ringlist.xml").exists()


async def test_every_file_that_phones_need_is_there(
    bench: Bench, store: SqlStore, clock: StillClock, ids: CountingIds, files: PhoneFiles
) -> None:
    desk = PhoneDesk(store, clock, ids, "tester")
    desk.add(DeviceName("SEP001122334401"), number="1001", model="7960", protocol=SIP)
    desk.add(DeviceName("SEP001122334402"), number="1002", model="8841", protocol=SIP)
    files.read_site()
    bench.beside.compare()
    there = {path.name for path in bench.root.iterdir() if not path.name.startswith(".")}
    assert there >= {
        "SEP001122334401.cnf.xml",
        "SIP001122334401.cnf",
        "SIPDefault.cnf",
        "syncinfo.xml",
        "dialplan7940.xml",
        "SEP001122334402.cnf.xml",
        "AppDialRules.xml",
        "dialplan.xml",
    }

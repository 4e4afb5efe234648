"""Roll-outs on a real database, file tree and TFTP server; the lab's TFTP client plays the phone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.app.files.firmware import FirmwareDesk
from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.files.rollouts import Rollouts
from bridge.autoregistration.checks import Severity
from bridge.core import (
    Device,
    DeviceDefaults,
    DeviceName,
    FileAnswer,
    FileFound,
    FileMissing,
    FileRequest,
    Line,
    LineAppearance,
    Rollout,
    RolloutStage,
    RolloutState,
    SignallingProtocol,
)
from bridge.core.events import Event, FirmwareStageReached, PhoneRegistered
from bridge.errors import Conflict, InvalidInput, NotFound, PbxUnavailable
from bridge.lab.tftpclient import TftpClient
from bridge.net.tftp import TftpServer
from bridge.phones import catalogue
from bridge.ports import RestartKind
from bridge.store import SqlStore
from bridge.store.filetree import FileTree
from bridge.store.firmware import FirmwareStore
from tests.firmware import JAVA_41, java_load, load_list, zipped
from tests.unit.app.conftest import NOON, CountingIds, Remembering, StillClock

LOAD = "SCCP41.9-4-2SR3-1S"
MIDDLE = "SCCP41.8-5-2S"
A, B, C = (DeviceName(f"SEP00112233440{number}") for number in range(3))


class Bench(Remembering):
    """The parts that a roll-out needs, and the events that go from one to the other."""

    def __init__(self, store: SqlStore, files: PhoneFiles, clock: StillClock, ids: CountingIds, root: Path) -> None:
        super().__init__()
        self.store, self.files, self.clock, self.root = store, files, clock, root
        self.firmware = FirmwareStore(root)
        self.desk = FirmwareDesk(store, self.firmware, clock, "tester")
        self.told: list[DeviceName] = []
        self.unreachable: set[DeviceName] = set()
        self.tftp = TftpServer(self, self, clock, listen=[("127.0.0.1", 0)])
        self.rollouts = Rollouts(
            store,
            self.firmware,
            files,
            self,
            clock,
            ids,
            restart=self._restart,
            is_talking=lambda _: False,
            transfers=self.tftp.transfers,
        )

    def record(self, event: Event) -> None:
        super().record(event)
        self.rollouts.heard(event)

    async def provide(self, request: FileRequest) -> FileAnswer:
        if request.name.startswith("SEP"):
            return self.files.device_file(self.device(DeviceName(request.name.partition(".")[0])))
        found = FileTree(self.root).look(request.name)
        return FileMissing() if found is None else FileFound(request.name, found.content)

    async def _restart(self, name: DeviceName, kind: RestartKind) -> None:
        assert kind is RestartKind.RESET
        if name in self.unreachable:
            raise PbxUnavailable("it is away")
        self.told.append(name)

    def add(self, *names: DeviceName, load: str = "SCCP41.8-5-3S", model: str = "7961G") -> None:
        row = catalogue().require(model)
        with self.store.write() as work:
            for name in names:
                number = f"10{name.value[-2:]}"
                device = Device(name, SignallingProtocol.SCCP, NOON, "s", "x", (LineAppearance(1, Line(number)),))
                work.devices.add(replace(device, model=row.name, model_number=row.number, load=load, registered=True))
            work.commit()

    def device(self, name: DeviceName) -> Device:
        with self.store.read() as work:
            found = work.devices.get(name)
        assert found is not None
        return found

    def wanted(self) -> dict[DeviceName, str]:
        with self.store.read() as work:
            return work.firmware.wanted()

    def stages(self) -> dict[DeviceName, RolloutStage]:
        rollout = self.desk.rollout()
        assert rollout is not None
        return {each.device: each.stage for each in rollout.phones}

    def state(self) -> RolloutState:
        rollout = self.desk.rollout()
        assert rollout is not None
        return rollout.state

    def percent(self, name: DeviceName) -> int:
        live = self.rollouts.progress()
        assert live is not None
        return next(each.percent for each in live.phones if each.phone.device == name)

    def begin(self, *phones: DeviceName, at_a_time: int = 1) -> Rollout:
        begun = self.desk.start(self.desk.plan(LOAD, phones=phones), at_a_time=at_a_time)
        self.rollouts.look()
        return begun

    async def boot(self, name: DeviceName, *, skip: str = "") -> str:
        """What a phone does after a reset: its file, the list, the images. Returns its file."""
        client = TftpClient(self.tftp.addresses[0], local_address=f"127.0.0.{1 + int(name.value[-1])}")
        own = await client.read(f"{name}.cnf.xml")
        for file in (f"{LOAD}.loads", *JAVA_41):
            await client.read(file)
            if file == skip:
                break
        return bytes(own.content).decode()

    def register(self, name: DeviceName, load: str = LOAD) -> None:
        self.record(PhoneRegistered(at=self.clock.now(), device=name, endpoint="1", address="", load=load))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  the condition is in a database
            await asyncio.sleep(0.02)


@pytest.fixture
async def bench(
    store: SqlStore,
    files: PhoneFiles,
    clock: StillClock,
    ids: CountingIds,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Bench]:
    monkeypatch.setattr("bridge.app.files.rollouts.EVERY", 0.02)
    root = tmp_path / "files"
    root.mkdir()
    bench = Bench(store, files, clock, ids, root)
    bench.desk.add(zipped(tmp_path / "firmware.zip", java_load()))
    await bench.tftp.start()
    worker = asyncio.create_task(bench.rollouts.run())
    yield bench
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await bench.tftp.close()


async def test_one_after_the_other_gets_the_load(bench: Bench) -> None:
    bench.add(A, B)
    bench.begin()
    await until(lambda: bench.told == [A])
    assert bench.wanted() == {A: LOAD}
    file = await bench.boot(A)
    assert f"<loadInformation>{LOAD}</loadInformation>" in file
    await until(lambda: bench.percent(A) == 100)  # the last acknowledgement may still be under way
    assert bench.told == [A]
    bench.register(A)
    await until(lambda: bench.told == [A, B])
    await bench.boot(B)
    bench.register(B)
    await until(lambda: bench.state() is RolloutState.FINISHED)
    assert set(bench.stages().values()) == {RolloutStage.DONE}
    assert bench.wanted() == {A: LOAD, B: LOAD}
    assert [event.stage for event in bench.of(FirmwareStageReached) if event.device == A][-1] == "done"
    await until(lambda: bench.rollouts.progress() is None)  # the database knows it a moment earlier


async def test_a_phone_that_runs_it_already_is_not_restarted(bench: Bench) -> None:
    bench.add(A, load=LOAD)
    bench.begin()
    await until(lambda: bench.state() is RolloutState.FINISHED)
    assert bench.told == []
    assert bench.stages() == {A: RolloutStage.DONE}
    assert bench.wanted() == {A: LOAD}


async def test_a_stop_spares_those_whose_turn_it_was_not(bench: Bench) -> None:
    bench.add(A, B, C)
    bench.begin()
    await until(lambda: bench.told == [A])
    bench.desk.stop()
    bench.rollouts.look()
    await bench.boot(A)
    bench.register(A)
    await until(lambda: bench.stages() == {A: RolloutStage.DONE, B: RolloutStage.STOPPED, C: RolloutStage.STOPPED})
    assert bench.told == [A]
    assert bench.state() is RolloutState.STOPPED
    assert bench.wanted() == {A: LOAD}
    with pytest.raises(Conflict):
        bench.desk.stop()


@pytest.mark.req("RG-18")
async def test_a_missing_image_is_named_and_the_load_is_taken_back(bench: Bench) -> None:
    bench.add(A)
    before = bench.device(A).version_stamp
    bench.begin()
    await until(lambda: bench.told == [A])
    (bench.root / JAVA_41[1]).unlink()
    await bench.boot(A, skip=JAVA_41[1])
    await until(lambda: bench.state() is RolloutState.FINISHED)
    rollout = bench.desk.rollout()
    assert rollout is not None
    assert rollout.phones[0].detail == f"it asked for {JAVA_41[1]}, which is not there"
    assert bench.wanted() == {}
    assert bench.device(A).version_stamp != before
    assert "firmware_incomplete" in {each.code for each in bench.desk.check()}


async def test_three_failures_in_a_row_stop_it(bench: Bench) -> None:
    names = [DeviceName(f"SEP00112233440{number}") for number in range(5)]
    bench.add(*names)
    bench.unreachable = set(names)
    bench.begin(at_a_time=1)
    await until(lambda: bench.state() is RolloutState.STOPPED)
    stages = list(bench.stages().values())
    assert stages.count(RolloutStage.FAILED) == 3
    assert stages.count(RolloutStage.STOPPED) == 2
    rollout = bench.desk.rollout()
    assert rollout is not None
    assert "3 phones in a row failed" in rollout.detail


async def test_a_restarted_service_goes_on(bench: Bench, ids: CountingIds) -> None:
    bench.add(A, B)
    bench.begin()
    await until(lambda: bench.stages()[A] is RolloutStage.TOLD)
    second = Bench(bench.store, bench.files, bench.clock, ids, bench.root)
    worker = asyncio.create_task(second.rollouts.run())
    await until(lambda: second.rollouts.progress() is not None)
    second.register(A)
    await until(lambda: second.told == [B])
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


def test_a_step_that_is_not_allowed_needs_force_and_is_audited(bench: Bench, store: SqlStore, tmp_path: Path) -> None:
    bench.add(A, load="SCCP41.8-2-2SR1S")
    plan = bench.desk.plan(LOAD)
    with pytest.raises(Conflict, match=r"runs SCCP41\.8-2-2SR1S.*reboot loop.*8\.3\(3\) to 8\.5\(2\)"):
        bench.desk.start(plan, at_a_time=1)
    middle = tuple(name.replace("9-4-2ES26", "8-5-2") for name in JAVA_41)
    bench.desk.add(zipped(tmp_path / "middle.zip", java_load(MIDDLE, middle)))
    (planned,) = bench.desk.plan(LOAD).phones
    assert planned.advice.via_installed == MIDDLE
    assert planned.fix == f"roll out {MIDDLE} first"
    assert not bench.desk.plan(MIDDLE).phones[0].objection
    bench.desk.start(plan, at_a_time=1, force=True)
    with store.read() as work:
        entry = work.journal.audit_trail()[-1]
    assert (entry.actor, f"forced in spite of the advice for {A}" in entry.detail) == ("tester", True)
    with pytest.raises(Conflict, match="is running"):
        bench.desk.start(plan, at_a_time=1, force=True)


def test_a_step_that_bricks_is_said_before_a_phone_takes_it(bench: Bench, store: SqlStore, tmp_path: Path) -> None:
    """Device defaults send phones there as well as roll-outs do."""
    bench.add(A, B, load="SCCP41.8-2-2SR1S")
    bench.add(C)
    assert bench.desk.check() == ()
    with store.write() as work:
        row = catalogue().require("7961G")
        work.site.save_device_defaults(DeviceDefaults(row.number or 0, SignallingProtocol.SCCP, load=LOAD))
        work.commit()
    (found,) = bench.desk.check()
    assert (found.code, found.severity) == ("firmware_step_not_allowed", Severity.WARNING)
    assert f"{A} and 1 more phones name {LOAD}, and they run SCCP41.8-2-2SR1S" in found.what
    assert "8.3(3) to 8.5(2)" in found.fix
    middle = tuple(name.replace("9-4-2ES26", "8-5-2") for name in JAVA_41)
    bench.desk.add(zipped(tmp_path / "middle.zip", java_load(MIDDLE, middle)))
    assert bench.desk.check()[0].fix == f"name {MIDDLE} for them first"


def test_what_a_roll_out_refuses(bench: Bench, tmp_path: Path) -> None:
    bench.add(A)
    bench.add(B, model="7970G", load="")
    with pytest.raises(NotFound):
        bench.desk.plan("SCCP41.1-1-1S")
    with pytest.raises(NotFound):
        bench.desk.plan(LOAD, phones=[C])
    assert [each.device.name for each in bench.desk.plan(LOAD).phones] == [A]  # a 7970 is other hardware
    with pytest.raises(Conflict, match="7970G that is to speak SCCP"):
        bench.desk.start(bench.desk.plan(LOAD, phones=[B]), at_a_time=1)
    with pytest.raises(InvalidInput):
        bench.desk.start(bench.desk.plan(LOAD), at_a_time=0)
    with pytest.raises(InvalidInput, match="no phone"):
        bench.desk.start(bench.desk.plan(LOAD, models=["7941G"]), at_a_time=1)
    half = zipped(tmp_path / "half.zip", {"SCCP41.9-9-9S.loads": load_list("apps41.9-9-9.sbn")})
    bench.desk.add(half, incomplete=True)
    with pytest.raises(Conflict, match=r"missing: apps41\.9-9-9\.sbn"):
        bench.desk.start(bench.desk.plan("SCCP41.9-9-9S"), at_a_time=1)


def test_a_removed_phone_takes_its_wanted_load_along(bench: Bench) -> None:
    bench.add(A)
    with bench.store.write() as work:
        work.firmware.set_wanted(A, LOAD)
        work.commit()
    with bench.store.write() as work:
        work.devices.remove(A)
        work.commit()
    assert bench.wanted() == {}

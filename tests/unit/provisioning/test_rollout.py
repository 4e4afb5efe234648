"""The roll-out's machine: whose turn it is, progress per file, and every way to fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.core import DeviceName, Rollout, RolloutPhone, RolloutStage, RolloutState, TransferUnderWay, Via
from bridge.core.events import (
    Event,
    FileDelivered,
    FileNotFound,
    FileRefused,
    FileRequested,
    PhoneAlarmed,
    PhoneRegistered,
)
from bridge.phones.loadlists import read_load_list
from bridge.provisioning.rollout import AT_MOST, SILENT_FOR, PhoneProgress, RolloutRun
from tests.firmware import JAVA_41, load_list

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LOAD = "SCCP41.9-4-2SR3-1S"
LISTED = read_load_list(f"{LOAD}.loads", load_list(*JAVA_41))
SIZES = {f"{LOAD}.loads".lower(): 200, **{each.lower(): 1000 for each in JAVA_41}}
PHONES = [DeviceName(f"SEP00112233440{number}") for number in range(6)]


class Scene:
    """A roll-out, a clock, and phones at 192.0.2.0 and so on."""

    def __init__(self, phones: int = 1, at_a_time: int = 1) -> None:
        records = tuple(RolloutPhone(each, before="SCCP41.8-5-3S") for each in PHONES[:phones])
        rollout = Rollout(1, LOAD, at_a_time, RolloutState.RUNNING, "tester", NOON, records)
        self.run = RolloutRun(rollout, LISTED, SIZES)
        self.now = NOON

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def tell_due(self) -> list[int]:
        due = self.run.due(PHONES, lambda _: False)
        for each in due:
            self.run.tell(each, self.address(PHONES.index(each)), now=self.now)
        return [PHONES.index(each) for each in due]

    def address(self, phone: int) -> str:
        return f"192.0.2.{phone}"

    def asks(self, phone: int, name: str, *, answered: bool = True) -> None:
        self.run.hear(FileRequested(at=self.now, name=name, client=self.address(phone), via=Via.TFTP))
        if answered:
            self.run.hear(
                FileDelivered(at=self.now, name=name, client=self.address(phone), via=Via.TFTP, size=1, seconds=0.1)
            )

    def boots(self, phone: int) -> None:
        self.asks(phone, f"{PHONES[phone]}.cnf.xml")

    def fetches(self, phone: int) -> None:
        for name in (f"{LOAD}.loads", *JAVA_41):
            self.asks(phone, name)

    def registers(self, phone: int, load: str) -> None:
        self.run.hear(
            PhoneRegistered(at=self.now, device=PHONES[phone], endpoint="1000", address="192.0.2.1:1", load=load)
        )

    def stage(self, phone: int) -> tuple[RolloutStage, str]:
        record = self.of(phone).phone
        return record.stage, record.detail

    def of(self, phone: int, *under_way: TransferUnderWay) -> PhoneProgress:
        return self.run.progress(under_way, now=self.now)[phone]


def test_a_phone_that_does_all_of_it_is_done() -> None:
    scene = Scene()
    assert scene.tell_due() == [0]
    assert scene.stage(0)[0] is RolloutStage.TOLD
    scene.boots(0)
    scene.fetches(0)
    assert scene.stage(0)[0] is RolloutStage.LOADING
    scene.registers(0, LOAD)
    assert scene.stage(0) == (RolloutStage.DONE, "")
    assert scene.run.is_over
    assert [each.stage for each in scene.run.changed()] == [RolloutStage.DONE]
    assert scene.run.changed() == []


@pytest.mark.req("RG-18")
def test_progress_is_shown_file_by_file() -> None:
    scene = Scene()
    scene.tell_due()
    scene.boots(0)
    scene.asks(0, f"{LOAD}.loads")
    scene.asks(0, JAVA_41[0])
    scene.asks(0, JAVA_41[1].upper(), answered=False)
    halfway = TransferUnderWay(JAVA_41[1].upper(), scene.address(0), Via.TFTP, 500, 1000)
    stranger = TransferUnderWay(JAVA_41[2], "192.0.2.99", Via.TFTP, 900, 1000)
    found = scene.of(0, halfway, stranger)
    assert [(each.name, each.percent) for each in found.files] == [
        (f"{LOAD}.loads", 100),
        (JAVA_41[0], 100),
        (JAVA_41[1], 50),
        (JAVA_41[2], 0),
        (JAVA_41[3], 0),
    ]
    assert found.percent == 100 * 1700 // 4200


@pytest.mark.req("RG-18")
def test_a_file_that_is_not_there_is_named() -> None:
    scene = Scene()
    scene.tell_due()
    scene.boots(0)
    scene.asks(0, f"{LOAD}.loads")
    scene.run.hear(FileNotFound(at=scene.now, name=JAVA_41[2], client=scene.address(0), via=Via.TFTP))
    assert scene.stage(0) == (RolloutStage.FAILED, f"it asked for {JAVA_41[2]}, which is not there")
    trouble = {each.name: each.trouble for each in scene.of(0).files}
    assert trouble[JAVA_41[2]] == "not found"


@pytest.mark.req("RG-18")
def test_the_second_phone_takes_about_as_long_as_the_first() -> None:
    scene = Scene(2)
    scene.tell_due()
    scene.pass_by(30)
    scene.boots(0)
    scene.asks(0, f"{LOAD}.loads")
    scene.pass_by(60)
    scene.asks(0, JAVA_41[0])
    # By what came so far: 1,200 of 4,200 octets in 60 seconds.
    assert scene.of(0).seconds_left == 150
    scene.fetches(0)
    scene.pass_by(110)
    scene.registers(0, LOAD)
    assert scene.tell_due() == [1]
    scene.pass_by(50)
    # The first took 200 seconds; so does the second.
    assert scene.of(1).seconds_left == 150
    assert scene.run.seconds_left(scene.run.progress((), now=scene.now)) == 150


def test_only_so_many_at_a_time_and_idle_ones_first() -> None:
    scene = Scene(5, at_a_time=2)
    due = scene.run.due(PHONES[1:], lambda name: name == PHONES[1])
    assert due == [PHONES[2], PHONES[3]]
    assert "not registered" in scene.stage(0)[1]
    assert "in a call" in scene.stage(1)[1]
    for each in due:
        scene.run.tell(each, "", now=scene.now)
    assert scene.tell_due() == []
    scene.boots(2)
    scene.fetches(2)
    scene.registers(2, LOAD)
    assert scene.tell_due() == [0]


def test_old_loads_and_silence_are_failures_with_a_name() -> None:
    scene = Scene(4, at_a_time=4)
    scene.tell_due()
    scene.registers(0, "SCCP41.8-5-3S")  # it is still leaving
    assert scene.stage(0)[0] is RolloutStage.TOLD
    scene.boots(0)
    scene.registers(0, "SCCP41.8-5-3S")
    assert scene.stage(0) == (RolloutStage.FAILED, f"it came back with SCCP41.8-5-3S; it did not ask for {LOAD}")
    scene.boots(1)
    alarm = "0: Name=SEP001122334401 Load=SCCP41.8-5-3S Last=Load rejected HC"
    scene.run.hear(PhoneAlarmed(at=scene.now, device=PHONES[1], text=alarm, severity="1"))
    assert "refused it (load rejected)" in scene.stage(1)[1]
    scene.boots(2)
    refused = FileRefused(at=scene.now, name=JAVA_41[0], client=scene.address(2), via=Via.HTTP, why="too many")
    scene.run.hear(refused)
    assert "may not have apps41" in scene.stage(2)[1]
    scene.pass_by(SILENT_FOR.total_seconds())
    scene.run.tick(scene.now)
    assert "asked for no file" in scene.stage(3)[1]
    assert scene.run.gives_up == "4 phones in a row failed"


def test_a_phone_that_never_comes_back() -> None:
    scene = Scene()
    scene.tell_due()
    scene.boots(0)
    scene.pass_by(AT_MOST.total_seconds() - 1)
    scene.run.tick(scene.now)
    assert scene.stage(0)[0] is RolloutStage.TOLD
    scene.pass_by(1)
    scene.run.tick(scene.now)
    assert "did not come back" in scene.stage(0)[1]


@pytest.mark.parametrize("complete", [True, False])
def test_a_phone_that_does_not_say_what_it_runs(complete: bool) -> None:
    scene = Scene()
    scene.tell_due()
    scene.boots(0)
    scene.asks(0, f"{LOAD}.loads")
    if complete:
        scene.fetches(0)
    scene.registers(0, "")
    assert scene.stage(0)[0] is (RolloutStage.DONE if complete else RolloutStage.FAILED)


def test_one_success_ends_a_row_of_failures_and_stop_leaves_those_under_way() -> None:
    scene = Scene(5, at_a_time=3)
    scene.tell_due()
    for phone in (0, 1):
        scene.run.fail(PHONES[phone], "x", now=scene.now)
    scene.boots(2)
    scene.registers(2, LOAD)
    assert scene.run.gives_up == ""
    scene.run.tell(PHONES[3], "", now=scene.now)
    scene.run.stop(now=scene.now)
    assert scene.stage(3)[0] is RolloutStage.TOLD
    assert scene.stage(4)[0] is RolloutStage.STOPPED
    assert not scene.run.is_over


def test_other_peoples_files_say_nothing() -> None:
    scene = Scene(2, at_a_time=1)
    scene.tell_due()
    events: list[Event] = [
        FileNotFound(at=scene.now, name=JAVA_41[0], client="192.0.2.77", via=Via.TFTP),
        FileNotFound(at=scene.now, name="ITLFile.tlv", client=scene.address(0), via=Via.TFTP),
        FileNotFound(at=scene.now, name=f"{PHONES[1]}.cnf.xml", client=scene.address(0), via=Via.TFTP),
    ]
    for event in events:
        scene.run.hear(event)
    assert scene.stage(0)[0] is RolloutStage.TOLD

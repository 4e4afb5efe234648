"""After the window: temporary phones get their place, one restart each, and unused ones go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.app.admission.temporary import Assignment, Filter, TemporaryDesk, read_assignments
from bridge.app.admission.window import WindowDesk
from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.phones.phones import PhoneDesk
from bridge.autoregistration import Admission, FileArrival, decide, new_device
from bridge.core import DeviceName, PhoneButtonTemplate
from bridge.core.site import DevicePool
from bridge.errors import InvalidInput, StoreUnavailable
from bridge.store import SqlStore
from bridge.store.unitofwork import SqlUnitOfWork
from tests.unit.app.conftest import CountingIds, StillClock

NAMES = [DeviceName(f"SEP0011220000{index:02X}") for index in range(10)]


@pytest.fixture
def temporary(store: SqlStore, window: WindowDesk, clock: StillClock, ids: CountingIds) -> TemporaryDesk:
    """With ten phones that autoregistered, and two pools to move them to."""
    with store.write() as work:
        default = work.site.pool("Default")
        for name in ("Staff", "Lobby"):
            work.site.save_pool(DevicePool(name, default.group, default.region, default.date_time_group))
        work.objects.button_templates.save(PhoneButtonTemplate("Six lines"))
        settings = work.autoregistration.load(for_update=True)
        for index, name in enumerate(NAMES):
            arrival = FileArrival(name, f"10.0.{index % 2}.{index}")
            decision = decide(arrival, settings, now=clock.now(), in_use=frozenset())
            assert isinstance(decision, Admission)
            device = new_device(arrival, decision, secret="s", version_stamp=ids.version_stamp(), now=clock.now())
            work.devices.add(device)
            settings = decision.settings
        work.commit()
    return TemporaryDesk(store, clock, PhoneChanges(store, clock, ids, "tester"), "tester")


@pytest.mark.req("AR-36")
def test_ten_phones_move_by_csv_and_a_bad_row_is_named(temporary: TemporaryDesk, store: SqlStore) -> None:
    before = {each.name: each for each in temporary.list()}
    assert len(before) == 10
    lines = ["phone,pool,button_template", *(f"{name},Staff," for name in NAMES[:8])]
    lines += ["1008,Lobby,Six lines", "SEP0000000000FF,Staff,", "1009,Nowhere,", "short", "1009,Lobby,"]
    rows = read_assignments("\n".join(lines))
    done = temporary.assign(rows)
    assert [each.assignment.line for each in done] == list(range(2, 15)), "in their order"
    assert [(each.assignment.line, each.trouble != "") for each in done if each.trouble] == [
        (11, True),
        (12, True),
        (13, True),
    ]
    assert [each.device is not None for each in done].count(True) == 10
    assert temporary.list() == []
    with store.read() as work:
        for name, old in before.items():
            new = work.devices.get(name)
            assert new is not None
            assert (new.number, new.temporary) == (old.number, False)
            assert new.version_stamp != old.version_stamp
            assert new.pool in {"Staff", "Lobby"}
        ninth = work.devices.get(NAMES[8])
        assert ninth is not None
        assert ninth.settings.button_template == "Six lines"
        audited = [each for each in work.journal.audit_trail() if "assigned to pool" in each.detail]
    assert len(audited) == 10


@pytest.mark.req("AR-36")
def test_many_phones_cost_few_transactions_and_one_that_cannot_move_stops_none(
    temporary: TemporaryDesk, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = store.write, 0

    def counting() -> SqlUnitOfWork:
        nonlocal written
        written += 1
        return write()

    monkeypatch.setattr(store, "write", counting)
    done = temporary.assign([Assignment(str(name), "Staff") for name in NAMES])
    assert ([each.trouble for each in done], written) == ([""] * 10, 1)
    # Numbers and names; the second time nothing is left to be changed but for what is wrong with one of them.
    rows = [Assignment("1000", "Lobby"), Assignment("1001", "Nowhere"), Assignment(str(NAMES[2]), "Lobby")]
    done = temporary.assign(rows)
    assert [(each.device.pool if each.device else "", each.trouble[:24]) for each in done] == [
        ("Lobby", ""),
        ("", "there is no device pool "),
        ("Lobby", ""),
    ]
    assert [each.assignment for each in done] == rows
    written = 0
    done = temporary.assign([Assignment("1002", "Staff"), *(Assignment("7777", "Staff") for _ in range(50))])
    assert done[0].trouble == ""
    assert {each.trouble.partition(";")[0] for each in done[1:]} == {"there is no phone '7777'"}
    assert written == 1, "phones that are not there cost those that are nothing"

    def away() -> SqlUnitOfWork:
        nonlocal written
        written += 1
        raise StoreUnavailable("the database is locked")

    monkeypatch.setattr(store, "write", away)
    written = 0
    done = temporary.assign(rows)
    assert ({each.trouble for each in done}, written) == ({"the database is locked"}, 1), "nobody waits for each"


@pytest.mark.req("AR-36")
def test_filters(temporary: TemporaryDesk) -> None:
    assert len(temporary.list(Filter(network="10.0.1.0/24"))) == 5
    assert temporary.list(Filter(model="8841")) == []
    assert len(temporary.list(Filter(pool="Default"))) == 10
    with pytest.raises(InvalidInput):
        Filter(network="10.0.0.1/24")
    (result,) = temporary.assign([Assignment("1000", "Staff", (("lines", "x"),))])
    assert "not set this way" in result.trouble
    assert len(temporary.list()) == 10


@pytest.mark.parametrize("text", ["", "phone\n1", "phone,pool,color\n", "phone,pool,pool\n", "a\0b"])
def test_files_that_are_refused_as_a_whole(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_assignments(text)


@pytest.mark.req("AR-13")
def test_unused_phones_go_on_request_and_their_numbers_are_free(
    temporary: TemporaryDesk, store: SqlStore, clock: StillClock, ids: CountingIds
) -> None:
    from dataclasses import replace

    clock.pass_by(timedelta(days=31))
    with store.write() as work:
        fresh, registered = (work.devices.get(name) for name in NAMES[:2])
        assert fresh is not None
        assert registered is not None
        work.devices.update(replace(fresh, last_seen=clock.now()))
        work.devices.update(replace(registered, registered=True))
        work.commit()
    temporary.assign([Assignment("1002", "Staff")])
    assert [each.name for each in temporary.unused(timedelta(days=30))] == NAMES[3:]
    assert [each.number for each in temporary.remove_unused(timedelta(days=30))] == [str(n) for n in range(1003, 1010)]
    PhoneDesk(store, clock, ids, "tester").add(NAMES[5], number="1003")
    assert {each.name for each in temporary.list()} == set(NAMES[:2])

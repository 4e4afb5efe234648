"""Buttons that an admin gives a phone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.site.sitedesk import SiteDesk
from bridge.app.site.sitesections import BY_NAME
from bridge.core import BlfSpeedDial, ButtonKind, Partition, SpeedDial
from bridge.errors import Conflict
from bridge.store import SqlStore
from tests.storecontract import name, phone
from tests.unit.app.conftest import CountingIds, StillClock


@pytest.fixture
def twice(store: SqlStore) -> SqlStore:
    """A site in which 1002 is a line of two partitions, as nobody can make it any more."""
    elsewhere = phone(3, "1002")
    (appearance,) = elsewhere.lines
    elsewhere = replace(elsewhere, lines=(replace(appearance, line=replace(appearance.line, partition="Branch")),))
    with store.write() as work:
        work.objects.partitions.save(Partition("Branch"))
        for each in (phone(1, "1001"), phone(2, "1002"), elsewhere):
            work.devices.add(each)
        work.commit()
    return store


def test_a_lamp_for_a_number_in_two_partitions_is_refused(twice: SqlStore, clock: StillClock, ids: CountingIds) -> None:
    changes = PhoneChanges(twice, clock, ids, "test")
    with pytest.raises(Conflict, match="1002 stands in 2 partitions: <None>, Branch"):
        changes.set_button(name(1), 2, ButtonKind.BLF_SPEED_DIAL, {"number": "1002"})
    changed = changes.set_button(name(1), 2, ButtonKind.SPEED_DIAL, {"number": "1002"})
    assert [each.assigned for each in changed.buttons] == [SpeedDial("1002")]
    changed = changes.set_button(name(1), 2, ButtonKind.BLF_SPEED_DIAL, {"number": "1001"})
    assert [each.assigned for each in changed.buttons] == [BlfSpeedDial("1001")]


def test_what_has_nothing_to_do_with_it_can_be_changed_and_the_check_names_the_number(
    twice: SqlStore, clock: StillClock, ids: CountingIds
) -> None:
    changes = PhoneChanges(twice, clock, ids, "test")
    assert changes.set_line(name(3), "1002", {"label": "Desk"}).lines[0].label == "Desk"
    found = [each for each in SiteDesk(twice, clock, ids, "test").check() if each.code == "ambiguous_number"]
    assert [each.what.partition(":")[0] for each in found] == ["1002 stands in 2 partitions"]


def test_nobody_puts_a_number_into_a_second_partition(store: SqlStore, clock: StillClock, ids: CountingIds) -> None:
    with store.write() as work:
        work.objects.partitions.save(Partition("Branch"))
        for each in (phone(1, "1001"), phone(2, "1002")):
            work.devices.add(each)
        work.commit()
    again = "1001 stands in 2 partitions: <None>, Branch"
    changes = PhoneChanges(store, clock, ids, "test")
    with pytest.raises(Conflict, match=again):
        changes.set_line(name(2), "1001", {"partition": "Branch"})
    desk = SiteDesk(store, clock, ids, "test")
    text = desk.export(phones=True)
    there = text.replace('number = "1002"', 'number = "1001", partition = "Branch"')
    assert there != text
    with pytest.raises(Conflict, match=again):
        desk.apply(there)
    with store.read() as work:
        assert {(each.number, each.partition) for each in work.devices.lines()} == {("1001", ""), ("1002", "")}
    # The same number in the same partition is a shared line, which is another matter.
    assert changes.set_line(name(2), "1001", {}, shared=True).lines[1].line.number == "1001"


def test_a_group_does_not_begin_to_tell_of_a_number_that_is_two_lines(
    twice: SqlStore, clock: StillClock, ids: CountingIds
) -> None:
    PhoneChanges(twice, clock, ids, "test").set_line(name(3), "1002", {"pickup_group": "42"})
    desk = SiteDesk(twice, clock, ids, "test")
    section = BY_NAME["call_pickup_group"]
    desk.add(section, ["42"], {})
    with pytest.raises(Conflict, match="1002 stands in 2 partitions"):
        desk.set(section, ["42"], {"notification": "both"})

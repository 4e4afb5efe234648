"""Buttons that an admin gives a phone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.app.phonechanges import PhoneChanges
from bridge.core import BlfSpeedDial, ButtonKind, Partition, SpeedDial
from bridge.errors import Conflict
from bridge.store import SqlStore
from tests.storecontract import name, phone
from tests.unit.app.conftest import CountingIds, StillClock


def test_a_lamp_for_a_number_in_two_partitions_is_refused(store: SqlStore, clock: StillClock, ids: CountingIds) -> None:
    elsewhere = phone(3, "1002")
    (appearance,) = elsewhere.lines
    elsewhere = replace(elsewhere, lines=(replace(appearance, line=replace(appearance.line, partition="Branch")),))
    with store.write() as work:
        work.objects.partitions.save(Partition("Branch"))
        for each in (phone(1, "1001"), phone(2, "1002"), elsewhere):
            work.devices.add(each)
        work.commit()
    changes = PhoneChanges(store, clock, ids, "test")
    with pytest.raises(Conflict, match="1002 stands in 2 partitions: <None>, Branch"):
        changes.set_button(name(1), 2, ButtonKind.BLF_SPEED_DIAL, {"number": "1002"})
    changed = changes.set_button(name(1), 2, ButtonKind.SPEED_DIAL, {"number": "1002"})
    assert [each.assigned for each in changed.buttons] == [SpeedDial("1002")]
    changed = changes.set_button(name(1), 2, ButtonKind.BLF_SPEED_DIAL, {"number": "1001"})
    assert [each.assigned for each in changed.buttons] == [BlfSpeedDial("1001")]

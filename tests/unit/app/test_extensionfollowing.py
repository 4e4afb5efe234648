"""What an admin changed in FreePBX's pages, taken up on a real database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge.app.phones.extensionfollowing import ExtensionFollowing
from bridge.core import Device, DeviceName, Line, LineAppearance, SignallingProtocol
from bridge.core.extensions import (
    ExtensionChange,
    ExtensionFound,
    ExtensionRemoved,
    ExtensionRenamed,
    ExtensionRenumbered,
    ExtensionSecretChanged,
)
from bridge.store import SqlStore
from tests.unit.app.conftest import NOON, CountingIds, StillClock

SIP, SCCP = DeviceName("SEP001122334401"), DeviceName("SEP001122334402")


def phone(name: DeviceName, *numbers: str, temporary: bool = False) -> Device:
    lines = tuple(LineAppearance(button, Line(number)) for button, number in enumerate(numbers, 1))
    protocol = SignallingProtocol.SIP if name == SIP else SignallingProtocol.SCCP
    return Device(name, protocol, NOON, "stamp", "secret000000", lines, temporary=temporary)


async def followed(store: SqlStore, *changes: ExtensionChange) -> list[DeviceName]:
    """Take changes up; the phones that are to start again."""
    told: list[DeviceName] = []

    async def restart(names: Sequence[DeviceName]) -> None:
        told.extend(names)

    await ExtensionFollowing(store, StillClock(), CountingIds(), restart_changed=restart).follow(changes)
    return told


def put(store: SqlStore, *devices: Device) -> None:
    with store.write() as work:
        for device in devices:
            work.devices.add(device, sharing=True)
        work.commit()


def known(store: SqlStore, name: DeviceName) -> Device | None:
    with store.read() as work:
        return work.devices.get(name)


def trail(store: SqlStore) -> list[str]:
    with store.read() as work:
        return [f"{each.actor}: {each.action}" for each in work.journal.audit_trail()]


async def test_a_name_reaches_every_phone_with_the_line(store: SqlStore) -> None:
    put(store, phone(SIP, "1000"), phone(SCCP, "1001", "1000"))
    assert await followed(store, ExtensionRenamed("1000", "Lobby")) == [SIP]  # the other one hears of it at once
    for name, button in ((SIP, 0), (SCCP, 1)):
        device = known(store, name)
        assert device is not None
        assert device.lines[button].line.display_name == "Lobby"
    assert await followed(store, ExtensionRenamed("1000", "Lobby")) == []
    assert trail(store)[0] == f"FreePBX: changed {SIP}"


async def test_a_password_is_that_of_the_phone_whose_first_line_it_is(store: SqlStore) -> None:
    put(store, phone(SIP, "1000", "1001"))
    assert await followed(store, ExtensionSecretChanged("1001", "other")) == []
    assert await followed(store, ExtensionSecretChanged("1000", "new000000000", is_new=True)) == []
    assert trail(store) == []
    assert await followed(store, ExtensionSecretChanged("1000", "typed")) == [SIP]
    device = known(store, SIP)
    assert device is not None
    assert device.secret == "typed"
    assert "typed" not in repr(ExtensionSecretChanged("1000", "typed"))


async def test_a_phone_whose_line_we_register_starts_again_for_another_password(store: SqlStore) -> None:
    put(store, phone(SCCP, "1000"))
    assert await followed(store, ExtensionSecretChanged("1000", "new000000000", is_new=True)) == []
    assert await followed(store, ExtensionSecretChanged("1000", "typed")) == [SCCP]


async def test_a_deletion_takes_the_line_and_with_the_last_one_the_phone(store: SqlStore) -> None:
    put(store, phone(SIP, "1000", "1001"), phone(SCCP, "1002"))
    assert await followed(store, ExtensionRemoved("1001"), ExtensionRemoved("1002")) == [SIP]
    device = known(store, SIP)
    assert device is not None
    assert [each.line.number for each in device.lines] == ["1000"]
    assert known(store, SCCP) is None
    assert trail(store) == [f"FreePBX: changed {SIP}", f"FreePBX: removed {SCCP}"]


async def test_another_number_is_taken_unless_a_phone_has_it(store: SqlStore) -> None:
    put(store, phone(SIP, "1000"), phone(SCCP, "1001"))
    assert await followed(store, ExtensionRenumbered("1000", "1500", "Moved")) == [SIP]
    device = known(store, SIP)
    assert device is not None
    assert (device.number, device.lines[0].line.display_name) == ("1500", "Moved")
    assert await followed(store, ExtensionRenumbered("1500", "1001", "")) == []
    assert known(store, SIP) is None


async def test_a_number_that_was_somebodys_is_given_back_by_a_new_phone_and_kept_by_an_assigned_one(
    store: SqlStore,
) -> None:
    put(store, phone(SIP, "1000", temporary=True), phone(SCCP, "1001"))
    assert await followed(store, ExtensionFound("1000", "Reception"), ExtensionFound("1001", "Desk")) == []
    assert known(store, SIP) is None
    kept = known(store, SCCP)
    assert kept is not None
    assert kept.lines[0].line.display_name == "Desk"
    put(store, replace(phone(SIP, "1002", temporary=True), registered=True))
    await followed(store, ExtensionFound("1002", ""))
    assert known(store, SIP) is not None

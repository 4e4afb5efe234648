"""Phones with a new number are told once, at the end of their call, where they are registered still."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bridge.app.claims.claiming import Moved
from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.phones.phonemoves import PhoneMoves
from bridge.app.settings import ServiceSettings
from bridge.core import Device, DeviceName, Line, LineAppearance
from bridge.core.events import PhoneRestartSent
from bridge.errors import NotFound
from bridge.ports import SipEndpoint
from tests.samples import sample_device
from tests.unit.app.conftest import Remembering, StillClock

BEFORE = replace(sample_device(), lines=(LineAppearance(1, Line("1000")),))
MOVED = Moved(BEFORE, replace(BEFORE, lines=(LineAppearance(1, Line("2001")),)))


def endpoint(device: Device) -> SipEndpoint:
    return SipEndpoint(device.number, "secret", device.name, device.number)


class House:
    """Everything that is asked, in its order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.done_all = asyncio.Event()
        self.trouble: Exception | None = None

    def put(self, endpoints: Sequence[SipEndpoint]) -> None:
        self.done += [f"put {each.name}" for each in endpoints]

    async def settled(self, device: Device) -> bool:
        self.done.append(f"settled {device.number}")
        return True

    async def restart(self, device: Device) -> None:
        self.done.append(f"restart {device.number}")
        if self.trouble is not None:
            raise self.trouble

    def leaving(self, name: DeviceName) -> None:
        self.done.append(f"leaving {name}")

    async def refresh(self) -> None:
        self.done.append("refresh")
        self.done_all.set()


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def moves(house: House, sink: Remembering, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> PhoneMoves:
    monkeypatch.setattr("bridge.app.phones.phonemoves.HANG_UP", 0.0)
    return PhoneMoves(
        sink,
        clock,
        endpoint=endpoint,
        put=house.put,
        settled=house.settled,
        restart=house.restart,
        leaving=house.leaving,
        refresh=house.refresh,
    )


async def test_a_phone_is_told_when_its_call_is_over(house: House, moves: PhoneMoves, sink: Remembering) -> None:
    over = asyncio.Event()
    moves.begin(MOVED, over)
    await asyncio.sleep(0)
    assert house.done == [f"leaving {BEFORE.name}", "put 2001"]
    new = endpoint(MOVED.after)
    assert [each.name for each in moves.with_kept([new])] == ["2001", "1000"]
    # Somebody else has the old number meanwhile: that one counts.
    other = replace(endpoint(MOVED.before), secret="other")
    assert moves.with_kept([other]) == [other]
    over.set()
    await house.done_all.wait()
    assert house.done[2:] == ["settled 2001", "restart 1000", "refresh"]
    assert moves.with_kept([new]) == [new]
    assert len(sink.of(PhoneRestartSent)) == 1


async def test_a_phone_is_told_although_nobody_says_that_the_call_ended(
    house: House, moves: PhoneMoves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.app.phones.phonemoves.LONGEST_END", 0.01)
    moves.begin(MOVED, asyncio.Event())
    await house.done_all.wait()
    assert "restart 1000" in house.done


async def test_a_phone_that_cannot_be_told_does_not_keep_its_old_endpoint(
    house: House, moves: PhoneMoves, sink: Remembering
) -> None:
    house.trouble = NotFound("it is not registered")
    moves.begin(MOVED, None)
    await house.done_all.wait()
    assert moves.with_kept([]) == []
    assert not sink.of(PhoneRestartSent)


async def test_closing_ends_what_waits(house: House, moves: PhoneMoves) -> None:
    moves.begin(MOVED, asyncio.Event())
    await asyncio.sleep(0)
    await moves.close()
    assert "restart 1000" not in house.done


@pytest.mark.req("AR-36")
def test_only_phones_that_are_nobodys_show_the_page_by_themselves(files: PhoneFiles) -> None:
    files.offer_services(ServiceSettings(), "http://192.0.2.10:6970", self_provisioning_idle=60)
    nobodys = bytes(files.device_file(replace(BEFORE, temporary=True, model="8841")).content).decode()
    somebodys = bytes(files.device_file(replace(BEFORE, model="8841")).content).decode()
    assert "<idleURL>http://192.0.2.10:6970/services/selfprovision</idleURL>" in nobodys
    assert "<idleTimeout>60</idleTimeout>" in nobodys
    assert "selfprovision" not in somebodys

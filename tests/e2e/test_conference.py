"""Conferences of SCCP phones on a stock Asterisk: everybody hears everybody, and nobody is left behind."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from bridge.lab.phoneevents import CallEnded
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.screenxml import read_screen_document
from bridge.sccp import DeviceToUserDataV1, Message, UserToDeviceDataV1
from tests.e2e.desks import Desks, next_tone
from tests.e2e.listening import CLEARLY, hear_each_other, no_longer_hears, shares, until
from tests.e2e.quiet import nothing_left, quiet_desks


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with quiet_desks() as desks:
        yield desks


async def conference_of_three(desks: Desks, *models: str) -> list[SccpPhone]:
    """The first phone brings the other two together."""
    one, two, three = [await desks.registered(model) for model in models or ("7961", "7942", "7970")]
    one.call(two.number)
    assert await next_tone(two) == one.tone
    one.press_soft_key("Confrn")
    one.press_keys(f"{three.number}#")
    while await next_tone(one) != three.tone:
        pass
    one.press_soft_key("Confrn")
    await hear_each_other(one, two, three)
    return [one, two, three]


async def test_three_phones_hear_each_other_until_one_is_left(desks: Desks) -> None:
    one, two, three = await conference_of_three(desks)
    await until(lambda: len(one.view.calls) == 1, lambda: str(one.view))
    for phone in (one, two, three):
        assert "Conference" in phone.view.calls[0], phone.view
        assert "line 1: on" in phone.view.lamps
    two.hang_up()
    await two.wait_for(CallEnded)
    await hear_each_other(one, three)
    three.hang_up()
    await until(lambda: one.view.calls == (), lambda: str(one.view))
    await nothing_left(desks)


async def test_the_starter_may_leave(desks: Desks) -> None:
    one, two, three = await conference_of_three(desks)
    one.hang_up()
    await until(lambda: one.view.calls == (), lambda: str(one.view))
    await hear_each_other(two, three)
    two.hang_up()
    await until(lambda: three.view.calls == (), lambda: str(three.view))
    await nothing_left(desks)


async def test_another_party_is_added_and_the_conference_waits_on_hold(desks: Desks) -> None:
    one, two, three = await conference_of_three(desks, "7961", "7942", "6921")
    four = await desks.registered("7912")
    one.press_soft_key("Confrn")
    await hear_each_other(two, three)
    await no_longer_hears(two, one)
    one.press_keys(f"{four.number}#")
    await hear_each_other(one, four)
    one.press_soft_key("Confrn")
    await hear_each_other(one, two, three, four)
    assert len(one.view.calls) == 1
    one.hold()
    await hear_each_other(two, three, four)
    await no_longer_hears(two, one)
    one.resume()
    await hear_each_other(one, two, three, four)
    for phone in (three, two, four):
        phone.hang_up()
    await until(lambda: one.view.calls == (), lambda: str(one.view))
    await nothing_left(desks)


async def test_selected_calls_are_joined(desks: Desks) -> None:
    one, two, three = [await desks.registered(model) for model in ("7961", "7942", "7970")]
    one.call(two.number)
    await hear_each_other(one, two)
    one.hold()
    one.call(three.number)
    await hear_each_other(one, three)
    one.press_soft_key("Select")
    one.press_soft_key("Join")
    await hear_each_other(one, two, three)
    one.hang_up()
    await hear_each_other(two, three)
    three.hang_up()
    await until(lambda: two.view.calls == (), lambda: str(two.view))
    await nothing_left(desks)


async def test_two_calls_are_joined_by_direct_transfer(desks: Desks) -> None:
    one, two, three = [await desks.registered(model) for model in ("7961", "7942", "7970")]
    one.call(two.number)
    await hear_each_other(one, two)
    one.hold()
    one.call(three.number)
    await hear_each_other(one, three)
    one.press_soft_key("DirTrfr")
    await hear_each_other(two, three)
    await until(lambda: one.view.calls == (), lambda: str(one.view))
    await until(lambda: three.number in two.view.calls[0], lambda: str(two.view))
    await until(lambda: two.number in three.view.calls[0], lambda: str(three.view))
    three.hang_up()
    await until(lambda: two.view.calls == (), lambda: str(two.view))
    await nothing_left(desks)


async def test_a_third_party_is_transferred_into_a_conference(desks: Desks) -> None:
    one, two, three = await conference_of_three(desks)
    four = await desks.registered("7945")
    one.press_soft_key("Transfer")
    one.press_keys(f"{four.number}#")
    await hear_each_other(one, four)
    one.press_soft_key("Transfer")
    await hear_each_other(two, three, four)
    await until(lambda: one.view.calls == (), lambda: str(one.view))
    for phone in (two, three):
        phone.hang_up()
    await until(lambda: four.view.calls == (), lambda: str(four.view))
    await nothing_left(desks)


async def test_a_phone_without_partners_gets_its_calls_back(desks: Desks) -> None:
    """An application of the PBX cannot be moved: there is nobody else on that call."""
    one, two = [await desks.registered(model) for model in ("7961", "7942")]
    one.call("600")
    await until(lambda: shares(one, one)[0] > CLEARLY, lambda: str(one.view))
    one.press_soft_key("Confrn")
    one.press_keys(f"{two.number}#")
    await hear_each_other(one, two)
    one.press_soft_key("Confrn")
    await until(lambda: "Can not complete conference" in one.view.status, lambda: str(one.view))
    await hear_each_other(one, two)
    two.hang_up()
    await until(lambda: len(one.view.calls) == 1, lambda: str(one.view))
    one.resume()
    await until(lambda: shares(one, one)[0] > CLEARLY, lambda: str(one.view))
    one.hang_up()
    await nothing_left(desks)


async def test_the_conference_ends_with_its_starter_where_the_site_wants_that() -> None:
    async with quiet_desks(conference_outlives_starter=False) as desks:
        one, two, three = await conference_of_three(desks)
        one.hang_up()
        await until(lambda: two.view.calls == three.view.calls == (), lambda: f"{two.view}\n{three.view}")
        await nothing_left(desks)


async def test_a_meet_me_conference_is_opened_by_one_phone_and_joined_by_dialling(desks: Desks) -> None:
    one, two, three = [await desks.registered(model) for model in ("7961", "7942", "7912")]
    two.call("8501")
    assert (await two.wait_for(CallEnded)).status == 404  # nobody has opened it
    one.press_soft_key("NewCall")
    await until(lambda: "MeetMe" in one.view.soft_keys, lambda: str(one.view))
    one.press_soft_key("MeetMe")
    one.press_keys("8501")
    await until(lambda: "connected" in str(one.view.calls), lambda: str(one.view))
    two.call("8501")
    three.call("8501")
    await hear_each_other(one, two, three)
    one.hang_up()
    await hear_each_other(two, three)
    for phone in (two, three):
        phone.hang_up()
    await nothing_left(desks)


async def test_a_number_outside_the_range_opens_nothing(desks: Desks) -> None:
    phone = await desks.registered("7961")
    phone.press_soft_key("NewCall")
    await until(lambda: "MeetMe" in phone.view.soft_keys, lambda: str(phone.view))
    phone.press_soft_key("MeetMe")
    phone.press_keys("8999#")
    await until(lambda: "unknown number" in phone.view.status.lower(), lambda: str(phone.view))
    phone.hang_up()
    await nothing_left(desks)


async def test_the_last_one_is_removed_and_the_pbx_lists_and_mutes_the_others(desks: Desks) -> None:
    one, two, three = await conference_of_three(desks)
    conferences = desks.bed.service.pbx.asterisk.conferences
    shown = await desks.bed.asterisk.cli("confbridge list")
    room = re.findall(r"^sepbridge-(\w+)", shown, re.MULTILINE)[0]
    members = await conferences.members(room)
    assert [member.number for member in members if member.is_starter] == [one.number]
    assert {member.number for member in members} == {phone.number for phone in (one, two, three)}
    channel = next(member.channel for member in members if member.number == two.number)
    await conferences.mute(room, channel, muted=True)
    await no_longer_hears(one, two)
    assert [member.muted for member in await conferences.members(room) if member.channel == channel] == [True]
    await conferences.mute(room, channel, muted=False)
    await hear_each_other(one, two, three)
    last = next(phone for phone in (two, three) if phone.number == members[-1].number)
    one.press_soft_key("RmLstC")
    await until(lambda: last.view.calls == (), lambda: str(last.view))
    left = next(phone for phone in (two, three) if phone is not last)
    await hear_each_other(one, left)
    assert await conferences.members("nobodysroom") == ()
    one.hang_up()
    await nothing_left(desks)


async def test_the_list_on_the_screen_mutes_and_removes(desks: Desks) -> None:
    one, two, three = await conference_of_three(desks)
    screen = Screen(one)
    one.press_soft_key("ConfList")
    await until(lambda: len(screen.items) == 3, lambda: str(screen.items))
    assert {two.number, three.number} <= {word for name, _ in screen.items for word in name.split()}
    screen.choose(two.number)
    await until(lambda: "Mute" in dict(screen.items), lambda: str(screen.items))
    screen.choose("Mute")
    await no_longer_hears(three, two)
    await until(lambda: any(name.startswith("- ") for name, _ in screen.items), lambda: str(screen.items))
    screen.choose(three.number)
    await until(lambda: "Remove" in dict(screen.items), lambda: str(screen.items))
    screen.choose("Remove")
    await until(lambda: three.view.calls == (), lambda: str(three.view))
    await until(lambda: len(screen.items) == 2, lambda: str(screen.items))
    one.hang_up()
    await nothing_left(desks)


class Screen:
    """The documents on a phone's screen, and choosing in them."""

    def __init__(self, phone: SccpPhone) -> None:
        line = phone._line
        assert line is not None
        self._link, self._station = line.link, line.station
        self._obey = self._station._obey
        self._station._obey = self._see  # type: ignore[method-assign]  # put there by this test
        self.items: tuple[tuple[str, str], ...] = ()

    def _see(self, message: Message, now: float) -> None:
        if isinstance(message, UserToDeviceDataV1):
            document, faults = read_screen_document(message.data.rstrip(b"\0"))
            assert faults == ()
            self.items = document.items
        else:
            self._obey(message, now)

    def choose(self, name: str) -> None:
        """Press the first line with this word in it."""
        url = next(url for shown, url in self.items if name in shown)
        _, app, line, ref, transaction, data = url.split(":")
        choice = DeviceToUserDataV1(int(app), int(line), int(ref), int(transaction), data=data.encode())
        self._station._send(choice)
        self._link.pump()

"""What stands on the screens, on a stock Asterisk: clock, language, soft keys, messages, outside numbers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bridge.app.phones.screenmessages import checked_message
from bridge.core import (
    AppearanceSettings,
    DateTimeGroup,
    DeviceDefaults,
    DeviceSettings,
    RoutePattern,
    SignallingProtocol,
    Softkey,
    SoftkeyState,
    SoftkeyTemplate,
    StateKeys,
)
from bridge.core.events import PhoneRegistered
from bridge.lab.phoneevents import CallEnded, Registered
from bridge.lab.sccpphone import SccpPhone
from bridge.phones import catalogue
from tests.e2e.conftest import PATIENCE
from tests.e2e.desks import SCCP, Desks, office, polled, seen_on
from tests.e2e.listening import CLEARLY, hear_each_other, shares, until
from tests.e2e.test_lamps_and_pickup import change
from tests.e2e.test_line_features_in_calls import of_line


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


async def in_pool_with(desks: Desks, phone: SccpPhone, group: DateTimeGroup) -> None:
    """Another date/time group, in a pool of its own; the phone starts again, as the format is told at registration."""
    registered = len(desks.watch.of(PhoneRegistered, phone.device))
    with desks.bed.service.store.write() as work:
        work.objects.date_time_groups.save(group)
        pool = replace(work.site.pool("Default"), name=group.name, date_time_group=group)
        work.objects.pools.save(pool)
        device = work.devices.get(phone.device)
        assert device is not None
        work.devices.update(replace(device, pool=group.name))
        work.commit()
    await desks.bed.service.refresh()
    await desks.watch.seen(PhoneRegistered, phone.device, count=registered + 1)


@pytest.mark.parametrize(
    ("template", "form"),
    [
        ("D.M.Y", "%H:%M %d.%m.%y"),
        ("M/D/YA", "%I:%M %p %m/%d/%y"),
        ("YY-M-D", "%H:%M %Y-%m-%d"),
        ("D/M/YYA", "%I:%M %p %d/%m/%y"),  # a year of four digits and twelve hours do not fit together
    ],
)
async def test_the_clock_of_each_pool(desks: Desks, template: str, form: str) -> None:
    zone = ZoneInfo("Asia/Tokyo")
    phone, other = await desks.registered("7961"), await desks.registered("7912")
    await in_pool_with(desks, phone, DateTimeGroup("Tokyo", "Asia/Tokyo", template))

    def right(shown: SccpPhone, where: ZoneInfo, written: str) -> bool:
        return f"{datetime.now(where):{written}}" == shown.view.clock

    await seen_on(phone, lambda: right(phone, zone, form))
    await seen_on(other, lambda: right(other, ZoneInfo("Etc/UTC"), "%H:%M %d/%m/%y"))
    phone.call(other.number)
    await hear_each_other(phone, other)
    phone.hang_up()
    await desks.nothing_is_left()
    assert right(phone, zone, form)  # told again after the call


async def test_our_words_in_the_users_language(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7942")
    await change(desks, one, lambda device: replace(device, settings=DeviceSettings(user_locale="German_Germany")))
    await desks.bed.asterisk.stop()
    for phone, words in ((one, "Anlage nicht erreichbar"), (two, "PBX unreachable")):
        await seen_on(phone, lambda phone=phone, words=words: words in phone.view.status)
    await desks.bed.asterisk.start()
    for phone in (one, two):
        await seen_on(phone, lambda phone=phone: phone.view.status == "Your current options")  # a label of the phone's


def keys(on_hook: tuple[Softkey, ...], connected: tuple[Softkey, ...]) -> SoftkeyTemplate:
    states = (StateKeys(SoftkeyState.ON_HOOK, on_hook), StateKeys(SoftkeyState.CONNECTED, connected))
    return SoftkeyTemplate("Small", states)


async def give_keys(desks: Desks, template: SoftkeyTemplate) -> None:
    with desks.bed.service.store.write() as work:
        work.objects.softkey_templates.save(template)
        work.commit()
    await desks.bed.service.refresh()


@pytest.mark.parametrize("model", ["7940", "7975"])
async def test_soft_keys_of_the_site_change_while_the_phone_is_registered_and_talks(model: str) -> None:
    live = replace(SCCP, sccp=replace(SCCP.sccp, soft_keys_live=True))
    async with office(live) as desks:
        await soft_keys_change_live(desks, model)


async def soft_keys_change_live(desks: Desks, model: str) -> None:
    """Two changes, the second in the middle of a call; the phone neither restarts nor registers anew."""
    phone, other = await desks.registered(model), await desks.registered("7942")
    usual = other.view.soft_keys
    template = keys((Softkey.NEW_CALL, Softkey.DND), (Softkey.END_CALL, Softkey.TRANSFER, Softkey.HOLD))
    await give_keys(desks, template)
    boots, registered = phone.boots, len(desks.watch.of(PhoneRegistered, phone.device))
    await change(desks, phone, lambda device: replace(device, settings=DeviceSettings(softkey_template="Small")))

    def shown() -> tuple[str, ...]:
        return tuple(each for each in phone.view.soft_keys if each)

    await seen_on(phone, lambda: shown() == ("NewCall", "DND"))
    assert other.view.soft_keys == usual
    phone.call(other.number)
    await hear_each_other(phone, other)
    await seen_on(phone, lambda: shown() == ("EndCall", "Transfer", "Hold"))

    # In the middle of a call the template gets another key.
    await give_keys(desks, keys((Softkey.NEW_CALL,), (Softkey.END_CALL, Softkey.CONFERENCE, Softkey.HOLD)))
    await seen_on(phone, lambda: shown() == ("EndCall", "Confrn", "Hold"))
    await hear_each_other(phone, other)
    phone.press_soft_key("Hold")
    await seen_on(phone, lambda: "Resume" in phone.view.soft_keys)  # a state that the template says nothing of
    phone.press_soft_key("Resume")
    await hear_each_other(phone, other)
    phone.press_soft_key("EndCall")
    await other.wait_for(CallEnded)
    await seen_on(phone, lambda: shown() == ("NewCall",))
    assert phone.boots == boots
    assert len(desks.watch.of(PhoneRegistered, phone.device)) == registered
    await desks.nothing_is_left()


async def test_soft_keys_of_a_model(desks: Desks) -> None:
    """New phones get those of their model's defaults; an older one, and one of another model, keep theirs."""
    before = await desks.registered("7961")
    usual = before.view.soft_keys
    with desks.bed.service.store.write() as work:
        template = keys((Softkey.NEW_CALL, Softkey.DND), (Softkey.END_CALL, Softkey.HOLD))
        work.objects.softkey_templates.save(template)
        number = catalogue().require("7961").number or 0
        work.site.save_device_defaults(DeviceDefaults(number, SignallingProtocol.SCCP, softkey_template="Small"))
        work.commit()
    await desks.bed.service.refresh()
    phone, other = await desks.registered("7961"), await desks.registered("7942")
    await seen_on(phone, lambda: tuple(filter(None, phone.view.soft_keys)) == ("NewCall", "DND"))
    assert other.view.soft_keys == before.view.soft_keys == usual
    phone.call(other.number)
    await hear_each_other(phone, other)
    await seen_on(phone, lambda: tuple(filter(None, phone.view.soft_keys)) == ("EndCall", "Hold"))
    assert "Transfer" in other.view.soft_keys
    phone.hang_up()
    await desks.nothing_is_left()


async def test_where_phones_take_no_soft_keys_live_they_restart_after_the_call(desks: Desks) -> None:
    phone, other = await desks.registered("7961"), await desks.registered("7942")
    await give_keys(desks, keys((Softkey.NEW_CALL, Softkey.DND), (Softkey.END_CALL,)))
    phone.call(other.number)
    await hear_each_other(phone, other)
    registered = len(desks.watch.of(PhoneRegistered, phone.device))
    await change(desks, phone, lambda device: replace(device, settings=DeviceSettings(softkey_template="Small")))
    await hear_each_other(phone, other)
    assert "Transfer" in phone.view.soft_keys
    assert len(desks.watch.of(PhoneRegistered, phone.device)) == registered
    other.hang_up()
    await desks.watch.seen(PhoneRegistered, phone.device, count=registered + 1)
    await seen_on(phone, lambda: tuple(filter(None, phone.view.soft_keys)) == ("NewCall", "DND"))
    await desks.nothing_is_left()


async def test_the_message_of_the_day_on_all_screens_also_on_those_that_come_later(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7940")
    day = checked_message("Closed on Friday", seconds=0, priority=7, stays=True)
    told = await desks.bed.service.message_phones(day)
    assert {each.device: each.why_not for each in told} == {one.device: "", two.device: ""}
    for phone in (one, two):
        await seen_on(phone, lambda phone=phone: phone.view.status == "Closed on Friday")
    two.cut()
    await two.wait_for(Registered, within=PATIENCE)
    await seen_on(two, lambda: two.view.status == "Closed on Friday")
    one.call(two.number)
    await hear_each_other(one, two)
    assert one.view.status == "Connected"
    assert two.view.status == f"From {one.number}"  # who calls stands there for some seconds
    one.hang_up()
    for phone in (one, two):
        await seen_on(phone, lambda phone=phone: phone.view.status == "Closed on Friday")
    await desks.bed.service.message_phones(replace(day, text=""), names=[one.device])
    await seen_on(one, lambda: one.view.status == "Your current options")
    assert two.view.status == "Closed on Friday"
    await desks.bed.service.message_phones(replace(day, text=""))
    await seen_on(two, lambda: two.view.status == "Your current options")


OUTSIDE = """
[lab-outside]
exten => _X.,1,Set(DB(lab/outside)=${CALLERID(num)} to ${EXTEN})
 same => n,Answer()
 same => n,Echo()
"""


async def test_outside_the_number_is_seen_through_its_mask_and_inside_as_it_is(desks: Desks) -> None:
    phone, other = await desks.registered("7961"), await desks.registered("7942")
    with (desks.bed.asterisk.phones_directory / "custom.conf").open("a", encoding="utf-8") as file:
        file.write(OUTSIDE)
    with desks.bed.service.store.write() as work:
        route = RoutePattern(pattern="0555XXXX", destination="lab-outside", use_external_mask=True)
        work.objects.patterns.save(route)
        work.commit()
    here = AppearanceSettings(external_mask="+4930555XXXX")
    await change(desks, phone, lambda device: of_line(device, here=here))
    await desks.bed.asterisk.cli("dialplan reload")
    await seen_on(phone, lambda: phone.view.labels == (f"+4930555{phone.number}",))

    async def compiled() -> bool:
        return "0555" in await desks.bed.asterisk.cli(f"dialplan show {await context(desks, phone)}")

    await polled(compiled)
    phone.call("05551234")
    await until(lambda: shares(phone, phone)[0] > CLEARLY, lambda: str(phone.view))
    await seen_on(phone, lambda: phone.view.calls == ("1: connected 05551234",))

    async def left() -> bool:
        return f"+4930555{phone.number} to 05551234" in await desks.bed.asterisk.cli("database get lab outside")

    await polled(left)
    phone.hang_up()
    await desks.nothing_is_left()
    phone.call(other.number)
    await hear_each_other(phone, other)
    await seen_on(other, lambda: other.view.calls == (f"1: connected {phone.number}",))
    phone.hang_up()
    await desks.nothing_is_left()


async def context(desks: Desks, phone: SccpPhone) -> str:
    """The context in which calls of the phone start."""
    shown = await desks.bed.asterisk.cli(f"pjsip show endpoint {phone.number}")
    found = re.search(r"^ context\s+: (\S+)", shown, re.MULTILINE)
    return found[1] if found else ""

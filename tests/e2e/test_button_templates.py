"""Phone button templates of the site on a stock Asterisk: what each place is, and that it does what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.core import (
    AddOnModule,
    ButtonKind,
    DeviceButton,
    PhoneButtonTemplate,
    SpeedDial,
    TemplateButton,
)
from bridge.core.events import PhoneRegistered
from bridge.lab.phoneevents import CallEnded
from bridge.lab.sccpphone import SccpPhone
from tests.e2e.conftest import come_up
from tests.e2e.desks import Desks, office, seen_on
from tests.e2e.listening import hear_each_other

K = ButtonKind


async def give_template(desks: Desks, phone: SccpPhone, *kinds: ButtonKind, dials: str = "") -> None:
    """The site's template gets these buttons, and the phone that template."""
    with desks.bed.service.store.write() as work:
        template = PhoneButtonTemplate("Reception", tuple(TemplateButton(kind) for kind in kinds))
        work.objects.button_templates.save(template)
        device = work.devices.get(phone.device)
        assert device is not None
        settings = replace(device.settings, button_template="Reception")
        buttons = device.buttons or (DeviceButton(2, SpeedDial(dials, "Front")),)
        work.devices.update(replace(device, settings=settings, buttons=buttons))
        work.commit()
    await desks.bed.service.refresh()


@pytest.mark.parametrize("module", ["", "7914", "7916"])
async def test_every_place_is_what_the_template_says(module: str) -> None:
    """On the phone itself, and from the seventh place on on a module beside it."""
    async with office() as desks:
        other, third = await desks.registered("7942"), await desks.registered("7961")
        phone = desks.place("7965", add_ons=(module,) if module else ())
        await come_up(phone)
        await desks.watch.seen(PhoneRegistered, phone.device, count=2)
        await desks.line_up(phone)
        if module:
            add_on = AddOnModule.CISCO_7914 if module == "7914" else AddOnModule(f"{module}-24")
            with desks.bed.service.store.write() as work:
                device = work.devices.get(phone.device)
                assert device is not None
                work.devices.update(replace(device, settings=replace(device.settings, add_ons=(add_on,))))
                work.commit()
        filler = (K.NONE,) * 4 if module else ()
        await give_template(
            desks, phone, K.LINE, K.SPEED_DIAL, *filler, K.FORWARD_ALL, K.DND, K.REDIAL, dials=other.number
        )
        wanted = (phone.number, "Front", "[forward all]", "[do not disturb]", "[redial]")
        await seen_on(phone, lambda: phone.view.labels == wanted and phone.number != "")
        await desks.line_up(phone)

        phone.press_button(2)
        await hear_each_other(phone, other)
        phone.hang_up()
        await desks.nothing_is_left()
        phone.press_button(5)  # the same number once more
        await hear_each_other(phone, other)
        other.hang_up()
        await desks.nothing_is_left()

        phone.press_button(3)
        await seen_on(phone, lambda: "Enter number" in phone.view.status)
        phone.press_keys(f"{third.number}#")
        await seen_on(phone, lambda: phone.view.lamps == ("forward all 1: on",))
        other.call(phone.number)
        await hear_each_other(other, third)
        assert phone.view.calls == ()
        other.hang_up()
        await third.wait_for(CallEnded)
        phone.press_button(3)
        await seen_on(phone, lambda: phone.view.lamps == ())
        phone.press_button(4)
        await seen_on(phone, lambda: phone.view.lamps == ("do not disturb 1: on",))
        phone.press_button(4)
        await desks.nothing_is_left()


async def test_another_template_waits_for_the_end_of_the_call() -> None:
    async with office() as desks:
        phone, other = await desks.registered("7961"), await desks.registered("7942")
        await give_template(desks, phone, K.LINE, K.SPEED_DIAL, K.DND, dials=other.number)
        await seen_on(phone, lambda: phone.view.labels == (phone.number, "Front", "[do not disturb]"))
        await desks.line_up(phone)
        phone.press_button(2)
        await hear_each_other(phone, other)
        boots = phone.boots
        await give_template(desks, phone, K.LINE, K.SPEED_DIAL, K.FORWARD_ALL)
        await hear_each_other(phone, other)
        assert phone.view.labels == (phone.number, "Front", "[do not disturb]")
        assert phone.boots == boots
        other.hang_up()
        await seen_on(phone, lambda: phone.view.labels == (phone.number, "Front", "[forward all]"))
        await desks.nothing_is_left()

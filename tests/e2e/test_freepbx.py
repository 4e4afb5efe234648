"""Phones as extensions of a FreePBX: its API simulated with the recorded shapes, its Asterisk real."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.system import SystemIds
from bridge.core import DeviceName, DndMode, ForwardKind, NumberRange, SignallingProtocol
from bridge.core.events import PhoneRegistered
from bridge.errors import Conflict
from bridge.lab.freepbx import FreePbxManners
from bridge.lab.freepbxbed import FreePbxBed, running_freepbx
from bridge.lab.freepbxsite import FreePbxSite, SiteExtension
from bridge.lab.phoneevents import AudioHeard, Registered
from bridge.lab.testbed import TestbedWishes
from tests.e2e.conftest import PATIENCE, Shelf, Watch, come_up
from tests.e2e.desks import Desks, polled
from tests.e2e.test_main_job import phone_desk


@contextlib.asynccontextmanager
async def office(lab: FreePbxBed) -> AsyncIterator[Desks]:
    desks = Desks(lab.bed)
    try:
        yield desks
    finally:
        for phone in desks.phones:
            await phone.power_off()


@pytest.mark.req("AR-01")
@pytest.mark.parametrize("version", [16, 17])
async def test_a_sip_and_an_sccp_phone_become_extensions_and_call_each_other(shelf: Shelf, version: int) -> None:
    async with running_freepbx(manners=FreePbxManners(version=version, latency=0.05)) as lab, office(lab) as desks:
        sip = shelf.take(lab.bed, "8841")
        await come_up(sip)
        lab.bed.window_desk().set_protocol(SignallingProtocol.SCCP)
        sccp = await desks.registered("7961")
        extensions = lab.freepbx.site.extensions
        assert set(extensions) == {sip.number, sccp.number}
        # Nobody's secret is longer than phones can take, though FreePBX makes 32 characters.
        assert {len(each.secret) for each in extensions.values()} == {12}
        sip.call(sccp.number)
        assert (await sip.wait_for(AudioHeard)).frequency == sccp.tone
        assert (await sccp.wait_for(AudioHeard)).frequency == sip.tone
        sip.hang_up()


async def until(reached: Callable[[], bool]) -> None:
    """Wait for something that nobody tells of."""

    async def asked() -> bool:
        return reached()

    await polled(asked)


def _number(lab: FreePbxBed, name: DeviceName) -> str:
    with lab.bed.service.store.read() as work:
        device = work.devices.get(name)
    return device.number if device is not None else ""


def audited(lab: FreePbxBed) -> list[str]:
    with lab.bed.service.store.read() as work:
        return [f"{each.actor}: {each.action}; {each.detail}" for each in work.journal.audit_trail()]


async def test_what_is_renamed_or_deleted_in_the_pages_is_followed(shelf: Shelf) -> None:
    async with running_freepbx() as lab, office(lab) as desks:
        one, two = shelf.take(lab.bed, "8841"), shelf.take(lab.bed, "7961")
        await come_up(one, two)
        device, gone = phone_desk(lab.bed).show(one.number).device, two.number
        assert device is not None
        secret = lab.freepbx.site.extensions[one.number].secret

        await lab.freepbx.page_rename(one.number, "Lobby; [x] <1>")
        await one.wait_for(Registered, within=PATIENCE)  # its file shows the name, so it starts again
        shown = phone_desk(lab.bed).show(one.number).device
        assert shown is not None
        assert shown.lines[0].line.display_name == "Lobby; [x] 1"
        assert lab.freepbx.site.extensions[one.number].secret == secret

        # Deleted, and not applied yet: the section goes before anybody reloads, and the phone is not made anew.
        added = lab.bed.asterisk.phones_directory / "freepbx_endpoints.conf"
        assert f"[{gone}](+)" in added.read_text()
        await lab.freepbx.page_delete(gone)
        await until(lambda: f"[{gone}](+)" not in added.read_text())
        await lab.freepbx.press_apply()
        await until(lambda: two.device not in {each.name for each in phone_desk(lab.bed).list().phones})
        assert gone not in lab.freepbx.site.extensions
        # The other one's options are all still there.
        assert "device_state_busy_at               : 2" in await lab.bed.asterisk.cli(
            f"pjsip show endpoint {one.number}"
        )
        trail = audited(lab)
        assert any(f"FreePBX: changed {one.device}" in each for each in trail), trail
        assert any(f"FreePBX: removed {two.device}" in each for each in trail), trail
        assert not desks.phones


async def test_another_password_or_number_from_the_pages_reaches_the_phone(shelf: Shelf) -> None:
    async with running_freepbx() as lab:
        watch = Watch(lab.bed)
        phone = shelf.take(lab.bed, "8841")
        await come_up(phone)
        number = phone.number
        extension = lab.freepbx.site.extensions[number]
        await lab.freepbx.page_add(replace(extension, secret="TypedByAdmin"))
        await lab.freepbx.press_apply()
        await phone.wait_for(Registered, within=PATIENCE)
        device = phone_desk(lab.bed).show(number).device
        assert device is not None
        assert device.secret == "TypedByAdmin"

        # Exported, renumbered, imported: the new one has the password of the old one.
        await lab.freepbx.page_add(replace(extension, number="1555", secret="TypedByAdmin", name="Moved"))
        await lab.freepbx.page_delete(number)
        await lab.freepbx.press_apply()
        await until(lambda: lab.bed.service.pbx.status().pending == () and _number(lab, device.name) == "1555")
        await phone.power_off()
        phone.power_on()
        await watch.seen(PhoneRegistered, phone.device)
        await until(lambda: phone.number == "1555")
        assert number not in lab.freepbx.site.extensions


async def test_a_password_that_no_phone_can_take_is_left_alone_and_the_phone_gets_a_login_of_its_own(
    shelf: Shelf,
) -> None:
    async with running_freepbx() as lab:
        phone = shelf.take(lab.bed, "7961")
        await come_up(phone)
        extension = lab.freepbx.site.extensions[phone.number]
        theirs = lab.freepbx.site.new_secret()
        assert len(theirs) == 32
        await lab.freepbx.page_add(replace(extension, secret=theirs, dtmf_mode="inband"))
        await lab.freepbx.press_apply()

        async def both() -> bool:
            shown = await lab.bed.asterisk.cli(f"pjsip show endpoint {phone.number}")
            return f"{phone.number}-auth" in shown and f"{phone.number}-sepbridge" in shown

        await polled(both)
        await phone.power_off()
        phone.power_on()
        await phone.wait_for(Registered, within=PATIENCE)
        now = lab.freepbx.site.extensions[phone.number]
        assert (now.secret, now.dtmf_mode) == (theirs, "inband")
        # One change, when it was made; none since.
        assert [name for name, _ in lab.freepbx.requests].count("updateExtension") == 1


async def test_a_short_password_of_freepbx_is_read_back_and_nothing_is_made_anew(shelf: Shelf) -> None:
    async with running_freepbx(site=FreePbxSite(secret_size=12)) as lab, office(lab) as desks:
        sip = shelf.take(lab.bed, "8841")
        await come_up(sip)
        lab.bed.window_desk().set_protocol(SignallingProtocol.SCCP)
        sccp = await desks.registered("7961")
        for number in (sip.number, sccp.number):
            device = phone_desk(lab.bed).show(number).device
            assert device is not None
            assert device.secret == lab.freepbx.site.extensions[number].secret
        assert "updateExtension" not in {name for name, _ in lab.freepbx.requests}


async def test_our_names_and_removals_reach_freepbx_and_others_extensions_do_not_go(shelf: Shelf) -> None:
    async with running_freepbx() as lab:
        await lab.freepbx.page_add(SiteExtension("1001", "Reception", lab.freepbx.site.new_secret(), dtmf_mode="info"))
        await lab.freepbx.press_apply()
        one, two = shelf.take(lab.bed, "8841"), shelf.take(lab.bed, "8841")
        await come_up(one, two)
        assert "1001" not in {one.number, two.number}  # it is somebody's
        changes = PhoneChanges(lab.bed.service.store, lab.bed.service.clock, SystemIds(), "tester")
        secret = lab.freepbx.site.extensions[one.number].secret
        changes.set_line(one.device, one.number, {"display_name": "Ann"})
        await lab.bed.service.refresh()
        await until(lambda: lab.freepbx.site.extensions[one.number].name == "Ann")
        assert lab.freepbx.site.extensions[one.number].secret == secret
        # Somebody gave it a setting that the API does not show: it is never made anew again.
        await lab.freepbx.page_add(replace(lab.freepbx.site.extensions[one.number], dtmf_mode="info"))
        changes.set_line(one.device, one.number, {"display_name": "Bea"})
        await lab.bed.service.refresh()
        await lab.freepbx.press_apply()

        async def called() -> bool:
            return "Bea" in await lab.bed.asterisk.cli(f"database get AMPUSER/{one.number} cidname")

        await polled(called)
        assert lab.freepbx.site.extensions[one.number].name == "Ann"
        assert lab.freepbx.site.extensions[one.number].dtmf_mode == "info"
        gone = two.number
        phone_desk(lab.bed).remove(two.device)
        await lab.bed.service.refresh()
        await until(lambda: gone not in lab.freepbx.site.extensions)
        assert lab.freepbx.site.extensions["1001"].dtmf_mode == "info"
        # No extension was ever changed without saying its password.
        updates = [given["input"] for name, given in lab.freepbx.requests if name == "updateExtension"]
        assert updates
        assert all(each.get("extPassword") for each in updates)


async def test_options_lost_by_a_deletion_that_was_applied_at_once_come_back(shelf: Shelf) -> None:
    async with running_freepbx() as lab:
        phones = [shelf.take(lab.bed, "8841") for _ in range(2)]
        await come_up(*phones)
        first, second = sorted(phones, key=lambda phone: phone.number)
        await lab.freepbx.page_delete(first.number)
        await lab.freepbx.press_apply()

        async def back() -> bool:
            shown = await lab.bed.asterisk.cli(f"pjsip show endpoint {second.number}")
            return "send_rpid                          : true" in shown

        async def gone() -> bool:
            return first.device not in {each.name for each in phone_desk(lab.bed).list().phones}

        await polled(gone)
        await polled(back)


async def test_a_second_line_and_a_shared_line_are_extensions_too(shelf: Shelf) -> None:
    wishes = TestbedWishes(protocol=SignallingProtocol.SCCP)
    async with running_freepbx(wishes) as lab, office(lab) as desks:
        one, two = await desks.registered("7961"), await desks.registered("7942")
        changes = PhoneChanges(lab.bed.service.store, lab.bed.service.clock, SystemIds(), "tester")
        changes.set_line(one.device, "1700", {"display_name": "Sales"})
        phone_desk(lab.bed).share(two.device, "1700")
        await lab.bed.service.refresh()
        await until(lambda: "1700" in lab.freepbx.site.extensions and not lab.bed.service.pbx.status().pending)
        assert lab.freepbx.site.extensions["1700"].name == "Sales"
        # The phones log in to it with what is theirs, FreePBX's own password stays what it is.
        assert len(lab.freepbx.site.extensions["1700"].secret) == 32
        await desks.restarted(one)

        async def registered() -> bool:
            contacts = {each.endpoint: each.uri for each in await lab.bed.service.pbx.contacts()}
            # Each under its own number: none has taken another one's place.
            return all(f"sip:{number}@" in contacts.get(number, "") for number in (one.number, two.number, "1700"))

        await polled(registered)


async def test_many_phones_at_once_cause_few_reloads(shelf: Shelf) -> None:
    async with running_freepbx(manners=FreePbxManners(reload_takes=1.0)) as lab:
        phones = [shelf.take(lab.bed, "8841") for _ in range(8)]
        await come_up(*phones)
        assert len({phone.number for phone in phones}) == 8
        assert [name for name, _ in lab.freepbx.requests].count("addExtension") == 8
        assert 1 <= [name for name, _ in lab.freepbx.requests].count("doreload") <= 3


@pytest.mark.req("AR-04")
async def test_numbers_of_freepbx_stand_in_the_way_of_a_range(shelf: Shelf) -> None:
    site = FreePbxSite(ring_groups=("1600",), routes=("_17XX", "_9."))
    async with running_freepbx(site=site) as lab:
        phone = shelf.take(lab.bed, "8841")
        await come_up(phone)
        await lab.freepbx.page_add(SiteExtension("1005", "Fax", lab.freepbx.site.new_secret()))
        await lab.freepbx.press_apply()

        async def seen() -> bool:
            plan = await lab.bed.service.pbx_plan()
            return {"1600", "_17XX", "1005"} <= plan.extensions.keys() and "1005" in plan.endpoints

        await polled(seen)
        plan = await lab.bed.service.pbx_plan()
        assert phone.number not in plan.extensions.keys() | plan.endpoints
        assert "_X." not in plan.extensions
        desk = lab.bed.window_desk()
        met: dict[str, str] = {}
        for numbers in ("1005-1009", "1600-1609", "1700-1709"):
            desk.set_range(NumberRange.parse(numbers))
            with pytest.raises(Conflict, match=f"the range {numbers} meets") as refused:
                desk.enable(plan=plan)
            met[numbers] = f"{refused.value.what}; {refused.value.why}"
        assert "extension of Asterisk 1005" in met["1005-1009"]
        assert "ring group of Asterisk 1600" in met["1600-1609"]
        assert "route pattern of Asterisk _17XX" in met["1700-1709"]
        assert {plan.extensions[each] for each in ("*78", "*79")} == {"feature code"}
        # Forced: the entry names it, and it is given to nobody.
        desk.set_range(NumberRange("1005", "1006"))
        desk.enable(plan=plan, force=True)
        with lab.bed.service.store.read() as work:
            entry = work.journal.audit_trail()[-1]
        assert "(forced)" in entry.detail
        assert "extension of Asterisk 1005" in entry.detail
        other = shelf.take(lab.bed, "8841")
        await come_up(other)
        assert other.number == "1006"


async def test_a_token_that_ends_and_an_api_that_is_away_lose_nothing(shelf: Shelf) -> None:
    async with running_freepbx(manners=FreePbxManners(token_lives=2)) as lab:
        one = shelf.take(lab.bed, "8841")
        await come_up(one)
        lab.freepbx.expire_tokens()
        lab.freepbx.manners.is_down = True
        two = shelf.take(lab.bed, "8841")
        two.power_on()
        await until(lambda: "FreePBX" in lab.bed.service.pbx.status().trouble)
        lab.freepbx.manners.is_down = False
        await two.wait_for(Registered, within=PATIENCE)
        assert {one.number, two.number} <= set(lab.freepbx.site.extensions)
        await until(lambda: lab.bed.service.pbx.status().trouble == "")


async def test_features_are_those_of_freepbx(shelf: Shelf) -> None:
    """Do-not-disturb dialled at FreePBX shows on an SCCP phone, and the phone's own forward is FreePBX's."""
    wishes = TestbedWishes(protocol=SignallingProtocol.SCCP)
    async with running_freepbx(wishes) as lab, office(lab) as desks:
        one, two = await desks.registered("7961"), await desks.registered("7942")
        features = lab.bed.service.pbx.asterisk.line_features
        one.call("*78")

        async def disturbed() -> bool:
            return (await features.read(one.number)).dnd is DndMode.REJECT

        await polled(disturbed)
        hint = await lab.bed.asterisk.cli(f"core show hint {one.number}")
        assert "State:Busy" in hint or "State:InUse" in hint, hint
        await features.set_dnd(one.number, DndMode.OFF)
        await features.set_forward(one.number, ForwardKind.ALL, two.number)
        assert f": {two.number}" in await lab.bed.asterisk.cli(f"database get CF {one.number}")

"""What goes over the wire to FreePBX's API in the whole life of an extension, and what never does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.system import SystemIds
from bridge.core import DeviceName
from bridge.lab.freepbx import FreePbxManners
from bridge.lab.freepbxbed import FreePbxBed, prepared_freepbx
from bridge.lab.freepbxsite import SiteExtension
from bridge.pbx.conffile import parse
from bridge.pbx.freepbxfiles import AORS, ENDPOINTS
from tests.e2e.conftest import Shelf, come_up
from tests.e2e.desks import polled
from tests.e2e.test_main_job import phone_desk
from tests.freepbxtap import Tap, tapped

OURS = {"addExtension", "updateExtension", "deleteExtension", "doreload"}
"""The only mutations that there is a need for."""
EVERY_FIELD = {
    *("extensionId", "name", "tech", "email", "umEnable", "vmEnable", "callerID", "maxContacts", "extPassword"),
}
"""``updateExtension`` puts back to its default what it is not told (FreePBX reference, section 5, gotcha 1)."""


async def until(reached: Callable[[], bool]) -> None:
    async def asked() -> bool:
        return reached()

    await polled(asked)


def check_what_was_sent(tap: Tap) -> None:
    """The rules of issue 7 for every single request."""
    for place, each in enumerate(tap.exchanges):
        if not each.operation.is_mutation:
            continue
        assert each.name in OURS
        assert len(each.operation.fields) == 1, "one mutation in each request"
        later = tap.exchanges[place + 1 :]
        match each.name:
            case "addExtension":
                assert each.given["umEnable"] is False
            case "updateExtension":
                assert each.given.get("extPassword"), "this would give the phone's extension a new random password"
                assert each.given.keys() == EVERY_FIELD
            case "doreload" if each.was_done:
                number = each.answer["data"]["doreload"]["transaction_id"]
                polls = [one for one in later if one.name == "fetchApiStatus" and one.given == {"txnId": number}]
                # Nothing else is asked until it has ended, and it is asked until it has.
                assert later[: len(polls)] == polls
                assert polls, "nobody asked how the reload ended"
                said = [one.answer["data"]["fetchApiStatus"]["message"] for one in polls]
                assert said == ["Processing"] * (len(said) - 1) + ["Executed"]
        if each.name != "doreload" and each.was_done:
            # What it said is looked at before anything else is done.
            assert (later[0].name, later[0].given) == ("fetchExtension", {"extensionId": each.given["extensionId"]})


@pytest.mark.parametrize("version", [16, 17])
async def test_update_extension_without_ext_password_is_never_sent(shelf: Shelf, version: int) -> None:
    manners = FreePbxManners(version=version)
    async with prepared_freepbx(manners=manners) as lab, tapped(lab.freepbx.url, version) as tap:
        lab.bed.settings = replace(lab.bed.settings, freepbx=replace(lab.bed.settings.freepbx, url=tap.url))
        added: list[set[str]] = []

        def reloads(name: str) -> None:
            if name == "doreload":
                added.append(sections_added(lab))
                # A section that adds to an extension which is gone takes those behind it away, without a word.
                assert added[-1] <= lab.freepbx.site.extensions.keys(), "a stale section at a reload"

        tap.before = reloads
        async with lab.bed.node():
            await live(lab, tap, shelf)
    check_what_was_sent(tap)
    assert any(added), "no extension was ever added to"
    sent = {each.name for each in tap.mutations()}
    assert sent == OURS, "not everything was tried"
    # Each kind was refused once, in the shape of this version, and that was taken for a refusal.
    refused = [each for each in tap.mutations() if not each.was_done]
    assert {each.name for each in refused} == OURS
    assert {each.status for each in refused} == {200 if version >= 17 else 400}


def sections_added(lab: FreePbxBed) -> set[str]:
    """The extensions that our files add to at this moment."""
    texts = [
        (lab.bed.asterisk.phones_directory / name).read_text()
        for name in (ENDPOINTS, AORS)
        if (lab.bed.asterisk.phones_directory / name).exists()
    ]
    return {section.name for text in texts for section in parse(text).sections if section.append}


async def live(lab: FreePbxBed, tap: Tap, shelf: Shelf) -> None:
    """Made, renamed on both sides, touched by an admin, moved to another number, and deleted on both sides."""
    bed, site = lab.bed, lab.freepbx.site
    changes = PhoneChanges(bed.service.store, bed.service.clock, SystemIds(), "tester")

    def secret_of(name: DeviceName) -> str:
        device = phone_desk(bed).show(str(name)).device
        assert device is not None
        return device.secret

    async def called(phone: DeviceName, number: str, name: str) -> None:
        changes.set_line(phone, number, {"display_name": name})
        await bed.service.refresh()

    # Made for two phones that nobody configured.
    one, two = shelf.take(bed, "8841"), shelf.take(bed, "8841")
    await come_up(one, two)
    number = one.number  # it starts again with each change
    for phone in (one, two):
        assert site.extensions[phone.number].secret == secret_of(phone.device)

    # Renamed by us: FreePBX makes it anew for that, with the password that it had.
    password = secret_of(one.device)
    tap.refuse.append("updateExtension")
    await called(one.device, number, "Ann")
    await until(lambda: site.extensions[number].name == "Ann")
    assert site.extensions[number].secret == password
    # With a token that has ended in between.
    lab.freepbx.expire_tokens()
    await called(one.device, number, "Beth")
    await until(lambda: site.extensions[number].name == "Beth")
    assert site.extensions[number].secret == password

    # Renamed and touched in the pages: from now on nothing may make it anew.
    await lab.freepbx.page_add(replace(site.extensions[number], name="Cleo", dtmf_mode="info"))
    await lab.freepbx.press_apply()
    await until(lambda: _shown_name(lab, one.device) == "Cleo")
    before = len([each for each in tap.mutations() if each.name == "updateExtension"])
    await called(one.device, number, "Dora")

    async def known() -> bool:
        return "Dora" in await bed.asterisk.cli(f"database get AMPUSER/{number} cidname")

    await polled(known)
    assert len([each for each in tap.mutations() if each.name == "updateExtension"]) == before
    assert (site.extensions[number].secret, site.extensions[number].dtmf_mode) == (password, "info")

    # Another number from the pages: exported, renumbered, imported.
    old = number
    await lab.freepbx.page_add(SiteExtension("1555", "Moved", password))
    await lab.freepbx.page_delete(old)
    await lab.freepbx.press_apply()
    await until(lambda: _number(lab, one.device) == "1555" and not bed.service.pbx.status().pending)
    assert site.extensions["1555"].secret == password

    # Another number from us: a line more, and the old one less. The first of a phone's lines is its login.
    gone = two.number
    changes.set_line(two.device, "1666", {"display_name": "Eve"})
    changes.remove_line(two.device, gone)
    # Each is refused at first, and done in a later round.
    tap.refuse += ["addExtension", "doreload", "deleteExtension"]
    await bed.service.refresh()
    await until(lambda: "1666" in site.extensions and gone not in site.extensions)
    await until(lambda: not bed.service.pbx.status().pending and not bed.service.pbx.status().trouble)
    assert site.extensions["1666"].secret == secret_of(two.device)

    # Deleted by us, and in the pages.
    phone_desk(bed).remove(two.device)
    await bed.service.refresh()
    await until(lambda: "1666" not in site.extensions)
    await lab.freepbx.page_delete("1555")
    await lab.freepbx.press_apply()
    await until(lambda: one.device not in {each.name for each in phone_desk(bed).list().phones})
    await until(lambda: not site.extensions and not site.needs_reload)
    assert tap.refuse == []


def _number(lab: FreePbxBed, name: DeviceName) -> str:
    with lab.bed.service.store.read() as work:
        device = work.devices.get(name)
    return device.number if device is not None else ""


def _shown_name(lab: FreePbxBed, name: DeviceName) -> str:
    with lab.bed.service.store.read() as work:
        device = work.devices.get(name)
    return device.lines[0].line.display_name if device is not None else ""

"""Enabling with care, lists, approval, the rogue pool, security mode: what the admin sets and what phones get."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.app.admission.admissions import Admissions
from bridge.app.admission.loadcheck import check_loads
from bridge.app.admission.planoverlap import PbxPlan
from bridge.app.admission.roguepool import ROGUE_CONTEXT, EmergencyList
from bridge.app.admission.window import WindowDesk
from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.phones.phones import PhoneDesk
from bridge.app.site.sitedesk import SiteDesk
from bridge.autoregistration import (
    ListEntry,
    RefusalReason,
    SecurityPolicy,
    UnknownMode,
)
from bridge.callcontrol.emergency import emergency_numbers
from bridge.core import (
    CallingSearchSpace,
    CallManagerGroup,
    DeviceDefaults,
    NetworkPlace,
    NumberRange,
    Partition,
    RoutePattern,
    Server,
    TranslationPattern,
)
from bridge.core.events import PhoneAdmitted
from bridge.errors import ConfigurationError, Conflict, InvalidInput
from bridge.phones.catalogue import catalogue
from bridge.store import SqlStore
from bridge.store.filetree import FileTree
from tests.unit.app.conftest import NOON, CountingIds, Remembering, StillClock
from tests.unit.app.test_admissions import SCCP, SIP, Desk, at_file, phone, registering

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def admissions(store: SqlStore, sink: Remembering, clock: StillClock, ids: CountingIds) -> AsyncIterator[Desk]:
    async with admitting(store, sink, clock, ids) as desk:
        yield desk


@contextlib.asynccontextmanager
async def admitting(
    store: SqlStore, sink: Remembering, clock: StillClock, ids: CountingIds, node: str = ""
) -> AsyncIterator[Desk]:
    desk = Admissions(store, sink, clock, ids, admitted=lambda _: None, node=node)
    running = asyncio.create_task(desk.run())
    yield Desk(desk, [])
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def trail(store: SqlStore) -> list[tuple[str, str]]:
    with store.read() as work:
        return [(each.action, each.detail) for each in work.journal.audit_trail()]


# --- the window


@pytest.mark.req("AR-34")
async def test_a_window_for_later_opens_and_closes_by_itself(
    admissions: Desk, window: WindowDesk, clock: StillClock
) -> None:
    start = clock.now() + 14 * timedelta(hours=1)
    window.enable(start=start, until=start + timedelta(hours=1))
    clock.pass_by(timedelta(hours=14) - MINUTE)
    refusal = await admissions.refusal(at_file(1))
    assert (refusal.reason, "opens at" in refusal.text) == (RefusalReason.WINDOW_CLOSED, True)
    clock.pass_by(MINUTE)
    assert await admissions.number(at_file(1)) == "1000"
    clock.pass_by(timedelta(hours=1))
    assert (await admissions.refusal(at_file(2))).reason is RefusalReason.WINDOW_CLOSED
    with pytest.raises(InvalidInput, match="end is not after the start"):
        window.enable(start=clock.now() + MINUTE, until=clock.now())


async def test_a_window_for_two_phones_closes_after_the_second(
    admissions: Desk, window: WindowDesk, store: SqlStore
) -> None:
    window.enable(count=2)
    assert window.status().phones_left == 2
    assert [await admissions.number(at_file(each)) for each in (1, 2)] == ["1000", "1001"]
    refusal = await admissions.refusal(at_file(3))
    assert (refusal.reason, "as many phones" in refusal.text) == (RefusalReason.WINDOW_CLOSED, True)
    assert not window.status().is_open
    window.enable()
    assert await admissions.number(at_file(3)) == "1002"
    with pytest.raises(InvalidInput):
        window.enable(count=0)


@pytest.mark.req("AR-06")
async def test_the_end_is_a_moment_that_a_restart_and_a_clock_put_right_do_not_move(
    store: SqlStore, window: WindowDesk, clock: StillClock, sink: Remembering, ids: CountingIds
) -> None:
    window.enable(duration=2 * MINUTE)
    closes_at = window.status().closes_at
    clock.pass_by(MINUTE)
    # Another process, after a restart; then the clock is put back by half a minute and forward again.
    async with admitting(store, sink, clock, ids) as again:
        assert WindowDesk(store, clock, "other").status().closes_at == closes_at
        clock.pass_by(-MINUTE / 2)
        assert await again.number(at_file(1)) == "1000"
        clock.pass_by(MINUTE * 1.5 + timedelta(seconds=1))
        assert (await again.refusal(at_file(2))).reason is RefusalReason.WINDOW_CLOSED


@pytest.mark.req("AR-02")
async def test_one_warning_at_the_hundredth_phone_and_no_more(
    admissions: Desk, window: WindowDesk, store: SqlStore, caplog: pytest.LogCaptureFixture
) -> None:
    window.set_range(NumberRange("1000", "1199"))
    caplog.set_level(logging.WARNING)

    def warned() -> list[str]:
        return [each.getMessage() for each in caplog.records if "bulk import" in each.getMessage()]

    for index in range(99):
        await admissions.number(at_file(index))
    assert warned() == []
    await admissions.number(at_file(99))
    assert len(warned()) == 1
    assert "100 phones" in warned()[0]
    assert await admissions.number(at_file(100)) == "1100"
    assert len(warned()) == 1
    assert [detail for action, detail in trail(store) if action == "warning"] != []
    assert window.status().temporary == 101


# --- what stands against enabling


@pytest.mark.req("AR-04")
async def test_a_range_that_meets_the_plan_is_refused_and_named_and_forced_with_an_entry(
    admissions: Desk, store: SqlStore, desk: WindowDesk, clock: StillClock, ids: CountingIds
) -> None:
    PhoneDesk(store, clock, ids, "tester").add(phone(200), number="1005")
    with store.write() as work:
        work.objects.patterns.save(RoutePattern(pattern="10XX", destination="trunk"))
        work.objects.patterns.save(TranslationPattern(pattern="100[89]", css=""))
        work.objects.patterns.save(RoutePattern(pattern="9.1XXX", destination="trunk"))
        work.commit()
    desk.set_protocol("SIP")
    desk.set_range(NumberRange("1000", "1009"))
    assert not desk.status().is_open
    others = {
        "1003": "extension",
        "1006": "ring group",
        "1007": "feature code",
        "_100[01]": "route pattern",
        "*72": "feature code",
        "_9XXXX": "route pattern",
    }
    plan = PbxPlan(endpoints=frozenset({"1002", "1999"}), extensions=others)
    with pytest.raises(Conflict, match="range 1000-1009 meets"):
        desk.enable(plan=plan)
    met = [each.what.partition(" meets ")[2] for each in desk.obstacles(plan)]
    assert met == [
        "endpoint 1002",
        "extension 1005",
        "extension of Asterisk 1003",
        "feature code of Asterisk 1007",
        "ring group of Asterisk 1006",
        "route pattern 10XX in <None>",
        "route pattern of Asterisk _100[01]",
        "translation pattern 100[89] in <None>",
    ]
    assert [desk.status().numbers_free, desk.status(plan).numbers_free] == [9, 5], "1002, 1003, 1005, 1006, 1007"
    desk.enable(plan=plan, force=True)
    action, detail = trail(store)[-1]
    assert action == "enabled autoregistration"
    assert "(forced)" in detail
    assert all(each in detail for each in met)
    numbers = [await admissions.number(at_file(each)) for each in range(9)]
    assert "1005" not in numbers
    assert len(set(numbers)) == 9


@pytest.mark.req("AR-04")
@pytest.mark.req("AR-11")
def test_a_first_range_opens_nothing_where_asterisk_uses_its_numbers(desk: WindowDesk, store: SqlStore) -> None:
    """As on CUCM the first valid range switches autoregistration on: that is enabling, too."""
    plan = PbxPlan(extensions={"_100X": "route pattern"})
    desk.set_range(NumberRange("1000", "1009"), plan)
    assert not desk.status().is_open
    assert trail(store)[-1][1] == "1000-1009; not opened: the range 1000-1009 meets route pattern of Asterisk _100X"
    desk.set_range(NumberRange("1000", "1000"))
    desk.set_range(NumberRange("1010", "1019"), plan)
    assert desk.status().is_open


@pytest.mark.req("AR-04")
async def test_what_nobody_could_ask_asterisk_is_asked_when_it_is_there(
    desk: WindowDesk, admissions: Desk, store: SqlStore, clock: StillClock
) -> None:
    free, taken = PbxPlan(extensions={"_9X.": "route pattern"}), PbxPlan(frozenset({"1002"}), {"1003": "ring group"})
    desk.set_protocol("SIP")
    desk.set_range(NumberRange("1000", "1009"))
    assert (desk.status().is_open, desk.waits_for_pbx()) == (True, True)
    # Nothing of the range is used: it stays open, and is asked about once.
    assert desk.look_at_range(free) == ""
    assert (desk.status().is_open, desk.waits_for_pbx()) == (True, False)
    assert desk.look_at_range(taken) == ""
    # Something is: it is closed, and the trail says by what. Phones that came in meanwhile are no obstacle.
    desk.enable()
    assert await admissions.number(at_file(1)) == "1000"
    assert desk.waits_for_pbx()
    assert desk.look_at_range(taken) == "endpoint 1002, ring group of Asterisk 1003"
    assert (desk.status().is_open, desk.waits_for_pbx()) == (False, False)
    action, detail = trail(store)[-1]
    assert action == "disabled autoregistration"
    assert detail == (
        "nobody could ask Asterisk when it was enabled: the range 1000-1009 meets endpoint 1002, "
        "ring group of Asterisk 1003"
    )
    # What was forced, or asked before, is not asked again; nor is what is over.
    desk.enable(force=True)
    assert not desk.waits_for_pbx()
    desk.enable(plan=free)
    assert not desk.waits_for_pbx()
    desk.enable(duration=MINUTE)
    clock.pass_by(MINUTE)
    assert not desk.waits_for_pbx()
    assert desk.look_at_range(taken) == ""


@pytest.mark.req("AR-04")
async def test_another_range_while_it_is_open_closes_it_where_it_meets_something_new(
    admissions: Desk, window: WindowDesk, store: SqlStore, clock: StillClock, ids: CountingIds
) -> None:
    plan = PbxPlan(extensions={"_103X": "route pattern", "1005": "extension"})
    window.enable(force=True, plan=plan)  # 1005 was seen, and is never given out
    assert await admissions.number(at_file(1)) == "1000"
    # A wider range has the phones of the narrower one, and its 1005: nothing new. Its phones are no obstacle later on.
    window.set_range(NumberRange("1000", "1029"), plan)
    assert window.status().is_open
    window.disable()
    window.enable()
    # By the window's desk as by a site's text.
    window.set_range(NumberRange("1000", "1039"), plan)
    assert not window.status().is_open
    assert trail(store)[-1][1] == "1000-1039; closed: the range 1000-1039 meets route pattern of Asterisk _103X"
    window.set_range(NumberRange("1000", "1029"), plan)
    window.enable()
    site = SiteDesk(store, clock, ids, "tester")
    site.apply(site.export().replace('range = "1000-1029"', 'range = "1000-1049"'))
    assert window.status().is_open
    PhoneDesk(store, clock, ids, "tester").add(phone(2), number="1060")
    site.apply(site.export().replace('range = "1000-1049"', 'range = "1000-1069"'))
    assert not window.status().is_open
    assert trail(store)[-1][1].endswith("the window is closed: the new range meets what the last one did not")


@pytest.mark.req("AR-04")
async def test_phones_that_autoregistered_do_not_stand_against_the_next_window(
    admissions: Desk, window: WindowDesk
) -> None:
    assert await admissions.number(at_file(1)) == "1000"
    window.disable()
    window.enable()
    assert window.status().is_open


@pytest.mark.req("AR-04")
def test_where_there_are_search_spaces_one_has_to_be_chosen_or_none_on_purpose(
    store: SqlStore, window: WindowDesk
) -> None:
    with store.write() as work:
        work.objects.partitions.save(Partition("Inside"))
        work.objects.calling_search_spaces.save(CallingSearchSpace("Internal", ("Inside",)))
        work.commit()
    with pytest.raises(Conflict, match="no partition and calling search space"):
        window.enable()
    window.set_space("", "")
    window.enable()
    window.set_space("Inside", "")
    with pytest.raises(Conflict):
        window.enable()
    window.set_space("Inside", "Internal")
    window.enable()
    with store.read() as work:
        assert work.autoregistration.load().partition == "Inside"
        assert work.site.pool("Default").autoreg_css == "Internal"


@pytest.mark.req("AR-27")
def test_enabling_looks_for_the_firmware(
    store: SqlStore, clock: StillClock, window: WindowDesk, tmp_path: Path
) -> None:
    tree = tmp_path / "files"
    tree.mkdir()
    desk = WindowDesk(store, clock, "tester", FileTree(tree))
    number = catalogue().require("7941").number
    assert number is not None

    def name(load: str) -> None:
        with store.write() as work:
            work.site.save_device_defaults(DeviceDefaults(number, SIP, load))
            work.commit()

    def codes() -> list[str]:
        with store.read() as work:
            return [each.code for each in check_loads(work.site.device_defaults(), FileTree(tree))]

    name("SCCP41.9-4-2SR3-1S")
    assert codes() == ["protocol_mismatch"]
    with pytest.raises(Conflict, match="does not fit"):
        desk.enable()
    name("SIP41.9-4-2SR3-1S")
    assert codes() == ["load_missing"]
    with pytest.raises(Conflict, match=r"SIP41\.9-4-2SR3-1S\.loads"):
        desk.enable()
    desk.enable(force=True)
    assert "in spite of: SIP41.9-4-2SR3-1S.loads" in trail(store)[-1][1]
    (tree / "sip41.9-4-2SR3-1S.LOADS").write_bytes(b"x")
    assert codes() == []
    desk.enable()
    name("")
    assert codes() == ["load_empty"]
    desk.enable()
    with store.write() as work:
        work.site.save_device_defaults(DeviceDefaults(683, SIP, ""))  # 8841: SIP alone
        work.commit()
    assert codes() == ["load_empty"]


# --- who may in


@pytest.mark.req("AR-05")
async def test_lists_by_mac_oui_network_and_model(admissions: Desk, window: WindowDesk, store: SqlStore) -> None:
    window.set_lists(allowed=[ListEntry.parse("mac:00:11:22:00:00:01"), ListEntry.parse("oui:AABBCC")])
    assert await admissions.number(at_file(1)) == "1000"
    refusal = await admissions.refusal(at_file(2))
    assert refusal.reason is RefusalReason.NOT_IN_ALLOW_LIST
    window.set_lists(allowed=[ListEntry.parse("model:683")])
    # At its first file nobody knows the model: it is sent on to show it.
    from bridge.autoregistration import Deferral

    assert isinstance(await admissions.ask(at_file(3)), Deferral)
    assert await admissions.number(registering(3, SIP, "8841")) == "1001"
    assert (await admissions.refusal(registering(4, SIP, "8851"))).reason is RefusalReason.NOT_IN_ALLOW_LIST
    window.set_lists(allowed=[], denied=[ListEntry.parse("oui:001122"), ListEntry.parse("network:10.0.0.0/8")])
    assert "deny list" in (await admissions.refusal(at_file(5))).text
    window.set_lists(denied=[ListEntry.parse("network:10.0.0.0/8")])
    assert (await admissions.refusal(at_file(5, "::ffff:10.1.1.1"))).reason is RefusalReason.NOT_IN_ALLOW_LIST
    assert await admissions.number(at_file(5, "192.0.2.1")) == "1002"
    for wrong in ("", "mac:12", "oui:0011", "network:1.2.3.4/8", "model:x", "ip:1.2.3.4"):
        with pytest.raises(InvalidInput):
            ListEntry.parse(wrong)


@pytest.mark.req("AR-05")
async def test_a_phone_waits_for_approval_and_comes_in_on_its_own_retry(
    admissions: Desk, window: WindowDesk, store: SqlStore
) -> None:
    window.set_approval(needed=True)
    for index in (1, 2):
        refusal = await admissions.refusal(registering(index, SIP, "8841"))
        assert refusal.reason is RefusalReason.AWAITING_APPROVAL
        assert refusal.sccp_text == b"Awaiting approval"
    with store.read() as work:
        assert work.devices.count() == 0
    assert {each.device for each in window.waiting()} == {phone(1), phone(2)}
    window.judge(phone(1), approved=True)
    window.judge(phone(2), approved=False)
    assert window.waiting() == []
    window.disable()
    assert await admissions.number(registering(1, SIP, "8841")) == "1000"
    window.enable()
    assert "denied" in (await admissions.refusal(registering(2, SIP, "8841"))).text
    with pytest.raises(Conflict):
        window.judge(phone(1), approved=True)
    # Once it is gone, nobody remembers the approval.
    with store.write() as work:
        work.devices.remove(phone(1))
        work.commit()
    assert (await admissions.refusal(registering(1, SIP, "8841"))).reason is RefusalReason.AWAITING_APPROVAL


@pytest.mark.req("AR-05")
async def test_refusals_are_audited_once_and_admissions_with_what_is_known(
    admissions: Desk, window: WindowDesk, store: SqlStore, sink: Remembering, clock: StillClock
) -> None:
    window.disable()
    for _ in range(3):
        await admissions.refusal(registering(1, SIP, "8841"))
    refused = [each for each in trail(store) if each[0] == f"refused {phone(1)}"]
    assert len(refused) == 1
    assert refused[0][1].startswith("autoreg_off")
    window.enable()
    place = NetworkPlace(20, "sw-2.example", "Gi1/0/5")
    await admissions.number(replace(registering(1, SIP, "8841"), place=place))
    with store.read() as work:
        entry = work.journal.audit_trail()[-1]
    (event,) = sink.of(PhoneAdmitted)
    assert (event.client, event.model, event.number) == ("192.0.2.77", "8841", "1000")
    assert (event.at, event.vlan, event.neighbour, event.neighbour_port) == (clock.now(), 20, "sw-2.example", "Gi1/0/5")
    assert entry.detail.endswith("from 192.0.2.77, VLAN 20, switch sw-2.example, port Gi1/0/5")
    assert entry.actor == "autoregistration from 192.0.2.77"
    assert (entry.action, "model 8841" in entry.detail, "number 1000" in entry.detail) == (
        f"admitted {phone(1)}",
        True,
        True,
    )


# --- the rogue pool


@pytest.mark.req("AR-10")
async def test_strange_phones_get_numbers_of_their_own_and_stay_there_until_an_admin_moves_them(
    admissions: Desk, window: WindowDesk, store: SqlStore, clock: StillClock, ids: CountingIds
) -> None:
    window.disable()
    with pytest.raises(Conflict, match="rogue"):
        window.set_unknown(UnknownMode.ROGUE)
    with pytest.raises(Conflict, match="meets the main range"):
        window.set_unknown(UnknownMode.ROGUE, numbers=NumberRange("1009", "1020"))
    window.set_unknown(UnknownMode.ROGUE, numbers=NumberRange("8900", "8901"))
    # Whatever its firmware speaks: it shall only stop rebooting.
    assert await admissions.number(registering(1, SCCP, "7961")) == "8900"
    window.enable()
    assert await admissions.number(registering(1, SCCP, "7961")) == "8900"
    assert await admissions.number(at_file(2)) == "1000"
    PhoneChanges(store, clock, ids, "tester").move(phone(1), "Default")
    with store.read() as work:
        device = work.devices.get(phone(1))
    assert device is not None
    assert (device.pool, device.number, device.temporary) == ("Default", "8900", False)
    assert device.lines[0].line.partition == ""
    window.disable()
    assert [await admissions.number(at_file(each)) for each in (3,)] == ["8901"]
    assert (await admissions.refusal(at_file(4))).reason is RefusalReason.RANGE_EXHAUSTED
    window.set_unknown(UnknownMode.REFUSE)
    assert (await admissions.refusal(at_file(5))).reason is RefusalReason.AUTOREG_OFF
    with pytest.raises(Conflict, match="refused"):
        window.enable()


@pytest.mark.req("AR-09")
async def test_the_rogue_context_holds_help_and_the_operator_and_nothing_else(
    admissions: Desk, window: WindowDesk, store: SqlStore, files: PhoneFiles, tmp_path: Path
) -> None:
    with store.write() as work:
        work.objects.patterns.save(RoutePattern(pattern="9.911", destination="pstn", emergency=True))
        work.objects.patterns.save(RoutePattern(pattern="0.!", destination="pstn"))
        work.commit()
    window.disable()
    window.set_unknown(UnknownMode.ROGUE, numbers=NumberRange("8900", "8909"), operator_number="1001")
    await admissions.number(at_file(1))
    with store.read() as work:
        device = work.devices.get(phone(1))
    assert device is not None
    from bridge.app.files.templates import template_loader

    us = EmergencyList.of(emergency_numbers("US", "9"), "9")
    made = PhoneFiles(
        store,
        template_loader(tmp_path),
        context="sepbridge-phones",
        autoregistration_name="A",
        doorway_port=None,
        emergency=us,
    )
    endpoint = made.endpoint(device)
    assert endpoint is not None
    assert (endpoint.context, endpoint.partition) == (ROGUE_CONTEXT, "Rogue")
    assert b"<autoRegistration>enabled<" in bytes(made.default_file(window.status().opens_at or NOON).content)
    (context,) = [each for each in made.plans.contexts([made.plans.pair(device)]) if each.name == ROGUE_CONTEXT]
    assert context.includes == ()
    assert sorted(each.name for each in context.extensions) == ["0", "911", "9911"]
    window.set_unknown(inbound=True)
    with store.read() as work:
        device = work.devices.get(phone(1))
    assert device is not None
    assert device.lines[0].line.partition == ""
    window.set_unknown(inbound=False)
    with store.read() as work:
        device = work.devices.get(phone(1))
    assert device is not None
    assert device.lines[0].line.partition == "Rogue"


@pytest.mark.req("AR-09")
def test_the_emergency_list_is_never_empty() -> None:
    assert EmergencyList.of(emergency_numbers("GB", "9"), "9").plain == ("112", "999")
    assert EmergencyList().plain == ("112", "911")
    with pytest.raises(ConfigurationError, match="empty"):
        EmergencyList(())


# --- security mode


@pytest.mark.req("AR-07")
@pytest.mark.req("AR-08")
async def test_secure_mode(
    admissions: Desk, window: WindowDesk, files: PhoneFiles, clock: StillClock, store: SqlStore
) -> None:

    def default_file() -> str:
        files.read_site()
        return bytes(files.default_file(clock.now()).content).decode()

    window.set_security(policy=SecurityPolicy.ALLOW)
    assert "stays as it is" in window.set_security(secure=True)
    assert window.status().is_open
    assert "enabled" in default_file()
    assert "stays as it is" in window.set_security(secure=False)
    window.set_security(policy=SecurityPolicy.STRICT)
    assert "switched off" in window.set_security(secure=True)
    with store.read() as work:
        said = work.journal.audit_trail()[-1]
    assert (said.actor, said.action) == ("tester", "set the security mode")
    assert said.detail.startswith("secure, policy strict: autoregistration was swit")
    assert not window.status().is_open
    assert "<autoRegistration>disabled</autoRegistration>" in default_file()
    with pytest.raises(Conflict) as refused:
        window.enable(force=True)
    assert "--mode nonsecure" in refused.value.fix
    assert "--policy allow" in refused.value.fix
    assert (await admissions.refusal(at_file(1))).reason is RefusalReason.AUTOREG_OFF
    assert "explicitly" in window.set_security(secure=False)
    assert not window.status().is_open
    window.enable()
    assert await admissions.number(at_file(1)) == "1000"


# --- several servers


@pytest.mark.req("AR-19")
@pytest.mark.req("AR-18")
async def test_a_later_server_admits_only_as_a_backup(
    store: SqlStore, window: WindowDesk, sink: Remembering, clock: StillClock, ids: CountingIds
) -> None:
    with store.write() as work:
        pool = work.site.pool("Default")
        second = Server("second", "192.0.2.11", autoregistration_disabled=True)
        group = CallManagerGroup(pool.group.name, (*pool.group.servers, second), autoregistration=True)
        work.site.save_pool(replace(pool, group=group))
        work.commit()
    async with (
        admitting(store, sink, clock, ids, "pbx") as first,
        admitting(store, sink, clock, ids, "second") as later,
    ):
        assert await first.number(at_file(1)) == "1000"
        assert (await later.refusal(at_file(2))).reason is RefusalReason.PRIMARY_UNAVAILABLE
        window.set_backup(admits=True)
        assert await later.number(at_file(2)) == "1001"
        assert await first.number(at_file(3)) == "1002"


@pytest.mark.req("AR-18")
async def test_a_disabled_first_server_keeps_unknown_phones_out_whatever_later_ones_say(
    store: SqlStore, window: WindowDesk, sink: Remembering, clock: StillClock, ids: CountingIds
) -> None:
    """The flag is cleared with the duty's move: cleared alone it would leave two servers that admit (AR-30)."""
    with store.write() as work:
        pool = work.site.pool("Default")
        (first,) = pool.group.servers
        servers = (replace(first, autoregistration_disabled=True), Server("second", "192.0.2.11"))
        work.site.save_pool(replace(pool, group=replace(pool.group, servers=servers)))
        work.commit()
    site = SiteDesk(store, clock, ids, "tester")
    assert "first_member_disabled" in {each.code for each in site.check()}
    async with admitting(store, sink, clock, ids, "pbx") as one, admitting(store, sink, clock, ids, "second") as two:
        assert (await one.refusal(at_file(1))).reason is RefusalReason.AUTOREG_OFF
        assert (await two.refusal(at_file(1))).reason is RefusalReason.AUTOREG_OFF
        window.set_backup(admits=True)
        assert (await two.refusal(at_file(1))).reason is RefusalReason.AUTOREG_OFF
        window.set_backup(admits=False)
        site.move_autoregistration("pbx")
        assert "first_member_disabled" not in {each.code for each in site.check()}
        assert await one.number(at_file(1)) == "1000"


# --- mixed batches


@pytest.mark.req("AR-28")
@pytest.mark.req("AR-22")
async def test_phones_of_the_first_batch_stay_as_they_are_in_the_second(
    admissions: Desk, window: WindowDesk, store: SqlStore, files: PhoneFiles, clock: StillClock
) -> None:
    model = catalogue().require("7961")
    assert model.number is not None
    with store.write() as work:
        work.site.save_device_defaults(DeviceDefaults(model.number, SCCP, "SCCP41.9-4-2SR3-1S"))
        work.site.save_device_defaults(DeviceDefaults(model.number, SIP, "SIP41.9-4-2SR3-1S"))
        work.commit()

    def default_file() -> str:
        files.read_site()
        return bytes(files.default_file(clock.now()).content).decode()

    window.set_protocol("SCCP")
    assert "SCCP41.9-4-2SR3-1S" in default_file()
    assert await admissions.number(registering(1, SCCP, "7961")) == "1000"
    window.set_protocol("SIP")
    assert "SIP41.9-4-2SR3-1S" in default_file()
    assert "SCCP41" not in default_file()
    # A new phone that still has SCCP firmware is sent to the load; once it has it, it comes in.
    refusal = await admissions.refusal(registering(2, SCCP, "7961"))
    assert (refusal.reason, refusal.load) == (RefusalReason.WRONG_PROTOCOL, "SIP41.9-4-2SR3-1S")
    assert await admissions.number(registering(2, SIP, "7961")) == "1001"
    # The phone of the first batch starts again in the second: same number, and a file that pins its firmware.
    assert await admissions.number(at_file(1)) == "1000"
    assert await admissions.number(registering(1, SCCP, "7961")) == "1000"
    with store.read() as work:
        device = work.devices.get(phone(1))
    assert device is not None
    assert (device.desired_protocol, device.observed_protocol) == (SCCP, SCCP)
    assert b"SCCP41.9-4-2SR3-1S" in bytes(files.device_file(device).content)

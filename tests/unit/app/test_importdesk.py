"""Imports from CUCM against a real database: everything in one transaction, and nothing twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.app.leaving.importdesk import ImportDesk, ImportPlan
from bridge.app.site.sitedescription import Step
from bridge.core import (
    AbbreviatedDial,
    AddOnModule,
    BlfSpeedDial,
    ButtonKind,
    CallPickupGroup,
    Device,
    DeviceButton,
    DeviceName,
    DiscardDigits,
    LampPolicy,
    Line,
    LineAppearance,
    PatternKey,
    PickupNotification,
    ReleaseCause,
    RoutePattern,
    SignallingProtocol,
    SpeedDial,
    TemplateButton,
    TranslationPattern,
)
from bridge.errors import Conflict, InvalidInput
from bridge.migration.axlanswers import read_answers
from bridge.migration.batfiles import read_file
from bridge.migration.inventory import Inventory
from bridge.migration.notes import Weight
from bridge.migration.wishes import ForwardWish
from bridge.store import SqlStore
from tests.cucm import RECORDED, SAMPLE, bat_file
from tests.unit.app.conftest import NOON, CountingIds, StillClock

pytestmark = pytest.mark.req("RG-29")


@pytest.fixture
def desk(store: SqlStore, clock: StillClock) -> ImportDesk:
    return ImportDesk(store, clock, CountingIds(), "admin")


def bat(*phones: dict[str, str], more: tuple[str, ...] = ()) -> Inventory:
    return read_file(bat_file(*phones, more=more), "phones.csv")


def device_of(store: SqlStore, name: str) -> Device:
    with store.read() as work:
        device = work.devices.get(DeviceName(name))
    assert device is not None
    return device


def told(plan: ImportPlan, weight: Weight) -> list[str]:
    return [str(each) for each in plan.notes if each.weight is weight]


def test_the_sample_file_becomes_its_two_phones(desk: ImportDesk, store: SqlStore) -> None:
    inventory = read_file(SAMPLE.read_bytes(), SAMPLE.name)
    planned = desk.plan(inventory, {})
    with store.read() as work:
        assert work.devices.all() == []
    done = desk.apply(inventory, {}, source="the sample", expected=planned)
    assert [f"{each.step} {each.shown}" for each in done.changes] == [
        "add partition PT_Autoreg",
        "add partition PT_Internal",
        "add calling_search_space CSS_Autoreg",
        "add calling_search_space CSS_HQ_Device",
        "add calling_search_space CSS_International",
        "add call_pickup_group PG_Front",
        "add device_pool DP_HQ",
        "add phone SEP001122334455",
        "add phone SEP00AABBCCDDEE",
    ]
    old, new = device_of(store, "SEP001122334455"), device_of(store, "SEP00AABBCCDDEE")
    assert (old.model, old.desired_protocol, old.pool, old.description, old.settings.css) == (
        *("7941G", SignallingProtocol.SCCP, "Default", "Auto 1001", "CSS_Autoreg"),
    )
    assert [(each.button, each.line.number, each.line.partition) for each in old.lines] == [(1, "1001", "PT_Autoreg")]
    assert (new.model, new.desired_protocol, new.pool, new.description) == (
        *("8841", SignallingProtocol.SIP, "DP_HQ", 'Reception, "front" desk'),
    )
    assert (new.settings.css, new.settings.owner, new.temporary) == ("CSS_HQ_Device", "jdoe", False)
    (line,) = new.lines
    assert (line.line.number, line.line.partition, line.line.display_name) == ("2001", "PT_Internal", "Zoë Ångström")
    assert (line.line.settings.css, line.line.settings.pickup_group) == ("CSS_International", "PG_Front")
    assert (line.settings.external_mask, line.settings.max_calls, line.settings.busy_trigger) == ("555123XXXX", 4, 2)
    assert old.secret
    assert old.secret != new.secret
    again = desk.apply(inventory, {}, source="the sample")
    assert again.changes == ()
    with store.read() as work:
        assert [each.action for each in work.journal.audit_trail()].count("imported from the sample") == 1
        spaces = {each.name: each.partitions for each in work.objects.calling_search_spaces.all()}
    assert spaces["CSS_HQ_Device"] == ("PT_Autoreg", "PT_Internal")
    assert any("CSS_HQ_Device" in each and "site css set" in each for each in told(done, Weight.TODO))


def test_recorded_answers_become_pools_patterns_and_phones(desk: ImportDesk, store: SqlStore) -> None:
    inventory = read_answers(list(RECORDED.items()))
    done = desk.apply(inventory, {"RL PSTN": "sip-provider"}, source="AXL")
    assert done.broken == ()
    with store.read() as work:
        objects = work.objects
        pool = next(each for each in objects.pools.all() if each.name == "HQ")
        patterns = {each.key: each for each in objects.patterns.all()}
        spaces = {each.name: each for each in objects.calling_search_spaces.all()}
        partitions = {each.name: each.description for each in objects.partitions.all()}
        groups = objects.pickup_groups.all()
        template = objects.button_templates.get("Office 8841")
    assert (pool.region.name, pool.region.codecs) == ("R_HQ", ("g722", "ulaw", "alaw"))
    assert (pool.date_time_group.time_zone, pool.date_time_group.date_template) == ("Europe/Berlin", "D.M.Y")
    assert (pool.autoreg_css, pool.network_locale, pool.group.autoregistration) == ("CSS_Boss", "Germany", True)
    assert partitions["PT_Inside"] == "Phones"
    assert spaces["CSS_Staff"].partitions == ("PT_Inside", "PT_Outside")
    assert spaces["CSS_Boss"].partitions == ("PT_Inside",)
    out, blocked = patterns[PatternKey("9.!", "PT_Outside")], patterns[PatternKey("9.0900!", "PT_Outside")]
    assert isinstance(out, RoutePattern)
    assert (out.destination, out.discard_digits, out.use_external_mask) == ("sip-provider", DiscardDigits.PRE_DOT, True)
    assert (blocked.block, blocked.release_cause) == (True, ReleaseCause.CALL_REJECTED)
    translation = patterns[PatternKey("0", "PT_Inside")]
    assert isinstance(translation, TranslationPattern)
    assert (translation.called_mask, translation.css) == ("2001", "CSS_Staff")
    assert groups == [
        CallPickupGroup("PG_Front", notification=PickupNotification.VISUAL, notification_wait=8),
    ]
    assert template is not None
    assert template.buttons[3] == TemplateButton(ButtonKind.PRIVACY, "Private")

    front, ben = device_of(store, "SEP00AABBCCDDEE"), device_of(store, "SEP001122334455")
    # The template has its second line on button 3, the lamp on 2 and the speed dial on 5.
    assert [(each.button, each.line.number, each.label) for each in front.lines] == [
        (1, "2001", "Front"),
        (3, "2002", ""),
    ]
    assert front.buttons == (
        DeviceButton(2, BlfSpeedDial("2002", "Ben", pickup=True)),
        DeviceButton(5, SpeedDial("90301112233", "Taxi")),
    )
    line, here = front.lines[0].line, front.lines[0].settings
    assert (line.settings.css, line.settings.forward_css, line.settings.pickup_group) == (
        *("CSS_Boss", "CSS_Staff", "PG_Front"),
    )
    assert (line.settings.no_answer_seconds, line.settings.hold_reversion_seconds) == (18, 60)
    assert (here.external_mask, here.max_calls, here.busy_trigger, here.lamp, here.log_missed_calls) == (
        *("+4930123XXXX", 6, 3, LampPolicy.PROMPT, False),
    )
    assert (front.settings.button_template, front.settings.user_locale) == ("Office 8841", "English_United_States")
    assert (ben.settings.add_ons, ben.number) == ((AddOnModule.CISCO_7915_12,), "2002")
    assert ben.lines[0].line == front.lines[1].line
    assert set(done.forwards) == {ForwardWish("2001", "busy", "2002"), ForwardWish("2002", "all", "90301234567")}
    assert desk.apply(inventory, {"RL PSTN": "sip-provider"}, source="AXL").changes == ()


def test_what_is_lost_is_told_and_secrets_never(desk: ImportDesk) -> None:
    plan = desk.plan(read_answers(list(RECORDED.items())), {})
    lost = told(plan, Weight.LOST)
    for subject in ("location", "device security profile", "xml", "sshPwd", "pin", "CSFZOE", "region R_HQ"):
        assert any(f": {subject}: " in each for each in lost), (subject, lost)
    everything = "\n".join(str(each) for each in plan.notes) + str(plan.changes)
    assert "hunter2" not in everything
    assert "13579" not in everything
    assert any("RL-PSTN" in each for each in told(plan, Weight.TODO))


def test_a_broken_record_stops_everything_or_is_left_out(desk: ImportDesk, store: SqlStore) -> None:
    inventory = bat(
        {"Device Name": "SEP001122000001", "Directory Number 1": "2001"},
        {"Device Name": "SEP001122000002", "Directory Number 1": "20a2"},
        {"Device Name": "SEP001122000003"},
        {"Device Name": "SEP00112200000?", "Directory Number 1": "2004"},
        {"Device Name": "SEP001122000005", "Directory Number 1": "2005"},
        {"Device Name": "SEP001122000001", "Directory Number 1": "2009"},
    )
    with pytest.raises(InvalidInput, match="4 of the objects") as raised:
        desk.apply(inventory, {}, source="x")
    for line in (3, 4, 5, 7):
        assert f"phones.csv, line {line}: " in raised.value.why
    assert "twice, first in phones.csv, line 2" in raised.value.why
    with store.read() as work:
        assert work.devices.all() == []
        assert all(each.name != "HQ" for each in work.objects.pools.all())
    done = desk.apply(inventory, {}, source="x", skip_broken=True)
    assert len(done.broken) == 4
    with store.read() as work:
        assert [each.number for each in work.devices.all()] == ["2001", "2005"]


def test_what_an_admin_set_here_and_cucm_does_not_know_stays(desk: ImportDesk, store: SqlStore) -> None:
    inventory = bat({"Device Name": "SEP001122000001", "Directory Number 1": "2001"})
    desk.apply(inventory, {}, source="x")
    before = device_of(store, "SEP001122000001")
    line = replace(before.lines[0].line, settings=replace(before.lines[0].line.settings, hotline="2002"))
    changed = replace(
        before,
        lines=(replace(before.lines[0], line=line),),
        settings=replace(before.settings, idle_text="Hello"),
        abbreviated_dials=(AbbreviatedDial(1, "2002"),),
    )
    with store.write() as work:
        work.devices.update(changed)
        work.commit()
    assert desk.apply(inventory, {}, source="x").changes == ()
    assert device_of(store, "SEP001122000001") == changed


def test_a_phone_that_told_its_model_knows_it_better(desk: ImportDesk, store: SqlStore) -> None:
    inventory = bat({"Device Name": "SEP001122000001", "Directory Number 1": "2001"})
    desk.apply(inventory, {}, source="x")
    with store.write() as work:
        device = work.devices.get(DeviceName("SEP001122000001"))
        assert device is not None
        work.devices.update(
            replace(device, model="7961G-GE", model_number=308, observed_protocol=SignallingProtocol.SCCP)
        )
        work.commit()
    assert desk.apply(inventory, {}, source="x").changes == ()
    assert device_of(store, "SEP001122000001").model == "7961G-GE"


def test_changed_and_new_only(desk: ImportDesk, store: SqlStore) -> None:
    desk.apply(bat({"Device Name": "SEP001122000001", "Directory Number 1": "2001"}), {}, source="x")
    stamp, secret = device_of(store, "SEP001122000001").version_stamp, device_of(store, "SEP001122000001").secret
    moved = bat(
        {"Device Name": "SEP001122000001", "Directory Number 1": "2011"},
        {"Device Name": "SEP001122000002", "Directory Number 1": "2002"},
    )
    assert [each.key.value for each in desk.plan(moved, {}, new_only=True).changes] == ["SEP001122000002"]
    done = desk.apply(moved, {}, source="x")
    assert [each.step for each in done.changes] == [Step.CHANGE, Step.ADD]
    device = device_of(store, "SEP001122000001")
    assert (device.number, device.secret) == ("2011", secret)
    assert device.version_stamp != stamp


def test_a_temporary_phone_is_assigned_and_a_number_of_another_phone_is_refused(
    desk: ImportDesk, store: SqlStore
) -> None:
    with store.write() as work:
        for name, number in (("SEP001122000001", "1000"), ("SEP00112200000F", "2002")):
            work.devices.add(
                Device(
                    name=DeviceName(name),
                    desired_protocol=SignallingProtocol.SIP,
                    created_at=NOON,
                    version_stamp="s",
                    lines=(LineAppearance(1, Line(number)),),
                    temporary=True,
                )
            )
        work.commit()
    inventory = bat(
        {"Device Name": "SEP001122000001", "Directory Number 1": "2001", "Route Partition 1": ""},
        {"Device Name": "SEP001122000002", "Directory Number 1": "2002", "Route Partition 1": ""},
    )
    done = desk.apply(inventory, {}, source="x", skip_broken=True)
    assert ["SEP00112200000F" in each for each in told(done, Weight.BROKEN)] == [True]
    device = device_of(store, "SEP001122000001")
    assert (device.number, device.temporary, device.desired_protocol) == ("2001", False, SignallingProtocol.SCCP)


def test_one_number_in_two_partitions(desk: ImportDesk, store: SqlStore) -> None:
    def row(at: int, *lines: tuple[str, str]) -> dict[str, str]:
        cells = {"Device Name": f"SEP00112200000{at}"}
        for index, (number, partition) in enumerate(lines, 1):
            cells |= {f"Directory Number {index}": number, f"Route Partition {index}": partition}
        return cells

    more = ("Directory Number 2", "Route Partition 2")
    desk.apply(bat(row(9, ("2009", "PT_A")), more=more), {}, source="x")
    rows = [
        row(1, ("2001", "PT_A")),
        row(2, ("2001", "PT_B")),
        row(3, ("2003", "PT_A"), ("2001", "PT_A")),  # shared with the first one
        row(4, ("2004", "PT_A"), ("2001", "PT_B")),
        row(5, ("2005", "PT_A"), ("2005", "PT_B")),
        row(6, ("2009", "PT_B")),
    ]
    plan = desk.plan(bat(*rows, more=more), {})
    assert [each.subject[-1] for each in plan.broken] == ["2", "4", "5", "6"]
    assert [each.name.value[-1] for each in plan.phones] == ["1", "3"]


def test_speed_dials_beyond_the_buttons_are_abbreviated(desk: ImportDesk, store: SqlStore) -> None:
    dials = {f"Speed Dial Number {at}": f"9{at:03}" for at in range(1, 9)}
    lamps = {"Busy Lamp Field Destination 1": "2002", "BLF Label 1": "Ben"}
    row = {"Device Name": "SEP001122000001", "Directory Number 1": "2001", **dials, **lamps}
    done = desk.apply(bat(row, more=(*dials, *lamps)), {}, source="x")
    device = device_of(store, "SEP001122000001")
    # A 7961 has six buttons, one of which is the line.
    assert [each.button for each in device.buttons] == [2, 3, 4, 5, 6]
    assert [(each.index, each.number) for each in device.abbreviated_dials] == [(6, "9006"), (7, "9007"), (8, "9008")]
    assert any("busy lamp field" in each for each in told(done, Weight.LOST))


def test_numbers_are_normalised(desk: ImportDesk, store: SqlStore) -> None:
    row = {
        "Device Name": "sep001122aabbcc",
        "Directory Number 1": r"\+49 30-2001",
        "External Phone Number Mask 1": "555.XXXX",
    }
    done = desk.apply(bat(row), {}, source="x")
    device = device_of(store, "SEP001122AABBCC")
    assert (device.number, device.lines[0].settings.external_mask) == ("49302001", "555XXXX")
    assert any("no plus" in each for each in told(done, Weight.CHANGED))


def test_the_plan_that_was_shown_is_the_one_that_is_done(desk: ImportDesk, store: SqlStore) -> None:
    inventory = bat({"Device Name": "SEP001122000001", "Directory Number 1": "2001"})
    planned = desk.plan(inventory, {})
    desk.apply(inventory, {}, source="x")
    with pytest.raises(Conflict):
        desk.apply(inventory, {}, source="x", expected=planned)

"""What every database must do, as test classes that each database's own test module inherits and runs.

A heir offers the fixture ``url``: the URL of a fresh, upgraded database.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_network
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bridge.autoregistration import (
    Admission,
    AutoregistrationSettings,
    FileArrival,
    ListEntry,
    RogueSettings,
    SecurityPolicy,
    UnknownMode,
    Window,
    decide,
    disable,
    enable,
    met_again,
    new_device,
    reset_pointer,
    set_protocol,
    set_range,
)
from bridge.core import (
    AbbreviatedDial,
    Account,
    AddOnModule,
    ApiToken,
    AppearanceSettings,
    AutoAnswer,
    BargeOption,
    BlfSpeedDial,
    ButtonKind,
    CallingSearchSpace,
    CallKind,
    CallManagerGroup,
    CallPickupGroup,
    CallQuality,
    CallRecord,
    Claim,
    ClaimTries,
    CommonPhoneProfile,
    DateTimeGroup,
    Device,
    DeviceButton,
    DeviceDefaults,
    DeviceName,
    DevicePool,
    DeviceSettings,
    DirectoryContact,
    DiscardDigits,
    DndAlert,
    DndOption,
    DtmfMode,
    EarlyOpen,
    FeatureButton,
    FileElement,
    KeptCallBack,
    LampPolicy,
    Line,
    LineAppearance,
    LineSettings,
    LoginSession,
    LoginTries,
    NumberRange,
    OnboardingCode,
    OnboardingMethod,
    Partition,
    PastCall,
    PatternKey,
    PhoneButtonTemplate,
    PickupNotification,
    RecordingOption,
    Region,
    ReleaseCause,
    RingSetting,
    Role,
    Rollout,
    RolloutPhone,
    RolloutStage,
    RolloutState,
    RoutePattern,
    Server,
    ServiceUrl,
    SignallingProtocol,
    Softkey,
    SoftkeyState,
    SoftkeyTemplate,
    SpeedDial,
    StateKeys,
    Switch,
    TemplateButton,
    TranslationPattern,
    UniversalDeviceTemplate,
    UniversalLineTemplate,
    Via,
)
from bridge.core.events import FileDelivered, FileRequested, PhoneAdmitted
from bridge.errors import ConfigurationError, Conflict, NotFound, StoreReadOnly
from bridge.ports import AuditEntry, UnitOfWork
from bridge.store import HEAD, SqlStore, current, open_store, upgrade
from bridge.store.engines import DatabaseAddress, make_upgrade_engine
from bridge.store.schema import metadata

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SIP, SCCP = SignallingProtocol.SIP, SignallingProtocol.SCCP


def name(number: int) -> DeviceName:
    return DeviceName(f"SEP{number:012X}")


def phone(number: int, *lines: str, partition: str = "") -> Device:
    return Device(
        name=name(number),
        desired_protocol=SIP,
        created_at=NOW,
        version_stamp=f"stamp-{number}",
        secret="hush-hush",
        lines=tuple(LineAppearance(button, Line(line, partition)) for button, line in enumerate(lines, 1)),
    )


def open_range(store: SqlStore, text: str) -> None:
    with store.write() as work:
        settings = set_range(work.autoregistration.load(for_update=True), NumberRange.parse(text), now=NOW)
        work.autoregistration.save(set_protocol(settings, "SIP"))
        work.commit()


def admit(store: SqlStore, *numbers: int) -> list[str]:
    """Admit unknown phones as the service does, all in one transaction; their directory numbers."""
    given = []
    with store.write() as work:
        settings = work.autoregistration.load(for_update=True)
        in_use = set(work.devices.numbers_in_use(settings.partition))
        for number in numbers:
            arrival = FileArrival(name(number), "10.0.0.5")
            admission = decide(arrival, settings, now=NOW, in_use=in_use)
            assert isinstance(admission, Admission)
            work.devices.add(new_device(arrival, admission, secret="s", version_stamp="v", now=NOW))
            settings = admission.settings
            in_use.add(admission.number)
            given.append(admission.number)
        work.autoregistration.save(settings)
        work.commit()
    return given


SERVERS = (Server("pbx1", "192.0.2.1"), Server("pbx2", "192.0.2.2", autoregistration_disabled=True))
OBJECTS: dict[str, tuple[Any, ...]] = {
    "servers": SERVERS,
    "groups": (CallManagerGroup("Branch", SERVERS),),
    "regions": (Region("Branch", ("alaw",)),),
    "date_time_groups": (DateTimeGroup("Branch", "Europe/Berlin", "D.M.Y", ("192.0.2.9",)),),
    "partitions": (Partition("Inside", "ours"), Partition("Outside")),
    "calling_search_spaces": (
        CallingSearchSpace("All", ("Outside", "Inside"), "everything"),
        CallingSearchSpace("None", ()),
    ),
    "patterns": (
        RoutePattern(
            pattern="9.!",
            partition="Outside",
            description="out",
            urgent=True,
            discard_digits=DiscardDigits.PRE_DOT,
            prefix_digits="00",
            called_mask="XXX",
            use_external_mask=True,
            calling_mask="55XX",
            calling_prefix="0",
            outside_dial_tone=False,
            numbering_plan="DE",
            destination="pstn",
            emergency=True,
        ),
        RoutePattern(pattern="9.0!", partition="Outside", block=True, release_cause=ReleaseCause.CALL_REJECTED),
        TranslationPattern(
            pattern="XXX", partition="Inside", css="All", use_originator_css=True, wait_after_translation=False
        ),
    ),
    "softkey_templates": (
        SoftkeyTemplate(
            "Short",
            (
                StateKeys(SoftkeyState.ON_HOOK, (Softkey.NEW_CALL, Softkey.BLANK, Softkey.DND)),
                StateKeys(SoftkeyState.RING_IN, (Softkey.ANSWER,)),
            ),
            "few keys",
        ),
    ),
    "button_templates": (
        PhoneButtonTemplate(
            "Desk",
            (TemplateButton(ButtonKind.LINE), TemplateButton(ButtonKind.DIRECTED_PARK, "Slot", "71")),
            "7961",
            SCCP,
            "for desks",
        ),
    ),
    "phone_profiles": (
        CommonPhoneProfile("Quiet", "shh", DndOption.REJECT, DndAlert.FLASH, Switch.OFF, "bg.png", True),
    ),
    "pickup_groups": (CallPickupGroup("Sales", "them", ("Support",), PickupNotification.BOTH, 3, False, True),),
    "pools": (
        DevicePool(
            "Branch",
            CallManagerGroup("Branch", SERVERS),
            Region("Branch", ("alaw",)),
            DateTimeGroup("Branch", "Europe/Berlin", "D.M.Y", ("192.0.2.9",)),
            "None",
            "All",
            "Short",
            "de_DE",
            "Germany",
            "pstn",
        ),
    ),
    "line_templates": (
        UniversalLineTemplate(
            "Lines", "d", "Outside", "All", "55XXXX", "sales", "{owner}", "{number}", 20, 3, 1, AutoAnswer.HEADSET
        ),
    ),
    "device_templates": (
        UniversalDeviceTemplate("Universal", "d", "Branch", "All", "Desk", "Short", "Quiet", "Lines", "de_DE", "Auto"),
    ),
    "device_defaults": (
        DeviceDefaults(115, SCCP, "SCCP41", "Branch", "Desk", "Short", OnboardingMethod.MANUAL, 17, "Universal"),
        DeviceDefaults(115, SIP, "SIP41"),
    ),
}
"""One of everything, in an order in which nothing is named before it exists."""


def save_objects(work: UnitOfWork) -> None:
    for kind, records in OBJECTS.items():
        for each in records:
            getattr(work.objects, kind).save(each)


def furnished(device: Device) -> Device:
    """The device with everything set that can be set."""
    first, second = device.lines
    line = replace(
        first.line,
        display_name="Ada",
        settings=LineSettings(
            "All", "None", "sales", "1001@default", "*97", 20, AutoAnswer.SPEAKER, 60, "0", 2, 3, True, "jazz"
        ),
    )
    appearance = AppearanceSettings(
        "0301234XXXX",
        6,
        3,
        RingSetting.FLASH,
        RingSetting.DISABLED,
        LampPolicy.PROMPT,
        Switch.ON,
        RecordingOption.ON_DEMAND,
        False,
    )
    return replace(
        device,
        lines=(replace(first, line=line, settings=appearance), second),
        settings=DeviceSettings(
            "Ada Lovelace",
            "All",
            "Desk",
            "Short",
            "Quiet",
            (AddOnModule.CISCO_7914, AddOnModule.CISCO_7915_24),
            "de_DE",
            DndOption.OFF,
            DndAlert.BEEP,
            Switch.ON,
            BargeOption.CONFERENCE,
            "Hello",
            "http://192.0.2.1/idle",
            11,
            EarlyOpen.ALWAYS,
            True,
            DtmfMode.INFO,
            "classic",
        ),
        buttons=(
            DeviceButton(3, SpeedDial("1009", "Bob")),
            DeviceButton(4, BlfSpeedDial("1010", "Eve", False)),
            DeviceButton(5, BlfSpeedDial("1011")),
            DeviceButton(6, ServiceUrl("http://192.0.2.1/menu?a=b", "Menu")),
            DeviceButton(7, FeatureButton(ButtonKind.DND)),
            DeviceButton(8, FeatureButton(ButtonKind.DIRECTED_PARK, "Slot", "71")),
        ),
        abbreviated_dials=(AbbreviatedDial(1, "1009", "Bob"), AbbreviatedDial(7, "0301234")),
    )


def add_twice(work: UnitOfWork, device: Device) -> None:
    work.devices.add(device)
    work.devices.add(device)


def remove(store: SqlStore, *numbers: int) -> None:
    with store.write() as work:
        for number in numbers:
            work.devices.remove(name(number))
        work.commit()


class StoreContract:
    """Fixtures for the classes below."""

    @pytest.fixture
    def store(self, url: str) -> Iterator[SqlStore]:
        store = open_store(url)
        yield store
        store.close()


class SchemaContract(StoreContract):
    def test_tables_and_migrations_agree(self, url: str) -> None:
        engine = make_upgrade_engine(DatabaseAddress.parse(url), timeout=5)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
        engine.dispose()

    def test_upgrading_twice_is_harmless(self, url: str, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
            work.commit()
        assert upgrade(url) == HEAD
        assert current(url) == HEAD
        with store.read() as work:
            assert work.devices.count() == 1

    def test_an_old_and_a_newer_schema_are_refused(self, url: str) -> None:
        engine = make_upgrade_engine(DatabaseAddress.parse(url), timeout=5)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(ConfigurationError, match="newer version"):
            open_store(url)
        with pytest.raises(ConfigurationError, match="newer version"):
            upgrade(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE alembic_version")
        engine.dispose()
        with pytest.raises(ConfigurationError, match="sepbridge db upgrade"):
            open_store(url)


class DeviceContract(StoreContract):
    def test_every_field_comes_back(self, store: SqlStore) -> None:
        elsewhere = timezone(timedelta(hours=5, minutes=30))
        device = Device(
            name=DeviceName("ATA00112233AABB"),
            desired_protocol=SCCP,
            created_at=NOW.astimezone(elsewhere),
            version_stamp="{0b5d}",
            secret="ü'\";--%s" + "x" * 20,
            lines=(
                LineAppearance(1, Line("0012", "", "Jürgen 😀"), "Label"),
                LineAppearance(3, Line("0013"), ""),
            ),
            model_number=115,
            model="Cisco 7941",
            observed_protocol=SIP,
            description="Auto 0012",
            load="SCCP41.9-4-2SR3-1S",
            address="fe80::1",
            registered=True,
            last_seen=NOW + SECOND,
            temporary=True,
        )
        with store.write() as work:
            work.devices.add(device)
            work.devices.add(phone(1))
            work.commit()
        with store.read() as work:
            assert work.devices.get(device.name) == device
            assert work.devices.all() == [device, phone(1)]
            assert work.devices.get_many([device.name, name(1), name(2)]) == {device.name: device, name(1): phone(1)}
            assert work.devices.by_endpoint("0012") == device
            assert work.devices.by_endpoint("0013") is None
            assert work.devices.get(name(2)) is None
            assert work.devices.numbers_in_use("") == {"0012", "0013"}

    def test_names_are_exact(self, store: SqlStore) -> None:
        upper, lower = (replace(phone(1), name=DeviceName(each)) for each in ("CSFJOHN", "CSFjohn"))
        with store.write() as work:
            work.devices.add(upper)
            work.devices.add(lower)
            assert work.devices.all() == [upper, lower]

    def test_nothing_stays_without_commit(self, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
        with pytest.raises(Conflict), store.write() as work:
            add_twice(work, phone(2, "1002"))
        with store.read() as work:
            assert work.devices.count() == 0
            assert work.devices.numbers_in_use("") == frozenset()

    def test_conflicts_name_what_is_taken_and_the_unit_goes_on(self, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001", "1002"))
            with pytest.raises(Conflict, match="SEP000000000001 already"):
                work.devices.add(phone(1, "1009"))
            with pytest.raises(Conflict, match="number 1002 belongs to SEP000000000001"):
                work.devices.add(phone(2, "1003", "1002"))
            with pytest.raises(NotFound, match="pool 'Nowhere'"):
                work.devices.add(replace(phone(3, "1003"), pool="Nowhere"))
            with pytest.raises(NotFound, match="partition 'Nowhere'"):
                work.devices.add(phone(3, "1003", partition="Nowhere"))
            twice = tuple(LineAppearance(1, Line(each)) for each in ("1003", "1004"))
            with pytest.raises(Conflict, match="two lines on one button"):
                work.devices.add(replace(phone(3), lines=twice))
            work.devices.add(phone(2, "1003"))
            work.commit()
        with store.read() as work:
            assert work.devices.all() == [phone(1, "1001", "1002"), phone(2, "1003")]
            assert work.devices.numbers_in_use("") == {"1001", "1002", "1003"}

    def test_one_number_in_two_partitions(self, store: SqlStore) -> None:
        with store.write() as work:
            work.site.save_partition("Phones", "internal")
            work.devices.add(phone(1, "1001"))
            work.devices.add(phone(2, "1001", partition="Phones"))
            with pytest.raises(Conflict, match="1001 in partition Phones belongs to SEP000000000002"):
                work.devices.add(phone(3, "1001", partition="Phones"))
            work.commit()
        with store.read() as work:
            assert work.site.partitions() == ["", "Phones"]
            assert work.devices.numbers_in_use("Phones") == {"1001"}
            assert work.devices.numbers_in_use() == {"1001"}

    def test_update_replaces_lines(self, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001", "1002"))
            work.devices.add(phone(2, "1005"))
            labelled = replace(
                phone(1), lines=(LineAppearance(1, Line("1002", "", "Desk"), "D"), LineAppearance(2, Line("1003")))
            )
            work.devices.update(labelled)
            assert work.devices.get(name(1)) == labelled
            assert work.devices.numbers_in_use("") == {"1002", "1003", "1005"}
            with pytest.raises(Conflict, match="1005 belongs to SEP000000000002"):
                work.devices.update(phone(1, "1005"))
            assert work.devices.get(name(1)) == labelled
            with pytest.raises(NotFound, match="SEP000000000003"):
                work.devices.update(phone(3))

    @pytest.mark.req("AR-13")
    def test_remove_frees_the_numbers(self, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001", "1002"))
            work.devices.remove(name(1))
            assert work.devices.numbers_in_use("") == frozenset()
            work.devices.add(phone(2, "1001"))
            with pytest.raises(NotFound, match="SEP000000000001"):
                work.devices.remove(name(1))

    @pytest.mark.req("AR-14")
    def test_the_number_stays_with_the_device(self, store: SqlStore) -> None:
        open_range(store, "1000-1009")
        assert admit(store, 1, 2) == ["1000", "1001"]
        with store.write() as work:
            device = work.devices.get(name(1))
            assert device is not None
            work.devices.update(met_again(device, now=NOW + SECOND, client="10.9.9.9", protocol=SCCP))
            work.commit()
        with store.read() as work:
            device = work.devices.get(name(1))
            assert device is not None
            assert (device.number, device.address, device.observed_protocol) == ("1000", "10.9.9.9", SCCP)

    @pytest.mark.parametrize("asked", ["by name", "with others", "by its endpoint"])
    def test_two_changes_of_a_device_at_once_do_not_undo_each_other(self, store: SqlStore, asked: str) -> None:
        """A device is written as a whole: whoever is to change it keeps others from it since it was read."""
        with store.write() as work:
            work.devices.add(phone(1, "1000"))
            work.commit()

        def read(work: UnitOfWork) -> Device:
            match asked:
                case "by name":
                    device = work.devices.get(name(1))
                case "with others":
                    device = work.devices.get_many([name(1), name(2)])[name(1)]
                case _:
                    device = work.devices.by_endpoint("1000") or work.devices.by_endpoint("2000")
            assert device is not None
            return device

        def registers() -> None:
            with store.write() as work:
                work.devices.update(replace(read(work), registered=True))
                work.commit()

        with ThreadPoolExecutor(1) as pool:
            with store.write() as work:  # a user claims it, and it becomes 2000
                device = read(work)
                meanwhile = pool.submit(registers)
                with pytest.raises(TimeoutError):
                    meanwhile.result(timeout=0.3)
                work.devices.update(replace(device, lines=phone(1, "2000").lines, temporary=False))
                work.commit()
            meanwhile.result(timeout=10)
        with store.read() as work:
            found = work.devices.get(name(1))
        assert found is not None
        assert (found.number, found.registered) == ("2000", True)

    def test_reading_units_cannot_write(self, store: SqlStore) -> None:
        with store.read() as work, pytest.raises(StoreReadOnly):
            work.devices.add(phone(1, "1001"))

    def test_a_reader_sees_one_moment(self, store: SqlStore) -> None:
        with store.read() as reader:
            assert reader.devices.count() == 0
            admitted = phone(1, "1001")
            with store.write() as work:
                work.devices.add(admitted)
                work.commit()
            assert reader.devices.all() == []
        with store.read() as reader:
            assert reader.devices.all() == [admitted]


class SettingsContract(StoreContract):
    def test_every_setting_of_a_device_comes_back(self, store: SqlStore) -> None:
        with store.write() as work:
            save_objects(work)
            device = furnished(phone(1, "1001", "1002"))
            work.devices.add(device)
            work.devices.add(phone(2, "1003"))
            work.commit()
        with store.read() as work:
            assert work.devices.get(name(1)) == device
            assert work.devices.all() == [device, phone(2, "1003")]
            assert work.devices.get_many([name(1)]) == {name(1): device}

    def test_settings_are_changed_and_go_back_to_their_defaults(self, store: SqlStore) -> None:
        with store.write() as work:
            save_objects(work)
            work.devices.add(phone(1, "1001", "1002"))
            device = furnished(phone(1, "1001", "1002"))
            work.devices.update(device)
            assert work.devices.get(name(1)) == device
            fewer = replace(device, buttons=device.buttons[:1], abbreviated_dials=())
            work.devices.update(fewer)
            assert work.devices.get(name(1)) == fewer
            work.devices.update(phone(1, "1001", "1002"))
            assert work.devices.get(name(1)) == phone(1, "1001", "1002")

    def test_settings_go_with_the_device(self, store: SqlStore) -> None:
        with store.write() as work:
            save_objects(work)
            work.devices.add(furnished(phone(1, "1001", "1002")))
            work.devices.remove(name(1))
            work.devices.add(phone(1, "1001", "1002"))
            assert work.devices.get(name(1)) == phone(1, "1001", "1002")

    @pytest.mark.parametrize("what", ["css", "button_template", "softkey_template", "phone_profile"])
    def test_a_device_cannot_name_what_does_not_exist(self, store: SqlStore, what: str) -> None:
        device = phone(1, "1001")
        settings = {what: "Nowhere"}
        with store.write() as work:
            with pytest.raises(NotFound, match="'Nowhere'"):
                work.devices.add(replace(device, settings=DeviceSettings(**settings)))
            work.devices.add(device)
            with pytest.raises(NotFound, match="'Nowhere'"):
                work.devices.update(replace(device, settings=DeviceSettings(**settings)))
            assert work.devices.all() == [device]

    def test_a_line_on_two_devices(self, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
            shared = replace(phone(2, "1001"), lines=(LineAppearance(1, Line("1001", "", "Both"), "mine"),))
            with pytest.raises(Conflict, match="1001 belongs to SEP000000000001"):
                work.devices.add(shared)
            work.devices.add(shared, sharing=True)
            work.commit()
        with store.write() as work:
            first, second = work.devices.all()
            assert second == shared
            assert first.lines == (LineAppearance(1, Line("1001", "", "Both")),)
            assert work.devices.sharing(Line("1001")) == [name(1), name(2)]
            quiet = replace(first.lines[0].line, settings=LineSettings(no_answer_seconds=30))
            work.devices.update(replace(first, lines=(replace(first.lines[0], line=quiet),)))
            second = work.devices.all()[1]
            assert second.lines[0].line.settings.no_answer_seconds == 30
            work.devices.remove(name(1))
            assert work.devices.all() == [second]
            assert work.devices.numbers_in_use("") == {"1001"}


class ObjectsContract(StoreContract):
    def test_every_object_comes_back_in_order(self, store: SqlStore) -> None:
        with store.write() as work:
            save_objects(work)
            work.commit()
        with store.read() as work:
            for kind, wanted in OBJECTS.items():
                records = getattr(work.objects, kind)
                assert [each for each in records.all() if each in wanted] == list(wanted), kind
                for each in wanted:
                    assert each in records.all()
            assert work.objects.patterns.get(PatternKey("9.!", "Outside")) == OBJECTS["patterns"][0]
            assert work.objects.softkey_templates.get("Short") == OBJECTS["softkey_templates"][0]
            assert work.objects.calling_search_spaces.get("nobody") is None
            assert work.objects.pools.get("Branch") == OBJECTS["pools"][0]

    def test_objects_are_replaced_with_their_parts(self, store: SqlStore) -> None:
        with store.write() as work:
            save_objects(work)
            turned = CallingSearchSpace("All", ("Outside",), "turned")
            work.objects.calling_search_spaces.save(turned)
            assert work.objects.calling_search_spaces.get("All") == turned
            work.objects.button_templates.save(PhoneButtonTemplate("Desk"))
            assert work.objects.button_templates.get("Desk") == PhoneButtonTemplate("Desk")

    @pytest.mark.parametrize(
        ("kind", "key", "user"),
        [
            ("partitions", "Outside", "calling search space|pattern|universal line template"),
            ("calling_search_spaces", "All", "device pool|pattern|template"),
            ("pools", "Default", "autoregistration|template"),
            ("servers", "pbx1", "CallManager group Branch"),
            ("groups", "Branch", "device pool Branch"),
            ("softkey_templates", "Short", "device"),
        ],
    )
    def test_what_is_named_elsewhere_stays(self, store: SqlStore, kind: str, key: str, user: str) -> None:
        with store.write() as work:
            save_objects(work)
            records = getattr(work.objects, kind)
            with pytest.raises(Conflict, match=user):
                records.remove(key)
            assert records.get(key) is not None
            with pytest.raises(NotFound):
                records.remove("Nobody")

    def test_what_nobody_names_goes_with_its_parts(self, store: SqlStore) -> None:
        with store.write() as work:
            save_objects(work)
            work.objects.patterns.remove(PatternKey("9.!", "Outside"))
            work.objects.device_defaults.remove((115, SCCP))
            work.objects.device_templates.remove("Universal")
            work.objects.pools.remove("Branch")
            work.objects.device_defaults.save(DeviceDefaults(115, SCCP))
            assert work.objects.device_defaults.get((115, SCCP)) == DeviceDefaults(115, SCCP)
            work.commit()

    @pytest.mark.parametrize(
        "record",
        [
            CallingSearchSpace("New", ("Nowhere",)),
            RoutePattern(pattern="8.!", partition="Nowhere", destination="pstn"),
            TranslationPattern(pattern="8XX", css="Nowhere"),
            UniversalDeviceTemplate("New", line_template="Nowhere"),
            UniversalLineTemplate("New", partition="Nowhere"),
        ],
    )
    def test_an_object_cannot_name_what_does_not_exist(self, store: SqlStore, record: object) -> None:
        kinds = {
            CallingSearchSpace: "calling_search_spaces",
            UniversalDeviceTemplate: "device_templates",
            UniversalLineTemplate: "line_templates",
        }
        with store.write() as work:
            records = getattr(work.objects, kinds.get(type(record), "patterns"))
            with pytest.raises(NotFound, match="'Nowhere'"):
                records.save(record)
            assert record not in records.all()

    def test_one_pattern_in_a_partition_whatever_its_kind(self, store: SqlStore) -> None:
        with store.write() as work:
            work.objects.patterns.save(RoutePattern(pattern="8XX", destination="pstn"))
            work.objects.patterns.save(TranslationPattern(pattern="8XX", prefix_digits="1"))
            assert work.objects.patterns.all() == [TranslationPattern(pattern="8XX", prefix_digits="1")]

    @pytest.mark.req("AR-18")
    def test_the_first_server_decides_whether_unknown_phones_are_admitted(self, store: SqlStore) -> None:
        servers = (Server("one", "192.0.2.1", autoregistration_disabled=True), Server("two", "192.0.2.2"))
        with store.write() as work:
            pool = work.site.pool("Default")
            work.site.save_pool(replace(pool, group=replace(pool.group, servers=servers)))
            assert work.autoregistration.load().server_disabled
            work.autoregistration.save(replace(work.autoregistration.load(), server_disabled=False))
            assert not work.autoregistration.load().server_disabled
            assert [each.autoregistration_disabled for each in work.objects.servers.all()] == [False, False]
            work.objects.servers.save(replace(servers[1], autoregistration_disabled=True))
            assert not work.autoregistration.load().server_disabled


class AutoregistrationContract(StoreContract):
    @pytest.mark.req("AR-03")
    def test_a_new_system_is_off(self, store: SqlStore) -> None:
        with store.read() as work:
            assert work.autoregistration.load() == AutoregistrationSettings()

    def test_every_field_comes_back(self, store: SqlStore) -> None:
        settings = AutoregistrationSettings(
            range=NumberRange("0010", "0019"),
            next_number="0013",
            server_disabled=True,
            window=Window(NOW, None),
            protocol=SIP,
            partition="Phones",
            allowed_networks=(ip_network("10.0.0.0/24"), ip_network("fd00::/64")),
            allowed=(ListEntry.parse("mac:001122AABBCC"), ListEntry.parse("model:683")),
            denied=(ListEntry.parse("network:10.0.0.0/8"), ListEntry.parse("oui:001122")),
            unknown=UnknownMode.ROGUE,
            phones_left=7,
            warn_after=50,
            approval=True,
            secure=True,
            security=SecurityPolicy.ALLOW,
            backup=True,
            protocol_chosen=True,
            without_space=True,
            checked_range="0010-0019",
            device_template="Office",
            rogue=RogueSettings(NumberRange("8900", "8999"), "8903", True, "00", "1001"),
        )
        with store.write() as work:
            with pytest.raises(NotFound, match="partition 'Phones'"):
                work.autoregistration.save(settings)
            work.site.save_partition("Phones")
            with pytest.raises(NotFound, match="universal device template 'Office'"):
                work.autoregistration.save(settings)
            work.objects.device_templates.save(UniversalDeviceTemplate("Office"))
            work.autoregistration.save(settings)
            work.commit()
        with store.read() as work:
            assert work.autoregistration.load() == settings

    @pytest.mark.req("AR-05")
    def test_what_was_decided_on_phones_by_name(self, store: SqlStore) -> None:
        one, two = DeviceName("SEP001122000001"), DeviceName("SEP001122000002")
        with store.write() as work:
            work.autoregistration.judge(one, False, NOW)
            work.autoregistration.judge(one, True, NOW)
            work.autoregistration.judge(two, False, NOW)
            work.commit()
        with store.read() as work:
            assert work.autoregistration.verdicts() == {one: True, two: False}
            assert work.autoregistration.verdicts([two]) == {two: False}
            assert work.autoregistration.verdicts([]) == {}
        with store.write() as work:
            work.autoregistration.judge(one, None, NOW)
            work.commit()
        with store.read() as work:
            assert work.autoregistration.verdicts() == {two: False}

    @pytest.mark.req("AR-05")
    def test_a_refusal_is_news_once_for_each_reason(self, store: SqlStore) -> None:
        phone = DeviceName("SEP001122000001")
        with store.write() as work:
            told = [work.journal.refuse(phone, "c", reason, "t", NOW) for reason in ("a", "a", "b", "b", "a")]
            assert told == [True, False, True, False, True]
            work.journal.forget_refusal(phone)
            assert work.journal.refuse(phone, "c", "a", "t", NOW)

    @pytest.mark.req("RG-10")
    def test_a_refused_phone_keeps_the_model_that_it_told(self, store: SqlStore) -> None:
        phone = DeviceName("SEP001122000001")
        with store.write() as work:
            for model in ("", "7961G", ""):
                work.journal.refuse(phone, "192.0.2.9", "autoreg_off", "off", NOW, model)
            work.journal.refuse(name(2), "192.0.2.10", "autoreg_off", "off", NOW)
            work.commit()
        with store.read() as work:
            assert {each.device: each.model for each in work.journal.refused()} == {phone: "7961G", name(2): ""}
            assert [work.journal.refused_model(each) for each in (phone, name(2), name(3))] == ["7961G", "", ""]

    @pytest.mark.req("AR-06")
    def test_the_end_of_the_window_survives_a_restart(self, url: str, store: SqlStore) -> None:
        open_range(store, "1000-1009")
        with store.write() as work:
            settings = enable(work.autoregistration.load(for_update=True), now=NOW, duration=120 * SECOND)
            work.autoregistration.save(settings)
            work.commit()
        store.close()
        again = open_store(url)
        with again.read() as work:
            loaded = work.autoregistration.load()
        assert loaded.window == Window(NOW, NOW + 120 * SECOND)
        assert loaded.is_open(NOW + 119 * SECOND)
        assert not loaded.is_open(NOW + 121 * SECOND)
        with again.write() as work:
            work.autoregistration.save(disable(loaded))
            work.commit()
        again.close()
        with store.read() as work:
            assert not work.autoregistration.load().is_open(NOW)

    @pytest.mark.req("AR-12")
    def test_after_the_last_one_assigned_also_after_a_restart(self, url: str, store: SqlStore) -> None:
        open_range(store, "1000-1003")
        assert admit(store, 1, 2) == ["1000", "1001"]
        remove(store, 1)
        store.close()
        again = open_store(url)
        assert admit(again, 3) == ["1002"]
        assert admit(again, 4, 5) == ["1003", "1000"]
        again.close()

    @pytest.mark.req("AR-13")
    @pytest.mark.parametrize(("reset", "number"), [(True, "1003"), (False, "1008")])
    def test_reset(self, store: SqlStore, reset: bool, number: str) -> None:
        open_range(store, "1000-1009")
        admit(store, *range(8))
        remove(store, 3)
        if reset:
            with store.write() as work:
                work.autoregistration.save(reset_pointer(work.autoregistration.load(for_update=True)))
                work.commit()
        assert admit(store, 20) == [number]

    @pytest.mark.req("AR-12")
    def test_twenty_at_once_share_no_number(self, url: str, store: SqlStore) -> None:
        """From twenty threads and two nodes."""
        open_range(store, "1000-1019")
        other_node = open_store(url)
        with ThreadPoolExecutor(20) as threads:
            given = list(threads.map(lambda number: admit([store, other_node][number % 2], number)[0], range(20)))
        other_node.close()
        assert sorted(given) == [str(number) for number in range(1000, 1020)]
        with store.read() as work:
            assert sorted(each.number for each in work.devices.all()) == sorted(given)
            assert work.autoregistration.load().next_number == "1000"


class SiteContract(StoreContract):
    def test_what_every_site_has(self, store: SqlStore) -> None:
        with store.read() as work:
            assert work.site.pool("Default") == DevicePool(
                "Default", CallManagerGroup("Default", (), True), Region("Default"), DateTimeGroup("Default")
            )
            assert work.site.device_defaults() == []
            with pytest.raises(NotFound, match="'Nowhere'"):
                work.site.pool("Nowhere")

    @pytest.mark.req("AR-16")
    def test_one_group_at_a_time(self, store: SqlStore) -> None:
        servers = tuple(Server(each, f"192.0.2.{each}", 5060, 2000, "d") for each in "321")
        branch = DevicePool(
            "Branch",
            CallManagerGroup("Branch", servers, autoregistration=True),
            Region("Branch", ("opus", "alaw")),
            DateTimeGroup("Branch", "Europe/Berlin", "D.M.Y", ("192.0.2.1",)),
        )
        with store.write() as work:
            work.site.save_pool(branch)
            work.commit()
        with store.read() as work:
            assert work.site.pool("Branch") == branch
            assert work.site.autoregistration_group() == branch.group
            assert not work.site.pool("Default").group.autoregistration
        turned = replace(branch, group=CallManagerGroup("Branch", servers[::-1][:2]))
        with store.write() as work:
            work.site.save_pool(turned)
            assert work.site.pool("Branch") == turned
            with pytest.raises(ConfigurationError, match="marked for autoregistration"):
                work.site.autoregistration_group()

    @pytest.mark.req("AR-16")
    @pytest.mark.req("AR-17")
    @pytest.mark.parametrize(("servers", "why"), [("", "no server"), ("1234", "4 servers"), ("11", "twice")])
    def test_groups_that_cannot_be(self, store: SqlStore, servers: str, why: str) -> None:
        with store.write() as work:
            pool = work.site.pool("Default")
            members = tuple(Server(each, "192.0.2.1") for each in servers)
            with pytest.raises(ConfigurationError, match=f"group Default .*{why}"):
                work.site.save_pool(replace(pool, group=replace(pool.group, servers=members)))
            assert work.site.pool("Default") == pool

    def test_device_defaults(self, store: SqlStore) -> None:
        rows = [DeviceDefaults(8, SIP, "P0S3"), DeviceDefaults(115, SCCP, "SCCP41"), DeviceDefaults(115, SIP, "SIP41")]
        with store.write() as work:
            for row in reversed(rows):
                work.site.save_device_defaults(replace(row, load="old"))
                work.site.save_device_defaults(row)
            assert work.site.device_defaults() == rows
            with pytest.raises(NotFound, match="'Nowhere'"):
                work.site.save_device_defaults(DeviceDefaults(8, SCCP, pool="Nowhere"))
            assert work.site.device_defaults() == rows


class JournalContract(StoreContract):
    def test_journeys(self, store: SqlStore) -> None:
        asked = FileRequested(at=NOW, device=name(1), name="SEP\x00\ud800.cnf", client="10.0.0.5", via=Via.TFTP)
        events = [
            asked,
            FileRequested(at=NOW, name="nobody's", client="10.0.0.5", via=Via.TFTP),
            FileDelivered(
                at=NOW + SECOND, device=name(2), name="x", client="c", via=Via.HTTP, size=9, seconds=0.25, secret=True
            ),
            PhoneAdmitted(at=NOW, device=name(1), number="1000", client="10.0.0.5", protocol=SIP),
        ]
        with store.write() as work:
            work.journal.append(events)
            work.journal.append([])
            work.commit()
        with store.read() as work:
            assert work.journal.journey(name(1)) == [asked, events[3]]
            assert work.journal.journey(name(1), limit=1) == [events[3]]
            assert work.journal.journey(name(2)) == [events[2]]
            assert work.journal.newest(limit=2) == [events[2], events[3]]
            assert work.journal.size() == 3
            assert work.journal.journey(name(3)) == []

    def test_refusals_are_counted_not_repeated(self, store: SqlStore) -> None:
        with store.write() as work:
            work.journal.refuse(name(1), "10.0.0.5", "autoreg_off", "off", NOW)
            work.journal.refuse(name(2), "10.0.0.6", "autoreg_off", "off", NOW + SECOND)
            work.journal.refuse(name(1), "10.0.0.7", "window_closed", "closed", NOW + 2 * SECOND)
            work.commit()
        with store.read() as work:
            first, second = work.journal.refused()
        assert (first.device, first.client, first.reason, first.text) == (
            name(1),
            "10.0.0.7",
            "window_closed",
            "closed",
        )
        assert (first.first_at, first.last_at, first.count) == (NOW, NOW + 2 * SECOND, 2)
        assert (second.device, second.count) == (name(2), 1)
        with store.write() as work:
            work.journal.forget_refusal(name(1))
            assert [each.device for each in work.journal.refused()] == [name(2)]

    def test_audit(self, store: SqlStore) -> None:
        entries = [AuditEntry(NOW + number * SECOND, "root", f"action {number}", "d") for number in range(5)]
        with store.write() as work:
            for entry in entries:
                work.journal.audit(entry)
            assert work.journal.audit_trail() == entries
            assert work.journal.audit_trail(limit=2) == entries[3:]

    def test_the_audit_trail_tells_whether_it_grew(self, store: SqlStore) -> None:
        with store.write() as work:
            before = work.journal.newest_audit()
            work.journal.audit(AuditEntry(NOW, "root", "action", "d"))
            assert work.journal.newest_audit() > before
            work.commit()
        with store.read() as work:
            assert work.journal.newest_audit() > before

    def test_the_audit_trail_is_followed_entry_by_entry(self, store: SqlStore) -> None:
        entries = [AuditEntry(NOW + number * SECOND, "root", f"action {number}", "d") for number in range(5)]
        with store.write() as work:
            before = work.journal.newest_audit()
            for entry in entries:
                work.journal.audit(entry)
            work.commit()
        with store.read() as work:
            first = work.journal.audit_after(before, limit=3)
            assert [entry for _, entry in first] == entries[:3]
            rest = work.journal.audit_after(first[-1][0], limit=3)
            assert [entry for _, entry in rest] == entries[3:]
            assert work.journal.audit_after(rest[-1][0], limit=3) == []


class PhonebookContract(StoreContract):
    def test_contacts_of_each_owner(self, store: SqlStore) -> None:
        ours = [DirectoryContact("Jürgen 😀", "+4930123"), DirectoryContact("jürgen 😀", "+4930123")]
        mine = DirectoryContact("Mum", "12", name(1).value)
        with store.write() as work:
            assert work.phonebook.add_contacts([*ours, mine, mine]) == 3
            assert work.phonebook.add_contacts([*ours, DirectoryContact("New", "1")]) == 1
            work.commit()
        with store.write() as work:
            assert set(work.phonebook.contacts()) == {*ours, DirectoryContact("New", "1")}
            assert work.phonebook.contacts(name(1).value) == [mine]
            assert work.phonebook.remove_contacts(name="Jürgen 😀") == 1
            assert work.phonebook.remove_contacts(number="1") == 1
            assert work.phonebook.contacts() == [ours[1]]
            assert work.phonebook.remove_contacts() == 1
            assert work.phonebook.contacts(name(1).value) == [mine]

    def test_a_directory_has_an_end(self, store: SqlStore) -> None:
        owner = name(1).value
        with store.write() as work:
            work.phonebook.add_contacts([DirectoryContact(f"n{each}", "1", owner) for each in range(1000)])
            with pytest.raises(Conflict, match="1000"):
                work.phonebook.add_contacts([DirectoryContact("one more", "1", owner)])

    def test_pins(self, store: SqlStore) -> None:
        with store.write() as work:
            assert work.phonebook.pin("SEP1") == ""
            for hashed in ("a", "b"):
                work.phonebook.set_pin("SEP1", hashed)
                assert work.phonebook.pin("SEP1") == hashed
            work.phonebook.set_pin("SEP1", "")
            assert work.phonebook.pin("SEP1") == ""

    def test_the_newest_calls_of_each_kind_are_kept(self, store: SqlStore) -> None:
        calls = [PastCall(name(1), NOW + each * SECOND, CallKind.MISSED, str(each), each) for each in range(120)]
        placed = PastCall(name(1), NOW, CallKind.PLACED, "7")
        with store.write() as work:
            for call in (placed, *calls):
                work.phonebook.note_call(call)
            work.commit()
        with store.read() as work:
            assert work.phonebook.calls(name(1), CallKind.MISSED) == calls[:19:-1]
            assert work.phonebook.calls(name(1), CallKind.PLACED) == [placed]
            assert work.phonebook.calls(name(2), CallKind.MISSED) == []


class CallRecordsContract(StoreContract):
    def test_every_field_comes_back(self, store: SqlStore) -> None:
        quality = CallQuality(500, 498, 2, 3, 2**40)
        full = CallRecord(
            name(1),
            "1001",
            "+4930123",
            "Jürgen 😀",
            True,
            NOW,
            NOW + SECOND,
            NOW + 9 * SECOND,
            "we hung up",
            0,
            "ulaw",
            quality,
            True,
            "sepbridge/1001.wav",
        )
        short = CallRecord(name(2), "1002", "", "", False, NOW, None, NOW + SECOND, "refused" * 100, 486)
        with store.write() as work:
            work.calls.add(full)
            work.calls.add(short)
            work.commit()
        kept = replace(full, quality=replace(quality, latency=2**31 - 1))
        cut = replace(short, why=short.why[:200])
        with store.read() as work:
            assert work.calls.newest() == [kept, cut]
            assert work.calls.newest(most=1) == [cut]
            assert work.calls.newest(devices=[name(1)]) == [kept]
            assert work.calls.newest(devices=[name(3)]) == []
            assert work.calls.newest(since=NOW + 2 * SECOND) == [kept]
            assert work.calls.newest(until=NOW + 2 * SECOND) == [cut]
            assert work.calls.newest(until=NOW + SECOND) == []
            assert work.calls.newest(most=1, skip=1) == [kept]
            assert work.calls.newest(skip=2) == []

    def test_old_ones_are_forgotten(self, store: SqlStore) -> None:
        with store.write() as work:
            for each in range(5):
                work.calls.add(CallRecord(name(1), "1", str(each), "", True, NOW, None, NOW + each * SECOND, "", 0))
            assert work.calls.forget(NOW + 2 * SECOND) == 2
            assert [each.number for each in work.calls.newest()] == ["2", "3", "4"]


class ClaimContract(StoreContract):
    def test_claims_are_kept_as_they_are(self, store: SqlStore) -> None:
        bare = Claim("2001", NOW)
        full = Claim(
            "2000",
            NOW,
            pin="aa:bb",
            partition="Staff",
            device=name(7),
            pool="Default",
            display_name="Jürgen 😀",
            description="Desk",
            css="Staff",
            button_template="b",
            softkey_template="s",
            claimed_at=NOW + SECOND,
            claimed_by=name(1),
        )
        with store.write() as work:
            work.claims.save(bare)
            work.claims.save(replace(full, pin=""))
            work.claims.save(full)
            work.commit()
        with store.write() as work:
            assert work.claims.all() == [full, bare]
            assert work.claims.awaited() == {"2001"}
            assert work.claims.get("2001") == bare
            assert work.claims.get("2002") is None
            work.claims.remove("2001")
            with pytest.raises(NotFound):
                work.claims.remove("2001")

    def test_callbacks_are_kept_as_they_are(self, store: SqlStore) -> None:
        first = KeptCallBack(name(1), "2001", 1, NOW + SECOND, True)
        second = KeptCallBack(name(2), "+4930", 2, NOW + 2 * SECOND, False)
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
            work.devices.add(phone(2, "1002"))
            for each in (second, replace(first, number="9"), first):
                work.callbacks.save(each)
            work.commit()
        with store.write() as work:
            assert work.callbacks.all() == [first, second]
            work.callbacks.forget(NOW + SECOND)
            assert work.callbacks.all() == [second]
            work.callbacks.remove(name(2))
            work.callbacks.remove(name(2))
            assert work.callbacks.all() == []

    def test_protected_numbers_and_wrong_attempts(self, store: SqlStore) -> None:
        with store.write() as work:
            for pattern in ("20XX", "1000", "20XX"):
                work.claims.protect(pattern)
            assert work.claims.protected() == ["1000", "20XX"]
            work.claims.unprotect("1000")
            with pytest.raises(NotFound):
                work.claims.unprotect("1000")
            work.claims.set_tries("phone:a", ClaimTries(1, NOW))
            work.claims.set_tries("phone:a", ClaimTries(2, NOW + SECOND))
            work.claims.set_tries("number:1", ClaimTries(1, NOW))
            assert work.claims.tries("phone:a") == ClaimTries(2, NOW + SECOND)
            work.claims.forget_tries(NOW + SECOND)
            assert work.claims.tries("number:1") is None
            work.claims.set_tries("phone:a", None)
            assert work.claims.tries("phone:a") is None


class AccountContract(StoreContract):
    def test_accounts_are_kept_as_they_are_and_take_their_sessions_with_them(self, store: SqlStore) -> None:
        ann = Account("ann", Role.ADMIN, NOW, "$argon2id$hash")
        bob = Account("Bob", Role.VIEWER, NOW, "$argon2id$other", one_time=True, last_login_at=NOW, logs_in_until=NOW)
        session = LoginSession("0" * 64, "ann", NOW, NOW, NOW + timedelta(hours=1))
        other = replace(session, digest="1" * 64)
        with store.write() as work:
            for each in (ann, bob):
                work.accounts.save(each)
            work.accounts.add_session(session)
            work.accounts.add_session(other)
            work.commit()
        with store.write() as work:
            assert work.accounts.all() == [bob, ann]
            assert work.accounts.get("bob") is None  # letter case counts
            assert work.accounts.session(session.digest) == session
            later = NOW + timedelta(minutes=5)
            work.accounts.touch_session(session.digest, later)
            assert work.accounts.session(session.digest) == replace(session, seen_at=later)
            work.accounts.end_sessions(account="ann", but=session.digest)
            assert work.accounts.session(other.digest) is None
            work.accounts.save(replace(ann, role=Role.VIEWER))
            work.accounts.remove("ann")
            assert work.accounts.session(session.digest) is None
            with pytest.raises(NotFound):
                work.accounts.remove("ann")

    def test_sessions_that_are_over_go_when_the_next_one_comes(self, store: SqlStore) -> None:
        with store.write() as work:
            work.accounts.save(Account("ann", Role.ADMIN, NOW, "hash"))
            old = LoginSession("0" * 64, "ann", NOW, NOW, NOW + timedelta(hours=1))
            work.accounts.add_session(old)
            work.accounts.add_session(replace(old, digest="1" * 64, created_at=NOW + timedelta(hours=1)))
            assert work.accounts.session(old.digest) is None

    def test_tokens_have_names_of_their_own(self, store: SqlStore) -> None:
        token = ApiToken("monitor", Role.VIEWER, "2" * 64, NOW, "tester", expires_at=NOW + timedelta(days=1))
        with store.write() as work:
            work.accounts.add_token(token)
            work.commit()
        with store.write() as work:
            with pytest.raises(Conflict):
                work.accounts.add_token(replace(token, digest="3" * 64))
            work.accounts.touch_token(token.digest, NOW)
            assert work.accounts.tokens() == [replace(token, last_used_at=NOW)]
            assert work.accounts.token(token.digest) == replace(token, last_used_at=NOW)
            assert work.accounts.token("4" * 64) is None
            work.accounts.remove_token("monitor")
            with pytest.raises(NotFound):
                work.accounts.remove_token("monitor")

    def test_wrong_logins_are_counted_at_once_from_many_sides(self, store: SqlStore) -> None:
        def count(_: int) -> None:
            with store.write() as work:
                work.accounts.count_try("ann from 192.0.2.1", NOW)
                work.commit()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(count, range(20)))
        with store.write() as work:
            assert work.accounts.tries("ann from 192.0.2.1") == LoginTries(20, NOW)
            work.accounts.count_try("other", NOW + timedelta(hours=1))
            work.accounts.forget_tries(before=NOW + timedelta(minutes=1))
            assert work.accounts.tries("ann from 192.0.2.1") is None
            work.accounts.forget_tries(subject="other")
            for subject in ("a_b from x", "a_b from y", "acb from x"):  # an underscore is no wildcard
                work.accounts.count_try(subject, NOW)
            work.accounts.forget_tries(beginning="a_b from ")
            assert work.accounts.tries("a_b from y") is None
            assert work.accounts.tries("acb from x") is not None
            assert work.accounts.tries("other") is None


class FirmwareContract(StoreContract):
    def test_wanted_loads(self, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
            work.firmware.set_wanted(name(1), "SIP41.8-5-3S")
            work.firmware.set_wanted(name(1), "SIP41.9-4-2SR3-1S")
            with pytest.raises(NotFound):
                work.firmware.set_wanted(name(9), "SIP41.9-4-2SR3-1S")
            assert work.firmware.wanted() == {name(1): "SIP41.9-4-2SR3-1S"}
            work.firmware.set_wanted(name(1), "")
            assert work.firmware.wanted() == {}

    def test_one_roll_out_at_a_time(self, store: SqlStore) -> None:
        waiting = (RolloutPhone(name(2), before="SIP41.8-5-3S", wanted_before="x"), RolloutPhone(name(1)))
        wanted = Rollout(0, "SIP41.9-4-2SR3-1S", 5, RolloutState.RUNNING, "jürgen", NOW, waiting)
        with store.write() as work:
            assert work.firmware.newest() is None
            work.devices.add(phone(1, "1001"))
            work.devices.add(phone(2, "1002"))
            begun = work.firmware.begin(wanted)
            work.commit()
        assert replace(begun, id=0) == wanted
        with store.write() as work, pytest.raises(Conflict, match="is running"):
            work.firmware.begin(wanted)
        told = replace(waiting[1], stage=RolloutStage.FAILED, detail="why", told_at=NOW, ended_at=NOW + SECOND)
        with store.write() as work:
            work.firmware.set_phone(begun.id, told)
            work.firmware.set_state(begun.id, RolloutState.STOPPED, "by hand")
            work.devices.remove(name(2))
            work.commit()
        with store.read() as work:
            found = work.firmware.newest()
        assert found == replace(begun, state=RolloutState.STOPPED, detail="by hand", phones=(told,))
        with store.write() as work:
            assert work.firmware.begin(replace(wanted, phones=())).id > begun.id


class PhoneFileContract(StoreContract):
    def test_elements_of_files(self, store: SqlStore) -> None:
        everywhere = FileElement("vendorConfig/pcPort", "1")
        own = FileElement("vendorConfig/pcPort", "0", name(1))
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
            for element in (own, replace(everywhere, value="ü"), everywhere, FileElement("VLAN_ID", "20", name(1))):
                work.elements.set(element)
            work.commit()
        with store.write() as work:
            assert work.elements.all() == [everywhere, FileElement("VLAN_ID", "20", name(1)), own]
            work.elements.remove("VLAN_ID", name(1))
            for path, device in (("VLAN_ID", name(1)), ("vendorConfig/pcport", None)):
                with pytest.raises(NotFound):
                    work.elements.remove(path, device)
            work.devices.remove(name(1))
            assert work.elements.all() == [everywhere]

    def test_an_onboarding_code_is_used_once(self, store: SqlStore) -> None:
        first = OnboardingCode.new("1234567890123456", NOW, timedelta(days=7), number="1001", display_name="Ada 😀")
        second = OnboardingCode.new("1234-5678-9012-3457", NOW + SECOND, timedelta(days=1))
        with store.write() as work:
            work.onboarding.add(first)
            work.onboarding.add(second)
            with pytest.raises(Conflict):
                work.onboarding.add(replace(second, number="5"))
            work.commit()
        with store.write() as work:
            assert work.onboarding.all() == [second, first]
            assert work.onboarding.get("0" * 64) is None
            assert work.onboarding.use(first.digest, name(1), NOW + SECOND)
            assert not work.onboarding.use(first.digest, name(2), NOW + SECOND)
            work.commit()
        with store.write() as work:
            assert work.onboarding.get(first.digest) == replace(first, used_at=NOW + SECOND, used_by=name(1))
            work.onboarding.remove(first.digest)
            with pytest.raises(NotFound):
                work.onboarding.remove(first.digest)

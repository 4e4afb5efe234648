"""Things to keep in a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.autoregistration import (
    Admission,
    FileArrival,
    decide,
    new_device,
    set_protocol,
    set_range,
)
from bridge.core import (
    AbbreviatedDial,
    AddOnModule,
    AppearanceSettings,
    AutoAnswer,
    BargeOption,
    BlfSpeedDial,
    ButtonKind,
    CallingSearchSpace,
    CallManagerGroup,
    CallPickupGroup,
    CommonPhoneProfile,
    DateTimeGroup,
    Device,
    DeviceButton,
    DeviceDefaults,
    DeviceName,
    DevicePool,
    DeviceSettings,
    DiscardDigits,
    DndAlert,
    DndOption,
    DtmfMode,
    EarlyOpen,
    FeatureButton,
    LampPolicy,
    Line,
    LineAppearance,
    LineSettings,
    NumberRange,
    OnboardingMethod,
    Partition,
    PhoneButtonTemplate,
    PickupNotification,
    RecordingOption,
    Region,
    ReleaseCause,
    RingSetting,
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
)
from bridge.ports import UnitOfWork
from bridge.store import SqlStore

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
            called_mask="1234",
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

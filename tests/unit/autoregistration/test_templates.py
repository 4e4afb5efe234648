"""What new phones are made from: device defaults, universal device templates and their line templates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bridge.autoregistration import (
    ROGUE_POOL,
    Admission,
    AutoregistrationSettings,
    ModelFacts,
    RegistrationArrival,
    UniversalTemplates,
    furnished_anew,
    new_device,
)
from bridge.core import (
    AutoAnswer,
    Device,
    DeviceDefaults,
    DeviceName,
    DeviceSettings,
    SignallingProtocol,
    UniversalDeviceTemplate,
    UniversalLineTemplate,
)

SIP = SignallingProtocol.SIP
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEMPLATES = UniversalTemplates(
    {
        "Office": UniversalDeviceTemplate(
            "Office",
            pool="Berlin",
            css="Staff",
            button_template="Two lines",
            softkey_template="Short",
            phone_profile="Quiet",
            line_template="Lines",
            user_locale="de_DE",
            device_description="Desk {number}",
        ),
        "Lobby": UniversalDeviceTemplate("Lobby", pool="Lobby"),
    },
    {
        "Lines": UniversalLineTemplate(
            "Lines",
            partition="Elsewhere",
            css="Inside",
            external_mask="03012XXXX",
            pickup_group="sales",
            display_name="Office {number}",
            label="Line {number}",
            no_answer_seconds=20,
            max_calls=3,
            busy_trigger=1,
            auto_answer=AutoAnswer.HEADSET,
        )
    },
)
SETTINGS = AutoregistrationSettings(partition="Phones", device_template="Office")
ROW = DeviceDefaults(683, SIP, pool="Munich", button_template="Five lines")


def admitted(*rows: DeviceDefaults, settings: AutoregistrationSettings = SETTINGS, rogue: bool = False) -> Device:
    arrival = RegistrationArrival(DeviceName("SEP001122334455"), "192.0.2.7", SIP, ModelFacts(683, "8841", SIP))
    return new_device(
        arrival,
        Admission("1001", SIP, settings, rogue),
        secret="secret",
        version_stamp="1",
        now=NOW,
        device_defaults=rows,
        templates=TEMPLATES,
    )


@pytest.mark.req("AR-20")
def test_everything_of_the_template_and_its_line_template() -> None:
    device = admitted()
    assert (device.pool, device.description, device.temporary) == ("Berlin", "Desk 1001", True)
    assert device.settings == DeviceSettings(
        css="Staff",
        button_template="Two lines",
        softkey_template="Short",
        phone_profile="Quiet",
        user_locale="de_DE",
    )
    (appearance,) = device.lines
    line = appearance.line
    # The range was looked through in the partition of autoregistration: there the number stays.
    assert (line.number, line.partition, line.display_name) == ("1001", "Phones", "Office 1001")
    assert (line.settings.css, line.settings.pickup_group, line.settings.no_answer_seconds) == ("Inside", "sales", 20)
    assert line.settings.auto_answer is AutoAnswer.HEADSET
    assert (appearance.label, appearance.external_number) == ("Line 1001", "030121001")
    assert (appearance.settings.max_calls, appearance.settings.busy_trigger) == (3, 1)


@pytest.mark.req("AR-20")
def test_what_the_model_names_goes_before_what_the_site_names() -> None:
    assert admitted(ROW).settings.button_template == "Five lines"
    assert admitted(ROW).settings.softkey_template == "Short"
    assert admitted(ROW).pool == "Berlin"
    lobby = admitted(replace(ROW, device_template="Lobby"))
    assert (lobby.pool, lobby.settings) == ("Lobby", DeviceSettings(button_template="Five lines"))
    without = admitted(ROW, settings=replace(SETTINGS, device_template=""))
    assert (without.pool, without.description) == ("Munich", "Auto 1001")
    gone = admitted(settings=replace(SETTINGS, device_template="Gone"))
    assert (gone.pool, gone.settings) == ("Default", DeviceSettings())


@pytest.mark.req("AR-09")
def test_a_strange_phone_is_made_from_no_template() -> None:
    device = admitted(ROW, rogue=True)
    assert (device.pool, device.settings, device.description) == (ROGUE_POOL, DeviceSettings(), "Rogue 1001")


@pytest.mark.req("AR-20")
def test_a_model_that_becomes_known_later_brings_its_template_unless_an_admin_was_there_first() -> None:
    row = replace(ROW, device_template="Lobby")
    device = admitted()
    assert furnished_anew(device, row, SETTINGS, TEMPLATES).pool == "Lobby"
    late = replace(device, settings=replace(device.settings, opens_late=True))
    assert furnished_anew(late, row, SETTINGS, TEMPLATES).settings.opens_late
    for touched in (
        replace(device, pool="Munich"),
        replace(device, settings=replace(device.settings, css="All")),
        replace(device, temporary=False),
        admitted(rogue=True),
    ):
        assert furnished_anew(touched, row, SETTINGS, TEMPLATES) == touched
    assert furnished_anew(device, None, SETTINGS, TEMPLATES) == device

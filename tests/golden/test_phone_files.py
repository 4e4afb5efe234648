"""Rendered files, compared byte for byte. ``UPDATE_GOLDEN=1 pytest tests/golden`` writes them anew."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core import (
    AddOnModule,
    AppearanceSettings,
    AutoAnswer,
    BlfSpeedDial,
    ButtonKind,
    Device,
    DeviceButton,
    DeviceDefaults,
    FeatureButton,
    LampPolicy,
    Line,
    LineAppearance,
    LineSettings,
    NumberRange,
    RingSetting,
    Server,
    ServiceUrl,
    SignallingProtocol,
    SpeedDial,
    Switch,
)
from bridge.phones import catalogue
from bridge.provisioning import (
    ApplicationRule,
    NetworkSettings,
    PhoneSettings,
    RenderedFile,
    Renderer,
    ServiceUrls,
    dial_rules,
    render_application_rules,
    render_common_text,
    render_flat_profile,
    render_model_profile,
    render_old_dial_template,
    render_own_text,
    render_picture_list,
    render_ring_list,
    render_sync_file,
)
from tests.samples import sample_device, sample_pool, template_loader

FILES = Path(__file__).with_name("files")
RENDERER = Renderer(template_loader())
SIP = SignallingProtocol.SIP
SCCP = SignallingProtocol.SCCP


def phone(model: str | None, protocol: SignallingProtocol = SIP, load: str = "") -> RenderedFile:
    chosen = catalogue().require(model) if model else None
    return RENDERER.render_phone_file(sample_device(protocol), sample_pool(), model=chosen, load=load)


RINGS = [
    ("Old_Bell.raw", 16080),
    ("chime-2.raw", 240),
    ("Callback.raw", 4800),
    ("long.raw", 16081),
    ("Old_Bell.rwb", 480),
]


ON_THE_WIRE = PhoneSettings(
    urls=ServiceUrls(authentication="http://192.0.2.9/login", information="http://192.0.2.9/help"),
    network=NetworkSettings(
        audio_dscp=40, video_dscp=32, signalling_dscp=26, voice_vlan=110, pc_vlan=20, pc_port=False, discovery=False
    ),
)


def on_the_wire(model: str, protocol: SignallingProtocol = SIP) -> RenderedFile:
    return RENDERER.render_phone_file(
        sample_device(protocol), sample_pool(), model=catalogue().require(model), settings=ON_THE_WIRE
    )


def made(rendered: RenderedFile | None) -> RenderedFile:
    assert rendered is not None
    return rendered


def busy_phone() -> RenderedFile:
    lines = (
        LineAppearance(1, Line("1001", display_name='Ann & "Bob" <Käthe>'), label="Ann's & Bob's"),
        LineAppearance(2, Line("2002", display_name="Sales")),
    )
    return RENDERER.render_phone_file(
        sample_device(SIP, *lines),
        sample_pool(Server("a", "192.0.2.1"), Server("b", "192.0.2.2", 5070), time_zone="Australia/Adelaide"),
        model=catalogue().require("8851"),
        settings=PhoneSettings(
            voicemail_number="*97",
            urls=ServiceUrls(
                directory="http://192.0.2.10:8088/directory?a=1&b=2", problem_report="http://192.0.2.10/p"
            ),
            soft_key_file="softkeys.xml",
        ),
        overrides={"vendorConfig/lineMode": "1"},
    )


def phone_with_services() -> RenderedFile:
    device = sample_device(SCCP)
    device = replace(
        device, settings=replace(device.settings, add_ons=(AddOnModule.CISCO_7914, AddOnModule.CISCO_7916_24))
    )
    base = "http://192.0.2.10:6970/services"
    urls = ServiceUrls(
        authentication=f"{base}/authentication",
        directory=f"{base}/directories",
        services=f"{base}/services",
        messages=f"{base}/messages",
        information=f"{base}/information",
        idle=f"{base}/services",
        idle_seconds=60,
    )
    return RENDERER.render_phone_file(
        device, sample_pool(), model=catalogue().require("7965"), settings=PhoneSettings(urls=urls)
    )


def device_with_keys() -> Device:
    lines = (
        LineAppearance(
            1,
            Line("1001", display_name="Ada", settings=LineSettings(auto_answer=AutoAnswer.SPEAKER)),
            settings=AppearanceSettings(
                external_mask="+4930555XXXX",
                max_calls=6,
                busy_trigger=3,
                ring_busy=RingSetting.FLASH,
                lamp=LampPolicy.LIGHT,
                audible_messages=Switch.ON,
                log_missed_calls=False,
            ),
        ),
        LineAppearance(2, Line("2002", display_name="Sales", settings=LineSettings(voicemail_pilot="*98"))),
    )
    buttons = (
        DeviceButton(3, SpeedDial("0049301234", "Taxi & more")),
        DeviceButton(4, BlfSpeedDial("1002", "Bob")),
        DeviceButton(5, ServiceUrl("http://192.0.2.10/menu?a=1&b=2", "Menu")),
        DeviceButton(6, FeatureButton(ButtonKind.PICKUP, "Pick up")),
        DeviceButton(7, FeatureButton(ButtonKind.REDIAL)),  # on 79xx only
        DeviceButton(8, FeatureButton(ButtonKind.DIRECTED_PARK, "Slot 1", "701")),
    )
    return replace(sample_device(SIP, *lines), buttons=buttons)


def phone_with_keys() -> RenderedFile:
    return RENDERER.render_phone_file(device_with_keys(), sample_pool(), model=catalogue().require("8851"))


PROVISION = "http://192.0.2.10:6970/provision"


def flat(model: str, settings: PhoneSettings = PhoneSettings()) -> RenderedFile:  # noqa: B008  # frozen: one for all calls does no harm
    return render_flat_profile(
        RENDERER,
        device_with_keys(),
        sample_pool(),
        catalogue().require(model),
        settings,
        base=PROVISION,
        rules=dial_rules([NumberRange.parse("1000-1999")]),
        year=2026,
    )


def default_file() -> RenderedFile:
    rows = [
        DeviceDefaults(model.number, protocol, model.last_known_load(protocol))
        for model in catalogue()
        if model.number is not None
        for protocol in sorted(model.protocols)
    ]
    group = sample_pool(Server("a", "192.0.2.1"), Server("b", "192.0.2.2")).group
    return RENDERER.render_default_file(group, rows, catalogue(), protocol=SIP, window_open=True)


CASES = {
    "unknown-sip.xml": lambda: phone(None),
    "unknown-sccp.xml": lambda: phone(None, SCCP),
    "7961-sip.xml": lambda: phone("7961", SIP, "SIP41.9-4-2SR3-1S"),
    "7961-sccp.xml": lambda: phone("7961", SCCP, "SCCP41.9-4-2SR3-1S"),
    "7925-sccp.xml": lambda: phone("7925"),
    "6941-sip.xml": lambda: phone("6941"),
    "6941-sccp.xml": lambda: phone("6941", SCCP),
    "8945-sip.xml": lambda: phone("8945"),
    "9971-sip.xml": lambda: phone("9971"),
    "7841-sip.xml": lambda: phone("7841"),
    "8831-sip.xml": lambda: phone("8831"),
    "8841-sip.xml": lambda: phone("8841", SIP, "sip88xx.14-4-1-0301-6"),
    "8851-busy-sip.xml": busy_phone,
    "7965-services-sccp.xml": phone_with_services,
    "7960-sip.xml": lambda: phone("7960", SIP, "P0S3-8-12-00"),
    "7960-SIP001122AABBCC.cnf": lambda: render_own_text(
        RENDERER,
        sample_device(),
        sample_pool(),
        catalogue().require("7960"),
        PhoneSettings(voicemail_number="*97"),
        year=2026,
        load="P0S3-8-12-00",
    ),
    "SIPDefault.cnf": lambda: render_common_text(RENDERER, sample_pool().group, PhoneSettings()),
    "syncinfo.xml": lambda: render_sync_file(RENDERER),
    "dialplan7940.xml": lambda: render_old_dial_template(RENDERER, dial_rules([NumberRange.parse("1000-1999")])),
    "8851-keys-sip.xml": phone_with_keys,
    "8841-mpp.xml": lambda: flat("8841-3PCC"),
    "9861.xml": lambda: flat("9861"),
    "spa504g.xml": lambda: flat("SPA504G"),
    "ata191-mpp.xml": lambda: flat("ATA 191-MPP"),
    "7841-3PCC.xml": lambda: render_model_profile(RENDERER, "7841-3PCC.xml", PhoneSettings(), PROVISION),
    "ata187-sip.xml": lambda: RENDERER.render_phone_file(
        sample_device(SIP, name="ATA001122AABBCC"), sample_pool(), model=catalogue().require("ATA 187")
    ),
    "3905-sip.xml": lambda: phone("3905"),
    "cipc-sip.xml": lambda: phone("Cisco IP Communicator"),
    "cipc-sccp.xml": lambda: phone("Cisco IP Communicator", SCCP),
    "7910-sccp.xml": lambda: phone("7910", SCCP),
    "7912-sccp.xml": lambda: phone("7912", SCCP),
    "7920-sccp.xml": lambda: phone("7920", SCCP),
    "7931-sip.xml": lambda: phone("7931"),
    "7937-sccp.xml": lambda: phone("7937", SCCP),
    "7940-sccp.xml": lambda: phone("7940", SCCP),
    "7985-sccp.xml": lambda: phone("7985", SCCP),
    "8821-sip.xml": lambda: phone("8821"),
    "8945-sccp.xml": lambda: phone("8945", SCCP),
    "XMLDefault.cnf.xml": default_file,
    "dialplan.xml": lambda: RENDERER.render_dial_template(
        dial_rules([NumberRange.parse("1000-1999"), NumberRange.parse("600-605")], at_once=["112"])
    ),
    "8851-network-sip.xml": lambda: on_the_wire("8851"),
    "7965-network-sccp.xml": lambda: on_the_wire("7965", SCCP),
    "8841-network-mpp.xml": lambda: flat("8841-3PCC", ON_THE_WIRE),
    "SIPDefault-network.cnf": lambda: render_common_text(RENDERER, sample_pool().group, ON_THE_WIRE),
    "featurepolicy.xml": RENDERER.render_feature_policy,
    "AppDialRules.xml": lambda: render_application_rules(
        RENDERER, [ApplicationRule("1", 11, "9"), ApplicationRule("", 10, "91"), ApplicationRule("0049", 13, "00", 2)]
    ),
    "Ringlist.xml": lambda: made(render_ring_list(RENDERER, "Ringlist.xml", RINGS)),
    "Ringlist-wb.xml": lambda: made(render_ring_list(RENDERER, "Ringlist-wb.xml", RINGS)),
    "RINGLIST.DAT": lambda: made(render_ring_list(RENDERER, "RINGLIST.DAT", RINGS)),
    "List.xml": lambda: made(
        render_picture_list(RENDERER, "320x212x16", ["TN-hills.png", "hills.png", "sea.png", "TN-a b.png", "a b.png"])
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rendered_file(name: str) -> None:
    rendered = CASES[name]().content
    path = FILES / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_bytes(rendered)
    assert path.read_bytes() == rendered, "if the change is meant: UPDATE_GOLDEN=1 pytest tests/golden"


def test_there_are_no_files_without_a_case() -> None:
    assert {path.name for path in FILES.iterdir()} == set(CASES)

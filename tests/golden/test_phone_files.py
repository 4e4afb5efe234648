"""Rendered files, compared byte for byte. ``UPDATE_GOLDEN=1 pytest tests/golden`` writes them anew."""

from __future__ import annotations

import os
from collections.abc import Sequence
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
from bridge.phones import ConfigFamily, catalogue
from bridge.provisioning import (
    ApplicationRule,
    NetworkSettings,
    PhoneSettings,
    RenderedFile,
    Renderer,
    ServiceUrls,
    dial_rules,
    flat_template,
    profile_template,
    render_application_rules,
    render_common_text,
    render_flat_profile,
    render_model_profile,
    render_old_dial_template,
    render_own_text,
    render_picture_list,
    render_profile,
    render_ring_list,
    render_sync_file,
    render_tones,
    spoken_protocol,
    support,
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


def profile(model: str, protocol: SignallingProtocol = SIP, *, name: str = "", load: str = "") -> RenderedFile:
    device = sample_device(protocol, name=name) if name else sample_device(protocol)
    chosen = catalogue().require(model)
    settings = PhoneSettings(voicemail_number="*97")
    return render_profile(RENDERER, device, sample_pool(), chosen, settings, year=2026, load=load).file


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


class GermanFiles:
    """Every file of a language and of tones is there, of one version."""

    def language(self, folder: str, names: Sequence[str]) -> str | None:
        return "1.0.1.2" if folder == "German_Germany" and list(names) == ["mk-sip.jar"] else None

    def country(self, folder: str, names: Sequence[str]) -> str | None:
        return "1.0.3.4" if folder == "Germany" and list(names) == ["g3-tones.xml"] else None


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
    **{
        f"{name.lower().replace(' ', '')}-sip.xml": lambda name=name: RENDERER.render_phone_file(
            sample_device(SIP, name="ATA001122AABBCC"), sample_pool(), model=catalogue().require(name)
        )
        for name in ("ATA 190", "ATA 191")
    },
    "spa942.xml": lambda: flat("SPA942"),
    "pap2t.xml": lambda: flat("PAP2T"),
    "ld001122aabbcc": lambda: profile("7905", load="CP7905080003SIP060111A"),
    "gk001122aabbcc": lambda: profile("7912"),
    "ata001122aabbcc": lambda: profile("ATA 186", name="ATA001122AABBCC"),
    "ata001122aabbcd": lambda: profile("ATA 188", SCCP, name="ATA001122AABBCD", load="ATA030204SCCP090202A"),
    "spa504g-spcp.xml": lambda: phone("SPA504G", SCCP, "spa50x-30x-7-5-5"),
    "7942-german-sip.xml": lambda: RENDERER.render_phone_file(
        sample_device(),
        replace(sample_pool(), user_locale="German_Germany", network_locale="Germany"),
        model=catalogue().require("7942"),
        locale_files=GermanFiles(),
    ),
    "tones-spain.xml": lambda: made(render_tones(RENDERER, "Spain/g3-tones.xml")),
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


FAMILIES = {
    (ConfigFamily.JAVA_79XX, SIP): "7961-sip.xml",
    (ConfigFamily.JAVA_79XX, SCCP): "7961-sccp.xml",
    (ConfigFamily.SERIES_69XX, SIP): "6941-sip.xml",
    (ConfigFamily.SERIES_69XX, SCCP): "6941-sccp.xml",
    (ConfigFamily.SERIES_894X, SIP): "8945-sip.xml",
    (ConfigFamily.SERIES_894X, SCCP): "8945-sccp.xml",
    (ConfigFamily.SERIES_99XX, SIP): "9971-sip.xml",
    (ConfigFamily.SERIES_78XX, SIP): "7841-sip.xml",
    (ConfigFamily.SERIES_88XX, SIP): "8841-sip.xml",
    (ConfigFamily.SERIES_88XX_CONFERENCE, SIP): "8831-sip.xml",
    (ConfigFamily.SERIES_88XX_WIRELESS, SIP): "8821-sip.xml",
    (ConfigFamily.SERIES_39XX, SIP): "3905-sip.xml",
    (ConfigFamily.SIPPHONE_7940_60, SIP): "7960-SIP001122AABBCC.cnf",
    (ConfigFamily.SIPPHONE_7940_60, SCCP): "7940-sccp.xml",
    (ConfigFamily.CIPC, SIP): "cipc-sip.xml",
    (ConfigFamily.CIPC, SCCP): "cipc-sccp.xml",
    (ConfigFamily.FF_LD_GK, SCCP): "7912-sccp.xml",
    (ConfigFamily.FF_LD_GK, SIP): "gk001122aabbcc",
    (ConfigFamily.ATA18X, SIP): "ata001122aabbcc",
    (ConfigFamily.ATA18X, SCCP): "ata001122aabbcd",
    (ConfigFamily.FIRST_GENERATION, SCCP): "7910-sccp.xml",
    (ConfigFamily.WIRELESS_1, SCCP): "7920-sccp.xml",
    (ConfigFamily.WIRELESS_2, SCCP): "7925-sccp.xml",
    (ConfigFamily.CONFERENCE, SCCP): "7937-sccp.xml",
    (ConfigFamily.VIDEO, SCCP): "7985-sccp.xml",
    (ConfigFamily.ATA187, SIP): "ata187-sip.xml",
    (ConfigFamily.ATA190, SIP): "ata190-sip.xml",
    (ConfigFamily.ATA191, SIP): "ata191-sip.xml",
    (ConfigFamily.MPP, SIP): "8841-mpp.xml",
    (ConfigFamily.PHONEOS, SIP): "9861.xml",
    (ConfigFamily.SPA, SIP): "spa504g.xml",
    (ConfigFamily.SPA, SCCP): "spa504g-spcp.xml",
    (ConfigFamily.SPA9XX, SIP): "spa942.xml",
    (ConfigFamily.SPA_ATA, SIP): "pap2t.xml",
    (ConfigFamily.MPP_ATA, SIP): "ata191-mpp.xml",
}
"""The golden file of each family and protocol."""


def test_every_family_that_gets_a_file_has_a_golden_one() -> None:
    served = {
        (model.family, protocol)
        for model in catalogue()
        for protocol in SignallingProtocol
        if (support(model, protocol).supported and (spoken_protocol(model, protocol) is protocol or model.speaks_spcp))
        or (protocol is SIP and flat_template(model))
        or profile_template(model, protocol)
    }
    assert served == set(FAMILIES)
    assert set(FAMILIES.values()) <= set(CASES)

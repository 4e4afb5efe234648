"""A phone's own file: what stands in it, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from bridge.core import DeviceName, Line, LineAppearance, Server, SignallingProtocol
from bridge.errors import ConfigurationError, InvalidInput
from bridge.phones import ConfigFamily, FirmwareKind, Model, catalogue
from bridge.phones.useragent import firmware_of
from bridge.provisioning import (
    NetworkSettings,
    PhoneSettings,
    Renderer,
    ServiceUrls,
    SipTransport,
    SshLogin,
    WebAccess,
    check_file,
    flat_template,
    render_flat_profile,
    secret_length,
    support,
)
from tests.samples import SECRET, STAMP, sample_device, sample_pool, template_loader

SIP = SignallingProtocol.SIP
SCCP = SignallingProtocol.SCCP
RENDERER = Renderer(template_loader())


def content(text: str, path: str) -> str | None:
    found: str | None = fromstring(text.encode()).findtext(path)
    return found


def sip(model: str | None = None, **options: object) -> str:
    chosen = catalogue().require(model) if model else None
    return RENDERER.render_phone_file(sample_device(), sample_pool(), model=chosen, **options).text


@pytest.mark.parametrize(
    "model", [None, "7941", "7906", "7975", "7841", "8841", "8821", "8832", "9971", "8945", "6941"]
)
def test_what_every_sip_file_holds(model: str | None) -> None:
    text = sip(model)
    for path, value in {
        "deviceProtocol": "SIP",
        "fullConfig": "true",
        "sipProfile/kpml": "0",
        "sipProfile/sipCallFeatures/remoteCcEnable": "true",
        "sipProfile/sipProxies/registerWithProxy": "true",
        "sipProfile/sipLines/line/proxy": "USECALLMANAGER",
        "sipProfile/sipLines/line/name": "1001",
        "sipProfile/sipLines/line/authName": "1001",
        "sipProfile/sipLines/line/authPassword": SECRET,
        "sipProfile/sipLines/line/featureLabel": "Ada",
        "sipProfile/sipLines/line/displayName": "Ada Lovelace",
        "sipProfile/dialTemplate": "dialplan.xml",
        "deviceSecurityMode": "1",
        "transportLayerProtocol": "1",
        "versionStamp": STAMP,
        "vendorConfig/sshAccess": "1",
        "devicePool/dateTimeSetting/timeZone": "W. Europe Standard/Daylight Time",
        "devicePool/dateTimeSetting/ntps/ntp/name": "192.0.2.11",
        "devicePool/callManagerGroup/members/member/callManager/processNodeName": "192.0.2.10",
    }.items():
        assert content(text, path) == value, path
    assert "<!" not in text
    assert content(text, "sshUserId") is None


def test_a_phone_of_unknown_model_gets_no_load() -> None:
    assert content(sip(load="SIP41.9-4-2SR3-1S"), "loadInformation") is None
    assert content(sip("7961", load="SIP41.9-4-2SR3-1S"), "loadInformation") == "SIP41.9-4-2SR3-1S"
    assert content(sip("7961"), "loadInformation") is None


@pytest.mark.parametrize(("model", "value"), [(None, "3"), ("7961", "3"), ("9951", "3"), ("7821", "1"), ("8861", "1")])
def test_call_waiting_is_on_in_each_familys_coding(model: str | None, value: str) -> None:
    assert content(sip(model), "sipProfile/sipLines/line/callWaiting") == value


@pytest.mark.parametrize(
    ("model", "wanted", "calls", "busy"),
    [(None, 50, 6, 6), ("8831", 50, 6, 6), ("7821", 50, 12, 12), ("7861", 50, 12, 12), ("8841", 250, 200, 200)],
)
def test_calls_stay_within_what_the_model_takes(model: str | None, wanted: int, calls: int, busy: int) -> None:
    text = sip(model, settings=PhoneSettings(max_calls=wanted, busy_trigger=wanted))
    assert content(text, "sipProfile/sipLines/line/maxNumCalls") == str(calls)
    assert content(text, "sipProfile/sipLines/line/busyTrigger") == str(busy)


def test_all_lines_share_the_one_credential_of_the_phone() -> None:
    lines = (
        LineAppearance(1, Line("1001")),
        LineAppearance(3, Line("2002", display_name="Sales"), label="A label that is far too long to be shown"),
    )
    text = RENDERER.render_phone_file(sample_device(SIP, *lines), sample_pool()).text
    entries = fromstring(text.encode()).findall("sipProfile/sipLines/line")
    assert [(entry.get("button"), entry.get("lineIndex"), entry.findtext("name")) for entry in entries] == [
        ("1", "1", "1001"),
        ("3", "2", "2002"),
    ]
    assert {(entry.findtext("authName"), entry.findtext("authPassword")) for entry in entries} == {("1001", SECRET)}
    assert entries[1].findtext("featureLabel") == "A label that is far too long t"
    assert entries[0].findtext("displayName") == "1001"
    assert content(text, "MissedCallLoggingOption") == "11"


@pytest.mark.req("AR-16")
def test_servers_stand_in_order_with_their_ports() -> None:
    pool = sample_pool(Server("a", "192.0.2.1", 5070, 2001), Server("b", "pbx-b.example.org"))
    members = fromstring(RENDERER.render_phone_file(sample_device(), pool).content).findall(
        "devicePool/callManagerGroup/members/member"
    )
    assert [
        (
            member.get("priority"),
            member.findtext("callManager/processNodeName"),
            member.findtext("callManager/ports/sipPort"),
            member.findtext("callManager/ports/ethernetPhonePort"),
        )
        for member in members
    ] == [("0", "192.0.2.1", "5070", "2001"), ("1", "pbx-b.example.org", "5060", "2000")]
    assert content(RENDERER.render_phone_file(sample_device(), pool).text, "sipProfile/sipLines/line/port") == "5070"


def test_settings_of_all_phones() -> None:
    settings = PhoneSettings(
        transport=SipTransport.UDP,
        web_access=WebAccess.OFF,
        ssh=SshLogin("admin", "geheim&sicher"),
        voicemail_number="*97",
        phone_label="Front desk number one",
        urls=ServiceUrls(directory="http://192.0.2.10/d?a=1&b=2"),
        missed_calls=False,
        dial_template="",
    )
    rendered = RENDERER.render_phone_file(sample_device(), sample_pool(codecs=("alaw",)), settings=settings)
    text = rendered.text
    assert content(text, "transportLayerProtocol") == "2"
    assert content(text, "vendorConfig/webAccess") == "1"
    assert content(text, "vendorConfig/sshAccess") == "0"
    assert content(text, "sshPassword") == "geheim&sicher"
    assert content(text, "sipProfile/sipLines/line/messagesNumber") == "*97"
    assert content(text, "sipProfile/phoneLabel") == "Front_desk_n"
    assert content(text, "directoryURL") == "http://192.0.2.10/d?a=1&b=2"
    assert content(text, "sipProfile/preferredCodec") == "g711alaw"
    assert content(text, "advertiseG722Codec") == "0"
    assert content(text, "sipProfile/dialTemplate") is None
    assert content(text, "MissedCallLoggingOption") == "0"
    assert "geheim" not in repr(settings)


def test_an_sccp_phone_gets_its_servers_and_no_lines() -> None:
    rendered = RENDERER.render_phone_file(
        sample_device(SCCP, secret="x" * 30), sample_pool(), model=catalogue().require("7961")
    )
    assert content(rendered.text, "deviceProtocol") == "SCCP"
    assert (
        content(rendered.text, "devicePool/callManagerGroup/members/member/callManager/ports/ethernetPhonePort")
        == "2000"
    )
    assert content(rendered.text, "sipProfile") is None
    assert "x" * 30 not in rendered.text
    assert not rendered.holds_secret
    assert RENDERER.render_phone_file(sample_device(), sample_pool()).holds_secret


@pytest.mark.req("AR-25")
@pytest.mark.parametrize(
    ("model", "desired", "spoken"), [("8841", SCCP, "SIP"), ("7937", SIP, "SCCP"), ("7961", SCCP, "SCCP")]
)
def test_a_single_protocol_phone_gets_the_file_of_its_own(model: str, desired: SignallingProtocol, spoken: str) -> None:
    rendered = RENDERER.render_phone_file(sample_device(desired), sample_pool(), model=catalogue().require(model))
    assert content(rendered.text, "deviceProtocol") == spoken


@pytest.mark.req("AR-26")
@pytest.mark.parametrize("desired", list(SignallingProtocol))
def test_a_7902_gets_an_sccp_file_whatever_is_asked_for(desired: SignallingProtocol) -> None:
    rendered = RENDERER.render_phone_file(sample_device(desired), sample_pool(), model=catalogue().require("7902"))
    assert content(rendered.text, "deviceProtocol") == "SCCP"


@pytest.mark.req("RG-32")
@pytest.mark.parametrize("model", list(catalogue()), ids=lambda model: model.name)
@pytest.mark.parametrize("protocol", list(SignallingProtocol))
def test_every_model_gets_a_file_or_a_refusal_in_words(model: Model, protocol: SignallingProtocol) -> None:
    found = support(model, protocol)
    if found.supported:
        rendered = RENDERER.render_phone_file(sample_device(protocol), sample_pool(), model=model)
        assert rendered.name == "SEP001122AABBCC.cnf.xml"
        spoken = SignallingProtocol(content(rendered.text, "deviceProtocol") or "")
        assert spoken in model.protocols or (spoken is SCCP and model.speaks_spcp)
        return
    with pytest.raises(ConfigurationError, match="there is no configuration file for a Cisco ") as refusal:
        RENDERER.render_phone_file(sample_device(protocol), sample_pool(), model=model)
    assert refusal.value.why
    assert refusal.value.fix


@pytest.mark.req("RG-32")
@pytest.mark.parametrize("model", list(catalogue()), ids=lambda model: model.name)
def test_the_matrix_answers_for_every_model_and_kind_of_firmware(model: Model) -> None:
    """A flat profile for those that read one, a cnf.xml for those that read that, else why not and what to do."""
    template = flat_template(model)
    served = [protocol for protocol in SignallingProtocol if support(model, protocol).supported]
    if template:
        profile = render_flat_profile(
            RENDERER, sample_device(), sample_pool(), model, PhoneSettings(), base="", year=2026
        )
        assert check_file(profile.name, profile.content) == ()
        assert firmware_of(model) is not FirmwareKind.ENTERPRISE
        assert not support(model, SIP).supported
        assert served == ([SCCP] if model.speaks_spcp else [])
    elif not served:
        refusals = [support(model, protocol) for protocol in SignallingProtocol]
        assert all(len(each.why) > 10 and len(each.fix) > 10 for each in refusals)
    else:
        assert firmware_of(model) is FirmwareKind.ENTERPRISE


def test_an_spa_phone_that_was_switched_to_spcp_gets_a_file_with_its_servers() -> None:
    model = catalogue().require("SPA504G")
    text = RENDERER.render_phone_file(sample_device(SCCP), sample_pool(), model=model, load="spa50x-30x-7-5-5").text
    assert content(text, "deviceProtocol") == "SCCP"
    assert content(text, "loadInformation") == "spa50x-30x-7-5-5"
    with pytest.raises(ConfigurationError):
        RENDERER.render_phone_file(sample_device(SCCP), sample_pool(), model=model, load="spa51x-7-5-5")


@pytest.mark.req("RG-32")
@pytest.mark.parametrize("name", ["8841-3PCC", "7821-3PCC", "SPA504G", "9861", "ATA 191-MPP"])
def test_flat_profile_phones_never_get_a_cnf_xml(name: str) -> None:
    with pytest.raises(ConfigurationError, match="flat-profile"):
        RENDERER.render_phone_file(sample_device(), sample_pool(), model=catalogue().require(name))


def test_the_families_of_the_matrix_cover_what_is_promised() -> None:
    today = {model.family for model in catalogue() if support(model, SIP).supported and SIP in model.administered}
    assert {ConfigFamily.JAVA_79XX, ConfigFamily.SERIES_78XX, ConfigFamily.SERIES_88XX} <= today


@pytest.mark.parametrize(("model", "length"), [(None, 12), ("7942", 12), ("8841", 30), ("9971", 30), ("7841", 30)])
def test_how_long_a_password_may_be(model: str | None, length: int) -> None:
    chosen = catalogue().require(model) if model else None
    assert secret_length(chosen) == length
    assert (
        "x" * length in RENDERER.render_phone_file(sample_device(secret="x" * length), sample_pool(), model=chosen).text
    )
    with pytest.raises(ConfigurationError, match="SIP password") as refusal:
        RENDERER.render_phone_file(sample_device(secret="q7" * length), sample_pool(), model=chosen)
    assert "q7" not in str(refusal.value)


@pytest.mark.parametrize("secret", ["", "with blank", "ümlaut", "line\nbreak"])
def test_a_password_that_no_phone_could_read_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="SIP password") as refusal:
        RENDERER.render_phone_file(sample_device(secret=secret), sample_pool())
    assert not secret or secret not in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lines": ()}, "has no line"),
        ({"version_stamp": "<x>"}, "no version stamp"),
    ],
)
def test_devices_that_cannot_be_rendered(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        RENDERER.render_phone_file(replace(sample_device(), **change), sample_pool())


@pytest.mark.parametrize(
    ("address", "what"), [("", "address"), ("a b", "address"), ("x" * 51, "address"), ("1.2.3.4\n", "address")]
)
def test_addresses_that_phones_cannot_read(address: str, what: str) -> None:
    with pytest.raises(ConfigurationError, match=what):
        RENDERER.render_phone_file(sample_device(), sample_pool(Server("pbx", address)))


def test_a_group_needs_one_to_three_servers() -> None:
    servers = [Server(str(number), f"192.0.2.{number}") for number in range(4)]
    with pytest.raises(ConfigurationError, match="has 4 servers"):
        RENDERER.render_phone_file(sample_device(), sample_pool(*servers))


@pytest.mark.parametrize("template", ["D/M/Y", "D.M.YY", "M/D/YA", "YY-M-D", "Y/M/DA"])
def test_date_formats_that_phones_know(template: str) -> None:
    pool = sample_pool()
    pool = replace(pool, date_time_group=replace(pool.date_time_group, date_template=template))
    text = RENDERER.render_phone_file(sample_device(), pool).text
    assert content(text, "devicePool/dateTimeSetting/dateTemplate") == template


@pytest.mark.parametrize("template", ["", "D/M", "D/M-Y", "D/M/Y B", "%d", "D/M/YYY"])
def test_date_formats_that_they_do_not(template: str) -> None:
    pool = sample_pool()
    pool = replace(pool, date_time_group=replace(pool.date_time_group, date_template=template))
    with pytest.raises(ConfigurationError, match="no date format"):
        RENDERER.render_phone_file(sample_device(), pool)


def test_a_load_for_other_hardware_is_not_written() -> None:
    with pytest.raises(ConfigurationError, match="does not fit a 8841"):
        sip("8841", load="SIP41.9-4-2SR3-1S")


def test_overrides_replace_and_add_elements() -> None:
    text = sip(
        "8841",
        overrides={"vendorConfig/webAccess": "1", "vendorConfig/bluetooth": "<0>", "commonProfile/phonePassword": "7"},
    )
    assert content(text, "vendorConfig/webAccess") == "1"
    assert content(text, "vendorConfig/bluetooth") == "<0>"
    assert content(text, "commonProfile/phonePassword") == "7"


@pytest.mark.parametrize("path", ["", "/vendorConfig", "a//b", "../x", "a[1]", "a b", "*", ".", "a/" * 9 + "b"])
def test_overrides_that_name_no_element(path: str) -> None:
    with pytest.raises(InvalidInput, match="names no element"):
        sip("8841", overrides={path: "1"})


def test_an_ata_keeps_its_prefix() -> None:
    device = replace(sample_device(), name=DeviceName("ATA001122AABBCC"))
    assert RENDERER.render_phone_file(device, sample_pool()).name == "ATA001122AABBCC.cnf.xml"


def test_a_site_may_replace_a_template(tmp_path: Path) -> None:
    (tmp_path / "88xx").mkdir()
    (tmp_path / "88xx" / "sip.xml").write_text(
        '{% extends "base/sip.xml" %}{% block vendor %}<!-- ours --><wifi>0</wifi>{% endblock %}', encoding="utf-8"
    )
    renderer = Renderer(template_loader(tmp_path))
    text = renderer.render_phone_file(sample_device(), sample_pool(), model=catalogue().require("8841")).text
    assert content(text, "vendorConfig/wifi") == "0"
    assert "<!--" not in text, "phones may stumble over comments"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("<device>", "no XML that a phone could read"),
        ('<!DOCTYPE device [<!ENTITY x "y">]><device>&x;</device>', "no XML that a phone could read"),
        ("<device>{{ phone.nothing }}</device>", "cannot be used"),
        ("{% if %}", "cannot be used"),
        ('{% extends "base/gone.xml" %}', "base/gone.xml is missing"),
        ("<device>{{ 1 / 0 }}</device>", "cannot be used"),
        ("<device>{{ phone.lines + 1 }}</device>", "cannot be used"),
        ('{% extends "neutral/sip.xml" %}', "builds on itself"),
        ("<device>\udcff</device>", "cannot be used"),
    ],
)
def test_a_broken_template_of_the_site_is_named(tmp_path: Path, template: str, message: str) -> None:
    (tmp_path / "neutral").mkdir()
    (tmp_path / "neutral" / "sip.xml").write_text(template, encoding="utf-8", errors="surrogateescape")
    renderer = Renderer(template_loader(tmp_path))
    with pytest.raises(ConfigurationError, match=message):
        renderer.render_phone_file(sample_device(), sample_pool())
    assert renderer.chosen("neutral/sip.xml", "other") == "neutral/sip.xml"
    renderer.fingerprint("neutral/sip.xml")


def test_the_languages_of_a_device_and_of_its_pool() -> None:
    pool = replace(sample_pool(), user_locale="German_Germany", network_locale="Germany")
    device = sample_device()
    text = RENDERER.render_phone_file(device, pool, model=catalogue().require("8841")).text
    assert content(text, "userLocale/name") == "German_Germany"
    assert content(text, "userLocale/langCode") is None
    assert content(text, "networkLocale") == "Germany"
    device = replace(device, settings=replace(device.settings, user_locale="French_France"))
    text = RENDERER.render_phone_file(device, pool, model=catalogue().require("8841")).text
    assert content(text, "userLocale/name") == "French_France"
    text = RENDERER.render_phone_file(sample_device(), sample_pool(), model=catalogue().require("8841")).text
    assert (content(text, "userLocale/name"), content(text, "userLocale/langCode")) == (
        "English_United_States",
        "en_US",
    )


def test_a_phone_has_a_template_of_its_own_beside_that_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "SEP001122AABBCC.xml").write_text(
        '{% extends "88xx/sip.xml" %}{% block features %}<phonePersonalization>1</phonePersonalization>{% endblock %}'
    )
    renderer = Renderer(template_loader(tmp_path))
    model = catalogue().require("8841")
    own = renderer.render_phone_file(sample_device(), sample_pool(), model=model).text
    other = renderer.render_phone_file(sample_device(name="SEP001122AABBCD"), sample_pool(), model=model).text
    assert content(own, "phonePersonalization") == "1"
    assert content(other, "phonePersonalization") is None


@pytest.mark.parametrize(
    "network", [NetworkSettings(audio_dscp=64), NetworkSettings(video_dscp=-1), NetworkSettings(voice_vlan=4095)]
)
def test_what_cannot_be_on_the_wire(network: NetworkSettings) -> None:
    with pytest.raises(ConfigurationError):
        sip("8841", settings=PhoneSettings(network=network))

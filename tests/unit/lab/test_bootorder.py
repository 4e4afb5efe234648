"""Boot orders: the observed logs replayed, and what a phone makes of the answers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bridge.core import MacAddress
from bridge.errors import LocalProtocolError, NotFound
from bridge.lab.bootfiles import load_version
from bridge.lab.bootorder import Booted, BootOrder, NewFirmware, NotConfigured, UpgradeFailed
from bridge.lab.lastreset import LastReset, last_reset
from bridge.lab.phonesettings import PhoneSettings
from bridge.phones import catalogue
from tests.firmware import load_list, platform_list

MAC = MacAddress("0011223344AA")
SEP = f"SEP{MAC}.cnf.xml"
TRUST = [f"CTLSEP{MAC}.tlv", f"ITLSEP{MAC}.tlv", "ITLFile.tlv"]


def sep(*, load: str = "", protocol: str = "SIP", more: str = "", profile: str = "", lines: bool = True) -> bytes:
    line = (
        "<sipLines><line button='1'><featureID>9</featureID><proxy>USECALLMANAGER</proxy><name>1001</name>"
        "<authName>1001</authName><authPassword>secret</authPassword></line></sipLines>"
    )
    return f"""<device><deviceProtocol>{protocol}</deviceProtocol><devicePool><callManagerGroup><members>
        <member priority="0"><callManager><processNodeName>192.0.2.10</processNodeName></callManager></member>
        </members></callManagerGroup></devicePool>
        <sipProfile><sipProxies><registerWithProxy>true</registerWithProxy></sipProxies>{profile}{line if lines else ""}
        </sipProfile><loadInformation>{load}</loadInformation>{more}</device>""".encode()


DEFAULTS = b"""<Default><autoRegistrationName>AUTO-REG</autoRegistrationName><callManagerGroup><members>
    <member priority="0"><callManager><processNodeName>192.0.2.10</processNodeName></callManager></member>
    </members></callManagerGroup><loadInformation683 model="8841">sip88xx.14-1-1</loadInformation683></Default>"""


def boot(
    model: str,
    load: str,
    files: Mapping[str, bytes],
    *,
    trust_list: bool = False,
    stored: PhoneSettings | None = None,
) -> tuple[list[str], BootOrder]:
    """Let a phone boot against a set of files: what it asked for, and the machine at its end."""
    order = BootOrder(catalogue().require(model), MAC, load, trust_list=trust_list, stored=stored)
    return run(order, files), order


def run(order: BootOrder, files: Mapping[str, bytes]) -> list[str]:
    asked: list[str] = []
    while (ask := order.next_request()) is not None:
        asked.append(ask.name)
        order.receive_answer(ask.name in files, files.get(ask.name, b""))
        assert len(asked) < 60
    return asked


def booted(order: BootOrder) -> PhoneSettings:
    assert isinstance(order.outcome, Booted), order.outcome
    return order.outcome.settings


def test_log_1_a_7960_with_sip_load_8_12() -> None:
    asked, order = boot(
        "7960",
        "P0S3-8-12-00",
        {
            SEP: b"<device><deviceProtocol>SIP</deviceProtocol>"
            b"<loadInformation>P0S3-8-12-00</loadInformation></device>",
            "P0S3-8-12-00.loads": b"P0S3-8-12-00.sb2",
            "SIPDefault.cnf": b'tftp_cfg_dir: "./"\nproxy1_address: "192.0.2.10"\nproxy_register: 1\n',
            f"./SIP{MAC}.cnf": b"line1_name: 1001 ; mine\nline1_password: pw\nline1_authname: 1001\n"
            b"dial_template: dialplan\n",
            "RINGLIST.DAT": b"",
            "dialplan.xml": b"",
        },
    )
    assert asked == [
        f"CTLSEP{MAC}.tlv",
        SEP,
        "P0S3-8-12-00.loads",
        "SIPDefault.cnf",
        f"./SIP{MAC}.cnf",
        "RINGLIST.DAT",
        "dialplan.xml",
    ]
    line = booted(order).line
    assert line is not None
    assert (line.name, line.auth_password, line.proxy) == ("1001", "pw", "192.0.2.10")


def test_log_2_a_7942_with_sip_load_9_4() -> None:
    profile = "<dialTemplate>dialplan.xml</dialTemplate>"
    content = sep(load="SIP42.9-4-2SR3-1S", more="<userLocale><name></name></userLocale>", profile=profile)
    asked, order = boot("7942", "SIP42.9-4-2SR3-1S", {SEP: content, "dialplan.xml": b""})
    assert asked == [*TRUST, SEP, "/mk-sip.jar", "dialplan.xml"]
    assert "Error updating locale" in order.status
    assert booted(order).label == "1001"


def test_log_4_a_7961_after_a_factory_reset() -> None:
    images = [
        "jar41sccp.9-4-2ES26.sbn",
        "cnu41.9-4-2ES26.sbn",
        "apps41.9-4-2ES26.sbn",
        "dsp41.9-4-2ES26.sbn",
        "cvm41sccp.9-4-2ES26.sbn",
    ]
    files = dict.fromkeys(images, b"image") | {"term61.default.loads": "\n\x01\x02".join(images).encode()}
    asked, order = boot("7961", "", files)
    assert asked == ["term61.default.loads", *images]
    assert order.outcome == NewFirmware("SCCP41.9-4-2ES26")


def test_java_loads_before_8_5_ask_for_no_identity_trust_list() -> None:
    asked, order = boot("7961", "SIP41.8-4-2S", {SEP: sep()})
    assert asked == [f"CTLSEP{MAC}.tlv", SEP]
    assert booted(order)


def test_an_8841_asks_as_its_family_does() -> None:
    profile = "<dialTemplate>dial.xml</dialTemplate><softKeyFile>keys.xml</softKeyFile>"
    asked, order = boot("8841", "sip88xx.14-1-1", {SEP: sep(profile=profile)})
    assert asked == [
        *TRUST,
        SEP,
        "AppDialRules.xml",
        "dial.xml",
        "keys.xml",
        "Ringlist-wb.xml",
        "defaultheadsetconfig.json",
    ]
    assert order.asks_http
    assert booted(order)


def test_a_missing_device_file_leads_to_the_defaults_and_their_line() -> None:
    asked, order = boot("8841", "sip88xx.14-1-1", {"XMLDefault.cnf.xml": DEFAULTS})
    assert asked[:5] == [*TRUST, SEP, "XMLDefault.cnf.xml"]
    settings = booted(order)
    assert settings.autoregistering
    assert settings.line
    assert (settings.line.name, settings.line.auth_name) == ("AUTO-REG", None)


def test_the_load_of_the_defaults_goes_by_device_number() -> None:
    files = {
        "XMLDefault.cnf.xml": DEFAULTS,
        "sip88xx.14-1-1.loads": platform_list(PLATFORM_1=("kern88xx.14-1.sbn",)),
        "kern88xx.14-1.sbn": b"k",
    }
    asked, order = boot("8841", "sip88xx.12-8-1", files)
    assert asked[-2:] == ["sip88xx.14-1-1.loads", "kern88xx.14-1.sbn"]
    assert order.outcome == NewFirmware("sip88xx.14-1-1")
    asked, order = boot("7841", "sip78xx.12-8-1", files)
    assert not any(name.endswith(".loads") for name in asked)


def test_nothing_found_ends_the_boot_and_the_phone_asks_again_later() -> None:
    asked, order = boot("8841", "sip88xx.14-1-1", {})
    assert asked == [*TRUST, SEP, "XMLDefault.cnf.xml"]
    assert isinstance(order.outcome, NotConfigured)


def test_a_named_load_without_files_is_asked_for_and_the_old_one_stays() -> None:
    asked, order = boot("7942", "SIP42.9-4-2SR3-1S", {SEP: sep(load="SIP42.9-9-9S")})
    assert "SIP42.9-9-9S.loads" in asked
    assert booted(order)


@pytest.mark.parametrize("missing", ["apps42.9-9-9.sbn", "jar42sip.9-9-9.sbn"])
def test_a_load_whose_image_is_missing_is_not_taken(missing: str) -> None:
    files = {
        SEP: sep(load="SIP42.9-9-9S"),
        "SIP42.9-9-9S.loads": b"apps42.9-9-9.sbn jar42sip.9-9-9.sbn",
        "apps42.9-9-9.sbn": b"x",
        "jar42sip.9-9-9.sbn": b"x",
    }
    del files[missing]
    asked, order = boot("7942", "SIP42.9-4-2SR3-1S", files)
    assert missing in asked
    assert booted(order)


def test_a_load_for_other_hardware_is_rejected() -> None:
    files = {SEP: sep(load="SIP41.9-4-2SR3-1S"), "SIP41.9-4-2SR3-1S.loads": b"apps41.9-4-2.sbn"}
    asked, order = boot("7942", "SIP42.9-4-2SR3-1S", files)
    assert not any(name.endswith(".sbn") for name in asked)
    assert "Load rejected HC" in order.status


def test_a_file_for_which_there_is_no_room_is_refused() -> None:
    files = {SEP: sep()}
    order = BootOrder(catalogue().require("7961"), MAC, "SIP41.9-4-2SR3-1S", room=len(files[SEP]) - 1)
    run(order, files)
    assert isinstance(order.outcome, NotConfigured)
    assert order.status == ["CFG TFTP Size Error"]
    assert last_reset("initialized", order.status) == LastReset(1, "TFTP Size Error")
    order = BootOrder(catalogue().require("7961"), MAC, "SIP41.9-4-2SR3-1S", room=len(files[SEP]))
    run(order, files)
    assert booted(order)


def test_a_load_older_than_the_hardware_is_rejected() -> None:
    files = {SEP: sep(load="SCCP41.8-5-3S", protocol="SCCP"), "SCCP41.8-5-3S.loads": load_list("apps41.8-5-3.sbn")}
    order = BootOrder(catalogue().require("7961"), MAC, "SCCP41.9-4-2SR3-1S", oldest_load="SCCP41.9-0-3S")
    asked = run(order, files)
    assert not any(name.endswith(".sbn") for name in asked)
    assert "Load rejected HC" in order.status
    assert booted(order)
    assert last_reset("initialized", order.status) == LastReset(0, "Load Rejected HC")
    assert last_reset("reset-reset", ()) == LastReset(22, "Reset-Reset")


@pytest.mark.parametrize(
    ("running", "wanted", "gets_there"),
    [
        ("SIP41.8-2-2SR1S", "SIP41.9-4-2SR3-1S", False),
        ("SIP41.8-2-2SR1S", "SIP41.8-5-2S", True),
        ("SIP41.8-3-3S", "SIP41.9-4-2SR3-1S", True),
        ("SIP41.8-2-2SR1S", "SIP41.9-2-1S", True),
    ],
)
def test_a_java_phone_with_a_very_old_load_does_not_get_to_the_newest_in_one_step(
    running: str, wanted: str, gets_there: bool
) -> None:
    files = {SEP: sep(load=wanted), f"{wanted}.loads": load_list("apps41.9-4-2.sbn"), "apps41.9-4-2.sbn": b"x"}
    asked, order = boot("7961", running, files)
    assert asked[-1] == "apps41.9-4-2.sbn", "the files are fetched either way"
    assert order.outcome == (NewFirmware(wanted) if gets_there else UpgradeFailed(wanted))


@pytest.mark.parametrize("content", [load_list("kern88xx.14-1.sbn", signed=False), b"kern88xx", b""])
def test_a_list_without_a_signature_is_not_taken(content: bytes) -> None:
    files = {SEP: sep(load="sip88xx.14-1-1"), "sip88xx.14-1-1.loads": content, "kern88xx.14-1.sbn": b"k"}
    asked, order = boot("8841", "sip88xx.12-8-1", files)
    assert "kern88xx.14-1.sbn" not in asked
    assert "Image authentication failed" in order.status
    assert booted(order)


def test_a_file_for_the_other_protocol_is_no_use_to_this_firmware() -> None:
    _asked, order = boot("7942", "SIP42.9-4-2SR3-1S", {SEP: sep(protocol="SCCP")})
    assert isinstance(order.outcome, NotConfigured)
    assert "SCCP" in order.outcome.why


def test_a_phone_with_a_trust_list_asks_for_signed_files_only_and_takes_none_of_ours() -> None:
    asked, order = boot("8841", "sip88xx.14-1-1", {SEP: sep(), f"{SEP}.sgn": sep()}, trust_list=True)
    assert SEP not in asked
    assert f"{SEP}.sgn" in asked
    assert isinstance(order.outcome, NotConfigured)
    assert "Trust List update failed" in order.status


def test_a_broken_file_leaves_the_old_settings_in_force() -> None:
    _asked, first = boot("8841", "sip88xx.14-1-1", {SEP: sep()})
    asked, order = boot("8841", "sip88xx.14-1-1", {SEP: b"<device><oops>"}, stored=booted(first))
    assert booted(order) == booted(first)
    assert "Error parsing config" in order.status
    assert "XMLDefault.cnf.xml" not in asked
    _asked, order = boot("8841", "sip88xx.14-1-1", {SEP: b"<device><oops>"})
    assert isinstance(order.outcome, NotConfigured)


def test_with_settings_in_flash_only_the_load_of_the_defaults_counts() -> None:
    _asked, first = boot("8841", "sip88xx.14-1-1", {SEP: sep()})
    asked, order = boot("8841", "sip88xx.12-8-1", {"XMLDefault.cnf.xml": DEFAULTS}, stored=booted(first))
    assert "sip88xx.14-1-1.loads" in asked
    assert not booted(order).autoregistering


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (sep(more="<deviceSecurityMode>3</deviceSecurityMode>"), "trust list"),
        (sep(more="<transportLayerProtocol>3</transportLayerProtocol>"), "trust list"),
        (sep(lines=False), "no line"),
        (sep().replace(b"true", b"false"), "not to register"),
        (sep().replace(b"192.0.2.10", b""), "call manager"),
    ],
)
def test_files_that_a_phone_reads_and_cannot_use(content: bytes, why: str) -> None:
    _asked, order = boot("8841", "sip88xx.14-1-1", {SEP: content})
    assert isinstance(order.outcome, NotConfigured)
    assert why in order.outcome.why


def test_a_restart_reads_the_short_list() -> None:
    order = BootOrder(catalogue().require("8841"), MAC, "sip88xx.14-1-1", restart=True)
    asked: list[str] = []
    while (ask := order.next_request()) is not None:
        asked.append(ask.name)
        order.receive_answer(ask.name == SEP, sep(profile="<dialTemplate>d.xml</dialTemplate>"))
    assert asked == [SEP, "d.xml", "Ringlist-wb.xml"]
    assert booted(order)


def test_every_family_of_desk_phones_boots_to_an_end() -> None:
    seen = 0
    for model in catalogue():
        try:
            asked, order = boot(model.name, model.sip_load or model.sccp_load or "unknown", {})
        except NotFound:
            continue
        seen += 1
        assert order.outcome is not None
        assert asked
        assert len(asked) == len(set(asked))
    assert seen > 40


def test_hexadecimal_digits_are_small_on_a_7905() -> None:
    asked, _order = boot("7905", "CP7905080003SCCP070409A", {})
    assert asked[0] == f"SEP{MAC.value.lower()}.cnf.xml"


def test_models_without_a_known_order_are_named() -> None:
    with pytest.raises(NotFound, match="no boot order"):
        BootOrder(catalogue().require("DX650"), MAC, "7.4.4")


def test_an_answer_without_a_question_is_our_own_mistake() -> None:
    order = BootOrder(catalogue().require("8841"), MAC, "sip88xx.14-1-1")
    with pytest.raises(LocalProtocolError):
        order.receive_answer(True)


@pytest.mark.parametrize(
    ("load", "version"),
    [
        ("SIP42.9-4-2SR3-1S", (9, 4, 2, 3, 1)),
        ("SIP41.8-5-4S", (8, 5, 4)),
        ("sip88xx.14-4-1-0301-6", (14, 4, 1, 301, 6)),
        ("", ()),
    ],
)
def test_versions_in_load_names(load: str, version: tuple[int, ...]) -> None:
    assert load_version(load) == version

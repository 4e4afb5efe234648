"""The grammar of file names, and three boots that were seen."""

from __future__ import annotations

import pytest

from bridge.core import DeviceName, SignallingProtocol
from bridge.phones import ConfigFamily, FileKind, PhoneEvidence, catalogue, parse_file_name, second_port
from bridge.phones.filenames import LONGEST_NAME

SIP = SignallingProtocol.SIP
SCCP = SignallingProtocol.SCCP
MAC = "001122AABBCC"
SEP = DeviceName("SEP001122AABBCC")


@pytest.mark.parametrize(
    "name",
    [
        "SEP001122AABBCC.cnf.xml",
        "sep001122aabbcc.cnf.xml",
        "SEP001122aabbcc.CNF.XML",
        "./SEP001122AABBCC.cnf.xml",
        "/SEP001122AABBCC.cnf.xml",
        "//./SEP001122AABBCC.cnf.xml",
        "\\SEP001122AABBCC.cnf.xml",
        "C:\\SEP001122AABBCC.cnf.xml",
        "c:SEP001122AABBCC.cnf.xml",
        "settings/SEP001122AABBCC.cnf.xml",
    ],
)
def test_a_device_file_however_it_is_written(name: str) -> None:
    found = parse_file_name(name)
    assert (found.kind, found.canonical, found.device) == (FileKind.DEVICE, "SEP001122AABBCC.cnf.xml", SEP)
    assert (found.signed, found.encrypted) == (False, False)
    assert not found.families, "a MAC proves no family"


@pytest.mark.parametrize(
    ("ending", "encrypted"), [(".sgn", False), (".SGN", False), (".enc.sgn", True), (".Enc.Sgn", True)]
)
def test_a_signed_request_is_one_for_the_plain_file_and_says_so(ending: str, encrypted: bool) -> None:
    found = parse_file_name(f"SEP{MAC}.cnf.xml{ending}")
    assert (found.kind, found.canonical, found.device) == (FileKind.DEVICE, "SEP001122AABBCC.cnf.xml", SEP)
    assert found.signed
    assert found.encrypted is encrypted


@pytest.mark.parametrize(
    ("name", "kind", "canonical"),
    [
        (f"CTLSEP{MAC}.tlv", FileKind.TRUST_LIST, f"CTLSEP{MAC}.tlv"),
        (f"itlsep{MAC.lower()}.TLV", FileKind.TRUST_LIST, f"ITLSEP{MAC}.tlv"),
        ("itlfile.tlv", FileKind.TRUST_LIST, "ITLFile.tlv"),
        ("CTLFile.tlv", FileKind.TRUST_LIST, "CTLFile.tlv"),
        ("XmlDefault.cnf.xml", FileKind.DEFAULT, "XMLDefault.cnf.xml"),
        ("XMLDefault.cnf.xml.sgn", FileKind.DEFAULT, "XMLDefault.cnf.xml"),
        (f"SEP{MAC}.cnf", FileKind.OLD_DEVICE, f"SEP{MAC}.cnf"),
        ("SEPDefault.cnf", FileKind.OLD_DEVICE, "SEPDefault.cnf"),
        (f"./SIP{MAC}.cnf", FileKind.SIP_TEXT, f"SIP{MAC}.cnf"),
        ("SIPDefault.cnf", FileKind.SIP_TEXT_DEFAULT, "SIPDefault.cnf"),
        ("OS79XX.TXT", FileKind.IMAGE_NAME, "OS79XX.TXT"),
        ("ld001122aabbcc", FileKind.PROFILE, "ld001122aabbcc"),
        ("gk001122aabbcc.x", FileKind.PROFILE, "gk001122aabbcc.x"),
        ("ffdefault.cfg", FileKind.PROFILE_DEFAULT, "ffdefault.cfg"),
        ("Term61.default.LOADS", FileKind.DEFAULT_LOADS, "term61.default.loads"),
        ("sip88xx.14-4-1-0301-6.loads", FileKind.LOADS, "sip88xx.14-4-1-0301-6.loads"),
        ("CP7925G-1.4.8.4.LOADS", FileKind.LOADS, "CP7925G-1.4.8.4.LOADS"),
        ("jar41sccp.9-4-2ES26.sbn", FileKind.FIRMWARE, "jar41sccp.9-4-2ES26.sbn"),
        ("P0S3-8-12-00.sb2", FileKind.FIRMWARE, "P0S3-8-12-00.sb2"),
        ("DSP69xx.0-0-0-14.zz.sgn", FileKind.FIRMWARE, "DSP69xx.0-0-0-14.zz.sgn"),
        ("SCCP894x.9-4-2.bin3.sgn", FileKind.FIRMWARE, "SCCP894x.9-4-2.bin3.sgn"),
        ("BOOT894x.0-0-2-0.bin.sgn", FileKind.FIRMWARE, "BOOT894x.0-0-2-0.bin.sgn"),
        ("EA15FW-BF3-220.SBN", FileKind.FIRMWARE, "EA15FW-BF3-220.SBN"),
        ("/mk-sip.jar", FileKind.LOCALE, "mk-sip.jar"),
        ("German_Germany/gb-sccp-sip.jar", FileKind.LOCALE, "German_Germany/gb-sccp-sip.jar"),
        ("English/7960-dictionary.xml", FileKind.LOCALE, "English/7960-dictionary.xml"),
        ("New_Zealand/g3-tones.xml.sgn", FileKind.TONES, "New_Zealand/g3-tones.xml"),
        ("AppDialRules.xml", FileKind.APPLICATION_DIAL_RULES, "AppDialRules.xml"),
        ("RINGLIST.DAT", FileKind.RING_LIST, "RINGLIST.DAT"),
        ("Ringlist-wb.xml", FileKind.RING_LIST, "Ringlist-wb.xml"),
        ("DISTINCTIVERINGLIST.XML", FileKind.RING_LIST, "DistinctiveRingList.xml"),
        ("Callback.raw", FileKind.RING, "Callback.raw"),
        ("Desktops\\320x196x4\\list.xml", FileKind.WALLPAPER_LIST, "Desktops/320x196x4/List.xml"),
        ("Desktops/320x196x4/hill top.png", FileKind.WALLPAPER, "Desktops/320x196x4/hill top.png"),
        ("defaultheadsetconfig.json", FileKind.HEADSET, "defaultheadsetconfig.json"),
        ("syncinfo.xml", FileKind.SYNC_INFO, "syncinfo.xml"),
        ("WLANDefault.xml", FileKind.WIRELESS_PROFILE, "WLANDefault.xml"),
        ("tzupdater.jar", FileKind.TIME_ZONES, "tzupdater.jar"),
        ("authorized_keys", FileKind.SSH_KEYS, "authorized_keys"),
        ("dialplan.xml", FileKind.DIAL_TEMPLATE, "dialplan.xml"),
        ("DRabcdef01-2345.xml", FileKind.DIAL_TEMPLATE, "DRabcdef01-2345.xml"),
        ("SKabcdef01-2345.xml", FileKind.SOFTKEYS, "SKabcdef01-2345.xml"),
        ("DefaultFP.4c.xml", FileKind.FEATURE_POLICY, "DefaultFP.4c.xml"),
        ("Communicator\\LdapDirectories.xml", FileKind.COMMUNICATOR, "Communicator/LdapDirectories.xml"),
        ("CSFJOHN.cnf.xml", FileKind.SOFTPHONE, "CSFJOHN.cnf.xml"),
        ("/7841-3PCC.xml", FileKind.FLAT_PROFILE, "7841-3PCC.xml"),
        ("/spa504G.cfg", FileKind.FLAT_PROFILE, "spa504G.cfg"),
        ("/init.cfg", FileKind.FLAT_PROFILE, "init.cfg"),
        ("/ata191.cfg", FileKind.FLAT_PROFILE, "ata191.cfg"),
        ("/001122aabbcc.xml", FileKind.FLAT_PROFILE, "001122aabbcc.xml"),
        ("XMLDefault504G.cnf.xml", FileKind.FLAT_PROFILE, "XMLDefault504G.cnf.xml"),
        ("robots.txt", FileKind.OTHER, "robots.txt"),
    ],
)
def test_the_whole_grammar(name: str, kind: FileKind, canonical: str) -> None:
    found = parse_file_name(name)
    assert (found.kind, found.canonical) == (kind, canonical)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "/",
        "./",
        "..",
        "../SEP001122AABBCC.cnf.xml",
        "a/../../etc/passwd",
        "..\\windows",
        "SEP001122AABBCC.cnf.xml\0.txt",
        "dial\nplan.xml",
        "dialplan.xml\x7f",
        "\x1b[2J",
        "Desktops/",
        "x" * (LONGEST_NAME + 1),
        "\ud800.xml",
    ],
)
def test_hostile_names_are_invalid(name: str) -> None:
    found = parse_file_name(name)
    assert found.kind is FileKind.INVALID
    assert found.canonical == ""
    assert found.device is None


@pytest.mark.parametrize(
    "name",
    [
        "SEP0011ZZAABBCC.cnf.xml",
        "SEP001122AABBC.cnf.xml",
        "SEP001122AABBCCD.cnf.xml",
        "SEP.cnf.xml",
        "SEP000000000000.cnf.xml",
        "SEPFFFFFFFFFFFF.cnf.xml",
        "SEP011122AABBCC.cnf.xml",
        "CTLSEP001122AABBC.tlv",
        "SIP00-11-22-AA-BB-CC.cnf",
        "SEP٠٠١١٢٢AABBCC.cnf.xml",
        "ata010000000000",
    ],
)
def test_what_is_no_mac_is_no_device(name: str) -> None:
    found = parse_file_name(name)
    assert found.kind is FileKind.NOT_A_DEVICE
    assert found.device is None


@pytest.mark.req("RG-02")
@pytest.mark.parametrize("mac", ["001122AABBCC", "00A1B2C3D4E5"])
def test_the_second_port_of_an_ata_is_found_by_its_box(mac: str) -> None:
    """Its name is the MAC without the first two digits, then 01; that may well look like a multicast address."""
    box = DeviceName("ATA" + mac)
    port = second_port(box)
    assert port == DeviceName(f"ATA{mac[2:]}01")
    found = parse_file_name(f"{port}.cnf.xml")
    assert found.kind is FileKind.DEVICE
    assert found.is_for(box)
    assert not found.is_for(DeviceName("ATA001122AABBCD"))
    assert not found.is_for(DeviceName("SEP" + mac))
    assert parse_file_name(f"{box}.cnf.xml").is_for(box)
    assert second_port(SEP) is None


@pytest.mark.parametrize(
    ("name", "family", "protocol"),
    [
        ("OS79XX.TXT", ConfigFamily.SIPPHONE_7940_60, None),
        ("SIPDefault.cnf", ConfigFamily.SIPPHONE_7940_60, SIP),
        ("term75.default.loads", ConfigFamily.JAVA_79XX, None),
        ("mk-sccp.jar", ConfigFamily.JAVA_79XX, SCCP),
        ("sl-bev-sip.jar", ConfigFamily.SERIES_88XX, SIP),
        ("x/gd-sip.jar", ConfigFamily.SERIES_99XX, SIP),
        ("x/g4-tones.xml", ConfigFamily.SERIES_99XX, None),
        ("gk001122aabbcc", ConfigFamily.FF_LD_GK, None),
        ("ata001122aabbcc", ConfigFamily.ATA18X, None),
        ("Communicator/x", ConfigFamily.CIPC, None),
    ],
)
def test_names_that_prove_a_family(name: str, family: ConfigFamily, protocol: SignallingProtocol | None) -> None:
    found = parse_file_name(name)
    assert found.families == {family}
    assert found.protocol is protocol


BOOT_7960 = [
    (f"CTLSEP{MAC}.tlv", FileKind.TRUST_LIST),
    (f"SEP{MAC}.cnf.xml", FileKind.DEVICE),
    ("P0S3-8-12-00.loads", FileKind.LOADS),
    ("SIPDefault.cnf", FileKind.SIP_TEXT_DEFAULT),
    (f"./SIP{MAC}.cnf", FileKind.SIP_TEXT),
    ("RINGLIST.DAT", FileKind.RING_LIST),
    ("dialplan.xml", FileKind.DIAL_TEMPLATE),
]
BOOT_7942 = [
    (f"CTLSEP{MAC}.tlv", FileKind.TRUST_LIST),
    (f"ITLSEP{MAC}.tlv", FileKind.TRUST_LIST),
    ("ITLFile.tlv", FileKind.TRUST_LIST),
    (f"SEP{MAC}.cnf.xml", FileKind.DEVICE),
    ("/mk-sip.jar", FileKind.LOCALE),
    ("dialplan.xml", FileKind.DIAL_TEMPLATE),
]
BOOT_7961 = [
    ("term61.default.loads", FileKind.DEFAULT_LOADS),
    ("jar41sccp.9-4-2ES26.sbn", FileKind.FIRMWARE),
    ("cnu41.9-4-2ES26.sbn", FileKind.FIRMWARE),
    ("apps41.9-4-2ES26.sbn", FileKind.FIRMWARE),
    ("dsp41.9-4-2ES26.sbn", FileKind.FIRMWARE),
    ("cvm41sccp.9-4-2ES26.sbn", FileKind.FIRMWARE),
]
"""Boot logs L1, L2 and L4 of the phone boot reference, section 6."""


@pytest.mark.parametrize(
    ("boot", "models", "protocol"),
    [
        (BOOT_7960, {"7940G", "7960G"}, SIP),
        (BOOT_7942, {model.name for model in catalogue() if model.family is ConfigFamily.JAVA_79XX}, SIP),
        (BOOT_7961, {"7961G", "7961G-GE"}, SCCP),
    ],
    ids=["7960", "7942", "7961 after a factory reset"],
)
def test_boots_that_were_seen(boot: list[tuple[str, FileKind]], models: set[str], protocol: SignallingProtocol) -> None:
    evidence = PhoneEvidence()
    for name, kind in boot:
        found = parse_file_name(name)
        assert found.kind is kind, name
        assert found.device in {None, SEP}
        evidence = evidence.with_file(found)
    assert {model.name for model in evidence.candidates()} == models
    assert evidence.observed is protocol
    assert not evidence.holds_trust_list

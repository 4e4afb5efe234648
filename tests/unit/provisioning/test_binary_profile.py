"""Binary profiles: octets that the maker's own tool gave, and what it would refuse or cut."""

from __future__ import annotations

import pytest

from bridge.errors import ConfigurationError
from bridge.provisioning import check_file
from bridge.provisioning.binaryprofile import LARGEST, ProfileReader, compile_profile

PHONE, ADAPTER = ProfileReader.PHONE, ProfileReader.ADAPTER


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("UseTftp:1", "23617461fffe0400160003140101"),
        ("StaticIP:192.0.2.170", "23617461fffe04017300060304c00002aa"),
        ("SIPPort:5060", "23617461fffe04012000064504000013c4"),
        ("GkOrProxy:10.0.0.2\nUseTftp:1", "23617461fffe0401b8000d1401011d0831302e302e302e32"),
        ("UseTftp:false\nUseLoginID:False\nDhcp:0", "23617461fffe04003b00090f0100140100150100"),
        ("UseTftp:1\nEncryptKey:abcd", "23617461fffe0401e100091401013d0461626364"),
        (
            "DialTone:2,31538,30831,1380,1740,1,0,0,1000",
            "23617461fffe0403f70018241600027b32786f056406cc00010000000003e800000000",
        ),
        (
            "upgradecode:3,0x301,0x0400,0x0200,192.0.2.170,69,0x020514a,ata18x-v2-15-020927a.zup",
            "23617461fffe040a04002f91002c030000030104000200c00002aa00450020514a" + b"ata18x-v2-15-020927a.zup\0".hex(),
        ),
    ],
)
def test_the_octets_are_those_of_the_makers_tool(text: str, octets: str) -> None:
    """Recorded from cfgfmt 2.3 with the parameters of ATA firmware 3.1, by kugg/ATA-tools."""
    assert compile_profile(f"#txt\n{text}\n", ADAPTER).hex() == octets


def test_a_profile_that_was_changed_on_its_way_is_noticed() -> None:
    profile = compile_profile("#txt\nUseTftp:1\n", ADAPTER)
    assert check_file("ata001122aabbcc", profile) == ()
    for broken in (profile[:-1], profile + b"\0", profile[:-1] + b"\2", profile[:7] + b"\1" + profile[8:]):
        (found,) = check_file("ata001122aabbcc", broken)
        assert "wrong" in found.what


def test_names_have_no_letter_case_the_last_value_counts_and_comments_are_none() -> None:
    text = "#txt\n# a comment\nusetftp:0\n\nUSETFTP: 1\n"
    assert compile_profile(text, ADAPTER).hex() == "23617461fffe0400160003140101"


def test_numbers_above_255_come_first_and_take_two_octets() -> None:
    body = compile_profile("#txt\nUID:1001\nDisplayName:Ann\nTimeFormat:H:i\n", PHONE)[11:]
    assert body == b"\x83\xee\x03Ann\x83\xed\x03H:i\x19\x041001"


def test_one_number_is_another_parameter_for_another_reader() -> None:
    assert compile_profile("#txt\nProxy3:192.0.2.1\n", PHONE)
    with pytest.raises(ConfigurationError, match=r"'Proxy3' is no parameter .* such a adapter"):
        compile_profile("#txt\nProxy3:192.0.2.1\n", ADAPTER)
    for line in ("CA0orCM0:192.0.2.1", "GkOrProxy:192.0.2.1"):
        assert compile_profile(f"#txt\n{line}\n", ADAPTER)[11:] == b"\x1d\x09192.0.2.1"


@pytest.mark.parametrize(
    "line",
    [
        "UseTftp:2",
        "StaticIP:192.0.2",
        "SIPPort:many",
        "SIPPort:4294967296",
        "OpFlags:-1",
        "UID0:" + "1" * 32,
        "UID0:☎",
        "NPrintf:192.0.2.1.70000",
        "DialTone:" + ",".join("1" * 12),
        "upgradecode:3,0x301,0x0400,0x0200,192.0.2.170,69,0x020514a",
        f"upgradecode:3,0x301,0x0400,0x0200,192.0.2.170,69,0x020514a,{'a' * 32}",
    ],
)
def test_a_value_that_does_not_fit_is_refused_without_showing_it(line: str) -> None:
    name, _, value = line.partition(":")
    with pytest.raises(ConfigurationError, match=rf"{name} of a profile cannot hold that") as refusal:
        compile_profile(f"#txt\n{line}\n", ADAPTER)
    assert value not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "UseTftp:1\n", "#ata\nUseTftp:1\n"])
def test_a_text_without_its_beginning_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no beginning"):
        compile_profile(text, ADAPTER)


@pytest.mark.parametrize("line", ["NoSuchThing:1", "UseTftp", "<device>"])
def test_what_is_no_parameter_is_refused(line: str) -> None:
    with pytest.raises(ConfigurationError, match="is no parameter"):
        compile_profile(f"#txt\n{line}\n", ADAPTER)


def test_a_profile_that_the_tool_would_split_is_refused() -> None:
    names = ("DialPlanEx", "CallCmd", "CodecName", "DialPlan", "NatServer")
    sizes = (499, 247, 247, 199, 47)
    lines = [f"{name}:{'x' * size}" for name, size in zip(names, sizes, strict=True)]
    assert len(compile_profile("\n".join(["#txt", *lines]), ADAPTER)) < LARGEST
    tones = [f"{tone}:1" for tone in ("ReorderTone", "SITone", "DialTone", "BusyTone", "RingBackTone", "CallWaitTone")]
    texts = [
        f"{name}:{'x' * 31}"
        for name in ("UID0", "PWD0", "UID1", "PWD1", "GkOrProxy", "Gateway", "GkId", "TftpURL", "AltTftpURL", "AltGk")
    ] + [f"{name}:{'x' * 31}" for name in ("SipOutBoundProxy", "MGCPVer", "Domain", "DisplayName0", "DisplayName1")]
    logins = [f"LoginID{port}:{'x' * 51}" for port in (0, 1)]
    with pytest.raises(ConfigurationError, match="octets"):
        compile_profile("\n".join(["#txt", *lines, *tones, *texts, *logins]), ADAPTER)

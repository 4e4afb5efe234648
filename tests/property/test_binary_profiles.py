"""What is written into a binary profile is what a phone reads out of it, by a reader that shares nothing with us."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from bridge.core import SignallingProtocol
from bridge.errors import ConfigurationError
from bridge.lab.binaryfile import read_binary_file, settings_from_binary
from bridge.lab.phonesettings import ConfigurationRefused
from bridge.provisioning import check_file
from bridge.provisioning.binaryprofile import ProfileReader, compile_profile

TEXTS = {"UID": 25, "PWD": 26, "Proxy": 29, "LoginID": 44, "DisplayName": 1006, "ServicesUrl": 1001}
INTEGERS = {"TimeZone": 56, "SIPPort": 69, "SIPRegInterval": 13, "ForwardToVMDelay": 1014}
FLAGS = {"SIPRegOn": 19, "UseTftp": 20, "CallWaiting": 1013}
NAMES = {name.lower(): number for name, number in (TEXTS | INTEGERS | FLAGS).items()}
SHOWN = st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_categories=("Cc",))
WORDS = st.text(SHOWN, max_size=31).map(str.strip)
VALUES = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(TEXTS, WORDS)
    | dict.fromkeys(INTEGERS, st.integers(-(2**31), 2**31 - 1).map(str))
    | dict.fromkeys(FLAGS, st.sampled_from(["0", "1"])),
)


@given(VALUES)
def test_every_value_comes_out_as_it_went_in(values: dict[str, str]) -> None:
    text = "\n".join(["#txt", *(f"{name}:{value}" for name, value in values.items())])
    profile = compile_profile(text, ProfileReader.PHONE)
    assert check_file("gk001122aabbcc", profile) == ()
    read = read_binary_file(profile)
    assert set(read) == {NAMES[name.lower()] for name in values}
    for name, value in values.items():
        octets = read[NAMES[name.lower()]]
        if name in TEXTS:
            assert octets.decode("latin-1") == value
        else:
            assert int.from_bytes(octets, "big", signed=name in INTEGERS) == int(value)


@given(st.text(max_size=400))
def test_any_text_is_a_profile_or_a_refusal(text: str) -> None:
    for reader in ProfileReader:
        with contextlib.suppress(ConfigurationError):
            assert check_file("gk001122aabbcc", compile_profile("#txt\n" + text, reader)) == ()


@given(st.binary(max_size=300))
def test_any_octets_are_a_profile_or_refused(octets: bytes) -> None:
    for content in (octets, b"#ata\xff\xfe\x04" + octets):
        with contextlib.suppress(ConfigurationRefused):
            settings_from_binary(read_binary_file(content), SignallingProtocol.SIP)

"""What phones show, looked up as somebody typed it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.journey.screens import MOST_MESSAGES, alarm_meanings, explain, screen_texts, status_messages
from bridge.journey.screenspage import with_tables

PAGE = Path(__file__).parents[3] / "docs/troubleshooting.md"
KNOWN = ("Configuring IP", "Registering", "Unregistered", "Registration Rejected", "Error DBConfig",
         "No Trust List installed")  # fmt: skip


@pytest.mark.req("RG-21")
@pytest.mark.parametrize("text", KNOWN)
def test_a_known_text_is_found_whatever_its_case(text: str) -> None:
    for typed in (text, text.upper(), f"  {text.lower()}... "):
        found = explain(typed)
        assert found.is_certain
        assert [each.text for each in found.entries] == [text]


@pytest.mark.req("RG-21")
@pytest.mark.parametrize(
    ("typed", "text"),
    [("Configurng IP", "Configuring IP"), ("Regstering", "Registering"), ("Unregistred", "Unregistered"),
     ("Registration Rejeced", "Registration Rejected"), ("Eror DBConfig", "Error DBConfig"),
     ("No Trst List installed", "No Trust List installed")],
)  # fmt: skip
def test_one_typing_error_is_forgiven(typed: str, text: str) -> None:
    found = explain(typed)
    assert found.is_certain
    assert found.entries[0].text == text


@pytest.mark.req("RG-21")
def test_an_unknown_text_has_its_three_nearest() -> None:
    found = explain("the phone makes coffee")
    assert not found.is_certain
    assert len({each.text for each in found.entries}) == 3
    assert not explain("").is_certain
    assert len(explain("x" * 10_000).entries) == 3


STATUS = (
    "CFG TFTP Size Error", "Checksum Error", "Could not acquire an IP address from DHCP", "CTL and ITL installed",
    "CTL Installed", "CTL update failed", "DHCP timeout", "DNS timeout", "DNS unknown host", "Duplicate IP",
    "Erasing CTL and ITL files", "Error update locale", "File not found <Cfg File>", "File Not Found <CTLFile.tlv>",
    "IP address released", "ITL installed", "Load rejected HC", "No default router", "No DNS server IP",
    "No Trust List installed", "Phone failed to register. Cert key size is not FIPS compliant",
    "Restart requested by Cisco Unified Communications Manager", "TFTP access error", "TFTP error", "TFTP timeout",
    "Timed Out", "Trust List update failed", "Trust List updated", "Version error", "XmlDefault.cnf.xml",
    "SEP<mac>.cnf.xml",
)  # fmt: skip
"""The status messages of the 8800 guide (table of phone status messages)."""
SCREENS = (
    "Configuring IP", "Configuring VLAN", "Upgrading", "Registering", "Registration in progress",
    "Phone is registering", "Unregistered", "Not Registered", "Registration Rejected",
    "Registration Rejected: Error DBConfig", "Error Pass Limit", "Error Database", "Error Mismatch",
    "Error No License", "Error Unknown", "Unprovisioned", "Protocol Application Invalid", "No Load Specified",
    "Image Authentication Failed", "AUTO-REG", "Registration is active for another client",
    "TLS authentication failure", "Device security mismatch: expected TLS, received TCP/UDP",
    "SIP OAuth Registration port Mismatch",
)  # fmt: skip
"""Diagnosis reference, sections 2 and 5."""


@pytest.mark.req("RG-21")
@pytest.mark.parametrize("text", [*STATUS, *SCREENS])
def test_every_text_of_the_references_is_recognised_as_phones_write_it(text: str) -> None:
    (entry,) = explain(text).entries
    assert entry.text.lower()[:8] in text.lower()
    for typed in (text.upper(), text.lower(), f"10:26:44a {text}", f"{text}…", text.replace(" ", "  "), f"“{text}”"):
        found = explain(typed)
        assert found.is_certain, typed
        assert found.entries == (entry,), typed


@pytest.mark.parametrize("text", [*STATUS, *SCREENS])
def test_a_text_that_is_cut_off_is_recognised_or_all_that_begin_so_are_told(text: str) -> None:
    (entry,) = explain(text).entries
    whole = {each.text.lower() for each in screen_texts()}
    for length in range(max(6, len(text) // 2), len(text)):
        cut = text[:length].strip(" :<")
        if cut.lower() in whole or len(cut) < 6:
            continue  # that is a text itself, or could be anything
        assert entry.meaning in {each.meaning for each in explain(cut).entries} or "<" in cut


@pytest.mark.parametrize(
    ("typed", "text"),
    [("TFTP Timeout : SEP001122334455.cnf.xml", "TFTP timeout"), ("TFTP Error : XMLDefault.cnf.xml", "TFTP error"),
     ("File Not Found : SEP001122334455.cnf.xml", "File not found"), ("Error updating locale", "Error update locale"),
     ("10:26:44a SEP001122334455.cnf.xml", "SEP<mac>.cnf.xml"), ("403 expected TLS", "Device security mismatch"),
     ("Registration Rejected - Error DBConfig", "Registration Rejected: Error DBConfig")],
)  # fmt: skip
def test_the_name_of_a_file_behind_a_text_does_not_stand_for_it(typed: str, text: str) -> None:
    found = explain(typed.removeprefix("403 "))
    assert found.is_certain
    assert found.entries[0].text.startswith(text)


@pytest.mark.parametrize(
    "typed",
    ["24: Name=SEP001122334455 Load=8.0(2.0) Last=Phone-Reg-Rej", "alarm 24", "Cause: 24", "24", "Last=Phone-Reg-Rej",
     'SIP;cause=200;text="cisco-alarm:24 Name=SEP001122334455 ActiveLoad=sip78xx.12-1 Last=phone-reg-rej"'],
)  # fmt: skip
def test_an_alarm_is_recognised_by_its_line_or_its_number(typed: str) -> None:
    found = explain(typed)
    assert found.is_certain
    assert [each.families for each in found.entries] == ["alarm 24"]


def test_every_number_of_an_alarm_is_explained() -> None:
    for each in alarm_meanings():
        (entry,) = explain(f"alarm {each.cause}").entries
        assert entry.families == f"alarm {each.cause}"
        assert each.meaning[1:] in entry.meaning
    assert not explain("alarm 999").is_certain


def test_what_a_screen_adds_to_a_known_text_does_not_hide_it() -> None:
    assert explain("File Not Found : CTLFile.tlv 12:03:44").entries[0].text == "File Not Found CTLFile.tlv"
    assert explain("SEP001122334455.cnf.xml").entries[0].text == "SEP<mac>.cnf.xml"


def test_the_lines_of_a_phones_log_that_are_status_messages() -> None:
    lines = ["10:26:44a File Not Found : CTLFile.tlv", "kernel: eth0 up", "", "x" * 500, "10:27a DHCP timeout"]
    assert status_messages(lines) == (lines[0], lines[4])
    assert len(status_messages(["DNS timeout"] * 1000)) == MOST_MESSAGES


def test_every_word_of_an_alarm_is_explained() -> None:
    causes = {each.cause for each in alarm_meanings()}
    assert len(causes) == 43
    assert {0, 10, 17, 24, 31, 106, 111} <= causes
    assert explain("Phone-Reg-Rej").entries[0].families == "alarm 24"


def test_every_entry_says_what_it_means_and_what_to_do() -> None:
    texts = screen_texts()
    assert len({each.text.lower() for each in texts}) == len(texts)
    assert all(each.meaning.endswith(".") and each.fix and each.stage for each in texts)


def test_the_page_is_current() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tables(page), "run: python scripts/troubleshooting-page.py"

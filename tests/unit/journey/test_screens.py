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

"""Built-in labels: codes, and the words they stand for."""

from __future__ import annotations

import pytest

from bridge.sccp import CodePage, ExtendedLabel, Label, readable


@pytest.mark.parametrize(
    ("label", "code", "words"),
    [
        (Label.REDIAL, b"\x80\x01", "Redial"),
        (Label.YOUR_CURRENT_OPTIONS, b"\x80\x13", "Your current options"),
        (Label.ENTER_NUMBER, b"\x80\x20", "Enter number"),
        (Label.ERROR_DATABASE_CONFIG, b"\x80\x2f", "Error DBConfig"),
        (Label.SERVICES_URL, b"\x80\x7f", "Services URL"),
        (ExtendedLabel.DO_NOT_DISTURB_IS_ACTIVE, b"\x1e\x39", "Do not disturb is active"),
        (ExtendedLabel.CONNECTING, b"\x1e\x51", "Connecting"),
    ],
)
def test_a_label_has_its_code_and_its_words(label: Label, code: bytes, words: str) -> None:
    assert CodePage.LATIN_1.encode(label) == code
    assert label.english == words
    assert readable(label) == words


def test_labels_among_plain_text() -> None:
    assert readable(Label.FROM + "1003") == "From 1003"
    assert readable(f"{Label.FORWARDED_TO} 1003") == "Forwarded to 1003"
    assert readable(Label.BUSY + Label.HOLD) == "BusyHold"
    assert readable("Plain") == "Plain"


def test_unknown_and_broken_labels_stay_visible_or_vanish() -> None:
    assert readable("\x80\x60!") == "[80 60] !"
    assert readable("end\x80") == "end"


def test_every_code_is_used_once() -> None:
    codes = [label.value for family in (Label, ExtendedLabel) for label in family]
    assert len(codes) == len(set(codes))
    assert all(len(code) == 2 for code in codes)

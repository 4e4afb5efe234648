"""Route patterns, looked at digit by digit."""

from __future__ import annotations

import pytest

from bridge.callcontrol.dialrules import DialRule, Fit, is_complete, outside_tone, takes_hash
from bridge.errors import ConfigurationError


@pytest.mark.parametrize(
    ("pattern", "digits", "fit"),
    [
        ("600", "", Fit.PARTLY),
        ("600", "60", Fit.PARTLY),
        ("600", "600", Fit.WHOLE),
        ("600", "6001", Fit.NONE),
        ("600", "7", Fit.NONE),
        ("9.XXXX", "91234", Fit.WHOLE),
        ("9.XXXX", "9123", Fit.PARTLY),
        ("9.XXXX", "9*", Fit.NONE),
        ("[2-46]XX", "699", Fit.WHOLE),
        ("[2-46]XX", "5", Fit.NONE),
        ("[^0-1]X", "05", Fit.NONE),
        ("[^0-1]X", "25", Fit.WHOLE),
        ("0.!", "0", Fit.PARTLY),
        ("0.!", "03", Fit.OPEN),
        ("0.!", "0301234567", Fit.OPEN),
        ("0.!", "030#", Fit.NONE),
        ("*8X", "*81", Fit.WHOLE),
        ("!", "5", Fit.OPEN),
    ],
)
def test_fit(pattern: str, digits: str, fit: Fit) -> None:
    assert DialRule(pattern).fit(digits) is fit


@pytest.mark.parametrize("pattern", ["", ".", "0.!#", "[12", "[]", "6a", "6 0", "[a-c]", "X" * 65])
def test_patterns_that_cannot_be_read(pattern: str) -> None:
    with pytest.raises(ConfigurationError):
        DialRule(pattern)


def test_complete_only_where_no_rule_waits_for_more() -> None:
    rules = (DialRule("11"), DialRule("11X"), DialRule("600"))
    assert not is_complete(rules, "11")
    assert is_complete(rules, "110")
    assert is_complete(rules, "600")
    assert not is_complete(rules, "61")
    assert not is_complete((), "600")


def test_a_rule_that_wants_the_hash_key() -> None:
    rules = (DialRule("*72#"), DialRule("600"))
    assert takes_hash(rules, "*72")
    assert not takes_hash(rules, "600")


def test_the_secondary_dial_tone() -> None:
    rules = (DialRule("0.!", outside_tone_after="0"),)
    assert outside_tone(rules, "0")
    assert not outside_tone(rules, "03")
    assert not outside_tone((DialRule("0.!"),), "0")

"""Patterns in CUCM's notation, and the strings they match."""

from __future__ import annotations

import pytest

from bridge.dialplan import Pattern
from bridge.dialplan.plans import PLANS, expand
from bridge.errors import ConfigurationError


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("1234", "1234", "123 12345 1235"),
        ("9XXX", "9000 9999", "900 90000 8000 9*00"),
        ("[2-9]XX", "200 999", "100 2000"),
        ("[135*]1", "11 31 *1", "21 #1"),
        ("813510[^0-5]", "8135106 8135109 813510* 813510#", "8135100 813510"),
        ("91!", "910 91123456789", "91 9 91*"),
        ("91X?", "91 910 911111", "9 92 91*"),
        ("91X+", "910 911111", "91"),
        ("9+11", "911 9911 99911", "11 9119"),
        ("9?11", "11 911", "9911"),
        ("[12]?5", "5 15 25", "125 35"),
        ("9.011!", "901144", "9011 90114*"),
        ("9.011!#", "901144", "9011 901144#"),
        (r"\+1X", "+12", "12 +1"),
        ("*33XX#", "*3312#", "*3312"),
        ("!", "1 12345678901234567890", ""),
        ("A1", "A1", "a1"),
    ],
)
def test_what_it_matches(pattern: str, matching: str, other: str) -> None:
    read = Pattern(pattern)
    assert [number for number in matching.split() if not read.matches(number)] == []
    assert [number for number in other.split() if all(key in "0123456789*#+ABCD" for key in number)] == [
        number for number in other.split() if number != "a1" and not read.matches(number)
    ]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("", "1 to 50 characters"),
        ("1" * 51, "1 to 50 characters"),
        (".", "matches nothing"),
        ("9.1.2", "more than one dot"),
        ("1!2", "something follows the !"),
        ("[12", "closing bracket"),
        ("[]", "empty set"),
        ("[^0-9*#]", "is empty"),
        ("[^1][^2]", r"more than one \[\^…\]"),
        ("[3-1]", "which are no keys"),
        ("[1-*]", "which are no keys"),
        ("12e", "'e', which is on no keypad"),
        (r"\1", "something else than"),
        ("9@", "national numbering plan"),
        ("X+X+X+X+", "stands for 1728 patterns"),
    ],
)
def test_what_cannot_be_read_is_told(pattern: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Pattern(pattern)


def test_the_dot_tells_how_many_digits_the_access_code_has() -> None:
    assert [one.before_dot for one in Pattern("9.XXXX").shapes] == [1]
    assert [one.before_dot for one in Pattern("9011.!").shapes] == [4]
    assert [one.before_dot for one in Pattern("XXXX").shapes] == [0]
    assert sorted(one.before_dot for one in Pattern("9?1.X").shapes) == [1, 2]


def test_a_hash_behind_an_open_pattern_ends_the_number() -> None:
    assert Pattern("9.011!#").takes_hash
    assert not Pattern("9.011!").takes_hash
    assert not Pattern("*33XX#").takes_hash


def test_a_national_plan_is_written_out() -> None:
    numbers = [Pattern(text) for text in expand("9.@", "NANP")]
    for number in ("92125551234", "912125551234", "9911", "9411", "9011441234", "90", "900"):
        assert any(pattern.matches(number) for pattern in numbers), number
    for number in ("91125551234", "9111", "9", "2125551234"):
        assert not any(pattern.matches(number) for pattern in numbers), number
    german = [Pattern(text) for text in expand("0.@", "DE")]
    for number in ("0030123456", "0110", "0112", "00015112345678", "0004420123456", "0115"):
        assert any(pattern.matches(number) for pattern in german), number


@pytest.mark.parametrize("plan", PLANS)
def test_every_plan_can_be_read(plan: str) -> None:
    assert all(Pattern(text).shapes for text in expand("@", plan))


@pytest.mark.parametrize(("pattern", "plan"), [("9.@1", "NANP"), ("@@", "NANP"), ("@", "Atlantis")])
def test_a_plan_that_cannot_be_written_out_is_told(pattern: str, plan: str) -> None:
    with pytest.raises(ConfigurationError):
        expand(pattern, plan)


def test_a_pattern_without_a_plan_is_itself() -> None:
    assert expand("9.XXXX", "NANP") == ("9.XXXX",)

"""Application dial rules out of the site's patterns."""

from __future__ import annotations

import pytest

from bridge.app.files.applicationrules import application_rules
from bridge.core import DiscardDigits, NumberRange, RoutePattern, TranslationPattern

NOBODY = NumberRange("1000", "1000")


def route(pattern: str, *, plan: str = "NANP", block: bool = False) -> RoutePattern:
    return RoutePattern(pattern=pattern, destination="trunk", numbering_plan=plan, block=block)


def rules(*patterns: RoutePattern | TranslationPattern, numbers: tuple[str, ...] = ()) -> list[tuple[str, int, str]]:
    made = application_rules(patterns, numbers, NOBODY)
    assert all(rule.remove == 0 for rule in made)
    return [(rule.begins_with, rule.digits, rule.prefix) for rule in made]


def test_a_callers_number_gets_the_access_code_that_its_pattern_wants() -> None:
    assert rules(route("9.[2-9]XX[2-9]XXXXXX"), route("9.1[2-9]XX[2-9]XXXXXX")) == [("1", 11, "9"), ("", 10, "9")]


def test_a_translation_counts_as_well() -> None:
    translation = TranslationPattern(pattern="0.089XXXXXX", discard_digits=DiscardDigits.PRE_DOT)
    assert rules(translation) == [("089", 9, "0")]


def test_a_numbering_plan_gives_the_rules_of_its_numbers_that_have_an_end() -> None:
    assert rules(route("9.@")) == [("1", 11, "9"), ("", 10, "9")]
    assert ("0800", 10, "9") in rules(route("9.@", plan="GB"))


@pytest.mark.parametrize(
    "pattern",
    [
        "9.!",  # has no end
        "9.XXXX",  # may be an extension
        "[2-9]XXXXXX",  # no access code
        "9.@",  # blocked below
    ],
)
def test_what_gives_no_rule(pattern: str) -> None:
    assert rules(route(pattern, block=pattern.endswith("@"))) == []


def test_numbers_of_the_site_are_left_alone() -> None:
    assert rules(route("9.5551XXX"), numbers=("5551234",)) == []
    assert application_rules([route("9.5551XXX")], (), NumberRange("5551000", "5551099")) == ()
    assert rules(route("9.5551XXX"), numbers=("5552234",)) == [("5551", 7, "9")]


def test_where_two_codes_lead_to_the_same_numbers_neither_is_chosen() -> None:
    assert rules(route("8.[2-9]XX[2-9]XXXXXX"), route("9.[2-9]XX[2-9]XXXXXX")) == []

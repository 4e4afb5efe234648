"""Dial templates."""

from __future__ import annotations

import pytest
from defusedxml.ElementTree import fromstring

from bridge.core import NumberRange
from bridge.errors import ConfigurationError, InvalidInput
from bridge.provisioning import DialRule, Renderer, dial_rules
from tests.samples import template_loader

RENDERER = Renderer(template_loader())


def matches(*ranges: str, **options: object) -> dict[str, int]:
    rules = dial_rules(map(NumberRange.parse, ranges), **options)
    return {rule.match: rule.timeout for rule in rules}


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        (["1000-1999"], ["1..."]),
        (["1000-1149"], ["10..", "110.", "111.", "112.", "113.", "114."]),
        (["600-605"], ["600", "601", "602", "603", "604", "605"]),
        (["0100-0199"], ["01.."]),
        (["1000-2999", "100-199"], ["1...", "2...", "1.."]),
        (["1000-1000"], []),
        (["00-99"], [f"{digit}." for digit in range(10)]),
    ],
)
def test_ranges_become_anchored_patterns(ranges: list[str], expected: list[str]) -> None:
    assert matches(*ranges) == {**dict.fromkeys(expected, 0), "*": 5}


def test_everything_else_waits() -> None:
    assert matches(wait=8) == {"*": 8}


def test_emergency_numbers_go_out_at_once_unless_extensions_begin_with_them() -> None:
    assert matches("2000-2999", at_once=["112", "\\*97"])["112"] == 0
    assert matches("1120-1129", at_once=["112"]) == {"112": 5, "112.": 0, "*": 5}
    assert matches("1000-1999", at_once=["112"])["112"] == 5


@pytest.mark.parametrize("text", ["1-x", "[2-9]", "a", "1*2", "1" * 25, "1\n"])
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(InvalidInput, match="no rule of a dial template"):
        DialRule(text)


def test_the_file() -> None:
    rendered = RENDERER.render_dial_template(dial_rules([NumberRange.parse("1000-1999")], at_once=["112"]))
    root = fromstring(rendered.content)
    assert root.tag == "dialTemplate"
    assert [element.attrib for element in root.findall("TEMPLATE")] == [
        {"match": "112", "timeout": "5"},
        {"match": "1...", "timeout": "0"},
        {"match": "*", "timeout": "5"},
    ]


def test_it_stays_short_enough_for_an_8851_whatever_the_ranges() -> None:
    awkward = [NumberRange.parse("123456789012345-987654321098765"), NumberRange.parse("1111111111-8888888888")]
    rendered = RENDERER.render_dial_template(dial_rules(awkward, at_once=[f"1{n:023}" for n in range(500)]))
    assert len(rendered.content) < 8191
    assert b'match="*"' in rendered.content


def test_too_many_rules_are_refused_rather_than_dropped_by_the_phone() -> None:
    with pytest.raises(ConfigurationError, match="too long"):
        RENDERER.render_dial_template([DialRule("1" * 20)] * 200)

"""Dial templates from the dial plan."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bridge.app.files.dialtemplates import template_name, template_rules
from bridge.dialplan import Effect, Entry, Pattern
from bridge.provisioning import DialRule, Renderer
from bridge.provisioning.dialtemplate import LONGEST_TEMPLATE
from bridge.provisioning.siptextfiles import render_old_dial_template
from tests.samples import template_loader

RENDERER = Renderer(template_loader())


def rules(*patterns: str, urgent: Iterable[str] = ()) -> dict[str, int]:
    entries = [Entry(Pattern(text), 0, Effect()) for text in patterns]
    entries += [Entry(Pattern(text), 0, Effect(), urgent=True) for text in urgent]
    return {rule.match: rule.timeout for rule in template_rules(entries)}


def test_directory_numbers_in_a_row_become_few_rules() -> None:
    found = rules(*(str(number) for number in range(1000, 2000)), "4711")
    assert found == {"1...": 0, "4711": 0, "*": 5}


def test_a_route_pattern_is_sent_when_it_is_complete() -> None:
    assert rules("9.[2-3]XXX") == {"92...": 0, "93...": 0, "*": 5}


def test_a_number_that_may_go_on_is_waited_for() -> None:
    found = rules("0[1-9]XX", "00!", "112", "1120", "1XX")
    assert found["112"] == 5  # 1120 begins like it
    assert found["1120"] == 0
    assert all(found[f"0{digit}.."] == 0 for digit in range(1, 10))
    assert found["*"] == 5


def test_an_emergency_number_is_sent_at_once_whatever_begins_like_it() -> None:
    found = rules("112XXX", urgent=["112"])
    assert found["112"] == 0


def test_an_open_pattern_makes_shorter_ones_wait() -> None:
    assert rules("0!", "0XXX")["0..."] == 5


def test_the_star_key_and_sets_too_wide_to_write_out() -> None:
    found = rules("*8X", "[2-9][2-9]XX[2-9]XX")
    assert found["\\*8."] == 0
    assert not [match for match in found if len(match) == 7]
    assert rules("[2-9][2-9]XX[2-9]XX", "23")["23"] == 5  # not cut short


@pytest.mark.parametrize("count", [2000])
def test_a_large_plan_still_fits(count: int) -> None:
    entries = [Entry(Pattern(f"9{number:05d}"), 0, Effect()) for number in range(0, count * 3, 3)]
    entries.append(Entry(Pattern("1XXX"), 0, Effect()))
    found = template_rules(entries)
    assert DialRule("1...") in found
    assert len(RENDERER.render_dial_template(found).content) < LONGEST_TEMPLATE
    assert len(render_old_dial_template(RENDERER, found).content) < LONGEST_TEMPLATE


def test_a_large_plan_keeps_emergency_and_directory_numbers() -> None:
    """They cover few numbers each, and are those that nobody should wait for."""
    entries = [Entry(Pattern(f"9.1{number}XXXXXXX"), 0, Effect()) for number in range(200, 700)]
    entries += [Entry(Pattern(text), 0, Effect()) for text in (*map(str, range(4000, 4100)), "4711")]
    entries.append(Entry(Pattern("911"), 0, Effect(), urgent=True))
    found = template_rules(entries)
    kept = {DialRule("911"), DialRule("40.."), DialRule("4711")}
    assert kept <= set(found)
    assert sum("......." in each.match for each in found) > 100
    assert len(RENDERER.render_dial_template(found).content) < LONGEST_TEMPLATE
    old = render_old_dial_template(RENDERER, found).content
    assert len(old) < LONGEST_TEMPLATE
    assert all(f'MATCH="{each.match}"'.encode() in old for each in kept)


def test_directory_numbers_leave_room_for_patterns() -> None:
    entries = [Entry(Pattern(str(number)), 0, Effect()) for number in range(2000, 6000, 3)]
    entries += [Entry(Pattern(f"9.{digit}XXXXXX"), 0, Effect()) for digit in range(1, 10)]
    matches = {each.match for each in template_rules(entries)}
    assert {f"9{digit}......" for digit in range(1, 10)} <= matches


def test_every_pair_of_search_spaces_has_a_file_of_its_own() -> None:
    assert template_name(("", "")) == "dialplan.xml"
    names = {template_name(pair) for pair in (("a", "b"), ("ab", ""), ("", "ab"))}
    assert len(names) == 3

"""CUCM's closest match. The cases are those of the dial-plan reference, section 4.3."""

from __future__ import annotations

import pytest

from bridge.dialplan import Entry, Pattern, Tie, Waiting, compile_patterns, waiting, winner
from bridge.errors import ConfigurationError

NANP_LOCAL = (("XXXXXXX",), ("123XXXX",), ("1234XXX",))
NESTED = (("1XXX", "12XX", "121X", "1234"),)


def plan(*partitions: tuple[str, ...]) -> list[Entry[str]]:
    """Entries whose action is their pattern."""
    return [Entry(Pattern(text), rank, text) for rank, texts in enumerate(partitions) for text in texts]


def chosen(partitions: tuple[tuple[str, ...], ...], dialled: str) -> str | None:
    found = winner(plan(*partitions), dialled)
    assert not isinstance(found, Tie)
    return found.action if found else None


@pytest.mark.parametrize(
    ("partitions", "dialled", "expected"),
    [
        (NANP_LOCAL, "1234567", "1234XXX"),
        (NESTED, "1200", "12XX"),
        (NESTED, "1212", "121X"),
        (NESTED, "1234", "1234"),
        (NESTED, "1999", "1XXX"),
        (NESTED, "2000", None),
        ((("1[3-5]XX", "15!"),), "1515", "15!"),
        ((("[1-3]111", "1XXX"),), "1111", "[1-3]111"),
        ((("3XXXX",), ("30XXX",)), "30001", "30XXX"),
        ((("1XX4",), ("12XX",)), "1234", "1XX4"),
        ((("9.011!",), ("9.01144!",)), "9011441", "9.01144!"),
    ],
)
def test_the_closest_match_wins(partitions: tuple[tuple[str, ...], ...], dialled: str, expected: str | None) -> None:
    assert chosen(partitions, dialled) == expected


def test_equal_matches_go_to_the_earlier_partition() -> None:
    blocked = [Entry(Pattern("9.011!"), 0, "block"), Entry(Pattern("9.011!"), 1, "route")]
    found = winner(reversed(blocked), "9011441")
    assert isinstance(found, Entry)
    assert found.action == "block"


def test_equal_matches_in_one_partition_are_a_tie_for_the_matcher_and_an_error_for_the_compiler() -> None:
    tied = plan(("99[5-6]", "99[6-7]"))
    assert isinstance(winner(tied, "996"), Tie)
    assert winner(tied, "995") == tied[0]
    with pytest.raises(ConfigurationError, match=r"99\[5-6\] and 99\[6-7\] of one partition match 996"):
        compile_patterns(tied)
    assert compile_patterns([*tied, Entry(Pattern("996"), 1, "told apart")])


@pytest.mark.parametrize(
    ("dialled", "expected"),
    [
        ("", Waiting.MORE),
        ("9", Waiting.MORE),
        ("91", Waiting.MORE),
        ("911", Waiting.COMPLETE),
        ("9112", Waiting.MORE),
        ("12", Waiting.MAY_END),
        ("123", Waiting.MORE),
        ("1234", Waiting.COMPLETE),
        ("5", Waiting.NO_MATCH),
        ("911234567890", Waiting.COMPLETE),
    ],
)
def test_when_a_number_is_complete(dialled: str, expected: Waiting) -> None:
    entries = [*plan(("9.1XXXXXXXXXX", "12", "1234")), Entry(Pattern("911"), 0, "emergency", urgent=True)]
    assert waiting(entries, dialled) is expected


@pytest.mark.parametrize(
    ("partitions", "extensions"),
    [
        (NANP_LOCAL, {"_XXXXXXX", "_123XXXX", "_1234XXX"}),
        ((("[1-3]111", "1XXX"),), {"_[1-3]111", "_1XXX", "1111"}),
        ((("1XX4",), ("12XX",)), {"_1XX4", "_12XX", "_12X4"}),
        ((("3XXXX",), ("30XXX",)), {"_3XXXX", "_30XXX"}),
        ((("91X?",),), {"91", "_91."}),
        ((("[2-9]XX", "[1-9]X", "[02-58]"),), {"_NXX", "_ZX", "_[02-58]"}),
        ((("9!", "9*X"),), {"_9.", "_9*X"}),
    ],
)
def test_no_more_extensions_than_are_needed(partitions: tuple[tuple[str, ...], ...], extensions: set[str]) -> None:
    assert {one.extension for one in compile_patterns(plan(*partitions))} == extensions


def test_a_plan_that_overlaps_without_end_is_refused() -> None:
    texts = tuple("X" * at + "[1-3]" + "X" * (19 - at) for at in range(20))
    with pytest.raises(ConfigurationError, match="overlaps in more than"):
        compile_patterns(Entry(Pattern(text), rank, text) for rank, text in enumerate(texts))

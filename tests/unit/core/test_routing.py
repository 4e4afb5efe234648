"""Patterns, masks and templates: what is accepted, and what is not."""

from __future__ import annotations

import pytest

from bridge.core import (
    AppearanceSettings,
    CallingSearchSpace,
    DiscardDigits,
    RoutePattern,
    Softkey,
    SoftkeyState,
    StateKeys,
    TranslationPattern,
    apply_mask,
    search_list,
)
from bridge.core.routing import check_pattern
from bridge.errors import InvalidInput


@pytest.mark.parametrize(
    "text",
    [
        "1234",
        "9.1[2-9]XX[2-9]XXXXXX",
        "813510[^0-5]",
        "9.@",
        "91!",
        "9.011!#",
        "91X?",
        "9+11",
        r"\+1[2-9]XX",
        "*33XX#",
        "X+",
    ],
)
def test_patterns_of_cucm(text: str) -> None:
    assert check_pattern(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "9..1",
        "9.@@",
        "1!2",
        "[1-",
        "12]",
        "a",
        "9 1",
        "9,1",
        "1;2",
        "[^1][^2]",
        "1\n",
        "${EXTEN}",
        "X" * 51,
        "!!",
    ],
)
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(InvalidInput, match="route pattern"):
        check_pattern(text)


@pytest.mark.parametrize(
    ("mask", "number", "seen"),
    [
        ("972813XXXX", "1234", "9728131234"),
        ("0301234", "1234", "0301234"),
        ("XXXX", "1234", "1234"),
        ("5XXXX", "34", "534"),
        ("", "1234", "1234"),
        ("XX", "1234", "34"),
        ("+49XX00", "1234", "+491200"),
    ],
)
def test_masks_are_aligned_at_the_right(mask: str, number: str, seen: str) -> None:
    assert apply_mask(mask, number) == seen


def test_a_route_leads_somewhere_or_is_blocked() -> None:
    with pytest.raises(InvalidInput, match="leads nowhere"):
        RoutePattern(pattern="9.!")
    assert RoutePattern(pattern="9.!", block=True).access_code == "9"
    with pytest.raises(InvalidInput, match="destination"):
        RoutePattern(pattern="9.!", destination="trunk\nexten => 1")


def test_digits_before_the_dot_need_a_dot() -> None:
    with pytest.raises(InvalidInput, match="no dot"):
        TranslationPattern(pattern="9XXX", discard_digits=DiscardDigits.PRE_DOT)
    assert TranslationPattern(pattern="[89].XX").access_code == ""


def test_the_line_comes_before_the_device_and_none_is_last() -> None:
    line, device = CallingSearchSpace("L", ("B", "A")), CallingSearchSpace("D", ("A", "C"))
    assert search_list(line, device) == ("B", "A", "C", "")
    assert search_list(None, None) == ("",)


@pytest.mark.parametrize(
    ("state", "keys", "why"),
    [
        (SoftkeyState.ON_HOOK, (Softkey.REDIAL,), "lacks the soft key NewCall"),
        (SoftkeyState.RING_IN, (Softkey.ANSWER, Softkey.ANSWER), "twice"),
        (SoftkeyState.RING_IN, (Softkey.BLANK,) * 17, "more than 16"),
    ],
)
def test_soft_keys_that_cannot_be(state: SoftkeyState, keys: tuple[Softkey, ...], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        StateKeys(state, keys)


def test_a_line_is_busy_before_it_is_full() -> None:
    with pytest.raises(InvalidInput, match="busy trigger"):
        AppearanceSettings(max_calls=2, busy_trigger=3)

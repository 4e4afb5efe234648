"""Which number comes next."""

from __future__ import annotations

import pytest

from bridge.autoregistration import Allocation, allocate, free_numbers
from bridge.core import NumberRange

FOUR = NumberRange("1000", "1003")


def numbers(text: str) -> NumberRange:
    return NumberRange.parse(text)


@pytest.mark.req("AR-12")
def test_after_the_last_one_assigned_then_wrapping() -> None:
    in_use: set[str] = set()
    pointer = "1000"
    given = []
    for step in range(4):
        allocation = allocate(FOUR, pointer, in_use)
        assert allocation is not None
        given.append(allocation.number)
        in_use.add(allocation.number)
        pointer = allocation.next_number
        if step == 1:
            in_use.remove("1000")
    assert given == ["1000", "1001", "1002", "1003"]
    assert allocate(FOUR, pointer, in_use) == Allocation("1000", "1001")


@pytest.mark.req("AR-12")
def test_numbers_in_use_are_skipped_across_the_wrap() -> None:
    assert allocate(FOUR, "1002", {"1002", "1003", "1000"}) == Allocation("1001", "1002")


@pytest.mark.req("AR-13")
def test_without_a_reset_the_freed_number_comes_last() -> None:
    in_use = {f"100{digit}" for digit in range(8)} - {"1003"}
    assert allocate(numbers("1000-1009"), "1008", in_use) == Allocation("1008", "1009")
    assert allocate(numbers("1000-1009"), "1000", in_use) == Allocation("1003", "1004")


@pytest.mark.req("AR-15")
def test_a_full_range_gives_nothing_until_a_number_is_free() -> None:
    everything = set(FOUR)
    assert allocate(FOUR, "1000", everything) is None
    assert allocate(FOUR, "1000", everything - {"1002"}) == Allocation("1002", "1003")


@pytest.mark.req("AR-11")
def test_equal_ends_give_nothing() -> None:
    assert allocate(numbers("1000-1000"), "1000", set()) is None


@pytest.mark.req("AR-11")
def test_leading_zeros_stay() -> None:
    assert allocate(numbers("0010-0019"), "0019", set()) == Allocation("0019", "0010")
    assert allocate(numbers("0010-0019"), "0010", {"10", "11"}) == Allocation("0010", "0011")


@pytest.mark.parametrize("pointer", ["999", "1004", "", "10o0", "-1", "01000"])
def test_a_pointer_outside_the_range_means_its_start(pointer: str) -> None:
    assert allocate(FOUR, pointer, set()) == Allocation("1000", "1001")


def test_free_numbers_counts_only_numbers_of_the_range() -> None:
    assert free_numbers(FOUR, {"1001", "2000", "10x1", "01001"}) == 3
    assert free_numbers(numbers("1000-1000"), set()) == 0

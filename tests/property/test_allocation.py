"""Allocation, for every range, pointer and set of numbers in use."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.autoregistration import allocate, free_numbers
from bridge.core import NumberRange


@st.composite
def ranges(draw: st.DrawFn) -> NumberRange:
    width = draw(st.integers(1, 6))
    start = draw(st.integers(0, 10**width - 2))
    end = draw(st.integers(start + 1, min(start + 40, 10**width - 1)))
    return NumberRange(str(start).zfill(width), str(end).zfill(width))


@given(st.data(), ranges())
def test_never_a_number_in_use_and_exhausted_only_when_all_are(data: st.DataObject, numbers: NumberRange) -> None:
    in_use = data.draw(st.sets(st.sampled_from(list(numbers))))
    pointer = data.draw(st.one_of(st.sampled_from(list(numbers)), st.text(max_size=8)))
    allocation = allocate(numbers, pointer, in_use)
    if allocation is None:
        assert in_use == set(numbers)
        assert free_numbers(numbers, in_use) == 0
        return
    assert allocation.number in numbers
    assert allocation.number not in in_use
    assert allocation.next_number == numbers.after(allocation.number)
    if pointer in numbers:
        passed = [numbers.at(list(numbers).index(pointer) + step) for step in range(len(numbers))]
        assert all(each in in_use for each in passed[: passed.index(allocation.number)])


@given(st.data(), ranges())
def test_every_number_is_given_once_before_the_range_is_exhausted(data: st.DataObject, numbers: NumberRange) -> None:
    in_use = data.draw(st.sets(st.sampled_from(list(numbers))))
    pointer = data.draw(st.sampled_from(list(numbers)))
    free = set(numbers) - in_use
    given_out = []
    while (allocation := allocate(numbers, pointer, in_use)) is not None:
        given_out.append(allocation.number)
        in_use = in_use | {allocation.number}
        pointer = allocation.next_number
    assert len(given_out) == len(set(given_out))
    assert set(given_out) == free


@given(ranges(), st.lists(st.booleans(), max_size=60))
def test_a_freed_number_comes_back_only_after_all_the_others(numbers: NumberRange, choices: list[bool]) -> None:
    """Each phone leaves at once or stays: the next number is always further on, never the one just freed."""
    in_use: set[str] = set()
    pointer = numbers.start
    last = None
    for stays in choices:
        allocation = allocate(numbers, pointer, in_use)
        if allocation is None:
            return
        if len(numbers) - len(in_use) > 1:
            assert allocation.number != last
        last, pointer = allocation.number, allocation.next_number
        if stays:
            in_use.add(allocation.number)

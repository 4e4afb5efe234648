"""Dial templates from the site's dial plan: what a SIP phone sends at once, and what it waits for."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from bridge.core import NumberRange
from bridge.dialplan import Entry, Pattern
from bridge.dialplan.keys import DIGITS, keys_in
from bridge.provisioning import DialRule, plan_rules

_MOST_FORMS = 40
"""Into how many rules one pattern may be written out: templates know no sets of digits but ``.``, which is all keys."""
_WRITTEN = frozenset("0123456789*#")


def template_name(pair: tuple[str, str]) -> str:
    """The file for phones whose lines and devices have these search spaces."""
    if pair == ("", ""):
        return "dialplan.xml"
    return f"dialplan-{zlib.crc32(chr(0).join(pair).encode()):08x}.xml"


def template_rules(entries: Iterable[Entry[Any]]) -> tuple[DialRule, ...]:
    """The rules for a search list. A number that may go on is waited for, unless its pattern is urgent."""
    fixed: dict[str, bool] = {}
    beginnings: dict[str, None] = {}
    numbers: set[str] = set()
    for entry in entries:
        number = entry.pattern.number
        if number is not None and number.isdigit() and not entry.urgent:
            numbers.add(number)
            continue
        for form, is_open in _forms(entry.pattern):
            if is_open:
                beginnings[form] = None
            else:
                fixed[form] = fixed.get(form, False) or entry.urgent
    return plan_rules(fixed, beginnings, _runs(numbers))


def _forms(pattern: Pattern) -> Iterator[tuple[str, bool]]:
    """The pattern as phones write it, and whether more digits may follow. One that cannot be written out in a few rules
    counts as a beginning: its numbers are sent after the wait, and nothing that goes on to it is cut short."""
    for one in pattern.shapes:
        choices = ["." if mask == DIGITS else keys_in(mask) for mask in one.shape.keys]
        if any(not set(keys) <= _WRITTEN | {"."} for keys in choices):
            continue
        count = 1
        kept: list[str] = []
        for keys in choices:
            count *= len(keys)
            if count > _MOST_FORMS:
                break
            kept.append(keys)
        whole = len(kept) == len(choices)
        for form in product(*kept):
            yield "".join("\\*" if key == "*" else key for key in form), one.shape.is_open or not whole


def _runs(numbers: Iterable[str]) -> Iterator[NumberRange | str]:
    """Numbers that follow each other as ranges, the others alone."""
    run: list[str] = []
    for number in [*sorted(numbers, key=lambda text: (len(text), text)), ""]:
        if run and number and len(number) == len(run[-1]) and int(number) == int(run[-1]) + 1:
            run.append(number)
            continue
        if len(run) > 1:
            yield NumberRange(run[0], run[-1])
        elif run:
            yield run[0]
        run = [number]

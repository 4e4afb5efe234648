"""Whether a phone may go from the load it runs to another one in one step, and over which loads otherwise.

The rules are data (``data/ladders.csv``): below which version, to which version, over which versions, and what happens
to those who skip that (migration reference, section 7; models reference, section 3).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from bridge.core import SignallingProtocol
from bridge.phones.catalogue import ConfigFamily, Model
from bridge.phones.loads import FirmwareLoad, parse_load

Version = tuple[int, ...]
_SPLIT = re.compile(r"SR|MSR", re.IGNORECASE)
_BARE_VERSION = re.compile(r"\d+(?:[.-]\d+)+\w*", re.ASCII)
_OLD_NUMBERS = re.compile(r"(\d\d)(\d\d)?(\d\d)?(\d\d)?")


class LoadDifference(StrEnum):
    """How the load that a phone runs differs from the one it is to have (requirement RG-12)."""

    EQUAL = "equal"
    MINOR = "minor differs"
    MAJOR = "major differs"
    WRONG_FAMILY = "wrong family"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StepAdvice:
    """What is to be known before a phone changes its load."""

    difference: LoadDifference
    is_allowed: bool = True
    via: str = ""
    """The load to go over, in words; empty for a direct step."""
    via_installed: str = ""
    """One of the loads at hand that will do."""
    why: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    families: frozenset[str]
    running_protocol: str
    """Empty: whatever it speaks now."""
    protocol: str
    running_below: Version
    wanted_from: Version
    via_from: Version
    via_to: Version
    example: str
    why: str
    source: str


def version_of(load: str) -> tuple[Version, Version]:
    """The numbers of a load's version, before and after ``SR``: ``SIP41.9-4-2SR3-1S`` is (9, 4, 2), (3, 1)."""
    parsed = parse_load(load)
    text = parsed.version or (load if _BARE_VERSION.fullmatch(load) else "")
    before, _, after = text.partition(match[0]) if (match := _SPLIT.search(text)) else (text, "", "")
    if parsed.group.upper() in {"P003", "P004", "P005"} and (old := _OLD_NUMBERS.match(before)):
        return tuple(int(each) for each in old.groups() if each), _numbers(after)
    return _numbers(before), _numbers(after)


def compare_loads(running: str, wanted: str) -> LoadDifference:
    """How they differ. ``running`` may be a bare version, as SIP phones say it in their User-Agent."""
    if not running or not wanted:
        return LoadDifference.UNKNOWN
    running, wanted = _without_ending(running), _without_ending(wanted)
    if running.lower() == wanted.lower():
        return LoadDifference.EQUAL
    one, other = parse_load(running), parse_load(wanted)
    if _contradict(one, other):
        return LoadDifference.WRONG_FAMILY
    is_bare = not one.version and _BARE_VERSION.fullmatch(running)
    (old, old_release), (new, new_release) = version_of(running), version_of(wanted)
    if not old or not new:
        return LoadDifference.UNKNOWN
    length = min(len(old), len(new))
    if old[:length] == new[:length] and (is_bare or old_release == new_release):
        # A User-Agent has the first numbers alone: they are all that can be compared.
        return LoadDifference.EQUAL if is_bare or old == new else LoadDifference.MINOR
    return LoadDifference.MAJOR if old[:1] != new[:1] else LoadDifference.MINOR


def advise(
    running: str,
    wanted: str,
    model: Model | None,
    *,
    installed: Iterable[str] = (),
    protocol: SignallingProtocol | None = None,
) -> StepAdvice:
    """What to know about the step. A phone whose load nobody knows may take it: there is nothing to advise."""
    difference = compare_loads(running, wanted)
    if difference is LoadDifference.WRONG_FAMILY and not _changes_protocol_only(running, wanted):
        return StepAdvice(difference, is_allowed=False, why=f"{wanted} is for other hardware than {running}")
    if difference in {LoadDifference.UNKNOWN, LoadDifference.EQUAL}:
        return StepAdvice(difference)
    target = parse_load(wanted)
    families = {model.family.value} if model else {each.value for each in target.families}
    old, new = version_of(running)[0], version_of(wanted)[0]
    for rule in _rules():
        if not families & rule.families or (rule.protocol and rule.protocol != (target.protocol or protocol)):
            continue
        if rule.running_protocol and rule.running_protocol != parse_load(_without_ending(running)).protocol:
            continue
        if not (old < rule.running_below and new >= rule.wanted_from):
            continue
        found = next((each for each in installed if _serves(each, target, rule)), "")
        return StepAdvice(difference, False, _in_words(rule, target), found, rule.why, rule.source)
    return StepAdvice(difference)


def _serves(load: str, target: FirmwareLoad, rule: _Rule) -> bool:
    """Whether this load is one to go over."""
    parsed = parse_load(load)
    version = version_of(load)[0]
    same = parsed.group.lower() == target.group.lower() and parsed.protocol == target.protocol
    return same and bool(rule.via_from) and rule.via_from <= version[: len(rule.via_from)] <= rule.via_to


def _in_words(rule: _Rule, target: FirmwareLoad) -> str:
    if not rule.via_from:
        return rule.example
    low, high = _release(rule.via_from), _release(rule.via_to)
    return f"a load from {low} to {high}, such as {target.protocol}{target.group}.{rule.example}S"


def _release(version: Version) -> str:
    """``8.5(2)``, as release notes write it."""
    head = ".".join(str(each) for each in version[:2])
    return f"{head}({version[2]})" if len(version) > 2 else head


def _contradict(one: FirmwareLoad, other: FirmwareLoad) -> bool:
    if one.protocol and other.protocol and one.protocol is not other.protocol:
        return True
    return _other_hardware(one, other)


def _other_hardware(one: FirmwareLoad, other: FirmwareLoad) -> bool:
    if one.models and other.models:
        return not one.models & other.models
    return bool(one.families and other.families) and not one.families & other.families


def _changes_protocol_only(running: str, wanted: str) -> bool:
    return not _other_hardware(parse_load(_without_ending(running)), parse_load(_without_ending(wanted)))


def _without_ending(load: str) -> str:
    return load[: -len(".loads")] if load.lower().endswith(".loads") else load


def _numbers(text: str) -> Version:
    return tuple(int(each) for each in re.findall(r"\d{1,6}", text))


@cache
def _rules() -> tuple[_Rule, ...]:
    text = (resources.files("bridge.phones") / "data" / "ladders.csv").read_text(encoding="utf-8")
    return tuple(
        _Rule(
            families=frozenset(ConfigFamily(each).value for each in row["families"].split(";")),
            running_protocol=row["running_protocol"],
            protocol=row["protocol"],
            running_below=_numbers(row["running_below"]),
            wanted_from=_numbers(row["wanted_from"]),
            via_from=_numbers(row["via_from"]),
            via_to=_numbers(row["via_to"]),
            example=row["example"],
            why=row["why"],
            source=row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    )

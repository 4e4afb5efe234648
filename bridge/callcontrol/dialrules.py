"""When a number is complete: the site's route patterns, looked at digit by digit.

Patterns are written as CUCM writes them: ``X`` is any digit, ``[2-7*]`` one of a set (``[^…]`` none of it), ``!``
one or more digits at the end, ``.`` separates an access code and matches nothing, everything else is itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from bridge.errors import ConfigurationError

KEYS = frozenset("0123456789*#+ABCD")
_DIGITS = frozenset("0123456789")
MAX_PATTERN = 64


class Fit(IntEnum):
    """How the digits dialled so far fit a pattern."""

    NONE = 0
    PARTLY = 1
    """More digits are needed."""
    OPEN = 2
    """They match, and more may come."""
    WHOLE = 3
    """They match, and no more can come."""


@dataclass(frozen=True, slots=True)
class DialRule:
    """One route pattern. Raises ConfigurationError for a pattern that cannot be read."""

    pattern: str
    outside_tone_after: str = ""
    """After these digits the user hears the secondary dial tone."""
    _keys: tuple[frozenset[str], ...] = field(init=False, repr=False, compare=False)
    _is_open: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        body = self.pattern.replace(".", "")
        is_open = body.endswith("!")
        keys = tuple(_read(body[:-1] if is_open else body, self.pattern))
        if is_open:
            keys = (*keys, _DIGITS)
        if not keys or len(self.pattern) > MAX_PATTERN:
            raise ConfigurationError(
                f"{self.pattern!r} is no route pattern", fix="write for instance 9.XXXX, [2-7]XX, 0.!"
            )
        object.__setattr__(self, "_keys", keys)
        object.__setattr__(self, "_is_open", is_open)

    def fit(self, digits: str) -> Fit:
        """How ``digits`` fit."""
        keys = self._keys
        if any(digit not in allowed for digit, allowed in zip(digits, keys, strict=False)):
            return Fit.NONE
        if len(digits) < len(keys):
            return Fit.PARTLY
        if self._is_open:
            return Fit.OPEN if all(digit in _DIGITS for digit in digits[len(keys) :]) else Fit.NONE
        return Fit.WHOLE if len(digits) == len(keys) else Fit.NONE


def _read(body: str, pattern: str) -> Iterable[frozenset[str]]:
    index = 0
    while index < len(body):
        character = body[index]
        if character == "[":
            end = body.find("]", index)
            if end < 0:
                raise ConfigurationError(f"the route pattern {pattern!r} lacks a closing bracket")
            yield _set(body[index + 1 : end], pattern)
            index = end + 1
            continue
        if character == "X":
            yield _DIGITS
        elif character in KEYS:
            yield frozenset(character)
        else:
            raise ConfigurationError(f"the route pattern {pattern!r} holds {character!r}, which is on no keypad")
        index += 1


def _set(text: str, pattern: str) -> frozenset[str]:
    inverted = text.startswith("^")
    rest = text[1:] if inverted else text
    found: set[str] = set()
    index = 0
    while index < len(rest):
        if rest[index + 1 : index + 2] == "-" and len(rest) > index + 2:
            found.update(digit for digit in _DIGITS if rest[index] <= digit <= rest[index + 2])
            index += 3
        else:
            found.add(rest[index])
            index += 1
    if not found or not found <= KEYS:
        raise ConfigurationError(f"the route pattern {pattern!r} has a set without keys of the keypad")
    return (_DIGITS | {"*", "#"}) - found if inverted else frozenset(found)


def is_complete(rules: Iterable[DialRule], digits: str) -> bool:
    """True when the digits match a rule and no rule waits for more."""
    fits = [rule.fit(digits) for rule in rules]
    return Fit.WHOLE in fits and Fit.PARTLY not in fits and Fit.OPEN not in fits


def takes_hash(rules: Iterable[DialRule], digits: str) -> bool:
    """True when a rule wants ``#`` after these digits, which then does not end the number."""
    return any(rule.fit(digits + "#") is not Fit.NONE for rule in rules)


def outside_tone(rules: Iterable[DialRule], digits: str) -> bool:
    """True when the secondary dial tone is due after exactly these digits."""
    return any(rule.outside_tone_after == digits for rule in rules if rule.outside_tone_after)

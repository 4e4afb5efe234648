"""Route patterns as CUCM writes them, read into shapes.

Source: dial-plan reference, section 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from bridge.dialplan.keys import ALPHABET, COMPLEMENT, DIGITS, keys_in, mask_of
from bridge.dialplan.shape import Shape
from bridge.errors import ConfigurationError

MAX_PATTERN = 50
MAX_EXPANSION = 12
"""How often an element with ``?`` or ``+`` inside a pattern is repeated at most."""
MAX_SHAPES = 512
_HOW = "write for instance 9.XXXX, [2-7]XX, 9.1[2-9]XX[2-9]XXXXXX, 0.!"


@dataclass(frozen=True, slots=True)
class PatternShape:
    """One shape of a pattern, and how many keys stand before its dot (0 where it has none)."""

    shape: Shape
    before_dot: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern without ``@`` (see ``plans.expand``). Raises ConfigurationError for one that cannot be read."""

    text: str
    shapes: tuple[PatternShape, ...] = field(init=False, repr=False, compare=False)
    takes_hash: bool = field(init=False, compare=False, default=False)
    """It ends with ``!#``: a ``#`` ends the number, and is no part of what it is compared with."""

    def __post_init__(self) -> None:
        if not 0 < len(self.text) <= MAX_PATTERN:
            raise ConfigurationError(f"a pattern has 1 to {MAX_PATTERN} characters, not {self.text!r}", fix=_HOW)
        takes_hash = self.text.endswith("!#")
        object.__setattr__(self, "takes_hash", takes_hash)
        elements = tuple(_elements(self.text[:-1] if takes_hash else self.text, self.text))
        shapes = tuple(dict.fromkeys(_shapes(elements, self.text)))
        object.__setattr__(self, "shapes", shapes)

    @property
    def number(self) -> str | None:
        """The one number that it matches; None for a pattern of many."""
        first = self.shapes[0].shape
        if len(self.shapes) > 1 or not first.is_exact:
            return None
        return "".join(keys_in(mask) for mask in first.keys)

    def matches(self, dialled: str) -> bool:
        """Whether ``dialled``, made of keys, matches."""
        return any(one.shape.matches(dialled) for one in self.shapes)


@dataclass(frozen=True, slots=True)
class _Element:
    mask: int
    """0 for the dot."""
    least: int = 1
    most: int | None = 1
    """None: any number."""


def _elements(body: str, text: str) -> Iterator[_Element]:
    index = 0
    complements = 0
    while index < len(body):
        character = body[index]
        if character == ".":
            yield _Element(0)
            index += 1
            continue
        if character == "!":
            if index != len(body) - 1:
                raise ConfigurationError(f"in the pattern {text!r} something follows the !", fix="! stands at the end")
            yield _Element(DIGITS, 1, None)
            return
        mask, index, is_complement = _set_at(body, index, text)
        complements += is_complement
        if complements > 1:
            raise ConfigurationError(f"the pattern {text!r} has more than one [^…]", fix="CUCM allows one")
        suffix = body[index : index + 1]
        if suffix == "?":
            yield _Element(mask, 0, None if mask == DIGITS and index == len(body) - 1 else 1)
            index += 1
        elif suffix == "+" and body[index - 1] != "\\":
            yield _Element(mask, 1, None)
            index += 1
        else:
            yield _Element(mask)


def _set_at(body: str, index: int, text: str) -> tuple[int, int, bool]:
    """The set of keys that stands at ``index``, the index behind it, and whether it is a complement."""
    character = body[index]
    if character == "\\":
        if body[index + 1 : index + 2] != "+":
            raise ConfigurationError(f"in the pattern {text!r} a \\ stands before something else than +", fix=_HOW)
        return mask_of("+"), index + 2, False
    if character == "X":
        return DIGITS, index + 1, False
    if character == "[":
        end = body.find("]", index)
        if end < 0:
            raise ConfigurationError(f"the pattern {text!r} lacks a closing bracket", fix=_HOW)
        inside = body[index + 1 : end]
        mask = _keys(inside.removeprefix("^"), text)
        is_complement = inside.startswith("^")
        mask = COMPLEMENT & ~mask if is_complement else mask
        if not mask:
            raise ConfigurationError(f"the set [{inside}] of the pattern {text!r} is empty", fix=_HOW)
        return mask, end + 1, is_complement
    if character in ALPHABET and character != "+":
        return mask_of(character), index + 1, False
    if character == "@":
        raise ConfigurationError(
            f"the pattern {text!r} stands for a national numbering plan", fix="say which one it is: numbering_plan"
        )
    raise ConfigurationError(f"the pattern {text!r} holds {character!r}, which is on no keypad", fix=_HOW)


def _keys(inside: str, text: str) -> int:
    mask, index = 0, 0
    while index < len(inside):
        first, last = inside[index], inside[index]
        if inside[index + 1 : index + 2] == "-" and index + 2 < len(inside):
            last = inside[index + 2]
            index += 2
        index += 1
        if first == last and first in ALPHABET:
            mask |= mask_of(first)
        elif first.isdecimal() and last.isdecimal() and first.isascii() and last.isascii() and first < last:
            mask |= mask_of("0123456789"[int(first) : int(last) + 1])
        else:
            raise ConfigurationError(f"the pattern {text!r} has a set with {first}-{last}, which are no keys", fix=_HOW)
    if not mask:
        raise ConfigurationError(f"the pattern {text!r} has an empty set", fix=_HOW)
    return mask


def _shapes(elements: tuple[_Element, ...], text: str) -> Iterator[PatternShape]:
    if sum(element.mask == 0 for element in elements) > 1:
        raise ConfigurationError(f"the pattern {text!r} has more than one dot", fix="one dot ends the access code")
    if not any(element.mask for element in elements):
        raise ConfigurationError(f"the pattern {text!r} matches nothing", fix=_HOW)
    open_end = bool(elements) and elements[-1].most is None and elements[-1].mask == DIGITS
    choices: list[range] = []
    for index, element in enumerate(elements):
        if open_end and index == len(elements) - 1:
            choices.append(range(element.least, element.least + 1))
        else:
            most = MAX_EXPANSION if element.most is None else element.most
            choices.append(range(element.least, most + 1))
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > MAX_SHAPES:
        raise ConfigurationError(
            f"the pattern {text!r} stands for {count} patterns in Asterisk, more than {MAX_SHAPES}",
            why="elements with ? or + inside a pattern have to be written out there",
            fix="write patterns for the lengths that you need",
        )
    for numbers in product(*choices):
        keys: list[int] = []
        before_dot = 0
        for element, number in zip(elements, numbers, strict=True):
            if element.mask:
                keys += [element.mask] * number
            else:
                before_dot = len(keys)
        if keys or open_end:
            yield PatternShape(Shape(tuple(keys), open_end), before_dot)

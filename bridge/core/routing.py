"""The dial plan as CUCM's admins write it: partitions, calling search spaces, route and translation patterns.

Source: dialplan mapping reference, sections 3 to 8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from bridge.core.texts import check_dialled, check_mask, check_object_name, check_place, check_shown
from bridge.errors import InvalidInput

MAX_PATTERN = 50
MAX_PARTITIONS = 60
"""Partitions in one calling search space; CUCM limits their names to 512 characters together."""

_ELEMENT = r"(?:\\\+|[0-9A-D*#X]|\[\^?[0-9*#-]+\])"
_PATTERN = re.compile(rf"(?:{_ELEMENT}[?+]?|[.@])*(?:!#?)?")


class DiscardDigits(StrEnum):
    """Which dialled digits are dropped before the call leaves."""

    NONE = ""
    PRE_DOT = "PreDot"
    PRE_DOT_TRAILING_HASH = "PreDot Trailing-#"
    TRAILING_HASH = "Trailing-#"
    PRE_AT = "PreAt"


class ReleaseCause(StrEnum):
    """What the caller of a blocked pattern is told (CUCM's releaseClause)."""

    NO_ERROR = "No Error"
    UNALLOCATED_NUMBER = "Unallocated Number"
    CALL_REJECTED = "Call Rejected"
    NUMBER_CHANGED = "Number Changed"
    INVALID_NUMBER_FORMAT = "Invalid Number Format"

    @property
    def q850(self) -> int:
        """The cause value of ITU-T Q.850, which Asterisk's Hangup() takes."""
        return _Q850[self]


_Q850 = {
    ReleaseCause.NO_ERROR: 16,
    ReleaseCause.UNALLOCATED_NUMBER: 1,
    ReleaseCause.CALL_REJECTED: 21,
    ReleaseCause.NUMBER_CHANGED: 22,
    ReleaseCause.INVALID_NUMBER_FORMAT: 28,
}


@dataclass(frozen=True, slots=True)
class Partition:
    """A name space for directory numbers and patterns; the empty name is ``<None>``, reachable from everywhere."""

    name: str
    description: str = ""

    def __post_init__(self) -> None:
        if self.name:
            check_object_name(self.name, "partition")
        check_shown(self.description, "description", most=255)


@dataclass(frozen=True, slots=True)
class CallingSearchSpace:
    """The partitions that a caller may reach. Their order decides between equally close matches, and nothing else."""

    name: str
    partitions: tuple[str, ...] = ()
    description: str = ""

    def __post_init__(self) -> None:
        check_object_name(self.name, "calling search space")
        check_shown(self.description, "description", most=255)
        if len(set(self.partitions)) < len(self.partitions) or len(self.partitions) > MAX_PARTITIONS:
            raise InvalidInput(
                f"the calling search space {self.name} names a partition twice, or more than {MAX_PARTITIONS}",
                fix="name each partition once",
            )


@dataclass(frozen=True, slots=True, order=True)
class PatternKey:
    """What tells one pattern from another: the pattern and its partition."""

    pattern: str
    partition: str = ""

    def __str__(self) -> str:
        return f"{self.pattern} in {self.partition or '<None>'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DialPattern:
    """What route and translation patterns have in common. Raises InvalidInput for what cannot be.

    Digits are worked on in CUCM's order: discard, called mask, prefix; for the caller's number: external mask if
    asked for, calling mask, prefix (dialplan mapping reference, section 6).
    """

    pattern: str
    partition: str = ""
    description: str = ""
    block: bool = False
    """The pattern wins like any other, and the call is refused with ``release_cause``."""
    release_cause: ReleaseCause = ReleaseCause.NO_ERROR
    urgent: bool = False
    """No waiting for a longer match."""
    discard_digits: DiscardDigits = DiscardDigits.NONE
    prefix_digits: str = ""
    called_mask: str = ""
    use_external_mask: bool = False
    """The caller's number is seen through the external mask of its line."""
    calling_mask: str = ""
    calling_prefix: str = ""
    outside_dial_tone: bool = True
    """A second dial tone after the digits before the dot."""
    numbering_plan: str = "NANP"
    """What ``@`` stands for."""

    def __post_init__(self) -> None:
        check_pattern(self.pattern)
        check_shown(self.description, "description", most=255)
        check_dialled(self.prefix_digits, "prefix digits")
        check_dialled(self.calling_prefix, "calling prefix digits")
        check_mask(self.called_mask, "called party mask")
        check_mask(self.calling_mask, "calling party mask")
        check_place(self.numbering_plan, "numbering plan")
        needs_dot = self.discard_digits in {DiscardDigits.PRE_DOT, DiscardDigits.PRE_DOT_TRAILING_HASH}
        if needs_dot and "." not in self.pattern:
            raise InvalidInput(
                f"the pattern {self.pattern} has no dot, so no digits before it can be discarded",
                fix="write a dot after the access code, for example 9.!",
            )

    @property
    def key(self) -> PatternKey:
        """Pattern and partition."""
        return PatternKey(self.pattern, self.partition)

    @property
    def access_code(self) -> str:
        """The digits before the dot; empty where there is no dot, or more than plain digits before it."""
        before, dot, _ = self.pattern.partition(".")
        return before if dot and re.fullmatch(r"[0-9*#]+", before) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePattern(DialPattern):
    """Numbers that leave by a trunk, or are refused."""

    destination: str = ""
    """The trunk or outbound context at Asterisk; empty for a blocked pattern alone."""
    emergency: bool = False
    """Reachable by every phone whatever its calling search space, the rogue pool's too."""

    def __post_init__(self) -> None:
        # dataclass(slots=True) makes the class anew, so that super() without arguments would miss it.
        DialPattern.__post_init__(self)
        check_place(self.destination, "destination")
        if not self.destination and not self.block:
            raise InvalidInput(
                f"the route pattern {self.pattern} leads nowhere",
                fix="give the trunk or context that its calls leave by, or block it",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationPattern(DialPattern):
    """Numbers that are rewritten and then looked up again, in a calling search space of the pattern's own."""

    css: str = ""
    use_originator_css: bool = False
    """Look up again in the caller's calling search space."""
    wait_after_translation: bool = True
    """After rewriting, wait again for more digits (CUCM's dontWaitForIDTOnSubsequentHops, turned round)."""


def search_list(*spaces: CallingSearchSpace | None) -> tuple[str, ...]:
    """The partitions that a caller may reach: the line's, then the device's, each once, ``<None>`` last.

    Source: dialplan mapping reference, section 3, rule 1.
    """
    named = dict.fromkeys(name for space in spaces if space is not None for name in space.partitions if name)
    return (*named, "")


def check_pattern(text: str) -> str:
    """Return the pattern if it is one in CUCM's notation. Raises InvalidInput.

    Source: dialplan mapping reference, section 5.
    """
    fine = (
        0 < len(text) <= MAX_PATTERN
        and _PATTERN.fullmatch(text) is not None
        and text.count(".") <= 1
        and text.count("@") <= 1
        and text.count("^") <= 1
        and text.strip(".") != ""
    )
    if not fine:
        raise InvalidInput(
            f"{text!r} is no route pattern",
            why="digits, * and # stand for themselves, X for a digit, [2-7] and [^1] for one of a set, ! for the rest, "
            "@ for a numbering plan, \\+ for a plus, and one dot may follow the access code",
            fix="write it as on CUCM, for example 9.1[2-9]XXXXXXXXX or 0.!",
        )
    return text

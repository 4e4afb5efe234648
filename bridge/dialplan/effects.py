"""What happens to a call that a pattern won, and the steps of an extension that make it happen.

Source: dial-plan reference, sections 5 and 6.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bridge.core import DialPattern, DiscardDigits, RoutePattern, TranslationPattern
from bridge.dialplan.compiling import CompiledPattern
from bridge.dialplan.keys import mask_of
from bridge.dialplan.numberwork import NUMBER, through_mask

LEAVE_SUBROUTINE = "sepbridge-leave"
"""Called with a number and a trunk or context (asterisk-conf/sepbridge/extensions.conf)."""
LOCAL_ROUTE_GROUP = "local-route-group"
"""A destination: the trunk of the caller's device pool."""
TRUNK_VARIABLE = "SEPBRIDGE_TRUNK"
EXTERNAL_VARIABLE = "SEPBRIDGE_EXTERNAL"
"""On a phone's endpoint: its trunk, and its line's number as the outside sees it."""
REWRITES_VARIABLE = "SEPBRIDGE_REWRITES"
MAX_REWRITES = 10
_UNALLOCATED, _LOOP, _FORMAT = 1, 25, 28
_CALLER = "CALLERID(num)"
_TRAILING = (DiscardDigits.TRAILING_HASH, DiscardDigits.PRE_DOT_TRAILING_HASH)
_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a pattern does. Patterns with the same effect may match equally closely without doing harm."""

    line: str = ""
    """It is the number of a line, in the entry's partition."""
    partition: str = ""
    refuse: int = 0
    """Refused with this cause of Q.850."""
    destination: str = ""
    """It leaves by this trunk or context."""
    css: str = ""
    """It is looked up again in this calling search space."""
    in_callers_css: bool = False
    """It is looked up again in the caller's."""
    discard: DiscardDigits = DiscardDigits.NONE
    called_mask: str = ""
    prefix: str = ""
    external_mask: bool = False
    calling_mask: str = ""
    calling_prefix: str = ""

    @classmethod
    def of(cls, pattern: DialPattern) -> Effect:
        """The effect of a route or translation pattern."""
        if pattern.block:
            return cls(refuse=pattern.release_cause.q850)
        return cls(
            destination=pattern.destination if isinstance(pattern, RoutePattern) else "",
            css=pattern.css if isinstance(pattern, TranslationPattern) else "",
            in_callers_css=isinstance(pattern, TranslationPattern) and pattern.use_originator_css,
            discard=pattern.discard_digits,
            called_mask=pattern.called_mask,
            prefix=pattern.prefix_digits,
            external_mask=pattern.use_external_mask,
            calling_mask=pattern.calling_mask,
            calling_prefix=pattern.calling_prefix,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One priority of an extension: an application and what is in its parentheses."""

    application: str
    arguments: str = ""
    label: str = ""


def context_name(line_css: str, device_css: str) -> str:
    """The context of a pair: its names where they are plain, and a check sum that keeps look-alikes apart."""
    words = "--".join(slug(css) or "none" for css in (line_css, device_css))
    mark = hashlib.sha256(f"{line_css}\0{device_css}".encode()).hexdigest()[:6]
    return f"sepbridge-css-{words[:50]}-{mark}"


def slug(text: str) -> str:
    """Lower-case letters, digits and dashes of a name."""
    return _SLUG.sub("-", text.lower()).strip("-")


def steps(won: CompiledPattern[Effect], context: str, numbers: Mapping[str, str]) -> Iterator[Step]:
    """The steps of one extension of ``context``; ``numbers`` tells each partition's context of line numbers.

    Raises ConfigurationError for a mask that cannot be written down.
    """
    effect, pattern, shape = won.entry.action, won.entry.pattern, won.shape
    if shape.is_open:
        fixed = len(shape.keys) - 1
        rest = f"${{EXTEN:{fixed}}}" if fixed else "${EXTEN}"
        ending = "#?" if pattern.takes_hash else ""
        yield Step("GotoIf", f'$[${{REGEX("^[0-9]+{ending}$" {rest})}}]?digits')
        yield Step("Hangup", str(_FORMAT))
        yield Step("NoOp", label="digits")
    if effect.refuse:
        yield Step("Hangup", str(effect.refuse))
        return
    if effect.line:
        yield Step("Goto", f"{numbers[effect.partition]},{effect.line},1")
        return
    yield from _called_number(won)
    yield from _calling_number(effect)
    if effect.destination:
        destination = effect.destination
        if destination == LOCAL_ROUTE_GROUP:
            destination = f"${{{TRUNK_VARIABLE}}}"
        yield Step("Gosub", f"{LEAVE_SUBROUTINE},s,1(${{{NUMBER}}},{destination})")
        yield Step("Hangup")
        return
    target = context if effect.in_callers_css else context_name(effect.css, "")
    yield Step("Set", f"__{REWRITES_VARIABLE}=$[0${{{REWRITES_VARIABLE}}} + 1]")
    yield Step("GotoIf", f"$[${{{REWRITES_VARIABLE}}} > {MAX_REWRITES}]?loop")
    yield Step("GotoIf", f"$[${{DIALPLAN_EXISTS({target},${{{NUMBER}}},1)}}]?{target},${{{NUMBER}}},1")
    yield Step("Hangup", str(_UNALLOCATED))
    yield Step("Hangup", str(_LOOP), label="loop")


def _called_number(won: CompiledPattern[Effect]) -> Iterator[Step]:
    effect, shape = won.entry.action, won.shape
    discard = effect.discard
    dropped = 0
    if discard in (DiscardDigits.PRE_DOT, DiscardDigits.PRE_DOT_TRAILING_HASH, DiscardDigits.PRE_AT):
        dropped = won.before_dot
    yield Step("Set", f"{NUMBER}=${{EXTEN:{dropped}}}" if dropped else f"{NUMBER}=${{EXTEN}}")
    if (shape.is_open and won.entry.pattern.takes_hash) or discard in _TRAILING:
        yield Step("ExecIf", f'$["${{{NUMBER}:-1}}" = "#"]?Set({NUMBER}=${{{NUMBER}:0:-1}})')
    if effect.called_mask:
        ends_in_hash = not shape.is_open and shape.keys[-1] == mask_of("#") and discard in _TRAILING
        length = len(shape.keys) - dropped - ends_in_hash
        seen = through_mask(
            effect.called_mask, NUMBER, length=length, is_open=shape.is_open, pattern=won.entry.pattern.text
        )
        yield Step("Set", f"{NUMBER}={seen}")
    if effect.prefix:
        yield Step("Set", f"{NUMBER}={effect.prefix}${{{NUMBER}}}")


def _calling_number(effect: Effect) -> Iterator[Step]:
    if effect.external_mask:
        yield Step("ExecIf", f'$["${{{EXTERNAL_VARIABLE}}}" != ""]?Set({_CALLER}=${{{EXTERNAL_VARIABLE}}})')
    if effect.calling_mask:
        # The caller's number is not known here: the mask is laid on as if it reached that far.
        reach = effect.calling_mask.count("X") + len(effect.calling_mask)
        seen = through_mask(effect.calling_mask, _CALLER, length=reach, is_open=True, pattern="")
        yield Step("Set", f"{_CALLER}={seen}")
    if effect.calling_prefix:
        yield Step("Set", f"{_CALLER}={effect.calling_prefix}${{{_CALLER}}}")

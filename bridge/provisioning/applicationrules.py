"""Application dial rules: how 78xx and 88xx turn a caller's number into one that can be dialled.

They apply to numbers out of the list of received calls and a mobile phone's address book, as long as the user does not
edit them (phone file reference, section 17.3). Every such phone asks for the file at every boot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.errors import InvalidInput
from bridge.provisioning.renderer import RenderedFile, Renderer

APPLICATION_RULES = "AppDialRules.xml"
_BEGINNING = re.compile(r"\+?[0-9*#]{0,23}")
_MOST_DIGITS = 50


@dataclass(frozen=True, slots=True)
class ApplicationRule:
    """One rule: a number that begins so and has so many digits loses some of them and gets others before it."""

    begins_with: str
    """Empty for any beginning."""
    digits: int
    """How many digits the number has in all."""
    prefix: str
    remove: int = 0
    """So many digits at the beginning go first."""

    def __post_init__(self) -> None:
        fits = _BEGINNING.fullmatch(self.begins_with) and _BEGINNING.fullmatch(self.prefix)
        if not fits or not len(self.begins_with) <= self.digits <= _MOST_DIGITS or not 0 <= self.remove <= self.digits:
            raise InvalidInput(
                f"{self.begins_with[:24]!r} with {self.digits} digits is no application dial rule",
                fix=f"use up to 24 digits for the beginning and the prefix, and at most {_MOST_DIGITS} in all",
            )


def render_application_rules(renderer: Renderer, rules: Sequence[ApplicationRule]) -> RenderedFile:
    """``AppDialRules.xml``; without rules it is a list of none. Raises ConfigurationError."""
    return RenderedFile(
        APPLICATION_RULES, renderer.render_document("dial/AppDialRules.xml", rules=rules, empty_tags=True)
    )

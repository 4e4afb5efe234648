"""How much a phone takes.

Source: Cisco Unified IP Phone Services Application Development Notes, chapter 3; SCCP wire reference, section 9.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.phones import Model

PUSH_SIZE = 2000
"""Bytes of a document that is pushed over SCCP to a phone below version 18; later ones take more in segments."""


@dataclass(frozen=True, slots=True)
class ScreenLimits:
    """Characters and counts. Names and titles are cut, everything else is an error of the sender."""

    title: int = 32
    prompt: int = 32
    item_name: int = 64
    menu_items: int = 100
    entry_name: int = 32
    entry_number: int = 32
    entries: int = 32
    text: int = 4000
    fields: int = 5
    field_name: int = 32
    url: int = 256
    keys: int = 8
    key_name: int = 32
    commands: int = 3
    width: int = 133
    height: int = 65
    title_and_prompt: bool = True
    """Shows both; a 69xx shows the prompt alone, so that its prompt is left out where there is a title."""


DEFAULT_LIMITS = ScreenLimits()
_SERIES_69 = ScreenLimits(title_and_prompt=False)


def limits_of_model(model: Model | None) -> ScreenLimits:
    """The limits of a model; those that hold for all where it is not known."""
    if model is not None and model.name.startswith("69"):
        return _SERIES_69
    return DEFAULT_LIMITS

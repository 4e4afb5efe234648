"""The codes that users dial for services of the PBX. The defaults are FreePBX's, so that habits hold."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from bridge.errors import InvalidInput
from bridge.pbx.snippets import placeholders, snippet

_CODE = re.compile(r"[*#0-9]{1,8}")
_OFF = "@OFF@"
"""Stands in place of a code that is off, until the extensions that name it are taken out."""


@dataclass(frozen=True, slots=True)
class FeatureCodes:
    """One code for each service: one to eight keys, no two alike; empty for none. Raises InvalidInput."""

    forward_all_on: str = "*72"
    forward_all_off: str = "*73"
    forward_busy_on: str = "*90"
    forward_busy_off: str = "*91"
    forward_no_answer_on: str = "*52"
    forward_no_answer_off: str = "*53"
    forward_toggle: str = "*96"
    """Only watched, as ``*961001``: whether 1001 is forwarded."""
    dnd_on: str = "*78"
    dnd_off: str = "*79"
    dnd_toggle: str = "*76"
    """Also watched, as ``*761001``."""
    intercom: str = "*80"
    """Before a number."""
    pickup: str = "*8"
    """A call that rings in the own group."""
    directed_pickup: str = "**"
    """A call that rings at the number dialled behind it."""
    my_voicemail: str = "*97"
    dial_voicemail: str = "*98"
    self_provisioning: str = "*55"
    """Where users make an autoregistered phone their own."""
    echo_test: str = "*43"
    speaking_clock: str = "*60"
    own_number: str = "*65"
    """Says the number of the phone."""
    last_caller: str = "*69"
    """Says who called last, and calls back."""

    def __post_init__(self) -> None:
        codes = [code for code in asdict(self).values() if code]
        for code in codes:
            if not _CODE.fullmatch(code):
                raise InvalidInput(f"{code!r} cannot be a feature code", fix="use up to eight digits, * and #")
            if codes.count(code) > 1:
                raise InvalidInput(f"the feature code {code} stands for two services", fix="give each its own")


DEFAULT_CODES = FeatureCodes()


def service_text(name: str, codes: FeatureCodes, **more: str) -> str:
    """The dialplan file of one service, with the codes, and what else it asks for, filled in."""
    values = {key.upper(): code for key, code in asdict(codes).items()} | more
    filled = {key: values[key] or _OFF for key in placeholders(name) if key in values}
    return _without_extensions(snippet(name, **filled))


def _without_extensions(text: str) -> str:
    """Leave out extensions that name a code that is off, with all their steps."""
    blocks: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.startswith(" same") and blocks:
            blocks[-1] += line
        else:
            blocks.append(line)
    return "".join(block for block in blocks if _OFF not in block)

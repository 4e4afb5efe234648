"""What FreePBX generated for an extension, so that it can be told whether somebody changed its advanced settings.

The API does not show those (DTMF mode, qualify frequency …), and making an extension anew puts them back to their
defaults (FreePBX reference, section 5, gotcha 1). The generated files have them all. They are read, never written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from bridge.pbx.conffile import parse

_FILES = ("pjsip.endpoint.conf", "pjsip.aor.conf", "pjsip.auth.conf")
_MAY_DIFFER = frozenset({"callerid", "password"})
"""The API shows the name and the password; these are compared there."""


def fingerprints(etc: Path, numbers: Collection[str]) -> dict[str, str]:
    """For each of these extensions what names its generated settings; none where they cannot be read. Blocking."""
    found: dict[str, list[str]] = {}
    sections = {section: number for number in numbers for section in (number, f"{number}-auth")}
    for name in _FILES:
        try:
            text = (etc / name).read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return {}
        for section in parse(text).sections:
            if (number := sections.get(section.name)) is not None:
                lines = [f"{each.key}={each.value}" for each in section.items if each.key not in _MAY_DIFFER]
                found.setdefault(number, []).append("\n".join([f"[{section.name}]", *lines]))
    return {
        number: hashlib.sha256("\n".join(texts).encode("utf-8", "surrogateescape")).hexdigest()
        for number, texts in found.items()
        if len(texts) == len(_FILES)
    }

"""Takes secrets out of texts that leave the machine: those that are known, and whatever stands where secrets stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape
from urllib.parse import quote, urlsplit

REMOVED = "[removed]"
SHORTEST = 4
"""Characters; to look for shorter known secrets would take half of a text away. The second rule still finds them."""

_NAMES = r"(?:pass(?:word|wd|phrase|code)?|secret|token|api[_-]?key|authorization|cookie|pin|digest|private[_-]?key)"
_AFTER_NAME = re.compile(
    rf"""(?ix)
    (?P<before> (?<![a-z]) ["']? [a-z0-9_.-]*? (?<![a-z]) {_NAMES} (?![a-z]) [a-z0-9_-]* ["']? \s* (?: = | : ) \s* )
    (?P<value> (?:(?:bearer|basic|digest)\s+)? (?: "(?:[^"\\]|\\.)*" | '[^']*' | [^\s,;}}\]<>]+ ) )
    """
)
_IN_ADDRESS = re.compile(r"(?i)(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^\s/?#@\"']*)@")
_IN_QUERY = re.compile(r"(?P<address>[a-z][a-z0-9+.-]*://[^\s?\"']*\?)[^\s\"']+", re.IGNORECASE)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}")
_ELEMENT = re.compile(rf"(?i)(<(?P<name>[a-z0-9_]*{_NAMES}[a-z0-9_]*)(?:\s[^>]*)?>)[^<]+(</(?P=name)>)")


def plain_url(url: str) -> str:
    """An address without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
        if not parts.scheme or not parts.netloc:
            return REMOVED if "@" in url else url
        place = parts.netloc.rpartition("@")[2]
    except ValueError:
        return REMOVED
    return f"{parts.scheme}://{place}{parts.path}"


class Redactor:
    """Takes secrets out of texts. ``known``: those of this installation."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for secret in known:
            if len(secret) >= SHORTEST:
                # As it stands in XML, in JSON and in addresses, too.
                forms |= {secret, escape(secret), escape(secret, quote=False), quote(secret, safe="")}
                forms.add(json.dumps(secret)[1:-1])
        longest_first = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def __call__(self, text: str) -> str:
        """The text without them."""
        if self._known is not None:
            text = self._known.sub(REMOVED, text)
        text = _IN_ADDRESS.sub(rf"\g<scheme>{REMOVED}@", text)
        text = _IN_QUERY.sub(rf"\g<address>{REMOVED}", text)
        text = _ELEMENT.sub(rf"\1{REMOVED}\3", text)
        text = _AFTER_NAME.sub(_valueless, text)
        return _BEARER.sub(rf"\1 {REMOVED}", text)


def _valueless(match: re.Match[str]) -> str:
    value = match["value"]
    if REMOVED in value or value in ("[", "{", '""', "''", "null", "None", "true", "false"):
        return match[0]
    quoted = value[0] if value[0] in "\"'" else ""
    return f"{match['before']}{quoted}{REMOVED}{quoted}"

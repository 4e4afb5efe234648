"""Takes secrets out of texts that leave the machine: those that are known, and whatever stands where secrets stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape
from urllib.parse import quote, urlsplit

from bridge.app.accounts import TOKEN_PREFIX

REMOVED = "[removed]"
SHORTEST = 4
"""Characters; to look for shorter known secrets would take half of a text away. The second rule still finds them."""

_NAMES = r"(?:pass(?:word|wd|phrase|code)?|secret|token|api[_-]?key|authorization|cookie|pin|digest|private[_-]?key)"
_AFTER_NAME = re.compile(
    rf"""(?ix)
    (?P<before> (?<![a-z0-9_.-]) ["']? [a-z0-9_.-]{{0,60}}? (?<![a-z]) {_NAMES} (?![a-z]) [a-z0-9_-]{{0,60}} ["']?
        \s* (?: = | : ) \s* )
    (?P<value> (?:(?:bearer|basic|digest)\s+)? (?: "(?:[^"\\]|\\.)*" | '[^']*' | [^\s,;}}\]<>]+ ) )
    """
)
_IN_WORDS = re.compile(r"(?i)(\b(?:one-time password|password is|token is|secret is|pin is)\s+)[^\s,;()]+")
_NOT_SECRET = frozenset({"[", "{", '""', "''", "null", "none", "true", "false"})
# Every repetition is bounded: a log holds what others wrote, and must not keep us busy for minutes.
_SCHEME = r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://"
_IN_ADDRESS = re.compile(rf"(?i)(?P<scheme>{_SCHEME})[^\s/?#@\"']{{0,300}}@")
_IN_QUERY = re.compile(rf"(?i)(?P<address>{_SCHEME}[^\s?\"']{{0,500}}\?)[^\s\"']+")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}")
_TOKEN = re.compile(rf"\b{TOKEN_PREFIX}(?=[A-Za-z0-9_-]{{0,80}}[A-Z0-9])[A-Za-z0-9_-]{{20,}}")
"""Our own API tokens are known by their beginning."""
_ELEMENT = re.compile(
    rf"(?i)(<(?P<name>[a-z0-9_]{{0,60}}{_NAMES}[a-z0-9_]{{0,60}})(?:\s[^>]{{0,300}})?>)[^<]+(</(?P=name)>)"
)


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
        text = _TOKEN.sub(REMOVED, text)
        text = _IN_WORDS.sub(rf"\1{REMOVED}", text)
        return _BEARER.sub(rf"\1 {REMOVED}", text)


def _valueless(match: re.Match[str]) -> str:
    value = match["value"]
    if REMOVED in value or value.lower() in _NOT_SECRET:
        return match[0]
    # After a quoted name comes JSON, which stays JSON.
    quoted = value[0] if value[0] in "\"'" else '"' if match["before"].lstrip().startswith('"') else ""
    return f"{match['before']}{quoted}{REMOVED}{quoted}"

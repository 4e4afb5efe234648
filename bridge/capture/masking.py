"""Hides secrets in a capture, octet for octet: lengths and places stay as they were.

A secret may lie across two TFTP blocks or two pieces of a TCP stream. So each direction of each conversation is put
together first, searched as a whole, and cut up again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from bridge.capture.traffic import Carrier, Passed, Place, Stamped, Wire

MASK = b"*"
_DATA = b"\0\3"
_IN_TEXT = (
    # What phones' files call their passwords, in XML, in flat profiles and in text files.
    rb"(?i)<([a-z0-9_]*(?:password|secret|passcode|pin)[a-z0-9_]*)(?:\s[^>]*)?>(?P<hidden>[^<]+)</\1>",
    rb'(?im)^[a-z0-9_]*password[a-z0-9_]*\s*:\s*"?(?P<hidden>[^"\r\n]+)',
    # Whoever has a digest can try passwords on it until one fits.
    rb'(?i)\b(?:response|cnonce)="(?P<hidden>[^"]*)"',
    rb"(?im)^(?:authorization|proxy-authorization): *(?:basic|bearer) +(?P<hidden>[^\r\n]+)",
)


@dataclass(slots=True)
class _Flow:
    """One direction of one conversation: its octets, each once, and where the pieces lie."""

    text: bytearray = field(default_factory=bytearray)
    pieces: dict[bytes, int] = field(default_factory=dict)
    """Of TFTP: where a block lies, by its whole datagram, since blocks may be sent again."""


def mask(traffic: Sequence[Stamped], secrets: Collection[str]) -> list[Stamped]:
    """The same traffic with every secret as asterisks. ``secrets`` are found as they stand, and as XML has them."""
    pattern = _pattern(secrets)
    flows: dict[tuple[Carrier, Place, Place, bool], _Flow] = {}
    places: list[tuple[_Flow, int, int] | None] = []
    for each in traffic:
        passed = each.passed
        if not passed.data:
            places.append(None)
            continue
        flow = flows.setdefault((passed.carrier, passed.own, passed.other, passed.outgoing), _Flow())
        places.append(_placed(flow, passed))
    for flow in flows.values():
        _hide(flow, pattern)
    return [_masked(each, place) for each, place in zip(traffic, places, strict=True)]


def _placed(flow: _Flow, passed: Passed) -> tuple[_Flow, int, int]:
    """Add the octets to the flow; the flow, where they lie there, and how many octets before them stay as they are."""
    if passed.wire is Wire.TFTP and passed.data[:2] == _DATA:
        at = flow.pieces.get(passed.data)
        if at is None:
            at = flow.pieces[passed.data] = len(flow.text)
            flow.text += passed.data[4:]
        return flow, at, 4
    at = len(flow.text)
    flow.text += passed.data
    return flow, at, 0


def _masked(each: Stamped, place: tuple[_Flow, int, int] | None) -> Stamped:
    if place is None:
        return each
    flow, at, skipped = place
    data = each.passed.data
    hidden = data[:skipped] + bytes(flow.text[at : at + len(data) - skipped])
    return each if hidden == data else replace(each, passed=replace(each.passed, data=hidden))


def _hide(flow: _Flow, pattern: re.Pattern[bytes] | None) -> None:
    spans = [match.span() for match in pattern.finditer(flow.text)] if pattern is not None else []
    for words in _IN_TEXT:
        spans += [match.span("hidden") for match in re.finditer(words, flow.text)]
    for start, end in spans:
        flow.text[start:end] = MASK * (end - start)


def _pattern(secrets: Collection[str]) -> re.Pattern[bytes] | None:
    forms = {
        form.encode(encoding, errors="ignore")
        for secret in secrets
        if secret
        for form in (secret, escape(secret), escape(secret, quote=False))
        for encoding in ("utf-8", "latin-1")
    } - {b""}
    if not forms:
        return None
    return re.compile(b"|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))

"""What a client of the file server has already: conditional requests and ranges (RFC 9110, sections 8.8, 13 and 14)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from bridge.core import FileFound

HASHED_UP_TO = 1 << 20
"""Octets: smaller files are told apart by their content, larger ones by what the file system says of them."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_STRONG_TAG = re.compile(r'(?<!W/)("[^"]*")(?=\s*(?:,|$))')
_TAG = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a file that is sent."""

    start: int
    end: int
    """The octet after the last one."""


class Unsatisfiable(Exception):
    """The range lies outside of the file (status 416)."""


def entity_tag(found: FileFound) -> str:
    """The strong ETag of a file, in its quotes; empty when nothing tells two versions apart."""
    if len(found.content) <= HASHED_UP_TO:
        # The version stamp would not do: a changed template changes the file and not the phone's stamp.
        return f'"{hashlib.blake2b(found.content, digest_size=12).hexdigest()}"'
    return f'"{found.version}"' if found.version else ""


def last_modified(found: FileFound) -> str:
    """The Last-Modified header; empty for a file that was made just now."""
    return "" if found.modified is None else format_datetime(found.modified.astimezone(UTC), usegmt=True)


def is_another(headers: Mapping[str, str], tag: str, modified: datetime | None) -> bool:
    """Whether the client asks for a version that is not the one here (status 412)."""
    wanted = headers.get("If-Match")
    if wanted is not None:  # it goes before If-Unmodified-Since, and weak tags do not count
        return wanted.strip() != "*" and (not tag or tag not in _STRONG_TAG.findall(wanted))
    since = _moment(headers.get("If-Unmodified-Since", ""))
    return since is not None and modified is not None and modified.replace(microsecond=0) > since


def is_unchanged(headers: Mapping[str, str], tag: str, modified: datetime | None) -> bool:
    """Whether the client has this very file (status 304)."""
    wanted = headers.get("If-None-Match")
    if wanted is not None:  # it goes before If-Modified-Since
        return bool(tag) and (wanted.strip() == "*" or tag in _TAG.findall(wanted))
    since = _moment(headers.get("If-Modified-Since", ""))
    return since is not None and modified is not None and modified.replace(microsecond=0) <= since


def wanted_slice(headers: Mapping[str, str], size: int, tag: str, modified: datetime | None) -> Slice | None:
    """The part that the client wants; None for the whole file. Raises Unsatisfiable.

    Several ranges at once, other units and what cannot be read get the whole file, as the standard allows.
    """
    match = _RANGE.fullmatch(headers.get("Range", "").replace(" ", ""))
    if match is None or not (match[1] or match[2]) or not _still_the_same(headers.get("If-Range"), tag, modified):
        return None
    if not match[1]:
        length = int(match[2])
        if length == 0 or size == 0:
            raise Unsatisfiable
        return Slice(max(0, size - length), size)
    start = int(match[1])
    if match[2] and int(match[2]) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return Slice(start, min(int(match[2]) + 1, size) if match[2] else size)


def _still_the_same(condition: str | None, tag: str, modified: datetime | None) -> bool:
    """``If-Range``: the client has a part of this tag, or from this moment."""
    if condition is None:
        return True
    if condition.strip().startswith('"'):
        return bool(tag) and condition.strip() == tag
    moment = _moment(condition)
    return moment is not None and modified is not None and modified.replace(microsecond=0) == moment


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)

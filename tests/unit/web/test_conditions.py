"""Conditional requests and ranges, by the standard's own cases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.core import FileFound
from bridge.web.conditions import (
    Slice,
    Unsatisfiable,
    entity_tag,
    is_another,
    is_unchanged,
    last_modified,
    wanted_slice,
)

CHANGED = datetime(2026, 11, 21, 12, 0, 0, 400_000, tzinfo=UTC)
AT = "Sat, 21 Nov 2026 12:00:00 GMT"
BEFORE = "Sat, 21 Nov 2026 11:59:59 GMT"
TAG = '"abc"'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bytes=0-0", Slice(0, 1)),
        ("bytes=10-", Slice(10, 100)),
        ("bytes=10-19", Slice(10, 20)),
        ("bytes=90-500", Slice(90, 100)),
        ("bytes=-10", Slice(90, 100)),
        ("bytes=-500", Slice(0, 100)),
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=20-10", None),
        ("bytes=0-1,5-6", None),
        ("lines=1-2", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
    ],
)
def test_ranges(text: str, found: Slice | None) -> None:
    assert wanted_slice({"Range": text}, 100, TAG, CHANGED) == found


@pytest.mark.parametrize("text", ["bytes=100-", "bytes=999-1000", "bytes=-0"])
def test_ranges_outside(text: str) -> None:
    with pytest.raises(Unsatisfiable):
        wanted_slice({"Range": text}, 100, TAG, CHANGED)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [(TAG, True), ('"other"', False), (AT, True), (BEFORE, False), ("W/" + TAG, False), ("nonsense", False)],
)
def test_a_resumed_load_is_the_same_one(condition: str, holds: bool) -> None:
    found = wanted_slice({"Range": "bytes=10-", "If-Range": condition}, 100, TAG, CHANGED)
    assert found == (Slice(10, 100) if holds else None)


@pytest.mark.parametrize(
    ("headers", "unchanged"),
    [
        ({}, False),
        ({"If-None-Match": TAG}, True),
        ({"If-None-Match": f'"x", W/{TAG}'}, True),
        ({"If-None-Match": "*"}, True),
        ({"If-None-Match": '"x"', "If-Modified-Since": AT}, False),
        ({"If-Modified-Since": AT}, True),
        ({"If-Modified-Since": BEFORE}, False),
        ({"If-Modified-Since": "yesterday"}, False),
    ],
)
def test_what_the_client_has(headers: dict[str, str], unchanged: bool) -> None:
    assert is_unchanged(headers, TAG, CHANGED) is unchanged


@pytest.mark.parametrize(
    ("headers", "another"),
    [
        ({}, False),
        ({"If-Match": TAG}, False),
        ({"If-Match": f'"x", {TAG}'}, False),
        ({"If-Match": "*"}, False),
        ({"If-Match": '"x"'}, True),
        ({"If-Match": f"W/{TAG}"}, True),
        ({"If-Match": TAG, "If-Unmodified-Since": BEFORE}, False),
        ({"If-Unmodified-Since": AT}, False),
        ({"If-Unmodified-Since": BEFORE}, True),
        ({"If-Unmodified-Since": "yesterday"}, False),
    ],
)
def test_what_the_client_insists_on(headers: dict[str, str], another: bool) -> None:
    assert is_another(headers, TAG, CHANGED) is another


def test_a_file_made_now_is_told_apart_by_its_content() -> None:
    one, other = FileFound("x", b"one", version="same stamp"), FileFound("x", b"two", version="same stamp")
    assert entity_tag(one) != entity_tag(other)
    assert entity_tag(one) == entity_tag(FileFound("y", b"one"))
    assert last_modified(one) == ""
    assert last_modified(FileFound("x", b"", modified=CHANGED)) == AT
    assert entity_tag(FileFound("x", bytes(2 << 20), version="v1")) == '"v1"'
    assert not is_unchanged({"If-Modified-Since": AT}, entity_tag(one), None)

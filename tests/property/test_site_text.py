"""A site description survives being written and read, whatever its texts hold."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from bridge.app.site.sitetoml import parse, write
from bridge.errors import InvalidInput

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
VALUES = st.one_of(
    TEXTS,
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.lists(TEXTS, max_size=12),
    st.lists(st.dictionaries(st.sampled_from(["number", "label", "kind"]), TEXTS), max_size=4),
)
TABLES = st.dictionaries(st.sampled_from(["name", "css", "a-b", "lines", "x_1"]), VALUES, min_size=1)


@given(st.lists(TABLES, max_size=4), TABLES)
def test_written_is_read_and_every_key_has_its_line(tables: list[dict[str, object]], alone: dict[str, object]) -> None:
    text = write([("thing", tables)], {"only": alone}, "# head [[thing]] = 1")
    sections, single = parse(text, known=("thing",), single=("only",))
    assert [each.values for each in sections.get("thing", [])] == tables
    assert single["only"].values == alone
    lines = text.split("\n")
    for table in [*sections.get("thing", []), single["only"]]:
        assert lines[table.line - 1] in {"[[thing]]", "[only]"}
        for key in table.values:
            assert lines[table.line_of(key) - 1].startswith(f"{key} = ")


@given(st.text(max_size=200))
def test_nothing_but_our_own_error_comes_of_garbage(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        parse(text, known=("thing",), single=("only",))

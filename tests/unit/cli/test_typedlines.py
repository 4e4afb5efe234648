"""Lines of standard input, whatever that is: a pipe, a file, nothing, or closed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from bridge.cli.typedlines import typed_lines

TYPED = b"call 600\n\nk\xffeys 12\nquit"
LINES = ["call 600", "", "k\ufffdeys 12", "quit"]


@pytest.fixture
def typed(tmp_path: Path) -> Iterator[dict[str, TextIO]]:
    file = tmp_path / "typed"
    file.write_bytes(TYPED)
    read, write = os.pipe()
    os.write(write, TYPED)
    os.close(write)
    with file.open() as a_file, os.fdopen(read) as a_pipe, Path(os.devnull).open() as nothing:
        yield {"file": a_file, "pipe": a_pipe, "nothing": nothing}


@pytest.mark.parametrize(("source", "lines"), [("pipe", LINES), ("file", LINES), ("nothing", [])])
async def test_lines_until_the_end(
    typed: dict[str, TextIO], monkeypatch: pytest.MonkeyPatch, source: str, lines: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", typed[source])
    assert [line async for line in typed_lines()] == lines


async def test_a_closed_one_has_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert [line async for line in typed_lines()] == []

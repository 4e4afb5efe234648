"""Tables for people on terminals of every width."""

from __future__ import annotations

import io

from rich.console import Console

from bridge.cli.frame import table

ROW = ("SEP001122AABBCC", "1001", "7961G", "refused: wrong_protocol (protocolMismatch)", "192.168.100.200",
       "2026-03-01 12:00:00", "problem: The phone’s firmware speaks SCCP")  # fmt: skip
HEADS = ("phone", "number", "model", "state", "address", "last seen", "finding")


def drawn(width: int, *rows: tuple[object, ...], heads: tuple[str, ...] = HEADS) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(table(heads, rows))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_on_a_narrow_terminal_nothing_is_cut_off_and_the_name_stays_in_one_piece() -> None:
    text = drawn(80, ROW)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert "SEP001122AABBCC" in text
    letters = [each for each in text if each.isalnum()]
    for cell in ROW:
        assert not [each for each in cell if each.isalnum() and each not in letters]
    assert len(letters) == sum(each.isalnum() for cell in (*ROW, *HEADS) for each in cell)


def test_a_long_text_in_front_is_broken_as_any_other() -> None:
    text = drawn(40, ("a long sentence in front of something", "else"), heads=("", ""))
    assert len(text.splitlines()) > 1
    assert "else" in text


def test_what_a_phone_said_is_no_markup() -> None:
    assert "[bold]x[/bold]" in drawn(80, ("[bold]x[/bold]", "[red]"), heads=("a", "b"))

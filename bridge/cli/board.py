"""The demo's live table."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bridge.cli.frame import Frame
from bridge.lab.demo import Board, BoardRow

DONE = Text("✔", style="green")
OPEN = Text("·", style="dim")


@contextlib.asynccontextmanager
async def live_board(frame: Frame, board: Board) -> AsyncIterator[None]:
    """Draw the board whenever it changes; the last state stays on the screen. Draws nothing for ``--json``.

    Where the output is no terminal, only the last state is printed.
    """
    if frame.as_json:
        yield
        return
    with Live(drawn(board), console=frame.console, refresh_per_second=10) as live:
        board.changed = lambda: live.update(drawn(board))
        try:
            yield
        finally:
            live.update(drawn(board), refresh=True)


def drawn(board: Board) -> Group:
    """The board as rich shows it."""
    table = Table(title=board.headline, title_justify="left", header_style="bold")
    for column in (
        "phone",
        "model",
        "speaks",
        "files",
        "number",
        "endpoint",
        "Asterisk",
        "registered",
        "restart",
        "display",
        "call",
    ):
        table.add_column(column, no_wrap=True, justify="center" if column in _MARKS else "left")
    for row in board.rows.values():
        table.add_row(
            str(row.device),
            f"{row.model} ({'known' if row.known_as else 'unknown'})",
            row.protocol.value,
            f"{row.files} {row.last_file[:22]}" if not row.registered else str(row.files),
            row.number,
            _mark(row.written),
            _mark(row.confirmed),
            _mark(row.registered),
            _mark(row.restarted),
            row.trouble[:40] or row.display,
            _call(row),
        )
    style = "green" if board.headline == "it works" else "bold red"
    return Group(table, Text(f"Asterisk reloaded {board.reloads} times", style="dim"), Text(board.verdict, style=style))


_MARKS = ("endpoint", "Asterisk", "registered", "restart")


def _mark(done: bool) -> Text:
    return DONE if done else OPEN


def _call(row: BoardRow) -> str:
    return f"{row.call}, hears {row.heard} Hz" if row.heard else row.call

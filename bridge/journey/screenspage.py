"""The tables of screens and alarms as a part of a page in Markdown, between two marks."""

from __future__ import annotations

from bridge.journey.screens import alarm_meanings, screen_texts

BEGIN = "<!-- The tables below are made by scripts/troubleshooting-page.py. -->"
END = "<!-- End of the tables. -->"


def with_tables(page: str) -> str:
    """The page with today's tables between its marks. Raises ValueError for a page without them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for the tables")
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


def tables() -> str:
    """Both tables."""
    lines = ["| On the screen | Which phones | Stage | What it means | What to do |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {_cell(each.text)} | {_cell(each.families)} | {_cell(each.stage)} | {_cell(each.meaning)} | "
        f"{_cell(each.fix)} |"
        for each in screen_texts()
    ]
    lines += [
        "",
        "A phone says with a number why it started again: in its alarm, and newer ones in their REGISTER",
        "(`sepbridge phones show PHONE`). Four numbers changed their meaning with the firmware; both are told.",
        "",
        "| Alarm | In the phone's words | Kind | What it means |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {each.cause} | {_cell(', '.join(t for t in (each.last, each.name) if t))} | {each.kind} | "
        f"{_cell(each.meaning)} |"
        for each in alarm_meanings()
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")

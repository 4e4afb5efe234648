"""Every command that a page of the documentation names is there, with the options that it names."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bridge.cli.frame import Frame
from bridge.cli.main import root, whole

HERE = Path(__file__).parents[3]
PAGES = sorted([HERE / "README.md", *(HERE / "docs").glob("*.md")])
_AT_A_PROMPT = re.compile(r"[$#] (?:(?:sudo|docker .*) )?sepbridge (?P<words>\w.*)")
_SPAN = re.compile(r"`([^`]+)`")
_NAMED = re.compile(r"(?:(?:sudo|docker .*) )?sepbridge (?P<words>\w.*)")
_END = re.compile(r" +#| \| | && |; | > ")
_MISSING_FILE = re.compile(r"does not exist|No such file")


def lines(page: Path) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is to be typed."""
    is_typed = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            is_typed = line.startswith("```console")
        else:
            yield line, is_typed


def words_of(text: str) -> list[str]:
    return [each for each in shlex.split(_END.split(text)[0]) if each != "…"]


def typed(page: Path) -> list[list[str]]:
    found = (_AT_A_PROMPT.fullmatch(line) for line, is_typed in lines(page) if is_typed)
    return [words_of(each["words"]) for each in found if each]


def named(page: Path) -> list[list[str]]:
    spans = [span for line, is_typed in lines(page) if not is_typed for span in _SPAN.findall(line)]
    return [words_of(each["words"]) for each in map(_NAMED.fullmatch, spans) if each]


def command_of(words: list[str]) -> tuple[click.Command, click.Context, list[str]]:
    """The command that the words name, and what is left of them."""
    context = click.Context(whole(), obj=Frame(None))
    command: click.Command = root
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"there is no {words[0]!r} in sepbridge {' '.join(words)}"
        command, words = found, words[1:]
    return command, context, words


def test_pages_are_read() -> None:
    assert ["site", "check"] in typed(HERE / "docs/leaving-cucm.md")
    assert ["setup", "--undo"] in named(HERE / "docs/install-freepbx.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_what_is_to_be_typed_can_be_typed(page: Path) -> None:
    for words in typed(page):
        command, context, rest = command_of(words)
        try:
            command.make_context(command.name, list(rest), parent=context)
        except click.UsageError as error:
            message = error.format_message()
            assert _MISSING_FILE.search(message), f"sepbridge {' '.join(words)}: {message}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_what_is_named_is_there(page: Path) -> None:
    for words in named(page):
        if any("|" in each or "[" in each for each in words):
            continue  # a form, not a command
        command, _, rest = command_of(words)
        options = {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"--help"}
        unknown = {each for each in rest if each.startswith("--")} - options
        assert not unknown, f"sepbridge {' '.join(words)}: {unknown}"

"""``sepbridge phones message``, and what the service makes of it."""

from __future__ import annotations

import pytest

from bridge.app.phones.screenmessages import ScreenMessage, checked_message
from bridge.errors import InvalidInput
from tests.unit.cli.conftest import Shell


@pytest.mark.parametrize(
    "words",
    [(), ("text",), ("--all",), ("--all", "--pool", "Default", "text"), ("1001", "--all", "text"), ("1001", "  ")],
)
def test_it_says_whom_and_what_it_needs(shell: Shell, words: tuple[str, ...]) -> None:
    assert isinstance(shell.error("phones", "message", *words), InvalidInput)


def test_without_a_service_nobody_can_be_told(shell: Shell) -> None:
    assert "does not answer" in str(shell.error("phones", "message", "--all", "Back at 3"))


def test_a_text_holds_no_labels_and_no_controls() -> None:
    message = checked_message("a\x80\x18b\x1e9\nc", seconds=0, priority=1, stays=False)
    assert message == ScreenMessage("a b 9\nc", 0, 1, False)


@pytest.mark.parametrize(
    ("text", "seconds", "priority", "stays"),
    [
        ("x" * 1001, 1, 5, False),
        ("x" * 96, 1, 5, True),
        ("x", -1, 5, False),
        ("x", 86_401, 5, False),
        ("x", 1, 0, False),
    ],
)
def test_what_no_phone_can_show_is_refused(text: str, seconds: int, priority: int, stays: bool) -> None:
    with pytest.raises(InvalidInput):
        checked_message(text, seconds=seconds, priority=priority, stays=stays)

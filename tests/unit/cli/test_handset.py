"""A simulated phone on the terminal: what it prints."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bridge.cli.handset import Handset
from bridge.core import DeviceName
from bridge.lab.phoneevents import CallEnded, CallStarted, PhoneEvent

AT = (DeviceName("SEP001122334455"), 0.0)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (CallStarted(*AT, call=1, number="[/b]600", incoming=False), "calling [/b]600"),
        (CallEnded(*AT, call=1, status=486, why="[red]"), "call ended (486 [red])"),
    ],
)
def test_what_others_say_is_no_markup(event: PhoneEvent, line: str) -> None:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    with console.capture() as seen:
        Handset(console).heard(event)
    assert seen.get() == f"SEP001122334455 {line}\n"

"""``sepbridge phones watch``: phones on their way to "registered", live."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from rich.live import Live
from rich.table import Table

from bridge.cli.control import ask
from bridge.cli.frame import Frame, in_words, json_option, table
from bridge.cli.phones import phones

EVERY = 0.5
"""Seconds between two looks: a change is visible within two (requirement AR-35)."""


@phones.command()
@click.option("--once", is_flag=True, help="Show how things stand and leave.")
@click.option("--all", "everything", is_flag=True, help="Also phones that have been registered for over ten minutes.")
@json_option
def watch(frame: Frame, once: bool, everything: bool) -> None:
    """Watch phones being installed: every device that was seen, and the step it has reached. Ctrl-C ends it."""
    if once or frame.as_json or not frame.console.is_terminal:
        seen = _seen(frame, everything=everything)
        frame.show({"phones": seen}, _drawn(seen))
        return
    with Live(console=frame.console, refresh_per_second=4) as live:
        while True:
            try:
                live.update(_drawn(_seen(frame, everything=everything)))
                time.sleep(EVERY)
            except KeyboardInterrupt:
                return


def _seen(frame: Frame, *, everything: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(frame.settings.control_socket, "GET", "/installing")["phones"]
    return [each for each in found if everything or not _is_settled(each)]


def _is_settled(phone: dict[str, Any]) -> bool:
    return phone["stage"] == "registered" and _since(phone) > timedelta(minutes=10)


def _since(phone: dict[str, Any]) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(phone["since"])


def _drawn(seen: list[dict[str, Any]]) -> Table | str:
    if not seen:
        return (
            "No phone was seen yet. Plug one in; if none shows here, it does not find this server: see DHCP option 150."
        )
    rows = [(each["device"], each["stage"], in_words(_since(each)), each["client"], each["word"]) for each in seen]
    return table(("phone", "stage", "for", "address", "last"), rows)

"""``sepbridge phones trace``: what one phone and the bridge say to each other, as a capture file."""

from __future__ import annotations

import base64
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from bridge.cli.control import ask
from bridge.cli.desks import phone_desk
from bridge.cli.frame import Duration, Frame, json_option
from bridge.cli.phones import phones
from bridge.core import DeviceName
from bridge.errors import InvalidInput, NotFound, WriteFailed

_LOOK_EVERY = 0.5
_FETCHING = 60.0
"""Seconds that the making of a large file may take."""


@phones.command()
@click.argument("phone")
@click.option("--pcap", "path", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option("--for", "span", default="60s", show_default=True, type=Duration(), help="How long; Ctrl-C ends it.")
@click.option("--secrets", is_flag=True, help="Leave passwords in it. Without this they are asterisks.")
@json_option
def trace(frame: Frame, phone: str, path: Path, span: timedelta, secrets: bool) -> None:
    """Write what a phone and the bridge say to each other to a file for Wireshark. Needs the running service."""
    if path.exists():
        raise InvalidInput(f"{path} is there already", fix="name another file, or remove it")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        why = "you may not write into its directory" if path.parent.is_dir() else f"there is no directory {path.parent}"
        raise WriteFailed(f"{path} cannot be written", why=why, fix="name a file where you may write")
    name = _named(frame, phone)
    socket = frame.settings.control_socket
    begun = ask(socket, "POST", "/traces", body={"phone": str(name), "seconds": span.total_seconds()})
    if not frame.as_json:
        click.echo(f"Listening to {name} for {span.total_seconds():.0f} s. Restart the phone to see it boot.", err=True)
    _wait(frame, begun)
    question = f"/traces/{begun['id']}?secrets={'yes' if secrets else 'no'}"
    done = ask(socket, "DELETE", question, timeout=_FETCHING)
    content = base64.b64decode(done.pop("pcap"))
    _write(path, content)
    frame.show(
        {**done, "file": str(path), "bytes": len(content)},
        *_words(done, path, frame.settings.sip.port, secrets=secrets),
    )


def _named(frame: Frame, phone: str) -> DeviceName:
    """A phone of ours by any of its names; of one that nobody has seen yet, its device name or MAC."""
    with phone_desk(frame) as desk:
        try:
            return desk.find(phone)
        except NotFound:
            try:
                name = DeviceName.parse(phone)
            except InvalidInput:
                name = None
            if name is None or name.mac is None:
                raise
            return name


def _wait(frame: Frame, begun: dict[str, Any]) -> None:
    """Until the trace is over, or the user has enough."""
    shown = ""
    try:
        while True:
            progress = ask(frame.settings.control_socket, "GET", f"/traces/{begun['id']}")
            if progress["seconds_left"] <= 0:
                return
            counts = _counted(progress["pieces"])
            if counts != shown and not frame.as_json:
                click.echo(f"  {counts}", err=True)
                shown = counts
            time.sleep(min(_LOOK_EVERY, progress["seconds_left"]))
    except KeyboardInterrupt:
        return


def _write(path: Path, content: bytes) -> None:
    """For the owner's eyes: who calls whom stands in it."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise WriteFailed(f"{path} cannot be written", why=error.strerror or str(error)) from error


def _words(done: dict[str, Any], path: Path, sip_port: int, *, secrets: bool) -> list[str]:
    words = [f"{path}: {_counted(done['pieces']) or 'nothing was heard'}."]
    if done["lost"]:
        words.append(f"{done['lost']} pieces more did not fit.")
    if done["is_sip"]:
        words.append(
            "It has SIP firmware: it speaks SIP with Asterisk itself, which the bridge does not see. For that, run "
            f"`tcpdump -w sip.pcap port {sip_port}` on Asterisk's machine."
        )
    if not done["pieces"]:
        words.append("Did the phone find this server? `sepbridge phones show` says what it did last.")
    words.append("It holds passwords." if secrets else "Passwords in files are asterisks; dialled digits are not.")
    return words


def _counted(pieces: dict[str, int]) -> str:
    return ", ".join(f"{wire} {count}" for wire, count in sorted(pieces.items()))

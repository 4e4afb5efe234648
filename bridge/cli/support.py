"""``sepbridge support-bundle``: what somebody needs who helps from afar, without secrets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from bridge.app.support import Surroundings, make_bundle
from bridge.app.system import own_address
from bridge.cli.control import ServiceNotRunning, ask
from bridge.cli.desks import opened_store
from bridge.cli.frame import Frame, json_option
from bridge.cli.main import root

_DOCTOR = "doctor"
_DOCTOR_SECONDS = 60


@root.command("support-bundle")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def support_bundle(frame: Frame, file: Path) -> None:
    """Write versions, settings, status, last events, logs and phones' files to one ZIP, with secrets removed."""
    settings = frame.settings
    try:
        status = ask(settings.control_socket, "GET", "/status")
    except ServiceNotRunning as error:
        status = {"service": "not running", "why": error.why}
    around = Surroundings(status, _doctor(frame))
    with opened_store(frame) as store:
        names = make_bundle(settings, store, file, around, address=settings.server.address or own_address())
    words = f"{file}: {len(names)} texts. Passwords are removed, names and numbers of phones are not: look through it."
    frame.show({"file": str(file), "names": list(names)}, words)


def _doctor(frame: Frame) -> str:
    """What ``sepbridge doctor`` says, in a process of its own."""
    config = [] if frame.config is None else ["--config", str(frame.config)]
    program = [sys.executable, "-c", "from bridge.cli import main; main()", *config, _DOCTOR]
    try:
        done = subprocess.run(program, capture_output=True, text=True, timeout=_DOCTOR_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it did not end well: {error}"
    return done.stdout + done.stderr

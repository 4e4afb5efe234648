"""``sepbridge support-bundle``: what somebody needs who helps from afar, without secrets."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.app.operations.support import Surroundings, doctor_words, make_bundle
from bridge.app.system import own_address
from bridge.cli.control import ServiceNotRunning, ask
from bridge.cli.desks import opened_store
from bridge.cli.frame import Frame, json_option
from bridge.cli.main import root


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
    around = Surroundings(status, doctor_words(frame.config))
    with opened_store(frame) as store:
        names = make_bundle(settings, store, file, around, address=settings.server.address or own_address())
    words = f"{file}: {len(names)} texts. Passwords are removed, names and numbers of phones are not: look through it."
    frame.show({"file": str(file), "names": list(names)}, words)

"""``sepbridge backup`` and ``sepbridge restore``: the whole site in one file, and back."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

import click

from bridge.app.installing.handover import give_to_service
from bridge.app.operations.backup import Backup, Manifest, make_backup
from bridge.app.system import SystemClock
from bridge.cli.control import ServiceNotRunning, ask
from bridge.cli.desks import actor, opened_store
from bridge.cli.frame import Frame, json_option, size_in_words, table
from bridge.cli.main import root
from bridge.errors import ConfigurationError, Conflict, InvalidInput, StoreError
from bridge.ports import AuditEntry
from bridge.store import row_counts

_SHOWN = {
    "device": "phones",
    "line": "lines",
    "device_pool": "device pools",
    "dial_pattern": "patterns",
    "claim": "claims",
    "contact": "directory entries",
    "account": "users",
    "api_token": "API tokens",
    "journey_event": "events of journeys",
    "call_record": "records of calls",
    "audit_event": "entries of the audit trail",
}
_FILE = click.Path(path_type=Path)


@root.command()
@click.argument("file", type=_FILE)
@click.option("--firmware", is_flag=True, help="Firmware, rings and locales, too: as large as they are.")
@click.option("--without-history", is_flag=True, help="Leave out journeys, refusals and calls.")
@json_option
def backup(frame: Frame, file: Path, firmware: bool, without_history: bool) -> None:
    """Write the whole site to one file: database, own templates, settings file. The service may go on running."""
    made = make_backup(
        frame.settings, frame.config, file, now=SystemClock().now(), firmware=firmware, history=not without_history
    )
    _noted(frame, f"made the backup {file.name}")
    warning = "It holds every password of the site and is readable by you alone (mode 0600). Keep it so."
    size = file.stat().st_size
    count = made.tables.get("device", 0)
    words = f"{file}: {size_in_words(size)}, {count} {'phone' if count == 1 else 'phones'}."
    frame.show({"file": str(file), "bytes": size, "warning": warning, **_as_data(made)}, words, warning)


@root.command()
@click.argument("file", type=_FILE)
@click.option("--settings", "settings_to", type=_FILE, help="Also write the backup's settings file there.")
@click.option("--firmware", is_flag=True, help="Also put back firmware, rings and locales.")
@click.option("--dry-run", is_flag=True, help="Only show what would be replaced.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def restore(frame: Frame, file: Path, settings_to: Path | None, firmware: bool, dry_run: bool, yes: bool) -> None:
    """Replace the whole site by that of a backup. The database is the one that the settings in force name."""
    settings = frame.settings
    with Backup(file) as opened:
        found = opened.manifest
        if settings_to is not None and not found.has_settings:
            raise InvalidInput(f"{file} holds no settings file", fix="leave out --settings")
        if firmware and not found.firmware:
            raise InvalidInput(f"{file} holds no firmware", fix="leave out --firmware; `backup --firmware` packs it")
        now = _counts(settings.database_url)
        head = f"Backup of {found.created.astimezone():%Y-%m-%d %H:%M}, by version {found.version}."
        rows = [(word, now.get(name, 0), found.tables[name]) for name, word in _SHOWN.items() if name in found.tables]
        rows.append(("own templates", _files_in(settings.templates_directory), len(found.templates)))
        if settings_to is not None:
            rows.append(("settings file", int(settings_to.exists()), 1))
        if not frame.as_json:
            frame.show(None, head, table(("", "now", "after"), rows))
        if dry_run:
            if frame.as_json:
                frame.show({"now": now, **_as_data(found)})
            return
        _nobody_runs(frame)
        frame.confirm("Replace what stands under “now”?", yes=yes)
        done = opened.restore(settings, settings_to=settings_to, firmware=firmware)
        _noted(frame, f"restored the backup {file.name}", f"of {found.created:%Y-%m-%d %H:%M %Z}")
        give_to_service(settings.state.directory, settings.state.directory)
    advice = "Start the service. Phones that are registered stay so; the others register as before."
    frame.show({"restored": done, "advice": advice, **_as_data(found)}, *(f"Restored {each}." for each in done), advice)


def _noted(frame: Frame, action: str, detail: str = "") -> None:
    """In the audit trail. What was done is done: a database that cannot take the note is no failure of it."""
    with contextlib.suppress(StoreError), opened_store(frame) as store, store.write() as work:
        work.journal.audit(AuditEntry(SystemClock().now(), actor(), action, detail))
        work.commit()


def _nobody_runs(frame: Frame) -> None:
    try:
        ask(frame.settings.control_socket, "GET", "/status")
    except ServiceNotRunning:
        return
    raise Conflict(
        "the service is running, and would go on with what it knows",
        fix="stop it first: `systemctl stop sepbridge` (on every node that uses this database)",
    )


def _counts(url: str) -> Mapping[str, int]:
    """What is there now; nothing where there is no database yet, or one that has to be upgraded."""
    try:
        return row_counts(url)
    except (ConfigurationError, StoreError):
        return {}


def _files_in(directory: Path) -> int:
    return sum(path.is_file() for path in directory.rglob("*")) if directory.is_dir() else 0


def _as_data(manifest: Manifest) -> dict[str, object]:
    return {
        "created": manifest.created,
        "version": manifest.version,
        "revision": manifest.revision,
        "tables": manifest.tables,
        "templates": manifest.templates,
        "firmware": len(manifest.firmware),
        "has_settings": manifest.has_settings,
    }

"""``sepbridge autoregistration temporary|assign|cleanup`` and ``sepbridge audit``."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import click

from bridge.app.admission.temporary import LARGEST_FILE, Assignment, Filter, read_assignments
from bridge.app.phones.phonechanges import pairs
from bridge.cli.autoregistration import autoregistration
from bridge.cli.desks import opened_store, restart_changed, tell_service, temporary_desk
from bridge.cli.frame import Duration, Frame, json_option, table
from bridge.cli.main import root
from bridge.core import Device
from bridge.errors import InvalidInput

MOST_ENTRIES = 1_000_000


@autoregistration.command()
@click.option("--pool", default="", help="Only those of this pool; Rogue for strange phones.")
@click.option("--model", default="", help="Only those of this model.")
@click.option("--network", default="", help="Only those with an address of this network.")
@json_option
def temporary(frame: Frame, pool: str, model: str, network: str) -> None:
    """List the phones that autoregistered and wait for their permanent pool."""
    with temporary_desk(frame) as desk:
        phones = desk.list(Filter(pool, model, network))
    rows = [(each.name, each.number, each.model, each.pool, each.address, _seen(each)) for each in phones]
    data = [_told(each) for each in phones]
    parts = table(("phone", "number", "model", "pool", "address", "seen"), rows) if rows else "No temporary phones."
    frame.show({"phones": data}, parts)


@autoregistration.command()
@click.argument("phones", nargs=-1, metavar="[PHONE]... [KEY=VALUE]...")
@click.option("--pool", default="", help="The permanent pool, which also decides the servers.")
@click.option("--all", "everybody", is_flag=True, help="All temporary phones that the filter takes.")
@click.option("--model", default="", help="With --all: only those of this model.")
@click.option("--network", default="", help="With --all: only those with an address of this network.")
@click.option(
    "--csv", "file", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Phones and pools from a file."
)
@click.option("--every", type=float, default=2.0, help="Seconds between two restarts. Default: 2.")
@click.option("--no-restart", is_flag=True, help="Let phones take it up when they start by themselves.")
@json_option
def assign(
    frame: Frame,
    phones: tuple[str, ...],
    pool: str,
    everybody: bool,
    model: str,
    network: str,
    file: Path | None,
    every: float,
    no_restart: bool,
) -> None:
    """Move phones to their permanent pool and templates; each keeps its number and starts again once.

    KEY=VALUE: css, button_template, softkey_template, phone_profile, description, owner. A CSV file has a head line
    with phone and pool, and columns with these names if need be. What cannot be done is reported with its line, the
    rest is done; the exit code is then 1.
    """
    values = pairs(tuple(each for each in phones if "=" in each))
    named = [each for each in phones if "=" not in each]
    if sum((bool(named), everybody, file is not None)) != 1 or (file is None) == (not pool):
        raise InvalidInput(
            "say which phones are meant, and what pool they get", fix="give phones or --all with --pool, or --csv FILE"
        )
    with temporary_desk(frame) as desk:
        if file is not None:
            rows = read_assignments(_text(file))
        else:
            if everybody:
                named = [str(each.name) for each in desk.list(Filter(model=model, network=network))]
            rows = [Assignment(each, pool, tuple(values.items())) for each in named]
        done = desk.assign(rows)
    moved = [each.device for each in done if each.device is not None]
    remark = ""
    if moved:
        remark = tell_service(frame) if no_restart else restart_changed(frame, moved, every=every)
    failed = [each for each in done if each.trouble]
    shown = [f"{_where(each.assignment)}: {each.trouble}" for each in failed]
    told = [{"line": each.assignment.line, "phone": each.assignment.phone, "trouble": each.trouble} for each in failed]
    frame.show(
        {"assigned": [_told(each) for each in moved], "failed": told, "remark": remark},
        *shown,
        f"{len(moved)} phones are assigned{f', {len(failed)} are not' if failed else ''}.",
        *([remark] if remark else []),
    )
    if failed:
        raise SystemExit(1)


@autoregistration.command()
@click.option("--unused-for", "idle", type=Duration(), default="30d", help="Not seen for so long. Default: 30d.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def cleanup(frame: Frame, idle: timedelta, yes: bool) -> None:
    """Remove temporary phones that are not registered and were not seen for long; their numbers become free."""
    with temporary_desk(frame) as desk:
        found = desk.unused(idle)
        if found:
            if not frame.as_json:
                frame.show(None, table(("phone", "number", "seen"), [(e.name, e.number, _seen(e)) for e in found]))
            frame.confirm(f"Remove these {len(found)} phones?", yes=yes)
        gone = desk.remove_unused(idle) if found else ()
    remark = tell_service(frame) if gone else ""
    frame.show({"removed": [_told(each) for each in gone], "remark": remark}, f"{len(gone)} phones removed. {remark}")


@root.command()
@click.option("--limit", type=click.IntRange(1, MOST_ENTRIES), default=200, help="The newest entries. Default: 200.")
@json_option
def audit(frame: Frame, limit: int) -> None:
    """Who changed what, when, and from where; every admission and refusal. With --json one JSON object a line."""
    with opened_store(frame) as store, store.read() as work:
        entries = work.journal.audit_trail(limit=limit)
    if frame.as_json:
        for entry in entries:
            who, _, origin = entry.actor.partition(" from ")
            line = {
                "at": entry.at.isoformat(timespec="milliseconds"),
                "who": who,
                "from": origin,
                "action": entry.action,
                "detail": entry.detail,
            }
            click.echo(json.dumps(line, ensure_ascii=False))
        return
    rows = [(f"{each.at.astimezone():%Y-%m-%d %H:%M:%S}", each.actor, each.action, each.detail) for each in entries]
    frame.show(None, table(("when", "who", "what", ""), rows) if rows else "Nothing was changed yet.")


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise InvalidInput(f"{file} is too large", why=f"more than {LARGEST_FILE // 1024 // 1024} MB")
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read", why=str(error), fix="save it as CSV in UTF-8") from error


def _where(assignment: Assignment) -> str:
    return f"line {assignment.line}" if assignment.line else assignment.phone


def _seen(device: Device) -> str:
    moment = device.last_seen or device.created_at
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _told(device: Device) -> dict[str, object]:
    return {
        "phone": str(device.name),
        "number": device.number,
        "model": device.model,
        "pool": device.pool,
        "address": device.address,
        "registered": device.registered,
        "last_seen": device.last_seen,
    }

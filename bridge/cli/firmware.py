"""``sepbridge firmware``: loads for phones, and bringing them to phones a few at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.markup import escape

from bridge.autoregistration.checks import Severity
from bridge.cli.desks import firmware_desk
from bridge.cli.frame import Frame, json_option, table
from bridge.cli.main import root
from bridge.cli.sitechanges import findings_told
from bridge.store.firmware import StoredLoad


@root.group()
def firmware() -> None:
    """Firmware of phones: your own files, checked before a phone asks for them."""


@firmware.command()
@click.argument("package", type=click.Path(path_type=Path, exists=True))
@click.option("--replace", is_flag=True, help="Put files in the place of different ones of the same name.")
@click.option("--incomplete", is_flag=True, help="Take a package whose files are not all there.")
@json_option
def add(frame: Frame, package: Path, replace: bool, incomplete: bool) -> None:
    """Take the firmware out of a zip, tar or cop file or a folder, all of it or nothing, and check it."""
    with firmware_desk(frame) as desk:
        added = desk.add(package, replace=replace, incomplete=incomplete)
    counts = [
        f"{len(names)} {what}"
        for what, names in (("new", added.new), ("there already", added.same), ("replaced", added.replaced))
        if names
    ]
    text = f"Files: {', '.join(counts)}."
    if added.ignored:
        text += f" Ignored, since they are no firmware: {', '.join(added.ignored[:5])}"
        text += f" and {len(added.ignored) - 5} more." if len(added.ignored) > 5 else "."
    data = {
        "loads": [_data(each) for each in added.loads],
        "new": added.new,
        "same": added.same,
        "replaced": added.replaced,
        "ignored": added.ignored,
    }
    frame.show(data, _loads_table(added.loads), escape(text))


@firmware.command("list")
@json_option
def list_loads(frame: Frame) -> None:
    """Show the loads that are there: for which models and protocol, whether complete, and who is to have them."""
    with firmware_desk(frame) as desk:
        used = desk.list()
    data = [{**_data(each.load), "defaults": each.defaults, "phones": each.phones} for each in used]
    if not used:
        frame.show(data, "There is no firmware yet. `sepbridge firmware add` takes a package that you have.")
        return
    users = [
        "; ".join([*each.defaults, *([f"{each.phones} phones"] if each.phones else [])]) or "nobody" for each in used
    ]
    frame.show(data, _loads_table([each.load for each in used], users))


@firmware.command()
@json_option
@click.pass_context
def check(context: click.Context, frame: Frame) -> None:
    """Say what phones would miss, before they ask for it. Exit code 1 for errors."""
    with firmware_desk(frame) as desk:
        findings = desk.check()
    frame.show({"findings": list(findings)}, *(findings_told(findings) or ["Nothing is missing."]))
    context.exit(1 if any(each.severity is Severity.ERROR for each in findings) else 0)


@firmware.command()
@click.argument("load")
@click.option("--force", is_flag=True, help="Also a load that phones are to have.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(frame: Frame, load: str, force: bool, yes: bool) -> None:
    """Remove a load with those of its files that no other load names."""
    with firmware_desk(frame) as desk:
        frame.confirm(f"Remove {load} from the files for phones?", yes=yes)
        removed = desk.remove(load, force=force)
    frame.show({"removed": removed}, f"Removed: {escape(', '.join(removed))}")


def _loads_table(loads: Sequence[StoredLoad], users: Sequence[str] | None = None) -> object:
    columns = ["load", "protocol", "models", "version", "files", "MB", "state"]
    rows = [
        [
            each.name,
            each.says.protocol or "",
            ", ".join(sorted(each.says.models)) or ", ".join(sorted(each.says.families)),
            each.says.version,
            len(each.files) + 1,
            f"{each.size / 1e6:.1f}",
            _state(each),
        ]
        for each in loads
    ]
    if users is not None:
        columns.append("for")
        rows = [[*row, user] for row, user in zip(rows, users, strict=True)]
    return table(columns, rows)


def _state(load: StoredLoad) -> str:
    if load.missing:
        return f"missing: {', '.join(load.missing)}"
    return load.trouble or "complete"


def _data(load: StoredLoad) -> dict[str, object]:
    says = load.says
    return {
        "name": load.name,
        "protocol": says.protocol,
        "models": sorted(says.models),
        "families": sorted(says.families),
        "version": says.version,
        "files": [load.file, *load.files],
        "missing": load.missing,
        "octets": load.size,
        "complete": load.is_complete,
        "trouble": load.trouble,
    }

"""``sepbridge firmware``: loads for phones, and bringing them to phones a few at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from bridge.app.files.firmware import RolloutPlan
from bridge.autoregistration.checks import Severity
from bridge.cli.control import ServiceNotRunning, ask
from bridge.cli.desks import firmware_desk, phone_desk, tell_service
from bridge.cli.frame import Frame, in_words, json_option, table
from bridge.cli.main import root
from bridge.cli.sitechanges import findings_told
from bridge.core import Rollout
from bridge.errors import InvalidInput
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
    frame.show(data, _loads_table(added.loads), text)


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
    frame.show({"removed": removed}, f"Removed: {', '.join(removed)}")


@firmware.command()
@click.argument("load", required=False)
@click.option("--model", "models", multiple=True, help="Phones of this model. May be given several times.")
@click.option("--pool", "pools", multiple=True, help="Phones of this device pool.")
@click.option("--phone", "phones", multiple=True, help="This phone: name, MAC or number.")
@click.option("--at-a-time", default=5, show_default=True, help="How many phones are busy with it at once.")
@click.option("--start", "action", flag_value="start", help="Begin it. The default with a LOAD.")
@click.option("--stop", "action", flag_value="stop", help="Tell no further phone; those under way go on.")
@click.option("--status", "action", flag_value="status", help="How far it is. The default without a LOAD.")
@click.option("--dry-run", is_flag=True, help="Only show which phones it would be, and what speaks against it.")
@click.option("--force", is_flag=True, help="Also steps that are not allowed. This is noted in the audit trail.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def rollout(
    frame: Frame,
    load: str | None,
    models: tuple[str, ...],
    pools: tuple[str, ...],
    phones: tuple[str, ...],
    at_a_time: int,
    action: str | None,
    dry_run: bool,
    force: bool,
    yes: bool,
) -> None:
    """Bring a load to phones: idle ones first, a few at a time; each is restarted and followed until it has it.

    Without --model, --pool or --phone: all phones that the load fits. Three failures in a row stop it.
    """
    match action or ("start" if load else "status"):
        case "stop":
            with firmware_desk(frame) as desk:
                stopped = desk.stop()
            remark = tell_service(frame)
            frame.show({"rollout": stopped, "remark": remark}, *_rollout_told(stopped), remark)
        case "status":
            _show_status(frame)
        case _ if not load:
            raise InvalidInput("which load?", fix="name one that `sepbridge firmware list` shows")
        case _:
            with phone_desk(frame) as others:
                names = [others.find(each) for each in phones]
            with firmware_desk(frame) as desk:
                plan = desk.plan(load, models=models, pools=pools, phones=names)
                if dry_run or not frame.as_json:
                    frame.show(_plan_data(plan), *_plan_told(plan))
                if dry_run:
                    return
                if plan.phones:
                    frame.confirm(f"Restart {len(plan.phones)} phones, {at_a_time} at a time?", yes=yes)
                begun = desk.start(plan, at_a_time=at_a_time, force=force)
            remark = tell_service(frame)
            text = f"It has begun. How far it is: sepbridge firmware rollout --status. {remark}"
            frame.show({"rollout": begun, "remark": remark}, text)


def _show_status(frame: Frame) -> None:
    with firmware_desk(frame) as desk:
        stored = desk.rollout()
    try:
        live: dict[str, Any] | None = ask(frame.settings.control_socket, "GET", "/firmware/rollout")
    except ServiceNotRunning:
        live = None
    if stored is None:
        frame.show({"rollout": None}, "There was no roll-out yet.")
        return
    rows: dict[str, tuple[str, str]] = {}
    left = ""
    if live is not None:
        for each in live["phones"]:
            files = [
                f"{file['name']} {file['percent']} %" + (f" ({file['trouble']})" if file["trouble"] else "")
                for file in each["files"]
                if 0 < file["percent"] < 100 or file["trouble"]
            ]
            seconds = each["seconds_left"]
            more = [*files, *([f"about {in_words(timedelta(seconds=seconds))} left"] if seconds is not None else [])]
            rows[each["phone"]["device"]] = (f"{each['percent']} %", "; ".join(more))
        if live["seconds_left"] is not None:
            left = f"About {in_words(timedelta(seconds=live['seconds_left']))} until the last one has it."
    frame.show({"rollout": stored, "live": live}, *_rollout_told(stored, rows), *([left] if left else []))


def _rollout_told(rollout: Rollout, live: dict[str, tuple[str, str]] | None = None) -> list[object]:
    counts = Counter(each.stage.value for each in rollout.phones)
    head = f"{rollout.load}: {rollout.state.value}" + (f" ({rollout.detail})" if rollout.detail else "")
    text = f"{head}; " + ", ".join(f"{count} {stage}" for stage, count in counts.items())
    rows = []
    for each in rollout.phones:
        percent, doing = (live or {}).get(str(each.device), ("", ""))
        rows.append((each.device, each.stage, percent, each.before, "; ".join(filter(None, (each.detail, doing)))))
    return [text, table(("phone", "stage", "", "before", "remarks"), rows)]


def _plan_told(plan: RolloutPlan) -> list[object]:
    rows = [
        (
            each.device.name,
            each.device.model,
            each.device.load,
            each.advice.difference,
            f"not allowed: {each.objection}" + (f"; {each.fix}" if each.fix else "") if each.objection else "",
        )
        for each in plan.phones
    ]
    parts: list[object] = [table(("phone", "model", "runs", "", "advice"), rows)] if rows else []
    if plan.already:
        parts.append(f"{len(plan.already)} have it already.")
    return parts or ["There is no such phone."]


def _plan_data(plan: RolloutPlan) -> dict[str, object]:
    return {
        "load": _data(plan.load),
        "phones": [
            {
                "phone": each.device.name,
                "model": each.device.model,
                "runs": each.device.load,
                "difference": each.advice.difference,
                "allowed": not each.objection,
                "objection": each.objection,
                "via": each.advice.via,
                "via_installed": each.advice.via_installed,
                "fix": each.fix,
            }
            for each in plan.phones
        ],
        "already": plan.already,
    }


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

"""``sepbridge import``: take over what stands on a CUCM, and see how far the move has come."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from bridge.app.leaving.importdesk import ImportDesk, ImportPlan
from bridge.app.leaving.importfiles import keep_recording, read_exports, read_recordings
from bridge.app.leaving.leavingdesk import LeavingDesk
from bridge.app.site.sitedescription import Change, Step
from bridge.app.site.sitedesk import SiteDesk
from bridge.app.system import SystemClock, SystemIds
from bridge.cli.control import ServiceNotRunning, ask
from bridge.cli.desks import actor, opened_store, tell_service
from bridge.cli.frame import Frame, json_option, table
from bridge.cli.main import root
from bridge.cli.phones import phones
from bridge.errors import InvalidInput
from bridge.migration.axlanswers import read_answers
from bridge.migration.batfiles import read_file
from bridge.migration.inventory import Inventory
from bridge.migration.leaving import LeavingState
from bridge.migration.notes import Weight
from bridge.migration.wishes import ForwardWish
from bridge.net.axl import AxlAccess, AxlClient

SHOWN_CHANGES = 60
_SIGNS = {Step.ADD: "+", Step.CHANGE: "~", Step.REMOVE: "-"}
PASSWORD = "SEPBRIDGE_AXL_PASSWORD"  # noqa: S105  # the name of a variable
AFTERWARDS = (
    "The phones keep name, number and buttons. They only need the new TFTP address (DHCP option 150). One that holds a "
    "trust list of the old cluster (ITL, CTL) ignores it until the list is erased: sepbridge import checklist"
)


@root.group("import")
def import_group() -> None:
    """Leaving CUCM: phones, lines, pools and the dial plan from its exports, with a plan that is shown first."""


def _import_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--dry-run", is_flag=True, help="Show the plan, and change nothing."),
        click.option("--yes", is_flag=True, help="Do not ask before it is done."),
        click.option(
            "--skip-broken",
            is_flag=True,
            help="Import the others when some cannot be read; without it, nothing is done then.",
        ),
        click.option("--new-only", is_flag=True, help="Leave phones and objects that are here already as they are."),
        click.option(
            "--trunk",
            "trunks",
            multiple=True,
            metavar="NAME=TRUNK",
            help="The trunk at Asterisk that stands for a route list or gateway; its own name unless told. Repeatable.",
        ),
        click.option("--verbose", is_flag=True, help="Show every change and every remark."),
    ):
        command = option(command)
    return command


@import_group.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@_import_options
@json_option
def bat(frame: Frame, files: tuple[Path, ...], **options: Any) -> None:
    """Import files of CUCM's Bulk Administration: phones (All Details), users, device pools; plain or as TAR.

    Exit code 1 when a dry run finds something that cannot be imported.
    """
    inventory = Inventory()
    for name, content in read_exports(files):
        inventory += read_file(content, name)
    _import(frame, inventory, f"BAT files {', '.join(each.name for each in files)}", options)


phones.add_command(bat, "import")


@import_group.command()
@click.option("--url", help="Of a CUCM: https://HOST:8443/axl/")
@click.option("--answers", type=click.Path(path_type=Path, file_okay=False), help="A directory of recorded answers.")
@click.option("--user", help='An account with the role "Standard AXL API Access".')
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"Its password in a file; else {PASSWORD}, else it is asked for.",
)
@click.option("--axl-version", default="12.5", show_default=True, help="Of the AXL schema.")
@click.option("--ca", type=click.Path(path_type=Path, dir_okay=False), help="CUCM's certificate, or its authority's.")
@click.option("--insecure", is_flag=True, help="Believe any certificate: on a network of your own alone.")
@click.option(
    "--rate", type=click.FloatRange(0.1, 50), default=10.0, show_default=True, help="Requests in a second at most."
)
@click.option(
    "--record",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the answers here, without passwords and PINs, for --answers.",
)
@_import_options
@json_option
def axl(frame: Frame, url: str | None, answers: Path | None, record: Path | None, **options: Any) -> None:
    """Import over AXL: everything that BAT files have, and pools, partitions, spaces, patterns and templates as well.

    CUCM is only read. Exit code 1 when a dry run finds something that cannot be imported.
    """
    if (url is None) == (answers is None):
        raise InvalidInput("import from where?", fix="give --url of a CUCM, or --answers with recorded answers")
    if answers is not None:
        found, source = read_recordings(answers), f"AXL answers in {answers}"
    else:
        found, source = asyncio.run(_asked(frame, _access(str(url), options), record)), f"AXL at {url}"
    _import(frame, read_answers(found), source, options)


@import_group.command()
@json_option
def checklist(frame: Frame) -> None:
    """The order of steps for leaving CUCM, and how each of them stands."""
    with opened_store(frame) as store:
        site = SiteDesk(store, SystemClock(), SystemIds(), actor())
        steps = LeavingDesk(store, SystemClock(), site).steps()
    rows = [(each.number, each.state.value, each.title, each.told, each.fix) for each in steps]
    left = sum(each.state is not LeavingState.DONE for each in steps)
    frame.show(
        {"steps": steps},
        table(("step", "state", "what", "how it stands", "what to do"), rows),
        f"{left} steps are left.",
    )


def _import(frame: Frame, inventory: Inventory, source: str, options: dict[str, Any]) -> None:
    trunks = _trunks(options["trunks"])
    new_only, skip = options["new_only"], options["skip_broken"]
    with _desk(frame) as desk:
        plan = desk.plan(inventory, trunks, new_only=new_only)
        if options["dry_run"]:
            frame.show({**_data(plan), "applied": False}, *_told(plan, verbose=options["verbose"]))
            click.get_current_context().exit(1 if plan.broken and not skip else 0)
        if not frame.as_json:
            frame.show(None, *_told(plan, verbose=options["verbose"]))
        if plan.changes and (skip or not plan.broken):
            frame.confirm(f"Make these {len(plan.changes)} changes?", yes=options["yes"])
        done = desk.apply(inventory, trunks, source=source, skip_broken=skip, new_only=new_only, expected=plan)
    remark = tell_service(frame) if done.changes else ""
    remarks = [each for each in (remark, _forwards(frame, done.forwards)) if each]
    frame.show(
        {**_data(done), "applied": True, "remarks": remarks},
        f"{len(done.changes)} changes made." if done.changes else "Nothing to change: everything is here already.",
        *remarks,
        *([AFTERWARDS] if done.phones else []),
    )


@contextlib.contextmanager
def _desk(frame: Frame) -> Iterator[ImportDesk]:
    with opened_store(frame) as store:
        yield ImportDesk(store, SystemClock(), SystemIds(), actor())


def _forwards(frame: Frame, wishes: Sequence[ForwardWish]) -> str:
    """Have the service set the forwards at Asterisk; a remark for the admin."""
    if not wishes:
        return ""
    try:
        body = [{"number": each.number, "kind": each.kind, "target": each.target} for each in wishes]
        done = ask(frame.settings.control_socket, "POST", "/forwards", body=body, timeout=120)
    except ServiceNotRunning:
        return f"The service is not running: {len(wishes)} forwards are not set. Import again when it runs."
    told = f"{done['done']} forwards are set at Asterisk, {done['kept']} were there already."
    return "\n".join([told, *done["troubles"]])


def _access(url: str, options: dict[str, Any]) -> AxlAccess:
    user = options["user"]
    if not user:
        raise InvalidInput("as whom shall CUCM be asked?", fix="give --user")
    return AxlAccess(
        url,
        user,
        _password(options["password_file"]),
        options["axl_version"],
        options["ca"],
        verify=not options["insecure"],
        per_second=options["rate"],
    )


def _password(file: Path | None) -> str:
    if file is None:
        known = os.environ.get(PASSWORD, "")
        if not known and not sys.stdin.isatty():
            raise InvalidInput("nobody is there to be asked for the password", fix=f"--password-file, or {PASSWORD}")
        return known or click.prompt("AXL password", hide_input=True)
    try:
        return file.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read", why=str(error), fix="give a file with the password") from None


async def _asked(frame: Frame, access: AxlAccess, record: Path | None) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []

    def told(kind: str, done: int, total: int) -> None:
        if not frame.as_json and (done % 100 == 0 or done == total):
            click.echo(f"{kind}: {done} of {total}", err=True)

    async with AxlClient(access, progress=told) as client:
        async for name, content in client.answers():
            if record is not None:
                await asyncio.to_thread(keep_recording, record, name, content)
            found.append((name, content))
    return found


def _trunks(words: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        name, equals, trunk = word.rpartition("=")
        if not equals or not name or not trunk:
            raise InvalidInput(f"{word!r} names no trunk", fix="write --trunk 'ROUTE LIST=trunk'")
        found[name] = trunk
    return found


def _data(plan: ImportPlan) -> dict[str, object]:
    return {
        "read": dict(plan.read),
        "changes": [
            {
                "step": each.step,
                "section": each.section,
                "object": each.shown,
                "keys": {name: {"before": before, "after": after} for name, before, after in each.fields},
            }
            for each in plan.changes
        ],
        "notes": [
            {
                "weight": each.weight,
                "subject": each.subject,
                "what": each.what,
                "file": each.origin.file,
                "line": each.origin.line,
                "count": each.count,
            }
            for each in plan.notes
        ],
        "forwards": [{"number": each.number, "kind": each.kind, "target": each.target} for each in plan.forwards],
    }


def _told(plan: ImportPlan, *, verbose: bool) -> list[object]:
    read = ", ".join(f"{count} {kind}" for kind, count in plan.read.items() if count)
    parts: list[object] = [f"Read: {read or 'nothing'}."]
    shown = plan.changes if verbose else plan.changes[:SHOWN_CHANGES]
    parts += [_line(each) for each in shown]
    if len(shown) < len(plan.changes):
        parts.append(f"… and {len(plan.changes) - len(shown)} more (--verbose shows them)")
    if plan.forwards:
        parts.append(f"{len(plan.forwards)} forwards, to be set at Asterisk")
    for weight in Weight:
        notes = [each for each in plan.notes if each.weight is weight]
        if notes:
            parts.append(f"\n{weight.value.capitalize()}:")
            parts += [f"  {each}" for each in (notes if verbose else notes[:SHOWN_CHANGES])]
            if len(notes) > SHOWN_CHANGES and not verbose:
                parts.append(f"  … and {len(notes) - SHOWN_CHANGES} more (--verbose shows them)")
    return parts


def _line(change: Change) -> str:
    told = []
    for name, before, after in change.fields:
        if name == "name":
            continue
        if name == "lines":
            after = ", ".join(str(each["number"]) for each in after or ())
            before = ", ".join(str(each["number"]) for each in before or ()) or None
        before, after = _shown(before), _shown(after)
        told.append(f"{name}={after}" if before is None else f"{name}: {before} → {after}")
    return f"{_SIGNS[change.step]} {change.shown}  {'; '.join(told)}".rstrip()


def _shown(value: object) -> object:
    match value:
        case list() | tuple():
            return ", ".join(str(_shown(each)) for each in value) or None
        case dict():
            return " ".join(str(each) for each in value.values())
        case _:
            return value

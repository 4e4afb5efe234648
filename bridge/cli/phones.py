"""``sepbridge phones``: list, show, add, remove, restart, message."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click

from bridge.app.operations.recorder import describe
from bridge.app.phones.screenmessages import checked_document
from bridge.autoregistration.reasons import mib_name
from bridge.cli.control import ServiceNotRunning, ask
from bridge.cli.desks import file_desk, opened_desks, pbx_plan, phone_desk, takes_up, tell_service
from bridge.cli.frame import Duration, Frame, json_option, table
from bridge.cli.main import root
from bridge.core import Device, DeviceName, SignallingProtocol
from bridge.core.findings import Weight
from bridge.errors import InvalidInput
from bridge.ports import RefusedPhone, RestartKind


@root.group()
def phones() -> None:
    """The phones: ours, and those that were turned away."""


@phones.command("list")
@click.option("--temporary", is_flag=True, help="Only phones that autoregistered and were not assigned since.")
@click.option("--problems", is_flag=True, help="Only phones that have a problem. Needs the running service.")
@json_option
def list_phones(frame: Frame, temporary: bool, problems: bool) -> None:
    """List all phones, each with the likeliest cause of its trouble.

    Findings come from the running service; `sepbridge phones diagnose` judges a single phone without it, too.
    """
    with opened_desks(frame) as desks:
        everything, window = desks.phones.list(), desks.window.status()
    told = _findings(frame, needed=problems)
    found = told or {}
    troubled = {name for name, told in found.items() if any(each["severity"] == Weight.PROBLEM for each in told)}
    ours = [
        phone
        for phone in everything.phones
        if (phone.temporary or not temporary) and (str(phone.name) in troubled or not problems)
    ]
    refused = [each for each in everything.refused if not temporary and (str(each.device) in troubled or not problems)]
    rows = [
        (phone.name, phone.number, phone.model or "?", _state(phone), phone.address, _when(phone.last_seen))
        for phone in ours
    ]
    rows += [(each.device, "", each.model or "?", _refused(each), each.client, _when(each.last_at)) for each in refused]
    remark = (
        "" if told is not None else "The service is not running: states are those of its end, findings are not known."
    )
    data = {
        "phones": [{**_public(frame, phone), "findings": found.get(str(phone.name), [])} for phone in ours],
        "refused": [{**frame.fields(each), "findings": found.get(str(each.device), [])} for each in refused],
        "remark": remark,
    }
    empty = "No phones yet. Open the window: sepbridge autoregistration enable --for 30m"
    if window.is_open:
        empty = "No phones yet. Autoregistration is open: plug one in."
    if everything.phones or everything.refused:
        empty = "No phone is like that."
    heads = ("phone", "number", "model", "state", "address", "last seen", "finding")
    lines = [(*each, _first(found.get(str(each[0]), []))) for each in rows]
    frame.show(data, table(heads, lines) if rows else empty, *([f"\n{remark}"] if remark and rows else []))


def _findings(frame: Frame, *, needed: bool) -> dict[str, list[dict[str, str]]] | None:
    """What the running service finds of phones, by their names; None where it does not run, unless it must."""
    try:
        found: dict[str, list[dict[str, str]]] = ask(frame.settings.control_socket, "GET", "/findings")
    except ServiceNotRunning:
        if needed:
            raise
        return None
    return found


def _first(findings: list[dict[str, str]]) -> str:
    """The likeliest one in words, and how many there are besides."""
    if not findings:
        return ""
    more = f" (+{len(findings) - 1})" if len(findings) > 1 else ""
    return f"{findings[0]['severity']}: {findings[0]['title']}{more}"


@phones.command()
@click.argument("phone")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000), help="How many steps to show.")
@json_option
def show(frame: Frame, phone: str, limit: int) -> None:
    """Show one phone (name, MAC or number) and every step it took."""
    with phone_desk(frame) as desk:
        sheet = desk.show(phone, limit=limit)
    device = sheet.device
    rows: list[tuple[str, object]] = [("phone", sheet.name)]
    if device is not None:
        observed = device.observed_protocol
        rows += [
            ("number", device.number),
            ("model", device.model or "not known yet"),
            ("state", _state(device)),
            ("protocol", f"{device.desired_protocol}" + (f", seen speaking {observed}" if observed else "")),
            ("address", device.address),
            ("pool", device.pool),
            ("description", device.description),
            ("version stamp", device.version_stamp),
        ]
    seen = sheet.inventory
    switch = " ".join(each for each in (seen.neighbour, seen.neighbour_port) if each)
    rows += [
        (name, value)
        for name, value in (
            ("family", seen.family),
            ("firmware kind", seen.firmware),
            ("security mode", seen.security.value),
            ("voice VLAN", seen.vlan_in_words),
            ("switch port", switch),
            ("network's call manager", seen.manager),
        )
        if value
    ]
    if sheet.refusal is not None:
        refusal = sheet.refusal
        rows += [
            ("refused", f"{refusal.count} times, last {_when(refusal.last_at)}, from {refusal.client}"),
            ("because", refusal.text),
            ("reason in the MIB", mib_name(refusal.reason)),
            *([("model", refusal.model)] if refusal.model else []),
            ("to add it", f"sepbridge phones add {sheet.name}"),
        ]
    steps = [(_clock(event.at), describe(event).removeprefix(f"{sheet.name}: ")) for event in sheet.journey]
    data = {
        "name": sheet.name,
        "phone": None if device is None else _public(frame, device),
        "refusal": sheet.refusal,
        "inventory": sheet.inventory,
        "journey": [{"event": type(event).__name__, **frame.fields(event)} for event in sheet.journey],
    }
    frame.show(data, table(("", ""), rows), "", table(("at", "step"), steps))


@phones.command()
@click.argument("phone")
@click.option("--number", default="", help="Directory number. Default: the next free one of the range.")
@click.option("--model", default="", help="For example 8841. Default: found out when the phone registers.")
@click.option(
    "--protocol", type=click.Choice(["SCCP", "SIP"], case_sensitive=False), help="For phones that speak both."
)
@click.option("--name", "display_name", default="", help="The name that others see when it calls.")
@click.option("--description", default="", help="A note for you.")
@json_option
def add(
    frame: Frame, phone: str, number: str, model: str, protocol: str | None, display_name: str, description: str
) -> None:
    """Add a phone by its MAC, whether autoregistration is open or not."""
    plan = None if number and frame.settings.freepbx.url else pbx_plan(frame)  # FreePBX's extensions may be given away
    with phone_desk(frame) as desk:
        device = desk.add(
            DeviceName.parse(phone),
            number=number,
            model=model,
            protocol=SignallingProtocol(protocol.upper()) if protocol else None,
            display_name=display_name,
            description=description,
            foreign=plan.endpoints if plan is not None else (),
        )
        remark = tell_service(frame)
    text = f"{device.name} has number {device.number}. Plug it in, or power it off and on. {remark}"
    frame.show({"phone": _public(frame, device), "remark": remark}, text)


@phones.command()
@click.argument("phone")
@click.argument("number")
@click.option("--button", default=0, type=click.IntRange(0, 200), help="Which button. Default: the next free one.")
@click.option("--label", default="", help="What stands beside the button.")
@json_option
def share(frame: Frame, phone: str, number: str, button: int, label: str) -> None:
    """Put a number that another phone has on this phone, too: a shared line."""
    with phone_desk(frame) as desk:
        device = desk.share(desk.find(phone), number, button=button, label=label)
        remark = tell_service(frame)
    text = f"{device.name} has {number}, too. {takes_up(device, buttons=True)} {remark}".strip()
    frame.show({"phone": _public(frame, device), "remark": remark}, text)


@phones.command()
@click.argument("phone")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(frame: Frame, phone: str, yes: bool) -> None:
    """Remove a phone; its number becomes free."""
    with phone_desk(frame) as desk:
        name = desk.find(phone)
        device = desk.show(str(name), limit=1).device
        number = device.number if device else ""
        frame.confirm(f"Remove {name} (number {number})? Its endpoint in Asterisk goes too.", yes=yes)
        desk.remove(name)
        remark = tell_service(frame)
    frame.show(
        {"removed": str(name), "number": number, "remark": remark}, f"{name} is gone, {number} is free. {remark}"
    )


@phones.command("file")
@click.argument("phone")
@click.option("--check", is_flag=True, help="Only say what is wrong; exit status 1 when something is.")
@click.option("--secrets", is_flag=True, help="Show passwords, too.")
@json_option
def show_file(frame: Frame, phone: str, check: bool, secrets: bool) -> None:
    """Show the files that a phone gets, made anew, or check them element by element."""
    with phone_desk(frame) as desk:
        name = desk.find(phone)
    with file_desk(frame) as files:
        shown = files.files(name, secrets=secrets)
    findings = [(file.name, each) for file in shown for each in file.findings]
    data = {
        "files": [{"name": file.name, "text": "" if check else file.text} for file in shown],
        "findings": [{"file": file, **frame.fields(each)} for file, each in findings],
    }
    rows = [
        (file, each.path, f"{each.what} (the phone works all the same)" if each.harmless else each.what)
        for file, each in findings
    ]
    flawless = f"Nothing is wrong with {' and '.join(file.name for file in shown)}."
    verdict = table(("file", "where", "what"), rows) if rows else flawless
    frame.show(data, verdict if check else "\n".join(file.text for file in shown))
    if check and any(not each.harmless for _, each in findings):
        click.get_current_context().exit(1)


@phones.command()
@click.argument("phone")
@click.option("--reset", is_flag=True, help="A full boot, like power off and on.")
@json_option
def restart(frame: Frame, phone: str, reset: bool) -> None:
    """Make a registered phone read its files again. Needs the running service."""
    with phone_desk(frame) as desk:
        name = desk.find(phone)
    kind = RestartKind.RESET if reset else RestartKind.RESTART
    ask(frame.settings.control_socket, "POST", f"/phones/{name}/restart?kind={kind.value}")
    frame.show(
        {"restarted": str(name), "kind": kind.value},
        f"{name} was told to {kind.value}. Whether it does shows in `sepbridge phones show {name}`.",
    )


@phones.command()
@click.argument("words", nargs=-1)
@click.option("--all", "everywhere", is_flag=True, help="All phones; WORDS is the text alone.")
@click.option("--pool", default="", help="All phones of this device pool; WORDS is the text alone.")
@click.option("--for", "span", default="10s", show_default=True, type=Duration(), help="How long; 0s: until --clear.")
@click.option("--priority", default=7, show_default=True, type=click.IntRange(1, 9), help="1 shows over everything.")
@click.option("--idle", is_flag=True, help="As the idle text (message of the day), until --clear.")
@click.option("--clear", is_flag=True, help="Take back what was shown with this priority, or as the idle text.")
@click.option(
    "--document",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Instead of a text a file with an XML object: menu, directory, input, text, image, execute.",
)
@json_option
def message(
    frame: Frame,
    words: tuple[str, ...],
    everywhere: bool,
    pool: str,
    span: timedelta,
    priority: int,
    idle: bool,
    clear: bool,
    document: Path | None,
) -> None:
    """Show a text on the screens of phones: PHONE... TEXT, or with --all or --pool only TEXT. Needs the service."""
    several = everywhere or bool(pool)
    targets, text = (list(words), "") if clear or document else (list(words[:-1]), words[-1] if words else "")
    if (
        (several and targets)
        or (everywhere and pool)
        or not (several or targets)
        or not (clear or document or text.strip())
    ):
        raise InvalidInput("whom to tell what?", fix='sepbridge phones message 1001 "Back at 3", or --all "Back at 3"')
    with phone_desk(frame) as desk:
        names = [str(desk.find(each)) for each in targets]
    asked = {
        "phones": names,
        "pool": pool,
        "text": text,
        "seconds": int(span.total_seconds()),
        "priority": priority,
        "stays": idle,
        "document": checked_document(document.read_bytes()).document if document else "",
    }
    deliveries = ask(frame.settings.control_socket, "POST", "/message", body=asked)
    rows = [(each["phone"], each["why_not"] or "sent") for each in deliveries]
    frame.show({"phones": deliveries}, table(("phone", "message"), rows) if rows else "There is no such phone.")


def _public(frame: Frame, device: Device) -> dict[str, object]:
    """The device without its secret."""
    return {key: value for key, value in frame.fields(device).items() if key != "secret"}


def _refused(phone: RefusedPhone) -> str:
    mib = mib_name(phone.reason)
    return f"refused: {phone.reason}" + (f" ({mib})" if mib else "")


def _state(device: Device) -> str:
    if device.registered:
        return "registered"
    return "not registered" if device.observed_protocol else "not registered yet"


def _when(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _clock(moment: datetime) -> str:
    return moment.astimezone().strftime("%H:%M:%S.%f")[:-3]

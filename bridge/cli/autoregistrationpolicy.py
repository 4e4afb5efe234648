"""``sepbridge autoregistration``: who may in, where strange phones go, and the modes."""

from __future__ import annotations

import click

from bridge.app.admission.roguepool import EmergencyList
from bridge.app.files.filedesk import emergency_list
from bridge.autoregistration import ListEntry, ListKind, SecurityPolicy, UnknownMode
from bridge.callcontrol.emergency import emergency_numbers
from bridge.cli.autoregistration import autoregistration
from bridge.cli.desks import tell_service, window_desk
from bridge.cli.frame import Frame, json_option, table
from bridge.core import DeviceName, NumberRange
from bridge.errors import InvalidInput
from bridge.phones.catalogue import catalogue


@autoregistration.command()
@click.option("--partition", default="", help="Where the numbers of autoregistered phones are.")
@click.option("--css", default="", help="The calling search space of autoregistered phones; internal numbers alone.")
@click.option("--none", "without", is_flag=True, help="No partition and no calling search space, and that is meant.")
@json_option
def space(frame: Frame, partition: str, css: str, without: bool) -> None:
    """Choose partition and calling search space of autoregistered phones. Enabling needs the choice."""
    if without == bool(partition or css):
        raise InvalidInput("say where autoregistered phones shall be", fix="give --partition and --css, or --none")
    with window_desk(frame) as desk:
        desk.set_space(partition, css)
    remark = tell_service(frame)
    frame.show(
        {"partition": partition, "css": css, "remark": remark},
        f"partition: {partition or 'none'}, calling search space: {css or 'none'}",
        *([remark] if remark else []),
    )


@autoregistration.command()
@click.argument("name", required=False)
@click.option("--none", "without", is_flag=True, help="No template: the device defaults of the model decide alone.")
@json_option
def template(frame: Frame, name: str | None, without: bool) -> None:
    """Show or choose the universal device template that new phones are made from, with its line template.

    Device defaults that name a template of their own go before it. See `sepbridge site device-templates`.
    """
    if name is not None and without:
        raise InvalidInput("there is a template or none", fix="leave the name or --none out")
    remark = ""
    with window_desk(frame) as desk:
        if name is not None or without:
            desk.set_template(name or "")
            remark = tell_service(frame)
        chosen = desk.settings().device_template
    frame.show(
        {"device_template": chosen, "remark": remark},
        f"New phones are made from {chosen or 'no template'}.",
        *([remark] if remark else []),
    )


@autoregistration.command()
@click.argument("mode", type=click.Choice([each.value for each in UnknownMode]), required=False, metavar="[MODE]")
@click.option("--range", "numbers", help="The rogue pool's own numbers, for example 8900-8999.")
@click.option("--inbound/--no-inbound", default=None, help="Whether phones of the rogue pool can be called.")
@click.option("--operator", help="What they dial for the operator. Default: 0.")
@click.option("--operator-number", help="The number where the operator is; the dialled digits when left out.")
@json_option
def unknown(
    frame: Frame,
    mode: str | None,
    numbers: str | None,
    inbound: bool | None,
    operator: str | None,
    operator_number: str | None,
) -> None:
    """Show or set what becomes of unknown phones: admit-when-open, refuse, or rogue.

    rogue: outside the window they register in the pool Rogue, with numbers of a range of its own, and reach emergency
    numbers and the operator. So they stop rebooting. `sepbridge phones move` takes one into another pool.
    """
    emergency = emergency_list(frame.settings.sccp)
    if mode == UnknownMode.ROGUE.value:
        sccp = frame.settings.sccp
        EmergencyList(tuple(emergency_numbers(sccp.emergency_country, "", sccp.emergency_numbers)))
    changed = any(each is not None for each in (mode, numbers, inbound, operator, operator_number))
    with window_desk(frame) as desk:
        if changed:
            desk.set_unknown(
                UnknownMode(mode) if mode is not None else None,
                numbers=NumberRange.parse(numbers) if numbers is not None else None,
                inbound=inbound,
                operator=operator,
                operator_number=operator_number,
            )
        settings = desk.settings()
    remark = tell_service(frame) if changed else ""
    rogue, code = settings.rogue, emergency.access_code
    rows = [
        ("unknown phones", settings.unknown.value),
        ("rogue range", f"{rogue.range}" + (" (equal ends: none)" if rogue.range.is_empty else "")),
        ("can be called", "yes" if rogue.inbound else "no"),
        ("operator", f"{rogue.operator}, at {rogue.leads_to}"),
        (
            "emergency",
            ", ".join(emergency.plain) + (f", also behind {code}" if (code := emergency.access_code) else ""),
        ),
    ]
    data = {
        "unknown": settings.unknown,
        "range": str(rogue.range),
        "inbound": rogue.inbound,
        "operator": rogue.operator,
        "operator_number": rogue.leads_to,
        "emergency": emergency.plain,
        "remark": remark,
    }
    frame.show(data, table(("", ""), rows), *([remark] if remark else []))


@autoregistration.command()
@click.option("--mode", type=click.Choice(["secure", "nonsecure"]), help="Enter or leave secure mode.")
@click.option("--policy", type=click.Choice([each.value for each in SecurityPolicy]), help="What secure mode means.")
@json_option
def security(frame: Frame, mode: str | None, policy: str | None) -> None:
    """Show or set secure mode, and whether it switches autoregistration off (strict) or not (allow).

    Leaving secure mode never opens autoregistration again.
    """
    outcome = remark = ""
    with window_desk(frame) as desk:
        if mode is not None or policy is not None:
            outcome = desk.set_security(
                secure=None if mode is None else mode == "secure",
                policy=None if policy is None else SecurityPolicy(policy),
            )
            remark = tell_service(frame)
        settings = desk.settings()
    rows = [("mode", "secure" if settings.secure else "nonsecure"), ("policy", settings.security.value)]
    data = {"secure": settings.secure, "policy": settings.security, "outcome": outcome, "remark": remark}
    frame.show(data, table(("", ""), rows), *(each for each in (outcome, remark) if each))


@autoregistration.command()
@click.argument("switch", type=click.Choice(["on", "off"]), required=False, metavar="[on|off]")
@json_option
def backup(frame: Frame, switch: str | None) -> None:
    """Show or set whether later servers of the group admit unknown phones, too, from the same numbers."""
    with window_desk(frame) as desk:
        if switch is not None:
            desk.set_backup(admits=switch == "on")
        admits = desk.settings().backup
    frame.show({"autoreg_backup": admits}, f"autoreg_backup is {'on' if admits else 'off'}.")


@autoregistration.command()
@click.argument("switch", type=click.Choice(["on", "off"]), required=False, metavar="[on|off]")
@json_option
def approval(frame: Frame, switch: str | None) -> None:
    """Show the phones that wait for approval; switch the queue on or off. Off, the rules alone decide."""
    with window_desk(frame) as desk:
        if switch is not None:
            desk.set_approval(needed=switch == "on")
        needed, waiting = desk.settings().approval, desk.waiting()
    rows = [
        (each.device, each.client, f"{each.last_at.astimezone():%Y-%m-%d %H:%M:%S}", each.count) for each in waiting
    ]
    frame.show(
        {"approval": needed, "waiting": waiting},
        f"Unknown phones {'wait for an approval' if needed else 'need no approval'}.",
        *([table(("phone", "address", "last seen", "times"), rows)] if rows else []),
    )


@autoregistration.command()
@click.argument("phones", nargs=-1, required=True, metavar="PHONE...")
@json_option
def approve(frame: Frame, phones: tuple[str, ...]) -> None:
    """Let phones in by name; they come in when they try again, even after the window closed."""
    _judge(frame, phones, approved=True)


@autoregistration.command()
@click.argument("phones", nargs=-1, required=True, metavar="PHONE...")
@json_option
def deny(frame: Frame, phones: tuple[str, ...]) -> None:
    """Keep phones out by name."""
    _judge(frame, phones, approved=False)


def _judge(frame: Frame, phones: tuple[str, ...], *, approved: bool) -> None:
    names = [DeviceName.parse(each) for each in phones]
    with window_desk(frame) as desk:
        for name in names:
            desk.judge(name, approved=approved)
    word = "approved" if approved else "denied"
    frame.show({word: [str(each) for each in names]}, *(f"{each} is {word}." for each in names))


@autoregistration.command()
@click.option("--allow", "allowed", multiple=True, metavar="ENTRY", help="Phones that may autoregister.")
@click.option("--deny", "denied", multiple=True, metavar="ENTRY", help="Phones that may not, whatever else is set.")
@click.option("--clear", type=click.Choice(["allow", "deny", "both"]), help="Empty a list first.")
@json_option
def lists(frame: Frame, allowed: tuple[str, ...], denied: tuple[str, ...], clear: str | None) -> None:
    """Show the allow and deny lists, or add to them.

    An entry is mac:001122AABBCC, oui:001122, model:7961, or network:10.0.0.0/8 (deny list; allowed networks are set
    with `sepbridge autoregistration networks`).
    """
    with window_desk(frame) as desk:
        settings = desk.settings()
        if allowed or denied or clear:
            old_allowed = () if clear in {"allow", "both"} else settings.allowed
            old_denied = () if clear in {"deny", "both"} else settings.denied
            desk.set_lists(
                allowed=[*old_allowed, *(_entry(each) for each in allowed)],
                denied=[*old_denied, *(_entry(each) for each in denied)],
            )
            settings = desk.settings()
    data = {
        "allowed": [str(each) for each in settings.allowed],
        "denied": [str(each) for each in settings.denied],
        "networks": [str(each) for each in settings.allowed_networks],
    }
    rows = [
        ("allowed", ", ".join(map(_shown, settings.allowed)) or "all"),
        ("denied", ", ".join(map(_shown, settings.denied)) or "none"),
        ("networks", ", ".join(data["networks"]) or "all"),
    ]
    frame.show(data, table(("", ""), rows))


def _shown(entry: ListEntry) -> str:
    """With the name of a model, which admins know better than its number."""
    known = catalogue().by_number(int(entry.value)) if entry.kind is ListKind.MODEL else None
    return f"{entry} ({known.name})" if known else str(entry)


def _entry(text: str) -> ListEntry:
    word, colon, value = text.partition(":")
    if word.strip().lower() == "model" and colon and (model := catalogue().by_name(value.strip())) is not None:
        text = f"model:{model.number}"
    return ListEntry.parse(text)


@autoregistration.command("warn-after")
@click.argument("count", type=int)
@json_option
def warn_after(frame: Frame, count: int) -> None:
    """Warn when so many phones have autoregistered and are still temporary. It never stops anything. Default: 100."""
    with window_desk(frame) as desk:
        desk.set_warn_after(count)
    frame.show({"warn_after": count}, f"You are warned at {count} temporary phones.")

"""``sepbridge phones set|move|line|button``: change what is set for one phone."""

from __future__ import annotations

import click

from bridge.app.phones.phonechanges import pairs
from bridge.app.site.phonetable import phone_table
from bridge.cli.desks import phone_changes, phone_desk, restart_changed, takes_up, tell_service
from bridge.cli.frame import Frame, json_option, table
from bridge.cli.phones import phones
from bridge.cli.sitechanges import in_one_line
from bridge.core import ButtonKind, Device, DeviceName
from bridge.errors import InvalidInput


@phones.command("set")
@click.argument("phone")
@click.argument("words", nargs=-1, metavar="[KEY VALUE]...")
@json_option
def set_phone(frame: Frame, phone: str, words: tuple[str, ...]) -> None:
    """Set what belongs to a phone, for example: css Staff idle_text "Front desk"; without a key, show what is set.

    Keys: description, pool, owner, css, button_template, softkey_template, phone_profile, add_ons, user_locale, dnd,
    dnd_alert, privacy, barge, idle_text, idle_url, version_ceiling, early_open, dtmf, music_on_hold. An empty value
    goes back to the default.
    """
    name = _named(frame, phone)
    if not words:
        with phone_desk(frame) as desk:
            device = desk.show(str(name), limit=1).device
        if device is None:
            raise InvalidInput(f"{name} was never admitted", fix=f"sepbridge phones add {name}")
        _show(frame, device, "")
        return
    with phone_changes(frame) as changes:
        _show(frame, changes.set(name, pairs(words)), tell_service(frame))


@phones.command()
@click.argument("phone")
@click.option("--pool", required=True, help="The device pool that it goes to.")
@click.option("--restart/--no-restart", default=True, help="Let it start again, once, to take the change up.")
@json_option
def move(frame: Frame, phone: str, pool: str, restart: bool) -> None:
    """Move a phone to another device pool. An autoregistered phone counts as assigned from then on."""
    name = _named(frame, phone)
    with phone_changes(frame) as changes:
        device = changes.move(name, pool)
        _show(frame, device, restart_changed(frame, [device]) if restart else tell_service(frame), hint=not restart)


@phones.command()
@click.argument("phone")
@click.argument("number")
@click.argument("words", nargs=-1, metavar="[KEY VALUE]...")
@click.option("--shared", is_flag=True, help="The number may be a line of other phones, too.")
@click.option("--remove", is_flag=True, help="Take the line from the phone.")
@json_option
def line(frame: Frame, phone: str, number: str, words: tuple[str, ...], shared: bool, remove: bool) -> None:
    """Set what belongs to a line of a phone; a number that it does not have becomes its next line.

    Keys of the number, on all phones: display_name, css, forward_css, pickup_group, voicemail_box, voicemail_pilot,
    no_answer_seconds, auto_answer, hold_reversion_seconds, hotline, hotline_delay, max_forwards, urgent, music_on_hold.
    Keys of this phone: button, label, external_mask, max_calls, busy_trigger, ring_idle, ring_busy, ring_kind,
    pickup_ring_idle, pickup_ring_busy, lamp,
    audible_messages, recording, log_missed_calls. An empty value goes back to the default.
    """
    name = _named(frame, phone)
    with phone_changes(frame) as changes:
        if remove:
            device = changes.remove_line(name, number)
        else:
            device = changes.set_line(name, number, pairs(words), shared=shared)
        _show(frame, device, tell_service(frame), buttons=True)


@phones.command()
@click.argument("phone")
@click.argument("button", type=int)
@click.argument("kind", type=click.Choice([each.value for each in ButtonKind]), required=False, metavar="[KIND]")
@click.argument("words", nargs=-1, metavar="[KEY VALUE]...")
@click.option("--remove", is_flag=True, help="Leave the button unused.")
@json_option
def button(frame: Frame, phone: str, button: int, kind: str | None, words: tuple[str, ...], remove: bool) -> None:
    """Put a speed dial, a BLF speed dial, a service URL or a feature on a button, for example: speed-dial number 1009.

    Keys: number, url, label, argument, pickup.
    """
    name = _named(frame, phone)
    with phone_changes(frame) as changes:
        if remove:
            device = changes.remove_button(name, button)
        elif kind is None:
            raise InvalidInput("what is to be on the button?", fix="name a kind, or add --remove")
        else:
            device = changes.set_button(name, button, ButtonKind(kind), pairs(words))
        _show(frame, device, tell_service(frame), buttons=True)


@phones.command()
@click.argument("path")
@click.argument("value", required=False)
@click.option("--phone", default="", help="Only in the file of this phone (name, MAC or number). Default: of all.")
@click.option("--remove", is_flag=True, help="Take back what was set.")
@click.option("--unknown", is_flag=True, help="Write it although the reference knows no such element.")
@json_option
def element(frame: Frame, path: str, value: str | None, phone: str, remove: bool, unknown: bool) -> None:
    """Set an element of phones' files that no setting has, for example: vendorConfig/daysDisplayNotActive 1,7.

    PATH names the elements below the root, with slashes between them; names with underscores are those of flat
    profiles. What is set for one phone goes before what is set for all. Phones that read files of another kind are
    named, with what works there.
    """
    if remove is (value is not None):
        raise InvalidInput("an element is set to a value, or taken back", fix="give a VALUE, or --remove")
    name = _named(frame, phone) if phone else None
    with phone_changes(frame) as changes:
        if value is None:
            changes.remove_element(path, name)
        else:
            changes.set_element(path, value, name, unknown=unknown)
        unread = changes.unread(path) if value is not None and name is None else []
    whose = str(name) if name else "all phones"
    done = f"{path} of {whose} is {'as it was' if value is None else repr(value)}."
    how = f"It takes effect when the phone starts again: sepbridge phones restart {name or '…'}"
    remark = tell_service(frame)
    lost = [
        f"{each.phones} phones do not read it ({', '.join(each.models)}): {each.reach.why}; {each.reach.fix}."
        for each in unread
    ]
    data = {"path": path, "value": value, "phone": name and str(name), "unread": unread}
    frame.show(data, done, how, *lost, *([remark] if remark else []))


@phones.command()
@json_option
def elements(frame: Frame) -> None:
    """List the elements of phones' files that are set."""
    with phone_changes(frame) as changes:
        found = changes.elements()
    rows = [(each.device or "all phones", each.path, each.value) for each in found]
    data = [{"path": each.path, "value": each.value, "phone": each.device and str(each.device)} for each in found]
    frame.show(data, table(("phone", "element", "value"), rows) if rows else "No elements are set.")


def _named(frame: Frame, phone: str) -> DeviceName:
    with phone_desk(frame) as desk:
        return desk.find(phone)


def _show(frame: Frame, device: Device, remark: str, *, hint: bool = True, buttons: bool = False) -> None:
    settings = phone_table(device)
    rows: list[tuple[str, object]] = []
    for key, value in settings.items():
        if key in {"lines", "buttons", "abbreviated_dials"}:
            rows += [(key, in_one_line(each)) for each in value]
        else:
            rows.append((key, in_one_line({key: value}).partition("=")[2]))
    how = [takes_up(device, buttons=buttons)] if hint else []
    parts: list[object] = [table(("", ""), rows), *([remark] if remark else [])]
    frame.show({"phone": settings, "remark": remark}, *parts, *how)

"""``sepbridge directory``: import, list, add, remove, pin."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bridge.app.services.directory import LARGEST_FILE, read_contacts
from bridge.cli.desks import directory_desk, phone_desk
from bridge.cli.frame import Frame, json_option, table
from bridge.cli.main import root
from bridge.core import DeviceName, checked_contact
from bridge.errors import InvalidInput

_OF = click.option("--phone", default="", help="The personal directory of this phone. Default: the corporate one.")


@root.group()
def directory() -> None:
    """The directories that phones show behind their directories key."""


@directory.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Remove all contacts that are not in the file.")
@_OF
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def import_contacts(frame: Frame, file: Path, replace: bool, phone: str, yes: bool) -> None:
    """Add the contacts of a CSV file (UTF-8) with the columns name and number."""
    owner = _owner(frame, phone)
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise InvalidInput(f"{file} is too large", why=f"more than {LARGEST_FILE // 1024 // 1024} MB")
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read", why=str(error), fix="save it as CSV in UTF-8") from error
    contacts = read_contacts(text, owner.value if owner else "")
    if replace:
        frame.confirm(f"Replace the whole directory by the {len(contacts)} contacts of {file}?", yes=yes)
    with directory_desk(frame) as desk:
        count = desk.add(contacts, replace=replace, owner=owner)
    frame.show({"read": len(contacts), "new": count}, f"{len(contacts)} contacts read, {count} of them new.")


@directory.command("list")
@click.option("--name", "wanted", default="", help="Only names with words that begin so.")
@_OF
@json_option
def list_contacts(frame: Frame, wanted: str, phone: str) -> None:
    """List the contacts. The site's own phones are in the directory without being listed here."""
    with directory_desk(frame) as desk:
        contacts = desk.contacts(_owner(frame, phone), wanted)
    rows = [(each.name, each.number) for each in contacts]
    data = [{"name": each.name, "number": each.number} for each in contacts]
    frame.show({"contacts": data}, table(("name", "number"), rows) if rows else "No contacts.")


@directory.command()
@click.argument("name")
@click.argument("number")
@_OF
@json_option
def add(frame: Frame, name: str, number: str, phone: str) -> None:
    """Add one contact."""
    owner = _owner(frame, phone)
    contact = checked_contact(name, number, owner.value if owner else "")
    with directory_desk(frame) as desk:
        count = desk.add([contact])
    done = "is in the directory now" if count else "was in the directory already"
    frame.show({"new": count, "number": contact.number}, f"{contact.name}, {contact.number}, {done}.")


@directory.command()
@click.option("--name", default="", help="The whole name.")
@click.option("--number", default="", help="The number, as `list` shows it.")
@_OF
@json_option
def remove(frame: Frame, name: str, number: str, phone: str) -> None:
    """Remove the contacts with this name, number, or both."""
    with directory_desk(frame) as desk:
        count = desk.remove(owner=_owner(frame, phone), name=name, number=number)
    frame.show({"removed": count}, f"{count} removed.")


@directory.command("pin")
@click.argument("phone")
@click.option("--remove", "without", is_flag=True, help="Show the directory without a PIN again.")
@json_option
def set_pin(frame: Frame, phone: str, without: bool) -> None:
    """Let the personal directory of a phone ask for a PIN, which is read from the terminal or from standard input."""
    with phone_desk(frame) as phones:
        name = phones.find(phone)
    if without:
        pin = ""
    elif sys.stdin.isatty():
        pin = str(click.prompt("PIN", hide_input=True, confirmation_prompt=True))
    else:
        pin = sys.stdin.readline().strip()
        if not pin:
            raise InvalidInput("there is no PIN on standard input", fix="type one, or use --remove")
    with directory_desk(frame) as desk:
        desk.set_pin(name, pin)
    done = "no PIN any more" if without else "the new PIN"
    frame.show({"phone": str(name), "pin": not without}, f"The personal directory of {name} asks for {done}.")


def _owner(frame: Frame, phone: str) -> DeviceName | None:
    if not phone:
        return None
    with phone_desk(frame) as phones:
        return phones.find(phone)

"""``sepbridge claims``: extensions that users may claim from autoregistered phones."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bridge.app.claims.claimdesk import GENERATED_PIN, LARGEST_FILE, ClaimWish, made_pin
from bridge.cli.control import poke
from bridge.cli.desks import claim_desk
from bridge.cli.frame import Frame, json_option, table
from bridge.cli.main import root
from bridge.core import Claim
from bridge.errors import InvalidInput


@root.group()
def claims() -> None:
    """Extensions that wait for their phones: users claim them by dialling in from an autoregistered phone."""


@claims.command()
@click.argument("number")
@click.option("--generate-pin", is_flag=True, help=f"Make a PIN of {GENERATED_PIN} digits and print it, once.")
@click.option("--no-pin", is_flag=True, help="Ask for no PIN: whoever keys the extension gets it.")
@click.option("--name", default="", help="What the other side sees as the caller's name.")
@click.option("--description", default="", help="What the phone is called in lists.")
@click.option("--pool", default="", help="The device pool that the phone goes to. Default: it stays where it is.")
@click.option("--css", default="", help="The device's calling search space.")
@click.option("--button-template", default="", help="The phone button template.")
@click.option("--softkey-template", default="", help="The soft-key template.")
@click.option("--template", "device_template", default="", help="The universal device template it is made from.")
@click.option("--device", default="", help="A device that exists, whose place the phone takes.")
@click.option("--planned", "planned_model", default="", metavar="MODEL", help="Prepare a device: this model, or any.")
@json_option
def add(frame: Frame, number: str, generate_pin: bool, no_pin: bool, **wishes: str) -> None:
    """Let an extension be claimed. The PIN is read from the terminal or from standard input."""
    pin = _pin(generate_pin, no_pin)
    with claim_desk(frame) as desk:
        claim = desk.add(ClaimWish(number, pin, **wishes))
    poke(frame.settings.control_socket)  # a planned device has an endpoint
    remark = f"{number} may be claimed" + (f"; its PIN is {pin}." if generate_pin else ".")
    frame.show({**_told(claim), **({"pin": pin} if generate_pin else {})}, remark)


@claims.command("list")
@json_option
def list_claims(frame: Frame) -> None:
    """List the claims, and the numbers that nobody may claim."""
    with claim_desk(frame) as desk:
        held = desk.list()
    rows = [
        (
            each.number,
            f"claimed by {each.claimed_by}" if each.claimed_by else "open",
            "yes" if each.pin else "no",
            each.display_name,
            each.pool,
            each.device,
        )
        for each in held.claims
    ]
    frame.show(
        {"claims": [_told(each) for each in held.claims], "protected": held.protected},
        table(("number", "state", "PIN", "name", "pool", "prepared device"), rows) if rows else "No claims.",
        f"Protected: {', '.join(held.protected) or 'none'}",
    )


@claims.command()
@click.argument("number")
@json_option
def remove(frame: Frame, number: str) -> None:
    """Let an extension be claimed no more. A phone that has claimed it keeps it."""
    with claim_desk(frame) as desk:
        desk.remove(number)
    poke(frame.settings.control_socket)
    frame.show({"removed": number}, f"{number} cannot be claimed any more.")


@claims.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@json_option
def import_claims(frame: Frame, file: Path) -> None:
    """Add the claims of a CSV file (UTF-8); bad rows are listed with their lines, the others are done.

    Columns: number, and any of pin, name, description, pool, css, button_template, softkey_template, device,
    planned_model, device_template.
    """
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise InvalidInput(f"{file} is too large", why=f"more than {LARGEST_FILE // 1024 // 1024} MB")
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read", why=str(error), fix="save it as CSV in UTF-8") from error
    with claim_desk(frame) as desk:
        done = desk.bring_in(text)
    poke(frame.settings.control_socket)
    frame.show(done, f"{done.added} claims added, {len(done.problems)} rows left out.", *done.problems)
    if done.problems:
        sys.exit(1)


@claims.command()
@click.argument("pattern")
@click.option("--remove", "again", is_flag=True, help="Let it be claimed again.")
@json_option
def protect(frame: Frame, pattern: str, again: bool) -> None:
    """Never let a number be claimed; X stands for any digit: 10XX."""
    with claim_desk(frame) as desk:
        if again:
            desk.unprotect(pattern)
        else:
            desk.protect(pattern)
    frame.show({"pattern": pattern, "protected": not again}, f"{pattern} is {'not ' if again else ''}protected.")


@claims.command()
@click.argument("subject", metavar="NUMBER|PHONE")
@json_option
def unlock(frame: Frame, subject: str) -> None:
    """Forget wrong attempts for an extension, or from a phone (its name, MAC or number)."""
    with claim_desk(frame) as desk:
        desk.unlock(subject)
    frame.show({"unlocked": subject}, f"{subject} may try again.")


def _pin(generate: bool, without: bool) -> str:
    if generate and without:
        raise InvalidInput("a claim has a PIN or none", fix="leave --generate-pin or --no-pin out")
    if without:
        return ""
    if generate:
        return made_pin()
    if sys.stdin.isatty():
        return str(click.prompt("PIN", hide_input=True, confirmation_prompt=True))
    pin = sys.stdin.readline().strip()
    if not pin:
        raise InvalidInput("there is no PIN on standard input", fix="type one, or use --generate-pin or --no-pin")
    return pin


def _told(claim: Claim) -> dict[str, object]:
    """A claim without the hash of its PIN."""
    fields = {**Frame.fields(claim), "pin": bool(claim.pin)}
    for key in ("device", "claimed_by"):
        fields[key] = str(fields[key]) if fields[key] else None
    return fields

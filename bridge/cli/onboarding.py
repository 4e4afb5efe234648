"""``sepbridge onboarding``: one-time codes for phones outside of the house."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from bridge.app.system import own_address
from bridge.cli.desks import onboarding as onboarding_desk
from bridge.cli.frame import Duration, Frame, json_option, table
from bridge.cli.main import root
from bridge.core import OnboardingCode
from bridge.errors import InvalidInput


@root.group()
def onboarding() -> None:
    """One-time codes: a phone with MPP firmware or of the 9800 series fetches its first profile with one."""


@onboarding.command()
@click.option("--number", default="", help="The directory number for the phone. Default: the next one of the range.")
@click.option("--name", "display_name", default="", help="What the other side sees as the caller's name.")
@click.option("--pool", default="", help="The device pool. Default: that of autoregistered phones.")
@click.option("--life", type=Duration(), default="7d", show_default=True, help="How long the code may be used.")
@json_option
def add(frame: Frame, number: str, display_name: str, pool: str, life: timedelta) -> None:
    """Issue a code of 16 digits, and print it, once, with the provisioning URL to enter on the phone."""
    with onboarding_desk(frame) as desk:
        digits, code = desk.issue(number=number, display_name=display_name, pool=pool, life=life)
    groups = "-".join(digits[place : place + 4] for place in range(0, len(digits), 4))
    url = f"{_base(frame)}/onboard/{digits}/$MA.xml"
    frame.show(
        {**_told(code), "code": digits, "url": url},
        f"Code: {groups}   good for one phone, until {code.expires_at.astimezone():%Y-%m-%d %H:%M}",
        f"Provisioning URL (profile rule): {url}",
    )


@onboarding.command("list")
@json_option
def list_codes(frame: Frame) -> None:
    """List the codes by their last four digits, used ones too."""
    with onboarding_desk(frame) as desk:
        codes = desk.list()
    now = datetime.now(UTC)
    rows = [
        (
            f"…{each.last_digits}",
            f"used by {each.used_by}" if each.used_by else each.verdict(now).value,
            f"{each.expires_at.astimezone():%Y-%m-%d %H:%M}",
            each.number,
            each.display_name,
            each.pool,
        )
        for each in codes
    ]
    empty = "No onboarding codes."
    frame.show(
        [_told(each) for each in codes],
        table(("code", "state", "until", "number", "name", "pool"), rows) if rows else empty,
    )


@onboarding.command()
@click.argument("last_digits", metavar="[LAST4]", required=False, default="")
@click.option("--old", is_flag=True, help="All that are used up or expired.")
@json_option
def remove(frame: Frame, last_digits: str, old: bool) -> None:
    """Remove a code, so that nobody can use it. A phone that has used it stays."""
    if old is bool(last_digits):
        raise InvalidInput("which codes?", fix="give the last four digits of one, or --old")
    with onboarding_desk(frame) as desk:
        count = desk.remove(last_digits)
    frame.show({"removed": count}, f"{count} removed.")


def _base(frame: Frame) -> str:
    """Where phones reach us by HTTP. Raises InvalidInput where they do not."""
    settings = frame.settings
    if not settings.http.listen:
        raise InvalidInput(
            "phones cannot fetch profiles by HTTP",
            why="http.listen is empty",
            fix="give it an address, as 0.0.0.0:6970",
        )
    host = settings.server.address or own_address()
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.http.listen[0].port}"


def _told(code: OnboardingCode) -> dict[str, object]:
    """A code without the digest."""
    fields = {key: value for key, value in Frame.fields(code).items() if key != "digest"}
    return {**fields, "used_by": str(code.used_by) if code.used_by else None}

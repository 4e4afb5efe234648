"""``sepbridge autoregistration``: the window, the range, the protocol."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from bridge.app.admission.planoverlap import PbxPlan
from bridge.app.admission.window import WindowDesk
from bridge.app.status import WindowStatus
from bridge.autoregistration import DEFAULT_WINDOW
from bridge.cli.desks import on_calls, pbx_plan, site_desk, tell_service, window_desk
from bridge.cli.frame import Duration, Frame, json_option, table
from bridge.cli.main import root
from bridge.cli.sitechanges import as_data, told
from bridge.cli.status import window_in_words
from bridge.core import NumberRange
from bridge.errors import InvalidInput


@root.group()
def autoregistration() -> None:
    """Let unknown phones in for a while, and decide what they get. Off until you enable it."""


_MOMENT = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%H:%M"])


@autoregistration.command()
@click.option(
    "--for", "duration", type=Duration(), help="How long: 90s, 30m, 2h. Default: 60 minutes. 0 (no end) needs --force."
)
@click.option("--until", type=_MOMENT, help="Until when, local time.")
@click.option("--from", "start", type=_MOMENT, help="From when on, local time; at once when left out.")
@click.option("--count", type=int, help="Close when so many phones were admitted.")
@click.option("--force", is_flag=True, help="Go past what stands against it; it is written into the audit trail.")
@json_option
def enable(
    frame: Frame,
    duration: timedelta | None,
    until: datetime | None,
    start: datetime | None,
    count: int | None,
    force: bool,
) -> None:
    """Open the window; it closes by itself, also when the service is restarted in between.

    It is refused when the range meets an extension, a feature code or a pattern, when a load of the device defaults is
    missing or does not fit, and when the site has calling search spaces and none was chosen. Who is on calls is shown
    before: CUCM's guides advise quiet hours.
    """
    if duration is not None and until is not None:
        raise InvalidInput("--for and --until say the same thing twice", fix="give one of them")
    plan = pbx_plan(frame)
    if not frame.as_json and (told_of := on_calls(plan)):
        frame.show(None, told_of)
    begins = _moment(start)
    ends = _moment(until)
    if begins is not None and ends is not None and ends <= begins and until is not None and until.year == _TIME_ALONE:
        ends += timedelta(days=1)
    with window_desk(frame) as desk:
        desk.enable(
            duration=DEFAULT_WINDOW if duration is None else duration,
            until=ends,
            start=begins,
            count=count,
            force=force,
            plan=plan,
        )
        unasked = "Nobody could ask Asterisk which numbers it uses itself." if plan is None else ""
        _show(frame, desk.status(plan), f"{tell_service(frame)} {_unasked(desk) or unasked}".strip(), plan=plan)


_TIME_ALONE = 1900
"""The year that click gives a time of day without a date."""


def _moment(until: datetime | None) -> datetime | None:
    if until is None:
        return None
    now = datetime.now().astimezone()
    if until.year == _TIME_ALONE:  # today, or tomorrow when it is over
        until = now.replace(hour=until.hour, minute=until.minute, second=0, microsecond=0)
        return until if until > now else until + timedelta(days=1)
    return until.astimezone()


@autoregistration.command()
@json_option
def disable(frame: Frame) -> None:
    """Close the window. Phones that have a number keep it."""
    with window_desk(frame) as desk:
        desk.disable()
        _show(frame, desk.status(pbx_plan(frame)), tell_service(frame))


@autoregistration.command()
@json_option
def status(frame: Frame) -> None:
    """Is it open, for how long, and how many numbers are left?"""
    with window_desk(frame) as desk:
        _show(frame, desk.status(pbx_plan(frame)), _unasked(desk))


def _unasked(desk: WindowDesk) -> str:
    """Said while the window is open, or is to open, and nobody could ask Asterisk about the range."""
    if not desk.waits_for_pbx():
        return ""
    return (
        "Nobody could ask Asterisk which numbers of the range it uses itself: the service does as soon as it can, and "
        "closes the window if there are some."
    )


@autoregistration.command("range")
@click.argument("numbers", metavar="[FIRST-LAST]", required=False)
@click.option("--reset", is_flag=True, help="Start the search for free numbers at the beginning of the range again.")
@json_option
def numbers_range(frame: Frame, numbers: str | None, reset: bool) -> None:
    """Show or set the range of directory numbers, for example 1000-1999.

    Numbers are given out one after the other, wrapping at the end; equal ends (1000-1000) switch autoregistration off.
    As on CUCM, the first valid range switches it on, for 60 minutes.
    """
    with window_desk(frame) as desk:
        plan = pbx_plan(frame)
        if numbers is not None:
            desk.set_range(NumberRange.parse(numbers), plan)
        if reset:
            desk.reset_pointer()
        remark = tell_service(frame) if numbers is not None or reset else ""
        status = desk.status(plan)
        if numbers is not None and status.numbers_total and not status.is_open and (found := desk.obstacles(plan)):
            remark = f"It is not open: {found[0].what}; {found[0].fix}. {remark}"
        _show(frame, status, f"{remark} {_unasked(desk)}".strip())


@autoregistration.command()
@click.argument("name", metavar="[SCCP|SIP]", required=False)
@json_option
def protocol(frame: Frame, name: str | None) -> None:
    """Show or set what phones are to speak that can speak both. Phones with one protocol ignore it."""
    with window_desk(frame) as desk:
        if name is not None:
            desk.set_protocol(name)
        _show(frame, desk.status(pbx_plan(frame)), tell_service(frame) if name is not None else "")


@autoregistration.command()
@click.argument("networks", nargs=-1, metavar="[NETWORK]...")
@click.option("--all", "everywhere", is_flag=True, help="Remove the restriction.")
@json_option
def networks(frame: Frame, networks: tuple[str, ...], everywhere: bool) -> None:
    """Show or set the networks whose phones may autoregister, for example 10.1.0.0/16."""
    with window_desk(frame) as desk:
        if networks or everywhere:
            desk.set_networks(() if everywhere else networks)
        allowed = [str(each) for each in desk.settings().allowed_networks]
        frame.show({"networks": allowed}, "\n".join(allowed) or "Phones of every network may autoregister.")


@autoregistration.command()
@click.argument("server")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def move(frame: Frame, server: str, yes: bool) -> None:
    """Let another server give numbers to unknown phones: its flag, the group's order and the pools change together."""
    with site_desk(frame) as desk:
        planned = desk.plan_move(server)
        if planned.changes:
            if not frame.as_json:
                frame.show(None, *told(planned))
            frame.confirm(f"Move autoregistration to {server}?", yes=yes)
            desk.move_autoregistration(server, expected=planned)
        remark = tell_service(frame) if planned.changes else ""
    frame.show(
        {**as_data(planned), "remark": remark},
        f"{server} admits unknown phones. {remark}" if planned.changes else f"{server} admits unknown phones already.",
    )


def _show(frame: Frame, window: WindowStatus, remark: str = "", *, plan: PbxPlan | None = None) -> None:
    calls = None if plan is None else plan.calls
    rows = [
        ("autoregistration", window_in_words(window)),
        ("range", window.range + (" (equal ends: off)" if window.numbers_total == 0 else "")),
        ("numbers", f"{window.numbers_free} of {window.numbers_total} free, next {window.next_number}"),
        ("protocol", f"{window.protocol} (for phones that speak both)"),
    ]
    rows += [
        ("unknown phones", f"{window.unknown}{', each needs an approval' if window.approval else ''}"),
        ("temporary", f"{window.temporary} phones wait for their permanent pool"),
    ]
    if calls is not None:
        rows.append(("calls", f"{calls} in progress"))
    parts: list[object] = [table(("", ""), rows)]
    if 0 < window.warn_after <= window.temporary:
        parts.append(f"That are {window.warn_after} or more: for so many phones bulk import is the better way.")
    if remark:
        parts.append(remark)
    talking = [] if plan is None else list(plan.talking)
    frame.show({**frame.fields(window), "calls": calls, "talking": talking, "remark": remark}, *parts)

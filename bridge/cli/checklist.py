"""``sepbridge autoregistration checklist`` and ``wizard``: the nine steps, shown or walked through."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

import click

from bridge.app.admission.checklistdesk import ChecklistDesk
from bridge.app.admission.temporary import Assignment
from bridge.app.admission.window import WindowDesk
from bridge.app.site.sitedesk import SiteDesk
from bridge.app.system import SystemClock, SystemIds
from bridge.autoregistration import DEFAULT_WINDOW
from bridge.autoregistration.checklist import ChecklistStep, StepState
from bridge.cli.autoregistration import autoregistration
from bridge.cli.desks import (
    actor,
    firmware,
    on_calls,
    opened_store,
    pbx_plan,
    restart_changed,
    tell_service,
    temporary_desk,
)
from bridge.cli.frame import Duration, Frame, json_option, table
from bridge.core import NumberRange
from bridge.errors import SepbridgeError


@contextlib.contextmanager
def _desks(frame: Frame) -> Iterator[tuple[ChecklistDesk, WindowDesk]]:
    clock = SystemClock()
    with opened_store(frame) as store:
        files = firmware(frame)
        window = WindowDesk(store, clock, actor(), files)
        site = SiteDesk(store, clock, SystemIds(), actor())
        yield ChecklistDesk(store, clock, window, site, actor(), files), window


@autoregistration.command("checklist")
@json_option
def show_checklist(frame: Frame) -> None:
    """The nine steps to autoregistered phones: what is done, what is open or blocked and why, what mends it."""
    plan = pbx_plan(frame)
    with _desks(frame) as (desk, _):
        steps = desk.steps(plan)
    asked = plan is not None
    unasked = "Nobody could ask Asterisk which numbers it uses itself: is the service running?"
    frame.show({"steps": steps, "asterisk_asked": asked}, _as_table(steps), *([] if asked else [unasked]))


@autoregistration.command()
@click.pass_obj
def wizard(frame: Frame) -> None:
    """Walk through the steps, asking for what is missing. Leaving it always ends with autoregistration off."""
    with _desks(frame) as (desk, window):
        try:
            with _signals():
                desk.begin_batch()
                while _batch(frame, desk, window):
                    desk.begin_batch()
        finally:
            window.disable()
            tell_service(frame)
            click.echo("Autoregistration is off.")


def _batch(frame: Frame, desk: ChecklistDesk, window: WindowDesk) -> bool:
    """One batch of phones; whether another one follows."""
    frame.console.print(_as_table(desk.steps(pbx_plan(frame))))
    wish = click.prompt("1. Protocol of phones that speak both", default="SIP", type=click.Choice(["SCCP", "SIP"]))
    window.set_protocol(wish)
    if window.settings().range.is_empty:
        window.set_range(NumberRange.parse(click.prompt("2. Range of numbers, for example 1000-1999")), pbx_plan(frame))
        window.disable()  # the first range opens the window, as on CUCM: here it opens in step 6
    if (told := desk.repair_pool(dry_run=True)) and click.confirm(f"5. Shall it be that {told}?", default=True):
        desk.repair_pool()
    if _step(desk, frame, 4).state is not StepState.DONE:
        _ask_space(window)
    blocked = [each for each in desk.steps(pbx_plan(frame)) if each.number < 7 and each.state is StepState.BLOCKED]
    for each in blocked:
        click.echo(f"{each.number}. {each.title}: {each.why}")
        click.echo(f"   {each.fix}")
    if blocked:
        return click.confirm("Try again?", default=True)
    plan = pbx_plan(frame)
    if plan is not None and plan.calls is not None:
        click.echo(f"6. {plan.calls} calls are in progress. {on_calls(plan)}".rstrip())
    duration = click.prompt("6. For how long shall it be open", default=DEFAULT_WINDOW, type=Duration())
    try:
        window.enable(duration=duration, plan=plan)
    except SepbridgeError as error:
        click.echo(f"6. {error}")
        return click.confirm("Try again?", default=True)
    tell_service(frame)
    click.prompt("7. Install the phones now; press Enter when they are in", default="", show_default=False)
    window.disable()
    tell_service(frame)
    _ask_pool(frame)
    other = window.settings().protocol.other
    return click.confirm(f"9. Another batch, with {other}?", default=False)


def _ask_space(window: WindowDesk) -> None:
    css = click.prompt("4. Calling search space of new phones (empty: none)", default="", show_default=False)
    partition = click.prompt("4. Partition of their numbers (empty: none)", default="", show_default=False)
    try:
        window.set_space(partition, css)
    except SepbridgeError as error:
        click.echo(f"4. {error}")


def _ask_pool(frame: Frame) -> None:
    with temporary_desk(frame) as desk:
        phones = desk.list()
        if not phones:
            return
        pool = click.prompt(
            f"8. Permanent pool of these {len(phones)} phones (empty: later)", default="", show_default=False
        )
        if not pool:
            return
        done = desk.assign([Assignment(str(each.name), pool) for each in phones])
    for each in done:
        if each.trouble:
            click.echo(f"8. {each.assignment.phone}: {each.trouble}")
    if moved := [each.device for each in done if each.device is not None]:
        click.echo(f"8. {len(moved)} phones are assigned. {restart_changed(frame, moved)}")


def _step(desk: ChecklistDesk, frame: Frame, number: int) -> ChecklistStep:
    return desk.steps(pbx_plan(frame))[number - 1]


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """A closed terminal or a kill ends the wizard as an answer would, so that what has to be done last is done."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {each: signal.signal(each, leave) for each in (signal.SIGHUP, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _as_table(steps: tuple[ChecklistStep, ...]) -> object:
    rows = [(each.number, each.state.value, each.title, each.why, each.fix) for each in steps]
    return table(("step", "state", "what", "why", "what mends it"), rows)

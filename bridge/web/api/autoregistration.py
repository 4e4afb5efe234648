"""Autoregistration: the window, the numbers, who may in, the checklist."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from bridge.app.admission.checklistdesk import ChecklistDesk
from bridge.app.admission.planoverlap import PbxPlan
from bridge.app.status import WindowStatus
from bridge.autoregistration import AutoregistrationSettings, ListEntry, SecurityPolicy, UnknownMode
from bridge.autoregistration.checklist import ChecklistStep
from bridge.core import DeviceName, NumberRange, SignallingProtocol
from bridge.errors import InvalidInput, PbxError
from bridge.phones.catalogue import catalogue
from bridge.ports import RefusedPhone
from bridge.web.api.answers import Changes, changes_of
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.schema import Many, Number, Text

autoregistration = Operations("Autoregistration")


@dataclass(frozen=True, slots=True)
class Autoregistration:
    """How things stand, and what is set."""

    status: WindowStatus
    settings: AutoregistrationSettings


@dataclass(frozen=True, slots=True)
class Opening:
    """How long, and how far."""

    seconds: Annotated[int, Number(0, 30 * 86400)] = 3600
    """0: no end, which needs ``force``."""
    until: datetime | None = None
    """Instead of ``seconds``."""
    start: datetime | None = None
    """Null: at once."""
    count: Annotated[int, Number(1, 20_000)] | None = None
    """Close when so many phones were admitted."""
    force: bool = False
    """Go past what stands against it; it is audited."""


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ... to ...; equal ends switch autoregistration off."""

    range: Annotated[str, Text(101, 1)]
    """``1000-1999``."""


@dataclass(frozen=True, slots=True)
class ProtocolChoice:
    """What phones are to speak that can speak both."""

    protocol: SignallingProtocol


@dataclass(frozen=True, slots=True)
class Networks:
    """Networks whose phones may autoregister; none means all."""

    networks: Annotated[tuple[Annotated[str, Text(50, 1)], ...], Many(200)]


@dataclass(frozen=True, slots=True)
class Space:
    """Where autoregistered phones are; both empty: explicitly none."""

    partition: Annotated[str, Text(50)] = ""
    css: Annotated[str, Text(50)] = ""


@dataclass(frozen=True, slots=True)
class Lists:
    """Allow and deny lists: ``mac:001122AABBCC``, ``oui:001122``, ``model:7961``, ``network:10.0.0.0/8``.

    A list that is left out stays as it is.
    """

    allowed: Annotated[tuple[Annotated[str, Text(60, 1)], ...], Many(1000)] | None = None
    denied: Annotated[tuple[Annotated[str, Text(60, 1)], ...], Many(1000)] | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """What becomes of unknown phones outside the window; what is left out stays as it is."""

    mode: UnknownMode | None = None
    range: Annotated[str, Text(101, 1)] | None = None
    """Of the rogue pool."""
    inbound: bool | None = None
    """Whether phones of the rogue pool can be called."""
    operator: Annotated[str, Text(50)] | None = None
    operator_number: Annotated[str, Text(50)] | None = None


@dataclass(frozen=True, slots=True)
class Security:
    """Secure mode, and what it means."""

    secure: bool | None = None
    policy: SecurityPolicy | None = None


@dataclass(frozen=True, slots=True)
class SecurityOutcome:
    """What it did."""

    secure: bool
    policy: SecurityPolicy
    outcome: str


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class WarnAfter:
    """From how many temporary phones on the admin is warned."""

    count: Annotated[int, Number(1, 10_000)]


@dataclass(frozen=True, slots=True)
class Queue:
    """Phones that wait for approval, newest first."""

    approval: bool
    """Whether each unknown phone needs one."""
    waiting: tuple[RefusedPhone, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which phones."""

    phones: Annotated[tuple[Annotated[str, Text(50, 1)], ...], Many(1000, 1)]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was decided."""

    phones: tuple[DeviceName, ...]
    approved: bool


@dataclass(frozen=True, slots=True)
class Checklist:
    """The nine steps as they stand."""

    steps: tuple[ChecklistStep, ...]
    asterisk_asked: bool
    """Whether Asterisk could say which numbers it uses itself."""
    talking: tuple[str, ...] = ()
    """Who is on calls now, by number or trunk: autoregistration is opened in quiet hours."""


@dataclass(frozen=True, slots=True)
class Duty:
    """The server that is to admit unknown phones."""

    server: Annotated[str, Text(50, 1)]


async def _standing(ask: Ask) -> Autoregistration:
    desk = ask.desks.window
    return Autoregistration(await ask.run(desk.status, ask.service.known_plan), await ask.run(desk.settings))


async def _plan(ask: Ask) -> PbxPlan | None:
    with contextlib.suppress(PbxError):
        return await ask.service.pbx_plan()
    return None


@autoregistration.add("GET", "/autoregistration")
async def show_autoregistration(ask: Ask) -> Autoregistration:
    """Is it open, for how long, how many numbers are left; and everything that is set"""
    return await _standing(ask)


@autoregistration.add("POST", "/autoregistration/enable")
async def enable_autoregistration(ask: Ask, body: Opening) -> Autoregistration:
    """Open the window

    It closes by itself, also when the service is restarted in between. Refused when the range meets something, when a
    load of the device defaults is missing, and when no calling search space was chosen on a site that has some.
    """
    plan = await _plan(ask)
    await ask.run(
        ask.desks.window.enable,
        duration=timedelta(seconds=body.seconds),
        until=body.until,
        start=body.start,
        count=body.count,
        force=body.force,
        plan=plan,
    )
    await ask.changed()
    return await _standing(ask)


@autoregistration.add("POST", "/autoregistration/disable")
async def disable_autoregistration(ask: Ask) -> Autoregistration:
    """Close the window; phones that have a number keep it"""
    await ask.run(ask.desks.window.disable)
    await ask.changed()
    return await _standing(ask)


@autoregistration.add("PUT", "/autoregistration/range")
async def set_range(ask: Ask, body: Range) -> Autoregistration:
    """Set the range of numbers

    As on CUCM, the first valid range opens the window, for an hour, unless something stands against it.
    """
    plan = await _plan(ask)
    await ask.run(ask.desks.window.set_range, NumberRange.parse(body.range), plan)
    await ask.changed()
    return await _standing(ask)


@autoregistration.add("POST", "/autoregistration/range/reset")
async def reset_pointer(ask: Ask) -> Autoregistration:
    """Start the search for free numbers at the beginning of the range again"""
    await ask.run(ask.desks.window.reset_pointer)
    await ask.changed()
    return await _standing(ask)


@autoregistration.add("PUT", "/autoregistration/protocol")
async def set_protocol(ask: Ask, body: ProtocolChoice) -> Autoregistration:
    """Set what phones are to speak that can speak both"""
    await ask.run(ask.desks.window.set_protocol, body.protocol.value)
    await ask.changed()
    return await _standing(ask)


@autoregistration.add("PUT", "/autoregistration/networks")
async def set_networks(ask: Ask, body: Networks) -> Autoregistration:
    """Set the networks whose phones may autoregister"""
    await ask.run(ask.desks.window.set_networks, body.networks)
    await ask.changed()
    return await _standing(ask)


@autoregistration.add("PUT", "/autoregistration/space")
async def set_space(ask: Ask, body: Space) -> Autoregistration:
    """Choose partition and calling search space of autoregistered phones"""
    await ask.run(ask.desks.window.set_space, body.partition, body.css)
    await ask.changed()
    return await _standing(ask)


@autoregistration.add("PUT", "/autoregistration/lists")
async def set_lists(ask: Ask, body: Lists) -> Autoregistration:
    """Set the allow list, the deny list, or both"""
    allowed, denied = (None if each is None else [_entry(one) for one in each] for each in (body.allowed, body.denied))
    await ask.run(ask.desks.window.set_lists, allowed=allowed, denied=denied)
    await ask.changed()
    return await _standing(ask)


@autoregistration.add("PUT", "/autoregistration/unknown")
async def set_unknown(ask: Ask, body: Unknown) -> Autoregistration:
    """Set what becomes of unknown phones: refused, or let into the rogue pool"""
    await ask.run(
        ask.desks.window.set_unknown,
        body.mode,
        numbers=None if body.range is None else NumberRange.parse(body.range),
        inbound=body.inbound,
        operator=body.operator,
        operator_number=body.operator_number,
    )
    await ask.changed()
    return await _standing(ask)


@autoregistration.add("PUT", "/autoregistration/security")
async def set_security(ask: Ask, body: Security) -> SecurityOutcome:
    """Enter or leave secure mode, or say what it means

    Leaving it never opens autoregistration again.
    """
    if body.secure is None and body.policy is None:
        raise InvalidInput("there is nothing to set", fix="give secure, policy, or both")
    outcome = await ask.run(ask.desks.window.set_security, secure=body.secure, policy=body.policy)
    await ask.changed()
    settings = await ask.run(ask.desks.window.settings)
    return SecurityOutcome(settings.secure, settings.security, outcome)


@autoregistration.add("PUT", "/autoregistration/backup")
async def set_backup(ask: Ask, body: Switch) -> Autoregistration:
    """Let later servers of the group admit unknown phones, too, or the first alone"""
    await ask.run(ask.desks.window.set_backup, admits=body.enabled)
    await ask.changed()
    return await _standing(ask)


@autoregistration.add("PUT", "/autoregistration/warn-after")
async def set_warn_after(ask: Ask, body: WarnAfter) -> Autoregistration:
    """Set from how many temporary phones on the admin is warned"""
    await ask.run(ask.desks.window.set_warn_after, body.count)
    return await _standing(ask)


@autoregistration.add("GET", "/autoregistration/approval")
async def show_queue(ask: Ask) -> Queue:
    """List the phones that wait for approval"""
    desk = ask.desks.window
    settings, waiting = await ask.run(desk.settings), await ask.run(desk.waiting)
    return Queue(settings.approval, tuple(waiting))


@autoregistration.add("PUT", "/autoregistration/approval")
async def set_approval(ask: Ask, body: Switch) -> Queue:
    """Let every unknown phone wait for approval, or not"""
    await ask.run(ask.desks.window.set_approval, needed=body.enabled)
    await ask.changed()
    return await show_queue(ask)


@autoregistration.add("POST", "/autoregistration/approve")
async def approve_phones(ask: Ask, body: Verdict) -> Judged:
    """Let phones in by name; they come in when they try again, even after the window closed"""
    return await _judge(ask, body, approved=True)


@autoregistration.add("POST", "/autoregistration/deny")
async def deny_phones(ask: Ask, body: Verdict) -> Judged:
    """Keep phones out by name"""
    return await _judge(ask, body, approved=False)


@autoregistration.add("GET", "/autoregistration/checklist")
async def show_checklist(ask: Ask) -> Checklist:
    """The nine steps to autoregistered phones: what is done, open or blocked, and what mends it"""
    plan, desks = await _plan(ask), ask.desks
    desk = ChecklistDesk(desks.store, desks.clock, desks.window, desks.site, desks.actor, desks.tree)
    return Checklist(await ask.run(desk.steps, plan), plan is not None, plan.talking if plan is not None else ())


@autoregistration.add("POST", "/autoregistration/move")
async def move_duty(ask: Ask, body: Duty) -> Changes:
    """Let another server give numbers to unknown phones"""
    done = await ask.run(ask.desks.site.move_autoregistration, body.server)
    await ask.changed()
    return changes_of(done, applied=True)


async def _judge(ask: Ask, body: Verdict, *, approved: bool) -> Judged:
    names = [DeviceName.parse(each) for each in body.phones]
    desk = ask.desks.window
    for name in names:
        await ask.run(desk.judge, name, approved=approved)
    await ask.changed()
    return Judged(tuple(names), approved)


def _entry(text: str) -> ListEntry:
    word, colon, value = text.partition(":")
    if word.strip().lower() == "model" and colon and (model := catalogue().by_name(value.strip())) is not None:
        text = f"model:{model.number}"
    return ListEntry.parse(text)

"""The window: one big switch, the numbers, who waits, and what is left to do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aiohttp import web

from bridge.app.admission.planoverlap import PbxPlan, taken_numbers
from bridge.app.admission.window import AWAITING, Obstacle
from bridge.app.status import WindowStatus
from bridge.autoregistration import AutoregistrationSettings, UnknownMode
from bridge.autoregistration.checklist import ChecklistStep
from bridge.core import DeviceName, NumberRange
from bridge.errors import Conflict, InvalidInput, NotFound, PbxError, SepbridgeError
from bridge.ports import RefusedPhone
from bridge.web.dashboard.house import Form, House, change, chosen_names, number_of, text_of
from bridge.web.dashboard.rangechart import RangeChart, range_chart
from bridge.web.dashboard.words import stamp
from bridge.web.lettingin import let_many_in

DURATIONS = [("15", "15 minutes"), ("30", "30 minutes"), ("60", "1 hour"), ("120", "2 hours"), ("480", "8 hours")]
MOST_MINUTES = 7 * 24 * 60
SHOWN_REFUSED = 50
SHOWN_OBSTACLES = 5
SHOWN_TALKING = 20
SHOWN_REASONS = 3
"""Reasons that a step of the checklist names."""
_MODES = {
    UnknownMode.ADMIT_WHEN_OPEN: "come in while the window is open",
    UnknownMode.REFUSE: "are always turned away",
    UnknownMode.ROGUE: "go to the rogue pool while it is closed",
}


@dataclass(frozen=True, slots=True)
class _Read:
    status: WindowStatus
    settings: AutoregistrationSettings
    obstacles: Sequence[Obstacle]
    steps: Sequence[ChecklistStep]
    waiting: Sequence[RefusedPhone]
    refused: Sequence[RefusedPhone]
    chart: RangeChart
    partitions: Sequence[str]
    spaces: Sequence[str]
    css: str


class WindowPage:
    """``/window``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        house = self._house
        changes = {
            "open": self._open,
            "close": self._close,
            "range": self._range,
            "approval": self._approval,
            "judge": self._judge,
            "let-in": self._let_in,
            "rules": self._rules,
            "space": self._space,
            "repair": self._repair,
        }
        return [
            web.get("/window", house.viewer(self.show)),
            *(web.post(f"/window/{word}", house.admin(change(house, do, self.show))) for word, do in changes.items()),
        ]

    async def show(self, request: web.Request, problem: SepbridgeError | None = None) -> web.Response:
        """How things stand."""
        plan = await self._plan()
        read = await asyncio.to_thread(self._read, request, plan)
        opens_at = read.status.opens_at
        return self._house.page(
            request,
            "window.html",
            here="window",
            problem=problem,
            status=read.status,
            settings=read.settings,
            scheduled=opens_at is not None and opens_at > self._house.service.clock.now(),
            obstacles=() if read.status.is_open else read.obstacles[:SHOWN_OBSTACLES],
            more_obstacles=max(0, len(read.obstacles) - SHOWN_OBSTACLES),
            steps=[replace(each, why=_in_short(each.why)) for each in read.steps],
            waiting=read.waiting,
            refused=read.refused,
            chart=read.chart,
            partitions=[each for each in read.partitions if each],
            spaces=read.spaces,
            css=read.css,
            talking=plan.talking[:SHOWN_TALKING] if plan is not None else (),
            more_talking=max(0, len(plan.talking) - SHOWN_TALKING) if plan is not None else 0,
            durations=DURATIONS,
            unknown_modes=[(mode.value, text) for mode, text in _MODES.items()],
            closed_because=_closed_because(read.settings),
        )

    async def _plan(self) -> PbxPlan | None:
        try:
            return await self._house.service.pbx_plan()
        except PbxError:
            return None  # Asterisk is away: what it uses is checked when it is back

    def _read(self, request: web.Request, plan: PbxPlan | None) -> _Read:
        desk, checklist = self._house.desks(request).window, self._house.checklist(request)
        settings = desk.settings()
        with self._house.service.store.read() as work:
            in_use = taken_numbers(work, plan)
            refused = work.journal.refused()
            partitions = work.site.partitions()
            spaces = [each.name for each in work.objects.calling_search_spaces.all()]
            css = ""
            with contextlib.suppress(NotFound):  # the checklist says that the pool is missing
                css = work.site.pool(settings.pool).autoreg_css
        return _Read(
            desk.status(plan),
            settings,
            desk.obstacles(plan),
            checklist.steps(plan),
            desk.waiting(),
            [each for each in refused if each.reason != AWAITING][:SHOWN_REFUSED],
            range_chart(settings.range, in_use, settings.next_number),
            partitions,
            spaces,
            css,
        )

    # --- changes -----------------------------------------------------------------------------------------------------

    async def _open(self, request: web.Request) -> tuple[str, str]:
        form = await request.post()
        minutes = number_of(form, "for", least=1, most=MOST_MINUTES)
        count = number_of(form, "count", least=1, most=100_000) if text_of(form, "count") else None
        start = _moment(form, "from")
        desk = self._house.desks(request).window
        await asyncio.to_thread(
            desk.enable,
            duration=timedelta(minutes=minutes),
            until=_moment(form, "until"),
            start=start,
            count=count,
            force=text_of(form, "force") == "1",
            plan=await self._plan(),
        )
        await self._house.service.refresh()
        if start is not None and start > self._house.service.clock.now():
            return "/window", f"The window opens at {stamp(start)}."
        return "/window", "The window is open. Plug the phones in."

    async def _close(self, request: web.Request) -> tuple[str, str]:
        await asyncio.to_thread(self._house.desks(request).window.disable)
        await self._house.service.refresh()
        return "/window", "The window is closed."

    async def _range(self, request: web.Request) -> tuple[str, str]:
        numbers = NumberRange.parse(text_of(await request.post(), "range"))
        desk = self._house.desks(request).window
        await asyncio.to_thread(desk.set_range, numbers, await self._plan())
        await self._house.service.refresh()
        opened = (await asyncio.to_thread(desk.status)).is_open
        return "/window", f"The range is {numbers}." + (" The window is open." if opened else "")

    async def _approval(self, request: web.Request) -> tuple[str, str]:
        needed = text_of(await request.post(), "needed") == "1"
        await asyncio.to_thread(self._house.desks(request).window.set_approval, needed=needed)
        await self._house.service.refresh()
        return "/window", "Every phone waits for approval now." if needed else "Phones are admitted by the rules alone."

    async def _judge(self, request: web.Request) -> tuple[str, str]:
        form = await request.post()
        names, verdict = chosen_names(form, "phone", "waiting", "refused"), text_of(form, "verdict")
        if verdict not in ("approved", "denied"):
            raise InvalidInput("a phone is approved or denied", fix="use the buttons of the page")
        desk = self._house.desks(request).window
        done, troubles = [], []

        def judge() -> None:
            for name in names:
                try:
                    desk.judge(name, approved=verdict == "approved")
                except Conflict as error:
                    troubles.append(error)
                else:
                    done.append(name)

        await asyncio.to_thread(judge)
        if done:
            await self._house.service.refresh()
        if not done:
            raise troubles[0]
        return "/window", _told(done, f"was {verdict}", f"were {verdict}", [each.what for each in troubles])

    async def _let_in(self, request: web.Request) -> tuple[str, str]:
        """Phones that were turned away get the next free numbers, each as what its requests prove it to be."""
        names = chosen_names(await request.post(), "refused")
        service, desks = self._house.service, self._house.desks(request)
        outcome = await asyncio.to_thread(lambda: list(let_many_in(service, desks, names)))
        added = [each.name for each in outcome if each.device is not None]
        troubles = [f"{each.name}: {each.trouble}" for each in outcome if each.device is None]
        if not added:
            raise Conflict("none of them was added", why=troubles[0], fix="see the range of numbers")
        await service.refresh()
        return "/window", _told(added, "has a number", "have numbers", troubles)

    async def _rules(self, request: web.Request) -> tuple[str, str]:
        form = await request.post()
        await asyncio.to_thread(
            self._set_rules,
            request,
            text_of(form, "protocol"),
            text_of(form, "unknown"),
            text_of(form, "networks"),
            number_of(form, "warn_after", least=1, most=100_000),
        )
        await self._house.service.refresh()
        return "/window", "Saved."

    def _set_rules(self, request: web.Request, protocol: str, unknown: str, networks: str, warn_after: int) -> None:
        """Only what differs is changed, so that the audit trail says what was."""
        desk = self._house.desks(request).window
        before = desk.settings()
        if unknown not in list(UnknownMode):
            raise InvalidInput("that is nothing that can become of unknown phones", fix="choose from the list")
        wanted = [each.strip() for each in networks.split(",") if each.strip()]
        if wanted != [str(each) for each in before.allowed_networks]:
            desk.set_networks(wanted)
        if protocol != before.protocol or not before.protocol_chosen:
            desk.set_protocol(protocol)
        if unknown != before.unknown:
            desk.set_unknown(UnknownMode(unknown))
        if warn_after != before.warn_after:
            desk.set_warn_after(warn_after)

    async def _space(self, request: web.Request) -> tuple[str, str]:
        form = await request.post()
        desk = self._house.desks(request).window
        await asyncio.to_thread(desk.set_space, text_of(form, "partition"), text_of(form, "css"))
        await self._house.service.refresh()
        return "/window", "Saved."

    async def _repair(self, request: web.Request) -> tuple[str, str]:
        repaired = await asyncio.to_thread(self._house.checklist(request).repair_pool)
        await self._house.service.refresh()
        return "/window", f"From now on {repaired}." if repaired else "There was nothing to repair."


def _moment(form: Form, key: str) -> datetime | None:
    """A moment out of a form, in the server's own time as everywhere on the pages; None where it is left empty.

    Raises InvalidInput.
    """
    text = text_of(form, key)
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{text[:30]!r} is no moment", fix="give date and time, for example 2026-01-31T18:00"
        ) from None


def _closed_because(settings: AutoregistrationSettings) -> str:
    if settings.range.is_empty:
        return "There is no range of numbers yet."
    if settings.is_locked:
        return "Secure mode is on, and its policy is strict."
    if settings.unknown is UnknownMode.REFUSE:
        return "Unknown phones are always turned away."
    if settings.server_disabled:
        return "Autoregistration is disabled on this server."
    if settings.phones_left == 0:
        return "As many phones as were allowed are in."
    return "Unknown phones are turned away, and listed below."


def _told(done: Sequence[DeviceName], one: str, many: str, troubles: Sequence[str]) -> str:
    named = ", ".join(str(each) for each in done[:SHOWN_REASONS])
    more = f" and {len(done) - SHOWN_REASONS} more" if len(done) > SHOWN_REASONS else ""
    said = f"{named}{more} {one if len(done) == 1 else many}."
    return said if not troubles else f"{said} Not done: {'; '.join(troubles[:SHOWN_REASONS])}."


def _in_short(why: str) -> str:
    reasons = why.split("; ")
    left = len(reasons) - SHOWN_REASONS
    return why if left <= 0 else f"{'; '.join(reasons[:SHOWN_REASONS])}; and {left} more"

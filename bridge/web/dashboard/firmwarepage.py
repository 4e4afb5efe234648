"""Firmware: the loads that are there, and their roll-outs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bridge.app.files.firmware import RolloutPlan, UsedLoad
from bridge.autoregistration.checks import Finding
from bridge.core import Rollout, RolloutStage, RolloutState
from bridge.errors import InvalidInput, SepbridgeError
from bridge.provisioning.rollout import PhoneProgress
from bridge.web.dashboard.house import Form, House, change, number_of, text_of
from bridge.web.uploads import read_upload, upload_place

_OVER = (RolloutStage.DONE,)
_ORDER = {
    RolloutStage.FAILED: 0,
    RolloutStage.LOADING: 1,
    RolloutStage.TOLD: 2,
    RolloutStage.WAITING: 3,
    RolloutStage.STOPPED: 4,
    RolloutStage.DONE: 5,
}
SHOWN = 200


@dataclass(frozen=True, slots=True)
class _Read:
    loads: Sequence[UsedLoad]
    findings: Sequence[Finding]
    rollout: Rollout | None
    plan: RolloutPlan | None
    problem: SepbridgeError | None


class FirmwarePage:
    """``/firmware``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        house = self._house
        changes = {"begin": self._begin, "stop": self._stop, "remove": self._remove}
        return [
            web.get("/firmware", house.viewer(self.show)),
            web.post("/firmware/add", house.upload(change(house, self._add, self.show))),
            *(web.post(f"/firmware/{word}", house.admin(change(house, do, self.show))) for word, do in changes.items()),
        ]

    async def show(self, request: web.Request, problem: SepbridgeError | None = None) -> web.Response:
        """The loads, the roll-out that runs or ran last, and what the one asked for would do."""
        asked = {
            "load": request.query.get("load", "")[:100],
            "models": request.query.get("models", "")[:500],
            "pools": request.query.get("pools", "")[:500],
            "at_a_time": request.query.get("at_a_time", "")[:4] or "10",
        }
        read = await asyncio.to_thread(self._read, request, asked)
        progress = self._house.service.rollouts.progress()
        rollout, seconds_left = read.rollout, None
        phones: Sequence[PhoneProgress] = []
        if rollout is not None:
            phones = [PhoneProgress(each, 100 if each.stage in _OVER else 0) for each in rollout.phones]
            if progress is not None and progress.rollout.id == rollout.id:
                phones, seconds_left = progress.phones, progress.seconds_left
        stages = [each.phone.stage for each in phones]
        return self._house.page(
            request,
            "firmware.html",
            here="firmware",
            problem=problem or read.problem,
            loads=read.loads,
            load_names=[(each.load.name, each.load.name) for each in read.loads],
            findings=read.findings,
            rollout=rollout,
            running=rollout is not None and rollout.state is RolloutState.RUNNING,
            phones=sorted(phones, key=lambda each: _ORDER[each.phone.stage])[:SHOWN],
            done=stages.count(RolloutStage.DONE),
            failed=stages.count(RolloutStage.FAILED),
            seconds_left=seconds_left,
            asked=asked,
            plan=read.plan,
            largest=self._house.service.settings.web.largest_package,
        )

    def _read(self, request: web.Request, asked: dict[str, str]) -> _Read:
        desk = self._house.desks(request).firmware
        plan, problem = None, None
        if asked["load"]:
            try:
                plan = desk.plan(asked["load"], models=_words(asked["models"]), pools=_words(asked["pools"]))
            except SepbridgeError as error:
                problem = error
        return _Read(desk.list(), desk.check(), desk.rollout(), plan, problem)

    async def _add(self, request: web.Request) -> tuple[str, str]:
        """A package comes up: to the disk piece by piece, then with the checks of ``sepbridge firmware add``."""
        settings = self._house.service.settings
        async with upload_place(settings.state.directory) as place:
            sent = await read_upload(request, largest=settings.web.largest_package, place=place)
            if sent.path is None:
                raise InvalidInput("no file was chosen", fix="choose a zip, tar or cop file")
            path, replace, incomplete = sent.path, sent.field("replace") == "1", sent.field("incomplete") == "1"
            desk = self._house.desks(request).firmware
            added = await asyncio.to_thread(lambda: desk.add(path, replace=replace, incomplete=incomplete))
        await self._house.service.refresh()
        counts = ((added.new, "new"), (added.same, "there already"), (added.replaced, "replaced"))
        told = ", ".join(f"{len(names)} {what}" for names, what in counts if names)
        names = ", ".join(each.name for each in added.loads)
        return "/firmware", f"{names or 'No load'} from {path.name}. Files: {told}."

    async def _begin(self, request: web.Request) -> tuple[str, str]:
        form = await request.post()
        at_a_time = number_of(form, "at_a_time", least=1, most=500)
        rollout = await asyncio.to_thread(self._start, request, form, at_a_time)
        self._house.service.rollouts.look()
        return (
            "/firmware",
            f"The roll-out of {rollout.load} began: {len(rollout.phones)} phones, {at_a_time} at a time.",
        )

    def _start(self, request: web.Request, form: Form, at_a_time: int) -> Rollout:
        desk = self._house.desks(request).firmware
        models, pools = (_words(text_of(form, key)) for key in ("models", "pools"))
        plan = desk.plan(text_of(form, "load"), models=models, pools=pools)
        return desk.start(plan, at_a_time=at_a_time, force=text_of(form, "force") == "1")

    async def _stop(self, request: web.Request) -> tuple[str, str]:
        rollout = await asyncio.to_thread(self._house.desks(request).firmware.stop)
        self._house.service.rollouts.look()
        return "/firmware", f"The roll-out of {rollout.load} stops: no further phone is told."

    async def _remove(self, request: web.Request) -> tuple[str, str]:
        form = await request.post()
        load, force = text_of(form, "load"), text_of(form, "force") == "1"
        desk = self._house.desks(request).firmware
        gone = await asyncio.to_thread(lambda: desk.remove(load, force=force))
        self._house.service.rollouts.look()
        return "/firmware", f"{load} is gone, {len(gone)} files."


def _words(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]

"""Use cases of the admin around firmware: add, list, check, remove, and begin or stop a roll-out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.app.admission.loadcheck import check_loads
from bridge.autoregistration.checks import Finding, Severity
from bridge.core import Device, DeviceDefaults, DeviceName, Rollout, RolloutPhone, RolloutStage, RolloutState
from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.phones import Model, catalogue, fits, parse_load
from bridge.phones.knownbugs import known_bugs
from bridge.phones.ladders import LoadDifference, StepAdvice, advise
from bridge.ports import AuditEntry, Clock, Store, UnitOfWork
from bridge.store.firmware import Added, FirmwareStore, StoredLoad

MOST_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class UsedLoad:
    """A load in the store and who is to have it."""

    load: StoredLoad
    defaults: tuple[str, ...]
    """Rows of the device defaults that name it."""
    phones: int
    """Phones for which it is set alone."""

    @property
    def is_used(self) -> bool:
        """Whether some phone may ask for it."""
        return bool(self.defaults or self.phones)


@dataclass(frozen=True, slots=True)
class PlannedPhone:
    """A phone that a roll-out would tell, and what is to be known about its step."""

    device: Device
    advice: StepAdvice
    objection: str = ""
    """Why the step is not allowed."""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class RolloutPlan:
    """What a roll-out would do."""

    load: StoredLoad
    phones: tuple[PlannedPhone, ...]
    already: tuple[DeviceName, ...]
    """Phones that run the load and have it set."""


class FirmwareDesk:
    """The admin's firmware. ``actor`` is who asked, for the audit trail."""

    def __init__(self, store: Store, firmware: FirmwareStore, clock: Clock, actor: str) -> None:
        self._store = store
        self._firmware = firmware
        self._clock = clock
        self._actor = actor

    def add(self, source: Path, *, replace: bool = False, incomplete: bool = False) -> Added:
        """Take a package into the files for phones. Raises what ``FirmwareStore.add`` raises."""
        added = self._firmware.add(source, replace=replace, incomplete=incomplete)
        detail = ", ".join(each.name for each in added.loads)
        if added.replaced:
            detail += f"; replaced: {', '.join(added.replaced)}"
        self._audit(f"added firmware from {source.name}", detail)
        return added

    def list(self) -> tuple[UsedLoad, ...]:
        """Every load in the store."""
        with self._store.read() as work:
            defaults = work.site.device_defaults()
            wanted = list(work.firmware.wanted().values())
        return tuple(
            UsedLoad(
                each,
                tuple(_row(row) for row in defaults if row.load.lower() == each.name.lower()),
                sum(load.lower() == each.name.lower() for load in wanted),
            )
            for each in self._firmware.loads()
        )

    def check(self) -> tuple[Finding, ...]:
        """What is wrong with the firmware, before a phone asks for it; errors first."""
        with self._store.read() as work:
            found = [*check_firmware(work, self._firmware.loads())]
        return tuple(sorted(found, key=lambda each: each.severity is Severity.WARNING))

    def remove(self, name: str, *, force: bool = False) -> tuple[str, ...]:
        """Remove a load with the files that no other one needs; their names. Raises NotFound, Conflict while in use."""
        used = next((each for each in self.list() if each.load.name.lower() == _bare(name)), None)
        if used is None:
            raise NotFound(f"there is no load {name}", fix="`sepbridge firmware list` shows those that are there")
        if used.is_used and not force:
            who = ", ".join([*used.defaults, *([f"{used.phones} phones"] if used.phones else [])])
            raise Conflict(
                f"{used.load.name} is in use",
                why=f"it is set for {who}: such a phone would look for it at every boot",
                fix="set another load for them first, or add --force",
            )
        removed = self._firmware.remove(used.load.name)
        self._audit(f"removed the firmware {used.load.name}", ", ".join(removed) + (" (forced)" if force else ""))
        return removed

    # --- roll-out ----------------------------------------------------------------------------------------------------

    def plan(
        self,
        load: str,
        *,
        models: Collection[str] = (),
        pools: Collection[str] = (),
        phones: Collection[DeviceName] = (),
    ) -> RolloutPlan:
        """What rolling out ``load`` would do to the phones chosen; without a choice, to all that it fits.

        Raises NotFound for a load, model, pool or phone that does not exist.
        """
        stored = self._firmware.find(load)
        if stored is None:
            raise NotFound(
                f"there is no load {load}",
                why="none of that name lies in the directory of files for phones",
                fix="`sepbridge firmware list` shows those that are there; `sepbridge firmware add` brings one in",
            )
        wanted_models = {catalogue().require(each).name for each in models}
        installed = [each.name for each in self._firmware.loads() if each.is_complete]
        with self._store.read() as work:
            for pool in pools:
                work.site.pool(pool)
            devices = {device.name: device for device in work.devices.all()}
            wanted = work.firmware.wanted()
        for name in phones:
            if name not in devices:
                raise NotFound(f"there is no phone {name}", fix="`sepbridge phones list` shows those that exist")
        chosen = [
            device
            for device in devices.values()
            if (not phones or device.name in phones)
            and (not pools or device.pool in pools)
            and (not wanted_models or device.model in wanted_models)
            and (phones or models or _may_run(stored, device))
        ]
        planned = [_planned(device, stored, installed) for device in chosen]
        settled = [
            each.device.name
            for each in planned
            if each.advice.difference is LoadDifference.EQUAL
            and wanted.get(each.device.name, "").lower() == stored.name.lower()
        ]
        return RolloutPlan(stored, tuple(each for each in planned if each.device.name not in settled), tuple(settled))

    def start(self, plan: RolloutPlan, *, at_a_time: int, force: bool = False) -> Rollout:
        """Begin a roll-out; the running service does the rest.

        Raises Conflict for an incomplete load, a step that is not allowed (unless ``force``), or while another
        roll-out runs; InvalidInput when there is nothing to do.
        """
        if not 1 <= at_a_time <= MOST_AT_A_TIME:
            raise InvalidInput(f"{at_a_time} at a time is not possible", fix=f"choose from 1 to {MOST_AT_A_TIME}")
        if not plan.phones:
            raise InvalidInput(
                "there is no phone for this roll-out",
                why=f"{len(plan.already)} of those chosen have {plan.load.name} already"
                if plan.already
                else "no phone of this site that was chosen is of a model and a protocol that it is for",
                fix="choose others with --model, --pool or --phone",
            )
        if not plan.load.is_complete:
            raise Conflict(
                f"{plan.load.name} is not complete",
                why=plan.load.trouble or f"missing: {', '.join(plan.load.missing)}",
                fix="add the whole package: sepbridge firmware add",
            )
        objected = [each for each in plan.phones if each.objection]
        if objected and not force:
            first = objected[0]
            more = f" (and {len(objected) - 1} more phones)" if len(objected) > 1 else ""
            raise Conflict(
                f"{first.device.name} may not go to {plan.load.name} in one step{more}",
                why=first.objection,
                fix=first.fix or "leave such phones out, or add --force",
            )
        now = self._clock.now()
        with self._store.write() as work:
            wanted = work.firmware.wanted()
            rollout = Rollout(
                id=0,
                load=plan.load.name,
                at_a_time=at_a_time,
                state=RolloutState.RUNNING,
                actor=self._actor,
                started_at=now,
                phones=tuple(
                    RolloutPhone(
                        each.device.name, before=each.device.load, wanted_before=wanted.get(each.device.name, "")
                    )
                    for each in plan.phones
                ),
            )
            rollout = work.firmware.begin(rollout)
            detail = f"{len(plan.phones)} phones, {at_a_time} at a time"
            if objected:
                names = ", ".join(str(each.device.name) for each in objected)
                detail += f"; forced in spite of the advice for {names}"
            work.journal.audit(AuditEntry(now, self._actor, f"began the roll-out of {rollout.load}", detail))
            work.commit()
        return rollout

    def stop(self) -> Rollout:
        """Tell no further phone; those under way go on. Raises Conflict when none is running."""
        now = self._clock.now()
        with self._store.write() as work:
            rollout = work.firmware.newest()
            if rollout is None or rollout.state is not RolloutState.RUNNING:
                raise Conflict("no roll-out is running")
            work.firmware.set_state(rollout.id, RolloutState.STOPPED, f"stopped by {self._actor}")
            for phone in rollout.phones:
                if phone.stage is RolloutStage.WAITING:
                    work.firmware.set_phone(rollout.id, replace(phone, stage=RolloutStage.STOPPED, ended_at=now))
            work.journal.audit(AuditEntry(now, self._actor, f"stopped the roll-out of {rollout.load}"))
            work.commit()
            found = work.firmware.newest()
        return found or rollout

    def rollout(self) -> Rollout | None:
        """The newest roll-out, as far as the database knows."""
        with self._store.read() as work:
            return work.firmware.newest()

    def _audit(self, action: str, detail: str) -> None:
        with self._store.write() as work:
            work.journal.audit(AuditEntry(self._clock.now(), self._actor, action, detail))
            work.commit()


@dataclass(frozen=True, slots=True)
class _Present:
    """What lies there, for the check of the device defaults."""

    names: frozenset[str]

    def read(self, name: str) -> object | None:
        return name if name.lower() in self.names else None


def check_firmware(work: UnitOfWork, loads: Sequence[StoredLoad]) -> Iterator[Finding]:
    """What is wrong with the loads and with what names them (requirements AR-27, RG-18)."""
    by_name = {each.name.lower(): each for each in loads}
    for each in loads:
        if each.missing:
            yield Finding(
                "firmware_incomplete",
                Severity.WARNING,
                f"{each.file} names files that are not there: {', '.join(each.missing)}",
                "add the whole package: sepbridge firmware add",
            )
        elif each.trouble:
            yield Finding(
                "firmware_unreadable",
                Severity.WARNING,
                f"{each.file} cannot be checked: {each.trouble}",
                "see that it came whole; get the package again if phones refuse it",
            )
        for bug in known_bugs(each.name):
            yield Finding(
                "load_with_blocking_bug",
                Severity.WARNING,
                f"with {each.name}, {bug.what}",
                f"use {bug.instead} (as far as public sources tell)",
            )
    devices = {device.name: device for device in work.devices.all()}
    defaults = work.site.device_defaults()
    yield from check_loads(defaults, _Present(frozenset(each.file.lower() for each in loads)))
    for row in defaults:
        if _bare(row.load) in by_name:
            fix = f"sepbridge site defaults set {_key(row)} load=…"
            yield from _check_wanted(row.load, f"the device defaults of {_row(row)}", fix, by_name)
    wanted = work.firmware.wanted()
    for name, load in wanted.items():
        if name in devices:
            yield from _check_wanted(load, f"the phone {name}", f"sepbridge firmware rollout … --phone {name}", by_name)
    named = {(row.model_number, row.protocol): row.load for row in defaults}
    steps: dict[tuple[str, str], list[Device]] = {}
    for device in devices.values():
        load = wanted.get(device.name) or named.get((device.model_number or 0, device.desired_protocol), "")
        steps.setdefault((device.load, load), []).append(device)
    installed = [each.name for each in loads if each.is_complete]
    for (running, load), among in steps.items():
        yield from _check_step(running, load, among, installed)


def _check_wanted(load: str, where: str, fix: str, by_name: dict[str, StoredLoad]) -> Iterator[Finding]:
    stored = by_name.get(_bare(load))
    if stored is None:
        yield Finding(
            "load_missing",
            Severity.ERROR,
            f"{where}: the load {load} is not there; such a phone asks for {load}.loads (or its image) at every boot",
            f"add it: sepbridge firmware add; or name another one: {fix}",
        )
    elif stored.missing:
        yield Finding(
            "firmware_file_missing",
            Severity.ERROR,
            f"{where}: of the load {load}, these files are not there: {', '.join(stored.missing)}",
            "add the whole package: sepbridge firmware add",
        )


def _check_step(running: str, load: str, among: Sequence[Device], installed: Collection[str]) -> Iterator[Finding]:
    """Whether phones may go from what they run to what their files name (``ladders``)."""
    first = among[0]
    advice = advise(running, load, _model(first), installed=installed, protocol=first.desired_protocol)
    if advice.is_allowed or advice.difference is LoadDifference.WRONG_FAMILY:
        return
    who = str(first.name) + (f" and {len(among) - 1} more phones" if len(among) > 1 else "")
    over = advice.via_installed or advice.via
    yield Finding(
        "firmware_step_not_allowed",
        Severity.WARNING,
        f"the files of {who} name {load}, and they run {running}: {advice.why}",
        f"name {over} for them first" if over else "take that load out of the device defaults",
    )


def _planned(device: Device, stored: StoredLoad, installed: Iterable[str]) -> PlannedPhone:
    model = _model(device)
    advice = advise(device.load, stored.name, model, installed=installed, protocol=device.desired_protocol)
    if model is None:
        return PlannedPhone(
            device,
            advice,
            "nobody knows its model yet",
            "let it register once, or give the model with `sepbridge phones add`; --force does it all the same",
        )
    if not fits(stored.name, model, device.desired_protocol):
        return PlannedPhone(
            device,
            advice,
            f"{stored.name} is {_says(stored.name)}; the phone is a {model.name} that is to speak "
            f"{device.desired_protocol}",
            "choose the load for that model and protocol",
        )
    if not advice.is_allowed:
        over = f"; go over {advice.via}" if advice.via else ""
        first = (
            f"roll out {advice.via_installed} first"
            if advice.via_installed
            else f"add {advice.via} and roll it out first"
        )
        return PlannedPhone(
            device, advice, f"it runs {device.load}, and {advice.why}{over}", first if advice.via else ""
        )
    return PlannedPhone(device, advice)


def _may_run(stored: StoredLoad, device: Device) -> bool:
    """Whether a load is for such a phone; one whose name says nothing is for no phone that was not chosen."""
    model, says = _model(device), stored.says
    if model is None or not (says.models or says.families):
        return False
    return fits(stored.name, model, device.desired_protocol)


def _model(device: Device) -> Model | None:
    known = catalogue().by_number(device.model_number) if device.model_number is not None else None
    return known or (catalogue().by_name(device.model) if device.model else None)


def _says(load: str) -> str:
    parsed = parse_load(load)
    hardware = ", ".join(sorted(parsed.models)) or ", ".join(sorted(parsed.families)) or "unknown hardware"
    return f"{parsed.protocol or 'firmware'} for {hardware}"


def _row(row: DeviceDefaults) -> str:
    model = catalogue().by_number(row.model_number)
    return f"{model.name if model else row.model_number} {row.protocol}"


def _key(row: DeviceDefaults) -> str:
    return f"{row.model_number} {row.protocol}"


def _bare(load: str) -> str:
    return load.lower().removesuffix(".loads")

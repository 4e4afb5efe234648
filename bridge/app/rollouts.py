"""The running service's part in a roll-out of firmware: sets the load, restarts phones, follows them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bridge.app.firmware import check_firmware
from bridge.app.phonefiles import PhoneFiles
from bridge.autoregistration.checks import Finding
from bridge.core import Device, DeviceName, Rollout, RolloutPhone, RolloutStage, RolloutState, TransferUnderWay
from bridge.core.events import Event, FileRewritten, FirmwareStageReached, PhoneRestartSent
from bridge.errors import SepbridgeError
from bridge.ports import Clock, EventSink, IdSource, RestartKind, Store
from bridge.provisioning.rollout import PhoneProgress, RolloutRun
from bridge.store.firmware import FirmwareStore

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two looks at whose turn it is."""

Restart = Callable[[DeviceName, RestartKind], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RolloutProgress:
    """A roll-out as it stands."""

    rollout: Rollout
    phones: tuple[PhoneProgress, ...]
    seconds_left: int | None = None


class Rollouts:
    """Works on the roll-out that runs, if one does."""

    def __init__(
        self,
        store: Store,
        firmware: FirmwareStore,
        files: PhoneFiles,
        sink: EventSink,
        clock: Clock,
        ids: IdSource,
        *,
        restart: Restart,
        is_talking: Callable[[DeviceName], bool],
        transfers: Callable[[], Sequence[TransferUnderWay]],
    ) -> None:
        self._store = store
        self._firmware = firmware
        self._files = files
        self._sink = sink
        self._clock = clock
        self._ids = ids
        self._restart = restart
        self._is_talking = is_talking
        self._transfers = transfers
        self._run: RolloutRun | None = None
        self._news = asyncio.Event()

    def heard(self, event: Event) -> None:
        """Take what happened to some phone. Called for every event: it must cost nothing while no roll-out runs."""
        if self._run is not None:
            self._run.hear(event)

    def look(self) -> None:
        """Somebody began or stopped a roll-out, or changed the firmware."""
        self._news.set()

    def progress(self) -> RolloutProgress | None:
        """The roll-out that is followed, file by file."""
        if self._run is None:
            return None
        phones = self._run.progress(self._transfers(), now=self._clock.now())
        return RolloutProgress(self._run.rollout, tuple(phones), self._run.seconds_left(phones))

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the firmware. Blocking. Raises StoreError."""
        loads = self._firmware.loads()
        with self._store.read() as work:
            return tuple(check_firmware(work, loads))

    async def run(self) -> None:
        """Work until cancelled."""
        self._news.set()  # one may have been under way when the service stopped
        while True:
            if self._run is None:
                await self._news.wait()
            try:
                if self._news.is_set():
                    self._news.clear()
                    await asyncio.to_thread(self._load)
                if self._run is not None:
                    await self._step(self._run)
            except SepbridgeError as error:
                log.warning("the roll-out of firmware waits: %s", error)
            if self._run is not None:
                await asyncio.sleep(EVERY)

    def _load(self) -> None:
        """Take up what the database says: a new roll-out, one that was stopped, one of a former run."""
        with self._store.read() as work:
            rollout = work.firmware.newest()
        if rollout is None:
            self._run = None
            return
        if self._run is not None and self._run.rollout.id == rollout.id:
            self._run.rollout = replace(self._run.rollout, state=rollout.state, detail=rollout.detail)
            if rollout.state is RolloutState.STOPPED:
                self._run.stop(now=self._clock.now())
            return
        if rollout.state is RolloutState.FINISHED or not (
            rollout.state is RolloutState.RUNNING or any(each.stage.is_under_way for each in rollout.phones)
        ):
            self._run = None
            return
        stored = self._firmware.find(rollout.load)
        names = [stored.file, *stored.files] if stored else [rollout.load]
        self._run = RolloutRun(rollout, stored.list if stored else None, self._firmware.sizes(names))

    async def _step(self, run: RolloutRun) -> None:
        now = self._clock.now()
        run.tick(now)
        if run.gives_up and run.rollout.state is RolloutState.RUNNING:
            run.stop(now=now)
            run.rollout = replace(run.rollout, state=RolloutState.STOPPED, detail=f"stopped by itself: {run.gives_up}")
            log.error("the roll-out of %s stopped by itself: %s", run.rollout.load, run.gives_up)
        if run.rollout.state is RolloutState.RUNNING and run.free_places:
            devices = await asyncio.to_thread(self._begin_some, run)
            for device in devices:
                await self._tell(run, device)
        if run.is_over and run.rollout.state is RolloutState.RUNNING:
            run.rollout = replace(run.rollout, state=RolloutState.FINISHED)
        await asyncio.to_thread(self._save, run)
        if run.is_over:
            self._run = None

    def _begin_some(self, run: RolloutRun) -> list[Device]:
        """Set the load of the phones whose turn it is."""
        with self._store.read() as work:
            devices = {device.name: device for device in work.devices.all()}
        registered = {name for name, device in devices.items() if device.registered}
        for gone in [each.device for each in run.rollout.phones if each.device not in devices]:
            run.fail(gone, "it was removed", now=self._clock.now())
        due = run.due(registered, self._is_talking)
        if not due:
            return []
        now = self._clock.now()
        told: list[Device] = []
        with self._store.write() as work:
            for name in due:
                device = work.devices.get(name)
                if device is None:
                    run.fail(name, "it was removed", now=now)
                    continue
                device = replace(device, version_stamp=self._ids.version_stamp())
                work.firmware.set_wanted(name, run.rollout.load)
                work.devices.update(device)
                told.append(device)
            work.commit()
        self._files.read_site()
        for device in told:
            run.tell(device.name, device.address, now=now)
            why = f"it is to run {run.rollout.load}"
            self._sink.record(FileRewritten(at=now, device=device.name, version_stamp=device.version_stamp, why=why))
        return told

    async def _tell(self, run: RolloutRun, device: Device) -> None:
        try:
            await self._restart(device.name, RestartKind.RESET)
        except SepbridgeError as error:
            run.fail(device.name, f"it could not be told to restart: {error}", now=self._clock.now())
        else:
            how = device.desired_protocol.value
            why = f"it is to run {run.rollout.load}"
            self._sink.record(PhoneRestartSent(at=self._clock.now(), device=device.name, how=how, why=why))

    def _save(self, run: RolloutRun) -> None:
        """Write down what changed; a phone that failed gets back the load that was set for it before."""
        changed = run.changed()
        with self._store.write() as work:
            stored = work.firmware.newest()
            if stored is None or stored.id != run.rollout.id:
                return
            for phone in changed:
                work.firmware.set_phone(run.rollout.id, phone)
                device = work.devices.get(phone.device)
                if device is not None and phone.stage is RolloutStage.FAILED and phone.told_at is not None:
                    work.firmware.set_wanted(phone.device, phone.wanted_before)
                    work.devices.update(replace(device, version_stamp=self._ids.version_stamp()))
            # Never undo a stop that the admin made in the meantime.
            if stored.state is RolloutState.RUNNING and stored.state is not run.rollout.state:
                work.firmware.set_state(run.rollout.id, run.rollout.state, run.rollout.detail)
            work.commit()
        if any(each.stage is RolloutStage.FAILED for each in changed):
            self._files.read_site()
        for phone in changed:
            self._note(run, phone)

    def _note(self, run: RolloutRun, phone: RolloutPhone) -> None:
        if phone.stage in {RolloutStage.WAITING, RolloutStage.STOPPED}:
            return
        event = FirmwareStageReached(
            at=self._clock.now(),
            device=phone.device,
            load=run.rollout.load,
            stage=phone.stage.value,
            detail=phone.detail,
        )
        self._sink.record(event)
        if phone.stage is RolloutStage.FAILED:
            log.warning("%s did not get %s: %s", phone.device, run.rollout.load, phone.detail)


def log_findings(findings: Sequence[Finding]) -> None:
    """Say at the start of the service what phones would miss."""
    for each in findings:
        log.warning("firmware: %s (%s); fix: %s", each.what, each.code, each.fix)

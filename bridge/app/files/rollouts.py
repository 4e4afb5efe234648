"""The running service's part in a roll-out of firmware: sets the load, restarts phones, follows them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bridge.app.files.firmware import check_firmware
from bridge.app.files.phonefiles import PhoneFiles
from bridge.core import Device, DeviceName, Rollout, RolloutPhone, RolloutStage, RolloutState, TransferUnderWay
from bridge.core.events import Event, FileRewritten, FirmwareStageReached, PhoneRestartSent
from bridge.errors import SepbridgeError, StoreError
from bridge.ports import Clock, EventSink, IdSource, RestartKind, Store
from bridge.provisioning.rollout import PhoneProgress, RolloutRun
from bridge.store.firmware import FirmwareStore, StoredLoad

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

    def say_findings(self) -> None:
        """Say in the log what phones would miss, before they ask for it. Blocking."""
        try:
            loads = self._firmware.loads()
            with self._store.read() as work:
                findings = tuple(check_firmware(work, loads))
        except SepbridgeError as error:
            log.warning("the firmware could not be checked: %s", error)
            return
        for each in findings:
            log.warning("firmware: %s (%s); fix: %s", each.what, each.code, each.fix)

    async def run(self) -> None:
        """Work until cancelled."""
        self._news.set()  # one may have been under way when the service stopped
        while True:
            if self._run is None:
                await self._news.wait()
            try:
                if self._news.is_set():
                    self._news.clear()
                    await self._take_up()
                if self._run is not None:
                    await self._step(self._run)
            except SepbridgeError as error:
                log.warning("the roll-out of firmware waits: %s", error)
            if self._run is not None:
                await asyncio.sleep(EVERY)

    async def _take_up(self) -> None:
        """Take up what the database says: a new roll-out, one that was stopped, one of a former run."""
        rollout, stored, sizes = await asyncio.to_thread(self._read)
        if rollout is None:
            self._run = None
        elif self._run is not None and self._run.rollout.id == rollout.id:
            if self._run.rollout.state is RolloutState.RUNNING:
                self._run.rollout = replace(self._run.rollout, state=rollout.state, detail=rollout.detail)
            if rollout.state is RolloutState.STOPPED:
                self._run.stop(now=self._clock.now())
        elif rollout.state is RolloutState.RUNNING or any(each.stage.is_under_way for each in rollout.phones):
            self._run = RolloutRun(rollout, stored.list if stored else None, sizes)
        else:
            self._run = None

    def _read(self) -> tuple[Rollout | None, StoredLoad | None, dict[str, int]]:
        with self._store.read() as work:
            rollout = work.firmware.newest()
        if rollout is None or rollout.state is RolloutState.FINISHED:
            return rollout, None, {}
        stored = self._firmware.find(rollout.load)
        return rollout, stored, self._firmware.sizes([stored.file, *stored.files] if stored else [])

    async def _step(self, run: RolloutRun) -> None:
        now = self._clock.now()
        run.tick(now)
        if run.gives_up and run.rollout.state is RolloutState.RUNNING:
            run.stop(now=now)
            run.rollout = replace(run.rollout, state=RolloutState.STOPPED, detail=f"stopped by itself: {run.gives_up}")
            log.error("the roll-out of %s stopped by itself: %s", run.rollout.load, run.gives_up)
        if run.rollout.state is RolloutState.RUNNING and run.free_places:
            await self._tell_some(run)
        is_over = run.is_over
        if is_over and run.rollout.state is RolloutState.RUNNING:
            run.rollout = replace(run.rollout, state=RolloutState.FINISHED)
        # The machine belongs to the event loop: threads get what they need, and phones go on meanwhile.
        changed = run.changed()
        try:
            await asyncio.to_thread(self._save, run.rollout, changed)
        except StoreError:
            run.not_written(changed)
            raise
        for phone in changed:
            self._note(run, phone)
        if is_over:
            self._run = None

    async def _tell_some(self, run: RolloutRun) -> None:
        devices = await asyncio.to_thread(self._devices)
        now = self._clock.now()
        for gone in (each.device for each in run.rollout.phones if each.device not in devices):
            run.lose(gone, now=now)
        due = run.due({name for name, device in devices.items() if device.registered}, self._is_talking)
        if not due:
            return
        told = await asyncio.to_thread(self._set_load, due, run.rollout.load)
        for device in [each for each in told if each.load.lower() == run.rollout.load.lower()]:
            run.done(device.name, now=now, detail="it ran it already")
            told.remove(device)
        for device in told:
            run.tell(device.name, device.address, now=now)
            why = f"it is to run {run.rollout.load}"
            self._sink.record(FileRewritten(at=now, device=device.name, version_stamp=device.version_stamp, why=why))
        for device in told:
            await self._tell(run, device)

    def _devices(self) -> dict[DeviceName, Device]:
        with self._store.read() as work:
            return {device.name: device for device in work.devices.all()}

    def _set_load(self, names: Sequence[DeviceName], load: str) -> list[Device]:
        """Set the load of the phones whose turn it is; those that are there."""
        told: list[Device] = []
        with self._store.write() as work:
            for name in names:
                device = work.devices.get(name)
                if device is not None:
                    device = replace(device, version_stamp=self._ids.version_stamp())
                    work.firmware.set_wanted(name, load)
                    work.devices.update(device, sharing=True)
                    told.append(device)
            work.commit()
        self._files.read_site()
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

    def _save(self, rollout: Rollout, changed: Sequence[RolloutPhone]) -> None:
        """Write down what changed; a phone that failed gets back the load that was set for it before."""
        if not changed and rollout.state is RolloutState.RUNNING:
            return
        with self._store.write() as work:
            stored = work.firmware.newest()
            if stored is None or stored.id != rollout.id:
                return
            for phone in changed:
                work.firmware.set_phone(rollout.id, phone)
                device = work.devices.get(phone.device)
                if device is not None and phone.stage is RolloutStage.FAILED and phone.told_at is not None:
                    work.firmware.set_wanted(phone.device, phone.wanted_before)
                    device = replace(device, version_stamp=self._ids.version_stamp())
                    work.devices.update(device, sharing=True)
            # Never undo a stop that the admin made in the meantime.
            if stored.state is RolloutState.RUNNING and stored.state is not rollout.state:
                work.firmware.set_state(rollout.id, rollout.state, rollout.detail)
            work.commit()
        if any(each.stage is RolloutStage.FAILED for each in changed):
            self._files.read_site()

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

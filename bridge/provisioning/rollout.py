"""A roll-out of firmware under way: which phone's turn it is, and what the phones' own doings say of their progress.

Pure: events go in, and the moment with them. A phone under way is followed by the files that it asks for, file by file
(requirement RG-18), and is done when it registers with the load. A phone that cannot get it is a failure with a name;
after three in a row nobody else is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median

from bridge.core import DeviceName, Rollout, RolloutPhone, RolloutStage, TransferUnderWay
from bridge.core.events import (
    Event,
    FileDelivered,
    FileNotFound,
    FileRefused,
    FileRequested,
    PhoneAlarmed,
    PhoneRegistered,
    TransferAborted,
)
from bridge.phones import FileKind, parse_file_name, parse_user_agent
from bridge.phones.ladders import LoadDifference, compare_loads
from bridge.phones.loadlists import LoadList

FAILURES_IN_A_ROW = 3
SILENT_FOR = timedelta(minutes=10)
"""A phone that was told and asks for nothing that long did not restart."""
AT_MOST = timedelta(hours=1)
"""No phone takes longer: an 8800 needs four minutes over TFTP (phone boot reference, section 3.1)."""
_ALARM = re.compile(r"\s*(\d{1,3}): ?Name=")
_LOAD_ALARMS = {"0": "load rejected", "3": "version error", "5": "checksum error"}
"""What alarms say of a load that a phone did not take (diagnosis reference, section 1)."""


@dataclass(frozen=True, slots=True)
class FileProgress:
    """One file of the load, as one phone gets it."""

    name: str
    percent: int
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class PhoneProgress:
    """How far one phone is."""

    phone: RolloutPhone
    percent: int
    files: tuple[FileProgress, ...] = ()
    seconds_left: int | None = None
    """None while nobody can tell."""


@dataclass(slots=True)
class _Phone:
    record: RolloutPhone
    asked_own_file: bool = False
    asked: set[str] = field(default_factory=set)
    got: set[str] = field(default_factory=set)
    trouble: dict[str, str] = field(default_factory=dict)
    heard_at: datetime | None = None
    first_file_at: datetime | None = None


class RolloutRun:
    """The machine. ``sizes``: octets of the load's files by lower-case name, the list included."""

    def __init__(self, rollout: Rollout, load_list: LoadList | None, sizes: Mapping[str, int]) -> None:
        self.rollout = rollout
        self._list = load_list
        self._sizes = dict(sizes)
        # What was under way before a restart of the service may have asked for its files then.
        self._phones = {each.device: _Phone(each, asked_own_file=each.stage.is_under_way) for each in rollout.phones}
        self._device_at: dict[str, DeviceName] = {}
        self._changed: dict[DeviceName, RolloutPhone] = {}
        self._in_a_row = 0
        self._durations: list[float] = []

    # --- whose turn it is --------------------------------------------------------------------------------------------

    @property
    def free_places(self) -> int:
        """How many phones may be told now."""
        under_way = sum(each.record.stage.is_under_way for each in self._phones.values())
        return max(0, self.rollout.at_a_time - under_way)

    def due(self, registered: Collection[DeviceName], is_talking: Callable[[DeviceName], bool]) -> list[DeviceName]:
        """The phones to tell now: idle ones that can hear it. Others wait for their call's end, or until they come."""
        found: list[DeviceName] = []
        for name, phone in self._phones.items():
            if phone.record.stage is not RolloutStage.WAITING:
                continue
            why = ""
            if name not in registered:
                why = "it is not registered; its turn comes when it is"
            elif is_talking(name):
                why = "it is in a call"
            elif len(found) < self.free_places:
                found.append(name)
            self._put(phone, detail=why)
        return found

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return not any(
            each.record.stage is RolloutStage.WAITING or each.record.stage.is_under_way
            for each in self._phones.values()
        )

    @property
    def gives_up(self) -> str:
        """Why no further phone should be told; empty while all is well."""
        if self._in_a_row < FAILURES_IN_A_ROW:
            return ""
        return f"{self._in_a_row} phones in a row failed"

    def tell(self, name: DeviceName, address: str, *, now: datetime) -> None:
        """The phone is told to restart."""
        phone = self._phones[name]
        phone.heard_at = now
        if address:
            self._device_at[address] = name
        self._put(phone, stage=RolloutStage.TOLD, told_at=now, detail="")

    def fail(self, name: DeviceName, why: str, *, now: datetime) -> None:
        """The phone cannot have the load."""
        phone = self._phones[name]
        if phone.record.stage is RolloutStage.FAILED:
            return
        self._in_a_row += 1
        self._put(phone, stage=RolloutStage.FAILED, detail=why, ended_at=now)

    def lose(self, name: DeviceName, *, now: datetime) -> None:
        """The phone was removed; that is nobody's failure."""
        phone = self._phones[name]
        if phone.record.stage is RolloutStage.WAITING or phone.record.stage.is_under_way:
            self._put(phone, stage=RolloutStage.STOPPED, detail="it was removed", ended_at=now)

    def done(self, name: DeviceName, *, now: datetime, detail: str = "") -> None:
        """The phone runs the load."""
        phone = self._phones[name]
        self._in_a_row = 0
        if phone.record.told_at is not None:
            self._durations.append((now - phone.record.told_at).total_seconds())
        self._put(phone, stage=RolloutStage.DONE, detail=detail, ended_at=now)

    def stop(self, *, now: datetime) -> None:
        """Tell nobody any more."""
        for phone in self._phones.values():
            if phone.record.stage is RolloutStage.WAITING:
                self._put(phone, stage=RolloutStage.STOPPED, ended_at=now)

    def changed(self) -> list[RolloutPhone]:
        """The phones that changed since this was asked last."""
        changed, self._changed = list(self._changed.values()), {}
        return changed

    def not_written(self, phones: Iterable[RolloutPhone]) -> None:
        """These could not be written down: they count as changed again."""
        for each in phones:
            self._changed.setdefault(each.device, each)

    # --- what phones do ----------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Take what happened."""
        match event:
            case FileRequested() | FileDelivered() | FileNotFound() | FileRefused() | TransferAborted():
                self._hear_file(event)
            case PhoneRegistered(device=DeviceName() as name) if name in self._phones:
                self._hear_registered(self._phones[name], event)
            case PhoneAlarmed(device=DeviceName() as name) if name in self._phones:
                match = _ALARM.match(event.text)
                if self._phones[name].record.stage.is_under_way and match and match[1] in _LOAD_ALARMS:
                    self.fail(
                        name, f"the phone refused it ({_LOAD_ALARMS[match[1]]}): {event.text[:200]}", now=event.at
                    )

    def tick(self, now: datetime) -> None:
        """Give up on phones that are silent for too long."""
        for name, phone in self._phones.items():
            told = phone.record.told_at
            if not phone.record.stage.is_under_way or told is None:
                continue
            if now - told >= AT_MOST:
                self.fail(name, f"it did not come back with the load within {AT_MOST}", now=now)
            elif not phone.asked_own_file and now - told >= SILENT_FOR:
                self.fail(name, "it was told to restart, and asked for no file since", now=now)

    def _hear_file(self, event: FileRequested | FileDelivered | FileNotFound | FileRefused | TransferAborted) -> None:
        asked = parse_file_name(event.name)
        if asked.device is not None and asked.device in self._phones:
            self._device_at[event.client] = asked.device
        name = self._device_at.get(event.client)
        if name is None or (asked.device is not None and asked.device != name):
            return
        phone = self._phones[name]
        if not phone.record.stage.is_under_way:
            return
        phone.heard_at = event.at
        if asked.kind in (FileKind.DEVICE, FileKind.PROFILE):
            phone.asked_own_file = True
            return
        file = asked.canonical.lower()
        if not self._is_of_load(file):
            return
        phone.first_file_at = phone.first_file_at or event.at
        phone.asked_own_file = True
        match event:
            case FileRequested():
                phone.asked.add(file)
                self._put(phone, stage=RolloutStage.LOADING)
            case FileDelivered():
                phone.asked.add(file)
                phone.got.add(file)
                phone.trouble.pop(file, None)
            case TransferAborted():
                phone.trouble[file] = event.why
            case FileNotFound():
                phone.trouble[file] = "not found"
                self.fail(name, f"it asked for {asked.canonical}, which is not there", now=event.at)
            case FileRefused():
                phone.trouble[file] = event.why
                self.fail(name, f"it may not have {asked.canonical}: {event.why}", now=event.at)

    def _hear_registered(self, phone: _Phone, event: PhoneRegistered) -> None:
        if not phone.record.stage.is_under_way or not phone.asked_own_file:
            return  # it is still leaving
        agent = parse_user_agent(event.user_agent) if event.user_agent else None
        load = event.load or (agent.version if agent else "")
        name, wanted = phone.record.device, self.rollout.load
        match compare_loads(load, wanted):
            case LoadDifference.EQUAL:
                self.done(name, now=event.at)
            case LoadDifference.UNKNOWN:
                if phone.got >= {each.lower() for each in self._needed(phone)}:
                    self.done(name, now=event.at, detail="it fetched all of it; it does not say which load it runs")
                else:
                    self.fail(
                        name, f"it came back ({load or 'without naming its load'}), not all files fetched", now=event.at
                    )
            case _:
                asked = "" if phone.asked else f"; it did not ask for {wanted}"
                self.fail(name, f"it came back with {load}{asked}", now=event.at)

    # --- how far they are --------------------------------------------------------------------------------------------

    def progress(self, under_way: Sequence[TransferUnderWay], *, now: datetime) -> list[PhoneProgress]:
        """Every phone, with the files of those under way. ``under_way``: all transfers of this moment."""
        sent: dict[tuple[DeviceName, str], int] = {}
        for each in under_way:
            name = self._device_at.get(each.client)
            if name is not None:
                sent[name, parse_file_name(each.name).canonical.lower()] = each.sent
        return [self._progress(phone, sent, now) for phone in self._phones.values()]

    def seconds_left(self, shown: Iterable[PhoneProgress]) -> int | None:
        """Until the last phone has it, going by those that have; None while none has."""
        if not self._durations:
            return None
        usual = median(self._durations)
        waiting = sum(each.phone.stage is RolloutStage.WAITING for each in shown)
        busy = [each.seconds_left or 0 for each in shown if each.phone.stage.is_under_way]
        return round(max(busy, default=0) + usual * -(-waiting // self.rollout.at_a_time))

    def _progress(self, phone: _Phone, sent: Mapping[tuple[DeviceName, str], int], now: datetime) -> PhoneProgress:
        record = phone.record
        if record.stage is RolloutStage.DONE:
            return PhoneProgress(record, 100)
        if not phone.asked and not record.stage.is_under_way:
            return PhoneProgress(record, 0)
        files: list[FileProgress] = []
        done = whole = 0
        for file in self._needed(phone):
            key = file.lower()
            size = self._sizes.get(key, 0)
            octets = size if key in phone.got else min(sent.get((record.device, key), 0), size)
            whole, done = whole + size, done + octets
            percent = 100 if key in phone.got else 100 * octets // size if size else 0
            files.append(FileProgress(file, percent, phone.trouble.get(key, "")))
        percent = 100 * done // whole if whole else 0
        return PhoneProgress(record, percent, tuple(files), self._estimate(phone, done, whole, now))

    def _estimate(self, phone: _Phone, done: int, whole: int, now: datetime) -> int | None:
        told = phone.record.told_at
        if not phone.record.stage.is_under_way or told is None:
            return None
        if self._durations:  # phones of one load take about as long as each other
            return round(max(0.0, median(self._durations) - (now - told).total_seconds()))
        if phone.first_file_at is None or done == 0:
            return None
        spent = (now - phone.first_file_at).total_seconds()
        return round(spent * (whole - done) / done)

    def _needed(self, phone: _Phone) -> tuple[str, ...]:
        if self._list is None:
            return tuple(each for each in self._sizes)
        return (f"{self._list.name}.loads", *self._list.needed(frozenset(phone.asked)))

    def _is_of_load(self, file: str) -> bool:
        if self._list is None:
            return file in self._sizes
        return file == f"{self._list.name}.loads".lower() or any(file == each.lower() for each in self._list.files)

    def _put(self, phone: _Phone, **changes: object) -> None:
        changed = replace(phone.record, **changes)  # type: ignore[arg-type]  # fields of a record
        if changed != phone.record:
            phone.record = changed
            self._changed[changed.device] = changed

"""A boot storm: many phones switched on at once, as after a power cut, and what became of each of them."""

from __future__ import annotations

import asyncio
import contextlib
import math
import resource
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address

from bridge.core import DeviceName, MacAddress
from bridge.errors import InvalidInput
from bridge.lab.anyphone import AnyPhone
from bridge.lab.filefetch import FileServer
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import (
    BrokeDown,
    ConfigAccepted,
    ConfigRejected,
    FileAsked,
    FileGot,
    FileMissing,
    PhoneEvent,
    PhoneListener,
    Registered,
    RegistrationRejected,
)
from bridge.lab.phonetiming import LAB_TIMING, PhoneTiming
from bridge.lab.sccpphone import SccpPhone

MODELS = ("8841", "7841", "7942", "7961", "8851")
"""What is switched on unless something else is asked for: a mixed house."""
SCCP_MODELS = ("7961", "7960", "7942", "7975", "7912", "6941", "7925", "8945")
"""The same for phones with SCCP firmware."""
_FIRST_MAC = MacAddress("001B54000001")
_FIRST_ADDRESS = "127.64.0.1"
_MOST = 10_000
_FILES_PER_PHONE = 3
_SPARE_FILES = 200


@dataclass(frozen=True, slots=True)
class PhoneFailure:
    """A phone that did not come up, and the last that it had to say."""

    device: DeviceName
    why: str


@dataclass(frozen=True, slots=True)
class StormReport:
    """What a storm measured. Times in seconds."""

    phones: int
    registered: int
    elapsed: float
    """From the first request of any phone to the last registration; 0 when none registered."""
    p50: float
    """Half of the phones took at most this long, from their own first request to their registration."""
    p99: float
    slowest: float
    failures: tuple[PhoneFailure, ...]
    duplicates: tuple[str, ...]
    """Numbers that more than one phone registered with."""
    requests: int
    """Files that were asked for."""
    retransmissions: int
    """TFTP packets that phones had to send again."""
    rejections: int
    """REGISTERs that were refused, those of phones that came up later included."""
    cpu: float
    """Processor time that this process took, servers that run in it included."""
    faults: tuple[str, ...] = ()
    """What SCCP phones would have choked on, each once."""

    @property
    def is_clean(self) -> bool:
        """True when every phone came up, with a number of its own."""
        return self.registered == self.phones and not self.duplicates


@dataclass(slots=True)
class _Record:
    """What is known of one phone."""

    first_request: float | None = None
    registered: float | None = None
    provisional: bool = False
    """True while it goes by the defaults: being registered does not count then."""
    number: str = ""
    trouble: str = "it asked for no file"


@dataclass(slots=True)
class _Tally:
    """Listens to all phones."""

    wanted: int
    listener: PhoneListener | None
    done: asyncio.Event = field(default_factory=asyncio.Event)
    records: dict[DeviceName, _Record] = field(default_factory=dict)
    up: int = 0
    requests: int = 0
    retransmissions: int = 0
    rejections: int = 0

    def hear(self, event: PhoneEvent) -> None:
        record = self.records.setdefault(event.device, _Record())
        match event:
            case FileAsked(name=name, at=at):
                self.requests += 1
                record.first_request = record.first_request or at
                record.trouble = f"it waits for {name}"
            case FileGot(retransmissions=again) | FileMissing(retransmissions=again):
                self.retransmissions += again
            case ConfigAccepted(autoregistering=provisional, number=number):
                record.provisional = provisional
                record.number = number
                record.trouble = f"it tries to register as {number}"
            case ConfigRejected(why=why) | BrokeDown(why=why):
                record.trouble = why
            case RegistrationRejected(status=status, why=why):
                self.rejections += 1
                record.trouble = f"its registration was refused: {status or ''} {why}"
            case Registered(number=number) if not record.number and not number:
                record.trouble = "it is registered, and its first line has no number"
            case Registered(at=at) if record.provisional:
                record.trouble = f"it is registered as {record.number}, and got no file of its own"
            case Registered(at=at, number=number):
                record.number = number or record.number
                if record.registered is None:
                    self.up += 1
                record.registered = at
            case _:
                pass
        if self.up >= self.wanted:
            self.done.set()
        if self.listener:
            self.listener(event)


def storm_phones(
    count: int,
    server: FileServer,
    *,
    models: Sequence[str] = MODELS,
    timing: PhoneTiming = LAB_TIMING,
    ramp: float = 0.0,
    first_mac: MacAddress = _FIRST_MAC,
    first_address: str = _FIRST_ADDRESS,
    listener: PhoneListener | None = None,
    sccp: bool = False,
) -> list[AnyPhone]:
    """The phones of a storm, without power. ``ramp``: seconds over which they start. Raises InvalidInput, NotFound.

    ``first_address``: every phone has an address of its own, counted from here; empty gives them all the system's.
    ``sccp``: the phones run SCCP firmware; ``models`` should be from ``SCCP_MODELS`` then.
    """
    if not 1 <= count <= _MOST or not models:
        raise InvalidInput(f"{count} phones cannot be simulated", fix=f"choose 1 to {_MOST}, and a model")
    mac = int(first_mac.value, 16)
    make: type[SimulatedPhone | SccpPhone] = SccpPhone if sccp else SimulatedPhone
    return [
        make(
            models[index % len(models)],
            MacAddress(f"{mac + index:012X}"),
            server,
            timing=replace(timing, start=timing.start + ramp * index / count),
            local_address=str(ip_address(first_address) + index) if first_address else "",
            listener=listener,
        )
        for index in range(count)
    ]


async def run_storm(
    phones: int,
    server: FileServer,
    *,
    models: Sequence[str] = MODELS,
    timing: PhoneTiming = LAB_TIMING,
    ramp: float = 0.0,
    within: float = 120.0,
    first_mac: MacAddress = _FIRST_MAC,
    first_address: str = _FIRST_ADDRESS,
    listener: PhoneListener | None = None,
    sccp: bool = False,
) -> StormReport:
    """Switch phones on, wait until all are registered or ``within`` seconds are over, switch them off, and report."""
    tally = _Tally(phones, listener)
    all_phones = storm_phones(
        phones,
        server,
        models=models,
        timing=timing,
        ramp=ramp,
        first_mac=first_mac,
        first_address=first_address,
        listener=tally.hear,
        sccp=sccp,
    )
    async with _switched_on(all_phones, tally, within + ramp) as report:
        return report


@contextlib.asynccontextmanager
async def phones_at_work(
    phones: int,
    server: FileServer,
    *,
    models: Sequence[str] = MODELS,
    within: float = 120.0,
    first_mac: MacAddress = _FIRST_MAC,
    first_address: str = _FIRST_ADDRESS,
    listener: PhoneListener | None = None,
    sccp: bool = False,
) -> AsyncIterator[tuple[StormReport, list[AnyPhone]]]:
    """A storm whose phones stay on: the report of how they came up, and the phones themselves."""
    tally = _Tally(phones, listener)
    all_phones = storm_phones(
        phones,
        server,
        models=models,
        first_mac=first_mac,
        first_address=first_address,
        listener=tally.hear,
        sccp=sccp,
    )
    async with _switched_on(all_phones, tally, within) as report:
        yield report, all_phones


@contextlib.asynccontextmanager
async def _switched_on(all_phones: Sequence[AnyPhone], tally: _Tally, within: float) -> AsyncIterator[StormReport]:
    phones = len(all_phones)
    _allow_open_files(phones * _FILES_PER_PHONE + _SPARE_FILES)
    before = time.process_time()
    try:
        for phone in all_phones:
            phone.power_on()
        with contextlib.suppress(TimeoutError):  # the report says who is missing
            async with asyncio.timeout(within):
                await tally.done.wait()
        cpu = time.process_time() - before
        faults = (fault for phone in all_phones if isinstance(phone, SccpPhone) for fault in phone.faults)
        yield replace(_report(tally, phones, cpu), faults=tuple(dict.fromkeys(faults)))
    finally:
        await asyncio.gather(*(phone.power_off() for phone in all_phones))


def _report(tally: _Tally, phones: int, cpu: float) -> StormReport:
    up = [record for record in tally.records.values() if record.registered is not None]
    times = sorted((record.registered or 0.0) - (record.first_request or 0.0) for record in up)
    first = min((record.first_request for record in tally.records.values() if record.first_request), default=0.0)
    last = max((record.registered or 0.0 for record in up), default=first)
    numbers = Counter(record.number for record in up)
    failures = (
        PhoneFailure(device, record.trouble) for device, record in tally.records.items() if record.registered is None
    )
    return StormReport(
        phones=phones,
        registered=len(up),
        elapsed=last - first,
        p50=_percentile(times, 0.50),
        p99=_percentile(times, 0.99),
        slowest=times[-1] if times else 0.0,
        failures=tuple(failures),
        duplicates=tuple(sorted(number for number, times_given in numbers.items() if times_given > 1)),
        requests=tally.requests,
        retransmissions=tally.retransmissions,
        rejections=tally.rejections,
        cpu=cpu,
    )


def _percentile(ordered: Sequence[float], part: float) -> float:
    """The value that ``part`` of the ordered values do not exceed (nearest rank)."""
    return ordered[max(0, math.ceil(len(ordered) * part) - 1)] if ordered else 0.0


def _allow_open_files(wanted: int) -> None:
    """Raise this process's own limit of open files as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))

"""How the node stands at one moment, as figures: gathered when Prometheus asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bridge.app.admission.planoverlap import PbxPlan, taken_numbers
from bridge.app.status import ServiceStatus, WindowStatus, window_status
from bridge.autoregistration import RefusalReason
from bridge.core import Device, SignallingProtocol
from bridge.core.findings import Weight
from bridge.errors import StoreError
from bridge.journey import CODES, REFUSED, Progress, Stage
from bridge.ports import Store

_CODES = CODES | {f"{REFUSED}{reason}" for reason in RefusalReason}


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """What only the database knows."""

    window: WindowStatus
    phones: Mapping[tuple[SignallingProtocol, bool], int]
    """Phones by protocol and whether they are registered."""
    temporary: int
    refused: int
    journal: int
    """Events on all journeys."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that is measured, not counted."""

    status: ServiceStatus
    stages: Mapping[Stage, int]
    findings: Mapping[tuple[str, Weight], int]
    """Phones by what is found of them; a phone can have several findings."""
    problems: int
    """Phones that have a problem."""
    transfers: int
    """Files on their way, over TFTP and HTTP."""
    sccp_connections: int
    events_waiting: int
    database_errors: int
    store: StoreFigures | None
    """None while the database cannot be read."""


def read_store(store: Store, now: datetime, plan: PbxPlan | None = None) -> StoreFigures | None:
    """Ask the database; None while it does not answer. Blocking: it is meant for a thread."""
    try:
        with store.read() as work:
            settings = work.autoregistration.load()
            devices = work.devices.all()
            in_use = taken_numbers(work, plan)
            temporary = sum(device.temporary for device in devices)
            return StoreFigures(
                window_status(settings, in_use, now, temporary),
                _by_protocol(devices),
                temporary,
                len(work.journal.refused()),
                work.journal.size(),
            )
    except StoreError:
        return None


def by_stage(phones: Sequence[Progress]) -> Mapping[Stage, int]:
    """How many phones stand at each stage."""
    found = Counter(each.stage for each in phones)
    return {stage: found[stage] for stage in Stage}


def _by_protocol(devices: Sequence[Device]) -> Mapping[tuple[SignallingProtocol, bool], int]:
    found = Counter((device.desired_protocol, device.registered) for device in devices)
    return {
        (protocol, registered): found[protocol, registered]
        for protocol in SignallingProtocol
        for registered in (True, False)
    }


class FiguresCollector:
    """Hands the newest figures to the registry."""

    def __init__(self) -> None:
        self.figures: Figures | None = None

    def collect(self) -> Iterator[Metric]:
        """Every family; none before the first figures."""
        figures = self.figures
        if figures is None:
            return
        status, pbx = figures.status, figures.status.pbx
        build = GaugeMetricFamily("sepbridge_build_info", "The running version.", labels=["version"])
        build.add_metric([status.version], 1)
        yield build
        yield _gauge("start_time_seconds", "When the service started, in seconds of Unix time.", _unix(status))
        yield _gauge("transfers_active", "Files on their way at this moment.", figures.transfers)
        yield _gauge("sccp_connections", "TCP connections of SCCP phones.", figures.sccp_connections)
        yield _gauge("sccp_phones", "SCCP phones that are registered with this node.", status.sccp_phones)
        yield _gauge("sccp_calls", "Calls on SCCP phones; one between two of them counts twice.", status.sccp_calls)
        yield _gauge("asterisk_connected", "1 while the manager interface is connected.", pbx.connected)
        yield _gauge(
            "asterisk_pending_endpoints", "Endpoints whose change Asterisk has not confirmed.", len(pbx.pending)
        )
        yield _counter("asterisk_reloads", "Reloads since the start.", pbx.reloads)
        yield _gauge("events_waiting", "Events that are not in the database yet.", figures.events_waiting)
        yield _counter("events_dropped", "Events lost because the database was away too long.", status.events_dropped)
        yield _counter("database_errors", "Statements and connections that failed.", figures.database_errors)
        yield _gauge("database_up", "1 while the database can be read and written.", not status.database)
        yield _gauge("event_loop_tasks", "Tasks of the event loop.", status.tasks)
        stages = GaugeMetricFamily(
            "sepbridge_phones_at_stage",
            "Phones that were seen since the start, by how far they have come.",
            labels=["stage"],
        )
        for stage, count in figures.stages.items():
            stages.add_metric([stage.value], count)
        yield stages
        yield _gauge("phones_with_problems", "Phones that have a problem, by the diagnosis.", figures.problems)
        found = GaugeMetricFamily(
            "sepbridge_phones_with_finding",
            "Phones by what the diagnosis finds of them; a phone can have several findings.",
            labels=["code", "weight"],
        )
        for (code, weight), count in sorted(_by_label(figures.findings).items()):
            found.add_metric([code, weight.value], count)
        yield found
        if figures.store is not None:
            yield from _of_store(figures.store)


def _by_label(findings: Mapping[tuple[str, Weight], int]) -> Mapping[tuple[str, Weight], int]:
    """The same with codes of a fixed set alone; a problem that nobody has stands at 0."""
    found = dict.fromkeys(((code, Weight.PROBLEM) for code in _CODES), 0)
    for (code, weight), count in findings.items():
        key = (code if code in _CODES else "other"), weight
        found[key] = found.get(key, 0) + count
    return found


def _of_store(store: StoreFigures) -> Iterator[Metric]:
    phones = GaugeMetricFamily("sepbridge_phones", "Our phones.", labels=["protocol", "registered"])
    for (protocol, registered), count in store.phones.items():
        phones.add_metric([protocol.value, "yes" if registered else "no"], count)
    yield phones
    window = store.window
    yield _gauge("phones_temporary", "Phones that autoregistered and were not assigned since.", store.temporary)
    yield _gauge("phones_turned_away", "Phones turned away and not admitted since.", store.refused)
    yield _gauge("autoregistration_open", "1 while unknown phones are let in.", window.is_open)
    yield _gauge(
        "autoregistration_seconds_left",
        "Seconds until the window closes by itself; 0 while it is closed or has no end.",
        window.seconds_left or 0,
    )
    yield _gauge("autoregistration_numbers", "Numbers in the range.", window.numbers_total)
    yield _gauge("autoregistration_numbers_free", "Numbers of the range that nobody has.", window.numbers_free)
    yield _gauge("journal_events", "Events on all journeys in the database.", store.journal)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"sepbridge_{name}", words, value=float(value))


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(f"sepbridge_{name}", words, value=float(value))


def _unix(status: ServiceStatus) -> float:
    return status.started_at.timestamp()

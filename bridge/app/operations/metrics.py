"""The figures that Prometheus collects: what was counted since the start, and how things stand at this moment.

No figure names a phone, a number, a person or an address: labels are words of a small, fixed set.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from bridge.app.operations.figures import Figures, FiguresCollector
from bridge.autoregistration import RefusalReason
from bridge.core import DeviceName, Via
from bridge.core.events import (
    CallConnected,
    CallFinished,
    CallStarted,
    Event,
    FileDelivered,
    FileNotFound,
    FileRefused,
    FileRequested,
    FileServedBeside,
    NamesGuessed,
    PbxConnected,
    PbxLost,
    PbxReloaded,
    PhoneAdmitted,
    PhoneRefused,
    PhoneRegistered,
    PhoneUnregistered,
    TransferAborted,
)

# When each series began is of no use to anybody, and doubles the page.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_SETUP = (0.25, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 60.0)
MOST_CALLS = 10_000
"""Calls whose beginning is remembered until they are answered."""
_OUTCOMES = ("delivered", "missing", "refused", "aborted")


class Metrics:
    """Counts what it hears. ``page`` is what Prometheus reads."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._standing = FiguresCollector()
        registry.register(self._standing)
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)

        def counter(name: str, words: str, *labels: str) -> Counter:
            return Counter(f"sepbridge_{name}", words, labels, registry=registry)

        def histogram(name: str, words: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"sepbridge_{name}", words, labels, buckets=buckets, registry=registry)

        self._transfers = counter("transfers", "Requests for files, by what became of them.", "via", "outcome")
        self._bytes = counter("transfer_bytes", "Bytes of files that clients have.", "via")
        self._seconds = histogram("transfer_seconds", "Seconds from request to last acknowledgement.", _SECONDS, "via")
        self._again = counter("transfer_retransmissions", "Blocks that had to be sent again.")
        self._refused = counter("phones_refused", "Unknown phones that were turned away.", "reason")
        self._admitted = counter("phones_admitted", "Unknown phones that were let in.", "protocol")
        self._registered = counter("registrations", "Registrations that began.")
        self._unregistered = counter("unregistrations", "Registrations that ended.")
        self._guessed = counter("names_guessed", "Addresses that were shut out for guessing names of phones.")
        self._calls = counter("calls", "Calls of SCCP phones that are over.", "direction", "outcome")
        self._setup = histogram(
            "call_setup_seconds", "Seconds from INVITE to answer, for calls that were answered.", _SETUP, "direction"
        )
        self._talk = counter("call_seconds", "Seconds that SCCP phones were connected with somebody.")
        self._reload_seconds = histogram("asterisk_reload_seconds", "Seconds that a reload took.", _SECONDS)
        self._met = counter("asterisk_connections", "Times that the manager interface accepted us.")
        self._lost = counter("asterisk_losses", "Times that the manager interface was lost.")
        self._events = counter("events", "Events of all kinds.")
        self._begun: OrderedDict[tuple[DeviceName | None, int], tuple[datetime, str]] = OrderedDict()
        self._begin_with_zeros()
        # Looked up once: files are delivered by the thousand, and finding the labels costs more than the counting.
        self._delivered = {
            via: (
                self._transfers.labels(via.value, "delivered"),
                self._bytes.labels(via.value),
                self._seconds.labels(via.value),
            )
            for via in Via
        }

    def heard(self, event: Event) -> None:
        """Count an event."""
        self._events.inc()
        match event:
            case FileRequested():
                pass  # counted by what becomes of it
            case FileDelivered():
                count, octets, seconds = self._delivered[event.via]
                count.inc()
                octets.inc(event.size)
                seconds.observe(event.seconds)
                if event.retransmissions:
                    self._again.inc(event.retransmissions)
            case FileServedBeside():
                self._transfers.labels(event.via.value, "delivered").inc()
            case FileNotFound():
                self._transfers.labels(event.via.value, "missing").inc()
            case FileRefused():
                self._transfers.labels(event.via.value, "refused").inc()
            case TransferAborted():
                self._transfers.labels(event.via.value, "aborted").inc()
            case PhoneRefused():
                self._refused.labels(event.reason).inc()
            case PhoneAdmitted():
                self._admitted.labels(event.protocol.value).inc()
            case PhoneRegistered():
                self._registered.inc()
            case PhoneUnregistered():
                self._unregistered.inc()
            case NamesGuessed():
                self._guessed.inc()
            case CallStarted():
                self._call_started(event)
            case CallConnected():
                self._call_connected(event)
            case CallFinished():
                self._begun.pop((event.device, event.call), None)
                outcome = "answered" if event.answered else "unanswered"
                self._calls.labels(_direction(event.outgoing), outcome).inc()
                self._talk.inc(event.seconds)
            case PbxReloaded():
                self._reload_seconds.observe(event.seconds)
            case PbxConnected():
                self._met.inc()
            case PbxLost():
                self._lost.inc()
            case _:
                pass

    def page(self, figures: Figures) -> bytes:
        """What Prometheus reads, with how things stand now."""
        self._standing.figures = figures
        return generate_latest(self.registry)

    def _call_started(self, event: CallStarted) -> None:
        self._begun[event.device, event.call] = event.at, _direction(event.outgoing)
        if len(self._begun) > MOST_CALLS:
            self._begun.popitem(last=False)

    def _call_connected(self, event: CallConnected) -> None:
        found = self._begun.pop((event.device, event.call), None)
        if found is not None:
            at, direction = found
            self._setup.labels(direction).observe(max(0.0, (event.at - at).total_seconds()))

    def _begin_with_zeros(self) -> None:
        """A counter that appears with its first count hides that count from ``rate()``."""
        for via in Via:
            self._bytes.labels(via.value)
            self._seconds.labels(via.value)
            for outcome in _OUTCOMES:
                self._transfers.labels(via.value, outcome)
        for reason in RefusalReason:
            self._refused.labels(reason.value)
        for protocol in ("SCCP", "SIP"):
            self._admitted.labels(protocol)
        for outgoing in (True, False):
            self._setup.labels(_direction(outgoing))
            for outcome in ("answered", "unanswered"):
                self._calls.labels(_direction(outgoing), outcome)


def _direction(outgoing: bool) -> str:
    return "out" if outgoing else "in"

"""Checks of the ports that phones come to: who holds them, whether they answer, and whether the service runs at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.core.findings import Finding, Weight
from bridge.doctor.ailment import Ailment, Area

NOT_RUNNING = Ailment(
    "service_not_running",
    Area.SERVICE,
    Weight.PROBLEM,
    "nobody answers on the control socket",
    "the service does not run, or runs as a user whose socket we may not open",
    "systemctl start sepbridge, or sepbridge serve",
)
TROUBLED = Ailment(
    "service_troubled",
    Area.SERVICE,
    Weight.PROBLEM,
    "the running service reports trouble",
    "a connection it needs is down",
    "what the message names; it goes on by itself when that is mended",
)
UNIT_FAILED = Ailment(
    "unit_failed",
    Area.SERVICE,
    Weight.PROBLEM,
    "a systemd unit has failed or keeps restarting",
    "the program ends by itself soon after its start",
    "journalctl -u UNIT -n 50 says why",
)
UNIT_OFF = Ailment(
    "unit_not_enabled",
    Area.SERVICE,
    Weight.NOTE,
    "a systemd unit runs, and will not after the next boot",
    "it was started by hand and never enabled",
    "systemctl enable UNIT",
)
TAKEN = Ailment(
    "port_taken",
    Area.PORTS,
    Weight.PROBLEM,
    "another program has a port that phones come to",
    "two programs cannot have one port: the service does not start, or phones talk to the wrong one",
    "stop that program, or give one of the two another address",
)
CLOSED = Ailment(
    "port_closed",
    Area.PORTS,
    Weight.PROBLEM,
    "nobody answers on a port that phones come to",
    "whoever should listen there does not run, or listens on another address",
    "start it; the settings and `sepbridge status` say who should listen where",
)
BLOCKED = Ailment(
    "port_blocked",
    Area.PORTS,
    Weight.PROBLEM,
    "a port has a listener, and a connection to it from this machine gets no answer at all",
    "a packet filter swallows it",
    "open the port in the firewall",
)
TFTP_SILENT = Ailment(
    "tftp_silent",
    Area.PORTS,
    Weight.PROBLEM,
    "a TFTP request gets no answer",
    "nobody listens, UDP is filtered, or the answer, which comes from a new high port, is",
    "open UDP 69 and UDP from 1024 up for the phones' networks; see that tftp.mode fits (sepbridge tftp check)",
)
AILMENTS = (NOT_RUNNING, TROUBLED, UNIT_FAILED, UNIT_OFF, TAKEN, CLOSED, BLOCKED, TFTP_SILENT)

_MANY_RESTARTS = 5


@dataclass(frozen=True, slots=True)
class WantedPort:
    """A port that phones come to."""

    protocol: str
    """``tcp`` or ``udp``."""
    port: int
    use: str
    ours: bool = True
    """False where Asterisk listens."""

    def __str__(self) -> str:
        return f"{self.protocol.upper()} {self.port} ({self.use})"


DOCTORS_NAME = "sepbridge-doctor"
"""Who asks Asterisk for an answer over SIP: an account that nobody has, so that nobody takes it for a phone's."""


class Answer(StrEnum):
    """What came back."""

    YES = "yes"
    REFUSED = "refused"
    NOTHING = "nothing"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class PortFacts:
    """One port."""

    wanted: WantedPort
    address: str
    """Which was asked."""
    answer: Answer = Answer.UNTRIED
    holder: str = ""
    """The program that has it, where that can be seen; empty when nobody has it or nothing can be seen."""
    held: bool = False
    """Somebody has it."""
    held_by_right_one: bool | None = None
    """Whether that is who should; None where it cannot be told."""


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """The running service, by its own words."""

    running: bool
    why_not: str = ""
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """A systemd unit."""

    name: str
    is_there: bool = True
    active: str = "active"
    enabled: str = "enabled"
    restarts: int = 0


def check_service(facts: ServiceFacts) -> Iterator[Finding]:
    """Whether it runs, and is well."""
    if not facts.running:
        yield NOT_RUNNING.found(facts.why_not or "the service does not answer")
    for trouble in facts.troubles:
        yield TROUBLED.found(trouble)


def check_units(units: Sequence[UnitFacts]) -> Iterator[Finding]:
    """Units that exist."""
    for unit in units:
        if not unit.is_there:
            continue
        fix = UNIT_FAILED.fix.replace("UNIT", unit.name)
        if unit.active == "failed":
            yield UNIT_FAILED.found(f"{unit.name} has failed", fix=fix)
        elif unit.restarts >= _MANY_RESTARTS:
            yield UNIT_FAILED.found(f"systemd has restarted {unit.name} {unit.restarts} times", fix=fix)
        elif unit.active == "active" and unit.enabled == "disabled":
            yield UNIT_OFF.found(f"{unit.name} is not enabled", fix=f"systemctl enable {unit.name}")


def check_ports(ports: Sequence[PortFacts], *, running: bool) -> Iterator[Finding]:
    """All ports. ``running``: whether our service runs, without which nobody can answer on ours."""
    for each in ports:
        wanted = each.wanted
        where = f"{each.address}, {wanted}"
        if each.held and each.held_by_right_one is False:
            yield TAKEN.found(f"{each.holder or 'another program'} has {wanted}")
            continue
        if each.answer in (Answer.UNTRIED, Answer.YES) or (wanted.ours and not running):
            continue
        is_tftp = wanted.protocol == "udp" and wanted.ours
        if is_tftp:
            yield TFTP_SILENT.found(f"no answer from {where}")
        elif each.answer is Answer.NOTHING and each.held:
            yield BLOCKED.found(
                f"{wanted.port} has a listener, and nothing comes back from {where}",
                fix=f"open {wanted.protocol.upper()} {wanted.port} in the firewall",
            )
        else:
            word = "refuses" if each.answer is Answer.REFUSED else "does not answer"
            yield CLOSED.found(f"{where}, {word}")

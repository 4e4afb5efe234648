"""One thing that can be wrong: its name, how it shows, why it is so, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.core.findings import Finding, Weight


class Area(StrEnum):
    """Where it is."""

    SETTINGS = "Settings, database, files"
    SERVICE = "The service"
    ASTERISK = "Asterisk"
    FREEPBX = "FreePBX"
    PORTS = "Ports"
    NETWORK = "Addresses and names"
    FIREWALL = "Firewall and bans"
    MACHINE = "The machine"
    TRUST = "Certificates"
    PHONES = "Phones"


@dataclass(frozen=True, slots=True)
class Ailment:
    """A row of ``docs/doctor.md``. ``found`` makes a finding of it, with what was seen."""

    code: str
    """Stable: programs may rely on it."""
    area: Area
    weight: Weight
    sign: str
    """How it shows, in general."""
    why: str
    fix: str

    def found(self, what: str, *, why: str = "", fix: str = "") -> Finding:
        """It was found: ``what`` is the evidence. ``why`` and ``fix`` replace the general ones."""
        return Finding(self.code, self.weight, what, why or self.why, fix or self.fix)


def unchecked(check: str, why: str, fix: str = "") -> Finding:
    """A check that could not be made. The code is ``unchecked_`` and the check's name."""
    return Finding(
        f"unchecked_{check}",
        Weight.NOTE,
        f"{check} could not be checked",
        why,
        fix or "run the doctor as root, or look by hand",
    )

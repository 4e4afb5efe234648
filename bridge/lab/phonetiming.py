"""How patient a simulated phone is, and what its display says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bridge.lab.tftpclient import TftpTiming


class PhoneState(StrEnum):
    """What the display says (diagnosis reference, the table of screens); a registered phone shows its line's label."""

    OFF = ""
    CONFIGURING_IP = "Configuring IP"
    """Many models show it also while they wait for the file server."""
    UPGRADING = "Upgrading"
    REGISTERING = "Registering"
    STILL_REGISTERING = "Phone is registering"
    """No server answered, or the password was refused."""
    REJECTED = "Registration Rejected"
    REGISTERED = "Registered"


@dataclass(frozen=True, slots=True)
class PhoneTiming:
    """All times in seconds. The defaults are those of the references; a lab may be in a hurry."""

    start: float = 0.0
    """From power to the first request; DHCP is left out."""
    retry: float = 45.0
    """Until a phone that has no configuration, or that every server refused, reads its files again (phone boot
    reference, section 4). For refused phones, and for those whose change of firmware failed, the interval is not known;
    the same is taken."""
    text_files: float = 23.0
    """A 7940/60's pause between its load and its text files (log L1)."""
    flash: float = 4.0
    """Writing one firmware image to flash (log L4: 2 to 8)."""
    reconnect: float = 10.0
    """Until a phone that was registered, and lost every server, tries its servers again."""
    fail_back: float = 120.0
    """On a backup server, until the first one is tried again (``connectionMonitorDuration``)."""
    tftp: TftpTiming = field(default_factory=TftpTiming)


LAB_TIMING = PhoneTiming(retry=2.0, text_files=0.0, flash=0.0, reconnect=1.0, fail_back=10.0)
"""For demonstrations and tests: nobody wants to wait for a phone's flash."""

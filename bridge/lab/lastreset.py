"""What a phone says of its last start: the number and the words of its alarm.

Source: diagnosis reference, section 3.1 and its table of alarms; SCCP enumerations reference, section 2.1. Firmware
or a file that it did not take is told before what made it boot: it starts anew, and goes on with what it had.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LOAD_REJECTED = "Load rejected HC"
VERSION_ERROR = "Version error"
CHECKSUM_ERROR = "Checksum Error"
TOO_LARGE = "CFG TFTP Size Error"
NO_SIGNATURE = "Image authentication failed"
"""Words of the status list. No alarm is known for the last of them: such a phone shows it, and says nothing."""


@dataclass(frozen=True, slots=True)
class LastReset:
    """Number, and the text behind ``Last=``."""

    number: int
    text: str


INITIALISED = LastReset(25, "initialized")
_BOOTED = {
    "initialized": INITIALISED,
    "upgrade": INITIALISED,
    "config-retry": INITIALISED,
    "reset-reset": LastReset(22, "Reset-Reset"),
    "reset-restart": LastReset(23, "Reset-Restart"),
}
_REFUSED = {
    TOO_LARGE: LastReset(1, "TFTP Size Error"),
    LOAD_REJECTED: LastReset(0, "Load Rejected HC"),
    VERSION_ERROR: LastReset(3, "Version Error"),
    CHECKSUM_ERROR: LastReset(5, "ROM Checksum Error"),
}


def last_reset(cause: str, status: Iterable[str] = (), *, number: int = 0) -> LastReset:
    """What is said after a boot: ``cause`` is what made the phone boot, ``status`` the status list of that boot.

    ``number`` of that cause, where the server's own words tell it; 0 where they do not.
    """
    refused = next((_REFUSED[each] for each in status if each in _REFUSED), None)
    if refused is not None:
        return refused
    return LastReset(number, cause) if number else _BOOTED.get(cause, LastReset(INITIALISED.number, cause))

"""Why an unknown phone was not let in, and how each side is told: the phone (SCCP, SIP), the admin, the statistics.

The numbers and labels are CUCM's (autoregistration reference, section 9.4; CISCO-CCM-MIB; the phones' locale files).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, StrEnum

SCCP_TEXT_BYTES = 31
"""A RegisterReject has 32 bytes for its text, the last of which is the closing zero (section 9.2)."""

RETRY_AFTER = 35
"""Seconds that CUCM tells a refused SIP phone to wait (section 9.3)."""

_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")
_UNQUOTABLE = re.compile(r"[^ !#-\[\]-~]+")


class RejectLabel(Enum):
    """Labels that an SCCP phone replaces with its own language: the byte 0x80 and one of these numbers."""

    DB_CONFIG = (47, "Error DBConfig")
    DATABASE = (48, "Error Database")
    PASS_LIMIT = (49, "Error Pass Limit")
    UNKNOWN = (50, "Error Unknown")
    MISMATCH = (51, "Error Mismatch")

    def __init__(self, number: int, english: str) -> None:
        self.number = number
        self.english = english

    @property
    def code(self) -> bytes:
        """The two bytes that stand for the label on the wire."""
        return bytes((0x80, self.number))


class RefusalReason(StrEnum):
    """Short names of the reasons; they are stored, counted and shown."""

    AUTOREG_OFF = "autoreg_off"
    WINDOW_CLOSED = "window_closed"
    NOT_IN_ALLOW_LIST = "not_in_allow_list"
    AWAITING_APPROVAL = "awaiting_approval"
    RANGE_EXHAUSTED = "range_exhausted"
    INSERT_FAILED = "insert_failed"
    DATABASE_TIMEOUT = "database_timeout"
    DEVICE_LIMIT = "device_limit"
    WRONG_PROTOCOL = "wrong_protocol"
    MODEL_MISMATCH = "model_mismatch"
    SECURITY_MISMATCH = "security_mismatch"
    PRIMARY_UNAVAILABLE = "primary_unavailable"
    UNKNOWN = "unknown"

    @property
    def shown(self) -> Shown:
        """How this reason is told to everybody."""
        return _SHOWN[self]


def mib_name(reason: str) -> str:
    """The name of a stored reason in CISCO-CCM-MIB, ``noEntryInDatabase`` …; empty for a reason of another version."""
    try:
        return RefusalReason(reason).shown.mib_name
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of the reason map."""

    mib_code: int
    """``ccmPhoneFailCauseCode`` of CISCO-CCM-MIB."""
    mib_name: str
    label: RejectLabel
    sccp_text: str
    """Plain ASCII of at most 31 bytes for a RegisterReject."""
    sip_status: int
    sip_text: str
    """What the Warning header says; capture tools show it, phones do not."""
    what: str
    """For the admin: what happened."""
    fix: str
    """For the admin: what to do."""
    retry_after: int = RETRY_AFTER
    """Seconds for the Retry-After header."""


_OPEN = "open it with `sepbridge autoregistration enable --for 30m`"

_SHOWN: dict[RefusalReason, Shown] = {
    RefusalReason.AUTOREG_OFF: Shown(
        2, "noEntryInDatabase", RejectLabel.DB_CONFIG, "Autoreg off",
        403, "Autoregistration off",
        "autoregistration is off", f"{_OPEN}, or add the phone with `sepbridge phones add`",
    ),
    RefusalReason.WINDOW_CLOSED: Shown(
        2, "noEntryInDatabase", RejectLabel.DB_CONFIG, "Autoreg window closed",
        403, "Autoregistration window closed",
        "the autoregistration window is closed", f"{_OPEN}; the phone then comes in by its own retry",
    ),
    RefusalReason.NOT_IN_ALLOW_LIST: Shown(
        2, "noEntryInDatabase", RejectLabel.DB_CONFIG, "Not in allow list",
        403, "Not in allow list",
        "the phone's network may not autoregister",
        "add its network with `sepbridge autoregistration networks`, or add the phone with `sepbridge phones add`",
    ),
    RefusalReason.AWAITING_APPROVAL: Shown(
        2, "noEntryInDatabase", RejectLabel.DB_CONFIG, "Awaiting approval",
        403, "Awaiting approval",
        "the phone waits for an admin's approval", "approve or remove it; it comes in by its own retry",
    ),
    RefusalReason.RANGE_EXHAUSTED: Shown(
        29, "autoRegisterDBError", RejectLabel.DB_CONFIG, "Autoreg range full",
        403, "Autoregistration range exhausted",
        "no number of the autoregistration range is free",
        "widen it with `sepbridge autoregistration range`, or free numbers with `sepbridge phones remove`; "
        "the phone then comes in by its own retry",
    ),
    RefusalReason.INSERT_FAILED: Shown(
        30, "dbAccessError", RejectLabel.DATABASE, "Database error",
        500, "Database error",
        "the phone could not be written to the database", "see the log of the service for the database's own words",
    ),
    RefusalReason.DATABASE_TIMEOUT: Shown(
        31, "autoRegisterDBConfigTimeout", RejectLabel.DATABASE, "Database busy",
        503, "Database busy",
        "the database did not answer in time",
        "the phone retries; if it lasts, find out what keeps the database locked",
    ),
    RefusalReason.DEVICE_LIMIT: Shown(
        5, "maxDevRegExceeded", RejectLabel.PASS_LIMIT, "Device limit reached",
        403, "Device limit reached",
        "the limit of devices is reached", "raise the limit, or remove devices that are not used",
    ),
    RefusalReason.WRONG_PROTOCOL: Shown(
        15, "protocolMismatch", RejectLabel.MISMATCH, "Wrong protocol load",
        403, "Wrong protocol load",
        "the phone runs firmware of the other protocol",
        "let it load the right firmware from XMLDefault.cnf.xml, or change `sepbridge autoregistration protocol`",
    ),
    RefusalReason.MODEL_MISMATCH: Shown(
        32, "deviceTypeMismatch", RejectLabel.MISMATCH, "Model differs from record",
        403, "Model differs from record",
        "the phone is another model than its record says", "correct the record, or look for two phones with one MAC",
    ),
    RefusalReason.SECURITY_MISMATCH: Shown(
        28, "securityMismatch", RejectLabel.MISMATCH, "Security mode differs",
        403, "Device security mismatch",
        "the phone's security mode differs from its record", "erase the phone's trust list, or correct the record",
    ),
    RefusalReason.PRIMARY_UNAVAILABLE: Shown(
        6, "connectivityError", RejectLabel.UNKNOWN, "Primary server unavailable",
        503, "Primary server unavailable",
        "only the group's first server admits unknown phones, and this is not it",
        "bring the first server back, or make this server the first of its group",
    ),
    RefusalReason.UNKNOWN: Shown(
        1, "unknown", RejectLabel.UNKNOWN, "Registration refused",
        403, "Registration refused",
        "the phone was refused", "see the log of the service",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal:
    """An unknown phone is not let in."""

    reason: RefusalReason
    detail: str = ""
    """What belongs to this case alone, such as the range; empty if there is nothing to add."""
    load: str = ""
    """For a wrong protocol: the firmware load that the phone should take, if the device defaults name one."""

    @property
    def text(self) -> str:
        """What happened, for the admin."""
        return f"{self.reason.shown.what} ({self.detail})" if self.detail else self.reason.shown.what

    @property
    def fix(self) -> str:
        """What the admin can do."""
        return f"the phone needs the load {self.load}; {self.reason.shown.fix}" if self.load else self.reason.shown.fix

    @property
    def sccp_text(self) -> bytes:
        """The text of a RegisterReject: ASCII, at most 31 bytes."""
        return self.reason.shown.sccp_text.encode("ascii")

    @property
    def sip_status(self) -> int:
        """The status of the answer to a REGISTER."""
        return self.reason.shown.sip_status

    @property
    def retry_after(self) -> int:
        """Seconds for the Retry-After header."""
        return self.reason.shown.retry_after

    def sip_warning(self, host: str) -> str:
        """The value of the Warning header, ``399 HOST "TEXT"`` (section 9.3), safe to put on the wire.

        Raises ValueError if ``host`` is not a host name or an address.
        """
        if not _HOST.fullmatch(host):
            raise ValueError(f"{host!r} is not a host")
        text = f"{self.reason.shown.sip_text} {self.detail}".rstrip()
        return f'399 {host} "{_UNQUOTABLE.sub("?", text)}"'

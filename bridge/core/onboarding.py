"""One-time codes with which a phone outside of the house fetches its first profile (RG-30)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bridge.core.devicename import DeviceName
from bridge.core.numbers import check_directory_number
from bridge.core.texts import check_between, check_shown
from bridge.errors import InvalidInput

CODE_DIGITS = 16
USUAL_LIFE = timedelta(days=7)
LONGEST_LIFE = timedelta(days=365)
_CODE = re.compile(r"[0-9]{4}(-?)[0-9]{4}\1[0-9]{4}\1[0-9]{4}", re.ASCII)


class CodeVerdict(StrEnum):
    """What a code is worth at a moment."""

    VALID = "valid"
    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class OnboardingCode:
    """A code, without its digits: only their digest is kept."""

    digest: str
    last_digits: str
    """The last four, by which an admin tells one from another."""
    created_at: datetime
    expires_at: datetime
    number: str = ""
    """The directory number for the phone; empty: the next one of the range."""
    display_name: str = ""
    pool: str = ""
    """Empty: the pool of autoregistered phones."""
    used_at: datetime | None = None
    used_by: DeviceName | None = None

    @classmethod
    def new(
        cls, code: str, now: datetime, life: timedelta, *, number: str = "", display_name: str = "", pool: str = ""
    ) -> OnboardingCode:
        """The record of a new code. Raises InvalidInput."""
        check_between(int(life.total_seconds()), 60, int(LONGEST_LIFE.total_seconds()), "life in seconds")
        if number:
            check_directory_number(number)
        check_shown(display_name, "name")
        digits = plain_code(code)
        return cls(code_digest(digits), digits[-4:], now, now + life, number, display_name, pool)

    def verdict(self, now: datetime) -> CodeVerdict:
        """What it is worth at this moment. Used counts before expired: that is what its user wants to know."""
        if self.used_at is not None:
            return CodeVerdict.USED
        return CodeVerdict.VALID if now < self.expires_at else CodeVerdict.EXPIRED


def plain_code(text: str) -> str:
    """The 16 digits of a code that may be written in groups of four. Raises InvalidInput, without the digits."""
    if not _CODE.fullmatch(text):
        raise InvalidInput("that is no onboarding code", fix=f"a code has {CODE_DIGITS} digits")
    return text.replace("-", "")


def code_digest(digits: str) -> str:
    """Under which a code is kept. 53 bits of chance that live for days need no salt, and must be found again."""
    return hashlib.sha256(digits.encode("ascii")).hexdigest()

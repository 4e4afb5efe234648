"""What the database keeps of who may come in: claims, codes, accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bridge.core import (
    Account,
    ApiToken,
    Claim,
    ClaimTries,
    DeviceName,
    LoginSession,
    LoginTries,
    OnboardingCode,
)


class ClaimRepository(Protocol):
    """Extensions that wait for their phones, numbers that must not be claimed, and wrong attempts."""

    def all(self) -> Sequence[Claim]:
        """Every claim, claimed ones too, ordered by number."""
        ...

    def get(self, number: str) -> Claim | None:
        """The claim for this extension, or None."""
        ...

    def awaited(self) -> frozenset[str]:
        """The extensions that nobody has claimed yet."""
        ...

    def save(self, claim: Claim) -> None:
        """Write one, new or changed."""
        ...

    def remove(self, number: str) -> None:
        """Remove one. Raises NotFound."""
        ...

    def protected(self) -> Sequence[str]:
        """Numbers and patterns (``X`` is any digit) that must never be claimed, ordered."""
        ...

    def protect(self, pattern: str) -> None:
        """Add one; harmless when it is there."""
        ...

    def unprotect(self, pattern: str) -> None:
        """Remove one. Raises NotFound."""
        ...

    def tries(self, subject: str) -> ClaimTries | None:
        """Wrong attempts of a phone (``phone:SEP…``) or for an extension (``number:2001``); None for none."""
        ...

    def set_tries(self, subject: str, tries: ClaimTries | None) -> None:
        """Set them; None forgets them."""
        ...

    def forget_tries(self, before: datetime) -> None:
        """Forget those whose last attempt is older."""
        ...


class OnboardingRepository(Protocol):
    """One-time codes with which phones fetch their first profile."""

    def all(self) -> Sequence[OnboardingCode]:
        """Every code, used ones too, the newest first."""
        ...

    def get(self, digest: str) -> OnboardingCode | None:
        """The code with this digest, or None."""
        ...

    def add(self, code: OnboardingCode) -> None:
        """Add one. Raises Conflict where there is such a code already."""
        ...

    def use(self, digest: str, device: DeviceName, now: datetime) -> bool:
        """Use a code up; False where somebody else did, on this node or another one."""
        ...

    def remove(self, digest: str) -> None:
        """Remove one. Raises NotFound."""


class AccountRepository(Protocol):
    """Who may log in, who has, programs' tokens, and wrong logins."""

    def all(self) -> Sequence[Account]:
        """Every account, ordered by name."""
        ...

    def get(self, name: str) -> Account | None:
        """The account of that name, or None."""
        ...

    def save(self, account: Account) -> None:
        """Write one, new or changed."""
        ...

    def remove(self, name: str) -> None:
        """Remove one with its sessions. Raises NotFound."""
        ...

    def session(self, digest: str) -> LoginSession | None:
        """The session whose cookie has this hash, or None."""
        ...

    def add_session(self, session: LoginSession) -> None:
        """Add one; sessions that are over go."""
        ...

    def touch_session(self, digest: str, at: datetime) -> None:
        """Note that it is used."""
        ...

    def end_sessions(self, *, digest: str = "", account: str = "", but: str = "") -> None:
        """End the session with this hash, or all of an account save the one whose hash is ``but``."""
        ...

    def tokens(self) -> Sequence[ApiToken]:
        """Every token, ordered by name."""
        ...

    def token(self, digest: str) -> ApiToken | None:
        """The token with this hash, or None."""
        ...

    def add_token(self, token: ApiToken) -> None:
        """Add one. Raises Conflict when the name is taken."""
        ...

    def touch_token(self, digest: str, at: datetime) -> None:
        """Note that it is used."""
        ...

    def remove_token(self, name: str) -> None:
        """Remove one. Raises NotFound."""
        ...

    def tries(self, subject: str) -> LoginTries | None:
        """Wrong logins of a subject; None for none."""
        ...

    def count_try(self, subject: str, at: datetime) -> None:
        """One more."""
        ...

    def forget_tries(self, *, subject: str = "", before: datetime | None = None, beginning: str = "") -> None:
        """Forget those of a subject, those whose last one is older, or those whose subject begins so."""
        ...

"""The machine's own clock and chance, behind the ports that the rest of the house uses."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
"""Letters and digits, without those that people confuse (0/O, 1/I/l): now and then somebody has to type a secret."""


class SystemClock:
    """The time of day of this machine."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


class SystemIds:
    """Secrets and identifiers from the operating system's source of chance."""

    def secret(self, length: int) -> str:
        """A new password of ``length`` letters and digits."""
        return "".join(secrets.choice(_LETTERS) for _ in range(length))

    def version_stamp(self) -> str:
        """A new GUID."""
        return str(uuid.uuid4())

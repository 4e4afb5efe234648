"""The machine's own clock and chance, behind the ports that the rest of the house uses."""

from __future__ import annotations

import gc
import secrets
import socket
import uuid
from datetime import UTC, datetime

from bridge.errors import ConfigurationError

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
"""Letters and digits, without those that people confuse (0/O, 1/I/l): now and then somebody has to type a secret."""


def spare_what_stands() -> None:
    """Take everything that exists now out of the garbage collector's rounds; for a process whose parts are all up.

    A whole node begins with some 200,000 objects that last as long as it does. Walking through them takes a tenth of a
    second or two, in which no phone is answered.
    """
    gc.collect()
    gc.freeze()


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

    def digits(self, count: int) -> str:
        """So many digits."""
        return f"{secrets.randbelow(10**count):0{count}d}"

    def version_stamp(self) -> str:
        """A new GUID."""
        return str(uuid.uuid4())


def own_address() -> str:
    """The address of this machine that the rest of the network most likely sees. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError as error:
            raise ConfigurationError(
                "this machine's own address could not be found",
                why=error.strerror or str(error),
                fix="set server.address in sepbridge.toml to the address that phones can reach",
            ) from error

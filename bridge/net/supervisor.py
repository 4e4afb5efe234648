"""Talking to the service manager that started us: "ready", "still alive", "stopping".

One datagram of ``KEY=value`` lines to the Unix socket that ``NOTIFY_SOCKET`` names (sd_notify(3)); nothing where there
is no such socket. "Still alive" is said from the event loop, so that a loop that hangs is noticed and the service
started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping

BEATS = 2.5
"""How many times within the manager's limit we say that we live."""


class Supervisor:
    """The service manager, if there is one."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        path = environment.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the abstract name space; other kinds of address are not ours to talk to.
        self._address = "\0" + path[1:] if path.startswith("@") else path
        self._limit = _limit(environment)
        self._beats: asyncio.Task[None] | None = None

    @property
    def is_there(self) -> bool:
        """True when somebody listens."""
        return self._address.startswith(("/", "\0"))

    def ready(self, words: str) -> None:
        """The service works; ``words`` are shown by ``systemctl status``. From now on it is said that we live."""
        self._say(f"READY=1\nSTATUS={words.splitlines()[0] if words else ''}")
        if self.is_there and self._limit:
            self._beats = asyncio.create_task(self._live(), name="watchdog")

    def stopping(self) -> None:
        """The service ends because it was asked to."""
        if self._beats is not None:
            self._beats.cancel()
        self._say("STOPPING=1")

    async def _live(self) -> None:
        while True:
            self._say("WATCHDOG=1")
            await asyncio.sleep(self._limit / BEATS)

    def _say(self, text: str) -> None:
        if not self.is_there:
            return
        # A manager that does not listen must not end the telephones.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.setblocking(False)
            channel.sendto(text.encode(), self._address)


def _limit(environment: Mapping[str, str]) -> float:
    """Seconds of silence after which the manager ends us; 0: it does not watch, or watches another process."""
    owner = environment.get("WATCHDOG_PID", "")
    try:
        return int(environment.get("WATCHDOG_USEC", "0")) / 1e6 if owner in ("", str(os.getpid())) else 0.0
    except ValueError:
        return 0.0

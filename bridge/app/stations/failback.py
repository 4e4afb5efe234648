"""Whether a phone that has several servers may register with this one: the answer to its token request.

SCCP flows reference, section 1.3: granted when this server should serve the device, refused with a wait while a better
server is up or this one is loading.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from bridge.core import CallManagerGroup, DeviceName, Server

PROBE = 2.0
"""Seconds in which a better server must take a connection to count as up."""
REMEMBERED = 10.0
"""Seconds that the outcome of a probe is used for: a whole office asks at once."""
REPEATED = 600.0
"""Seconds within which a second request counts as a repetition of the first."""
MOST = 5000
"""Devices whose refusal is remembered."""

Probe = Callable[[str, int, float], Awaitable[bool]]
"""Whether somebody listens at host and port, found out within so many seconds."""


class FailBack:
    """Decides on tokens, by the order of the device's group.

    A device that nobody serves, and that asks again after it was sent to a better server, cannot reach that server,
    whatever we can: it is taken.
    """

    def __init__(self, name: str, *, asterisk_is_up: Callable[[], bool], listens: Probe) -> None:
        self._name = name
        self._asterisk_is_up = asterisk_is_up
        self._listens = listens
        self._probed: dict[tuple[str, int], tuple[float, asyncio.Task[bool]]] = {}
        self._sent_away: OrderedDict[DeviceName, float] = OrderedDict()
        self.is_ready = False
        """False while the service starts."""

    async def refusal(self, device: DeviceName, group: CallManagerGroup, *, is_served: bool, now: float) -> str:
        """Why the device may not register here now; empty when it may. ``now``: seconds, monotonic.

        ``is_served``: the device is registered somewhere, as far as the database knows.
        """
        others = [server for server in group.servers if server.name != self._name]
        if not others:
            return ""
        if not self.is_ready:
            return "this server is starting"
        if not self._asterisk_is_up():
            return "Asterisk cannot be reached from this server"
        better = await self._better_server(group, now)
        if better is None:
            self._sent_away.pop(device, None)
            return ""
        before = self._sent_away.pop(device, None)
        if before is not None and now - before <= REPEATED and not is_served:
            return ""
        self._sent_away[device] = now
        if len(self._sent_away) > MOST:
            self._sent_away.popitem(last=False)
        return f"{better.name} comes first and is up"

    async def _better_server(self, group: CallManagerGroup, now: float) -> Server | None:
        """The first server before this one in the group that takes connections; all of them are before a stranger."""
        for server in group.servers:
            if server.name == self._name:
                return None
            if await self._is_up(server, now):
                return server
        return None

    async def _is_up(self, server: Server, now: float) -> bool:
        where = server.address, server.sccp_port
        at, probe = self._probed.get(where, (0.0, None))
        if probe is None or (probe.done() and now - at > REMEMBERED):
            probe = asyncio.ensure_future(self._probe(*where))
            self._probed[where] = now, probe
        return await asyncio.shield(probe)

    async def _probe(self, host: str, port: int) -> bool:
        return await self._listens(host, port, PROBE)

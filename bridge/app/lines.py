"""The SIP side of a proxied phone: one user agent for each of its lines, each with a socket of its own to Asterisk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from bridge.core import Device
from bridge.net.sipids import RandomSipIds
from bridge.net.siptransport import SipLink
from bridge.sip import Account, Destination, Event, RegistrationState, UserAgent

log = logging.getLogger(__name__)

EXPIRES = 300
"""Seconds asked for in REGISTER: after a restart of Asterisk that lost its contacts, calls reach the phone again after
half of it on average."""
RETRY_SOCKET = 5.0

LineListener = Callable[[int, Event], None]
"""Hears what happens on a line, counted from 1."""


class SipLines:
    """The lines of one phone at Asterisk."""

    def __init__(self, device: Device, server: Destination, ids: RandomSipIds, on_event: LineListener) -> None:
        self.agents: tuple[UserAgent, ...] = tuple(
            UserAgent(_account(device, appearance.line.number, appearance.line.display_name, server), ids, ("", 0))
            for appearance in device.lines
        )
        self._links = [SipLink(agent, partial(on_event, line)) for line, agent in enumerate(self.agents, start=1)]

    async def open(self, connected: Callable[[int], None]) -> None:
        """Open the sockets, one after the other; ``connected`` hears of each line whose socket stands."""
        for line, link in enumerate(self._links, start=1):
            while not link.is_connected:
                try:
                    await link.connect()
                except (OSError, TimeoutError) as error:
                    log.warning("no socket to Asterisk at %s: %s", link.agent.account.server, error)
                    await asyncio.sleep(RETRY_SOCKET)
            connected(line)

    def renew(self) -> None:
        """Send a REGISTER for every line that is, or wants to be, registered."""
        for link in self._links:
            if link.is_connected and link.agent.registration_state is not RegistrationState.UNREGISTERED:
                link.agent.register(now=link.now)
                link.flush()

    def flush(self) -> None:
        """Send what was done to the user agents."""
        for link in self._links:
            if link.is_connected:
                link.flush()

    def close(self) -> None:
        """Close the sockets."""
        for link in self._links:
            link.close()


def _account(device: Device, number: str, name: str, server: Destination) -> Account:
    return Account(
        user=number,
        domain=server.host,
        server=server,
        password=device.secret,
        display_name=name,
        expires=EXPIRES,
    )

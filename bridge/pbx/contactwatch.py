"""Keeping the listener told which phones are registered, with few questions to Asterisk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bridge.errors import PbxError
from bridge.pbx.ami import Ami
from bridge.pbx.amilink import AmiMessage
from bridge.pbx.contacts import ContactBook, KnownContact, read_contacts
from bridge.ports import Clock, PbxListener

_log = logging.getLogger(__name__)

SINGLY = 4
"""Up to so many phones are asked for one by one (0.4 ms each); beyond, all registrations in one list."""
GATHER = 0.2
"""Seconds between two lists while phones keep coming: a thousand registrations in a burst take a handful of lists."""


class ContactWatch:
    """Turns Asterisk's ``ContactStatus`` events, which lack everything but the address, into calls of the listener."""

    def __init__(
        self,
        ami: Ami,
        listener: PbxListener,
        clock: Clock,
        ours: Callable[[], frozenset[str]],
        *,
        poll_every: float,
    ) -> None:
        self._ami = ami
        self._listener = listener
        self._clock = clock
        self._ours = ours
        self._poll_every = poll_every
        self._book = ContactBook()
        self._dirty: set[str] = set()
        self._everything = False
        self._away = False
        self._wake = asyncio.Event()

    def event(self, message: AmiMessage) -> None:
        """An event of Asterisk; only ``ContactStatus`` about our endpoints counts."""
        if message.event != "ContactStatus":
            return
        endpoint = message.get("EndpointName") or message.get("AOR")
        if endpoint in self._ours():
            self._dirty.add(endpoint)
            self._wake.set()

    def connected(self) -> None:
        """Compare everything: registrations may have come and gone while we were not looking."""
        self._everything = self._away = True
        self._wake.set()

    async def run(self) -> None:
        """Ask and tell until cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._poll_every):
                    await self._wake.wait()
            except TimeoutError:
                # A phone that registers again from the same address causes no event, though its firmware may be new.
                self._everything = True
            self._wake.clear()
            if not self._ami.state.connected:
                continue
            try:
                await self._round()
            except PbxError as error:
                _log.info("registrations could not be read: %s", error)

    async def _round(self) -> None:
        ours = self._ours()
        dirty, self._dirty = self._dirty, set()
        everything, self._everything = self._everything, False
        away = self._away
        try:
            if everything or len(dirty) > SINGLY:
                seen = read_contacts(await self._ami.demand("PJSIPShowRegistrationInboundContactStatuses"))
                asked = ours | set(self._book.endpoints()) if everything else dirty
            else:
                seen = {}
                for endpoint in sorted(dirty):
                    seen.update(await self._ask(endpoint))
                asked = dirty
        except PbxError:
            self._dirty |= dirty
            self._everything |= everything
            raise
        if everything:
            self._away = False
        seen = {endpoint: known for endpoint, known in seen.items() if endpoint in ours}
        changes = self._book.learn(seen, asked, now=self._clock.now(), away=away and everything)
        for contact in changes.added:
            self._listener.contact_added(contact)
        for endpoint, why in changes.removed:
            self._listener.contact_removed(endpoint, why)
        if len(asked) > SINGLY and self._dirty:
            await asyncio.sleep(GATHER)

    async def _ask(self, endpoint: str) -> dict[str, KnownContact]:
        return read_contacts(await self._ami.action("PJSIPShowEndpoint", [("Endpoint", endpoint)]))

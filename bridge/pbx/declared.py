"""What Asterisk is to know of the phones, declared and followed up: alike for files of ours and for FreePBX."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence

from bridge.core.events import EndpointConfirmed, EndpointWritten
from bridge.dialplan import Context
from bridge.errors import SepbridgeError
from bridge.pbx.asterisk import Asterisk
from bridge.pbx.backlog import Backlog, ReloadBatch
from bridge.pbx.settling import Settling
from bridge.ports import Clock, Contact, EventSink, PbxStatus, RestartEvent, RestartKind, SipEndpoint

_log = logging.getLogger(__name__)

_NOT_TAKEN = 'Asterisk does not know it after a reload; its log ("res_sorcery_config") says which setting it refused'


class DeclaredEndpoints:
    """The part of the ``Pbx`` port that does not depend on who writes Asterisk's files.

    Whoever writes them waits for ``_wake``, and reports to ``_announce`` and ``_settle`` how far it has got.
    """

    asterisk: Asterisk
    """What it has in common with every other one."""

    def __init__(self, *, word: str, sink: EventSink, clock: Clock) -> None:
        """``word``: what an endpoint is called in messages."""
        self._word = word
        self._sink = sink
        self._clock = clock
        self._backlog = Backlog()
        self._contexts: tuple[Context, ...] = ()
        self._wake = asyncio.Event()
        """Something that was declared is not written yet."""
        self._waiting = Settling()
        self._announced: set[str] = set()
        """Endpoints that were announced as written and are not confirmed yet."""
        self._reloads = 0

    # --- what is desired

    def put(self, endpoints: Iterable[SipEndpoint]) -> None:
        """Add or change endpoints."""
        if self._backlog.put(endpoints):
            self._wake.set()

    def drop(self, names: Iterable[str]) -> None:
        """Remove endpoints."""
        dropped = list(names)
        if self._backlog.drop(dropped):
            self._wake.set()
        for name in dropped:
            self._waiting.tell(name, confirmed=False)

    def set_dial_plan(self, contexts: Iterable[Context]) -> None:
        """Declare the contexts of the site's dial plan."""
        wanted = tuple(contexts)
        if wanted != self._contexts:
            self._contexts = wanted
            self._backlog.touch()
            self._wake.set()

    # --- how things stand

    def is_there(self, name: str) -> bool:
        """Whether Asterisk knows the endpoint, in this form or an older one."""
        return self._backlog.was_confirmed(name)

    def _status(self, *troubles: SepbridgeError | None) -> PbxStatus:
        """How things stand; ``troubles`` besides that of the connection, the first one counts."""
        state = self.asterisk.ami.state
        trouble = next((each for each in (state.trouble, *troubles) if each is not None), None)
        text = str(trouble) if trouble else ""
        if not text and (refused := self._backlog.refused):
            name = min(refused)
            others = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
            text = f"{self._word} {name} is not in Asterisk{others}; why: {refused[name]}"
        return PbxStatus(
            connected=state.connected,
            since=self.asterisk.since,
            version=state.version,
            trouble=text,
            pending=self._backlog.pending,
            reloads=self._reloads,
        )

    async def calls(self) -> Sequence[str]:
        """Who is in a call: for each channel the name of its endpoint, or of its trunk. Raises PbxError."""
        return await self.asterisk.calls()

    async def contacts(self) -> Sequence[Contact]:
        """Every registration of our endpoints, ordered by endpoint. Raises PbxError."""
        return await self.asterisk.contacts()

    async def restart_phone(
        self, endpoint: str, kind: RestartKind, *, event: RestartEvent = RestartEvent.SERVICE_CONTROL
    ) -> None:
        """See ``Asterisk.restart_phone``."""
        await self.asterisk.restart_phone(endpoint, kind, event=event)

    # --- how far it has got

    def _announce(self, endpoints: Iterable[SipEndpoint], new: Collection[str]) -> None:
        """Those that are ``new`` stand in the files now."""
        now = self._clock.now()
        for endpoint in endpoints:
            if endpoint.name in new:
                self._announced.add(endpoint.name)
                self._sink.record(EndpointWritten(at=now, device=endpoint.device, endpoint=endpoint.name))

    def _in(self, batch: ReloadBatch) -> list[SipEndpoint]:
        """The endpoints that Asterisk is to be asked for after this reload."""
        return [endpoint for name in batch.names if (endpoint := self._backlog.desired(name)) is not None]

    def _settle(self, batch: ReloadBatch, live: set[str]) -> None:
        """Asterisk has read the batch, and knows those that are ``live``."""
        outcome = self._backlog.finish_reload(batch, live.__contains__, why_not=_NOT_TAKEN)
        now = self._clock.now()
        for endpoint in outcome.confirmed:
            if endpoint.name in self._announced:
                self._announced.discard(endpoint.name)
                self._sink.record(EndpointConfirmed(at=now, device=endpoint.device, endpoint=endpoint.name))
            self._waiting.tell(endpoint.name, confirmed=True)
        for name in outcome.refused:
            _log.error("%s %s is not in Asterisk: %s", self._word, name, _NOT_TAKEN)
            self._waiting.tell(name, confirmed=False)

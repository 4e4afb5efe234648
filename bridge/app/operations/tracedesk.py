"""Tracing a phone by its name: what is known of it, put together for the trace."""

from __future__ import annotations

import asyncio

from bridge.app.diagnosis.journeydesk import JourneyDesk
from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.operations.tracing import Traced, TraceFile, TraceProgress, Tracing, lines_seen
from bridge.core import DeviceName, SignallingProtocol
from bridge.ports import Store


class TraceDesk:
    """Begins and ends the traces of a node, for phones of ours and for those that nobody knows."""

    def __init__(self, tracing: Tracing, store: Store, journeys: JourneyDesk, files: PhoneFiles) -> None:
        self._tracing = tracing
        self._store = store
        self._journeys = journeys
        self._files = files

    async def start(self, name: DeviceName, seconds: float) -> TraceProgress:
        """Begin to trace a phone, ours or not. Raises InvalidInput, Conflict."""
        return self._tracing.start(await asyncio.to_thread(self._traced, name), seconds)

    async def finish(self, trace: str, *, secrets: bool) -> TraceFile:
        """End a trace, and have its file. Raises NotFound."""
        device = self._tracing.progress(trace).device
        known = await asyncio.to_thread(self._traced, device)
        return await self._tracing.finish(trace, known, secrets=secrets)

    def _traced(self, name: DeviceName) -> Traced:
        with self._store.read() as work:
            device = work.devices.get(name)
        seen = self._journeys.seen(name)
        addresses = {seen.client if seen else "", device.address if device else ""} - {""}
        if device is None:
            return Traced(name, frozenset(), frozenset(addresses), frozenset())
        is_sip = device.desired_protocol is SignallingProtocol.SIP
        return Traced(
            name,
            lines_seen([each.line.number for each in device.lines], is_sip=is_sip),
            frozenset(addresses),
            self._files.secrets_of(device),
            is_sip,
        )

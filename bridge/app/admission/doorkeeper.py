"""The doorway's application side: unknown phones that announce themselves over SIP are decided upon like all others.

A SIP phone that found no file of its own reads ``XMLDefault.cnf.xml``, which sends it here (autoregistration rules,
sections 5.3 and 6). It says which device and model it is; if it may in, its number, its endpoint and its file are made
before it is told to boot again, and it never comes back here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from bridge.app.admission.admissions import Admissions, Known, Outcome
from bridge.app.files.guard import is_allowed, plain_address
from bridge.app.settings import Address, Network
from bridge.autoregistration import Deferral, ModelFacts, Refusal, RefusalReason, RegistrationArrival
from bridge.core import Device, DeviceName, SignallingProtocol
from bridge.core.events import ClockTold, PhoneAlarmed, PhoneRefused, PhoneRegistering
from bridge.errors import ConfigurationError, InvalidInput
from bridge.journey import alarm_event, parse_alarm_document
from bridge.net.doorway import DoorwayServer
from bridge.net.sipids import RandomSipIds
from bridge.net.tap import NO_TAP, Wiretap
from bridge.phones import catalogue
from bridge.ports import Clock, EventSink
from bridge.sip.doorway import (
    AlarmSent,
    Doorway,
    DoorwayEvent,
    DoorwayMessageIgnored,
    RestartAnswered,
    UnknownPhoneRegistered,
)

log = logging.getLogger(__name__)


class Doorkeeper:
    """Listens on the doorway's addresses and answers who knocks."""

    def __init__(
        self,
        admissions: Admissions,
        sink: EventSink,
        clock: Clock,
        *,
        listen: Sequence[Address],
        public_address: str,
        networks: tuple[Network, ...],
        settled: Callable[[Device], Awaitable[bool]],
        tap: Wiretap = NO_TAP,
    ) -> None:
        self._tap = tap
        self._admissions = admissions
        self._sink = sink
        self._clock = clock
        self._listen = listen
        self._public_address = public_address
        self._networks = networks
        self._settled = settled
        self._servers: list[DoorwayServer] = []
        self._answers: set[asyncio.Task[None]] = set()
        self.addresses: list[tuple[str, int]] = []
        """Where it listens, after ``start``."""

    @property
    def port(self) -> int | None:
        """The port that phones are to be told; None while nothing listens."""
        return self.addresses[0][1] if self.addresses else None

    async def start(self) -> None:
        """Listen. Raises ConfigurationError when an address is taken."""
        for address in self._listen:
            doorway = Doorway(RandomSipIds(), (self._public_address, address.port))
            server = DoorwayServer(doorway, partial(self._heard, len(self._servers)), tap=self._tap)
            try:
                port = await server.start(address.host, address.port)
            except OSError as error:
                raise ConfigurationError(
                    f"the doorway for unknown phones cannot listen on {address}",
                    why=error.strerror or str(error),
                    fix="see who has the port with `ss -tulnp`, or change sip.doorway",
                ) from error
            self._servers.append(server)
            self.addresses.append((address.host, port))

    async def close(self) -> None:
        """Stop listening; phones that wait for an answer come back by themselves."""
        for task in self._answers:
            task.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)
        for server in self._servers:
            await server.stop()
        self._servers.clear()

    def _heard(self, index: int, event: DoorwayEvent) -> None:
        match event:
            case UnknownPhoneRegistered():
                self._note(event)
                task = asyncio.create_task(self._answer(self._servers[index], event))
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)
            case AlarmSent():
                self._alarmed(event)
            case RestartAnswered() if event.status >= 300:
                log.warning(
                    "%s answered the restart with %d; it has to be restarted by hand", event.device, event.status
                )
            case DoorwayMessageIgnored():
                log.debug("doorway: %s from %s", event.why, event.source)

    def _note(self, event: UnknownPhoneRegistered) -> None:
        """What the phone says of itself goes onto its journey, whatever becomes of it."""
        at, client = self._clock.now(), plain_address(event.source.host)
        if event.device is None or not is_allowed(client, self._networks):
            return
        self._sink.record(PhoneRegistering(at=at, device=event.device, client=client, protocol=SignallingProtocol.SIP))
        if event.alarm:
            self._sink.record(PhoneAlarmed(at=at, device=event.device, text=event.alarm, severity="informational"))
        if event.date is not None:
            self._sink.record(ClockTold(at=at, device=event.device, told=event.date))

    def _alarmed(self, event: AlarmSent) -> None:
        document = parse_alarm_document(event.document)
        device = event.device
        if document is not None and device is None and (name := document.get("DeviceName")):
            with contextlib.suppress(InvalidInput):
                device = DeviceName.parse(name)
        if document is None or device is None or not is_allowed(plain_address(event.source.host), self._networks):
            return
        if (told := alarm_event(document, device, self._clock.now())) is not None:
            self._sink.record(told)

    async def _answer(self, server: DoorwayServer, event: UnknownPhoneRegistered) -> None:
        client = plain_address(event.source.host)
        if event.device is None:
            server.refuse(event.request_id, warning="the REGISTER does not name a device")
            return
        if not is_allowed(client, self._networks):
            server.refuse(event.request_id, warning=f"{client} is not an allowed network")
            return
        arrival = RegistrationArrival(event.device, client, SignallingProtocol.SIP, model_facts(event.model_number))
        outcome: Outcome = await self._admissions.ask(arrival)
        match outcome:
            case Known() if outcome.device.desired_protocol is SignallingProtocol.SCCP and not outcome.device.temporary:
                # RG-06: a phone that is to speak SCCP shows here that its firmware speaks SIP.
                shown = RefusalReason.WRONG_PROTOCOL.shown
                text = f"{shown.what}: it registers over SIP, and is to speak SCCP"
                at = self._clock.now()
                self._sink.record(
                    PhoneRefused(
                        at=at, device=event.device, client=client, reason=RefusalReason.WRONG_PROTOCOL, text=text
                    )
                )
                server.refuse(
                    event.request_id, status=shown.sip_status, warning=shown.sip_text, retry_after=shown.retry_after
                )
            case Known():
                await self._settled(outcome.device)
                server.accept(event.request_id)
            case Refusal():
                shown = outcome.reason.shown
                warning = f"{shown.sip_text} {outcome.detail}".strip()
                server.refuse(event.request_id, status=shown.sip_status, warning=warning, retry_after=shown.retry_after)
            case Deferral():
                server.refuse(event.request_id, status=503, warning=outcome.why)


def model_facts(number: int | None) -> ModelFacts | None:
    """What the rules need to know about the model of this device type number; None where the catalogue has none."""
    model = catalogue().by_number(number) if number is not None else None
    if model is None or model.number is None:
        return None
    return ModelFacts(model.number, model.name, model.only_protocol)

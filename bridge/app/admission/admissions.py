"""Letting unknown phones in: questions come one by one, answers are made in batches of one transaction each.

A thousand phones switched on at once ask within a second. Each batch locks the settings once, reads the numbers in use
once, and commits once; the batches follow each other as fast as the database allows, so a lone phone waits for nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.app.admission.planoverlap import taken_numbers
from bridge.app.admission.universaltemplates import universal_templates
from bridge.autoregistration import (
    ROGUE_POOL,
    SHOWN_FOR,
    Admission,
    Arrival,
    AutoregistrationSettings,
    Decision,
    Deferral,
    FileArrival,
    Refusal,
    RefusalReason,
    RegistrationArrival,
    UniversalTemplates,
    decide,
    defaults_of,
    furnished_anew,
    mismatch,
    new_device,
)
from bridge.core import NOWHERE, Device, DeviceDefaults, DeviceName, NetworkPlace, SignallingProtocol
from bridge.core.events import Event, ModelLearnt, PhoneAdmitted, PhoneDeferred, PhoneRefused
from bridge.errors import Conflict, NotFound, SepbridgeError, StoreUnavailable
from bridge.phones import Model
from bridge.ports import AuditEntry, Clock, EventSink, IdSource, Store, UnitOfWork

log = logging.getLogger(__name__)

BATCH = 100
MAX_WAITING = 5_000
TRIES = 3
"""How often a phone is decided upon when somebody else is faster each time."""

SECRET_LENGTH = 12
"""Characters. Enough by far (68 bits), and some 79xx refuse longer ones (SEP file reference, section 4.5)."""


@dataclass(frozen=True, slots=True)
class Known:
    """The phone is ours: it was so before, or it just became so."""

    device: Device
    admitted_now: bool


Outcome = Known | Deferral | Refusal


class Admissions:
    """The desk at which every unknown phone asks.

    ``admitted`` is called in the event loop with the devices of each batch, as soon as they are committed. ``node`` is
    this server's name: the group's first server admits, the others only where they may (AR-19). Empty: it may.
    """

    def __init__(
        self,
        store: Store,
        sink: EventSink,
        clock: Clock,
        ids: IdSource,
        *,
        admitted: Callable[[Sequence[Device]], None],
        foreign_numbers: Callable[[], frozenset[str]] = frozenset,
        node: str = "",
    ) -> None:
        self._store = store
        self._sink = sink
        self._clock = clock
        self._ids = ids
        self._admitted = admitted
        self._foreign_numbers = foreign_numbers
        self._node = node
        self._waiting: dict[DeviceName, tuple[Arrival, asyncio.Future[Outcome]]] = {}
        self._arrived = asyncio.Event()

    async def ask(self, arrival: Arrival) -> Outcome:
        """May this phone in? The same phone asking twice at once gets one answer."""
        waiting = self._waiting.get(arrival.device)
        if waiting is None:
            if len(self._waiting) >= MAX_WAITING:
                return Refusal(RefusalReason.DATABASE_TIMEOUT, detail=f"{MAX_WAITING} phones wait already")
            waiting = arrival, asyncio.get_running_loop().create_future()
            self._waiting[arrival.device] = waiting
            self._arrived.set()
        return await asyncio.shield(waiting[1])

    async def learn(self, device: Device, model: Model, evidence: str) -> Device:
        """Note the model of a phone of ours, which something other than a registration told.

        Raises NotFound where the phone is gone meanwhile, StoreError.
        """

        def noted() -> Device:
            with self._store.write() as work:
                # As it is now: an admin may have moved it, or a user claimed it, since it was looked at.
                now = work.devices.get(device.name)
                if now is None:
                    raise NotFound(f"there is no phone {device.name} any more", fix="it may ask again")
                known = furnished_anew(
                    replace(now, model=model.name, model_number=model.number),
                    defaults_of(model.number, now.desired_protocol, work.site.device_defaults()),
                    work.autoregistration.load(),
                    universal_templates(work),
                )
                work.devices.update(known)
                work.commit()
            return known

        known = await asyncio.to_thread(noted)
        self._admitted([known])
        at = self._clock.now()
        self._sink.record(ModelLearnt(at=at, device=device.name, model=model.name, evidence=evidence))
        return known

    def let_in(self, device: Device, client: str) -> None:
        """A phone was added by another way than the rules, and is committed: what follows is as for all others."""
        self._admitted([device])
        at, protocol = self._clock.now(), device.desired_protocol
        self._sink.record(
            PhoneAdmitted(at=at, device=device.name, number=device.number, client=client, protocol=protocol)
        )

    async def run(self) -> None:
        """Decide, batch by batch, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                batch = [self._waiting[name] for name in list(self._waiting)[:BATCH]]
                outcomes, events = await self._decide([arrival for arrival, _ in batch])
                new = [each.device for each in outcomes if isinstance(each, Known) and each.admitted_now]
                if new:
                    self._admitted(new)
                for event in events:
                    self._sink.record(event)
                for (arrival, future), outcome in zip(batch, outcomes, strict=True):
                    del self._waiting[arrival.device]
                    if not future.done():
                        future.set_result(outcome)

    async def _decide(self, arrivals: Sequence[Arrival], tries: int = TRIES) -> tuple[list[Outcome], list[Event]]:
        """Decide, whatever the database says: who waits here has an answer in the end, and the desk goes on."""
        try:
            return await asyncio.to_thread(self._decide_in_one_transaction, arrivals)
        except SepbridgeError as error:
            trouble = error
        if isinstance(trouble, Conflict | NotFound) and tries > 1:
            # A number, a phone or a pool was taken or removed by somebody who does not wait for us, after we had looked
            # (autoregistration reference, section 4, rule 4): look again, each for itself, so that one stops no others.
            outcomes: list[Outcome] = []
            events: list[Event] = []
            for arrival in arrivals:
                decided, told = await self._decide([arrival], tries - 1)
                outcomes += decided
                events += told
            return outcomes, events
        log.error("%d unknown phones cannot be decided upon: %s", len(arrivals), trouble)
        busy = isinstance(trouble, StoreUnavailable)
        refusal = Refusal(RefusalReason.DATABASE_TIMEOUT if busy else RefusalReason.INSERT_FAILED, detail=trouble.what)
        now = self._clock.now()
        return [refusal for _ in arrivals], [_refused(arrival, refusal, now) for arrival in arrivals]

    def _decide_in_one_transaction(self, arrivals: Sequence[Arrival]) -> tuple[list[Outcome], list[Event]]:
        outcomes: list[Outcome] = []
        events: list[Event] = []
        now = self._clock.now()
        with self._store.write() as work:
            settings = before = work.autoregistration.load(for_update=True)
            known = work.devices.get_many([arrival.device for arrival in arrivals])
            # Of every partition: at the PBX a number is one line.
            in_use = {*taken_numbers(work), *self._foreign_numbers()}
            rogue_in_use = set(in_use)
            defaults = work.site.device_defaults()
            templates = universal_templates(work)
            verdicts = work.autoregistration.verdicts([each.device for each in arrivals if each.device not in known])
            admits_here = settings.backup or self._is_first(work)
            wrong = RefusalReason.WRONG_PROTOCOL
            otherwise = work.journal.refused_since([each.device for each in arrivals], wrong.value, now - SHOWN_FOR)
            new = 0
            for arrival in arrivals:
                if (device := known.get(arrival.device)) is not None:
                    seen = _seen_again(work, device, arrival, settings, defaults, templates)
                    outcomes.append(seen)
                    if isinstance(seen, Refusal):
                        settings = _taken_back(work, arrival.device, settings, now)
                        events.append(_refused(arrival, seen, now))
                        _note(work, arrival, seen, now)
                    continue
                decision = decide(
                    arrival,
                    settings,
                    now=now,
                    in_use=in_use,
                    device_defaults=defaults,
                    rogue_in_use=rogue_in_use,
                    verdict=verdicts.get(arrival.device),
                    admits_here=admits_here,
                    speaks_otherwise=arrival.device in otherwise,
                )
                if isinstance(decision, Admission):
                    device = new_device(
                        arrival,
                        decision,
                        secret=self._ids.secret(SECRET_LENGTH),
                        version_stamp=self._ids.version_stamp(),
                        now=now,
                        device_defaults=defaults,
                        templates=templates,
                    )
                    work.devices.add(device)
                    settings = decision.settings
                    (rogue_in_use if decision.rogue else in_use).add(decision.number)
                    new += 1
                    if arrival.device in verdicts:
                        work.autoregistration.judge(arrival.device, None, now)
                    outcomes.append(Known(device, admitted_now=True))
                else:
                    outcomes.append(decision)
                events.append(_event(arrival, decision, now))
                if isinstance(decision, Admission) and isinstance(arrival, RegistrationArrival) and arrival.model:
                    evidence = f"device type {arrival.model.number} in its registration"
                    events.append(
                        ModelLearnt(at=now, device=arrival.device, model=arrival.model.name, evidence=evidence)
                    )
                _note(work, arrival, decision, now)
            if settings != before:
                work.autoregistration.save(settings)
            if new:
                _warn_of_many(work, settings.warn_after, new, now)
            work.commit()
        return outcomes, events

    def _is_first(self, work: UnitOfWork) -> bool:
        servers = work.site.autoregistration_group().servers if self._node else ()
        return not servers or servers[0].name == self._node


def _warn_of_many(work: UnitOfWork, warn_after: int, new: int, now: datetime) -> None:
    """Once, when the temporary phones become as many as the admin wants to be warned of (AR-02)."""
    total = work.devices.count(temporary=True)
    if total - new < warn_after <= total:
        text = f"{total} phones have autoregistered and are still temporary: bulk import is the better way for so many"
        log.warning("%s; see `sepbridge autoregistration temporary`", text)
        work.journal.audit(AuditEntry(now, "autoregistration", "warning", text))


def _seen_again(
    work: UnitOfWork,
    device: Device,
    arrival: Arrival,
    settings: AutoregistrationSettings,
    defaults: Sequence[DeviceDefaults],
    templates: UniversalTemplates,
) -> Known | Refusal:
    """A phone that has a number shows what it speaks, perhaps for the first time.

    The number that it got with its file was given on a guess. A dual-protocol phone with the other firmware gives it
    back and is told which load it needs (AR-24); a phone that can speak nothing else keeps it (AR-25, AR-26).
    """
    if not isinstance(arrival, RegistrationArrival) or arrival.protocol is device.desired_protocol:
        return Known(device, admitted_now=False)
    if not device.is_provisional:
        if not device.temporary:
            # Who serves phones of the protocol refuses it; until it has other firmware that is seen (AR-22).
            if device.observed_protocol is not arrival.protocol:
                device = replace(device, observed_protocol=arrival.protocol)
                work.devices.update(device)
            return Known(device, admitted_now=False)
        if device.registered and arrival.protocol is SignallingProtocol.SIP:
            return Known(device, admitted_now=False)  # its SCCP connection stands: that is somebody else's REGISTER
        # It came back with firmware of the other protocol: number and all stay (AR-14). That Asterisk has a
        # registration of it still says nothing: it lasts until it expires.
        device = replace(device, desired_protocol=arrival.protocol, observed_protocol=arrival.protocol)
        work.devices.update(device)
        return Known(device, admitted_now=True)
    refusal = None if device.pool == ROGUE_POOL else mismatch(arrival, settings.protocol, defaults)
    if refusal is not None:
        work.devices.remove(device.name)
        return refusal
    row = defaults_of(arrival.model.number if arrival.model else None, arrival.protocol, defaults)
    device = furnished_anew(replace(device, desired_protocol=arrival.protocol), row, settings, templates)
    work.devices.update(device)
    return Known(device, admitted_now=True)


def _taken_back(
    work: UnitOfWork, name: DeviceName, settings: AutoregistrationSettings, now: datetime
) -> AutoregistrationSettings:
    """A phone that was let in on a guess is out again: it does not count, and an approval of it still stands."""
    if settings.approval:
        work.autoregistration.judge(name, True, now)
    left = settings.phones_left
    return settings if left is None else replace(settings, phones_left=left + 1)


def _note(work: UnitOfWork, arrival: Arrival, decision: Decision, now: datetime) -> None:
    match decision:
        case Refusal():
            full = decision.reason is RefusalReason.RANGE_EXHAUSTED
            first = full and all(each.reason != decision.reason for each in work.journal.refused())
            # A phone that is refused tries again for ever: only what is new about it is audited.
            model = _model_of(arrival)
            if work.journal.refuse(arrival.device, arrival.client, decision.reason.value, decision.text, now, model):
                actor = f"autoregistration from {arrival.client}"
                detail = f"{decision.reason}: {decision.text}"
                work.journal.audit(AuditEntry(now, actor, f"refused {arrival.device}", detail))
            if first:
                _alert_of_full_range(work, decision, now)
        case Admission():
            work.journal.forget_refusal(arrival.device)
            actor = f"autoregistration from {arrival.client}"
            told = [f"number {decision.number}", str(decision.protocol)]
            told += [f"model {model}"] if (model := _likely_model_of(arrival)) else []
            told.append(f"from {arrival.client}")
            told += [str(place)] if (place := _place_of(arrival)) != NOWHERE else []
            told += ["rogue pool"] if decision.rogue else []
            work.journal.audit(AuditEntry(now, actor, f"admitted {arrival.device}", ", ".join(told)))


def _alert_of_full_range(work: UnitOfWork, refusal: Refusal, now: datetime) -> None:
    """Once, when the first phone finds no number; again when that happens after all such phones were let in (AR-15)."""
    text = f"no number is free for unknown phones: {refusal.text}; {refusal.fix}"
    log.error("%s", text)
    work.journal.audit(AuditEntry(now, "autoregistration", "alert", text))


def _model_of(arrival: Arrival) -> str:
    model = arrival.model if isinstance(arrival, RegistrationArrival) else None
    return "" if model is None else model.name or str(model.number)


def _likely_model_of(arrival: Arrival) -> str:
    """The same, or what the requests of a phone speak for that has not said it yet."""
    return arrival.model if isinstance(arrival, FileArrival) else _model_of(arrival)


def _place_of(arrival: Arrival) -> NetworkPlace:
    return arrival.place if isinstance(arrival, RegistrationArrival) else NOWHERE


def _event(arrival: Arrival, decision: Decision, now: datetime) -> Event:
    match decision:
        case Admission():
            place = _place_of(arrival)
            return PhoneAdmitted(
                at=now,
                device=arrival.device,
                number=decision.number,
                client=arrival.client,
                protocol=decision.protocol,
                model=_likely_model_of(arrival),
                vlan=place.vlan,
                neighbour=place.neighbour,
                neighbour_port=place.neighbour_port,
            )
        case Deferral():
            return PhoneDeferred(at=now, device=arrival.device, client=arrival.client, why=decision.why)
        case Refusal():
            return _refused(arrival, decision, now)


def _refused(arrival: Arrival, refusal: Refusal, now: datetime) -> Event:
    return PhoneRefused(
        at=now,
        device=arrival.device,
        client=arrival.client,
        reason=refusal.reason.value,
        text=f"{refusal.text}; {refusal.fix}",
        model=_model_of(arrival),
    )

"""What follows when a phone registers with Asterisk: its state, its model, its final file, one restart.

A MAC never tells the model; a SIP phone's User-Agent does (phone boot reference, section 8). Until then the phone has a
file that suits every model. Once the model is known the file is made anew, and if more than its version stamp changed,
the phone is told to restart, once (design, section 1, step 6).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bridge.app.admission.universaltemplates import universal_templates
from bridge.app.files.guard import plain_address
from bridge.app.files.phonefiles import PhoneFiles, restart_event
from bridge.autoregistration import AutoregistrationSettings, UniversalTemplates, defaults_of, furnished_anew
from bridge.core import Device, DeviceDefaults, SignallingProtocol
from bridge.core.events import (
    Event,
    FileRewritten,
    ModelLearnt,
    PhoneMoved,
    PhoneRegistered,
    PhoneRestartSent,
    PhoneUnregistered,
)
from bridge.errors import ConfigurationError, Conflict, NotFound, PbxUnavailable, SepbridgeError, StoreError
from bridge.phones import parse_user_agent
from bridge.ports import Clock, Contact, EventSink, IdSource, RestartEvent, RestartKind, Store, UnitOfWork

log = logging.getLogger(__name__)

MAX_WAITING = 20_000
RETRY_AFTER = 2.0
"""Seconds until a batch that the database refused is tried again."""


class PhoneRestarter(Protocol):
    """The part of ``Pbx`` that is needed here."""

    async def restart_phone(
        self, endpoint: str, kind: RestartKind, *, event: RestartEvent = RestartEvent.SERVICE_CONTROL
    ) -> None:
        """Tell a registered phone to restart. Raises PbxError, NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class _Gone:
    endpoint: str
    why: str


OURS = "sepbridge"
"""How the User-Agent of our own registrations begins."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A registration that was written down, and when."""

    contact: Contact
    at: datetime

    def is_of(self, contact: Contact) -> bool:
        """Whether it is this registration, and not a later one of the same phone."""
        before = self.contact
        return (before.uri, before.address, before.call_id) == (contact.uri, contact.address, contact.call_id)


class _Models:
    """What phones of a model get, as it stands in this transaction: what was read before may be gone."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._read: tuple[Sequence[DeviceDefaults], AutoregistrationSettings, UniversalTemplates] | None = None

    def furnished_anew(self, device: Device) -> Device:
        """A phone whose model has just become known, with what its model's defaults and template say (AR-20)."""
        if self._read is None:
            work = self._work
            self._read = work.site.device_defaults(), work.autoregistration.load(), universal_templates(work)
        rows, settings, templates = self._read
        row = defaults_of(device.model_number, device.desired_protocol, rows)
        return furnished_anew(device, row, settings, templates)


class Registrations:
    """The PbxListener of the running service: takes notes at once, works in batches, one transaction each."""

    def __init__(
        self,
        store: Store,
        files: PhoneFiles,
        sink: EventSink,
        clock: Clock,
        ids: IdSource,
        restarter: PhoneRestarter | None = None,
    ) -> None:
        self._store = store
        self._files = files
        self._sink = sink
        self._clock = clock
        self._ids = ids
        self._news: asyncio.Queue[Contact | _Gone] = asyncio.Queue(MAX_WAITING)
        self.restarter = restarter
        """Who restarts phones; set once the PBX exists, which in turn tells us about contacts."""
        self.furnished: Callable[[Sequence[Device]], None] = lambda _: None
        """Called with phones that got another pool or other templates once their model was known."""
        self.is_one_of_several: Callable[[], bool] = lambda: False
        """Whether phones may be registered with another node's Asterisk."""
        self._noted: dict[str, _Seen] = {}
        """What this node saw of each endpoint's registration last."""

    def contact_added(self, contact: Contact) -> None:
        """A phone registered."""
        self._put(contact)

    def contact_removed(self, endpoint: str, why: str) -> None:
        """A registration ended."""
        self._put(_Gone(endpoint, why))

    def _put(self, news: Contact | _Gone) -> None:
        try:
            self._news.put_nowait(news)
        except asyncio.QueueFull:
            log.error("%d registration changes wait for the database; the newest is dropped", MAX_WAITING)

    async def run(self) -> None:
        """Work until cancelled."""
        batch: list[Contact | _Gone] = []
        while True:
            if not batch:
                batch.append(await self._news.get())
            while len(batch) < MAX_WAITING and not self._news.empty():
                batch.append(self._news.get_nowait())
            try:
                events, restarts, furnished = await asyncio.to_thread(self._note, batch)
            except StoreError as error:
                # They are kept before what came later: of a phone that came and went, the last counts.
                log.warning("registrations wait for the database: %s", error)
                await asyncio.sleep(RETRY_AFTER)
                continue
            batch = []
            for event in events:
                self._sink.record(event)
            if furnished:
                self.furnished(furnished)
            await self._restart(restarts)

    def _note(self, batch: Iterable[Contact | _Gone]) -> tuple[list[Event], list[Device], list[Device]]:
        events: list[Event] = []
        restarts: list[Device] = []
        furnished: list[Device] = []
        noted = dict(self._noted)
        with self._store.write() as work:
            models = _Models(work)
            for news in batch:
                if isinstance(news, Contact) and news.user_agent.startswith(OURS):
                    continue  # a line that an SCCP phone shares with a phone with SIP firmware
                device = work.devices.by_endpoint(news.endpoint)
                if device is None or device.desired_protocol is SignallingProtocol.SCCP:
                    continue  # an SCCP phone's line is registered by our own proxy, which knows the phone itself
                told: list[Event] = []
                changed = (
                    self._registered(device, news, noted.get(news.endpoint), models, told)
                    if isinstance(news, Contact)
                    else self._gone(device, news, noted.get(news.endpoint), told)
                )
                if changed != device:
                    try:
                        work.devices.update(changed)
                    except (Conflict, NotFound) as error:  # another node removed it, or what it names, just now
                        log.warning("that %s registered cannot be noted: %s", device.name, error)
                        continue
                events += told
                if isinstance(news, Contact) and changed.last_seen is not None:
                    noted[news.endpoint] = _Seen(news, changed.last_seen)
                if changed.version_stamp != device.version_stamp:
                    restarts.append(changed)
                if changed.pool != device.pool or changed.settings != device.settings:
                    furnished.append(changed)
            work.commit()
        self._noted = noted
        return events, restarts, furnished

    def _gone(self, device: Device, news: _Gone, before: _Seen | None, events: list[Event]) -> Device:
        if self.is_one_of_several() and (before is None or before.at != device.last_seen):
            return device  # another node has seen it since: it went over there, or was never here
        if device.registered:
            events.append(
                PhoneUnregistered(at=self._clock.now(), device=device.name, endpoint=news.endpoint, why=news.why)
            )
        return replace(device, registered=False)

    def _registered(
        self, device: Device, contact: Contact, before: _Seen | None, models: _Models, events: list[Event]
    ) -> Device:
        now = self._clock.now()
        address = plain_address(contact.address.rpartition(":")[0].strip("[]")) or device.address
        agent = parse_user_agent(contact.user_agent)
        load = agent.version if agent is not None else device.load
        # Of a phone that is back within a moment nobody tells that it was away: the registration is another one.
        anew = before is not None and not before.is_of(contact)
        if not device.registered or anew or address != device.address or load != device.load:
            events.append(
                PhoneRegistered(
                    at=now,
                    device=device.name,
                    endpoint=contact.endpoint,
                    address=contact.address,
                    user_agent=contact.user_agent,
                    load=load,
                    protocol=SignallingProtocol.SIP,
                )
            )
        if device.registered and device.address and address != device.address:
            events.append(PhoneMoved(at=now, device=device.name, before=device.address, after=address))
        seen = replace(
            device,
            registered=True,
            address=address,
            last_seen=now,
            observed_protocol=SignallingProtocol.SIP,
            load=load,
        )
        if agent is None or agent.model is None or agent.model.name == device.model:
            return seen
        events.append(
            ModelLearnt(at=now, device=device.name, model=agent.model.name, evidence=f"User-Agent {contact.user_agent}")
        )
        known = models.furnished_anew(replace(seen, model=agent.model.name, model_number=agent.model.number))
        try:
            if not self._files.differ(device, known):
                return known
        except (ConfigurationError, NotFound) as error:
            log.warning("%s keeps the file that it has: %s", device.name, error)
            return known
        stamp = self._ids.version_stamp()
        events.append(FileRewritten(at=now, device=device.name, version_stamp=stamp, why=f"it is a {agent.model.name}"))
        return replace(known, version_stamp=stamp)

    async def _restart(self, devices: Sequence[Device]) -> None:
        for index, device in enumerate(devices):
            if self.restarter is None:
                return
            try:
                await self.restarter.restart_phone(device.number, RestartKind.RESTART, event=restart_event(device))
            except PbxUnavailable as error:
                log.warning("%d phones keep their first files until they boot again: %s", len(devices) - index, error)
                return
            except SepbridgeError as error:
                log.warning("%s keeps its first file until it boots again: %s", device.name, error)
            else:
                sent = PhoneRestartSent(
                    at=self._clock.now(), device=device.name, how="NOTIFY", why="its file was made anew"
                )
                self._sink.record(sent)

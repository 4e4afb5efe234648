"""What every Asterisk offers over its manager interface, whoever writes its files: FreePBX, or we alone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from bridge.core.events import PbxConnected, PbxLost, SipChallenged, SipRefused
from bridge.errors import InvalidInput, NotFound, PbxRefused
from bridge.pbx.ami import Ami, AmiSettings, AmiState
from bridge.pbx.amilink import AmiMessage
from bridge.pbx.conferences import AsteriskConferences
from bridge.pbx.contacts import read_contacts
from bridge.pbx.contactwatch import ContactWatch
from bridge.pbx.linefeatures import AsteriskLineFeatures
from bridge.pbx.notify import event_fields, restart_fields
from bridge.pbx.numberstates import AsteriskNumberStates
from bridge.pbx.parking import AsteriskParking
from bridge.pbx.plankinds import EXTENSION, kind_of
from bridge.pbx.recordings import AsteriskRecordings
from bridge.pbx.securityevents import security_event
from bridge.ports import Clock, Contact, EventSink, PbxListener, RestartEvent, RestartKind, SipEndpoint

_log = logging.getLogger(__name__)

PJSIP = "res_pjsip.so"
DIALPLAN = "pbx_config.so"
VOICEMAIL = "app_voicemail.so"
_SINGLY = 8
"""Up to so many endpoints are confirmed one by one, password and context included; beyond, by one list."""


class Asterisk:
    """The connection, and everything that is asked or told over it.

    ``ours`` names our endpoints. ``on_connection`` is called whenever the connection comes or goes, after what hangs on
    it here was told; ``on_event`` for every event, likewise.
    """

    def __init__(
        self,
        settings: AmiSettings,
        *,
        sink: EventSink,
        clock: Clock,
        listener: PbxListener,
        ours: Callable[[], frozenset[str]],
        poll_contacts_every: float,
        on_connection: Callable[[bool], None],
        on_event: Callable[[AmiMessage], None] = lambda message: None,
    ) -> None:
        self._sink = sink
        self._clock = clock
        self._ours = ours
        self._on_connection = on_connection
        self._on_event = on_event
        self.ami = Ami(settings, on_state=self._state_changed, on_event=self._event)
        self.numbers = AsteriskNumberStates(self.ami)
        """Whether numbers can be called (the NumberStates port)."""
        self.parking = AsteriskParking(self.ami)
        """What happens in its park slots."""
        self.line_features = AsteriskLineFeatures(self.ami)
        """Forwards and do-not-disturb (the LineFeatureStore port)."""
        self.conferences = AsteriskConferences(self.ami)
        """The conferences that run there (the Conferences port)."""
        self.recordings = AsteriskRecordings(self.ami)
        """Recordings of calls (the Recordings port)."""
        self._contacts = ContactWatch(self.ami, listener, clock, ours, poll_every=poll_contacts_every)
        self.on_security: Callable[[SipChallenged | SipRefused], None] = lambda event: None
        """Told of SIP requests that it asked for a password, or refused."""
        self.connected = False
        self.since: datetime = clock.now()
        """When the present state of the connection began."""

    async def run(self) -> None:
        """Keep the connection, watch registrations. Ends only by cancellation."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.ami.run())
            group.create_task(self._contacts.run())

    # --- asking

    async def endpoint_names(self) -> frozenset[str]:
        """Names of all endpoints that Asterisk has. Raises PbxError."""
        answer = await self.ami.action("PJSIPShowEndpoints")
        if not answer.success and "no endpoints" not in answer.message.lower():
            raise PbxRefused("Asterisk did not list its endpoints", why=answer.message)
        return frozenset(event.get("ObjectName") for event in answer.named("EndpointList"))

    async def known(self, names: Collection[str]) -> frozenset[str]:
        """Those of the names that Asterisk has an endpoint for, whatever it is like. Raises PbxError."""
        if len(names) > _SINGLY:
            return await self.endpoint_names() & frozenset(names)
        found: set[str] = set()
        for name in names:
            with contextlib.suppress(InvalidInput):  # what Asterisk cannot be asked for, it does not have
                if (await self.ami.action("PJSIPShowEndpoint", [("Endpoint", name)])).success:
                    found.add(name)
        return frozenset(found)

    async def live(self, endpoints: Collection[SipEndpoint]) -> set[str]:
        """Names of those that Asterisk knows. Raises PbxError.

        A few are looked at closely: with this password and context, not an older state of them.
        """
        if len(endpoints) > _SINGLY:
            return {each.name for each in endpoints} & await self.endpoint_names()
        return {each.name for each in endpoints if await self._is_live(each)}

    async def _is_live(self, endpoint: SipEndpoint) -> bool:
        answer = await self.ami.action("PJSIPShowEndpoint", [("Endpoint", endpoint.name)])
        return (
            answer.success
            and any(auth.get("Password") == endpoint.secret for auth in answer.named("AuthDetail"))
            and any(detail.get("Context") == endpoint.context for detail in answer.named("EndpointDetail"))
        )

    async def extensions(
        self, contexts: Collection[str], *, most: int, skip: Callable[[str], bool] = lambda context: False
    ) -> dict[str, str]:
        """Extensions and patterns of these contexts and of what they include, ``most`` contexts in all, without those
        to ``skip``, with the kind of each (``kind_of``). Raises PbxError.
        """
        found: dict[str, str] = {}
        seen: set[str] = set()
        waiting = list(contexts)
        while waiting and len(seen) < most:
            context = waiting.pop()
            if context in seen or skip(context):
                continue
            seen.add(context)
            answer = await self.ami.action("ShowDialPlan", [("Context", context)])
            for step in answer.named("ListDialplan"):
                if included := step.get("IncludeContext"):
                    waiting.append(included)
                elif extension := step.get("Extension"):
                    kind = kind_of(extension, context, step.get("Application"), step.get("AppData"))
                    # Of the many steps of an extension the one that tells something counts.
                    if found.get(extension, EXTENSION) == EXTENSION:
                        found[extension] = kind
        return found

    async def calls(self) -> Sequence[str]:
        """Who is in a call: for each channel the name of its endpoint, or of its trunk. Raises PbxError."""
        answer = await self.ami.action("CoreShowChannels")
        channels = [event.get("Channel") for event in answer.named("CoreShowChannel")]
        # PJSIP/1001-0000002a: the number counts the channels.
        return sorted(each.partition("/")[2].rpartition("-")[0] or each for each in channels)

    async def contacts(self) -> Sequence[Contact]:
        """Every registration of our endpoints, ordered by endpoint. Raises PbxError."""
        known = read_contacts(await self.ami.demand("PJSIPShowRegistrationInboundContactStatuses"))
        ours = self._ours()
        return [known[name].contact for name in sorted(known) if name in ours]

    # --- telling

    async def restart_phone(
        self, endpoint: str, kind: RestartKind, *, event: RestartEvent = RestartEvent.SERVICE_CONTROL
    ) -> None:
        """Send the restart request. That Asterisk sent it is all that can be known here: the proof is that the phone
        registers anew. Raises NotFound (no such endpoint of ours, or not registered) and PbxError.
        """
        if endpoint not in self._ours():
            raise NotFound(f"there is no phone with the endpoint {endpoint!r}")
        known = read_contacts(await self.ami.action("PJSIPShowEndpoint", [("Endpoint", endpoint)])).get(endpoint)
        if known is None:
            raise NotFound(
                f"the phone with the endpoint {endpoint} is not registered",
                why="only a registered phone can be told to restart",
                fix="restart it from its own menu, or by its power supply",
            )
        if event is RestartEvent.SERVICE_CONTROL:
            fields = restart_fields(endpoint, kind, known.contact.call_id)
        else:
            fields = event_fields(endpoint, event)
        await self.ami.demand("PJSIPNotify", fields)

    async def reload(self, module: str, *, patience: float) -> None:
        """Let a module read its files. Raises PbxError.

        Where somebody else's reload is running, wait for its end, at most ``patience`` seconds: Asterisk queues
        nothing.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        pause = 0.02
        while True:
            answer = await self.ami.action("Reload", [("Module", module)])
            if answer.success:
                return
            if "in progress" not in answer.message.lower() or loop.time() > deadline:
                raise PbxRefused(
                    f"Asterisk did not reload {module}",
                    why=answer.message,
                    fix="see that the module is loaded and that our account in manager.conf has write = system",
                )
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    # --- the connection

    def _state_changed(self, state: AmiState) -> None:
        if state.connected == self.connected:
            return
        self.connected = state.connected
        self.since = self._clock.now()
        if state.connected:
            self._sink.record(PbxConnected(at=self.since, version=state.version))
            self._contacts.connected()
            self.parking.connected()
            self.numbers.connected()
        else:
            self._sink.record(PbxLost(at=self.since, why=state.trouble.why if state.trouble else ""))
        self._on_connection(state.connected)

    def _event(self, message: AmiMessage) -> None:
        if (told := security_event(message, self._clock)) is not None:
            self.on_security(told)
            return
        self._contacts.event(message)
        self.parking.event(message)
        self.numbers.event(message)
        self.line_features.event(message)
        self._on_event(message)

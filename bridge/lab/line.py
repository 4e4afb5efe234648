"""A phone's primary line at one server: the registration, what the server tells it, its calls.

Enterprise SIP firmware sends one REGISTER, for line 1 (SEP file reference, section 1); so does this one.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import uuid4

from bridge.lab.calls import PhoneCalls
from bridge.lab.identity import SUPPORTED, PhoneIdentity
from bridge.lab.lastreset import INITIALISED, LastReset
from bridge.lab.phoneevents import MessageLamp, Registered, RestartAsked
from bridge.lab.phonelog import PhoneLog
from bridge.lab.phonesettings import CallManager, LineKey, PhoneSettings
from bridge.lab.probe import answers
from bridge.lab.servicecontrol import Notify, NotifyTraits, RestartAction, Verdict, judge
from bridge.net.sipids import RandomSipIds
from bridge.net.siptransport import SipLink
from bridge.phones import ConfigFamily
from bridge.sip import (
    Account,
    ConnectionFailed,
    Destination,
    Event,
    Header,
    NotifyReceived,
    RegistrationFailed,
    Transport,
    Unregistered,
    UserAgent,
)
from bridge.sip import CallEnded as SipEnded
from bridge.sip import Registered as SipRegistered
from bridge.sip.digest import Credentials
from bridge.sip.timers import TimerValues

_IDS = RandomSipIds()
_LEAVING = 2.0
"""Seconds that a restarting phone waits for the answer to its farewell."""
_CONNECTING = 10.0
_OBEYED = 200
_NO_FALL_BACK_TO_NAME = {
    ConfigFamily.SERIES_78XX,
    ConfigFamily.SERIES_88XX,
    ConfigFamily.SERIES_88XX_WIRELESS,
    ConfigFamily.SERIES_88XX_CONFERENCE,
}
"""Families that send an empty digest user when the line has no ``authName`` (SEP file reference, section 1)."""


@dataclass(frozen=True, slots=True)
class _NamelessAccount(Account):
    """An account whose phone answers a challenge with an empty user name."""

    @property
    def credentials(self) -> Credentials:
        return Credentials("", self.password)


@dataclass(frozen=True, slots=True)
class LineEnding:
    """Why a registration is over."""

    action: RestartAction = RestartAction.NONE
    """What the server told the phone to do, if that is why."""
    status: int = 0
    """SIP status of the refusal; 0 where nobody answered or the connection broke."""
    why: str = ""
    was_registered: bool = False
    failing_back: bool = False
    """The phone itself left: its first server is there again."""


@dataclass(frozen=True, slots=True)
class LineHabits:
    """What a person, or a test, has the phone do in calls."""

    tone: int = 0
    """Hz of the tone that it plays; 0 for silence."""
    auto_answer: float | None = None
    """Seconds of ringing before it answers by itself; None for never."""
    clock_off: timedelta = timedelta()
    """How far its clock is ahead."""


class PhoneLine:
    """One server's registration. ``run()`` it until it ends; it is not used again."""

    def __init__(
        self,
        identity: PhoneIdentity,
        settings: PhoneSettings,
        key: LineKey,
        server: CallManager,
        transport: Transport,
        log: PhoneLog,
        *,
        local_address: str = "",
        last: LastReset = INITIALISED,
        traits: NotifyTraits,
        habits: LineHabits,
        calls_before: int = 0,
    ) -> None:
        """``last``: what made the phone boot, for the alarm in its REGISTER."""
        self._identity = identity
        self._settings = settings
        self._key = key
        self._server = server
        self._transport = transport
        self._log = log
        self._local = local_address
        self._last = last
        self._traits = traits
        self._habits = habits
        self._calls_before = calls_before
        self._verdicts: deque[Verdict] = deque()
        self._ended: asyncio.Future[LineEnding] = asyncio.get_running_loop().create_future()
        self._pending = RestartAction.NONE
        self._link: SipLink | None = None
        self.registered = False
        self.calls: PhoneCalls | None = None
        self.sync_asked = asyncio.Event()
        """Set when a check-sync came: the phone is to read ``syncinfo.xml``."""

    @property
    def call_id(self) -> str:
        """Call-ID of its REGISTERs."""
        return self._link.agent.registration_call_id if self._link else ""

    async def run(self, *, fail_back: float = 0.0, first: CallManager | None = None) -> LineEnding:
        """Register, and stay.

        ``first`` is given on a backup server: every ``fail_back`` seconds an idle phone looks whether its first
        server is there again, and then leaves.
        """
        try:
            destination = await self._resolve()
            agent = UserAgent(
                self._account(destination),
                _IDS,
                (self._local or destination.host, 0),
                max_calls=4,
                notify_policy=self._judge,
                values=TimerValues(t1=self._settings.timers.t1, t2=self._settings.timers.t2),
            )
            self._link = SipLink(agent, self._receive, self._lost)
            self.calls = PhoneCalls(
                self._link,
                self._log,
                self._settings,
                tone=self._habits.tone,
                auto_answer=self._habits.auto_answer,
                counted=self._calls_before,
            )
            await self._link.connect(self._local or None, within=_CONNECTING)
        except OSError as error:  # TimeoutError is one too
            return LineEnding(why=str(error) or "no connection in time")
        self._link.do(lambda now: agent.register(now=now))
        while True:
            done, _ = await asyncio.wait({self._ended}, timeout=fail_back if first else None)
            if done:
                return self._ended.result()
            idle = self.calls.current is None
            if first and idle and await answers(first, self._transport, self._local) and not self._ended.done():
                return LineEnding(was_registered=self.registered, failing_back=True)

    def close(self) -> None:
        """Drop everything, as when the power goes."""
        if self.calls:
            self.calls.close()
        if self._link:
            self._link.close()

    def leave(self, action: RestartAction) -> None:
        """Stop, to do what the server asked; a call is finished first."""
        if self._link is None or self._ended.done():
            return
        if self.calls and self.calls.current:
            self._pending = action
            return
        if action is RestartAction.RESET:
            self._end(LineEnding(action, was_registered=self.registered))
            return
        self._pending = action
        link = self._link
        link.do(lambda now: link.agent.unregister(now=now))
        ending = LineEnding(action, was_registered=self.registered)
        asyncio.get_running_loop().call_later(_LEAVING, self._end, ending)

    # --- setting up --------------------------------------------------------------------------------------------------

    async def _resolve(self) -> Destination:
        loop = asyncio.get_running_loop()
        kind = socket.SOCK_STREAM if self._transport is Transport.TCP else socket.SOCK_DGRAM
        found = await loop.getaddrinfo(self._server.address, self._server.sip_port, type=kind)
        return Destination(str(found[0][4][0]), self._server.sip_port, self._transport)

    def _account(self, destination: Destination) -> Account:
        key, identity = self._key, self._identity
        nameless = key.auth_name is None and identity.model.family in _NO_FALL_BACK_TO_NAME
        make = _NamelessAccount if nameless or key.auth_name == "" else Account
        return make(
            user=key.name,
            domain=f"[{destination.host}]" if ":" in destination.host else destination.host,
            server=destination,
            username=key.auth_name or key.name,
            password=key.auth_password,
            display_name=key.display_name,
            contact_user=identity.contact_user(key.contact or key.name, uuid4()),
            contact_parameters=identity.contact_parameters,
            expires=self._settings.timers.register_expires,
            product=identity.user_agent,
            register_headers=(
                # The time of this registration: a phone that stays says the same when it refreshes.
                Header("Date", format_datetime(datetime.now(UTC) + self._habits.clock_off, usegmt=True)),
                Header("Supported", SUPPORTED),
                Header("Reason", identity.reason(self._last)),
            ),
        )

    # --- what happens ------------------------------------------------------------------------------------------------

    def _receive(self, event: Event) -> None:
        match event:
            case SipRegistered():
                if not self.registered:
                    self.registered = True
                    number, server = self._key.name, self._server.address
                    self._log.report(Registered(*self._log.mark, server=server, number=number))
            case RegistrationFailed(status=status, reason=why):
                self._end(LineEnding(status=status, why=why, was_registered=self.registered))
            case ConnectionFailed(why=why):
                self._lost(why)
            case Unregistered():
                if self._pending:
                    self._end(LineEnding(self._pending, was_registered=self.registered))
            case NotifyReceived():
                self._obey(self._verdicts.popleft())
            case _:
                if self.calls:
                    self.calls.receive(event)
                if isinstance(event, SipEnded) and self._pending:
                    self.leave(self._pending)

    def _lost(self, why: str) -> None:
        action = self._pending
        self._end(LineEnding(action, why=why, was_registered=self.registered))

    def _end(self, ending: LineEnding) -> None:
        if not self._ended.done():
            self._ended.set_result(ending)

    def _judge(self, received: NotifyReceived) -> int:
        """Decide on a NOTIFY before it is answered; what follows from it waits until the answer is out."""
        agent = self._link.agent if self._link else None
        verdict = judge(
            Notify(received.event_package, received.body, received.request_host, received.from_user),
            model=self._identity.model,
            traits=self._traits,
            call_id=agent.registration_call_id if agent else "",
            own_host=agent.local[0] if agent else "",
        )
        self._verdicts.append(verdict)
        return verdict.status

    def _obey(self, verdict: Verdict) -> None:
        if verdict.lamp is not None:
            self._log.report(MessageLamp(*self._log.mark, lit=verdict.lamp))
        if verdict.action or verdict.status != _OBEYED:
            obeyed = verdict.status == _OBEYED
            action = verdict.action.value
            self._log.report(RestartAsked(*self._log.mark, action=action, obeyed=obeyed, why=verdict.why))
        if verdict.action is RestartAction.CHECK_SYNC:
            self.sync_asked.set()
        elif verdict.action:
            self.leave(verdict.action)

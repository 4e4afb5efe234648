"""Calls and screens on which users make a phone their own: who is where in the dialogue."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.app.claims.claiming import Claiming
from bridge.app.claims.claimvoice import Voice
from bridge.app.phones.phonemoves import PhoneMoves
from bridge.autoregistration.claimdialogue import NOT_HERE, TROUBLE, ClaimDialogue, Gathered, Step
from bridge.core import ClaimOutcome, DeviceName
from bridge.errors import Conflict, InvalidInput, NotFound, SepbridgeError
from bridge.ports import Clock

log = logging.getLogger(__name__)

MOST_CALLS = 20
"""At a time; more callers hear that it does not work now (CUCM: all ports busy)."""
LONGEST_CALL = timedelta(minutes=10)
MOST_TICKETS = 200
TICKET_LASTS = timedelta(minutes=2)
_LONGEST_ENTRY = 32


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the script is to do: play these sounds, then take up to ``most`` keys; 0: say it and end."""

    call: str
    say: tuple[str, ...]
    most: int
    language: str


@dataclass(slots=True)
class _Call:
    phone: DeviceName
    began: datetime
    dialogue: ClaimDialogue = field(default_factory=ClaimDialogue)
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class _Ticket:
    phone: DeviceName
    number: str
    pin: str = field(repr=False)
    given: datetime


class SelfProvisioning:
    """One for each node. Everything runs in the event loop, the database in threads."""

    def __init__(self, claiming: Claiming, moves: PhoneMoves, voice: Voice, clock: Clock) -> None:
        self._claiming = claiming
        self._moves = moves
        self._voice = voice
        self._clock = clock
        self._calls: dict[str, _Call] = {}
        self._tickets: OrderedDict[str, _Ticket] = OrderedDict()

    # --- calls -------------------------------------------------------------------------------------------------------

    async def begin(self, line: str) -> Spoken:
        """A phone calls; ``line`` is its endpoint, as Asterisk has it. Raises Conflict when too many do."""
        now = self._clock.now()
        for token in [each for each, call in self._calls.items() if now - call.began > LONGEST_CALL]:
            self.over(token)
        try:
            device = await asyncio.to_thread(self._claiming.phone_of, line[:_LONGEST_ENTRY])
        except SepbridgeError as error:
            log.warning("a call for self-provisioning cannot be served: %s", error)
            return self._spoken("", TROUBLE)
        if device is None:
            log.info("self-provisioning was called from %.40r, which is no phone that can be claimed", line)
            return self._spoken("", NOT_HERE)
        if len(self._calls) >= MOST_CALLS:
            raise Conflict("too many calls for self-provisioning at a time", fix="try again in a minute")
        token = secrets.token_hex(16)
        call = self._calls[token] = _Call(device.name, now)
        return self._spoken(token, call.dialogue.opening())

    async def keyed(self, token: str, keys: str) -> Spoken:
        """The caller keyed this. Raises NotFound for a call that is over."""
        call = self._calls.get(token)
        if call is None:
            raise NotFound("there is no such call")
        call.dialogue, step = call.dialogue.keyed(keys[:_LONGEST_ENTRY])
        if isinstance(step, Gathered):
            try:
                outcome = await self._attempt(call.phone, step.number, step.pin, via="call", over=call.over)
            except SepbridgeError as error:
                log.warning("a claim by %s could not be looked at: %s", call.phone, error)
                return self._spoken(token, TROUBLE)
            call.dialogue, step = call.dialogue.judged(outcome)
        return self._spoken(token, step)

    def over(self, token: str) -> None:
        """The call ended, one way or the other. Harmless for one that is not known."""
        call = self._calls.pop(token, None)
        if call is not None:
            call.over.set()

    # --- screens -----------------------------------------------------------------------------------------------------

    async def offer(self, phone: DeviceName, number: str, pin: str) -> str:
        """A ticket with which the phone may confirm what was entered on its screen. Raises InvalidInput."""
        if not number or len(number) > _LONGEST_ENTRY or len(pin) > _LONGEST_ENTRY:
            raise InvalidInput("this is not an extension", fix="key its digits")
        token = secrets.token_hex(8)
        self._tickets[token] = _Ticket(phone, number, pin, self._clock.now())
        while len(self._tickets) > MOST_TICKETS:
            self._tickets.popitem(last=False)
        return token

    async def confirm(self, phone: DeviceName, token: str) -> tuple[ClaimOutcome, str]:
        """The user confirmed; what became of it, and the extension. Raises NotFound for an old ticket, StoreError."""
        ticket = self._tickets.pop(token, None)
        if ticket is None or ticket.phone != phone or self._clock.now() - ticket.given > TICKET_LASTS:
            raise NotFound("this was asked too long ago", fix="enter it again")
        return await self._attempt(phone, ticket.number, ticket.pin, via="screen", over=None), ticket.number

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _attempt(
        self, phone: DeviceName, number: str, pin: str, *, via: str, over: asyncio.Event | None
    ) -> ClaimOutcome:
        outcome, moved = await asyncio.to_thread(self._claiming.attempt, phone, number, pin, via=via)
        if moved is not None:
            self._moves.begin(moved, over)
        return outcome

    def _spoken(self, token: str, step: Step) -> Spoken:
        return Spoken(token, self._voice.sounds(step.say), step.most, self._voice.language)

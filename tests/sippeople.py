"""A user agent on a real socket, for tests: say what to do, wait for what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from bridge.net.sipids import RandomSipIds
from bridge.net.siptransport import SipLink
from bridge.sip import Account, AudioSession, Call, Destination, Event, Registered, Transport, Unregistered, UserAgent

E = TypeVar("E", bound=Event)
PATIENCE = 40.0
"""Seconds to wait for anything; never reached while all is well."""


class Person:
    """Somebody with a phone."""

    def __init__(self, agent: UserAgent) -> None:
        self.agent = agent
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.lost: asyncio.Queue[str] = asyncio.Queue()
        self.link = SipLink(agent, self.events.put_nowait, self.lost.put_nowait)

    def do(self, action: Callable[[float], None]) -> None:
        """Act now."""
        self.link.do(action)

    def call(self, number: str, offer: AudioSession) -> None:
        """Call somebody."""
        self.agent.call(number, offer, now=self.link.now)
        self.link.flush()

    def hang_up(self, call: Call) -> None:
        """End a call."""
        self.do(lambda now: self.agent.hang_up(call, now=now))

    async def sees(self, kind: type[E]) -> E:
        """The next event of that kind; others are passed over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                event = await self.events.get()
                if isinstance(event, kind):
                    return event

    async def register(self) -> Registered:
        """Register."""
        self.do(lambda now: self.agent.register(now=now))
        return await self.sees(Registered)


@asynccontextmanager
async def person(
    number: str, server: tuple[str, int], transport: Transport = Transport.UDP, secret: str = ""
) -> AsyncIterator[Person]:
    """A person whose line is closed at the end, and unregistered if it was registered."""
    account = Account(number, "127.0.0.1", Destination(*server, transport), password=secret)
    someone = Person(UserAgent(account, RandomSipIds(), ("127.0.0.1", 0)))
    await someone.link.connect()
    try:
        yield someone
        if someone.link.is_connected and someone.agent.registration_state == "registered":
            someone.do(lambda now: someone.agent.unregister(now=now))
            await someone.sees(Unregistered)
    finally:
        someone.link.close()

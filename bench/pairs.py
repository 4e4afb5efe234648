"""Pairs of simulated phones that call each other, whatever they speak."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from bridge.core import DeviceName, MacAddress
from bridge.errors import SepbridgeError
from bridge.lab.anyphone import AnyPhone
from bridge.lab.filefetch import FileServer
from bridge.lab.phoneevents import CallAnswered, CallEnded, CallRinging, CallStarted, PhoneEvent
from bridge.lab.storm import MODELS, SCCP_MODELS, phones_at_work

WITHIN = 10.0
"""Seconds that any step of a call may take."""
QUIET = 5.0
"""Seconds without news of any phone, after which all have come up for good."""
SETTLED_WITHIN = 120.0


@dataclass(slots=True, eq=False)
class Party:
    """A phone and what its call has come to."""

    phone: AnyPhone | None = None
    answers: bool = True
    """Takes a call as soon as it rings."""
    ringing: asyncio.Event = field(default_factory=asyncio.Event)
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self) -> None:
        """A new call is going to be."""
        for each in (self.ringing, self.connected, self.over):
            each.clear()

    def hear(self, event: PhoneEvent) -> None:
        """Take note."""
        match event:
            case CallStarted(incoming=True):
                self.ringing.set()
                if self.answers and self.phone is not None:
                    asyncio.get_running_loop().call_soon(self._answer, self.phone)
            case CallRinging():
                self.ringing.set()
            case CallAnswered():
                self.connected.set()
            case CallEnded():
                self.over.set()
            case _:
                pass

    @staticmethod
    def _answer(phone: AnyPhone) -> None:
        with contextlib.suppress(SepbridgeError):  # the caller gave up meanwhile
            phone.answer()


@dataclass(frozen=True, slots=True)
class Pair:
    """Who calls, and who is called."""

    caller: Party
    callee: Party

    async def call(self, talk: float) -> str:
        """One call from the first key to the end on both sides; what did not come about of it, or nothing."""
        caller, callee = self.caller.phone, self.callee.phone
        assert caller is not None
        assert callee is not None
        self.caller.begin()
        self.callee.begin()
        step = "dialling"
        try:
            caller.call(callee.number)
            async with asyncio.timeout(WITHIN):
                step = "ringing"
                await self.callee.ringing.wait()
                step = "the answer"
                await self.callee.connected.wait()
                await self.caller.connected.wait()
            await asyncio.sleep(talk)
            step = "hanging up"
            caller.hang_up()
            async with asyncio.timeout(WITHIN):
                await self.caller.over.wait()
                await self.callee.over.wait()
        except (TimeoutError, SepbridgeError) as error:
            await self._clear()
            return f"{step}: {error}" if str(error) else f"{step}: too late"
        return ""

    async def _clear(self) -> None:
        for party in (self.caller, self.callee):
            with contextlib.suppress(SepbridgeError):
                if party.phone is not None and party.phone.current_call is not None:
                    party.phone.hang_up()
        await asyncio.sleep(1.0)


async def _quiet(news: asyncio.Event) -> None:
    """Wait until nothing has been heard for a while."""
    with contextlib.suppress(TimeoutError):
        while True:
            news.clear()
            async with asyncio.timeout(QUIET):
                await news.wait()


@contextlib.asynccontextmanager
async def working_pairs(
    count: int, server: FileServer, *, sccp: bool, models: Sequence[str] = ()
) -> AsyncIterator[list[Pair]]:
    """Phones that come up and stay, two by two. Raises SepbridgeError when one does not."""
    parties: dict[DeviceName, Party] = {}
    news = asyncio.Event()

    def hear(event: PhoneEvent) -> None:
        news.set()
        parties.setdefault(event.device, Party()).hear(event)

    # Both kinds may work in one lab.
    mac, address = ("001B54000001", "127.64.0.1") if sccp else ("001B55000001", "127.80.0.1")
    async with phones_at_work(
        count * 2,
        server,
        models=models or (SCCP_MODELS if sccp else MODELS),
        first_mac=MacAddress(mac),
        first_address=address,
        listener=hear,
        sccp=sccp,
    ) as (report, phones):
        if not report.is_clean:
            raise SepbridgeError(f"{report.registered} of {report.phones} phones came up", why=str(report.failures[:3]))
        # A phone whose model is learnt when it registers is restarted once more.
        async with asyncio.timeout(SETTLED_WITHIN):
            await _quiet(news)
        for phone in phones:
            parties[phone.device].phone = phone
        both = [parties[phone.device] for phone in phones]
        yield [Pair(caller, callee) for caller, callee in zip(both[::2], both[1::2], strict=True)]

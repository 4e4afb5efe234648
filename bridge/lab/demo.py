"""The demo: phones that nobody configured boot, get numbers, register and call each other, on a real Asterisk.

This module plays the scenario and keeps the board; drawing it is the command line's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from bridge.core import DeviceName, MacAddress, SignallingProtocol
from bridge.core.events import (
    EndpointConfirmed,
    EndpointWritten,
    Event,
    FileRewritten,
    ModelLearnt,
    PbxReloaded,
    PhoneAdmitted,
    PhoneRegistered,
)
from bridge.errors import SepbridgeError
from bridge.lab.filefetch import FileServer
from bridge.lab.g711 import TONES
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import (
    AudioHeard,
    CallAnswered,
    CallEnded,
    ConfigRejected,
    FileAsked,
    PhoneEvent,
    Registered,
    RegistrationRejected,
    RestartAsked,
)
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import Testbed

SIP_MODELS = ("8841", "7841", "7942", "8861")
SCCP_MODELS = ("7961", "7912", "7975")
FIRST_MAC = 0x0011_22D0_0000
WITHIN = 30.0
"""Seconds that the whole boot may take, and again the call."""
STEP = 0.1
DIGITS = "1234"
CLEAR = 0.8
"""Part of the heard energy that must be the other phone's tone."""


@dataclass(slots=True)
class BoardRow:
    """What the board shows of one phone."""

    device: DeviceName
    model: str
    protocol: SignallingProtocol
    tone: int
    display: str = ""
    files: int = 0
    last_file: str = ""
    number: str = ""
    written: bool = False
    confirmed: bool = False
    registered: bool = False
    known_as: str = ""
    """The model as the bridge found it out."""
    restarted: bool = False
    rewritten: bool = False
    settled: bool = False
    """Registered for good: after its restart, if there was one."""
    call: str = ""
    heard: int = 0
    trouble: str = ""


@dataclass(slots=True)
class Board:
    """The state of the demo."""

    rows: dict[DeviceName, BoardRow]
    reloads: int = 0
    headline: str = "starting"
    verdict: str = ""
    changed: Callable[[], None] = field(default=lambda: None)
    """Called after every change."""

    def settled(self, protocol: SignallingProtocol) -> bool:
        """Whether every phone of that protocol is registered for good."""
        return all(row.settled for row in self.rows.values() if row.protocol is protocol)


class Demo:
    """One run of the scenario on a testbed. ``pace``: seconds between phones, so that a person can follow."""

    def __init__(self, bed: Testbed, *, pace: float = 0.5) -> None:
        self._bed = bed
        self._pace = pace
        self._step = asyncio.Event()
        makers: list[tuple[type[SimulatedPhone | SccpPhone], str]] = [
            *((SimulatedPhone, model) for model in SIP_MODELS),
            *((SccpPhone, model) for model in SCCP_MODELS),
        ]
        self.phones: list[SimulatedPhone | SccpPhone] = [
            make(
                model,
                MacAddress(f"{FIRST_MAC + index:012X}"),
                FileServer(bed.tftp, bed.http),
                timing=LAB_TIMING,
                tone=TONES[4 * index],
                auto_answer=0.3,
                listener=self._heard_phone,
            )
            for index, (make, model) in enumerate(makers)
        ]
        self.board = Board(
            {
                phone.device: BoardRow(phone.device, phone.model.name, phone.protocol, phone.tone)
                for phone in self.phones
            }
        )
        self._unsubscribe = bed.service.recorder.subscribe(self._heard_bridge)

    async def run(self) -> bool:
        """Play it; True only if everything happened that should."""
        try:
            # Mixed batches go in two phases, as on CUCM: the parameter says what dual-protocol phones are to speak.
            for protocol in SignallingProtocol.SIP, SignallingProtocol.SCCP:
                self._bed.window_desk().set_protocol(protocol)
                await self._bed.service.refresh()
                batch = [phone for phone in self.phones if phone.protocol is protocol]
                self._say(f"{len(batch)} phones with {protocol} firmware that nobody configured are switched on")
                for phone in batch:
                    phone.power_on()
                    await asyncio.sleep(self._pace)
                await self._until(partial(self.board.settled, protocol), WITHIN)
                if not self.board.settled(protocol):
                    return self._end(f"not every {protocol} phone registered", good=False)
            if len({row.number for row in self.board.rows.values()}) != len(self.phones):
                return self._end("two phones have the same number", good=False)
            sip = [phone for phone in self.phones if phone.protocol is SignallingProtocol.SIP]
            sccp = [phone for phone in self.phones if phone.protocol is SignallingProtocol.SCCP]
            for caller, callee in ((sip[0], sip[1]), (sccp[0], sip[2]), (sip[3], sccp[1]), (sccp[2], sccp[0])):
                if not await self._call(caller, callee):
                    return False
            if not await self._use_services(sccp[0]):
                return False
            return self._end(
                f"{len(self.phones)} phones have numbers of their own after {self.board.reloads} reloads; "
                "SIP and SCCP phones called each other, audio verified in both directions each time; "
                "an SCCP phone heard an announcement and its own echo, and its digits arrived",
                good=True,
            )
        except SepbridgeError as error:
            return self._end(str(error), good=False)

    async def close(self) -> None:
        """Switch everything off."""
        self._unsubscribe()
        for phone in self.phones:
            await phone.power_off()

    async def _call(self, caller: SimulatedPhone | SccpPhone, callee: SimulatedPhone | SccpPhone) -> bool:
        one, two = self.board.rows[caller.device], self.board.rows[callee.device]
        one.heard = two.heard = 0
        self._say(f"{one.number} ({one.protocol}) calls {two.number} ({two.protocol})")
        one.call, two.call = f"calls {two.number}", f"rung by {one.number}"

        def both_hear() -> bool:
            return one.heard == callee.tone and two.heard == caller.tone

        caller.call(two.number)
        await self._until(both_hear, WITHIN)
        heard = both_hear()
        await asyncio.sleep(2 * self._pace)
        if not heard:
            return self._end(f"no audio in both directions between {one.number} and {two.number}", good=False)
        caller.hang_up()
        await caller.wait_for(CallEnded)
        await callee.wait_for(CallEnded)
        one.call, two.call = f"talked to {two.number}", f"talked to {one.number}"
        return True

    async def _use_services(self, phone: SimulatedPhone | SccpPhone) -> bool:
        """An announcement, the echo, and digits that Asterisk reads and stores: all in the lab's own dialplan."""
        row = self.board.rows[phone.device]
        self._say(
            f"{row.number} ({row.protocol}) calls an announcement, the echo, and an application that reads digits"
        )

        def hears_something() -> bool:
            return phone.current_call is not None and phone.current_call.is_audible

        if not await self._talks_to(phone, "601", hears_something):
            return self._end(f"{row.number} heard no announcement", good=False)
        if not await self._talks_to(phone, "600", lambda: row.heard == phone.tone):
            return self._end(f"{row.number} did not hear its echo", good=False)
        await self._bed.asterisk.cli("database del lab digits")
        phone.call("602")
        await self._polled(hears_something)  # the beep: now somebody listens
        phone.press_keys(DIGITS)
        read = ""
        for _ in range(round(WITHIN / STEP)):
            read = await self._bed.asterisk.cli("database get lab digits")
            if DIGITS in read:
                break
            await asyncio.sleep(STEP)
        phone.hang_up()
        await phone.wait_for(CallEnded)
        if DIGITS not in read:
            return self._end(f"the digits of {row.number} did not arrive", good=False)
        row.call = f"601, 600, digits {DIGITS}"
        return True

    async def _talks_to(self, phone: SimulatedPhone | SccpPhone, number: str, hears: Callable[[], bool]) -> bool:
        row = self.board.rows[phone.device]
        row.call = f"calls {number}"
        phone.call(number)
        heard = await self._polled(hears)
        phone.hang_up()
        await phone.wait_for(CallEnded)
        return heard

    @staticmethod
    async def _polled(reached: Callable[[], bool]) -> bool:
        """Look now and then: neither a voice nor Asterisk's database says that something changed."""
        for _ in range(round(WITHIN / STEP)):
            if reached():
                return True
            await asyncio.sleep(STEP)
        return False

    async def _until(self, reached: Callable[[], bool], within: float) -> None:
        try:
            async with asyncio.timeout(within):
                while not reached():
                    self._step.clear()
                    await self._step.wait()
        except TimeoutError:
            return

    def _say(self, headline: str) -> None:
        self.board.headline = headline
        self._changed()

    def _end(self, verdict: str, *, good: bool) -> bool:
        self.board.headline = "it works" if good else "something is wrong"
        self.board.verdict = verdict
        self._changed()
        return good

    def _changed(self) -> None:
        # A phone reports what happens before it changes its display: look at the displays a moment later.
        asyncio.get_running_loop().call_soon(self._redraw)
        self._step.set()

    def _redraw(self) -> None:
        for phone in self.phones:
            self.board.rows[phone.device].display = phone.display
        self.board.changed()

    # --- what the phones say -----------------------------------------------------------------------------------------

    def _heard_phone(self, event: PhoneEvent) -> None:
        row = self.board.rows[event.device]
        match event:
            case FileAsked():
                row.files += 1
                row.last_file = event.name
            case Registered():
                row.registered = True
                row.trouble = ""
                self._settle(row)
            case RestartAsked():
                row.registered = False
                row.restarted = row.restarted or event.obeyed
                row.trouble = "" if event.obeyed else event.why
            case RegistrationRejected() | ConfigRejected():
                row.trouble = event.why
            case CallAnswered():
                row.call = row.call.replace("calls", "talks to").replace("rung by", "talks to")
            case AudioHeard() if event.frequency and event.ratio >= CLEAR:
                row.heard = event.frequency
        self._changed()

    # --- what the bridge says ----------------------------------------------------------------------------------------

    def _heard_bridge(self, event: Event) -> None:
        if isinstance(event, PbxReloaded):
            self.board.reloads += 1
        row = self.board.rows.get(event.device) if event.device else None
        if row is not None:
            match event:
                case PhoneAdmitted():
                    row.number = event.number
                case EndpointWritten():
                    row.written = True
                case EndpointConfirmed():
                    row.confirmed = True
                case ModelLearnt():
                    row.known_as = event.model
                case FileRewritten():
                    row.rewritten = True
                case PhoneRegistered():
                    self._settle(row)
        self._changed()

    @staticmethod
    def _settle(row: BoardRow) -> None:
        """A phone is settled when it is registered and the bridge knows its model; after its restart, if it got one."""
        wants_restart = row.rewritten or row.protocol is SignallingProtocol.SCCP
        row.settled = row.registered and row.confirmed and bool(row.known_as) and (row.restarted or not wants_restart)

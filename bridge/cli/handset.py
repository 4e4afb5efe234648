"""A simulated phone at the terminal: what it shows, and what is typed."""

from __future__ import annotations

import asyncio

from rich.console import Console
from rich.text import Text

from bridge.cli.typedlines import END_OF_INPUT, typed_lines
from bridge.errors import SepbridgeError
from bridge.lab.anyphone import AnyPhone
from bridge.lab.phoneevents import (
    AudioHeard,
    CallAnswered,
    CallEnded,
    CallRinging,
    CallStarted,
    ConfigAccepted,
    ConfigRejected,
    FileGot,
    FileMissing,
    PhoneEvent,
    Registered,
    RegistrationRejected,
    RestartAsked,
)

HELP = "call NUMBER · answer · hang up · keys DIGITS · hold · resume · off · on · quit"


class Handset:
    """Prints what happens, and does what is typed, line by line."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def heard(self, event: PhoneEvent) -> None:
        """One line for an event that a person would notice."""
        match event:
            case FileGot():
                text = f"got {event.name} ({event.size} bytes, {event.via})"
            case FileMissing():
                text = f"no {event.name}" + (" (no answer)" if event.timed_out else "")
            case ConfigAccepted():
                text = f"takes the configuration, line {event.number}"
            case ConfigRejected():
                text = f"refuses the configuration: {event.why}"
            case Registered():
                text = f"registered at {event.server} as {event.number}"
            case RegistrationRejected():
                text = f"registration refused: {event.status} {event.why}"
            case RestartAsked():
                text = f"told to {event.action}" + ("" if event.obeyed else f", refused: {event.why}")
            case CallStarted():
                text = f"{event.number} calls: type answer" if event.incoming else f"calling {event.number}"
            case CallRinging():
                text = "it rings at the other end"
            case CallAnswered():
                text = "connected"
            case CallEnded():
                text = f"call ended ({event.status} {event.why})".replace(" )", ")")
            case AudioHeard():
                text = f"hears {event.frequency} Hz" if event.frequency else "hears silence"
            case _:
                return
        self._console.print(Text.assemble((str(event.device), "dim"), " ", text), soft_wrap=True)

    async def run(self, phone: AnyPhone) -> None:
        """Do what is typed, until ``quit``. When the input ends the phone stays, until somebody ends this."""
        self._console.print(HELP, style="dim")
        async for line in typed_lines():
            words = line.split()
            if words[:1] in (["quit"], ["exit"]):
                return
            try:
                await self._do(phone, words)
            except SepbridgeError as error:
                self._console.print(Text(error.what, style="red"), soft_wrap=True)
        self._console.print(END_OF_INPUT, style="dim")
        await asyncio.Event().wait()

    async def _do(self, phone: AnyPhone, words: list[str]) -> None:
        match words:
            case []:
                self._console.print(phone.display or "(dark)", markup=False)
            case ["call", number]:
                phone.call(number)
            case ["answer"]:
                phone.answer()
            case ["hang", "up"] | ["hangup"]:
                phone.hang_up()
            case ["keys", digits]:
                phone.press_keys(digits)
            case ["hold"]:
                phone.hold()
            case ["resume"]:
                phone.resume()
            case ["off"]:
                await phone.power_off()
            case ["on"]:
                phone.power_on()
            case _:
                self._console.print(HELP, style="dim")

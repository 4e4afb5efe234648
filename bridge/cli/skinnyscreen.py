"""An SCCP phone at the terminal: its screen, its soft keys and lamps, and what is typed to press them."""

from __future__ import annotations

import asyncio

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bridge.cli.typedlines import END_OF_INPUT, typed_lines
from bridge.errors import SepbridgeError
from bridge.lab.phoneevents import (
    AudioHeard,
    ConfigRejected,
    FileGot,
    FileMissing,
    PhoneEvent,
    Registered,
    RegistrationRejected,
    RestartAsked,
)
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.skinnydisplay import ScreenView

HELP = (
    "any soft key by its label · digits and * # · call NUMBER · lift · down · speaker · line N · button N · speed N · "
    "messages · volume + or - · flash · faults · off · on · quit"
)
_WIDTH = 60
_SETTLING = 0.05
"""Seconds of quiet after which a changed screen is drawn."""
_KEYS = frozenset("0123456789*#")


class SkinnyScreen:
    """Draws the phone whenever its screen changed, and does what is typed, line by line."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._phone: SccpPhone | None = None
        self._drawn: ScreenView | None = None
        self._timer: asyncio.TimerHandle | None = None

    def heard(self, event: PhoneEvent) -> None:
        """One line for an event that does not show on the screen."""
        match event:
            case FileGot():
                text = f"got {event.name} ({event.size} bytes, {event.via})"
            case FileMissing():
                text = f"no {event.name}" + (" (no answer)" if event.timed_out else "")
            case ConfigRejected():
                text = f"refuses the configuration: {event.why}"
            case Registered():
                text = f"registered at {event.server} as {event.number}"
            case RegistrationRejected():
                text = f"not registered at {event.server}: {event.why}"
            case RestartAsked():
                text = f"told to {event.action}"
            case AudioHeard():
                text = f"hears {event.frequency} Hz" if event.frequency else "hears silence"
            case _:
                return
        self._console.print(Text(f"{event.device} {text}", style="dim"), soft_wrap=True)

    def changed(self) -> None:
        """The screen may have changed: draw it once things have settled."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SETTLING, self._draw)

    def _draw(self) -> None:
        self._timer = None
        if self._phone is not None and (view := self._phone.view) != self._drawn:
            self._drawn = view
            self._console.print(picture(self._phone, view))

    async def run(self, phone: SccpPhone) -> None:
        """Do what is typed, until ``quit``. When the input ends the phone stays, until somebody ends this."""
        self._phone = phone
        self._console.print(HELP, style="dim")
        async for line in typed_lines():
            if line in {"quit", "exit"}:
                return
            try:
                await self.do(phone, line)
            except SepbridgeError as error:
                why = f" ({error.why})" if error.why else ""
                self._console.print(Text(error.what + why, style="red"), soft_wrap=True)
        self._console.print(END_OF_INPUT, style="dim")
        await asyncio.Event().wait()

    async def do(self, phone: SccpPhone, line: str) -> None:
        """One command. Raises what the phone's keys raise."""
        words = line.lower().split()
        if any(label.lower() == line.lower() for label in phone.view.soft_keys if label):
            phone.press_soft_key(line)
            return
        match words:
            case []:
                self._console.print(picture(phone, phone.view))
            case ["call", number]:
                phone.call(number)
            case ["answer"]:
                phone.answer()
            case ["hang", "up"] | ["hangup"]:
                phone.hang_up()
            case ["lift"]:
                phone.lift()
            case ["down"]:
                phone.put_down()
            case ["speaker"]:
                phone.press_speaker()
            case ["line" | "button" | "speed" as kind, number] if number.isdecimal():
                self._button(phone, kind, int(number))
            case ["messages"]:
                phone.press_messages()
            case ["flash"]:
                phone.flash()
            case ["volume", "+" | "-" as way]:
                phone.press_volume(1 if way == "+" else -1)
            case ["faults"]:
                self._console.print("\n".join(phone.faults) or "none", markup=False)
            case ["off"]:
                await phone.power_off()
                self.changed()
            case ["on"]:
                phone.power_on()
            case [keys] if set(keys) <= _KEYS:
                phone.press_keys(keys)
            case _:
                self._console.print(HELP, style="dim")

    @staticmethod
    def _button(phone: SccpPhone, kind: str, number: int) -> None:
        if kind == "line":
            phone.press_line(number)
        elif kind == "speed":
            phone.press_speed_dial(number)
        else:
            phone.press_button(number)


def picture(phone: SccpPhone, view: ScreenView) -> RenderableType:
    """The phone as it stands on the desk."""
    screen = Table.grid(expand=True)
    screen.add_column(ratio=2)
    screen.add_column(justify="right", ratio=1)
    left = [Text(view.clock), *(Text(call, style="bold") for call in view.calls)]
    right = [Text(label) for label in view.labels]
    for row in range(max(len(left), len(right))):
        screen.add_row(left[row] if row < len(left) else "", right[row] if row < len(right) else "")
    keys = Text()
    for label in view.soft_keys:
        keys.append(f" {label or '     '} ", style="reverse")
        keys.append(" ")
    signs = []
    if view.message_waiting:
        signs.append("message waiting")
    if view.ringing:
        signs.append("rings")
    if view.speaker:
        signs.append("speaker")
    if view.tone:
        signs.append(f"tone: {view.tone}")
    signs.extend(view.lamps)
    signs.extend(view.watched)
    return Panel(
        Group(screen, Text(view.status, style="bold"), keys),
        title=f"{phone.model.name} {phone.device}",
        subtitle=Text(" · ".join(signs)),
        width=_WIDTH,
        title_align="left",
        subtitle_align="left",
    )

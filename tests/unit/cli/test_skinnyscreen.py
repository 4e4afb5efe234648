"""The SCCP phone on the terminal: what it draws, and what typing does."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from rich.console import Console

from bridge.cli.frame import Frame
from bridge.cli.lab import PhoneWishes, _phone_and_person
from bridge.cli.skinnyscreen import HELP, SkinnyScreen, picture
from bridge.core import MacAddress
from bridge.errors import LocalProtocolError
from bridge.lab.filefetch import FileServer
from bridge.lab.phoneevents import AudioHeard, CallStarted, PoweredOff, Registered
from bridge.lab.phonetiming import LAB_TIMING, PhoneState
from bridge.lab.sccpphone import SccpPhone
from bridge.sccp import KeypadButton, OffHook, OnHook, SoftKeyEvent, Stimulus
from tests.unit.lab.sccpbench import Bench, open_bench
from tests.unit.lab.skinnyserver import ScriptedListener, until

REF = 7


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with open_bench() as bench:
        yield bench


class Desk:
    """A screen, its phone, and the server that the phone is registered at."""

    def __init__(self, listener: ScriptedListener, screen: SkinnyScreen, phone: SccpPhone, console: Console) -> None:
        self.listener = listener
        self.screen = screen
        self.phone = phone
        self.console = console

    @property
    def session(self):  # type: ignore[no-untyped-def]  # the scripted server of the one connection
        return self.listener.sessions[-1]

    async def typed(self, *lines: str) -> None:
        for line in lines:
            await self.screen.do(self.phone, line)

    def hears(self, data: bytes) -> None:
        self.listener.writers[-1].write(data)

    def seen(self) -> str:
        with self.console.capture() as capture:
            self.console.print(picture(self.phone, self.phone.view))
        return capture.get()


@pytest.fixture
async def desk(bench: Bench) -> Desk:
    listener, port = await bench.manager(speed_dials=1)
    bench.give_file(port)
    console = Console(file=io.StringIO(), width=80, color_system=None)
    screen = SkinnyScreen(console)
    phone = bench.phone(listener=screen.heard, redraw=screen.changed)
    phone.power_on()
    await phone.wait_for(Registered)
    return Desk(listener, screen, phone, console)


async def test_the_idle_phone(desk: Desk) -> None:
    seen = desk.seen()
    assert "7961G SEP001122334455" in seen
    for words in ("23:18 05.06.26", "Line 1001", "Dial 1", "Your current options", "NewCall"):
        assert words in seen


async def test_what_watched_numbers_do_is_drawn(desk: Desk) -> None:
    with desk.console.capture() as capture:
        desk.console.print(picture(desk.phone, replace(desk.phone.view, watched=("Carol: in use",))))
    assert "Carol: in use" in capture.get()


async def test_typing_presses_keys(desk: Desk) -> None:
    await desk.typed("newcall")
    await until(lambda: bool(desk.session.of(SoftKeyEvent)))
    desk.hears(desk.session.dial_tone(REF))
    await until(lambda: "EndCall" in desk.phone.view.soft_keys)
    assert "tone: inside dial" in desk.seen()
    await desk.typed("60", "1")
    await until(lambda: len(desk.session.of(KeypadButton)) == 3)
    await desk.typed("speaker")
    await until(lambda: bool(desk.session.of(OnHook)))
    await desk.typed("speed 1", "line 1", "button 2", "messages", "volume +")
    await until(lambda: len(desk.session.of(Stimulus)) == 4)
    desk.hears(desk.session.hung_up(REF))
    await until(lambda: desk.phone.current_call is None)
    await desk.typed("lift", "down")
    await until(lambda: bool(desk.session.of(OffHook)))


async def test_a_call_by_one_word(desk: Desk) -> None:
    await desk.typed("call 600")
    await until(lambda: bool(desk.session.of(SoftKeyEvent)))
    desk.hears(desk.session.dial_tone(REF))
    assert (await desk.phone.wait_for(CallStarted)).number == "600"
    await desk.typed("faults", "")


async def test_what_cannot_be_pressed(desk: Desk) -> None:
    for line in ("answer", "down", "button 9"):
        with pytest.raises(LocalProtocolError):
            await desk.typed(line)
    with desk.console.capture() as capture:
        await desk.typed("dance")
    assert " ".join(capture.get().split()) == " ".join(HELP.split())


async def test_off_and_on(desk: Desk) -> None:
    await desk.typed("off")
    await desk.phone.wait_for(PoweredOff)
    assert desk.phone.state is PhoneState.OFF
    await desk.typed("on")
    await desk.phone.wait_for(Registered)


async def test_what_does_not_show_on_the_screen(desk: Desk) -> None:
    with desk.console.capture() as capture:
        desk.screen.heard(AudioHeard(desk.phone.device, 0.0, call=1, frequency=700, ratio=1.0))
        desk.screen.heard(PoweredOff(desk.phone.device, 0.0))
    assert capture.get() == "SEP001122334455 hears 700 Hz\n"


async def test_nobody_hangs_up_but_whoever_types() -> None:
    wishes = PhoneWishes("7961", MacAddress.parse("001122334455"), True, None, LAB_TIMING)
    phone, typing = _phone_and_person(Frame(None), wishes, FileServer(("127.0.0.1", 69)))
    typing.close()
    assert isinstance(phone, SccpPhone)
    assert phone._habits.gives_up is None

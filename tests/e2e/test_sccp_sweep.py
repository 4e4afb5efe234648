"""Every message of a phone's life truncated, torn, lost, repeated and out of order, against the running program.

Each case is a phone of its own on a real socket: it goes through one script of registration and calls in which one
message is spoilt. Whatever comes of that, afterwards nothing may be left: no lamp, no tone, no call at the proxy or at
Asterisk; and the same phone must be able to register and to call.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from bridge.app.phones.phones import PhoneDesk
from bridge.app.settings import SccpSettings
from bridge.app.system import SystemClock, SystemIds
from bridge.core import DeviceName, SignallingProtocol
from bridge.lab.testbed import Testbed, prepared_testbed
from bridge.sccp import (
    Alarm,
    ButtonTemplateReq,
    ConnectionStatisticsRes,
    EnblocCall,
    KeepAlive,
    KeypadButton,
    KeypadKey,
    LineStatReq,
    Message,
    OffHook,
    OnHook,
    RegisterAck,
    RegisterAvailableLines,
    SoftKeyEvent,
    SoftKeyEventType,
    SoftKeySetReq,
    SoftKeyTemplateReq,
    SpeedDialStatReq,
    StartMediaTransmissionAck,
    StationAddress,
    StationCallState,
    TimeDateReq,
    Unregister,
    UnregisterAck,
)
from bridge.store import open_store
from tests.e2e.desks import SCCP, channels_of, polled
from tests.e2e.programs import run, started
from tests.sccpclient import SILENT_PLACE, Phone, Session, connected

PACE = 0.5
"""Seconds that the script waits for what may not come, because a message was spoilt."""
AT_ONCE = 50


class Spoilt(StrEnum):
    """What happens to the one message."""

    NOT = "not at all"
    HALVED = "half its body"
    EMPTIED = "no body"
    TORN = "the connection breaks in its middle"
    RUN_TOGETHER = "half of it, and the next one follows"
    LOST = "never sent"
    REPEATED = "sent twice"
    OVERTAKEN = "after the next one"


MUTE = (Spoilt.TORN, Spoilt.RUN_TOGETHER)
"""After these nothing that the phone says is heard on this connection."""


@dataclass(frozen=True)
class Step:
    """One message of the script, and what a phone would wait for before it sends the next one."""

    build: Callable[[Phone], Message | None]
    until: Callable[[Phone], bool] = lambda phone: True


def key(pressed: KeypadKey) -> Step:
    return Step(lambda phone: KeypadButton(pressed, 1, phone.ref))


def soft_key(pressed: SoftKeyEventType, until: Callable[[Phone], bool]) -> Step:
    return Step(lambda phone: SoftKeyEvent(pressed, 1, phone.ref), until)


def asked_to_open(phone: Phone) -> bool:
    return bool(phone.station.opening)


ACKNOWLEDGE = Step(Phone.acknowledgement, lambda phone: phone.talks)
REGISTER = Step(Phone.register, lambda phone: phone.has(RegisterAck) and bool(phone.station.to_send))
REGISTRATION = (
    Step(lambda phone: Alarm(text="25: Name=SEP Load=8.5 Last=Initialized")),
    REGISTER,
    Step(Phone.capabilities),
    Step(lambda phone: ButtonTemplateReq()),
    Step(lambda phone: SoftKeyTemplateReq()),
    Step(lambda phone: SoftKeySetReq()),
    Step(lambda phone: LineStatReq(1)),
    Step(lambda phone: SpeedDialStatReq(1)),
    Step(lambda phone: RegisterAvailableLines(1)),
    Step(lambda phone: TimeDateReq(), lambda phone: phone.is_idle),
    Step(lambda phone: KeepAlive()),
)
CALL = (
    Step(lambda phone: OffHook()),
    key(KeypadKey.DIGIT_6),
    key(KeypadKey.DIGIT_0),
    key(KeypadKey.DIGIT_0),
    Step(lambda phone: KeypadButton(KeypadKey.POUND, 1, phone.ref), asked_to_open),
    ACKNOWLEDGE,
    Step(lambda phone: StartMediaTransmissionAck(0, 0, phone.ref, StationAddress.of(SILENT_PLACE), 30000)),
    key(KeypadKey.DIGIT_5),
    soft_key(SoftKeyEventType.HOLD, lambda phone: phone.state(StationCallState.HOLD)),
    soft_key(SoftKeyEventType.RESUME, asked_to_open),
    ACKNOWLEDGE,
    Step(lambda phone: OnHook(1, phone.ref), lambda phone: phone.is_at_rest),
    Step(lambda phone: ConnectionStatisticsRes()),
)
SECOND_CALL = (
    soft_key(SoftKeyEventType.NEW_CALL, lambda phone: bool(phone.station.states)),
    Step(lambda phone: EnblocCall("600"), asked_to_open),
    ACKNOWLEDGE,
    soft_key(SoftKeyEventType.END_CALL, lambda phone: phone.is_at_rest),
)
FAREWELL = (Step(lambda phone: Unregister(), lambda phone: phone.has(UnregisterAck)),)
SCRIPT = (*REGISTRATION, *CALL, *SECOND_CALL, *FAREWELL)


class SpoilingSession(Session):
    """One connection on which one message is spoilt."""

    async def play(self, script: tuple[Step, ...], spoilt: Spoilt, place: int) -> None:
        """Go through the script; the message at ``place`` is spoilt."""
        skip = False
        for index, step in enumerate(script):
            if skip:
                skip = False
                continue
            message = step.build(self.phone)
            if index != place or message is None:
                self.say(message)
            else:
                following = script[index + 1] if index + 1 < len(script) else None
                skip = spoilt is Spoilt.OVERTAKEN and following is not None
                if self._spoil(message, spoilt, following):
                    return
            if not await self.answered():
                assert not self.phone.is_open, f"no answer to a keepalive after step {index}"
                return
            if spoilt is not Spoilt.NOT and step is not REGISTER and not self.phone.has(RegisterAck):
                continue  # nobody tells an unregistered phone anything
            met = await self.until(step.until, PACE if spoilt is not Spoilt.NOT else 20.0)
            assert met or spoilt is not Spoilt.NOT, f"step {index} led to nothing"

    def _spoil(self, message: Message, spoilt: Spoilt, following: Step | None) -> bool:
        """Send it spoilt. True when the phone is not heard any more."""
        data = self.phone.station.dialect.encode(message)
        head, body = data[:12], data[12:]
        match spoilt:
            case Spoilt.HALVED | Spoilt.EMPTIED:
                body = body[: len(body) // 2] if spoilt is Spoilt.HALVED else b""
                self.send((len(body) + 4).to_bytes(4, "little") + head[4:] + body)
            case Spoilt.TORN:
                self.send(data[: len(data) // 2 + 4])
                return True
            case Spoilt.RUN_TOGETHER:
                self.send(data[: len(data) // 2 + 4])
                self.send(self.phone.station.dialect.encode(OffHook()) * 60)
                return True
            case Spoilt.REPEATED:
                self.send(data * 2)
            case Spoilt.OVERTAKEN:
                if following is not None:
                    self.say(following.build(self.phone))
                self.send(data)
            case Spoilt.LOST | Spoilt.NOT:
                pass
        return False

    async def put_down(self) -> None:
        """Everything a person does to be rid of calls; then the phone shows none."""
        for _ in range(4):
            if not self.phone.is_open or self.phone.is_at_rest:
                break
            self.say(OnHook())
            self.say(SoftKeyEvent(SoftKeyEventType.END_CALL, 1, self.phone.ref))
            if not await self.answered():
                break
        if self.phone.is_open:
            assert await self.until(lambda phone: phone.is_at_rest, 5.0), self.phone.station


def cases() -> Iterator[tuple[DeviceName, Spoilt, int]]:
    """Every message with everything that may happen to it."""
    every = [(spoilt, place) for spoilt in list(Spoilt)[1:] for place in range(len(SCRIPT))]
    for index, (spoilt, place) in enumerate(every):
        yield DeviceName(f"SEP001122EE{index:04X}"), spoilt, place


async def play_all(bed: Testbed, *, spoil: bool) -> None:
    """All phones, some at a time."""
    listen = bed.settings.sccp.listen[0]
    some = asyncio.Semaphore(AT_ONCE)

    async def one(device: DeviceName, spoilt: Spoilt, place: int) -> None:
        phone = Phone(device)
        async with some, connected(phone, (listen.host, listen.port), SpoilingSession) as session:
            try:
                if spoil:
                    await session.play(SCRIPT, spoilt, place)
                else:
                    await session.play((*REGISTRATION, *SECOND_CALL, *FAREWELL), Spoilt.NOT, -1)
                if not spoil or spoilt not in MUTE:
                    await session.put_down()
            except AssertionError as error:
                error.add_note(f"{device}: message {place} {spoilt}")
                raise

    async with asyncio.TaskGroup() as group:
        for case in cases():
            group.create_task(one(*case))


async def test_no_spoilt_message_leaves_anything_behind() -> None:
    async with prepared_testbed(replace(SCCP, sccp=SccpSettings(preserve=1.0))) as bed:
        with contextlib.closing(open_store(bed.settings.database_url)) as store:
            desk = PhoneDesk(store, SystemClock(), SystemIds(), "lab")
            for device, _, _ in cases():
                desk.add(device, protocol=SignallingProtocol.SCCP)
        async with started("--config", str(bed.config), "serve") as (bridge, _):
            await play_all(bed, spoil=True)
            assert bridge.returncode is None

            async def quiet() -> bool:
                return not (await channels_of(bed) or await calls_of(bed))

            await polled(quiet)
            await play_all(bed, spoil=False)
            assert bridge.returncode is None
            assert not await calls_of(bed)


async def calls_of(bed: Testbed) -> int:
    """The proxy's calls, as the running program tells."""
    status = json.loads(await run("--config", str(bed.config), "status", "--json"))
    calls: int = status["service"]["sccp_calls"]
    return calls

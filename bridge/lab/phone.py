"""A simulated phone: plugged in, it boots, registers and calls as the references say its model does.

It is written from what is known of real phones, and knows nothing of what the server at the other end happens to do; so
it is a fair judge of that server, and a phone for people who have none.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TypeVar

from bridge.core import MacAddress, SignallingProtocol
from bridge.errors import LocalProtocolError
from bridge.lab.binaryfile import BINARY_FAMILIES
from bridge.lab.bootfiles import load_version
from bridge.lab.bootrun import sync_differs
from bridge.lab.calls import PhoneCall, PhoneCalls
from bridge.lab.deskphone import DeskPhone
from bridge.lab.filefetch import FileServer
from bridge.lab.flatfile import FLAT_FAMILIES
from bridge.lab.g711 import TONES
from bridge.lab.identity import default_load, model_named
from bridge.lab.lastreset import last_reset
from bridge.lab.line import LineEnding, LineHabits, PhoneLine
from bridge.lab.phoneevents import (
    PhoneEvent,
    PhoneListener,
    Registering,
    RegistrationRejected,
)
from bridge.lab.phonesettings import CallManager, PhoneSettings, TransportCode
from bridge.lab.phonetiming import PhoneState, PhoneTiming
from bridge.lab.sepfile import uses_call_manager
from bridge.lab.servicecontrol import NotifyTraits, RestartAction, traits_of
from bridge.phones import ConfigFamily, Model
from bridge.sip import Transport

E = TypeVar("E", bound=PhoneEvent)
_REFUSED = {403, 404}
_KEYWORD_ONLY = 9
"""Loads from this version on take the server from nowhere but ``USECALLMANAGER`` (SEP file reference, section 4.5)."""


class SimulatedPhone(DeskPhone):
    """One phone with SIP firmware. What it does is reported as events; what a person does with it are its methods."""

    protocol = SignallingProtocol.SIP

    def __init__(
        self,
        model: Model | str,
        mac: MacAddress,
        server: FileServer,
        *,
        load: str | None = None,
        local_address: str = "",
        timing: PhoneTiming | None = None,
        tone: int = TONES[0],
        auto_answer: float | None = None,
        trust_list: bool = False,
        oldest_load: str = "",
        room: int = 0,
        web_port: int = 0,
        traits: NotifyTraits | None = None,
        autoregistration_transport: Transport = Transport.UDP,
        listener: PhoneListener | None = None,
        clock_off: timedelta = timedelta(),
    ) -> None:
        """Raises NotFound for a model that is unknown, or whose boot order is.

        ``load``: the firmware it runs; None for a usual SIP load of the model, empty for none (factory reset).
        ``local_address``: its own IP address; empty lets the system choose. ``tone``: what it plays in calls,
        Hz. ``autoregistration_transport``: what its first REGISTER travels on when it knows nothing but the
        defaults (sources differ: the firmware's code is the one that is commented as UDP). ``clock_off``: how far its
        clock is ahead of the world's. ``oldest_load``: the first one that supports its revision of the hardware.
        ``room``: octets that its device file may have, 0 for any number.
        ``web_port``: where its own web pages are (80 on a real phone), 0 while they are switched off.
        """
        known = model_named(model) if isinstance(model, str) else model
        super().__init__(
            known,
            mac,
            server,
            load=default_load(known) if load is None else load,
            local_address=local_address,
            timing=timing,
            tone=tone,
            trust_list=trust_list,
            oldest_load=oldest_load,
            room=room,
            web_port=web_port,
            listener=listener,
        )
        self._auto_answer = auto_answer
        self.clock_off = clock_off
        self._traits = traits or traits_of(self.model)
        self._autoregistration_transport = autoregistration_transport
        self._line: PhoneLine | None = None
        self._call_count = 0

    # --- what can be seen --------------------------------------------------------------------------------------------

    @property
    def state(self) -> PhoneState:
        """Where it stands."""
        return PhoneState.REGISTERED if self._line and self._line.registered else self._state

    @property
    def display(self) -> str:
        """What the display says."""
        if self.state is PhoneState.REGISTERED and self.settings:
            return self.settings.label
        return self.state.value

    @property
    def number(self) -> str:
        """Name of the line that is registered; empty while none is."""
        line = self.settings.line if self.settings else None
        return line.name if line and self.state is PhoneState.REGISTERED else ""

    @property
    def register_call_id(self) -> str:
        """Call-ID of its REGISTERs; empty while it has sent none."""
        return self._line.call_id if self._line else ""

    @property
    def current_call(self) -> PhoneCall | None:
        """The call that it has."""
        calls = self._line.calls if self._line else None
        return calls.current if calls else None

    # --- what a person does with it ----------------------------------------------------------------------------------

    def call(self, number: str) -> PhoneCall:
        """Dial. Raises LocalProtocolError when the phone is not registered or in a call."""
        return self._calls.dial(number)

    def answer(self) -> None:
        """Take the call that rings."""
        self._calls.answer()

    def hang_up(self) -> None:
        """End the call, or refuse the one that rings."""
        self._calls.hang_up()

    def press_keys(self, keys: str) -> None:
        """Press keys in a call (RFC 4733)."""
        self._calls.press(keys)

    def hold(self) -> None:
        """Press Hold."""
        self._calls.hold()

    def resume(self) -> None:
        """Press Resume."""
        self._calls.resume()

    @property
    def _calls(self) -> PhoneCalls:
        calls = self._line.calls if self._line and self._line.registered else None
        if calls is None:
            raise LocalProtocolError(f"{self.device} is not registered: {self.display or 'it has no power'}")
        return calls

    async def _check_sync(self, line: PhoneLine) -> None:
        """After each check-sync: start again if ``syncinfo.xml`` has another number."""
        while True:
            await line.sync_asked.wait()
            line.sync_asked.clear()
            async with self._fetcher(http_first=False) as fetcher:
                if await sync_differs(fetcher, self._log, self._sync):
                    line.leave(RestartAction.RESET)

    # --- registration ------------------------------------------------------------------------------------------------

    async def _be_registered(self, settings: PhoneSettings, cause: str) -> RestartAction:
        """Stay registered, at the first server that takes the phone. Returns what the server told it to do, or NONE:
        no server took it, and the files are to be read again."""
        was_registered = False
        while True:
            servers = self._servers(settings)
            for server in servers:
                ending = await self._register(settings, server, servers[0], cause)
                if ending.action:
                    return ending.action
                was_registered |= ending.was_registered
                if ending.was_registered:
                    break  # the first server again, then the next
            else:
                if not was_registered:
                    await asyncio.sleep(self.timing.retry)
                    return RestartAction.NONE
                await asyncio.sleep(self.timing.reconnect)

    async def _register(
        self, settings: PhoneSettings, server: CallManager, first: CallManager, cause: str
    ) -> LineEnding:
        key = settings.lines[0]
        if self._state not in {PhoneState.STILL_REGISTERING, PhoneState.REJECTED}:
            self._state = PhoneState.REGISTERING
        line = PhoneLine(
            self._identity,
            settings,
            key,
            server,
            self._transport(settings),
            self._log,
            local_address=self.local_address,
            last=last_reset(cause, self.status_messages),
            traits=self._traits,
            habits=LineHabits(self.tone, self._auto_answer, self.clock_off),
            calls_before=self._call_count,
        )
        self._line = line
        self._log.report(Registering(*self._log.mark, server=server.address, number=key.name))
        syncing = asyncio.create_task(self._check_sync(line)) if self._sync else None
        try:
            ending = await line.run(fail_back=self.timing.fail_back, first=None if server is first else first)
        finally:
            if syncing:
                syncing.cancel()
            self._call_count = line.calls.count if line.calls else self._call_count
            self._line = None
            line.close()
        if not ending.action and not ending.failing_back:
            self._state = PhoneState.REJECTED if ending.status in _REFUSED else PhoneState.STILL_REGISTERING
            mark = self._log.mark
            self._log.report(RegistrationRejected(*mark, server=server.address, status=ending.status, why=ending.why))
        return ending

    def _servers(self, settings: PhoneSettings) -> tuple[CallManager, ...]:
        """The servers that the primary line registers with, first choice first."""
        key = settings.lines[0]
        by_profile = FLAT_FAMILIES | BINARY_FAMILIES | {ConfigFamily.SIPPHONE_7940_60}
        if self.model.family in by_profile or uses_call_manager(key):
            return settings.servers
        if load_version(self.load)[:1] >= (_KEYWORD_ONLY,) or not key.proxy:
            why = f"the line's proxy is {key.proxy!r}, and this load knows only USECALLMANAGER"
            self._log.report(RegistrationRejected(*self._log.mark, server=key.proxy, status=0, why=why))
            self._state = PhoneState.STILL_REGISTERING
            return ()
        return (CallManager(key.proxy, key.port),)

    def _transport(self, settings: PhoneSettings) -> Transport:
        if settings.autoregistering:
            return self._autoregistration_transport
        return Transport.TCP if settings.transport is TransportCode.TCP else Transport.UDP

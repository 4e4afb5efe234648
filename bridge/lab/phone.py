"""A simulated phone: plugged in, it boots, registers and calls as the references say its model does.

It is written from what is known of real phones, and knows nothing of what the server at the other end happens to do; so
it is a fair judge of that server, and a phone for people who have none.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

from bridge.core import DeviceName, MacAddress, SignallingProtocol
from bridge.errors import LocalProtocolError
from bridge.lab.bootfiles import boot_plan, load_version
from bridge.lab.bootorder import Booted, BootOrder, BootOutcome, NewFirmware, NotConfigured
from bridge.lab.bootrun import run_boot, sync_differs
from bridge.lab.calls import PhoneCall, PhoneCalls
from bridge.lab.filefetch import FileFetcher, FileServer
from bridge.lab.g711 import TONES
from bridge.lab.identity import PhoneIdentity, default_load, model_named
from bridge.lab.line import LineEnding, LineHabits, PhoneLine
from bridge.lab.phoneevents import (
    BrokeDown,
    ConfigAccepted,
    ConfigRejected,
    FirmwareLoaded,
    PhoneEvent,
    PhoneListener,
    PoweredOff,
    PoweredOn,
    Registering,
    RegistrationRejected,
)
from bridge.lab.phonelog import PhoneLog
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


class SimulatedPhone:
    """One phone. Everything that it does is reported as events; what a person does with it are its methods."""

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
        traits: NotifyTraits | None = None,
        autoregistration_transport: Transport = Transport.UDP,
        listener: PhoneListener | None = None,
    ) -> None:
        """Raises NotFound for a model that is unknown, or whose boot order is.

        ``load``: the firmware it runs; None for a usual SIP load of the model, empty for none (factory reset).
        ``local_address``: its own IP address; empty lets the system choose. ``tone``: what it plays in calls,
        Hz. ``autoregistration_transport``: what its first REGISTER travels on when it knows nothing but the
        defaults (sources differ: the firmware's code is the one that is commented as UDP).
        """
        self.model = model_named(model) if isinstance(model, str) else model
        self.mac = mac
        self.load = default_load(self.model) if load is None else load
        boot_plan(self.model, self.load)
        self.server = server
        self.local_address = local_address
        self.timing = timing or PhoneTiming()
        self.tone = tone
        self.trust_list = trust_list
        self.settings: PhoneSettings | None = None
        """What it goes by since its last boot."""
        self._state = PhoneState.OFF
        self.status_messages: tuple[str, ...] = ()
        """The status list of its last boot, in the words of its screen."""
        self.boots = 0
        """Times that it read its files."""
        self._auto_answer = auto_answer
        self._traits = traits or traits_of(self.model)
        self._autoregistration_transport = autoregistration_transport
        self._stored: PhoneSettings | None = None
        self._sync = ""
        self._log = PhoneLog(self.device, listener)
        self._life: asyncio.Task[None] | None = None
        self._line: PhoneLine | None = None
        self._call_count = 0

    # --- what can be seen --------------------------------------------------------------------------------------------

    @property
    def device(self) -> DeviceName:
        """``SEP`` and the MAC."""
        return self._identity.device

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

    @property
    def events(self) -> tuple[PhoneEvent, ...]:
        """The last events, oldest first."""
        return self._log.events

    async def wait_for(self, kind: type[E], *, within: float = 10.0) -> E:
        """The next event of a kind; it may have come before. Raises SepbridgeError after ``within`` seconds."""
        return await self._log.wait_for(kind, within=within)

    # --- what a person does with it ----------------------------------------------------------------------------------

    def power_on(self) -> None:
        """Plug it in. Does nothing while it has power."""
        if self._life is None:
            self._log.report(PoweredOn(*self._log.mark))
            self._state = PhoneState.CONFIGURING_IP
            self._life = asyncio.create_task(self._live(), name=f"phone {self.device}")
            self._life.add_done_callback(self._ended)

    async def power_off(self) -> None:
        """Pull the plug: nobody is told. What it keeps in flash stays."""
        life, self._life = self._life, None
        if life is None:
            return
        life.cancel()
        await asyncio.wait({life})
        self._state = PhoneState.OFF
        self._log.report(PoweredOff(*self._log.mark))

    async def factory_reset(self, *, keep_load: bool = True) -> None:
        """Power off, and forget settings and trust list; with ``keep_load`` False the firmware too."""
        await self.power_off()
        self._stored = self.settings = None
        self.trust_list = False
        if not keep_load:
            self.load = ""

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

    # --- its life ----------------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        action, cause = RestartAction.NONE, "initialized"
        await asyncio.sleep(self.timing.start)
        while True:
            self._state = PhoneState.CONFIGURING_IP
            outcome = await self._read_files(restart=action is RestartAction.RESTART)
            action = RestartAction.NONE
            match outcome:
                case NewFirmware(load=load):
                    self._log.report(FirmwareLoaded(*self._log.mark, load=load))
                    self.load, cause = load, "upgrade"
                case NotConfigured(why=why):
                    self._log.report(ConfigRejected(*self._log.mark, why=why))
                    await asyncio.sleep(self.timing.retry)
                case Booted(settings=settings):
                    if self._speaks_sccp:
                        why = "it now runs SCCP firmware, and this simulated phone speaks SIP only"
                        self._log.report(ConfigRejected(*self._log.mark, why=why))
                        return
                    self._take(settings)
                    action = await self._be_registered(settings, cause)
                    cause = f"reset-{action}" if action else "config-retry"

    def _ended(self, life: asyncio.Task[None]) -> None:
        """A phone that breaks down says so; in a storm nobody would look for its exception."""
        if not life.cancelled() and (error := life.exception()) is not None:
            self._log.report(BrokeDown(*self._log.mark, why=f"{type(error).__name__}: {error}"))

    def _take(self, settings: PhoneSettings) -> None:
        self.settings = settings
        if not settings.autoregistering:
            self._stored = settings
        number = settings.lines[0].name
        self._log.report(ConfigAccepted(*self._log.mark, autoregistering=settings.autoregistering, number=number))

    @property
    def _identity(self) -> PhoneIdentity:
        return PhoneIdentity(self.model, self.mac, self.load)

    @property
    def _speaks_sccp(self) -> bool:
        return self._identity.protocol is SignallingProtocol.SCCP

    @property
    def _calls(self) -> PhoneCalls:
        calls = self._line.calls if self._line and self._line.registered else None
        if calls is None:
            raise LocalProtocolError(f"{self.device} is not registered: {self.display or 'it has no power'}")
        return calls

    # --- files -------------------------------------------------------------------------------------------------------

    async def _read_files(self, *, restart: bool) -> BootOutcome:
        self.boots += 1
        order = BootOrder(
            self.model, self.mac, self.load, trust_list=self.trust_list, stored=self._stored, restart=restart
        )
        async with self._fetcher(http_first=order.asks_http) as fetcher:
            outcome = await run_boot(
                order, fetcher, self._log, self.timing, model=self.model, upgrading=self._show_upgrading
            )
        self.status_messages = tuple(order.status)
        self._sync = order.sync
        if order.refusal:
            self._log.report(ConfigRejected(*self._log.mark, why=str(order.refusal)))
        return outcome

    def _show_upgrading(self) -> None:
        self._state = PhoneState.UPGRADING

    def _fetcher(self, *, http_first: bool) -> FileFetcher:
        return FileFetcher(
            self.server, local_address=self.local_address, http_first=http_first, timing=self.timing.tftp
        )

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
            cause=cause,
            traits=self._traits,
            habits=LineHabits(self.tone, self._auto_answer),
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
        if self.model.family is ConfigFamily.SIPPHONE_7940_60 or uses_call_manager(key):
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

"""What every simulated desk phone has in common, whatever it speaks: power, flash, boots, and what it reports.

It is written from what is known of real phones, and knows nothing of what the server at the other end happens to do; so
it is a fair judge of that server, and a phone for people who have none.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from typing import ClassVar, TypeVar

from bridge.app.ending import end_task
from bridge.core import DeviceName, MacAddress, SignallingProtocol
from bridge.lab.bootfiles import boot_plan
from bridge.lab.bootorder import Booted, BootOrder, BootOutcome, NewFirmware, NotConfigured, UpgradeFailed
from bridge.lab.bootrun import run_boot
from bridge.lab.filefetch import FileFetcher, FileServer
from bridge.lab.flatfile import FLAT_FAMILIES
from bridge.lab.identity import PhoneIdentity
from bridge.lab.phoneevents import (
    BrokeDown,
    ConfigAccepted,
    ConfigRejected,
    FirmwareFailed,
    FirmwareLoaded,
    PhoneEvent,
    PhoneListener,
    PoweredOff,
    PoweredOn,
)
from bridge.lab.phonelog import PhoneLog
from bridge.lab.phonesettings import PhoneSettings
from bridge.lab.phonetiming import PhoneState, PhoneTiming
from bridge.lab.servicecontrol import RestartAction
from bridge.lab.webpages import device_page, log_page, network_page, served_pages
from bridge.phones import Model

E = TypeVar("E", bound=PhoneEvent)


class DeskPhone(ABC):
    """One phone. Everything that it does is reported as events."""

    protocol: ClassVar[SignallingProtocol]
    """What this kind of simulated phone speaks."""

    def __init__(
        self,
        model: Model,
        mac: MacAddress,
        server: FileServer,
        *,
        load: str,
        local_address: str = "",
        timing: PhoneTiming | None = None,
        tone: int,
        trust_list: bool = False,
        oldest_load: str = "",
        room: int = 0,
        web_port: int = 0,
        listener: PhoneListener | None = None,
        spcp: bool = False,
    ) -> None:
        """Raises NotFound for a model whose boot order is unknown. ``load``: empty after a factory reset.

        ``oldest_load``: the first one that supports its revision of the hardware. ``room``: octets that its device file
        may have, 0 for any number. ``web_port``: where its own web pages are (80 on a real phone), 0 while they are
        switched off. ``spcp``: an SPA phone that was switched to SPCP.
        """
        self.model = model
        self.mac = mac
        self.load = load
        self._spcp = spcp
        boot_plan(self.model, self.load, spcp=spcp)
        self.server = server
        self.local_address = local_address
        self.timing = timing or PhoneTiming()
        self.tone = tone
        """What it plays in calls, Hz."""
        self.trust_list = trust_list
        self.oldest_load = oldest_load
        self.room = room
        self._web_port = web_port
        self.settings: PhoneSettings | None = None
        """What it goes by since its last boot."""
        self.status_messages: tuple[str, ...] = ()
        """The status list of its last boot, in the words of its screen."""
        self.boots = 0
        """Times that it read its files."""
        self.profile_rule = ""
        """What somebody keyed in as its profile rule, if it reads flat profiles; its profile may set another one."""
        self.names_itself_over_http = self.model.family in FLAT_FAMILIES
        """Whether its HTTP requests have a User-Agent. No source tells which enterprise firmware does that."""
        self._state = PhoneState.OFF
        self._stored: PhoneSettings | None = None
        self._sync = ""
        self._log = PhoneLog(self.device, listener)
        self._life: asyncio.Task[None] | None = None

    # --- what can be seen --------------------------------------------------------------------------------------------

    @property
    def device(self) -> DeviceName:
        """Its name: ``SEP`` and the MAC for most."""
        return self._identity.device

    @property
    @abstractmethod
    def state(self) -> PhoneState:
        """Where it stands."""

    @property
    @abstractmethod
    def number(self) -> str:
        """The number of its first line; empty while it is not registered."""

    @property
    def events(self) -> tuple[PhoneEvent, ...]:
        """The last events, oldest first."""
        return self._log.events

    async def wait_for(self, kind: type[E], *, within: float = 10.0) -> E:
        """The next event of a kind; it may have come before. Raises SepbridgeError after ``within`` seconds."""
        return await self._log.wait_for(kind, within=within)

    # --- power -------------------------------------------------------------------------------------------------------

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
        await end_task(life)
        self._state = PhoneState.OFF
        self._log.report(PoweredOff(*self._log.mark))

    async def factory_reset(self, *, keep_load: bool = True) -> None:
        """Power off, and forget settings and trust list; with ``keep_load`` False the firmware too."""
        await self.power_off()
        self._stored = self.settings = None
        self.trust_list = False
        if not keep_load:
            self.load = ""

    # --- its life ----------------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        async with self._web_pages():
            await self._boot_and_serve()

    def _web_pages(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Its own web pages, as long as it has power."""
        if not self._web_port:
            return contextlib.nullcontext()
        address = self.local_address or "127.0.0.1"
        pages = {
            "/DeviceInformationX": lambda: device_page(
                self.device, self.mac, self.model, load=self.load, number=self.number
            ),
            "/NetworkConfigurationX": lambda: network_page(
                self.device,
                address=address,
                tftp=self.server.tftp[0],
                call_manager=self.settings.servers[0].address if self.settings and self.settings.servers else "",
            ),
            "/DeviceLogX?0": lambda: log_page(self.status_messages),
        }
        return served_pages(address, self._web_port, pages)

    async def _boot_and_serve(self) -> None:
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
                case UpgradeFailed(load=load):
                    self._log.report(FirmwareFailed(*self._log.mark, load=load))
                    await asyncio.sleep(self.timing.retry)
                case NotConfigured(why=why):
                    self._log.report(ConfigRejected(*self._log.mark, why=why))
                    await asyncio.sleep(self.timing.retry)
                case Booted(settings=settings):
                    runs = self._identity.protocol
                    if runs not in {None, self.protocol} and not self._spcp:
                        why = f"it now runs {runs} firmware, and this simulated phone speaks {self.protocol} only"
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
        number = settings.line.name if settings.line else ""
        self._log.report(ConfigAccepted(*self._log.mark, autoregistering=settings.autoregistering, number=number))

    @property
    def _identity(self) -> PhoneIdentity:
        return PhoneIdentity(self.model, self.mac, self.load)

    @abstractmethod
    async def _be_registered(self, settings: PhoneSettings, cause: str) -> RestartAction:
        """Stay registered, at the first server that takes the phone. Returns what the server told it to do, or NONE:
        no server took it, and the files are to be read again."""

    # --- files -------------------------------------------------------------------------------------------------------

    async def _read_files(self, *, restart: bool) -> BootOutcome:
        self.boots += 1
        order = BootOrder(
            self.model,
            self.mac,
            self.load,
            trust_list=self.trust_list,
            stored=self._stored,
            restart=restart,
            profile_rule=self.profile_rule,
            oldest_load=self.oldest_load,
            room=self.room,
            spcp=self._spcp,
        )
        async with self._fetcher(http_first=order.asks_http) as fetcher:
            outcome = await run_boot(
                order, fetcher, self._log, self.timing, model=self.model, upgrading=self._show_upgrading
            )
        self.status_messages = tuple(order.status)
        self._sync = order.sync
        if self.profile_rule:
            self.profile_rule = order.profile_rule
        if order.refusal:
            self._log.report(ConfigRejected(*self._log.mark, why=str(order.refusal)))
        return outcome

    def _show_upgrading(self) -> None:
        self._state = PhoneState.UPGRADING

    def _fetcher(self, *, http_first: bool) -> FileFetcher:
        return FileFetcher(
            self.server,
            local_address=self.local_address,
            http_first=http_first,
            user_agent=self._identity.user_agent if self.names_itself_over_http else "",
            timing=self.timing.tftp,
        )

"""A simulated phone with SCCP firmware: plugged in, it boots, registers at its call managers and is used by a person.

It is written from the references, as a phone behaves, and never from the server at the other end. What a real phone
would choke on is in ``faults``.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from bridge.core import NO_VLAN, NOWHERE, MacAddress, NetworkPlace, SignallingProtocol
from bridge.errors import LocalProtocolError
from bridge.lab.deskphone import DeskPhone
from bridge.lab.filefetch import FileServer
from bridge.lab.g711 import TONES
from bridge.lab.identity import model_named
from bridge.lab.lastreset import last_reset
from bridge.lab.phoneevents import PhoneListener, Registering, RegistrationRejected
from bridge.lab.phonesettings import CallManager, PhoneSettings
from bridge.lab.phonetiming import PhoneState, PhoneTiming
from bridge.lab.sccpline import CallTiming, SccpEnding, SccpHabits, SccpLine, SccpPhoneCall
from bridge.lab.sccpmedia import free_rtp_port
from bridge.lab.screenxml import ScreenDocument
from bridge.lab.servicecontrol import RestartAction
from bridge.lab.servicefetch import with_identity
from bridge.lab.servicescreen import Effect, ServiceScreen
from bridge.lab.skinnycall import ListedCall
from bridge.lab.skinnydisplay import ScreenView
from bridge.lab.skinnykeys import Pace, StationKeys
from bridge.lab.skinnylink import SecureTransport
from bridge.lab.skinnymodels import ADD_ONS, SkinnyTraits, sccp_load, skinny_traits
from bridge.lab.skinnystation import SkinnyStation, StationTiming
from bridge.lab.skinnywords import Identity
from bridge.phones import Model
from bridge.sccp import DeviceType

FAIL_BACK = 18
"""Alarm number of a phone that comes back to its first server."""
_CONNECTING = 10.0
_NOTHING = ScreenView("", (), "", (), (), (), ringing=False, tone="", speaker=False, message_waiting=False)
_MOST_FAULTS = 200


class SccpPhone(DeskPhone):
    """One phone with SCCP firmware."""

    protocol = SignallingProtocol.SCCP

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
        web_port: int = 0,
        listener: PhoneListener | None = None,
        version: int | None = None,
        pace: Pace | None = None,
        gives_up: float | None = 1.0,
        station_timing: StationTiming | None = None,
        call_managers: tuple[CallManager, ...] = (),
        redraw: Callable[[], None] | None = None,
        locale: str = "English_United_States",
        add_ons: tuple[str, ...] = (),
        tls: SecureTransport | None = None,
        place: NetworkPlace = NOWHERE,
    ) -> None:
        """Raises NotFound for a model that is unknown, or that is not simulated with SCCP firmware.

        ``load``: None for a usual SCCP load of the model. ``version``: the protocol version that it offers, None for
        the model's own. ``gives_up``: how long the person listens to a busy tone. ``call_managers``: servers that
        were typed into its menu. ``redraw``: called when the screen may have changed.
        ``add_ons``: names of modules (7914, 7915, 7916). ``oldest_load``: the first one that supports its revision
        of the hardware. ``web_port``: where its own web pages are (80 on a real phone), 0 while they are switched off.
        ``tls``: in a secured phone, None for plain SCCP. ``place``: what it hears of its switch by CDP or LLDP.
        """
        known = model_named(model) if isinstance(model, str) else model
        super().__init__(
            known,
            mac,
            server,
            load=sccp_load(known) if load is None else load,
            local_address=local_address,
            timing=timing,
            tone=tone,
            trust_list=trust_list,
            oldest_load=oldest_load,
            web_port=web_port,
            listener=listener,
            spcp=known.speaks_spcp,
        )
        self._version = version
        self._add_ons = tuple(ADD_ONS[each] for each in add_ons)
        self.traits = self._own_traits()
        self._habits = SccpHabits(auto_answer, gives_up)
        self._pace = pace or Pace()
        self._station_timing = station_timing or StationTiming()
        if call_managers:
            self._stored = PhoneSettings(protocol=SignallingProtocol.SCCP, servers=call_managers)
        self._redraw = redraw
        self.locale = locale
        """What it tells services of its language."""
        self._tls = tls
        self._place = place
        self._line: SccpLine | None = None
        self._standby: SccpLine | None = None
        self._rejection = ""
        self._cause = 0
        self._call_count = 0
        self._faults: dict[str, None] = {}
        self._timings: deque[CallTiming] = deque(maxlen=1000)
        self._listed: deque[ListedCall] = deque(maxlen=1000)

    # --- what can be seen --------------------------------------------------------------------------------------------

    @property
    def state(self) -> PhoneState:
        """Where it stands."""
        return PhoneState.REGISTERED if self._line and self._line.registered else self._state

    @property
    def display(self) -> str:
        """What the display says in one line: the first line's label, or why there is none."""
        if self.state is PhoneState.REGISTERED:
            return next(iter(self.view.labels), "")
        return self._rejection if self._state is PhoneState.REJECTED and self._rejection else self.state.value

    @property
    def view(self) -> ScreenView:
        """The whole screen."""
        line = self._line
        if line is None or not line.station.version:
            return replace(_NOTHING, status=self.display)
        return line.station.view(now=line.link.now)

    @property
    def number(self) -> str:
        """The number of its first line; empty while it is not registered."""
        return self._line.station.number if self._line and self._line.registered else ""

    @property
    def version(self) -> int:
        """The negotiated protocol version; 0 while it is not registered."""
        return self._line.station.version if self._line else 0

    @property
    def current_call(self) -> SccpPhoneCall | None:
        """The call in front."""
        return self._line.current_call if self._line else None

    @property
    def faults(self) -> tuple[str, ...]:
        """What a real phone would have choked on since it was made."""
        now = self._line.station.faults if self._line else ()
        return tuple(dict.fromkeys((*self._faults, *now)))

    @property
    def timings(self) -> tuple[CallTiming, ...]:
        """How long its finished calls took to come about."""
        return (*self._timings, *(self._line.timings if self._line else ()))

    @property
    def listed(self) -> tuple[ListedCall, ...]:
        """Its lists of placed, received and missed calls, the oldest first. They outlive its registration."""
        return (*self._listed, *(self._line.station.calls.listed if self._line else ()))

    # --- what a person does with it ----------------------------------------------------------------------------------

    def call(self, number: str, *, en_bloc: bool = False) -> None:
        """Dial, digit by digit or the whole number at once. Raises LocalProtocolError when that cannot be done now."""
        self._press(lambda keys, now: keys.dial(number, now=now, en_bloc=en_bloc))

    def answer(self) -> None:
        """Take the call that rings."""
        self._press(lambda keys, now: keys.answer(now=now))

    def hang_up(self) -> None:
        """End the call in front."""
        self._press(lambda keys, now: keys.hang_up(now=now))

    def press_keys(self, keys: str) -> None:
        """Press keys of the keypad, one after the other."""
        for key in keys:
            self._press(lambda pressed, now, key=key: pressed.digit(key, now=now))  # type: ignore[misc]  # the default binds the loop's key

    def hold(self) -> None:
        """Press Hold."""
        self.press_soft_key("Hold")

    def resume(self) -> None:
        """Press Resume."""
        self.press_soft_key("Resume")

    def press_soft_key(self, label: str) -> None:
        """Press a soft key that the screen shows, by its label."""
        self._press(lambda keys, now: keys.soft_key(label, now=now))

    def select_call(self, index: int = -1) -> None:
        """Move the cursor to a call of the screen, counted from 0; the newest one unless another is named.

        Raises LocalProtocolError where there is no such call.
        """
        calls = self._line.station.calls.all if self._line is not None else ()
        if not -len(calls) <= index < len(calls):
            raise LocalProtocolError(f"there is no call {index} on the screen", why=f"it shows {len(calls)}")
        self._press(lambda keys, _now: keys.select(calls[index]))

    def press_line(self, instance: int = 1) -> None:
        """Press a line button."""
        self._press(lambda keys, now: keys.line(instance, now=now))

    def press_button(self, position: int) -> None:
        """Press the button at this place, counted from 1."""
        self._press(lambda keys, now: keys.button(position, now=now))

    def press_speed_dial(self, index: int) -> None:
        """Press a speed-dial button."""
        self._press(lambda keys, now: keys.speed_dial(index, now=now))

    def press_messages(self) -> None:
        """Press the messages key."""
        self._press(lambda keys, now: keys.messages(now=now))

    def press_volume(self, steps: int) -> None:
        """Press the volume key."""
        self._press(lambda keys, _now: keys.louder(steps))

    def lift(self) -> None:
        """Lift the handset."""
        self._press(lambda keys, now: keys.lift(now=now))

    def put_down(self) -> None:
        """Put the handset down, or switch the speaker off."""
        self._press(lambda keys, now: keys.put_down(now=now))

    def press_speaker(self) -> None:
        """Press the speaker key."""
        self._press(lambda keys, now: keys.speaker_key(now=now))

    def flash(self) -> None:
        """Press the hook shortly."""
        self._press(lambda keys, now: keys.flash(now=now))

    def unregister(self) -> None:
        """Go to sleep: say goodbye, and come back after ``timing.reconnect``."""
        if self._line is not None:
            self._line.leave(SccpEnding(why="the phone said goodbye", was_registered=True))

    def cut(self, *, reset: bool = False) -> None:
        """Pull the network cable for a moment: the connection is gone, and no word was said.

        ``reset``: something on the way answers the server with a TCP reset.
        """
        if self._line is not None:
            line = self._line
            lost = line.link.lost
            if reset:
                line.link.reset()
            else:
                line.link.close()
            lost("the cable was pulled")

    def fall_silent(self) -> None:
        """Let the network lose what goes to the server and comes from it, until the phone connects anew.

        Raises LocalProtocolError while the phone is not registered.
        """
        self._registered().link.swallowed = True

    # --- services ----------------------------------------------------------------------------------------------------

    @property
    def document(self) -> ScreenDocument | None:
        """The document of a service that is on the screen."""
        return self._line.station.screen.document if self._line else None

    @property
    def document_keys(self) -> tuple[str, ...]:
        """The soft keys under it."""
        return self._line.station.screen.keys if self._line else ()

    def open_service(self, key: str = "directories") -> None:
        """Press the key ``directories``, ``services``, ``messages`` or ``information``."""
        line = self._registered()
        url: str = getattr(self.settings.services, key) if self.settings else ""
        if not url:
            raise LocalProtocolError(f"the phone's file says nothing of the {key} key")
        line.fetch(with_identity(url, str(self.device), self.locale))

    def press_service_button(self, index: int = 1) -> None:
        """Press a service URL button."""
        line = self._registered()
        service = line.station.display.services.get(index)
        if service is None or not service.url:
            raise LocalProtocolError(f"there is no service on button {index}")
        line.fetch(with_identity(service.url, str(self.device), self.locale))

    def choose(self, item: int) -> None:
        """Choose an item of the document, counted from 1."""
        self._on_screen(lambda screen: screen.choose(item))

    def press_document_key(self, label: str) -> None:
        """Press a soft key under the document."""
        self._on_screen(lambda screen: screen.press(label))

    def fill_in(self, **values: str) -> None:
        """Fill in a form and submit it."""
        self._on_screen(lambda screen: screen.submit(values))

    def _on_screen(self, use: Callable[[ServiceScreen], Effect]) -> None:
        line = self._registered()
        try:
            line.station.on_screen(use, now=line.link.now)
        finally:
            line.link.pump()

    def _registered(self) -> SccpLine:
        if self._line is None or not self._line.registered:
            raise LocalProtocolError(f"{self.device} is not registered: {self.display or 'it has no power'}")
        return self._line

    def _press(self, press: Callable[[StationKeys, float], None]) -> None:
        line = self._registered()
        line.link.do(lambda keys: press(keys, line.link.now))

    # --- registration ------------------------------------------------------------------------------------------------

    async def _be_registered(self, settings: PhoneSettings, cause: str) -> RestartAction:
        self.traits = self._own_traits()
        last = last_reset(cause, self.status_messages, number=self._cause)
        alarm = (last.number, last.text)
        self._cause = 0
        servers = deque(enumerate(settings.servers))
        was_registered = False
        try:
            while True:
                wait = 0.0
                for place, server in tuple(servers):
                    ending = await self._register(settings, place, server, alarm)
                    alarm = (ending.cause, ending.why)
                    if ending.action:
                        self._cause = ending.cause
                        return ending.action
                    wait = max(wait, ending.wait)
                    was_registered |= ending.was_registered
                    servers.rotate(-1)
                    if ending.cause == FAIL_BACK:
                        servers = deque(enumerate(settings.servers))
                    if ending.was_registered:
                        break  # the next server, and this one last
                else:
                    if not was_registered:
                        await asyncio.sleep(max(wait, self.timing.retry))
                        return RestartAction.NONE
                    await asyncio.sleep(max(wait, self.timing.reconnect))
                    continue
                if len(servers) == 1:
                    await asyncio.sleep(self.timing.reconnect)
        finally:
            self._drop_standby()

    async def _register(
        self, settings: PhoneSettings, place: int, server: CallManager, alarm: tuple[int, str]
    ) -> SccpEnding:
        if self._state is not PhoneState.REJECTED:
            self._state = PhoneState.REGISTERING
        line = self._take_standby(server) or self._make_line(server, alarm)
        self._line = line
        self._log.report(Registering(*self._log.mark, server=server.address, number=""))
        several = len(settings.servers) > 1
        standby = asyncio.create_task(self._stand_by(settings, place, line)) if several else None
        try:
            ending = await line.run(local_address=self.local_address, within=_CONNECTING, ask_first=several)
        finally:
            if standby is not None:
                standby.cancel()
                # From outside: a phone whose plug is pulled meanwhile must not take that for the end of its stand-by.
                await asyncio.wait({standby})
            self._bury(line)
        if not ending.action:
            self._rejection = ending.text
            self._state = PhoneState.REJECTED if ending.text else PhoneState.STILL_REGISTERING
            mark = self._log.mark
            self._log.report(RegistrationRejected(*mark, server=server.address, status=0, why=ending.why))
        if self._redraw:
            self._redraw()
        return ending

    def _own_traits(self) -> SkinnyTraits:
        traits = skinny_traits(self.model, self.load, version=self._version)
        more = sum(each.buttons for each in self._add_ons)
        return replace(traits, buttons=traits.buttons + more, add_ons=self._add_ons)

    def _make_line(self, server: CallManager, alarm: tuple[int, str]) -> SccpLine:
        number, last = alarm
        address = self.local_address or _own_address(server.address)
        identity = Identity(
            self.device,
            DeviceType(self.model.number or 0),
            load=self.load,
            address=address,
            cause=number,
            last=last[:30],
            rtp_port=free_rtp_port(address) if self.traits.old_media else 0,
            neighbour=self._place.neighbour,
            neighbour_port=self._place.neighbour_port,
            vlan=self._place.vlan or NO_VLAN,
        )
        station = SkinnyStation(self.traits, identity, timing=self._station_timing, pace=self._pace)
        return SccpLine(
            station,
            server,
            self._log,
            tone=self.tone,
            habits=self._habits,
            calls_before=self._call_count,
            changed=self._redraw,
            tls=self._tls,
        )

    def _bury(self, line: SccpLine) -> None:
        line.close()
        self._keep(line)
        self._call_count = line.station.calls.count
        self._timings.extend(line.timings)
        self._listed.extend(line.station.calls.listed)
        self._line = None

    def _keep(self, line: SccpLine) -> None:
        for fault in line.station.faults:
            if len(self._faults) < _MOST_FAULTS:
                self._faults[fault] = None

    # --- several servers ---------------------------------------------------------------------------------------------

    async def _stand_by(self, settings: PhoneSettings, place: int, line: SccpLine) -> None:
        """Keep a connection to the next best server; on a backup server, go back to the first one when it has us."""
        other = settings.servers[1 if place == 0 else 0]
        next_try = asyncio.get_running_loop().time() + self.timing.fail_back
        while True:
            await asyncio.sleep(min(1.0, self.timing.fail_back))
            if not line.registered:
                continue
            if self._standby is None or not self._standby.link.connected:
                await self._open_standby(other, line)
            now = asyncio.get_running_loop().time()
            if not place or now < next_try or self._standby is None or line.station.calls.current is not None:
                continue
            next_try = now + self.timing.fail_back
            if await self._standby.token():
                line.leave(SccpEnding(why="fail-back to primary", cause=FAIL_BACK, was_registered=True))

    async def _open_standby(self, server: CallManager, line: SccpLine) -> None:
        self._drop_standby()
        standby = self._make_line(server, (FAIL_BACK, "fail-back to primary"))
        try:
            await standby.stand_by(
                local_address=self.local_address, within=_CONNECTING, every=line.station.secondary_keepalive
            )
        except OSError:
            standby.close()
        else:
            self._standby = standby

    def _take_standby(self, server: CallManager) -> SccpLine | None:
        """The stand-by connection, when it goes to this server; it is dropped when it goes elsewhere or broke."""
        standby = self._standby
        if standby is None:
            return None
        if standby.server == server and standby.link.connected:
            self._standby = None
            return standby
        self._drop_standby()
        return None

    def _drop_standby(self) -> None:
        if self._standby is not None:
            self._standby.close()
            self._keep(self._standby)
            self._standby = None


def _own_address(server: str) -> str:
    """The address that the system would use towards the server."""
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((server, 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])

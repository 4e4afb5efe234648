"""Several phones that share lines, in one house, with a PBX: all in memory, time a number, frames read by the codec."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from bridge.callcontrol import CallSettings, House, PhoneCall, PhoneCallState, PhoneEvent, ProxiedPhone, SharedLine
from bridge.sccp import (
    ButtonTemplateReq,
    DeviceType,
    Dialect,
    DisplayPriNotify,
    KeepAlive,
    KeypadButton,
    KeypadKey,
    LampMode,
    LineStatReq,
    Message,
    OffHook,
    OnHook,
    PhoneFeatures,
    Register,
    RegisterAvailableLines,
    RingMode,
    SoftKeyEvent,
    SoftKeyEventType,
    SoftKeySetReq,
    SoftKeyTemplateReq,
    StationCallState,
    Stimulus,
    StimulusType,
    TimeDateReq,
    Unregister,
    readable,
)
from bridge.sccp.profile import StationLine, StationProfile
from bridge.sccp.session import StationSession
from bridge.sip import Account, AudioSession, Call, Destination, UserAgent
from bridge.sip import CallState as SipState
from tests.sccpbench import PBX_ADDRESS, PBX_MEDIA, Pbx, Station, local_time
from tests.sipwire import CountingIds

S = StationCallState
_BUSY_LAMPS = {S.RING_IN: LampMode.BLINK, S.RING_OUT: LampMode.BLINK, S.PROCEED: LampMode.BLINK}
KEEPALIVE = 10.0
_URGENCY = (LampMode.OFF, LampMode.WINK, LampMode.ON, LampMode.BLINK)


@dataclass(frozen=True)
class Kind:
    """A phone to put on a desk, and the numbers of its lines."""

    device_type: DeviceType = DeviceType.CISCO_7961G
    version: int = 17
    lines: tuple[StationLine, ...] = (StationLine("1001", "Sales", "Sales"),)


class Place:
    """One desk with its phone."""

    def __init__(self, floor: Floor, index: int, kind: Kind, settings: CallSettings) -> None:
        self.floor = floor
        self.kind = kind
        self.settings = settings
        self.address = f"192.0.2.{20 + index}"
        self.device = f"SEP0011223344{index:02X}"
        self.events: list[PhoneEvent] = []
        self.dressed: Callable[[StationProfile], StationProfile] = lambda profile: profile
        self.connect()

    def connect(self) -> None:
        """A new connection of the phone."""
        kind = self.kind
        features = PhoneFeatures.RFC2833 | PhoneFeatures.UTF_8
        version = kind.version
        self.station = Station(
            Dialect(version, features.code_page, header=version if version >= 17 else 0, legacy=True),
            kind.device_type,
            features,
            address=self.address,
        )
        self.session = StationSession((self.address, 50000), now=self.floor.now)
        self.phone = ProxiedPhone(self.session, self.floor.house)
        self.profile = StationProfile(lines=kind.lines, local_time=local_time)
        self.is_up = True

    def register(self) -> None:
        """The whole registration."""
        bits = int(self.station.features)
        self.says(
            Register(
                self.device,
                station_ip=IPv4Address(self.address),
                device_type=self.kind.device_type,
                protocol_version=self.kind.version,
                feature0=bits & 255,
                feature1=bits >> 8 & 255,
                feature2=bits >> 16 & 255,
            )
        )
        lines = [self.floor.lines[line.number] for line in self.kind.lines]
        self.phone.accept(self.dressed(self.profile), self.settings, lines, now=self.floor.now)
        self.floor.settle()
        self.says(ButtonTemplateReq(), SoftKeyTemplateReq(), SoftKeySetReq())
        self.says(*(LineStatReq(number) for number in range(1, len(lines) + 1)))
        self.says(RegisterAvailableLines(2), TimeDateReq())
        for line in range(1, len(lines) + 1):
            self.phone.line_connected(line, now=self.floor.now)
            self.floor.settle()

    def leave(self) -> None:
        """Say goodbye, and close the connection."""
        self.says(Unregister())
        self.lose()

    def start_anew(self) -> None:
        """Say goodbye where no call forbids it, and register again on the same connection."""
        self.says(Unregister())
        if not self.session.is_accepted:
            self.register()

    def lose(self) -> None:
        """The connection is gone."""
        self.is_up = False
        self.station.to_send.clear()
        self.phone.station_lost("gone", now=self.floor.now)
        self.floor.settle()

    def come_back(self) -> None:
        """A new connection; what is left of the former one is given up, as the application does it."""
        former = self.phone
        self.connect()
        self.register()
        former.close(now=self.floor.now)
        for line in self.kind.lines:
            self.floor.lines[line.number].detach(former)
        self.floor.settle()

    # --- the user ----------------------------------------------------------------------------------------------------

    def says(self, *messages: Message) -> None:
        """The phone sends, and everything follows."""
        for message in messages:
            self.station.to_send.append(message)
            self.floor.settle()

    def lift(self) -> None:
        """Off-hook."""
        self.says(OffHook())

    def replace(self) -> None:
        """On-hook."""
        self.says(OnHook())

    def dial(self, digits: str) -> None:
        """Lift, and press the keys."""
        self.lift()
        self.says(*(KeypadButton(KeypadKey.of(digit)) for digit in digits))

    def press(self, key: SoftKeyEventType, call_ref: int = 0) -> None:
        """A soft key, for the newest call unless another one is named."""
        ref = call_ref or self.ref
        call = next((call for call in self.phone.calls if call.call_ref == ref), None)
        self.says(SoftKeyEvent(key, call.line if call else 0, ref))

    def push(self, button: StimulusType, instance: int = 1) -> None:
        """A button."""
        self.says(Stimulus(button, instance))

    @property
    def ref(self) -> int:
        """The reference of the newest call, 0 where there is none."""
        return max((call.call_ref for call in self.phone.calls), default=0)

    # --- what is seen ------------------------------------------------------------------------------------------------

    @property
    def shows(self) -> list[StationCallState]:
        """The states of the calls on the screen."""
        return list(self.station.states.values())

    def lamp(self, line: int = 1) -> LampMode:
        """The lamp of a line."""
        return self.station.lamps.get((StimulusType.LINE, line), LampMode.OFF)

    @property
    def rings(self) -> bool:
        """Whether it is heard to ring."""
        return any(mode not in (RingMode.OFF, RingMode.SILENT) for mode in self.station.rings.values())

    def notified(self) -> list[str]:
        """The texts over everything else, in words."""
        return [readable(message.text) for message in self.station.take(DisplayPriNotify)]


class Floor:
    """Some phones, the lines they share, and the PBX."""

    def __init__(self, *kinds: Kind, settings: CallSettings | None = None) -> None:
        self.now = 1000.0
        self.deaf = False
        """Whether the PBX hears nothing of what the lines send."""
        self.house: House[ProxiedPhone] = House()
        numbers = dict.fromkeys(line.number for kind in kinds for line in kind.lines)
        self.pbxs = {number: Pbx(index) for index, number in enumerate(numbers, 1)}
        self.lines = {
            number: SharedLine(
                UserAgent(
                    Account(number, PBX_ADDRESS, Destination(*pbx.local)),
                    CountingIds(f"line{number}"),
                    ("192.0.2.2", pbx.local[1] + 1000),
                    max_calls=32,
                )
            )
            for number, pbx in self.pbxs.items()
        }
        for number, pbx in self.pbxs.items():
            where = Destination(*self.lines[number].agent.local)
            pbx.agent = UserAgent(Account("600", PBX_ADDRESS, where), CountingIds(f"pbx{number}"), pbx.local)
        self.places = [Place(self, index, kind, settings or CallSettings()) for index, kind in enumerate(kinds)]
        for place in self.places:
            place.register()

    @property
    def line(self) -> SharedLine:
        """The first line."""
        return next(iter(self.lines.values()))

    @property
    def pbx(self) -> Pbx:
        """The PBX's end of the first line."""
        return next(iter(self.pbxs.values()))

    # --- moving ------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Deliver until nobody has anything to say at this moment."""
        for _ in range(2000):
            if not self._step():
                return
        raise AssertionError("they never stop talking")

    def _step(self) -> bool:
        moved = False
        parties: list[tuple[UserAgent | Pbx, tuple[str, int]]] = [
            *((line.agent, line.agent.local) for line in self.lines.values()),
            *((pbx, pbx.local) for pbx in self.pbxs.values()),
        ]
        for party, source in parties:
            for data, destination in party.data_to_send():
                moved = True
                if self.deaf:
                    continue
                for other, address in parties:
                    if address == (destination.host, destination.port):
                        other.receive_datagram(data, source, now=self.now)
        for line in self.lines.values():
            while (event := line.agent.next_event()) is not None:
                moved = True
                line.receive(event, now=self.now)
        for pbx in self.pbxs.values():
            while pbx.agent.next_event() is not None:
                moved = True
        for place in self.places:
            moved |= self._carry(place)
        for one in (*(line.agent for line in self.lines.values()), *self.pbxs.values(), *self._phones):
            if (at := one.timer()) is not None and at <= self.now:
                one.handle_timer(now=self.now)
                moved = True
        self.house.take_touched()  # every phone is looked after in every step
        return moved

    def _carry(self, place: Place) -> bool:
        """Between a phone and its session, where the phone is there to hear of it."""
        moved = False
        for data in place.phone.data_to_station():
            moved = True
            if place.is_up:
                place.station.receive(data)
        messages, place.station.to_send = place.station.to_send, []
        for message in messages:
            moved = True
            place.phone.receive_from_station(place.station.dialect.encode(message), now=self.now)
        while (event := place.phone.next_event()) is not None:
            place.events.append(event)
        return moved

    @property
    def _phones(self) -> list[ProxiedPhone]:
        return [place.phone for place in self.places]

    def advance(self, seconds: float) -> None:
        """Let time pass, timer by timer; the phones that are there say so every ten seconds."""
        end = self.now + seconds
        while self.now < end:
            for place in self.places:
                if place.is_up:
                    place.station.to_send.append(KeepAlive())
            self._pass(min(end, self.now + KEEPALIVE))

    def _pass(self, end: float) -> None:
        self.settle()
        while True:
            agents = [line.agent for line in self.lines.values()]
            times = [one.timer() for one in (*agents, *self.pbxs.values(), *self._phones)]
            due = [at for at in times if at is not None and at <= end]
            if not due:
                break
            self.now = max(self.now, min(due))
            self.settle()
        self.now = end

    # --- the PBX -----------------------------------------------------------------------------------------------------

    def ring(self, media: AudioSession | None = PBX_MEDIA, number: str = "") -> Call:
        """A call for a line."""
        called = number or next(iter(self.lines))
        call = self.pbxs[called].agent.call(called, media, now=self.now)
        self.settle()
        return call

    def pbx_answers(self) -> None:
        """The PBX takes every call that reached it."""
        for pbx in self.pbxs.values():
            for call in pbx.agent.calls:
                if call.state is SipState.INCOMING:
                    pbx.agent.answer(call, PBX_MEDIA, now=self.now)
        self.settle()

    # --- what must be so, always -------------------------------------------------------------------------------------

    def agree(self) -> None:
        """Each SIP call is with one phone, or rings; each phone shows what is so; its lamps are those of its calls."""
        for line in self.lines.values():
            for sip in line.agent.calls:
                calls = [call for call in self._calls_of(line) if call.sip is sip]
                assert calls, f"nobody has {sip}"
                assert len(calls) == 1 or all(call.state is PhoneCallState.RINGING_IN for call in calls), calls
        for place in self.places:
            if place.is_up and place.session.is_accepted:
                self._agrees(place)

    def _agrees(self, place: Place) -> None:
        wanted: dict[int, LampMode] = {}
        for call in place.phone.calls:
            shown = place.station.states.get(call.call_ref)
            assert shown is not None, f"{call.state} is not on the screen"
            if call.is_remote:
                self._is_true(place, call)
                right = {
                    PhoneCallState.REMOTE: {S.IN_USE_REMOTELY},
                    PhoneCallState.REMOTE_HELD: {S.HOLD, S.REMOTE_HOLD},
                }
                assert shown in right[call.state], (shown, call.state)
            lamp = _BUSY_LAMPS.get(shown, LampMode.WINK if shown in (S.HOLD, S.REMOTE_HOLD) else LampMode.ON)
            wanted[call.line] = max(lamp, wanted.get(call.line, LampMode.OFF), key=_URGENCY.index)
        assert set(place.station.states) == {call.call_ref for call in place.phone.calls}
        for line in range(1, len(place.kind.lines) + 1):
            assert place.lamp(line) == wanted.get(line, LampMode.OFF), (place.device, line)
        assert place.session.in_call == any(not call.is_remote for call in place.phone.calls)
        assert len(place.station.sending) <= 1

    def _is_true(self, place: Place, shown: PhoneCall) -> None:
        """Another phone has the call, in the state that is shown."""
        line = self.lines[place.kind.lines[shown.line - 1].number]
        owners = [call for call in self._calls_of(line) if call.call_ref == shown.call_ref and not call.is_remote]
        assert len(owners) == 1, f"{shown.call_ref} is shown, but {len(owners)} phones have it"
        held = owners[0].state is PhoneCallState.HELD
        assert held == (shown.state is PhoneCallState.REMOTE_HELD)

    def _calls_of(self, line: SharedLine) -> list[PhoneCall]:
        return [
            call
            for place in self.places
            for call in place.phone.calls
            if self.lines[place.kind.lines[call.line - 1].number] is line
        ]

    def at_rest(self) -> None:
        """Nothing is left behind anywhere."""
        self.settle()
        self.agree()
        for place in self.places:
            assert place.phone.calls == (), place.device
            if place.is_up:
                assert place.station.states == {}
                assert place.station.tones == {}
                assert place.station.receiving == place.station.sending == {}
                assert not place.rings
        for line in self.lines.values():
            assert line.agent.calls == ()


def shared(*models: tuple[DeviceType, int], **of_line: int) -> tuple[Kind, ...]:
    """Phones that all have the line 1001."""
    line = replace(StationLine("1001", "Sales", "Sales"), **of_line)  # type: ignore[arg-type]  # figures of a line
    return tuple(Kind(device_type, version, (line,)) for device_type, version in models)

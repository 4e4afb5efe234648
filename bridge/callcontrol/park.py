"""Call park: the Park key, the Park button, and a button with a lamp for each slot.

A call is parked by REFER to a name of ``asterisk-conf/sepbridge/services/park.conf``: with res_parking's own ways the
PBX would choose the slot alone (a REFER to its parkext, AMI Park), tell it to nobody's screen but speak it to a phone
that has hung up, and bring a call that was not fetched back by rules that each site has set otherwise. Our extension
asks for a certain slot (PARKINGEXTEN), takes another one where that is lost in a race, and brings the call back with an
Alert-Info that says where it comes from, so that the text on the screen does not depend on the manager interface.

Which slot it became is nothing that SIP says: it comes as a manager event (ParkedCall), as does everything that the
lamps show. Without the manager interface parking works, and the screen says that the slot is unknown.

Source: SCCP flows reference, section 4.10.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.parkinglot import OnItsWay
from bridge.callcontrol.parties import Party
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.core import CallParked, CallUnparked, ParkedCallsListed
from bridge.sccp import BlfStatus, FeatureStat, Label, LampMode, SetLamp, SoftKeyEventType, StimulusType
from bridge.sccp.stationevents import ButtonPressed, SoftKeyPressed
from bridge.sip import Direction, IncomingCall

PARK = "sepbridge-park"
"""What is asked for to park a call in any slot, or with ``-71`` in that one."""
RETRIEVE = "sepbridge-retrieve"
RETURNS = re.compile(r";\s*info=sepbridge-park-(\d{1,10})\s*$")
"""The Alert-Info of a call that nobody fetched from its slot (services/park.conf)."""
SLOT_WAIT = 8.0
"""Seconds in which the PBX says which slot it became."""
FEATURE_ICONS_SINCE = 15
"""FeatureStat changes a button's icon from this version on."""
_PARKABLE = (PhoneCallState.CONNECTED, PhoneCallState.HELD)


class Park(Feature):
    """Park and retrieve."""

    __slots__ = ("_lit", "_pending", "_returning")
    SOFT_KEYS = frozenset({SoftKeyEventType.PARK})
    BUTTONS = frozenset({StimulusType.CALL_PARK, StimulusType.DIRECTED_PARK})

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._pending: list[OnItsWay] = []
        self._lit: dict[int, bool] = {}
        """What the lamps of the slots show, by their instance."""
        self._returning: tuple[IncomingCall, str] | None = None

    # --- the user ----------------------------------------------------------------------------------------------------

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """Park the call that is meant."""
        self._park(call, "", now)

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """Park in any slot; or in the button's, or fetch what waits there."""
        desk = self._at_work.desk
        call = desk.calls.get(event.call_ref) or desk.active
        if event.button is StimulusType.CALL_PARK:
            self._park(call, "", now)
            return
        profile = desk.session.profile
        pressed = profile.park_button(event.instance) if profile else None
        if pressed is None:
            desk.screen.notify(Label.NUMBER_NOT_CONFIGURED)
            return
        slot = pressed.slot
        if self._at_work.house.parking.at(slot) is None:
            self._park(call, slot, now)
        else:
            self._retrieve(slot, now)

    def _park(self, call: PhoneCall | None, slot: str, now: float) -> None:
        work = self._at_work
        desk = work.desk
        if call is None or call.state not in _PARKABLE:
            call = desk.first(PhoneCallState.CONNECTED) or desk.first(PhoneCallState.HELD)
        if call is None or call.transferring or desk.is_consulted(call):
            desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)
            return
        connected = call.state is PhoneCallState.CONNECTED
        if connected:
            work.midcall.set_aside(call)
        if work.transfer.send(call, f"{PARK}-{slot}" if slot else PARK, words=Label.NO_PARK_NUMBER_AVAILABLE, now=now):
            waits = OnItsWay(call, desk.own(call).number, call.remote.number, now + SLOT_WAIT)
            self._forget(each for each in self._pending if each.call is call)
            self._pending.append(waits)
            work.house.parking.on_their_way.append(waits)
        elif connected:
            work.desk.reoffer(call, Direction.SENDONLY, now=now)

    def _retrieve(self, slot: str, now: float) -> None:
        work = self._at_work
        waits = work.house.parking.at(slot)
        shown = Party(waits.number, waits.name) if waits is not None and waits.number else Party(slot)
        work.focus.ask(f"{RETRIEVE}-{slot}", shown, now=now)

    # --- the PBX -----------------------------------------------------------------------------------------------------

    def told(self, answer: object, *, now: float) -> bool:
        """A slot was taken, or is free again."""
        match answer:
            case CallParked():
                self._tell_slots()
            case CallUnparked() | ParkedCallsListed():
                pass
            case _:
                return False
        self._show()
        return True

    def _tell_slots(self) -> None:
        """Show the slot on the phone that parked. Which of the phones of a line it was the parking lot found out."""
        for each in [one for one in self._pending if one.slot]:
            self._pending.remove(each)
            self._at_work.desk.screen.notify(f"{Label.PARK_NUMBER} {each.slot}")

    def _forget(self, waiting: Iterable[OnItsWay]) -> None:
        """Wait for these slots no longer."""
        on_their_way = self._at_work.house.parking.on_their_way
        for each in list(waiting):
            self._pending.remove(each)
            if each in on_their_way:
                on_their_way.remove(each)

    def refuses(self, line: int, event: IncomingCall, *, now: float) -> int:
        """Never: but this is where the call says that it comes back from a slot."""
        if found := RETURNS.search(event.alert_info):
            self._returning = event, found[1]
        return 0

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """Say of a call that comes back where it comes from."""
        if call.state is PhoneCallState.RINGING_IN and self._returning is not None:
            event, slot = self._returning
            if call.sip is event.call:
                self._returning = None
                text = f"{Label.CALL_PARK_REVERSION} {slot}"
                self._at_work.desk.screen.prompt(call, text)
                self._at_work.desk.screen.notify(f"{text} {call.remote.shown}".rstrip())

    def transfer_failed(self, call: PhoneCall, *, now: float) -> None:
        """It was not parked: it is on hold here."""
        self._forget(each for each in self._pending if each.call is call)

    # --- lamps -------------------------------------------------------------------------------------------------------

    def registered(self, *, now: float) -> None:
        """The lamps are off, and no phone asks for the labels of these buttons: light those of the taken slots."""
        self._lit.clear()
        self._show(labels=True)

    def relabelled(self, *, now: float) -> None:
        """Other labels came into force."""
        self._show(labels=True)

    def left(self, *, now: float) -> None:
        """Nobody waits for an answer any more."""
        self._forget(self._pending)

    def _show(self, *, labels: bool = False) -> None:
        """Set the lamps of the slots; only changes are sent, and ``labels`` where they are wanted."""
        desk, profile = self._at_work.desk, self._at_work.desk.session.profile
        if profile is None:
            return
        for instance, button in enumerate(profile.park_buttons, profile.parks_after + 1):
            lit = self._at_work.house.parking.at(button.slot) is not None
            changed = self._lit.get(instance, False) is not lit
            self._lit[instance] = lit
            if changed:
                desk.screen.send(SetLamp(StimulusType.DIRECTED_PARK, instance, LampMode.ON if lit else LampMode.OFF))
            if labels or (changed and desk.session.dialect.version >= FEATURE_ICONS_SINCE):
                status = BlfStatus.IN_USE if lit else BlfStatus.IDLE
                desk.screen.send(FeatureStat(instance, StimulusType.DIRECTED_PARK, status, button.shown))

    # --- time --------------------------------------------------------------------------------------------------------

    def timer(self) -> float | None:
        """When to wait for a slot no longer."""
        return min((each.until for each in self._pending), default=None)

    def handle_timer(self, *, now: float) -> None:
        """The PBX took the call and does not say where it is."""
        late = [one for one in self._pending if one.until <= now]
        self._forget(late)
        for each in late:
            if each.call.handed_over:
                self._at_work.desk.screen.notify(self._at_work.desk.settings.texts.slot_unknown)

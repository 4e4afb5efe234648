"""Taking a call that rings elsewhere: in the own group, in a group by its number, in another group, at a number.

The PBX does it: it answers the user's call with the one that rang. Source: SCCP flows reference, section 4.10.
"""

from __future__ import annotations

from bridge.callcontrol.desk import MAX_CALLS
from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.parties import Party
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.settings import CallSettings
from bridge.errors import InvalidInput
from bridge.sccp import DisplayPromptStatus, Label, SoftKeyEventType, StimulusType
from bridge.sccp.stationevents import ButtonPressed, SoftKeyPressed

OWN_GROUP = "sepbridge-gpickup"
GROUP = "sepbridge-gpickup-"
"""Then the group."""
OTHER_GROUP = "sepbridge-opickup"
NUMBER = "sepbridge-pickup-"
"""Then the number."""
_PICKUPS = (OWN_GROUP, OTHER_GROUP, NUMBER)
_NOT_DIALLED = frozenset({PhoneCallState.OFF_HOOK, PhoneCallState.DIALLING})


class Pickup(Feature):
    """PickUp, GPickUp and OPickUp, as soft keys and as buttons."""

    __slots__ = ()
    SOFT_KEYS = frozenset({SoftKeyEventType.PICK_UP, SoftKeyEventType.GROUP_PICK_UP, SoftKeyEventType.OTHER_PICK_UP})
    BUTTONS = frozenset({StimulusType.CALL_PICKUP, StimulusType.GROUP_PICKUP, StimulusType.OTHER_PICKUP})

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """One of the three."""
        match event.key:
            case SoftKeyEventType.PICK_UP:
                self._own_group(event.line, now)
            case SoftKeyEventType.OTHER_PICK_UP:
                self._other_group(event.line, now)
            case _:
                self._ask_for_group(event.line, now)

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """One of the three; a group's button may name its group."""
        match event.button:
            case StimulusType.CALL_PICKUP:
                self._own_group(0, now)
            case StimulusType.OTHER_PICKUP:
                self._other_group(0, now)
            case _:
                groups = self._at_work.desk.settings.group_pickups
                group = groups[event.instance - 1] if 0 < event.instance <= len(groups) else ""
                if group:
                    pick_up(self._at_work, GROUP + group, self._caller({group}) or Party(group), now=now)
                else:
                    self._ask_for_group(0, now)

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """Nothing rang there, or another phone was quicker: say so in place of why the PBX refused the call.

        A call that was taken is one that came in, on the screen and in every list, whoever called whom at the PBX.
        """
        desk = self._at_work.desk
        if not call.target.startswith(_PICKUPS) or not call.outgoing:
            return
        if call.state is PhoneCallState.FAILED:
            text = Label.NO_CALL_AVAILABLE_FOR_PICKUP
            desk.screen.send(DisplayPromptStatus(text, 0, call.line, call.call_ref))
        elif call.state is PhoneCallState.CONNECTED:
            call.outgoing, call.caller = False, call.remote.number
            desk.screen.info(call, desk.own(call))

    def _own_group(self, line: int, now: float) -> None:
        line = self._line(line)
        group = _group(self._at_work.desk.settings, line)
        pick_up(self._at_work, OWN_GROUP, self._caller({group}) or self._nobody, line=line, now=now)

    def _other_group(self, line: int, now: float) -> None:
        settings, line = self._at_work.desk.settings, self._line(line)
        own = _group(settings, line)
        some = settings.other_groups[line - 1] if line <= len(settings.other_groups) else None
        others = {each for _, desk in self._at_work.house.desks() for each in desk.settings.pickup_groups} - {own}
        others = others if some is None else others & some
        pick_up(self._at_work, OTHER_GROUP, self._caller(others) or self._nobody, line=line, now=now)

    @property
    def _nobody(self) -> Party:
        """What stands there as long as the PBX has not said who called."""
        return Party("", self._at_work.desk.settings.texts.pickup)

    def _caller(self, groups: set[str]) -> Party | None:
        """Who most likely is picked up, as far as a phone of ours rings; the PBX says in the end who it is."""
        for _, desk in self._at_work.house.desks():
            if desk is self._at_work.desk or groups.isdisjoint(desk.settings.pickup_groups):
                continue
            for call in desk.own_calls:
                rings = call.state is PhoneCallState.RINGING_IN
                if rings and call.remote.shown and _group(desk.settings, call.line) in groups - {""}:
                    return call.remote
        return None

    def _line(self, line: int) -> int:
        """The line whose group is meant: that of the call that is off-hook, else that of the alert on the screen, else
        the one that the phone names, else the first."""
        desk = self._at_work.desk
        active = desk.active
        if active is not None and active.state in _NOT_DIALLED:
            return active.line
        return desk.alerted_line or line or 1

    def _ask_for_group(self, line: int, now: float) -> None:
        """Dial tone: the user dials the group's number."""
        call = self._at_work.focus.new_call(line, now=now)
        if call is not None and call.state in _NOT_DIALLED:
            call.number_for = self._group_dialled
            self._at_work.desk.screen.asks_number(call)

    def _group_dialled(self, call: PhoneCall, group: str, now: float) -> None:
        call.number_for = None
        pick_up(self._at_work, GROUP + group, self._caller({group}) or Party(group), now=now)


def _group(settings: CallSettings, line: int) -> str:
    return settings.pickup_groups[line - 1] if line <= len(settings.pickup_groups) else ""


def directed_pickup(at_work: Workings, number: str, caller: Party, *, now: float) -> PhoneCall | None:
    """Take the call that rings at ``number``; ``caller`` is shown until the PBX says who it is."""
    return pick_up(at_work, NUMBER + number, caller if caller.shown else Party(number), now=now)


def pick_up(at_work: Workings, target: str, shown: Party, *, line: int = 0, now: float) -> PhoneCall | None:
    """Ask the PBX for a call that rings elsewhere, on the call that is off-hook already, else on a new one."""
    desk = at_work.desk
    active = desk.active
    try:
        if active is not None and active.state in _NOT_DIALLED and active.transfer_of is None:
            return at_work.outgoing.ask(active.line, target, shown, on=active, now=now)
        line = line or 1
        profile = desk.session.profile
        own = profile.line(line) if profile else None
        if own is None or len(desk.of_line(line)) >= own.max_calls or len(desk.calls) >= MAX_CALLS:
            desk.screen.notify(Label.NO_LINE_AVAILABLE_FOR_PICKUP)
            return None
        return at_work.outgoing.ask(line, target, shown, now=now) if at_work.focus.make_room(now=now) else None
    except InvalidInput:
        desk.screen.notify(Label.NO_CALL_AVAILABLE_FOR_PICKUP)
        return None

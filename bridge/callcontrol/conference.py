"""Conferences of any number of parties: Confrn, Join.

The PBX mixes, in a ConfBridge room that nobody but this phone knows by name (``services/conference.conf``). The phone
calls the room first. Only when the room has answered are the other calls sent there, each by a REFER of its own, so
that a PBX without the service costs nobody a call; and whoever the PBX does not take stays on hold here.

REFER rather than a redirect over the manager interface: it works without that interface and its rights, needs no
knowledge of the PBX's channel names, is answered with the outcome of each leg by itself, and takes the same way on
FreePBX. What it cannot do is to move a call to an application of the PBX (voicemail, an echo test): there is nobody
else who could be moved.

From the room's answer on the phone is one member among others. When the last but one leaves, the PBX ends the room.
Source: SCCP flows reference, sections 4.3 and 4.6.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from bridge.callcontrol.desk import MAX_CALLS
from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.parties import Party
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.selection import chosen, standing, unselect
from bridge.errors import InvalidInput
from bridge.sccp import ExtendedLabel, Label, SoftKeyEventType, StimulusType
from bridge.sccp.stationevents import ButtonPressed, SoftKeyPressed
from bridge.sip import Direction

CONFERENCE = Party("", "Conference")
_STARTER = "sepbridge-conf-host-"
_JOIN = frozenset({SoftKeyEventType.JOIN})
_DEPENDENT = "sepbridge-conf-drop-"
"""A member of a conference that ends when its starter leaves."""


@dataclass(slots=True, eq=False)
class _Gathering:
    """A conference that comes about."""

    own: PhoneCall
    """The phone's leg to the room."""
    was_active: PhoneCall | None
    """The call in which the user was."""
    waiting: list[PhoneCall] = field(default_factory=list)
    """Calls to be sent there as soon as the room has answered."""
    underway: set[PhoneCall] = field(default_factory=set)
    """Calls that the PBX is moving."""
    has_members: bool = False
    """Somebody besides this phone is there."""

    @property
    def is_over(self) -> bool:
        """True when nobody is on the way any more."""
        return not self.waiting and not self.underway


class Conference(Feature):
    """The keys Confrn and Join, and the conference button."""

    __slots__ = ("_gatherings",)
    SOFT_KEYS = frozenset({SoftKeyEventType.CONFRN, SoftKeyEventType.JOIN})
    BUTTONS = frozenset({StimulusType.CONFERENCE})

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._gatherings: list[_Gathering] = []

    # --- the user ----------------------------------------------------------------------------------------------------

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """See ``Feature``."""
        if event.key == SoftKeyEventType.JOIN:
            parties = chosen(self._at_work.desk, call)
            if len(parties) < 2:
                self._at_work.desk.screen.notify(Label.CAN_NOT_JOIN_CALLS)
            else:
                self._combine(parties, now)
        else:
            self._pressed(call, now)

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """See ``Feature``."""
        desk = self._at_work.desk
        self._pressed(desk.calls.get(event.call_ref) or desk.active, now)

    def keys(self, call: PhoneCall | None) -> Collection[SoftKeyEventType]:
        """See ``Feature``."""
        return self.SOFT_KEYS - _JOIN if len(standing(self._at_work.desk)) < 2 else self.SOFT_KEYS

    def _pressed(self, call: PhoneCall | None, now: float) -> None:
        """First press: hold and dial. Second press, when somebody has answered: a conference."""
        desk = self._at_work.desk
        if call is None or not call.stands or call.state is not PhoneCallState.CONNECTED:
            desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)
        elif (held := call.conference_of) is not None and held in standing(desk):
            self._combine((held, call), now)
        else:
            self._at_work.midcall.hold(call, now=now)
            self._at_work.outgoing.begin(call.line, conference_of=call, now=now)

    # --- coming about ------------------------------------------------------------------------------------------------

    def _combine(self, parties: tuple[PhoneCall, ...], now: float) -> None:
        desk = self._at_work.desk
        own = next((call for call in parties if call.room), None)
        others = [call for call in parties if call is not own]
        if any(call.room for call in others) or len(desk.calls) >= MAX_CALLS:
            desk.screen.notify(Label.CAN_NOT_JOIN_CALLS)
            return
        active = desk.active
        if active is not None and active not in parties and not self._at_work.focus.make_room(now=now):
            desk.screen.notify(Label.CAN_NOT_JOIN_CALLS)
            return
        unselect(desk)
        for call in parties:
            call.conference_of = call.transfer_of = None
        talking = active if active in others else None
        if talking is not None:
            self._at_work.midcall.set_aside(talking)
        if own is None:
            self._open(others, talking, now)
        else:
            gathering = _Gathering(own, talking, others, has_members=True)
            self._gatherings.append(gathering)
            if own.state is PhoneCallState.HELD:
                self._at_work.midcall.resume(own, now=now)
            self._send(gathering, now)

    def _open(self, parties: list[PhoneCall], talking: PhoneCall | None, now: float) -> None:
        work = self._at_work
        line = (talking or parties[0]).line
        room = work.desk.agents[line - 1].token()
        try:
            own = work.outgoing.ask(line, _STARTER + room, CONFERENCE, room=room, now=now)
        except InvalidInput:
            work.desk.screen.notify(ExtendedLabel.CONFERENCE_IS_UNAVAILABLE)
            return
        self._gatherings.append(_Gathering(own, talking, parties))

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """See ``Feature``."""
        for gathering in tuple(self._gatherings):
            if call is gathering.own:
                self._own_changed(gathering, now)
            elif call in gathering.underway and call.state is PhoneCallState.ENDED:
                gathering.underway.discard(call)
                gathering.has_members |= call.handed_over
                self._settled(gathering, now)
            elif call in gathering.waiting and call.state is not PhoneCallState.HELD:
                gathering.waiting.remove(call)  # the user, or the other side, thought better of it
                self._settled(gathering, now)

    def _own_changed(self, gathering: _Gathering, now: float) -> None:
        own, desk = gathering.own, self._at_work.desk
        match own.state:
            case PhoneCallState.CONNECTED:
                self._send(gathering, now)
            case PhoneCallState.FAILED:
                self._forget(gathering)
                desk.finish(own, "the PBX has no conference for it", now=now)
                desk.screen.notify(ExtendedLabel.CONFERENCE_IS_UNAVAILABLE)
                self._give_back(gathering.was_active, now, resume=True)
            case PhoneCallState.ENDED:
                self._forget(gathering)
                self._give_back(gathering.was_active, now, resume=False)

    def _send(self, gathering: _Gathering, now: float) -> None:
        """Send everybody to the room who is still there."""
        outlives = self._at_work.desk.settings.conference_outlives_starter
        room = gathering.own.door if outlives else _DEPENDENT + gathering.own.room
        waiting, gathering.waiting = gathering.waiting, []
        for call in waiting:
            sent = call.stands and self._at_work.transfer.send(
                call, room, words=Label.CAN_NOT_COMPLETE_CONFERENCE, now=now
            )
            if sent:
                gathering.underway.add(call)
            elif call is gathering.was_active:
                self._give_back(call, now, resume=False)
        self._settled(gathering, now)

    def transfer_failed(self, call: PhoneCall, *, now: float) -> None:
        """See ``Feature``."""
        for gathering in tuple(self._gatherings):
            if call not in gathering.underway:
                continue
            gathering.underway.discard(call)
            alone = gathering.is_over and not gathering.has_members
            self._settled(gathering, now)
            if call is gathering.was_active and alone:
                self._give_back(call, now, resume=True)

    def _settled(self, gathering: _Gathering, now: float) -> None:
        """Nobody is on the way any more: a room without anybody else in it is no conference."""
        if not gathering.is_over:
            return
        self._forget(gathering)
        if not gathering.has_members:
            self._at_work.desk.finish(gathering.own, "nobody joined the conference", now=now)

    def _forget(self, gathering: _Gathering) -> None:
        if gathering in self._gatherings:
            self._gatherings.remove(gathering)

    def _give_back(self, call: PhoneCall | None, now: float, *, resume: bool) -> None:
        """The PBX was not told that it is on hold: tell it, or take it back."""
        desk = self._at_work.desk
        if call is None or call.state is not PhoneCallState.HELD or not call.stands or call.transferring:
            return
        if resume and desk.active is None:
            self._at_work.midcall.resume(call, now=now)
        else:
            desk.reoffer(call, Direction.SENDONLY, now=now)

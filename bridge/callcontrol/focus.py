"""What occupies the user: how room is made for another call, and how one is begun."""

from __future__ import annotations

from bridge.callcontrol.desk import MAX_CALLS, Desk
from bridge.callcontrol.midcall import MidCall
from bridge.callcontrol.outgoing import Outgoing
from bridge.callcontrol.parties import Party
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import Label

_BEFORE_DIALLING = (PhoneCallState.OFF_HOOK, PhoneCallState.DIALLING)
_ENDED_BY_ANOTHER = (
    PhoneCallState.OFF_HOOK,
    PhoneCallState.DIALLING,
    PhoneCallState.PROCEEDING,
    PhoneCallState.RINGING_OUT,
    PhoneCallState.FAILED,
)


class Focus:
    """The user's attention, which one call has at a time."""

    __slots__ = ("_desk", "_midcall", "_outgoing")

    def __init__(self, desk: Desk, outgoing: Outgoing, midcall: MidCall) -> None:
        self._desk = desk
        self._outgoing = outgoing
        self._midcall = midcall

    def new_call(self, line: int, number: str = "", *, now: float) -> PhoneCall | None:
        """A new call on ``line`` (0 for the first), dialled at once if there is a number.

        An off-hook call that waits for its first digit is taken instead. None, and words on the screen, where there is
        no room.
        """
        desk = self._desk
        active = desk.active
        if active is not None and active.state is PhoneCallState.OFF_HOOK and line in (0, active.line):
            if number:
                self._outgoing.dial(active, number, now=now)
            return active
        line = line or 1
        profile = desk.session.profile
        own = profile.line(line) if profile else None
        emergency = number in desk.settings.emergency
        if own is None or len(desk.of_line(line)) >= own.max_calls or len(desk.own_calls) >= MAX_CALLS:
            if own is None or not desk.settings.emergency or (number and not emergency):
                desk.screen.notify(Label.LINE_IN_USE)
                return None
            if not emergency:
                return self._only_emergency(line, now)
        if emergency and not self.make_room(now=now) and desk.active is not None:
            desk.finish(desk.active, "an emergency call needs the phone", now=now)
        return self._outgoing.begin(line, number=number, now=now) if self.make_room(now=now) else None

    def _only_emergency(self, line: int, now: float) -> PhoneCall | None:
        """The line is full: an emergency number can still be dialled."""
        if not self.make_room(now=now):
            return None
        call = self._outgoing.begin(line, now=now)
        call.only_emergency = True
        self._desk.screen.notify(Label.LINE_IN_USE)
        return call

    def dial(self, number: str, line: int = 0, *, now: float) -> PhoneCall | None:
        """A whole number: on the call that is off-hook already, else on a new one."""
        if not number:
            self._desk.screen.notify(Label.NUMBER_NOT_CONFIGURED)
            return None
        active = self._desk.active
        if active is not None and active.state in _BEFORE_DIALLING:
            self._outgoing.dial(active, number, now=now)
            return active
        return self.new_call(line, number, now=now)

    def ask(self, target: str, shown: Party, *, now: float) -> PhoneCall | None:
        """Call a service of the PBX (``Outgoing.ask``) on the first line; None where there is no room."""
        desk = self._desk
        profile = desk.session.profile
        own = profile.line(1) if profile else None
        active = desk.active
        if active is not None and active.state in _BEFORE_DIALLING:
            desk.finish(active, "the phone turned to another call", now=now)
        if own is None or len(desk.of_line(1)) >= own.max_calls or len(desk.calls) >= MAX_CALLS:
            desk.screen.notify(Label.LINE_IN_USE)
            return None
        return self._outgoing.ask(1, target, shown, now=now) if self.make_room(now=now) else None

    def make_room(self, *, now: float) -> bool:
        """Put aside what occupies the user. False where that cannot be done just now."""
        desk = self._desk
        active = desk.active
        if active is None:
            return True
        if active.state in (PhoneCallState.CONNECTED, PhoneCallState.RESUMING):
            self._midcall.hold(active, now=now)
        elif active.state in _ENDED_BY_ANOTHER:
            desk.finish(active, "the phone turned to another call", now=now)
        else:
            return False
        return True

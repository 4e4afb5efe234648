"""A line of the site: one account at the PBX, and the phones that have an appearance of it.

The line is registered once, whoever has it. What its user agent reports goes to the phones: how it stands at the PBX
and the messages that wait to all, a call to those that ring, what happens in a call to the phone that has it. The PBX
knows one phone, so the line itself lets all phones ring, and one phone's refusal counts only when all refuse.
Source: SCCP flows reference, sections 4.9, 6 and 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bridge.sip import Call, Event, IncomingCall, NotifyReceived, RegistrationState, UserAgent

if TYPE_CHECKING:
    from bridge.callcontrol.desk import Desk
    from bridge.callcontrol.phonecall import PhoneCall

MESSAGE_SUMMARY = "message-summary"
"""The event package of waiting messages (RFC 3842)."""
LONGEST_SUMMARY = 2000
"""Characters of it that are kept."""
_UNAVAILABLE = 480
_BUSY = 486


class LinePhone(Protocol):
    """A phone, as its lines know it."""

    def receive_sip(self, line: int, event: Event, *, now: float) -> None:
        """An event of the user agent of the phone's line ``line``."""


@dataclass(slots=True, eq=False)
class Appearance:
    """A line on one phone, as its line ``instance``."""

    phone: LinePhone
    desk: Desk
    instance: int
    device: str
    """The phone's name: an older connection of the same phone is not another phone."""
    staying: bool = True
    """False once the phone is gone and waits only for the line to have left the PBX."""


class SharedLine:
    """One line. Everything it does to a phone, it does through the phone's desk, and ``touch``es that phone."""

    __slots__ = ("_refusals", "agent", "appearances", "messages")

    def __init__(self, agent: UserAgent) -> None:
        self.agent = agent
        self.appearances: list[Appearance] = []
        self.messages = ""
        """The PBX's last word on waiting messages: it says so to a new registration, not to each phone that comes."""
        self._refusals: list[int] | None = None
        """What the phones say to the call that is just offered to them."""

    # --- phones ------------------------------------------------------------------------------------------------------

    def attach(self, phone: LinePhone, desk: Desk, instance: int) -> Appearance:
        """A phone with this line was accepted."""
        appearance = Appearance(phone, desk, instance, desk.session.device)
        self.appearances.append(appearance)
        return appearance

    def detach(self, phone: LinePhone) -> None:
        """Nothing is left of the phone."""
        self.appearances = [each for each in self.appearances if each.phone is not phone]

    def others(self, desk: Desk) -> tuple[Appearance, ...]:
        """The appearances on other phones."""
        device = next((each.device for each in self.appearances if each.desk is desk), "")
        return tuple(each for each in self.appearances if each.device != device and each.staying)

    def is_needed(self, desk: Desk) -> bool:
        """True when another phone has the line, too: it stays at the PBX without this one."""
        return any(each.desk is not desk and each.staying for each in self.appearances)

    def leave(self, desk: Desk, *, connected: bool, now: float) -> None:
        """The phone is gone. With the last one the line leaves the PBX, if there is a connection to say so."""
        for each in self.appearances:
            if each.desk is desk:
                each.staying = False
        if connected and not self.is_needed(desk):
            self.agent.unregister(now=now)

    def has_left(self, desk: Desk, *, connected: bool) -> bool:
        """True when nothing of this line keeps a phone that is gone from being forgotten."""
        at_pbx = self.agent.registration_state is not RegistrationState.UNREGISTERED
        return not (at_pbx and connected) or self.is_needed(desk)

    # --- the network -------------------------------------------------------------------------------------------------

    def receive(self, event: Event, *, now: float) -> None:
        """An event of the line's user agent."""
        if isinstance(event, IncomingCall):
            self._offer(event, now)
            return
        if isinstance(event, NotifyReceived) and event.event_package == MESSAGE_SUMMARY:
            self.messages = event.body[:LONGEST_SUMMARY]
        for each in tuple(self.appearances):
            each.phone.receive_sip(each.instance, event, now=now)
            each.desk.touch()

    def refuse(self, call: Call, status: int, *, now: float) -> None:
        """A phone does not want the call that is offered to it."""
        if self._refusals is not None:
            self._refusals.append(status)
        elif not self.is_offered(call):
            self.agent.reject(call, status, now=now)

    def is_offered(self, call: Call) -> bool:
        """True when the call rings, or goes on, at some phone."""
        return any(each.desk.of_sip(call) is not None for each in self.appearances)

    def hang_up(self, desk: Desk, call: Call, *, now: float) -> None:
        """The phone wants no more of the call: it ends, unless other phones ring."""
        if not any(each.desk.of_sip(call) is not None for each in self.others(desk)):
            self.agent.hang_up(call, now=now)

    def reference_of(self, call: Call) -> int:
        """The reference under which a phone has the call; 0 where none has it. It is the same on all phones."""
        found = (each.desk.of_sip(call) for each in self.appearances)
        return next((one.call_ref for one in found if one is not None), 0)

    def _offer(self, event: IncomingCall, now: float) -> None:
        self._refusals = []
        for each in tuple(self.appearances):
            if each.staying:
                each.phone.receive_sip(each.instance, event, now=now)
                each.desk.touch()
        refusals, self._refusals = self._refusals, None
        if not self.is_offered(event.call):
            self.agent.reject(event.call, _weightiest(refusals), now=now)

    # --- the other phones --------------------------------------------------------------------------------------------

    def owner_of(self, call_ref: int) -> tuple[Desk, PhoneCall] | None:
        """The phone that has the call, and the call there."""
        for each in self.appearances:
            call = each.desk.calls.get(call_ref)
            if call is not None and call.sip is not None:
                return each.desk, call
        return None

    def ended(self, desk: Desk, call: PhoneCall, *, now: float) -> None:
        """A call of the phone's is over: the others show it no more."""
        for each in self.others(desk):
            shown = each.desk.calls.get(call.call_ref)
            if shown is not None and shown.is_remote:
                each.desk.finish(shown, "the call ended on another phone", now=now)
                each.desk.touch()
            for joined in each.desk.own_calls:
                if joined.joins == call.call_ref:
                    each.desk.finish(joined, "the call that it joined is over", now=now)
                    each.desk.touch()


def _weightiest(refusals: list[int]) -> int:
    """What the caller is told: busy, where a phone is so; else what the first phone said."""
    return _BUSY if _BUSY in refusals else refusals[0] if refusals else _UNAVAILABLE

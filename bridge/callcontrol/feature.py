"""What a supplementary service of a phone may take part in.

A service is one class derived from ``Feature``, one object for each phone. It overrides the hooks it needs, and works
with the parts of the phone that its ``Workings`` hold. ``bridge.callcontrol.features`` lists the classes; the first one
that takes a key, a button or an event has it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar

from bridge.callcontrol.desk import Desk
from bridge.callcontrol.focus import Focus
from bridge.callcontrol.house import House
from bridge.callcontrol.incoming import IncomingCalls
from bridge.callcontrol.lines import Lines
from bridge.callcontrol.midcall import MidCall
from bridge.callcontrol.outgoing import Outgoing
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.settings import CallSettings
from bridge.callcontrol.sharing import Sharing
from bridge.callcontrol.transfer import Transfer
from bridge.sccp import SoftKeyEventType, StimulusType
from bridge.sccp.stationevents import ApplicationDataReceived, ButtonPressed, GroupJoined, SoftKeyPressed, StateAsked
from bridge.sip import Event, IncomingCall


@dataclass(frozen=True, slots=True)
class Workings:
    """The parts of one phone that a service works with."""

    desk: Desk
    focus: Focus
    lines: Lines
    outgoing: Outgoing
    incoming: IncomingCalls
    midcall: MidCall
    transfer: Transfer
    sharing: Sharing
    house: House[Any]


class Feature:
    """One supplementary service of one phone. Every hook does nothing unless the service has its own."""

    __slots__ = ("_at_work",)

    SOFT_KEYS: ClassVar[frozenset[SoftKeyEventType]] = frozenset()
    """Soft keys that are this service's."""
    BUTTONS: ClassVar[frozenset[StimulusType]] = frozenset()
    """Buttons that are this service's."""

    def __init__(self, workings: Workings) -> None:
        self._at_work = workings

    # --- what it offers ----------------------------------------------------------------------------------------------

    def keys(self, call: PhoneCall | None) -> Collection[SoftKeyEventType]:
        """Those of ``SOFT_KEYS`` that do something now, for this call or for the idle phone; the others are hidden.

        All of them unless the service knows better: a list of a conference, for instance, needs a conference.
        """
        return self.SOFT_KEYS

    # --- the user ----------------------------------------------------------------------------------------------------

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """One of ``SOFT_KEYS``; ``call`` is the call that the phone names, else the one that occupies the user."""

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """One of ``BUTTONS``."""

    def again(self, call: PhoneCall, *, now: float) -> bool:
        """The button of the line that the user is on, or the handset lifted during a call. True when it was for this
        service."""
        return False

    def takes(self, event: ButtonPressed) -> bool:
        """Whether this one of ``BUTTONS`` is for this service; else it does what it does without."""
        return True

    def asked(self, event: StateAsked, *, now: float) -> bool:
        """A list of the phone wants to show how a number stands. True when it was for this service."""
        return False

    def data(self, event: ApplicationDataReceived, *, now: float) -> bool:
        """The user chose something in a document on the screen. True when it was this service's document."""
        return False

    def hung_up(self, *, now: float) -> bool:
        """The handset was put down, or the loudspeaker switched off, while no call occupied the user. True when it was
        for this service."""
        return False

    # --- the phone ---------------------------------------------------------------------------------------------------

    def registered(self, *, now: float) -> None:
        """The phone has finished registering: its lamps and icons are off and wait for being set."""

    def relabelled(self, *, now: float) -> None:
        """Labels were sent anew to the registered phone: icons that came with them may have to be set again."""

    def settings_changed(self, before: CallSettings, *, now: float) -> None:
        """The application decided otherwise about the registered phone's calls; the desk has the new rules already."""

    def left(self, *, now: float) -> None:
        """The phone is gone, or another connection of it took over: nothing can be shown any more."""

    def joined(self, event: GroupJoined, *, now: float) -> bool:
        """The phone listens to a multicast group, or cannot. True when it was for this service."""
        return False

    # --- the network -------------------------------------------------------------------------------------------------

    def heard(self, line: int, event: Event, *, now: float) -> bool:
        """An event of a line's user agent that belongs to no call. True when it was for this service."""
        return False

    def refuses(self, line: int, event: IncomingCall, *, now: float) -> int:
        """Asked before a call rings: the SIP status to refuse it with, 0 to let it ring."""
        return 0

    # --- calls -------------------------------------------------------------------------------------------------------

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """A call's state is another one than at the end of the last step; ``before`` is None for a new call.

        A call that is over comes here once more, as ENDED.
        """

    def transfer_failed(self, call: PhoneCall, *, now: float) -> None:
        """The PBX did not take the call off our hands: it is on hold here, as before."""

    # --- the application ---------------------------------------------------------------------------------------------

    def told(self, answer: object, *, now: float) -> bool:
        """The application's answer to an event of this service. True when it was for this service."""
        return False

    # --- time --------------------------------------------------------------------------------------------------------

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None."""
        return None

    def handle_timer(self, *, now: float) -> None:
        """Do what is due at ``now``."""

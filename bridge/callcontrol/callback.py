"""Callback on busy and on no answer: the phone is told when somebody is free, and one key calls back.

Busy: as soon as the number is free. No answer: once it was in use and is free again, for then somebody is there. A
phone has one request at a time; it outlives the phone's connection, since a House keeps it, and the service, whose
database does (``CallBackWanted``). It ends after ``CallSettings.callback_wait``. What the other side's state is, the
application asks the PBX (``WatchNumber``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bridge.callcontrol.events import CallBackOver, CallBackWanted, NumberStands, UnwatchNumber, WatchNumber
from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.screen import NOTIFY_PRIORITY
from bridge.core.numberstate import NumberState
from bridge.sccp import Label, RingDuration, RingMode, SetRinger, SoftKeyEventType, StimulusType
from bridge.sccp.stationevents import ButtonPressed, SoftKeyPressed

RING_FOR = 4.0
"""Seconds in which the phone rings to say that somebody is free."""
_S = PhoneCallState
_WAITING = (_S.PROCEEDING, _S.RINGING_OUT)


@dataclass(slots=True)
class CallBackRequest:
    """Who shall be called back."""

    number: str
    line: int
    until: float
    after_use: bool
    """It must have been in use first: it did not answer."""
    known: bool = False
    """The PBX watches it; while its dialplan is read anew, or it starts, it may say for a moment that it does not."""
    free: bool = False
    told: bool = False
    """The user was told so."""


class CallBack(Feature):
    """The CallBack key."""

    __slots__ = ("_device", "_missed", "_quiet_at")
    SOFT_KEYS = frozenset({SoftKeyEventType.CALL_BACK})
    BUTTONS = frozenset({StimulusType.CALL_BACK})

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._device = ""
        self._missed: tuple[str, int, bool] | None = None
        """Whom the user reached last in vain: number, line, and whether nobody answered."""
        self._quiet_at: float | None = None

    @property
    def _request(self) -> CallBackRequest | None:
        return self._at_work.house.callbacks.get(self._device)

    # --- the user ----------------------------------------------------------------------------------------------------

    def keys(self, call: PhoneCall | None) -> Collection[SoftKeyEventType]:
        """For a call that is not answered, and for an idle phone with somebody to call back."""
        if call is not None:
            return self.SOFT_KEYS if _in_vain(call) else ()
        return self.SOFT_KEYS if self._request or self._missed else ()

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """Ask to be told; call back who is free; take the request back."""
        self._pressed(call, now)

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """As the soft key."""
        desk = self._at_work.desk
        self._pressed(desk.calls.get(event.call_ref) or desk.active, now)

    def _pressed(self, call: PhoneCall | None, now: float) -> None:
        work = self._at_work
        desk, request = work.desk, self._request
        if call is not None and _in_vain(call):
            self._ask(call.dialled, call.line, now, unanswered=call.state in _WAITING)
            if call.state is _S.FAILED:
                desk.finish(call, "the user will call back", now=now)
        elif call is not None:
            desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)
        elif request is not None and request.free:
            self._end(now)
            work.focus.dial(request.number, request.line, now=now)
        elif request is not None:
            self._end(now)
            desk.screen.notify(f"{desk.settings.texts.callback_ended} {request.number}")
        elif self._missed is not None:
            number, line, unanswered = self._missed
            self._ask(number, line, now, unanswered=unanswered)
        else:
            desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)

    def _ask(self, number: str, line: int, now: float, *, unanswered: bool) -> None:
        """A new request, in the place of the one before."""
        desk, house = self._at_work.desk, self._at_work.house
        self._end(now)
        for device in [device for device, each in house.callbacks.items() if each.until <= now]:
            if device != self._device:
                del house.callbacks[device]  # of a phone that never came back
        house.callbacks[self._device] = CallBackRequest(number, line, now + desk.settings.callback_wait, unanswered)
        self._missed = None
        self._keep(now)
        desk.events.append(WatchNumber(number))
        desk.screen.notify(f"{desk.settings.texts.callback_set} {number}")

    def _end(self, now: float) -> None:
        """Forget the request, and what the screen says of it."""
        request = self._at_work.house.callbacks.pop(self._device, None)
        if request is not None:
            self._at_work.desk.events += (UnwatchNumber(request.number), CallBackOver())
            self._withdraw(request)

    def _keep(self, now: float) -> None:
        """Have the request outlive a restart of the service."""
        if (request := self._request) is not None:
            wanted = CallBackWanted(request.number, request.line, request.until - now, request.after_use)
            self._at_work.desk.events.append(wanted)

    # --- the other side ----------------------------------------------------------------------------------------------

    def told(self, answer: object, *, now: float) -> bool:
        """How a number stands."""
        request = self._request
        if not isinstance(answer, NumberStands):
            return False
        if request is None or request.number != answer.number:
            return True
        known, request.known = request.known, request.known or answer.state is not NumberState.UNKNOWN
        match answer.state:
            case NumberState.IN_USE:
                if request.after_use:
                    request.after_use = False
                    self._keep(now)
                self._busy_again(request)
            case NumberState.FREE if not request.after_use:
                request.free = True
                self._announce(now)
            case NumberState.UNKNOWN if not known:
                self._end(now)
                self._at_work.desk.screen.notify(f"{self._at_work.desk.settings.texts.callback_impossible}")
            case _:
                self._busy_again(request)
        return True

    def _busy_again(self, request: CallBackRequest) -> None:
        if request.free:
            self._withdraw(request)

    def _announce(self, now: float) -> None:
        """Text and ring, once; not before the user is out of other calls."""
        desk, request = self._at_work.desk, self._request
        if request is None or not request.free or request.told or desk.own_calls:
            return
        request.told = True
        text = f"{request.number} {desk.settings.texts.callback_free}"
        desk.standing["callback"] = text
        self._at_work.lines.show()
        desk.screen.notify(text)
        desk.screen.send(SetRinger(RingMode.INSIDE, RingDuration.SINGLE))
        self._quiet_at = now + RING_FOR

    def _withdraw(self, request: CallBackRequest) -> None:
        """Take the news back."""
        desk = self._at_work.desk
        if request.told:
            desk.screen.clear_message(NOTIFY_PRIORITY)
        request.free = request.told = False
        desk.standing["callback"] = ""
        self._at_work.lines.show()
        self._silence()

    def _silence(self) -> None:
        """The ring was for the news; a call that rings meanwhile goes on."""
        if self._quiet_at is None:
            return
        self._quiet_at = None
        desk = self._at_work.desk
        if desk.first(_S.RINGING_IN) is None:
            desk.screen.send(SetRinger(RingMode.OFF))

    # --- calls -------------------------------------------------------------------------------------------------------

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """Who is reached needs no callback; who is not may be called back; after the last call the news is told."""
        if call.is_remote:
            return
        request = self._request
        if call.state is _S.CONNECTED and request is not None and request.number in (call.dialled, call.remote.number):
            self._end(now)
        elif call.state is _S.FAILED and _in_vain(call):
            self._missed = call.dialled, call.line, False
        elif call.state is _S.ENDED and before in _WAITING and _is_own_call(call):
            self._missed = call.dialled, call.line, True
        elif call.state is _S.CONNECTED:
            self._missed = None
        if request is not None and self._missed is not None and self._missed[0] == request.number:
            self._missed = None
        if self._at_work.desk.own_calls:
            self._silence()
        else:
            self._announce(now)

    # --- the phone ---------------------------------------------------------------------------------------------------

    def registered(self, *, now: float) -> None:
        """The phone is back, perhaps by another connection: its request still stands."""
        self._device = self._at_work.desk.session.device
        request = self._request
        if request is not None:
            request.free = request.told = False
            self._at_work.desk.events.append(WatchNumber(request.number))

    def left(self, *, now: float) -> None:
        """Nothing is to be told until it is back."""
        if (request := self._request) is not None:
            self._at_work.desk.events.append(UnwatchNumber(request.number))
        self._quiet_at = None
        self._device = ""  # calls may outlive the connection: the request is that of the next one

    def timer(self) -> float | None:
        """When the news has been rung long enough, or the request is too old."""
        request = self._request
        times = (self._quiet_at, request.until if request is not None else None)
        return min((at for at in times if at is not None), default=None)

    def handle_timer(self, *, now: float) -> None:
        """Do what is due."""
        if self._quiet_at is not None and self._quiet_at <= now:
            self._silence()
        request = self._request
        if request is not None and request.until <= now:
            self._end(now)
            self._at_work.desk.screen.notify(f"{self._at_work.desk.settings.texts.callback_ended} {request.number}")


def _is_own_call(call: PhoneCall) -> bool:
    """Whether the user called somebody for himself: whom he transfers a call to, he does not want to call back."""
    if not call.outgoing or not call.dialled or call.target:
        return False
    return call.transfer_of is None and call.conference_of is None


def _in_vain(call: PhoneCall) -> bool:
    """Whether it goes to a number that does not answer, or is busy."""
    if not _is_own_call(call):
        return False
    return call.state in _WAITING or (call.state is _S.FAILED and call.status in (480, 486, 600, 603))

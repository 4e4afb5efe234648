"""What the other phones of a line show of this phone's calls, and how a call goes from one phone to another.

After each step the other phones are told what has changed, and each of them keeps the call as one that another phone
has: in the same list as its own, so that lamps and keys follow from one place. The SIP side is with one phone at a
time: that decides every race. Source: SCCP flows reference, section 4.9.
"""

from __future__ import annotations

from bridge.callcontrol.codecs import chosen_codec
from bridge.callcontrol.desk import MAX_CALLS, Desk
from bridge.callcontrol.midcall import MidCall
from bridge.callcontrol.parties import Party
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import Label, MediaCodec

_IN_USE = frozenset(
    {
        PhoneCallState.PROCEEDING,
        PhoneCallState.RINGING_OUT,
        PhoneCallState.ANSWERING,
        PhoneCallState.CONNECTED,
        PhoneCallState.RESUMING,
    }
)


def view_of(call: PhoneCall) -> PhoneCallState | None:
    """How the other phones show a call of this one; None where they show nothing of it."""
    if call.joins:
        return None  # they show the call that it joins
    if call.state in _IN_USE:
        return PhoneCallState.REMOTE
    return PhoneCallState.REMOTE_HELD if call.state is PhoneCallState.HELD else None


class Sharing:
    """One phone's calls, as the other phones of its lines have to do with them."""

    __slots__ = ("_desk", "_midcall")

    def __init__(self, desk: Desk, midcall: MidCall) -> None:
        self._desk = desk
        self._midcall = midcall

    def publish(self, *, now: float) -> None:
        """Tell the other phones what has changed."""
        desk = self._desk
        for call in desk.own_calls:
            line = desk.lines[call.line - 1]
            if len(line.appearances) < 2:
                continue
            view = view_of(call)
            told = (view, call.remote, desk.private and view is PhoneCallState.REMOTE)
            if told == call.told_others:
                continue
            before, call.told_others = call.told_others, told
            if told[0] is not None:
                for other in line.others(desk):
                    _show(other.desk, other.instance, call, told[0], private=told[2])
            elif before is not None and before[0] is not None:
                line.ended(desk, call, now=now)

    def show_all(self) -> None:
        """This phone has just registered, or barges otherwise than before: show what the others do, known or not."""
        desk = self._desk
        for instance, line in enumerate(desk.lines, 1):
            for other in line.others(desk):
                for call in other.desk.of_line(other.instance):
                    if (view := view_of(call)) is not None:
                        private = other.desk.private and view is PhoneCallState.REMOTE
                        _show(desk, instance, call, view, private=private, again=True)

    def may_take(self, call: PhoneCall) -> bool:
        """Whether what another phone holds can be resumed here; where not, the screen says why."""
        desk = self._desk
        found = desk.lines[call.line - 1].owner_of(call.call_ref)
        if found is None or not _is_free(*found):
            desk.screen.notify(Label.IN_USE_REMOTE)
            return False
        if self._codec_for(found) is None:
            desk.screen.notify(desk.settings.texts.no_codec)
            return False
        return True

    def take(self, call: PhoneCall, *, now: float) -> None:
        """Resume here what another phone holds, after ``may_take``."""
        desk = self._desk
        found = desk.lines[call.line - 1].owner_of(call.call_ref)
        codec = self._codec_for(found)
        if found is None or codec is None:
            return
        there, held = found
        call.sip, held.sip = held.sip, None
        call.outgoing, call.dialled, call.answered_at = held.outgoing, held.dialled, held.answered_at
        call.remote, call.caller, call.redirected_from = held.remote, held.caller, held.redirected_from
        call.target, call.room = held.target, held.room
        call.told_others = held.told_others = None
        call.elsewhere = call.private = False
        held.state = PhoneCallState.REMOTE_HELD  # until this phone's step is over, which tells what it does with it
        there.session.in_call = bool(there.own_calls)
        there.touch()
        desk.session.in_call = True
        self._midcall.resume(call, codec, now=now)

    def _codec_for(self, found: tuple[Desk, PhoneCall] | None) -> MediaCodec | None:
        """What this phone can talk with where the other phone stops."""
        sip = found[1].sip if found is not None else None
        return chosen_codec(sip.remote, self._desk.codecs) if sip is not None and sip.remote is not None else None


def _is_free(desk: Desk, call: PhoneCall) -> bool:
    """True when nothing else is under way with a call that is on hold."""
    asked_about = any(
        call in (other.transfer_of, other.conference_of, other.transfer_with) for other in desk.calls.values()
    )
    return call.state is PhoneCallState.HELD and not call.transferring and not asked_about


def _show(desk: Desk, line: int, call: PhoneCall, view: PhoneCallState, *, private: bool, again: bool = False) -> None:
    """Show on a phone, on its line ``line``, a call that another phone has; ``again``: also where it does already."""
    remote = Party() if private else call.remote
    if not desk.session.is_accepted or not desk.has_button(line):
        return
    shown = desk.calls.get(call.call_ref)
    rang = shown is not None and shown.state is PhoneCallState.RINGING_IN
    if shown is None:
        if len(desk.calls) >= MAX_CALLS:
            return
        shown = desk.new_call(line, view, outgoing=call.outgoing, ref=call.call_ref)
        shown.elsewhere = True
    elif (shown.state, shown.remote, shown.private) == (view, remote, private) and not again:
        return
    if shown.waiting:
        shown.waiting = False
        if desk.active is not None and not any(other.waiting for other in desk.calls.values()):
            desk.screen.silence(desk.active)
    shown.sip = None
    shown.state = view
    shown.private, shown.remote, shown.outgoing = private, remote, call.outgoing
    shown.dialled = "" if private else call.dialled
    shown.redirected_from = Party() if private else call.redirected_from
    desk.session.in_call = bool(desk.own_calls)
    if rang:
        shown.elsewhere = True
        desk.screen.taken_elsewhere(shown, desk.all_calls)
    desk.screen.remote(shown, desk.own(shown), desk.all_calls, barge=desk.settings.barge)
    desk.touch()

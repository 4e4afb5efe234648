"""The messages key, and the immediate divert of a call into the owner's mailbox.

A ringing call is diverted by 302, which the PBX follows in the endpoint's context; a call that stands goes there by
REFER. Both name an extension of ``asterisk-conf/sepbridge/services/divert.conf`` that no keypad can dial. What lamps
and prompt say of waiting messages stands in module ``lines``.

Source: SCCP flows reference, section 4.7.
"""

from __future__ import annotations

import re

from bridge.callcontrol.feature import Feature
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import Label, SoftKeyEventType, StimulusType
from bridge.sccp.stationevents import ButtonPressed, SoftKeyPressed
from bridge.sip import Direction
from bridge.sip.message import Header

DIVERT = "sepbridge-vm"
_BOX = re.compile(r"([A-Za-z0-9*#]{1,40})(?:@([A-Za-z0-9]{1,40}))?")


def box_extension(mailbox: str) -> str:
    """The extension that leads into a mailbox, ``1001`` or ``1001@default``; empty where no extension can name it."""
    found = _BOX.fullmatch(mailbox)
    if found is None:
        return ""
    return f"{DIVERT}-{found[1]}" if found[2] in (None, "default") else f"{DIVERT}-{found[1]}-{found[2]}"


class Voicemail(Feature):
    """Messages and iDivert."""

    __slots__ = ()
    SOFT_KEYS = frozenset({SoftKeyEventType.IDIVERT})
    BUTTONS = frozenset({StimulusType.VOICEMAIL, StimulusType.MESSAGES})

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """Call the mailbox of the line that is off hook, else of the first where messages wait, else of line 1."""
        work = self._at_work
        desk, profile = work.desk, work.desk.session.profile
        active = desk.active
        off_hook = active is not None and active.state in (PhoneCallState.OFF_HOOK, PhoneCallState.DIALLING)
        line = active.line if active is not None and off_hook else work.lines.with_messages or 1
        own = profile.line(line) if profile else None
        work.focus.dial((own.voicemail_pilot if own else "") or desk.settings.voicemail, line, now=now)

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """Divert the call that the phone names, else the one that rings, else the user's, else one on hold."""
        work = self._at_work
        desk = work.desk
        if event.call_ref not in desk.calls:
            call = (
                desk.first(PhoneCallState.RINGING_IN)
                or desk.first(PhoneCallState.CONNECTED)
                or desk.first(PhoneCallState.HELD)
            )
        target = box_extension(desk.own(call).mailbox) if call is not None else ""
        if call is None or not target:
            desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)
            return
        match call.state:
            case PhoneCallState.RINGING_IN if call.sip is not None:
                there = Header("Contact", f"<sip:{target}@{call.agent.account.domain}>")
                call.status = 302
                call.agent.reject(call.sip, 302, headers=(there,), now=now)
                desk.finish(call, "diverted to voicemail", now=now)
            case PhoneCallState.CONNECTED | PhoneCallState.HELD if not (call.transferring or desk.is_consulted(call)):
                connected = call.state is PhoneCallState.CONNECTED
                if connected:
                    work.midcall.set_aside(call)
                if not work.transfer.send(call, target, words=Label.CAN_NOT_COMPLETE_TRANSFER, now=now) and connected:
                    work.desk.reoffer(call, Direction.SENDONLY, now=now)
            case _:
                desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)

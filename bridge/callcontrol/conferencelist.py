"""Who is in the conference, and what the phone that made it may do to them: ConfList and RmLstC.

Only the PBX knows the members, and SIP does not tell: the application asks its manager interface
(``bridge.ports.Conferences``) and answers with ``ConferenceListed``. The list is a menu on the phone's screen; what the
user chooses there comes back as a number into the list that was shown, so that nothing a phone sends reaches the PBX.
Source: SCCP flows reference, section 4.3; SCCP wire reference, section 9 (application id 9081).
"""

from __future__ import annotations

import re
from collections.abc import Collection

from bridge.callcontrol.documents import push
from bridge.callcontrol.events import (
    ConferenceListed,
    ListConference,
    ListPurpose,
    MuteMember,
    RemoveMember,
)
from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.phonecall import PhoneCall
from bridge.core.conferences import ConferenceMember
from bridge.errors import LocalProtocolError
from bridge.phonexml import Document, Menu, MenuItem, document_text, user_data
from bridge.sccp import ExtendedLabel, Label, SoftKeyEventType, StimulusType
from bridge.sccp.stationevents import ApplicationDataReceived, ButtonPressed, SoftKeyPressed

APP_ID = 9081
MOST_SHOWN = 16
"""Members in one list: more do not fit into the 2000 bytes that older phones take."""
_CHOICE = re.compile(rb"(list|show|mute|talk|drop)(\d{1,2})")


class ConferenceList(Feature):
    """The keys ConfList and RmLstC, and the buttons of the same names."""

    __slots__ = ("_members", "_removed", "_shown", "_transaction")
    SOFT_KEYS = frozenset({SoftKeyEventType.CONF_LIST, SoftKeyEventType.REMOVE_LAST_CONFERENCE_PARTY})
    BUTTONS = frozenset({StimulusType.CONFERENCE_LIST, StimulusType.REMOVE_LAST_PARTICIPANT})

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._transaction = 0
        self._shown: PhoneCall | None = None
        """The conference whose list is on the screen."""
        self._members: tuple[ConferenceMember, ...] = ()
        self._removed: set[str] = set()
        """Channels that were taken out: the PBX may list them for a moment still."""

    # --- the user ----------------------------------------------------------------------------------------------------

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """See ``Feature``."""
        self._wanted(call, last=event.key == SoftKeyEventType.REMOVE_LAST_CONFERENCE_PARTY)

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """See ``Feature``."""
        desk = self._at_work.desk
        call = desk.calls.get(event.call_ref) or desk.active
        self._wanted(call, last=event.button == StimulusType.REMOVE_LAST_PARTICIPANT)

    def keys(self, call: PhoneCall | None) -> Collection[SoftKeyEventType]:
        """See ``Feature``."""
        return self.SOFT_KEYS if call is not None and call.room else frozenset()

    def _wanted(self, call: PhoneCall | None, *, last: bool) -> None:
        desk = self._at_work.desk
        if call is None or not call.room or not call.stands:
            desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)
        else:
            self._ask(call, ListPurpose.REMOVE_LAST if last else ListPurpose.SHOW)

    def data(self, event: ApplicationDataReceived, *, now: float) -> bool:
        """See ``Feature``."""
        if event.app_id != APP_ID:
            return False
        choice = _CHOICE.match(event.data)
        call = self._shown
        if choice is None or call is None or not call.stands or event.transaction_id != self._transaction:
            return True  # left, or chosen in a list that is out of date
        verb, index = choice[1].decode(), int(choice[2])
        if verb == "list":
            self._ask(call, ListPurpose.SHOW)
        elif index < len(self._members):
            self._do(call, verb, index)
        return True

    def _do(self, call: PhoneCall, verb: str, index: int) -> None:
        member = self._members[index]
        events = self._at_work.desk.events
        match verb:
            case "show":
                self._push(call, self._choices(call, member, index))
                return
            case "mute" | "talk":
                events.append(MuteMember(call.call_ref, call.room, member.channel, muted=verb == "mute"))
            case _:
                events.append(RemoveMember(call.call_ref, call.room, member.channel))
                self._removed.add(member.channel)
        self._ask(call, ListPurpose.SHOW)

    # --- the application ---------------------------------------------------------------------------------------------

    def _ask(self, call: PhoneCall, purpose: ListPurpose) -> None:
        self._at_work.desk.events.append(ListConference(call.call_ref, call.room, purpose))

    def told(self, answer: object, *, now: float) -> bool:
        """See ``Feature``."""
        if not isinstance(answer, ConferenceListed):
            return False
        desk = self._at_work.desk
        call = desk.calls.get(answer.call_ref)
        if call is None or call.room != answer.room or not call.stands:
            return True
        if answer.members is None:
            desk.screen.notify(ExtendedLabel.CONFERENCE_IS_UNAVAILABLE if not answer.why else answer.why)
        elif answer.purpose is ListPurpose.SHOW:
            self._removed.intersection_update(member.channel for member in answer.members)
            there = [member for member in answer.members if member.channel not in self._removed]
            self._members = tuple(there[:MOST_SHOWN])
            self._push(call, self._list(call))
        else:
            self._remove_last(call, answer.members)
        return True

    def _remove_last(self, call: PhoneCall, members: tuple[ConferenceMember, ...]) -> None:
        """The one who came last, but never this phone itself."""
        others = [member for member in members if not member.is_starter]
        if others:
            self._at_work.desk.events.append(RemoveMember(call.call_ref, call.room, others[-1].channel))
        else:
            self._at_work.desk.screen.notify(Label.NO_PARTICIPANT_INFO)

    # --- the screen --------------------------------------------------------------------------------------------------

    def _list(self, call: PhoneCall) -> Menu:
        return Menu(
            "Conference",
            tuple(
                MenuItem(_line(member), self._url(call, f"{'list' if member.is_starter else 'show'}{index}"))
                for index, member in enumerate(self._members)
            ),
            f"{len(self._members)} in conference",
        )

    def _choices(self, call: PhoneCall, member: ConferenceMember, index: int) -> Menu:
        voice = ("Unmute", f"talk{index}") if member.muted else ("Mute", f"mute{index}")
        wanted = (voice, ("Remove", f"drop{index}"), ("Back", f"list{index}"))
        return Menu(
            member.name or member.number or "Unknown",
            tuple(MenuItem(name, self._url(call, data)) for name, data in wanted),
        )

    def _url(self, call: PhoneCall, data: str) -> str:
        return user_data(APP_ID, data, line=call.line, call_ref=call.call_ref, transaction_id=self._transaction + 1)

    def _push(self, call: PhoneCall, document: Document) -> None:
        """Show a document; its choices carry the number under which it is sent."""
        desk = self._at_work.desk
        self._transaction += 1
        self._shown = call
        try:
            text = document_text(document)
            push(desk.session, APP_ID, self._transaction, text, line=call.line, call_ref=call.call_ref)
        except LocalProtocolError:
            desk.screen.notify(f"{len(self._members)} in conference")


def _line(member: ConferenceMember) -> str:
    who = " ".join(part for part in (member.number, member.name) if part) or "Unknown"
    mark = "*" if member.is_starter else "-" if member.muted else " "
    return f"{mark} {who}"

"""How the phone's lines stand at the PBX: their state in words, and the messages that wait."""

from __future__ import annotations

import re

from bridge.callcontrol.desk import Desk
from bridge.callcontrol.events import LineChanged, LineState, MessagesWaiting
from bridge.callcontrol.settings import CallTexts
from bridge.core import LampPolicy, Switch
from bridge.sccp import Label
from bridge.sccp.profile import StationLine
from bridge.sip import NotifyReceived, RegistrationFailed

_STATE_OF_STATUS = {
    401: LineState.BAD_CREDENTIALS,
    403: LineState.BAD_CREDENTIALS,
    407: LineState.BAD_CREDENTIALS,
    404: LineState.UNKNOWN,
    408: LineState.UNREACHABLE,
    503: LineState.UNREACHABLE,
}
_WAITING = re.compile(r"^messages-waiting\s*:\s*(yes|no)\s*$", re.IGNORECASE | re.MULTILINE)
_VOICE = re.compile(r"^voice-message\s*:\s*(\d{1,6})\s*/\s*(\d{1,6})", re.IGNORECASE | re.MULTILINE)


_LIT = (LampPolicy.LIGHT_AND_PROMPT, LampPolicy.LIGHT)
_PROMPTED = (LampPolicy.LIGHT_AND_PROMPT, LampPolicy.PROMPT)
_NO_LINE = StationLine("")
_NO_MESSAGES = (False, 0, 0)


def _is_heard(audible: Switch, *, has_lamp: bool) -> bool:
    """Whether the dial tone of a line tells of messages: by default where no lamp does."""
    return not has_lamp if audible is Switch.DEFAULT else audible is Switch.ON


def state_of(status: int) -> LineState:
    """The state of a line whose registration failed with this SIP status (Asterisk says 403 to a wrong secret)."""
    return _STATE_OF_STATUS.get(status, LineState.REFUSED)


def words_for(state: LineState, texts: CallTexts) -> str:
    """What the phone's prompt says; empty while all is well."""
    match state:
        case LineState.UNREACHABLE:
            return texts.unreachable
        case LineState.BAD_CREDENTIALS:
            return texts.bad_credentials
        case LineState.UNKNOWN:
            return texts.unknown_line
        case LineState.REFUSED:
            return texts.refused
        case LineState.REGISTERING | LineState.GONE:
            return texts.registering
        case LineState.REGISTERED:
            return ""


def read_message_summary(body: str) -> tuple[bool, int, int] | None:
    """Whether messages wait, and how many new and old ones (RFC 3842); None where the body does not say."""
    body = body.replace("\r", "")
    waiting = _WAITING.search(body)
    if waiting is None:
        return None
    voice = _VOICE.search(body)
    new, old = (int(voice[1]), int(voice[2])) if voice else (0, 0)
    return waiting[1].lower() == "yes", new, old


class Lines:
    """The lines of one phone."""

    __slots__ = ("_desk", "_messages")

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._messages = [read_message_summary(line.messages) or _NO_MESSAGES for line in desk.lines]

    def state(self, line: int) -> LineState:
        """How ``line`` stands."""
        return self._desk.line_states[line - 1]

    def changed(self, line: int, state: LineState, status: int = 0, detail: str = "") -> None:
        """A line's registration stands otherwise."""
        desk = self._desk
        if desk.line_states[line - 1] is state:
            return
        desk.line_states[line - 1] = state
        desk.events.append(LineChanged(line, self._number(line), state, status, detail))
        self.show()

    def failed(self, line: int, event: RegistrationFailed) -> None:
        """A REGISTER did not succeed."""
        self.changed(line, state_of(event.status), event.status, event.reason)

    def notified(self, line: int, event: NotifyReceived) -> None:
        """A NOTIFY about the messages that wait."""
        summary = read_message_summary(event.body)
        if summary is None or summary == self._messages[line - 1]:
            return
        newly = summary[0] and not self._messages[line - 1][0]
        self._messages[line - 1] = summary
        self._desk.events.append(MessagesWaiting(line, *summary))
        self.show_messages()
        self.show()
        if newly and self._own(line).lamp in _PROMPTED:
            self._desk.screen.notify(Label.YOU_HAVE_VOICEMAIL)

    @property
    def with_messages(self) -> int:
        """The first line for which messages wait; 0 for none."""
        return next((line for line, (waiting, _, _) in enumerate(self._messages, 1) if waiting), 0)

    def show_messages(self, *, always: bool = False) -> None:
        """Set the message lamps, the phone's own and the lines', and the dial tones, each as its line wants it."""
        desk = self._desk
        has_lamp = desk.session.traits.message_lamp
        waiting = {line for line, (some, _, _) in enumerate(self._messages, 1) if some}
        desk.stutter = {line for line in waiting if _is_heard(self._own(line).audible_messages, has_lamp=has_lamp)}
        if not has_lamp:
            return
        lit = {line for line in waiting if self._own(line).lamp in _LIT}
        desk.screen.message_lamp(0, lit=bool(lit), always=always)
        for line in range(1, len(self._messages) + 1):
            desk.screen.message_lamp(line, lit=line in lit, always=always and line in lit)

    def show(self) -> None:
        """Say on the idle screen what the user should know."""
        desk = self._desk
        profile = desk.session.profile
        text = profile.idle_prompt if profile else ""
        prompted = [
            new
            for line, (waiting, new, _) in enumerate(self._messages, 1)
            if waiting and self._own(line).lamp in _PROMPTED
        ]
        if prompted:
            text = Label.YOU_HAVE_VOICEMAIL + (f" ({sum(prompted)})" if sum(prompted) else "")
        text = next((words for words in desk.standing.values() if words), text)
        for line, state in enumerate(desk.line_states, 1):
            if words := words_for(state, desk.settings.texts):
                text = f"{self._number(line)}: {words}" if len(desk.line_states) > 1 else words
                break
        desk.screen.set_idle_text(text, show=desk.active is None)

    def _own(self, line: int) -> StationLine:
        profile = self._desk.session.profile
        return (profile.line(line) if profile else None) or _NO_LINE

    def _number(self, line: int) -> str:
        return self._own(line).number

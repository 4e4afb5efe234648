"""What the network's events mean for the phone's calls."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.callcontrol.desk import Desk
from bridge.callcontrol.events import LineState
from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.outcomes import outcome_of
from bridge.callcontrol.parties import Party
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.sharedline import MESSAGE_SUMMARY
from bridge.sip import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallProgress,
    ChangeAccepted,
    ChangeRefused,
    ConnectionFailed,
    EndReason,
    Event,
    IdentityChanged,
    IncomingCall,
    InfoReceived,
    MessageIgnored,
    Notified,
    NotifyReceived,
    OfferReceived,
    Registered,
    RegistrationFailed,
    RemoteIdentity,
    SessionChanged,
    SubscriptionEnded,
    SubscriptionFailed,
    TransferEnded,
    TransferProgress,
    TransferRequested,
    Unregistered,
)

_WITH_TONE = frozenset(
    {EndReason.REFUSED, EndReason.NO_ANSWER, EndReason.TRANSPORT, EndReason.MEDIA, EndReason.PROTOCOL}
)
"""Ends of a call of ours that the user is told about with a tone."""
_NOT_ANSWERED = frozenset({PhoneCallState.PROCEEDING, PhoneCallState.RINGING_OUT})
_ELSEWHERE = "cause=200"
"""In the Reason of a CANCEL: another phone of the line took the call (RFC 3326)."""


def is_elsewhere(why: str) -> bool:
    """Whether a call ended because somebody else took it (Reason header, RFC 3326)."""
    return _ELSEWHERE in why.replace(" ", "").lower()


class Network:
    """The user agents' side of one phone."""

    __slots__ = ("_desk", "_features", "_incoming", "_lines", "_midcall", "_outgoing", "_transfer")

    def __init__(self, workings: Workings, features: Sequence[Feature]) -> None:
        self._desk: Desk = workings.desk
        self._lines = workings.lines
        self._outgoing = workings.outgoing
        self._incoming = workings.incoming
        self._midcall = workings.midcall
        self._transfer = workings.transfer
        self._features = features

    def receive(self, line: int, event: Event, *, now: float) -> None:
        """An event of the user agent of ``line``."""
        match event:
            case Registered():
                self._lines.changed(line, LineState.REGISTERED)
            case RegistrationFailed():
                self._lines.failed(line, event)
            case Unregistered():
                self._lines.changed(line, LineState.GONE)
            case ConnectionFailed():
                self._lines.changed(line, LineState.UNREACHABLE, 503, event.why)
            case NotifyReceived() if event.event_package == MESSAGE_SUMMARY:
                self._lines.notified(line, event)
            case IncomingCall():
                self._arrived(line, event, now)
            case MessageIgnored() | InfoReceived() | Notified() | SubscriptionFailed() | SubscriptionEnded():
                pass
            case NotifyReceived():
                any(feature.heard(line, event, now=now) for feature in self._features)
            case _:
                call = self._desk.of_sip(event.call)
                if call is not None:
                    self._of_call(call, event, now)

    def _arrived(self, line: int, event: IncomingCall, now: float) -> None:
        for feature in self._features:
            if status := feature.refuses(line, event, now=now):
                self._desk.lines[line - 1].refuse(event.call, status, now=now)
                return
        self._incoming.arrived(line, event, now=now)

    def _of_call(self, call: PhoneCall, event: Event, now: float) -> None:
        match event:
            case CallProgress():
                self._show(call, event.identity)
                self._outgoing.progress(call, event, now=now)
            case CallAnswered():
                self._show(call, event.identity)
                self._outgoing.answered(call, event.session, now=now)
            case OfferReceived():
                self._show(call, event.identity)
                self._outgoing.offered(call, event.offer, now=now)
            case CallConfirmed():
                self._incoming.confirmed(call, event)
            case SessionChanged() | ChangeAccepted():
                self._midcall.changed(call, event, now=now)
            case ChangeRefused():
                self._midcall.refused(call, event)
            case IdentityChanged():
                self._show(call, event.identity)
            case TransferEnded():
                self._transfer.ended(call, event, now=now)
            case TransferRequested():
                call.agent.refuse_transfer(event.call, now=now)  # an SCCP phone cannot be made to dial
            case TransferProgress():
                self._transfer.progressed(call, now=now)
            case CallEnded():
                self._ended(call, event, now)
            case _:
                pass

    def _show(self, call: PhoneCall, identity: RemoteIdentity | None) -> None:
        if identity is not None:
            self._desk.set_remote(call, Party.of(identity.number, identity.name))

    def _ended(self, call: PhoneCall, event: CallEnded, now: float) -> None:
        desk = self._desk
        if call.state is PhoneCallState.FAILED:
            return  # the tone goes on: it was we who ended the SIP side
        if event.status:
            call.status = event.status
        why = str(event.reason) if not event.text else f"{event.reason}: {event.text}"
        if call.outgoing and call.state in _NOT_ANSWERED and event.reason in _WITH_TONE:
            text = desk.settings.texts.unreachable if event.reason is EndReason.TRANSPORT else ""
            desk.fail(call, outcome_of(event.status), text=text, status=event.status, now=now)
            return
        if event.reason is EndReason.CANCELLED and is_elsewhere(event.text):
            call.elsewhere = True
            why = f"somebody else took it: {event.text}"
        if event.reason is EndReason.MEDIA:
            desk.report_media(call, event.text or "the session descriptions do not fit")
        if call.transferring and call.transfer_taken and event.reason is EndReason.REMOTE_HANGUP:
            self._transfer.taken_over(call, now=now)
            return
        desk.finish(call, why, now=now)

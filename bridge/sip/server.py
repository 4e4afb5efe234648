"""The serving half of a user agent (UAS, RFC 3261 section 8.2): a request that comes finds its call, or its answer."""

from __future__ import annotations

from collections.abc import Callable

from sipmessage import Request

from bridge.errors import RemoteProtocolError
from bridge.sip.account import ALLOW, EXTENSIONS, SUPPORTED
from bridge.sip.callrecord import headers_of_refusal
from bridge.sip.calls import Call, CallState
from bridge.sip.events import IncomingCall, MessageIgnored, NotifyReceived
from bridge.sip.exchange import Incoming
from bridge.sip.identity import diverted_from
from bridge.sip.line import Line
from bridge.sip.message import Header, content_type, from_of, to_of, to_tag, tokens
from bridge.sip.replaces import replaces_in
from bridge.sip.sdp import MEDIA_TYPE
from bridge.sip.subscription import Subscription
from bridge.sip.transfer import is_of_transfer

_KNOWN_METHODS = frozenset(
    {"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "NOTIFY", "INFO", "REGISTER", "SUBSCRIBE", "REFER", "UPDATE"}
    | {"PRACK", "MESSAGE", "PUBLISH"}
)

NotifyPolicy = Callable[[NotifyReceived], int]
"""Decides the status with which a NOTIFY is answered."""


def accept_every_notify(_: NotifyReceived) -> int:
    """The policy of whoever has none."""
    return 200


class UserAgentServer:
    """Shares the line and the calls with its user agent."""

    __slots__ = ("_calls", "_line", "_notify_policy", "_subscriptions", "max_calls")

    def __init__(
        self,
        line: Line,
        calls: dict[Call, None],
        subscriptions: dict[Subscription, None],
        max_calls: int,
        notify_policy: NotifyPolicy,
    ) -> None:
        self._line = line
        self._calls = calls
        self._subscriptions = subscriptions
        self.max_calls = max_calls
        self._notify_policy = notify_policy

    def receive(self, incoming: Incoming, *, now: float) -> None:
        """A request, whoever it is for."""
        request = incoming.request
        if request.method == "CANCEL":
            self._cancel(incoming, now)
        elif to_tag(request):
            self._request_in_dialog(incoming, now)
        elif self._line.exchange.merged(incoming):
            self._line.reply(incoming, 482, now=now)
        elif request.method in ("INVITE", "OPTIONS") and (extensions := tokens(request, "Require") - EXTENSIONS):
            self._line.reply(incoming, 420, Header("Unsupported", ", ".join(sorted(extensions))), now=now)
        elif request.method == "INVITE":
            self._incoming_call(incoming, now)
        elif request.method == "OPTIONS":
            self._answer_options(incoming, now)
        elif request.method == "NOTIFY":
            self._notify(incoming, now)
        elif request.method in ("BYE", "INFO", "UPDATE", "PRACK"):
            self._line.reply(incoming, 481, now=now)
        elif request.method == "REFER":
            self._line.reply(incoming, 403, now=now)  # we call for nobody with whom we do not talk
        elif request.method in _KNOWN_METHODS:
            self._line.reply(incoming, 405, Header("Allow", ALLOW), now=now)
        else:
            self._line.reply(incoming, 501, Header("Allow", ALLOW), now=now)

    def _request_in_dialog(self, incoming: Incoming, now: float) -> None:
        request = incoming.request
        if call := self._line.call_of(request):
            if request.method == "OPTIONS":
                self._answer_options(incoming, now)
            elif request.method in ("INVITE", "BYE", "INFO", "UPDATE", "REFER", "PRACK") or is_of_transfer(request):
                call.receive_request(incoming, now=now)
            elif request.method == "NOTIFY":
                self._notify(incoming, now)
            else:
                status = 405 if request.method in _KNOWN_METHODS else 501
                self._line.reply(incoming, status, Header("Allow", ALLOW), now=now)
        elif request.method == "NOTIFY" and (subscription := self._subscription_of(request)) is not None:
            self._line.reply(incoming, subscription.notify(request, now=now), now=now)
        elif request.method == "NOTIFY":
            self._notify(incoming, now)  # of a subscription that we never made: Asterisk's message waiting is such
        elif request.method == "OPTIONS":
            self._answer_options(incoming, now)
        else:
            self._line.reply(incoming, 481, now=now)

    def _subscription_of(self, request: Request) -> Subscription | None:
        key = request.headers["Call-ID"], to_tag(request)
        return next((each for each in self._subscriptions if each.key == key), None)

    def _incoming_call(self, incoming: Incoming, now: float) -> None:
        request = incoming.request
        try:
            replaces = self._replaced_by(request)
        except RemoteProtocolError as error:
            self._line.reply(incoming, error.reply or 400, now=now)
            return
        if len(self._calls) >= self.max_calls + (replaces is not None):
            self._line.reply(incoming, 486, now=now)
            return
        call = Call(self._line, request.headers["Call-ID"], self._line.ids.tag(), is_outgoing=False)
        try:
            offer = call.receive_invite(incoming, now=now)
        except RemoteProtocolError as error:
            status = error.reply or 400
            self._line.reply(incoming, status, *headers_of_refusal(status), now=now)
            self._line.report(MessageIgnored(str(incoming.source), str(error)))
            return
        self._calls[call] = None
        call.replaces = replaces
        caller = from_of(request)
        self._line.report(
            IncomingCall(
                call,
                caller=caller.uri.user or "",
                caller_name=caller.name,
                called=request.uri.user or to_of(request).uri.user or "",
                offer=offer,
                alert_info=request.headers.get("Alert-Info") or "",
                identity=call.identity,
                redirected_from=diverted_from(request),
                replaces=replaces,
            )
        )

    def _replaced_by(self, request: Request) -> Call | None:
        """The call whose place an INVITE wants to take. Raises RemoteProtocolError (RFC 3891 section 3)."""
        name = replaces_in(request)
        if name is None:
            return None
        call = next((call for call in self._calls if call.is_named(name)), None)
        if call is None or call.state is CallState.INCOMING:  # only early dialogs of our own making can be replaced
            raise RemoteProtocolError("an INVITE that would replace a call that does not exist", reply=481)
        if call.state is CallState.ENDED:
            raise RemoteProtocolError("an INVITE that would replace a call that has ended", reply=603)
        if name.early_only and call.state not in (CallState.CALLING, CallState.RINGING):
            raise RemoteProtocolError("an INVITE that would replace a call that was answered", reply=486)
        return call

    def _cancel(self, incoming: Incoming, now: float) -> None:
        invite = self._line.exchange.cancelled(incoming.request)
        if invite is None:
            self._line.reply(incoming, 481, now=now)
            return
        self._line.reply(incoming, 200, now=now)
        for call in list(self._calls):
            if call.is_of(invite.request):
                call.cancelled(incoming.request.headers.get("Reason") or "", now=now)

    def _answer_options(self, incoming: Incoming, now: float) -> None:
        headers = [Header("Allow", ALLOW), Header("Accept", MEDIA_TYPE), Header("Contact", self._line.contact)]
        headers.append(Header("Supported", SUPPORTED))
        self._line.reply(incoming, 200, *headers, now=now)

    def _notify(self, incoming: Incoming, now: float) -> None:
        request = incoming.request
        event = NotifyReceived(
            event_package=(request.headers.get("Event") or "").partition(";")[0].strip().lower(),
            content_type=content_type(request),
            body=request.body.decode("utf-8", errors="replace"),
            subscription_state=(request.headers.get("Subscription-State") or "").partition(";")[0].strip().lower(),
            from_user=from_of(request).uri.user or "",
            request_host=request.uri.host,
        )
        self._line.reply(incoming, self._notify_policy(event), now=now)
        self._line.report(event)

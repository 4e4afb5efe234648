"""A SIP user agent for one account: what a phone's line is, without sockets, clock or chance.

Five verbs (``receive_datagram``/``receive_stream``, ``handle_timer``, ``timer``, ``data_to_send``, ``next_event``)
and the things a person does with a phone: register, call, ring, answer, reject, hold, resume, hang up. Small enough
that thousands of them live in one process.
"""

from __future__ import annotations

from collections.abc import Iterable

from sipmessage import URI, Response

from bridge.errors import InvalidInput, LocalProtocolError
from bridge.sip.account import Account
from bridge.sip.addressing import parse_uri, user_part
from bridge.sip.calls import Call, CallState
from bridge.sip.destination import Destination
from bridge.sip.dtmfrelay import DEFAULT_DURATION, RELAY, Digit, write_digit
from bridge.sip.events import ConnectionFailed, Event, MessageIgnored
from bridge.sip.exchange import (
    AckArrived,
    AnswerFailed,
    MessageDropped,
    Outgoing,
    RequestArrived,
    RequestFailed,
    ResponseArrived,
)
from bridge.sip.framing import PING, PONG, StreamFramer
from bridge.sip.ids import SipIds
from bridge.sip.keepalive import Keepalive
from bridge.sip.line import Line
from bridge.sip.message import Header
from bridge.sip.registration import Registration, RegistrationState
from bridge.sip.replaces import Replaces
from bridge.sip.sdp import AudioSession, Direction
from bridge.sip.server import NotifyPolicy, UserAgentServer, accept_every_notify
from bridge.sip.subscription import Subscription
from bridge.sip.timers import RFC_TIMERS, TimerValues


class UserAgent:
    """One account on one connection (TCP) or socket (UDP). ``local`` is the address that the server reaches us at."""

    __slots__ = (
        "_calls",
        "_framer",
        "_keepalive",
        "_line",
        "_registration",
        "_server",
        "_subscriptions",
        "account",
    )

    def __init__(
        self,
        account: Account,
        ids: SipIds,
        local: tuple[str, int],
        *,
        max_calls: int = 8,
        notify_policy: NotifyPolicy = accept_every_notify,
        values: TimerValues = RFC_TIMERS,
    ) -> None:
        self.account = account
        self._line = Line(account, ids, local, values)
        self._registration = Registration(account, ids, local)
        self._framer = StreamFramer()
        self._calls: dict[Call, None] = {}
        self._subscriptions: dict[Subscription, None] = {}
        self._server = UserAgentServer(self._line, self._calls, self._subscriptions, max_calls, notify_policy)
        self._keepalive = Keepalive(account.keepalive if account.server.transport.reliable else 0.0)

    # --- what can be read --------------------------------------------------------------------------------------------

    @property
    def local(self) -> tuple[str, int]:
        """Our address, as Via and Contact name it."""
        return self._line.exchange.local

    @property
    def contact(self) -> str:
        """Our Contact header."""
        return self._line.contact

    @property
    def registration_state(self) -> RegistrationState:
        """Where the registration stands; its value is a text to show."""
        return self._registration.state

    @property
    def wants_registration(self) -> bool:
        """True from ``register`` until ``unregister``: also while it fails, and no longer while it leaves."""
        return self._registration.wanted

    @property
    def registration_call_id(self) -> str:
        """Call-ID of our REGISTERs, which a restart request must name; empty before the first one."""
        return self._registration.call_id

    @property
    def max_calls(self) -> int:
        """How many calls at a time; a further one is refused, or not made."""
        return self._server.max_calls

    @max_calls.setter
    def max_calls(self, number: int) -> None:
        self._server.max_calls = number

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls that have not ended."""
        return tuple(call for call in self._calls if call.state is not CallState.ENDED)

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The subscriptions that are not over."""
        return tuple(self._subscriptions)

    def log_in_as(self, account: Account) -> None:
        """Use another name and password, for the same address of record, from the next request on."""
        self.account = account
        self._line.log_in_as(account)
        self._registration.log_in_as(account)

    # --- registration and connection ---------------------------------------------------------------------------------

    def register(self, *, now: float) -> None:
        """Register, and stay registered: refreshed, and tried again after a failure, until ``unregister``."""
        self._registration.register(now=now)
        self._after(now)

    def unregister(self, *, now: float) -> None:
        """Leave the server."""
        self._registration.unregister(now=now)
        self._after(now)

    def connected(self, local: tuple[str, int], *, now: float) -> None:
        """A new connection stands, from ``local``. Registers again if that was wanted. Calls that stood go on."""
        self._line.exchange.local = self._registration.local = local
        self._framer = StreamFramer()
        self._keepalive.start(self._line.ids.fraction(), now=now)
        if self._registration.wanted:
            self._registration.register(now=now)
        for subscription in self._subscriptions:
            subscription.contact = self._line.contact
        self._after(now)

    def connection_lost(self, *, now: float) -> None:
        """The connection broke. What was under way fails, and the registration waits for ``connected``.

        Confirmed calls stay: their media need no signalling, and ``connected`` may come.
        """
        self._keepalive.stop()
        self._registration.connection_lost(now=now)
        self._line.exchange.transport_failed(self.account.server, now=now)
        for subscription in self._subscriptions:
            subscription.connection_lost(now=now)
        self._after(now)
        self._line.exchange.data_to_send()  # nothing of it can leave any more

    def unreachable(self, *, now: float) -> None:
        """The network says that nobody listens at the server's UDP port: what is under way fails."""
        self._line.exchange.transport_failed(self.account.server, now=now)
        self._after(now)

    # --- calls -------------------------------------------------------------------------------------------------------

    def call(
        self,
        target: str,
        offer: AudioSession | None,
        *,
        headers: Iterable[Header] = (),
        replaces: Replaces | None = None,
        beyond_limit: bool = False,
        now: float,
    ) -> Call:
        """Call ``target``: a number or name at our domain, or a ``sip:`` address. Raises InvalidInput.

        Without ``offer`` the other side makes it: OfferReceived follows, and wants ``answer_offer``. ``replaces`` is
        the call there whose place ours shall take. ``beyond_limit``: make it however many calls there are.
        """
        if len(self.calls) >= self.max_calls and not beyond_limit:
            raise LocalProtocolError(f"no more than {self.max_calls} calls at a time")
        call = Call(self._line, self._line.ids.call_id(), self._line.ids.tag(), is_outgoing=True)
        if replaces is not None:
            headers = (*headers, Header("Replaces", str(replaces)))
        call.invite(self._target(target), offer, headers, now=now)
        self._calls[call] = None
        self._after(now)
        return call

    def ring(self, call: Call, *, status: int = 180, session: AudioSession | None = None, now: float) -> None:
        """Tell the caller that it rings; with ``session`` (and usually 183) early media is answered."""
        call.ring(status, session, now=now)
        self._after(now)

    def answer(self, call: Call, session: AudioSession, *, capability: AudioSession | None = None, now: float) -> None:
        """Answer an incoming call. ``session`` is what we can; the answer takes what the offer has in common.

        ``capability`` is what later offers are answered from, where that is more than ``session``.
        """
        call.answer(session, capability, now=now)
        if call.replaces is not None and call.state is not CallState.ENDED:
            call.replaces.replaced(now=now)
            call.replaces = None
        self._after(now)

    def answer_offer(
        self, call: Call, session: AudioSession, *, capability: AudioSession | None = None, now: float
    ) -> None:
        """Answer the offer of OfferReceived. CallAnswered follows, or CallEnded when no codec is common.

        ``capability`` is what later offers are answered from, where that is more than ``session``.
        """
        call.answer_offer(session, capability, now=now)
        self._after(now)

    def reject(self, call: Call, status: int = 486, *, headers: Iterable[Header] = (), now: float) -> None:
        """Refuse an incoming call: 486 busy, 480 unavailable, 603 declined, 302 with a Contact to send it elsewhere."""
        call.reject(status, headers, now=now)
        self._after(now)

    def hang_up(self, call: Call, *, now: float) -> None:
        """End a call in whatever state: CANCEL, refusal or BYE. CallEnded is reported at once."""
        call.hang_up(now=now)
        self._after(now)

    def hold(self, call: Call, *, now: float) -> None:
        """Ask the peer to stop sending (RFC 3264 section 8.4)."""
        agreed = self._standing(call)
        held = Direction.SENDONLY if agreed.direction.sends else Direction.INACTIVE
        self.reoffer(call, self._capability(call).with_direction(held), now=now)

    def resume(self, call: Call, *, now: float) -> None:
        """Undo ``hold``."""
        self._standing(call)
        self.reoffer(call, self._capability(call).with_direction(Direction.SENDRECV), now=now)

    def reoffer(self, call: Call, session: AudioSession, *, now: float) -> None:
        """Change the session: other codecs, another address. ChangeAccepted or ChangeRefused follows."""
        call.offer(session, now=now)
        self._after(now)

    def refresh(self, call: Call, *, now: float) -> None:
        """Ask whether the other side still knows the call: by a re-INVITE that changes nothing, or while it rings by
        OPTIONS in its early dialog. An answer of 481 ends the call (RFC 3261 section 12.2.1.2)."""
        call.refresh(now=now)
        self._after(now)

    def update(self, call: Call, session: AudioSession | None = None, *, now: float) -> None:
        """Like ``reoffer``, by UPDATE; without ``session`` only our contact and our identity are told anew."""
        call.update(session, now=now)
        self._after(now)

    def transfer(self, call: Call, target: str | Call, *, now: float) -> None:
        """Ask the peer of ``call`` to call somebody else (blind), or to take our place in another call (attended).

        TransferProgress and TransferEnded follow. Neither call is hung up by it. Raises InvalidInput.
        """
        if isinstance(target, Call):
            name, uri = target.dialog_name, target.remote_target
            if name is None or uri is None or target.state is not CallState.CONFIRMED or target is call:
                raise LocalProtocolError(f"nobody can be transferred into a call that is {target.state}")
            call.transfers.refer(uri, name, now=now)
        else:
            call.transfers.refer(self._target(target), None, now=now)
        self._after(now)

    def abandon_transfer(self, call: Call, *, now: float) -> None:
        """Wait no longer for the outcome of ``transfer``; another one may be tried then."""
        call.transfers.abandon()
        self._after(now)

    def token(self) -> str:
        """A new name that nobody can guess, of letters and digits."""
        return "".join(letter for letter in self._line.ids.tag() if letter.isascii() and letter.isalnum())

    def accept_transfer(self, call: Call, *, now: float) -> None:
        """Take on the transfer of TransferRequested; then ``call`` its target and ``report_transfer``."""
        call.transfers.accept(now=now)
        self._after(now)

    def refuse_transfer(self, call: Call, status: int = 603, *, now: float) -> None:
        """Refuse the transfer of TransferRequested."""
        call.transfers.refuse(status, now=now)
        self._after(now)

    def report_transfer(self, call: Call, status: int, reason: str = "", *, now: float) -> None:
        """Tell whoever asked for a transfer how the new call goes; a status from 200 is the last word."""
        call.transfers.progress(status, reason, now=now)
        self._after(now)

    def send_digit(self, call: Call, key: str, duration: int = DEFAULT_DURATION, *, now: float) -> None:
        """Send one key by INFO; ``duration`` in milliseconds. Raises InvalidInput."""
        self.send_info(call, RELAY, write_digit(Digit(key, duration)), now=now)

    def send_info(self, call: Call, media_type: str, body: bytes, *, now: float) -> None:
        """Send an INFO within the call, for DTMF (``application/dtmf-relay``)."""
        call.send_info(media_type, body, now=now)
        self._after(now)

    # --- subscriptions -----------------------------------------------------------------------------------------------

    def subscribe(
        self,
        user: str,
        *,
        event: str = "dialog",
        media_type: str = "application/dialog-info+xml",
        expires: int,
        now: float,
    ) -> Subscription:
        """Watch ``user`` at our domain, until ``unsubscribe``: Notified and SubscriptionFailed follow.

        Raises InvalidInput.
        """
        target = self._target(user)
        subscription = Subscription(
            self.account,
            self._line.ids,
            user_part(target.user or ""),
            event=event,
            media_type=media_type,
            expires=expires,
            contact=self._line.contact,
            values=self._line.values,
        )
        subscription.subscribe(now=now)
        self._subscriptions[subscription] = None
        self._after(now)
        return subscription

    def resubscribe(self, subscription: Subscription, *, now: float) -> None:
        """Have the whole state told anew; at once, also where a subscription waits to be tried again."""
        subscription.refresh(now=now)
        self._after(now)

    def unsubscribe(self, subscription: Subscription, *, now: float) -> None:
        """Watch no longer; SubscriptionEnded follows."""
        subscription.unsubscribe(now=now)
        self._after(now)

    # --- the five verbs ----------------------------------------------------------------------------------------------

    def receive_datagram(self, data: bytes, source: tuple[str, int], *, now: float) -> None:
        """One UDP datagram. Never raises for what it holds."""
        self._line.exchange.receive(data, Destination(source[0], source[1], self.account.server.transport), now=now)
        self._after(now)

    def receive_stream(self, data: bytes, *, now: float) -> None:
        """A piece of the TCP stream. Raises RemoteProtocolError when it cannot be followed: close the connection."""
        frames = self._framer.receive(data)
        server = self.account.server
        for _ in range(frames.pings):
            self._line.send_again(PONG)
        if data:
            self._keepalive.heard()  # whatever comes shows that the connection lives
        for message in frames.messages:
            self._line.exchange.receive(message, server, now=now)
        self._after(now)

    def handle_timer(self, *, now: float) -> None:
        """Do what is due at ``now``."""
        self._line.exchange.handle_timer(now=now)
        self._registration.handle_timer(now=now)
        for call in list(self._calls):
            call.handle_timer(now=now)
        for subscription in list(self._subscriptions):
            subscription.handle_timer(now=now)
        self._keep_alive(now)
        self._after(now)

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None."""
        times = [self._line.exchange.timer(), self._registration.timer(), self._keepalive.timer()]
        times += [call.timer() for call in self._calls]
        times += [subscription.timer() for subscription in self._subscriptions]
        return min((at for at in times if at is not None), default=None)

    def data_to_send(self) -> list[tuple[bytes, Destination]]:
        """What is to be sent, in order, and where to. On TCP everything goes down the one connection."""
        return self._line.exchange.data_to_send()

    def next_event(self) -> Event | None:
        """The next event, or None."""
        return self._line.events.popleft() if self._line.events else None

    # --- inside: what the exchange brings ----------------------------------------------------------------------------

    def _after(self, now: float) -> None:
        """Work off what one step led to."""
        while True:
            while self._registration.requests:
                self._line.send(self._registration.requests.popleft(), self._registration, now=now)
            while self._registration.events:
                self._line.report(self._registration.events.popleft())
            self._serve_subscriptions(now)
            event = self._line.exchange.next_event()
            match event:
                case None:
                    break
                case RequestArrived():
                    self._server.receive(event.incoming, now=now)
                case AckArrived():
                    if call := self._line.call_of(event.request):
                        call.receive_ack(event.request, now=now)
                case ResponseArrived():
                    self._response(event.outgoing, event.response, now)
                case RequestFailed():
                    match event.outgoing.owner:
                        case Call() as call:
                            call.request_failed(event.outgoing, event.outcome, now=now)
                        case Registration() as registration:
                            registration.failed(event.outcome, now=now)
                        case Subscription() as subscription:
                            subscription.failed(event.outgoing.request, event.outcome, now=now)
                case AnswerFailed():
                    for call in list(self._calls):
                        call.answer_failed(event.incoming, event.outcome)
                case MessageDropped():
                    self._line.report(MessageIgnored(str(event.source), event.why))
        for call in [call for call in self._calls if call.is_over]:
            del self._calls[call]

    def _serve_subscriptions(self, now: float) -> None:
        for subscription in list(self._subscriptions):
            while subscription.requests:
                self._line.send(subscription.requests.popleft(), subscription, now=now)
            while subscription.events:
                self._line.report(subscription.events.popleft())
            if subscription.is_over:
                del self._subscriptions[subscription]

    def _response(self, outgoing: Outgoing, response: Response, now: float) -> None:
        owner = outgoing.owner
        if response.code in (401, 407) and self._line.try_credentials(outgoing, response, now=now):
            return
        if isinstance(owner, Call):
            owner.receive_response(outgoing, response, now=now)
        elif isinstance(owner, Registration):
            owner.receive(response, now=now)
        elif isinstance(owner, Subscription):
            owner.receive(outgoing.request, response, now=now)

    # --- inside: the rest --------------------------------------------------------------------------------------------

    def _target(self, target: str) -> URI:
        is_address = target.lower().startswith(("sip:", "sips:"))
        text = target if is_address else f"sip:{user_part(target)}@{self.account.domain}"
        try:
            uri = parse_uri(text)
        except ValueError as error:
            raise InvalidInput(f"{target!r} cannot be called", why=str(error)) from error
        if not uri.user:
            raise InvalidInput("there is nobody to call", fix="give a number or a name")
        return uri

    def _standing(self, call: Call) -> AudioSession:
        if call.local is None or call.state is not CallState.CONFIRMED:
            raise LocalProtocolError(f"the session cannot be changed: the call is {call.state}")
        return call.local

    def _capability(self, call: Call) -> AudioSession:
        return call.capability or self._standing(call)

    def _keep_alive(self, now: float) -> None:
        if self._keepalive.is_dead(now=now):
            self._line.report(ConnectionFailed("the server does not answer keep-alives"))
        elif self._keepalive.ping_due(self._line.ids.fraction(), now=now):
            self._line.send_again(PING)

"""The doorway: a registrar for SIP phones that nobody knows yet.

A phone that read nothing but XMLDefault registers here as ``autoRegistrationName``. It is asked for no password; what
it says of itself becomes an event, and the application answers: ``accept`` (200, then a NOTIFY that makes the phone
boot again, by which time its own file exists) or ``refuse`` (403 in CUCM's shape). Reference: autoregistration rules
5.3, 6 and 9.3; chan_pjsip with Cisco phones 3.1, 3.3 and 5.

A REFER with one of Cisco's XML alarms is answered 202 and handed on (diagnosis reference, section 9.2). Nothing else is
served. Every other method is answered at once and leaves no state behind; requests per address are limited, and so is
the number of those that wait for the application.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sipmessage import Request

from bridge.core import DeviceName
from bridge.errors import LocalProtocolError
from bridge.sip.addressing import parse_address, parse_uri, quoted
from bridge.sip.ciscoregister import LONGEST_TEXT, identify
from bridge.sip.destination import Destination, host_and_port
from bridge.sip.exchange import (
    Exchange,
    Incoming,
    MessageDropped,
    Outgoing,
    Refusal,
    RequestArrived,
    RequestFailed,
    ResponseArrived,
)
from bridge.sip.ids import SipIds
from bridge.sip.message import Header, from_of, reply_to, seconds
from bridge.sip.ratelimit import RateLimit
from bridge.sip.timers import RFC_TIMERS, TimerValues

_ALLOW = Header("Allow", "REGISTER")
_WITHIN_A_DIALOG = frozenset({"BYE", "CANCEL", "PRACK", "UPDATE", "INFO"})
_KNOWN = frozenset({"INVITE", "OPTIONS", "SUBSCRIBE", "NOTIFY", "REFER", "MESSAGE", "PUBLISH"})
_CISCO_ALARM = re.compile(r"cisco-alarm:\s*([^\"]{1,400})")
LARGEST_ALARM = 16_384
"""Octets of an XML alarm that are read."""
LONGEST_ALARM = 200
_EXPIRES = re.compile(r";\s*expires\s*=\s*[^;]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DoorwayLimits:
    """What one address, and all together, may ask of us."""

    burst: int = 20
    """Requests at once from one address."""
    per_second: float = 2.0
    pending: int = 1000
    """Transactions remembered at a time, those that wait for the application included."""
    patience: float = 10.0
    """Seconds until a phone that the application forgot is told to come back later."""


@dataclass(frozen=True, slots=True)
class UnknownPhoneRegistered:
    """A phone asks to be let in. Answer with ``accept`` or ``refuse``. Nothing in it is to be trusted."""

    request_id: int
    device: DeviceName | None
    """None when the phone did not say: it can only be refused."""
    model_number: int | None
    user_agent: str
    load: str
    inactive_load: str
    last_cause: str
    source: Destination
    call_id: str
    user: str
    """Whom it wants to be: ``autoRegistrationName`` or anything else."""
    contact: str
    """Its own address, as it wrote it."""
    alarm: str = ""
    """The alarm in its Reason header, ``23 Name=… ActiveLoad=… Last=…``; empty without one."""
    date: datetime | None = None
    """What its own clock says, by the Date header."""


@dataclass(frozen=True, slots=True)
class AlarmSent:
    """A phone sent an XML alarm. Nothing in it is to be trusted."""

    device: DeviceName | None
    document: str
    source: Destination


@dataclass(frozen=True, slots=True)
class RestartAnswered:
    """The phone answered the restart request, or did not."""

    request_id: int
    device: DeviceName | None
    status: int
    """SIP status; 408 for silence, 503 when it could not be sent. Only a 2xx means that it will restart."""


@dataclass(frozen=True, slots=True)
class DoorwayMessageIgnored:
    """Something else arrived, or too much of it. For logs."""

    source: Destination
    why: str


DoorwayEvent = UnknownPhoneRegistered | AlarmSent | RestartAnswered | DoorwayMessageIgnored


@dataclass(frozen=True, slots=True)
class _Pending:
    incoming: Incoming
    event: UnknownPhoneRegistered
    until: float


@dataclass(frozen=True, slots=True)
class _Restart:
    request_id: int
    device: DeviceName | None


class Doorway:
    """The registrar. ``local`` is the address that phones reach us at; it is named in Via, From and Warning."""

    __slots__ = ("_events", "_exchange", "_ids", "_limits", "_pending", "_rate", "_serial", "product")

    def __init__(
        self,
        ids: SipIds,
        local: tuple[str, int],
        *,
        product: str = "sepbridge",
        limits: DoorwayLimits | None = None,
        values: TimerValues = RFC_TIMERS,
    ) -> None:
        self.product = product
        self._ids = ids
        self._limits = limits or DoorwayLimits()
        self._rate = RateLimit(self._limits.burst, self._limits.per_second)
        self._exchange = Exchange(ids, local, limit=self._limits.pending, values=values, gatekeeper=self._at_the_gate)
        self._pending: dict[int, _Pending] = {}
        self._events: deque[DoorwayEvent] = deque()
        self._serial = 0

    # --- what the application says -----------------------------------------------------------------------------------

    def accept(self, request_id: int, *, expires: int = 120, restart: bool = True, now: float) -> None:
        """Let the phone in: 200, and with ``restart`` the request to boot again. A request that is gone is no error."""
        if (pending := self._take(request_id)) is None:
            return
        event, request = pending.event, pending.incoming.request
        contact = request.headers.getlist("Contact")[0]
        headers = (
            Header("Contact", f"{_without_expires(contact)};expires={expires}"),
            Header("Expires", str(expires)),
            Header("Server", self.product),
        )
        self._exchange.respond(pending.incoming, reply_to(request, 200, tag=self._ids.tag(), headers=headers), now=now)
        if restart:
            self._send_restart(event, request, now)

    def refuse(
        self,
        request_id: int,
        *,
        status: int = 403,
        reason: str = "Forbidden",
        warning: str = "",
        retry_after: int = 35,
        now: float,
    ) -> None:
        """Turn the phone away, in CUCM's shape (reference: autoregistration rules, 9.3). Gone requests are no error.

        ``warning`` says why, for whoever looks at a capture: the phone does not show it.
        """
        if not 400 <= status <= 699:
            raise LocalProtocolError(f"{status} is no refusal", fix="use 403, 404 or 503")
        if (pending := self._take(request_id)) is not None:
            self._refuse(pending.incoming, status, reason, warning, retry_after, now)

    # --- the five verbs ----------------------------------------------------------------------------------------------

    def receive(self, data: bytes, source: Destination, *, now: float) -> None:
        """One datagram, or one message cut from the stream of the connection ``source``. Never raises."""
        self._exchange.receive(data, source, now=now)
        self._after(now)

    def connection_closed(self, source: Destination, *, now: float) -> None:
        """The connection ``source`` is gone: answers to it go nowhere."""
        self._exchange.transport_failed(source, now=now)
        for request_id in [i for i, pending in self._pending.items() if pending.incoming.source == source]:
            del self._pending[request_id]
        self._after(now)

    def handle_timer(self, *, now: float) -> None:
        """Do what is due at ``now``."""
        self._exchange.handle_timer(now=now)
        while self._pending:
            first = next(iter(self._pending))
            if self._pending[first].until > now:
                break
            pending = self._pending.pop(first)
            self._refuse(pending.incoming, 503, "", "no decision was made in time", 35, now)
        self._after(now)

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None."""
        times = [self._exchange.timer()]
        if self._pending:
            times.append(next(iter(self._pending.values())).until)  # patience is the same for all: the oldest is next
        return min((at for at in times if at is not None), default=None)

    def data_to_send(self) -> list[tuple[bytes, Destination]]:
        """What is to be sent, in order, and where to."""
        return self._exchange.data_to_send()

    def next_event(self) -> DoorwayEvent | None:
        """The next event, or None."""
        return self._events.popleft() if self._events else None

    # --- inside ------------------------------------------------------------------------------------------------------

    def _at_the_gate(self, request: Request, source: Destination, now: float) -> Refusal | None:
        if not self._rate.allows(source.host, now=now):
            return Refusal(503, (Header("Retry-After", "35"),))
        if request.method == "REGISTER":
            return None if request.headers.getlist("Contact") else Refusal(404)
        if request.method == "REFER" and _is_alarm(request):
            return None
        if request.method in _WITHIN_A_DIALOG:
            return Refusal(481)
        return Refusal(405 if request.method in _KNOWN else 501, (_ALLOW,))

    def _after(self, now: float) -> None:
        while event := self._exchange.next_event():
            match event:
                case RequestArrived() if event.incoming.request.method == "REFER":
                    self._alarmed(event.incoming, now)
                case RequestArrived():
                    self._register(event.incoming, now)
                case ResponseArrived() if event.response.code >= 200:
                    self._restart_answered(event.outgoing, event.response.code)
                case RequestFailed():
                    self._restart_answered(event.outgoing, 408 if event.outcome == "timed out" else 503)
                case MessageDropped():
                    self._events.append(DoorwayMessageIgnored(event.source, event.why))

    def _alarmed(self, incoming: Incoming, now: float) -> None:
        request = incoming.request
        self._exchange.respond(incoming, reply_to(request, 202, tag=self._ids.tag()), now=now)
        document = (request.body or b"")[:LARGEST_ALARM].decode("utf-8", "replace")
        self._events.append(AlarmSent(identify(request).device, document, incoming.source))

    def _register(self, incoming: Incoming, now: float) -> None:
        request = incoming.request
        contact = request.headers.getlist("Contact")[0]
        if contact.strip() == "*" or self._wants_to_leave(request, contact):
            self._exchange.respond(incoming, reply_to(request, 200, tag=self._ids.tag()), now=now)
            return
        try:
            parse_address(contact)
        except ValueError:
            self._exchange.respond(incoming, reply_to(request, 400, tag=self._ids.tag()), now=now)
            return
        identity = identify(request)
        self._serial += 1
        event = UnknownPhoneRegistered(
            request_id=self._serial,
            device=identity.device,
            model_number=identity.model_number,
            user_agent=identity.user_agent,
            load=identity.load,
            inactive_load=identity.inactive_load,
            last_cause=identity.last_cause,
            source=incoming.source,
            call_id=request.headers["Call-ID"],
            user=(from_of(request).uri.user or "")[:LONGEST_TEXT],
            contact=contact,
            alarm=_alarm_of(request),
            date=_date_of(request),
        )
        self._pending[self._serial] = _Pending(incoming, event, now + self._limits.patience)
        self._events.append(event)

    @staticmethod
    def _wants_to_leave(request: Request, contact: str) -> bool:
        try:
            stated = parse_address(contact).parameters.get("expires")
        except ValueError:
            return False
        return stated == "0" or (stated is None and seconds(request, "Expires") == 0)

    def _take(self, request_id: int) -> _Pending | None:
        return self._pending.pop(request_id, None)

    def _refuse(self, incoming: Incoming, status: int, reason: str, warning: str, retry_after: int, now: float) -> None:
        headers = [Header("Server", self.product)]
        if retry_after > 0:
            headers.append(Header("Retry-After", str(retry_after)))
        if warning:
            host = host_and_port(*self._exchange.local)
            headers.append(Header("Warning", f"399 {host} {quoted(_one_line(warning))}"))
        response = reply_to(incoming.request, status, _one_line(reason), tag=self._ids.tag(), headers=headers)
        self._exchange.respond(incoming, response, now=now)

    def _send_restart(self, event: UnknownPhoneRegistered, register: Request, now: float) -> None:
        contact = parse_address(event.contact).uri
        local = host_and_port(*self._exchange.local)
        stamps = "".join(f"{name}VersionStamp={{0000000000000000}}\r\n" for name in ("Config", "Dialplan", "Softkey"))
        # Phones want their own contact as the target, no user in From, and a subscription that is active.
        notify = Request(method="NOTIFY", uri=parse_uri(str(contact)))
        notify.body = f"action=reset\r\nRegisterCallId={{{event.call_id}}}\r\n{stamps}".encode()
        headers = notify.headers
        headers.set("Max-Forwards", "70")
        headers.set("From", f"<sip:{local}>;tag={self._ids.tag()}")
        headers.set("To", f"<{contact}>")
        headers.set("Call-ID", self._ids.call_id())
        headers.set("CSeq", "1 NOTIFY")
        headers.set("Contact", f"<sip:{local}>")
        headers.set("Event", "service-control")
        headers.set("Subscription-State", "active")
        headers.set("User-Agent", self.product)
        headers.set("Content-Type", "text/plain")
        source = event.source
        if not source.transport.reliable:
            # Phones send from one port and listen at another, which the Contact names. The host is the packet's own: a
            # Contact cannot make us send to somebody else.
            source = Destination(source.host, contact.port or 5060, source.transport)
        self._exchange.send(notify, source, _Restart(event.request_id, event.device), now=now)

    def _restart_answered(self, outgoing: Outgoing, status: int) -> None:
        if isinstance(outgoing.owner, _Restart):
            self._events.append(RestartAnswered(outgoing.owner.request_id, outgoing.owner.device, status))


def _is_alarm(request: Request) -> bool:
    kind = (request.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    return kind == "application/x-cisco-alarm+xml"


def _alarm_of(request: Request) -> str:
    match = _CISCO_ALARM.search(" ".join(request.headers.getlist("Reason")))
    return _one_line(match[1])[:LONGEST_ALARM] if match else ""


def _date_of(request: Request) -> datetime | None:
    try:
        told = parsedate_to_datetime(request.headers.get("Date") or "")
    except (ValueError, TypeError, IndexError):
        return None
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)


def _without_expires(contact: str) -> str:
    """``contact`` without its ``expires`` parameter; quoted texts hold no such thing in any phone's Contact."""
    before, bracket, after = contact.partition(">")
    return before + bracket + _EXPIRES.sub("", after) if bracket else _EXPIRES.sub("", contact)


def _one_line(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())

"""Late offers, UPDATE, REFER, and who the PBX says the other side is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sipmessage import Request

from bridge.errors import InvalidInput, LocalProtocolError
from bridge.sip import (
    Account,
    Call,
    CallAnswered,
    CallConfirmed,
    CallEnded,
    Destination,
    Direction,
    EndReason,
    Event,
    Header,
    IncomingCall,
    PartyChanged,
    SessionChanged,
    TransferProgress,
    UserAgent,
)
from bridge.sip.addressing import parse_uri
from bridge.sip.identity import WITHHELD, Identity, asserted_identity, diverted_from
from bridge.sip.normalise import read_message
from bridge.sip.sdp import G722, MEDIA_TYPE, PCMA, PCMU, AudioSession, write_session
from tests.sipwire import PBX, PBX_MEDIA, PHONE, PHONE_MEDIA, CountingIds, Wire, events

PARSED = parse_uri("sip:1001@192.0.2.1")


@dataclass
class Pair:
    phone: UserAgent
    pbx: UserAgent
    wire: Wire

    def talk(self) -> tuple[Call, Call]:
        call = self.phone.call("600", PHONE_MEDIA, now=self.wire.now)
        self.wire.settle()
        incoming = next(event for event in events(self.pbx) if isinstance(event, IncomingCall))
        self.pbx.answer(incoming.call, PBX_MEDIA, now=self.wire.now)
        self.wire.settle()
        events(self.phone)
        events(self.pbx)
        return call, incoming.call

    def late(self) -> tuple[Call, Call]:
        call = self.phone.call("600", None, now=self.wire.now)
        self.wire.settle()
        (incoming,) = events(self.pbx)
        assert isinstance(incoming, IncomingCall)
        assert incoming.offer is None
        self.pbx.answer(incoming.call, PBX_MEDIA, now=self.wire.now)
        self.wire.settle()
        return call, incoming.call

    def from_pbx(self, call: Call, method: str, *headers: Header, body: bytes = b"") -> list[Event]:
        """A request within the dialog that user agents have no verb for; what the phone reports of it."""
        record = call._record
        assert record.dialog is not None
        request = record.dialog.request(method)
        request.headers.set("Contact", record.line.contact)
        for header in headers:
            request.headers.add(header.name, header.value)
        if body:
            request.body = body
            request.headers.set("Content-Type", MEDIA_TYPE)
        record.line.send(request, None, now=self.wire.now)
        self.wire.settle()
        return events(self.phone)

    def last_answer(self) -> str:
        return self.wire.titles(PHONE)[-1]


@pytest.fixture
def pair() -> Pair:
    phone = UserAgent(Account("1001", "192.0.2.1", Destination(*PBX)), CountingIds("a"), PHONE)
    pbx = UserAgent(Account("600", "192.0.2.1", Destination(*PHONE)), CountingIds("b"), PBX)
    return Pair(phone, pbx, Wire([phone, pbx]))


# --- late offer ------------------------------------------------------------------------------------------------------


def test_a_call_without_an_offer(pair: Pair) -> None:
    call, theirs = pair.late()
    (answered,) = events(pair.phone)
    assert answered == CallAnswered(call, PBX_MEDIA)
    pair.wire.advance(1.5)
    assert "ACK" not in pair.wire.titles(PHONE)
    assert pair.wire.titles(PBX).count("200 INVITE") > 1
    narrow = AudioSession("192.0.2.10", 30000, (PCMU,))
    pair.phone.acknowledge(call, narrow, capability=PHONE_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    (confirmed,) = events(pair.pbx)
    assert theirs.remote is not None
    assert confirmed == CallConfirmed(theirs, theirs.remote)
    assert theirs.remote.codecs == (PCMU,)
    assert call.capability == PHONE_MEDIA
    pair.phone.reoffer(call, PHONE_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    assert [type(event) for event in events(pair.pbx)] == [SessionChanged]


def test_a_lost_ack_of_a_late_offer_goes_out_again(pair: Pair) -> None:
    call, theirs = pair.late()
    lost = [True]
    pair.wire.lose = lambda passed: passed.title == "ACK" and bool(lost) and lost.pop()
    pair.phone.acknowledge(call, PHONE_MEDIA, now=pair.wire.now)
    pair.wire.advance(5)
    assert pair.wire.titles(PHONE).count("ACK") >= 2
    assert theirs.state == "confirmed"


def test_hanging_up_before_the_late_answer(pair: Pair) -> None:
    call, theirs = pair.late()
    pair.phone.hang_up(call, now=pair.wire.now)
    pair.wire.advance(40)
    assert pair.wire.titles(PHONE)[1:3] == ["ACK", "BYE"]
    assert theirs.state == "ended"
    assert pair.pbx.calls == ()


def test_a_late_offer_that_does_not_fit(pair: Pair) -> None:
    call, theirs = pair.late()
    events(pair.phone)
    pair.phone.acknowledge(call, AudioSession("192.0.2.10", 30000, (G722,)), now=pair.wire.now)
    pair.wire.settle()
    (ended,) = events(pair.phone)
    assert isinstance(ended, CallEnded)
    assert ended.reason is EndReason.MEDIA
    assert theirs.state == "ended"


def test_there_must_be_something_to_acknowledge(pair: Pair) -> None:
    call, _ = pair.talk()
    with pytest.raises(LocalProtocolError):
        pair.phone.acknowledge(call, PHONE_MEDIA, now=pair.wire.now)
    late = pair.phone.call("600", None, now=pair.wire.now)
    with pytest.raises(LocalProtocolError):
        pair.phone.acknowledge(late, PHONE_MEDIA, now=pair.wire.now)


# --- UPDATE ----------------------------------------------------------------------------------------------------------


def test_an_update_tells_who_is_there(pair: Pair) -> None:
    call, theirs = pair.talk()
    header = Header("P-Asserted-Identity", '"Dora" <sip:4004@192.0.2.1>')
    assert pair.from_pbx(theirs, "UPDATE", header) == [PartyChanged(call, "4004", "Dora")]
    assert pair.last_answer() == "200 UPDATE"
    assert pair.from_pbx(theirs, "UPDATE", header) == []


def test_an_update_with_another_session(pair: Pair) -> None:
    call, theirs = pair.talk()
    offer = AudioSession("192.0.2.7", 4000, (PCMA,), Direction.SENDONLY)
    (changed,) = pair.from_pbx(theirs, "UPDATE", body=write_session(offer, session_id=1, version=1))
    assert isinstance(changed, SessionChanged)
    assert (changed.remote.address, changed.local.direction) == ("192.0.2.7", Direction.RECVONLY)
    assert call.remote == changed.remote


@pytest.mark.parametrize(("body", "status"), [(b"v=0\r\n", "488"), (b"", "200")])
def test_an_update_that_cannot_be_read(pair: Pair, body: bytes, status: str) -> None:
    _, theirs = pair.talk()
    assert pair.from_pbx(theirs, "UPDATE", body=body) == []
    assert pair.last_answer() == f"{status} UPDATE"


def test_an_update_that_meets_our_re_invite(pair: Pair) -> None:
    call, theirs = pair.talk()
    pair.wire.lose = lambda passed: passed.title == "INVITE"
    pair.phone.hold(call, now=pair.wire.now)
    pair.from_pbx(theirs, "UPDATE", body=write_session(PBX_MEDIA, session_id=1, version=1))
    assert pair.last_answer() == "491 UPDATE"


# --- REFER -----------------------------------------------------------------------------------------------------------


def last_request(pair: Pair, method: str) -> Request:
    found = [read_message(passed.data) for passed in pair.wire.log if passed.title == method]
    request = found[-1]
    assert isinstance(request, Request)
    return request


def test_refer_and_its_progress(pair: Pair) -> None:
    call, theirs = pair.talk()
    pair.phone.refer(call, "70#", now=pair.wire.now)
    pair.wire.settle()
    request = last_request(pair, "REFER")
    assert request.headers["Refer-To"] == "<sip:70%23@192.0.2.1>"
    assert request.headers["Referred-By"] == "<sip:1001@192.0.2.1>"
    assert events(pair.phone) == [TransferProgress(call, 405)]  # user agents of ours take no REFER themselves
    headers = (Header("Event", "refer"), Header("Content-Type", "message/sipfrag"))
    assert pair.from_pbx(theirs, "NOTIFY", *headers, body=b"SIP/2.0 100 Trying\r\n") == [TransferProgress(call, 100)]
    assert pair.from_pbx(theirs, "NOTIFY", *headers, body=b"SIP/2.0 200 OK\r\n") == [TransferProgress(call, 200)]
    assert pair.from_pbx(theirs, "NOTIFY", *headers, body=b"hello") == []
    assert pair.last_answer() == "200 NOTIFY"


def test_refer_to_another_call(pair: Pair) -> None:
    first, _ = pair.talk()
    second, theirs = pair.talk()
    pair.phone.refer(first, "600", replaces=second, now=pair.wire.now)
    pair.wire.settle()
    dialog = theirs._record.dialog
    assert dialog is not None
    wanted = f"{second.call_id}%3Bto-tag%3D{dialog.local_tag}%3Bfrom-tag%3D{dialog.remote_tag}"
    assert last_request(pair, "REFER").headers["Refer-To"] == f"<sip:600@192.0.2.1?Replaces={wanted}>"


def test_refer_needs_calls_that_stand(pair: Pair) -> None:
    call, _ = pair.talk()
    ringing = pair.phone.call("601", PHONE_MEDIA, now=pair.wire.now)
    with pytest.raises(LocalProtocolError):
        pair.phone.refer(ringing, "600", now=pair.wire.now)
    with pytest.raises(LocalProtocolError):
        pair.phone.refer(call, "600", replaces=ringing, now=pair.wire.now)
    with pytest.raises(InvalidInput):
        pair.phone.refer(call, "", now=pair.wire.now)


def test_a_silent_pbx_fails_the_refer(pair: Pair) -> None:
    call, _ = pair.talk()
    pair.wire.lose = lambda passed: passed.title == "REFER"
    pair.phone.refer(call, "600", now=pair.wire.now)
    pair.wire.advance(33)
    assert events(pair.phone) == [TransferProgress(call, 408)]


# --- identities ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "identity"),
    [
        ({}, None),
        ({"P-Asserted-Identity": '"Bob" <sip:2002@pbx>'}, Identity("2002", "Bob")),
        ({"P-Asserted-Identity": "<tel:+4930123>"}, Identity("+4930123", "")),
        ({"P-Asserted-Identity": '"B, C" <sip:1@pbx>, <tel:+49>'}, Identity("1", "B, C")),
        ({"P-Asserted-Identity": "rubbish"}, None),
        ({"P-Asserted-Identity": "<sip:1@pbx>", "Privacy": "id"}, WITHHELD),
        ({"Remote-Party-ID": '"Bob" <sip:2002@pbx>;party=calling;privacy=off'}, Identity("2002", "Bob")),
        ({"Remote-Party-ID": "<sip:2002@pbx>;privacy=full"}, WITHHELD),
    ],
)
def test_identities(headers: dict[str, str], identity: Identity | None) -> None:
    request = Request(method="INVITE", uri=PARSED)
    for name, value in headers.items():
        request.headers.add(name, value)
    assert asserted_identity(request) == identity


def test_diversion() -> None:
    request = Request(method="INVITE", uri=PARSED)
    assert diverted_from(request) == ""
    request.headers.add("Diversion", "rubbish, <sip:1009@pbx>;reason=unconditional")
    assert diverted_from(request) == "1009"


def test_the_asserted_identity_goes_before_from(pair: Pair) -> None:
    header = Header("P-Asserted-Identity", '"Real" <sip:4711@192.0.2.1>')
    pair.phone.call("600", PHONE_MEDIA, headers=[header], now=pair.wire.now)
    pair.wire.settle()
    (incoming,) = events(pair.pbx)
    assert isinstance(incoming, IncomingCall)
    assert (incoming.caller, incoming.caller_name) == ("4711", "Real")

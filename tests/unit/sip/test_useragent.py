"""Two user agents face to face: every call is played on both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sipmessage import Request, Response

from bridge.errors import InvalidInput, LocalProtocolError
from bridge.sip import (
    Account,
    AudioSession,
    Call,
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallProgress,
    CallState,
    ChangeAccepted,
    ChangeRefused,
    ConnectionFailed,
    Destination,
    Direction,
    EndReason,
    Event,
    IncomingCall,
    InfoReceived,
    MessageIgnored,
    NotifyReceived,
    SessionChanged,
    Transport,
    UserAgent,
)
from bridge.sip.account import ALLOW
from bridge.sip.message import Header, reply_to, to_tag
from bridge.sip.normalise import read_message
from bridge.sip.sdp import G722, PCMA, PCMU, TELEPHONE_EVENT, write_session
from tests.sipwire import PBX, PBX_MEDIA, PHONE, PHONE_MEDIA, CountingIds, Passed, Registrar, Wire, events


@dataclass
class Pair:
    phone: UserAgent
    pbx: UserAgent
    wire: Wire

    def call(self) -> tuple[Call, IncomingCall]:
        call = self.phone.call("600", PHONE_MEDIA, now=self.wire.now)
        self.wire.settle()
        (incoming,) = events(self.pbx)
        assert isinstance(incoming, IncomingCall)
        return call, incoming

    def talk(self) -> tuple[Call, Call]:
        call, incoming = self.call()
        self.pbx.answer(incoming.call, PBX_MEDIA, now=self.wire.now)
        self.wire.settle()
        assert isinstance(events(self.phone)[-1], CallAnswered)
        assert [type(event) for event in events(self.pbx)] == [CallConfirmed]
        return call, incoming.call

    def at_rest(self) -> None:
        """Nothing is left behind, however long one waits."""
        self.wire.advance(200)
        for agent in (self.phone, self.pbx):
            assert agent.calls == ()
            assert agent.timer() is None
            assert agent._calls == {}
            assert agent._line._dialogs == {}
            assert agent._line.exchange._clients == {}
            assert agent._line.exchange._servers == {}


@pytest.fixture
def pair() -> Pair:
    phone = UserAgent(Account("1001", "192.0.2.1", Destination(*PBX), display_name='A "B"'), CountingIds("a"), PHONE)
    pbx = UserAgent(Account("600", "192.0.2.1", Destination(*PHONE)), CountingIds("b"), PBX)
    return Pair(phone, pbx, Wire([phone, pbx]))


def origins(wire: Wire) -> list[bytes]:
    """The origin lines of the phone's session descriptions, in order."""
    lines = [line for passed in wire.log if passed.sender == PHONE for line in passed.data.split(b"\r\n")]
    return [line for line in lines if line.startswith(b"o=")]


def ended(found: list[Event]) -> tuple[EndReason, int]:
    (event,) = (event for event in found if isinstance(event, CallEnded))
    return event.reason, event.status


def test_a_whole_call(pair: Pair) -> None:
    call, incoming = pair.call()
    assert (incoming.caller, incoming.caller_name, incoming.called) == ("1001", 'A "B"', "600")
    assert incoming.offer == PHONE_MEDIA
    pair.pbx.ring(incoming.call, now=pair.wire.now)
    pair.wire.settle()
    assert events(pair.phone) == [CallProgress(call, 180, "Ringing", None)]
    assert call.state is CallState.RINGING
    pair.pbx.answer(incoming.call, PBX_MEDIA, now=pair.wire.now)
    assert incoming.call.state is CallState.ANSWERED
    pair.wire.settle()
    assert events(pair.phone) == [CallAnswered(call, PBX_MEDIA)]
    assert events(pair.pbx) == [CallConfirmed(incoming.call, PHONE_MEDIA)]
    assert (call.local, call.remote) == (PHONE_MEDIA, PBX_MEDIA)
    pair.pbx.hang_up(incoming.call, now=pair.wire.now)
    pair.wire.settle()
    assert ended(events(pair.phone)) == (EndReason.REMOTE_HANGUP, 0)
    assert ended(events(pair.pbx)) == (EndReason.LOCAL_HANGUP, 0)
    assert pair.wire.titles(PHONE) == ["INVITE", "ACK", "200 BYE"]
    assert pair.wire.titles(PBX) == ["100 INVITE", "180 INVITE", "200 INVITE", "BYE"]
    pair.at_rest()


@pytest.mark.parametrize("status", [486, 603, 404, 503, 302])
def test_a_refused_call(pair: Pair, status: int) -> None:
    call, incoming = pair.call()
    pair.pbx.reject(incoming.call, status, now=pair.wire.now)
    pair.wire.settle()
    assert ended(events(pair.phone)) == (EndReason.REFUSED, status)
    assert call.state is CallState.ENDED
    assert pair.wire.titles(PHONE) == ["INVITE", "ACK"]
    pair.at_rest()


def test_early_media(pair: Pair) -> None:
    call, incoming = pair.call()
    pair.pbx.ring(incoming.call, status=183, session=PBX_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    assert events(pair.phone) == [CallProgress(call, 183, "Session Progress", PBX_MEDIA)]


def test_giving_up_while_it_rings(pair: Pair) -> None:
    call, incoming = pair.call()
    pair.pbx.ring(incoming.call, now=pair.wire.now)
    pair.wire.settle()
    events(pair.phone)
    pair.phone.hang_up(call, now=pair.wire.now)
    assert ended(events(pair.phone)) == (EndReason.LOCAL_HANGUP, 0)
    pair.wire.settle()
    assert ended(events(pair.pbx)) == (EndReason.CANCELLED, 487)
    assert pair.wire.titles(PHONE) == ["INVITE", "CANCEL", "ACK"]
    assert pair.wire.titles(PBX)[-2:] == ["200 CANCEL", "487 INVITE"]
    assert events(pair.phone) == []
    pair.at_rest()


def test_no_cancel_before_a_provisional_answer(pair: Pair) -> None:
    pair.wire.lose = lambda passed: passed.sender == PBX
    call = pair.phone.call("600", PHONE_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    pair.phone.hang_up(call, now=pair.wire.now)
    pair.wire.settle()
    assert pair.wire.titles(PHONE) == ["INVITE"]
    pair.wire.lose = lambda passed: False
    pair.wire.advance(0.6)  # the INVITE goes out again and brings its 100
    assert pair.wire.titles(PHONE)[1:] == ["INVITE", "CANCEL", "ACK"]
    pair.at_rest()


def test_an_answer_that_crosses_the_cancel_is_hung_up(pair: Pair) -> None:
    call, incoming = pair.call()
    pair.pbx.answer(incoming.call, PBX_MEDIA, now=pair.wire.now)
    pair.phone.hang_up(call, now=pair.wire.now)
    pair.wire.settle()
    assert pair.wire.titles(PHONE) == ["INVITE", "CANCEL", "ACK", "BYE"]
    assert ended(events(pair.pbx)) == (EndReason.REMOTE_HANGUP, 0)
    pair.at_rest()


def test_a_cancelled_call_that_never_gets_its_answer_is_forgotten(pair: Pair) -> None:
    call, _ = pair.call()
    pair.wire.lose = lambda passed: passed.sender == PBX
    pair.phone.hang_up(call, now=pair.wire.now)
    pair.wire.advance(100)
    assert pair.phone._calls == {}


def test_nobody_answers(pair: Pair) -> None:
    pair.wire.lose = lambda passed: True
    pair.phone.call("600", PHONE_MEDIA, now=pair.wire.now)
    pair.wire.advance(31.9)
    assert events(pair.phone) == []
    pair.wire.advance(0.2)
    assert ended(events(pair.phone)) == (EndReason.NO_ANSWER, 408)
    assert pair.wire.times("INVITE") == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    pair.at_rest()


def test_the_200_is_repeated_until_the_ack_comes(pair: Pair) -> None:
    lost = 0

    def lose_four_acks(passed: Passed) -> bool:
        nonlocal lost
        if passed.title == "ACK" and lost < 4:
            lost += 1
            return True
        return False

    pair.wire.lose = lose_four_acks
    _, incoming = pair.call()
    pair.pbx.answer(incoming.call, PBX_MEDIA, now=pair.wire.now)
    pair.wire.advance(20)
    assert pair.wire.times("200 INVITE") == [0, 0.5, 1.5, 3.5, 7.5]
    assert [type(event) for event in events(pair.pbx)] == [CallConfirmed]


def test_an_answer_that_is_never_acknowledged_ends_after_32_seconds(pair: Pair) -> None:
    pair.wire.lose = lambda passed: passed.title == "ACK"
    _, incoming = pair.call()
    pair.pbx.answer(incoming.call, PBX_MEDIA, now=pair.wire.now)
    pair.wire.advance(31.9)
    assert incoming.call.state is CallState.ANSWERED
    assert pair.wire.times("200 INVITE") == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    pair.wire.advance(0.2)
    assert ended(events(pair.pbx)) == (EndReason.NO_ACK, 0)
    assert ended(events(pair.phone)) == (EndReason.REMOTE_HANGUP, 0)
    pair.at_rest()


def test_hanging_up_before_the_ack_waits_for_it(pair: Pair) -> None:
    _, incoming = pair.call()
    pair.wire.lose = lambda passed: passed.title == "ACK"
    pair.pbx.answer(incoming.call, PBX_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    pair.pbx.hang_up(incoming.call, now=pair.wire.now)
    pair.wire.settle()
    assert "BYE" not in pair.wire.titles(PBX)
    pair.wire.lose = lambda passed: False
    pair.wire.advance(1)
    assert pair.wire.titles(PBX)[-1] == "BYE"
    pair.at_rest()


def test_hold_and_resume_and_the_sdp_version(pair: Pair) -> None:
    call, other = pair.talk()
    pair.phone.hold(call, now=pair.wire.now)
    pair.wire.settle()
    held = PHONE_MEDIA.with_direction(Direction.SENDONLY)
    assert events(pair.phone) == [ChangeAccepted(call, held, PBX_MEDIA.with_direction(Direction.RECVONLY))]
    assert events(pair.pbx) == [SessionChanged(other, PBX_MEDIA.with_direction(Direction.RECVONLY), held)]
    assert other.remote is not None
    assert other.remote.on_hold
    pair.pbx.hold(other, now=pair.wire.now)  # both hold now
    pair.wire.settle()
    assert isinstance(events(pair.phone)[0], SessionChanged)
    assert call.local is not None
    assert call.local.direction is Direction.INACTIVE
    events(pair.pbx)
    pair.pbx.resume(other, now=pair.wire.now)
    pair.wire.settle()
    assert call.local.direction is Direction.SENDONLY
    pair.phone.resume(call, now=pair.wire.now)
    pair.wire.settle()
    assert call.local.direction is Direction.SENDRECV
    assert call.remote == PBX_MEDIA
    assert [origin.split()[2] for origin in origins(pair.wire)] == [b"1", b"2", b"3", b"4", b"5"]
    pair.phone.hang_up(call, now=pair.wire.now)
    pair.at_rest()


def test_glare_ends_with_both_changes(pair: Pair) -> None:
    call, other = pair.talk()
    pair.phone.hold(call, now=pair.wire.now)
    pair.pbx.hold(other, now=pair.wire.now)
    pair.wire.settle()
    assert pair.wire.titles(PHONE).count("491 INVITE") == 1
    assert pair.wire.titles(PBX).count("491 INVITE") == 1
    pair.wire.advance(10)
    assert any(isinstance(event, ChangeAccepted) for event in events(pair.phone))
    assert any(isinstance(event, ChangeAccepted) for event in events(pair.pbx))
    for one in (call, other):
        assert one.local is not None
        assert one.local.direction is Direction.INACTIVE
    pair.phone.hang_up(call, now=pair.wire.now)
    pair.at_rest()


def test_other_codecs_in_the_middle_of_a_call(pair: Pair) -> None:
    call, other = pair.talk()
    pair.phone.reoffer(call, replace(PHONE_MEDIA, codecs=(PCMA, TELEPHONE_EVENT)), now=pair.wire.now)
    pair.wire.settle()
    assert other.local is not None
    assert other.local.voice == PCMA
    events(pair.phone)
    pair.phone.reoffer(call, replace(PHONE_MEDIA, codecs=(G722,)), now=pair.wire.now)
    pair.wire.settle()
    assert events(pair.phone) == [ChangeRefused(call, 488, "Not Acceptable Here")]
    assert call.state is CallState.CONFIRMED
    assert call.local is not None
    assert call.local.voice == PCMA


def test_no_common_codec_at_the_beginning(pair: Pair) -> None:
    _, incoming = pair.call()
    pair.pbx.answer(incoming.call, replace(PBX_MEDIA, codecs=(G722,)), now=pair.wire.now)
    pair.wire.settle()
    assert ended(events(pair.phone)) == (EndReason.REFUSED, 488)
    assert ended(events(pair.pbx)) == (EndReason.MEDIA, 488)
    pair.at_rest()


def test_info(pair: Pair) -> None:
    call, other = pair.talk()
    pair.phone.send_info(call, "application/dtmf-relay", b"Signal=5\r\n", now=pair.wire.now)
    pair.wire.settle()
    assert events(pair.pbx) == [InfoReceived(other, "application/dtmf-relay", "Signal=5\r\n")]


def test_a_call_survives_a_broken_connection_and_can_be_hung_up_later(pair: Pair) -> None:
    call, _ = pair.talk()
    pair.phone.connection_lost(now=pair.wire.now)
    assert call.state is CallState.CONFIRMED
    pair.phone.connected(PHONE, now=pair.wire.now)
    pair.phone.hang_up(call, now=pair.wire.now)
    pair.wire.settle()
    assert ended(events(pair.pbx)) == (EndReason.REMOTE_HANGUP, 0)


def test_calls_in_the_making_die_with_the_connection(pair: Pair) -> None:
    _, incoming = pair.call()
    pair.phone.connection_lost(now=pair.wire.now)
    assert ended(events(pair.phone)) == (EndReason.TRANSPORT, 503)
    pair.pbx.connection_lost(now=pair.wire.now)
    assert ended(events(pair.pbx)) == (EndReason.TRANSPORT, 503)
    assert incoming.call.state is CallState.ENDED


def test_too_many_calls(pair: Pair) -> None:
    pair.pbx.max_calls = 1
    pair.call()
    pair.phone.call("600", PHONE_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    assert ended(events(pair.phone)) == (EndReason.REFUSED, 486)
    pair.phone.max_calls = 1
    with pytest.raises(LocalProtocolError, match="no more than 1"):
        pair.phone.call("601", PHONE_MEDIA, now=pair.wire.now)


@pytest.mark.parametrize("target", ["", "sip:", "sip:a b@c", "sip:192.0.2.1"])
def test_whom_one_cannot_call(pair: Pair, target: str) -> None:
    with pytest.raises(InvalidInput):
        pair.phone.call(target, PHONE_MEDIA, now=0.0)
    assert pair.phone.calls == ()


def test_what_is_dialled_reaches_the_request_line_escaped(pair: Pair) -> None:
    pair.phone.call("*98#\r\nX: y", PHONE_MEDIA, now=pair.wire.now)
    (data, _), *_ = pair.phone.data_to_send()
    assert data.startswith(b"INVITE sip:*98%23%0D%0AX%3A%20y@192.0.2.1 SIP/2.0\r\n")


def test_headers_of_the_caller_cannot_be_split(pair: Pair) -> None:
    with pytest.raises(LocalProtocolError, match="line break"):
        pair.phone.call("600", PHONE_MEDIA, headers=[Header("Alert-Info", "a\r\nX: b")], now=0.0)


# --- requests outside calls ---------------------------------------------------------------------------------------


def a_request(method: str, *, to_tag: str = "", headers: str = "", body: str = "", branch: str = "z9hG4bKx") -> bytes:
    tag = f";tag={to_tag}" if to_tag else ""
    return (
        f"{method} sip:1001@192.0.2.10:5062 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;rport;branch={branch}\r\n"
        f"From: <sip:asterisk@192.0.2.1>;tag=as\r\nTo: <sip:1001@192.0.2.10>{tag}\r\nCall-ID: x1\r\n"
        f"CSeq: 5 {method}\r\nContact: <sip:asterisk@192.0.2.1:5060>\r\n{headers}\r\n{body}"
    ).encode()


def answer_of(agent: UserAgent, data: bytes) -> Response:
    agent.receive_datagram(data, PBX, now=0.0)
    responses = [read_message(out) for out, destination in agent.data_to_send() if destination == Destination(*PBX)]
    final = responses[-1]
    assert isinstance(final, Response)
    return final


@pytest.mark.parametrize(
    ("data", "status", "header", "value"),
    [
        (a_request("OPTIONS"), 200, "Accept", "application/sdp"),
        (a_request("REFER"), 403, "CSeq", "5 REFER"),
        (a_request("SUBSCRIBE"), 405, "Allow", ALLOW),
        (a_request("FROBNICATE"), 501, "Allow", ALLOW),
        (a_request("BYE", to_tag="none"), 481, "CSeq", "5 BYE"),
        (a_request("INFO"), 481, "CSeq", "5 INFO"),
        (a_request("CANCEL"), 481, "CSeq", "5 CANCEL"),
        (a_request("INVITE", to_tag="none"), 481, "CSeq", "5 INVITE"),
        (a_request("INVITE", headers="Require: 100rel, x\r\n"), 420, "Unsupported", "x"),
        (a_request("INVITE", headers="Content-Type: text/plain\r\n", body="hello"), 415, "Accept", "application/sdp"),
        (a_request("INVITE", headers="Content-Type: application/sdp\r\n", body="v=0\r\n"), 488, "CSeq", "5 INVITE"),
        (a_request("OPTIONS", headers="Content-Length: 500\r\n"), 400, "CSeq", "5 OPTIONS"),
    ],
)
def test_requests_outside_calls(pair: Pair, data: bytes, status: int, header: str, value: str) -> None:
    response = answer_of(pair.phone, data)
    assert response.code == status
    assert response.headers[header] == value
    assert to_tag(response)


def test_an_ack_of_nothing_is_not_answered(pair: Pair) -> None:
    pair.phone.receive_datagram(a_request("ACK", to_tag="none"), PBX, now=0.0)
    assert pair.phone.data_to_send() == []


def test_message_waiting_and_restart_requests_become_events(pair: Pair) -> None:
    mwi = a_request("NOTIFY", headers="Event: message-summary\r\nSubscription-State: terminated\r\n", body="Voice: 1")
    assert answer_of(pair.phone, mwi).code == 200
    (event,) = events(pair.phone)
    assert event == NotifyReceived("message-summary", "", "Voice: 1", "terminated", "asterisk", "192.0.2.10")


def test_a_phone_may_refuse_a_notify() -> None:
    phone = UserAgent(
        Account("1001", "192.0.2.1", Destination(*PBX)),
        CountingIds("a"),
        PHONE,
        notify_policy=lambda event: 400 if event.from_user else 200,
    )
    assert answer_of(phone, a_request("NOTIFY", headers="Event: Service-Control;id=1\r\n")).code == 400
    (event,) = events(phone)
    assert isinstance(event, NotifyReceived)
    assert event.event_package == "service-control"


def test_rubbish_is_reported_and_does_no_harm(pair: Pair) -> None:
    pair.phone.receive_datagram(b"rubbish", PBX, now=0.0)
    assert [type(event) for event in events(pair.phone)] == [MessageIgnored]


def test_a_late_offer_is_answered_in_the_ack(pair: Pair) -> None:
    pair.phone.receive_datagram(a_request("INVITE"), PBX, now=0.0)
    (incoming,) = events(pair.phone)
    assert isinstance(incoming, IncomingCall)
    assert incoming.offer is None
    pair.phone.data_to_send()
    pair.phone.answer(incoming.call, PHONE_MEDIA, now=0.0)
    (data, _) = pair.phone.data_to_send()[-1]
    ok = read_message(data)
    assert isinstance(ok, Response)
    assert b"m=audio 30000" in ok.body
    body = write_session(PBX_MEDIA, session_id=1, version=1).decode()
    ack = a_request("ACK", to_tag=to_tag(ok), branch="z9hG4bKy", headers="Content-Type: application/sdp\r\n", body=body)
    pair.phone.receive_datagram(ack, PBX, now=0.1)
    assert events(pair.phone) == [CallConfirmed(incoming.call, PBX_MEDIA)]


# --- challenges and forks ---------------------------------------------------------------------------------------


def answered_by(script: Callable[[Request], Response | None]) -> tuple[UserAgent, Registrar, Wire]:
    phone = UserAgent(Account("1001", "192.0.2.1", Destination(*PBX), password="secret"), CountingIds("a"), PHONE)
    server = Registrar()
    server.script = script
    return phone, server, Wire([phone, server])


def ok_with_media(request: Request, tag: str = "one") -> Response:
    return reply_to(
        request,
        200,
        tag=tag,
        headers=[Header("Contact", f"<sip:600@{PBX[0]}:{PBX[1]}>")],
        body=write_session(PBX_MEDIA, session_id=1, version=1),
        media_type="application/sdp",
    )


def test_a_challenged_invite_goes_out_again_with_credentials() -> None:
    phone, server, wire = answered_by(
        lambda request: ok_with_media(request) if request.headers.get("Authorization") else None
    )
    call = phone.call("600", PHONE_MEDIA, now=wire.now)
    wire.settle()
    assert events(phone) == [CallAnswered(call, PBX_MEDIA)]
    first, second = server.requests
    assert (first.headers["CSeq"], second.headers["CSeq"]) == ("1 INVITE", "2 INVITE")
    assert first.headers["From"] == second.headers["From"]
    ack = read_message([passed.data for passed in wire.log if passed.title == "ACK"][-1])
    assert ack is not None
    assert ack.headers["CSeq"] == "2 ACK"


def test_a_wrong_secret_ends_the_call() -> None:
    phone, server, wire = answered_by(lambda request: None)
    server.password = "other"
    phone.call("600", PHONE_MEDIA, now=wire.now)
    wire.settle()
    assert ended(events(phone)) == (EndReason.REFUSED, 401)
    assert len(server.requests) == 2


def test_the_second_answer_of_a_forked_call_is_hung_up() -> None:
    phone, _, wire = answered_by(ok_with_media)
    call = phone.call("600", PHONE_MEDIA, now=wire.now)
    wire.settle()
    first = next(passed for passed in wire.log if passed.title == "200 INVITE")
    phone.receive_datagram(first.data.replace(b"tag=one", b"tag=two"), PBX, now=wire.now)
    sent = [read_message(data) for data, _ in phone.data_to_send()]
    assert [(message.method, to_tag(message)) for message in sent if isinstance(message, Request)] == [
        ("ACK", "two"),
        ("BYE", "two"),
    ]
    assert call.state is CallState.CONFIRMED
    phone.receive_datagram(first.data, PBX, now=wire.now)  # the first 200 once more: acknowledged once more
    (data, _), *_ = phone.data_to_send()
    assert data.startswith(b"ACK ")


def test_an_answer_without_contact_or_media() -> None:
    phone, _, wire = answered_by(lambda request: reply_to(request, 200, tag="x"))
    phone.call("600", PHONE_MEDIA, now=wire.now)
    wire.settle()
    assert ended(events(phone))[0] is EndReason.PROTOCOL
    contact = [Header("Contact", "<sip:600@192.0.2.1>")]
    phone, server, wire = answered_by(lambda request: reply_to(request, 200, tag="x", headers=contact))
    phone.call("600", PHONE_MEDIA, now=wire.now)
    wire.settle()
    assert ended(events(phone))[0] is EndReason.MEDIA
    assert [request.method for request in server.requests] == ["INVITE", "BYE"]


# --- keep-alives over TCP -------------------------------------------------------------------------------------------


def test_keepalives() -> None:
    account = Account("1001", "192.0.2.1", Destination(*PBX, Transport.TCP), keepalive=100.0)
    phone = UserAgent(account, CountingIds("a", fraction=1.0), PHONE)
    phone.connected(PHONE, now=0.0)
    assert phone.timer() == 100.0
    phone.handle_timer(now=100.0)
    assert [data for data, _ in phone.data_to_send()] == [b"\r\n\r\n"]
    phone.receive_stream(b"\r\n", now=101.0)
    assert phone.timer() == 200.0
    phone.handle_timer(now=200.0)
    phone.handle_timer(now=210.0)
    assert [type(event) for event in events(phone)] == [ConnectionFailed]
    phone.receive_stream(b"\r\n\r\n", now=211.0)
    assert phone.data_to_send()[-1][0] == b"\r\n"


def test_hold_says_nothing_new_to_a_session_that_is_the_same(pair: Pair) -> None:
    call, _ = pair.talk()
    session = AudioSession("192.0.2.10", 30000, (PCMU, PCMA, TELEPHONE_EVENT))
    pair.phone.reoffer(call, session, now=pair.wire.now)
    pair.wire.settle()
    assert len(set(origins(pair.wire))) == 1

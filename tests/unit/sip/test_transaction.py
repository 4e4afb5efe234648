from __future__ import annotations

import pytest
from sipmessage import Request

from bridge.errors import LocalProtocolError
from bridge.sip.addressing import parse_uri
from bridge.sip.message import reply_to
from bridge.sip.normalise import read_message
from bridge.sip.transaction import ClientTransaction, Outcome, ServerTransaction
from bridge.sip.transaction_tables import State


def a_request(method: str) -> Request:
    request = Request(method=method, uri=parse_uri("sip:600@192.0.2.1"))
    for name, value in (
        ("Via", "SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK1"),
        ("Route", "<sip:192.0.2.9;lr>"),
        ("From", "<sip:1001@192.0.2.1>;tag=a%20b"),
        ("To", "<sip:600@192.0.2.1>"),
        ("Call-ID", "c1"),
        ("CSeq", f"7 {method}"),
    ):
        request.headers.set(name, value)
    return request


def times(
    transaction: ClientTransaction | ServerTransaction, start: float, until: float = 1e9
) -> tuple[list[float], Outcome | None]:
    """When it sends again, and how it ends."""
    at: list[float] = []
    outcome: Outcome | None = None
    while (timer := transaction.timer()) is not None and timer <= until:
        outcome = transaction.handle_timer(now=timer) or outcome
        at += [timer - start] * len(transaction.outbox)
        transaction.outbox.clear()
    return at, outcome


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("INVITE", [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]),
        ("REGISTER", [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]),
    ],
)
def test_retransmission_of_requests_as_in_section_17(method: str, expected: list[float]) -> None:
    transaction = ClientTransaction(a_request(method), reliable=False)
    transaction.start(now=100.0)
    assert len(transaction.outbox) == 1
    transaction.outbox.clear()
    assert times(transaction, 100.0) == (expected, Outcome.TIMED_OUT)
    assert transaction.is_over


def test_timeout_comes_after_32_seconds() -> None:
    for reliable in (False, True):
        transaction = ClientTransaction(a_request("INVITE"), reliable=reliable)
        transaction.start(now=0.0)
        assert transaction.handle_timer(now=31.99) is None
        assert transaction.handle_timer(now=32.0) is Outcome.TIMED_OUT


@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
def test_a_reliable_transport_needs_no_retransmission(method: str) -> None:
    transaction = ClientTransaction(a_request(method), reliable=True)
    transaction.start(now=0.0)
    transaction.outbox.clear()
    assert times(transaction, 0.0) == ([], Outcome.TIMED_OUT)


def test_a_provisional_answer_slows_a_register_and_stops_an_invite() -> None:
    register = ClientTransaction(a_request("REGISTER"), reliable=False)
    register.start(now=0.0)
    register.outbox.clear()
    assert register.receive(reply_to(register.request, 100), now=0.1) is Outcome.DELIVER
    assert times(register, 0.0)[0][:3] == [0.5, 4.5, 8.5]
    invite = ClientTransaction(a_request("INVITE"), reliable=False)
    invite.start(now=0.0)
    invite.receive(reply_to(invite.request, 180), now=0.1)
    assert invite.timer() is None


def test_a_refused_invite_is_acknowledged_each_time_and_forgotten_after_32_seconds() -> None:
    transaction = ClientTransaction(a_request("INVITE"), reliable=False)
    transaction.start(now=0.0)
    transaction.outbox.clear()
    busy = reply_to(transaction.request, 486, tag="b%2Dc")
    assert transaction.receive(busy, now=1.0) is Outcome.DELIVER
    assert transaction.receive(busy, now=1.5) is None
    assert len(transaction.outbox) == 2
    assert transaction.outbox[0] == transaction.outbox[1]
    ack = read_message(transaction.outbox[0])
    assert isinstance(ack, Request)
    assert ack.method == "ACK"
    assert str(ack.uri) == "sip:600@192.0.2.1"
    assert ack.headers.getlist("Via") == ["SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK1"]
    assert ack.headers.getlist("Route") == ["<sip:192.0.2.9;lr>"]
    assert ack.headers["From"].endswith("tag=a%20b")
    assert ack.headers["To"].endswith("tag=b%2Dc")
    assert ack.headers["CSeq"] == "7 ACK"
    assert transaction.timer() == 33.0
    transaction.handle_timer(now=33.0)
    assert transaction.is_over


def test_every_2xx_of_an_invite_reaches_the_user_for_32_seconds() -> None:
    transaction = ClientTransaction(a_request("INVITE"), reliable=True)
    transaction.start(now=0.0)
    ok = reply_to(transaction.request, 200, tag="b")
    assert transaction.receive(ok, now=1.0) is Outcome.DELIVER
    assert transaction.receive(ok, now=5.0) is Outcome.DELIVER
    assert transaction.timer() == 33.0


@pytest.mark.parametrize(("reliable", "linger"), [(False, 5.0), (True, 0.0)])
def test_timer_k(reliable: bool, linger: float) -> None:
    transaction = ClientTransaction(a_request("BYE"), reliable=reliable)
    transaction.start(now=0.0)
    transaction.receive(reply_to(transaction.request, 200, tag="b"), now=1.0)
    assert transaction.timer() == 1.0 + linger


def test_a_refusal_is_repeated_until_the_ack_comes() -> None:
    transaction = ServerTransaction(a_request("INVITE"), reliable=False)
    transaction.respond(reply_to(transaction.request, 486, tag="b"), now=0.0)
    transaction.outbox.clear()
    assert times(transaction, 0.0, until=10.0)[0] == [0.5, 1.5, 3.5, 7.5]
    transaction.receive_ack(now=10.0)
    assert transaction.state is State.CONFIRMED
    assert transaction.timer() == 15.0


def test_a_refusal_without_ack_ends_after_32_seconds_on_any_transport() -> None:
    for reliable in (False, True):
        transaction = ServerTransaction(a_request("INVITE"), reliable=reliable)
        transaction.respond(reply_to(transaction.request, 486, tag="b"), now=0.0)
        transaction.outbox.clear()
        sent, outcome = times(transaction, 0.0)
        assert outcome is Outcome.TIMED_OUT
        assert sent == ([] if reliable else [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5])


def test_a_repeated_request_gets_the_same_answer() -> None:
    transaction = ServerTransaction(a_request("OPTIONS"), reliable=False)
    assert transaction.receive_again(now=0.1) is None
    assert transaction.outbox == []
    transaction.respond(reply_to(transaction.request, 200, tag="b"), now=0.2)
    transaction.receive_again(now=0.5)
    assert len(transaction.outbox) == 2
    assert transaction.outbox[0] == transaction.outbox[1]
    assert transaction.timer() == 32.2


def test_nobody_answers_twice() -> None:
    transaction = ServerTransaction(a_request("OPTIONS"), reliable=False)
    transaction.respond(reply_to(transaction.request, 200, tag="b"), now=0.0)
    with pytest.raises(LocalProtocolError, match="cannot be sent any more"):
        transaction.respond(reply_to(transaction.request, 404, tag="b"), now=0.0)


def test_a_transport_error_ends_it() -> None:
    transaction = ClientTransaction(a_request("REGISTER"), reliable=False)
    transaction.start(now=0.0)
    assert transaction.transport_failed(now=0.1) is Outcome.FAILED
    assert transaction.is_over
    assert transaction.timer() is None

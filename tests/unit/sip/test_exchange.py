from __future__ import annotations

import pytest
from sipmessage import Response

from bridge.sip.destination import Destination, Transport
from bridge.sip.exchange import AckArrived, Exchange, MessageDropped, RequestArrived
from bridge.sip.message import reply_to
from bridge.sip.normalise import read_message
from tests.sipwire import PBX, CountingIds

SOURCE = Destination("192.0.2.10", 40000)


def options(via: str = "SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK1", method: str = "OPTIONS") -> bytes:
    return (
        f"{method} sip:a@192.0.2.1 SIP/2.0\r\nVia: {via}\r\nFrom: <sip:b@h1>;tag=1\r\nTo: <sip:a@h1>\r\n"
        f"Call-ID: c\r\nCSeq: 1 {method}\r\n\r\n"
    ).encode()


def answered(data: bytes, source: Destination = SOURCE) -> tuple[Response, Destination]:
    exchange = Exchange(CountingIds("s"), PBX)
    exchange.receive(data, source, now=0.0)
    event = exchange.next_event()
    assert isinstance(event, RequestArrived)
    exchange.respond(event.incoming, reply_to(event.incoming.request, 200, tag="t"), now=0.0)
    ((data, destination),) = exchange.data_to_send()
    response = read_message(data)
    assert isinstance(response, Response)
    return response, destination


@pytest.mark.parametrize(
    ("via", "port", "echoed"),
    [
        # RFC 3581: rport asks for the source port
        (
            "SIP/2.0/UDP 192.0.2.10:5062;rport;branch=z9hG4bK1",
            40000,
            ";branch=z9hG4bK1;rport=40000;received=192.0.2.10",
        ),
        # RFC 3261 section 18.2.2: otherwise the port of the Via, 5060 when it names none
        ("SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK1", 5062, ";branch=z9hG4bK1"),
        ("SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1", 5060, ";branch=z9hG4bK1"),
        ("SIP/2.0/UDP phone1:5062;branch=z9hG4bK%41", 5062, ";branch=z9hG4bK%41;received=192.0.2.10"),
        # nobody can make us send to a third party
        ("SIP/2.0/UDP 198.51.100.9:5062;branch=z9hG4bK1;maddr=198.51.100.9", 5062, ";received=192.0.2.10"),
        ("SIP/2.0/UDP 198.51.100.9:5062;received=198.51.100.9;branch=z9hG4bK1", 5062, ";received=192.0.2.10"),
    ],
)
def test_responses_go_where_the_request_came_from(via: str, port: int, echoed: str) -> None:
    response, destination = answered(options(via))
    assert destination == Destination("192.0.2.10", port)
    assert response.headers["Via"].endswith(echoed)


def test_over_tcp_responses_go_down_the_connection() -> None:
    source = Destination("192.0.2.10", 40000, Transport.TCP)
    assert answered(options("SIP/2.0/TCP 192.0.2.10:5062;branch=z9hG4bK1"), source)[1] == source


def test_a_client_of_rfc_2543_is_recognised_without_the_magic_cookie() -> None:
    exchange = Exchange(CountingIds("s"), PBX)
    for _ in range(2):
        exchange.receive(options("SIP/2.0/UDP 192.0.2.10:5062"), SOURCE, now=0.0)
    assert isinstance(exchange.next_event(), RequestArrived)
    assert exchange.next_event() is None


def test_beyond_the_limit_requests_are_answered_without_memory() -> None:
    exchange = Exchange(CountingIds("s"), PBX, limit=1)
    exchange.receive(options(), SOURCE, now=0.0)
    exchange.receive(options("SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK2"), SOURCE, now=0.0)
    ((data, _),) = exchange.data_to_send()
    assert data.startswith(b"SIP/2.0 503 ")
    assert len(exchange._servers) == 1


def test_a_flood_of_repetitions_costs_no_memory() -> None:
    exchange = Exchange(CountingIds("s"), PBX)
    exchange.receive(options(), SOURCE, now=0.0)
    event = exchange.next_event()
    assert isinstance(event, RequestArrived)
    exchange.respond(event.incoming, reply_to(event.incoming.request, 200, tag="t"), now=0.0)
    for _ in range(100):
        exchange.receive(options(), SOURCE, now=1.0)
    assert len(exchange.data_to_send()) == 101
    assert len(exchange._heap) <= 2


def test_a_late_response_and_a_stray_ack() -> None:
    exchange = Exchange(CountingIds("s"), PBX)
    request = read_message(options())
    assert request is not None
    assert not isinstance(request, Response)
    exchange.receive(bytes(reply_to(request, 200, tag="t")), SOURCE, now=0.0)
    assert isinstance(exchange.next_event(), MessageDropped)
    exchange.receive(options(method="ACK"), SOURCE, now=0.0)
    assert isinstance(exchange.next_event(), AckArrived)
    assert exchange.data_to_send() == []

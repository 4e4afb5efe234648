from __future__ import annotations

import pytest
from sipmessage import Request, Response

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sip.dialog import Dialog, DialogState
from bridge.sip.message import reply_to
from bridge.sip.normalise import read_message


def message(text: str) -> Request | Response:
    found = read_message(text.replace("\n", "\r\n").encode())
    assert found is not None
    return found


INVITE = """INVITE sip:600@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1
From: <sip:1001@192.0.2.1>;tag=a
To: <sip:600@192.0.2.1>
Call-ID: c1
CSeq: 7 INVITE
Contact: <sip:1001@192.0.2.10:5062>
Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>

"""
OK = """SIP/2.0 200 OK
Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1
From: <sip:1001@192.0.2.1>;tag=a
To: <sip:600@192.0.2.1>;tag=b%41
Call-ID: c1
CSeq: 7 INVITE
Contact: <sip:600@192.0.2.1:5070>
Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>

"""


def request(text: str) -> Request:
    found = message(text)
    assert isinstance(found, Request)
    return found


def response(text: str) -> Response:
    found = message(text)
    assert isinstance(found, Response)
    return found


def test_the_callers_dialog() -> None:
    dialog = Dialog.of_caller(request(INVITE), response(OK))
    assert dialog.key == ("c1", "a", "b%41")
    assert dialog.routes == ("<sip:p1.example;lr>", "<sip:p2.example;lr>")
    bye = dialog.request("BYE")
    assert str(bye.uri) == "sip:600@192.0.2.1:5070"
    assert bye.headers.getlist("Route") == list(dialog.routes)
    assert bye.headers["To"] == "<sip:600@192.0.2.1>;tag=b%41"  # tags are never written anew
    assert bye.headers["CSeq"] == "8 BYE"
    ack = dialog.request("ACK", acknowledges=7)
    assert ack.headers["CSeq"] == "7 ACK"
    assert dialog.local_sequence == 8


def test_the_callees_dialog() -> None:
    dialog = Dialog.of_callee(request(INVITE), "mine")
    assert dialog.key == ("c1", "mine", "a")
    assert dialog.state is DialogState.EARLY
    bye = dialog.request("BYE")
    assert str(bye.uri) == "sip:1001@192.0.2.10:5062"
    assert bye.headers.getlist("Route") == ["<sip:p1.example;lr>", "<sip:p2.example;lr>"]
    assert bye.headers["From"] == "<sip:600@192.0.2.1>;tag=mine"
    assert bye.headers["CSeq"] == "1 BYE"


def test_a_strict_router_becomes_the_target() -> None:
    dialog = Dialog.of_caller(request(INVITE), response(OK.replace("p1.example;lr", "p1.example")))
    bye = dialog.request("BYE")
    assert str(bye.uri) == "sip:p1.example"
    assert bye.headers.getlist("Route") == ["<sip:p2.example;lr>", "<sip:600@192.0.2.1:5070>"]


def test_an_early_dialog_takes_route_and_target_from_the_200() -> None:
    early = response(OK.replace("200 OK", "180 Ringing").replace("5070", "5071").replace("p2", "p9"))
    dialog = Dialog.of_caller(request(INVITE), early)
    assert dialog.state is DialogState.EARLY
    dialog.confirm(response(OK))
    assert dialog.routes == ("<sip:p1.example;lr>", "<sip:p2.example;lr>")
    assert dialog.remote_target.port == 5070


def test_old_requests_are_refused_and_gaps_are_not() -> None:
    dialog = Dialog.of_callee(request(INVITE), "mine")
    later = request(INVITE.replace("7 INVITE", "9 INVITE"))
    dialog.receive_request(later)
    with pytest.raises(RemoteProtocolError) as caught:
        dialog.receive_request(later)
    assert caught.value.reply == 500


def test_what_is_over_sends_nothing() -> None:
    dialog = Dialog.of_callee(request(INVITE), "mine")
    dialog.end()
    with pytest.raises(LocalProtocolError, match="has ended"):
        dialog.request("BYE")


def test_without_contact_there_is_no_dialog() -> None:
    bare = request(INVITE.replace("Contact: <sip:1001@192.0.2.10:5062>\n", ""))
    with pytest.raises(RemoteProtocolError):
        Dialog.of_callee(bare, "mine")
    with pytest.raises(RemoteProtocolError):
        Dialog.of_caller(request(INVITE), reply_to(request(INVITE), 200, tag="b"))

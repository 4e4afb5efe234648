"""The classes of oddity of RFC 4475, each in a message of our own: valid ones are understood, others answered rightly.

The numbers are the sections of that RFC.
"""

from __future__ import annotations

import pytest
from sipmessage import Request

from bridge.sip import Account, Destination, IncomingCall, MessageIgnored, UserAgent
from bridge.sip.message import contact_of, from_of, from_tag, to_of, to_tag, top_via
from bridge.sip.normalise import read_message
from tests.sipwire import PBX, PHONE, PHONE_MEDIA, CountingIds, events

SDP = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 11000 RTP/AVP 0\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
)
LINES = {
    "first": "INVITE sip:1001@192.0.2.10 SIP/2.0",
    "via": "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtorture;rport",
    "max": "Max-Forwards: 70",
    "from": "From: <sip:caller@pbx.example>;tag=one",
    "to": "To: <sip:1001@pbx.example>",
    "call": "Call-ID: torture@pbx.example",
    "cseq": "CSeq: 7 INVITE",
    "contact": "Contact: <sip:caller@192.0.2.1>",
    "type": "Content-Type: application/sdp",
    "length": "",
}


def message(*extra: str, body: str = SDP, **changed: str) -> bytes:
    """A whole INVITE with lines changed, left out (empty) or added."""
    lines = [line for line in (LINES | changed).values() if line]
    return ("\r\n".join([*lines, *extra]) + "\r\n\r\n" + body).encode("utf-8", errors="surrogateescape")


def agent() -> UserAgent:
    return UserAgent(Account("1001", "192.0.2.1", Destination(*PBX)), CountingIds("a"), PHONE)


def answers(data: bytes) -> tuple[list[int], list[object]]:
    """The statuses that a message is answered with, and what is reported."""
    phone = agent()
    phone.receive_datagram(data, PBX, now=0.0)
    # read as text: a 400 echoes the very line that cannot be read
    return [int(sent.split()[1]) for sent, _ in phone.data_to_send()], list(events(phone))


VALID = {
    "3.1.1.1 folds, blanks and letter case": message(
        via="vIA  : SIP  / 2.0\r\n  /UDP\r\n    192.0.2.1:5060 ;branch=z9hG4bKtorture",
        cseq="cseq : 0007\r\n  INVITE",
        to="TO :\r\n sip:1001@pbx.example ;   x\t=y",
        **{"from": 'From\t: "A \\\\\\" B"\r\n <sip:caller@pbx.example>\r\n ;\r\n tag = one'},
    ),
    "3.1.1.2 every token character in a method is another method": message("!Odd*Name%_+`.'~-: any value here"),
    "3.1.1.3 escapes in the user part": message(first="INVITE sip:%31001%40x@192.0.2.10 SIP/2.0"),
    "3.1.1.4 an escaped null": message(**{"from": "From: <sip:nul%00@pbx.example>;tag=one"}),
    "3.1.1.5 percent signs that escape nothing": message(**{"from": 'From: "%Z%45" <sip:caller@pbx.example>;tag=one'}),
    "3.1.1.6 no blank between name and bracket": message(**{"from": "From: caller<sip:caller@pbx.example>;tag=one"}),
    "3.1.1.7 long values": message(
        "X-Long: " + "v" * 3000,
        **{"from": f'From: "{"long name " * 60}" <sip:{"u" * 500}@pbx.example>;tag={"t" * 200};p={"q" * 900}'},
    ),
    "3.1.1.8 octets after the body": message(length=f"Content-Length: {len(SDP)}", body=SDP + "INVITE sip:x SIP/2.0"),
    "3.1.1.9 a semicolon in the user part": message(first="INVITE sip:1001;x=y@192.0.2.10 SIP/2.0"),
    "3.1.1.10 several transports, and unknown ones": message(
        via="Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtorture\r\nVia: SIP/2.0/SCTP h1, SIP/2.0/NEW h2;branch=x"
    ),
    "3.1.1.12 a name in UTF-8": message(**{"from": 'From: "Zoë 電話" <sip:caller@pbx.example>;tag=one'}),
    "3.1.1.13 a name in no encoding": message(**{"from": 'From: "\udcff\udcfe" <sip:caller@pbx.example>;tag=one'}),
    "3.3.8 several Accepts and unknown headers": message("Accept: text/plain", "Accept: application/sdp", "New: 1"),
    "3.3.13 a date in another time zone": message("Date: Fri, 01 Jan 2010 16:00:00 EST"),
    "3.4.1 a client of RFC 2543 without branch": message(via="Via: SIP/2.0/UDP 192.0.2.1:5060"),
}


@pytest.mark.parametrize("data", VALID.values(), ids=VALID.keys())
def test_valid_but_odd(data: bytes) -> None:
    statuses, reported = answers(data)
    assert statuses == [100]
    (incoming,) = reported
    assert isinstance(incoming, IncomingCall)
    assert incoming.offer is not None
    read = read_message(data)
    assert isinstance(read, Request)
    assert (read.method, from_tag(read)[:3], to_tag(read)) == (
        "INVITE",
        "one" if "t" * 9 not in str(data) else "ttt",
        "",
    )
    assert to_of(read).uri.user == "1001"


def test_values_survive_their_odd_form() -> None:
    read = read_message(VALID["3.1.1.1 folds, blanks and letter case"])
    assert isinstance(read, Request)
    assert from_of(read).name == 'A \\" B'
    assert top_via(read).port == 5060
    contact = contact_of(read)
    assert contact is not None
    assert contact.uri.user == "caller"
    phone = agent()
    phone.receive_datagram(VALID["3.1.1.3 escapes in the user part"], PBX, now=0.0)
    (incoming,) = events(phone)
    assert isinstance(incoming, IncomingCall)
    assert incoming.called == "1001@x"


INVALID = {
    "3.1.2.1 separators that separate nothing": (message(contact="Contact: ;;,;,,"), 400),
    "3.1.2.2 a Content-Length larger than the message": (message(length="Content-Length: 9999"), 400),
    "3.1.2.3 a negative Content-Length": (message(length="Content-Length: -999"), 400),
    "3.1.2.4 numbers out of range": (message(cseq="CSeq: 36893488147419103232 INVITE"), 400),
    "3.1.2.6 a quotation without its end": (message(to='To: "Mr. 1001 <sip:1001@pbx.example>'), None),
    "3.1.2.8 a broken request address": (message(first="INVITE sip:1001@[bad SIP/2.0"), 400),
    "3.1.2.12 an unknown scheme": (message(first="INVITE nobody:here SIP/2.0"), 416),
    "3.1.2.16 another protocol version": (message(first="INVITE sip:1001@192.0.2.10 SIP/7.0"), 505),
    "3.1.2.17 two methods": (message(cseq="CSeq: 7 NEWMETHOD"), 400),
    "3.1.2.18 an unknown method with the wrong CSeq": (
        message(first="NEWMETHOD sip:1001@192.0.2.10 SIP/2.0", cseq="CSeq: 7 INVITE"),
        400,
    ),
    "3.3.1 no Call-ID": (message(call=""), None),
    "3.3.1 no From": (message(**{"from": ""}), None),
    "3.3.1 no Contact in an INVITE": (message(contact=""), 400),
    "3.3.2 an unknown scheme in the request": (message(first="INVITE name:odd SIP/2.0"), 416),
    "3.3.5 a requirement that nobody knows": (message("Require: nothingSupportsThis, nor-this"), 420),
    "3.3.9 two Content-Lengths": (
        message("Content-Length: 3", length=f"Content-Length: {len(SDP)}"),
        400,
    ),
    "3.3.15 a body of an unknown type": (message(type="Content-Type: application/unknown"), 415),
    "3.3.6 an unknown method": (message(first="FROB sip:1001@192.0.2.10 SIP/2.0", cseq="CSeq: 7 FROB"), 501),
    "3.4.2 no audio in the offer": (message(body="v=0\r\nm=image 9 udptl t38\r\n"), 488),
}


@pytest.mark.parametrize(("data", "status"), INVALID.values(), ids=INVALID.keys())
def test_invalid(data: bytes, status: int | None) -> None:
    statuses, reported = answers(data)
    assert statuses == ([] if status is None else [status])
    assert all(isinstance(event, MessageIgnored) for event in reported)


RESPONSES = {
    "3.1.2.19 a status out of range": "SIP/2.0 4294967301 better not",
    "3.3.11 a status without a class": "SIP/2.0 700 Unknown",
    "another version": "SIP/3.0 200 OK",
}


@pytest.mark.parametrize("first", RESPONSES.values(), ids=RESPONSES.keys())
def test_responses_that_do_not_exist_are_dropped(first: str) -> None:
    phone = agent()
    phone.call("600", PHONE_MEDIA, now=0.0)
    ((sent, _),) = phone.data_to_send()
    head = sent.decode().partition("\r\n\r\n")[0].split("\r\n")[1:]
    kept = [line for line in head if line.partition(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
    phone.receive_datagram("\r\n".join([first, *kept, "", ""]).encode(), PBX, now=0.1)
    assert [type(event) for event in events(phone)] == [MessageIgnored]
    assert phone.calls


def test_3_1_1_11_a_response_without_a_reason_and_3_1_1_12_one_in_utf8() -> None:
    for phrase in ("", " ", " ist nicht erreichbar — später"):
        phone = agent()
        call = phone.call("600", PHONE_MEDIA, now=0.0)
        ((sent, _),) = phone.data_to_send()
        head = sent.decode().partition("\r\n\r\n")[0].split("\r\n")[1:]
        kept = [line for line in head if line.partition(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
        phone.receive_datagram("\r\n".join([f"SIP/2.0 480{phrase}", *kept, "", ""]).encode(), PBX, now=0.1)
        assert call.state == "ended"

from __future__ import annotations

import pytest
from sipmessage import Request, Response

from bridge.sip.message import contact_of, from_of, from_tag, to_of, top_via
from bridge.sip.normalise import MAX_MESSAGE, MalformedMessage, read_message

HEAD = (
    b"Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK1;rport\r\n"
    b"From: <sip:1001@192.0.2.1>;tag=a\r\nTo: <sip:600@192.0.2.1>\r\nCall-ID: c1\r\nCSeq: 1 OPTIONS\r\n"
)
OPTIONS = b"OPTIONS sip:600@192.0.2.1 SIP/2.0\r\n" + HEAD


def request(data: bytes) -> Request:
    message = read_message(data)
    assert isinstance(message, Request)
    return message


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\r\n\r\n", b"\x00", b"\x00\x00\r\n"])
def test_keepalives_are_no_messages(data: bytes) -> None:
    assert read_message(data) is None


def test_keepalives_in_front_lf_ends_and_a_missing_empty_line() -> None:
    assert request(b"\r\n\r\n" + OPTIONS + b"\r\n").method == "OPTIONS"
    assert request(OPTIONS.replace(b"\r\n", b"\n") + b"\n").headers["Call-ID"] == "c1"
    assert request(OPTIONS).headers["CSeq"] == "1 OPTIONS"


def test_folded_lines_compact_names_and_blanks_before_the_colon() -> None:
    message = request(
        b"OPTIONS sip:600@192.0.2.1 SIP/2.0\r\nv : SIP / 2.0 / UDP 192.0.2.10:5060\r\n ;branch=z9hG4bK1\r\n"
        b"f:<sip:1001@192.0.2.1>\r\n\t;tag=a\r\nt: <sip:600@192.0.2.1>\r\ni:c1\r\nCSeq: 0001   OPTIONS\r\n\r\n"
    )
    assert top_via(message).parameters["branch"] == "z9hG4bK1"
    assert from_tag(message) == "a"
    assert message.headers["CSeq"] == "1 OPTIONS"


def test_hosts_that_end_in_a_digit_and_schemes_in_capitals() -> None:
    message = request(OPTIONS.replace(b"sip:1001@192.0.2.1", b"SIP:1001@pbx1"))
    assert from_of(message).uri.host == "pbx1"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Jürgen Müller ".encode(), "Jürgen Müller"),
        (b"J\xfcrgen ", "J\ufffdrgen"),
        (b'"A <x>, \\"B\\"" ', 'A <x>, "B"'),
        (b"Alice Smith", "Alice Smith"),
    ],
)
def test_display_names(name: bytes, expected: str) -> None:
    message = request(OPTIONS.replace(b"From: ", b"From: " + name))
    assert from_of(message).name == expected
    assert message.from_address.name == expected  # sipmessage can read it now


def test_several_values_in_one_line_are_taken_apart() -> None:
    message = request(OPTIONS + b'Contact: "a, b" <sip:a@h1>, <sip:b@h2;x=1,2>;q=0.5\r\n\r\n')
    assert message.headers.getlist("Contact") == ['"a, b" <sip:a@h1>', "<sip:b@h2;x=1,2>;q=0.5"]
    contact = contact_of(message)
    assert contact is not None
    assert contact.uri.host == "h1"


def test_a_parameter_called_self_does_no_harm() -> None:
    assert to_of(
        request(OPTIONS.replace(b"To: <sip:600@192.0.2.1>", b"To: <sip:600@192.0.2.1>;self=1;x=2"))
    ).parameters == {"x": "2"}


@pytest.mark.parametrize(("line", "phrase"), [(b"SIP/2.0 200 OK", "OK"), (b"SIP/2.0 200 ", ""), (b"SIP/2.0 200", "")])
def test_status_lines(line: bytes, phrase: str) -> None:
    message = read_message(line + b"\r\n" + HEAD + b"\r\n")
    assert isinstance(message, Response)
    assert (message.code, message.phrase) == (200, phrase)


def test_what_follows_the_stated_length_is_dropped() -> None:
    assert request(OPTIONS + b"Content-Length: 2\r\n\r\nabcd").body == b"ab"
    assert request(OPTIONS + b"\r\nabcd").body == b"abcd"


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (OPTIONS + b"Content-Length: 9\r\n\r\nab", 400),
        (OPTIONS + b"Content-Length: -1\r\n\r\n", 400),
        (OPTIONS.replace(b"SIP/2.0\r\nVia", b"SIP/7.0\r\nVia") + b"\r\n", 505),
        (OPTIONS.replace(b"sip:600@192.0.2.1 SIP", b"sip: SIP") + b"\r\n", 400),
        (OPTIONS.replace(b"OPTIONS sip:600@192.0.2.1", b"OPTIONS http://x/") + b"\r\n", 416),
        (OPTIONS.replace(b"1 OPTIONS", b"1 INVITE") + b"\r\n", 400),
        (OPTIONS.replace(b"1 OPTIONS", b"4294967296 OPTIONS") + b"\r\n", 400),
        (OPTIONS + b"From: <sip:other@h>;tag=b\r\n\r\n", 400),
        (OPTIONS.replace(b"Call-ID: c1\r\n", b""), None),
        (OPTIONS.replace(b"Via: SIP", b"Via: XIP"), None),
        (b"SIP/2.0 099 OK\r\n" + HEAD + b"\r\n", None),
        (b"SIP/2.0 200 OK\r\n" + HEAD + b"Content-Length: 9\r\n\r\n", None),
        (b"GET / HTTP/1.1\r\n\r\n", None),
        (b"ACK" + OPTIONS[7:].replace(b"1 OPTIONS", b"1 INVITE"), None),
        (b"A" * (MAX_MESSAGE + 1), None),
        (OPTIONS + b"X: 1\r\n" * 300, None),
        (OPTIONS + b"X: " + b"1" * 9000 + b"\r\n\r\n", None),
    ],
)
def test_what_cannot_be_read(data: bytes, reply: int | None) -> None:
    with pytest.raises(MalformedMessage) as caught:
        read_message(data)
    assert caught.value.reply == reply
    assert (caught.value.request is not None) == (reply is not None)


def test_a_line_that_is_no_header_is_left_out() -> None:
    message = request(OPTIONS + b"no colon here\r\nBad Name: 1\r\nX-Test: a\x01b\r\n\r\n")
    assert message.headers["X-Test"] == "a b"
    assert "Bad Name" not in message.headers.keys()  # noqa: SIM118  sipmessage's Headers cannot be iterated

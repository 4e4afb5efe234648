"""Secrets in a capture: found across blocks and pieces, hidden octet for octet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.capture import Carrier, Passed, Stamped, Wire, mask

SECRET = "k7Rm2Xq9Tz4b"
PHONE, OWN = ("192.0.2.7", 50000), ("192.0.2.1", 40000)


def block(number: int, content: bytes) -> Stamped:
    data = b"\0\3" + number.to_bytes(2, "big") + content
    return Stamped(float(number), Passed(Wire.TFTP, Carrier.UDP, OWN, PHONE, outgoing=True, data=data))


def piece(content: bytes, *, outgoing: bool = True, wire: Wire = Wire.HTTP) -> Stamped:
    return Stamped(1.0, Passed(wire, Carrier.TCP, OWN, PHONE, outgoing, content))


def test_a_secret_across_two_blocks_one_of_them_sent_twice() -> None:
    first, second = b"x" * 505 + SECRET[:7].encode(), SECRET[7:].encode() + b"</line>"
    traffic = [block(1, first), block(1, first), block(2, second)]
    masked = [each.passed.data for each in mask(traffic, [SECRET])]
    assert masked[0] == masked[1] == b"\0\3\0\1" + b"x" * 505 + b"*" * 7
    assert masked[2] == b"\0\3\0\2*****</line>"


def test_what_is_no_secret_stays_as_it_is() -> None:
    traffic = [block(1, b"nothing to hide"), piece(b"HTTP/1.1 200 OK\r\n\r\n")]
    assert mask(traffic, [SECRET]) == traffic


def test_places_of_passwords_are_hidden_whatever_stands_there() -> None:
    text = (
        b"<authName>1001</authName><authPassword>other</authPassword><sshPassword></sshPassword>"
        b'\nline1_password: "words"\n'
    )
    (masked,) = mask([piece(text)], [])
    assert masked.passed.data == (
        b"<authName>1001</authName><authPassword>*****</authPassword><sshPassword></sshPassword>"
        b'\nline1_password: "*****"\n'
    )


def test_digests_and_logins_are_hidden() -> None:
    register = b'REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username="1001", response="0123abcd"\r\n\r\n'
    (sip,) = mask([piece(register, wire=Wire.SIP)], [])
    assert sip.passed.data == register.replace(b"0123abcd", b"********")
    get = b"GET / HTTP/1.1\r\nAuthorization: Basic dXNlcjpwYXNz\r\n\r\n"
    (http,) = mask([piece(get, outgoing=False)], [])
    assert b"dXNlcjpwYXNz" not in http.passed.data
    assert len(http.passed.data) == len(get)


@given(
    st.text("abc<>&\"'", min_size=4, max_size=12),
    st.lists(st.integers(1, 30), min_size=1, max_size=12),
    st.text("xyz ", max_size=40),
)
def test_no_cut_lets_a_secret_through(secret: str, cuts: list[int], around: str) -> None:
    whole = f"{around}{secret}{around}{secret}".encode()
    pieces, rest = [], whole
    for cut in cuts:
        pieces.append(piece(rest[:cut]))
        rest = rest[cut:]
    pieces.append(piece(rest))
    pieces = [each for each in pieces if each.passed.data]
    masked = mask(pieces, [secret])
    assert [len(each.passed.data) for each in masked] == [len(each.passed.data) for each in pieces]
    assert secret.encode() not in b"".join(each.passed.data for each in masked)

"""The readers of transfer, identity and digits: nothing raises but RemoteProtocolError, and what is written is read."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st
from sipmessage import URI, Request

from bridge.errors import RemoteProtocolError
from bridge.sip.addressing import parse_uri
from bridge.sip.dtmfrelay import BARE, DIGITS, FLASH, RELAY, Digit, parse_digit, write_digit
from bridge.sip.identity import IdentityHeaders, RemoteIdentity, identity_headers, identity_in
from bridge.sip.replaces import Replaces, parse_refer_to, parse_replaces, refer_to
from bridge.sip.sipfrag import StatusFragment, parse_fragment

TOKENS = st.text("abcXYZ019-.!%*_+`'~", min_size=1, max_size=40)
REPLACES = st.builds(
    Replaces,
    st.text("abc019@.-%&=?+", min_size=1, max_size=60),
    TOKENS,
    TOKENS,
    st.booleans(),
)
PIECES = st.lists(
    st.sampled_from(['"', "<", ">", "sip:a@h", "tel:+1", ";", "?Replaces=", "a%3Bto-tag%3D1", "%", ",", "=", "x"])
    | st.text(max_size=5),
    max_size=12,
).map("".join)


def request(**headers: str) -> Request:
    found = Request(method="INVITE", uri=parse_uri("sip:a@h"))
    for name, value in headers.items():
        found.headers.set(name.replace("_", "-"), value)
    return found


@given(REPLACES)
def test_replaces_round_trip_also_within_a_refer_to(name: Replaces) -> None:
    assert parse_replaces(str(name)) == name
    target = parse_refer_to(request(Refer_To=refer_to(URI(scheme="sip", host="h", user="60#"), name)))
    assert (target.replaces, target.user, target.address) == (name, "60#", "sip:60%23@h")


@given(PIECES, PIECES)
def test_whatever_a_peer_writes(first: str, second: str) -> None:
    with contextlib.suppress(RemoteProtocolError):
        parse_replaces(first)
    with contextlib.suppress(RemoteProtocolError):
        target = parse_refer_to(request(Refer_To=first))
        parse_uri(target.address)
    identity_in(request(P_Asserted_Identity=first, Remote_Party_ID=second, Privacy=second))
    parse_digit(RELAY, first)
    parse_digit(BARE, second)


@given(st.binary(max_size=200))
def test_whatever_a_fragment_holds(body: bytes) -> None:
    parse_fragment(body)


@given(st.integers(100, 699), st.text(max_size=60))
def test_fragments_are_one_line(status: int, reason: str) -> None:
    body = StatusFragment(status, reason).body
    assert body.decode().splitlines() == [body.decode().removesuffix("\r\n")]
    read = parse_fragment(body)
    assert read is not None
    assert read.status == status


@given(st.sampled_from([*DIGITS, FLASH]), st.integers(1, 60_000))
def test_digits_round_trip(key: str, duration: int) -> None:
    digit = Digit(key, duration)
    assert parse_digit(RELAY, write_digit(digit).decode()) == digit


@given(st.sampled_from(list(IdentityHeaders)), st.text('aä "\\<>;,', max_size=20), st.text("0123456789*#", min_size=1))
def test_identities_round_trip(kind: IdentityHeaders, name: str, user: str) -> None:
    found = request()
    for header in identity_headers(kind, name, user, "192.0.2.1", is_caller=True):
        found.headers.add(header.name, header.value)
    read = identity_in(found)
    assert read == (None if kind is IdentityHeaders.NONE else RemoteIdentity(name.strip(), user[:128]))

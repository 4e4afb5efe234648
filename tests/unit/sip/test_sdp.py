from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.errors import InvalidInput, LocalProtocolError, RemoteProtocolError
from bridge.sip.sdp import (
    G722,
    G729,
    ILBC,
    PCMA,
    PCMU,
    TELEPHONE_EVENT,
    AudioSession,
    Codec,
    Direction,
    answer_to,
    codec_named,
    parse_session,
    write_session,
)

ASTERISK = b"""v=0\r
o=- 1480 3 IN IP4 192.0.2.1\r
s=Asterisk\r
c=IN IP4 192.0.2.1\r
t=0 0\r
m=audio 11234 RTP/AVP 9 0 101\r
a=rtpmap:9 G722/8000\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:101 telephone-event/8000\r
a=fmtp:101 0-16\r
a=ptime:20\r
a=maxptime:140\r
a=sendrecv\r
"""
LOCAL = AudioSession("192.0.2.10", 30000, (PCMU, PCMA, TELEPHONE_EVENT))


def test_asterisks_offer() -> None:
    session = parse_session(ASTERISK)
    assert session == AudioSession("192.0.2.1", 11234, (replace(G722), PCMU, TELEPHONE_EVENT))
    assert session.voice == G722
    assert session.events == TELEPHONE_EVENT
    assert not session.on_hold


@pytest.mark.parametrize(
    "session",
    [
        LOCAL,
        AudioSession("2001:db8::1", 4000, (ILBC, G729), Direction.SENDONLY, 30),
        AudioSession("192.0.2.1", 0, (PCMA,)),
    ],
)
def test_what_is_written_reads_the_same(session: AudioSession) -> None:
    assert parse_session(write_session(session, session_id=1, version=1)) == session


def test_media_level_address_and_direction_win() -> None:
    body = ASTERISK.replace(b"t=0 0\r\n", b"t=0 0\r\na=inactive\r\n") + b"c=IN IP4 192.0.2.7/127\r\n"
    session = parse_session(body)
    assert (session.address, session.direction) == ("192.0.2.7", Direction.SENDRECV)
    assert parse_session(body.replace(b"a=sendrecv\r\n", b"")).direction is Direction.INACTIVE


def test_old_hold() -> None:
    assert parse_session(ASTERISK.replace(b"c=IN IP4 192.0.2.1", b"c=IN IP4 0.0.0.0")).on_hold


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"v=0\r\nc=IN IP4 192.0.2.1\r\nm=video 5 RTP/AVP 31\r\n",
        b"m=audio 5 RTP/AVP 0\r\n",
        b"c=IN IP4 host.example\r\nm=audio 5 RTP/AVP 0\r\n",
        b"c=IN IP4 192.0.2.1\r\nm=audio 70000 RTP/AVP 0\r\n",
        b"c=IN IP4 192.0.2.1\r\nm=audio 5 RTP/SAVP 0\r\n",
        b"c=IN IP4 192.0.2.1\r\n" + b"m=audio 5 RTP/AVP 0\r\n" * 50,
        b"a=x\r\n" * 1000,
    ],
)
def test_what_cannot_be_used_is_answered_488(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        parse_session(body)
    assert caught.value.reply == 488


def test_the_answer_keeps_the_offers_order_and_numbers() -> None:
    offer = replace(parse_session(ASTERISK), codecs=(PCMA, G722, Codec("telephone-event", 96), PCMU))
    answer = answer_to(offer, LOCAL)
    assert [(codec.name, codec.payload_type) for codec in answer.codecs] == [
        ("PCMA", 8),
        ("telephone-event", 96),
        ("PCMU", 0),
    ]
    assert (answer.address, answer.port) == ("192.0.2.10", 30000)


# RFC 3264 section 6.1, with our own wish across.
@pytest.mark.parametrize(
    ("offered", "ours", "answered"),
    [
        ("sendrecv", "sendrecv", "sendrecv"),
        ("sendonly", "sendrecv", "recvonly"),
        ("recvonly", "sendrecv", "sendonly"),
        ("inactive", "sendrecv", "inactive"),
        ("sendrecv", "sendonly", "sendonly"),
        ("sendonly", "sendonly", "inactive"),
        ("sendrecv", "inactive", "inactive"),
        ("recvonly", "recvonly", "inactive"),
    ],
)
def test_directions(offered: str, ours: str, answered: str) -> None:
    offer = parse_session(ASTERISK).with_direction(Direction(offered))
    assert answer_to(offer, LOCAL.with_direction(Direction(ours))).direction == answered


def test_nothing_in_common() -> None:
    offer = replace(parse_session(ASTERISK), codecs=(G722, TELEPHONE_EVENT))
    with pytest.raises(RemoteProtocolError, match="no common codec"):
        answer_to(offer, LOCAL)


def test_a_second_stream_is_refused_in_its_place() -> None:
    body = ASTERISK.replace(b"m=audio", b"m=video 5000 RTP/AVP 31\r\nm=audio") + b"m=text 6000 RTP/AVP 98\r\n"
    answer = write_session(answer_to(parse_session(body), LOCAL), session_id=1, version=1)
    assert [line for line in answer.split(b"\r\n") if line.startswith(b"m=")] == [
        b"m=video 0 RTP/AVP 31",
        b"m=audio 30000 RTP/AVP 0 101",
        b"m=text 0 RTP/AVP 98",
    ]


def test_no_line_break_gets_out() -> None:
    for bad in (replace(LOCAL, address="192.0.2.1\r\na=x"), replace(LOCAL, codecs=(Codec("x\r\na=y", 0),))):
        with pytest.raises(LocalProtocolError):
            write_session(bad, session_id=1, version=1)


def test_asterisks_names_for_codecs() -> None:
    assert codec_named("ulaw") is PCMU
    with pytest.raises(InvalidInput, match="known codec"):
        codec_named("opus")

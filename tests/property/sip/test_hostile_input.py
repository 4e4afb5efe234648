"""No input makes the readers raise anything but RemoteProtocolError, or the machines raise at all."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st
from sipmessage import Request

from bridge.errors import RemoteProtocolError
from bridge.sip import Account, Destination, UserAgent
from bridge.sip.ciscoregister import identify
from bridge.sip.digest import choose_challenge, parse_authorization
from bridge.sip.doorway import Doorway, UnknownPhoneRegistered
from bridge.sip.framing import StreamFramer
from bridge.sip.message import contact_of, from_of, from_tag, reply_to, to_bytes, to_of, to_tag, top_via
from bridge.sip.normalise import read_message
from bridge.sip.sdp import AudioSession, answer_to, parse_session, write_session
from tests.sipwire import PBX, PHONE, PHONE_MEDIA, CountingIds

SAMPLE = (
    b"INVITE sip:1001@192.0.2.10:5062;transport=udp SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKa\r\n"
    b'From: "A \\" B" <sip:600@h1>;tag=x\r\nTo: <sip:1001@192.0.2.10>\r\nCall-ID: c@h\r\nCSeq: 1 INVITE\r\n'
    b'Contact: <sip:600@192.0.2.1:5060>;+sip.instance="<urn:uuid:001122aabbcc>", <sip:b@h>;q=0.1\r\n'
    b'Record-Route: <sip:p;lr>\r\nReason: SIP;text="cisco-alarm Name=SEP001122AABBCC"\r\nRequire: x\r\n'
    b"Content-Type: application/sdp\r\nContent-Length: 120\r\n\r\n"
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 11234 RTP/AVP 0 101\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\n"
)
PIECES = st.sampled_from(
    [
        *(b"\r\n", b"\r\n\r\n", b'"', b"<", b">", b";", b",", b":", b"=", b"\\", b"%", b"self=1", b"\xff", b"\x00"),
        *(b"INVITE", b"REGISTER", b"SIP/2.0", b"ACK", b"CANCEL", b"BYE", b"NOTIFY", b"tag=", b"rport", b"m=audio "),
        *(b"99999999999999999999", b"-1", b"Content-Length: ", b"a=", b"c=IN IP6 ::", b"[::1]", b"@", b" "),
        "٣".encode(),
    ]
)


@st.composite
def mangled(draw: st.DrawFn, sample: bytes = SAMPLE) -> bytes:
    """A real message with pieces cut out, replaced, repeated."""
    data = bytearray(sample)
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        data[start:end] = draw(st.one_of(PIECES, st.binary(max_size=12), st.just(bytes(data[start:end]) * 2)))
    return bytes(data)


HOSTILE = st.one_of(st.binary(max_size=300), mangled(), mangled(SAMPLE.replace(b"INVITE", b"REGISTER")))


@given(HOSTILE)
def test_reading_messages(data: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        message = read_message(data)
        if message is None:
            return
        # whatever was let through can be read, answered and written
        assert top_via(message)
        for read in (from_of, to_of, from_tag, to_tag, contact_of):
            read(message)
        if isinstance(message, Request):
            identify(message)
            again = read_message(to_bytes(reply_to(message, 200, tag="t")))
            assert again is not None
            assert again.headers["Call-ID"] == message.headers["Call-ID"]
            assert from_tag(again) == from_tag(message)


@given(st.one_of(st.binary(max_size=400), mangled(SAMPLE.partition(b"\r\n\r\n")[2])))
def test_reading_session_descriptions(body: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        offer = parse_session(body)
        answer = answer_to(offer, PHONE_MEDIA)
        written = parse_session(write_session(answer, session_id=1, version=1))
        assert [codec.name for codec in written.codecs] == [codec.name for codec in answer.codecs]


@given(st.lists(mangled(), max_size=4), st.lists(st.integers(1, 60), min_size=1, max_size=20))
def test_framing(messages: list[bytes], cuts: list[int]) -> None:
    stream, framer = b"".join(messages), StreamFramer()
    with contextlib.suppress(RemoteProtocolError):
        at = 0
        while at < len(stream):
            size = cuts[at % len(cuts)]
            framer.receive(stream[at : at + size])
            at += size


@given(st.text(max_size=200), st.text(max_size=60))
def test_reading_credentials(text: str, realm: str) -> None:
    parse_authorization(text)
    parse_authorization("Digest " + text)
    with contextlib.suppress(RemoteProtocolError):
        choose_challenge([text, "Digest " + text, f'Digest nonce="1", realm="{realm}"'])


@given(st.lists(HOSTILE, max_size=6))
def test_a_user_agent_survives_anything(datagrams: list[bytes]) -> None:
    agent = UserAgent(Account("1001", "192.0.2.1", Destination(*PBX)), CountingIds("a"), PHONE)
    agent.register(now=0.0)
    call = agent.call("600", PHONE_MEDIA, now=0.0)
    for number, data in enumerate(datagrams):
        agent.receive_datagram(data, PBX, now=float(number))
        agent.data_to_send()
    agent.hang_up(call, now=10.0)
    while (at := agent.timer()) is not None and at < 500:
        agent.handle_timer(now=at)
    while agent.next_event():
        pass


@given(st.lists(HOSTILE, max_size=6))
def test_the_doorway_survives_anything(datagrams: list[bytes]) -> None:
    doorway = Doorway(CountingIds("d"), PBX)
    for number, data in enumerate(datagrams):
        doorway.receive(data, Destination(*PHONE), now=float(number))
        while event := doorway.next_event():
            if isinstance(event, UnknownPhoneRegistered):
                doorway.accept(event.request_id, now=float(number))
    while (at := doorway.timer()) is not None:
        doorway.handle_timer(now=at)
    for data, destination in doorway.data_to_send():
        assert destination.host == PHONE[0]
        if data.split()[1] not in (b"400", b"416", b"505"):  # which echo what could not be read
            read_message(data)


@given(
    st.builds(
        AudioSession,
        address=st.ip_addresses().map(str),
        port=st.integers(0, 65535),
        packet_time=st.sampled_from([10, 20, 30]),
    )
)
def test_sessions_round_trip(session: AudioSession) -> None:
    if not session.address.count("%"):
        assert parse_session(write_session(session, session_id=1, version=1)) == session

"""UPDATE, connected line and late offers, played on both sides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.errors import LocalProtocolError
from bridge.sip import (
    Account,
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallProgress,
    CallState,
    ChangeAccepted,
    Destination,
    Direction,
    EndReason,
    Header,
    IdentityChanged,
    IdentityHeaders,
    IncomingCall,
    OfferReceived,
    RemoteIdentity,
    SessionChanged,
    UserAgent,
)
from bridge.sip.sdp import G722, parse_session
from tests.sipwire import PBX, PBX_MEDIA, PHONE, PHONE_MEDIA, CountingIds, Wire, events
from tests.unit.sip.test_transfer import Pair


@pytest.fixture
def pair() -> Pair:
    return Pair()


def test_an_update_changes_the_session(pair: Pair) -> None:
    ours, theirs = pair.talk()
    held = PHONE_MEDIA.with_direction(Direction.SENDONLY)
    pair.phone.update(ours, held, now=pair.wire.now)
    pair.wire.settle()
    (accepted,) = events(pair.phone)
    assert isinstance(accepted, ChangeAccepted)
    assert (accepted.local, accepted.remote.direction) == (held, Direction.RECVONLY)
    (changed,) = events(pair.pbx)
    assert changed == SessionChanged(theirs, PBX_MEDIA.with_direction(Direction.RECVONLY), held)
    assert pair.wire.titles(PHONE)[-1] == "UPDATE"


def test_an_update_without_a_session_changes_nothing(pair: Pair) -> None:
    ours, _ = pair.talk()
    pair.phone.update(ours, now=pair.wire.now)
    pair.wire.settle()
    assert events(pair.phone) == events(pair.pbx) == []
    assert b"Content-Length: 0" in pair.wire.log[-1].data
    assert pair.wire.log[-1].title == "200 UPDATE"


@pytest.mark.parametrize("by_invite", [False, True])
def test_updates_that_cross_are_both_made_in_the_end(pair: Pair, by_invite: bool) -> None:
    ours, theirs = pair.talk()
    held = PHONE_MEDIA.with_direction(Direction.SENDONLY)
    pair.phone.update(ours, held, now=pair.wire.now)
    other = replace(PBX_MEDIA, port=20002)
    if by_invite:
        pair.pbx.reoffer(theirs, other, now=pair.wire.now)
    else:
        pair.pbx.update(theirs, other, now=pair.wire.now)
    pair.wire.settle()
    assert "491 UPDATE" in pair.wire.titles(PBX)
    pair.wire.advance(5)
    assert any(isinstance(event, ChangeAccepted) for event in events(pair.phone))
    assert any(isinstance(event, ChangeAccepted) for event in events(pair.pbx))
    assert ours.remote is not None
    assert ours.remote.port == 20002
    assert theirs.remote is not None
    assert theirs.remote.direction is Direction.SENDONLY


def test_an_update_that_nobody_answers_ends_the_call(pair: Pair) -> None:
    ours, _ = pair.talk()
    pair.wire.lose = lambda passed: True
    pair.phone.update(ours, now=pair.wire.now)
    pair.wire.advance(33)
    (ended,) = events(pair.phone)
    assert isinstance(ended, CallEnded)
    assert ended.reason is EndReason.NO_ANSWER


def test_an_update_waits_for_an_answered_call(pair: Pair) -> None:
    call = pair.phone.call("600", PHONE_MEDIA, now=pair.wire.now)
    with pytest.raises(LocalProtocolError):
        pair.phone.update(call, now=pair.wire.now)


@pytest.mark.parametrize("kind", [IdentityHeaders.PAI, IdentityHeaders.RPID, IdentityHeaders.BOTH])
def test_identities_go_both_ways(kind: IdentityHeaders) -> None:
    phone = UserAgent(
        Account("1001", "h", Destination(*PBX), identity=kind, display_name='Ann "A"'), CountingIds("a"), PHONE
    )
    pbx = UserAgent(Account("600", "h", Destination(*PHONE), identity=kind, display_name="Bob"), CountingIds("b"), PBX)
    wire = Wire([phone, pbx])
    call = phone.call("600", PHONE_MEDIA, now=wire.now)
    wire.settle()
    (incoming,) = events(pbx)
    assert isinstance(incoming, IncomingCall)
    assert incoming.identity == RemoteIdentity('Ann "A"', "1001")
    pbx.ring(incoming.call, now=wire.now)
    wire.settle()
    bob = RemoteIdentity("Bob", "600")
    assert events(phone) == [CallProgress(call, 180, "Ringing", None, bob)]
    pbx.answer(incoming.call, PBX_MEDIA, now=wire.now)
    wire.settle()
    assert events(phone) == [CallAnswered(call, PBX_MEDIA, bob)]
    events(pbx)
    carol = RemoteIdentity("Carol", "602")
    pbx.account = pbx._line.account = replace(pbx.account, user="602", display_name="Carol")
    pbx.update(incoming.call, now=wire.now)
    wire.settle()
    assert events(phone) == [IdentityChanged(call, carol)]
    pbx.update(incoming.call, now=wire.now)
    wire.settle()
    assert events(phone) == []  # the same again is no news
    pbx.account = pbx._line.account = replace(pbx.account, user="600", display_name="Bob")
    pbx.reoffer(incoming.call, replace(PBX_MEDIA, port=20002), now=wire.now)
    wire.settle()
    assert IdentityChanged(call, bob) in events(phone)
    assert call.identity == bob


def test_the_owner_may_name_another_identity(pair: Pair) -> None:
    header = Header("Remote-Party-ID", '"X" <sip:7@h>;privacy=full')
    pair.phone.call("600", PHONE_MEDIA, headers=[header], now=pair.wire.now)
    pair.wire.settle()
    (incoming,) = events(pair.pbx)
    assert isinstance(incoming, IncomingCall)
    assert incoming.identity == RemoteIdentity("", "", withheld=True)


def late(pair: Pair) -> OfferReceived:
    pair.phone.call("600", None, now=pair.wire.now)
    pair.wire.settle()
    (incoming,) = events(pair.pbx)
    assert isinstance(incoming, IncomingCall)
    assert incoming.offer is None
    pair.pbx.answer(incoming.call, PBX_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    (offer,) = events(pair.phone)
    assert isinstance(offer, OfferReceived)
    assert offer.offer == PBX_MEDIA
    return offer


def test_a_late_offer_is_answered_when_the_owner_is_ready(pair: Pair) -> None:
    offer = late(pair)
    assert offer.call.state is CallState.ACCEPTING
    pair.wire.advance(3)
    assert pair.wire.titles(PBX).count("200 INVITE") == 3  # at 0, 0.5 and 1.5 s
    assert "ACK" not in pair.wire.titles(PHONE)
    pair.phone.answer_offer(offer.call, PHONE_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    assert events(pair.phone) == [CallAnswered(offer.call, PBX_MEDIA)]
    (confirmed,) = events(pair.pbx)
    assert isinstance(confirmed, CallConfirmed)
    assert confirmed.session == PHONE_MEDIA
    pair.phone.hold(offer.call, now=pair.wire.now)
    pair.wire.settle()
    assert isinstance(events(pair.phone)[-1], ChangeAccepted)
    pair.phone.hang_up(offer.call, now=pair.wire.now)
    pair.at_rest()


def test_a_lost_ack_of_a_late_offer_is_repeated(pair: Pair) -> None:
    offer = late(pair)
    pair.wire.lose = lambda passed: passed.title == "ACK"
    pair.phone.answer_offer(offer.call, PHONE_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    pair.wire.lose = lambda passed: False
    pair.wire.advance(1)
    assert isinstance(events(pair.pbx)[-1], CallConfirmed)


@pytest.mark.parametrize("how", ["hang up", "no codec", "silence"])
def test_a_late_offer_that_is_not_wanted_is_refused_in_the_ack(pair: Pair, how: str) -> None:
    offer = late(pair)
    if how == "hang up":
        pair.phone.hang_up(offer.call, now=pair.wire.now)
    elif how == "no codec":
        pair.phone.answer_offer(offer.call, replace(PHONE_MEDIA, codecs=(G722,)), now=pair.wire.now)
    else:
        pair.wire.lose = lambda passed: passed.title == "200 INVITE"
        pair.wire.advance(31.9)
        pair.wire.lose = lambda passed: passed.title == "BYE" and passed.sender == PBX
        pair.wire.advance(0.1)
    pair.wire.settle()
    acks = [passed.data for passed in pair.wire.log if passed.sender == PHONE and passed.title == "ACK"]
    assert parse_session(acks[0].partition(b"\r\n\r\n")[2]).port == 0
    assert "BYE" in pair.wire.titles(PHONE)
    (ended,) = [event for event in events(pair.phone) if isinstance(event, CallEnded)]
    assert ended.reason is (EndReason.LOCAL_HANGUP if how == "hang up" else EndReason.MEDIA)
    pair.wire.lose = lambda passed: False
    pair.at_rest()


@pytest.mark.parametrize("is_late", [False, True])
def test_later_offers_are_answered_from_the_whole_capability(pair: Pair, is_late: bool) -> None:
    able = replace(PHONE_MEDIA, codecs=(*PHONE_MEDIA.codecs, G722))
    if is_late:
        offer = late(pair)
        theirs = pair.pbx.calls[0]
        pair.phone.answer_offer(offer.call, PHONE_MEDIA, capability=able, now=pair.wire.now)
        ours = offer.call
    else:
        theirs = pair.pbx.call("1001", PBX_MEDIA, now=pair.wire.now)
        pair.wire.settle()
        ours = pair.phone.calls[0]
        pair.phone.answer(ours, PHONE_MEDIA, capability=able, now=pair.wire.now)
    pair.wire.settle()
    assert ours.local is not None
    assert G722 not in ours.local.codecs
    pair.pbx.reoffer(theirs, replace(PBX_MEDIA, codecs=(G722,)), now=pair.wire.now)
    pair.wire.settle()
    assert ours.local.codecs == (G722,)


@pytest.mark.parametrize(
    ("values", "number"),
    [
        ([], ""),
        (['"Desk, front" <sip:1009@pbx.example>;reason=no-answer, <sip:1008@pbx.example>'], "1009"),
        (["<not an address", "<sip:1007@pbx.example>"], "1007"),
    ],
)
def test_who_forwarded_a_call_is_told(pair: Pair, values: list[str], number: str) -> None:
    headers = [Header("Diversion", value) for value in values]
    pair.phone.call("600", PHONE_MEDIA, headers=headers, now=pair.wire.now)
    pair.wire.settle()
    (incoming,) = events(pair.pbx)
    assert isinstance(incoming, IncomingCall)
    assert incoming.redirected_from == number

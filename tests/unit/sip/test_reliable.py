"""100rel and PRACK, played on both sides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.sip import CallAnswered, CallEnded, CallProgress, EndReason, Header, IncomingCall
from bridge.sip.sdp import G722
from tests.sipwire import PBX, PBX_MEDIA, PHONE, PHONE_MEDIA, events
from tests.unit.sip.test_transfer import Pair

REQUIRED = [Header("Require", "100rel")]


@pytest.fixture
def pair() -> Pair:
    return Pair()


def ringing(pair: Pair) -> IncomingCall:
    pair.phone.call("600", PHONE_MEDIA, headers=REQUIRED, now=pair.wire.now)
    pair.wire.settle()
    (incoming,) = events(pair.pbx)
    assert isinstance(incoming, IncomingCall)
    return incoming


def test_reliable_answers_are_acknowledged_one_by_one(pair: Pair) -> None:
    incoming = ringing(pair)
    pair.pbx.ring(incoming.call, now=pair.wire.now)
    pair.pbx.ring(incoming.call, status=183, session=PBX_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    found = [(event.status, event.session) for event in events(pair.phone) if isinstance(event, CallProgress)]
    assert found == [(180, None), (183, PBX_MEDIA)]
    assert pair.wire.titles(PHONE) == ["INVITE", "PRACK", "PRACK"]
    assert pair.wire.titles(PBX) == ["100 INVITE", "180 INVITE", "200 PRACK", "183 INVITE", "200 PRACK"]
    pair.pbx.answer(incoming.call, PBX_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    (answered,) = events(pair.phone)
    assert isinstance(answered, CallAnswered)
    pair.phone.hang_up(answered.call, now=pair.wire.now)
    pair.at_rest()


def test_the_answer_waits_for_the_prack_of_an_early_session(pair: Pair) -> None:
    incoming = ringing(pair)
    pair.wire.lose = lambda passed: passed.title == "183 INVITE"
    pair.pbx.ring(incoming.call, status=183, session=PBX_MEDIA, now=pair.wire.now)
    able = replace(PBX_MEDIA, codecs=(*PBX_MEDIA.codecs, G722))
    pair.pbx.answer(incoming.call, PBX_MEDIA, capability=able, now=pair.wire.now)
    pair.wire.advance(2)
    assert pair.wire.times("183 INVITE") == [0, 0.5, 1.5]
    assert "200 INVITE" not in pair.wire.titles(PBX)
    pair.wire.lose = lambda passed: False
    pair.wire.advance(2)
    assert "200 INVITE" in pair.wire.titles(PBX)
    assert [type(event) for event in events(pair.phone)] == [CallProgress, CallAnswered]
    assert incoming.call.capability == able


def test_a_repeated_answer_is_reported_once(pair: Pair) -> None:
    incoming = ringing(pair)
    pair.wire.lose = lambda passed: passed.title == "PRACK"
    pair.pbx.ring(incoming.call, now=pair.wire.now)
    pair.wire.advance(3)
    assert len(events(pair.phone)) == 1
    pair.wire.lose = lambda passed: False
    pair.wire.advance(5)
    count = pair.wire.titles(PBX).count("180 INVITE")
    pair.wire.advance(20)
    assert pair.wire.titles(PBX).count("180 INVITE") == count


def test_a_caller_who_acknowledges_nothing_is_refused(pair: Pair) -> None:
    incoming = ringing(pair)
    pair.wire.lose = lambda passed: passed.title == "PRACK"
    pair.pbx.ring(incoming.call, now=pair.wire.now)
    pair.wire.advance(33)
    (ended,) = [event for event in events(pair.pbx) if isinstance(event, CallEnded)]
    assert (ended.reason, ended.status) == (EndReason.NO_ACK, 504)
    assert events(pair.phone)[-1].__class__ is CallEnded
    pair.at_rest()


def test_a_refusal_may_say_when_to_try_again(pair: Pair) -> None:
    incoming = ringing(pair)
    pair.pbx.reject(incoming.call, 503, headers=[Header("Retry-After", "17 (later)")], now=pair.wire.now)
    pair.wire.settle()
    (ended,) = events(pair.phone)
    assert isinstance(ended, CallEnded)
    assert ended.retry_after == 17

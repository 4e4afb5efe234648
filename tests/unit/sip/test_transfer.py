"""REFER both ways and INVITE with Replaces, played on both sides."""

from __future__ import annotations

import pytest

from bridge.errors import LocalProtocolError
from bridge.sip import (
    Account,
    Call,
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallState,
    Destination,
    EndReason,
    IncomingCall,
    Replaces,
    TransferEnded,
    TransferProgress,
    TransferRequested,
    UserAgent,
)
from tests.sipwire import PBX, PBX_MEDIA, PHONE, PHONE_MEDIA, CountingIds, Wire, events


class Pair:
    def __init__(self) -> None:
        account = Account("1001", "192.0.2.1", Destination(*PBX))
        self.phone = UserAgent(account, CountingIds("a"), PHONE)
        self.pbx = UserAgent(Account("600", "192.0.2.1", Destination(*PHONE)), CountingIds("b"), PBX)
        self.wire = Wire([self.phone, self.pbx])

    def talk(self, number: str = "600") -> tuple[Call, Call]:
        call = self.phone.call(number, PHONE_MEDIA, now=self.wire.now)
        self.wire.settle()
        incoming = events(self.pbx)[-1]
        assert isinstance(incoming, IncomingCall)
        self.pbx.answer(incoming.call, PBX_MEDIA, now=self.wire.now)
        self.wire.settle()
        assert isinstance(events(self.phone)[-1], CallAnswered)
        events(self.pbx)
        return call, incoming.call

    def at_rest(self) -> None:
        self.wire.advance(200)
        for agent in (self.phone, self.pbx):
            assert agent.timer() is None
            assert agent._calls == {}
            assert agent._line._dialogs == {}
            assert agent._line.exchange._servers == {}


@pytest.fixture
def pair() -> Pair:
    return Pair()


def test_a_blind_transfer_tells_how_it_goes(pair: Pair) -> None:
    ours, theirs = pair.talk()
    pair.phone.transfer(ours, "602#", now=pair.wire.now)
    pair.wire.settle()
    (asked,) = events(pair.pbx)
    assert isinstance(asked, TransferRequested)
    assert (asked.call, asked.target.user, asked.target.replaces, asked.referred_by) == (theirs, "602#", None, "1001")
    assert asked.target.address == "sip:602%23@192.0.2.1"
    pair.pbx.accept_transfer(theirs, now=pair.wire.now)
    pair.wire.settle()
    pair.pbx.report_transfer(theirs, 180, now=pair.wire.now)
    pair.pbx.report_transfer(theirs, 200, now=pair.wire.now)
    pair.wire.settle()
    assert events(pair.phone) == [
        TransferProgress(ours, 202, "Accepted"),
        TransferProgress(ours, 100, "Trying"),
        TransferProgress(ours, 180, "Ringing"),
        TransferEnded(ours, 200, "OK"),
    ]
    with pytest.raises(LocalProtocolError):
        pair.pbx.report_transfer(theirs, 200, now=pair.wire.now)
    pair.phone.hang_up(ours, now=pair.wire.now)
    pair.at_rest()


def test_a_refused_transfer_and_one_that_nobody_decides(pair: Pair) -> None:
    ours, theirs = pair.talk()
    pair.phone.transfer(ours, "602", now=pair.wire.now)
    pair.wire.settle()
    with pytest.raises(LocalProtocolError):
        pair.phone.transfer(ours, "603", now=pair.wire.now)
    pair.pbx.refuse_transfer(theirs, now=pair.wire.now)
    pair.wire.settle()
    (ended,) = events(pair.phone)
    assert ended == TransferEnded(ours, 603, "Decline")
    pair.phone.transfer(ours, "602", now=pair.wire.now)
    pair.wire.advance(20)
    (ended,) = events(pair.phone)
    assert isinstance(ended, TransferEnded)
    assert (ended.status, ended.succeeded) == (603, False)
    assert ours.state is CallState.CONFIRMED


def test_a_call_that_ends_leaves_no_transfer_open(pair: Pair) -> None:
    ours, _ = pair.talk()
    pair.phone.transfer(ours, "602", now=pair.wire.now)
    pair.wire.settle()
    pair.phone.hang_up(ours, now=pair.wire.now)
    pair.at_rest()
    assert "603 REFER" in pair.wire.titles(PBX)


def test_an_attended_transfer_names_the_other_dialog(pair: Pair) -> None:
    first, theirs = pair.talk("600")
    second, their_second = pair.talk("601")
    pair.phone.transfer(first, second, now=pair.wire.now)
    pair.wire.settle()
    (asked,) = events(pair.pbx)
    assert isinstance(asked, TransferRequested)
    assert asked.call is theirs
    assert asked.target.replaces is not None
    assert their_second.is_named(asked.target.replaces)
    assert not theirs.is_named(asked.target.replaces)


def test_an_invite_with_replaces_takes_the_place_of_a_call(pair: Pair) -> None:
    ours, theirs = pair.talk()
    name = theirs.dialog_name
    assert name is not None
    new = pair.pbx.call("1001", PBX_MEDIA, replaces=name, now=pair.wire.now)
    pair.wire.settle()
    (incoming,) = events(pair.phone)
    assert isinstance(incoming, IncomingCall)
    assert incoming.replaces is ours
    assert ours.state is CallState.CONFIRMED
    pair.phone.answer(incoming.call, PHONE_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    ended, confirmed = events(pair.phone)
    assert ended == CallEnded(ours, EndReason.REPLACED)
    assert confirmed == CallConfirmed(incoming.call, PBX_MEDIA)
    assert pair.phone.calls == (incoming.call,)
    assert pair.pbx.calls == (new,)
    pair.phone.hang_up(incoming.call, now=pair.wire.now)
    pair.at_rest()


def test_a_call_that_still_rings_is_cancelled_when_it_is_replaced(pair: Pair) -> None:
    ours = pair.phone.call("600", PHONE_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    incoming = events(pair.pbx)[-1]
    assert isinstance(incoming, IncomingCall)
    pair.pbx.ring(incoming.call, now=pair.wire.now)
    pair.wire.settle()
    events(pair.phone)
    name = incoming.call.dialog_name
    assert name is not None
    early = Replaces(name.call_id, name.to_tag, name.from_tag, early_only=True)
    pair.pbx.call("1001", PBX_MEDIA, replaces=early, now=pair.wire.now)
    pair.wire.settle()
    (found,) = events(pair.phone)
    assert isinstance(found, IncomingCall)
    assert found.replaces is ours
    pair.phone.answer(found.call, PHONE_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    assert "CANCEL" in pair.wire.titles(PHONE)
    assert pair.phone.calls == (found.call,)


@pytest.mark.parametrize(("early_only", "wrong", "status"), [(True, "", 486), (False, "x", 481)])
def test_calls_that_cannot_be_replaced(pair: Pair, early_only: bool, wrong: str, status: int) -> None:
    _, theirs = pair.talk()
    name = theirs.dialog_name
    assert name is not None
    asked = Replaces(name.call_id + wrong, name.to_tag, name.from_tag, early_only=early_only)
    pair.pbx.call("1001", PBX_MEDIA, replaces=asked, now=pair.wire.now)
    pair.wire.settle()
    assert events(pair.phone) == []
    (ended,) = events(pair.pbx)
    assert isinstance(ended, CallEnded)
    assert ended.status == status

"""Whatever a channel loses, repeats or holds back: everything ends, and both sides agree in the end."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.sip import (
    Account,
    Call,
    CallEnded,
    Destination,
    IncomingCall,
    Registered,
    UserAgent,
)
from tests.sipwire import PBX, PBX_MEDIA, PHONE, PHONE_MEDIA, CountingIds, Passed, Registrar, Wire, events

LOSSES = st.lists(st.booleans(), max_size=40)


def losing(losses: list[bool]) -> Wire:
    pending = list(losses)

    def lose(_: Passed) -> bool:
        return pending.pop(0) if pending else False

    return Wire([], lose=lose)


@given(LOSSES, st.sampled_from(["answer", "reject", "ignore"]), st.floats(0, 40), st.floats(0, 40), st.booleans())
@settings(deadline=None)
def test_a_call_always_ends_on_both_sides(
    losses: list[bool], reaction: str, react_after: float, hang_up_after: float, callee_ends: bool
) -> None:
    phone = UserAgent(Account("1001", "192.0.2.1", Destination(*PBX)), CountingIds("a", 0.1), PHONE)
    pbx = UserAgent(Account("600", "192.0.2.1", Destination(*PHONE)), CountingIds("b", 0.9), PBX)
    wire = losing(losses)
    wire.parties = [phone, pbx]
    call = phone.call("600", PHONE_MEDIA, now=wire.now)
    wire.advance(react_after)
    theirs: Call | None = None
    seen = events(pbx)
    for event in seen:
        if isinstance(event, IncomingCall):
            theirs = event.call
    if theirs is not None and theirs.state == "incoming":
        if reaction == "answer":
            pbx.answer(theirs, PBX_MEDIA, now=wire.now)
        elif reaction == "reject":
            pbx.reject(theirs, 486, now=wire.now)
    wire.advance(hang_up_after / 2)
    if call.state == "confirmed":
        phone.hold(call, now=wire.now)
    wire.advance(hang_up_after / 2)
    if callee_ends and theirs is not None:
        pbx.hang_up(theirs, now=wire.now)
    else:
        phone.hang_up(call, now=wire.now)
    wire.advance(200)
    assert sum(isinstance(event, CallEnded) for event in events(phone)) == 1
    ends = sum(isinstance(event, CallEnded) for event in seen + events(pbx))
    if call in phone._calls or (theirs is not None and theirs in pbx._calls):
        # only a caller who never hung up, or a callee who never decided, may still be there
        assert callee_ends or reaction == "ignore"
    elif theirs is not None:
        assert ends >= 1
    for agent in (phone, pbx):
        # a callee whom nobody told of the caller's end, and who never decided, still has the INVITE to answer
        undecided = any(call.state == "incoming" for call in agent.calls)
        assert not agent._line.exchange._servers or undecided
        assert not agent._line.exchange._clients or call in agent._calls


@given(LOSSES)
@settings(deadline=None)
def test_a_registration_always_succeeds_in_the_end(losses: list[bool]) -> None:
    phone = UserAgent(Account("1001", "192.0.2.1", Destination(*PBX), password="secret"), CountingIds("a"), PHONE)
    wire = losing(losses)
    wire.parties = [phone, Registrar()]
    phone.register(now=wire.now)
    wire.advance(400)
    assert Registered(3600) in events(phone)
    assert phone.registration_state == "registered"

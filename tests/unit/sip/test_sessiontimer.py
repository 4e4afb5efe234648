"""Session timers, played on both sides: who refreshes, how, and what happens when nobody does."""

from __future__ import annotations

import pytest
from sipmessage import Request, Response

from bridge.sip import (
    Account,
    CallAnswered,
    CallEnded,
    CallState,
    Destination,
    EndReason,
    Header,
    IncomingCall,
    UserAgent,
)
from bridge.sip.message import reply_to
from tests.sipwire import PBX, PBX_MEDIA, PHONE, PHONE_MEDIA, CountingIds, Registrar, Wire, events
from tests.unit.sip.test_useragent import a_request, answer_of, ok_with_media


def talking(ours: int, theirs: int) -> tuple[UserAgent, UserAgent, Wire]:
    phone = UserAgent(Account("1001", "h", Destination(*PBX), session_expires=ours), CountingIds("a"), PHONE)
    pbx = UserAgent(Account("600", "h", Destination(*PHONE), session_expires=theirs), CountingIds("b"), PBX)
    wire = Wire([phone, pbx])
    phone.call("600", PHONE_MEDIA, now=wire.now)
    wire.settle()
    (incoming,) = events(pbx)
    assert isinstance(incoming, IncomingCall)
    pbx.answer(incoming.call, PBX_MEDIA, now=wire.now)
    wire.settle()
    assert isinstance(events(phone)[-1], CallAnswered)
    events(pbx)
    return phone, pbx, wire


@pytest.mark.parametrize(("ours", "theirs", "interval"), [(180, 0, 180), (0, 180, 180), (300, 90, 300), (20, 0, 90)])
def test_the_caller_refreshes_at_half_time_and_nobody_hears_of_it(ours: int, theirs: int, interval: int) -> None:
    phone, pbx, wire = talking(ours, theirs)
    wire.advance(interval * 3)
    assert wire.times("UPDATE") == [interval / 2 * number for number in range(len(wire.times("UPDATE")))]
    assert 5 <= len(wire.times("UPDATE")) <= 6
    assert events(phone) == events(pbx) == []
    assert phone.calls[0].state is pbx.calls[0].state is CallState.CONFIRMED


def test_no_timer_unless_somebody_asks() -> None:
    phone, pbx, _ = talking(0, 0)
    assert phone.calls[0].timer() is None
    assert pbx.calls[0].timer() is None


def test_a_session_that_nobody_refreshes_ends() -> None:
    phone, pbx, wire = talking(90, 0)
    wire.lose = lambda passed: True
    wire.advance(62)  # 90 s without the 30 s of section 10, which leave time for the BYE
    assert [event.reason for event in events(pbx) if isinstance(event, CallEnded)] == [EndReason.SESSION_EXPIRED]
    wire.advance(100)
    assert phone.calls == pbx.calls == ()


def test_a_peer_without_update_is_refreshed_by_re_invite() -> None:
    phone, pbx, wire = talking(90, 0)
    phone.calls[0]._record.peer_updates = False
    wire.advance(46)
    assert wire.titles(PHONE)[-2:] == ["INVITE", "ACK"]
    assert events(phone) == []
    wire.advance(60)
    assert phone.calls[0].state is pbx.calls[0].state is CallState.CONFIRMED


def test_an_interval_that_is_too_short_is_refused_with_ours() -> None:
    phone = UserAgent(Account("1001", "h", Destination(*PBX)), CountingIds("a"), PHONE)
    contact = "Contact: <sip:x@192.0.2.1>\r\n"
    request = a_request("INVITE", headers=f"{contact}Supported: timer\r\nSession-Expires: 60\r\n")
    response = answer_of(phone, request)
    assert (response.code, response.headers["Min-SE"]) == (422, "90")


def test_a_422_makes_us_ask_for_more() -> None:
    asked: list[str] = []

    def script(request: Request) -> Response | None:
        if request.method != "INVITE":
            return None
        asked.append(request.headers.get("Session-Expires") or "")
        if len(asked) == 1:
            return reply_to(request, 422, tag="s", headers=[Header("Min-SE", "600")])
        return ok_with_media(request)

    registrar = Registrar()
    registrar.script = script
    agent = UserAgent(Account("1001", "h", Destination(*PBX), session_expires=90), CountingIds("a"), PHONE)
    wire = Wire([agent, registrar])
    agent.call("600", PHONE_MEDIA, now=wire.now)
    wire.settle()
    assert asked == ["90", "600"]
    assert isinstance(events(agent)[-1], CallAnswered)

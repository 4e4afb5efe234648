from __future__ import annotations

import pytest
from sipmessage import Request, Response

from bridge.sip import (
    Account,
    Destination,
    Registered,
    RegistrationFailed,
    RegistrationState,
    Unregistered,
    UserAgent,
)
from bridge.sip.message import Header, reply_to
from tests.sipwire import PBX, PHONE, CountingIds, Registrar, Wire, events

GOOD = "secret"


def pair(
    *, secret: str = GOOD, expires: int = 3600, algorithms: tuple[str, ...] = ("MD5",)
) -> tuple[UserAgent, Registrar, Wire]:
    account = Account("1001", "192.0.2.1", Destination(*PBX), password=secret, expires=expires)
    agent = UserAgent(account, CountingIds("phone"), PHONE)
    server = Registrar(algorithms)
    return agent, server, Wire([agent, server])


@pytest.mark.parametrize("algorithms", [("MD5",), ("MD5", "SHA-256")])
def test_registering_with_digest(algorithms: tuple[str, ...]) -> None:
    agent, server, wire = pair(algorithms=algorithms)
    assert agent.registration_state is RegistrationState.UNREGISTERED
    agent.register(now=wire.now)
    assert agent.registration_state is RegistrationState.REGISTERING
    wire.settle()
    assert events(agent) == [Registered(3600)]
    assert agent.registration_state == "registered"
    first, second = server.requests
    assert first.headers["Call-ID"] == second.headers["Call-ID"] == agent.registration_call_id
    assert (first.headers["CSeq"], second.headers["CSeq"]) == ("1 REGISTER", "2 REGISTER")
    assert f"algorithm={algorithms[-1]}" in second.headers["Authorization"]


def test_refreshing_before_the_end_with_the_known_nonce() -> None:
    agent, server, wire = pair()
    server.expires = 120
    agent.register(now=wire.now)
    wire.settle()
    events(agent)
    server.requests.clear()
    wire.advance(85)
    assert events(agent) == [Registered(120, refreshed=True)]
    assert len(server.requests) == 1
    assert "nc=00000002" in server.requests[0].headers["Authorization"]


def test_a_stale_nonce_is_replaced_at_once() -> None:
    agent, server, wire = pair()
    agent.register(now=wire.now)
    wire.settle()
    events(agent)
    left = 1

    def stale_once(request: Request) -> Response | None:
        nonlocal left
        left -= 1
        return server.challenge(request, stale=True) if left >= 0 else None

    server.script = stale_once
    agent.register(now=wire.now)
    wire.settle()
    assert events(agent) == [Registered(3600, refreshed=True)]


def test_a_server_that_always_says_stale_is_not_asked_for_ever() -> None:
    agent, server, wire = pair()
    server.script = lambda request: server.challenge(request, stale=True)
    agent.register(now=wire.now)
    wire.settle()
    assert len(server.requests) == 3
    assert [type(event) for event in events(agent)] == [RegistrationFailed]


def test_a_wrong_secret_is_said_in_words_and_tried_again_later() -> None:
    agent, server, wire = pair(secret="wrong")
    agent.register(now=wire.now)
    wire.settle()
    words = "the server refused the user name or the secret"
    assert events(agent) == [RegistrationFailed(401, words, 0.5)]
    assert len(server.requests) == 2
    assert agent.registration_state is RegistrationState.WAITING
    wire.advance(60)
    assert events(agent) == [RegistrationFailed(401, words, wait) for wait in (2.0, 8.0, 60.0)]
    wire.advance(60)
    assert events(agent) == [RegistrationFailed(401, words, 60.0)]
    server.password = "wrong"
    wire.advance(61)
    assert events(agent) == [Registered(3600)]
    server.password = "another"
    agent.register(now=wire.now)
    wire.settle()
    assert events(agent) == [RegistrationFailed(401, words, 0.5)]


def test_a_server_that_is_reading_the_account_costs_no_minute() -> None:
    agent, server, wire = pair()
    server.script = lambda request: reply_to(request, 404, tag="s") if len(server.requests) < 3 else None
    agent.register(now=wire.now)
    wire.advance(3)
    assert [type(event) for event in events(agent)] == [RegistrationFailed, RegistrationFailed, Registered]


def test_the_servers_minimum_is_taken() -> None:
    agent, server, wire = pair(expires=60)
    server.script = lambda request: (
        reply_to(request, 423, tag="s", headers=[Header("Min-Expires", "1800")])
        if int(request.headers["Expires"]) < 1800
        else None
    )
    agent.register(now=wire.now)
    wire.settle()
    assert events(agent) == [Registered(1800)]


@pytest.mark.parametrize("minimum", ["", "60", "99999999", "x"])
def test_a_423_that_makes_no_sense_is_a_refusal(minimum: str) -> None:
    agent, server, wire = pair(expires=60)
    headers = [Header("Min-Expires", minimum)] if minimum else []
    server.script = lambda request: reply_to(request, 423, tag="s", headers=headers)
    agent.register(now=wire.now)
    wire.settle()
    assert [type(event) for event in events(agent)] == [RegistrationFailed]
    assert len(server.requests) == 1


def test_retry_after_is_obeyed() -> None:
    agent, server, wire = pair()
    server.script = lambda request: reply_to(request, 403, tag="s", headers=[Header("Retry-After", "35 (later)")])
    agent.register(now=wire.now)
    wire.settle()
    assert events(agent) == [RegistrationFailed(403, "Forbidden", 35.0)]
    server.script = lambda request: None
    wire.advance(34.9)
    assert events(agent) == []
    wire.advance(0.2)
    assert events(agent) == [Registered(3600)]


def test_silence_is_answered_by_backing_off() -> None:
    agent, _, wire = pair()
    wire.lose = lambda passed: True
    agent.register(now=wire.now)
    wire.advance(1000)
    failures = [event for event in events(agent) if isinstance(event, RegistrationFailed)]
    assert {event.status for event in failures} == {408}
    assert [event.retry_in for event in failures[:4]] == [1.5, 3.0, 6.0, 12.0]
    assert max(event.retry_in for event in failures) == 90.0
    assert wire.times("REGISTER")[:7] == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5]
    wire.lose = lambda passed: False
    wire.advance(200)
    assert Registered(3600) in events(agent)


def test_leaving() -> None:
    agent, server, wire = pair()
    agent.register(now=wire.now)
    wire.settle()
    events(agent)
    agent.unregister(now=wire.now)
    assert agent.registration_state is RegistrationState.UNREGISTERING
    wire.settle()
    assert events(agent) == [Unregistered()]
    assert server.requests[-1].headers["Expires"] == "0"
    wire.advance(10_000)
    assert events(agent) == []


def test_leaving_while_a_register_is_under_way() -> None:
    agent, server, wire = pair()
    agent.register(now=wire.now)
    agent.unregister(now=wire.now)
    wire.settle()
    assert events(agent) == [Registered(3600), Unregistered()]
    assert server.requests[-1].headers["Expires"] == "0"


def test_leaving_a_server_that_is_silent_still_ends() -> None:
    agent, _, wire = pair()
    agent.register(now=wire.now)
    wire.settle()
    events(agent)
    wire.lose = lambda passed: True
    agent.unregister(now=wire.now)
    wire.advance(40)
    assert events(agent) == [Unregistered()]


def test_a_lost_connection_waits_for_the_next_one() -> None:
    agent, server, wire = pair()
    agent.register(now=wire.now)
    wire.settle()
    events(agent)
    agent.connection_lost(now=wire.now)
    assert agent.registration_state is RegistrationState.UNREGISTERED
    assert agent.timer() is None
    server.requests.clear()
    agent.connected(("192.0.2.10", 40000), now=wire.now)
    wire.settle()
    assert events(agent) == [Registered(3600)]
    assert "192.0.2.10:40000" in server.requests[0].headers["Contact"]

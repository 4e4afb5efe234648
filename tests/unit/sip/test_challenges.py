"""Challenges of a proxy and of the server behind it, and of two proxies at a time."""

from __future__ import annotations

from sipmessage import Request, Response

from bridge.sip import CallAnswered, CallEnded, Header
from bridge.sip.digest import Challenge, is_right, parse_authorization
from bridge.sip.message import reply_to
from tests.sipwire import PHONE_MEDIA, events
from tests.unit.sip.test_useragent import answered_by, ok_with_media


def challenge(kind: str, realm: str, *, stale: bool = False) -> Header:
    return Header(kind, str(Challenge(realm, f"nonce-{realm}-{stale}", "MD5", None, qop=True, stale=stale)))


def proved(request: Request, header: str) -> dict[str, int]:
    """Realms whose challenge a request answers rightly, with the nonce count."""
    answers = [parse_authorization(value) for value in request.headers.getlist(header)]
    return {
        answer.realm: answer.nonce_count
        for answer in answers
        if answer is not None and is_right(answer, "secret", method="INVITE")
    }


def test_a_proxy_and_the_server_behind_it() -> None:
    def script(request: Request) -> Response | None:
        if request.method != "INVITE":
            return None
        if "proxy" not in proved(request, "Proxy-Authorization"):
            return reply_to(request, 407, tag="p", headers=[challenge("Proxy-Authenticate", "proxy")])
        if "server" not in proved(request, "Authorization"):
            return reply_to(request, 401, tag="s", headers=[challenge("WWW-Authenticate", "server")])
        return ok_with_media(request)

    agent, server, wire = answered_by(script)
    agent.call("600", PHONE_MEDIA, now=wire.now)
    wire.settle()
    assert isinstance(events(agent)[-1], CallAnswered)
    third = server.requests[2]
    assert proved(third, "Proxy-Authorization") == {"proxy": 2}  # a nonce count is never used twice
    assert proved(third, "Authorization") == {"server": 1}


def test_two_realms_at_a_time() -> None:
    def script(request: Request) -> Response | None:
        if request.method != "INVITE":
            return None
        if proved(request, "Proxy-Authorization").keys() != {"one", "two"}:
            headers = [challenge("Proxy-Authenticate", "one"), challenge("Proxy-Authenticate", "two")]
            return reply_to(request, 407, tag="p", headers=headers)
        return ok_with_media(request)

    agent, _, wire = answered_by(script)
    agent.call("600", PHONE_MEDIA, now=wire.now)
    wire.settle()
    assert isinstance(events(agent)[-1], CallAnswered)


def test_a_stale_nonce_is_forgiven_once() -> None:
    count = 0

    def script(request: Request) -> Response | None:
        nonlocal count
        if request.method != "INVITE":
            return None
        count += 1
        return reply_to(request, 401, tag="s", headers=[challenge("WWW-Authenticate", "server", stale=count > 1)])

    agent, _, wire = answered_by(script)
    agent.call("600", PHONE_MEDIA, now=wire.now)
    wire.settle()
    (ended,) = events(agent)
    assert isinstance(ended, CallEnded)
    assert (ended.status, count) == (401, 3)

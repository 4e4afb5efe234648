"""A call that is sent elsewhere."""

from __future__ import annotations

import pytest
from sipmessage import Request

from bridge.sip import Account, CallEnded, Destination, EndReason, Header, IncomingCall, UserAgent
from bridge.sip.message import reply_to
from bridge.sip.normalise import read_message
from bridge.sip.redirection import next_target
from tests.sipwire import PBX, PHONE, PHONE_MEDIA, CountingIds, Wire, events
from tests.unit.sip.test_transfer import Pair
from tests.unit.sip.test_useragent import a_request

ACCOUNT = Account("1001", "pbx.example", Destination(*PBX), redirect_hosts=("friend.example",))


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        ("<sip:601@192.0.2.1>", "sip:601@192.0.2.1"),
        ("<sip:601@PBX.example:5070;transport=tcp>", "sip:601@PBX.example:5070"),
        ("<sip:601@pbx.example>;q=0.2, <sip:602@friend.example>;q=0.9", "sip:602@friend.example"),
        ("<sip:600@pbx.example>, <sip:601@pbx.example>;q=0.1", "sip:601@pbx.example"),
        ("<sip:601@evil.example>", None),
        ("<tel:+1900>, <sips:1@pbx.example>, <sip:pbx.example>, nonsense", None),
        ("<sip:601@pbx.example>;q=9999999", "sip:601@pbx.example"),
    ],
)
def test_where_a_call_may_be_sent(contacts: str, expected: str | None) -> None:
    request = read_message(a_request("INVITE"))
    assert isinstance(request, Request)
    response = reply_to(request, 302, headers=[Header("Contact", one) for one in contacts.split(", ")])
    target = next_target(response, ACCOUNT, ["sip:600@pbx.example"])
    assert (str(target) if target else None) == expected


def test_a_redirected_call_keeps_its_call_id_and_reaches_the_other_number() -> None:
    pair = Pair()
    call = pair.phone.call("600", PHONE_MEDIA, now=pair.wire.now)
    pair.wire.settle()
    (first,) = events(pair.pbx)
    assert isinstance(first, IncomingCall)
    pair.pbx.reject(first.call, 302, headers=[Header("Contact", "<sip:601@192.0.2.1>")], now=pair.wire.now)
    pair.wire.settle()
    second = events(pair.pbx)[-1]
    assert isinstance(second, IncomingCall)
    assert (second.called, second.call.call_id) == ("601", call.call_id)
    assert events(pair.phone) == []


def test_a_circle_comes_to_an_end() -> None:
    phone = UserAgent(Account("1001", "192.0.2.1", Destination(*PBX), redirects=3), CountingIds("a"), PHONE)
    pbx = UserAgent(Account("600", "192.0.2.1", Destination(*PHONE)), CountingIds("b"), PBX)
    wire = Wire([phone, pbx])
    phone.call("600", PHONE_MEDIA, now=wire.now)
    for number in range(601, 610):
        wire.settle()
        for event in events(pbx):
            if isinstance(event, IncomingCall):
                contact = Header("Contact", f"<sip:{number}@192.0.2.1>")
                pbx.reject(event.call, 302, headers=[contact], now=wire.now)
    wire.settle()
    assert wire.titles(PHONE).count("INVITE") == 4
    (ended,) = events(phone)
    assert isinstance(ended, CallEnded)
    assert (ended.reason, ended.status) == (EndReason.REFUSED, 302)

"""Asterisk's security events: which of them are about SIP phones, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.core.events import SipChallenged, SipRefused
from bridge.pbx.amilink import AmiMessage
from bridge.pbx.securityevents import REFUSED, remote_address, security_event

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW


def message(event: str, **headers: str) -> AmiMessage:
    told = {"Service": "PJSIP", "AccountID": "1001", "RemoteAddress": "IPV4/TCP/192.0.2.9/51000", **headers}
    return AmiMessage((("event", event), *((key.lower(), value) for key, value in told.items())))


def test_a_challenge_and_a_refusal() -> None:
    assert security_event(message("ChallengeSent"), Clock()) == SipChallenged(
        at=NOW, client="192.0.2.9", port=51000, transport="tcp", account="1001"
    )
    assert security_event(message("InvalidPassword"), Clock()) == SipRefused(
        at=NOW, client="192.0.2.9", port=51000, transport="tcp", account="1001", reason="InvalidPassword"
    )
    assert all(isinstance(security_event(message(each), Clock()), SipRefused) for each in REFUSED)


def test_other_services_and_other_events_are_left_alone() -> None:
    assert security_event(message("InvalidPassword", Service="AMI"), Clock()) is None
    assert security_event(message("SuccessfulAuth"), Clock()) is None


@pytest.mark.parametrize("text", ["", "x", "IPV4/UDP/192.0.2.9/many", "IPV4/UDP/192.0.2.9", "a/b/c/d/e"])
def test_an_address_that_cannot_be_read(text: str) -> None:
    assert remote_address(text) == ("", "", 0)


def test_ipv6_and_a_name_with_line_breaks() -> None:
    assert remote_address("IPV6/TLS/[2001:db8::9]/5061") == ("tls", "2001:db8::9", 5061)
    event = security_event(message("InvalidAccountID", AccountID="a\r\nb\x00" + "c" * 500), Clock())
    assert event is not None
    assert event.account.startswith("abc")
    assert len(event.account) <= 80

"""A judgement says until when it holds, and whether other phones count: earlier nothing else is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.events import ClockTold, Event, PhoneMoved, PhoneUnregistered, TlsFailed
from bridge.journey import CertificateFacts, DhcpAnswer, Judgement, NetworkState, PhoneJourney, SiteFacts, follow, judge
from tests.unit.journey import story

_LOADS = "sip78xx.12-1-1-12.loads"
_EVENTS: tuple[Callable[[float], Event], ...] = (
    lambda s: story.lease(s),
    lambda s: story.asks(seconds=s),
    lambda s: story.asks("XMLDefault.cnf.xml", seconds=s),
    lambda s: story.asks(_LOADS, seconds=s),
    lambda s: story.gets(seconds=s),
    lambda s: story.gets("XMLDefault.cnf.xml", seconds=s),
    lambda s: story.gets(_LOADS, seconds=s),
    lambda s: story.misses(seconds=s),
    lambda s: story.aborts(seconds=s),
    lambda s: story.signed(s),
    lambda s: story.connects(s),
    lambda s: story.challenged(s),
    lambda s: story.registers(seconds=s),
    lambda s: story.registered(s),
    lambda s: story.sip_refused("InvalidPassword", s),
    lambda s: story.refused("window_closed", s),
    lambda s: story.alarm(106, s),
    lambda s: TlsFailed(at=story.at(s), device=story.PHONE, client=story.CLIENT, server_port=2443, why="unknown ca"),
    lambda s: ClockTold(at=story.at(s), device=story.PHONE, source="SIP Date", told=story.at(s + 9999)),
    lambda s: PhoneMoved(at=story.at(s), device=story.PHONE, before=story.CLIENT, after="192.168.1.77"),
    lambda s: PhoneMoved(at=story.at(s), device=story.PHONE, before="192.168.1.77", after=story.CLIENT),
    lambda s: PhoneUnregistered(at=story.at(s), device=story.PHONE, endpoint="1001", why="it fell silent"),
)
_SPAN = 1500
events = st.lists(st.tuples(st.sampled_from(range(len(_EVENTS))), st.integers(0, _SPAN)), min_size=1, max_size=24)
_CERTIFICATE = CertificateFacts(
    "SCCP over TLS", story.at(700), story.at(1100), "RSA", 2048, "sha256", names=(story.SERVER,)
)
_NETWORKS = (
    NetworkState("192.168.1.0/24", story.SIP, stuck=5, up=0),
    NetworkState("192.168.2.0/24", story.SIP, stuck=0, up=9),
)
_SITES: tuple[SiteFacts, ...] = (
    story.SITE,
    story.site(),
    story.site(story.SCCP),
    story.site(networks=_NETWORKS),
    story.site(certificates=(_CERTIFICATE,)),
    story.site(dhcp=DhcpAnswer(option_150=("10.0.0.1",))),
    replace(story.site(), servers=("pbx.example",)),
)


def _told(chosen: list[tuple[int, int]]) -> PhoneJourney | None:
    journey: PhoneJourney | None = None
    for place, seconds in sorted(chosen, key=lambda each: each[1]):
        journey = follow(journey, _EVENTS[place](seconds))
    return journey


def _what(judged: Judgement) -> list[tuple[str, str, str]]:
    return [(each.code, each.title, each.severity) for each in judged.findings]


def _between(start: datetime, end: datetime, part: float) -> datetime:
    return start + timedelta(seconds=max(0.0, (end - start).total_seconds() * part - 1e-3))


@given(events, st.sampled_from(_SITES), st.integers(0, 2 * _SPAN), st.floats(0, 1))
def test_nothing_else_is_found_before_a_judgement_says_so(
    chosen: list[tuple[int, int]], site: SiteFacts, seconds: int, part: float
) -> None:
    journey = _told(chosen)
    if journey is None:
        return
    now = max(story.at(seconds), journey.last_seen)
    judged = judge(journey, site, now=now)
    ends = judged.changes_at or now + timedelta(days=30)
    assert ends > now
    later = judge(journey, site, now=_between(now, ends, part))
    assert _what(later) == _what(judged)
    # The evidence was seen, or holds for a span that grows.
    assert [len(each.evidence) for each in later.findings] == [len(each.evidence) for each in judged.findings]


@given(events, st.integers(0, 2 * _SPAN))
def test_other_phones_count_for_nothing_where_a_judgement_says_so(chosen: list[tuple[int, int]], seconds: int) -> None:
    journey = _told(chosen)
    if journey is None:
        return
    now = max(story.at(seconds), journey.last_seen)
    alone, among = (judge(journey, story.site(networks=each), now=now) for each in ((), _NETWORKS))
    assert alone.by_networks is among.by_networks
    if not alone.by_networks:
        assert alone.findings == among.findings

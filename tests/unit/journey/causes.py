"""For every rule of the diagnosis a story in which it finds something, of a phone of any model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

from bridge.core.events import (
    CANNOT_BE_MADE,
    ClockTold,
    DhcpUnanswered,
    Event,
    FileRefused,
    ModelLearnt,
    OutOfServiceTold,
    PhoneMoved,
    PhoneUnregistered,
    TlsFailed,
)
from bridge.core.files import Via
from bridge.journey import (
    CertificateFacts,
    DhcpAnswer,
    Environment,
    NetworkState,
    PortCheck,
    PortState,
    SiteFacts,
    diagnose,
)
from bridge.journey.findings import Finding
from tests.unit.journey.story import (
    CLIENT,
    OWN,
    PHONE,
    SCCP,
    SERVER,
    SIP,
    SITE,
    aborts,
    alarm,
    asks,
    at,
    challenged,
    device,
    gets,
    journey,
    lease,
    misses,
    refused,
    registered,
    registers,
    shows,
    signed,
    sip_refused,
)

Story = tuple[tuple[Event, ...], SiteFacts, float]
"""What happens, what is known of the site, and after how many seconds somebody asks."""
IMAGE = "jar41sip.9-4-2SR3-1S.sbn"
PROFILE = "ld001122334455"
LIST = "sip88xx.14-1-1-0001-136.loads"
REASONS = (
    "window_closed", "range_exhausted", "autoreg_off", "not_in_allow_list", "awaiting_approval", "insert_failed",
)  # fmt: skip
EXPIRED = CertificateFacts("files over HTTPS", at(-9), at(0), "EC", 256, "sha256", (SERVER,))


def stories(model: str) -> Iterator[Story]:
    """All of them."""

    def known(**facts: object) -> SiteFacts:
        return replace(SITE, device=device(model=model), **facts)  # type: ignore[arg-type]  # given by name: the call itself checks

    def stranger(**facts: object) -> SiteFacts:
        return replace(SITE, **facts)  # type: ignore[arg-type]  # given by name: the call itself checks

    learnt = ModelLearnt(at=at(0), device=PHONE, model=model, evidence="")
    has_file = (asks(), gets())
    fetches = tuple(each for n in range(6) for each in (asks(seconds=45 * n), gets(seconds=45 * n + 1)))
    loads = tuple(gets("SIP41.9-4-2SR3-1S.loads", 60 * n) for n in range(3))
    moves = tuple(
        PhoneMoved(at=at(10 * n), device=PHONE, before=before, after=after)
        for n, (before, after) in enumerate([(CLIENT, "192.168.1.77"), ("192.168.1.77", CLIENT)], 1)
    )
    blocked = {port: PortCheck("x", SERVER, port, "udp" if port == 69 else "tcp", PortState.BLOCKED)
               for port in (69, 5060, 6970)}  # fmt: skip
    networks = (NetworkState("192.168.1.0/24", SIP, stuck=5, up=0), NetworkState("192.168.7.0/24", SIP, stuck=0, up=9))
    failed = TlsFailed(at=at(3), device=PHONE, client=CLIENT, server_port=6971, why="unknown ca")
    no_vlan = OutOfServiceTold(at=at(3), device=PHONE, voice_vlan=4095, neighbour="sw1", neighbour_port="Gi1/0/7")
    gone = PhoneUnregistered(at=at(90), device=PHONE, endpoint="1001", why="keepAliveTimeout: no keepalive in time")
    shut_out = FileRefused(at=at(1), device=PHONE, name=OWN, client=CLIENT, via=Via.TFTP,
                           why=f"{CLIENT} is not in server.allowed_networks")  # fmt: skip

    yield from (((learnt, asks(), misses(), refused(reason, text="full: 1000-1009")), SITE, 9) for reason in REASONS)
    yield (learnt, asks(), misses(), registers(SIP), refused("wrong_protocol", 5)), SITE, 9
    yield (learnt, asks(), shut_out), SITE, 2
    yield from (((lease(),), known(environment=each), 99) for each in Environment)
    yield (DhcpUnanswered(at=at(0), device=PHONE, why="no address available"),), SITE, 1
    yield (lease(),), known(dhcp=DhcpAnswer(option_150=("192.168.1.99",))), 99
    yield (lease(),), known(dhcp=DhcpAnswer(problems=("bad_option_150",))), 99
    yield (lease(),), known(ports=(blocked[69],)), 99
    yield has_file, known(ports=(blocked[6970],)), 5
    yield (learnt, asks(), no_vlan), SITE, 9
    yield (learnt, signed(), signed(2)), SITE, 9
    yield (asks(), aborts()), known(), 9
    yield (asks(), aborts(acknowledged=1024)), known(), 9
    yield fetches, known(), 240
    yield fetches, replace(SITE, device=device(SCCP, model=model)), 240
    yield (asks(), misses(why=f"{CANNOT_BE_MADE}: the template x is broken")), known(), 9
    yield (*has_file, alarm(1)), known(), 9
    yield (*has_file, misses(IMAGE, 3)), known(), 9
    yield (*has_file, alarm(0)), known(), 9
    yield (*has_file, shows("Image Authentication Failed")), known(), 9
    yield (*has_file, gets(LIST, 3), replace(registered(6), load="12.8.1")), known(), 9
    yield (asks(), *loads), known(), 130
    yield (*has_file, replace(registered(), load="9.2.2")), known(), 9
    yield (*has_file, registers(SCCP)), known(), 9
    yield has_file, known(), 200
    yield (asks(PROFILE), gets(PROFILE)), known(), 200
    yield (asks(PROFILE), gets(PROFILE)), replace(SITE, device=device(SCCP, model=model)), 200
    yield has_file, known(ports=(blocked[5060],)), 200
    yield has_file, known(networks=networks), 200
    yield has_file, known(transports=frozenset({"udp"})), 200
    yield (*has_file, shows("DNS timeout")), known(), 9
    yield (*has_file, sip_refused("InvalidPassword")), known(foreign_numbers=frozenset({"1001"})), 9
    yield from (((*has_file, sip_refused(each)), known(), 9)
                for each in ("InvalidPassword", "InvalidAccountID", "FailedACL", "RequestBadFormat"))  # fmt: skip
    yield (*has_file, *(challenged(seconds) for seconds in (3, 4, 8, 20))), known(), 60
    yield (*has_file, challenged(), registered(address="10.9.9.9")), known(), 9
    yield (*has_file, registered(), *moves), known(), 30
    yield (*has_file, failed), known(), 9
    yield (asks(), failed), stranger(certificates=(EXPIRED,)), 9
    yield (*has_file, ClockTold(at=at(3), device=PHONE, told=at(3) + timedelta(days=1))), known(has_ntp=False), 9
    yield (*has_file, registered(), gone), known(), 99
    yield (*has_file, shows("Duplicate IP")), known(), 9


@lru_cache(maxsize=16)
def findings(model: str) -> tuple[Finding, ...]:
    """Everything that is found in them."""
    return tuple(
        each for events, facts, after in stories(model) for each in diagnose(journey(*events), facts, now=at(after))
    )

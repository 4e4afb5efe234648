"""Events in, a stage out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.core import DeviceName, SignallingProtocol, Via
from bridge.core.events import (
    DhcpLeaseSeen,
    Event,
    FileDelivered,
    FileRequested,
    FileServedBeside,
    LineStateChanged,
    OutOfServiceTold,
    PhoneConnecting,
    PhoneRefused,
    PhoneRegistered,
    PhoneRegistering,
    PhoneUnregistered,
    TransferAborted,
)
from bridge.journey import PhoneJourney, Stage, follow, may_follow

PHONE = DeviceName("SEP001122334455")
OWN = "SEP001122334455.cnf.xml"
START = datetime(2026, 1, 1, tzinfo=UTC)
CLIENT = "192.0.2.9"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def asks(name: str, seconds: float = 0) -> FileRequested:
    return FileRequested(at=at(seconds), device=PHONE, name=name, client=CLIENT, via=Via.TFTP)


def gets(name: str, seconds: float = 0) -> FileDelivered:
    return FileDelivered(at=at(seconds), device=PHONE, name=name, client=CLIENT, via=Via.TFTP, size=9, seconds=0.1)


REGISTERED = PhoneRegistered(at=at(9), device=PHONE, endpoint="1001", address=f"{CLIENT}:1")
REGISTERING = PhoneRegistering(at=at(8), device=PHONE, client=CLIENT, protocol=SignallingProtocol.SCCP)


def stages(*events: Event) -> list[Stage]:
    progress: PhoneJourney | None = None
    seen: list[Stage] = []
    for event in events:
        progress = follow(progress, event)
        if progress is not None:
            seen.append(progress.stage)
    return seen


def test_a_boot_from_the_first_file_to_registered() -> None:
    assert stages(
        asks("CTLSEP001122334455.tlv"),
        asks(OWN, 1),
        gets(OWN, 2),
        PhoneConnecting(at=at(3), device=PHONE, client=CLIENT),
        REGISTERING,
        REGISTERED,
    ) == [Stage.TFTP, Stage.TFTP, Stage.CONFIG, Stage.CONNECTING, Stage.REGISTERING, Stage.REGISTERED]


def test_a_registered_phone_that_asks_for_ring_tones_stays_registered_and_one_that_boots_does_not() -> None:
    assert stages(REGISTERED, asks("Ringlist.xml"), gets("Ringlist.xml"), asks("SIP41.9-4-2SR3-1S.loads")) == (
        [Stage.REGISTERED] * 4
    )
    assert stages(REGISTERED, asks(OWN)) == [Stage.REGISTERED, Stage.TFTP]


def test_a_lease_is_the_first_stage_and_no_step_back() -> None:
    lease = DhcpLeaseSeen(at=at(0), device=PHONE, address=CLIENT)
    assert stages(lease, asks(OWN), lease) == [Stage.DHCP, Stage.TFTP, Stage.TFTP]
    assert stages(REGISTERED, lease) == [Stage.REGISTERED, Stage.REGISTERED]
    progress = follow(None, lease)
    assert progress is not None
    assert progress.client == CLIENT


def test_a_file_that_another_server_gave_counts_as_delivered() -> None:
    served = FileServedBeside(at=at(2), device=PHONE, name=OWN, client=CLIENT, via=Via.TFTP)
    assert stages(asks(OWN), served) == [Stage.TFTP, Stage.CONFIG]


def test_firmware_is_a_stage_of_its_own() -> None:
    assert stages(asks(OWN), gets(OWN), asks("SIP41.9-4-2SR3-1S.loads"), gets("SIP41.9-4-2SR3-1S.loads")) == [
        Stage.TFTP,
        Stage.CONFIG,
        Stage.FIRMWARE,
        Stage.FIRMWARE,
    ]


def test_what_goes_wrong_shows() -> None:
    refused = PhoneRefused(at=at(1), device=PHONE, client=CLIENT, reason="window_closed", text="closed")
    gone = PhoneUnregistered(at=at(20), device=PHONE, endpoint="1001", why="no keepalive")
    aborted = TransferAborted(
        at=at(2), device=PHONE, name=OWN, client=CLIENT, via=Via.TFTP, size=9, acknowledged=0, why="silent"
    )
    assert stages(asks(OWN), refused) == [Stage.TFTP, Stage.REJECTED]
    assert stages(REGISTERED, gone) == [Stage.REGISTERED, Stage.UNREGISTERED]
    progress = follow(follow(None, asks(OWN)), aborted)
    assert progress is not None
    assert (progress.stage, progress.word) == (Stage.TFTP, f"{OWN}: silent")


def test_since_counts_from_the_change_of_the_stage() -> None:
    progress = follow(follow(follow(None, asks("CTLSEP001122334455.tlv", 1)), asks(OWN, 5)), gets(OWN, 6))
    assert progress is not None
    assert (progress.first_seen, progress.since, progress.client) == (at(1), at(6), CLIENT)


# --- the machine ------------------------------------------------------------------------------------------------------

STEPS: dict[Stage, Event] = {
    Stage.DHCP: DhcpLeaseSeen(at=at(0), device=PHONE, address=CLIENT),
    Stage.TFTP: asks(OWN, 1),
    Stage.CONFIG: gets(OWN, 2),
    Stage.FIRMWARE: gets("SIP41.9-4-2SR3-1S.loads", 3),
    Stage.CONNECTING: PhoneConnecting(at=at(4), device=PHONE, client=CLIENT, port=50000),
    Stage.REGISTERING: REGISTERING,
    Stage.REGISTERED: REGISTERED,
    Stage.UNREGISTERED: PhoneUnregistered(at=at(20), device=PHONE, endpoint="1001", why="silent"),
    Stage.REJECTED: PhoneRefused(at=at(1), device=PHONE, client=CLIENT, reason="window_closed", text="closed"),
}
"""An event that leads to each stage that a single event leads to."""


def standing(stage: Stage) -> PhoneJourney:
    """A phone that stands there."""
    return PhoneJourney(PHONE, stage, START, START, START, began=START)


QUIET = {
    # A renewed lease, a ring tone, a second connection: no step, and nothing wrong either.
    *((stage, Stage.DHCP) for stage in Stage if stage is not Stage.SEEN),
    *(
        (up, step)
        for up in (Stage.REGISTERED, Stage.PARTIALLY_REGISTERED)
        for step in (Stage.CONFIG, Stage.FIRMWARE, Stage.CONNECTING)
    ),
    (Stage.REGISTERING, Stage.CONNECTING),
}


@pytest.mark.req("RG-01")
@pytest.mark.parametrize("before", list(Stage))
@pytest.mark.parametrize("wanted", list(STEPS))
def test_every_transition_is_made_ignored_or_rejected_as_the_table_says(before: Stage, wanted: Stage) -> None:
    after = follow(standing(before), STEPS[wanted])
    assert after is not None
    if (before, wanted) in QUIET:
        assert (after.stage, after.impossible) == (before, "")
    elif may_follow(before, wanted):
        assert (after.stage, after.impossible) == (wanted, "")
    else:
        assert after.stage is before
        assert f"{before} cannot be followed by {wanted}" in after.impossible


@pytest.mark.req("RG-01")
def test_who_never_registered_cannot_leave_and_nobody_is_seen_for_the_first_time_twice() -> None:
    impossible = {(a, b) for a in Stage for b in Stage if not may_follow(a, b)}
    leavers = {a for a in Stage if may_follow(a, Stage.UNREGISTERED)} - {Stage.UNREGISTERED}
    assert leavers == {Stage.REGISTERING, Stage.REGISTERED, Stage.PARTIALLY_REGISTERED}
    assert all((stage, Stage.SEEN) in impossible for stage in Stage if stage is not Stage.SEEN)
    assert (Stage.TFTP, Stage.PARTIALLY_REGISTERED) in impossible
    assert not may_follow(None, Stage.UNREGISTERED)


def line(number: str, state: str, seconds: float) -> LineStateChanged:
    return LineStateChanged(at=at(seconds), device=PHONE, number=number, state=state)


@pytest.mark.req("RG-01")
def test_a_line_that_fails_makes_the_phone_registered_in_part_until_it_comes_back() -> None:
    refused = "the PBX refused the user name or the secret"
    assert stages(REGISTERED, line("1001", "registered", 10), line("1002", refused, 11)) == [
        Stage.REGISTERED, Stage.REGISTERED, Stage.PARTIALLY_REGISTERED,
    ]  # fmt: skip
    assert stages(REGISTERED, line("1002", refused, 11), line("1002", "registered", 12))[-1] is Stage.REGISTERED


# --- what is known ----------------------------------------------------------------------------------------------------


def journey(*events: Event) -> PhoneJourney:
    known: PhoneJourney | None = None
    for event in events:
        known = follow(known, event)
    assert known is not None
    return known


@pytest.mark.req("RG-17")
def test_a_whole_file_has_its_hash_and_an_aborted_one_is_flagged_and_leaves_the_stage() -> None:
    whole = journey(asks(OWN), replace(gets(OWN, 2), digest="ab" * 32, version="v1", size=4711))
    (file,) = whole.files
    assert (whole.stage, file.outcome, file.size, file.acknowledged) == (Stage.CONFIG, "delivered", 4711, 4711)
    assert (file.digest, file.version) == ("ab" * 32, "v1")
    aborted = TransferAborted(
        at=at(3), device=PHONE, name=OWN, client=CLIENT, via=Via.TFTP, size=4711, acknowledged=1024, why="silent"
    )
    broken = journey(asks(OWN), aborted)
    (file,) = broken.files
    assert (broken.stage, file.outcome, file.acknowledged) == (Stage.TFTP, "aborted", 1024)


@pytest.mark.req("RG-14")
def test_the_voice_vlan_and_the_switch_are_shown() -> None:
    told = OutOfServiceTold(at=at(1), device=PHONE, voice_vlan=110, neighbour="sw1", neighbour_port="Gi1/0/7")
    facts = journey(told).facts
    assert (facts.voice_vlan, facts.neighbour, facts.neighbour_port) == (110, "sw1", "Gi1/0/7")


@pytest.mark.req("RG-20")
def test_how_long_it_took_from_the_lease_to_registered() -> None:
    lease = DhcpLeaseSeen(at=at(0), device=PHONE, address=CLIENT)
    known = journey(lease, asks(OWN, 3), gets(OWN, 4), REGISTERING, REGISTERED)
    assert known.seconds_to_register == 9
    assert known.facts.number == "1001"


def test_a_journey_keeps_no_more_than_its_bounds() -> None:
    known = journey(*(asks(f"file-{number}.xml", number) for number in range(500)))
    assert len(known.events) <= 120
    assert len(known.files) <= 48
    assert known.files[-1].name == "file-499.xml"

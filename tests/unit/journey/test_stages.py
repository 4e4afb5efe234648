"""Events in, a stage out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.app.installing import Installing
from bridge.core import DeviceName, SignallingProtocol, Via
from bridge.core.events import (
    DhcpLeaseSeen,
    Event,
    FileDelivered,
    FileRequested,
    FileServedBeside,
    PhoneConnecting,
    PhoneRefused,
    PhoneRegistered,
    PhoneRegistering,
    PhoneUnregistered,
    TransferAborted,
)
from bridge.journey import Progress, Stage, follow

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
    progress: Progress | None = None
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


@pytest.mark.parametrize("others", [0, 1])
def test_a_connection_is_the_only_phones_that_waits_at_that_address(others: int) -> None:
    installing = Installing()
    installing.heard(asks(OWN))
    for index in range(others):
        other = DeviceName(f"SEP0011223344{index:02X}")
        installing.heard(FileRequested(at=at(1), device=other, name=f"{other}.cnf.xml", client=CLIENT, via=Via.TFTP))
    installing.heard(PhoneConnecting(at=at(2), client=CLIENT))
    expected = Stage.TFTP if others else Stage.CONNECTING
    assert {each.stage for each in installing.all() if each.device == PHONE} == {expected}


def test_the_latest_is_listed_first_and_the_list_is_bounded() -> None:
    installing = Installing()
    for number in range(5010):
        device = DeviceName(f"SEP00112233{number:04X}")
        installing.heard(FileRequested(at=at(number), device=device, name="x", client=CLIENT, via=Via.TFTP))
    listed = installing.all()
    assert len(listed) == 5000
    assert listed[0].device == DeviceName(f"SEP00112233{5009:04X}")

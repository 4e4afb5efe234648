"""How refusals are told."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bridge.autoregistration import Refusal, RefusalReason, RejectLabel

BESIDE = Path(__file__).parents[3]
EVERY = pytest.mark.parametrize("reason", list(RefusalReason))


def table(name: str) -> list[dict[str, str]]:
    places = [folder / "shared" / "reference" / name for folder in BESIDE.parents[:2]]
    path = next((each for each in places if each.is_file()), None)
    if path is None:
        pytest.skip("the reference is not here")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@EVERY
def test_everybody_is_told_something(reason: RefusalReason) -> None:
    shown = reason.shown
    refusal = Refusal(reason)
    assert 0 < len(refusal.sccp_text) <= 31
    assert refusal.sip_status in {403, 500, 503}
    assert refusal.retry_after == 35
    assert refusal.text
    assert refusal.fix
    assert shown.label.code[0] == 0x80


@pytest.mark.parametrize(
    ("reason", "mib", "label", "status"),
    [
        (RefusalReason.AUTOREG_OFF, 2, RejectLabel.DB_CONFIG, 403),
        (RefusalReason.WINDOW_CLOSED, 2, RejectLabel.DB_CONFIG, 403),
        (RefusalReason.NOT_IN_ALLOW_LIST, 2, RejectLabel.DB_CONFIG, 403),
        (RefusalReason.AWAITING_APPROVAL, 2, RejectLabel.DB_CONFIG, 403),
        (RefusalReason.RANGE_EXHAUSTED, 29, RejectLabel.DB_CONFIG, 403),
        (RefusalReason.INSERT_FAILED, 30, RejectLabel.DATABASE, 500),
        (RefusalReason.DATABASE_TIMEOUT, 31, RejectLabel.DATABASE, 503),
        (RefusalReason.DEVICE_LIMIT, 5, RejectLabel.PASS_LIMIT, 403),
        (RefusalReason.WRONG_PROTOCOL, 15, RejectLabel.MISMATCH, 403),
        (RefusalReason.MODEL_MISMATCH, 32, RejectLabel.MISMATCH, 403),
        (RefusalReason.SECURITY_MISMATCH, 28, RejectLabel.MISMATCH, 403),
        (RefusalReason.PRIMARY_UNAVAILABLE, 6, RejectLabel.UNKNOWN, 503),
        (RefusalReason.UNKNOWN, 1, RejectLabel.UNKNOWN, 403),
    ],
)
def test_the_reason_map(reason: RefusalReason, mib: int, label: RejectLabel, status: int) -> None:
    assert (reason.shown.mib_code, reason.shown.label, reason.shown.sip_status) == (mib, label, status)


@EVERY
def test_mib_names_are_those_of_the_mib(reason: RefusalReason) -> None:
    rows = {
        int(row["code"]): row["name"] for row in table("reg_fail_codes.csv") if row["kind"] == "registration_failed"
    }
    assert rows[reason.shown.mib_code] == reason.shown.mib_name


@pytest.mark.parametrize("label", list(RejectLabel))
def test_labels_are_those_of_the_phones(label: RejectLabel) -> None:
    rows = {bytes.fromhex(row["hex_bytes"]): row["english"] for row in table("sccp_reject_labels.csv")}
    assert rows[label.code] == label.english


@pytest.mark.req("AR-15")
def test_an_exhausted_range_over_sip_and_sccp() -> None:
    refusal = Refusal(RefusalReason.RANGE_EXHAUSTED, detail="1000-1009")
    assert refusal.sip_status == 403
    assert refusal.retry_after == 35
    assert refusal.sip_warning("192.0.2.10") == '399 192.0.2.10 "Autoregistration range exhausted 1000-1009"'
    assert refusal.sccp_text == b"Autoreg range full"


def test_a_warning_cannot_be_broken_out_of() -> None:
    refusal = Refusal(RefusalReason.NOT_IN_ALLOW_LIST, detail='"\r\nContact: <sip:evil>\\é')
    assert refusal.sip_warning("pbx") == '399 pbx "Not in allow list ?Contact: <sip:evil>?"'
    with pytest.raises(ValueError, match="is not a host"):
        refusal.sip_warning("pbx\r\nX: y")


def test_the_fix_names_the_load() -> None:
    assert "SIP41.9-4-2SR3-1S" in Refusal(RefusalReason.WRONG_PROTOCOL, load="SIP41.9-4-2SR3-1S").fix

"""The board of findings: who is to be judged anew, when, and what that changed."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.core import DeviceName
from bridge.core.events import TlsFailed
from bridge.core.findings import Weight
from bridge.journey import (
    CODES,
    CertificateFacts,
    Finding,
    FindingBoard,
    Judgement,
    NetworkCounts,
    NetworkState,
    PhoneJourney,
    Stage,
    Turn,
    judge,
    network_of,
)
from tests.unit.journey.story import CLIENT, PHONE, SCCP, SERVER, SIP, asks, at, challenged, gets, journey, lease, site

OTHER = DeviceName("SEP0011223344AA")
CERTIFICATE = CertificateFacts("SCCP over TLS", at(700), at(1100), "RSA", 2048, "sha256", names=(SERVER,))
RULES = Path(__file__).parents[3] / "bridge/journey"


def fails(seconds: float) -> TlsFailed:
    return TlsFailed(at=at(seconds), device=PHONE, client=CLIENT, server_port=2443, why="unknown ca")


def finding(code: str = "config_missing", weight: Weight = Weight.PROBLEM, title: str = "It is so") -> Finding:
    return Finding(code, title, weight, (), "because")


def judgement(*findings: Finding, changes: float | None = None, networks: bool = False) -> Judgement:
    return Judgement(findings, None if changes is None else at(changes), networks)


def judged_at(board: FindingBoard, seconds: float) -> list[DeviceName]:
    """Who is to be judged then, in that order."""
    board.clock(at(seconds))
    names = []
    while (name := board.next()) is not None:
        names.append(name)
    return names


def turns(board: FindingBoard, name: DeviceName, judged: Judgement | None) -> list[tuple[Turn, str]]:
    return [(each.turn, each.finding.code) for each in board.take(name, judged, at(0))]


def test_a_phone_waits_once_however_much_happens_to_it() -> None:
    board = FindingBoard()
    for name in (PHONE, OTHER, PHONE):
        board.touch(name)
    assert board.waiting == 2
    assert judged_at(board, 0) == [PHONE, OTHER]
    board.touch(PHONE)
    assert judged_at(board, 0) == [PHONE]


def test_findings_appear_change_and_go() -> None:
    board = FindingBoard()
    assert turns(board, PHONE, judgement(finding(), finding("nat", Weight.NOTE))) == [
        (Turn.APPEARED, "config_missing"),
        (Turn.APPEARED, "nat"),
    ]
    # Evidence grows with the time; that is no news.
    assert turns(board, PHONE, judgement(replace(finding(), cause="since longer"), finding("nat", Weight.NOTE))) == []
    assert turns(board, PHONE, judgement(finding(weight=Weight.NOTE), finding("nat", Weight.NOTE, "Another"))) == [
        (Turn.CHANGED, "config_missing"),
        (Turn.CHANGED, "nat"),
    ]
    assert turns(board, PHONE, judgement(finding("dns"))) == [
        (Turn.GONE, "config_missing"),
        (Turn.GONE, "nat"),
        (Turn.APPEARED, "dns"),
    ]
    assert [(name, [each.code for each in found]) for name, found in board] == [(PHONE, ["dns"])]
    assert turns(board, PHONE, None) == [(Turn.GONE, "dns")]
    assert (board.of(PHONE), list(board)) == ((), [])


def test_phones_are_counted_by_what_is_found_of_them() -> None:
    board = FindingBoard()
    board.take(PHONE, judgement(finding(), finding("dns")), at(0))
    board.take(OTHER, judgement(finding(), finding("nat", Weight.NOTE)), at(0))
    assert board.problems == 2
    board.take(PHONE, judgement(finding("nat", Weight.NOTE)), at(0))
    assert board.problems == 1, "a note is no problem"
    assert board.codes == {
        ("config_missing", Weight.PROBLEM): 1,
        ("dns", Weight.PROBLEM): 0,
        ("nat", Weight.NOTE): 2,
    }
    board.take(OTHER, None, at(0))
    assert board.problems == 0


def test_a_phone_is_judged_again_when_its_moment_comes_and_not_before() -> None:
    board = FindingBoard()
    board.take(PHONE, judgement(changes=90), at(0))
    board.take(OTHER, judgement(changes=60), at(0))
    assert judged_at(board, 59) == []
    assert judged_at(board, 60) == [OTHER]
    board.take(OTHER, judgement(changes=80), at(60))
    # What was said of an earlier judgement does not count any more.
    board.take(PHONE, judgement(), at(70))
    assert judged_at(board, 500) == [OTHER]
    assert judged_at(board, 501) == []


def test_moments_that_are_over_do_not_gather() -> None:
    board = FindingBoard()
    for number in range(5000):
        board.take(PHONE, judgement(changes=1000 + number), at(number))
    assert len(board._moments) < 100
    assert judged_at(board, 5998) == []
    assert judged_at(board, 5999) == [PHONE]


def test_what_counts_for_all_and_a_clock_that_was_set_back_put_every_phone_in_doubt() -> None:
    board = FindingBoard()
    for name in (PHONE, OTHER):
        board.take(name, judgement(), at(0))
    assert judged_at(board, 10) == []
    board.touch_all()
    assert judged_at(board, 11) == [PHONE, OTHER]
    assert judged_at(board, 5) == [PHONE, OTHER]
    assert judged_at(board, 6) == []


def test_other_phones_count_where_a_judgement_hung_on_them() -> None:
    board = FindingBoard()
    board.take(PHONE, judgement(networks=True), at(0))
    board.take(OTHER, judgement(), at(0))
    board.networks_changed()
    assert judged_at(board, 0) == [PHONE]
    board.take(PHONE, judgement(), at(0))
    board.networks_changed()
    assert judged_at(board, 0) == []


# --- until when a judgement holds


@pytest.mark.parametrize(
    ("story", "facts", "now", "changes"),
    [
        # From a lease to the first request 90 s, from the file to the first call 120 s.
        (journey(lease(0)), site(), 10, 90),
        (journey(lease(0)), site(), 90, None),
        (journey(gets(seconds=2)), site(), 10, 122),
        (journey(*(challenged(second) for second in range(4))), site(), 10, 30),
        # A certificate that is not valid yet, and one day ends, explains a handshake that failed.
        (journey(lease(0), asks(), fails(3)), site(certificates=(CERTIFICATE,)), 200, 700),
        (journey(lease(0), asks(), fails(3)), site(certificates=(CERTIFICATE,)), 800, 1100),
        (journey(lease(0), asks(), fails(3)), site(certificates=(CERTIFICATE,)), 1100, None),
    ],
)
def test_a_judgement_says_when_it_may_change(
    story: PhoneJourney, facts: object, now: float, changes: float | None
) -> None:
    judged = judge(story, facts, now=at(now))  # type: ignore[arg-type]
    assert judged.changes_at == (None if changes is None else at(changes))


def test_only_a_silent_phone_hangs_on_others() -> None:
    silent = journey(gets(seconds=2))
    assert not judge(silent, site(), now=at(60)).by_networks
    assert judge(silent, site(), now=at(125)).by_networks


# --- networks


def standing(stage: Stage, client: str = CLIENT, name: DeviceName = PHONE) -> PhoneJourney:
    return PhoneJourney(name, stage, at(0), at(0), at(0), client=client)


def test_each_phone_counts_once_where_it_is_now() -> None:
    counts = NetworkCounts()
    for number in range(3):
        counts.count(standing(Stage.CONFIG, f"192.0.2.{number}", DeviceName(f"SEP00112233440{number}")), SIP)
    counts.count(standing(Stage.REGISTERED, "192.0.3.1"), SCCP)
    stuck, up = NetworkState("192.0.2.0/24", SIP, 3, 0), NetworkState("192.0.3.0/24", SCCP, 0, 1)
    assert counts.states() == (stuck, up)
    counts.count(standing(Stage.REGISTERED, "192.0.2.9"), SCCP)  # it moved
    assert counts.states() == (NetworkState("192.0.2.0/24", SCCP, 0, 1), stuck)
    counts.count(standing(Stage.TFTP, "192.0.2.9"), SCCP)
    counts.leave(DeviceName("SEP001122334400"))
    assert counts.states() == (replace(stuck, stuck=2),)


def test_only_what_rules_take_from_the_counts_is_a_change() -> None:
    counts = NetworkCounts()
    versions = []
    for number in range(4):
        counts.count(standing(Stage.CONFIG, f"192.0.2.{number}", DeviceName(f"SEP00112233440{number}")), SIP)
        versions.append(counts.version)
    assert versions == [0, 1, 1, 1], "one stuck phone says nothing of its network, two do, four no more than two"
    for number in range(4):
        counts.count(standing(Stage.REGISTERED, f"192.0.2.{number}", DeviceName(f"SEP00112233440{number}")), SIP)
    assert counts.version == 3
    assert counts.states() == (NetworkState("192.0.2.0/24", SIP, 0, 4),)


def test_networks_are_told_by_the_first_three_octets() -> None:
    assert network_of("192.0.2.77") == "192.0.2.0/24"
    assert network_of("2001:db8::1") == "2001:db8::/64"
    assert network_of("phone") == ""


# --- codes


def test_the_codes_of_all_rules_are_listed() -> None:
    found: set[str] = set()
    for path in RULES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="Finding" | "_made"), args=[code, *_]) if not isinstance(
                    code, ast.JoinedStr
                ):
                    found |= {each.value for each in ast.walk(code) if isinstance(each, ast.Constant)}
    assert found == CODES


def test_a_judgement_far_ahead_holds_for_a_phone_that_is_well() -> None:
    well = journey(lease(0), gets(seconds=2))
    registered = replace(well, stage=Stage.REGISTERED)
    judged = judge(registered, site(), now=at(700))
    assert (judged.findings, judged.changes_at) == ((), None)
    assert judge(registered, site(), now=at(700) + timedelta(days=9)).findings == ()

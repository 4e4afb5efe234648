"""The list of phones: what is found, in which order, on which page, and how a phone stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from bridge.core import Device, DeviceName, Line, LineAppearance, SignallingProtocol
from bridge.core.findings import Weight
from bridge.journey import Finding, Progress, Stage
from bridge.ports import RefusedPhone
from bridge.web.dashboard.icons import names
from bridge.web.dashboard.phonelist import ListQuery, PhoneRow, natural, page_of, phone_rows
from bridge.web.dashboard.standing import TONES, Standing, Tone
from tests.samples import sample_device

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def phone(place: int, number: str, **changes: object) -> Device:
    appearance = LineAppearance(1, Line(number))
    device = sample_device(SignallingProtocol.SIP, appearance, name=f"SEP0011220000{place:02X}")
    return replace(device, **changes)  # type: ignore[arg-type]  # given by name: the call itself checks


def nothing(_: DeviceName) -> Sequence[Finding]:
    return ()


def rows_of(*devices: Device, **progress: Progress) -> list[PhoneRow]:
    return phone_rows(devices, (), {each.device: each for each in progress.values()}, nothing, NOW)


def at_stage(device: Device, stage: Stage, seconds: float, word: str = "") -> Progress:
    since = NOW - timedelta(seconds=seconds)
    return Progress(device.name, stage, since, since, "192.0.2.5", word)


def test_numbers_are_sorted_as_numbers_and_phones_without_one_come_last() -> None:
    refused = RefusedPhone(DeviceName("SEP001122AAAAAA"), "192.0.2.9", "window_closed", "it is closed", NOW, NOW, 3)
    rows = phone_rows([phone(1, "1000"), phone(2, "900"), phone(3, "20")], [refused], {}, nothing, NOW)
    assert [row.number for row in page_of(rows, ListQuery()).rows] == ["20", "900", "1000", ""]
    assert natural("10.0.0.9") < natural("10.0.0.10")


@pytest.mark.parametrize(
    ("search", "found"),
    [("1001", 1), ("00:11:22:00:00:0A", 1), ("0011.2200.000a", 1), ("ada", 1), ("8841", 1), ("nothing like it", 0)],
)
def test_search_finds_numbers_macs_however_written_names_and_models(search: str, found: int) -> None:
    rows = rows_of(phone(10, "1001", description="Ada's desk", model="8841"), phone(11, "2002", model="7961G"))
    assert page_of(rows, ListQuery(search=search)).found == found


def test_a_page_beyond_the_last_one_is_the_last_one() -> None:
    rows = rows_of(*(phone(place, str(1000 + place)) for place in range(60)))
    page = page_of(rows, ListQuery(size=25, page=99))
    assert (page.query.page, page.pages, len(page.rows), page.first) == (3, 3, 10, 51)


def test_counts_are_of_all_phones_whatever_is_filtered() -> None:
    one, two = phone(1, "1001", registered=True), phone(2, "1002")
    page = page_of(rows_of(one, two), ListQuery(standing=Standing.REGISTERED))
    assert (page.found, page.counts[Standing.REGISTERED], page.counts[Standing.NEW]) == (1, 1, 1)


def test_an_address_with_nonsense_is_the_plain_list() -> None:
    nonsense = {"page": "-1", "size": "7", "standing": "flying", "sort": "; drop", "dir": "up"}
    assert ListQuery.of(nonsense) == ListQuery()


def test_an_address_brings_back_the_query_that_it_was_made_of() -> None:
    query = ListQuery("a&b", Standing.STUCK, "Default", "8841", "last", True, 3, 100, True, problems=True)
    assert ListQuery.of(dict(parse_qsl(query.address(page=3)[1:]))) == query
    assert ListQuery.of(dict(parse_qsl(query.address(search="x")[1:]))).page == 1


def test_a_phone_that_stays_at_a_stage_is_stuck_and_says_where() -> None:
    device = phone(1, "1001")
    fresh = rows_of(device, one=at_stage(device, Stage.CONFIG, 30, "SEP001122000001.cnf.xml"))[0].stands
    assert (fresh.standing, fresh.badge.tone) == (Standing.ON_ITS_WAY, Tone.BUSY)
    late = rows_of(device, one=at_stage(device, Stage.CONFIG, 300, "SEP001122000001.cnf.xml"))[0].stands
    assert (late.standing, late.badge.tone) == (Standing.STUCK, Tone.WARN)
    assert "has its configuration for 5 min" in late.badge.detail
    assert "SEP001122000001.cnf.xml" in late.badge.detail


def test_a_registered_phone_that_looked_for_a_file_long_ago_is_registered() -> None:
    device = phone(1, "1001", registered=True)
    assert rows_of(device, one=at_stage(device, Stage.TFTP, 900))[0].stands.standing is Standing.REGISTERED


@pytest.mark.req("RG-10")
def test_a_refused_stranger_is_listed_with_reason_and_address() -> None:
    refused = RefusedPhone(DeviceName("SEP001122AAAAAA"), "192.0.2.9", "window_closed", "it is closed", NOW, NOW, 3)
    row = phone_rows([], [refused], {}, nothing, NOW)[0]
    assert (row.is_ours, row.address, row.word, row.stands.standing) == (
        False,
        "192.0.2.9",
        "it is closed",
        Standing.REFUSED,
    )


def test_an_admitted_phone_is_not_listed_as_refused() -> None:
    device = phone(1, "1001", registered=True)
    refused = RefusedPhone(device.name, "192.0.2.9", "window_closed", "it was closed", NOW, NOW, 3)
    rows = phone_rows([device], [refused], {}, nothing, NOW)
    assert [(row.is_ours, row.stands.standing) for row in rows] == [(True, Standing.REGISTERED)]


def test_each_row_has_its_first_finding_and_the_list_is_filtered_and_sorted_by_it() -> None:
    devices = [phone(place, str(1000 + place)) for place in range(5)]
    dns = Finding("dns", "the phone cannot resolve its server's name", Weight.PROBLEM, (), "so")
    blocked = Finding("port_blocked", "TCP 2000 cannot be reached", Weight.PROBLEM, (), "so")
    nat = Finding("nat", "there is a NAT", Weight.NOTE, (), "so")
    found = {
        devices[1].name: (nat,),
        devices[2].name: (blocked, nat),
        devices[3].name: (dns,),
        devices[4].name: (blocked,),
    }
    rows = phone_rows(devices, (), {}, lambda name: found.get(name, ()), NOW)
    page = page_of(rows, ListQuery(sort="finding"))
    # Problems first, phones with the same one together, then notes, then those that are well.
    assert [row.number for row in page.rows] == ["1002", "1004", "1003", "1001", "1000"]
    assert page.problems == 3
    first = page.rows[0].finding
    assert first is not None
    assert (first.title, first.more, first.tone) == ("TCP 2000 cannot be reached", 1, Tone.BAD)
    assert [row.finding.tone for row in page.rows if row.number == "1001" and row.finding] == [Tone.WARN]
    wrong = page_of(rows, ListQuery(problems=True))
    assert ([row.number for row in wrong.rows], wrong.problems) == (["1002", "1003", "1004"], 3)


def test_every_way_to_stand_has_a_sign_of_its_own() -> None:
    assert len(set(TONES.values())) == len(TONES) == len(Standing)
    assert {tone.value for tone in Tone} <= names()

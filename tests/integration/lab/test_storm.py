"""A small storm, whole: every phone comes up, and what is wrong with those that do not is said."""

from __future__ import annotations

import pytest

from bridge.core import MacAddress
from bridge.errors import InvalidInput
from bridge.lab.phoneevents import PhoneEvent
from bridge.lab.storm import run_storm, storm_phones
from tests.integration.lab.conftest import FAST, Bench, sep_file

FIRST = MacAddress("0033445566A0")


def give_files(bench: Bench, numbers: list[str]) -> None:
    for place, number in enumerate(numbers):
        mac = f"{int(FIRST.value, 16) + place:012X}"
        bench.files[f"SEP{mac}.cnf.xml"] = sep_file(number, [bench.asterisk.sip], transport=1 + place % 2)


async def test_every_phone_of_a_storm_comes_up(bench: Bench) -> None:
    numbers = [str(2000 + place) for place in range(20)]
    await bench.give_endpoints(*numbers)
    give_files(bench, numbers)
    heard: list[PhoneEvent] = []
    report = await run_storm(
        20, bench.server, timing=FAST, ramp=0.1, first_mac=FIRST, first_address="127.4.0.1", listener=heard.append
    )
    assert report.failures == ()
    assert report.is_clean
    assert report.registered == 20
    assert 0 < report.p50 <= report.p99 <= report.slowest <= report.elapsed
    assert report.requests == len(bench.requests)
    assert heard


async def test_failures_and_numbers_given_twice_are_reported(bench: Bench) -> None:
    give_files(bench, ["1001", "1001"])
    report = await run_storm(3, bench.server, timing=FAST, within=1.0, first_mac=FIRST, first_address="127.5.0.1")
    assert not report.is_clean
    assert report.registered == 2
    assert report.duplicates == ("1001",)
    (failure,) = report.failures
    assert str(failure.device) == "SEP0033445566A2"
    assert "found" in failure.why or "XMLDefault" in failure.why


async def test_a_storm_of_none_is_refused(bench: Bench) -> None:
    with pytest.raises(InvalidInput):
        storm_phones(0, bench.server)

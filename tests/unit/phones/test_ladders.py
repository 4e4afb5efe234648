"""From one load to another: the difference, and whether it may be done in one step."""

from __future__ import annotations

import pytest

from bridge.journey import parse_alarm
from bridge.phones import catalogue
from bridge.phones.ladders import LoadDifference, advise, compare_loads

NEW = "SIP41.9-4-2SR3-1S"


@pytest.mark.req("RG-12")
@pytest.mark.parametrize(
    ("running", "difference"),
    [
        ("SIP41.8-2-2SR1S", LoadDifference.MAJOR),
        ("SIP41.8-5-3S", LoadDifference.MAJOR),
        ("SIP41.9-4-2SR2", LoadDifference.MINOR),
        ("SIP41.9-4-2SR3-1S", LoadDifference.EQUAL),
        ("sip41.9-4-2sr3-1s.loads", LoadDifference.EQUAL),
        ("SCCP41.9-4-2SR3-1S", LoadDifference.WRONG_FAMILY),
        ("SIP70.9-4-2SR3-1S", LoadDifference.WRONG_FAMILY),
        ("9.4.2", LoadDifference.EQUAL),
        ("8.5.3", LoadDifference.MAJOR),
        ("", LoadDifference.UNKNOWN),
        ("something", LoadDifference.UNKNOWN),
    ],
)
def test_how_two_loads_differ(running: str, difference: LoadDifference) -> None:
    assert compare_loads(running, NEW) is difference


@pytest.mark.req("RG-12")
@pytest.mark.parametrize(
    ("load", "difference", "via"),
    [
        ("SIP41.8-2-2SR1S", LoadDifference.MAJOR, "a load from 8.3(3) to 8.5(2), such as SIP41.8-5-2S"),
        ("SIP41.8-5-3S", LoadDifference.MAJOR, ""),
        ("SIP41.9-4-2SR2", LoadDifference.MINOR, ""),
        ("SCCP41.8-5-2S", LoadDifference.WRONG_FAMILY, ""),
    ],
)
@pytest.mark.parametrize("words", ["Load={}", "ActiveLoad={} InactiveLoad=SIP41.8-0-1S"])
def test_the_load_of_an_alarm_and_how_to_get_from_there(
    load: str, difference: LoadDifference, via: str, words: str
) -> None:
    alarm = parse_alarm(f"25: Name=SEP001122334455 {words.format(load)} Last=Initialized")
    assert alarm.load == load
    advice = advise(alarm.load, NEW, catalogue().by_name("7941G"))
    assert (advice.difference, advice.via) == (difference, via)
    assert advice.is_allowed is not bool(via)


@pytest.mark.req("RG-12")
def test_a_very_old_load_goes_over_a_middle_one() -> None:
    advice = advise("SIP41.8-2-2SR1S", NEW, catalogue().by_name("7941G"), installed=["SCCP41.8-5-2S", "SIP41.8-5-2S"])
    assert not advice.is_allowed
    assert advice.via == "a load from 8.3(3) to 8.5(2), such as SIP41.8-5-2S"
    assert advice.via_installed == "SIP41.8-5-2S"
    assert "reboot loop" in advice.why
    assert advice.source


@pytest.mark.req("RG-12")
@pytest.mark.parametrize("running", ["SIP41.8-5-3S", "SIP41.8-3-3S", "SIP41.9-0-2S", NEW])
def test_a_newer_one_goes_directly(running: str) -> None:
    advice = advise(running, NEW, catalogue().by_name("7941G"))
    assert advice.is_allowed
    assert advice.via == ""


def test_the_middle_load_itself_may_be_taken() -> None:
    assert advise("SIP41.8-2-2SR1S", "SIP41.8-5-2S", catalogue().by_name("7941G")).is_allowed


def test_a_very_old_7960_needs_the_universal_loader_for_sip() -> None:
    model = catalogue().by_name("7960G")
    advice = advise("P00303020214", "P0S3-8-12-00", model)
    assert (advice.is_allowed, advice.via) == (False, "the universal application loader")
    assert advise("P00308010200", "P0S3-8-12-00", model).is_allowed


def test_other_hardware_is_never_right() -> None:
    advice = advise("SIP70.9-4-2S", NEW, None)
    assert not advice.is_allowed
    assert "other hardware" in advice.why


def test_an_8945_does_not_change_to_sip_by_its_load() -> None:
    advice = advise("SCCP894x.9-2-3-5", "SIP894x.9-3-1-14", catalogue().by_name("8945"))
    assert (advice.is_allowed, advice.via) == (False, "")
    assert "8945" in advice.why
    assert advise("SIP894x.9-2-3-5", "SIP894x.9-3-1-14", catalogue().by_name("8945")).is_allowed

"""Documents, texts, time zones, and the page about phones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest

from bridge.errors import ConfigurationError
from bridge.lab.skinnymodels import skinny_models
from bridge.phones import catalogue
from bridge.provisioning import Renderer, content_differs, phone_time_zone, phone_time_zones, shown_text
from bridge.provisioning.overview import phones_page
from tests.samples import sample_device, sample_pool, template_loader

CHECKOUT = Path(__file__).resolve().parents[3]
RENDERER = Renderer(template_loader())


def test_a_new_stamp_alone_is_no_difference() -> None:
    one = RENDERER.render_phone_file(sample_device(stamp="a"), sample_pool()).text
    two = RENDERER.render_phone_file(sample_device(stamp="b"), sample_pool()).text
    assert one != two
    assert not content_differs(one, two)
    assert not content_differs(one, one.replace("\n", "\n\n"))


def test_any_other_change_is_one() -> None:
    one = RENDERER.render_phone_file(sample_device(), sample_pool()).text
    other = RENDERER.render_phone_file(sample_device(secret="another1"), sample_pool()).text
    model = RENDERER.render_phone_file(sample_device(), sample_pool(), model=catalogue().require("8841")).text
    assert content_differs(one, other)
    assert content_differs(one, model)
    assert content_differs(one, one.replace('button="1"', 'button="2"'))


@pytest.mark.parametrize("old", ["", "no document", "<a>", '<!DOCTYPE a [<!ENTITY x "y">]><a/>'])
def test_what_is_no_document_differs_from_everything(old: str) -> None:
    assert content_differs(old, "<a />")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Front desk", "Front desk"),
        ("  two\r\nlines\t", "two lines"),
        ("a\0b\x1bc\u202ed\ud800", "abcd"),
        ("Käthe & Söhne <3", "Käthe & Söhne <3"),
        ("one \0 two", "one two"),
        ("x" * 31, "x" * 30),
        ("y" * 29 + "  z", "y" * 29),
        ("東京オフィス", "東京オフィス"),
    ],
)
def test_texts_that_a_phone_can_show(text: str, shown: str) -> None:
    assert shown_text(text) == shown


@pytest.mark.parametrize(
    ("zone", "name", "exact"),
    [
        ("Europe/Berlin", "W. Europe Standard/Daylight Time", True),
        ("europe/london", "GMT Standard/Daylight Time", True),
        ("Etc/UTC", "Greenwich Standard Time", True),
        ("America/New_York", "Eastern Standard/Daylight Time", True),
        ("Europe/Athens", "E. Europe Standard/Daylight Time", True),
        ("Europe/Moscow", "Saudi Arabia Standard Time", True),
        ("Asia/Kolkata", "India Standard Time", True),
        ("Africa/Lagos", "W. Europe Standard/Daylight Time", False),
        ("Asia/Kathmandu", "India Standard Time", False),
    ],
)
def test_time_zones(zone: str, name: str, exact: bool) -> None:
    found = phone_time_zone(zone)
    assert (found.name, found.exact) == (name, exact)


def test_an_unknown_time_zone_gets_suggestions() -> None:
    with pytest.raises(ConfigurationError, match=r"did you mean .*Europe/Berlin"):
        phone_time_zone("Europe/Berln")


def test_zones_with_one_name_keep_one_time() -> None:
    """Judged by the machine's own time zone database; a zone that changes its rules must move in our table.

    British Columbia keeps summer time for good from 2026 on, which only newer databases know: those zones are marked
    as not exact.
    """
    known = available_timezones()
    offsets: dict[str, set[tuple[object, ...]]] = {}
    for entry in phone_time_zones():
        if not entry.exact or entry.zone not in known:
            continue
        zone = ZoneInfo(entry.zone)
        months = (datetime(2026, month, 15, 12, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 5, 7, 12))
        offsets.setdefault(entry.name, set()).add(tuple(months))
    if not offsets:
        pytest.skip("this machine has no time zone database")
    assert {name: found for name, found in offsets.items() if len(found) > 1} == {}
    for name, (found,) in ((name, tuple(found)) for name, found in offsets.items()):
        assert (len(set(found)) > 1) is ("Daylight" in name), name


def test_wireless_and_conference_phones_get_the_iana_zone_too() -> None:
    pool = sample_pool()
    pool = replace(pool, date_time_group=replace(pool.date_time_group, time_zone="EUROPE/berlin"))
    text = RENDERER.render_phone_file(sample_device(), pool, model=catalogue().require("7937")).text
    assert "<olsonTimeZone>Europe/Berlin</olsonTimeZone>" in text


def test_the_page_about_phones_is_current() -> None:
    page = (CHECKOUT / "docs" / "phones.md").read_text(encoding="utf-8")
    assert page == phones_page(catalogue(), set(skinny_models())), "run scripts/phones-page.py > docs/phones.md"


def test_the_page_calls_simulated_only_what_is() -> None:
    page = phones_page(catalogue(), set(skinny_models()))
    assert "| 8841 | 683 | simulated | – |" in page
    assert "| 7961G | 30018 | simulated | simulated |" in page
    assert "| 7940G | 8 | simulated | simulated |" in page
    assert "| 8841-3PCC (MPP) |  | simulated | – |" in page
    assert "No file for SIP firmware: which elements" in page
    assert "| DX650 | 647 | no file | – |" in page

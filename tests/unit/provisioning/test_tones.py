"""Tones of a country: what phones' files say of them."""

from __future__ import annotations

import itertools
import math

import pytest
from defusedxml import ElementTree

from bridge.phones import is_locale_folder
from bridge.provisioning import Renderer, render_tones, tone_countries, tones_of
from tests.samples import template_loader

RENDERER = Renderer(template_loader())


def heard(coefficient: int, start: int) -> tuple[float, float]:
    """Frequency, Hz, and amplitude of what a resonator with these values plays: it runs here, as on a phone."""
    before, now = float(start), 0.0  # y(-2), y(-1)
    samples = []
    for _ in range(8000):
        before, now = now, 2 * coefficient / 32768 * now - before
        samples.append(now)
    crossings = sum(one < 0 <= other for one, other in itertools.pairwise(samples))
    return float(crossings), max(samples)


@pytest.mark.parametrize(
    ("country", "tone", "frequencies"),
    [
        ("Germany", "busy", [425]),
        ("United_States", "ringing", [440, 480]),
        ("France", "idial", [440]),
        ("United_Kingdom", "odial", [350, 440]),
    ],
)
def test_a_resonator_plays_the_frequencies(country: str, tone: str, frequencies: list[int]) -> None:
    found = next(each for each in tones_of(country) if each.name == tone)
    assert len(found.components) == len(frequencies)
    for component, frequency in zip(found.components, frequencies, strict=True):
        played, amplitude = heard(component.coefficient, component.start)
        assert played == pytest.approx(frequency, abs=1)
        assert amplitude == pytest.approx(5737 / math.sqrt(len(frequencies)), rel=0.02)


def test_the_file_of_the_united_kingdom() -> None:
    rendered = render_tones(RENDERER, "United_Kingdom/g3-tones.xml")
    assert rendered is not None
    root = ElementTree.fromstring(rendered.content)
    assert root.tag == "tones"
    tones = {tone.attrib["t"]: tone for tone in root.findall("tone")}
    assert set(tones) == {"idial", "odial", "ringing", "busy", "reorder"}
    ringing = tones["ringing"]
    # Two sounding parts of two frequencies each: 0x22.
    assert ringing.attrib["d"] == "34"
    assert [ringing.attrib[f"c{index}"] for index in (1, 2, 3, 4)] == ["31164", "30743", "31164", "30743"]
    assert [(part.attrib["m"], part.attrib["t"]) for part in ringing.findall("part")] == [
        ("on", "400"),
        ("off", "200"),
        ("on", "400"),
        ("off", "2000"),
    ]
    assert tones["reorder"].attrib["d"] == "17"
    assert [part.attrib["t"] for part in tones["idial"].findall("part")] == ["65535"]
    assert all(tone.find("repeat").attrib == {"c": "65535"} for tone in tones.values())


def test_every_country_has_every_tone_and_a_folder_that_phones_can_name() -> None:
    assert len(tone_countries()) == 8
    for country in tone_countries():
        assert is_locale_folder(country)
        assert {tone.name for tone in tones_of(country)} == {"idial", "odial", "ringing", "busy", "reorder"}
        for tone in tones_of(country):
            assert 1 <= len(tone.components) <= 4
            assert all(-32768 <= each.coefficient <= 32767 for each in tone.components)


@pytest.mark.parametrize("name", ["Germany/g5-tones.xml", "Atlantis/g3-tones.xml", "g3-tones.xml", "Germany"])
def test_other_files_are_not_made(name: str) -> None:
    assert render_tones(RENDERER, name) is None


def test_letter_case_does_not_matter() -> None:
    assert render_tones(RENDERER, "germany/G4-TONES.XML") is not None

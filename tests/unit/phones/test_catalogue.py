"""The catalogue: numbers, names, protocols."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bridge.core import SignallingProtocol
from bridge.errors import NotFound
from bridge.phones import ConfigFamily, DeviceClass, Model, catalogue

SIP = SignallingProtocol.SIP
SCCP = SignallingProtocol.SCCP
FIVE_X_LIST = ["7905", "7911", "7912", "7940", "7941", "7960", "7961", "7970", "7971"]
LATER_DUAL = ["7906", "7931", "7942", "7945", "7962", "7965", "7975", "6901", "6921", "6945", "8941", "8945", "CIPC"]


def test_agrees_with_the_reference_facts(reference: Path) -> None:
    with (reference / "models.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [model.name for model in catalogue()] == [row["model"] for row in rows]
    for model, row in zip(catalogue(), rows, strict=True):
        firmware = {word.split("(")[0].split(" [")[0] for word in row["protocols"].split(";") if word}
        assert (str(model.number) if model.number is not None else "") == row["device_type_enum"], model
        assert model.family.value == (row["config_family"].replace("/", "-") or "none"), model
        assert {protocol.value for protocol in model.protocols} == firmware & {"SCCP", "SIP"}, model
        assert model.other_protocols == firmware - {"SCCP", "SIP"}, model
        assert {protocol.value for protocol in model.administered} == set(
            filter(None, row["cucm_protocols"].split(";"))
        )
        assert model.device_class.value == row["class"], model
        assert model.evidence.value == row["evidence"], model


def test_numbers_and_names_are_unique() -> None:
    numbers = [model.number for model in catalogue() if model.number is not None]
    assert len(numbers) == len(set(numbers))
    assert len({model.name for model in catalogue()}) == len(catalogue()) == 276


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("8841", "8841"),
        ("CP-8841", "8841"),
        ("Cisco 8841", "8841"),
        ("cisco ip phone cp-8841", "8841"),
        ("7961", "7961G"),
        ("7961g", "7961G"),
        ("7961G-GE", "7961G-GE"),
        ("CP-7961G-GE", "7961G-GE"),
        ("7971", "7971G-GE"),
        ("8841-3PCC", "8841-3PCC (MPP)"),
        ("CP-8841-3PCC", "8841-3PCC (MPP)"),
        ("8851NR", "8851NR"),
        ("IP Communicator", "Cisco IP Communicator"),
        ("CIPC", "Cisco IP Communicator"),
        ("ATA190", "ATA 190"),
        ("12 SP", "12 SP"),
        ("12 SP+", "12 SP+"),
    ],
)
def test_names_are_found_as_people_write_them(written: str, name: str) -> None:
    model = catalogue().by_name(written)
    assert model is not None
    assert model.name == name


def test_every_model_is_found_by_its_own_name_and_number() -> None:
    for model in catalogue():
        assert catalogue().by_name(model.name) is model
        if model.number is not None:
            assert catalogue().by_number(model.number) is model


def test_a_wrong_name_gets_suggestions() -> None:
    assert catalogue().by_name("8847") is None
    with pytest.raises(NotFound, match=r"did you mean .*8841"):
        catalogue().require("8847")
    with pytest.raises(NotFound, match=r"docs/phones\.md"):
        catalogue().require("x" * 10_000)


@pytest.mark.req("AR-24")
@pytest.mark.parametrize("name", FIVE_X_LIST + LATER_DUAL)
@pytest.mark.parametrize("parameter", list(SignallingProtocol))
def test_dual_protocol_models_follow_the_parameter(name: str, parameter: SignallingProtocol) -> None:
    model = catalogue().require(name)
    assert model.is_dual_protocol
    assert model.only_protocol is None
    assert model.protocol_for(parameter) is parameter


@pytest.mark.req("AR-25")
@pytest.mark.parametrize("name", ["8811", "8841", "8865", "7821", "7861", "8831", "9971", "8961", "ATA 191", "3905"])
@pytest.mark.parametrize("parameter", list(SignallingProtocol))
def test_sip_only_models_ignore_the_parameter(name: str, parameter: SignallingProtocol) -> None:
    model = catalogue().require(name)
    assert not model.is_dual_protocol
    assert model.protocol_for(parameter) is SIP


@pytest.mark.req("AR-26")
@pytest.mark.parametrize(
    "name", ["7902", "7910", "7920", "7921", "7937", "7985", "12 SP+", "30 VIP", "ATA 186", "ATA 188"]
)
@pytest.mark.parametrize("parameter", list(SignallingProtocol))
def test_sccp_only_models_ignore_the_parameter(name: str, parameter: SignallingProtocol) -> None:
    assert catalogue().require(name).protocol_for(parameter) is SCCP


def test_exactly_the_models_that_cucm_offers_with_both_are_dual() -> None:
    assert sum(model.is_dual_protocol for model in catalogue()) == 27


@pytest.mark.parametrize(
    ("name", "prefix"), [("7961", "SEP"), ("ATA 191", "ATA"), ("ATA 187", "ATA"), ("DX80", "SEP"), ("CTI Port", "")]
)
def test_device_prefix(name: str, prefix: str) -> None:
    assert catalogue().require(name).device_prefix == prefix


def test_facts_of_one_phone() -> None:
    model = catalogue().require("8851")
    assert (model.number, model.family, model.device_class) == (684, ConfigFamily.SERIES_88XX, DeviceClass.PHONE)
    assert (model.line_keys, model.more_line_keys, model.max_calls, model.modules) == (5, 10, 200, 2)
    assert model.last_known_load(SIP) == "sip88xx.14-4-1-0301-6"
    assert model.last_known_load(SCCP) == ""
    assert model.codecs[:2] == ("Opus", "G.722")
    assert model.can_convert_to_mpp
    assert model.wallpaper == "800x480x24"
    assert model.locale_prefix == "sl-be"


def test_what_is_uncertain_is_marked() -> None:
    columns = set(Model.__slots__) | {"locale_jar"}
    for model in catalogue():
        for mark in model.marks:
            column, _, reason = mark.partition(":")
            assert column in columns
            assert reason in {"background", "open", "pattern", "package", "sources-differ"}
    assert "max_calls:open" in catalogue().require("7861").marks

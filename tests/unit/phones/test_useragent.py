"""User-Agent and DHCP vendor class."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bridge.core import MacAddress
from bridge.phones import FirmwareKind, catalogue, firmware_of, parse_user_agent, parse_vendor_class

ENTERPRISE = FirmwareKind.ENTERPRISE


@pytest.mark.parametrize(
    ("text", "model", "firmware", "version"),
    [
        ("Cisco-CP7970G/8.4.0", "7970G", ENTERPRISE, "8.4.0"),
        ("Cisco-CP7821/12.1.1", "7821", ENTERPRISE, "12.1.1"),
        ("Cisco-CP7841/10.1.1", "7841", ENTERPRISE, "10.1.1"),
        ("Cisco-CP7961G-GE/9.3.1", "7961G-GE", ENTERPRISE, "9.3.1"),
        ("Cisco-CP-8851-3PCC/11.3.7", "8851-3PCC (MPP)", FirmwareKind.MPP, "11.3.7"),
        ("Cisco/SPA504G-7.4.4 (001122AABBCC)(CCQ0000000A)", "SPA504G", FirmwareKind.SPA, "7.4.4"),
        ("Cisco/ATA191-MPP-11.1.0 (CCQ0000000A)", "ATA 191-MPP", FirmwareKind.MPP, "11.1.0"),
    ],
)
def test_phones_by_user_agent(text: str, model: str, firmware: FirmwareKind, version: str) -> None:
    agent = parse_user_agent(text)
    assert agent is not None
    assert agent.model is not None
    assert (agent.model.name, agent.firmware, agent.version) == (model, firmware, version)
    assert firmware_of(agent.model) is firmware


def test_an_mpp_phone_adds_its_mac() -> None:
    agent = parse_user_agent("Cisco-CP-7832-3PCC/11.0.1 (001122aabbcc)")
    assert agent is not None
    assert agent.mac == MacAddress("001122AABBCC")


def test_a_phone_that_the_catalogue_lacks_still_shows_what_it_is() -> None:
    agent = parse_user_agent("Cisco-CP9999/1.0")
    assert agent is not None
    assert (agent.product, agent.model) == ("9999", None)


@pytest.mark.parametrize("text", ["", "Asterisk PBX 22.5.2", "curl/8.0", "Cisco-CP", "Cisco-CP7841/10\r\nX: y" * 50])
def test_other_programs_are_no_phones(text: str) -> None:
    assert parse_user_agent(text) is None


@pytest.mark.parametrize(
    ("option", "model", "firmware"),
    [
        (b"Cisco Systems, Inc. IP Phone CP-7941G\0", "7941G", ENTERPRISE),
        (b"Cisco Systems, Inc. IP Phone CP-7961G-GE\0", "7961G-GE", ENTERPRISE),
        (b"Cisco Systems, Inc. IP Phone 7912", "7912G", ENTERPRISE),
        (b"Cisco Systems Inc. Wireless Phone 7921", "7921G", ENTERPRISE),
        (b"Cisco Systems, Inc. IP Phone CP-8861", "8861", ENTERPRISE),
        (b"Cisco Systems, Inc. IP Phone CP-7841-3PCC\0", "7841-3PCC (MPP)", FirmwareKind.MPP),
        (b"Cisco Systems, Inc. IP Phone CP-8845-3PCC\0", "8845-3PCC (MPP)", FirmwareKind.MPP),
        (b"CISCO ATA190", "ATA 190", ENTERPRISE),
        (b"CISCO ATA192-MPP", "ATA 192-MPP", FirmwareKind.MPP),
        (b"Cisco SPA525g", "SPA525G", FirmwareKind.SPA),
        (b"Cisco Systems, Inc. IP Phone SPA512G", "SPA512G", FirmwareKind.SPA),
    ],
)
def test_phones_by_vendor_class(option: bytes, model: str, firmware: FirmwareKind) -> None:
    found = parse_vendor_class(option)
    assert found is not None
    assert found.model is not None
    assert (found.model.name, found.firmware) == (model, firmware)


def test_a_vendor_class_that_names_the_vendor_only() -> None:
    for option in (b"Cisco Systems, Inc.", b"Cisco Systems, Inc. IP Phone\0"):
        found = parse_vendor_class(option)
        assert found is not None
        assert (found.model, found.firmware) == (None, None)


@pytest.mark.parametrize("option", [b"", b"\0", b"MSFT 5.0", b"\xff" * 255, b"Cisco" * 100, "udhcp 1.36"])
def test_other_clients_are_no_phones(option: bytes | str) -> None:
    assert parse_vendor_class(option) is None


def test_every_documented_vendor_class_is_read(reference: Path) -> None:
    with (reference / "dhcp_vendor_class.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found = parse_vendor_class(row["option60"].replace("\\x00", "\0"))
            assert found is not None
            assert (found.model.name if found.model else "") == row["model"]
            if found.model is not None:
                assert found.model is catalogue().by_name(row["model"])

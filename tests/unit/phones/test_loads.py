"""Names of firmware loads."""

from __future__ import annotations

import pytest

from bridge.core import SignallingProtocol
from bridge.errors import ConfigurationError
from bridge.phones import ConfigFamily, catalogue, check_load, fits, parse_load

SIP = SignallingProtocol.SIP
SCCP = SignallingProtocol.SCCP


@pytest.mark.parametrize(
    ("name", "protocol", "group", "version", "a_model"),
    [
        ("SIP41.9-4-2SR3-1S", SIP, "41", "9-4-2SR3-1S", "7961G"),
        ("SCCP11.9-4-2SR3-1S.loads", SCCP, "11", "9-4-2SR3-1S", "7906G"),
        ("sip88xx.14-4-1-0301-6", SIP, "88xx", "14-4-1-0301-6", "8841"),
        ("sip8845_65.12-7-1-0001-393", SIP, "8845_65", "12-7-1-0001-393", "8865NR"),
        ("P0S3-8-12-00", SIP, "P0S3", "8-12-00", "7960G"),
        ("P0030801SR02", SCCP, "P003", "0801SR02", "7940G"),
        ("P0M3-06-3-00", None, "P0M3", "06-3-00", "7960G"),
        ("P00405000700.bin", SCCP, "P004", "05000700", "7910G"),
        ("SCCP69xx.9-4-1-3SR3", SCCP, "69xx", "9-4-1-3SR3", "6961"),
        ("SIP8941_8945.9-3-1-18", SIP, "8941_8945", "9-3-1-18", "8945"),
        ("CP7902080002SCCP060817A", SCCP, "7902", "080002", "7902G"),
        ("CP7925G-1.4.8.4", SCCP, "7925G", "1.4.8.4", "7925G"),
        ("apps37sccp.1-4-5-7", SCCP, "37", "1-4-5-7", "7937G"),
        ("cmterm_7936.3-3-21-0", SCCP, "7936", "3-3-21-0", "7936"),
        ("ATA187.9-2-3-1", SIP, "ATA187", "9-2-3-1", "ATA 187"),
        ("ATA030204SCCP090202A", SCCP, "ATA", "030204", "ATA 186"),
        ("spa50x-30x-7-5-5.bin", None, "50x-30x", "7-5-5", "SPA504G"),
        ("spa525g-7-6-2", None, "525g", "7-6-2", "SPA525G2"),
        ("term61.default.loads", None, "61", "", "7961G-GE"),
        ("jar41sccp.9-4-2ES26.sbn", SCCP, "41", "9-4-2ES26", "7941G"),
        ("cvm42sip.9-4-2SR3-1S.sbn", SIP, "42", "9-4-2SR3-1S", "7962G"),
        ("dsp45.9-4-2SR3-1S.sbn", None, "45", "9-4-2SR3-1S", "7965G"),
    ],
)
def test_what_a_name_says(
    name: str, protocol: SignallingProtocol | None, group: str, version: str, a_model: str
) -> None:
    load = parse_load(name)
    assert (load.protocol, load.group, load.version) == (protocol, group, version)
    assert a_model in load.models
    model = catalogue().by_name(a_model)
    assert model is not None
    assert load.families == {model.family}


def test_mpp_firmware_is_told_from_enterprise_firmware() -> None:
    assert parse_load("sip88xx.12-0-7MPP0001-55").families == {ConfigFamily.MPP}
    assert not fits("sip88xx.12-0-7MPP0001-55", catalogue().require("8841"), SIP)


@pytest.mark.parametrize("name", ["", "x", "no such load", "SIP99.1", "SIP", "P0", "SIP41." + "9" * 500, "\0", "٤١"])
def test_a_strange_name_says_nothing(name: str) -> None:
    load = parse_load(name)
    assert not load.models
    assert not load.families


def test_every_load_of_the_catalogue_fits_its_own_model() -> None:
    for model in catalogue():
        for protocol in model.protocols:
            if load := model.last_known_load(protocol):
                assert fits(load, model, protocol), (model.name, load)


def test_every_model_that_a_load_names_is_in_the_catalogue() -> None:
    names = {model.name for model in catalogue()}
    for model in catalogue():
        for load in filter(None, (model.sip_load, model.sccp_load)):
            assert parse_load(load).models <= names


@pytest.mark.parametrize(
    ("load", "name", "protocol", "expected"),
    [
        ("SIP41.9-4-2SR3-1S", "7961", SIP, True),
        ("SIP41.9-4-2SR3-1S", "7941G-GE", SIP, True),
        ("SIP41.9-4-2SR3-1S", "7961", SCCP, False),
        ("SIP41.9-4-2SR3-1S", "7962", SIP, False),
        ("SCCP11.9-4-2SR3-1S", "7910", SCCP, False),
        ("sip88xx.14-4-1-0301-6", "8845", SIP, False),
        ("something.new-1", "8845", SIP, True),
    ],
)
def test_fits(load: str, name: str, protocol: SignallingProtocol, expected: bool) -> None:
    assert fits(load, catalogue().require(name), protocol) is expected


def test_a_load_for_other_hardware_is_refused_with_the_one_to_take() -> None:
    with pytest.raises(ConfigurationError, match=r"does not fit a 7962G.*SIP for .*7961G.*such as SIP42\."):
        check_load("SIP41.9-4-2SR3-1S", catalogue().require("7962"), SIP)


@pytest.mark.parametrize("load", ["", "../SIP41.9", "SIP41.9\n", "a b", "x" * 81])
def test_what_is_no_name_of_a_load_is_refused(load: str) -> None:
    with pytest.raises(ConfigurationError, match="is not the name of a firmware load"):
        check_load(load, catalogue().require("7961"), SIP)

"""How the model of an unknown phone comes to light."""

from __future__ import annotations

import pytest

from bridge.core import SignallingProtocol, Via
from bridge.phones import PhoneEvidence, Rank, parse_file_name, parse_user_agent, parse_vendor_class

SIP = SignallingProtocol.SIP
SCCP = SignallingProtocol.SCCP
SEP = parse_file_name("SEP001122AABBCC.cnf.xml")


def after(*names: str) -> PhoneEvidence:
    evidence = PhoneEvidence()
    for name in names:
        evidence = evidence.with_file(parse_file_name(name))
    return evidence


def test_a_mac_tells_nothing() -> None:
    evidence = after("CTLSEP001122AABBCC.tlv", "SEP001122AABBCC.cnf.xml", "XMLDefault.cnf.xml")
    assert evidence == PhoneEvidence()
    assert evidence.candidates() == ()
    assert evidence.model() is None
    assert evidence.single_protocol() is None


@pytest.mark.parametrize(("number", "name"), [("06", "7906G"), ("42", "7942G"), ("65", "7965G"), ("75", "7975G")])
def test_a_factory_reset_shows_the_model(number: str, name: str) -> None:
    evidence = after(f"term{number}.default.loads")
    model = evidence.model()
    assert model is not None
    assert model.name == name
    assert evidence.rank is Rank.DEFAULT_LOAD
    assert evidence.single_protocol() is None, "these are dual-protocol phones"


def test_a_7961_and_its_twin_cannot_be_told_apart_by_their_default_load() -> None:
    assert [model.name for model in after("term61.default.loads").candidates()] == ["7961G", "7961G-GE"]


@pytest.mark.req("AR-25")
def test_a_phone_that_fetches_over_http_speaks_sip_alone() -> None:
    evidence = PhoneEvidence().with_file(SEP, Via.HTTP)
    assert evidence.single_protocol() is SIP
    assert evidence.model() is None
    assert len(evidence.candidates()) == 23
    assert PhoneEvidence().with_file(SEP, Via.TFTP).single_protocol() is None


def test_files_narrow_what_the_transport_left_open() -> None:
    evidence = PhoneEvidence().with_file(SEP, Via.HTTP).with_file(parse_file_name("x/gh-sip.jar"), Via.HTTP)
    assert [model.name for model in evidence.candidates()] == ["8961", "9951", "9971"]


def test_better_evidence_replaces_weaker_that_it_contradicts() -> None:
    evidence = PhoneEvidence().with_file(SEP, Via.HTTP)
    evidence = evidence.with_vendor_class(parse_vendor_class("Cisco Systems, Inc. IP Phone CP-7942G"))
    model = evidence.model()
    assert model is not None
    assert model.name == "7942G"
    assert evidence.with_file(SEP, Via.HTTP) == evidence, "and weaker evidence does not undo it"


@pytest.mark.req("AR-25")
def test_a_sip_ata_speaks_sip_alone() -> None:
    assert after("ATA001122AABBCC.cnf.xml").single_protocol() is SIP


@pytest.mark.req("AR-26")
def test_a_7902_speaks_sccp_alone() -> None:
    evidence = after("ff001122aabbcc")
    model = evidence.model()
    assert model is not None
    assert model.name == "7902G"
    assert evidence.single_protocol() is SCCP


def test_a_user_agent_tells_the_model() -> None:
    model = PhoneEvidence().with_user_agent(parse_user_agent("Cisco-CP8841/14.2.1")).model()
    assert model is not None
    assert model.name == "8841"
    assert PhoneEvidence().with_user_agent(parse_user_agent("curl/8")) == PhoneEvidence()


def test_a_registration_is_the_best_evidence() -> None:
    evidence = after("term61.default.loads").with_registration(437, SCCP)
    model = evidence.model()
    assert model is not None
    assert (model.name, evidence.observed, evidence.rank) == ("7975G", SCCP, Rank.REGISTRATION)
    unknown = after("term61.default.loads").with_registration(99_999_999, SIP)
    assert [model.name for model in unknown.candidates()] == ["7961G", "7961G-GE"]
    assert unknown.observed is SIP


def test_a_running_load_tells_group_and_protocol() -> None:
    evidence = PhoneEvidence().with_load("SCCP42.9-4-2SR3-1S")
    assert [model.name for model in evidence.candidates()] == ["7942G", "7962G"]
    assert evidence.observed is SCCP
    assert PhoneEvidence().with_load("nonsense") == PhoneEvidence()


def test_a_signed_request_shows_a_trust_list() -> None:
    assert after("SEP001122AABBCC.cnf.xml.sgn").holds_trust_list
    assert not PhoneEvidence().with_file(parse_file_name("SEP001122AABBCC.cnf.xml.sgn"), Via.HTTPS).holds_trust_list
    assert not after("g3-tones.xml.sgn").holds_trust_list


def test_of_two_equal_pieces_that_contradict_each_other_the_first_stays() -> None:
    """Files without a MAC are told apart by address alone, and several phones may share one."""
    first = after("x/mk-sip.jar")
    assert first.with_file(parse_file_name("x/gd-sip.jar")) == first

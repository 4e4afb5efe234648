"""AXL answers: lists and details together, faults, hostile XML; and what is asked."""

from __future__ import annotations

import pytest

from bridge.errors import InvalidInput, LocalProtocolError
from bridge.migration.axlanswers import read_answers
from bridge.migration.axlrequests import KINDS, AxlRequest, listed, page, single, without_secrets
from bridge.migration.notes import Weight
from tests.cucm import FAULT, PHONE_8841, RECORDED, answer

pytestmark = pytest.mark.req("RG-29")

BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><x><return>&b;</return></x>'
OUTSIDE = (
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x><return><phone><name>&a;</name></phone></return></x>'
)


def test_everything_that_was_recorded_is_counted() -> None:
    inventory = read_answers(list(RECORDED.items()))
    assert inventory.counts == {
        "phones": 3,
        "lines": 2,
        "CallManager groups": 1,
        "regions": 1,
        "date/time groups": 1,
        "partitions": 2,
        "calling search spaces": 2,
        "device pools": 1,
        "pickup groups": 1,
        "phone button templates": 1,
        "route patterns": 2,
        "translation patterns": 1,
        "users": 1,
    }
    assert [each for each in inventory.notes if each.weight is Weight.BROKEN] == []


def test_details_win_over_a_list_whatever_comes_first() -> None:
    short, full = answer("listPhone", "<phone><name>SEP00AABBCCDDEE</name></phone>"), answer("getPhone", PHONE_8841)
    for files in ([("a", short), ("b", full)], [("a", full), ("b", short)]):
        (phone,) = read_answers(files).phones
        assert [each.line.number for each in phone.lines] == ["2001", "2002"]


def test_a_phone_that_was_only_listed_is_told() -> None:
    inventory = read_answers([("a", answer("listPhone", "<phone><name>SEP00AABBCCDDEE</name></phone>"))])
    assert ["getPhone" in each.what for each in inventory.notes] == [True]


@pytest.mark.parametrize(
    "content", [b"", b"<", b"\xff\xfe", b"<a/>", BOMB, OUTSIDE, FAULT, answer("getPhone", "<phone/>"), b"<a>" * 5000]
)
def test_what_is_no_answer_becomes_a_note(content: bytes) -> None:
    inventory = read_answers([("x.xml", content)])
    assert inventory.phones == ()
    assert [each.weight for each in inventory.notes] == [Weight.BROKEN]
    assert "root:" not in str(inventory.notes)


def test_kinds_that_are_not_imported_are_told() -> None:
    inventory = read_answers([("x", answer("listGateway", "<gateway><domainName>a</domainName></gateway>"))])
    assert [(each.weight, each.subject) for each in inventory.notes] == [(Weight.LOST, "gateway")]


def test_only_reading_operations_can_be_asked_for() -> None:
    for operation in (
        "updatePhone",
        "removePhone",
        "addPhone",
        "executeSQLUpdate",
        "executeSQLQuery",
        "get",
        "listX><a",
    ):
        with pytest.raises(LocalProtocolError):
            AxlRequest(operation, "", "x")
    for kind in KINDS:
        assert page(kind, 0, 10).operation.startswith("list")
        if kind.getting:
            assert single(kind, ("a",) * len(kind.keys), 1).operation.startswith("get")


def test_requests() -> None:
    phone = next(each for each in KINDS if each.element == "phone")
    request = page(phone, 200, 100)
    assert request.action("12.5") == '"CUCM:DB ver=12.5 listPhone"'
    content = request.envelope("12.5").decode()
    assert 'xmlns:ns="http://www.cisco.com/AXL/API/12.5"' in content
    assert "<searchCriteria><name>%</name></searchCriteria>" in content
    assert "<skip>200</skip><first>100</first>" in content
    line = next(each for each in KINDS if each.element == "line")
    asked = single(line, ("2001<&", "PT"), 3)
    assert asked.body == "<pattern>2001&lt;&amp;</pattern><routePartitionName>PT</routePartitionName>"
    with pytest.raises(InvalidInput):
        request.envelope('12.5"><a')
    assert listed(line, answer("listLine", "<line><pattern>2001</pattern><routePartitionName/></line>"), "x") == [
        ("2001", "")
    ]
    with pytest.raises(InvalidInput, match="refuses listLine"):
        listed(line, FAULT, "x")


def test_recordings_hold_no_secrets() -> None:
    kept = without_secrets(RECORDED["phone1.xml"] + RECORDED["user.xml"])
    assert b"hunter2" not in kept
    assert b"13579" not in kept
    assert b"<sshPwd>-</sshPwd>" in kept
    assert b"Front desk" in kept
    assert without_secrets(b'<ns:pin encoding="x">1</ns:pin><pinning>2</pinning>') == (
        b'<ns:pin encoding="x">-</ns:pin><pinning>2</pinning>'
    )

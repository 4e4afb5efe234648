"""dialog-info documents: what they tell, and what they cannot do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import RemoteProtocolError
from bridge.sip.dialoginfo import (
    MAX_DIALOGS,
    CallDirection,
    DialogInfo,
    DialogStatus,
    WatchedDialog,
    WatchedNumber,
    parse_dialog_info,
)
from tests.sipwatch import document

HEAD = '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="{}" state="{}" entity="sip:1@x">'


def read(inside: str, version: object = 1, state: str = "full") -> DialogInfo:
    return parse_dialog_info(f"{HEAD.format(version, state)}{inside}</dialog-info>".encode())


def test_a_document_of_asterisk() -> None:
    info = parse_dialog_info(document("early", 3, caller="1003", name="Carol").encode())
    assert info == DialogInfo(
        3,
        full=True,
        entity="sip:2001@192.0.2.1",
        dialogs=(WatchedDialog("2001", DialogStatus.EARLY, CallDirection.RECIPIENT, "1003", "Carol"),),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"<dialog-info/>",
        b'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1"/>',
        b'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="-1" state="full"/>',
        b'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="99999999999" state="full"/>',
        b'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="half"/>',
        b'<?xml version="1.0" encoding="klingon"?><a/>',
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>" * 10_000,
        b"x" * 33_000,
    ],
)
def test_hostile_documents(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_dialog_info(body)


def test_dialogs_that_make_no_sense_are_left_out_and_the_rest_is_bounded() -> None:
    many = "".join(f'<dialog id="{number}"><state>confirmed</state></dialog>' for number in range(200))
    assert len(read(many).dialogs) == MAX_DIALOGS
    odd = (
        '<dialog id="a"/><dialog id="b"><state>dancing</state></dialog>'
        f'<dialog id="{"c" * 999}" direction="sideways"><state> Confirmed </state>'
        "<remote><identity>nobody at all</identity></remote></dialog>"
    )
    (dialog,) = read(odd).dialogs
    assert dialog == WatchedDialog("c" * 256, DialogStatus.CONFIRMED)


def dialogs(*pairs: tuple[str, str]) -> str:
    return "".join(f'<dialog id="{name}"><state>{state}</state></dialog>' for name, state in pairs)


def test_partial_documents_change_what_they_name() -> None:
    known = WatchedNumber().with_document(read(dialogs(("a", "early"), ("b", "confirmed"))))
    assert known.is_known
    known = known.with_document(read(dialogs(("a", "terminated")), 2, "partial"))
    assert [(each.id, each.status) for each in known.dialogs] == [("b", DialogStatus.CONFIRMED)]
    known = known.with_document(read(dialogs(("a", "terminated"), ("b", "early"), ("c", "trying")), 3, "partial"))
    assert [each.id for each in known.dialogs] == ["b", "c"]
    assert known.with_document(read("", 2, "partial")) is known
    assert known.with_document(read("", 3, "partial")) is known


def test_a_gap_asks_for_the_whole_state() -> None:
    assert not WatchedNumber().with_document(read(dialogs(("a", "early")), 1, "partial")).is_known
    known = WatchedNumber().with_document(read(dialogs(("a", "early"))))
    lost = known.with_document(read("", 5, "partial"))
    assert not lost.is_known
    assert not lost.with_document(read("", 6, "partial")).is_known
    assert lost.with_document(read("", 7)).is_known


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_nothing_breaks_the_reader(body: bytes) -> None:
    for whole in (body, HEAD.format(1, "full").encode() + body + b"</dialog-info>"):
        try:
            parse_dialog_info(whole)
        except RemoteProtocolError:
            continue


def test_a_server_may_count_from_the_beginning_again() -> None:
    known = WatchedNumber().with_document(read(dialogs(("a", "early")), 9))
    assert known.with_document(read("", 0)) == WatchedNumber(0, (), is_known=True)


STATES = st.sampled_from(["early", "confirmed", "terminated"])


@given(st.lists(st.tuples(st.sampled_from("abc"), STATES, st.booleans()), min_size=1, max_size=12))
def test_changes_one_by_one_and_all_at_once_tell_the_same(steps: list[tuple[str, str, bool]]) -> None:
    known, truth = WatchedNumber().with_document(read("", 0)), dict[str, str]()
    for version, (name, state, full) in enumerate(steps, 1):
        truth[name] = state
        inside = dialogs(*truth.items()) if full else dialogs((name, state))
        document = read(inside, version, "full" if full else "partial")
        known = known.with_document(document)
        assert known.with_document(document) == known
        alive = {name: state for name, state in truth.items() if state != "terminated"}
        assert {each.id: each.status for each in known.dialogs} == alive

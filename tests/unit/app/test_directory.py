"""Directories: search, pages, PINs, call lists, and the admin's side."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.app.services.directory import Directory, DirectoryDesk, read_contacts
from bridge.core import CallKind, DeviceName, DirectoryContact, Line, LineAppearance, PastCall, SignallingProtocol
from bridge.core.phonebook import checked_contact, matches, search_words
from bridge.errors import InvalidInput, NotFound
from bridge.store import SqlStore
from tests.samples import sample_device
from tests.unit.app.conftest import StillClock

ME = DeviceName("SEP001122334455")


@pytest.fixture
def admin(store: SqlStore, clock: StillClock) -> DirectoryDesk:
    return DirectoryDesk(store, clock, "ann")


@pytest.fixture
def directory(store: SqlStore, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> Directory:
    monkeypatch.setattr("bridge.app.services.directory.STALE", 0.0)
    with store.write() as work:
        device = sample_device(SignallingProtocol.SCCP, LineAppearance(1, Line("1001", display_name="Zoë Ärmel")))
        work.devices.add(device)
        work.commit()
    return Directory(store, clock)


@pytest.mark.parametrize(
    ("name", "wanted", "found"),
    [
        ("Käthe Müller", "mu", True),
        ("Käthe Müller", "Mü", True),
        ("Käthe Müller", "muell", True),
        ("Käthe Müller", "kae mül", True),
        ("Käthe Müller", "üller", False),
        ("Ka\u0308the", "kaethe", True),
        ("Groß, Łukasz", "gross", True),
        ("Anne-Marie", "marie", True),
        ("Ильин", "иль", True),
        ("Bob", "", True),
        ("Bob", "bobby", False),
    ],
)
def test_names_are_found_by_the_beginnings_of_their_words(name: str, wanted: str, found: bool) -> None:
    assert matches(search_words(name), wanted) is found


def test_the_corporate_directory_holds_phones_and_contacts_in_pages(directory: Directory, admin: DirectoryDesk) -> None:
    admin.add([checked_contact(f"Person {number:03}", f"2{number:03}") for number in range(70)])
    first, last = directory.corporate(), directory.corporate(page=99)
    assert (first.total, first.pages, len(first.contacts), len(last.contacts), last.number) == (71, 3, 32, 7, 3)
    assert first.contacts[0] == DirectoryContact("Person 000", "2000")
    assert last.contacts[-1] == DirectoryContact("Zoë Ärmel", "1001")
    assert [each.number for each in directory.corporate("aerm").contacts] == ["1001"]
    assert directory.corporate("nobody").contacts == ()


def test_a_call_is_listed_with_the_name_that_its_number_has(directory: Directory, admin: DirectoryDesk) -> None:
    admin.add([checked_contact("Käthe", "+49 (30) 12-3")])
    older = PastCall(ME, datetime(2026, 1, 1, tzinfo=UTC), CallKind.MISSED, "+4930123")
    newer = PastCall(ME, datetime(2026, 1, 2, tzinfo=UTC), CallKind.MISSED, "4711")
    for call in (older, newer):
        directory.note_call(call)
    assert directory.calls(ME, CallKind.MISSED) == [(newer, ""), (older, "Käthe")]
    assert directory.calls(ME, CallKind.PLACED) == []


def test_a_pin_opens_one_directory_and_guessing_ends(directory: Directory, admin: DirectoryDesk) -> None:
    me = sample_device(SignallingProtocol.SCCP).name
    assert directory.is_open(me, "")
    admin.set_pin(me, "4711")
    assert not directory.is_open(me, "")
    ticket = directory.ticket(me, "4711")
    assert directory.is_open(me, ticket)
    for _ in range(5):
        assert directory.ticket(me, "0000") == ""
    assert directory.ticket(me, "4711") == ""
    assert directory.is_open(me, ticket)
    admin.set_pin(me, "123456")
    assert not directory.is_open(me, ticket)
    admin.set_pin(me, "")
    assert directory.is_open(me, "")


@pytest.mark.parametrize("pin", ["123", "12ab", "1" * 13, "١٢٣٤"])
def test_a_pin_is_typed_on_a_keypad(admin: DirectoryDesk, pin: str) -> None:
    with pytest.raises(InvalidInput, match="digits"):
        admin.set_pin(ME, pin)


def test_what_the_admin_does_is_on_record(admin: DirectoryDesk, store: SqlStore) -> None:
    admin.add([checked_contact("A", "1"), checked_contact("B", "2")])
    assert [each.name for each in admin.contacts()] == ["A", "B"]
    assert admin.remove(name="A") == 1
    assert admin.add([checked_contact("C", "3")], replace=True) == 1
    assert [each.name for each in admin.contacts()] == ["C"]
    with pytest.raises(NotFound):
        admin.remove(number="99")
    with pytest.raises(InvalidInput):
        admin.remove()
    with store.read() as work:
        assert [entry.action for entry in work.journal.audit_trail()] == [
            "added to a directory",
            "removed contacts",
            "replaced a directory by",
        ]


def test_contacts_come_from_a_file() -> None:
    text = 'Number;Department;Name\n0 30/1234;x;"Müller; Käthe"\n\n*97;y;Mailbox\n'
    assert read_contacts(text) == [DirectoryContact("Müller; Käthe", "0301234"), DirectoryContact("Mailbox", "*97")]
    assert read_contacts("\ufeffname,number\nA,1\n", "SEP1") == [DirectoryContact("A", "1", "SEP1")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("nome,number\nA,1\n", "line 1"),
        ("name,number\nA,1\nB\n", "line 3: too few columns"),
        ("name,number\nA,1\nB,drop table\n", "line 3: 'drop table'"),
        ("name,number\nA,1\n ,2\n", "line 3"),
        ('name,number\n"A,1\n', "line 2"),
        ("name,number\n" + "A,1\n" * 50_001, "line 50002: more than 50000"),
        ("name,number\n" + "A" * 101 + ",1\n", "line 2"),
        ("x" * (8 * 1024 * 1024 + 1), "too large"),
    ],
)
def test_a_wrong_line_is_named(text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_contacts(text)
    assert words in str(caught.value)

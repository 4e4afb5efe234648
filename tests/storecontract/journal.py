"""What happened: journeys, audit, calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.core import (
    CallKind,
    CallQuality,
    CallRecord,
    DirectoryContact,
    PastCall,
    Via,
)
from bridge.core.events import FileDelivered, FileRequested, PhoneAdmitted
from bridge.errors import Conflict
from bridge.ports import AuditEntry
from bridge.store import SqlStore
from tests.storecontract.samples import NOW, SECOND, SIP, name
from tests.storecontract.schema import StoreContract


class JournalContract(StoreContract):
    def test_journeys(self, store: SqlStore) -> None:
        asked = FileRequested(at=NOW, device=name(1), name="SEP\x00\ud800.cnf", client="10.0.0.5", via=Via.TFTP)
        events = [
            asked,
            FileRequested(at=NOW, name="nobody's", client="10.0.0.5", via=Via.TFTP),
            FileDelivered(
                at=NOW + SECOND, device=name(2), name="x", client="c", via=Via.HTTP, size=9, seconds=0.25, secret=True
            ),
            PhoneAdmitted(at=NOW, device=name(1), number="1000", client="10.0.0.5", protocol=SIP),
        ]
        with store.write() as work:
            work.journal.append(events)
            work.journal.append([])
            work.commit()
        with store.read() as work:
            assert work.journal.journey(name(1)) == [asked, events[3]]
            assert work.journal.journey(name(1), limit=1) == [events[3]]
            assert work.journal.journey(name(2)) == [events[2]]
            assert work.journal.newest(limit=2) == [events[2], events[3]]
            assert work.journal.size() == 3
            assert work.journal.journey(name(3)) == []

    def test_refusals_are_counted_not_repeated(self, store: SqlStore) -> None:
        with store.write() as work:
            work.journal.refuse(name(1), "10.0.0.5", "autoreg_off", "off", NOW)
            work.journal.refuse(name(2), "10.0.0.6", "autoreg_off", "off", NOW + SECOND)
            work.journal.refuse(name(1), "10.0.0.7", "window_closed", "closed", NOW + 2 * SECOND)
            work.commit()
        with store.read() as work:
            first, second = work.journal.refused()
        assert (first.device, first.client, first.reason, first.text) == (
            name(1),
            "10.0.0.7",
            "window_closed",
            "closed",
        )
        assert (first.first_at, first.last_at, first.count) == (NOW, NOW + 2 * SECOND, 2)
        assert (second.device, second.count) == (name(2), 1)
        with store.write() as work:
            work.journal.forget_refusal(name(1))
            assert [each.device for each in work.journal.refused()] == [name(2)]

    def test_audit(self, store: SqlStore) -> None:
        entries = [AuditEntry(NOW + number * SECOND, "root", f"action {number}", "d") for number in range(5)]
        with store.write() as work:
            for entry in entries:
                work.journal.audit(entry)
            assert work.journal.audit_trail() == entries
            assert work.journal.audit_trail(limit=2) == entries[3:]

    def test_the_audit_trail_tells_whether_it_grew(self, store: SqlStore) -> None:
        with store.write() as work:
            before = work.journal.newest_audit()
            work.journal.audit(AuditEntry(NOW, "root", "action", "d"))
            assert work.journal.newest_audit() > before
            work.commit()
        with store.read() as work:
            assert work.journal.newest_audit() > before

    def test_the_audit_trail_is_followed_entry_by_entry(self, store: SqlStore) -> None:
        entries = [AuditEntry(NOW + number * SECOND, "root", f"action {number}", "d") for number in range(5)]
        with store.write() as work:
            before = work.journal.newest_audit()
            for entry in entries:
                work.journal.audit(entry)
            work.commit()
        with store.read() as work:
            first = work.journal.audit_after(before, limit=3)
            assert [entry for _, entry in first] == entries[:3]
            rest = work.journal.audit_after(first[-1][0], limit=3)
            assert [entry for _, entry in rest] == entries[3:]
            assert work.journal.audit_after(rest[-1][0], limit=3) == []


class PhonebookContract(StoreContract):
    def test_contacts_of_each_owner(self, store: SqlStore) -> None:
        ours = [DirectoryContact("Jürgen 😀", "+4930123"), DirectoryContact("jürgen 😀", "+4930123")]
        mine = DirectoryContact("Mum", "12", name(1).value)
        with store.write() as work:
            assert work.phonebook.add_contacts([*ours, mine, mine]) == 3
            assert work.phonebook.add_contacts([*ours, DirectoryContact("New", "1")]) == 1
            work.commit()
        with store.write() as work:
            assert set(work.phonebook.contacts()) == {*ours, DirectoryContact("New", "1")}
            assert work.phonebook.contacts(name(1).value) == [mine]
            assert work.phonebook.remove_contacts(name="Jürgen 😀") == 1
            assert work.phonebook.remove_contacts(number="1") == 1
            assert work.phonebook.contacts() == [ours[1]]
            assert work.phonebook.remove_contacts() == 1
            assert work.phonebook.contacts(name(1).value) == [mine]

    def test_a_directory_has_an_end(self, store: SqlStore) -> None:
        owner = name(1).value
        with store.write() as work:
            work.phonebook.add_contacts([DirectoryContact(f"n{each}", "1", owner) for each in range(1000)])
            with pytest.raises(Conflict, match="1000"):
                work.phonebook.add_contacts([DirectoryContact("one more", "1", owner)])

    def test_pins(self, store: SqlStore) -> None:
        with store.write() as work:
            assert work.phonebook.pin("SEP1") == ""
            for hashed in ("a", "b"):
                work.phonebook.set_pin("SEP1", hashed)
                assert work.phonebook.pin("SEP1") == hashed
            work.phonebook.set_pin("SEP1", "")
            assert work.phonebook.pin("SEP1") == ""

    def test_the_newest_calls_of_each_kind_are_kept(self, store: SqlStore) -> None:
        calls = [PastCall(name(1), NOW + each * SECOND, CallKind.MISSED, str(each), each) for each in range(120)]
        placed = PastCall(name(1), NOW, CallKind.PLACED, "7")
        with store.write() as work:
            for call in (placed, *calls):
                work.phonebook.note_call(call)
            work.commit()
        with store.read() as work:
            assert work.phonebook.calls(name(1), CallKind.MISSED) == calls[:19:-1]
            assert work.phonebook.calls(name(1), CallKind.PLACED) == [placed]
            assert work.phonebook.calls(name(2), CallKind.MISSED) == []


class CallRecordsContract(StoreContract):
    def test_every_field_comes_back(self, store: SqlStore) -> None:
        quality = CallQuality(500, 498, 2, 3, 2**40)
        full = CallRecord(
            name(1),
            "1001",
            "+4930123",
            "Jürgen 😀",
            True,
            NOW,
            NOW + SECOND,
            NOW + 9 * SECOND,
            "we hung up",
            0,
            "ulaw",
            quality,
            True,
            "sepbridge/1001.wav",
        )
        short = CallRecord(name(2), "1002", "", "", False, NOW, None, NOW + SECOND, "refused" * 100, 486)
        with store.write() as work:
            work.calls.add(full)
            work.calls.add(short)
            work.commit()
        kept = replace(full, quality=replace(quality, latency=2**31 - 1))
        cut = replace(short, why=short.why[:200])
        with store.read() as work:
            assert work.calls.newest() == [kept, cut]
            assert work.calls.newest(most=1) == [cut]
            assert work.calls.newest(devices=[name(1)]) == [kept]
            assert work.calls.newest(devices=[name(3)]) == []
            assert work.calls.newest(since=NOW + 2 * SECOND) == [kept]
            assert work.calls.newest(until=NOW + 2 * SECOND) == [cut]
            assert work.calls.newest(until=NOW + SECOND) == []
            assert work.calls.newest(most=1, skip=1) == [kept]
            assert work.calls.newest(skip=2) == []

    def test_old_ones_are_forgotten(self, store: SqlStore) -> None:
        with store.write() as work:
            for each in range(5):
                work.calls.add(CallRecord(name(1), "1", str(each), "", True, NOW, None, NOW + each * SECOND, "", 0))
            assert work.calls.forget(NOW + 2 * SECOND) == 2
            assert [each.number for each in work.calls.newest()] == ["2", "3", "4"]

"""Autoregistration, and numbers that users claim."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest

from bridge.autoregistration import (
    AutoregistrationSettings,
    ListEntry,
    RogueSettings,
    SecurityPolicy,
    UnknownMode,
    Window,
    disable,
    enable,
    reset_pointer,
)
from bridge.core import (
    Claim,
    ClaimTries,
    DeviceName,
    KeptCallBack,
    NumberRange,
    UniversalDeviceTemplate,
)
from bridge.errors import NotFound
from bridge.store import SqlStore, open_store
from tests.storecontract.samples import NOW, SECOND, SIP, admit, name, open_range, phone, remove
from tests.storecontract.schema import StoreContract


class AutoregistrationContract(StoreContract):
    @pytest.mark.req("AR-03")
    def test_a_new_system_is_off(self, store: SqlStore) -> None:
        with store.read() as work:
            assert work.autoregistration.load() == AutoregistrationSettings()

    def test_every_field_comes_back(self, store: SqlStore) -> None:
        settings = AutoregistrationSettings(
            range=NumberRange("0010", "0019"),
            next_number="0013",
            server_disabled=True,
            window=Window(NOW, None),
            protocol=SIP,
            partition="Phones",
            allowed_networks=(ip_network("10.0.0.0/24"), ip_network("fd00::/64")),
            allowed=(ListEntry.parse("mac:001122AABBCC"), ListEntry.parse("model:683")),
            denied=(ListEntry.parse("network:10.0.0.0/8"), ListEntry.parse("oui:001122")),
            unknown=UnknownMode.ROGUE,
            phones_left=7,
            warn_after=50,
            approval=True,
            secure=True,
            security=SecurityPolicy.ALLOW,
            backup=True,
            protocol_chosen=True,
            without_space=True,
            checked_range="0010-0019",
            device_template="Office",
            rogue=RogueSettings(NumberRange("8900", "8999"), "8903", True, "00", "1001"),
        )
        with store.write() as work:
            with pytest.raises(NotFound, match="partition 'Phones'"):
                work.autoregistration.save(settings)
            work.site.save_partition("Phones")
            with pytest.raises(NotFound, match="universal device template 'Office'"):
                work.autoregistration.save(settings)
            work.objects.device_templates.save(UniversalDeviceTemplate("Office"))
            work.autoregistration.save(settings)
            work.commit()
        with store.read() as work:
            assert work.autoregistration.load() == settings

    @pytest.mark.req("AR-05")
    def test_what_was_decided_on_phones_by_name(self, store: SqlStore) -> None:
        one, two = DeviceName("SEP001122000001"), DeviceName("SEP001122000002")
        with store.write() as work:
            work.autoregistration.judge(one, False, NOW)
            work.autoregistration.judge(one, True, NOW)
            work.autoregistration.judge(two, False, NOW)
            work.commit()
        with store.read() as work:
            assert work.autoregistration.verdicts() == {one: True, two: False}
            assert work.autoregistration.verdicts([two]) == {two: False}
            assert work.autoregistration.verdicts([]) == {}
        with store.write() as work:
            work.autoregistration.judge(one, None, NOW)
            work.commit()
        with store.read() as work:
            assert work.autoregistration.verdicts() == {two: False}

    @pytest.mark.req("AR-05")
    def test_a_refusal_is_news_once_for_each_reason(self, store: SqlStore) -> None:
        phone = DeviceName("SEP001122000001")
        with store.write() as work:
            told = [work.journal.refuse(phone, "c", reason, "t", NOW) for reason in ("a", "a", "b", "b", "a")]
            assert told == [True, False, True, False, True]
            work.journal.forget_refusal(phone)
            assert work.journal.refuse(phone, "c", "a", "t", NOW)

    @pytest.mark.req("AR-24")
    def test_who_was_turned_away_for_one_reason_and_not_long_ago(self, store: SqlStore) -> None:
        before, after = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
        with store.write() as work:
            work.journal.refuse(name(1), "c", "wrong_protocol", "t", before)
            work.journal.refuse(name(2), "c", "wrong_protocol", "t", before)
            work.journal.refuse(name(2), "c", "wrong_protocol", "t", NOW)
            work.journal.refuse(name(3), "c", "autoreg_off", "t", NOW)
            work.journal.refuse(name(4), "c", "wrong_protocol", "t", NOW)
            asked = [name(each) for each in (1, 2, 3, 5)]
            assert work.journal.refused_since(asked, "wrong_protocol", NOW) == {name(2)}
            assert work.journal.refused_since(asked, "wrong_protocol", before) == {name(1), name(2)}
            assert work.journal.refused_since(asked, "wrong_protocol", after) == frozenset()
            assert work.journal.refused_since([], "wrong_protocol", before) == frozenset()

    @pytest.mark.req("RG-10")
    def test_a_refused_phone_keeps_the_model_that_it_told(self, store: SqlStore) -> None:
        phone = DeviceName("SEP001122000001")
        with store.write() as work:
            for model in ("", "7961G", ""):
                work.journal.refuse(phone, "192.0.2.9", "autoreg_off", "off", NOW, model)
            work.journal.refuse(name(2), "192.0.2.10", "autoreg_off", "off", NOW)
            work.commit()
        with store.read() as work:
            assert {each.device: each.model for each in work.journal.refused()} == {phone: "7961G", name(2): ""}
            assert [work.journal.refused_model(each) for each in (phone, name(2), name(3))] == ["7961G", "", ""]

    @pytest.mark.req("AR-06")
    def test_the_end_of_the_window_survives_a_restart(self, url: str, store: SqlStore) -> None:
        open_range(store, "1000-1009")
        with store.write() as work:
            settings = enable(work.autoregistration.load(for_update=True), now=NOW, duration=120 * SECOND)
            work.autoregistration.save(settings)
            work.commit()
        store.close()
        again = open_store(url)
        with again.read() as work:
            loaded = work.autoregistration.load()
        assert loaded.window == Window(NOW, NOW + 120 * SECOND)
        assert loaded.is_open(NOW + 119 * SECOND)
        assert not loaded.is_open(NOW + 121 * SECOND)
        with again.write() as work:
            work.autoregistration.save(disable(loaded))
            work.commit()
        again.close()
        with store.read() as work:
            assert not work.autoregistration.load().is_open(NOW)

    @pytest.mark.req("AR-12")
    def test_after_the_last_one_assigned_also_after_a_restart(self, url: str, store: SqlStore) -> None:
        open_range(store, "1000-1003")
        assert admit(store, 1, 2) == ["1000", "1001"]
        remove(store, 1)
        store.close()
        again = open_store(url)
        assert admit(again, 3) == ["1002"]
        assert admit(again, 4, 5) == ["1003", "1000"]
        again.close()

    @pytest.mark.req("AR-13")
    @pytest.mark.parametrize(("reset", "number"), [(True, "1003"), (False, "1008")])
    def test_reset(self, store: SqlStore, reset: bool, number: str) -> None:
        open_range(store, "1000-1009")
        admit(store, *range(8))
        remove(store, 3)
        if reset:
            with store.write() as work:
                work.autoregistration.save(reset_pointer(work.autoregistration.load(for_update=True)))
                work.commit()
        assert admit(store, 20) == [number]

    @pytest.mark.req("AR-12")
    def test_twenty_at_once_share_no_number(self, url: str, store: SqlStore) -> None:
        """From twenty threads and two nodes."""
        open_range(store, "1000-1019")
        other_node = open_store(url)
        with ThreadPoolExecutor(20) as threads:
            given = list(threads.map(lambda number: admit([store, other_node][number % 2], number)[0], range(20)))
        other_node.close()
        assert sorted(given) == [str(number) for number in range(1000, 1020)]
        with store.read() as work:
            assert sorted(each.number for each in work.devices.all()) == sorted(given)
            assert work.autoregistration.load().next_number == "1000"


class ClaimContract(StoreContract):
    def test_claims_are_kept_as_they_are(self, store: SqlStore) -> None:
        bare = Claim("2001", NOW)
        full = Claim(
            "2000",
            NOW,
            pin="aa:bb",
            partition="Staff",
            device=name(7),
            pool="Default",
            display_name="Jürgen 😀",
            description="Desk",
            css="Staff",
            button_template="b",
            softkey_template="s",
            claimed_at=NOW + SECOND,
            claimed_by=name(1),
        )
        with store.write() as work:
            work.claims.save(bare)
            work.claims.save(replace(full, pin=""))
            work.claims.save(full)
            work.commit()
        with store.write() as work:
            assert work.claims.all() == [full, bare]
            assert work.claims.awaited() == {"2001"}
            assert work.claims.get("2001") == bare
            assert work.claims.get("2002") is None
            work.claims.remove("2001")
            with pytest.raises(NotFound):
                work.claims.remove("2001")

    def test_callbacks_are_kept_as_they_are(self, store: SqlStore) -> None:
        first = KeptCallBack(name(1), "2001", 1, NOW + SECOND, True)
        second = KeptCallBack(name(2), "+4930", 2, NOW + 2 * SECOND, False)
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
            work.devices.add(phone(2, "1002"))
            for each in (second, replace(first, number="9"), first):
                work.callbacks.save(each)
            work.commit()
        with store.write() as work:
            assert work.callbacks.all() == [first, second]
            work.callbacks.forget(NOW + SECOND)
            assert work.callbacks.all() == [second]
            work.callbacks.remove(name(2))
            work.callbacks.remove(name(2))
            assert work.callbacks.all() == []

    def test_protected_numbers_and_wrong_attempts(self, store: SqlStore) -> None:
        with store.write() as work:
            for pattern in ("20XX", "1000", "20XX"):
                work.claims.protect(pattern)
            assert work.claims.protected() == ["1000", "20XX"]
            work.claims.unprotect("1000")
            with pytest.raises(NotFound):
                work.claims.unprotect("1000")
            work.claims.set_tries("phone:a", ClaimTries(1, NOW))
            work.claims.set_tries("phone:a", ClaimTries(2, NOW + SECOND))
            work.claims.set_tries("number:1", ClaimTries(1, NOW))
            assert work.claims.tries("phone:a") == ClaimTries(2, NOW + SECOND)
            work.claims.forget_tries(NOW + SECOND)
            assert work.claims.tries("number:1") is None
            work.claims.set_tries("phone:a", None)
            assert work.claims.tries("phone:a") is None

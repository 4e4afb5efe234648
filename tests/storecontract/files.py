"""Firmware, and elements of phones' files."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core import (
    FileElement,
    OnboardingCode,
    Rollout,
    RolloutPhone,
    RolloutStage,
    RolloutState,
)
from bridge.errors import Conflict, NotFound
from bridge.store import SqlStore
from tests.storecontract.samples import NOW, SECOND, name, phone
from tests.storecontract.schema import StoreContract


class FirmwareContract(StoreContract):
    def test_wanted_loads(self, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
            work.firmware.set_wanted(name(1), "SIP41.8-5-3S")
            work.firmware.set_wanted(name(1), "SIP41.9-4-2SR3-1S")
            with pytest.raises(NotFound):
                work.firmware.set_wanted(name(9), "SIP41.9-4-2SR3-1S")
            assert work.firmware.wanted() == {name(1): "SIP41.9-4-2SR3-1S"}
            work.firmware.set_wanted(name(1), "")
            assert work.firmware.wanted() == {}

    def test_one_roll_out_at_a_time(self, store: SqlStore) -> None:
        waiting = (RolloutPhone(name(2), before="SIP41.8-5-3S", wanted_before="x"), RolloutPhone(name(1)))
        wanted = Rollout(0, "SIP41.9-4-2SR3-1S", 5, RolloutState.RUNNING, "jürgen", NOW, waiting)
        with store.write() as work:
            assert work.firmware.newest() is None
            work.devices.add(phone(1, "1001"))
            work.devices.add(phone(2, "1002"))
            begun = work.firmware.begin(wanted)
            work.commit()
        assert replace(begun, id=0) == wanted
        with store.write() as work, pytest.raises(Conflict, match="is running"):
            work.firmware.begin(wanted)
        told = replace(waiting[1], stage=RolloutStage.FAILED, detail="why", told_at=NOW, ended_at=NOW + SECOND)
        with store.write() as work:
            work.firmware.set_phone(begun.id, told)
            work.firmware.set_state(begun.id, RolloutState.STOPPED, "by hand")
            work.devices.remove(name(2))
            work.commit()
        with store.read() as work:
            found = work.firmware.newest()
        assert found == replace(begun, state=RolloutState.STOPPED, detail="by hand", phones=(told,))
        with store.write() as work:
            assert work.firmware.begin(replace(wanted, phones=())).id > begun.id


class PhoneFileContract(StoreContract):
    def test_elements_of_files(self, store: SqlStore) -> None:
        everywhere = FileElement("vendorConfig/pcPort", "1")
        own = FileElement("vendorConfig/pcPort", "0", name(1))
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
            for element in (own, replace(everywhere, value="ü"), everywhere, FileElement("VLAN_ID", "20", name(1))):
                work.elements.set(element)
            work.commit()
        with store.write() as work:
            assert work.elements.all() == [everywhere, FileElement("VLAN_ID", "20", name(1)), own]
            work.elements.remove("VLAN_ID", name(1))
            for path, device in (("VLAN_ID", name(1)), ("vendorConfig/pcport", None)):
                with pytest.raises(NotFound):
                    work.elements.remove(path, device)
            work.devices.remove(name(1))
            assert work.elements.all() == [everywhere]

    def test_an_onboarding_code_is_used_once(self, store: SqlStore) -> None:
        first = OnboardingCode.new("1234567890123456", NOW, timedelta(days=7), number="1001", display_name="Ada 😀")
        second = OnboardingCode.new("1234-5678-9012-3457", NOW + SECOND, timedelta(days=1))
        with store.write() as work:
            work.onboarding.add(first)
            work.onboarding.add(second)
            with pytest.raises(Conflict):
                work.onboarding.add(replace(second, number="5"))
            work.commit()
        with store.write() as work:
            assert work.onboarding.all() == [second, first]
            assert work.onboarding.get("0" * 64) is None
            assert work.onboarding.use(first.digest, name(1), NOW + SECOND)
            assert not work.onboarding.use(first.digest, name(2), NOW + SECOND)
            work.commit()
        with store.write() as work:
            assert work.onboarding.get(first.digest) == replace(first, used_at=NOW + SECOND, used_by=name(1))
            work.onboarding.remove(first.digest)
            with pytest.raises(NotFound):
                work.onboarding.remove(first.digest)

"""Phones and their settings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from bridge.autoregistration import (
    met_again,
)
from bridge.core import (
    Device,
    DeviceName,
    DeviceSettings,
    Line,
    LineAppearance,
    LineSettings,
)
from bridge.errors import Conflict, NotFound, StoreReadOnly
from bridge.ports import UnitOfWork
from bridge.store import SqlStore
from tests.storecontract.samples import (
    NOW,
    SCCP,
    SECOND,
    SIP,
    add_twice,
    admit,
    furnished,
    name,
    open_range,
    phone,
    save_objects,
)
from tests.storecontract.schema import StoreContract


class DeviceContract(StoreContract):
    def test_every_field_comes_back(self, store: SqlStore) -> None:
        elsewhere = timezone(timedelta(hours=5, minutes=30))
        device = Device(
            name=DeviceName("ATA00112233AABB"),
            desired_protocol=SCCP,
            created_at=NOW.astimezone(elsewhere),
            version_stamp="{0b5d}",
            secret="ü'\";--%s" + "x" * 20,
            lines=(
                LineAppearance(1, Line("0012", "", "Jürgen 😀"), "Label"),
                LineAppearance(3, Line("0013"), ""),
            ),
            model_number=115,
            model="Cisco 7941",
            observed_protocol=SIP,
            description="Auto 0012",
            load="SCCP41.9-4-2SR3-1S",
            address="fe80::1",
            registered=True,
            last_seen=NOW + SECOND,
            temporary=True,
        )
        with store.write() as work:
            work.devices.add(device)
            work.devices.add(phone(1))
            work.commit()
        with store.read() as work:
            assert work.devices.get(device.name) == device
            assert work.devices.all() == [device, phone(1)]
            assert work.devices.get_many([device.name, name(1), name(2)]) == {device.name: device, name(1): phone(1)}
            assert work.devices.by_endpoint("0012") == device
            assert work.devices.by_endpoint("0013") is None
            assert work.devices.get(name(2)) is None
            assert work.devices.numbers_in_use("") == {"0012", "0013"}

    def test_names_are_exact(self, store: SqlStore) -> None:
        upper, lower = (replace(phone(1), name=DeviceName(each)) for each in ("CSFJOHN", "CSFjohn"))
        with store.write() as work:
            work.devices.add(upper)
            work.devices.add(lower)
            assert work.devices.all() == [upper, lower]

    def test_nothing_stays_without_commit(self, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
        with pytest.raises(Conflict), store.write() as work:
            add_twice(work, phone(2, "1002"))
        with store.read() as work:
            assert work.devices.count() == 0
            assert work.devices.numbers_in_use("") == frozenset()

    def test_conflicts_name_what_is_taken_and_the_unit_goes_on(self, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001", "1002"))
            with pytest.raises(Conflict, match="SEP000000000001 already"):
                work.devices.add(phone(1, "1009"))
            with pytest.raises(Conflict, match="number 1002 belongs to SEP000000000001"):
                work.devices.add(phone(2, "1003", "1002"))
            with pytest.raises(NotFound, match="pool 'Nowhere'"):
                work.devices.add(replace(phone(3, "1003"), pool="Nowhere"))
            with pytest.raises(NotFound, match="partition 'Nowhere'"):
                work.devices.add(phone(3, "1003", partition="Nowhere"))
            twice = tuple(LineAppearance(1, Line(each)) for each in ("1003", "1004"))
            with pytest.raises(Conflict, match="two lines on one button"):
                work.devices.add(replace(phone(3), lines=twice))
            work.devices.add(phone(2, "1003"))
            work.commit()
        with store.read() as work:
            assert work.devices.all() == [phone(1, "1001", "1002"), phone(2, "1003")]
            assert work.devices.numbers_in_use("") == {"1001", "1002", "1003"}

    def test_one_number_in_two_partitions(self, store: SqlStore) -> None:
        with store.write() as work:
            work.site.save_partition("Phones", "internal")
            work.devices.add(phone(1, "1001"))
            work.devices.add(phone(2, "1001", partition="Phones"))
            with pytest.raises(Conflict, match="1001 in partition Phones belongs to SEP000000000002"):
                work.devices.add(phone(3, "1001", partition="Phones"))
            work.commit()
        with store.read() as work:
            assert work.site.partitions() == ["", "Phones"]
            assert work.devices.numbers_in_use("Phones") == {"1001"}
            assert work.devices.numbers_in_use() == {"1001"}

    def test_update_replaces_lines(self, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001", "1002"))
            work.devices.add(phone(2, "1005"))
            labelled = replace(
                phone(1), lines=(LineAppearance(1, Line("1002", "", "Desk"), "D"), LineAppearance(2, Line("1003")))
            )
            work.devices.update(labelled)
            assert work.devices.get(name(1)) == labelled
            assert work.devices.numbers_in_use("") == {"1002", "1003", "1005"}
            with pytest.raises(Conflict, match="1005 belongs to SEP000000000002"):
                work.devices.update(phone(1, "1005"))
            assert work.devices.get(name(1)) == labelled
            with pytest.raises(NotFound, match="SEP000000000003"):
                work.devices.update(phone(3))

    @pytest.mark.req("AR-13")
    def test_remove_frees_the_numbers(self, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001", "1002"))
            work.devices.remove(name(1))
            assert work.devices.numbers_in_use("") == frozenset()
            work.devices.add(phone(2, "1001"))
            with pytest.raises(NotFound, match="SEP000000000001"):
                work.devices.remove(name(1))

    @pytest.mark.req("AR-14")
    def test_the_number_stays_with_the_device(self, store: SqlStore) -> None:
        open_range(store, "1000-1009")
        assert admit(store, 1, 2) == ["1000", "1001"]
        with store.write() as work:
            device = work.devices.get(name(1))
            assert device is not None
            work.devices.update(met_again(device, now=NOW + SECOND, client="10.9.9.9", protocol=SCCP))
            work.commit()
        with store.read() as work:
            device = work.devices.get(name(1))
            assert device is not None
            assert (device.number, device.address, device.observed_protocol) == ("1000", "10.9.9.9", SCCP)

    @pytest.mark.parametrize("asked", ["by name", "with others", "by its endpoint"])
    def test_two_changes_of_a_device_at_once_do_not_undo_each_other(self, store: SqlStore, asked: str) -> None:
        """A device is written as a whole: whoever is to change it keeps others from it since it was read."""
        with store.write() as work:
            work.devices.add(phone(1, "1000"))
            work.commit()

        def read(work: UnitOfWork) -> Device:
            match asked:
                case "by name":
                    device = work.devices.get(name(1))
                case "with others":
                    device = work.devices.get_many([name(1), name(2)])[name(1)]
                case _:
                    device = work.devices.by_endpoint("1000") or work.devices.by_endpoint("2000")
            assert device is not None
            return device

        def registers() -> None:
            with store.write() as work:
                work.devices.update(replace(read(work), registered=True))
                work.commit()

        with ThreadPoolExecutor(1) as pool:
            with store.write() as work:  # a user claims it, and it becomes 2000
                device = read(work)
                meanwhile = pool.submit(registers)
                with pytest.raises(TimeoutError):
                    meanwhile.result(timeout=0.3)
                work.devices.update(replace(device, lines=phone(1, "2000").lines, temporary=False))
                work.commit()
            meanwhile.result(timeout=10)
        with store.read() as work:
            found = work.devices.get(name(1))
        assert found is not None
        assert (found.number, found.registered) == ("2000", True)

    def test_reading_units_cannot_write(self, store: SqlStore) -> None:
        with store.read() as work, pytest.raises(StoreReadOnly):
            work.devices.add(phone(1, "1001"))

    def test_a_reader_sees_one_moment(self, store: SqlStore) -> None:
        with store.read() as reader:
            assert reader.devices.count() == 0
            admitted = phone(1, "1001")
            with store.write() as work:
                work.devices.add(admitted)
                work.commit()
            assert reader.devices.all() == []
        with store.read() as reader:
            assert reader.devices.all() == [admitted]


class SettingsContract(StoreContract):
    def test_every_setting_of_a_device_comes_back(self, store: SqlStore) -> None:
        with store.write() as work:
            save_objects(work)
            device = furnished(phone(1, "1001", "1002"))
            work.devices.add(device)
            work.devices.add(phone(2, "1003"))
            work.commit()
        with store.read() as work:
            assert work.devices.get(name(1)) == device
            assert work.devices.all() == [device, phone(2, "1003")]
            assert work.devices.get_many([name(1)]) == {name(1): device}

    def test_settings_are_changed_and_go_back_to_their_defaults(self, store: SqlStore) -> None:
        with store.write() as work:
            save_objects(work)
            work.devices.add(phone(1, "1001", "1002"))
            device = furnished(phone(1, "1001", "1002"))
            work.devices.update(device)
            assert work.devices.get(name(1)) == device
            fewer = replace(device, buttons=device.buttons[:1], abbreviated_dials=())
            work.devices.update(fewer)
            assert work.devices.get(name(1)) == fewer
            work.devices.update(phone(1, "1001", "1002"))
            assert work.devices.get(name(1)) == phone(1, "1001", "1002")

    def test_settings_go_with_the_device(self, store: SqlStore) -> None:
        with store.write() as work:
            save_objects(work)
            work.devices.add(furnished(phone(1, "1001", "1002")))
            work.devices.remove(name(1))
            work.devices.add(phone(1, "1001", "1002"))
            assert work.devices.get(name(1)) == phone(1, "1001", "1002")

    @pytest.mark.parametrize("what", ["css", "button_template", "softkey_template", "phone_profile"])
    def test_a_device_cannot_name_what_does_not_exist(self, store: SqlStore, what: str) -> None:
        device = phone(1, "1001")
        settings = {what: "Nowhere"}
        with store.write() as work:
            with pytest.raises(NotFound, match="'Nowhere'"):
                work.devices.add(replace(device, settings=DeviceSettings(**settings)))
            work.devices.add(device)
            with pytest.raises(NotFound, match="'Nowhere'"):
                work.devices.update(replace(device, settings=DeviceSettings(**settings)))
            assert work.devices.all() == [device]

    def test_a_line_on_two_devices(self, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
            shared = replace(phone(2, "1001"), lines=(LineAppearance(1, Line("1001", "", "Both"), "mine"),))
            with pytest.raises(Conflict, match="1001 belongs to SEP000000000001"):
                work.devices.add(shared)
            work.devices.add(shared, sharing=True)
            work.commit()
        with store.write() as work:
            first, second = work.devices.all()
            assert second == shared
            assert first.lines == (LineAppearance(1, Line("1001", "", "Both")),)
            assert work.devices.sharing(Line("1001")) == [name(1), name(2)]
            quiet = replace(first.lines[0].line, settings=LineSettings(no_answer_seconds=30))
            work.devices.update(replace(first, lines=(replace(first.lines[0], line=quiet),)))
            second = work.devices.all()[1]
            assert second.lines[0].line.settings.no_answer_seconds == 30
            work.devices.remove(name(1))
            assert work.devices.all() == [second]
            assert work.devices.numbers_in_use("") == {"1001"}

"""The site's objects, and what every site has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.core import (
    CallingSearchSpace,
    CallManagerGroup,
    DateTimeGroup,
    DeviceDefaults,
    DevicePool,
    PatternKey,
    PhoneButtonTemplate,
    Region,
    RoutePattern,
    Server,
    TranslationPattern,
    UniversalDeviceTemplate,
    UniversalLineTemplate,
)
from bridge.errors import ConfigurationError, Conflict, NotFound
from bridge.store import SqlStore
from tests.storecontract.samples import OBJECTS, SCCP, SIP, save_objects
from tests.storecontract.schema import StoreContract


class ObjectsContract(StoreContract):
    def test_every_object_comes_back_in_order(self, store: SqlStore) -> None:
        with store.write() as work:
            save_objects(work)
            work.commit()
        with store.read() as work:
            for kind, wanted in OBJECTS.items():
                records = getattr(work.objects, kind)
                assert [each for each in records.all() if each in wanted] == list(wanted), kind
                for each in wanted:
                    assert each in records.all()
            assert work.objects.patterns.get(PatternKey("9.!", "Outside")) == OBJECTS["patterns"][0]
            assert work.objects.softkey_templates.get("Short") == OBJECTS["softkey_templates"][0]
            assert work.objects.calling_search_spaces.get("nobody") is None
            assert work.objects.pools.get("Branch") == OBJECTS["pools"][0]

    def test_objects_are_replaced_with_their_parts(self, store: SqlStore) -> None:
        with store.write() as work:
            save_objects(work)
            turned = CallingSearchSpace("All", ("Outside",), "turned")
            work.objects.calling_search_spaces.save(turned)
            assert work.objects.calling_search_spaces.get("All") == turned
            work.objects.button_templates.save(PhoneButtonTemplate("Desk"))
            assert work.objects.button_templates.get("Desk") == PhoneButtonTemplate("Desk")

    @pytest.mark.parametrize(
        ("kind", "key", "user"),
        [
            ("partitions", "Outside", "calling search space|pattern|universal line template"),
            ("calling_search_spaces", "All", "device pool|pattern|template"),
            ("pools", "Default", "autoregistration|template"),
            ("servers", "pbx1", "CallManager group Branch"),
            ("groups", "Branch", "device pool Branch"),
            ("softkey_templates", "Short", "device"),
        ],
    )
    def test_what_is_named_elsewhere_stays(self, store: SqlStore, kind: str, key: str, user: str) -> None:
        with store.write() as work:
            save_objects(work)
            records = getattr(work.objects, kind)
            with pytest.raises(Conflict, match=user):
                records.remove(key)
            assert records.get(key) is not None
            with pytest.raises(NotFound):
                records.remove("Nobody")

    def test_what_nobody_names_goes_with_its_parts(self, store: SqlStore) -> None:
        with store.write() as work:
            save_objects(work)
            work.objects.patterns.remove(PatternKey("9.!", "Outside"))
            work.objects.device_defaults.remove((115, SCCP))
            work.objects.device_templates.remove("Universal")
            work.objects.pools.remove("Branch")
            work.objects.device_defaults.save(DeviceDefaults(115, SCCP))
            assert work.objects.device_defaults.get((115, SCCP)) == DeviceDefaults(115, SCCP)
            work.commit()

    @pytest.mark.parametrize(
        "record",
        [
            CallingSearchSpace("New", ("Nowhere",)),
            RoutePattern(pattern="8.!", partition="Nowhere", destination="pstn"),
            TranslationPattern(pattern="8XX", css="Nowhere"),
            UniversalDeviceTemplate("New", line_template="Nowhere"),
            UniversalLineTemplate("New", partition="Nowhere"),
        ],
    )
    def test_an_object_cannot_name_what_does_not_exist(self, store: SqlStore, record: object) -> None:
        kinds = {
            CallingSearchSpace: "calling_search_spaces",
            UniversalDeviceTemplate: "device_templates",
            UniversalLineTemplate: "line_templates",
        }
        with store.write() as work:
            records = getattr(work.objects, kinds.get(type(record), "patterns"))
            with pytest.raises(NotFound, match="'Nowhere'"):
                records.save(record)
            assert record not in records.all()

    def test_one_pattern_in_a_partition_whatever_its_kind(self, store: SqlStore) -> None:
        with store.write() as work:
            work.objects.patterns.save(RoutePattern(pattern="8XX", destination="pstn"))
            work.objects.patterns.save(TranslationPattern(pattern="8XX", prefix_digits="1"))
            assert work.objects.patterns.all() == [TranslationPattern(pattern="8XX", prefix_digits="1")]

    @pytest.mark.req("AR-18")
    def test_the_first_server_decides_whether_unknown_phones_are_admitted(self, store: SqlStore) -> None:
        servers = (Server("one", "192.0.2.1", autoregistration_disabled=True), Server("two", "192.0.2.2"))
        with store.write() as work:
            pool = work.site.pool("Default")
            work.site.save_pool(replace(pool, group=replace(pool.group, servers=servers)))
            assert work.autoregistration.load().server_disabled
            work.autoregistration.save(replace(work.autoregistration.load(), server_disabled=False))
            assert not work.autoregistration.load().server_disabled
            assert [each.autoregistration_disabled for each in work.objects.servers.all()] == [False, False]
            work.objects.servers.save(replace(servers[1], autoregistration_disabled=True))
            assert not work.autoregistration.load().server_disabled


class SiteContract(StoreContract):
    def test_what_every_site_has(self, store: SqlStore) -> None:
        with store.read() as work:
            assert work.site.pool("Default") == DevicePool(
                "Default", CallManagerGroup("Default", (), True), Region("Default"), DateTimeGroup("Default")
            )
            assert work.site.device_defaults() == []
            with pytest.raises(NotFound, match="'Nowhere'"):
                work.site.pool("Nowhere")

    @pytest.mark.req("AR-16")
    def test_one_group_at_a_time(self, store: SqlStore) -> None:
        servers = tuple(Server(each, f"192.0.2.{each}", 5060, 2000, "d") for each in "321")
        branch = DevicePool(
            "Branch",
            CallManagerGroup("Branch", servers, autoregistration=True),
            Region("Branch", ("opus", "alaw")),
            DateTimeGroup("Branch", "Europe/Berlin", "D.M.Y", ("192.0.2.1",)),
        )
        with store.write() as work:
            work.site.save_pool(branch)
            work.commit()
        with store.read() as work:
            assert work.site.pool("Branch") == branch
            assert work.site.autoregistration_group() == branch.group
            assert not work.site.pool("Default").group.autoregistration
        turned = replace(branch, group=CallManagerGroup("Branch", servers[::-1][:2]))
        with store.write() as work:
            work.site.save_pool(turned)
            assert work.site.pool("Branch") == turned
            with pytest.raises(ConfigurationError, match="marked for autoregistration"):
                work.site.autoregistration_group()

    @pytest.mark.req("AR-16")
    @pytest.mark.req("AR-17")
    @pytest.mark.parametrize(("servers", "why"), [("", "no server"), ("1234", "4 servers"), ("11", "twice")])
    def test_groups_that_cannot_be(self, store: SqlStore, servers: str, why: str) -> None:
        with store.write() as work:
            pool = work.site.pool("Default")
            work.site.save_pool(pool)  # a new site's group has no server yet, which is none of the pool's business
            pool = replace(pool, group=replace(pool.group, servers=(Server("9", "192.0.2.9"),)))
            work.site.save_pool(pool)
            members = tuple(Server(each, "192.0.2.1") for each in servers)
            with pytest.raises(ConfigurationError, match=f"group Default .*{why}"):
                work.site.save_pool(replace(pool, group=replace(pool.group, servers=members)))
            assert work.site.pool("Default") == pool

    def test_device_defaults(self, store: SqlStore) -> None:
        rows = [DeviceDefaults(8, SIP, "P0S3"), DeviceDefaults(115, SCCP, "SCCP41"), DeviceDefaults(115, SIP, "SIP41")]
        with store.write() as work:
            for row in reversed(rows):
                work.site.save_device_defaults(replace(row, load="old"))
                work.site.save_device_defaults(row)
            assert work.site.device_defaults() == rows
            with pytest.raises(NotFound, match="'Nowhere'"):
                work.site.save_device_defaults(DeviceDefaults(8, SCCP, pool="Nowhere"))
            assert work.site.device_defaults() == rows

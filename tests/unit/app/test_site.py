"""The site as one text: exported, compared, applied; and single changes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.app.site.sitedescription import Step, describe
from bridge.app.site.sitedesk import SiteDesk
from bridge.app.site.sitesections import BY_NAME, BY_WORD, SECTIONS
from bridge.autoregistration import ListEntry, RogueSettings, UnknownMode
from bridge.core import CallManagerGroup, DeviceDefaults, DeviceName, Line, NumberRange, Server, SignallingProtocol
from bridge.errors import ConfigurationError, Conflict, InvalidInput, NotFound
from bridge.store import SqlStore, open_store, upgrade
from tests import storecontract
from tests.storecontract import furnished, name, phone, save_objects
from tests.unit.app.conftest import CountingIds, StillClock

SCCP = SignallingProtocol.SCCP


@pytest.fixture
def site(store: SqlStore, clock: StillClock, ids: CountingIds) -> SiteDesk:
    return SiteDesk(store, clock, ids, "tester")


@pytest.fixture
def furnished_site(store: SqlStore, site: SiteDesk) -> SiteDesk:
    """One of everything, and two phones."""
    with store.write() as work:
        # One server alone may admit unknown phones, and that is pbx1.
        work.objects.servers.save(Server("pbx", "192.0.2.10", autoregistration_disabled=True))
        save_objects(work)
        work.devices.add(furnished(phone(1, "1001", "1002")))
        work.devices.add(phone(2, "1003"))
        work.commit()
    return site


def state(store: SqlStore) -> tuple[object, ...]:
    with store.read() as work:
        return describe(work, phones=True), work.journal.audit_trail()


class TestText:
    def test_the_samples_have_one_of_every_section(self) -> None:
        assert {section.records for section in SECTIONS} == set(storecontract.OBJECTS)

    def test_the_same_site_has_the_same_text(self, furnished_site: SiteDesk) -> None:
        text = furnished_site.export(phones=True)
        assert text == furnished_site.export(phones=True)
        assert "hush-hush" not in text
        assert furnished_site.diff(text).changes == ()

    def test_comments_and_order_do_not_count(self, furnished_site: SiteDesk) -> None:
        head, *tables = re.split(r"\n\n(?=\[)", furnished_site.export(phones=True))
        text = "\n\n".join(["# mine", *(f"# about this\n{each}  # so" for each in reversed(tables)), head])
        assert furnished_site.diff(text).changes == ()

    def test_it_makes_an_empty_site_the_same(
        self,
        furnished_site: SiteDesk,
        store: SqlStore,
        ids: CountingIds,
        clock: StillClock,
        tmp_path_factory: pytest.TempPathFactory,
    ) -> None:

        url = f"sqlite:///{tmp_path_factory.mktemp('other') / 'other.db'}"
        upgrade(url)
        other_store = open_store(url)
        with other_store.write() as work:
            work.devices.add(phone(1, "1001", "1002"))
            work.devices.add(phone(2, "1003"))
            work.commit()
        other = SiteDesk(other_store, clock, ids, "tester")
        text = furnished_site.export(phones=True)
        other.apply(text)
        assert other.export(phones=True) == text
        with other_store.read() as there, store.read() as here:
            wanted, got = here.devices.get(name(1)), there.devices.get(name(1))
            assert wanted is not None
            assert got is not None
            # What was found out about a phone is not what an admin sets.
            settings = replace(wanted.settings, opens_late=False)
            assert got == replace(wanted, settings=settings, version_stamp=got.version_stamp)
            assert got.version_stamp != wanted.version_stamp
        other_store.close()

    @pytest.mark.parametrize(
        ("old", "new", "line_of", "why"),
        [
            ('address = "192.0.2.1"', 'adress = "192.0.2.1"', "adress", "did you mean address"),
            ('destination = "pstn"', "destination = 5", "destination = 5", "5 is no value for destination"),
            ('discard_digits = "PreDot"', 'discard_digits = "Predot"', "Predot", "did you mean PreDot"),
            ('partitions = ["Outside", "Inside"]', 'partitions = ["Outsid"]', "Outsid", "no partition 'Outsid'"),
            ('group = "Branch"', 'group = "Brunch"', "Brunch", "no CallManager group 'Brunch'"),
            ("[[calling_search_space]]", "[[calling_serch_space]]", "calling_serch_space", "did you mean calling"),
            ('kind = "dnd"', 'kind = "dont"', "buttons = [", "'dont' is no value for kind"),
            ("button = 4", "button = 3", "buttons = [", "button 3"),
            ("max_calls = 6", "max_calls = 2", "lines = [", "busy trigger"),
            ('name = "SEP000000000001"', 'name = "SEP0000000000AA"', "SEP0000000000AA", "phones add SEP0000000000AA"),
            ('on_hook = ["NewCall", "", "DND"]', 'on_hook = ["DND"]', "[[softkey_template]]", "lacks .* NewCall"),
            ('model = "7941G"', 'model = "7941x"', "[[device_defaults]]", "7941x"),
            ('range = "1000-1009"', 'range = "999-1009"', "range", "unequal length"),
        ],
    )  # fmt: skip
    def test_errors_name_the_line_and_the_way_out(
        self, furnished_site: SiteDesk, store: SqlStore, old: str, new: str, line_of: str, why: str
    ) -> None:
        with store.write() as work:
            settings = work.autoregistration.load(for_update=True)
            work.autoregistration.save(replace(settings, range=NumberRange("1000", "1009")))
            work.commit()
        before = state(store)
        text = furnished_site.export(phones=True)
        assert old in text
        wrong = text.replace(old, new, 1)
        lines = wrong.splitlines()
        changed = next(number for number, line in enumerate(lines, 1) if new in line)
        line = max(number for number, each in enumerate(lines, 1) if line_of in each and number <= changed)
        with pytest.raises(InvalidInput, match=why) as caught:
            furnished_site.apply(wrong)
        assert f"line {line}: " in str(caught.value)
        assert caught.value.fix
        assert state(store) == before

    def test_everything_about_autoregistration_travels(self, furnished_site: SiteDesk, store: SqlStore) -> None:
        text = furnished_site.export()
        table = """[autoregistration]
range = "3000-3099"
protocol = "SIP"
partition = "Inside"
device_template = "Universal"
networks = ["10.0.0.0/8"]
allowed = ["oui:001122", "mac:00AABBCCDDEE"]
denied = ["model:683"]
approval = true
warn_after = 50
backup = true
security = "allow"
unknown = "refuse"
rogue_range = "8900-8999"
rogue_inbound = true
rogue_operator = "9"
rogue_operator_number = "3000"

"""
        head, _, rest = text.partition("[[server]]")
        assert "[autoregistration]" not in head
        furnished_site.apply(head + table + "[[server]]" + rest)
        assert table in furnished_site.export()
        with store.read() as work:
            settings = work.autoregistration.load()
        assert settings.unknown is UnknownMode.REFUSE
        assert settings.rogue == RogueSettings(NumberRange("8900", "8999"), "8900", True, "9", "3000")
        assert (settings.allowed[0], settings.warn_after) == (ListEntry.parse("oui:001122"), 50)
        for wrong, key in (
            ('"oui:001122"', '"oui:0011"'),
            ('"8900-8999"', '"3050-8999"'),
            ("warn_after = 50", "warn_after = 0"),
            ('unknown = "refuse"', 'unknown = "rogue"'),
            ('device_template = "Universal"', 'device_template = "Gone"'),
        ):
            changed = (head + table + "[[server]]" + rest).replace(wrong, key)
            line = 1 + next(number for number, each in enumerate(changed.splitlines()) if key in each)
            with pytest.raises(InvalidInput) as caught:
                furnished_site.apply(changed)
            assert f"line {line}: " in caught.value.why

    def test_what_is_no_toml_names_the_line(self, site: SiteDesk) -> None:
        with pytest.raises(InvalidInput, match="line 2"):
            site.apply('[[server]]\nname = "pbx\n')

    def test_every_error_is_told_at_once(self, furnished_site: SiteDesk) -> None:
        text = furnished_site.export().replace("name =", "nam =")
        with pytest.raises(InvalidInput, match=r"has \d\d errors") as caught:
            furnished_site.diff(text)
        *told, rest = caught.value.why.splitlines()
        assert len(told) == 20
        assert "line 5: a server has no key 'nam'; fix: did you mean name?" in told
        assert rest == "and 6 more"

    def test_what_names_an_object_with_an_error_is_no_error_of_its_own(self, site: SiteDesk) -> None:
        text = site.export().replace('address = "192.0.2.10"', "sip_port = 99999", 1)
        text += (
            '\n[[region]]\nname = "Narrow"\ncodecs = ["G.729"]\n\n[[device_pool]]\nname = "Branch"\nregion = "Narrow"\n'
        )
        text += '\n[[universal_device_template]]\nname = "Desks"\npool = "Branch"\ncss = "Nowhere"\n'
        with pytest.raises(InvalidInput, match="has 2 errors") as caught:
            site.apply(text)
        server, region = caught.value.why.splitlines()
        assert "a server needs the key 'address'" in server
        assert "'G.729' is no codec" in region
        mended = text.replace("sip_port = 99999", 'address = "192.0.2.10"').replace("G.729", "g729")
        with pytest.raises(InvalidInput, match="there is no calling search space 'Nowhere'"):
            site.apply(mended)

    @pytest.mark.req("AR-16")
    def test_exactly_one_group_is_for_autoregistration(self, furnished_site: SiteDesk) -> None:
        text = furnished_site.export()
        mark = "autoregistration = true\n"
        with pytest.raises(InvalidInput, match="no CallManager groups"):
            furnished_site.apply(text.replace(mark, "", 1))
        both = text.replace('name = "Branch"\nservers', f'name = "Branch"\n{mark}servers', 1)
        with pytest.raises(InvalidInput, match="2 CallManager groups"):
            furnished_site.apply(both)

    def test_a_pattern_in_both_sections_is_an_error(self, furnished_site: SiteDesk) -> None:
        twice = furnished_site.export() + '\n[[translation_pattern]]\npattern = "9.!"\npartition = "Outside"\n'
        with pytest.raises(InvalidInput, match="twice"):
            furnished_site.apply(twice)


def test_the_example_of_the_page_works(site: SiteDesk, store: SqlStore) -> None:
    page = (Path(__file__).parents[3] / "docs/site.md").read_text(encoding="utf-8")
    everything, a_phone = re.findall(r"```toml\n(.*?)```", page, re.S)
    site.apply(everything)
    with store.write() as work:
        work.devices.add(replace(phone(1, "2000", partition="Phones"), name=DeviceName("SEP001122AABBCC")))
        work.commit()
    site.apply(everything + a_phone)
    exported = site.export(phones=True)
    assert a_phone in exported
    assert site.diff(everything + a_phone).changes == ()
    assert {each.severity for each in site.check()} <= {"warning"}


class TestApply:
    def test_all_or_nothing(self, furnished_site: SiteDesk, store: SqlStore) -> None:
        """A calling search space that a phone names cannot go: nothing else is changed either."""
        before = state(store)
        text = furnished_site.export()
        assert '[[calling_search_space]]\nname = "None"\n' in text
        without = text.replace('[[calling_search_space]]\nname = "None"\n', "").replace('autoreg_css = "None"\n', "")
        planned = furnished_site.diff(without.replace("192.0.2.1", "192.0.2.77"))
        assert [each.key for each in planned.removals] == ["None"]
        assert {each.shown for each in planned.changes} == {
            "server pbx",
            "server pbx1",
            "device_pool Branch",
            "calling_search_space None",
        }
        with pytest.raises(Conflict, match=r"calling_search_space None: .* in use"):
            furnished_site.apply(without.replace("192.0.2.1", "192.0.2.77"))
        assert state(store) == before

    def test_additions_changes_and_removals_with_one_audit_entry(
        self, furnished_site: SiteDesk, store: SqlStore
    ) -> None:
        text = furnished_site.export()
        gone = re.search(r"\[\[universal_device_template\]\].*?\n\n|\[\[universal_device_template\]\].*$", text, re.S)
        assert gone is not None
        text = text.replace('device_template = "Universal"\n', "")
        wanted = text.replace(gone.group(), "").replace('description = "ours"', 'description = "all ours"')
        wanted += '\n[[partition]]\nname = "New"\n'
        done = furnished_site.apply(wanted)
        assert [(each.step, each.shown) for each in done.changes] == [
            (Step.CHANGE, "partition Inside"),
            (Step.ADD, "partition New"),
            (Step.CHANGE, "device_defaults 115 SCCP"),
            (Step.REMOVE, "universal_device_template Universal"),
        ]
        assert done.changes[0].fields == (("description", "ours", "all ours"),)
        with store.read() as work:
            (entry,) = work.journal.audit_trail()
            assert (entry.actor, entry.action) == ("tester", "applied a site description")
            assert "remove universal_device_template Universal" in entry.detail
            assert work.objects.partitions.get("Inside") == replace(
                storecontract.OBJECTS["partitions"][0], description="all ours"
            )
        assert furnished_site.apply(wanted).changes == ()
        with store.read() as work:
            assert len(work.journal.audit_trail()) == 1

    def test_a_pattern_becomes_one_of_the_other_kind(self, furnished_site: SiteDesk) -> None:
        text = furnished_site.export()
        old = re.search(r"\[\[translation_pattern\]\]\npattern = \"XXX\".*?\n\n", text, re.S)
        assert old is not None
        new = '[[route_pattern]]\npattern = "XXX"\npartition = "Inside"\ndestination = "pstn"\n\n'
        furnished_site.apply(text.replace(old.group(), "") + "\n" + new)
        assert 'pattern = "XXX"\npartition = "Inside"\ndestination = "pstn"' in furnished_site.export()

    def test_somebody_else_was_faster(self, furnished_site: SiteDesk) -> None:
        text = furnished_site.export().replace('description = "ours"', 'description = "mine"')
        planned = furnished_site.diff(text)
        furnished_site.set(BY_WORD["partitions"], ["Outside"], {"description": "theirs"})
        with pytest.raises(Conflict, match="in the meantime"):
            furnished_site.apply(text, expected=planned)

    def test_phones_that_are_not_named_are_left_alone(self, furnished_site: SiteDesk, store: SqlStore) -> None:
        text = furnished_site.export(phones=True)
        start = text.index('[[phone]]\nname = "SEP000000000002"')
        one = text[:start].replace('idle_text = "Hello"', 'idle_text = "Bye"')
        assert [each.shown for each in furnished_site.apply(one).changes] == ["phone SEP000000000001"]
        with store.read() as work:
            first, second = work.devices.all()
            assert first.settings.idle_text == "Bye"
            assert second == phone(2, "1003")

    def test_a_shared_line_stands_with_all_its_phones(self, furnished_site: SiteDesk, store: SqlStore) -> None:
        text = furnished_site.export(phones=True)
        start = text.index('[[phone]]\nname = "SEP000000000002"')
        theirs = text[start:]
        assert 'number = "1003"' in theirs
        alone = text[: text.index("[[phone]]")] + theirs.replace('"1003"', '"1002"')
        with pytest.raises(InvalidInput, match="1002 of SEP000000000002 belongs to SEP000000000001"):
            furnished_site.apply(alone)
        differently = text[:start] + theirs.replace('"1003"', '"1001"')
        with pytest.raises(InvalidInput, match="shared line 1001 is set differently"):
            furnished_site.apply(differently)
        furnished_site.apply(text[:start] + theirs.replace('"1003"', '"1002"'))
        with store.read() as work:
            assert work.devices.sharing(Line("1002")) == [name(1), name(2)]

    @pytest.mark.req("AR-11")
    @pytest.mark.parametrize("numbers", ["1000-1009", "0010-0019"])
    def test_a_range_opens_no_window(self, site: SiteDesk, store: SqlStore, numbers: str) -> None:
        text = site.export()
        assert "[autoregistration]" not in text
        site.apply(f'{text}\n[autoregistration]\nrange = "{numbers}"\n')
        with store.read() as work:
            settings = work.autoregistration.load()
        assert (str(settings.range), settings.next_number, settings.window) == (numbers, numbers[:4], None)
        assert len(settings.range) == 10
        site.apply(text)
        with store.read() as work:
            assert work.autoregistration.load().range.is_empty

    @pytest.mark.req("AR-11")
    def test_a_range_that_runs_backwards_is_an_error(self, site: SiteDesk) -> None:
        with pytest.raises(InvalidInput, match="starts after its end"):
            site.apply(f'{site.export()}\n[autoregistration]\nrange = "1010-1000"\n')


class TestSingleChanges:
    @pytest.mark.req("AR-16")
    def test_the_mark_goes_from_group_to_group(self, site: SiteDesk, store: SqlStore) -> None:
        site.add(BY_WORD["groups"], ["B"], {"servers": "pbx"})
        done = site.set(BY_WORD["groups"], ["B"], {"autoregistration": "yes"})
        assert {each.key for each in done.changes} == {"B", "Default"}
        with store.read() as work:
            assert work.site.autoregistration_group().name == "B"
            assert [each.autoregistration for each in work.objects.groups.all()] == [True, False]

    @pytest.mark.req("AR-16")
    def test_a_fourth_server_is_an_error(self, site: SiteDesk, store: SqlStore) -> None:
        for each in "bcd":
            site.add(BY_WORD["servers"], [each], {"address": f"192.0.2.{ord(each)}"})
        before = state(store)
        with pytest.raises(ConfigurationError, match="group Default has 4 servers"):
            site.set(BY_WORD["groups"], ["Default"], {"servers": "pbx,b,c,d"})
        assert state(store) == before
        site.set(BY_WORD["groups"], ["Default"], {"servers": "pbx,b,c"})

    @pytest.mark.req("AR-17")
    def test_the_last_server_of_the_group_stays(self, site: SiteDesk, store: SqlStore) -> None:
        before = state(store)
        with pytest.raises(ConfigurationError, match="group Default has no server"):
            site.set(BY_WORD["groups"], ["Default"], {"servers": ""})
        with pytest.raises(Conflict, match="CallManager group Default"):
            site.remove(BY_WORD["servers"], ["pbx"])
        with pytest.raises(ConfigurationError, match="group New has no server"):
            site.add(BY_WORD["groups"], ["New"], {"autoregistration": "yes"})
        assert state(store) == before

    def test_what_exists_is_not_added_and_what_does_not_is_not_changed(self, furnished_site: SiteDesk) -> None:
        with pytest.raises(Conflict, match="already"):
            furnished_site.add(BY_WORD["partitions"], ["Inside"], {})
        with pytest.raises(NotFound, match="Nowhere"):
            furnished_site.set(BY_WORD["partitions"], ["Nowhere"], {"description": "x"})
        with pytest.raises(NotFound, match="Nowhere"):
            furnished_site.remove(BY_WORD["pools"], ["Nowhere"])
        with pytest.raises(InvalidInput, match="did you mean description"):
            furnished_site.set(BY_WORD["partitions"], ["Inside"], {"descripton": "x"})
        with pytest.raises(InvalidInput, match="yes or no"):
            furnished_site.set(BY_WORD["patterns"], ["9.!", "Outside"], {"urgent": "perhaps"})

    def test_an_empty_value_is_the_default(self, furnished_site: SiteDesk, store: SqlStore) -> None:
        furnished_site.set(BY_WORD["patterns"], ["9.!", "Outside"], {"prefix_digits": "", "urgent": "no"})
        with store.read() as work:
            pattern = work.objects.patterns.all()[0]
        assert (pattern.prefix_digits, pattern.urgent) == ("", False)

    def test_device_defaults_are_named_by_model_and_protocol(self, site: SiteDesk, store: SqlStore) -> None:
        site.add(BY_WORD["defaults"], ["7941", "SCCP"], {"version_ceiling": "17"})
        with store.read() as work:
            assert work.site.device_defaults() == [DeviceDefaults(115, SCCP, version_ceiling=17)]
        site.remove(BY_WORD["defaults"], ["7941", "SCCP"])
        assert site.tables(BY_NAME["device_defaults"]) == []


class TestNodes:
    @pytest.fixture
    def two(self, site: SiteDesk, store: SqlStore) -> SiteDesk:
        """Two servers; the second one waits. A pool of another group is used for autoregistered 7941s."""
        site.add(BY_WORD["servers"], ["pbx2"], {"address": "192.0.2.11"})
        site.set(BY_WORD["groups"], ["Default"], {"servers": "pbx,pbx2"})
        site.add(BY_WORD["groups"], ["Other"], {"servers": "pbx2"})
        site.add(BY_WORD["pools"], ["Other"], {"group": "Other"})
        site.add(BY_WORD["defaults"], ["7941", "SCCP"], {"pool": "Other"})
        return site

    @pytest.mark.req("AR-30")
    def test_a_second_server_is_not_enabled(self, two: SiteDesk, store: SqlStore) -> None:
        before = state(store)
        with pytest.raises(Conflict, match="sepbridge autoregistration move pbx2"):
            two.set(BY_WORD["servers"], ["pbx2"], {"autoregistration_disabled": "no"})
        text = two.export().replace("autoregistration_disabled = true\n", "")
        with pytest.raises(Conflict, match="sepbridge autoregistration move pbx2"):
            two.apply(text)
        assert state(store) == before

    @pytest.mark.req("AR-30")
    @pytest.mark.req("AR-33")
    def test_the_duty_moves_with_flags_order_and_pools(self, two: SiteDesk, store: SqlStore) -> None:
        planned = two.plan_move("pbx2")
        assert {each.shown for each in planned.changes} == {
            "server pbx",
            "server pbx2",
            "callmanager_group Default",
            "device_pool Other",
        }
        assert two.move_autoregistration("pbx2", expected=planned) == planned
        with store.read() as work:
            group = work.site.autoregistration_group()
            assert group == CallManagerGroup(
                "Default",
                (
                    Server("pbx2", "192.0.2.11"),
                    Server("pbx", "192.0.2.10", autoregistration_disabled=True),
                ),
                autoregistration=True,
            )
            assert work.site.pool("Other").group == group
            assert not work.autoregistration.load().server_disabled
        assert [each for each in two.check() if each.severity == "error"] == []
        assert two.plan_move("pbx2").changes == ()
        with pytest.raises(NotFound, match="no server pbx9"):
            two.plan_move("pbx9")

    @pytest.mark.req("AR-30")
    def test_a_failure_half_way_changes_nothing(
        self, two: SiteDesk, store: SqlStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from bridge.store.site import SqlSiteRepository

        before = state(store)

        def fail(self: object, pool: object) -> None:
            raise ConfigurationError("the disk caught fire")

        with monkeypatch.context() as patched:
            patched.setattr(SqlSiteRepository, "save_pool", fail)
            with pytest.raises(ConfigurationError, match="caught fire"):
                two.move_autoregistration("pbx2")
        assert state(store) == before
        two.move_autoregistration("pbx2")

    @pytest.mark.req("AR-31")
    def test_the_enabled_server_comes_first(self, two: SiteDesk) -> None:
        assert "enabled_node_not_primary" not in {each.code for each in two.check()}
        done = two.set(BY_WORD["groups"], ["Default"], {"servers": "pbx2,pbx"})
        assert "enabled_node_not_primary" in {each.code for each in done.findings}
        two.set(BY_WORD["groups"], ["Default"], {"servers": "pbx,pbx2"})
        assert "enabled_node_not_primary" not in {each.code for each in two.check()}

    @pytest.mark.req("AR-33")
    def test_pools_of_the_defaults_belong_to_the_group(self, two: SiteDesk) -> None:
        (finding,) = [each for each in two.check() if each.code == "pool_not_in_autoreg_group"]
        assert "Other" in finding.what
        two.set(BY_WORD["pools"], ["Other"], {"group": "Default"})
        assert "pool_not_in_autoreg_group" not in {each.code for each in two.check()}

    @pytest.mark.req("AR-33")
    def test_who_wants_no_search_space_is_not_asked_for_one(self, two: SiteDesk, store: SqlStore) -> None:
        assert "pool_without_autoreg_css" in {each.code for each in two.check()}
        with store.write() as work:
            work.autoregistration.save(replace(work.autoregistration.load(), without_space=True))
            work.commit()
        assert "pool_without_autoreg_css" not in {each.code for each in two.check()}

    @pytest.mark.req("AR-16")
    @pytest.mark.req("AR-30")
    def test_the_duty_does_not_move_to_a_fourth_server(self, two: SiteDesk) -> None:
        for added in ("pbx3", "pbx4"):
            two.add(BY_WORD["servers"], [added], {"address": "192.0.2.9"})
        names = [each["name"] for each in two.tables(BY_WORD["servers"])]
        group = next(each["name"] for each in two.tables(BY_WORD["groups"]) if each.get("autoregistration"))
        two.set(BY_WORD["groups"], [group], {"servers": ",".join(names[:3])})
        with pytest.raises(Conflict, match=f"site groups set {group} servers={','.join(names[:2])}"):
            two.plan_move(names[3])
        with pytest.raises(Conflict, match=r"the CallManager group \w+ names it"):
            two.remove(BY_WORD["servers"], [names[0]])

    @pytest.mark.req("AR-20")
    def test_models_without_defaults_are_told(self, two: SiteDesk, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(replace(phone(1, "1001"), model_number=683, model="8841"))
            work.devices.add(replace(phone(2, "1002"), model_number=115, model="7941", desired_protocol=SCCP))
            work.commit()
        (finding,) = [each for each in two.check() if each.code == "missing_device_default"]
        assert "8841" in finding.what
        two.add(BY_WORD["defaults"], ["8841", "SIP"], {})
        assert "missing_device_default" not in {each.code for each in two.check()}


@pytest.mark.parametrize(
    ("word", "table", "words"),
    [
        ("regions", {"name": ""}, "name of a region"),
        ("groups", {"name": "x" * 51}, "name of a CallManager group"),
        ("regions", {"name": "Far", "codecs": ["ulaw\n"]}, "codecs"),
        ("regions", {"name": "Far", "codecs": ["0" * 30]}, "no codec"),
        ("regions", {"name": "Far", "codecs": ["g711"]}, "no codec.*use ulaw or alaw"),
        ("regions", {"name": "Far", "codecs": ["ulaw", "foo"]}, "'foo' is no codec"),
        ("regions", {"name": "Far", "codecs": []}, "needs a codec"),
        ("date-time-groups", {"name": "Far", "time_zone": "Europe/Berln"}, "no time zone.*did you mean Europe/Berlin"),
        ("date-time-groups", {"name": "Far", "date_template": "D/M"}, "no date format"),
        ("date-time-groups", {"name": "Far", "ntp_servers": ["192.0.2.1", "a b"]}, "a time server"),
        ("servers", {"name": "two", "address": "a b"}, "cannot be the address of the server two"),
        ("servers", {"name": "two", "address": ""}, "needs an address"),
        ("servers", {"name": "two", "address": "192.0.2.2", "sip_port": 0}, "no port"),
        ("pools", {"name": "Floor", "group": ""}, "needs a group"),
        ("pools", {"name": "Floor", "trunk": "x" * 256}, "trunk"),
    ],
)
def test_what_no_database_or_phone_can_use_is_refused_by_name(
    store: SqlStore, clock: StillClock, ids: CountingIds, word: str, table: dict[str, Any], words: str
) -> None:
    desk = SiteDesk(store, clock, ids, "tester")
    with pytest.raises(InvalidInput, match=words):
        desk.create(BY_WORD[word], table)


def test_an_object_keeps_its_name(store: SqlStore, clock: StillClock, ids: CountingIds) -> None:
    desk = SiteDesk(store, clock, ids, "tester")
    desk.create(BY_WORD["partitions"], {"name": "Inside", "description": None})
    with pytest.raises(InvalidInput, match="keeps its name"):
        desk.change(BY_WORD["partitions"], ["Inside"], {"name": "Outside"})
    assert desk.table(BY_WORD["partitions"], ["Inside"]) == {"name": "Inside"}

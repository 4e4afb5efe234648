"""A dial plan that cannot be written down: refused where it is made, told where it is, and no phone is left alone."""

from __future__ import annotations

import logging

import pytest

from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.phones.phones import PhoneDesk
from bridge.app.site.sitedesk import SiteDesk
from bridge.app.site.sitesections import BY_NAME
from bridge.core import CallingSearchSpace, DeviceName, Partition, RoutePattern
from bridge.errors import Conflict, InvalidInput
from bridge.store import SqlStore
from tests.unit.app.conftest import CountingIds, StillClock

ROUTES = BY_NAME["route_pattern"]


@pytest.fixture
def site(store: SqlStore, clock: StillClock, ids: CountingIds) -> SiteDesk:
    with store.write() as work:
        work.objects.partitions.save(Partition("Outside"))
        work.objects.calling_search_spaces.save(CallingSearchSpace("Staff", ("Outside",)))
        work.objects.patterns.save(RoutePattern(pattern="99[5-6]", partition="Outside", destination="trunk"))
        work.commit()
    return SiteDesk(store, clock, ids, "tester")


def codes(site: SiteDesk) -> set[str]:
    return {each.code for each in site.check()}


def test_a_pattern_as_close_as_another_one_is_refused_however_it_comes(site: SiteDesk) -> None:
    before = site.export()
    with pytest.raises(Conflict, match=r"99\[5-6\] and 99\[6-7\] of one partition match 996") as refused:
        site.add(ROUTES, ["99[6-7]", "Outside"], {"destination": "other"})
    assert "make one of them narrower" in refused.value.fix
    text = before + '\n[[route_pattern]]\npattern = "99[6-7]"\npartition = "Outside"\ndestination = "other"\n'
    line = 1 + next(number for number, each in enumerate(text.splitlines()) if "[[route_pattern]]" in each)
    with pytest.raises(Conflict, match=r"^line \d+: the patterns") as refused:
        site.apply(text)
    assert int(refused.value.what.split()[1].rstrip(":")) > line
    assert site.export() == before
    assert "dial_plan_error" not in codes(site)
    # In a partition that nobody reaches it is harmless, until somebody does.
    site.add(BY_NAME["partition"], ["Spare"], {})
    site.add(ROUTES, ["99[5-6]", "Spare"], {"destination": "one"})
    site.add(ROUTES, ["99[6-7]", "Spare"], {"destination": "other"})
    with pytest.raises(Conflict, match="calling search space Spare"):
        site.add(BY_NAME["calling_search_space"], ["Spare"], {"partitions": "Spare"})


def test_a_numbering_plan_that_there_is_not_is_refused_with_its_line(site: SiteDesk) -> None:
    with pytest.raises(InvalidInput, match="no numbering plan FR"):
        site.add(ROUTES, ["8.@", ""], {"numbering_plan": "FR", "destination": "trunk"})
    text = site.export() + '\n[[route_pattern]]\npattern = "8.@"\nnumbering_plan = "FR"\ndestination = "trunk"\n'
    with pytest.raises(InvalidInput) as refused:
        site.apply(text)
    assert f"line {len(text.splitlines()) - 1}: there is no numbering plan FR" in refused.value.why
    site.apply(text.replace('"FR"', '"DE"'))


def test_a_plan_with_an_error_is_told_and_keeps_phones_together_and_help_in_reach(
    site: SiteDesk,
    store: SqlStore,
    files: PhoneFiles,
    clock: StillClock,
    ids: CountingIds,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As a database of an older version may hold it."""
    PhoneDesk(store, clock, ids, "tester").add(DeviceName("SEP001122AABBCC"), number="1000")
    with store.write() as work:
        work.objects.patterns.save(RoutePattern(pattern="99[6-7]", partition="Outside", destination="other"))
        work.objects.patterns.save(
            RoutePattern(pattern="9.112", partition="Outside", destination="pstn", emergency=True)
        )
        work.commit()
    assert "dial_plan_error" in codes(site)
    files.read_site()
    caplog.set_level(logging.ERROR)
    (context,) = files.plans.contexts([("", "Staff")])
    assert "cannot be written" in caplog.text
    names = {each.name for each in context.extensions}
    assert {"9112", "112"} <= names
    assert not any(each.startswith("_99") for each in names)
    assert "sepbridge-numbers" in context.includes
    # An old error stands in nobody's way, and the way out is open.
    site.add(BY_NAME["partition"], ["More"], {})
    site.add(ROUTES, ["0.!", "Outside"], {"destination": "trunk"})
    site.remove(ROUTES, ["99[6-7]", "Outside"])
    assert "dial_plan_error" not in codes(site)


def test_a_block_that_a_narrower_route_goes_before_is_a_warning(site: SiteDesk) -> None:
    site.add(ROUTES, ["9.011!", "Outside"], {"block": "yes"})
    site.add(ROUTES, ["9.01144!", "Outside"], {"destination": "trunk"})
    (told,) = [each for each in site.check() if each.code == "shadowed_block"]
    assert "9.01144!" in told.what


def test_a_phone_and_a_pattern_of_one_partition_have_different_numbers(
    site: SiteDesk, store: SqlStore, clock: StillClock, ids: CountingIds
) -> None:
    site.add(BY_NAME["translation_pattern"], ["1005", ""], {"called_mask": "1000"})
    site.add(ROUTES, ["1.12", ""], {"destination": "pstn", "emergency": "yes"})
    desk, changes = PhoneDesk(store, clock, ids, "tester"), PhoneChanges(store, clock, ids, "tester")
    one, two = DeviceName("SEP001122AABBCC"), DeviceName("SEP001122AABBCD")
    with pytest.raises(Conflict, match=r"1005 in <None> is a pattern of the dial plan"):
        desk.add(one, number="1005")
    desk.add(one, number="1000")
    with pytest.raises(Conflict, match="1005"):
        changes.set_line(one, "1005", {})
    # Elsewhere it is another number; and what calls for help goes before every phone.
    changes.set_line(one, "1005", {"partition": "Outside"})
    desk.add(two, number="112")
    assert "dial_plan_error" not in codes(site)
    with pytest.raises(Conflict, match="1000"):  # the other way round
        site.add(BY_NAME["translation_pattern"], ["1000", ""], {"called_mask": "1001"})

"""Changes gather while a reload runs, and nothing that was promised is forgotten."""

from __future__ import annotations

from bridge.core import DeviceName
from bridge.pbx.backlog import Backlog, Outcome
from bridge.ports import SipEndpoint


def endpoint(name: str, word: str = "secret") -> SipEndpoint:
    return SipEndpoint(name, word, DeviceName("SEP001122334455"), name)


def written(backlog: Backlog, **refused: str) -> None:
    backlog.wrote(backlog.snapshot(), {name.removeprefix("n"): why for name, why in refused.items()})


def reload(backlog: Backlog, *live: str) -> Outcome:
    return backlog.finish_reload(backlog.begin_reload(), live.__contains__, why_not="unknown")


def settled(*names: str) -> Backlog:
    backlog = Backlog()
    backlog.replace_all(endpoint(name) for name in names)
    written(backlog)
    reload(backlog, *names)
    return backlog


def test_nothing_is_written_before_the_complete_set_is_known() -> None:
    backlog = Backlog()
    backlog.put([endpoint("1001")])
    assert not backlog.needs_writing
    backlog.replace_all([endpoint("1001"), endpoint("1000")])
    assert backlog.needs_writing
    assert [one.name for one in backlog.snapshot().endpoints] == ["1000", "1001"]


def test_from_desired_to_confirmed() -> None:
    backlog = Backlog()
    backlog.replace_all([endpoint("1000")])
    assert not backlog.needs_reload
    written(backlog)
    assert not backlog.needs_writing
    assert backlog.needs_reload
    assert backlog.pending == ("1000",)
    assert reload(backlog, "1000").confirmed == (endpoint("1000"),)
    assert backlog.is_confirmed("1000")
    assert not backlog.needs_reload
    assert backlog.pending == ()


def test_the_same_endpoint_again_is_no_change() -> None:
    backlog = settled("1000")
    assert not backlog.put([endpoint("1000")])
    assert not backlog.drop(["1001"])
    assert not backlog.needs_writing


def test_a_change_during_a_reload_belongs_to_the_next_one() -> None:
    backlog = settled("1000")
    backlog.put([endpoint("1001")])
    written(backlog)
    batch = backlog.begin_reload()
    assert batch.names == ("1001",)
    backlog.put([endpoint("1002"), endpoint("1001", "another")])
    written(backlog)
    outcome = backlog.finish_reload(batch, {"1001", "1002"}.__contains__, why_not="")
    assert outcome == Outcome()
    assert backlog.pending == ("1001", "1002")
    assert backlog.needs_reload
    assert {one.name for one in reload(backlog, "1001", "1002").confirmed} == {"1001", "1002"}


def test_a_change_that_is_not_written_yet_is_not_confirmed() -> None:
    backlog = settled("1000")
    backlog.put([endpoint("1000", "another")])
    assert backlog.begin_reload().names == ()
    reload(backlog, "1000")
    assert not backlog.is_confirmed("1000")


def test_one_refused_endpoint_does_not_hold_up_the_others() -> None:
    backlog = Backlog()
    backlog.replace_all([endpoint("1000"), endpoint("1001")])
    written(backlog)
    outcome = reload(backlog, "1001")
    assert outcome == Outcome((endpoint("1001"),), ("1000",))
    assert backlog.refused == {"1000": "unknown"}
    assert not backlog.needs_reload  # no reload for ever because of it
    backlog.put([endpoint("1000", "another")])
    assert backlog.refused == {}
    written(backlog)
    assert reload(backlog, "1000").confirmed == (endpoint("1000", "another"),)


def test_an_endpoint_that_cannot_be_written_keeps_its_reason() -> None:
    backlog = Backlog()
    backlog.replace_all([endpoint("1000")])
    written(backlog, n1000="bad codec")
    assert reload(backlog).refused == ()
    assert backlog.refused == {"1000": "bad codec"}
    assert backlog.pending == ("1000",)


def test_a_removal_is_pending_until_the_reload() -> None:
    backlog = settled("1000", "1001")
    backlog.drop(["1000"])
    assert backlog.pending == ("1000",)
    written(backlog)
    reload(backlog)
    assert backlog.pending == ()
    assert backlog.names == {"1001"}


def test_a_new_connection_reads_again_and_verifies_everything() -> None:
    backlog = settled("1000", "1001")
    backlog.connected()
    assert backlog.needs_reload
    assert backlog.begin_reload().names == ("1000", "1001")
    assert reload(backlog, "1000") == Outcome((), ("1001",))
    assert backlog.is_confirmed("1000")
    assert not backlog.is_confirmed("1001")
    assert backlog.pending == ("1001",)


def test_replace_all_removes_what_is_not_in_it() -> None:
    backlog = settled("1000", "1001")
    backlog.replace_all([endpoint("1001"), endpoint("1002")])
    assert backlog.pending == ("1000", "1002")
    assert backlog.is_confirmed("1001")

"""Two bridges on one PostgreSQL: no number twice, and only the first server of the group admits."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest

from bridge.app.admission.admissions import Admissions, Known
from bridge.app.admission.window import WindowDesk
from bridge.app.phones.phones import PhoneDesk
from bridge.app.site.ownserver import enter_site, with_own_server
from bridge.app.site.sitedesk import SiteDesk
from bridge.app.system import SystemClock, SystemIds
from bridge.autoregistration import FileArrival, Refusal
from bridge.autoregistration.checks import enabled_servers
from bridge.core import CallManagerGroup, DeviceName, Line, LineAppearance, NumberRange, Server, SignallingProtocol
from bridge.errors import Conflict
from bridge.store import open_store
from tests.databases import DatabaseServer, postgresql
from tests.integration.recorder import Recorder

pytestmark = pytest.mark.xdist_group("postgresql")
PHONES = 200


@pytest.fixture(scope="module")
def server() -> Iterator[DatabaseServer]:
    with postgresql() as server:
        yield server


@pytest.fixture
def url(server: DatabaseServer) -> str:
    """With two servers in the group, the first of which admits, and numbers for 300 phones."""
    url = server.upgraded()
    with contextlib.closing(open_store(url)) as store:
        with store.write() as work:
            pool = work.site.pool("Default")
            servers = (Server("first", "192.0.2.1"), Server("second", "192.0.2.2", autoregistration_disabled=True))
            work.site.save_pool(replace(pool, group=CallManagerGroup(pool.group.name, servers, autoregistration=True)))
            work.commit()
        desk = WindowDesk(store, SystemClock(), "tester")
        desk.set_protocol("SIP")
        desk.set_range(NumberRange("1000", "1299"))
    return url


def node(url: str, name: str, first: int, count: int) -> list[str]:
    """One bridge process: phones ask it all at once; each one's number, or why it was refused."""

    async def ask_all() -> list[str]:
        with contextlib.closing(open_store(url)) as store:
            desk = Admissions(store, Recorder(), SystemClock(), SystemIds(), admitted=lambda _: None, node=name)
            running = asyncio.create_task(desk.run())
            names = [DeviceName(f"SEP00AA0000{index:04X}") for index in range(first, first + count)]
            arrivals = [FileArrival(each, "192.0.2.77", SignallingProtocol.SIP) for each in names]
            outcomes = await asyncio.gather(*(desk.ask(each) for each in arrivals))
            running.cancel()
        return [
            each.device.number if isinstance(each, Known) else str(each.reason) if isinstance(each, Refusal) else ""
            for each in outcomes
        ]

    return asyncio.run(ask_all())


def both(url: str, *ranges: tuple[str, int, int]) -> list[list[str]]:
    """What several bridge processes answer that are asked at the same time."""
    with ProcessPoolExecutor(len(ranges), mp_context=get_context("spawn")) as pool:
        asked = [pool.submit(node, url, *each) for each in ranges]
        return [each.result(timeout=120) for each in asked]


@pytest.mark.req("AR-12")
@pytest.mark.req("AR-19")
def test_two_hundred_phones_at_both_at_once_share_no_number(url: str) -> None:
    with contextlib.closing(open_store(url)) as store:
        WindowDesk(store, SystemClock(), "tester").set_backup(admits=True)
    # Half of the phones ask both, as a phone that loses its patience does.
    ours, theirs = both(url, ("first", 0, 150), ("second", 50, 150))
    assert all(each.isdigit() for each in ours + theirs)
    assert ours[50:] == theirs[:100]
    numbers = ours + theirs[100:]
    assert len(numbers) == PHONES
    assert sorted(numbers) == [str(number) for number in range(1000, 1000 + PHONES)]
    with contextlib.closing(open_store(url)) as store, store.read() as work:
        assert work.devices.count(temporary=True) == PHONES
        assert work.autoregistration.load().next_number == str(1000 + PHONES)


@pytest.mark.req("AR-19")
def test_only_the_first_server_admits(url: str) -> None:
    ours, theirs = both(url, ("first", 0, 20), ("second", 100, 20))
    assert sorted(ours) == [str(number) for number in range(1000, 1020)]
    assert set(theirs) == {"primary_unavailable"}


@pytest.mark.req("AR-30")
def test_of_two_nodes_that_start_at_once_on_a_new_site_one_admits(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.upgraded()
    both_have_looked = threading.Barrier(2)

    def after_the_other_has_looked(known: tuple[Server, ...], own: Server) -> tuple[Server, ...]:
        with contextlib.suppress(threading.BrokenBarrierError):
            both_have_looked.wait(0.5)
        return with_own_server(known, own)

    def start(name: str, address: str) -> None:
        with contextlib.closing(open_store(url)) as store:
            enter_site(store, Server(name, address))

    monkeypatch.setattr("bridge.app.site.ownserver.with_own_server", after_the_other_has_looked)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(start, "first", "192.0.2.1"), pool.submit(start, "second", "192.0.2.2")]:
            done.result(timeout=30)
    with contextlib.closing(open_store(url)) as store, store.read() as work:
        servers = work.site.autoregistration_group().servers
    assert {each.name for each in servers} == {"first", "second"}
    assert enabled_servers(servers) == [servers[0].name]


@pytest.mark.req("AR-12")
def test_a_number_that_an_admin_gives_in_the_same_moment_is_not_given_twice(url: str) -> None:
    """Who changes a line does not wait for those who admit: the database alone keeps the two apart."""
    with contextlib.closing(open_store(url)) as store:
        known = PhoneDesk(store, SystemClock(), SystemIds(), "tester").add(DeviceName("SEP00BB00000001"))

        async def admit() -> str:
            desk = Admissions(store, Recorder(), SystemClock(), SystemIds(), admitted=lambda _: None, node="first")
            running = asyncio.create_task(desk.run())
            outcome = await desk.ask(FileArrival(DeviceName("SEP00AA00000001"), "192.0.2.77", SignallingProtocol.SIP))
            assert not running.done()
            running.cancel()
            assert isinstance(outcome, Known), outcome
            return outcome.device.number

        with ThreadPoolExecutor(1) as pool:
            with store.write() as work:
                device = work.devices.get(known.name)
                assert device is not None
                lines = (*device.lines, LineAppearance(2, Line("1001")))
                work.devices.update(replace(device, lines=lines))
                number = pool.submit(asyncio.run, admit())
                with pytest.raises(TimeoutError):  # it has looked, found 1001 free, and waits for us to write it
                    number.result(timeout=1)
                work.commit()
            assert number.result(timeout=30) == "1002"
    assert (known.number, device.name) == ("1000", known.name)


@pytest.mark.req("AR-30")
@pytest.mark.req("AR-31")
def test_the_duty_moves_in_one_transaction_or_not_at_all(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(open_store(url)) as store:
        desk = SiteDesk(store, SystemClock(), SystemIds(), "tester")
        before = desk.export()

        def fail(*_: object) -> None:
            raise Conflict("injected half way")

        with monkeypatch.context() as patch:
            patch.setattr("bridge.store.site.SqlSiteRepository.save_group", fail)
            with pytest.raises(Conflict, match="half way"):
                desk.move_autoregistration("second")
        assert desk.export() == before
        desk.move_autoregistration("second")
        with store.read() as work:
            servers = work.site.autoregistration_group().servers
            assert [each.name for each in servers] == ["second", "first"]
            assert enabled_servers(servers) == ["second"]
        assert not [each for each in desk.check() if each.code == "enabled_node_not_primary"]
    ours, theirs = both(url, ("first", 0, 5), ("second", 100, 5))
    assert set(ours) == {"primary_unavailable"}
    assert len(set(theirs)) == 5
    assert all(each.isdigit() for each in theirs)

"""What the diagnosis knows of this site and this server, gathered now and then, and old events let go.

The self test, the certificates and the site's objects are looked at in the background; whoever asks for a diagnosis
gets what was found last, at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge.app.diagnosis.dhcpmemory import remembered
from bridge.app.diagnosis.selftest import certificates, try_ports
from bridge.app.settings import Settings
from bridge.app.system import own_address
from bridge.errors import SepbridgeError
from bridge.journey import CertificateFacts, Limits, PortCheck, SiteFacts
from bridge.net.portprobe import OwnProbes
from bridge.pbx.inspection import configured_transports
from bridge.ports import Clock, PbxStatus, Store

log = logging.getLogger(__name__)

_FORGET_EVERY = 3600.0
_LONGEST_WAIT = 300.0
_ROUNDS = 8
"""Rounds of the event loop in which a server takes a connection, opens it, and hears of its end."""


def limits(settings: Settings) -> Limits:
    """After how long something counts as missing."""
    usual, journey = Limits(), settings.journey
    return Limits(
        no_request=journey.no_request,
        no_signalling=journey.no_signalling,
        no_end=min(usual.no_end, journey.no_signalling),
    )


def offline_facts(settings: Settings, store: Store) -> SiteFacts:
    """What can be known while the service is not running. Raises StoreError."""
    address = settings.server.address or own_address()
    facts = _from_settings(settings, address)
    found, _ = certificates(settings)
    facts = replace(
        facts,
        transports=_transports(settings),
        dhcp=remembered(settings.state.directory, datetime.now(UTC)),
    )
    return _with_site(facts, store, address, found)


def _transports(settings: Settings) -> frozenset[str]:
    """On what Asterisk is to carry SIP at the port of the settings, by its files; empty where these cannot be read."""
    try:
        found = configured_transports(settings.asterisk.directory.parent)
    except SepbridgeError:
        return frozenset()
    return frozenset(each.protocol for each in found if each.port == settings.sip.port)


def _from_settings(settings: Settings, address: str) -> SiteFacts:
    return SiteFacts(
        servers=(address,),
        environment=settings.journey.environment,
        limits=limits(settings),
        sccp_port=settings.sccp.listen[0].port if settings.sccp.listen else 2000,
        sip_port=settings.sip.port,
        file_port=settings.tftp.listen[0].port if settings.tftp.listen else 69,
        http_port=settings.http.listen[0].port if settings.http.listen else 6970,
    )


def _with_site(facts: SiteFacts, store: Store, address: str, found: tuple[CertificateFacts, ...]) -> SiteFacts:
    with store.read() as work:
        pools = work.site.pools()
    groups = tuple((pool.name, tuple(server.address for server in pool.group.servers)) for pool in pools)
    addresses = [address for _, servers in groups for address in servers]
    return replace(
        facts,
        servers=tuple(dict.fromkeys([address, *addresses])),
        pools=groups,
        certificates=found,
        has_ntp=all(pool.date_time_group.ntp_servers for pool in pools) if pools else None,
        pools_without_ntp=frozenset(pool.name for pool in pools if not pool.date_time_group.ntp_servers),
    )


class SiteWatch:
    """Keeps the facts, and keeps the journeys from growing old."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        *,
        own_address: str,
        pbx_status: Callable[[], PbxStatus],
        foreign_numbers: Callable[[], frozenset[str]],
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._own_address = own_address
        self._pbx_status = pbx_status
        self._foreign_numbers = foreign_numbers
        self._facts = _from_settings(settings, own_address)
        self.serving = asyncio.Event()
        """Set when everything listens: a test before that would tell of nothing."""
        self.probes = OwnProbes()
        """Where the self test comes from."""
        self._tests: set[asyncio.Task[tuple[PortCheck, ...]]] = set()
        self._rests = False
        self._begun = 0
        """Self tests that were begun."""
        self._newest = 0
        """Which of them the facts are from: one that took longer must not put what it saw before in their place."""

    def facts(self) -> SiteFacts:
        """What is known now, without a phone."""
        status = self._pbx_status()
        return replace(
            self._facts,
            foreign_numbers=self._foreign_numbers(),
            pbx_trouble=status.trouble,
        )

    def take_ports(self, checks: tuple[PortCheck, ...]) -> None:
        """The outcome of a self test."""
        self._facts = replace(self._facts, ports=checks)

    async def look(self) -> None:
        """Look at everything once. Never raises for what it finds."""
        if self._settings.journey.self_test_every and not self._rests:
            self._begun += 1
            mine = self._begun
            test = asyncio.create_task(try_ports(self._settings, self._own_address, own=self.probes))
            self._tests.add(test)
            test.add_done_callback(self._tests.discard)
            try:
                # Not awaited itself: who is cancelled, the test or this task, must not be mixed up.
                await asyncio.wait({test})
            except asyncio.CancelledError:
                test.cancel()
                raise
            if not test.cancelled() and mine > self._newest:
                self._newest = mine
                self.take_ports(test.result())
        try:
            await asyncio.to_thread(self._read)
        except SepbridgeError as error:
            log.info("the diagnosis goes by what was known before: %s", error)

    async def rest(self) -> None:
        """Before the servers close: end the self test, and let them see that its connections are gone.

        A connection that a server has not opened when it closes would stay open.
        """
        self._rests = True
        if tests := set(self._tests):
            for test in tests:
                test.cancel()
            await asyncio.wait(tests)
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)

    def _read(self) -> None:
        found, troubles = certificates(self._settings)
        for trouble in troubles:
            log.warning("%s", trouble)
        facts = replace(
            self._facts,
            transports=_transports(self._settings),
            dhcp=remembered(self._settings.state.directory, self._clock.now()),
        )
        self._facts = _with_site(facts, self._store, self._own_address, found)

    async def run(self) -> None:
        """Work until cancelled."""
        every = self._settings.journey.self_test_every
        await self.serving.wait()
        loop = asyncio.get_running_loop()
        forget_at = loop.time()
        while True:
            await self.look()
            if loop.time() >= forget_at:
                forget_at = loop.time() + _FORGET_EVERY
                await asyncio.to_thread(self.forget)
            await asyncio.sleep(every or _LONGEST_WAIT)

    def forget(self) -> int:
        """Let events go that are older than the settings keep them; how many these were."""
        days = self._settings.journey.keep_days
        gone = 0
        if not days:
            return 0
        before = self._clock.now() - timedelta(days=days)
        try:
            while True:
                with self._store.write() as work:
                    some = work.journal.forget(before)
                    work.commit()
                gone += some
                if not some:
                    return gone
        except SepbridgeError as error:
            log.warning("old events could not be removed: %s", error)
        return gone

"""FreePBX: every number of ours is an extension of its own making, which its pages list and can edit.

One worker goes round: it compares what the phones need with what FreePBX has, tells what others changed there, makes
what is missing, checks our added files against the extensions that live, and has everything applied in one reload
(FreePBX reference, section 4.3). Rounds follow a change of ours, a reload by somebody else, or the clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence

from bridge.core.events import PbxReloaded
from bridge.core.extensions import ExtensionChange
from bridge.errors import SepbridgeError
from bridge.pbx.amilink import AmiMessage
from bridge.pbx.asterisk import DIALPLAN, PJSIP, Asterisk
from bridge.pbx.declared import DeclaredEndpoints
from bridge.pbx.dialplanconf import meetme_text, paging_text
from bridge.pbx.freepbxanswers import ApiRefused
from bridge.pbx.freepbxapi import GraphQlApi
from bridge.pbx.freepbxextensions import FreePbxExtension, FreePbxExtensions
from bridge.pbx.freepbxfiles import FreePbxFiles
from bridge.pbx.freepbxfollow import Steps, compare
from bridge.pbx.freepbxledger import Ledger
from bridge.pbx.freepbxmaking import ExtensionMaker
from bridge.pbx.freepbxnumbers import MOST_CONTEXTS, is_no_plan, numbers_in_use
from bridge.pbx.freepbxsettings import FreePbxSettings
from bridge.pbx.pjsipconf import WATCHER
from bridge.ports import (
    Clock,
    EventSink,
    ExtensionFollower,
    PbxListener,
    PbxStatus,
    SipEndpoint,
)

_log = logging.getLogger(__name__)


class FreePbx(DeclaredEndpoints):
    """``Pbx`` for FreePBX 16 and 17.

    Nothing is done before ``replace_all`` was called. An extension that was there before is used as it is; only those
    that we made are ever deleted.
    """

    def __init__(
        self,
        settings: FreePbxSettings,
        *,
        sink: EventSink,
        clock: Clock,
        listener: PbxListener,
        follower: ExtensionFollower,
    ) -> None:
        super().__init__(word="extension", sink=sink, clock=clock)
        self._settings = settings
        self._follower = follower
        self._api = GraphQlApi(settings.api)
        self._extensions = FreePbxExtensions(
            self._api,
            email=settings.email,
            poll_every=settings.poll_reload_every,
            reload_patience=settings.reload_patience,
        )
        self._ledger = Ledger(settings.ledger)
        self._files = FreePbxFiles(
            settings.directory,
            settings.pjsip,
            meetme_text(settings.meetme) + paging_text(settings.paging, settings.paging_multicast),
            watcher_secret=settings.watcher_secret,
        )
        self.asterisk = Asterisk(
            settings.ami,
            sink=sink,
            clock=clock,
            listener=listener,
            ours=lambda: self._backlog.names,
            poll_contacts_every=settings.poll_contacts_every,
            on_connection=self._connection_changed,
            on_event=self._event,
        )
        self.asterisk.line_features.plan_rings_through = False
        self._numbers: frozenset[str] = frozenset()
        """All extensions of FreePBX, as last seen."""
        self._dirty = {PJSIP: True, DIALPLAN: True}
        self._told: tuple[ExtensionChange, ...] = ()
        """What the follower was told in the last round."""
        self._maker = ExtensionMaker(
            self._extensions,
            self._ledger,
            self.asterisk,
            follower,
            etc=settings.directory.parent,
            longest=settings.longest_secret,
            is_waited_for=lambda number: number in self._waiting,
        )
        self._trouble: SepbridgeError | None = None

    async def run(self) -> None:
        """Keep the connection, go round, watch registrations. Ends only by cancellation."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.asterisk.run())
                group.create_task(self._go_round())
        finally:
            await self._api.close()

    # --- what is desired (the Pbx port)

    def replace_all(self, endpoints: Iterable[SipEndpoint]) -> None:
        """Declare the complete set."""
        wanted = {each.name: each for each in endpoints}
        for name in self._backlog.names - wanted.keys():
            self._waiting.tell(name, confirmed=False)
        if not self._backlog.declared or wanted != {n: self._backlog.desired(n) for n in self._backlog.names}:
            self._backlog.replace_all(wanted.values())
            self._wake.set()

    async def settled(self, name: str, *, within: float) -> bool:
        """Wait until the extension is made, applied and confirmed. False at once while FreePBX is away."""
        if self._backlog.is_confirmed(name):
            return self.asterisk.connected
        if self._trouble is not None or name in self._backlog.refused or self._backlog.desired(name) is None:
            return False
        return await self._waiting.wait(name, within=within)

    # --- how things stand

    def status(self) -> PbxStatus:
        """How things stand."""
        return self._status(self._trouble)

    @property
    def others(self) -> frozenset[str]:
        """Extensions that are not ours, as last seen."""
        return self._numbers - self._backlog.names - self._ledger.known.keys()

    async def foreign_numbers(self) -> frozenset[str]:
        """Extensions of FreePBX and endpoints in Asterisk that are not ours. Raises PbxError."""
        here = await self.asterisk.endpoint_names() - self._backlog.names - self._ledger.known.keys() - {WATCHER}
        return here | self.others

    async def extensions(self, contexts: Collection[str]) -> Mapping[str, str]:
        """What FreePBX's dial plan uses besides our numbers: extensions, ring groups, queues, codes, routes, each with
        its kind. Raises PbxError.
        """
        found = await self.asterisk.extensions(contexts, most=MOST_CONTEXTS, skip=is_no_plan)
        used = numbers_in_use(found, ours=self._backlog.names | self._ledger.known.keys())
        return {name: found[name] for name in used}

    # --- going round

    async def _go_round(self) -> None:
        retry = self._settings.retry_first
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.look_every):
                    await self._wake.wait()
            await asyncio.sleep(self._settings.gather)
            self._wake.clear()
            if not self._backlog.declared:
                continue
            try:
                await self._round()
            except SepbridgeError as error:
                if str(error) != str(self._trouble):
                    _log.error("%s", error)
                self._trouble = error
                self._waiting.tell_all(confirmed=False)
                await asyncio.sleep(retry)
                retry = min(retry * 2, self._settings.retry_last)
                self._wake.set()
            else:
                self._trouble = None
                retry = self._settings.retry_first

    async def _round(self) -> None:
        """One comparison with everything that follows from it. Raises SepbridgeError; what was done stays done."""
        seen = await self._extensions.all()
        self._numbers = frozenset(seen)
        snapshot = self._backlog.snapshot()
        steps = compare(snapshot.endpoints, self._ledger.known, seen, longest=self._settings.longest_secret)
        if steps.changes and steps.changes != self._told:
            await self._follower.follow(steps.changes)
            await self._remember(steps)
            self._told = steps.changes
            self._wake.set()  # what is desired is another thing now
            return
        # What was told and changed nothing is not told again and again.
        self._told = steps.changes
        await self._remember(steps)
        refused: dict[str, str] = {}
        if steps.delete:
            self._maker.check_deletion(steps.delete)
            for number in steps.delete:
                del seen[number]
            # Our sections go first: one that is left behind would take others with it.
            await self._write(seen, snapshot.endpoints)
            await self._maker.delete(steps.delete)
        for endpoint in steps.create:
            try:
                seen[endpoint.name] = await self._maker.create(endpoint)
            except ApiRefused as error:
                refused[endpoint.name] = str(error)
        for endpoint in steps.rename:
            await self._maker.rename(endpoint, seen)
        self._numbers = frozenset(seen)
        refused |= {
            each.name: f"extension {each.name} is one of {seen[each.name].tech} in FreePBX, and phones need pjsip"
            for each in snapshot.endpoints
            if each.name in seen and seen[each.name].tech != "pjsip"
        }
        await self._apply(seen, refused, changed=len(steps.create) + len(steps.rename) + len(steps.delete))
        await self._confirm()

    async def _remember(self, steps: Steps) -> None:
        for number, agreed in steps.agree:
            await asyncio.to_thread(self._ledger.note, number, agreed)
        await asyncio.to_thread(self._ledger.forget, steps.forget)

    # --- applying

    async def _apply(self, seen: dict[str, FreePbxExtension], refused: dict[str, str], *, changed: int) -> None:
        # Passwords that were adopted changed what is desired: it was declared anew meanwhile.
        snapshot = self._backlog.snapshot()
        endpoints = [each for each in snapshot.endpoints if each.name not in refused]
        connected = self.asterisk.connected
        if connected and not self._maker.are_unapplied:
            # Made by us and never applied, or by an admin who has not pressed Apply Config yet.
            absent = {each.name for each in endpoints} & seen.keys() - await self.asterisk.endpoint_names()
            # Those that Asterisk did not take after a reload it will not take after another one.
            self._maker.are_unapplied = bool(absent - self._backlog.refused.keys())
        refused |= await self._write(seen, endpoints)
        self._backlog.wrote(snapshot, refused)
        self._announce(endpoints, set(self._backlog.pending) - self._announced - refused.keys())
        for name in refused:
            self._waiting.tell(name, confirmed=False)
        if self._maker.are_unapplied:
            began = asyncio.get_running_loop().time()
            await self._extensions.reload()
            self._maker.are_unapplied = False
            await self._maker.note_what_was_made()
            self._dirty = dict.fromkeys(self._dirty, False)
            self._reloads += 1
            seconds = asyncio.get_running_loop().time() - began
            self._sink.record(PbxReloaded(at=self._clock.now(), endpoints=changed, seconds=seconds))
        elif connected:
            for module in (PJSIP, DIALPLAN):
                if self._dirty[module]:
                    await self.asterisk.reload(module, patience=self._settings.reload_patience)
                    self._dirty[module] = False

    async def _write(self, seen: dict[str, FreePbxExtension], endpoints: Sequence[SipEndpoint]) -> dict[str, str]:
        """Bring our files in line with the extensions that live; what cannot be expressed is returned."""
        living = set(seen)
        if not self._maker.are_unapplied and self.asterisk.connected:
            living &= await self.asterisk.endpoint_names()
        secrets = {number: each.secret for number, each in seen.items()}
        written = await asyncio.to_thread(self._files.write, endpoints, self._contexts, living=living, secrets=secrets)
        self._dirty[PJSIP] |= written.pjsip
        self._dirty[DIALPLAN] |= written.dialplan
        return dict(written.refused)

    async def _confirm(self) -> None:
        if not self.asterisk.connected:
            return
        batch = self._backlog.begin_reload()
        self._settle(batch, await self.asterisk.live(self._in(batch)))

    # --- Asterisk's side

    def _connection_changed(self, connected: bool) -> None:
        if connected:
            self._dirty = dict.fromkeys(self._dirty, True)
            self._backlog.connected()
            self._wake.set()

    def _event(self, message: AmiMessage) -> None:
        if message.event == "Reload":
            self._wake.set()  # somebody pressed Apply Config, or it was us

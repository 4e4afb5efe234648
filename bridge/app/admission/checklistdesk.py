"""The checklist of autoregistration on a site, and the guided way through it (requirements AR-29, AR-33, AR-37)."""

from __future__ import annotations

from dataclasses import replace

from bridge.app.admission.loadcheck import check_loads
from bridge.app.admission.planoverlap import PbxPlan
from bridge.app.admission.window import WindowDesk
from bridge.app.site.sitedesk import SiteDesk
from bridge.autoregistration.checklist import ChecklistStep, SiteFacts, checklist
from bridge.autoregistration.checks import Finding, Severity
from bridge.core import CallingSearchSpace
from bridge.ports import AuditEntry, Clock, FileStore, Store

INSIDE = "Internal"
"""The calling search space that a site without any gets."""


class ChecklistDesk:
    """Walks the steps. ``actor`` is who asked, for the audit trail."""

    def __init__(
        self, store: Store, clock: Clock, window: WindowDesk, site: SiteDesk, actor: str, files: FileStore | None
    ) -> None:
        self._store = store
        self._clock = clock
        self._window = window
        self._site = site
        self._actor = actor
        self._files = files

    def steps(self, plan: PbxPlan | None = None) -> tuple[ChecklistStep, ...]:
        """The nine steps as they stand."""
        now = self._clock.now()
        findings = [*self._site.check()]
        known = {each.code for each in findings}
        findings += [
            Finding(each.code, Severity.ERROR, each.what, each.fix)
            for each in self._window.obstacles(plan)
            if each.code not in known
        ]
        with self._store.read() as work:
            settings = work.autoregistration.load()
            phones = [each for each in work.devices.all() if each.temporary]
            if self._files is not None:
                findings += [
                    each for each in check_loads(work.site.device_defaults(), self._files) if each not in findings
                ]
        opened = settings.window.opens_at if settings.window else now
        fresh = sum(each.created_at >= opened for each in phones)
        # Without partitions and search spaces on the site there is none to be missed in a pool.
        if settings.without_space or not self._site_has_spaces():
            findings = [each for each in findings if each.code != "pool_without_autoreg_css"]
        return checklist(SiteFacts(settings, findings, len(phones), fresh), now)

    def repair_pool(self, *, dry_run: bool = False) -> str:
        """Give the pool of new phones the group of autoregistration and a search space (AR-33).

        A site without any search space gets one that reaches what is inside alone; where there are some, an admin
        chooses. Returns what was done, or with ``dry_run`` what would be, in words; an empty text for nothing.
        """
        with self._store.write() as work:
            settings = work.autoregistration.load(for_update=True)
            group = work.site.autoregistration_group()
            pool = before = work.site.pool(settings.pool)
            done: list[str] = []
            if pool.group.name != group.name:
                pool = replace(pool, group=group)
                done.append(f"the group {group.name}")
            if not (pool.autoreg_css or settings.without_space or work.objects.calling_search_spaces.all()):
                inside = CallingSearchSpace(INSIDE, (settings.partition,) if settings.partition else (), "Inside only")
                work.objects.calling_search_spaces.save(inside)
                pool = replace(pool, autoreg_css=INSIDE)
                done.append(f"the calling search space {INSIDE}: new phones call inside only")
            if pool == before:
                return ""
            told = f"the pool {pool.name} has {' and '.join(done)}"
            if dry_run:
                return told
            work.site.save_pool(pool)
            work.journal.audit(AuditEntry(self._clock.now(), self._actor, f"repaired pool {pool.name}", told))
            work.commit()
        return told

    def begin_batch(self) -> None:
        """The protocol is to be chosen anew."""
        with self._store.write() as work:
            settings = work.autoregistration.load(for_update=True)
            work.autoregistration.save(replace(settings, protocol_chosen=False))
            work.commit()

    def _site_has_spaces(self) -> bool:
        with self._store.read() as work:
            return bool(work.objects.calling_search_spaces.all())

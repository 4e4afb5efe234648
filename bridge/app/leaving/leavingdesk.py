"""Use case: how far the move from CUCM has come."""

from __future__ import annotations

from bridge.app.site.sitedesk import SiteDesk
from bridge.autoregistration.checks import Severity
from bridge.core.events import FileDelivered, TrustListSeen
from bridge.migration.leaving import LeavingFacts, LeavingStep, leaving_steps
from bridge.ports import Clock, Store, UnitOfWork

_AUDIT = 5000
"""Entries of the audit trail that are looked through for imports."""
_JOURNEY = 50


class LeavingDesk:
    """Reads the facts and judges the steps."""

    def __init__(self, store: Store, clock: Clock, site: SiteDesk) -> None:
        self._store = store
        self._clock = clock
        self._site = site

    def steps(self) -> tuple[LeavingStep, ...]:
        """The nine steps as they stand."""
        errors = [each.what for each in self._site.check() if each.severity is Severity.ERROR]
        with self._store.read() as work:
            return leaving_steps(self._facts(work, errors))

    def _facts(self, work: UnitOfWork, errors: list[str]) -> LeavingFacts:
        phones = [each for each in work.devices.all() if not each.temporary]
        away = [each for each in phones if not each.registered]
        trusting, seen, unseen = [], [], []
        for each in away:
            # Newest last: what was delivered after the trust list was seen, was believed.
            journey = work.journal.journey(each.name, limit=_JOURNEY)
            lists = [at for at, event in enumerate(journey) if isinstance(event, TrustListSeen)]
            files = [at for at, event in enumerate(journey) if isinstance(event, FileDelivered)]
            if lists and (not files or files[-1] < lists[-1]):
                trusting.append(str(each.name))
            elif journey or each.last_seen is not None:
                seen.append(str(each.name))
            else:
                unseen.append(str(each.name))
        imports = sum(each.action.startswith("imported from") for each in work.journal.audit_trail(limit=_AUDIT))
        patterns = sum(bool(getattr(each, "destination", "")) for each in work.objects.patterns.all())
        return LeavingFacts(
            imports,
            len(phones),
            errors,
            patterns,
            work.autoregistration.load().is_open(self._clock.now()),
            trusting,
            unseen,
            seen,
            len(phones) - len(away),
        )

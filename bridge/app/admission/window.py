"""Use cases of the admin around autoregistration: every change is one transaction with an audit entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.app.admission.loadcheck import check_loads
from bridge.app.admission.planoverlap import PbxPlan, kept_open, overlaps, taken_numbers
from bridge.app.admission.roguepool import move_rogue_numbers
from bridge.app.status import WindowStatus, window_status
from bridge.autoregistration import (
    DEFAULT_WINDOW,
    ROGUE_POOL,
    AutoregistrationSettings,
    ListEntry,
    SecurityPolicy,
    UnknownMode,
    changes,
)
from bridge.autoregistration.checks import Severity
from bridge.core import DeviceName, NumberRange, check_directory_number
from bridge.core.texts import check_dialled
from bridge.errors import Conflict, NotFound
from bridge.ports import AuditEntry, Clock, FileStore, RefusedPhone, Store, UnitOfWork

Change = Callable[[AutoregistrationSettings, datetime], AutoregistrationSettings]
SHOWN = 10
"""How many obstacles of one kind an error names."""
AWAITING = "awaiting_approval"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why autoregistration should not be enabled."""

    code: str
    what: str
    fix: str


class WindowDesk:
    """Opens, closes and describes autoregistration. ``actor`` is who asked, for the audit trail.

    ``files`` is the admin's file tree, in which the firmware lies; without it nobody looks for loads.
    """

    def __init__(self, store: Store, clock: Clock, actor: str, files: FileStore | None = None) -> None:
        self._store = store
        self._clock = clock
        self._actor = actor
        self._files = files

    def status(self, plan: PbxPlan | None = None) -> WindowStatus:
        """How things stand now. Numbers that Asterisk itself uses are not free: the ``plan`` knows them."""
        with self._store.read() as work:
            settings = work.autoregistration.load()
            in_use = taken_numbers(work, plan)
            temporary = work.devices.count(temporary=True)
            return window_status(settings, in_use, self._clock.now(), temporary)

    def settings(self) -> AutoregistrationSettings:
        """The settings as stored."""
        with self._store.read() as work:
            return work.autoregistration.load()

    # --- the window

    def waits_for_pbx(self) -> bool:
        """Whether the window is open, or is to open, and nobody could ask Asterisk yet what it uses of the range."""
        return self.settings().waits_for_pbx(self._clock.now())

    def obstacles(self, plan: PbxPlan | None = None) -> tuple[Obstacle, ...]:
        """What stands against enabling; ``--force`` goes past it."""
        with self._store.read() as work:
            return tuple(self._obstacles(work, work.autoregistration.load(), plan or PbxPlan()))

    def enable(
        self,
        *,
        duration: timedelta = DEFAULT_WINDOW,
        until: datetime | None = None,
        start: datetime | None = None,
        count: int | None = None,
        force: bool = False,
        plan: PbxPlan | None = None,
    ) -> None:
        """Open the window, now or from ``start`` on. Raises Conflict without a range or for obstacles (AR-04, AR-27)
        unless forced, InvalidInput for the time.

        Without a ``plan`` the running service asks Asterisk as soon as it can (``look_at_range``).
        """
        now = self._clock.now()
        with self._store.write() as work:
            before = work.autoregistration.load(for_update=True)
            settings = changes.enable(
                before, now=now, duration=duration, until=until, start=start, count=count, force=force
            )
            obstacles = self._obstacles(work, before, plan or PbxPlan())
            if obstacles and not force:
                raise Conflict(
                    f"autoregistration cannot be enabled: {obstacles[0].what}",
                    why="; ".join(each.what for each in obstacles[1:SHOWN]),
                    fix=f"{obstacles[0].fix}; or add --force, which is audited",
                )
            work.autoregistration.save(settings.checked(asked=force or plan is not None))
            window = settings.window
            told = [f"from {start:%Y-%m-%d %H:%M %Z}"] if start else []
            told.append(f"until {window.closes_at:%Y-%m-%d %H:%M:%S %Z}" if window and window.closes_at else "no end")
            told += [f"for {count} phones"] if count is not None else []
            told += ["(forced)"] if force else []
            told += [f"in spite of: {each.what}" for each in obstacles]
            work.journal.audit(AuditEntry(now, self._actor, "enabled autoregistration", ", ".join(told)))
            work.commit()

    def look_at_range(self, plan: PbxPlan) -> str:
        """Asterisk says at last what it uses: close a window that was opened when nobody could ask, if its range meets
        some of that (AR-04). Returns what it meets; empty where it stays open.
        """
        now = self._clock.now()
        with self._store.write() as work:
            settings = work.autoregistration.load(for_update=True)
            if not settings.waits_for_pbx(now):
                return ""
            met = ", ".join(str(each) for each in overlaps(settings, (), (), plan)[:SHOWN])
            looked_at = settings.checked(asked=True)
            if met:
                looked_at = changes.disable(looked_at)
                detail = f"nobody could ask Asterisk when it was enabled: the range {settings.range} meets {met}"
                work.journal.audit(AuditEntry(now, self._actor, "disabled autoregistration", detail))
            work.autoregistration.save(looked_at)
            work.commit()
        return met

    def disable(self) -> None:
        """Close the window."""
        self._change(lambda settings, _: changes.disable(settings), "disabled autoregistration")

    def set_range(self, numbers: NumberRange, plan: PbxPlan | None = None) -> None:
        """Enter a range. The first valid one opens the window unless something stands against it, in the site or in
        what Asterisk itself uses; equal ends close it (AR-11), and so does one that meets what the last one did not.
        """
        now = self._clock.now()
        with self._store.write() as work:
            before = work.autoregistration.load(for_update=True)
            changed, met = kept_open(work, before, changes.set_range(before, numbers, now=now), plan)
            detail = f"{numbers}; closed: {met}" if met else str(numbers)
            if changed.window is not None and before.window is None:
                obstacles = self._obstacles(work, changed, plan or PbxPlan())
                if obstacles:
                    changed = replace(changed, window=None)
                    detail += f"; not opened: {obstacles[0].what}"
                else:
                    changed = changed.checked(asked=plan is not None)
            work.autoregistration.save(changed)
            work.journal.audit(AuditEntry(now, self._actor, "set the autoregistration range", detail))
            work.commit()

    def reset_pointer(self) -> None:
        """Start the search for free numbers at the beginning of the range again."""
        self._change(lambda settings, _: changes.reset_pointer(settings), "reset the autoregistration pointer")

    def set_protocol(self, protocol: str) -> None:
        """Set the Auto Registration Phone Protocol. Raises InvalidInput."""
        self._change(
            lambda settings, _: changes.set_protocol(settings, protocol), "set the autoregistration protocol", protocol
        )

    def set_space(self, partition: str, css: str) -> None:
        """Choose the partition of the numbers and the calling search space of the phones; both empty: explicitly none.

        The search space is that of the pool for autoregistered phones. Raises NotFound.
        """
        now = self._clock.now()
        with self._store.write() as work:
            settings = work.autoregistration.load(for_update=True)
            pool = work.site.pool(settings.pool)
            if partition not in work.site.partitions():
                raise NotFound(
                    f"there is no partition {partition!r}", fix=f"add it: sepbridge site partitions add {partition!r}"
                )
            if css and work.objects.calling_search_spaces.get(css) is None:
                raise NotFound(
                    f"there is no calling search space {css!r}",
                    fix=f"add it: sepbridge site css add {css!r} partitions=…",
                )
            without = not partition and not css
            work.objects.pools.save(replace(pool, autoreg_css=css))
            work.autoregistration.save(replace(settings, partition=partition, without_space=without))
            detail = "none" if without else f"partition {partition or '<None>'}, calling search space {css or 'none'}"
            work.journal.audit(AuditEntry(now, self._actor, "chose where autoregistered phones are", detail))
            work.commit()

    def set_template(self, name: str) -> None:
        """Choose the universal device template of new phones; an empty name chooses none. Raises NotFound.

        Device defaults that name a template of their own go before it.
        """
        self._change(
            lambda settings, _: replace(settings, device_template=name),
            "chose the template of autoregistered phones",
            name or "none",
        )

    # --- who may in

    def set_networks(self, networks: Iterable[str]) -> None:
        """Set the networks whose phones may autoregister; none means all. Raises InvalidInput."""
        wanted = list(networks)
        self._change(
            lambda settings, _: changes.set_allowed_networks(settings, wanted),
            "set the autoregistration networks",
            ", ".join(wanted) or "all",
        )

    def set_lists(
        self, *, allowed: Sequence[ListEntry] | None = None, denied: Sequence[ListEntry] | None = None
    ) -> None:
        """Set the allow list, the deny list, or both; an empty one is none. Raises InvalidInput."""
        parts = (("allow", allowed), ("deny", denied))
        told = [
            f"{word}: {', '.join(str(each) for each in found) or 'none'}" for word, found in parts if found is not None
        ]
        self._change(
            lambda settings, _: changes.set_lists(settings, allowed=allowed, denied=denied),
            "set the lists of phones",
            "; ".join(told),
        )

    def set_approval(self, *, needed: bool) -> None:
        """Let every unknown phone wait for an admin's approval, or admit them by the rules alone (AR-05)."""
        self._change(
            lambda settings, _: replace(settings, approval=needed), "set the approval queue", "on" if needed else "off"
        )

    def waiting(self) -> Sequence[RefusedPhone]:
        """Phones that wait for approval, newest first."""
        with self._store.read() as work:
            judged = work.autoregistration.verdicts()
            return [each for each in work.journal.refused() if each.reason == AWAITING and each.device not in judged]

    def judge(self, name: DeviceName, *, approved: bool) -> None:
        """Approve or deny a phone by name. It then comes in, or is refused, on its own retry.

        Raises Conflict for a phone that is there already.
        """
        now = self._clock.now()
        with self._store.write() as work:
            if work.devices.get(name) is not None:
                raise Conflict(
                    f"{name} is in the inventory already", fix=f"remove it with `sepbridge phones remove {name}`"
                )
            work.autoregistration.judge(name, approved, now)
            work.journal.audit(AuditEntry(now, self._actor, f"{'approved' if approved else 'denied'} {name}"))
            work.commit()

    def set_unknown(
        self,
        mode: UnknownMode | None = None,
        *,
        numbers: NumberRange | None = None,
        inbound: bool | None = None,
        operator: str | None = None,
        operator_number: str | None = None,
    ) -> None:
        """Set what becomes of unknown phones outside the window, and the rogue pool. Raises Conflict, InvalidInput."""
        now = self._clock.now()
        with self._store.write() as work:
            before = settings = work.autoregistration.load(for_update=True)
            if numbers is not None:
                settings = changes.set_rogue_range(settings, numbers)
            rogue = settings.rogue
            if operator is not None:
                rogue = replace(rogue, operator=check_dialled(operator, "operator's code"))
            if operator_number is not None:
                rogue = replace(
                    rogue, operator_number=check_directory_number(operator_number) if operator_number else ""
                )
            if inbound is not None:
                rogue = replace(rogue, inbound=inbound)
            settings = replace(settings, rogue=rogue)
            if mode is not None:
                settings = changes.set_unknown(settings, mode)
            if settings.unknown is UnknownMode.ROGUE or not settings.rogue.range.is_empty:
                _make_rogue_pool(work, settings)
            work.autoregistration.save(settings)
            if settings.rogue_partition != before.rogue_partition:
                move_rogue_numbers(work, settings.rogue_partition)
            detail = f"{settings.unknown}; rogue range {rogue.range}, inbound {'yes' if rogue.inbound else 'no'}"
            work.journal.audit(AuditEntry(now, self._actor, "set what becomes of unknown phones", detail))
            work.commit()

    # --- modes

    def set_security(self, *, secure: bool | None = None, policy: SecurityPolicy | None = None) -> str:
        """Switch secure mode, or its policy; returns what that did to autoregistration, in words (AR-07)."""
        now = self._clock.now()
        with self._store.write() as work:
            before = settings = work.autoregistration.load(for_update=True)
            if policy is not None:
                settings = changes.set_security(settings, policy)
            if secure is not None:
                settings = changes.set_secure(settings, secure=secure)
            work.autoregistration.save(settings)
            outcome = security_outcome(before, settings)
            detail = f"{security_mode(settings)}: {outcome}"
            work.journal.audit(AuditEntry(now, self._actor, "set the security mode", detail))
            work.commit()
        return outcome

    def set_backup(self, *, admits: bool) -> None:
        """Let later servers of the group admit unknown phones, too, or the first alone (AR-19)."""
        self._change(
            lambda settings, _: replace(settings, backup=admits), "set autoreg_backup", "on" if admits else "off"
        )

    def set_warn_after(self, count: int) -> None:
        """Set from how many temporary phones on the admin is warned (AR-02). Raises InvalidInput."""
        changes.check_warn_after(count)
        self._change(lambda settings, _: replace(settings, warn_after=count), "set warn_after", str(count))

    def _obstacles(self, work: UnitOfWork, settings: AutoregistrationSettings, plan: PbxPlan) -> list[Obstacle]:
        found = [
            Obstacle(
                "range_overlap",
                f"the range {settings.range} meets {overlap}",
                "choose another range with `sepbridge autoregistration range`",
            )
            for overlap in overlaps(settings, work.devices.lines(), work.objects.patterns.all(), plan)
        ]
        has_choice = any(work.site.partitions()) and work.objects.calling_search_spaces.all()
        if has_choice and not settings.without_space:
            chosen = settings.partition and work.site.pool(settings.pool).autoreg_css
            if not chosen:
                found.append(
                    Obstacle(
                        "no_calling_search_space",
                        "no partition and calling search space were chosen for autoregistered phones",
                        "sepbridge autoregistration space --partition … --css …, or --none",
                    )
                )
        if self._files is not None:
            findings = check_loads(work.site.device_defaults(), self._files)
            found += [Obstacle(each.code, each.what, each.fix) for each in findings if each.severity is Severity.ERROR]
        return found

    def _change(self, change: Change, action: str, detail: str = "") -> None:
        now = self._clock.now()
        with self._store.write() as work:
            work.autoregistration.save(change(work.autoregistration.load(for_update=True), now))
            work.journal.audit(AuditEntry(now, self._actor, action, detail))
            work.commit()


def security_mode(settings: AutoregistrationSettings) -> str:
    """Mode and policy, in words."""
    return f"{'secure' if settings.secure else 'nonsecure'}, policy {settings.security}"


def security_outcome(before: AutoregistrationSettings, after: AutoregistrationSettings) -> str:
    """What a change of the mode, or of its policy, did to autoregistration, in words (AR-07)."""
    if before.window is not None and after.window is None:
        return "autoregistration was switched off: secure mode, and the policy is strict"
    if after.window is not None:
        return "autoregistration stays as it is"
    return "autoregistration stays off until it is enabled explicitly"


def _make_rogue_pool(work: UnitOfWork, settings: AutoregistrationSettings) -> None:
    """The pool and the partition named Rogue, if they are not there yet; the pool is like the one for new phones."""
    if ROGUE_POOL not in work.site.partitions():
        work.site.save_partition(ROGUE_POOL, "Numbers of the rogue pool; in no calling search space")
    try:
        work.site.pool(ROGUE_POOL)
    except NotFound:
        model = work.site.pool(settings.pool)
        work.site.save_pool(replace(model, name=ROGUE_POOL, autoreg_css="", css="", trunk=""))

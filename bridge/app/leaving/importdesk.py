"""Use case: take over what stands on a CUCM. One plan, shown first, applied in one transaction, audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bridge.app.admission.admissions import SECRET_LENGTH
from bridge.app.site.phonetable import phone_table
from bridge.app.site.sitedescription import Change, SiteDescription, Step, describe, differences
from bridge.app.site.sitedesk import carry_out
from bridge.core import Device, DeviceName, Line
from bridge.errors import Conflict, InvalidInput, SepbridgeError
from bridge.migration.clashes import without_clashes
from bridge.migration.inventory import Inventory
from bridge.migration.mapping import wishes_of
from bridge.migration.notes import Note, Weight
from bridge.migration.wishes import ForwardWish, LineKey, PhoneWish
from bridge.ports import AuditEntry, Clock, IdSource, Store, UnitOfWork

SHOWN_BROKEN = 20
_KEPT_CHARACTERS = 2000
"""Of the audit entry's list of changes."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import does, or did."""

    read: Mapping[str, int]
    """How much was read, by kind."""
    changes: tuple[Change, ...]
    notes: tuple[Note, ...]
    forwards: tuple[ForwardWish, ...]
    """Forwards that stand on CUCM; the PBX keeps them, not the database."""
    phones: tuple[Device, ...] = ()
    """The phones that are new or changed."""

    @property
    def broken(self) -> tuple[Note, ...]:
        """What cannot be imported."""
        return tuple(each for each in self.notes if each.weight is Weight.BROKEN)


@dataclass(frozen=True, slots=True)
class _Want:
    plan: ImportPlan
    before: SiteDescription
    after: SiteDescription
    """With all phones of the import, new ones too."""


class ImportDesk:
    """Plans and applies imports. ``actor`` is who asked, for the audit trail."""

    def __init__(self, store: Store, clock: Clock, ids: IdSource, actor: str) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._actor = actor

    def plan(self, inventory: Inventory, trunks: Mapping[str, str], *, new_only: bool = False) -> ImportPlan:
        """What ``apply`` would do. With ``new_only`` objects and phones that are here already stay as they are."""
        with self._store.read() as work:
            return self._want(work, inventory, trunks, new_only=new_only).plan

    def apply(
        self,
        inventory: Inventory,
        trunks: Mapping[str, str],
        *,
        source: str,
        skip_broken: bool = False,
        new_only: bool = False,
        expected: ImportPlan | None = None,
    ) -> ImportPlan:
        """Make the site and its phones what the inventory says: all of it, or nothing.

        ``source`` is named in the audit trail. Raises InvalidInput where something is broken, unless ``skip_broken``
        leaves that out; Conflict when the site is no longer as it was for the ``expected`` plan.
        """
        with self._store.write() as work:
            # The lock of whoever changes the site or admits phones.
            work.autoregistration.load(for_update=True)
            want = self._want(work, inventory, trunks, new_only=new_only)
            plan = want.plan
            if plan.broken and not skip_broken:
                raise _broken(plan.broken)
            if expected is not None and expected.changes != plan.changes:
                raise Conflict(
                    "the site was changed by somebody else in the meantime", fix="look at the plan once more"
                )
            for change in plan.changes:
                if change.section != "phone":
                    carry_out(work, self._ids, change, want.after)
            for device in plan.phones:
                self._write(work, device, is_new=device.name not in want.before.phones)
            if plan.changes:
                told = "; ".join(f"{each.step} {each.shown}" for each in plan.changes)
                detail = told if len(told) <= _KEPT_CHARACTERS else f"{told[:_KEPT_CHARACTERS]} …"
                count = f"{len(plan.changes)} changes, {len(plan.broken)} broken left out: "
                now = self._clock.now()
                work.journal.audit(AuditEntry(now, self._actor, f"imported from {source}", count + detail))
                work.commit()
        return plan

    def _write(self, work: UnitOfWork, device: Device, *, is_new: bool) -> None:
        try:
            if is_new:
                secret, stamp = self._ids.secret(SECRET_LENGTH), self._ids.version_stamp()
                work.devices.add(replace(device, secret=secret, version_stamp=stamp), sharing=True)
                work.journal.forget_refusal(device.name)
            else:
                work.devices.update(replace(device, version_stamp=self._ids.version_stamp()), sharing=True)
        except SepbridgeError as error:
            raise type(error)(f"{device.name}: {error.what}", why=error.why, fix=error.fix) from None

    def _want(self, work: UnitOfWork, inventory: Inventory, trunks: Mapping[str, str], *, new_only: bool) -> _Want:
        before = describe(work, phones=True)
        wishes = wishes_of(inventory, before.records, trunks)
        records = {
            name: {
                **known,
                **{
                    key: record
                    for key, record in wishes.records.get(name, {}).items()
                    if not new_only or key not in known
                },
            }
            for name, known in before.records.items()
        }
        lines = {(line.number, line.partition): line for line in work.devices.lines()}
        phones, notes = self._phones(before, wishes.phones, lines, new_only=new_only)
        site = differences(before, replace(before, records=records, phones={}))
        changed = tuple(
            _change(before.phones.get(name), device)
            for name, device in sorted(phones.items())
            if before.phones.get(name) != device
        )
        changed = tuple(each for each in changed if each.before != each.after or each.step is Step.ADD)
        names = {each.key for each in changed}
        plan = ImportPlan(
            dict(inventory.counts),
            (*site, *changed),
            (*(each for each in notes if each.weight is Weight.BROKEN), *wishes.notes),
            wishes.forwards,
            tuple(phones[name] for name in sorted(phones) if name in names),
        )
        return _Want(plan, before, replace(before, records=records, phones={**before.phones, **phones}))

    def _phones(
        self, before: SiteDescription, wishes: tuple[PhoneWish, ...], lines: Mapping[LineKey, Line], *, new_only: bool
    ) -> tuple[dict[DeviceName, Device], list[Note]]:
        ours = {each.name for each in wishes}
        taken = {
            (each.line.number, each.line.partition): device.name
            for device in before.phones.values()
            if device.name not in ours
            for each in device.lines
        }
        now = self._clock.now()
        phones: dict[DeviceName, Device] = {}
        others = {number: (partition, str(name)) for (number, partition), name in taken.items()}
        apart, notes = without_clashes(wishes, others)
        for wish in apart:
            old = before.phones.get(wish.name)
            if new_only and old is not None:
                continue
            clash = next((each.line.key for each in wish.lines if each.line.key in taken), None)
            if clash is not None and (old is None or clash not in _keys(old)):
                what = f"its number {clash[0]} is {taken[clash]}'s here, which is not in the import: remove one of them"
                notes.append(Note(Weight.BROKEN, str(wish.name), what, wish.origin))
                continue
            fresh = Device(name=wish.name, desired_protocol=wish.protocol, created_at=now, version_stamp="")
            try:
                phones[wish.name] = wish.on(old or fresh, lines)
            except InvalidInput as error:
                notes.append(Note(Weight.BROKEN, str(wish.name), str(error), wish.origin))
        return phones, notes


def _keys(device: Device) -> set[LineKey]:
    return {(each.line.number, each.line.partition) for each in device.lines}


def _change(before: Device | None, after: Device) -> Change:
    def table(device: Device) -> dict[str, object]:
        # What the site's table of a phone does not have, and an import sets.
        more = {"model": device.model, "protocol": device.desired_protocol.value, "temporary": device.temporary}
        return {**phone_table(device), **{key: value for key, value in more.items() if value}}

    step = Step.ADD if before is None else Step.CHANGE
    return Change("phone", after.name, step, table(before) if before is not None else {}, table(after))


def _broken(notes: tuple[Note, ...]) -> InvalidInput:
    told = [str(each) for each in notes[:SHOWN_BROKEN]]
    if len(notes) > SHOWN_BROKEN:
        told.append(f"and {len(notes) - SHOWN_BROKEN} more")
    return InvalidInput(
        f"{len(notes)} of the objects cannot be imported; nothing was changed",
        why="\n".join(told),
        fix="mend the file, or add --skip-broken to import all the others",
    )

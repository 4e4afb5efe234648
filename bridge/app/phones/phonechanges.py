"""Use cases of the admin around one phone: its settings, its pool, its lines and buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.app.admission.roguepool import in_partition
from bridge.app.files.phonefiles import model_of
from bridge.app.phones.onenumber import check_one_line, newly_used
from bridge.app.site.phonetable import LINE_FIELDS, PHONE_FIELDS, PhoneButton, change_phone, phone_table
from bridge.app.site.sitefields import BadValue, Table, fields_of, from_text, plain
from bridge.autoregistration import ROGUE_POOL
from bridge.core import ButtonKind, Device, DeviceName, FileElement
from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.ports import AuditEntry, Clock, IdSource, Store, UnitOfWork
from bridge.provisioning import ElementReach, check_element, element_reach

LISTS = ("lines", "buttons", "abbreviated_dials")
"""Keys of a phone's table that are changed by commands of their own."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Phones that do not read an element."""

    reach: ElementReach
    models: tuple[str, ...]
    phones: int


class PhoneChanges:
    """Changes to single phones; each is one transaction with an audit entry, and gives the phone's file a new stamp.

    All raise NotFound for a phone, or another object, that does not exist, and InvalidInput for values.
    """

    def __init__(self, store: Store, clock: Clock, ids: IdSource, actor: str) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._actor = actor

    def set(self, name: DeviceName, values: Mapping[str, str]) -> Device:
        """Set what belongs to the device; values are typed as on a command line, an empty one is the default."""
        return self.set_typed(name, {key: from_text(PHONE_FIELDS, key, text, "phone") for key, text in values.items()})

    def set_typed(self, name: DeviceName, values: Mapping[str, Any]) -> Device:
        """The same with values of a site description; None is the default."""
        for key in values:
            if key in LISTS or key == "name":
                raise BadValue(f"{key} is not set this way", key=key, fix="see `sepbridge phones line` and `… button`")
        return self._change(name, lambda table: _put(table, values), f"set {_told(values)}")

    def move(self, name: DeviceName, pool: str) -> Device:
        """Move to another pool. It is a decision of an admin: the phone is no longer temporary."""
        return self._change(name, lambda table: _put(table, {"pool": pool}), f"moved to pool {pool}", assigned=True)

    def assign(self, wanted: Sequence[tuple[DeviceName, str, Mapping[str, str]]]) -> Sequence[Device]:
        """Give temporary phones their permanent pools and what else is set for each: all in one transaction or none."""
        with self._store.write() as work:
            changed = [self._assigned(work, *each) for each in wanted]
            work.commit()
        return changed

    def _assigned(self, work: UnitOfWork, name: DeviceName, pool: str, values: Mapping[str, str]) -> Device:
        for key in values:
            if key in LISTS or key in {"name", "pool"}:
                raise BadValue(f"{key} is not set this way", key=key, fix="see `sepbridge phones line` and `… button`")
        typed = {key: from_text(PHONE_FIELDS, key, text, "phone") for key, text in values.items()}
        told = f"assigned to pool {pool}" + (f", {_told(values)}" if values else "")
        return self._change_within(
            work, name, lambda table: _put(table, {**typed, "pool": pool}), told, sharing=False, assigned=True
        )

    def set_line(self, name: DeviceName, number: str, values: Mapping[str, str], *, shared: bool = False) -> Device:
        """Set what belongs to a line of the phone; a number that it does not have becomes its next line.

        With ``shared`` that may be a number that another phone has. Raises Conflict when it may not.
        """
        typed = {key: from_text(LINE_FIELDS, key, text, "line") for key, text in values.items()}
        return self.set_line_typed(name, number, typed, shared=shared)

    def set_line_typed(
        self, name: DeviceName, number: str, typed: Mapping[str, Any], *, shared: bool = False
    ) -> Device:
        """The same with values of a site description; None is the default."""
        if "number" in typed:
            raise BadValue("a line keeps its number", key="number", fix="add another line, and remove this one")

        def change(table: Table) -> None:
            lines: list[Table] = table.setdefault("lines", [])
            line = next((each for each in lines if each["number"] == number), None)
            if line is None:
                line = {"button": _next_button(table), "number": number}
                if lines and lines[0].get("partition"):
                    line["partition"] = lines[0]["partition"]
                lines.append(line)
            _put(line, typed)

        return self._change(name, change, f"set line {number}: {_told(typed)}", sharing=shared)

    def remove_line(self, name: DeviceName, number: str) -> Device:
        """Take a line from the phone. Raises Conflict for its last one."""

        def change(table: Table) -> None:
            lines: list[Table] = table.get("lines", [])
            left = [each for each in lines if each["number"] != number]
            if len(left) == len(lines):
                raise NotFound(f"{name} has no line {number}", fix=f"see `sepbridge phones show {name}`")
            if not left:
                raise Conflict(f"{number} is the only line of {name}", fix=f"sepbridge phones remove {name}")
            table["lines"] = left

        return self._change(name, change, f"removed line {number}")

    def set_button(self, name: DeviceName, button: int, kind: ButtonKind, values: Mapping[str, str]) -> Device:
        """Put something on a button, instead of what is there. Raises Conflict when a line is there, or where a lamp's
        number stands in two partitions."""
        fields = fields_of(PhoneButton)
        typed = {key: from_text(fields, key, text, "button") for key, text in values.items()}
        return self.set_button_typed(name, button, kind, typed)

    def set_button_typed(self, name: DeviceName, button: int, kind: ButtonKind, typed: Mapping[str, Any]) -> Device:
        """The same with values of a site description; None is the default."""

        def change(table: Table) -> None:
            if any(each["button"] == button for each in table.get("lines", [])):
                raise Conflict(f"button {button} of {name} is a line", fix="choose another button")
            rest = [each for each in table.get("buttons", []) if each["button"] != button]
            new: Table = {"button": button, "kind": plain(kind)}
            _put(new, typed)
            table["buttons"] = [*rest, new]

        return self._change(name, change, f"put {kind} on button {button}: {_told(typed)}")

    def remove_button(self, name: DeviceName, button: int) -> Device:
        """Leave a button unused."""

        def change(table: Table) -> None:
            buttons: list[Table] = table.get("buttons", [])
            left = [each for each in buttons if each["button"] != button]
            if len(left) == len(buttons):
                raise NotFound(f"nothing is on button {button} of {name}", fix=f"see `sepbridge phones show {name}`")
            table["buttons"] = left

        return self._change(name, change, f"cleared button {button}")

    def set_element(self, path: str, value: str, name: DeviceName | None, *, unknown: bool = False) -> None:
        """Set one element of a phone's file, or with None of all phones' files. ``unknown``: the reference need not
        know it. Raises InvalidInput for one that cannot be set so, or that this phone does not read.
        """
        check_element(path, value, unknown=unknown)
        if name is not None and (unread := self.unread(path, name)):
            (only,) = unread
            raise InvalidInput(f"{path} would not reach {name}", why=only.reach.why, fix=only.reach.fix)
        self._elements(name, f"set {path}={value}", lambda work: work.elements.set(FileElement(path, value, name)))

    def unread(self, path: str, name: DeviceName | None = None) -> Sequence[Unread]:
        """Which phones do not read an element, of all or of one; those of one kind together, most numerous first."""
        with self._store.read() as work:
            devices = work.devices.all() if name is None else [each for each in [work.devices.get(name)] if each]
        found: dict[ElementReach, list[Device]] = {}
        for device in devices:
            reach = element_reach(path, model_of(device), device.desired_protocol)
            if not reach.is_read:
                found.setdefault(reach, []).append(device)
        kinds = [
            Unread(reach, tuple(sorted({each.model or "unknown" for each in these})), len(these))
            for reach, these in found.items()
        ]
        return sorted(kinds, key=lambda each: -each.phones)

    def remove_element(self, path: str, name: DeviceName | None) -> None:
        """Take back what ``set_element`` set."""
        self._elements(name, f"took back {path}", lambda work: work.elements.remove(path, name))

    def elements(self) -> Sequence[FileElement]:
        """Every element that is set, those of all phones first."""
        with self._store.read() as work:
            return work.elements.all()

    def _elements(self, name: DeviceName | None, told: str, change: Callable[[UnitOfWork], None]) -> None:
        with self._store.write() as work:
            if name is not None:
                device = work.devices.require(name)
                work.devices.update(replace(device, version_stamp=self._ids.version_stamp()))
            change(work)
            whose = f"changed {name}" if name is not None else "changed all phones' files"
            work.journal.audit(AuditEntry(self._clock.now(), self._actor, whose, told))
            work.commit()

    def _change(
        self,
        name: DeviceName,
        change: Callable[[Table], None],
        action: str,
        *,
        sharing: bool = False,
        assigned: bool = False,
    ) -> Device:
        with self._store.write() as work:
            changed = self._change_within(work, name, change, action, sharing=sharing, assigned=assigned)
            work.commit()
        return changed

    def _change_within(
        self,
        work: UnitOfWork,
        name: DeviceName,
        change: Callable[[Table], None],
        action: str,
        *,
        sharing: bool,
        assigned: bool,
    ) -> Device:
        device = work.devices.require(name)
        table = phone_table(device)
        change(table)
        changed = change_phone(device, table)
        if assigned:
            changed = replace(changed, temporary=False)
        if device.pool == ROGUE_POOL and changed.pool != ROGUE_POOL:
            # Its number stays, and can be called like any other from now on.
            changed = in_partition(changed, work.autoregistration.load().partition)
        if changed == device:
            return device
        changed = replace(changed, version_stamp=self._ids.version_stamp())
        work.devices.update(changed, sharing=sharing)
        check_one_line(work, newly_used(device, changed))
        work.journal.audit(AuditEntry(self._clock.now(), self._actor, f"changed {name}", action))
        return changed


def _put(table: Table, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value


def _next_button(table: Table) -> int:
    taken = {each["button"] for key in ("lines", "buttons") for each in table.get(key, [])}
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def _told(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={'' if value is None else value}" for key, value in values.items()) or "as it was"


def pairs(words: tuple[str, ...]) -> dict[str, str]:
    """``key value key value`` or ``key=value …`` as a mapping. Raises InvalidInput for a key without a value."""
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        key, equals, value = word.partition("=")
        if not equals:
            if not rest:
                raise InvalidInput(f"{word} has no value", fix=f"write {word}=…; {word}= goes back to the default")
            value = rest.pop(0)
        found[key.replace("-", "_")] = value
    return found

"""Use cases around the site's objects: export, compare, apply, and single changes, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.app.admission.planoverlap import kept_open
from bridge.app.admission.roguepool import move_rogue_numbers
from bridge.app.phones import onenumber
from bridge.app.phones.onenumber import check_one_line, newly_told, newly_used
from bridge.app.site import plancheck
from bridge.app.site.plancheck import new_errors, plan_findings
from bridge.app.site.sitedescription import (
    Change,
    SiteDescription,
    Step,
    describe,
    differences,
    from_toml,
    to_toml,
)
from bridge.app.site.sitefields import Table, from_text
from bridge.app.site.sitesections import BY_NAME, Key, Section
from bridge.autoregistration.checks import Finding, Severity, check_site, enabled_servers
from bridge.core import CallManagerGroup, PatternKey
from bridge.errors import ConfigurationError, Conflict, InvalidInput, NotFound, SepbridgeError
from bridge.ports import AuditEntry, Clock, IdSource, Store, UnitOfWork
from bridge.store.site import MOST_SERVERS

MOVE = "sepbridge autoregistration move"
_Want = Callable[[SiteDescription], SiteDescription]


@dataclass(frozen=True, slots=True)
class SiteChanges:
    """What an apply does, or did."""

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    """What is wrong with the site afterwards."""

    @property
    def removals(self) -> tuple[Change, ...]:
        """The objects that go."""
        return tuple(each for each in self.changes if each.step is Step.REMOVE)


class SiteDesk:
    """The admin's view of the site's objects. ``actor`` is who asked, for the audit trail."""

    def __init__(self, store: Store, clock: Clock, ids: IdSource, actor: str) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._actor = actor

    def export(self, *, phones: bool = False) -> str:
        """The site as text."""
        with self._store.read() as work:
            return to_toml(describe(work, phones=phones))

    def diff(self, text: str) -> SiteChanges:
        """What ``apply`` would change. Raises InvalidInput with the lines of errors."""
        with self._store.read() as work:
            before = describe(work, phones=True)
            return _changes(before, from_toml(text, before, self._clock.now()))

    def apply(self, text: str, *, expected: SiteChanges | None = None) -> SiteChanges:
        """Make the site what the text says: all of it, or nothing.

        Objects that the text does not name are removed; phones that it does not name are left alone. ``expected`` is
        what the admin was shown: Conflict when the site has changed since. Raises InvalidInput, Conflict, NotFound and
        ConfigurationError, with the line where one is to blame.
        """

        def want(before: SiteDescription) -> SiteDescription:
            return from_toml(text, before, self._clock.now())

        return self._do(want, "applied a site description", expected, phones=True)

    def check(self) -> tuple[Finding, ...]:
        """What is wrong with the site, errors first."""
        with self._store.read() as work:
            found = (*_findings(describe(work, phones=True)), *plan_findings(work))
        return tuple(sorted(found, key=lambda each: each.severity is Severity.WARNING))

    def tables(self, section: Section) -> Sequence[Table]:
        """The objects of one kind, in order."""
        with self._store.read() as work:
            records = describe(work).records[section.name]
        return [section.table(records[key]) for key in sorted(records)]

    def add(self, section: Section, keys: Sequence[str], values: Mapping[str, str]) -> SiteChanges:
        """Add an object; values are typed as on a command line. Raises Conflict when it exists."""
        return self.create(section, {**dict(zip(section.keys, keys, strict=True)), **_typed(section, values)})

    def create(self, section: Section, table: Mapping[str, Any]) -> SiteChanges:
        """Add the object of a table; None is the default. Raises Conflict when it exists, InvalidInput."""
        keys = [str(table[key]) for key in section.keys if table.get(key) not in (None, "")]

        def want(before: SiteDescription) -> SiteDescription:
            wanted: Table = {}
            if section.name == "server" and enabled_servers(before.records["server"].values()):
                # Only one server admits unknown phones (AR-30): a further one waits until the duty is moved to it.
                wanted["autoregistration_disabled"] = True
            record = section.record(_changed(wanted, table), before.records)
            if section.key(record) in before.records[section.name]:
                raise Conflict(
                    f"there is a {section.title} {' '.join(keys)} already",
                    fix=f"change it: sepbridge site {section.word} set {' '.join(keys)} …",
                )
            return _with(before, section, record)

        return self._do(want, f"added {section.title} {' '.join(keys)}")

    def set(self, section: Section, keys: Sequence[str], values: Mapping[str, str]) -> SiteChanges:
        """Change an object; values are typed as on a command line. Raises NotFound."""
        return self.change(section, keys, _typed(section, values))

    def change(self, section: Section, keys: Sequence[str], table: Mapping[str, Any]) -> SiteChanges:
        """Change some keys of an object; None is the default. Raises NotFound, InvalidInput."""

        def want(before: SiteDescription) -> SiteDescription:
            found = _find(before, section, keys)
            record = before.records[section.name][found]
            changed = section.record(_changed(section.table(record), table), before.records)
            if section.key(changed) != found:
                raise InvalidInput(
                    f"a {section.title} keeps its {' and '.join(section.keys)}", fix="add another one, and remove this"
                )
            return _with(before, section, changed)

        return self._do(want, f"changed {section.title} {' '.join(keys)}")

    def table(self, section: Section, keys: Sequence[str]) -> Table:
        """One object. Raises NotFound."""
        with self._store.read() as work:
            site = describe(work)
        return section.table(site.records[section.name][_find(site, section, keys)])

    def remove(self, section: Section, keys: Sequence[str]) -> SiteChanges:
        """Remove an object. Raises NotFound, or Conflict while another object names it."""

        def want(before: SiteDescription) -> SiteDescription:
            gone = _find(before, section, keys)
            rest = {key: each for key, each in before.records[section.name].items() if key != gone}
            return replace(before, records={**before.records, section.name: rest})

        return self._do(want, f"removed {section.title} {' '.join(keys)}")

    def plan_move(self, server: str) -> SiteChanges:
        """What ``move_autoregistration`` would change."""
        with self._store.read() as work:
            before = describe(work)
            return _changes(before, _moved(before, server))

    def move_autoregistration(self, server: str, *, expected: SiteChanges | None = None) -> SiteChanges:
        """Make ``server`` the one that admits unknown phones (AR-30).

        Flags, the order of the group, and the group of the pools that autoregistered phones get, change together.
        """
        return self._do(lambda before: _moved(before, server), f"moved autoregistration to {server}", expected)

    def _do(
        self, want: _Want, action: str, expected: SiteChanges | None = None, *, phones: bool = False
    ) -> SiteChanges:
        now = self._clock.now()
        with self._store.write() as work:
            # The lock of whoever changes the site or admits phones: two nodes do it one after the other.
            work.autoregistration.load(for_update=True)
            before = describe(work, phones=phones)
            after = want(before)
            planned = _changes(before, after)
            if expected is not None and expected.changes != planned.changes:
                raise Conflict(
                    "the site was changed by somebody else in the meantime", fix="look at the differences once more"
                )
            _check_enabled(before, after)
            touches_plan = any(each.section in plancheck.SECTIONS for each in planned.changes)
            found = plan_findings(work) if touches_plan else ()
            for change in planned.changes:
                carry_out(work, self._ids, change, after)
            if touches_plan:
                _check_plan(found, plan_findings(work), after)
            check_one_line(work, _newly_used(work, planned.changes, before, after))
            if planned.changes:
                detail = "; ".join(f"{each.step} {each.shown}" for each in planned.changes)
                if after.autoregistration.window is not None and work.autoregistration.load().window is None:
                    detail += "; the window is closed: the new range meets what the last one did not"
                work.journal.audit(AuditEntry(now, self._actor, action, detail))
                work.commit()
        return planned


def carry_out(work: UnitOfWork, ids: IdSource, change: Change, after: SiteDescription) -> None:
    """Do one change of a plan in its transaction. Raises what the store raises, with the line that is to blame."""
    try:
        match change.section, change.step:
            case "autoregistration", _:
                # The flag is the first server's, which has just been written.
                now = work.autoregistration.load()
                # What Asterisk itself uses is not known here: the service asks for it.
                wanted, _ = kept_open(work, now, after.autoregistration, None)
                work.autoregistration.save(replace(wanted, server_disabled=now.server_disabled))
                if after.autoregistration.rogue_partition != now.rogue_partition:
                    move_rogue_numbers(work, after.autoregistration.rogue_partition)
            case "phone", _:
                device = replace(after.phones[change.key], version_stamp=ids.version_stamp())
                work.devices.update(device, sharing=True)
            case section, Step.REMOVE:
                getattr(work.objects, BY_NAME[section].records).remove(change.key)
            case section, _:
                getattr(work.objects, BY_NAME[section].records).save(after.records[section][change.key])
    except SepbridgeError as error:
        line = after.lines.get((change.section, change.key), 0)
        where = f"line {line}: " if line else f"{change.shown}: "
        raise type(error)(f"{where}{error.what}", why=error.why, fix=error.fix) from None


def _changes(before: SiteDescription, after: SiteDescription) -> SiteChanges:
    return SiteChanges(differences(before, after), _findings(after))


def _findings(site: SiteDescription) -> tuple[Finding, ...]:
    records = site.records
    found = check_site(
        site.autoregistration,
        list(records["callmanager_group"].values()),
        list(records["device_pool"].values()),
        list(records["device_defaults"].values()),
        list(records["server"].values()),
        site.phones.values(),
    )
    return (*found, *onenumber.findings(site.phones.values()))


def _newly_used(
    work: UnitOfWork, changes: Iterable[Change], before: SiteDescription, after: SiteDescription
) -> set[str]:
    """Numbers that become lines, are watched, or are told of, by these changes."""
    numbers: set[str] = set()
    for each in changes:
        if each.section == "phone":
            numbers |= newly_used(before.phones.get(each.key), after.phones[each.key])
        elif each.section == "call_pickup_group" and each.step is not Step.REMOVE:
            was = before.records[each.section].get(each.key)
            numbers |= newly_told(work, was, after.records[each.section][each.key])
    return numbers


def _check_enabled(before: SiteDescription, after: SiteDescription) -> None:
    """Only one server may admit unknown phones: refuse a change that enables a second one (AR-30)."""
    was, will = (enabled_servers(each.records["server"].values()) for each in (before, after))
    new = [name for name in will if name not in was]
    if len(will) > 1 and new:
        other = next(name for name in will if name != new[0])
        raise Conflict(
            f"autoregistration cannot be enabled on {new[0]} while it is enabled on {other}",
            why="only one server may give numbers to unknown phones",
            fix=f"move it: {MOVE} {new[0]}",
        )


def _check_plan(before: Sequence[Finding], found: Sequence[Finding], after: SiteDescription) -> None:
    """Refuse a change that keeps a search space's plan from being written down; old errors stand in nobody's way."""
    errors = new_errors(before, found)
    if not errors:
        return
    lines = {key.pattern: line for (_, key), line in after.lines.items() if isinstance(key, PatternKey)}
    line = plancheck.line_of(errors[0], lines)
    raise Conflict(
        f"line {line}: {errors[0].what}" if line else errors[0].what,
        why="; ".join(each.what for each in errors[1:10]),
        fix=errors[0].fix,
    )


def _typed(section: Section, values: Mapping[str, str]) -> Table:
    return {key: from_text(section.fields, key, text, section.title) for key, text in values.items()}


def _changed(table: Table, values: Mapping[str, Any]) -> Table:
    """The table with other values; None goes back to the default."""
    return {key: value for key, value in {**table, **values}.items() if value is not None}


def _find(site: SiteDescription, section: Section, keys: Sequence[str]) -> Key:
    """The key of the object that the words name; the second one may be left out where that is enough."""
    for key, record in site.records[section.name].items():
        values = section.values(record)
        named = [(name, str(values[name])) for name in section.keys]
        if all(section.same(name, value, word) for (name, value), word in zip(named, keys, strict=False)) and not any(
            value for _, value in named[len(keys) :]
        ):
            return key
    raise NotFound(
        f"there is no {section.title} {' '.join(keys)}", fix=f"sepbridge site {section.word} list shows those there are"
    )


def _with(site: SiteDescription, section: Section, record: Any) -> SiteDescription:
    """The site with one object new or changed, and with what follows from it."""
    records = {**site.records, section.name: {**site.records[section.name], section.key(record): record}}
    if isinstance(record, CallManagerGroup) and record.autoregistration:
        # The mark goes from the group that had it (AR-16).
        records[section.name] = {
            name: replace(group, autoregistration=name == record.name) for name, group in records[section.name].items()
        }
    return replace(site, records=records)


def _moved(site: SiteDescription, name: str) -> SiteDescription:
    servers = site.records["server"]
    if name not in servers:
        raise NotFound(f"there is no server {name}", fix="`sepbridge site servers list` shows those there are")
    flagged = {key: replace(each, autoregistration_disabled=key != name) for key, each in servers.items()}
    groups = site.records["callmanager_group"]
    group = next((each for each in groups.values() if each.autoregistration), None)
    if group is None:
        raise ConfigurationError(
            "no CallManager group is marked for autoregistration",
            fix="mark one: sepbridge site groups set Default autoregistration=yes",
        )
    order = [name, *(each.name for each in group.servers if each.name != name)]
    if len(order) > MOST_SERVERS:
        raise Conflict(
            f"{name} is not in the CallManager group {group.name}, and that has {len(group.servers)} servers already",
            why=f"phones keep at most {MOST_SERVERS}",
            fix=f"take one out: sepbridge site groups set {group.name} servers={','.join(order[1:MOST_SERVERS])}",
        )
    moved = replace(group, servers=tuple(flagged[each] for each in order))
    pools = site.records["device_pool"]
    used = {site.autoregistration.pool, *(each.pool for each in site.records["device_defaults"].values())}
    return replace(
        site,
        records={
            **site.records,
            "server": flagged,
            "callmanager_group": {
                key: moved if key == group.name else replace(each, servers=tuple(flagged[s.name] for s in each.servers))
                for key, each in groups.items()
            },
            "device_pool": {key: replace(each, group=moved) if key in used else each for key, each in pools.items()},
        },
    )

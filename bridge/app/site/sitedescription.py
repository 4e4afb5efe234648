"""The whole site as one reviewable text, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bridge.app.site.phonetable import NAMES, change_phone, phone_table
from bridge.app.site.siteautoregistration import NAMES as NAMES_OF_AUTOREGISTRATION
from bridge.app.site.siteautoregistration import autoregistration_table, read_autoregistration
from bridge.app.site.sitefields import BadValue, Table
from bridge.app.site.sitesections import BY_NAME, SECTIONS, Key, Section
from bridge.app.site.sitetoml import PlacedTable, parse, write
from bridge.autoregistration import AutoregistrationSettings
from bridge.core import Device, DeviceName, Line
from bridge.errors import InvalidInput, SepbridgeError
from bridge.ports import UnitOfWork

SHOWN_ERRORS = 20
_HEAD = (
    "# The site's objects, as `sepbridge site export` writes them: only what departs from the defaults.\n"
    "# `sepbridge site diff FILE` shows what would change, `sepbridge site apply FILE` changes it. See docs/site.md."
)

Place = tuple[str, Key]
"""A section and a key in it."""


@dataclass(frozen=True, slots=True)
class SiteDescription:
    """All objects of the site at one moment, or as somebody wants them."""

    records: Mapping[str, Mapping[Key, Any]]
    """By section and key."""
    autoregistration: AutoregistrationSettings
    phones: Mapping[DeviceName, Device] = field(default_factory=dict)
    """Empty where nobody asked for them. A phone that is not named is left alone."""
    lines: Mapping[Place, int] = field(default_factory=dict)
    """Where each of them stands in the text it was read from."""

    def table(self, section: str, key: Key) -> Table | None:
        """An object as a table; None where it does not exist."""
        if section == "phone":
            device = self.phones.get(key)
            return None if device is None else phone_table(device)
        if section == "autoregistration":
            return autoregistration_table(self.autoregistration)
        record = self.records[section].get(key)
        return None if record is None else BY_NAME[section].table(record)


class Step(StrEnum):
    """What happens to an object."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Change:
    """One object that differs."""

    section: str
    key: Key
    step: Step
    before: Table
    after: Table

    @property
    def shown(self) -> str:
        """What it is about, in words."""
        if self.section == "autoregistration":
            return "autoregistration"
        key = " ".join(str(each) for each in self.key) if isinstance(self.key, tuple) else str(self.key)
        return f"{self.section} {key}"

    @property
    def fields(self) -> tuple[tuple[str, Any, Any], ...]:
        """The keys that differ, with both values; None for the default."""
        names = dict.fromkeys([*self.before, *self.after])
        pairs = ((name, self.before.get(name), self.after.get(name)) for name in names)
        return tuple(each for each in pairs if each[1] != each[2])


def describe(work: UnitOfWork, *, phones: bool = False) -> SiteDescription:
    """The site as the database has it."""
    records: dict[str, dict[Key, Any]] = {}
    for section in SECTIONS:
        everything = getattr(work.objects, section.records).all()
        mine = (each for each in everything if _belongs(section, each))
        records[section.name] = {section.key(each): each for each in mine}
    return SiteDescription(
        records,
        work.autoregistration.load(),
        {each.name: each for each in work.devices.all()} if phones else {},
    )


def to_toml(site: SiteDescription) -> str:
    """The text of a site; the same site always has the same text."""
    sections = [
        (section.name, [section.table(site.records[section.name][key]) for key in _ordered(site, section)])
        for section in SECTIONS
    ]
    phones = [phone_table(site.phones[name]) for name in sorted(site.phones)]
    single = {"autoregistration": autoregistration_table(site.autoregistration)}
    return write([*sections, ("phone", phones)], single, _HEAD)


def from_toml(text: str, before: SiteDescription, now: datetime) -> SiteDescription:
    """Read a text; ``before`` gives the phones that it may change, and what is no business of a description.

    Raises InvalidInput that names every error with its line.
    """
    sections, alone = parse(text, known=(*BY_NAME, "phone"), single=("autoregistration",))
    reader = _Reader()
    records: dict[str, dict[Key, Any]] = {}
    lines: dict[Place, int] = {}
    for section in SECTIONS:
        found = records[section.name] = {}
        for table in sections.get(section.name, ()):
            record = reader.read(table, lambda each, section=section: section.record(each, records))  # type: ignore[misc]  # the default binds the loop's section
            if record is None:
                reader.stands_there(section.name, table)
                continue
            key = section.key(record)
            other = records.get("route_pattern", {}) if section.name == "translation_pattern" else {}
            if key in found or key in other:
                twice = InvalidInput(f"the {section.title} {_spoken(key)} stands there twice", fix="remove one")
                reader.complain(table.line, twice)
            found[key] = record
            lines[section.name, key] = table.line
    own = alone.get("autoregistration", PlacedTable({}))
    settings = reader.read(own, lambda each: _autoregistration(each, before.autoregistration, records, now))
    phones: dict[DeviceName, Device] = {}
    for table in sections.get("phone", ()):
        device = reader.read(table, lambda each: _phone(each, before, records))
        if device is not None:
            phones[device.name] = device
            lines["phone", device.name] = table.line
    _check_shared(before, phones, lines, reader)
    lines["autoregistration", ""] = own.line
    if not reader.could_not_read("callmanager_group"):
        _check_groups(records["callmanager_group"], lines, reader)
    reader.finish()
    return SiteDescription(records, settings or before.autoregistration, phones, lines)


def differences(before: SiteDescription, after: SiteDescription) -> tuple[Change, ...]:
    """What changes, in an order in which it can be done: nothing is named before it exists, nothing removed while it is
    named."""
    changes_: list[Change] = []
    removed: list[Change] = []
    for section in SECTIONS:
        old, new = before.records[section.name], after.records[section.name]
        for key in _ordered(after, section):
            was = section.table(old[key]) if key in old else None
            if was != (now := section.table(new[key])):
                step = Step.ADD if was is None else Step.CHANGE
                changes_.append(Change(section.name, key, step, was or {}, now))
        # A pattern that became one of the other kind is still the same row.
        kept = {**new, **after.records[_OTHER_PATTERNS[section.name]]} if section.name in _OTHER_PATTERNS else new
        removed.extend(
            Change(section.name, key, Step.REMOVE, section.table(old[key]), {})
            for key in _ordered(before, section)
            if key not in kept
        )
    settings = autoregistration_table(before.autoregistration), autoregistration_table(after.autoregistration)
    if settings[0] != settings[1]:
        changes_.append(Change("autoregistration", "", Step.CHANGE, *settings))
    for name in sorted(after.phones):
        if before.phones[name] == after.phones[name]:
            continue
        tables = phone_table(before.phones[name]), phone_table(after.phones[name])
        if tables[0] != tables[1]:
            changes_.append(Change("phone", name, Step.CHANGE, *tables))
    return (*changes_, *reversed(removed))


class _Reader:
    """Collects errors, so that an admin sees them all at once."""

    def __init__(self) -> None:
        self._errors: list[tuple[int, SepbridgeError]] = []
        self._unread: set[tuple[str, str]] = set()
        """Objects that stand in the text and have an error of their own: that they are missing is no further one."""

    def read(self, table: PlacedTable, build: Callable[[Table], Any]) -> Any:
        """What ``build`` makes of the table, or None after an error."""
        try:
            return build(table.values)
        except BadValue as error:
            if error.missing not in self._unread:
                self.complain(table.line_of(error.key), error)
        except SepbridgeError as error:
            self.complain(table.line, error)
        return None

    def stands_there(self, section: str, table: PlacedTable) -> None:
        """A table could not be read; others may name what it is about."""
        self._unread.add((section, str(table.values.get("name", ""))))

    def could_not_read(self, section: str) -> bool:
        """Whether some table of the section could not be read."""
        return any(each == section for each, _ in self._unread)

    def complain(self, line: int, error: SepbridgeError) -> None:
        """Note an error."""
        self._errors.append((line, error))

    def finish(self) -> None:
        """Raise InvalidInput if there was one."""
        if not self._errors:
            return
        self._errors.sort(key=lambda each: each[0])
        told = [f"line {line}: {error}" if line else str(error) for line, error in self._errors[:SHOWN_ERRORS]]
        if len(self._errors) > SHOWN_ERRORS:
            told.append(f"and {len(self._errors) - SHOWN_ERRORS} more")
        count = len(self._errors)
        raise InvalidInput(
            f"the site description has {count} error{'s' if count > 1 else ''}; nothing was changed",
            why="\n".join(told),
            fix="mend them and try again",
        )


_OTHER_PATTERNS = {"route_pattern": "translation_pattern", "translation_pattern": "route_pattern"}


def _belongs(section: Section, record: Any) -> bool:
    """Whether a record is one of this section: both kinds of patterns lie together, and <None> is nobody's."""
    if section.records == "patterns":
        return (section.name == "route_pattern") is hasattr(record, "destination")
    return section.name != "partition" or record.name != ""


def _ordered(site: SiteDescription, section: Section) -> Sequence[Key]:
    return sorted(site.records[section.name])


def _spoken(key: Key) -> str:
    return " ".join(str(each) for each in key) if isinstance(key, tuple) else str(key)


def _autoregistration(
    table: Table, before: AutoregistrationSettings, known: Mapping[str, Mapping[Key, Any]], now: datetime
) -> AutoregistrationSettings:
    settings = read_autoregistration(table, before, known, now)
    _check_names(table, NAMES_OF_AUTOREGISTRATION, known)
    return settings


def _phone(table: Table, before: SiteDescription, known: Mapping[str, Mapping[Key, Any]]) -> Device:
    name = DeviceName.parse(str(table.get("name", "")))
    device = before.phones.get(name)
    if device is None:
        raise BadValue(f"there is no phone {name}", key="name", fix=f"sepbridge phones add {name}")
    changed = change_phone(device, table)
    _check_names(table, NAMES, known)
    for each in changed.lines:
        for css in (each.line.settings.css, each.line.settings.forward_css):
            _check_names({"lines": css}, {"lines": "calling_search_space"}, known)
        _check_names({"lines": each.line.partition}, {"lines": "partition"}, known)
    return changed


def _check_names(values: Mapping[str, Any], names: Mapping[str, str], known: Mapping[str, Mapping[Key, Any]]) -> None:
    for key, section in names.items():
        name = values.get(key, "")
        if name and name not in known[section]:
            raise BadValue(
                f"there is no {BY_NAME[section].title} {name!r}",
                key=key,
                fix=f"`sepbridge site {BY_NAME[section].word} add`, or [[{section}]] in the file",
                missing=(section, name),
            )


def _check_shared(
    before: SiteDescription, phones: Mapping[DeviceName, Device], lines: Mapping[Place, int], reader: _Reader
) -> None:
    """A line of several phones must stand with all of them, and be the same on each: else it is a slip of the pen."""
    owners: dict[tuple[str, str], dict[DeviceName, Line]] = {}
    for device in {**before.phones, **phones}.values():
        for each in device.lines:
            owners.setdefault((each.line.number, each.line.partition), {})[device.name] = each.line
    for (number, _), having in owners.items():
        named = [name for name in having if name in phones]
        if len(having) < 2 or not named:
            continue
        unnamed = [name for name in having if name not in phones]
        new = [name for name in named if number not in {each.line.number for each in before.phones[name].lines}]
        line = lines["phone", named[-1]]
        if unnamed and new:
            reader.complain(
                lines["phone", new[0]],
                InvalidInput(
                    f"the number {number} of {new[0]} belongs to {unnamed[0]}",
                    fix=f"choose another number; for a shared line, name {unnamed[0]} in the description, too",
                ),
            )
        elif len(set(having.values())) > 1:
            reader.complain(
                line,
                InvalidInput(
                    f"the shared line {number} is set differently on {' and '.join(str(name) for name in having)}",
                    fix="write the same display name and settings of the number with each of its phones",
                ),
            )


def _check_groups(groups: Mapping[Key, Any], lines: Mapping[Place, int], reader: _Reader) -> None:
    """Exactly one group is for autoregistration (AR-16)."""
    marked = [name for name, group in groups.items() if group.autoregistration]
    if len(marked) == 1 or not groups:
        return
    line = max((lines.get(("callmanager_group", name), 1) for name in marked), default=1)
    reader.complain(
        line,
        InvalidInput(
            f"{len(marked) or 'no'} CallManager groups are marked for autoregistration",
            fix="write autoregistration = true in exactly one [[callmanager_group]]",
        ),
    )

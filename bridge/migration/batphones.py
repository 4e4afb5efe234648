"""Phone records of BAT files: "All Details" exports of releases 9 and later, and the guides' older column names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bridge.migration.columns import SECRET, Column, columns
from bridge.migration.csvtext import CsvRecord
from bridge.migration.inventory import (
    CucmAppearance,
    CucmBusyLamp,
    CucmForward,
    CucmLine,
    CucmPhone,
    CucmSpeedDial,
    Inventory,
)
from bridge.migration.notes import Note, Origin, Weight
from bridge.migration.unsupported import is_worth_telling, reason

MOST_LINES = 200
"""Line indices that are looked at; more is a broken header."""

_DEVICE = {
    "description": "description",
    "device type": "model",
    "device protocol": "protocol",
    "device pool": "pool",
    "css": "css",
    "phone button template": "button_template",
    "softkey template": "softkey_template",
    "common phone profile": "phone_profile",
    "device security profile": "security_profile",
    "owner user id": "owner",
    "device user locale": "user_locale",
    "network locale": "network_locale",
    "phone load name": "load",
    "dnd option": "dnd_option",
    "dnd incoming call alert": "dnd_alert",
    "privacy": "privacy",
    "single button barge": "barge",
    "idle": "idle_url",
}
_MODULES = ("module 1", "module 2", "module 3")
_LINE = {
    "route partition": "partition",
    "line css": "css",
    "forward all css": "forward_css",
    "call pickup group": "pickup_group",
    "voice mail profile": "voicemail_profile",
    "alerting name": "alerting_name",
    "auto answer": "auto_answer",
    "forward no answer ring duration": "no_answer_seconds",
    "hold reversion ring duration": "hold_reversion_seconds",
}
_APPEARANCE = {
    "line text label": "label",
    "display": "display",
    "external phone number mask": "external_mask",
    "maximum number of calls": "max_calls",
    "busy trigger": "busy_trigger",
    "visual message waiting indicator policy": "lamp",
    "audible message waiting indicator policy": "audible_messages",
    "ring setting (phone idle)": "ring_idle",
    "ring setting (phone active)": "ring_busy",
    "call recording option": "recording",
    "log missed calls": "log_missed",
}
_FORWARDS = {
    "forward all": ("all", False),
    "forward busy internal": ("busy", False),
    "forward busy external": ("busy", True),
    "forward no answer internal": ("no answer", False),
    "forward no answer external": ("no answer", True),
}
_REPLACED = frozenset(
    {
        # Told by another column as well, or without meaning here.
        "device name",
        "directory number",
        "ascii alerting name",
        "ascii display",
        "ascii line text label",
        "line description",
        "label ascii",
        "speed dial label ascii",
        "blf label ascii",
        "subscribed service name",
        "subscribed service name ascii",
        "parameter name",
        "value",
        "user id",
        "speed dial number",
        "speed dial label",
        "busy lamp field destination",
        "blf directory number",
        "blf label",
        "idle timer",
    }
)
_USED = frozenset(
    {
        *_DEVICE,
        *_MODULES,
        *_LINE,
        *_APPEARANCE,
        *_REPLACED,
        *(f"{kind} {what}" for kind in _FORWARDS for what in ("destination", "voice mail")),
    }
)
_STILL_JUDGED = frozenset({"network locale", "phone load name"})
"""Columns that are in the inventory, and are not carried over."""


def are_phones(header: Sequence[Column]) -> bool:
    """Whether these are the columns of a phone file."""
    names = {each.name for each in header}
    return "device name" in names and bool(names & {"device pool", "device type", "directory number"})


def read_phones(header: Sequence[str], records: Iterable[CsvRecord], file: str) -> Inventory:
    """The phones of a file."""
    named = columns(header)
    places: dict[Column, int] = {}
    notes: list[Note] = []
    for at, each in enumerate(named):
        if each.name and places.setdefault(each, at) != at:
            notes.append(
                Note(Weight.CHANGED, each.name, "the column is there twice; the first one counts", Origin(file, 1))
            )
    phones: list[CucmPhone] = []
    for record in records:
        origin = Origin(file, record.line)
        extra = [cell for cell in record.cells[len(named) :] if cell]
        if extra:
            what = (
                f"{len(record.cells)} cells under {len(named)} columns: is a quote not closed, or a comma not quoted?"
            )
            notes.append(Note(Weight.BROKEN, _short(record.cells[0]), what, origin))
            continue
        row = _Row(places, record.cells)
        if not (name := row.of("device name")):
            notes.append(Note(Weight.BROKEN, file, "the record has no device name", origin))
            continue
        phones.append(_phone(name, row, origin))
        notes.extend(_left_out(named, record.cells, origin))
    return Inventory(phones=tuple(phones), notes=tuple(notes), counts={"phones": len(phones)})


class _Row:
    """The cells of one record by column."""

    def __init__(self, places: Mapping[Column, int], cells: Sequence[str]) -> None:
        self._places = places
        self._cells = cells

    def of(self, name: str, index: int = 0) -> str:
        """The cell of a column; a column without a number is the first of its kind."""
        for wanted in (index, 1) if index == 0 else (index, 0) if index == 1 else (index,):
            at = self._places.get(Column(name, wanted))
            if at is not None and at < len(self._cells):
                return self._cells[at]
        return ""

    def indices(self, name: str) -> list[int]:
        """The indices under which a column has something in it."""
        found = {max(each.index, 1) for each in self._places if each.name == name}
        return sorted(index for index in found if index <= MOST_LINES and self.of(name, index))


def _phone(name: str, row: _Row, origin: Origin) -> CucmPhone:
    return CucmPhone(
        name=name,
        origin=origin,
        **{field: row.of(column) for column, field in _DEVICE.items()},
        modules=tuple(filter(None, (row.of(each) for each in _MODULES))),
        lines=tuple(_line(row, index) for index in row.indices("directory number")),
        speed_dials=tuple(
            CucmSpeedDial(index, row.of("speed dial number", index), row.of("speed dial label", index))
            for index in row.indices("speed dial number")
        ),
        busy_lamps=tuple(_busy_lamps(row)),
        services=tuple(row.of("service name", index) for index in row.indices("service name")),
    )


def _busy_lamps(row: _Row) -> Iterator[CucmBusyLamp]:
    for index in sorted({*row.indices("busy lamp field destination"), *row.indices("blf directory number")}):
        number = row.of("busy lamp field destination", index) or row.of("blf directory number", index)
        yield CucmBusyLamp(index, number, row.of("blf label", index))


def _line(row: _Row, index: int) -> CucmAppearance:
    forwards = tuple(
        CucmForward(kind, destination, is_true(row.of(f"{column} voice mail", index)), external)
        for column, (kind, external) in _FORWARDS.items()
        if (destination := row.of(f"{column} destination", index)) or is_true(row.of(f"{column} voice mail", index))
    )
    line = CucmLine(
        row.of("directory number", index),
        forwards=forwards,
        **{field: row.of(column, index) for column, field in _LINE.items()},  # type: ignore[arg-type]  # texts alone
    )
    return CucmAppearance(index, line, **{field: row.of(column, index) for column, field in _APPEARANCE.items()})


def _left_out(named: Sequence[Column], cells: Sequence[str], origin: Origin) -> Iterator[Note]:
    for column, cell in zip(named, cells, strict=False):
        if not column.name or (column.name in _USED and column.name not in _STILL_JUDGED):
            continue
        if column.name in SECRET:
            if cell:
                yield Note(Weight.LOST, column.name, "secrets are not imported; this system makes its own", origin)
        elif is_worth_telling(column.name, cell):
            yield Note(Weight.LOST, column.name, reason(column.name), origin)


def is_true(text: str) -> bool:
    """A boolean as BAT files (``t``) and AXL (``true``) write it."""
    return text.strip().casefold() in {"t", "true", "1", "y", "yes"}


def _short(text: str) -> str:
    return text[:50] or "a record"

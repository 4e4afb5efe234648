"""The list of phones as a model: rows, searched, filtered, sorted and cut into pages. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from bridge.core import Device, DeviceName
from bridge.core.findings import Weight
from bridge.journey import Finding, Progress, Stage
from bridge.ports import RefusedPhone
from bridge.web.dashboard.standing import STAGES, HowItStands, Standing, Tone, how_it_stands
from bridge.web.dashboard.words import capital

SIZES = (25, 50, 100, 200)
"""Rows of a page. More would make a live table slow on the machines that people have."""
LONGEST_SEARCH = 60
FindingsOf = Callable[[DeviceName], Sequence[Finding]]
"""What is found of a phone, the likeliest cause first."""
_DIGITS = re.compile(r"(\d+)")
_NO_MAC = re.compile(r"[^0-9a-fA-F]")


@dataclass(frozen=True, slots=True)
class FirstFinding:
    """The likeliest cause of a phone's trouble, for its row."""

    weight: Weight
    title: str
    more: int
    """How much is found besides."""

    @property
    def tone(self) -> Tone:
        """What its badge looks like."""
        return Tone.BAD if self.weight is Weight.PROBLEM else Tone.WARN

    @property
    def is_problem(self) -> bool:
        """A note is none."""
        return self.weight is Weight.PROBLEM


@dataclass(frozen=True, slots=True)
class PhoneRow:
    """One phone of the list."""

    name: DeviceName
    number: str
    model: str
    load: str
    address: str
    protocol: str
    pool: str
    description: str
    stands: HowItStands
    last_at: datetime | None
    word: str
    """What it did last."""
    is_ours: bool
    temporary: bool = False
    finding: FirstFinding | None = None

    @property
    def has_problem(self) -> bool:
        """Whether something is wrong with it."""
        return self.finding is not None and self.finding.is_problem

    def matches(self, wanted: str) -> bool:
        """Whether the search means this phone: a part of its name or MAC, number, model, address, description."""
        texts = (self.name.value, self.number, self.model, self.load, self.address, self.description, self.pool)
        if any(wanted in each.lower() for each in texts):
            return True
        # A MAC may be typed with colons, dots or dashes.
        digits = _NO_MAC.sub("", wanted)
        return len(digits) >= 4 and len(digits) > len(wanted) // 2 and digits.lower() in self.name.value.lower()


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What is asked of the list; every field has a place in the address of the page."""

    search: str = ""
    standing: Standing | None = None
    pool: str = ""
    model: str = ""
    sort: str = "number"
    descending: bool = False
    page: int = 1
    size: int = SIZES[1]
    temporary: bool = False
    problems: bool = False
    """Only phones with problems."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> ListQuery:
        """From an address; what cannot be read counts as not said."""
        page, size = query.get("page", ""), query.get("size", "")
        standing = query.get("standing", "")
        sort = query.get("sort", "")
        return cls(
            search=query.get("q", "").strip()[:LONGEST_SEARCH],
            standing=Standing(standing) if standing in list(Standing) else None,
            pool=query.get("pool", "")[:LONGEST_SEARCH],
            model=query.get("model", "")[:LONGEST_SEARCH],
            sort=sort if sort in SORTS else "number",
            descending=query.get("dir") == "desc",
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 and int(page) else 1,
            size=int(size) if size in {str(each) for each in SIZES} else SIZES[1],
            temporary=query.get("temporary") == "1",
            problems=query.get("problems") == "1",
        )

    def address(self, **changes: Any) -> str:
        """The query part of the address with some fields changed; a change of anything but the page starts at 1."""
        wanted = replace(self, **{"page": 1, **changes})
        pairs = {
            "q": wanted.search,
            "standing": wanted.standing.value if wanted.standing else "",
            "pool": wanted.pool,
            "model": wanted.model,
            "sort": wanted.sort if wanted.sort != "number" else "",
            "dir": "desc" if wanted.descending else "",
            "page": str(wanted.page) if wanted.page > 1 else "",
            "size": str(wanted.size) if wanted.size != SIZES[1] else "",
            "temporary": "1" if wanted.temporary else "",
            "problems": "1" if wanted.problems else "",
        }
        return "?" + urlencode({key: value for key, value in pairs.items() if value})


@dataclass(frozen=True, slots=True)
class PhonePage:
    """One page of the list."""

    rows: Sequence[PhoneRow]
    query: ListQuery
    found: int
    """Rows that the query means, on all pages."""
    pages: int
    counts: Mapping[Standing, int]
    """Of all phones, whatever the query says."""
    everything: int
    problems: int
    """Phones with problems, of all."""
    pools: Sequence[str]
    models: Sequence[str]

    @property
    def first(self) -> int:
        """The place of the page's first row, from 1 on."""
        return (self.query.page - 1) * self.query.size + 1 if self.rows else 0


def phone_rows(
    devices: Iterable[Device],
    refused: Iterable[RefusedPhone],
    progress: Mapping[DeviceName, Progress],
    findings: FindingsOf,
    now: datetime,
) -> list[PhoneRow]:
    """Every phone: ours, those that were turned away, and strangers on their way."""
    refusals = {each.device: each for each in refused}
    rows: list[PhoneRow] = []
    ours: set[DeviceName] = set()
    for device in devices:
        ours.add(device.name)
        seen = progress.get(device.name)
        rows.append(_of_ours(device, seen, refusals.get(device.name), _first(findings(device.name)), now))
    strangers = [name for name in dict.fromkeys((*refusals, *progress)) if name not in ours]
    return rows + [
        _stranger(name, progress.get(name), refusals.get(name), _first(findings(name)), now) for name in strangers
    ]


def page_of(rows: Sequence[PhoneRow], query: ListQuery) -> PhonePage:
    """The page that the query asks for; the last one where there are fewer."""
    wanted = query.search.lower()
    found = [
        row
        for row in rows
        if (query.standing is None or row.stands.standing is query.standing)
        and query.pool in ("", row.pool)
        and query.model in ("", row.model)
        and (not query.temporary or row.temporary)
        and (not query.problems or row.has_problem)
        and (not wanted or row.matches(wanted))
    ]
    found.sort(key=SORTS[query.sort], reverse=query.descending)
    pages = max(1, -(-len(found) // query.size))
    query = replace(query, page=min(query.page, pages))
    first = (query.page - 1) * query.size
    counted = Counter(row.stands.standing for row in rows)
    return PhonePage(
        rows=found[first : first + query.size],
        query=query,
        found=len(found),
        pages=pages,
        counts={each: counted.get(each, 0) for each in Standing},
        everything=len(rows),
        problems=sum(row.has_problem for row in rows),
        pools=sorted({row.pool for row in rows if row.pool}),
        models=sorted({row.model for row in rows if row.model}, key=natural),
    )


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key in which 900 goes before 1000."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part.lower()) for part in _DIGITS.split(text) if part)


def _number(row: PhoneRow) -> Any:
    return (not row.number, natural(row.number), row.name.value)


def _finding(row: PhoneRow) -> Any:
    """Problems first, then notes, phones with the same one together, then those that are well."""
    found = row.finding
    return (2 if found is None else int(not found.is_problem)), found.title if found else "", _number(row)


_ORDER = {each: place for place, each in enumerate(Standing)}
SORTS: dict[str, Callable[[PhoneRow], Any]] = {
    "number": _number,
    "standing": lambda row: (_ORDER[row.stands.standing], _number(row)),
    "finding": _finding,
    "model": lambda row: (natural(row.model), _number(row)),
    "firmware": lambda row: (natural(row.load), _number(row)),
    "address": lambda row: (natural(row.address), _number(row)),
    "last": lambda row: (row.last_at.timestamp() if row.last_at else 0.0, row.name.value),
    "name": lambda row: row.name.value,
}
"""What the list can be sorted by."""


def _first(findings: Sequence[Finding]) -> FirstFinding | None:
    return FirstFinding(findings[0].severity, capital(findings[0].title), len(findings) - 1) if findings else None


def _of_ours(
    device: Device, seen: Progress | None, refusal: RefusedPhone | None, finding: FirstFinding | None, now: datetime
) -> PhoneRow:
    last = max((each for each in (device.last_seen, seen.since if seen else None) if each), default=None)
    return PhoneRow(
        name=device.name,
        number=device.number,
        model=device.model,
        load=device.load,
        address=device.address or (seen.client if seen else ""),
        protocol=(device.observed_protocol or device.desired_protocol).value,
        pool=device.pool,
        description=device.description or device.settings.owner,
        stands=how_it_stands(device, seen, refusal, now),
        last_at=last,
        word=_word(seen),
        is_ours=True,
        temporary=device.temporary,
        finding=finding,
    )


def _stranger(
    name: DeviceName, seen: Progress | None, refusal: RefusedPhone | None, finding: FirstFinding | None, now: datetime
) -> PhoneRow:
    return PhoneRow(
        name=name,
        number="",
        model=refusal.model if refusal else "",
        load="",
        address=refusal.client if refusal else (seen.client if seen else ""),
        protocol="",
        pool="",
        description="",
        stands=how_it_stands(None, seen, refusal, now),
        last_at=refusal.last_at if refusal else (seen.since if seen else None),
        word=refusal.text if refusal else _word(seen),
        is_ours=False,
        finding=finding,
    )


def _word(seen: Progress | None) -> str:
    if seen is None:
        return ""
    if seen.stage in (Stage.REGISTERED, Stage.CONNECTING, Stage.REGISTERING):
        return STAGES[seen.stage]
    return seen.word or STAGES[seen.stage]

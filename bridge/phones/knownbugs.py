"""Loads that are known to block something that phones are for. The rows are data (``data/knownbugs.csv``)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

from bridge.core import SignallingProtocol
from bridge.phones.ladders import Version, version_of
from bridge.phones.loads import parse_load

_GROUPS = {"8941": "894x", "8945": "894x", "9971": "9971"}
"""The hardware groups of the models in the table."""


@dataclass(frozen=True, slots=True)
class KnownBug:
    """What does not work with a load, and which load does better."""

    what: str
    instead: str
    """A load, without the last parts of its name."""
    source: str


@dataclass(frozen=True, slots=True)
class _Row:
    groups: frozenset[str]
    protocol: SignallingProtocol
    since: Version
    below: Version
    bug: KnownBug


def known_bugs(load: str, model: str = "", protocol: SignallingProtocol | None = None) -> tuple[KnownBug, ...]:
    """The blocking bugs that public sources tell of this load. Empty says only that none is known here.

    ``model`` and ``protocol`` say whose load it is where ``load`` is a bare version, as SIP phones say it.
    """
    parsed = parse_load(load)
    version = version_of(load)[0]
    group, spoken = (parsed.group, parsed.protocol) if parsed.group else (_GROUPS.get(model, ""), protocol)
    return tuple(
        row.bug
        for row in _rows()
        if group.lower() in row.groups and spoken is row.protocol and row.since <= version < row.below
    )


@cache
def _rows() -> tuple[_Row, ...]:
    text = (resources.files("bridge.phones") / "data" / "knownbugs.csv").read_text(encoding="utf-8")
    return tuple(
        _Row(
            frozenset(row["groups"].lower().split(";")),
            SignallingProtocol(row["protocol"]),
            _version(row["from"]),
            _version(row["below"]),
            KnownBug(row["what"], row["instead"], row["source"]),
        )
        for row in csv.DictReader(text.splitlines())
    )


def _version(text: str) -> Version:
    return tuple(int(each) for each in text.split("."))

"""Parked calls: who waits in which slot, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ParkingEnd(StrEnum):
    """Why a call has left its slot."""

    RETRIEVED = "somebody took it"
    TIMED_OUT = "its time was over"
    GAVE_UP = "the caller hung up"


@dataclass(frozen=True, slots=True)
class ParkedCall:
    """A call in a slot."""

    slot: str
    number: str = ""
    """Of who waits there."""
    name: str = ""
    parker: str = ""
    """The endpoint that parked it; empty where the PBX does not know."""


@dataclass(frozen=True, slots=True)
class CallParked:
    """A call has come into a slot."""

    call: ParkedCall


@dataclass(frozen=True, slots=True)
class CallUnparked:
    """A slot is free again."""

    slot: str
    end: ParkingEnd


@dataclass(frozen=True, slots=True)
class ParkedCallsListed:
    """All parked calls: what was known before counts no more."""

    calls: tuple[ParkedCall, ...] = ()


ParkingChange = CallParked | CallUnparked | ParkedCallsListed

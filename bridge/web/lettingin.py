"""Phones that were turned away are let in by an admin: one, or many at once (RG-10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.app.desks import Desks
from bridge.app.service import Service
from bridge.core import Device, DeviceName
from bridge.errors import SepbridgeError

_READ = 400
"""Events of a phone that are read."""


@dataclass(frozen=True, slots=True)
class LetIn:
    """What became of one phone."""

    name: DeviceName
    device: Device | None
    trouble: str = ""
    """Why it was not let in; empty where it was."""


def let_in(service: Service, desks: Desks, name: DeviceName) -> Device:
    """Add a phone as what its requests prove it to be, with the next free number. Blocking.

    Raises what adding a phone raises, and NotFound for one that nobody ever saw.
    """
    sheet = desks.phones.show(name.value, limit=_READ)
    client = sheet.refusal.client if sheet.refusal else ""
    evidence = service.resolver.evidence.about(client, name)
    model = evidence.model()
    return desks.phones.add(name, model=model.name if model else "", protocol=None if model else evidence.observed)


def let_many_in(service: Service, desks: Desks, names: Sequence[DeviceName]) -> Iterator[LetIn]:
    """The same for many: what goes wrong with one concerns no other. Blocking."""
    for name in names:
        try:
            yield LetIn(name, let_in(service, desks, name))
        except SepbridgeError as error:
            yield LetIn(name, None, error.what)

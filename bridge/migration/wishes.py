"""Phones as the import wants them, laid over what is there: what CUCM does not say stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.core import (
    AbbreviatedDial,
    Device,
    DeviceButton,
    DeviceName,
    Line,
    LineAppearance,
    SignallingProtocol,
)
from bridge.migration.notes import NOWHERE, Note, Origin
from bridge.phones.catalogue import Model

LineKey = tuple[str, str]
"""Number and partition."""


@dataclass(frozen=True, slots=True)
class LineWish:
    """A directory number: what is told of it, by the names of ``LineSettings``."""

    number: str
    partition: str
    display_name: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> LineKey:
        """Number and partition."""
        return (self.number, self.partition)

    def on(self, line: Line | None) -> Line:
        """The line, new or changed."""
        line = line or Line(self.number, self.partition)
        settings = replace(line.settings, **self.settings)
        return replace(line, display_name=self.display_name or line.display_name, settings=settings)


@dataclass(frozen=True, slots=True)
class AppearanceWish:
    """A line on a button, by the names of ``AppearanceSettings``."""

    button: int
    line: LineWish
    label: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PhoneWish:
    """A phone."""

    name: DeviceName
    model: Model
    protocol: SignallingProtocol
    pool: str
    description: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """By the names of ``DeviceSettings``."""
    lines: tuple[AppearanceWish, ...] = ()
    buttons: tuple[DeviceButton, ...] = ()
    abbreviated_dials: tuple[AbbreviatedDial, ...] = ()
    origin: Origin = NOWHERE

    def on(self, device: Device, lines: Mapping[LineKey, Line]) -> Device:
        """The device, new or changed; ``lines`` are those that exist. Raises InvalidInput for values that cannot be."""
        here = {(each.line.number, each.line.partition): each for each in device.lines}
        appearances: list[LineAppearance] = []
        for wish in self.lines:
            old = here.get(wish.line.key)
            line = wish.line.on(lines.get(wish.line.key))
            new = old or LineAppearance(wish.button, line)
            settings = replace(new.settings, **wish.settings)
            appearances.append(
                replace(new, button=wish.button, line=line, label=wish.label or new.label, settings=settings)
            )
        model_is_known = device.model_number is not None and device.observed_protocol is not None
        return replace(
            device,
            desired_protocol=self.protocol,
            # A phone that told what it is knows it better than the old cluster's database.
            model_number=device.model_number if model_is_known else self.model.number,
            model=device.model if model_is_known else self.model.name,
            pool=self.pool,
            description=self.description or device.description,
            temporary=False,
            settings=replace(device.settings, **self.settings),
            lines=tuple(sorted(appearances, key=lambda each: each.button)) or device.lines,
            buttons=self.buttons or device.buttons,
            abbreviated_dials=self.abbreviated_dials or device.abbreviated_dials,
        )


@dataclass(frozen=True, slots=True)
class ForwardWish:
    """A forward that the PBX keeps."""

    number: str
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything that an import wants of a site."""

    records: Mapping[str, Mapping[Any, Any]]
    """New and changed objects by section (``device_pool``, ``partition`` …) and key."""
    phones: tuple[PhoneWish, ...]
    forwards: tuple[ForwardWish, ...]
    notes: tuple[Note, ...]

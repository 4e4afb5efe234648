"""Do the device defaults name firmware that is there and fits? Asked before unknown phones are let in (AR-27).

A wrong image name makes phones look for a file for ever, or keeps them on the other protocol.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from bridge.autoregistration.checks import Finding, Severity
from bridge.core import DeviceDefaults
from bridge.errors import StoreError
from bridge.phones.catalogue import catalogue
from bridge.phones.loads import fits

ENDINGS = (".loads", ".bin", ".sbn", ".sbin", ".zup", "")
"""Under which a load lies in the file root; letter case does not count. The last one: the name has its ending."""


class HasFiles(Protocol):
    """The file tree, or whoever knows what lies there."""

    def read(self, name: str) -> object | None:
        """None where there is no such file."""
        ...


def check_loads(defaults: Sequence[DeviceDefaults], files: HasFiles) -> tuple[Finding, ...]:
    """What is wrong with the loads of the device defaults, errors first."""
    return tuple(sorted(_found(defaults, files), key=lambda each: each.severity is Severity.WARNING))


def _found(defaults: Sequence[DeviceDefaults], files: HasFiles) -> Iterator[Finding]:
    for row in defaults:
        model = catalogue().by_number(row.model_number)
        name = model.name if model else str(row.model_number)
        command = f"sepbridge site defaults set {name} {row.protocol} load=…"
        if not row.load:
            if model is not None and model.only_protocol is None:
                yield Finding(
                    "load_empty",
                    Severity.WARNING,
                    f"no load is named for {name} with {row.protocol}: the protocol parameter cannot steer such phones",
                    command,
                )
            continue
        if model is not None and not fits(row.load, model, row.protocol):
            example = model.last_known_load(row.protocol)
            yield Finding(
                "protocol_mismatch",
                Severity.ERROR,
                f"the load {row.load} does not fit a {name} that is to speak {row.protocol}",
                command.replace("load=…", f"load={example}") if example else command,
            )
        elif not _lies_there(row.load, files):
            yield Finding(
                "load_missing",
                Severity.ERROR,
                f"{row.load}.loads, the load of {name} with {row.protocol}, is not in the file root",
                f"copy the firmware there, or name another one: {command}",
            )


def _lies_there(load: str, files: HasFiles) -> bool:
    try:
        return any(files.read(load + ending) is not None for ending in ENDINGS)
    except StoreError:
        return False

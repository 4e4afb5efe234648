"""Single elements of phones' files that an admin sets, for all phones or for one."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core.devicename import DeviceName


@dataclass(frozen=True, slots=True)
class FileElement:
    """One element and its content. That of a phone goes before that of all phones."""

    path: str
    """Names of elements below the root of the file, with slashes between them: ``vendorConfig/pcPort``."""
    value: str
    device: DeviceName | None = None
    """None: all phones whose files have such an element."""

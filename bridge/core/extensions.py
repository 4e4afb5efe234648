"""What others do to extensions of ours at the PBX, in its own pages: they are followed, not undone."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ExtensionRenamed:
    """It has another name."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class ExtensionSecretChanged:
    """It has another SIP password, which a phone can take."""

    number: str
    secret: str = field(repr=False)
    is_new: bool = False
    """The extension was just made, and the PBX gave it this one."""


@dataclass(frozen=True, slots=True)
class ExtensionRenumbered:
    """It is gone, and another one has its SIP password: it was moved to another number."""

    number: str
    new_number: str
    name: str


@dataclass(frozen=True, slots=True)
class ExtensionRemoved:
    """It is gone."""

    number: str


@dataclass(frozen=True, slots=True)
class ExtensionFound:
    """A phone has this number, and the PBX has an extension of that number that we did not make."""

    number: str
    name: str


ExtensionChange = ExtensionFound | ExtensionRenamed | ExtensionSecretChanged | ExtensionRenumbered | ExtensionRemoved

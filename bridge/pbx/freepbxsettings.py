"""What the FreePBX backend is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bridge.core import NumberRange, PagingGroup
from bridge.pbx.ami import AmiSettings
from bridge.pbx.dialplanconf import PagingMulticast
from bridge.pbx.freepbxapi import ApiSettings
from bridge.pbx.pjsipconf import PjsipOptions


@dataclass(frozen=True, slots=True)
class FreePbxSettings:
    """Where FreePBX is, where our files are, and how patient. Times in seconds."""

    api: ApiSettings
    ami: AmiSettings
    directory: Path
    """Ours, included by the ``*_custom`` files: ``/etc/asterisk/sepbridge``."""
    ledger: Path
    """The file in which we remember what we made."""
    pjsip: PjsipOptions = field(default_factory=PjsipOptions)
    watcher_secret: str = field(default="", repr=False)
    longest_secret: int = 12
    """Characters of a SIP password that phones are given."""
    email: str = "nobody@sepbridge.invalid"
    look_every: float = 20.0
    """How often FreePBX is looked at for changes, besides after each reload."""
    gather: float = 0.1
    """How long the first of many new phones waits for the others."""
    poll_reload_every: float = 0.5
    reload_patience: float = 180.0
    retry_first: float = 2.0
    retry_last: float = 60.0
    poll_contacts_every: float = 60.0
    meetme: tuple[NumberRange, ...] = ()
    paging: tuple[PagingGroup, ...] = ()
    paging_multicast: PagingMulticast = field(default_factory=PagingMulticast)

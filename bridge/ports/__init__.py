"""What the outside must offer, as Protocols, and the words spoken across them.

Everything above this room (use cases, shells, command line) talks to the database, to Asterisk, to the served files
and to the clock through these types alone.
"""

from __future__ import annotations

from bridge.ports.access import AccountRepository, ClaimRepository, OnboardingRepository
from bridge.ports.devices import (
    AuditEntry,
    CallBackRepository,
    CallRecords,
    DeviceRepository,
    InventoryRepository,
    Journal,
    RefusedPhone,
)
from bridge.ports.files import FileProvider, FileStore
from bridge.ports.machine import Clock, EventSink, IdSource
from bridge.ports.pbx import (
    MOST_BUSY_AT,
    Conferences,
    Contact,
    ExtensionFollower,
    LineFeatureStore,
    NumberStates,
    Pbx,
    PbxListener,
    PbxStatus,
    Recordings,
    RestartEvent,
    RestartKind,
    SipEndpoint,
    Transport,
)
from bridge.ports.siteobjects import (
    AutoregistrationRepository,
    FileElementRepository,
    FirmwareRepository,
    Key,
    PhonebookRepository,
    Record,
    Records,
    SiteObjects,
    SiteRepository,
)
from bridge.ports.store import Store, UnitOfWork

__all__ = [
    "MOST_BUSY_AT",
    "AccountRepository",
    "AuditEntry",
    "AutoregistrationRepository",
    "CallBackRepository",
    "CallRecords",
    "ClaimRepository",
    "Clock",
    "Conferences",
    "Contact",
    "DeviceRepository",
    "EventSink",
    "ExtensionFollower",
    "FileElementRepository",
    "FileProvider",
    "FileStore",
    "FirmwareRepository",
    "IdSource",
    "InventoryRepository",
    "Journal",
    "Key",
    "LineFeatureStore",
    "NumberStates",
    "OnboardingRepository",
    "Pbx",
    "PbxListener",
    "PbxStatus",
    "PhonebookRepository",
    "Record",
    "Recordings",
    "Records",
    "RefusedPhone",
    "RestartEvent",
    "RestartKind",
    "SipEndpoint",
    "SiteObjects",
    "SiteRepository",
    "Store",
    "Transport",
    "UnitOfWork",
]

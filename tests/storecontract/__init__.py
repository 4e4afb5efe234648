"""What every database must do, as test classes that each database's own test module inherits and runs.

A heir offers the fixture ``url``: the URL of a fresh, upgraded database.
"""

from __future__ import annotations

from tests.storecontract.accounts import AccountContract
from tests.storecontract.admission import AutoregistrationContract, ClaimContract
from tests.storecontract.devices import DeviceContract, SettingsContract
from tests.storecontract.files import FirmwareContract, PhoneFileContract
from tests.storecontract.journal import CallRecordsContract, JournalContract, PhonebookContract
from tests.storecontract.samples import (
    NOW,
    OBJECTS,
    SCCP,
    SECOND,
    SERVERS,
    SIP,
    add_twice,
    admit,
    furnished,
    name,
    open_range,
    phone,
    remove,
    save_objects,
)
from tests.storecontract.schema import SchemaContract, StoreContract
from tests.storecontract.siteobjects import ObjectsContract, SiteContract

__all__ = [
    "NOW",
    "OBJECTS",
    "SCCP",
    "SECOND",
    "SERVERS",
    "SIP",
    "AccountContract",
    "AutoregistrationContract",
    "CallRecordsContract",
    "ClaimContract",
    "DeviceContract",
    "FirmwareContract",
    "JournalContract",
    "ObjectsContract",
    "PhoneFileContract",
    "PhonebookContract",
    "SchemaContract",
    "SettingsContract",
    "SiteContract",
    "StoreContract",
    "add_twice",
    "admit",
    "furnished",
    "name",
    "open_range",
    "phone",
    "remove",
    "save_objects",
]

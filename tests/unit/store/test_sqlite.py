"""The store on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.store import upgrade
from tests import storecontract


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/sepbridge.db"
    upgrade(url)
    return url


class TestSchema(storecontract.SchemaContract):
    pass


class TestDevices(storecontract.DeviceContract):
    pass


class TestSettings(storecontract.SettingsContract):
    pass


class TestObjects(storecontract.ObjectsContract):
    pass


class TestAutoregistration(storecontract.AutoregistrationContract):
    pass


class TestSite(storecontract.SiteContract):
    pass


class TestJournal(storecontract.JournalContract):
    pass


class TestPhonebook(storecontract.PhonebookContract):
    pass


class TestFirmware(storecontract.FirmwareContract):
    pass


class TestCallRecords(storecontract.CallRecordsContract):
    pass


class TestClaims(storecontract.ClaimContract):
    pass


class TestPhoneFiles(storecontract.PhoneFileContract):
    pass


class TestAccounts(storecontract.AccountContract):
    pass

"""The store on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import storecontract
from tests.databases import DatabaseServer, postgresql
from tests.serverfailures import ServerFailureContract

pytestmark = pytest.mark.xdist_group("postgresql")


@pytest.fixture(scope="module")
def server() -> Iterator[DatabaseServer]:
    with postgresql() as server:
        yield server


@pytest.fixture
def url(server: DatabaseServer) -> str:
    return server.upgraded()


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


class TestAccounts(storecontract.AccountContract):
    pass


class TestFailures(ServerFailureContract):
    pass


class TestPhoneFiles(storecontract.PhoneFileContract):
    pass

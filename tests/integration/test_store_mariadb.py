"""The store on a real MariaDB server."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests import storecontract
from tests.databases import DatabaseServer, mariadb
from tests.serverfailures import ServerFailureContract

pytestmark = pytest.mark.xdist_group("mariadb")


@pytest.fixture(scope="module")
def server() -> Iterator[DatabaseServer]:
    with mariadb() as server:
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


# The driver leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
class TestFailures(ServerFailureContract):
    @pytest.fixture(autouse=True)
    def no_socket_outlives_the_test(self) -> Iterator[None]:
        yield
        gc.collect()


class TestPhoneFiles(storecontract.PhoneFileContract):
    pass

"""The store on SQLite."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from bridge.store import open_store, upgrade
from tests import storecontract

NORMAL, FULL = 1, 2
"""What SQLite calls its levels of `PRAGMA synchronous`."""


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


def test_only_what_is_urgent_waits_for_the_disk(url: str) -> None:
    with contextlib.closing(open_store(url)) as store:
        for urgent, level in ((True, FULL), (False, NORMAL), (True, FULL)):
            with store.write(urgent=urgent) as work:
                assert work._connection is not None
                assert work._connection.exec_driver_sql("PRAGMA synchronous").scalar() == level
                work.commit()
        with store.write() as work:
            assert work._connection is not None
            assert work._connection.exec_driver_sql("PRAGMA synchronous").scalar() == FULL


def test_closed_while_somebody_works_with_it_no_connection_stays_open(url: str, tmp_path: Path) -> None:
    def is_open() -> bool:
        return any(
            os.path.realpath(each).startswith(f"{tmp_path}/sepbridge.db") for each in Path("/proc/self/fd").iterdir()
        )

    store = open_store(url)
    with store.read() as reading, store.write() as writing:
        store.close()
        assert not reading.devices.all()
        writing.commit()
        assert is_open()
    assert not is_open()

"""SIP passwords stay in the database."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bridge.errors import Conflict
from bridge.store import open_store, upgrade
from tests.storecontract import name, phone


def test_never_in_logs_and_errors(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url = f"sqlite:///{tmp_path}/sepbridge.db"
    upgrade(url)
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="sqlalchemy")
    store = open_store(url)
    device = phone(1, "1001")
    with store.write() as work:
        work.devices.add(device)
        with pytest.raises(Conflict) as caught:
            work.devices.add(device)
        work.devices.update(device)
        work.commit()
    with store.read() as work:
        loaded = work.devices.get(name(1))
    store.close()
    assert loaded is not None
    assert loaded.secret == "hush-hush"
    assert "INSERT INTO device" in caplog.text
    assert "hush-hush" not in caplog.text + repr(loaded) + repr(caught.value) + str(caught.value)

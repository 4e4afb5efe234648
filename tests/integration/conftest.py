"""A real Asterisk, one for each test process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError
from bridge.lab.asterisk import PrivateAsterisk
from bridge.lab.installation import AsteriskInstallation, find_asterisk
from tests.peers import missing


@pytest.fixture(scope="session")
def asterisk_installation() -> AsteriskInstallation:
    """The Asterisk to run. Missing: skip, except with CI=true."""
    try:
        return find_asterisk()
    except ConfigurationError as error:
        missing(str(error))


@pytest.fixture(scope="session")
def asterisk(
    asterisk_installation: AsteriskInstallation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrivateAsterisk]:
    """A running Asterisk on ports of its own, shared by the tests of one process. Do not restart it.

    It lives in an event loop of its own, so that tests with and without a loop may use it.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="private-asterisk")
    thread.start()
    instance = PrivateAsterisk(tmp_path_factory.mktemp("asterisk"), installation=asterisk_installation)
    try:
        asyncio.run_coroutine_threadsafe(instance.__aenter__(), loop).result(90)
        yield instance
    finally:
        asyncio.run_coroutine_threadsafe(instance.__aexit__(None, None, None), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def make_asterisk(asterisk_installation: AsteriskInstallation, tmp_path: Path) -> Callable[[], PrivateAsterisk]:
    """For tests that stop, kill or restart one: ``async with make_asterisk() as asterisk``."""
    return lambda: PrivateAsterisk(tmp_path / "asterisk", installation=asterisk_installation)

"""What the doctor says of endpoints in a database, with each thing wrong that admins get wrong: real Asterisk, ODBC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bridge.app.pbxchoice import realtime_engine
from bridge.app.settings import AsteriskBackend
from bridge.lab.asterisk import LabHouse
from bridge.lab.installation import find_asterisk
from bridge.lab.testbed import TestbedWishes, prepared_testbed
from bridge.pbx.realtime import create_tables
from bridge.pbx.realtimechecks import open_connections
from bridge.store import upgrade
from tests.databases import DatabaseServer, postgresql
from tests.realtime import odbc, realtime_house, realtime_troubles

_SHOWN = """
ODBC DSN Settings
-----------------

  Name:   one
  DSN:    first
    Last fail connection attempt: 2026-11-26 10:50:06
    Number of active connections: 0 (out of 5)
    Logging: Disabled

  Name:   sepbridge
  DSN:    asterisk
    Number of active connections: 2 (out of 5)
"""


def test_what_asterisk_shows_of_its_connections() -> None:
    assert open_connections(_SHOWN) == {"one": 0, "sepbridge": 2}
    assert open_connections("\nODBC DSN Settings\n-----------------\n\n") == {}


@pytest.fixture(scope="module")
def server() -> Iterator[DatabaseServer]:
    with postgresql() as running:
        yield running


def changed(house: LabHouse, name: str, before: str, after: str) -> LabHouse:
    """A house of which one file says something else."""

    def write(etc: Path, address: str, port: int) -> None:
        house.write(etc, address, port)
        text = (etc / name).read_text()
        assert before in text
        (etc / name).write_text(text.replace(before, after))

    return replace(house, write=write)


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("odbc.ini", "Database = ", "Database = no-", ["realtime_no_connection"]),
        ("odbc.ini", "[sepbridge]", "[asterisk]", ["realtime_no_connection"]),
        ("res_odbc.conf", "enabled => yes", "enabled => no", ["realtime_no_connection"]),
        ("res_odbc.conf", "[sepbridge]", "[other]", ["realtime_files"]),
        ("sorcery.conf", "endpoint=realtime,ps_endpoints", "", ["realtime_files"]),
        ("modules.conf", "[modules]", "[modules]\nnoload => res_config_odbc.so", ["module_missing"]),
        ("", "", "", []),
    ],
)
async def test_one_thing_is_wrong(
    server: DatabaseServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    before: str,
    after: str,
    expected: list[str],
) -> None:
    url = server.fresh()
    odbc(server, url, find_asterisk(), tmp_path / "odbc", monkeypatch)
    house = realtime_house(make_url(url).username or "")
    if name == "odbc.ini":
        path = tmp_path / "odbc" / name
        path.write_text(path.read_text().replace(before, after))
    elif name:
        house = changed(house, name, before, after)
    async with prepared_testbed(TestbedWishes(), house=house) as bed:
        bed.settings = replace(
            bed.settings, asterisk=replace(bed.settings.asterisk, backend=AsteriskBackend.REALTIME, realtime_url=url)
        )
        upgrade(bed.settings.database_url)
        if not name:
            assert await realtime_troubles(bed, tmp_path / "before") == ["realtime_database"]
        engine = realtime_engine(bed.settings)
        create_tables(engine)
        engine.dispose()
        assert await realtime_troubles(bed, tmp_path / "host") == expected

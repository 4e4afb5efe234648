"""The schema's way forward and back again, with what was in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from alembic import command
from alembic.config import Config

from bridge.store import HEAD, current, open_store, upgrade
from bridge.store.engines import DatabaseAddress, make_upgrade_engine
from bridge.store.migrations import history
from tests.storecontract import furnished, name, open_range, phone, save_objects


def migrate(url: str, to: str) -> None:
    """Let Alembic go to a revision, forward or back."""
    address = DatabaseAddress.parse(url)
    if address.is_sqlite:
        address.create_file()
    engine = make_upgrade_engine(address, timeout=5)
    config = Config()
    config.set_main_option("script_location", str(Path(history.__file__).parent))
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        back = current(url) is not None and to < (current(url) or "")
        (command.downgrade if back else command.upgrade)(config, to)
    engine.dispose()


def test_a_database_of_the_first_schema_keeps_its_phones(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    migrate(url, "0001")
    engine = make_upgrade_engine(DatabaseAddress.parse(url), timeout=5)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO server VALUES ('pbx', '192.0.2.1', 5060, 2000, '')")
        connection.exec_driver_sql("INSERT INTO callmanager_group_member VALUES ('Default', 0, 'pbx')")
        connection.exec_driver_sql(
            "INSERT INTO device VALUES ('SEP000000000001', 'SIP', '2026-03-01 12:00:00.123456', 'stamp-1', 'hush-hush',"
            " NULL, '', NULL, '', 'Default', '', '', 0, NULL, 0)"
        )
        connection.exec_driver_sql("INSERT INTO line VALUES ('1001', '', '')")
        connection.exec_driver_sql("INSERT INTO line_appearance VALUES ('SEP000000000001', 1, '1001', '', '')")
    engine.dispose()
    assert upgrade(url) == HEAD
    store = open_store(url)
    with store.read() as work:
        assert work.devices.all() == [phone(1, "1001")]
        assert not work.site.autoregistration_group().servers[0].autoregistration_disabled
    store.close()


def test_back_to_the_first_schema_and_forward_again(tmp_path: Path) -> None:
    """Going back loses the settings, and nothing else."""
    url = f"sqlite:///{tmp_path}/new.db"
    upgrade(url)
    store = open_store(url)
    with store.write() as work:
        save_objects(work)
        work.devices.add(furnished(phone(1, "1001", "1002")))
        work.devices.add(phone(2, "1003"))
        work.commit()
    open_range(store, "1000-1999")
    with store.read() as work:
        autoregistration = work.autoregistration.load()
    store.close()
    migrate(url, "0001")
    assert current(url) == "0001"
    assert upgrade(url) == HEAD
    store = open_store(url)
    with store.read() as work:
        bare = work.devices.get(name(1))
        assert bare is not None
        assert [each.line.number for each in bare.lines] == ["1001", "1002"]
        assert (bare.settings, bare.buttons) == (phone(1).settings, ())
        assert work.devices.get(name(2)) == phone(2, "1003")
        # That somebody chose the protocol is a setting of a later schema.
        assert work.autoregistration.load() == replace(autoregistration, protocol_chosen=False)
        assert work.objects.calling_search_spaces.all() == []
        assert [each.name for each in work.objects.servers.all()] == ["pbx1", "pbx2"]
    store.close()

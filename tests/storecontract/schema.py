"""The database itself: its tables and their versions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bridge.errors import ConfigurationError
from bridge.store import HEAD, SqlStore, current, open_store, upgrade
from bridge.store.engines import DatabaseAddress, make_upgrade_engine
from bridge.store.schema import metadata
from tests.storecontract.samples import phone


class StoreContract:
    """Fixtures for the classes below."""

    @pytest.fixture
    def store(self, url: str) -> Iterator[SqlStore]:
        store = open_store(url)
        yield store
        store.close()


class SchemaContract(StoreContract):
    def test_tables_and_migrations_agree(self, url: str) -> None:
        engine = make_upgrade_engine(DatabaseAddress.parse(url), timeout=5)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
        engine.dispose()

    def test_upgrading_twice_is_harmless(self, url: str, store: SqlStore) -> None:
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
            work.commit()
        assert upgrade(url) == HEAD
        assert current(url) == HEAD
        with store.read() as work:
            assert work.devices.count() == 1

    def test_an_old_and_a_newer_schema_are_refused(self, url: str) -> None:
        engine = make_upgrade_engine(DatabaseAddress.parse(url), timeout=5)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(ConfigurationError, match="newer version"):
            open_store(url)
        with pytest.raises(ConfigurationError, match="newer version"):
            upgrade(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE alembic_version")
        engine.dispose()
        with pytest.raises(ConfigurationError, match="sepbridge db upgrade"):
            open_store(url)

"""What only a database server can do to us, as a test class that the test modules of both servers inherit and run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bridge.errors import ConfigurationError, Conflict, StoreUnavailable
from bridge.store import HEAD, SqlStore, current, open_store, upgrade
from tests.databases import DatabaseServer
from tests.storecontract import StoreContract, phone


class ServerFailureContract(StoreContract):
    """A heir offers the fixtures ``url`` and ``server``."""

    def test_a_row_locked_by_another_node(self, url: str, store: SqlStore) -> None:
        impatient = open_store(url, timeout=1)
        with store.write() as work:
            work.autoregistration.load(for_update=True)
            with impatient.write() as other, pytest.raises(StoreUnavailable, match="is locked"):
                other.autoregistration.load(for_update=True)
        with impatient.write() as other:
            other.autoregistration.load(for_update=True)
        impatient.close()

    def test_a_number_that_another_node_just_took(self, url: str, store: SqlStore) -> None:
        """Without the lock on the settings, the unique key still keeps two phones from one number."""
        other_node = open_store(url)
        with ThreadPoolExecutor(1) as thread, store.write() as work:
            work.devices.add(phone(1, "1001"))

            def take_it_too() -> str:
                with other_node.write() as other, pytest.raises(Conflict) as caught:
                    other.devices.add(phone(2, "1001"))
                return str(caught.value)

            answer = thread.submit(take_it_too)
            work.commit()
            assert "1001 belongs to SEP000000000001" in answer.result()
        other_node.close()

    def test_two_nodes_upgrade_at_once(self, server: DatabaseServer) -> None:
        url = server.fresh()
        assert current(url) is None
        with pytest.raises(ConfigurationError, match="no tables yet"):
            open_store(url)
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(upgrade, [url] * 4)) == [HEAD] * 4
        open_store(url).close()

    def test_no_such_database(self, server: DatabaseServer) -> None:
        # PostgreSQL's driver tells a failed connection in words only, so that one says "cannot be reached", and why.
        with pytest.raises((ConfigurationError, StoreUnavailable), match="does not exist"):
            open_store(server.url_form.format("nowhere"))

    def test_no_server(self, server: DatabaseServer, tmp_path: Path) -> None:
        url = make_url(server.url_form.format("test"))
        where = "host" if url.drivername == "postgresql" else "unix_socket"
        away = url.set(query={where: str(tmp_path)}, password="hush-hush")
        with pytest.raises(StoreUnavailable, match="cannot be reached") as caught:
            open_store(away.render_as_string(hide_password=False))
        assert "hush-hush" not in str(caught.value)

    def test_connections_that_the_server_cut(self, server: DatabaseServer, store: SqlStore) -> None:
        """A restart of the database server costs nothing but the units in flight."""
        with store.write() as work:
            work.devices.add(phone(1, "1001"))
            server.cut_connections()
            with pytest.raises(StoreUnavailable):
                work.devices.add(phone(2, "1002"))
        with store.write() as work:
            assert work.devices.count() == 0
            work.devices.add(phone(1, "1001"))
            work.commit()
        with store.read() as work:
            assert work.devices.count() == 1

"""Our rows in Asterisk's tables, on PostgreSQL and MariaDB; some of them as Asterisk's own schema makes them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text

from bridge.app.pbxchoice import realtime_engine
from bridge.app.settings import AsteriskBackend, AsteriskSettings, Settings
from bridge.core import DeviceName
from bridge.errors import ConfigurationError, InvalidInput, WriteFailed
from bridge.pbx.conffile import Item, Section
from bridge.pbx.pjsipconf import PjsipOptions, endpoint_sections
from bridge.pbx.realtime import RealtimeTables, create_tables, rows
from bridge.ports import SipEndpoint
from tests.databases import DatabaseServer, mariadb, postgresql


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    with postgresql() if request.param == "postgresql" else mariadb() as running:
        yield running


@pytest.fixture
def engine(server: DatabaseServer) -> Iterator[Engine]:
    asterisk = AsteriskSettings(backend=AsteriskBackend.REALTIME, realtime_url=server.fresh())
    made = realtime_engine(Settings(asterisk=asterisk))
    yield made
    made.dispose()


def endpoint(number: str, **given: object) -> SipEndpoint:
    return SipEndpoint(number, "secret", DeviceName("SEP001122334455"), number, **given)  # type: ignore[arg-type]  # given by name: the call itself checks


def sections(*endpoints: SipEndpoint) -> dict[str, tuple[Section, ...]]:
    return {each.name: endpoint_sections(each, PjsipOptions()) for each in endpoints}


def asked(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def done(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for each in statements:
            connection.execute(text(each))


def test_rows_follow_what_is_wanted_and_nothing_is_written_twice(engine: Engine) -> None:
    assert create_tables(engine) == ("ps_endpoints", "ps_auths", "ps_aors", "sepbridge_pjsip")
    assert create_tables(engine) == ()
    tables = RealtimeTables(engine)
    one, two = endpoint("1000", caller_name="Ann; ^x"), endpoint("1001", contacts=3)
    assert tables.write(sections(one, two)).new == {"1000", "1001"}
    assert asked(engine, "SELECT callerid FROM ps_endpoints WHERE id = '1000'") == [('"Ann^3B ^5Ex" <1000>',)]
    assert asked(engine, "SELECT max_contacts FROM ps_aors WHERE id = '1001'") == [("3",)]
    again = tables.write(sections(one, two))
    assert (again.new, again.changed) == (frozenset(), frozenset())
    # A group that goes leaves no trace in its column.
    assert tables.write(sections(endpoint("1000", call_group="sales"), two)).new == {"1000"}
    assert tables.write(sections(endpoint("1000"), two)).new == {"1000"}
    assert asked(engine, "SELECT named_call_group FROM ps_endpoints WHERE id = '1000'") == [(None,)]
    # Another process goes on where the first one was.
    assert RealtimeTables(engine).write(sections(two)).changed == {"1000"}
    everything = "SELECT id FROM ps_endpoints UNION SELECT id FROM ps_auths UNION SELECT id FROM ps_aors"
    assert asked(engine, everything) == [("1001",)]


def test_rows_of_others_are_never_touched(engine: Engine) -> None:
    create_tables(engine)
    done(engine, "INSERT INTO ps_endpoints (id, context) VALUES ('1000', 'mine')")
    done(engine, "INSERT INTO ps_auths (id, username) VALUES ('1001', 'mine')")
    tables = RealtimeTables(engine)
    assert tables.taken(["1000", "1001", "1002"]) == {"1000", "1001"}
    tables.write(sections(endpoint("1002")))
    tables.write({})
    assert asked(engine, "SELECT id, context FROM ps_endpoints") == [("1000", "mine")]
    assert asked(engine, "SELECT id, username FROM ps_auths") == [("1001", "mine")]
    assert asked(engine, "SELECT id FROM sepbridge_pjsip") == []


def test_one_that_fails_changes_nothing(engine: Engine) -> None:
    create_tables(engine)
    tables = RealtimeTables(engine)
    tables.write(sections(endpoint("1000")))
    # Somebody took the name of the aor in the meantime: endpoint and auth are not written either.
    done(engine, "INSERT INTO ps_aors (id) VALUES ('1001')")
    with pytest.raises(WriteFailed) as caught:
        tables.write(sections(endpoint("1001")))
    assert "secret" not in str(caught.value)
    assert asked(engine, "SELECT id FROM ps_endpoints") == [("1000",)]
    assert asked(engine, "SELECT id FROM ps_auths") == [("1000",)]
    assert ("1000",) in asked(engine, "SELECT id FROM ps_aors")


def test_tables_with_enumerations_numbers_and_defaults(engine: Engine) -> None:
    """As the alembic scripts of Asterisk make them."""
    create_tables(engine)
    if engine.dialect.name == "postgresql":
        done(
            engine,
            "CREATE TYPE yesno_values AS ENUM ('yes', 'no')",
            "ALTER TABLE ps_endpoints DROP COLUMN direct_media, DROP COLUMN device_state_busy_at",
            "ALTER TABLE ps_endpoints ADD direct_media yesno_values, ADD device_state_busy_at INTEGER, "
            "ADD bundle yesno_values DEFAULT 'no'",
        )
    else:
        done(
            engine,
            "ALTER TABLE ps_endpoints MODIFY direct_media ENUM('yes', 'no'), MODIFY device_state_busy_at INTEGER, "
            "ADD bundle ENUM('yes', 'no') DEFAULT 'no'",
        )
    tables = RealtimeTables(engine)
    assert tables.write(sections(endpoint("1000", busy_at=4))).new == {"1000"}
    assert tables.write(sections(endpoint("1000", busy_at=4))).new == frozenset()
    assert asked(engine, "SELECT direct_media, device_state_busy_at, bundle FROM ps_endpoints") == [("no", 4, "no")]


def test_missing_tables_and_columns_are_said(engine: Engine) -> None:
    with pytest.raises(ConfigurationError, match="no table"):
        RealtimeTables(engine).taken(["1000"])
    create_tables(engine)
    done(engine, "ALTER TABLE ps_endpoints DROP COLUMN moh_suggest", "ALTER TABLE ps_endpoints DROP COLUMN set_var")
    with pytest.raises(ConfigurationError, match="no column set_var"):
        RealtimeTables(engine).write(sections(endpoint("1000")))
    assert asked(engine, "SELECT id FROM sepbridge_pjsip") == []


def test_a_server_that_is_away() -> None:
    away = RealtimeTables(create_engine("postgresql+psycopg://x:hidden@/x?host=/nonexistent", hide_parameters=True))
    with pytest.raises(WriteFailed) as caught:
        away.write(sections(endpoint("1000")))
    assert "hidden" not in str(caught.value)


def test_what_stands_several_times_goes_into_one_column() -> None:
    found = rows(endpoint_sections(endpoint("1000", variables=(("A", "1"),)), PjsipOptions()))
    assert found["ps_endpoints", "1000"]["set_var"] == "A=1;SEPBRIDGE_LINE=1000"
    with pytest.raises(InvalidInput):
        rows([Section("x", (Item("type", "identify"),))])

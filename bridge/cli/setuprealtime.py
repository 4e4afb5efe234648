"""``sepbridge setup realtime``: Asterisk's tables for endpoints, and what its own files have to say of them."""

from __future__ import annotations

import click
from sqlalchemy import URL

from bridge.app.pbxchoice import realtime_engine
from bridge.cli.frame import Frame, json_option
from bridge.cli.setup import setup
from bridge.errors import ConfigurationError
from bridge.pbx.realtime import create_tables
from bridge.pbx.snippets import snippet

_DRIVERS = {
    "postgresql": ("PostgreSQL Unicode", 5432),
    "mysql": ("MariaDB Unicode", 3306),
    "mariadb": ("MariaDB Unicode", 3306),
}


@setup.command()
@click.option("--show", "only_show", is_flag=True, help="Make no tables, only show what belongs into Asterisk's files.")
@json_option
def realtime(frame: Frame, only_show: bool) -> None:
    """Make the tables that asterisk.backend = "realtime" needs, where they are missing, and show what belongs into
    sorcery.conf, extconfig.conf, res_odbc.conf and odbc.ini.

    Tables that Asterisk's own alembic scripts made are used as they are.
    """
    settings = frame.settings
    if not settings.asterisk.realtime_url:
        raise ConfigurationError(
            "asterisk.realtime_url is empty",
            fix='write realtime_url = "postgresql://sepbridge:password@127.0.0.1/asterisk" under [asterisk]',
        )
    engine = realtime_engine(settings)
    try:
        made = () if only_show else create_tables(engine)
    finally:
        engine.dispose()
    files = snippets(engine.url)
    shown = [f"# {name}\n{text}" for name, text in files.items()]
    what = f"Made: {', '.join(made)}." if made else "No table was made."
    after = (
        "Write these into Asterisk's files, and restart Asterisk. USERNAME and PASSWORD are an account that may read."
    )
    frame.show({"made": made, "files": files}, "\n".join([*shown, what, after]))


def snippets(url: URL) -> dict[str, str]:
    """What belongs into which file, for the database of ``url``. Raises ConfigurationError."""
    driver, port = _DRIVERS.get(url.get_backend_name(), ("", 0))
    if not driver:
        raise ConfigurationError(
            f"no ODBC driver is known for {url.get_backend_name()}", fix="use PostgreSQL or MariaDB"
        )
    host = url.host or str(url.query.get("host") or "localhost")
    return {
        "/etc/odbc.ini": snippet(
            "realtime/odbc.ini", DRIVER=driver, HOST=host, PORT=str(url.port or port), DATABASE=url.database or ""
        ),
        "res_odbc.conf": snippet("realtime/res_odbc.conf", USERNAME="USERNAME", PASSWORD="PASSWORD"),  # noqa: S106  # words for the reader to replace
        "extconfig.conf": snippet("realtime/extconfig.conf"),
        "sorcery.conf": snippet("realtime/sorcery.conf"),
    }

"""``sepbridge setup realtime``: what it shows, and when it refuses."""

from __future__ import annotations

import pytest

from bridge.errors import ConfigurationError
from tests.unit.cli.conftest import Shell


def test_it_shows_what_belongs_into_asterisks_files(shell: Shell) -> None:
    url = "postgresql://sepbridge:hidden@db.example.test:5433/asterisk"
    shell.config.write_text(f'{shell.config.read_text()}[asterisk]\nbackend = "realtime"\nrealtime_url = "{url}"\n')
    files = shell.json("setup", "realtime", "--show")["files"]
    assert set(files) == {"/etc/odbc.ini", "res_odbc.conf", "extconfig.conf", "sorcery.conf"}
    for line in ("Servername = db.example.test", "Port = 5433", "Database = asterisk", "Driver = PostgreSQL Unicode"):
        assert line in files["/etc/odbc.ini"]
    assert "hidden" not in "".join(files.values())
    assert "endpoint=realtime,ps_endpoints" in files["sorcery.conf"]


@pytest.mark.parametrize("line", ["", 'realtime_url = "sqlite:////tmp/x.db"'])
def test_without_a_database_server_it_refuses(shell: Shell, line: str) -> None:
    shell.config.write_text(f"{shell.config.read_text()}[asterisk]\n{line}\n")
    refused = shell.error("setup", "realtime", "--show")
    assert isinstance(refused, ConfigurationError)
    assert "realtime_url" in refused.what

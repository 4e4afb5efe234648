"""Database servers that a test starts for itself: an unprivileged user, a private socket, a directory of their own."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, text

from bridge.store import upgrade
from tests.peers import peer

PATIENCE = 60
"""Seconds a server may take to start."""


@dataclass
class DatabaseServer:
    """A running server. ``url_of`` tells the URL of one of its databases."""

    process: subprocess.Popen[bytes]
    admin_url: str
    url_form: str
    _number: count[int] = field(default_factory=count)
    _model: str = ""
    """A database to copy, which is faster than running the migrations."""

    def execute(self, statement: str) -> None:
        """Run one statement as the server's administrator."""
        engine = create_engine(self.admin_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def cut_connections(self) -> None:
        """End every client's connection, as a restart of the server would."""
        if self.admin_url.startswith("postgresql"):
            self.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            return
        engine = create_engine(self.admin_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            query = text("SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user = 'root'")
            for number in connection.execute(query).scalars().all():
                connection.execute(text(f"KILL {number:d}"))
        engine.dispose()

    def fresh(self) -> str:
        """The URL of a new, empty database."""
        name = f"test{next(self._number)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url_form.format(name)

    def upgraded(self) -> str:
        """The URL of a new database with our tables."""
        if not self.admin_url.startswith("postgresql"):
            url = self.fresh()
            upgrade(url)
            return url
        if not self._model:
            self._model = f"test{next(self._number)}"
            self.execute(f"CREATE DATABASE {self._model}")
            upgrade(self.url_form.format(self._model))
        name = f"test{next(self._number)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {self._model}")
        return self.url_form.format(name)


@contextmanager
def postgresql() -> Iterator[DatabaseServer]:
    """A PostgreSQL server."""
    initdb, server = _postgresql_program("initdb"), _postgresql_program("postgres")
    with _directory("pg") as place:
        data = place / "data"
        subprocess.run(
            [
                *_as_nobody(),
                initdb,
                "-D",
                data,
                "-U",
                "postgres",
                "--auth=trust",
                "--no-sync",
                "-E",
                "UTF8",
                "--locale=C",
            ],
            check=True,
            capture_output=True,
            env=_environment(place),
        )
        settings = ("fsync=off", f"unix_socket_directories={place}", "listen_addresses=", "max_connections=60")
        options = [part for setting in settings for part in ("-c", setting)]
        form = f"postgresql://postgres@/{{}}?host={place}"
        # SIGINT is PostgreSQL's fast shutdown.
        with _running([*_as_nobody("INT"), server, "-D", str(data), *options], place, "INT") as process:
            yield _once_ready(DatabaseServer(process, form.format("postgres"), form), place)


@contextmanager
def mariadb() -> Iterator[DatabaseServer]:
    """A MariaDB server."""
    install, server = peer("mariadb-install-db"), peer("mariadbd")
    with _directory("my") as place:
        data, socket = place / "data", place / "s"
        subprocess.run(
            [
                *_as_nobody(),
                install,
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
            env=_environment(place),
        )
        options = (
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={socket}",
            f"--pid-file={place}/pid",
            f"--tmpdir={place}",
            "--skip-networking",
            "--skip-log-bin",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=32M",
        )
        form = f"mariadb://root@localhost/{{}}?unix_socket={socket}"
        admin = f"mariadb+pymysql://root@localhost/mysql?unix_socket={socket}"
        with _running([*_as_nobody("TERM"), server, *options], place, "TERM") as process:
            yield _once_ready(DatabaseServer(process, admin, form), place)


def _postgresql_program(name: str) -> str:
    # Debian keeps them out of PATH, a directory for each version.
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    return peer(name)


def _as_nobody(death_signal: str = "KILL") -> list[str]:
    """Servers refuse to run as root; and none shall outlive a test run that was killed."""
    command = [peer("setpriv"), f"--pdeathsig={death_signal}"]
    if os.geteuid() == 0:
        command += ["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    return command


def _environment(place: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "HOME": str(place), "LC_ALL": "C", "TMPDIR": str(place)}


@contextmanager
def _directory(prefix: str) -> Iterator[Path]:
    """A directory with a short path (sockets), which the unprivileged user may enter (pytest's own it may not)."""
    place = Path(tempfile.mkdtemp(prefix=f"sepbridge-{prefix}-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(place, "nobody", "nogroup")
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _running(command: Sequence[str], place: Path, stop: str) -> Iterator[subprocess.Popen[bytes]]:
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=_environment(place), cwd=place)
    try:
        yield process
    finally:
        process.send_signal({"INT": 2, "TERM": 15}[stop])
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _once_ready(server: DatabaseServer, place: Path) -> DatabaseServer:
    with warnings.catch_warnings():
        # MariaDB's driver leaves the sockets of failed attempts to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        _wait(server, place)
        gc.collect()
    return server


def _wait(server: DatabaseServer, place: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            server.execute("SELECT 1")
        except Exception as error:
            if server.process.poll() is not None or time.monotonic() > deadline:
                log: Any = (place / "log").read_text(errors="replace")
                raise RuntimeError(f"the server did not start: {log}") from error
            time.sleep(0.05)
        else:
            return

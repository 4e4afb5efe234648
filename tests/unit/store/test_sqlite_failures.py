"""What can go wrong with SQLite's file, and what is said about it. Everything here happens to a real file."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from bridge.core import Device
from bridge.errors import ConfigurationError, StoreError, StoreReadOnly, StoreUnavailable
from bridge.store import HEAD, SqlStore, current, open_store, sqlite_url, upgrade
from tests.peers import CHECKOUT, missing, peer
from tests.storecontract import admit, name, open_range, phone


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sepbridge.db"


@pytest.fixture
def url(file: Path) -> str:
    url = f"sqlite:///{file}"
    upgrade(url)
    return url


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    store = open_store(url, timeout=0.05)
    yield store
    store.close()


def devices(store: SqlStore) -> int:
    with store.read() as work:
        return work.devices.count()


def add(store: SqlStore, device: Device) -> None:
    with store.write() as work:
        work.devices.add(device)
        work.commit()


class TestFile:
    def test_only_its_owner_may_read_it(self, file: Path, url: str, store: SqlStore) -> None:
        assert current(url) == HEAD
        with store.write() as work:
            work.devices.add(phone(1))
            work.commit()
            for each in file.parent.iterdir():
                assert stat.S_IMODE(each.stat().st_mode) == 0o600, each
        assert (file.parent / "sepbridge.db-wal").exists()

    def test_missing(self, file: Path) -> None:
        with pytest.raises(ConfigurationError, match="sepbridge db upgrade"):
            open_store(f"sqlite:///{file}")
        assert not file.exists()
        assert current(f"sqlite:///{file}") is None

    def test_missing_directory(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="create its directory"):
            upgrade(f"sqlite:///{tmp_path}/none/sepbridge.db")

    def test_empty(self, file: Path) -> None:
        file.touch()
        with pytest.raises(ConfigurationError, match=r"has no tables yet.*sepbridge db upgrade"):
            open_store(f"sqlite:///{file}")

    def test_no_database_at_all(self, file: Path) -> None:
        file.write_bytes(b"[database]\nurl = 'x'\n" * 500)
        for action in (open_store, upgrade, current):
            with pytest.raises(StoreError, match=r"damaged.*backup"):
                action(f"sqlite:///{file}")

    def test_damaged(self, file: Path, url: str, store: SqlStore) -> None:
        with store.write() as work:
            for number in range(1500):
                work.devices.add(phone(number, str(10000 + number)))
            work.commit()
        store.close()
        content = bytearray(file.read_bytes())
        # The first page and the schema stay whole, so that the damage shows only when devices are read.
        middle = len(content) * 3 // 4
        content[middle:] = b"\xff" * (len(content) - middle)
        file.write_bytes(content)
        again = open_store(url)
        with again.read() as work, pytest.raises(StoreError, match=r"is damaged.*\.recover"):
            work.devices.all()
        again.close()

    def test_a_name_full_of_surprises(self, tmp_path: Path) -> None:
        file = tmp_path / "a b%20c#é%3F?mode=memory&x.db"
        upgrade(sqlite_url(file))
        open_store(sqlite_url(file)).close()
        assert [each.name for each in tmp_path.iterdir()] == [file.name]


class TestUrls:
    @pytest.mark.parametrize(
        ("url", "why"),
        [
            ("hush-hush", "cannot be read"),
            ("sqlite://", "in memory"),
            ("sqlite:///:memory:", "in memory"),
            ("sqlite:////tmp/x.db?cache=shared", "unknown options: cache"),
            ("oracle+nothing://u:hush-hush@h/n", "kind 'oracle'"),
            ("postgresql+psycopg2://u:hush-hush@h/n", r"psycopg2 is not installed.*sepbridge\[postgresql\]"),
            ("mariadb+mariadbconnector://u:hush-hush@h/n", r"mariadb is not installed.*sepbridge\[mariadb\]"),
        ],
    )
    def test_what_cannot_be_used(self, url: str, why: str) -> None:
        with pytest.raises(ConfigurationError, match=why) as caught:
            open_store(url)
        assert "hush-hush" not in str(caught.value)


class TestLocked:
    def test_by_another_program(self, file: Path, url: str, store: SqlStore) -> None:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="is locked"), store.write():
            pass
        assert devices(store) == 0
        assert current(url) == HEAD
        other.execute("ROLLBACK")
        other.close()
        add(store, phone(1))
        assert devices(store) == 1

    def test_by_this_process(self, store: SqlStore) -> None:
        with store.write(), pytest.raises(StoreUnavailable, match="busy"), store.write():
            pass
        add(store, phone(1))

    def test_while_it_is_upgraded(self, file: Path) -> None:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="is locked"):
            upgrade(f"sqlite:///{file}", timeout=0.05)
        other.close()
        assert upgrade(f"sqlite:///{file}") == HEAD


class TestReadOnly:
    def test_by_its_url(self, url: str, store: SqlStore) -> None:
        add(store, phone(1))
        read_only = open_store(f"{url}?mode=ro")
        assert devices(read_only) == 1
        with pytest.raises(StoreReadOnly, match="make it writable"), read_only.write():
            pass
        read_only.close()

    def test_by_its_file_system(self, file: Path, url: str) -> None:
        """Mounted read-only, which stops root too."""
        answer = in_a_mount_namespace(
            f"mount --bind {file.parent} {file.parent} && mount -o remount,bind,ro {file.parent}",
            f"""
            from bridge.store import open_store
            from bridge.errors import StoreError
            try:
                store = open_store({url!r})
                with store.write():
                    print("written")
            except StoreError as error:
                print(type(error).__name__, error)
            """,
        )
        assert answer.startswith(("StoreReadOnly", "StoreUnavailable")), answer
        assert "writable for the service's user" in answer

    def test_in_the_middle_of_the_service(self, file: Path, url: str) -> None:
        """A disk that is remounted read-only under a running service: phones that are known go on."""
        answer = in_a_mount_namespace(
            f"mount --bind {file.parent} {file.parent}",
            f"""
            import subprocess
            from bridge.store import open_store
            from bridge.errors import StoreError
            from tests.storecontract import phone
            store = open_store({url!r})
            with store.write() as work:
                work.devices.add(phone(1)); work.commit()
            store.close()
            subprocess.run(["mount", "-o", "remount,bind,ro", {str(file.parent)!r}], check=True)
            try:
                with store.write():
                    print("written")
            except StoreError as error:
                print(type(error).__name__)
            subprocess.run(["mount", "-o", "remount,bind,rw", {str(file.parent)!r}], check=True)
            with store.write() as work:
                work.devices.add(phone(2)); work.commit()
            with store.read() as work:
                print(work.devices.count())
            store.close()
            """,
        )
        assert answer.split() in (["StoreReadOnly", "2"], ["StoreUnavailable", "2"])


class TestFull:
    def test_the_disk(self, tmp_path: Path) -> None:
        """A file system of one megabyte fills up; what was committed stays, and more goes in once there is room."""
        answer = in_a_mount_namespace(
            f"mount -t tmpfs -o size=1m tmpfs {tmp_path}",
            f"""
            from pathlib import Path
            from bridge.store import open_store, upgrade
            from bridge.errors import StoreError
            from tests.storecontract import phone
            url = "sqlite:///{tmp_path}/sepbridge.db"
            upgrade(url)
            store = open_store(url)
            ballast = Path("{tmp_path}/ballast")
            ballast.write_bytes(bytes(300_000))
            done = 0
            try:
                while done < 100_000:
                    with store.write() as work:
                        work.devices.add(phone(done, str(10_000 + done))); work.commit()
                    done += 1
            except StoreError as error:
                print(type(error).__name__, error)
            with store.read() as work:
                print(work.devices.count() == done)
            ballast.unlink()
            with store.write() as work:
                work.devices.add(phone(done, str(10_000 + done))); work.commit()
            with store.read() as work:
                print(work.devices.count() == done + 1)
            store.close()
            """,
        )
        error, kept, goes_on = answer.splitlines()
        assert error.startswith("StoreUnavailable")
        assert "make room" in error or "look after the disk" in error
        assert (kept, goes_on) == ("True", "True")


class TestProcesses:
    @pytest.mark.req("AR-12")
    def test_twenty_at_once_from_five_processes(self, url: str, store: SqlStore) -> None:
        open_range(store, "1000-1019")
        script = """
            import sys
            from bridge.store import open_store
            from tests.storecontract import admit
            store = open_store(sys.argv[1])
            sys.stdin.readline()
            for number in range(4):
                print(*admit(store, int(sys.argv[2]) * 4 + number))
            store.close()
        """
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", dedent(script), url, str(number)],
                cwd=CHECKOUT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(5)
        ]
        answers = [process.communicate("go\n", timeout=60)[0].split() for process in processes]
        assert sorted(number for answer in answers for number in answer) == [
            str(number) for number in range(1000, 1020)
        ]
        assert devices(store) == 20

    @pytest.mark.req("AR-12")
    def test_killed_in_the_middle(self, url: str, store: SqlStore) -> None:
        """A service that is killed within a transaction leaves nothing of it, and locks nothing."""
        open_range(store, "1000-1009")
        script = """
            import os, signal, sys
            from bridge.store import open_store
            from tests.storecontract import admit, phone
            store = open_store(sys.argv[1])
            admit(store, 1)
            with store.write() as work:
                work.devices.add(phone(2, "1001"))
                os.kill(os.getpid(), signal.SIGKILL)
        """
        done = subprocess.run([sys.executable, "-c", dedent(script), url], cwd=CHECKOUT, check=False, timeout=60)
        assert done.returncode == -9
        assert admit(store, 2) == ["1001"]
        with store.read() as work:
            assert [device.name for device in work.devices.all()] == [name(1), name(2)]


def in_a_mount_namespace(prepare: str, script: str) -> str:
    """What ``script`` prints, run where ``prepare`` changed the mounts for it alone."""
    unshare = [peer("unshare"), "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode != 0:
        missing("this machine does not let us have mounts of our own")
    command = [*unshare, "sh", "-c", f'{prepare} && exec "$0" -c "$1"', sys.executable, dedent(script)]
    done = subprocess.run(command, cwd=CHECKOUT, check=False, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout

"""What goes wrong around the bridge: phones still get their files, nothing is lost, and the status says so."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing

from bridge.core.events import (
    EndpointConfirmed,
    FileDelivered,
    FileNotFound,
    PbxLost,
    PhoneAdmitted,
    PhoneRefused,
    PhoneRegistered,
)
from bridge.lab.phoneevents import Registered
from bridge.lab.testbed import TestbedWishes, prepared_testbed, running_testbed
from tests.e2e.conftest import Shelf, Watch, come_up


async def test_while_the_database_is_locked_known_phones_boot_and_unknown_ones_are_told_why(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        known = shelf.take(bed, "7961")
        await come_up(known)
        await known.power_off()
        await watch.seen(PhoneRegistered, known.device, count=2)
        with closing(sqlite3.connect(bed.directory / "sepbridge.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            delivered = len(watch.of(FileDelivered, known.device))
            known.power_on()
            await watch.seen(FileDelivered, known.device, count=delivered + 1)
            await known.wait_for(Registered)

            unknown = shelf.take(bed, "7961")
            unknown.power_on()
            (refused, *_) = await watch.seen(PhoneRefused, unknown.device)
            assert refused.reason == "database_timeout"
            assert "locked" in refused.text
            assert (await bed.service.status()).database
            other.execute("ROLLBACK")
        await watch.seen(PhoneRegistered, unknown.device)
        assert (await bed.service.status()).database == ""


async def test_a_configuration_file_that_cannot_be_written_is_reported_and_mended(shelf: Shelf) -> None:
    async with prepared_testbed(TestbedWishes()) as bed:
        obstacle = bed.asterisk.phones_directory / "pjsip_phones.conf"
        obstacle.unlink(missing_ok=True)
        obstacle.mkdir()
        (obstacle / "in the way").touch()
        async with bed.node():
            watch = Watch(bed)
            phone = shelf.take(bed, "7961")
            phone.power_on()
            await watch.seen(FileDelivered, phone.device)
            (admitted,) = watch.of(PhoneAdmitted)
            status = await bed.service.status()
            assert status.pbx.pending == (admitted.number,)
            assert "pjsip_phones.conf" in status.pbx.trouble
            (obstacle / "in the way").unlink()
            obstacle.rmdir()
            await watch.seen(EndpointConfirmed, phone.device)
            await watch.seen(PhoneRegistered, phone.device)
            assert (await bed.service.status()).pbx.trouble == ""


async def test_an_asterisk_that_stops_answering_does_not_stop_the_files(shelf: Shelf) -> None:
    async with prepared_testbed(TestbedWishes(wait_for_pbx=0.2)) as bed, bed.node():
        watch = Watch(bed)
        pid = bed.asterisk.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            phone = shelf.take(bed, "7961")
            phone.power_on()
            (delivered, *_) = await watch.seen(FileDelivered, phone.device)
            assert delivered.seconds < 1
            (admitted,) = watch.of(PhoneAdmitted)
            assert (await bed.service.status()).pbx.pending == (admitted.number,)
        finally:
            os.kill(pid, signal.SIGCONT)
        await watch.seen(PhoneRegistered, phone.device)


async def test_asterisk_killed_in_the_middle_of_a_storm_loses_no_phone(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        phones = [shelf.take(bed, "7961") for _ in range(30)]
        for phone in phones:
            phone.power_on()
        await watch.seen(PhoneAdmitted, count=5)
        await bed.asterisk.kill()
        await watch.seen(PbxLost)
        await watch.seen(PhoneAdmitted, count=30)
        await bed.asterisk.start()
        for phone in phones:
            await watch.seen(PhoneRegistered, phone.device)
        assert len({event.number for event in watch.of(PhoneAdmitted)}) == 30


async def test_a_name_that_is_no_phones_is_answered_and_nothing_is_stored(shelf: Shelf) -> None:
    from bridge.lab.filefetch import FileFetcher, FileServer

    async with running_testbed() as bed:
        watch = Watch(bed)
        names = [
            "../../etc/passwd",
            "SEP00112233ZZ.cnf.xml",
            "SEPFFFFFFFFFFFF.cnf.xml",
            "/etc/passwd",
            "SEP0011223344.cnf.xml",
        ]
        async with FileFetcher(FileServer(bed.tftp)) as fetcher:
            for name in names:
                got = await fetcher.fetch(name)
                assert got.missing, name
        await watch.seen(FileNotFound, count=len(names))
        assert watch.of(PhoneAdmitted) == []
        with bed.service.store.read() as work:
            assert work.devices.count() == 0
            assert list(work.journal.refused()) == []

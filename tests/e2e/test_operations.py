"""Whole days of phones, and what operations makes of them: a log without secrets, and a site that moves."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.app.operations.backup import Backup, make_backup
from bridge.app.operations.logs import JsonFormatter
from bridge.app.operations.support import known_secrets
from bridge.app.settings import DatabaseSettings
from bridge.core import MacAddress, SignallingProtocol
from bridge.core.events import CallFinished, FileRefused, PhoneAdmitted, PhoneRefused, PhoneRegistered
from bridge.lab.filefetch import FileServer
from bridge.lab.phoneevents import AudioHeard, Registered
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import Testbed, TestbedWishes, prepared_testbed
from bridge.pbx.install import EXTENSIONS_PHONES, PJSIP_PHONES
from tests.databases import postgresql
from tests.e2e.conftest import PATIENCE, Shelf, Watch, come_up

SCCP = TestbedWishes(protocol=SignallingProtocol.SCCP)


@contextmanager
def everything_logged(path: Path) -> Iterator[None]:
    """Every line of every library, at its most talkative."""
    root = logging.getLogger()
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(JsonFormatter())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()


def desk_phone(bed: Testbed) -> SccpPhone:
    files = FileServer(bed.tftp, None)
    return SccpPhone("7961G", MacAddress("001122CC0001"), files, timing=LAB_TIMING, auto_answer=0.0)


async def registered_at_asterisk(bed: Testbed, numbers: list[str]) -> None:
    async with asyncio.timeout(30):
        while True:
            shown = await bed.asterisk.cli("pjsip show contacts")
            if all(f"{number}/" in shown for number in numbers):
                return
            await asyncio.sleep(0.1)


async def test_no_secret_stands_in_the_log_of_a_whole_day(shelf: Shelf, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with everything_logged(log):
        async with prepared_testbed(SCCP) as bed, bed.node() as service:
            watch = Watch(bed)
            one, two = desk_phone(bed), shelf.take(bed, "8841")
            try:
                await come_up(one, two)
                numbers = {event.device: event.number for event in watch.of(PhoneAdmitted)}
                await registered_at_asterisk(bed, list(numbers.values()))
                one.call(numbers[two.device])
                await one.wait_for(AudioHeard)
                one.hang_up()
                await watch.seen(CallFinished, one.device)
                bed.window_desk().disable()
                late = shelf.take(bed, "7961")
                late.power_on()
                await watch.seen(PhoneRefused, late.device)
                await bed.asterisk.kill()
                await bed.asterisk.start()
                await registered_at_asterisk(bed, [numbers[one.device]])
            finally:
                await one.power_off()
            assert service.first_login is not None
            secrets = known_secrets(bed.settings) | {
                service.first_login.password,
                service.stations.watcher.agent.account.password,
            }
    assert len(secrets) >= 5
    text = log.read_text(encoding="utf-8")
    for secret in secrets:
        assert secret not in text
    lines = [json.loads(line) for line in text.splitlines()]
    decisions = [each for each in lines if each.get("event") == "PhoneAdmitted"]
    assert {(each["device"], each["number"]) for each in decisions} == {
        (str(device), number) for device, number in numbers.items()
    }
    assert any(each.get("event") == "PhoneRefused" and each["device"] == str(late.device) for each in lines)
    # The log was talkative enough to have betrayed something.
    assert {each["level"] for each in lines} >= {"debug", "info"}
    assert any(each.get("event") == "CallStarted" and each["number"] == numbers[one.device] for each in lines)


@pytest.mark.peer("postgresql")
async def test_a_site_moves_from_sqlite_to_postgresql_and_phones_register_as_before(
    shelf: Shelf, tmp_path: Path
) -> None:
    file = tmp_path / "site.backup"
    with postgresql() as server:
        async with prepared_testbed(SCCP) as bed:
            async with bed.node() as service:
                watch = Watch(bed)
                one, two = desk_phone(bed), shelf.take(bed, "8841")
                await come_up(one, two)
                numbers = {event.device: event.number for event in watch.of(PhoneAdmitted)}
                bed.window_desk().disable()
                await asyncio.to_thread(make_backup, bed.settings, bed.config, file, now=service.clock.now())
                await one.power_off()
                await two.power_off()
            for path in bed.directory.glob("sepbridge.db*"):
                path.unlink()
            # What the service itself writes for Asterisk; the rest there is the set-up's, and no backup's business.
            for name in (PJSIP_PHONES, EXTENSIONS_PHONES):
                bed.settings.asterisk.directory.joinpath(name).write_text("")
            bed.settings = replace(bed.settings, database=DatabaseSettings(server.fresh()))
            with Backup(file) as backup:
                await asyncio.to_thread(backup.restore, bed.settings)
            async with bed.node():
                watch = Watch(bed)
                again = desk_phone(bed)
                other = shelf.take(bed, "8841", mac=two.mac.value)
                again.power_on()
                other.power_on()
                try:
                    await watch.seen(PhoneRegistered, again.device)
                    # Asterisk still holds its contact of before the move: to the node it never went.
                    await other.wait_for(Registered, within=PATIENCE)
                    await registered_at_asterisk(bed, list(numbers.values()))
                    assert {again.device: again.number, other.device: other.number} == numbers
                    assert watch.of(PhoneAdmitted) + watch.of(PhoneRefused) + watch.of(FileRefused) == []
                finally:
                    await again.power_off()
                    await other.power_off()

"""Endpoints as rows of a database that Asterisk reads by ODBC: everything real but the phones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from bridge.app.pbxchoice import realtime_engine
from bridge.app.settings import AsteriskBackend
from bridge.core import SignallingProtocol
from bridge.core.events import PbxReloaded
from bridge.lab.asterisk import PrivateAsterisk
from bridge.lab.installation import find_asterisk
from bridge.lab.phoneevents import AudioHeard
from bridge.lab.testbed import TestbedWishes, prepared_testbed
from bridge.pbx.install import InstallPlan, InstallSettings, plan
from bridge.pbx.realtime import create_tables
from tests.databases import DatabaseServer, mariadb, postgresql
from tests.e2e.conftest import Shelf, Watch, come_up
from tests.e2e.desks import SCCP as SCCP_PHONES
from tests.e2e.desks import Desks, polled, seen_on
from tests.e2e.test_main_job import phone_desk
from tests.e2e.test_voicemail import hear, leave_a_message
from tests.realtime import odbc, realtime_house, realtime_troubles

_PIN = "1234"


def set_up(etc: Path, settings: InstallSettings) -> InstallPlan:
    """With mailboxes, as ``sepbridge setup asterisk`` does where asterisk.voicemail_pin is set."""
    return plan(etc, replace(settings, voicemail=True))


@contextmanager
def server(kind: str) -> Iterator[DatabaseServer]:
    with postgresql() if kind == "postgresql" else mariadb() as running:
        yield running


def asked(url: str, query: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]
    finally:
        engine.dispose()


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
async def test_phones_become_rows_and_call_each_other(
    kind: str, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(kind) as database:
        url = database.fresh()
        odbc(database, url, find_asterisk(), tmp_path / "odbc", monkeypatch)
        house = realtime_house(make_url(url).username or "")
        async with prepared_testbed(TestbedWishes(), house=house) as bed:
            bed.settings = replace(
                bed.settings,
                asterisk=replace(bed.settings.asterisk, backend=AsteriskBackend.REALTIME, realtime_url=url),
            )
            engine = realtime_engine(bed.settings)
            create_tables(engine)
            plain = engine.url.render_as_string(hide_password=False)
            engine.dispose()
            async with bed.node():
                watch = Watch(bed)
                await polled(lambda: connected(bed.service.pbx.status().connected))
                one, two = shelf.take(bed, "8841"), shelf.take(bed, "8841")
                await come_up(one, two)
                rows = asked(plain, "SELECT id, context, callerid FROM ps_endpoints ORDER BY id")
                assert [row[0] for row in rows] == sorted([one.number, two.number])
                device = phone_desk(bed).show(one.number).device
                assert device is not None
                assert (one.number, device.secret) in asked(plain, "SELECT username, password FROM ps_auths")
                # No section of the file, and no reload for it: a row is enough.
                assert f"[{one.number}]" not in (bed.asterisk.phones_directory / "pjsip_phones.conf").read_text()
                assert not any(each.endpoints for each in watch.of(PbxReloaded))

                one.call(two.number)
                assert (await one.wait_for(AudioHeard)).frequency == two.tone
                assert (await two.wait_for(AudioHeard)).frequency == one.tone
                # Hints stay in files, and follow an endpoint of the database.
                assert "InUse" in await bed.asterisk.cli(f"core show hint {two.number}")
                one.hang_up()

                # A phone with SCCP firmware is an endpoint like any other.
                bed.window_desk().set_protocol(SignallingProtocol.SCCP)
                sccp = await Desks(bed).registered("7961")
                one.call(sccp.number)
                assert (await one.wait_for(AudioHeard)).frequency == sccp.tone
                one.hang_up()
                await sccp.power_off()

                phone_desk(bed).remove(two.device)
                await bed.service.refresh()
                await polled(lambda: connected((two.number,) not in asked(plain, "SELECT id FROM ps_endpoints")))
                assert (two.number,) not in asked(plain, "SELECT id FROM ps_auths")


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
async def test_a_box_of_ours_its_lamp_and_the_doctor(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(kind) as database:
        url = database.fresh()
        odbc(database, url, find_asterisk(), tmp_path / "odbc", monkeypatch)
        house = replace(realtime_house(make_url(url).username or ""), install=set_up)
        async with prepared_testbed(SCCP_PHONES, house=house) as bed:
            own = replace(bed.settings.asterisk, backend=AsteriskBackend.REALTIME, realtime_url=url, voicemail_pin=_PIN)
            bed.settings = replace(bed.settings, asterisk=own)
            engine = realtime_engine(bed.settings)
            create_tables(engine)
            plain = engine.url.render_as_string(hide_password=False)
            engine.dispose()
            async with bed.node():
                desks = Desks(bed)
                await polled(lambda: connected(bed.service.pbx.status().connected))
                owner = await desks.registered("7961", auto_answer=None)
                caller = await desks.registered("7942")
                await desks.change_line(owner, voicemail_box=owner.number)
                await bed.service.refresh()
                boxes = asked(plain, "SELECT id, mailboxes FROM ps_endpoints")
                assert (owner.number, f"{owner.number}@default") in boxes
                await polled(lambda: has_box(bed.asterisk, owner.number))

                await leave_a_message(desks, caller, owner)
                await seen_on(owner, lambda: owner.view.message_waiting)
                await hear(owner, caller)
                await seen_on(owner, lambda: not owner.view.message_waiting)
                assert await realtime_troubles(bed, tmp_path / "host") == []
                for phone in (owner, caller):
                    await phone.power_off()


async def has_box(asterisk: PrivateAsterisk, box: str) -> bool:
    return f" {box} " in await asterisk.cli("voicemail show users")


async def connected(value: bool) -> bool:
    return value

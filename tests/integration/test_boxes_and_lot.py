"""Mailboxes and a parking lot that we give to a real Asterisk, beside those of its admin."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core import DeviceName
from bridge.lab.asterisk import PrivateAsterisk
from bridge.pbx.install import InstallSettings, apply, plan
from bridge.pbx.plain import PlainAsterisk, PlainAsteriskSettings
from bridge.ports import SipEndpoint
from tests.integration.recorder import Recorder
from tests.integration.sipclient import SipClient


class Wanting(PrivateAsterisk):
    """One without a lot of its own, set up with ours."""

    def configure(self) -> None:
        super().configure()
        (self.etc / "res_parking.conf").write_text("[general]\n")
        settings = InstallSettings(self.ami_settings.secret, permit="127.0.0.1/32", voicemail=True, parking=True)
        apply(plan(self.etc, settings))


@pytest.fixture
async def asterisk(tmp_path: Path) -> AsyncIterator[PrivateAsterisk]:
    async with Wanting(tmp_path / "a") as running:
        yield running


def line(number: str, *, box: str = "") -> SipEndpoint:
    device = DeviceName(f"SEP00112233{number}")
    return SipEndpoint(
        number, f"secret{number}", device, number, "Ann", mailbox=f"{box or number}@default", names_mailbox=bool(box)
    )


@contextlib.asynccontextmanager
async def service(asterisk: PrivateAsterisk, *lines: SipEndpoint) -> AsyncIterator[PlainAsterisk]:
    recorder = Recorder()
    ami = replace(asterisk.ami_settings, first_retry=0.02, last_retry=0.1)
    settings = PlainAsteriskSettings(ami, asterisk.phones_directory, retry_every=0.1, voicemail_pin="2580")
    pbx = PlainAsterisk(settings, sink=recorder, clock=recorder, listener=recorder)
    pbx.replace_all(lines)
    task = asyncio.create_task(pbx.run())
    try:
        await recorder.until(lambda: pbx.status().connected)
        assert all([await pbx.settled(each.name, within=10) for each in lines])
        yield pbx
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def boxes(asterisk: PrivateAsterisk, wanted: set[str]) -> set[str]:
    """The boxes that Asterisk has; waits until they are those that are wanted, at most five seconds."""
    found: set[str] = set()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            while found != wanted:
                rows = (await asterisk.cli("voicemail show users")).splitlines()
                found = {row.split()[1] for row in rows if row.startswith("default")}
                await asyncio.sleep(0.05)
    return found


async def test_lines_that_name_a_box_have_one(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk, line("1000", box="1000"), line("1001")) as pbx:
        # 1990 is the admin's.
        assert await boxes(asterisk, {"1000", "1990"}) == {"1000", "1990"}
        # A line without a phone behind it goes into its box now, and one without a box does not.
        async with SipClient(asterisk.sip, "1001", "secret1001") as client:
            assert 200 in await client.invite("1000", until=200)
        pbx.put([line("1001", box="501"), line("1002", box="1990")])
        assert await pbx.settled("1001", within=5)
        assert await boxes(asterisk, {"1000", "501", "1990"}) == {"1000", "501", "1990"}
        assert "1990,Lab" in (asterisk.etc / "voicemail.conf").read_text()
        pbx.drop(["1000"])
        assert await boxes(asterisk, {"501", "1990"}) == {"501", "1990"}


async def test_the_lot_is_that_of_freepbx(asterisk: PrivateAsterisk) -> None:
    shown = await asterisk.cli("parking show default")
    assert {"Parking Extension   :  70", "Parking Spaces      :  71-78"} <= {row.strip() for row in shown.splitlines()}
    assert "'70'" in await asterisk.cli("dialplan show 70@sepbridge-phones")

"""The bridge beside a TFTP server that was there before: real servers, their real logs, a phone that nobody knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.app.phones.phones import PhoneDesk
from bridge.app.settings import BesideSettings, TftpMode
from bridge.app.system import SystemIds
from bridge.core import MacAddress, Via
from bridge.core.events import FileNotFound, FileRequested, PhoneAdmitted, PhoneRegistered
from bridge.lab.filefetch import FileServer
from bridge.lab.g711 import TONES
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import Registered, RestartAsked
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.testbed import Testbed, TestbedWishes, prepared_testbed
from bridge.watch import TftpProgram
from tests.e2e.conftest import PATIENCE, Shelf, Watch
from tests.tftpservers import OtherServer, other_server


def beside(bed: Testbed, server: OtherServer) -> None:
    """What an admin writes into sepbridge.toml."""
    bed.settings = replace(
        bed.settings,
        tftp=replace(bed.settings.tftp, mode=TftpMode.BESIDE),
        beside=BesideSettings(root=server.root, log=server.log),
    )


def take(shelf: Shelf, server: OtherServer) -> SimulatedPhone:
    index = next(shelf.count)
    phone = SimulatedPhone(
        "7961", MacAddress(f"0011223344{index:02X}"), FileServer(server.address), timing=LAB_TIMING, tone=TONES[0]
    )
    shelf.phones.append(phone)
    return phone


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  another program's directory has no event
            await asyncio.sleep(0.05)


@pytest.mark.peer("tftpd-hpa, atftpd, dnsmasq")
@pytest.mark.parametrize("kind", list(TftpProgram))
async def test_an_unknown_phone_comes_up_beside_a_server_that_was_there(
    shelf: Shelf, tmp_path: Path, kind: TftpProgram
) -> None:
    with other_server(kind, tmp_path) as server:
        theirs = {"SEP001122334499.cnf.xml": b"<device/>", "SIP42.9-4-2SR3-1S.loads": b"firmware"}
        for name, content in theirs.items():
            (server.root / name).write_bytes(content)
        async with prepared_testbed(TestbedWishes()) as bed:
            beside(bed, server)
            async with bed.node() as service:
                watch = Watch(bed)
                assert service.tftp.addresses == []
                await until(lambda: (server.root / "XMLDefault.cnf.xml").exists())
                phone = take(shelf, server)
                phone.power_on()
                (admitted,) = await watch.seen(PhoneAdmitted, phone.device)
                registered = await watch.seen(PhoneRegistered, phone.device)
                assert registered[0].endpoint == admitted.number
                # Its model is known now: its file says so, and it came back with that one.
                await phone.wait_for(Registered, within=PATIENCE)
                await phone.wait_for(RestartAsked, within=PATIENCE)
                await phone.wait_for(Registered, within=PATIENCE)
                assert {each.via for each in watch.of(FileRequested, phone.device)} == {Via.LOG}
                assert watch.of(FileNotFound) or kind is TftpProgram.TFTPD_HPA  # which names no file when it refuses
                own = server.root / f"{phone.device}.cnf.xml"
                assert admitted.number.encode() in own.read_bytes()
                assert (await service.status()).beside == ()

                await phone.power_off()
                bed.window_desk().disable()  # else a last line of the log, read late, lets it in once more
                PhoneDesk(service.store, service.clock, SystemIds(), "tester").remove(phone.device)
                await service.refresh()
                await until(lambda: not own.exists())
            # Back to our own server: what is ours goes, what is theirs stays.
            bed.settings = replace(bed.settings, tftp=replace(bed.settings.tftp, mode=TftpMode.OWN))
            async with bed.node():
                pass
        assert {path.name: path.read_bytes() for path in server.root.iterdir()} == theirs

"""What phones' own web pages say, read from a real web server that behaves as a phone's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.app.phones.pagereader import PageReader
from bridge.core import Device, DeviceName, SignallingProtocol
from bridge.core.events import ClockTold, PhonePageRead
from bridge.net.phonepages import LARGEST, elements, read_log, read_pages
from tests.unit.app.conftest import NOON, Remembering, StillClock

PHONE = Device(
    name=DeviceName("SEP0003E369A125"), desired_protocol=SignallingProtocol.SCCP, created_at=NOON, version_stamp="1",
    address="127.0.0.1", registered=True,
)  # fmt: skip
DEVICE_PAGE = (
    '<?xml version="1.0" encoding="iso-8859-1"?><DeviceInformation><MACAddress>0003E369A125</MACAddress>'
    "<HostName>SEP0003E369A125</HostName><phoneDN>5920</phoneDN><appLoadID>P00308010200</appLoadID>"
    "<serialNumber>INM0712</serialNumber><hardwareRevision>1.4</hardwareRevision><modelNumber>CP-7940</modelNumber>"
    "</DeviceInformation>"
)
PORT_PAGE = (
    "<PortInformation><CDPNeighborDeviceId>sw1</CDPNeighborDeviceId><CDPNeighborPort>Gi1/0/7</CDPNeighborPort>"
    "</PortInformation>"
)


async def server(pages: dict[str, str], *, date: str = "") -> TestServer:
    async def answer(request: web.Request) -> web.Response:
        text = pages.get(request.path)
        headers = {"Date": date} if date else {}
        return web.Response(text=text, headers=headers) if text else web.Response(status=404)

    application = web.Application()
    application.router.add_get("/{page:.*}", answer)
    started = TestServer(application)
    await started.start_server()
    return started


@pytest.mark.req("RG-14")
async def test_the_pages_of_a_7940_go_onto_its_journey(sink: Remembering, clock: StillClock) -> None:
    phone = await server({"/DeviceInformationX": DEVICE_PAGE, "/PortInformationX": PORT_PAGE})
    try:
        reader = PageReader(sink, clock, lambda: [PHONE], every=60, read=partial(read_pages, port=phone.port or 0))
        await reader.look(PHONE)
        (told,) = sink.of(PhonePageRead)
        assert (told.model, told.load, told.serial_number) == ("CP-7940", "P00308010200", "INM0712")
        assert (told.neighbour, told.neighbour_port) == ("sw1", "Gi1/0/7")
        await reader.look(replace(PHONE, name=DeviceName("SEP001122334455")))
        assert len(sink.of(PhonePageRead)) == 1, "another phone has the address now"
    finally:
        await phone.close()


@pytest.mark.req("RG-27")
async def test_the_status_list_and_the_clock_of_a_phone_are_read(sink: Remembering, clock: StillClock) -> None:
    log = "".join(
        f'<?xml version="1.0"?><DeviceLog><status>{line}</status></DeviceLog>\n'
        for line in (
            "10:26:44a Trust List update failed",
            "10:26:50a stack 0x4711",
            "10:27:02a DHCP timeout",
        )
    )
    phone = await server({"/DeviceInformationX": DEVICE_PAGE, "/DeviceLogX": log}, date="Thu, 01 Jan 2026 09:00:00 GMT")
    try:
        port = phone.port or 0
        reads = {"read": partial(read_pages, port=port), "read_log": partial(read_log, port=port)}
        await PageReader(sink, clock, lambda: [PHONE], every=60, **reads).look(PHONE)  # type: ignore[arg-type]  # given by name: the call itself checks
    finally:
        await phone.close()
    (told,) = sink.of(PhonePageRead)
    assert [each.partition(" ")[2] for each in told.messages[:2]] == ["Trust List update failed", "DHCP timeout"]
    (own,) = sink.of(ClockTold)
    assert (own.told, own.source) == (datetime(2026, 1, 1, 9, tzinfo=UTC), "its web page")


async def test_a_phone_whose_pages_are_off_is_left_in_peace(sink: Remembering, clock: StillClock) -> None:
    phone = await server({})
    try:
        assert await read_pages("127.0.0.1", port=phone.port or 0) == {}
    finally:
        await phone.close()
    assert await read_pages("127.0.0.1", port=phone.port or 0, within=1) == {}


@pytest.mark.parametrize("page", [b"", b"<html>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"\xff" * LARGEST])
def test_what_is_no_page_of_a_phone_says_nothing(page: bytes) -> None:
    assert elements(page) == {}

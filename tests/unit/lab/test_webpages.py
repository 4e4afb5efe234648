"""The web pages of a simulated phone, read by a program that was not made for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import aiohttp

from bridge.core import MacAddress
from bridge.lab.asterisk import free_port
from bridge.lab.filefetch import FileServer
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import ConfigRejected
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.tftpclient import TftpTiming
from bridge.lab.webpages import log_page

NOBODY = FileServer(("127.0.0.1", 9))


async def test_they_are_there_while_the_phone_has_power() -> None:
    port = free_port()
    timing = replace(LAB_TIMING, tftp=TftpTiming(first_timeout=0.05, attempts=1))
    phone = SimulatedPhone("7961", MacAddress("0011223344AA"), NOBODY, timing=timing, web_port=port)
    phone.power_on()
    try:
        await phone.wait_for(ConfigRejected, within=20)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            async with session.get("/DeviceInformationX") as answer:
                page = await answer.text()
            async with session.get("/DeviceLogX?0") as answer:
                log = await answer.text()
            async with session.get("/CGI/Screenshot") as answer:
                assert answer.status == 404
    finally:
        await phone.power_off()
    assert "<MACAddress>0011223344AA</MACAddress>" in page
    assert "<modelNumber>CP-7961G</modelNumber>" in page
    assert "File not found &lt;SEP0011223344AA.cnf.xml&gt;" in log
    try:
        await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return
    raise AssertionError("the pages outlived the power")


def test_each_message_is_a_document_of_its_own() -> None:
    assert log_page(["one", "two"]).count("<?xml") == 2
    assert log_page([]) == ""

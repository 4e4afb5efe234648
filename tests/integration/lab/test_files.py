"""How a phone gets its files: HTTP first and TFTP after a failure, from servers that this project did not write too."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bridge.core import Via
from bridge.lab.filefetch import FileFetcher, FileServer
from bridge.lab.phoneevents import FileGot, FileMissing, Registered, RestartAsked
from bridge.lab.servicecontrol import RestartAction
from bridge.lab.tftpclient import TftpClient, TftpOptions, TftpTiming
from tests.integration.lab.conftest import SECRET, Bench
from tests.peers import peer


@contextlib.asynccontextmanager
async def http_server(
    files: dict[str, bytes], *, status: int = 200
) -> AsyncIterator[tuple[tuple[str, int], list[str]]]:
    """An HTTP file server, and what it was asked for. ``status`` other than 200 answers everything with it."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        content = files.get(request.path.lstrip("/"))
        if status != 200:
            return web.Response(status=status)
        return web.Response(body=content) if content is not None else web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{name:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield (host, port), asked
    finally:
        await runner.cleanup()


async def test_an_8841_asks_by_http_and_takes_404_for_an_answer(bench: Bench) -> None:
    phone = bench.phone("8841")
    bench.give_file(phone, "1001")
    async with http_server(bench.files) as (address, asked):
        phone.server = FileServer(bench.tftp.addresses[0], address)
        phone.power_on()
        await phone.wait_for(Registered)
        assert f"/{phone.device}.cnf.xml" in asked
        assert bench.requests == []
        assert (await phone.wait_for(FileGot)).via is Via.HTTP
        assert not (await phone.wait_for(FileMissing)).timed_out


async def test_what_http_answers_with_503_is_asked_again_over_tftp(bench: Bench) -> None:
    phone = bench.phone("7841")
    bench.give_file(phone, "1001")
    async with http_server({}, status=503) as (address, asked):
        phone.server = FileServer(bench.tftp.addresses[0], address)
        phone.power_on()
        await phone.wait_for(Registered)
        assert len(asked) == len(bench.requests) > 3
        assert (await phone.wait_for(FileGot)).via is Via.TFTP


async def test_a_closed_http_port_sends_the_phone_to_tftp(bench: Bench) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        bench.files["x"] = b"file"
        server = FileServer(bench.tftp.addresses[0], closed.getsockname())
        async with FileFetcher(server, http_first=True) as fetcher:
            fetched = await fetcher.fetch("x")
    assert (fetched.content, fetched.via) == (b"file", Via.TFTP)


async def test_an_older_phone_never_asks_by_http(bench: Bench) -> None:
    phone = bench.phone("7942")
    bench.give_file(phone, "1001", transport=2)
    async with http_server(bench.files) as (address, asked):
        phone.server = FileServer(bench.tftp.addresses[0], address)
        phone.power_on()
        await phone.wait_for(Registered)
        assert asked == []


async def test_a_7960_registers_from_its_text_files_and_obeys_check_sync(bench: Bench) -> None:
    phone = bench.phone("7960")
    address, port = bench.asterisk.sip
    bench.files |= {
        f"SEP{phone.mac}.cnf.xml": b"<device><deviceProtocol>SIP</deviceProtocol></device>",
        "SIPDefault.cnf": f"proxy1_address: {address}\nproxy1_port: {port}\nproxy_register: 1\nsync: 1\n".encode(),
        f"SIP{phone.mac}.cnf": f'line1_name: 1001\nline1_authname: 1001\nline1_password: "{SECRET}"\n'.encode(),
        "syncinfo.xml": b'<SYNCINFO><IMAGE VERSION="*" SYNC="1"/></SYNCINFO>',
    }
    phone.power_on()
    await phone.wait_for(Registered)
    (bench.asterisk.etc / "pjsip_notify.conf").write_text("[sync]\nEvent=>check-sync\n")
    await bench.asterisk.cli("module reload res_pjsip_notify.so")
    await bench.asterisk.cli("pjsip send notify sync endpoint 1001")
    assert (await phone.wait_for(RestartAsked)).action == RestartAction.CHECK_SYNC
    while (await phone.wait_for(FileGot)).name != "syncinfo.xml":
        pass
    assert phone.boots == 1  # the number is the one that it has
    bench.files["syncinfo.xml"] = b'<SYNCINFO><IMAGE VERSION="*" SYNC="2"/></SYNCINFO>'
    await bench.asterisk.cli("pjsip send notify sync endpoint 1001")
    await phone.wait_for(Registered)
    assert phone.boots == 2


async def test_a_phone_fetches_other_firmware_and_starts_again_with_it(bench: Bench) -> None:
    phone = bench.phone("7942")
    bench.give_file(phone, "1001", transport=2)
    name = f"{phone.device}.cnf.xml"
    load = "SIP42.9-9-9S"
    bench.files[name] = bench.files[name].replace(
        b"</device>", f"<loadInformation>{load}</loadInformation></device>".encode()
    )
    bench.files[f"{load}.loads"] = b"\x01\x02apps42.9-9-9.sbn\x00jar42sip.9-9-9.sbn"
    bench.files["apps42.9-9-9.sbn"] = bytes(100_000)
    bench.files["jar42sip.9-9-9.sbn"] = bytes(512)
    phone.power_on()
    await phone.wait_for(Registered)
    assert phone.load == load
    assert phone.boots == 2
    assert "/9.9.9" in await bench.asterisk.cli("database show registrar")


@contextlib.asynccontextmanager
async def tftpd_hpa(directory: Path) -> AsyncIterator[tuple[str, int]]:
    """Debian's TFTP server on a free port."""
    with socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(peer("in.tftpd"), "-L", "-a", f"127.0.0.1:{port}", "-u", getpass.getuser(), "-s", str(directory)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield ("127.0.0.1", port)
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="tftpd-hpa wants to change its root directory")
@pytest.mark.parametrize("options", [None, TftpOptions(blksize=1428, tsize=True)])
async def test_files_from_tftpd_hpa(tmp_path: Path, options: TftpOptions | None) -> None:
    contents = {f"file-{size}": bytes(index & 0xFF for index in range(size)) for size in (0, 511, 512, 70_000)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    async with tftpd_hpa(tmp_path) as server:
        # It may take a moment to listen: the client asks again, as a phone does.
        client = TftpClient(server, timing=TftpTiming(0.1, 0.5, 10), options=options)
        replies = await asyncio.gather(*(client.read(name) for name in contents))
        assert [reply.content for reply in replies] == list(contents.values())
        assert (await client.read("no-such-file")).missing

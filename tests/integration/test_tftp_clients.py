"""The TFTP server, asked by clients that this project did not write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.core.events import FileDelivered, FileNotFound, FileRefused, FileRequested
from bridge.net.tftp import TftpLimits, TftpServer
from tests.peers import peer
from tests.tftp_lab import Files, FixedClock, RecordingSink

TEXT = b"first line\nsecond\rline\n" * 100
FILES = {
    "empty": b"",
    "small": b"hello",
    "exact": bytes(range(256)) * 32,
    "load.bin": bytes(range(251)) * 4001,
    "text": TEXT,
    # More than 65,535 blocks of 512 octets.
    "rollover.bin": bytes(range(256)) * (33 * 4096),
}


@asynccontextmanager
async def serving(sink: RecordingSink, host: str = "127.0.0.1", **limits: int) -> AsyncIterator[TftpServer]:
    server = TftpServer(Files(FILES), sink, FixedClock(), listen=[(host, 0)], limits=TftpLimits(**limits))
    await server.start()
    try:
        yield server
    finally:
        await server.close()


async def run(*command: str, directory: Path) -> str:
    """What the client said, on both streams."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=directory, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    return output.decode(errors="replace")


Get = Callable[[str, str, int], list[str]]
"""Name, host and port to the command that reads the file into ``./got``."""


def tftp_hpa(name: str, host: str, port: int) -> list[str]:
    return [peer("tftp"), "-m", "binary", host, str(port), "-c", "get", name, "got"]


def atftp(name: str, host: str, port: int) -> list[str]:
    return [peer("atftp"), "--get", "--remote-file", name, "--local-file", "got", host, str(port)]


def atftp_windows(name: str, host: str, port: int) -> list[str]:
    options = ["--option", "blksize 1428", "--option", "windowsize 8", "--option", "tsize", "--option", "timeout 2"]
    return [*atftp(name, host, port)[:1], *options, *atftp(name, host, port)[1:]]


def curl(name: str, host: str, port: int) -> list[str]:
    where = f"[{host}]" if ":" in host else host
    return [peer("curl"), "--silent", "--show-error", "--output", "got", f"tftp://{where}:{port}/{name}"]


def curl_blksize(name: str, host: str, port: int) -> list[str]:
    return [*curl(name, host, port), "--tftp-blksize", "8192"]


def curl_plain(name: str, host: str, port: int) -> list[str]:
    return [*curl(name, host, port), "--tftp-no-options"]


def busybox(name: str, host: str, port: int) -> list[str]:
    return [peer("busybox"), "tftp", "-g", "-r", name, "-l", "got", host, str(port)]


def busybox_blksize(name: str, host: str, port: int) -> list[str]:
    return [*busybox(name, host, port)[:2], "-b", "1428", *busybox(name, host, port)[2:]]


CLIENTS = [tftp_hpa, atftp, atftp_windows, curl, curl_blksize, curl_plain, busybox, busybox_blksize]


@pytest.mark.parametrize("get", CLIENTS)
@pytest.mark.parametrize("name", ["small", "exact", "load.bin"])
async def test_files_arrive_whole(get: Get, name: str, tmp_path: Path) -> None:
    sink = RecordingSink()
    async with serving(sink) as server:
        output = await run(*get(name, *server.addresses[0]), directory=tmp_path)
        assert (tmp_path / "got").read_bytes() == FILES[name], output
        delivered = await sink.wait_for(FileDelivered)
        assert delivered.size == len(FILES[name])
        assert delivered.retransmissions == 0


@pytest.mark.parametrize("get", [tftp_hpa, atftp, curl_plain])
async def test_empty_file(get: Get, tmp_path: Path) -> None:
    sink = RecordingSink()
    async with serving(sink) as server:
        await run(*get("empty", *server.addresses[0]), directory=tmp_path)
        assert (await sink.wait_for(FileDelivered)).size == 0


@pytest.mark.parametrize("get", [tftp_hpa, curl_plain, busybox])
async def test_block_numbers_wrap(get: Get, tmp_path: Path) -> None:
    sink = RecordingSink()
    async with serving(sink) as server:
        await run(*get("rollover.bin", *server.addresses[0]), directory=tmp_path)
        assert (tmp_path / "got").read_bytes() == FILES["rollover.bin"]
        assert (await sink.wait_for(FileDelivered)).size == 33 << 20


@pytest.mark.parametrize("get", CLIENTS)
@pytest.mark.req("RG-08")
async def test_missing_file_is_told_at_once(get: Get, tmp_path: Path) -> None:
    sink = RecordingSink()
    async with serving(sink) as server:
        output = await run(*get("SEP00AABBCCDDEE.cnf.xml", *server.addresses[0]), directory=tmp_path)
        # curl says 68, its number for error 1, and may stumble over its own words.
        assert "not found" in output.lower() or "(68)" in output, output
        assert len(sink.of(FileNotFound)) == 1
        # The answer was faster than any client's first repetition.
        assert len(sink.of(FileRequested)) == 1
        assert server.counters.repeated == 0


async def test_netascii(tmp_path: Path) -> None:
    async with serving(RecordingSink()) as server:
        host, port = server.addresses[0]
        command = [peer("tftp"), "-m", "ascii", host, str(port), "-c", "get", "text", "got"]
        output = await run(*command, directory=tmp_path)
        assert (tmp_path / "got").read_bytes() == TEXT, output


@pytest.mark.parametrize("get", [tftp_hpa, curl, busybox])
async def test_ipv6(get: Get, tmp_path: Path) -> None:
    sink = RecordingSink()
    async with serving(sink, "::1") as server:
        output = await run(*get("load.bin", *server.addresses[0]), directory=tmp_path)
        assert (tmp_path / "got").read_bytes() == FILES["load.bin"], output
        assert (await sink.wait_for(FileDelivered)).client == "::1"


@pytest.mark.parametrize("get", [tftp_hpa, curl, atftp, busybox])
@pytest.mark.parametrize("listen", ["0.0.0.0", "::"])
async def test_wildcard_asked_on_another_address(get: Get, listen: str, tmp_path: Path) -> None:
    sink = RecordingSink()
    async with serving(sink, listen) as server:
        output = await run(*get("load.bin", "127.0.0.2", server.addresses[0][1]), directory=tmp_path)
        assert (tmp_path / "got").read_bytes() == FILES["load.bin"], output


@pytest.mark.parametrize("client", ["tftp", "atftp", "busybox", "curl"])
async def test_writing_is_refused(client: str, tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(b"evil")
    sink = RecordingSink()
    async with serving(sink) as server:
        host, port = server.addresses[0]
        command = {
            "tftp": ["-m", "binary", host, str(port), "-c", "put", "up", "up"],
            "atftp": ["--put", "--local-file", "up", "--remote-file", "up", host, str(port)],
            "busybox": ["tftp", "-p", "-l", "up", "-r", "up", host, str(port)],
            "curl": ["--silent", "--show-error", "--upload-file", "up", f"tftp://{host}:{port}/up"],
        }[client]
        output = await run(peer(client), *command, directory=tmp_path)
        assert output.strip()
        assert sink.of(FileRefused)[0].why == "this server does not take files"


async def test_over_the_limit_a_client_is_told_why(tmp_path: Path) -> None:
    async with serving(RecordingSink(), transfers=0) as server:
        output = await run(*tftp_hpa("small", *server.addresses[0]), directory=tmp_path)
        assert "too many transfers at a time" in output


async def test_several_clients_at_a_time(tmp_path: Path) -> None:
    sink = RecordingSink()
    async with serving(sink) as server:
        directories = [tmp_path / str(number) for number in range(8)]
        for directory in directories:
            directory.mkdir()
        await asyncio.gather(
            *(
                run(*get("load.bin", *server.addresses[0]), directory=directory)
                for get, directory in zip(CLIENTS, directories, strict=True)
            )
        )
        for directory in directories:
            assert (directory / "got").read_bytes() == FILES["load.bin"]
        await sink.wait_for(FileDelivered, 8)

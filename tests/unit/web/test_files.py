"""The HTTP file server with curl and with a raw client, plain and over TLS, on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import resource
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.core import DeviceName, FileAnswer, FileFound, FileMissing, FileRequest, Via
from bridge.core.events import Event, FileDelivered, TransferAborted
from bridge.net.selfsigned import make_certificate
from bridge.net.tls import OldestTls, server_context
from bridge.store.filetree import FileTree
from bridge.web.files import HttpFileServer
from tests.unit.app.conftest import Remembering, StillClock

BIG = "rootfs88xx.14-4-1.sbn"
OWN = FileFound("SEP001122334455.cnf.xml", b"<device/>", secret_of=DeviceName("SEP001122334455"), version="1")


class Provider:
    """A tree, and one file that is made on the spot."""

    def __init__(self, root: Path) -> None:
        self.tree = FileTree(root)

    async def provide(self, request: FileRequest) -> FileAnswer:
        name = request.name.lstrip("/")
        if name == OWN.name:
            return OWN
        found = self.tree.look(name)
        if found is None:
            return FileMissing()
        return FileFound(name, found.content, version=found.version, modified=found.modified)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "files"
    root.mkdir()
    (root / "SIP41.9-4-2S.loads").write_bytes(b"list of files")
    piece = bytes(range(256)) * 4096
    with (root / BIG).open("wb") as file:
        for number in range(24):
            file.write(bytes([number]) + piece[1:])
    return root


@pytest.fixture(params=["http", "https"])
async def server(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> AsyncIterator[tuple[str, Remembering]]:
    """Its base URL, and what it reports."""
    tls = None
    if request.param == "https":
        crt, key = make_certificate(tmp_path / "tls", ["127.0.0.1"], days=2)
        tls = server_context(crt, key, OldestTls.TLS_1_2)
    sink = Remembering()
    server = HttpFileServer(Provider(root), sink, StillClock(), listen=[("127.0.0.1", 0)], tls=tls)
    await server.start()
    host, port = server.addresses[0]
    yield f"{request.param}://{host}:{port}", sink
    await server.close()


async def curl(url: str, *words: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers in lower case, body."""
    command = ["curl", "-s", "-k", "-i", "--max-time", "20", *words, url]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    head, _, body = output.partition(b"\r\n\r\n")
    status, *rows = head.decode().split("\r\n")
    return int(status.split()[1]), {name.lower(): value for name, value in (row.split(": ", 1) for row in rows)}, body


async def eventually(sink: Remembering, kind: type[Event]) -> Event:
    async with asyncio.timeout(10):
        while not (found := sink.of(kind)):  # noqa: ASYNC110  the sink has no bell
            await asyncio.sleep(0.01)
    return found[-1]


def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    writer.close()


def resident() -> int:
    """Octets of this process's memory that are in use now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


@pytest.mark.peer("curl")
async def test_a_file_and_its_headers(server: tuple[str, Remembering]) -> None:
    base, sink = server
    status, headers, body = await curl(f"{base}/SIP41.9-4-2S.loads", "-H", "Accept-Encoding: gzip, deflate, br")
    assert (status, body) == (200, b"list of files")
    assert "content-encoding" not in headers
    assert headers["content-length"] == "13"
    assert headers["accept-ranges"] == "bytes"
    for condition in (f"If-None-Match: {headers['etag']}", f"If-Modified-Since: {headers['last-modified']}"):
        status, again, body = await curl(f"{base}/SIP41.9-4-2S.loads", "-H", condition)
        assert (status, body) == (304, b"")
        assert again["etag"] == headers["etag"]
    assert (await curl(f"{base}/SIP41.9-4-2S.loads", "-H", 'If-Match: "another"'))[0] == 412
    status, head, body = await curl(f"{base}/SIP41.9-4-2S.loads", "-I")
    assert (status, head["content-length"], body) == (200, "13", b"")
    sizes = [event.size for event in sink.of(FileDelivered)]
    assert sizes == [13, 0, 0]
    assert {event.via for event in sink.of(FileDelivered)} == {Via.HTTPS if base.startswith("https") else Via.HTTP}
    assert (await curl(f"{base}/nothing"))[0] == 404


@pytest.mark.peer("curl")
async def test_a_large_load_is_resumed(server: tuple[str, Remembering], root: Path, tmp_path: Path) -> None:
    base, _ = server
    whole = (root / BIG).read_bytes()
    part = tmp_path / "part"
    part.write_bytes(whole[:7_000_001])
    process = await asyncio.create_subprocess_exec("curl", "-s", "-k", "-C", "-", "-o", str(part), f"{base}/{BIG}")
    assert await process.wait() == 0
    assert hashlib.sha256(part.read_bytes()).digest() == hashlib.sha256(whole).digest()
    status, headers, body = await curl(f"{base}/{BIG}", "-r", "100-199")
    assert (status, headers["content-range"], body) == (206, f"bytes 100-199/{len(whole)}", whole[100:200])
    status, headers, _ = await curl(f"{base}/{BIG}", "-r", f"{len(whole)}-")
    assert (status, headers["content-range"]) == (416, f"bytes */{len(whole)}")
    _, headers, _ = await curl(f"{base}/{BIG}", "-I")
    status, _, body = await curl(f"{base}/{BIG}", "-r", "5-9", "-H", f"If-Range: {headers['etag']}")
    assert (status, body) == (206, whole[5:10])
    status, _, body = await curl(f"{base}/{BIG}", "-r", "5-9", "-H", 'If-Range: "older"')
    assert (status, len(body)) == (200, len(whole))


async def test_a_phone_that_hangs_up_is_reported(server: tuple[str, Remembering]) -> None:
    base, sink = server
    port = int(base.rpartition(":")[2])
    tls = ssl._create_unverified_context() if base.startswith("https") else None  # noqa: S323  # a certificate that the test made itself
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    writer.write(f"GET /{BIG} HTTP/1.0\r\n\r\n".encode())
    await reader.readexactly(10)
    hang_up(writer)
    event = await eventually(sink, TransferAborted)
    assert isinstance(event, TransferAborted)
    assert 0 < event.acknowledged < event.size
    assert not sink.of(FileDelivered)


async def test_slow_clients_cost_no_copies(server: tuple[str, Remembering], root: Path) -> None:
    """Fifty clients that read nothing of a 24 MB file: were it copied for each, that would be 1.2 GB."""
    base, _ = server
    port = int(base.rpartition(":")[2])
    tls = ssl._create_unverified_context() if base.startswith("https") else None  # noqa: S323  # a certificate that the test made itself
    before = resident()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(50):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, limit=1 << 14)
            stack.callback(hang_up, writer)
            writer.write(f"GET /{BIG} HTTP/1.0\r\n\r\n".encode())
            await reader.readexactly(10)
        after = resident()
    assert after - before < 200 << 20


@pytest.mark.parametrize("request_line", [b"GET / HTTP/1.0", b"GET /../../etc/passwd HTTP/1.0", b"POST /x HTTP/1.0"])
async def test_a_raw_client_gets_nothing_that_is_not_there(
    request_line: bytes, server: tuple[str, Remembering]
) -> None:
    base, _ = server
    port = int(base.rpartition(":")[2])
    tls = ssl._create_unverified_context() if base.startswith("https") else None  # noqa: S323  # a certificate that the test made itself
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    writer.write(request_line + b"\r\n\r\n")
    async with asyncio.timeout(10):
        answer = await reader.read(4096)
    assert answer.split()[1] in (b"404", b"405")
    hang_up(writer)

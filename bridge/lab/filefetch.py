"""How a phone gets a file: HTTP on port 6970 first where its family does so, TFTP otherwise and after a failure.

Source: phone boot reference, section 4; autoregistration reference, section 5.1 (a 7821 repeats over TFTP what HTTP
answered with 503). A 404 is an answer, no failure.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import quote

import aiohttp

from bridge.core import Via
from bridge.lab.tftpclient import TftpClient, TftpOptions, TftpTiming

_NOT_FOUND = 404
_LARGEST = 64 * 1024 * 1024
_HTTP_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class FileServer:
    """Where a phone's files are: what DHCP options 150 or 66 would have told it."""

    tftp: tuple[str, int]
    """Numeric address and port (69 on a real network)."""
    http: tuple[str, int] | None = None
    """Address and port of the HTTP file server (6970 on a real network); None where nobody answers there."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """How one request ended."""

    content: bytes | None
    """None where no file came."""
    via: Via
    missing: bool = False
    """True when the server said that there is no such file."""
    why: str = ""
    retransmissions: int = 0

    @property
    def timed_out(self) -> bool:
        """True when nobody answered."""
        return self.content is None and not self.missing


class FileFetcher:
    """One phone's way to its files, for the length of a boot. Use it as an asynchronous context."""

    def __init__(
        self,
        server: FileServer,
        *,
        local_address: str = "",
        http_first: bool = False,
        user_agent: str = "",
        timing: TftpTiming | None = None,
        options: TftpOptions | None = None,
    ) -> None:
        self._tftp = TftpClient(server.tftp, local_address=local_address, timing=timing, options=options)
        self._http = server.http if http_first else None
        self._local = local_address
        self._agent = user_agent
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, name: str) -> Fetched:
        """Ask for a file. Never raises for anything that network or server do."""
        if self._http is not None and (fetched := await self._by_http(self._http, name)) is not None:
            return fetched
        reply = await self._tftp.read(name)
        return Fetched(reply.content, Via.TFTP, reply.missing, reply.why, reply.retransmissions)

    async def _by_http(self, server: tuple[str, int], name: str) -> Fetched | None:
        """The answer; None after a failure, which sends the phone to TFTP."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(local_addr=(self._local, 0) if self._local else None, limit=1),
                timeout=aiohttp.ClientTimeout(total=_HTTP_TIMEOUT),
                auto_decompress=False,
                headers={"User-Agent": self._agent} if self._agent else None,
            )
        host, port = server
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}/{quote(name.lstrip('/'))}"
        try:
            async with self._session.get(url, allow_redirects=False) as answer:
                if answer.status == _NOT_FOUND:
                    return Fetched(None, Via.HTTP, missing=True, why="404")
                if answer.status != 200 or (answer.content_length or 0) > _LARGEST:
                    return None
                return Fetched(await answer.read(), Via.HTTP)
        except (aiohttp.ClientError, TimeoutError, OSError, asyncio.IncompleteReadError):
            return None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

"""Reading a CUCM over AXL: one request after the other, not faster than asked, nothing but reading operations.

Source: migration reference, section 3 (port 8443, path /axl/, Basic authentication, SOAPAction).
"""

from __future__ import annotations

import asyncio
import ssl
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from bridge.errors import ConfigurationError, InvalidInput, SepbridgeError
from bridge.migration.axlrequests import (
    KINDS,
    MOST_OBJECTS,
    PAGE,
    SMALLEST_PAGE,
    AxlRequest,
    Kind,
    listed,
    page,
    single,
)
from bridge.migration.axlxml import MAX_ANSWER

ANSWER_WITHIN = 60.0
"""Seconds for one answer."""
TRIES = 4
"""For a CUCM that says it is busy (503), each after twice the pause."""
FIRST_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class AxlAccess:
    """Where the CUCM is, and who asks."""

    url: str
    """``https://cucm.example.com:8443/axl/``."""
    user: str
    password: str = field(repr=False)
    version: str = "12.5"
    """Of the AXL schema: older ones are understood for two to three releases."""
    authority: Path | None = None
    """The certificate, or its authority's, that CUCM shows; None for the system's authorities."""
    verify: bool = True
    per_second: float = 10.0
    """Requests; reading costs a CUCM less than writing, of which it takes about 25 a second."""


class AxlClient:
    """A session; use it as a context. ``progress`` is told of each kind: name, answers so far, how many there are."""

    def __init__(
        self,
        access: AxlAccess,
        *,
        progress: Callable[[str, int, int], None] = lambda kind, done, total: None,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        if not access.url.startswith("https://"):
            raise InvalidInput(f"{access.url[:80]!r} cannot be asked", fix="AXL is https://HOST:8443/axl/")
        if ":" in access.user:
            raise InvalidInput(
                f"{access.user[:50]!r} cannot log in", why="a colon ends the name in Basic authentication"
            )
        self._access = access
        self._progress = progress
        self._first_pause = first_pause
        self._next_at = 0.0
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        account = f"{self._access.user}:{self._access.password}"
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Basic {b64encode(account.encode()).decode()}"},
            connector=aiohttp.TCPConnector(limit=1, ssl=_context(self._access)),
            timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def answers(self) -> AsyncIterator[tuple[str, bytes]]:
        """Every answer, by the name of a file that it may be kept in. Raises SepbridgeError."""
        for kind in KINDS:
            keys: list[tuple[str, ...]] = []
            async for file, content in self._list(kind):
                keys += listed(kind, content, file)
                yield file, content
            self._progress(kind.element, 0 if kind.getting else len(keys), len(keys))
            if not kind.getting:
                continue
            for number, each in enumerate(keys, 1):
                request = single(kind, each, number)
                yield request.file, await self._ask(request)
                self._progress(kind.element, number, len(keys))

    async def _list(self, kind: Kind) -> AsyncIterator[tuple[str, bytes]]:
        skip, size = 0, PAGE
        while skip < MOST_OBJECTS:
            request = page(kind, skip, size)
            content = await self._ask(request)
            try:
                found = listed(kind, content, request.file)
            except InvalidInput:
                # A CUCM that finds the answer too large says so with a fault: ask for less.
                if size <= SMALLEST_PAGE:
                    raise
                size = max(SMALLEST_PAGE, size // 4)
                continue
            yield request.file, content
            if len(found) < size:
                return
            skip += size

    async def _ask(self, request: AxlRequest) -> bytes:
        pause = self._first_pause
        for attempt in range(TRIES):
            await self._turn()
            status, content = await self._post(request)
            if status != 503:
                break
            if attempt < TRIES - 1:
                await asyncio.sleep(pause)
                pause *= 2
        if status in (401, 403):
            raise ConfigurationError(
                f"{self._access.url} does not let {self._access.user} in ({status})",
                fix='check user and password, and give it the role "Standard AXL API Access"',
            )
        # A fault comes with 500, and is read like any other answer.
        if status not in (200, 500):
            raise AxlUnavailable(
                f"{self._access.url} answers {request.operation} with {status}",
                fix="look whether the AXL web service is activated (599: another AXL version; see --axl-version)",
            )
        return content

    async def _post(self, request: AxlRequest) -> tuple[int, bytes]:
        if self._session is None:
            raise RuntimeError("use the client as a context")
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": request.action(self._access.version),
        }
        try:
            async with self._session.post(
                self._access.url,
                data=request.envelope(self._access.version),
                headers=headers,
                # The password goes to the machine that was named, and to no other.
                allow_redirects=False,
            ) as response:
                parts = bytearray()
                async for part in response.content.iter_chunked(65536):
                    parts += part
                    if len(parts) > MAX_ANSWER:
                        raise AxlUnavailable(
                            f"the answer to {request.operation} is too large", fix="ask a smaller CUCM"
                        )
                return response.status, bytes(parts)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            certificate = isinstance(error, aiohttp.ClientConnectorCertificateError)
            raise AxlUnavailable(
                f"{self._access.url} cannot be asked",
                why=str(error)[:300] or type(error).__name__,
                fix="name its certificate with --ca FILE (or, on a network of your own, --insecure)"
                if certificate
                else "check the address, port 8443, and that the Cisco AXL Web Service runs",
            ) from None

    async def _turn(self) -> None:
        now = time.monotonic()
        if now < self._next_at:
            await asyncio.sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + 1 / self._access.per_second


class AxlUnavailable(SepbridgeError):
    """The CUCM cannot be asked."""


def _context(access: AxlAccess) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(access.authority) if access.authority else None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"{access.authority} is no certificate that can be used", why=str(error), fix="name a PEM file"
        ) from None
    if not access.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context

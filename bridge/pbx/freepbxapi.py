"""FreePBX's GraphQL API over HTTP: client credentials, a token that is renewed, one operation for each request.

There is no refresh token: when the access token ends, the credentials get a new one (FreePBX reference, section 4.1).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bridge.errors import ConfigurationError, PbxUnavailable
from bridge.pbx.freepbxanswers import MODULE_FIX, TokenRefused, read_answer, read_token

TOKEN_PATH = "/admin/api/api/token"  # noqa: S105  a path
GRAPHQL_PATH = "/admin/api/api/gql"
LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes. A list of 10,000 extensions has about 3 MB."""
_SPARE = 60.0
"""Seconds before its end at which a token is replaced."""


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Where the API is, and who we are. Times in seconds."""

    url: str
    """Of FreePBX's web pages, without a path: ``https://pbx.example.com``."""
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = "gql:core gql:framework"
    verify: bool = True
    """Check the certificate of an ``https`` address."""
    authorities: Path | None = None
    """PEM file of who may have signed it; the system's own when None."""
    timeout: float = 30.0
    """For one answer; creating an extension takes about a quarter of a second."""


class GraphQlApi:
    """One client. ``close`` it at the end."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._base = settings.url.rstrip("/")
        self._tls = _tls(settings)
        self._session: aiohttp.ClientSession | None = None
        self._token = ""
        self._good_until = 0.0
        self._renewing = asyncio.Lock()

    async def ask(
        self, field: str, text: str, variables: Mapping[str, object], *, judged: bool = True
    ) -> Mapping[str, Any]:
        """Send one query or mutation and return the value of ``field``, the one thing that it asks for. ``judged``: it
        has a status of its own.

        On a token that does not count any more a new one is fetched, once; nothing was carried out then. Raises
        PbxUnavailable (no answer), PbxLoginRefused, ApiRefused.
        """
        token = await self._valid_token()
        try:
            return await self._ask_with(token, field, text, variables, judged)
        except TokenRefused:
            self._forget(token)
        return await self._ask_with(await self._valid_token(), field, text, variables, judged)

    async def mutations(self) -> frozenset[str]:
        """The names of the changes that our account may make, by asking the schema itself. Raises PbxError."""
        text = "query { __schema { mutationType { fields { name } } } }"
        answer = await self.ask("__schema", text, {}, judged=False)
        kind = answer.get("mutationType")
        fields = kind.get("fields") if isinstance(kind, dict) else None
        return frozenset(str(each["name"]) for each in fields or () if isinstance(each, dict) and "name" in each)

    async def close(self) -> None:
        """End all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask_with(
        self, token: str, field: str, text: str, variables: Mapping[str, object], judged: bool
    ) -> Mapping[str, Any]:
        status, body = await self._post(
            GRAPHQL_PATH,
            headers={"Authorization": f"Bearer {token}"},
            json={"query": text, "variables": dict(variables)},
        )
        return read_answer(status, body, field, judged=judged)

    async def _valid_token(self) -> str:
        loop = asyncio.get_running_loop()
        async with self._renewing:
            if not self._token or loop.time() >= self._good_until:
                settings = self._settings
                form = {
                    "grant_type": "client_credentials",
                    "client_id": settings.client_id,
                    "client_secret": settings.client_secret,
                    "scope": settings.scope,
                }
                began = loop.time()
                self._token, seconds = read_token(*await self._post(TOKEN_PATH, data=form))
                self._good_until = began + max(seconds - _SPARE, seconds / 2)
            return self._token

    def _forget(self, token: str) -> None:
        if self._token == token:
            self._token = ""

    async def _post(self, path: str, **what: Any) -> tuple[int, bytes]:
        """Post and return status and body. Raises PbxUnavailable."""
        place = f"{self._base}{path}"
        try:
            # A redirect is not followed: the secret would go along.
            async with self._open().post(place, ssl=self._tls, allow_redirects=False, **what) as response:
                body = await response.content.read(LARGEST_ANSWER + 1)
                while len(body) <= LARGEST_ANSWER and (more := await response.content.read(LARGEST_ANSWER)):
                    body += more
                if len(body) > LARGEST_ANSWER:
                    raise PbxUnavailable(f"the answer of {place} is too long", why=f"over {LARGEST_ANSWER} bytes")
                return response.status, body
        except aiohttp.ClientConnectorCertificateError as error:
            raise PbxUnavailable(
                f"the certificate of {self._base} does not count",
                why=str(error.certificate_error),
                fix="name who signed it in freepbx.authorities, or set freepbx.verify = false on a network of your own",
            ) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PbxUnavailable(
                f"FreePBX does not answer at {self._base}",
                why=str(error) or f"nothing came within {self._settings.timeout:g} s",
                fix=f"see that its web server runs; {MODULE_FIX}",
            ) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Without a jar for cookies: every answer sets a session that nobody needs.
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=4),
            )
        return self._session


def _tls(settings: ApiSettings) -> ssl.SSLContext | bool:
    """How certificates are checked. Raises ConfigurationError."""
    if not settings.verify:
        return False
    if settings.authorities is None:
        return True
    try:
        return ssl.create_default_context(cafile=settings.authorities)
    except OSError as error:
        raise ConfigurationError(
            f"{settings.authorities} cannot be used to check FreePBX's certificate",
            why=error.strerror or str(error),
            fix="freepbx.authorities takes a PEM file with certificates",
        ) from error

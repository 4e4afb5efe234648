"""A simulated FreePBX on loopback: its GraphQL API with the shapes of 16 or 17, in front of a real Asterisk.

Written from the recorded answers and the FreePBX reference (sections 4 and 5), traps included. What was recorded is
FreePBX 16; the shape of 17's errors was read in its source, never seen. ``press_apply`` and the other methods are what
an admin does in the pages.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from aiohttp import web

from bridge.lab.freepbxschema import SCOPES, schema_for
from bridge.lab.freepbxsite import FreePbxSite, SiteExtension, remade
from bridge.lab.graphql import GraphQlError, Operation, Selected, check, picked, read_operation

_CACHE = {"Cache-Control": "no-store, no-cache, must-revalidate"}


class _No(Exception):
    """The payload's status is false."""


@dataclass
class FreePbxManners:
    """How this one behaves; may be changed while it runs. Times in seconds."""

    version: int = 16
    latency: float = 0.0
    """Of each answer."""
    token_lives: int = 3600
    reload_takes: float = 0.3
    reload_fails: bool = False
    is_down: bool = False
    """Its web server answers with HTTP 502 and no JSON."""


@dataclass
class _Transaction:
    message: str = "Processing"
    details: str = ""


@dataclass
class _Token:
    scopes: frozenset[str]
    ends: float = field(default=0.0)


class SimulatedFreePbx:
    """The server. ``asterisk_cli`` runs one command of the Asterisk behind it."""

    def __init__(
        self,
        site: FreePbxSite,
        asterisk_cli: Callable[[str], Awaitable[str]],
        *,
        manners: FreePbxManners | None = None,
        granted: str = "gql:core gql:framework gql",
    ) -> None:
        self.site = site
        self.manners = manners or FreePbxManners()
        self.client_id, self.client_secret = secrets.token_hex(32), secrets.token_hex(16)
        self.requests: list[tuple[str, dict[str, Any]]] = []
        """Every field that was asked for, with its arguments."""
        self._cli = asterisk_cli
        self._granted = frozenset(granted.split())
        self._tokens: dict[str, _Token] = {}
        self._transactions: dict[str, _Transaction] = {}
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/admin/api/api/token", self._token)
        app.router.add_post("/admin/api/api/gql", self._graphql)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    # --- what an admin does in the pages

    async def page_add(self, extension: SiteExtension) -> None:
        """Submit a new extension, or a changed one. Asterisk's files follow with ``press_apply``."""
        self.site.add(extension)
        await self._write_astdb(extension.number)

    async def page_rename(self, number: str, name: str) -> None:
        """Change the display name."""
        await self.page_add(replace(self.site.extensions[number], name=name))

    async def page_delete(self, number: str) -> None:
        """Delete an extension."""
        self.site.remove(number)
        for family in ("AMPUSER", "DEVICE"):
            await self._cli(f"database deltree {family} {number}")

    async def press_apply(self) -> None:
        """Apply Config."""
        async with self._reloading:
            self.site.generate()
            await self._cli("core reload")

    def expire_tokens(self) -> None:
        """No token counts any more."""
        self._tokens.clear()

    # --- the API

    async def _token(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.manners.latency)
        form = await request.post()
        if self.manners.is_down:
            return web.Response(status=502, text="<html>Bad Gateway</html>")
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            body = {"error": "invalid_client", "message": "Client authentication failed"}
            return _answer(401, body, **_CACHE, **{"WWW-Authenticate": 'Basic realm="OAuth"'})
        wanted = frozenset(str(form.get("scope") or " ".join(self._granted)).split())
        for scope in sorted(wanted - SCOPES):
            message = "The requested scope is invalid, unknown, or malformed"
            body = {"error": "invalid_scope", "message": message, "hint": f"Check the `{scope}` scope"}
            return _answer(400, body, **_CACHE)
        token = f"e30.{secrets.token_urlsafe(300)}.{secrets.token_urlsafe(256)}"
        ends = asyncio.get_running_loop().time() + self.manners.token_lives
        scopes = self._granted if wanted == {"gql"} else wanted & self._granted
        self._tokens[token] = _Token(scopes, ends)
        body2 = {"token_type": "Bearer", "expires_in": self.manners.token_lives, "access_token": token}
        return _answer(200, body2, charset="; charset=UTF-8", **{"Cache-Control": "no-store"})

    async def _graphql(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.manners.latency)
        if self.manners.is_down:
            return web.Response(status=502, text="<html>Bad Gateway</html>")
        given = request.headers.get("Authorization", "")
        token = self._tokens.get(given.removeprefix("Bearer "))
        if token is None or asyncio.get_running_loop().time() > token.ends:
            hint = "Error while decoding to JSON" if given else 'Missing "Authorization" header'
            message = "The resource owner or authorization server denied the request."
            return _answer(401, {"error": "access_denied", "message": message, "hint": hint}, **_CACHE)
        document = await request.json()
        try:
            operation = read_operation(document.get("query", ""), document.get("variables") or {})
            schema = schema_for(token.scopes)
            if operation.is_mutation and not schema.types["Mutation"]:
                raise GraphQlError("Schema is not configured for mutations.")
            check(operation, schema)
        except GraphQlError as error:
            return self._error(str(error))
        if operation.fields[0].name == "__schema":
            names = [{"name": name} for name in schema.types["Mutation"]]
            value = {"mutationType": {"fields": names} if names else None}
            return _answer(200, {"data": {"__schema": picked(value, operation.fields[0].selection)}}, **_CACHE)
        return await self._carry_out(operation)

    async def _carry_out(self, operation: Operation) -> web.Response:
        data: dict[str, Any] = {}
        for index, asked in enumerate(operation.fields):
            self.requests.append((asked.name, dict(asked.arguments)))
            try:
                value = await self._value(asked)
            except _No as error:
                if index == 0:  # only the first one's status is looked at
                    return _answer(
                        400,
                        {"errors": [{"message": str(error), "status": False}]},
                        charset=";charset=utf-8",
                        **_CACHE,
                    )
                value = {"status": False, "message": str(error)}
            data[asked.name] = picked(value, asked.selection)
        return _answer(200, {"data": data}, **_CACHE)

    def _error(self, message: str) -> web.Response:
        if self.manners.version >= 17:
            body: dict[str, Any] = {"errors": [{"message": message, "locations": [{"line": 1, "column": 1}]}]}
            return _answer(200, body, **_CACHE)
        return _answer(400, {"errors": [{"message": message, "status": False}]}, charset=";charset=utf-8", **_CACHE)

    async def _value(self, asked: Selected) -> dict[str, Any]:
        given = asked.arguments
        match asked.name:
            case "fetchExtension":
                number = str(given.get("extensionId"))
                if number not in self.site.extensions:
                    raise _No("Extension does not exists")
                return {**self._shown(number), "status": True, "message": "Extension found successfully"}
            case "fetchAllExtensions":
                return self._all(given.get("first"))
            case "addExtension":
                return await self._add(given["input"])
            case "updateExtension":
                return await self._update(given["input"])
            case "deleteExtension":
                return await self._delete(given["input"])
            case "doreload":
                return self._doreload(given["input"])
            case "fetchApiStatus":
                transaction = self._transactions.get(str(given["txnId"]))
                if transaction is None:
                    raise _No("Transaction does not exists")
                return {"status": True, "message": transaction.message, "details": transaction.details}
            case _:
                needed = self.site.needs_reload
                return {"status": True, "message": f"Doreload is {'' if needed else 'not '}required"}

    # --- extensions

    def _shown(self, number: str) -> dict[str, Any]:
        each = self.site.extensions[number]
        return {
            "id": base64.b64encode(f"extension:{number}".encode()).decode(),
            "extensionId": number,
            "tech": "pjsip",
            "user": {
                "id": base64.b64encode(f"coreuser:{number}".encode()).decode(),
                "extension": number,
                "name": each.name,
                "extPassword": each.secret,
                "outboundCid": each.outbound_cid,
                "voicemail": each.voicemail,
                "ringtimer": 0,
                "noanswer": "",
                "recording": "",
                "password": "",
                "sipname": "",
            },
            "coreDevice": {
                "id": base64.b64encode(f"extension:{number}".encode()).decode(),
                "deviceId": number,
                "tech": "pjsip",
                "dial": f"PJSIP/{number}",
                "devicetype": "fixed",
                "description": each.name,
                "emergencyCid": each.emergency_cid,
            },
        }

    def _all(self, first: object) -> dict[str, Any]:
        numbers = sorted(self.site.extensions)
        chosen = numbers[:first] if isinstance(first, int) else numbers
        return {
            "status": True,
            "message": "Extension's found successfully",
            "totalCount": len(numbers),
            "count": len(chosen),
            "extension": [self._shown(number) for number in chosen],
        }

    async def _add(self, given: Mapping[str, Any]) -> dict[str, Any]:
        number = str(given["extensionId"])
        if number in self.site.extensions:
            raise _No("This device id is already in use")
        if not number.isdigit():
            raise _No("Please enter only numeric values")
        if given.get("umEnable", True) and not given.get("umPassword"):
            raise _No("User management is enabled please provide password")
        new = SiteExtension(number, str(given["name"])[:50], self.site.new_secret())
        self.site.add(replace(new, **_settings(given)))
        await self._write_astdb(number)
        return _done("Extension has been created Successfully", given)

    async def _update(self, given: Mapping[str, Any]) -> dict[str, Any]:
        number = str(given["extensionId"])
        before = self.site.extensions.get(number)
        if before is None:
            raise _No("Extension does not exists")
        if not given.get("email"):
            return {"status": None, "message": None, "clientMutationId": None}
        changed = remade(
            before,
            name=str(given.get("name") or before.name)[:50],
            secret=str(given.get("extPassword") or self.site.new_secret()),
            **_settings(given),
        )
        self.site.add(changed)
        await self._write_astdb(number)
        return _done("Extension has been updated", given)

    async def _delete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        number = str(given["extensionId"])
        if number not in self.site.extensions:
            raise _No("Extension does not exists.")
        await self.page_delete(number)
        return _done("Extension has been deleted", given)

    async def _write_astdb(self, number: str) -> None:
        for key, value in self.site.astdb(number).items():
            shown = value.replace('"', "")
            await self._cli(f'database put {key} "{shown}"')

    # --- reloading

    def _doreload(self, given: Mapping[str, Any]) -> dict[str, Any]:
        number = str(len(self._transactions) + 1)
        self._transactions[number] = transaction = _Transaction()
        task = asyncio.create_task(self._reload(transaction))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        message = (
            "Doreload/apply config has been initiated. Please check the status using fetchApiStatus api with the "
            "returned transaction id"
        )
        return {**_done(message, given), "transaction_id": number}

    async def _reload(self, transaction: _Transaction) -> None:
        await asyncio.sleep(self.manners.reload_takes)
        if self.manners.reload_fails:
            transaction.message, transaction.details = "Failed", "Unable to continue. Something is wrong"
            return
        await self.press_apply()
        transaction.message, transaction.details = "Executed", "Successfully reloaded"


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    contacts = str(given.get("maxContacts") or "1")
    with_box = given.get("vmEnable", True) and given.get("vmPassword")
    return {
        "email": str(given.get("email") or ""),
        "max_contacts": int(contacts) if contacts.isdigit() else 1,
        "outbound_cid": str(given.get("outboundCid") or ""),
        "emergency_cid": str(given.get("emergencyCid") or ""),
        "voicemail": "default" if with_box else "novm",
    }


def _done(message: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": True, "message": message, "clientMutationId": given.get("clientMutationId")}


def _answer(status: int, body: object, *, charset: str = "", **headers: str) -> web.Response:
    # As PHP writes JSON: compact, and with slashes escaped.
    text = json.dumps(body, separators=(",", ":")).replace("/", "\\/")
    return web.Response(
        status=status, body=text.encode(), headers={"Content-Type": f"application/json{charset}", **headers}
    )

"""Operations of the REST API: a function with typed parameters is the route, its checks and its documentation.

A handler takes an ``Ask``, then the parameters of its path by name, then ``query`` and ``body`` if it has them, each a
dataclass; what it returns becomes JSON. Its docstring is the documentation: the first line is the summary.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import re
import typing
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from aiohttp import web

from bridge.app.accounts import Accounts
from bridge.app.desks import Desks
from bridge.app.service import Service
from bridge.core import DeviceName, Role
from bridge.web.access import actor, for_admin, for_everybody, for_viewer, with_one_time_password
from bridge.web.api.reading import MalformedRequest, parse_json, read_query, read_record
from bridge.web.api.schema import Schema, Schemas, as_answer
from bridge.web.site import ACCOUNTS, SERVICE, desks

PREFIX = "/api/v1"
LARGEST_BODY = 12 << 20
"""Octets of a body: the largest is a directory or a site in one text."""
P = ParamSpec("P")
T = TypeVar("T")
Body = TypeVar("Body", bound=Callable[..., Awaitable[Any]])


class WrongContentType(MalformedRequest):
    """The body is of a kind that is not taken here."""

    status = 415


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, with what handlers need."""

    request: web.Request

    @property
    def service(self) -> Service:
        """The running node."""
        return self.request.app[SERVICE]

    @property
    def accounts(self) -> Accounts:
        """Users and tokens."""
        return self.request.app[ACCOUNTS]

    @property
    def desks(self) -> Desks:
        """The use cases, for whoever asks. They block: see ``run``."""
        return desks(self.request)

    @property
    def actor(self) -> str:
        """Who asks, for the audit trail."""
        return actor(self.request)

    async def run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Do what blocks in a thread."""
        return await asyncio.to_thread(work, *arguments, **named)

    async def phone(self, text: str) -> DeviceName:
        """The phone that a name, MAC or number means. Raises NotFound."""
        return await asyncio.to_thread(self.desks.phones.find, text)

    async def changed(self) -> None:
        """Let the running node take up what was changed in the database. Raises StoreError."""
        await self.service.refresh()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    """Below the prefix, with ``{names}``."""
    handler: Callable[..., Awaitable[Any]]
    tag: str
    role: Role | None
    status: int
    early: bool
    query: type[Any] | None
    body: type[Any] | None
    body_schema: Callable[[Schemas], Schema] | None
    answer: Any
    answer_schema: Callable[[Schemas], Schema] | None
    parameters: tuple[tuple[str, type[Any]], ...]
    name: str
    summary: str
    description: str
    media: str = "application/json"
    """Of the answer."""
    upload: str = ""
    """The media type of a body that the handler reads by itself."""

    def route(self, besides: Sequence[str] = ()) -> web.RouteDef:
        """For aiohttp. ``besides``: words that are addresses of their own where the last parameter stands."""
        path = PREFIX + self.path
        for name, kind in self.parameters:
            pattern = "[0-9]{1,9}" if kind is int else "[^/]+"
            if besides and path.endswith(f"{{{name}}}"):
                pattern = f"(?!(?:{'|'.join(besides)})$){pattern}"
            path = path.replace(f"{{{name}}}", f"{{{name}:{pattern}}}")
        mark = {None: for_everybody, Role.VIEWER: for_viewer, Role.ADMIN: for_admin}[self.role]
        handler = mark(functools.partial(_answer, self))
        return web.route(self.method, path, with_one_time_password(handler) if self.early else handler)


class Operations:
    """Collects the operations of one resource."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.all: list[Operation] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        role: Role | str | None = "",
        status: int = 200,
        early: bool = False,
        name: str = "",
        summary: str = "",
        body: Callable[[Schemas], Schema] | None = None,
        answer: Callable[[Schemas], Schema] | None = None,
        media: str = "application/json",
        upload: str = "",
    ) -> Callable[[Body], Body]:
        """Make an operation of a function. Looking is for everybody who is logged in, changing for admins.

        ``body`` and ``answer`` make schemas that no dataclass can.
        """

        def register(handler: Body) -> Body:
            hints = typing.get_type_hints(handler, include_extras=True)
            names = [each for each in inspect.signature(handler).parameters if each not in ("ask", "query", "body")]
            head, _, rest = inspect.cleandoc(handler.__doc__ or "").partition("\n\n")
            default = Role.VIEWER if method == "GET" else Role.ADMIN
            body_type = hints.get("body")
            self.all.append(
                Operation(
                    method=method,
                    path=path,
                    handler=handler,
                    tag=self.tag,
                    role=default if role == "" else typing.cast("Role | None", role),
                    status=status,
                    early=early,
                    query=hints.get("query"),
                    body=body_type if body is None else None,
                    body_schema=body,
                    answer=hints.get("return"),
                    answer_schema=answer,
                    parameters=tuple((each, hints[each]) for each in names),
                    name=name or handler.__name__,
                    summary=summary or " ".join(head.split()).rstrip("."),
                    description=" ".join(rest.split()),
                    media=media,
                    upload=upload,
                )
            )
            return handler

        return register


async def _answer(operation: Operation, request: web.Request) -> web.StreamResponse:
    arguments: dict[str, Any] = {}
    for name, kind in operation.parameters:
        arguments[name] = kind(request.match_info[name])
    query = {key: request.query.getall(key) for key in request.query}
    if operation.query is not None:
        arguments["query"] = read_query(operation.query, query)
    elif query:
        raise MalformedRequest("this address takes no query", fix="leave away what follows the question mark")
    if operation.body is not None or operation.body_schema is not None:
        found = parse_json(await _body(request))
        arguments["body"] = found if operation.body is None else read_record(operation.body, found)
        if not isinstance(found, dict):
            raise MalformedRequest("the body must be an object", fix="see /api/v1/openapi.json")
    answer = await operation.handler(Ask(request), **arguments)
    if isinstance(answer, web.StreamResponse):
        return answer
    return json_answer(answer, operation.status)


def json_answer(value: object, status: int = 200) -> web.Response:
    """An answer of ours."""
    return web.json_response(
        as_answer(value), status=status, dumps=lambda data: json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    )


async def _body(request: web.Request) -> bytes:
    if request.content_type != "application/json":
        raise WrongContentType(
            f"a body of the type {request.content_type[:60]} is not taken", fix="send Content-Type: application/json"
        )
    pieces: list[bytes] = []
    size = 0
    async for piece in request.content.iter_any():
        size += len(piece)
        if size > LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(max_size=LARGEST_BODY, actual_size=size)
        pieces.append(piece)
    return b"".join(pieces)


def routes(operations: Sequence[Operation]) -> list[web.RouteDef]:
    """For aiohttp. ``/phones/refused`` is no phone, whatever the method."""
    words: dict[str, list[str]] = {}
    for path in dict.fromkeys(each.path for each in operations):
        place, _, last = path.rpartition("/")
        if "{" not in last:
            words.setdefault(place, []).append(re.escape(last))
    return [each.route(words.get(each.path.rpartition("/")[0], ())) for each in operations]

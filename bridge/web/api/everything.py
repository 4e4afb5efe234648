"""All operations together, and their description."""

from __future__ import annotations

import functools
from typing import Any

from aiohttp import web

from bridge.web.api.autoregistration import autoregistration
from bridge.web.api.claims import claims
from bridge.web.api.directory import directory
from bridge.web.api.events import events
from bridge.web.api.findings import findings
from bridge.web.api.firmware import firmware
from bridge.web.api.media import media
from bridge.web.api.network import network
from bridge.web.api.openapi import openapi
from bridge.web.api.operations import Ask, Operation, Operations, routes
from bridge.web.api.phonelines import lines
from bridge.web.api.phones import phones
from bridge.web.api.records import records
from bridge.web.api.session import session
from bridge.web.api.site import site
from bridge.web.api.temporary import temporary
from bridge.web.api.upkeep import upkeep
from bridge.web.api.users import users

about = Operations("About")


@about.add("GET", "/openapi.json", answer=lambda _: {"type": "object"})
async def show_description(ask: Ask) -> dict[str, Any]:
    """The description of this API: OpenAPI 3.1"""
    del ask
    return description()


RESOURCES = (
    about,
    session,
    phones,
    lines,
    findings,
    temporary,
    autoregistration,
    claims,
    site,
    directory,
    firmware,
    media,
    network,
    records,
    events,
    upkeep,
    users,
)


def operations() -> tuple[Operation, ...]:
    """Every operation, resource by resource."""
    return tuple(each for resource in RESOURCES for each in resource.all)


@functools.cache
def description() -> dict[str, Any]:
    """The OpenAPI document."""
    return openapi(operations())


def api_routes() -> list[web.RouteDef]:
    """For the application."""
    return routes(operations())

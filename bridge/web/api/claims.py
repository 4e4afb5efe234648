"""Claims: extensions that users take over from autoregistered phones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from bridge.app.claims.claimdesk import LARGEST_FILE, ClaimWish, Imported
from bridge.core import Claim, DeviceName
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.phones import Removed
from bridge.web.api.schema import Text

claims = Operations("Claims")


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """An extension that waits for its phone, or has found it."""

    number: str
    asks_pin: bool
    created_at: datetime
    partition: str
    device: DeviceName | None
    """A prepared device that the phone takes the place of."""
    pool: str
    display_name: str
    description: str
    css: str
    button_template: str
    softkey_template: str
    device_template: str
    claimed_at: datetime | None
    claimed_by: DeviceName | None


@dataclass(frozen=True, slots=True)
class Claims:
    """All claims, and numbers that nobody may claim."""

    claims: tuple[ShownClaim, ...]
    protected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewClaim:
    """What an admin wants for an extension."""

    number: Annotated[str, Text(50, 1)]
    pin: Annotated[str, Text(12)] = field(default="", repr=False)
    """Empty: none is asked for."""
    name: Annotated[str, Text(50)] = ""
    description: Annotated[str, Text(50)] = ""
    pool: Annotated[str, Text(50)] = ""
    css: Annotated[str, Text(50)] = ""
    button_template: Annotated[str, Text(50)] = ""
    softkey_template: Annotated[str, Text(50)] = ""
    device_template: Annotated[str, Text(50)] = ""
    """The universal device template that the phone is made from."""
    device: Annotated[str, Text(50)] = ""
    """A device that exists, whose place the phone takes."""
    planned_model: Annotated[str, Text(50)] = ""
    """Prepare a device for this model; ``any`` for whatever model."""


@dataclass(frozen=True, slots=True)
class ClaimFile:
    """A CSV file: number, and any of pin, name, description, pool, css, button_template, softkey_template, device,
    planned_model, device_template."""

    csv: Annotated[str, Text(LARGEST_FILE, 1)]


@dataclass(frozen=True, slots=True)
class Protected:
    """A number, or digits and X, that nobody may claim."""

    pattern: str
    protected: bool


@dataclass(frozen=True, slots=True)
class Unlock:
    """An extension, or a phone by its name or number."""

    subject: Annotated[str, Text(50, 1)]


@claims.add("GET", "/claims")
async def list_claims(ask: Ask) -> Claims:
    """List the claims, and the protected numbers"""
    held = await ask.run(ask.desks.claims.list)
    return Claims(tuple(_shown(each) for each in held.claims), tuple(held.protected))


@claims.add("POST", "/claims", status=201)
async def add_claim(ask: Ask, body: NewClaim) -> ShownClaim:
    """Let an extension be claimed"""
    wish = ClaimWish(
        body.number,
        body.pin,
        body.name,
        body.description,
        body.pool,
        body.css,
        body.button_template,
        body.softkey_template,
        body.device,
        body.planned_model,
        body.device_template,
    )
    claim = await ask.run(ask.desks.claims.add, wish)
    await ask.changed()
    return _shown(claim)


@claims.add("POST", "/claims/import")
async def import_claims(ask: Ask, body: ClaimFile) -> Imported:
    """Add the claims of a CSV file

    A bad row is reported with its line, the others are done.
    """
    done = await ask.run(ask.desks.claims.bring_in, body.csv)
    await ask.changed()
    return done


@claims.add("DELETE", "/claims/{number}")
async def remove_claim(ask: Ask, number: str) -> Removed:
    """Let an extension be claimed no more"""
    await ask.run(ask.desks.claims.remove, number)
    await ask.changed()
    return Removed(number)


@claims.add("PUT", "/claims/protected/{pattern}")
async def protect_number(ask: Ask, pattern: str) -> Protected:
    """Never let a number be claimed; X stands for any digit"""
    await ask.run(ask.desks.claims.protect, pattern)
    return Protected(pattern, True)


@claims.add("DELETE", "/claims/protected/{pattern}")
async def unprotect_number(ask: Ask, pattern: str) -> Protected:
    """Let it be claimed again"""
    await ask.run(ask.desks.claims.unprotect, pattern)
    return Protected(pattern, False)


@claims.add("POST", "/claims/unlock")
async def unlock_claims(ask: Ask, body: Unlock) -> Unlock:
    """Forget wrong attempts for an extension, or from a phone"""
    await ask.run(ask.desks.claims.unlock, body.subject)
    return body


def _shown(claim: Claim) -> ShownClaim:
    return ShownClaim(
        claim.number,
        bool(claim.pin),
        claim.created_at,
        claim.partition,
        claim.device,
        claim.pool,
        claim.display_name,
        claim.description,
        claim.css,
        claim.button_template,
        claim.softkey_template,
        claim.device_template,
        claim.claimed_at,
        claim.claimed_by,
    )

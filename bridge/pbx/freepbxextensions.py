"""Extensions of FreePBX by its API: every change is one mutation, judged by its answer and then looked at.

What must not be done is not offered: ``updateExtension`` deletes and re-creates an extension, and gives it a new secret
unless it is told one (FreePBX reference, section 5, gotcha 1). So the only form of it here takes a secret.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import InvalidInput, PbxRefused, PbxUnavailable
from bridge.pbx.freepbxanswers import ApiRefused
from bridge.pbx.freepbxapi import GraphQlApi

LONGEST_NAME = 50
"""Characters of ``users.name`` and ``devices.description``."""
_NUMBER = re.compile(r"[0-9]{1,20}")
_SECRET = re.compile(r"[A-Za-z0-9]{6,30}")
_MORE = ("ringtimer", "noanswer", "recording", "password", "sipname")
"""Settings of a user that are 0 or empty as we make one."""
_FIELDS = (
    f"extensionId tech user {{ name extPassword outboundCid voicemail {' '.join(_MORE)} }} "
    "coreDevice { deviceId description emergencyCid }"
)
_FETCH = f"query F($n: ID) {{ fetchExtension(extensionId: $n) {{ status message {_FIELDS} }} }}"
_ALL = f"query {{ fetchAllExtensions {{ status message totalCount count extension {{ {_FIELDS} }} }} }}"
_ADD = "mutation A($i: addExtensionInput!) { addExtension(input: $i) { status message } }"
_UPDATE = "mutation U($i: updateExtensionInput!) { updateExtension(input: $i) { status message } }"
_DELETE = "mutation D($i: deleteExtensionInput!) { deleteExtension(input: $i) { status message } }"
_RELOAD = "mutation R($i: doreloadInput!) { doreload(input: $i) { status message transaction_id } }"
_PROGRESS = "query P($t: ID!) { fetchApiStatus(txnId: $t) { status message details } }"
_NEED = "query { fetchNeedReload { status message } }"
_PROCESSING = "processing"
_EXECUTED = "executed"


@dataclass(frozen=True, slots=True)
class FreePbxExtension:
    """One extension, as the API tells of it."""

    number: str
    name: str
    secret: str = field(repr=False)
    tech: str = "pjsip"
    description: str = ""
    outbound_cid: str = ""
    emergency_cid: str = ""
    voicemail: str = "novm"
    more: tuple[str, ...] = ()
    """Names of other settings that somebody gave it."""

    @property
    def is_plain(self) -> bool:
        """Nothing is set for it, as far as the API shows: it may be made anew without loss."""
        return (
            self.tech == "pjsip"
            and self.voicemail in ("", "novm")
            and not (self.outbound_cid or self.emergency_cid or self.more)
            and self.description in ("", self.name)
        )


class FreePbxExtensions:
    """The calls. ``email`` is given to extensions that we make: an empty one keeps FreePBX from changing them later
    (gotcha 5); it gets no mail, since they have neither a mailbox nor a user. Times in seconds.
    """

    def __init__(self, api: GraphQlApi, *, email: str, poll_every: float = 0.5, reload_patience: float = 180.0) -> None:
        self._api = api
        self._email = email
        self._poll_every = poll_every
        self._patience = reload_patience

    async def all(self) -> dict[str, FreePbxExtension]:
        """Every extension, by its number. Raises PbxError."""
        answer = await self._api.ask("fetchAllExtensions", _ALL, {})
        rows = answer.get("extension")
        if not isinstance(rows, list):
            raise PbxUnavailable("FreePBX's list of extensions cannot be read")
        found = {each.number: each for row in rows if (each := _extension(row)) is not None}
        count = answer.get("totalCount")
        if isinstance(count, int) and count > len(rows):
            # An extension that is missing here would count as deleted.
            raise PbxUnavailable("FreePBX's list of extensions is not whole", why=f"{len(rows)} of {count} are there")
        return found

    async def fetch(self, number: str) -> FreePbxExtension | None:
        """One extension; None where there is none. Raises PbxError."""
        try:
            answer = await self._api.ask("fetchExtension", _FETCH, {"n": _number(number)})
        except ApiRefused as error:
            if error.is_absent:
                return None
            raise
        found = _extension(answer)
        if found is None or found.number != number:
            raise PbxUnavailable(f"FreePBX's answer about extension {number} cannot be read")
        return found

    async def create(self, number: str, name: str) -> FreePbxExtension:
        """Make an extension and return it as it turned out, with the secret that FreePBX gave it. Raises PbxError.

        Where FreePBX says that there is one already, Conflict-like, that is an ApiRefused with ``is_taken``.
        """
        await self._api.ask("addExtension", _ADD, {"i": self._input(number, name)})
        made = await self.fetch(number)
        if made is None:
            raise PbxRefused(
                f"FreePBX said that it made extension {number}, and has none",
                fix="see its log (freepbx.log), and try to add one in its pages",
            )
        return made

    async def make_anew(self, before: FreePbxExtension, name: str, secret: str) -> FreePbxExtension:
        """Give an extension a name and a secret. FreePBX deletes and re-creates it: only for one that is plain.

        Every field goes along, the secret too. Raises InvalidInput for one that would lose something, PbxError.
        """
        if not before.is_plain:
            raise InvalidInput(f"extension {before.number} has settings of its own, which would be lost")
        if not _SECRET.fullmatch(secret):
            raise InvalidInput(f"the SIP password for extension {before.number} cannot be used")
        values = {**self._input(before.number, name), "extPassword": secret}
        await self._api.ask("updateExtension", _UPDATE, {"i": values})
        after = await self.fetch(before.number)
        if after is None or after.secret != secret or after.name != values["name"]:
            raise PbxRefused(
                f"FreePBX said that it changed extension {before.number}, and did not",
                why="there is none any more" if after is None else "its name or its password is another one",
                fix="see its log (freepbx.log)",
            )
        return after

    async def delete(self, number: str) -> None:
        """Remove one; harmless where there is none. Raises PbxError."""
        try:
            await self._api.ask("deleteExtension", _DELETE, {"i": {"extensionId": _number(number)}})
        except ApiRefused as error:
            if not error.is_absent:
                raise
        if await self.fetch(number) is not None:
            raise PbxRefused(f"FreePBX said that it deleted extension {number}, and has it still")

    async def has_unapplied(self) -> bool:
        """Whether somebody changed something and has not applied it yet. Raises PbxError."""
        answer = await self._api.ask("fetchNeedReload", _NEED, {})
        return _text(answer.get("message")).strip().lower() == "doreload is required"

    async def reload(self) -> None:
        """Apply what was changed, everybody's changes, and return when that is done. Raises PbxError."""
        answer = await self._api.ask("doreload", _RELOAD, {"i": {"clientMutationId": "sepbridge"}})
        transaction = answer.get("transaction_id")
        if not isinstance(transaction, str | int) or not re.fullmatch(r"[0-9]{1,18}", str(transaction)):
            raise PbxUnavailable("FreePBX started a reload and does not say which")
        try:
            async with asyncio.timeout(self._patience):
                await self._reloaded(str(transaction))
        except TimeoutError:
            raise PbxUnavailable(
                "FreePBX's reload does not come to its end",
                why=f"it runs for more than {self._patience:g} s",
                fix="run `fwconsole reload` there and see what it says",
            ) from None

    async def _reloaded(self, transaction: str) -> None:
        while True:
            await asyncio.sleep(self._poll_every)
            answer = await self._api.ask("fetchApiStatus", _PROGRESS, {"t": transaction})
            message = _text(answer.get("message"))
            if message.lower() == _PROCESSING:
                continue
            if message.lower() != _EXECUTED:
                raise PbxRefused(
                    "FreePBX could not reload",
                    why=f"{message} {_text(answer.get('details'))}".strip()[:300],
                    fix="press Apply Config in its pages, or run `fwconsole reload`, and see what it says",
                )
            return

    def _input(self, number: str, name: str) -> dict[str, object]:
        return {
            "extensionId": _number(number),
            "name": name[:LONGEST_NAME] or number,
            "tech": "pjsip",
            "email": self._email,
            # Left out, a user would be made for it, and a mail be sent (gotcha 3).
            "umEnable": False,
            "vmEnable": False,
            "callerID": number,
            "maxContacts": "1",
        }


def _number(number: str) -> str:
    if not _NUMBER.fullmatch(number):
        raise InvalidInput(f"{number!r} cannot be an extension of FreePBX", fix="use up to twenty digits")
    return number


def _extension(row: object) -> FreePbxExtension | None:
    """One row, or None for half an extension: a device without a user, or the other way round."""
    if not isinstance(row, dict):
        return None
    user, device = _table(row.get("user")), _table(row.get("coreDevice"))
    number, secret = str(row.get("extensionId") or ""), _text(user.get("extPassword"))
    if not _NUMBER.fullmatch(number):
        return None
    return FreePbxExtension(
        number=number,
        name=_text(user.get("name")),
        secret=secret,
        tech=_text(row.get("tech")),
        description=_text(device.get("description")),
        outbound_cid=_text(user.get("outboundCid")),
        emergency_cid=_text(device.get("emergencyCid")),
        voicemail=_text(user.get("voicemail")),
        more=tuple(name for name in _MORE if user.get(name) not in (None, 0, "", "0")),
    )


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

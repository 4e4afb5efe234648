"""The members of ConfBridge rooms, over the manager interface.

Needs the account's rights ``reporting`` (to list) and ``call`` (to mute and remove).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bridge.core.conferences import ConferenceMember
from bridge.errors import InvalidInput, PbxRefused
from bridge.pbx.ami import Ami
from bridge.pbx.amilink import AmiMessage

PREFIX = "sepbridge-"
"""What the names of our rooms begin with at Asterisk (asterisk-conf/sepbridge/services/conference.conf)."""
_ROOM = re.compile(r"[A-Za-z0-9]{1,64}")
_NOBODY = ("no active conferences", "no conference by that name")
_UNKNOWN = {"<unknown>", "<no name>"}


class AsteriskConferences:
    """Implements ``bridge.ports.Conferences``."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami

    async def members(self, room: str) -> Sequence[ConferenceMember]:
        """See the port. Asterisk lists them in the order in which they came."""
        answer = await self._ami.action("ConfbridgeList", [("Conference", _conference(room))])
        if not answer.success and not answer.message.lower().startswith(_NOBODY):
            raise PbxRefused("Asterisk did not list a conference", why=answer.message)
        return tuple(_member(event) for event in answer.named("ConfbridgeList"))

    async def mute(self, room: str, channel: str, *, muted: bool) -> None:
        """See the port."""
        action = "ConfbridgeMute" if muted else "ConfbridgeUnmute"
        await self._ami.demand(action, [("Conference", _conference(room)), ("Channel", channel)])

    async def remove(self, room: str, channel: str) -> None:
        """See the port."""
        await self._ami.demand("ConfbridgeKick", [("Conference", _conference(room)), ("Channel", channel)])


def _conference(room: str) -> str:
    if not _ROOM.fullmatch(room):
        raise InvalidInput(f"{room[:80]!r} is no name of a room")
    return PREFIX + room


def _member(event: AmiMessage) -> ConferenceMember:
    number, name = event.get("CallerIDNum"), event.get("CallerIDName")
    return ConferenceMember(
        channel=event.get("Channel"),
        number="" if number in _UNKNOWN else number,
        name="" if name in _UNKNOWN else name,
        muted=event.get("Muted").lower() == "yes",
        is_starter=event.get("Admin").lower() == "yes",
    )

"""Recording a phone's leg of a call with MixMonitor, over the manager interface.

Actions: CoreShowChannels (right ``reporting``), Getvar (``reporting``), MixMonitor and StopMixMonitor (``call``). The
channel is found by its SIP Call-ID among those of the phone's own endpoint, so nobody else's call can be meant. No
command is ever given to MixMonitor, and names of files hold nothing but letters, digits, ``+`` and ``-``.
"""

from __future__ import annotations

import re

from bridge.errors import InvalidInput, NotFound
from bridge.pbx.ami import Ami
from bridge.pbx.conffile import token

_FILE = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]{0,63}/){0,4}[A-Za-z0-9+_-]{1,120}\.wav")
_CALL_ID = re.compile(r"[!-~]{8,255}")
_MOST = 64
"""Channels of one endpoint that are looked at."""


class AsteriskRecordings:
    """Implements ``bridge.ports.Recordings``."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami

    async def start(self, endpoint: str, call_id: str, file: str, *, beep: int = 0) -> str:
        """See the port."""
        if not _FILE.fullmatch(file) or not _CALL_ID.fullmatch(call_id):
            raise InvalidInput(f"a call cannot be recorded as {file[:80]!r}")
        channel = await self._channel(token(endpoint, what="the name of an endpoint"), call_id)
        fields = [("Channel", channel), ("File", file)]
        if beep:
            fields.append(("Options", f"B({beep})"))
        answer = await self._ami.demand("MixMonitor", fields)
        return f"{channel} {answer.response.get('MixMonitorID')}"

    async def stop(self, recording: str) -> None:
        """See the port."""
        channel, _, number = recording.partition(" ")
        fields = [("Channel", channel), ("MixMonitorID", number)]
        await self._ami.demand("StopMixMonitor", fields if number else fields[:1])

    async def _channel(self, endpoint: str, call_id: str) -> str:
        shown = await self._ami.demand("CoreShowChannels")
        names = [event.get("Channel") for event in shown.named("CoreShowChannel")]
        for name in [each for each in names if each.startswith(f"PJSIP/{endpoint}-")][:_MOST]:
            asked = [("Channel", name), ("Variable", "CHANNEL(pjsip,call-id)")]
            answer = await self._ami.action("Getvar", asked)
            if answer.success and answer.response.get("Value") == call_id:
                return name
        raise NotFound(f"Asterisk has no such call of {endpoint}", why="it may have ended meanwhile")

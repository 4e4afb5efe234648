"""The restart request for a phone, as fields of Asterisk's action PJSIPNotify (reference: chan_pjsip with Cisco
phones, 3.1 and 3.2)."""

from __future__ import annotations

import re

from bridge.errors import PbxError
from bridge.pbx.conffile import token
from bridge.ports import RestartEvent, RestartKind

_CALL_ID = re.compile(r"[!-~]{1,200}")
_SPLITTER = set(",\"'()[]{}\\")
"""What Asterisk's splitter of variables takes for its own; braces are ours to write around the Call-ID."""
_STAMPS = ("ConfigVersionStamp", "DialplanVersionStamp", "SoftkeyVersionStamp")


def restart_fields(endpoint: str, kind: RestartKind, call_id: str) -> list[tuple[str, str]]:
    """The fields of a ``service-control`` NOTIFY; zeros say that everything the phone has cached is stale.

    Raises PbxError when the Call-ID of the phone's REGISTER cannot be passed through Asterisk.
    """
    if not _CALL_ID.fullmatch(call_id) or _SPLITTER & set(call_id):
        raise PbxError(
            f"{endpoint} cannot be restarted by Asterisk",
            why="the Call-ID of its registration holds characters that Asterisk would change"
            if call_id
            else "Asterisk does not tell the Call-ID of its registration",
            fix="restart the phone from its own menu, or by its power supply",
        )
    lines = [f"action={kind.value}", f"RegisterCallId={{{call_id}}}"]
    lines += [f"{stamp}={{0000000000000000}}" for stamp in _STAMPS]
    variables = ["Event=service-control", "Content-Type=text/plain", *(f"Content={line}" for line in lines), "Content="]
    return _fields(endpoint, variables)


def event_fields(endpoint: str, event: RestartEvent) -> list[tuple[str, str]]:
    """The fields of a NOTIFY without a body: ``check-sync`` for 7940 and 7960, ``resync`` for MPP and SPA phones."""
    return _fields(endpoint, [f"Event={event.value}"])


def _fields(endpoint: str, variables: list[str]) -> list[tuple[str, str]]:
    name = token(endpoint, what="the name of an endpoint")
    return [("Endpoint", name), *(("Variable", variable) for variable in variables)]

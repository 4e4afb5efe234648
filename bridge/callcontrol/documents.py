"""XML documents on the phone's screen.

Source: SCCP wire reference, section 9: up to version 17 one message of at most 2000 bytes, from version 18 on segments.
"""

from __future__ import annotations

from bridge.errors import LocalProtocolError
from bridge.sccp import UserToDeviceDataV1
from bridge.sccp.session import StationSession
from bridge.sccp.userdata import MAX_DATA, SequenceFlag

SEGMENTS_SINCE = 18
MOST_SEGMENTS = 16


def push(
    session: StationSession, app_id: int, transaction_id: int, document: str, *, line: int = 0, call_ref: int = 0
) -> None:
    """Send ``document`` to the screen; ``ApplicationDataReceived`` with ``app_id`` tells what the user does with it.

    Raises LocalProtocolError for a document that is too long for the phone's version: 2000 bytes before 18, 32000 then.
    """
    data = document.encode()
    parts = [data[at : at + MAX_DATA] for at in range(0, len(data), MAX_DATA)] or [b""]
    most = MOST_SEGMENTS if session.dialect.version >= SEGMENTS_SINCE else 1
    if len(parts) > most:
        raise LocalProtocolError(f"a document of {len(data)} bytes is too long for {session.device}")
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        flag = SequenceFlag.LAST if last else SequenceFlag.MORE if index else SequenceFlag.FIRST
        if session.is_accepted:
            session.send(
                UserToDeviceDataV1(
                    app_id, line, call_ref, transaction_id, flag, app_instance_id=app_id, routing_id=1, data=part
                )
            )

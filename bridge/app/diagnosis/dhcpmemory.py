"""What ``sepbridge dhcp check`` found last, for the diagnosis: a small file in the state directory.

The check needs root and runs by itself; the service may be down meanwhile. So it leaves its outcome in a file.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from bridge.dhcp import DhcpReply
from bridge.errors import SepbridgeError
from bridge.journey import DhcpAnswer
from bridge.pbx.atomic import write_atomically

log = logging.getLogger(__name__)

FILE = "dhcp-check.json"
KEPT = timedelta(days=7)
"""After so long the answer says nothing of today's network."""
_LARGEST = 65_536
_MOST = 64


def answer_of(reply: DhcpReply, problems: tuple[str, ...]) -> DhcpAnswer:
    """What a phone makes of a server's answer. ``problems``: codes of the check."""
    value = reply.options.get(150, b"")
    usable = not len(value) % 4 and "bad_option_150" not in problems
    addresses = [value[at : at + 4] for at in range(0, len(value), 4)] if usable else []
    name = reply.options.get(66, b"").rstrip(b"\0").decode("utf-8", "replace").strip()
    return DhcpAnswer(tuple(str(IPv4Address(each)) for each in addresses[:_MOST]), name[:255], problems)


def remember(state: Path, answer: DhcpAnswer, now: datetime) -> None:
    """Write it down. Without the right to, the diagnosis goes without."""
    data = {
        "at": now.isoformat(),
        "option_150": list(answer.option_150),
        "option_66": answer.option_66,
        "problems": list(answer.problems),
    }
    try:
        write_atomically(state / FILE, json.dumps(data).encode(), mode=0o644)
    except (OSError, SepbridgeError) as error:
        log.warning("the outcome is not kept for the diagnosis: %s", error)


def remembered(state: Path, now: datetime) -> DhcpAnswer | None:
    """What was found; None where nobody has looked of late, or the file cannot be read."""
    try:
        with (state / FILE).open("rb") as file:
            data = json.loads(file.read(_LARGEST))
        if not timedelta() <= now - datetime.fromisoformat(data["at"]) <= KEPT:
            return None
        return DhcpAnswer(_texts(data["option_150"]), str(data["option_66"])[:255], _texts(data["problems"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(str(each)[:255] for each in value[:_MOST])

"""How a transfer goes, as the first line of a response (``message/sipfrag``, RFC 3420 and RFC 3515 section 2.4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridge.sip.message import PHRASES

MEDIA_TYPE = "message/sipfrag;version=2.0"
_STATUS = re.compile(r"\s*SIP/2\.0[ \t]+([1-6][0-9]{2})(?:[ \t]+([^\r\n]{0,200}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StatusFragment:
    """A status line."""

    status: int
    reason: str = ""

    @property
    def body(self) -> bytes:
        """As a body. Line breaks and control characters of the reason do not get into it."""
        reason = self.reason or PHRASES.get(self.status, "Unknown")
        clean = "".join(character if character.isprintable() else " " for character in reason)
        return f"SIP/2.0 {self.status} {clean}\r\n".encode()


def parse_fragment(body: bytes) -> StatusFragment | None:
    """Read a body; None when it begins with no status line. Never raises."""
    match = _STATUS.match(body[:1_024].decode("utf-8", errors="replace"))
    return StatusFragment(int(match[1]), (match[2] or "").strip()) if match else None

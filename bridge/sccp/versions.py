"""Protocol versions: what is negotiated, what the server acknowledges, what stands in frame headers.

Source: SCCP wire reference, section 2 (header version field) and section 3 (version negotiation).
"""

from __future__ import annotations

from enum import IntFlag

from bridge.sccp.codepage import CodePage
from bridge.sccp.messageid import MessageId

OLDEST = 3
NEWEST = 22
IMPLEMENTED = (3, 5, 8, 9, 10, 11, 15, 16, 17, 18, 19, 20, 21, 22)
"""Versions with a handling of their own, ascending."""
_ALWAYS_ZERO = frozenset(
    {
        MessageId.REGISTER_ACK,
        MessageId.KEEP_ALIVE_ACK,
        MessageId.UNREGISTER_ACK,
        MessageId.REGISTER_REJECT,
        MessageId.REGISTER_TOKEN_ACK,
        MessageId.REGISTER_TOKEN_REJECT,
        MessageId.SPCP_REGISTER_TOKEN_ACK,
        MessageId.SPCP_REGISTER_TOKEN_REJECT,
    }
)


class PhoneFeatures(IntFlag):
    """The three feature bytes after the protocol version, read as one little-endian number (feature0 is the lowest)."""

    NONE = 0
    PORT_REQUEST = 1 << 9
    """Unverified: the phone understands PortReq."""
    UTF_8 = 1 << 12
    DYNAMIC_MESSAGES = 1 << 16
    RFC2833 = 1 << 18
    INTERNAL_MEDIA = 1 << 20
    ABBREVIATED_DIAL = 1 << 23

    @classmethod
    def of(cls, feature0: int, feature1: int, feature2: int) -> PhoneFeatures:
        """The features of the three bytes of Register or RegisterAck; unknown bits are kept."""
        return cls(feature0 | feature1 << 8 | feature2 << 16)

    @property
    def code_page(self) -> CodePage:
        """UTF-8 where the phone has it, else ISO 8859-1 (a phone's locale may call for another page)."""
        return CodePage.UTF_8 if self & PhoneFeatures.UTF_8 else CodePage.LATIN_1


def negotiate(offered: int, ceiling: int = NEWEST) -> int:
    """The version to speak: the smaller of the phone's and ours, rounded down to an implemented one, at least 3."""
    limit = min(offered, ceiling)
    return max((version for version in IMPLEMENTED if version <= limit), default=OLDEST)


def acknowledged_features(version: int) -> tuple[int, int, int]:
    """The three feature bytes of RegisterAck for a negotiated version."""
    if version <= OLDEST:
        return (0x00, 0x00, 0x00)
    return (0x20, 0xF1, 0xFE if version <= 10 else 0xFF)


def header_version(message_id: int, version: int) -> int:
    """What the frame header says: 0 below version 10 and around registration, else the negotiated version.

    A phone puts its own version there in every message, registration included.
    """
    known = MessageId.find(message_id)
    if version < 10 or known in _ALWAYS_ZERO:
        return 0
    return version

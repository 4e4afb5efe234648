"""The two signalling protocols a Cisco phone's firmware can speak."""

from __future__ import annotations

from enum import StrEnum


class SignallingProtocol(StrEnum):
    """What a phone's firmware speaks; a phone changes it only by loading other firmware."""

    SCCP = "SCCP"
    SIP = "SIP"

    @property
    def other(self) -> SignallingProtocol:
        """The one it is not."""
        return SignallingProtocol.SIP if self is SignallingProtocol.SCCP else SignallingProtocol.SCCP

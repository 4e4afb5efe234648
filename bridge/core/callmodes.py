"""How the calls of a device are made: settings that the database, the proxy and the admin share."""

from __future__ import annotations

from enum import StrEnum


class EarlyOpen(StrEnum):
    """Whether the receive channel is opened before the INVITE (SCCP flows reference, section 5.2)."""

    AUTO = "auto"
    """As long as the phone acknowledges it."""
    ALWAYS = "always"
    NEVER = "never"
    """The INVITE carries no offer: no early media, and the sound starts one round trip after the answer."""


class DtmfMode(StrEnum):
    """How digits pressed in a call travel (SCCP flows reference, section 5.5)."""

    AUTO = "auto"
    """In the media where the phone can, else by INFO."""
    RFC2833 = "rfc2833"
    INFO = "info"

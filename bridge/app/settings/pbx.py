"""Where Asterisk or FreePBX is, and who may speak with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bridge.app.settings.machine import Address
from bridge.errors import ConfigurationError


class AsteriskBackend(StrEnum):
    """Where a plain Asterisk has the phones' endpoints from. Hints and contexts are files in any case."""

    FILES = "files"
    REALTIME = "realtime"
    """Tables of a database that it reads by ODBC."""


@dataclass(frozen=True, slots=True)
class AmiSettings:
    """``[ami]``: the manager interface of Asterisk."""

    address: Address = Address("127.0.0.1", 5038)
    username: str = "sepbridge"
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AsteriskSettings:
    """``[asterisk]``: our own directory of included files."""

    directory: Path = Path("/etc/asterisk/sepbridge")
    context: str = "sepbridge-phones"
    """Dialplan context in which our phones' calls start."""
    wraps: str = ""
    """A context of somebody else's that has all numbers already, as FreePBX's ``from-internal``: the site's dial plan
    goes before it and ends in it."""
    backend: AsteriskBackend = AsteriskBackend.FILES
    realtime_url: str = field(default="", repr=False)
    """Of the database with Asterisk's tables, as we reach it: PostgreSQL or MariaDB."""
    voicemail_pin: str = field(default="", repr=False)
    """The first password of mailboxes, which the service makes for lines that name one; empty: somebody else does."""
    parking: bool = False
    """Whether ``sepbridge setup asterisk`` gives Asterisk a parking lot: 70 parks, 71 to 78 take back."""

    def __post_init__(self) -> None:
        if self.backend is AsteriskBackend.REALTIME and not self.realtime_url:
            raise ConfigurationError(
                'asterisk.backend = "realtime" needs asterisk.realtime_url',
                fix='write realtime_url = "postgresql://sepbridge:password@127.0.0.1/asterisk"',
            )
        if self.voicemail_pin and not re.fullmatch(r"[0-9]{4,10}", self.voicemail_pin):
            raise ConfigurationError("asterisk.voicemail_pin cannot be typed", fix="write four to ten digits")


@dataclass(frozen=True, slots=True)
class FreePbxSettings:
    """``[freepbx]``: FreePBX 16 or 17, whose extensions our phones are. Without ``url`` Asterisk is a plain one."""

    url: str = ""
    """Of FreePBX's web pages, without a path: ``https://pbx.example.com``. Switches this mode on."""
    client_id: str = ""
    """Of an application for GraphQL (Admin > API > Applications, machine-to-machine)."""
    client_secret: str = field(default="", repr=False)
    client_secret_file: Path | None = None
    """A file that holds it instead, in one line."""
    scope: str = "gql:core gql:framework"
    """The rights that are asked for: no more than extensions and reloads."""
    verify: bool = True
    """Check the certificate of an ``https`` address."""
    authorities: Path | None = None
    """PEM file of who may have signed it; the system's own when empty."""
    longest_secret: int = 12
    """Characters of a SIP password that a phone is given, at most 30. Some 79xx refuse files with more than 12."""
    email: str = "nobody@sepbridge.invalid"
    """What extensions that we make have as their mail address. It gets no mail."""
    look_every: float = 20.0
    """Seconds between two looks for changes made in FreePBX's pages; after each reload it is looked at once."""
    wait: float = 4.0
    """Seconds that a new phone waits for its extension to be made. It is served in any case."""
    reload_patience: float = 180.0
    """Seconds that a reload of FreePBX may take."""

    def __post_init__(self) -> None:
        if not self.url:
            return
        if not re.fullmatch(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?/?", self.url):
            raise ConfigurationError(
                f"freepbx.url = {self.url!r} is no address of FreePBX", fix='write "https://pbx.example.com"'
            )
        if not 6 <= self.longest_secret <= 30:
            raise ConfigurationError("freepbx.longest_secret must be 6 to 30", fix="the default is 12")
        if not self.client_id or bool(self.client_secret) == bool(self.client_secret_file):
            raise ConfigurationError(
                "freepbx.client_id and one of client_secret and client_secret_file are needed",
                fix="`fwconsole api gql genclientcred pbx.example.com` prints both, or see Admin > API > Applications",
            )
        if not re.fullmatch(r"[^@\s]{1,64}@[A-Za-z0-9.-]{1,100}", self.email):
            # FreePBX does nothing at all, and says nothing, for an extension without one.
            raise ConfigurationError(f"freepbx.email = {self.email!r} is no mail address", fix="leave it out")

    def secret(self) -> str:
        """The client secret, wherever it stands. Raises ConfigurationError."""
        if self.client_secret_file is None:
            return self.client_secret
        try:
            text = self.client_secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"{self.client_secret_file} cannot be read", why=str(error), fix="see freepbx.client_secret_file"
            ) from error
        if not text or not text.isprintable() or len(text) > 500:
            raise ConfigurationError(f"{self.client_secret_file} does not hold a client secret in one line")
        return text


FROM_INTERNAL = "from-internal"
"""Where calls of FreePBX's extensions start."""

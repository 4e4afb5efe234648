"""The node itself: its name, its log, its database, its directories."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from bridge.errors import ConfigurationError, InvalidInput

Network = IPv4Network | IPv6Network


_PRIVATE_NETWORKS = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address or host name and a port, written ``host:port`` or ``[v6]:port``."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``host:port``. Raises InvalidInput."""
        match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^\s:\[\]]+)):(\d{1,5})", text.strip())
        if match is None or int(match.group(3)) > 65535:
            raise InvalidInput(f"{text!r} is not an address and port", fix='write it as "0.0.0.0:69" or "[::]:69"')
        return cls(match.group(1) or match.group(2), int(match.group(3)))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """``[server]``: this machine, as phones see it."""

    name: str = ""
    """Name of this node; the host name when empty."""
    address: str = ""
    """Address that phones are told for call control; found by itself when empty."""
    allowed_networks: tuple[Network, ...] = tuple(ip_network(each) for each in _PRIVATE_NETWORKS)
    """Requests from anywhere else are refused, whatever they ask for."""


class LogFormat(StrEnum):
    """Whom the log is written for."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """What is worth a line."""

    DEBUG = "debug"
    """Every request for a file and every call, too."""
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LogSettings:
    """``[log]``: what the service writes about its doings, to standard error and perhaps to a file."""

    format: LogFormat = LogFormat.TEXT
    level: LogLevel = LogLevel.INFO
    file: Path | None = None
    """A file that gets every line, too; none by default."""
    file_megabytes: int = 10
    """When it is as large as that, it gets the ending .1, the one before .2, and so on."""
    files: int = 5
    """Files in all; the oldest one goes."""

    def __post_init__(self) -> None:
        if self.files < 2 or self.file_megabytes < 1:
            raise ConfigurationError("the log needs two files of a megabyte", fix="see log.files, log.file_megabytes")


class MetricsAccess(StrEnum):
    """Who may read ``/metrics``."""

    OFF = "off"
    TOKEN = "token"  # noqa: S105 - the word for the way, not one of them
    """Whoever has an API token, or is logged in."""
    OPEN = "open"
    """Whoever asks from an allowed network."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """``[database]``"""

    url: str = ""
    """Any SQLAlchemy URL; SQLite in the state directory when empty."""


@dataclass(frozen=True, slots=True)
class StateSettings:
    """``[state]``"""

    directory: Path = Path("/var/lib/sepbridge")
    """Database, control socket, and the admin's files for phones (``files/``)."""

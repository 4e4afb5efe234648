"""What setting up writes: the settings file, and the note of it that makes undoing possible."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_address
from pathlib import Path

from bridge.app.installing.freepbxsetup import FreePbxAccount
from bridge.app.settings import ServerSettings, Settings, settings_from
from bridge.errors import ConfigurationError, InvalidInput

MANIFEST = "setup.json"
"""In the state directory."""


@dataclass(frozen=True, slots=True)
class SetupAnswers:
    """What was asked, or detected."""

    etc: Path
    """Asterisk's configuration directory."""
    state: Path
    address: str
    secret: str = field(repr=False)
    manager_port: int = 5038
    sip_port: int = 5060
    networks: tuple[IPv4Network, ...] = ()
    """Networks that phones may be in."""
    tftp: str = ""
    """Lines for [tftp] and [beside], as the advice on port 69 has them; empty where the defaults fit."""
    database_url: str = ""
    freepbx: FreePbxAccount | None = None
    """The account at FreePBX's API, where this is a FreePBX."""
    self_provisioning: str = ""
    """The code for it, where the default is somebody else's."""
    more: tuple[str, ...] = ()
    """Further settings, ``section.key=value`` with the value in TOML."""


def settings_text(answers: SetupAnswers) -> str:
    """``sepbridge.toml``. Raises InvalidInput and ConfigurationError for what cannot stand there."""
    tables: dict[str, dict[str, object]] = {"server": {"address": answers.address}}
    outside = [each for each in answers.networks if not _is_allowed(each)]
    if outside:
        usual = [str(each) for each in ServerSettings().allowed_networks]
        tables["server"]["allowed_networks"] = [*usual, *map(str, outside)]
    tables["state"] = {"directory": str(answers.state)}
    if answers.database_url:
        tables["database"] = {"url": answers.database_url}
    if answers.tftp:
        tables |= tomllib.loads(answers.tftp)
    tables["ami"] = {"address": f"127.0.0.1:{answers.manager_port}", "secret": answers.secret}
    tables["asterisk"] = {"directory": str(answers.etc / "sepbridge")}
    if answers.sip_port != 5060:
        tables["sip"] = {"port": answers.sip_port}
    if answers.freepbx is not None:
        account = answers.freepbx
        tables["freepbx"] = {
            "url": account.url, "client_id": account.client_id, "client_secret": account.client_secret
        }  # fmt: skip
    if answers.self_provisioning:
        tables["selfprovisioning"] = {"code": answers.self_provisioning}
    for each in answers.more:
        section, key, value = _one_more(each)
        tables.setdefault(section, {})[key] = value
    settings_from(dict(tables))
    parts = ["# Written by `sepbridge setup`; docs/settings.md explains every key. Yours from now on."]
    for name, table in tables.items():
        parts.append(f"\n[{name}]")
        parts += [f"{key} = {_toml(value)}" for key, value in table.items()]
    return "\n".join(parts) + "\n"


def _is_allowed(network: IPv4Network) -> bool:
    allowed = [each for each in ServerSettings().allowed_networks if isinstance(each, IPv4Network)]
    return any(network.subnet_of(each) for each in allowed)


def _one_more(text: str) -> tuple[str, str, object]:
    name, equals, value = text.partition("=")
    section, dot, key = name.strip().partition(".")
    if not (equals and dot and section and key):
        raise InvalidInput(f"{text!r} is not a setting", fix="write it as section.key=value, like sip.port=5061")
    try:
        return section, key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        # A text without quotes, as one types it.
        return section, key, value.strip()


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case list() | tuple():
            return "[" + ", ".join(_toml(each) for each in value) + "]"
        case _:
            # JSON's strings are TOML's basic strings.
            return json.dumps(str(value), ensure_ascii=False)


def check_address(text: str) -> str:
    """An address that phones can be told. Raises InvalidInput."""
    try:
        found = ip_address(text)
    except ValueError:
        raise InvalidInput(
            f"{text!r} is not an IP address", why="phones would need DNS for a name", fix="write the address"
        ) from None
    if found.is_unspecified or found.is_multicast:
        raise InvalidInput(f"{text} is the address of no machine", fix="write this machine's address")
    return text


@dataclass(frozen=True, slots=True)
class Manifest:
    """What setting up made, so that undoing takes back exactly that."""

    etc: str
    settings: str
    """The settings file; empty once everything but the database was taken back."""
    digest: str
    """SHA-256 of the settings file; empty where it was there before."""
    made_state: bool
    made_database: bool
    enabled_unit: bool = False

    @property
    def keeps_more_than_data(self) -> bool:
        """Whether more is to be taken back than the database: that alone outlives an undoing."""
        return bool(self.settings)

    def text(self) -> str:
        """As JSON."""
        names = ("etc", "settings", "digest", "made_state", "made_database", "enabled_unit")
        return json.dumps({"version": 1, **{each: getattr(self, each) for each in names}}, indent=2) + "\n"

    @classmethod
    def load(cls, state: Path) -> Manifest | None:
        """What was noted; None where nothing was. Raises ConfigurationError for a file that is not ours, and
        PermissionError.
        """
        try:
            record = json.loads((state / MANIFEST).read_text(encoding="utf-8"))
            return cls(
                str(record["etc"]),
                str(record["settings"]),
                str(record["digest"]),
                bool(record["made_state"]),
                bool(record["made_database"]),
                bool(record["enabled_unit"]),
            )
        except FileNotFoundError:
            return None
        except PermissionError:
            raise
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"{state / MANIFEST} cannot be understood",
                why=str(error),
                fix="undo by hand: sepbridge setup asterisk --undo, then remove sepbridge.toml",
            ) from error


def digest(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def differences(settings: Settings, wanted: Mapping[str, object]) -> Sequence[str]:
    """Answers that contradict a settings file that is kept: ``section.key`` and both values."""
    found: list[str] = []
    for name, value in wanted.items():
        section, _, key = name.partition(".")
        current = getattr(getattr(settings, section), key)
        if str(current) != str(value):
            found.append(f"{name} is {current} there, not {value}")
    return found

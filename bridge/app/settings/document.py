"""The settings as a whole, and how they are read."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Address, ip_network
from pathlib import Path
from typing import Any, get_type_hints

from bridge.app.environment import with_environment
from bridge.app.settings.machine import (
    Address,
    DatabaseSettings,
    LogFormat,
    LogLevel,
    LogSettings,
    MetricsAccess,
    Network,
    ServerSettings,
    StateSettings,
)
from bridge.app.settings.pbx import FROM_INTERNAL, AmiSettings, AsteriskBackend, AsteriskSettings, FreePbxSettings
from bridge.app.settings.phones import (
    CallLogSettings,
    HookSettings,
    JourneySettings,
    PhonesSettings,
    PhoneWeb,
    SccpSettings,
    SelfProvisioningSettings,
    ServiceSettings,
    SipSettings,
    TokenPolicy,
)
from bridge.app.settings.serving import (
    BesideServer,
    BesideSettings,
    DhcpSettings,
    FilesSettings,
    HttpSettings,
    SecretsTo,
    TftpMode,
    TftpSettings,
    UnsignedFiles,
    WebSettings,
)
from bridge.core import DeviceName, NumberRange, PagingGroup, PagingStream
from bridge.errors import ConfigurationError, InvalidInput
from bridge.journey import Environment
from bridge.net.tls import OldestTls
from bridge.pbx.featurecodes import DEFAULT_CODES, FeatureCodes
from bridge.store import sqlite_url

DEFAULT_PLACES = (Path("sepbridge.toml"), Path("/etc/sepbridge/sepbridge.toml"))
"""Where a settings file is looked for when neither ``--config`` nor ``SEPBRIDGE_CONFIG`` names one."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file."""

    server: ServerSettings = field(default_factory=ServerSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    state: StateSettings = field(default_factory=StateSettings)
    tftp: TftpSettings = field(default_factory=TftpSettings)
    beside: BesideSettings = field(default_factory=BesideSettings)
    dhcp: DhcpSettings = field(default_factory=DhcpSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    web: WebSettings = field(default_factory=WebSettings)
    files: FilesSettings = field(default_factory=FilesSettings)
    sip: SipSettings = field(default_factory=SipSettings)
    sccp: SccpSettings = field(default_factory=SccpSettings)
    phones: PhonesSettings = field(default_factory=PhonesSettings)
    services: ServiceSettings = field(default_factory=ServiceSettings)
    calls: CallLogSettings = field(default_factory=CallLogSettings)
    selfprovisioning: SelfProvisioningSettings = field(default_factory=SelfProvisioningSettings)
    ami: AmiSettings = field(default_factory=AmiSettings)
    asterisk: AsteriskSettings = field(default_factory=AsteriskSettings)
    codes: FeatureCodes = DEFAULT_CODES
    freepbx: FreePbxSettings = field(default_factory=FreePbxSettings)
    hooks: HookSettings = field(default_factory=HookSettings)
    log: LogSettings = field(default_factory=LogSettings)
    journey: JourneySettings = field(default_factory=JourneySettings)

    def __post_init__(self) -> None:
        if self.codes.self_provisioning != DEFAULT_CODES.self_provisioning:
            raise ConfigurationError(
                "codes.self_provisioning has another place", fix="write selfprovisioning.code instead"
            )

    @property
    def feature_codes(self) -> FeatureCodes:
        """What users dial, with the code of ``[selfprovisioning]``."""
        return replace(self.codes, self_provisioning=self.selfprovisioning.code)

    @property
    def wrapped_context(self) -> str:
        """The PBX's own context that calling search spaces stand in front of; empty where our contexts are all."""
        return self.asterisk.wraps or (FROM_INTERNAL if self.freepbx.url else "")

    @property
    def phone_context(self) -> str:
        """Where calls of phones without a calling search space start."""
        if self.freepbx.url and self.asterisk.context == AsteriskSettings().context:
            return FROM_INTERNAL
        return self.asterisk.context

    @property
    def database_url(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database.url or sqlite_url(self.state.directory / "sepbridge.db")

    @property
    def files_directory(self) -> Path:
        """The admin's files for phones."""
        return self.state.directory / self.files.directory

    @property
    def templates_directory(self) -> Path:
        """The admin's own templates."""
        return self.state.directory / self.files.templates

    @property
    def self_provision_socket(self) -> Path:
        """The Unix socket by which Asterisk's self-provisioning script talks to the running service."""
        return self.selfprovisioning.socket or self.asterisk.directory / "selfprovision.sock"

    @property
    def web_certificates(self) -> Path:
        """Where the certificate for dashboard and API is kept that we made ourselves."""
        return self.state.directory / "web"

    @property
    def first_login_file(self) -> Path:
        """Where the one-time password of the very first login waits."""
        return self.state.directory / "first-login"

    @property
    def control_socket(self) -> Path:
        """The Unix socket by which the command line talks to the running service."""
        return self.state.directory / "control.sock"


def find_settings(named: Path | None) -> Path | None:
    """The settings file to read: the one named, ``$SEPBRIDGE_CONFIG``, or the first default place that exists.

    Raises ConfigurationError for a named one that does not, and for a directory that is closed to whoever asks.
    """
    if named is None and (variable := os.environ.get("SEPBRIDGE_CONFIG")):
        named = Path(variable)
    if named is not None:
        if not _is_there(named):
            raise ConfigurationError(f"there is no settings file {named}", fix="check the path given by --config")
        return named
    return next((place for place in DEFAULT_PLACES if _is_there(place)), None)


def _is_there(place: Path) -> bool:
    try:
        return place.is_file()
    except PermissionError as error:
        raise _closed(place) from error


def _closed(path: Path | None) -> ConfigurationError:
    return ConfigurationError(
        f"{path} cannot be read", why="it holds secrets, and is not for every user", fix="run this as root: sudo …"
    )


def load_settings(path: Path | None) -> Settings:
    """Read a settings file and the environment; the defaults without either.

    Raises ConfigurationError naming the key.
    """
    document: dict[str, object] = {}
    try:
        if path is not None:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            f"{path} is not valid TOML", why=str(error), fix="correct that line; docs/settings.md has every key"
        ) from error
    except PermissionError as error:
        raise _closed(path) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read", why=str(error)) from error
    known = {name: get_type_hints(type(section)) for name, section in _sections().items()}
    return settings_from(with_environment(document, os.environ, known), source=str(path or "the environment"))


def settings_from(document: dict[str, object], *, source: str = "sepbridge.toml") -> Settings:
    """Check a parsed document and make Settings of it. Raises ConfigurationError."""
    sections = _sections()
    values: dict[str, Any] = {}
    for name, table in document.items():
        _known(name, sections, source, "section ")
        if not isinstance(table, dict):
            raise ConfigurationError(f"{source}: {name} must be a section", fix=f"write [{name}] above its keys")
        values[name] = _section(type(sections[name]), table, source, name)
    return Settings(**values)


def _sections() -> dict[str, Any]:
    plain = Settings()
    return {each.name: getattr(plain, each.name) for each in fields(Settings)}


def _known(key: str, known: Iterable[str], source: str, kind: str) -> None:
    names = list(known)
    if key not in names:
        near = difflib.get_close_matches(key, names, n=1)
        raise ConfigurationError(
            f"{source}: there is no {kind}{key}",
            fix=f"did you mean {near[0]}?" if near else f"known here: {', '.join(names)}",
        )


def _section(kind: type[Any], table: dict[str, object], source: str, section: str) -> Any:
    hints = get_type_hints(kind)
    values: dict[str, object] = {}
    for key, value in table.items():
        _known(key, hints, source, f"setting {section}.")
        try:
            values[key] = _CONVERTERS[hints[key]](value)
        except (InvalidInput, ValueError, TypeError) as error:
            shown = f"{section}.{key} = {value!r}" if _may_be_shown(kind, key) else f"{section}.{key}"
            why = str(error) if _may_be_shown(kind, key) else "it is of another kind than the setting wants"
            raise ConfigurationError(f"{source}: {shown} cannot be used", why=why) from error
    try:
        return kind(**values)
    except InvalidInput as error:
        raise ConfigurationError(f"{source}: [{section}] cannot be used", why=error.what, fix=error.fix) from error


def _may_be_shown(kind: type[Any], key: str) -> bool:
    """Whether the value of a setting may stand in a message: not where it is, or holds, a secret."""
    return key not in ("url", "new_phone_url") and all(each.repr for each in fields(kind) if each.name == key)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInput("a text in quotes is wanted")
    return value


def _whole_number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInput("a whole number from 0 up is wanted")
    return value


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput("true or false is wanted")
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise InvalidInput("a number of seconds from 0 up is wanted")
    return float(value)


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise InvalidInput("a list of texts is wanted, even for one")
    return [_text(each) for each in value]


_CONVERTERS: dict[object, Callable[[object], object]] = {
    str: _text,
    int: _whole_number,
    bool: _switch,
    float: _seconds,
    Path: lambda value: Path(_text(value)),
    Path | None: lambda value: Path(_text(value)),
    OldestTls: lambda value: OldestTls(_text(value)),
    tuple[DeviceName, ...]: lambda value: tuple(DeviceName.parse(each) for each in _texts(value)),
    SecretsTo: lambda value: SecretsTo(_text(value)),
    Environment | None: lambda value: None if value == "auto" else Environment(_text(value)),
    PhoneWeb: lambda value: PhoneWeb(_text(value)),
    UnsignedFiles: lambda value: UnsignedFiles(_text(value)),
    TftpMode: lambda value: TftpMode(_text(value)),
    AsteriskBackend: lambda value: AsteriskBackend(_text(value)),
    BesideServer: lambda value: BesideServer(_text(value)),
    TokenPolicy: lambda value: TokenPolicy(_text(value)),
    LogFormat: lambda value: LogFormat(_text(value)),
    LogLevel: lambda value: LogLevel(_text(value)),
    MetricsAccess: lambda value: MetricsAccess(_text(value)),
    Address: lambda value: Address.parse(_text(value)),
    tuple[Address, ...]: lambda value: tuple(Address.parse(each) for each in _texts(value)),
    tuple[str, ...]: lambda value: tuple(_texts(value)),
    tuple[PagingGroup, ...]: lambda value: tuple(PagingGroup.parse(each) for each in _texts(value)),
    IPv4Address | None: lambda value: IPv4Address(_text(value)) if value else None,
    tuple[PagingStream, ...]: lambda value: tuple(PagingStream.parse(each) for each in _texts(value)),
    tuple[NumberRange, ...]: lambda value: tuple(NumberRange.parse(each) for each in _texts(value)),
    tuple[Network, ...]: lambda value: tuple(ip_network(each) for each in _texts(value)),
}
"""How a TOML value becomes the type that the dataclass declares."""

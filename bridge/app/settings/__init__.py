"""Deployment settings: what ``sepbridge.toml`` may say, with types, defaults and checks.

The site's objects (numbers, pools, phones) live in the database; here is only what ties the service to its machine.
Every key has a default that fits a plain Asterisk on the same host, except the AMI secret.
"""

from __future__ import annotations

from bridge.app.settings.document import DEFAULT_PLACES, Settings, find_settings, load_settings, settings_from
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
    SHORTEST_BEEP,
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

__all__ = [
    "DEFAULT_PLACES",
    "FROM_INTERNAL",
    "SHORTEST_BEEP",
    "Address",
    "AmiSettings",
    "AsteriskBackend",
    "AsteriskSettings",
    "BesideServer",
    "BesideSettings",
    "CallLogSettings",
    "DatabaseSettings",
    "DhcpSettings",
    "FilesSettings",
    "FreePbxSettings",
    "HookSettings",
    "HttpSettings",
    "JourneySettings",
    "LogFormat",
    "LogLevel",
    "LogSettings",
    "MetricsAccess",
    "Network",
    "PhoneWeb",
    "PhonesSettings",
    "SccpSettings",
    "SecretsTo",
    "SelfProvisioningSettings",
    "ServerSettings",
    "ServiceSettings",
    "Settings",
    "SipSettings",
    "StateSettings",
    "TftpMode",
    "TftpSettings",
    "TokenPolicy",
    "UnsignedFiles",
    "WebSettings",
    "find_settings",
    "load_settings",
    "settings_from",
]

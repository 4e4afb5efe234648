"""Which PBX it is, by the settings: FreePBX where its address is given, a plain Asterisk else."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from bridge.app.settings import FROM_INTERNAL, AsteriskBackend, Settings
from bridge.app.site.dialplans import CODES, CUSTOM, SERVICES
from bridge.errors import ConfigurationError
from bridge.pbx.ami import AmiSettings
from bridge.pbx.dialplanconf import PagingMulticast
from bridge.pbx.freepbx import FreePbx
from bridge.pbx.freepbxapi import ApiSettings
from bridge.pbx.freepbxsettings import FreePbxSettings
from bridge.pbx.plain import PlainAsterisk, PlainAsteriskSettings
from bridge.pbx.realtime import RealtimeTables
from bridge.ports import Clock, EventSink, ExtensionFollower, PbxListener
from bridge.store.engines import DatabaseAddress

LEDGER = "freepbx-extensions.json"
"""In the state directory: what we made in FreePBX."""


def made_pbx(
    settings: Settings,
    *,
    sink: EventSink,
    clock: Clock,
    listener: PbxListener,
    follower: ExtensionFollower,
    watcher_secret: str,
) -> PlainAsterisk | FreePbx:
    """The PBX of these settings. Raises ConfigurationError."""
    ami = AmiSettings(
        host=settings.ami.address.host,
        port=settings.ami.address.port,
        username=settings.ami.username,
        secret=settings.ami.secret,
    )
    multicast = PagingMulticast(
        settings.sccp.paging_multicast, settings.sccp.paging_multicast_from, settings.sccp.paging_multicast_ttl
    )
    if not settings.freepbx.url:
        plain = PlainAsteriskSettings(
            ami=ami,
            directory=settings.asterisk.directory,
            watcher_secret=watcher_secret,
            meetme=settings.sccp.meetme,
            paging=settings.sccp.paging,
            paging_multicast=multicast,
            realtime=realtime_tables(settings),
            voicemail_pin=settings.asterisk.voicemail_pin,
        )
        return PlainAsterisk(plain, sink=sink, clock=clock, listener=listener)
    free = FreePbxSettings(
        api=api_settings(settings),
        ami=ami,
        directory=settings.asterisk.directory,
        ledger=settings.state.directory / LEDGER,
        watcher_secret=watcher_secret,
        longest_secret=settings.freepbx.longest_secret,
        email=settings.freepbx.email,
        look_every=settings.freepbx.look_every,
        reload_patience=settings.freepbx.reload_patience,
        meetme=settings.sccp.meetme,
        paging=settings.sccp.paging,
        paging_multicast=multicast,
    )
    return FreePbx(free, sink=sink, clock=clock, listener=listener, follower=follower)


def realtime_tables(settings: Settings) -> RealtimeTables | None:
    """Asterisk's tables, where the phones' endpoints go there. Raises ConfigurationError."""
    if settings.asterisk.backend is AsteriskBackend.FILES:
        return None
    return RealtimeTables(realtime_engine(settings))


def realtime_engine(settings: Settings) -> Engine:
    """The database that Asterisk reads by ODBC. Raises ConfigurationError."""
    address = DatabaseAddress.parse(settings.asterisk.realtime_url)
    if address.is_sqlite:
        raise ConfigurationError(
            "asterisk.realtime_url names a SQLite file", fix="Asterisk's tables go into PostgreSQL or MariaDB"
        )
    try:
        return create_engine(address.url, hide_parameters=True, pool_pre_ping=True, pool_size=1, max_overflow=1)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigurationError(
            "asterisk.realtime_url cannot be used", why=str(error), fix="install sepbridge[postgresql] or [mariadb]"
        ) from error


def api_settings(settings: Settings) -> ApiSettings:
    """How FreePBX's API is reached. Raises ConfigurationError."""
    free = settings.freepbx
    return ApiSettings(
        url=free.url,
        client_id=free.client_id,
        client_secret=free.secret(),
        scope=free.scope,
        verify=free.verify,
        authorities=free.authorities,
    )


def walked_contexts(settings: Settings) -> tuple[str, ...]:
    """The contexts whose extensions are the PBX's own, and so are given to no phone."""
    return (FROM_INTERNAL,) if settings.freepbx.url else (SERVICES, CODES, CUSTOM)


def wait_for_pbx(settings: Settings) -> float:
    """Seconds that a new phone waits for the PBX. An extension of FreePBX takes longer than a line in a file."""
    waits = settings.files.wait_for_pbx
    return max(waits, settings.freepbx.wait) if settings.freepbx.url else waits

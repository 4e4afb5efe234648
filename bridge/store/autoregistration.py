"""The one row of autoregistration settings in the database."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TypeVar

from sqlalchemy import Column, Connection, Select, select, update
from sqlalchemy.exc import IntegrityError

from bridge.autoregistration.policy import AutoregistrationSettings, Window
from bridge.core import NumberRange
from bridge.errors import ConfigurationError, NotFound
from bridge.store.failures import UPGRADE
from bridge.store.tables import autoregistration_settings as settings_table
from bridge.store.tables import callmanager_group, callmanager_group_member, server

_Value = TypeVar("_Value")


class SqlAutoregistrationRepository:
    """The AutoregistrationRepository of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, *, for_update: bool = False) -> AutoregistrationSettings:
        """The settings. ``for_update`` locks them until the unit of work ends, against other nodes too.

        A unit that writes to SQLite holds the only lock that there is from its beginning.
        """
        query = select(settings_table).where(settings_table.c.id == 1)
        row = self._connection.execute(query.with_for_update() if for_update else query).one_or_none()
        if row is None:
            raise ConfigurationError("the database lacks the autoregistration settings", fix=UPGRADE)
        window = None
        if row.window_opens_at is not None:
            window = Window(row.window_opens_at, row.window_closes_at)
        return AutoregistrationSettings(
            range=NumberRange(row.range_start, row.range_end),
            next_number=row.next_number,
            server_disabled=self._disabled(row.server_disabled),
            window=window,
            protocol=row.protocol,
            partition=row.route_partition,
            pool=row.pool,
            allowed_networks=tuple(ip_network(each) for each in row.allowed_networks),
        )

    def save(self, settings: AutoregistrationSettings) -> None:
        """Replace them. Raises NotFound when pool or partition do not exist."""
        window = settings.window
        change = (
            update(settings_table)
            .where(settings_table.c.id == 1)
            .values(
                range_start=settings.range.start,
                range_end=settings.range.end,
                next_number=settings.next_number,
                server_disabled=settings.server_disabled,
                window_opens_at=None if window is None else window.opens_at,
                window_closes_at=None if window is None else window.closes_at,
                protocol=settings.protocol,
                route_partition=settings.partition,
                pool=settings.pool,
                allowed_networks=tuple(str(each) for each in settings.allowed_networks),
            )
        )
        try:
            with self._connection.begin_nested():
                self._connection.execute(change)
        except IntegrityError:
            raise NotFound(
                f"there is no device pool {settings.pool!r}, or no partition {settings.partition!r}",
                fix="create it first, or choose another one",
            ) from None
        name = self._connection.execute(_first_server(server.c.name)).scalar()
        if name is not None:
            flag = {"autoregistration_disabled": settings.server_disabled}
            self._connection.execute(update(server).where(server.c.name == name).values(**flag))

    def _disabled(self, without_servers: bool) -> bool:
        """The flag of the server that admits unknown phones: the first of the group (requirement AR-18).

        As long as the group has no server, the settings' own row keeps it.
        """
        flag = self._connection.execute(_first_server(server.c.autoregistration_disabled)).scalar()
        return without_servers if flag is None else bool(flag)


def _first_server(column: Column[_Value]) -> Select[_Value]:
    return (
        select(column)
        .select_from(callmanager_group_member.join(server).join(callmanager_group))
        .where(callmanager_group.c.autoregistration.is_(True), callmanager_group_member.c.position == 0)
    )

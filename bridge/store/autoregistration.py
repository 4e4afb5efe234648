"""The one row of autoregistration settings in the database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from ipaddress import ip_network
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bridge.autoregistration.phonelists import ListEntry
from bridge.autoregistration.policy import (
    AutoregistrationSettings,
    RogueSettings,
    SecurityPolicy,
    UnknownMode,
    Window,
)
from bridge.core import DeviceName, NumberRange
from bridge.errors import ConfigurationError, NotFound
from bridge.store.failures import UPGRADE
from bridge.store.tables import autoregistration_policy as policy_table
from bridge.store.tables import autoregistration_settings as settings_table
from bridge.store.tables import callmanager_group, callmanager_group_member, phone_verdict, server

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
            **self._policy(),
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
        try:
            with self._connection.begin_nested():
                self._save_policy(settings)
        except IntegrityError:
            raise NotFound(
                f"there is no universal device template {settings.device_template!r}",
                fix="create it first, or choose another one",
            ) from None
        name = self._connection.execute(_first_server(server.c.name)).scalar()
        if name is not None:
            flag = {"autoregistration_disabled": settings.server_disabled}
            self._connection.execute(update(server).where(server.c.name == name).values(**flag))

    def verdicts(self, names: Collection[DeviceName] | None = None) -> dict[DeviceName, bool]:
        """What admins decided on phones by name: approved or denied. Of all phones, or of those named."""
        query = select(phone_verdict.c.device_name, phone_verdict.c.approved)
        if names is not None:
            query = query.where(phone_verdict.c.device_name.in_([each.value for each in names]))
        return {DeviceName(name): approved for name, approved in self._connection.execute(query)}

    def judge(self, name: DeviceName, approved: bool | None, at: datetime) -> None:
        """Note what an admin decided on a phone; None forgets it."""
        self._connection.execute(delete(phone_verdict).where(phone_verdict.c.device_name == name.value))
        if approved is not None:
            self._connection.execute(insert(phone_verdict).values(device_name=name.value, approved=approved, at=at))

    def _policy(self) -> dict[str, Any]:
        row = self._connection.execute(select(policy_table).where(policy_table.c.id == 1)).one_or_none()
        if row is None:
            return {}
        return {
            "allowed": tuple(ListEntry.parse(each) for each in row.allowed),
            "denied": tuple(ListEntry.parse(each) for each in row.denied),
            "unknown": UnknownMode(row.unknown_phones),
            "phones_left": row.phones_left,
            "warn_after": row.warn_after,
            "approval": row.approval,
            "secure": row.secure,
            "security": SecurityPolicy(row.security),
            "backup": row.backup,
            "protocol_chosen": row.protocol_chosen,
            "without_space": row.without_space,
            "checked_range": row.checked_range,
            "device_template": row.device_template,
            "rogue": RogueSettings(
                range=NumberRange(row.rogue_start, row.rogue_end),
                next_number=row.rogue_next,
                inbound=row.rogue_inbound,
                operator=row.rogue_operator,
                operator_number=row.rogue_operator_number,
            ),
        }

    def _save_policy(self, settings: AutoregistrationSettings) -> None:
        rogue = settings.rogue
        values: dict[str, Any] = {
            "allowed": tuple(str(each) for each in settings.allowed),
            "denied": tuple(str(each) for each in settings.denied),
            "unknown_phones": settings.unknown.value,
            "phones_left": settings.phones_left,
            "warn_after": settings.warn_after,
            "approval": settings.approval,
            "secure": settings.secure,
            "security": settings.security.value,
            "backup": settings.backup,
            "protocol_chosen": settings.protocol_chosen,
            "without_space": settings.without_space,
            "checked_range": settings.checked_range,
            "device_template": settings.device_template,
            "rogue_start": rogue.range.start,
            "rogue_end": rogue.range.end,
            "rogue_next": rogue.next_number,
            "rogue_inbound": rogue.inbound,
            "rogue_operator": rogue.operator,
            "rogue_operator_number": rogue.operator_number,
        }
        known = self._connection.execute(select(policy_table.c.id).where(policy_table.c.id == 1)).scalar()
        if known is None:
            # Whoever saves holds the lock of the settings' row: nobody else inserts at this moment.
            self._connection.execute(insert(policy_table).values(id=1, **values))
        else:
            self._connection.execute(update(policy_table).where(policy_table.c.id == 1).values(**values))

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

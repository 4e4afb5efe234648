"""Servers, groups, pools, partitions and device defaults in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from bridge.core import CallManagerGroup, DateTimeGroup, DeviceDefaults, DevicePool, Region, Server
from bridge.errors import ConfigurationError, NotFound
from bridge.store import tables

MOST_SERVERS = 3
"""Servers in a group (autoregistration reference, section 3.2)."""


class SqlSiteRepository:
    """The SiteRepository of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def autoregistration_group(self) -> CallManagerGroup:
        """The group whose servers unknown phones are sent to. Raises ConfigurationError when there is none."""
        groups = tables.callmanager_group
        name = self._connection.execute(select(groups.c.name).where(groups.c.autoregistration.is_(True))).scalar()
        if name is None:
            raise ConfigurationError(
                "no CallManager group is marked for autoregistration", fix="mark one, in the pool Default for example"
            )
        return CallManagerGroup(name, self._servers(name), autoregistration=True)

    def pool(self, name: str) -> DevicePool:
        """The device pool. Raises NotFound."""
        found = self._pools(tables.device_pool.c.name == name)
        if not found:
            raise NotFound(f"there is no device pool {name!r}", fix="create it first, or choose another one")
        return found[0]

    def pools(self) -> Sequence[DevicePool]:
        """Every device pool, ordered by name."""
        return self._pools(true())

    def _pools(self, which: ColumnElement[bool]) -> Sequence[DevicePool]:
        pools, groups = tables.device_pool, tables.callmanager_group
        regions, times = tables.region, tables.date_time_group
        query = (
            select(
                pools.c.name,
                groups.c.name,
                groups.c.autoregistration,
                regions.c.name,
                regions.c.codecs,
                times.c.name,
                times.c.time_zone,
                times.c.date_template,
                times.c.ntp_servers,
            )
            .select_from(pools.join(groups).join(regions).join(times))
            .where(which)
            .order_by(pools.c.name)
        )
        rows = self._connection.execute(query).all()
        return [
            DevicePool(
                name,
                CallManagerGroup(group, self._servers(group), autoregistration=bool(autoregistration)),
                Region(region, codecs),
                DateTimeGroup(time_group, zone, template, ntp),
            )
            for name, group, autoregistration, region, codecs, time_group, zone, template, ntp in rows
        ]

    def partitions(self) -> Sequence[str]:
        """The names of all partitions, ordered; the empty name is CUCM's ``<None>`` and always there."""
        return sorted(self._connection.execute(select(tables.route_partition.c.name)).scalars())

    def save_partition(self, name: str, description: str = "") -> None:
        """Write a partition: a name space for directory numbers."""
        self._put(tables.route_partition, {"name": name}, {"description": description})

    def device_defaults(self) -> Sequence[DeviceDefaults]:
        """Every row, ordered by model number and protocol."""
        rows = tables.device_defaults
        query = select(rows.c.model_number, rows.c.protocol, rows.c.load, rows.c.pool)
        found = [DeviceDefaults(*row) for row in self._connection.execute(query)]
        return sorted(found, key=lambda each: (each.model_number, each.protocol))

    def save_pool(self, pool: DevicePool) -> None:
        """Write a pool with its group, servers, region and date/time group.

        A group marked for autoregistration takes the mark from every other group (AR-16). Raises ConfigurationError
        for a group of more than three servers, of the same server twice, or, if it is marked, of none (AR-17).
        """
        _check(pool.group)
        for each in pool.group.servers:
            self._put(
                tables.server,
                {"name": each.name},
                {
                    "address": each.address,
                    "sip_port": each.sip_port,
                    "sccp_port": each.sccp_port,
                    "description": each.description,
                },
            )
        self._save_group(pool.group)
        self._put(tables.region, {"name": pool.region.name}, {"codecs": pool.region.codecs})
        times = pool.date_time_group
        self._put(
            tables.date_time_group,
            {"name": times.name},
            {"time_zone": times.time_zone, "date_template": times.date_template, "ntp_servers": times.ntp_servers},
        )
        self._put(
            tables.device_pool,
            {"name": pool.name},
            {
                "group_name": pool.group.name,
                "region_name": pool.region.name,
                "date_time_group_name": times.name,
            },
        )

    def save_device_defaults(self, defaults: DeviceDefaults) -> None:
        """Write one row. Raises NotFound when its pool does not exist."""
        key = {"model_number": defaults.model_number, "protocol": defaults.protocol}
        try:
            with self._connection.begin_nested():
                self._put(tables.device_defaults, key, {"load": defaults.load, "pool": defaults.pool})
        except IntegrityError:
            raise NotFound(
                f"there is no device pool {defaults.pool!r}", fix="create it first, or choose another one"
            ) from None

    def _servers(self, group: str) -> tuple[Server, ...]:
        members, servers = tables.callmanager_group_member, tables.server
        query = (
            select(servers.c.name, servers.c.address, servers.c.sip_port, servers.c.sccp_port, servers.c.description)
            .select_from(members.join(servers))
            .where(members.c.group_name == group)
            .order_by(members.c.position)
        )
        return tuple(Server(*row) for row in self._connection.execute(query))

    def _save_group(self, group: CallManagerGroup) -> None:
        groups, members = tables.callmanager_group, tables.callmanager_group_member
        if group.autoregistration:
            others = and_(groups.c.name != group.name, groups.c.autoregistration.is_(True))
            self._connection.execute(update(groups).where(others).values(autoregistration=None))
        self._put(groups, {"name": group.name}, {"autoregistration": group.autoregistration or None})
        self._connection.execute(delete(members).where(members.c.group_name == group.name))
        rows = [
            {"group_name": group.name, "position": position, "server_name": each.name}
            for position, each in enumerate(group.servers)
        ]
        if rows:
            self._connection.execute(insert(members), rows)

    def _put(self, table: Table[Any], key: Mapping[str, object], values: Mapping[str, object]) -> None:
        """Change the row, or insert it where there is none."""
        where = and_(*(table.c[name] == value for name, value in key.items()))
        if self._connection.execute(update(table).where(where).values(**values)).rowcount == 0:
            self._connection.execute(insert(table).values(**key, **values))


def _check(group: CallManagerGroup) -> None:
    names = [each.name for each in group.servers]
    if len(names) > MOST_SERVERS:
        raise ConfigurationError(
            f"the CallManager group {group.name} has {len(names)} servers",
            why=f"phones keep at most {MOST_SERVERS}",
            fix="make two groups of it",
        )
    if len(set(names)) < len(names):
        raise ConfigurationError(
            f"the CallManager group {group.name} lists a server twice", fix="list every server once"
        )
    if group.autoregistration and not names:
        raise ConfigurationError(
            f"the CallManager group {group.name} has no server",
            why="unknown phones are sent to the servers of the group that is marked for autoregistration",
            fix="add a server, or mark another group",
        )

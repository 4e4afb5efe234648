"""Servers, groups, pools, partitions and device defaults in the database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from bridge.core import CallManagerGroup, DateTimeGroup, DeviceDefaults, DevicePool, OnboardingMethod, Region, Server
from bridge.errors import ConfigurationError, NotFound
from bridge.store import tables
from bridge.store.records import put
from bridge.store.settingstables import device_defaults_settings, device_pool_settings

_SERVER = ("name", "address", "sip_port", "sccp_port", "description", "autoregistration_disabled")
_POOL_SETTINGS = ("autoreg_css", "css", "softkey_template", "user_locale", "network_locale", "trunk")
_DEFAULTS_SETTINGS = ("button_template", "softkey_template", "onboarding", "version_ceiling", "device_template")

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
        regions, times, more = tables.region, tables.date_time_group, device_pool_settings
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
                *(more.c[name] for name in _POOL_SETTINGS),
            )
            .select_from(pools.join(groups).join(regions).join(times).outerjoin(more, more.c.pool_name == pools.c.name))
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
                *(each or "" for each in settings),
            )
            for name, group, autoregistration, region, codecs, time_group, zone, template, ntp, *settings in rows
        ]

    def servers(self) -> Sequence[Server]:
        """Every server, ordered by name."""
        return sorted(self._servers_where(true()), key=lambda each: each.name)

    def save_server(self, server: Server) -> None:
        """Write one server."""
        values = {name: getattr(server, name) for name in _SERVER[1:]}
        put(self._connection, tables.server, {"name": server.name}, values)

    def groups(self) -> Sequence[CallManagerGroup]:
        """Every CallManager group, ordered by name."""
        groups = tables.callmanager_group
        rows = self._connection.execute(select(groups.c.name, groups.c.autoregistration)).all()
        return [CallManagerGroup(name, self._servers(name), autoregistration=bool(flag)) for name, flag in sorted(rows)]

    def save_group(self, group: CallManagerGroup) -> None:
        """Write a group, whose servers exist already.

        A group marked for autoregistration takes the mark from every other group (AR-16). Raises ConfigurationError
        for a group of more than three servers, of the same server twice, or, if it is marked, of none (AR-17);
        NotFound for a server that does not exist.
        """
        _check(group)
        try:
            with self._connection.begin_nested():
                self._save_group(group)
        except IntegrityError:
            raise NotFound(
                f"the CallManager group {group.name} names a server that does not exist", fix="create the server first"
            ) from None

    def partitions(self) -> Sequence[str]:
        """The names of all partitions, ordered; the empty name is CUCM's ``<None>`` and always there."""
        return sorted(self._connection.execute(select(tables.route_partition.c.name)).scalars())

    def save_partition(self, name: str, description: str = "") -> None:
        """Write a partition: a name space for directory numbers."""
        put(self._connection, tables.route_partition, {"name": name}, {"description": description})

    def device_defaults(self) -> Sequence[DeviceDefaults]:
        """Every row, ordered by model number and protocol."""
        rows, more = tables.device_defaults, device_defaults_settings
        query = select(
            rows.c.model_number,
            rows.c.protocol,
            rows.c.load,
            rows.c.pool,
            *(more.c[name] for name in _DEFAULTS_SETTINGS),
        ).select_from(
            rows.outerjoin(more, and_(more.c.model_number == rows.c.model_number, more.c.protocol == rows.c.protocol))
        )
        rows_found = self._connection.execute(query).all()
        found = [
            DeviceDefaults(
                number,
                protocol,
                load,
                pool,
                buttons or "",
                softkeys or "",
                onboarding or OnboardingMethod.AUTOREGISTRATION,
                ceiling,
                template or "",
            )
            for number, protocol, load, pool, buttons, softkeys, onboarding, ceiling, template in rows_found
        ]
        return sorted(found, key=lambda each: (each.model_number, each.protocol))

    def save_pool(self, pool: DevicePool) -> None:
        """Write a pool with its group, servers, region and date/time group.

        A group marked for autoregistration takes the mark from every other group (AR-16). Raises ConfigurationError
        for a group of more than three servers, of the same server twice, or, if it is marked, of none (AR-17).
        A group that stays as it is may have none: a new site's, before its first node started.
        """
        if pool.group not in self.groups():
            _check(pool.group)
        for each in pool.group.servers:
            self.save_server(each)
        self._save_group(pool.group)
        put(self._connection, tables.region, {"name": pool.region.name}, {"codecs": pool.region.codecs})
        times = pool.date_time_group
        put(
            self._connection,
            tables.date_time_group,
            {"name": times.name},
            {"time_zone": times.time_zone, "date_template": times.date_template, "ntp_servers": times.ntp_servers},
        )
        put(
            self._connection,
            tables.device_pool,
            {"name": pool.name},
            {"group_name": pool.group.name, "region_name": pool.region.name, "date_time_group_name": times.name},
        )
        settings = {name: getattr(pool, name) for name in _POOL_SETTINGS}
        try:
            with self._connection.begin_nested():
                put(self._connection, device_pool_settings, {"pool_name": pool.name}, settings)
        except IntegrityError:
            raise NotFound(
                f"the device pool {pool.name} names a calling search space or a softkey template that does not exist",
                fix="create it first, or choose another one",
            ) from None

    def save_device_defaults(self, defaults: DeviceDefaults) -> None:
        """Write one row. Raises NotFound when its pool, or a template, does not exist."""
        key = {"model_number": defaults.model_number, "protocol": defaults.protocol}
        settings = {name: getattr(defaults, name) for name in _DEFAULTS_SETTINGS}
        try:
            with self._connection.begin_nested():
                put(self._connection, tables.device_defaults, key, {"load": defaults.load, "pool": defaults.pool})
        except IntegrityError:
            raise NotFound(
                f"there is no device pool {defaults.pool!r}", fix="create it first, or choose another one"
            ) from None
        try:
            with self._connection.begin_nested():
                put(self._connection, device_defaults_settings, key, settings)
        except IntegrityError:
            raise NotFound(
                f"the device defaults of model {defaults.model_number} name a template that does not exist",
                fix="create it first, or choose another one",
            ) from None

    def _servers(self, group: str) -> tuple[Server, ...]:
        members, servers = tables.callmanager_group_member, tables.server
        query = (
            select(*(servers.c[name] for name in _SERVER))
            .select_from(members.join(servers))
            .where(members.c.group_name == group)
            .order_by(members.c.position)
        )
        return tuple(Server(*row) for row in self._connection.execute(query))

    def _servers_where(self, which: ColumnElement[bool]) -> Sequence[Server]:
        query = select(*(tables.server.c[name] for name in _SERVER)).where(which)
        return [Server(*row) for row in self._connection.execute(query)]

    def _save_group(self, group: CallManagerGroup) -> None:
        groups, members = tables.callmanager_group, tables.callmanager_group_member
        if group.autoregistration:
            others = and_(groups.c.name != group.name, groups.c.autoregistration.is_(True))
            self._connection.execute(update(groups).where(others).values(autoregistration=None))
        put(self._connection, groups, {"name": group.name}, {"autoregistration": group.autoregistration or None})
        self._connection.execute(delete(members).where(members.c.group_name == group.name))
        rows = [
            {"group_name": group.name, "position": position, "server_name": each.name}
            for position, each in enumerate(group.servers)
        ]
        if rows:
            self._connection.execute(insert(members), rows)


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
            fix="start the service, which enters its own server, or add one with `sepbridge site servers add` and give "
            "it to the group; or mark another group",
        )

"""This node as a server of the site: known to it, with the address that the settings give today."""

from __future__ import annotations

import logging
import socket
from dataclasses import replace

from bridge.app.settings import Settings
from bridge.app.system import own_address
from bridge.autoregistration.checks import enabled_servers
from bridge.core import Device, Server, SignallingProtocol
from bridge.errors import ConfigurationError
from bridge.ports import Store
from bridge.store.site import MOST_SERVERS

log = logging.getLogger(__name__)


def own_server(settings: Settings) -> Server:
    """The server that this node is."""
    return Server(
        name=settings.server.name or socket.gethostname(),
        address=settings.server.address or own_address(),
        sip_port=settings.sip.port,
        sccp_port=settings.sccp.listen[0].port if settings.sccp.listen else 2000,
    )


def enter_site(store: Store, own: Server) -> None:
    """Make ``own`` a server of the default group; whoever was registered with its proxy is not any more.

    Raises StoreError, ConfigurationError.
    """
    with store.write() as work:
        work.autoregistration.load(for_update=True)  # of two nodes that start at once one finds the other there
        pool = work.site.pool("Default")
        known = pool.group.servers
        servers = with_own_server(known, own)
        _check_room(servers, own, pool.group.name)
        if servers != known:
            work.site.save_pool(replace(pool, group=replace(pool.group, servers=servers)))
        # Another node says of its phones that they are registered, when it next reads the site.
        for name in [each.name for each in work.devices.all() if _is_served_by_proxy(each)]:
            device = work.devices.get(name)  # as it is, now that nobody else changes it
            if device is not None and _is_served_by_proxy(device):
                work.devices.update(replace(device, registered=False))
        work.commit()
    if known and len(servers) > len(known):
        log.warning(
            "the site has a new server: this node, %s, stands behind %s in the group %s. Is it that one under another "
            "name, set server.name; if it is to admit unknown phones in its stead: sepbridge autoregistration move %s",
            own.name,
            _named(known),
            pool.group.name,
            own.name,
        )


def _check_room(servers: tuple[Server, ...], own: Server, group: str) -> None:
    if len(servers) > MOST_SERVERS:
        raise ConfigurationError(
            f"this node, {own.name}, finds no place in the CallManager group {group}, which has {_named(servers[:-1])}",
            why=f"phones keep at most {MOST_SERVERS} servers",
            fix="set server.name to the one that this node is, or take one out: "
            f"sepbridge site groups set {group} servers={_named(servers[: MOST_SERVERS - 1])}",
        )


def _named(servers: tuple[Server, ...]) -> str:
    return ",".join(each.name for each in servers)


def with_own_server(known: tuple[Server, ...], own: Server) -> tuple[Server, ...]:
    """A group's servers with this node's own at the address that the settings give today.

    What an admin set for it stays. A server that is new admits unknown phones only if no other does (AR-30): the duty
    is moved to it by hand.
    """
    if own.name not in {server.name for server in known}:
        return (*known, replace(own, autoregistration_disabled=bool(enabled_servers(known))))
    return tuple(
        replace(server, address=own.address, sip_port=own.sip_port, sccp_port=own.sccp_port)
        if server.name == own.name
        else server
        for server in known
    )


def _is_served_by_proxy(device: Device) -> bool:
    return device.registered and device.desired_protocol is SignallingProtocol.SCCP

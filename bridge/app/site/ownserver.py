"""This node as a server of the site: known to it, with the address that the settings give today."""

from __future__ import annotations

import socket
from dataclasses import replace

from bridge.app.settings import Settings
from bridge.app.system import own_address
from bridge.autoregistration.checks import enabled_servers
from bridge.core import Device, Server, SignallingProtocol
from bridge.ports import Store


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
        if servers != known:
            work.site.save_pool(replace(pool, group=replace(pool.group, servers=servers)))
        # Another node says of its phones that they are registered, when it next reads the site.
        for name in [each.name for each in work.devices.all() if _is_served_by_proxy(each)]:
            device = work.devices.get(name)  # as it is, now that nobody else changes it
            if device is not None and _is_served_by_proxy(device):
                work.devices.update(replace(device, registered=False))
        work.commit()


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

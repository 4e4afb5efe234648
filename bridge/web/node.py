"""One running node: the service of ``app`` with its HTTP file server and its control socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from bridge.app.accounts import Accounts, login_rules
from bridge.app.firstlogin import FirstLoginFile
from bridge.app.service import Service
from bridge.app.settings import Settings
from bridge.app.system import SystemIds, own_address
from bridge.errors import ConfigurationError
from bridge.net.tls import server_context
from bridge.web.adminserver import AdminServer
from bridge.web.api import api_routes, end_streams, live_feed
from bridge.web.control import ControlServer
from bridge.web.dashboard.assembly import Dashboard
from bridge.web.files import HttpFileServer
from bridge.web.selfprovision import SelfProvisionServer
from bridge.web.services import PhoneServices
from bridge.web.site import make_site
from bridge.web.upkeep import large_files


@contextlib.asynccontextmanager
async def running_node(settings: Settings, config: Path | None = None) -> AsyncIterator[Service]:
    """Start everything, hand over the service, and stop everything in the opposite order.

    ``config``: the settings file that was read, for backups and the doctor.
    Raises ConfigurationError when an address is taken, StoreError when the database cannot be used.
    """
    async with Service(settings) as service:
        service.config = config
        services = PhoneServices(
            service.directory,
            service.files,
            settings=settings.services,
            networks=settings.server.allowed_networks,
            secrets_to=settings.files.secrets_to,
            mac_of=service.mac_of,
            self_provisioning=service.self_provisioning if settings.selfprovisioning.enabled else None,
            pages_login=(settings.web.phone_user, settings.web.phone_password),
        )
        http = HttpFileServer(
            service.resolver,
            service.recorder,
            service.clock,
            listen=[(address.host, address.port) for address in settings.http.listen],
            routes=services.routes(),
            tap=service.tap,
        )
        https = _https(service, settings)
        servers = [("http.listen", http), *([("http.tls_listen", https)] if https is not None else [])]
        dashboard = Dashboard(service)
        admins = await _for_admins(service, settings, dashboard)
        control = ControlServer(service, settings.control_socket)
        calls = SelfProvisionServer(service.self_provisioning, settings.self_provision_socket)
        if https is not None:
            https.own_probes = service.site_watch.probes
        started: list[HttpFileServer] = []
        try:
            for setting, server in servers:
                started.append(server)
                await _start(server, setting)
            service.http_addresses = tuple(http.addresses)
            service.https_addresses = tuple(https.addresses) if https is not None else ()
            service.http_transfers = [server.transfers for server in started]
            try:
                await control.start()
                if settings.selfprovisioning.enabled:
                    await calls.start()
                await _start(admins, "web.listen", "the dashboard")
                service.web_addresses = tuple(admins.addresses)
                service.site_watch.serving.set()
                yield service
            finally:
                await service.site_watch.rest()
                dashboard.close()
                with contextlib.suppress(asyncio.CancelledError):
                    await admins.close()
                with contextlib.suppress(asyncio.CancelledError):
                    await calls.close()
                with contextlib.suppress(asyncio.CancelledError):
                    await control.close()
        finally:
            for server in started:
                await server.close()


def _https(service: Service, settings: Settings) -> HttpFileServer | None:
    """The same files over TLS; the phones' services stand on the plain port alone. Raises ConfigurationError."""
    if not settings.http.tls_listen:
        return None
    return HttpFileServer(
        service.resolver,
        service.recorder,
        service.clock,
        listen=[(address.host, address.port) for address in settings.http.tls_listen],
        tls=server_context(
            settings.http.tls_certificate,
            settings.http.tls_key,
            settings.http.tls_oldest,
            what="serving files over HTTPS",
            section="http",
        ),
        tap=service.tap,
    )


async def _for_admins(service: Service, settings: Settings, dashboard: Dashboard) -> AdminServer:
    """Dashboard and API. Raises ConfigurationError, StoreError, WriteFailed."""
    first_login = FirstLoginFile(settings.first_login_file)
    accounts = Accounts(service.store, service.clock, SystemIds(), login_rules(settings.web), first_login)
    if settings.web.first_run and settings.web.listen:
        service.first_login = await asyncio.to_thread(accounts.first_run, "first run")
    routes = [*api_routes(), *dashboard.routes()]
    site = make_site(service, accounts, routes=routes, error_page=dashboard.error_page)
    site.cleanup_ctx.append(live_feed)
    site.cleanup_ctx.append(large_files)
    site.on_shutdown.append(end_streams)
    address = settings.server.address or own_address()
    return await asyncio.to_thread(AdminServer, site, settings, (address, settings.server.name or socket.gethostname()))


async def _start(server: HttpFileServer | AdminServer, setting: str, what: str = "the HTTP file server") -> None:
    try:
        await server.start()
    except OSError as error:
        raise ConfigurationError(
            f"{what} cannot listen",
            why=error.strerror or str(error),
            fix=f"see who has the port with `ss -tlnp`, or change {setting}",
        ) from error

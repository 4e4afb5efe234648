"""Listens for admins: the site of ``web/site.py`` on its own port, plain or over TLS."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from aiohttp import web

from bridge.app.settings import Settings
from bridge.net.selfsigned import make_certificate
from bridge.net.tls import server_context

_DAYS = 3650


class AdminServer:
    """Serves one application on the addresses of ``[web]``."""

    def __init__(self, site: web.Application, settings: Settings, names: Sequence[str]) -> None:
        """``names``: addresses and names of this machine, for a certificate that we make. Raises ConfigurationError,
        WriteFailed."""
        self._listen = settings.web.listen
        self._tls = _context(settings, names) if settings.web.tls and settings.web.listen else None
        self._runner = web.AppRunner(site, access_log=None, handle_signals=False, shutdown_timeout=2.0)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of every listener, after ``start``."""
        return [(address[0], address[1]) for address in self._runner.addresses]

    async def start(self) -> None:
        """Listen. Raises OSError when an address is taken or not ours."""
        await self._runner.setup()
        for address in self._listen:
            await web.TCPSite(self._runner, address.host, address.port, ssl_context=self._tls).start()

    async def close(self) -> None:
        """Stop listening and end what is under way."""
        await self._runner.cleanup()


def _context(settings: Settings, names: Sequence[str]) -> ssl.SSLContext:
    crt, key = settings.web.tls_certificate, settings.web.tls_key
    if crt is None and key is None:
        place = settings.web_certificates
        crt, key = place / "sepbridge.pem", place / "sepbridge.key"
        if not (crt.exists() and key.exists()):
            crt, key = make_certificate(place, names, days=_DAYS, replace=True)
    return server_context(crt, key, settings.web.tls_oldest, what="the dashboard over HTTPS", section="web")

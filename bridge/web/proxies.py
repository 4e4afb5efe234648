"""Who asks, where a proxy stands before us: what its headers say, and nobody else's.

A proxy adds the address from which it was asked at the end of ``X-Forwarded-For``; what stands before that was said by
whoever asked the proxy. So the list is read from its end, as long as it names proxies of ours.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from ipaddress import ip_address

from aiohttp import web

from bridge.app.files.guard import is_allowed, plain_address
from bridge.app.settings import Network

log = logging.getLogger(__name__)

MOST_HOPS = 20
_FOR, _PROTO = "X-Forwarded-For", "X-Forwarded-Proto"


@dataclass(frozen=True, slots=True)
class Asker:
    """Where a request comes from."""

    address: str
    is_secure: bool
    """It came over HTTPS as far as we know: to us, or to a proxy of ours."""


class Proxies:
    """Reads the headers of the proxies that are named in the settings."""

    def __init__(self, trusted: tuple[Network, ...]) -> None:
        self._trusted = trusted
        self._warned = False

    def asker(self, request: web.Request) -> Asker:
        """Who asks."""
        peer = plain_address(request.remote or "")
        said = ",".join(request.headers.getall(_FOR, ()))
        if not is_allowed(peer, self._trusted):
            if said and not self._warned:
                self._warned = True
                log.warning(
                    "%s sends %s and is not in web.trusted_proxies: all who come by it count as one address", peer, _FOR
                )
            return Asker(peer, request.secure)
        way = ",".join(request.headers.getall(_PROTO, ())).rpartition(",")[2].strip().lower()
        return Asker(self._first_stranger(peer, said), way == "https" if way else request.secure)

    def _first_stranger(self, peer: str, said: str) -> str:
        known = peer
        for hop in reversed(said.split(",")[-MOST_HOPS:]):
            address = _address(hop.strip())
            if not address:
                break  # whoever said that is as far as we can see
            known = address
            if not is_allowed(address, self._trusted):
                break
        return known


def _address(text: str) -> str:
    """An address, without the port that some proxies add; empty for anything else."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return plain_address(str(ip_address(text)))
    except ValueError:
        return ""

"""The self test: whether what phones need of this server answers, from its own address (requirement RG-13).

From here a firewall before this machine does not show; the passive rules of the diagnosis are for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bridge.app.settings import Address, Settings, TftpMode
from bridge.errors import NotFound
from bridge.host.certificate import certificate_facts
from bridge.journey import CertificateFacts, PortCheck, PortState
from bridge.net.portprobe import OwnProbes, probe_sip_udp, probe_tcp, probe_tftp

PATIENCE = 2.0
"""Seconds that one port may take to answer."""
_ANY = {"0.0.0.0", "::", ""}
_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


async def try_ports(
    settings: Settings,
    own_address: str,
    *,
    within: float = PATIENCE,
    own: OwnProbes | None = None,
    sip_udp: bool = False,
) -> tuple[PortCheck, ...]:
    """Try every port that phones use of this server, all at once. ``own_address``: as phones know it.

    ``sip_udp`` asks Asterisk for its options over UDP, which writes a line into its log for an unknown sender.
    """

    if not await _resolves(own_address):
        return ()  # phones cannot resolve it either as a rule; nothing follows for the ports themselves

    def place(address: Address) -> tuple[str, int]:
        return (own_address if address.host in _ANY else address.host), address.port

    probes: list[Callable[[], Coroutine[Any, Any, PortCheck]]] = []
    if settings.tftp.mode is not TftpMode.OFF:
        listens = settings.tftp.listen if settings.tftp.mode is TftpMode.OWN else (Address(own_address, 69),)
        probes += [partial(probe_tftp, *place(each), within=within) for each in listens if each.port]
    tcp = (
        ("files over HTTP", settings.http.listen),
        ("files over HTTPS", settings.http.tls_listen),
        ("SCCP", settings.sccp.listen),
        ("SCCP over TLS", settings.sccp.tls_listen),
        ("doorway", settings.sip.doorway),
    )
    # Port 0 means any that is free: nobody but the listener knows which, and phones cannot come there either.
    probes += [
        partial(probe_tcp, purpose, *place(each), within=within, own=own)
        for purpose, listen in tcp
        for each in listen
        if each.port
    ]
    probes.append(partial(probe_tcp, "SIP", own_address, settings.sip.port, within=within, own=own))
    if sip_udp:
        probes.append(partial(probe_sip_udp, own_address, settings.sip.port, within=within))
    return tuple(await asyncio.gather(*map(_twice, probes)))


async def _twice(probe: Callable[[], Coroutine[Any, Any, PortCheck]]) -> PortCheck:
    """A port that gave no answer is asked once more: this machine may have been busy, and that is no firewall."""
    found = await probe()
    return await probe() if found.state is PortState.BLOCKED else found


async def _resolves(name: str) -> bool:
    try:
        await asyncio.get_running_loop().getaddrinfo(name, None)
    except OSError:
        return False
    return True


def certificates(settings: Settings) -> tuple[tuple[CertificateFacts, ...], tuple[str, ...]]:
    """The certificates that phones are shown, and why others could not be read."""
    named: Sequence[tuple[str, tuple[Address, ...], Path | None]] = (
        ("files over HTTPS", settings.http.tls_listen, settings.http.tls_certificate),
        ("SCCP over TLS", settings.sccp.tls_listen, settings.sccp.tls_certificate),
    )
    found: list[CertificateFacts] = []
    troubles: list[str] = []
    for purpose, listen, path in named:
        if not listen or path is None:
            continue
        try:
            read = certificate_facts(path, None)
        except NotFound as error:
            troubles.append(str(error))
            continue
        if read.trouble or read.not_before is None or read.not_after is None:
            troubles.append(f"the certificate {path} for {purpose} cannot be read: {read.trouble or 'it has no dates'}")
            continue
        signed_with = read.signature.lower().replace("-", "")
        digest = next((each for each in _HASHES if each in signed_with), "")
        kind = read.key_kind.upper()
        ports = tuple(each.port for each in listen) if all(each.port for each in listen) else ()
        found.append(
            CertificateFacts(purpose, read.not_before, read.not_after, kind, read.key_bits, digest, read.names, ports)
        )
    return tuple(found), tuple(troubles)

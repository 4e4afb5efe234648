"""Is a call manager there (again)? Asked by a phone that is on a backup server, before it goes back."""

from __future__ import annotations

import asyncio
import secrets
import socket

from bridge.lab.phonesettings import CallManager
from bridge.sip import Transport
from bridge.sip.destination import host_and_port

_PATIENCE = 2.0
"""Seconds that the server has to answer."""


async def answers(server: CallManager, transport: Transport, local_address: str = "") -> bool:
    """True when something listens there: a TCP connection stands, or an OPTIONS over UDP got any reply at all."""
    loop = asyncio.get_running_loop()
    kind = socket.SOCK_STREAM if transport is Transport.TCP else socket.SOCK_DGRAM
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await loop.getaddrinfo(server.address, server.sip_port, type=kind)
            family, _, _, _, address = found[0]
            with socket.socket(family, kind) as sock:
                sock.setblocking(False)
                if local_address:
                    sock.bind((local_address, 0))
                await loop.sock_connect(sock, address)
                if transport is Transport.TCP:
                    return True
                await loop.sock_sendall(sock, _options(server, sock.getsockname()[:2]))
                return bool(await loop.sock_recv(sock, 4096))
    except OSError:  # TimeoutError is one too
        return False


def _options(server: CallManager, own: tuple[str, int]) -> bytes:
    """The least of an OPTIONS (RFC 3261, section 11)."""
    here, mark = host_and_port(*own), secrets.token_hex(8)
    target = f"sip:{host_and_port(server.address, server.sip_port)}"
    lines = (
        f"OPTIONS {target} SIP/2.0",
        f"Via: SIP/2.0/UDP {here};rport;branch=z9hG4bK{mark}",
        f"From: <sip:{here}>;tag={mark}",
        f"To: <{target}>",
        f"Call-ID: {mark}",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 70",
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode()

"""Whether a port of ours answers: open, nobody there, or dropped by a firewall.

TCP tells by itself. UDP does not: what is sent must be something that is always answered, a TFTP request for a file
that nobody has or a SIP OPTIONS.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import socket

from bridge.journey import PortCheck, PortState

PROBE_NAME = "sepbridge-self-test-"
"""How the file begins that our own test asks for."""
_NAMES = itertools.count()
_LINGER = 5.0
"""Seconds after which a probe's port may be a phone's."""
_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH}


class OwnProbes:
    """Where our own probes come from, so that nobody takes them for a phone."""

    def __init__(self) -> None:
        self._places: set[tuple[str, int]] = set()

    def add(self, place: tuple[str, int]) -> None:
        """A probe from there begins."""
        self._places.add(place)

    def remove(self, place: tuple[str, int]) -> None:
        """It is over."""
        self._places.discard(place)

    def __contains__(self, place: object) -> bool:
        return place in self._places


async def probe_tcp(
    purpose: str, host: str, port: int, *, within: float = 2.0, own: OwnProbes | None = None
) -> PortCheck:
    """Take a connection and drop it again; nothing is sent. ``own`` knows of it while it lasts, and a little longer."""
    loop = asyncio.get_running_loop()
    probe = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    probe.setblocking(False)
    place: tuple[str, int] | None = None
    try:
        if own is not None:
            # Bound first: whoever takes the connection must know already whose it is.
            probe.bind((host if _is_local(host) else "", 0))
            place = probe.getsockname()[:2]
            own.add(place)
        async with asyncio.timeout(within):
            await loop.sock_connect(probe, (host, port))
    except TimeoutError:
        return PortCheck(purpose, host, port, "tcp", PortState.BLOCKED, f"no answer within {within:g} s")
    except ConnectionRefusedError:
        return PortCheck(purpose, host, port, "tcp", PortState.REFUSED, "nobody listens there")
    except OSError as error:
        state = PortState.BLOCKED if error.errno in _UNREACHABLE | {errno.EPERM} else PortState.REFUSED
        return PortCheck(purpose, host, port, "tcp", state, error.strerror or str(error))
    finally:
        probe.close()
        if own is not None and place is not None:
            loop.call_later(_LINGER, own.remove, place)
    return PortCheck(purpose, host, port, "tcp", PortState.OPEN)


def _is_local(host: str) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind((host, 0))
        except OSError:
            return False
    return True


async def probe_tftp(host: str, port: int, *, within: float = 2.0) -> PortCheck:
    """Ask for a file that nobody has: any answer from any port of that host will do."""
    request = b"\x00\x01" + f"{PROBE_NAME}{next(_NAMES)}.txt".encode() + b"\x00octet\x00"
    return await _probe_udp("TFTP", host, port, request, within)


async def probe_sip_udp(host: str, port: int, *, within: float = 2.0) -> PortCheck:
    """Ask for the options; any answer will do."""
    mark = os.urandom(6).hex()
    shown = f"[{host}]" if ":" in host else host
    request = (
        f"OPTIONS sip:{shown}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {shown};rport;branch=z9hG4bK{mark}\r\n"
        f"From: <sip:self-test@{shown}>;tag={mark}\r\nTo: <sip:{shown}:{port}>\r\nCall-ID: {mark}\r\n"
        "CSeq: 1 OPTIONS\r\nMax-Forwards: 1\r\nContent-Length: 0\r\n\r\n"
    )
    return await _probe_udp("SIP", host, port, request.encode(), within)


class _Answer(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.came: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self.came.done():
            self.came.set_result("")

    def error_received(self, exc: Exception) -> None:
        if not self.came.done():
            self.came.set_result(str(exc))


async def _probe_udp(purpose: str, host: str, port: int, request: bytes, within: float) -> PortCheck:
    loop = asyncio.get_running_loop()
    # Not connected: a TFTP server answers from a port of its own.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    transport, protocol = await loop.create_datagram_endpoint(_Answer, family=family)
    try:
        async with asyncio.timeout(within):
            for pause in itertools.repeat(within / 3):
                try:
                    transport.sendto(request, (host, port))
                except OSError as error:
                    return PortCheck(purpose, host, port, "udp", PortState.BLOCKED, error.strerror or str(error))
                done, _ = await asyncio.wait({protocol.came}, timeout=pause)
                if done:
                    why = protocol.came.result()
                    refused = bool(why)
                    state = PortState.REFUSED if refused else PortState.OPEN
                    return PortCheck(purpose, host, port, "udp", state, why)
    except TimeoutError:
        pass
    finally:
        transport.close()
    return PortCheck(purpose, host, port, "udp", PortState.BLOCKED, f"no answer within {within:g} s")

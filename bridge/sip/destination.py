"""Where a message goes, and what carries it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Transport(StrEnum):
    """What carries SIP. TLS is not spoken."""

    UDP = "udp"
    TCP = "tcp"

    @property
    def reliable(self) -> bool:
        """True where the transport itself repeats what is lost, which switches timers A, E, G, D, K, I and J off."""
        return self is Transport.TCP


@dataclass(frozen=True, slots=True)
class Destination:
    """One far end. For TCP it names the connection with that peer, whoever opened it."""

    host: str
    """IP address, IPv6 without brackets."""
    port: int
    transport: Transport = Transport.UDP

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}/{self.transport}"


def host_and_port(host: str, port: int) -> str:
    """``192.0.2.1:5060`` or ``[2001:db8::1]:5060``, as Via and URIs write it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

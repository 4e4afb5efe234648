"""The addresses of this machine, and names looked up from it."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from ipaddress import IPv4Interface, ip_address

from bridge.doctor.network import InterfaceAddress
from bridge.host.programs import output_of


def interface_addresses() -> tuple[InterfaceAddress, ...]:
    """Every IPv4 address. Raises SepbridgeError where the program ``ip`` cannot be asked."""
    return read_addresses(output_of(["ip", "-j", "-4", "address", "show"]))


def read_addresses(text: str) -> tuple[InterfaceAddress, ...]:
    """The answer of ``ip -j -4 address show``."""
    found: list[InterfaceAddress] = []
    for link in json.loads(text or "[]"):
        for each in link.get("addr_info", []):
            if each.get("family") == "inet":
                address = IPv4Interface(f"{each['local']}/{each['prefixlen']}")
                found.append(InterfaceAddress(str(link["ifname"]), address))
    return tuple(found)


def unresolved(names: Mapping[str, str]) -> dict[str, str]:
    """Which of these settings hold a name that leads nowhere, and why: setting -> name and reason."""
    troubles: dict[str, str] = {}
    for setting, name in names.items():
        if not name or _is_address(name):
            continue
        try:
            socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            troubles[setting] = f"{name} ({getattr(error, 'strerror', None) or error})"
    return troubles


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True

"""Checks of this machine's addresses, as phones are told them, and of the names in the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Network

from bridge.core.findings import Finding, Weight
from bridge.doctor.ailment import Ailment, Area

NAME = Ailment(
    "address_is_a_name",
    Area.NETWORK,
    Weight.NOTE,
    "server.address is a name",
    "phones need DNS to find this server, and many have none configured",
    "write the IP address",
)
FOREIGN = Ailment(
    "address_not_ours",
    Area.NETWORK,
    Weight.PROBLEM,
    "server.address is on no interface of this machine",
    "phones are sent to another machine; after a move, or behind a router that forwards, somebody must change it",
    "write one of this machine's addresses as server.address, or leave it empty",
)
LOOPBACK = Ailment(
    "address_loopback",
    Area.NETWORK,
    Weight.PROBLEM,
    "phones are told a loopback address",
    "to a phone that is the phone itself",
    "write this machine's address in the phones' network as server.address",
)
CONTAINER = Ailment(
    "address_container",
    Area.NETWORK,
    Weight.PROBLEM,
    "phones are told an address of a container or virtual bridge",
    "it exists on this machine alone",
    "write this machine's address in the phones' network as server.address; in Docker use network_mode: host",
)
SEVERAL = Ailment(
    "several_addresses",
    Area.NETWORK,
    Weight.NOTE,
    "this machine has several addresses, and server.address is empty",
    "phones are told the one on the way to the default route, which need not be in their network",
    "write the address in the phones' network as server.address",
)
NO_ADDRESS = Ailment(
    "address_unknown",
    Area.NETWORK,
    Weight.PROBLEM,
    "this machine has no address that phones could be told",
    "there is no route yet, or no interface is up",
    "connect it, or write server.address",
)
NOT_LISTENING = Ailment(
    "listens_elsewhere",
    Area.NETWORK,
    Weight.PROBLEM,
    "a server of ours listens on other addresses than the one phones are told",
    "phones come to an address on which nobody listens",
    "let its listen hold 0.0.0.0, or that address",
)
NOT_ALLOWED = Ailment(
    "network_not_allowed",
    Area.NETWORK,
    Weight.PROBLEM,
    "server.allowed_networks leaves out the network of the address that phones are told",
    "requests of phones there are refused",
    "add the network to server.allowed_networks",
)
UNRESOLVED = Ailment(
    "name_unresolved",
    Area.NETWORK,
    Weight.PROBLEM,
    "a name in the settings leads to no address",
    "it is misspelt, or DNS does not answer this machine",
    "correct the name, write an address instead, or see to /etc/resolv.conf",
)
AILMENTS = (NAME, FOREIGN, LOOPBACK, CONTAINER, SEVERAL, NO_ADDRESS, NOT_LISTENING, NOT_ALLOWED, UNRESOLVED)

_INSIDE = re.compile(r"docker\d|br-[0-9a-f]{6,}|veth|virbr|lxcbr|lxdbr|podman|cni|flannel|cali|tun|tap|wg")
"""Interfaces on which no desk phone is. Docker's own networks are named br- and twelve hex digits."""
_ANYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """One IPv4 address of this machine."""

    interface: str
    address: IPv4Interface

    @property
    def is_for_phones(self) -> bool:
        """Whether a phone could be in its network."""
        ip = self.address.ip
        return not (ip.is_loopback or ip.is_link_local) and not is_inside(self.interface)


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """The addresses of this machine, and what phones are told."""

    told: str
    """What phones are told; empty where it could not be found."""
    is_set: bool
    """It stands in the settings."""
    own: tuple[InterfaceAddress, ...]
    listeners: Mapping[str, tuple[str, ...]]
    """The hosts that each of our servers listens on."""
    allowed: tuple[IPv4Network | IPv6Network, ...]


def is_inside(interface: str) -> bool:
    """Whether an interface is one of containers, virtual machines or tunnels, by its name."""
    return _INSIDE.match(interface) is not None


def phone_networks(own: Sequence[InterfaceAddress]) -> list[IPv4Network]:
    """The networks in which phones may be, as far as this machine can tell: its own."""
    return list(dict.fromkeys(each.address.network for each in own if each.is_for_phones))


def check_addresses(facts: AddressFacts) -> Iterator[Finding]:
    """What phones are told, against what this machine has."""
    hosts = {host for each in facts.listeners.values() for host in each}
    if hosts and all(host.startswith("127.") for host in hosts):
        return  # A lab: the phones are programs on this machine.
    if not facts.told:
        yield NO_ADDRESS.found("no address could be found")
        return
    try:
        told = IPv4Address(facts.told)
    except ValueError:
        if not re.search(r"[A-Za-z]", facts.told) or ":" in facts.told:
            return
        yield NAME.found(f"server.address is {facts.told}")
        return
    holder = next((each for each in facts.own if each.address.ip == told), None)
    where = f"phones are told {told}"
    if told.is_loopback:
        yield LOOPBACK.found(where)
    elif holder is None:
        mine = ", ".join(f"{each.address.ip} ({each.interface})" for each in facts.own if each.is_for_phones)
        yield FOREIGN.found(f"{where}; this machine has {mine or 'no address for phones'}")
    elif is_inside(holder.interface):
        yield CONTAINER.found(f"{where}, an address of {holder.interface}")
    elif not any(told in each for each in facts.allowed if each.version == 4):
        yield NOT_ALLOWED.found(
            f"{holder.address.network} is not in server.allowed_networks",
            fix=f'add "{holder.address.network}" to server.allowed_networks',
        )
    if not facts.is_set and len(several := [each for each in facts.own if each.is_for_phones]) > 1:
        names = ", ".join(f"{each.address.ip} ({each.interface})" for each in several)
        yield SEVERAL.found(f"{where}, and there are {names}", fix=f'[server] address = "{told}" if that is right')
    for name, places in facts.listeners.items():
        if places and not any(host in (*_ANYWHERE, facts.told) for host in places):
            yield NOT_LISTENING.found(f"{name} listens on {', '.join(places)}, phones are told {told}")


def check_names(names: Mapping[str, str]) -> Iterator[Finding]:
    """Names that lead nowhere: the setting, and the name with the reason."""
    for setting, trouble in names.items():
        yield UNRESOLVED.found(f"{setting}: {trouble}")

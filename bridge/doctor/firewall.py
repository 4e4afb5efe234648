"""Checks of the packet filter and of fail2ban: would a phone's packets arrive?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, ip_address

from bridge.core.findings import Finding, Weight
from bridge.doctor.ailment import Ailment, Area
from bridge.doctor.ports import WantedPort
from bridge.doctor.ruleset import Fate, Packet, Ruleset, fate

DROPS = Ailment(
    "firewall_drops",
    Area.FIREWALL,
    Weight.PROBLEM,
    "the packet filter drops what phones send to a port",
    "a rule, or the policy of the chain, lets only other ports in",
    "open the port for the phones' networks",
)
MAY_DROP = Ailment(
    "firewall_may_drop",
    Area.FIREWALL,
    Weight.NOTE,
    "a rule that cannot be judged from outside may drop what phones send to a port",
    "it asks for a rate, a mark or a set that is not known here",
    "look at the rule; test from the phones' network: curl http://THIS:6970/XMLDefault.cnf.xml",
)
BANNED = Ailment(
    "phone_banned",
    Area.FIREWALL,
    Weight.PROBLEM,
    "fail2ban has banned an address in the phones' networks",
    "a phone with an old password or several retries looks like a break-in",
    "fail2ban-client set JAIL unbanip ADDRESS, and add the phones' networks to ignoreip. FreePBX: Admin > "
    "System Admin > Intrusion Detection: unban, and add the network to the whitelist",
)
TRANSFERS = Ailment(
    "firewall_drops_transfers",
    Area.FIREWALL,
    Weight.PROBLEM,
    "the packet filter drops the rest of TFTP transfers: port 69 is open, the port that answers is not",
    'every transfer goes on from a port of its own, and the filter lets no answers to it in: phones say "TFTP timeout" '
    "(alarm 7) after the first block",
    "let packets in that belong to a connection this machine has opened, before any rule that drops: "
    "nft insert rule inet filter input ct state established,related accept, "
    "or iptables -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT; or open UDP from 1024 up for the "
    "phones' networks",
)
AILMENTS = (DROPS, TRANSFERS, MAY_DROP, BANNED)
_TRANSFER_PORT = 40_000
"""One of those that Linux gives to whoever asks for none: a TFTP transfer has such a port."""


class Manager(StrEnum):
    """Which program the admin manages the filter with."""

    NONE = ""
    UFW = "ufw"
    FIREWALLD = "firewalld"
    FREEPBX = "FreePBX"


@dataclass(frozen=True, slots=True)
class FirewallFacts:
    """The rules in force."""

    rulesets: tuple[Ruleset, ...]
    manager: Manager = Manager.NONE


@dataclass(frozen=True, slots=True)
class Ban:
    """An address that is shut out."""

    jail: str
    address: str


def check_firewall(
    facts: FirewallFacts, wanted: Sequence[WantedPort], networks: Sequence[tuple[IPv4Network, str]]
) -> Iterator[Finding]:
    """Every port, asked for from each network that phones are in (with the interface it lies on)."""
    for port in wanted:
        for network, interface in networks:
            # Any address but the first and the last will do: a rule that knows single phones is not looked for.
            source = network.network_address + min(2, network.num_addresses - 1)
            outcome, rule = fate(list(facts.rulesets), Packet(port.protocol, port.port, source, interface))
            if outcome is Fate.DROPPED:
                yield DROPS.found(f"{port} from {network}: {rule}", fix=_open(facts.manager, port, network))
                continue
            if outcome is Fate.UNCERTAIN:
                yield MAY_DROP.found(f"{port} from {network}: {rule}")
            if port.use == "TFTP":
                # What a phone acknowledges, it sends to the port from which its file comes.
                answer = Packet(port.protocol, _TRANSFER_PORT, source, interface, state="established")
                outcome, rule = fate(list(facts.rulesets), answer)
                if outcome is Fate.DROPPED:
                    yield TRANSFERS.found(f"UDP {_TRANSFER_PORT}, as an example, from {network}: {rule}")


def check_bans(bans: Sequence[Ban], networks: Sequence[IPv4Network]) -> Iterator[Finding]:
    """Banned addresses that may be phones."""
    for ban in bans:
        try:
            address = ip_address(ban.address)
        except ValueError:
            continue
        if any(address in each for each in networks):
            yield BANNED.found(
                f"{ban.address} is banned by the jail {ban.jail}",
                fix=BANNED.fix.replace("JAIL", ban.jail).replace("ADDRESS", ban.address),
            )


def _open(manager: Manager, port: WantedPort, network: IPv4Network) -> str:
    match manager:
        case Manager.UFW:
            return f"ufw allow from {network} to any port {port.port} proto {port.protocol}"
        case Manager.FIREWALLD:
            return f"firewall-cmd --permanent --add-port={port.port}/{port.protocol} && firewall-cmd --reload"
        case Manager.FREEPBX:
            return f"Connectivity > Firewall > Networks: add {network} with the zone Trusted, or Local"
        case _:
            return (
                f"let {port.protocol.upper()} {port.port} from {network} in, for example: "
                f"nft insert rule inet filter input ip saddr {network} {port.protocol} dport {port.port} accept"
            )

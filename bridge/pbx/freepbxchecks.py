"""What keeps phones from coming up on a FreePBX, judged from texts and answers that somebody else fetched. Pure.

The firewall's and fail2ban's rules are known from public documentation, not from a running FreePBX. A click path is
that of 16 and 17, where one is named; where they differ both are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from bridge.core.findings import Finding
from bridge.doctor.freepbx import ACCOUNT, API, BAN, FIREWALL, MODULE, PORT_69, SCOPE, STALE, TRANSPORT
from bridge.errors import PbxLoginRefused, PbxUnavailable, SepbridgeError
from bridge.pbx.conffile import parse
from bridge.pbx.freepbxanswers import MODULE_FIX, TokenRefused

Network = IPv4Network | IPv6Network

NEEDED_MUTATIONS = frozenset({"addExtension", "updateExtension", "deleteExtension", "doreload"})
_FIREWALL = re.compile(r"^-N fpbxfirewall\b", re.MULTILINE)
_TRUSTED = re.compile(r"^-A fpbxnets\b.*?-s (\S+) .*-j zone-(trusted|internal)\b", re.MULTILINE)


def check_transports(protocols: Collection[str]) -> Iterator[Finding]:
    """Phones with SIP firmware, but for 7940 and 7960, are told to use TCP; FreePBX has it switched off at first."""
    for protocol, phones in (("tcp", "newer phones with SIP firmware"), ("udp", "7940 and 7960 with SIP firmware")):
        if protocol not in protocols:
            others = ", ".join(sorted(protocols)) or "no"
            yield TRANSPORT.found(
                f"Asterisk takes no SIP over {protocol.upper()}, so {phones} never register",
                why=f"FreePBX has only {others} transports switched on",
                fix=TRANSPORT.fix.replace("tcp - 0.0.0.0", f"{protocol} - 0.0.0.0"),
            )


def check_firewall(rules: str, networks: Iterable[Network]) -> Iterator[Finding]:
    """``rules``: what ``iptables -S`` prints; ``networks``: where the phones are."""
    if not _FIREWALL.search(rules):
        return
    trusted = [network for found in _TRUSTED.finditer(rules) if (network := _network(found.group(1))) is not None]
    for network in networks:
        if not any(_within(network, each) for each in trusted):
            yield FIREWALL.found(
                f"FreePBX's firewall does not know the phones' network {network}",
                fix=FIREWALL.fix.replace("the network", str(network)),
            )


def check_fail2ban(banned: Iterable[str], networks: Sequence[Network]) -> Iterator[Finding]:
    """``banned``: addresses that fail2ban shuts out. A phone with an old password is banned after a few attempts."""
    for address in banned:
        network = _network(address)
        if network is not None and any(_within(network, each) for each in networks):
            yield BAN.found(
                f"fail2ban keeps {address} out, which is in the phones' network",
                fix=BAN.fix.replace("the address", address),
            )


def check_api(trouble: SepbridgeError | None, mutations: Collection[str] = NEEDED_MUTATIONS) -> Iterator[Finding]:
    """``trouble``: what a first question to the API ended with; ``mutations``: what it lets us do."""
    if trouble is None:
        missing = sorted(NEEDED_MUTATIONS - set(mutations))
        if missing:
            yield SCOPE.found(f"FreePBX's API does not let us use {', '.join(missing)}")
        return
    ailment = API
    if isinstance(trouble, PbxLoginRefused):
        ailment = ACCOUNT if isinstance(trouble, TokenRefused) or "secret" in trouble.what else SCOPE
    elif MODULE_FIX in trouble.fix:
        ailment = API if isinstance(trouble, PbxUnavailable) and "answer at" in trouble.what else MODULE
    yield ailment.found(trouble.what, why=trouble.why, fix=trouble.fix)


def check_port_69(program: str) -> Iterator[Finding]:
    """``program``: who has port 69, empty for nobody or us."""
    if program:
        yield PORT_69.found(f"{program} answers on port 69")


def check_custom_file(name: str, text: str, living: Collection[str]) -> Iterator[Finding]:
    """An admin's own ``[1001](+)`` for an extension that is gone takes everything behind it with it, ours included."""
    for section in parse(text).sections:
        if section.append and section.name not in living:
            yield STALE.found(
                f"{name} adds to [{section.name}], which does not exist",
                fix=f"take the section [{section.name}](+) out of {name}; then fwconsole reload",
            )


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _within(inner: Network, outer: Network) -> bool:
    first, last = inner.network_address, inner.broadcast_address
    return first in outer and last in outer  # of another version: never

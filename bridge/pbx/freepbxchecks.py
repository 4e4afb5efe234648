"""What keeps phones from coming up on a FreePBX, judged from texts and answers that somebody else fetched. Pure.

The firewall's and fail2ban's rules are known from public documentation, not from a running FreePBX. A click path is
that of 16 and 17, where one is named; where they differ both are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from bridge.core.findings import Finding, Weight
from bridge.errors import PbxLoginRefused, SepbridgeError
from bridge.pbx.conffile import parse
from bridge.pbx.freepbxanswers import MODULE_FIX, TokenRefused

Network = IPv4Network | IPv6Network

NEEDED_MUTATIONS = frozenset({"addExtension", "updateExtension", "deleteExtension", "doreload"})
_TRANSPORT = re.compile(r"^\s*Transport:\s+(\S+)\s+(udp|tcp|tls|ws|wss)\b", re.MULTILINE | re.IGNORECASE)
_FIREWALL = re.compile(r"^-N fpbxfirewall\b", re.MULTILINE)
_TRUSTED = re.compile(r"^-A fpbxnets\b.*?-s (\S+) .*-j zone-(trusted|internal)\b", re.MULTILINE)
_BANNED = re.compile(r"^-A (?:f2b|fail2ban)-\S+ .*?-s (\S+) .*-j (?:REJECT|DROP)\b", re.MULTILINE)
_FIREWALL_PATH = "Connectivity > Firewall > Networks"
_SIP_SETTINGS = "Settings > Asterisk SIP Settings > SIP Settings [chan_pjsip]"


def transports(shown: str) -> frozenset[str]:
    """The protocols in what ``pjsip show transports`` prints."""
    return frozenset(found.group(2).lower() for found in _TRANSPORT.finditer(shown))


def check_transports(protocols: Collection[str]) -> Finding:
    """Phones with SIP firmware, but for 7940 and 7960, are told to use TCP; FreePBX has it switched off at first."""
    if "tcp" in protocols:
        return Finding("freepbx-tcp", Weight.OK, "Asterisk takes SIP over TCP")
    return Finding(
        "freepbx-tcp",
        Weight.PROBLEM,
        "Asterisk takes no SIP over TCP, so phones with SIP firmware never register",
        why=f"FreePBX has only {', '.join(sorted(protocols)) or 'no'} transports switched on",
        fix=f"{_SIP_SETTINGS} > Transports: set tcp - 0.0.0.0 - All to Yes, Submit, Apply Config; then restart "
        "Asterisk (fwconsole restart), since a new transport needs that",
    )


def check_firewall(rules: str, networks: Iterable[Network]) -> Iterator[Finding]:
    """``rules``: what ``iptables -S`` prints; ``networks``: where the phones are."""
    if not _FIREWALL.search(rules):
        yield Finding("freepbx-firewall", Weight.OK, "FreePBX's firewall is off")
        return
    trusted = [network for found in _TRUSTED.finditer(rules) if (network := _network(found.group(1))) is not None]
    for network in networks:
        if any(_within(network, each) for each in trusted):
            yield Finding("freepbx-firewall", Weight.OK, f"FreePBX's firewall trusts {network}")
            continue
        yield Finding(
            "freepbx-firewall",
            Weight.PROBLEM,
            f"FreePBX's firewall does not know the phones' network {network}",
            why="TFTP (69/udp), 6970/tcp, SCCP (2000/tcp) and 5070 are closed to networks that it does not trust",
            fix=f"{_FIREWALL_PATH}: add {network}, zone Trusted (Excluded from Firewall), Save",
        )


def check_fail2ban(rules: str, networks: Sequence[Network]) -> Iterator[Finding]:
    """``rules``: what ``iptables -S`` prints. A phone with an old password is banned after a few attempts."""
    found = False
    for match in _BANNED.finditer(rules):
        network = _network(match.group(1))
        if network is None or not any(_within(network, each) for each in networks):
            continue
        found = True
        address = network.network_address if network.num_addresses == 1 else network
        yield Finding(
            "freepbx-fail2ban",
            Weight.PROBLEM,
            f"fail2ban keeps {address} out, which is in the phones' network",
            why="it tried wrong passwords several times; phones do that with an old file",
            fix=f"fail2ban-client unban {address}; and put the phones' network on the whitelist: Connectivity > "
            "Firewall > Intrusion Detection in 17, Admin > System Admin > Intrusion Detection in 16",
        )
    if not found:
        yield Finding("freepbx-fail2ban", Weight.OK, "fail2ban keeps no phone out")


def check_api(trouble: SepbridgeError | None, mutations: Collection[str] = NEEDED_MUTATIONS) -> Finding:
    """``trouble``: what a first question to the API ended with; ``mutations``: what it lets us do."""
    if trouble is None:
        missing = sorted(NEEDED_MUTATIONS - set(mutations))
        if not missing:
            return Finding("freepbx-api", Weight.OK, "FreePBX's API answers, and lets us do what is needed")
        return Finding(
            "freepbx-scope",
            Weight.PROBLEM,
            f"FreePBX's API does not let us use {', '.join(missing)}",
            why="the application has fewer rights than sepbridge needs",
            fix="Admin > API > Applications: an application with the scopes gql:core and gql:framework; then put its "
            "id and secret into [freepbx]",
        )
    code = "freepbx-api"
    if isinstance(trouble, PbxLoginRefused):
        code = "freepbx-account" if isinstance(trouble, TokenRefused) or "secret" in trouble.what else "freepbx-scope"
    elif MODULE_FIX in trouble.fix:
        code = "freepbx-module"
    return Finding(code, Weight.PROBLEM, trouble.what, trouble.why, trouble.fix)


def check_port_69(program: str) -> Finding:
    """``program``: who has port 69, empty for nobody or us."""
    if not program:
        return Finding("freepbx-port-69", Weight.OK, "port 69 is free for sepbridge, or is its own")
    return Finding(
        "freepbx-port-69",
        Weight.PROBLEM,
        f"{program} answers on port 69",
        why="FreePBX's distribution brings a TFTP server along, for other makers' phones",
        fix='let sepbridge work beside it (tftp.mode = "beside", see `sepbridge tftp detect`), or end it: '
        "systemctl disable --now tftpd-hpa in 17, systemctl disable --now tftp.socket or xinetd's tftp in 16",
    )


def check_custom_file(name: str, text: str, living: Collection[str]) -> Iterator[Finding]:
    """An admin's own ``[1001](+)`` for an extension that is gone takes everything behind it with it, ours included."""
    for section in parse(text).sections:
        if section.append and section.name not in living:
            yield Finding(
                "freepbx-stale-section",
                Weight.PROBLEM,
                f"{name} adds to [{section.name}], which does not exist",
                why="Asterisk ignores everything that stands behind it in this file, what sepbridge includes as well",
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

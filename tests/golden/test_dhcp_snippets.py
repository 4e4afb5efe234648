"""What is printed for every DHCP server, word for word. ``UPDATE_GOLDEN=1`` writes the files anew."""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from bridge.dhcp import DhcpServer, snippet
from bridge.errors import InvalidInput

PLACE = Path(__file__).parent / "dhcp"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IP = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_OCTETS = r"[0-9a-f]{2}(?::[0-9a-f]{2})*"
_OPTION = r"(?:25[0-4]|2[0-4]\d|1?\d?\d)"
GRAMMAR = {
    # Cisco IOS command reference: ip dhcp pool, its mode's network, default-router and option.
    DhcpServer.IOS: [
        r"!.*",
        r"ip dhcp pool [A-Za-z0-9_-]+",
        rf"ip dhcp excluded-address {_IP} {_IP}",
        rf" network {_IP} {_IP}",
        rf" default-router {_IP}",
        rf" option {_OPTION} ip {_IP}(?: {_IP}){{0,7}}",
        rf' option {_OPTION} ascii "[^"?]+"',
    ],
    # RouterOS: a menu path, then add or set with properties; hexadecimal octets stand behind 0x.
    DhcpServer.MIKROTIK: [
        r"#.*",
        r"/ip (?:pool|dhcp-server(?: option| option sets| network)?)",
        rf"add name=[\w-]+ code={_OPTION} value=0x(?:[0-9a-f]{{2}})+",
        r"add name=[\w-]+ options=[\w-]+(?:,[\w-]+)*",
        r"set \[find\] dhcp-option-set=[\w-]+",
        rf"add name=[\w-]+ ranges={_IP}-{_IP}",
        rf"add address={_IP}/\d+ gateway={_IP} dhcp-option-set=[\w-]+",
        r"add name=[\w-]+ interface=[\w-]+ address-pool=[\w-]+ disabled=(?:yes|no)",
    ],
    # Windows: commands of the DhcpServer module, with their parameters.
    DhcpServer.WINDOWS: [
        r"#.*",
        rf'Add-DhcpServerv4OptionDefinition -OptionId {_OPTION} -Name "[^"]+" -Type IPv4Address -MultiValued',
        rf'Add-DhcpServerv4Scope -Name "[^"]+" -StartRange {_IP} -EndRange {_IP} -SubnetMask {_IP}',
        rf"Set-DhcpServerv4OptionValue(?: -ScopeId {_IP})? -OptionId {_OPTION} -Value {_IP}(?:,{_IP})*",
        rf'Set-DhcpServerv4OptionValue(?: -ScopeId {_IP})? -OptionId {_OPTION} -Value "{_IP}"',
    ],
    # pfSense and OPNsense are set in their web pages: names of fields, and what goes into them.
    DhcpServer.PFSENSE: [
        r"# Services > DHCP Server > \(.+\)",
        rf"#   TFTP Server \(option 66\): +{_IP}",
        r"#   Additional BOOTP/DHCP Options > Add:",
        rf"#   Address Pool Range: +{_IP} to {_IP}",
        rf'#     Number {_OPTION}, Type "IP address or host", Value {_IP}',
        rf'#     Number {_OPTION}, Type "String", Value {_OCTETS}   \(without quotes: {_IP}(?:, {_IP})*\)',
        r"# (?:Save|Cisco|Voice|On another|Give|DHCP server) ?.*|#     switchport voice vlan \d+",
    ],
    DhcpServer.OPNSENSE: [
        r"# Services > ISC DHCPv4 > \(.+\)",
        rf"#   TFTP server > Set TFTP hostname: +{_IP}",
        r"#   Additional options > Add:",
        rf"#   Range: +{_IP} to {_IP}",
        rf'#     Number {_OPTION}, Type "IP address or host", Value {_IP}',
        rf'#     Number {_OPTION}, Type "String", Value {_OCTETS}   \(without quotes: {_IP}(?:, {_IP})*\)',
        r"# (?:With Kea|Cisco|Voice|On another|Give|DHCP server) ?.*|#     switchport voice vlan \d+",
    ],
}
"""What a line may be, by the documented grammar of servers that no test can run."""
ADDRESSES = [IPv4Address("192.0.2.10"), IPv4Address("192.0.2.11")]


@pytest.mark.req("RG-07")
@pytest.mark.parametrize("server", list(DhcpServer))
@pytest.mark.parametrize("count", [1, 2])
def test_fragment(server: DhcpServer, count: int) -> None:
    text = snippet(server, ADDRESSES[:count], voice_vlan=20 if count == 2 else None)
    path = PLACE / f"{server.value}-{count}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert "192.0.2.10" in text or "c000020a" in text
    assert ("switchport voice vlan 20" in text) == (count == 2)


@pytest.mark.req("RG-14")
@pytest.mark.parametrize("server", list(DhcpServer))
def test_fragment_for_a_voice_vlan(server: DhcpServer) -> None:
    text = snippet(server, ADDRESSES, voice_vlan=20, voice_network=IPv4Network("10.20.0.0/24"))
    path = PLACE / f"{server.value}-vlan.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert "LLDP-MED" in text
    assert "10.20.0." in text
    assert well_formed(server, text) == []


@pytest.mark.req("RG-07")
@pytest.mark.parametrize("server", GRAMMAR)
@pytest.mark.parametrize("count", [1, 2])
def test_fragment_keeps_to_the_servers_grammar(server: DhcpServer, count: int) -> None:
    text = snippet(server, ADDRESSES[:count], voice_vlan=20)
    assert well_formed(server, text) == []
    for before, after in (("150", "1500"), ("192.0.2.10", "192.0.2.300"), ("0xc0", "0xg0")):
        if before in text and not (before == "192.0.2.10" and server is DhcpServer.MIKROTIK):
            assert well_formed(server, text.replace(before, after)) != [], (before, after)


def well_formed(server: DhcpServer, text: str) -> list[str]:
    """The lines that no rule of the server's language takes."""
    rules = GRAMMAR.get(server)
    if rules is None:
        return []
    return [line for line in text.splitlines() if not any(re.fullmatch(rule, line) for rule in rules)]


@pytest.mark.parametrize(("network", "vlan"), [("10.0.0.0/24", None), ("10.0.0.0/29", 20)])
def test_scopes_that_cannot_be(network: str, vlan: int | None) -> None:
    with pytest.raises(InvalidInput):
        snippet(DhcpServer.ISC, ADDRESSES, voice_vlan=vlan, voice_network=IPv4Network(network))


@pytest.mark.parametrize(("count", "vlan"), [(0, None), (9, None), (1, 0), (1, 4095)])
def test_what_cannot_be_configured(count: int, vlan: int | None) -> None:
    with pytest.raises(InvalidInput):
        snippet(DhcpServer.IOS, [ADDRESSES[0]] * count, voice_vlan=vlan)

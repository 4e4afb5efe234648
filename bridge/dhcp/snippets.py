"""What to configure in a DHCP server so that Cisco phones find their files: options 150 and 66 (requirement RG-07)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from types import MappingProxyType

from bridge.errors import InvalidInput


class DhcpServer(StrEnum):
    """The DHCP servers whose language is spoken."""

    DNSMASQ = "dnsmasq"
    KEA = "kea"
    ISC = "isc"
    MIKROTIK = "mikrotik"
    PFSENSE = "pfsense"
    OPNSENSE = "opnsense"
    WINDOWS = "windows"
    IOS = "ios"
    FREEPBX = "freepbx"


OTHER_NAMES = MappingProxyType(
    {
        "dhcpd": DhcpServer.ISC.value,
        "isc-dhcpd": DhcpServer.ISC.value,
        "isc dhcpd": DhcpServer.ISC.value,
        "isc-dhcp": DhcpServer.ISC.value,
        "routeros": DhcpServer.MIKROTIK.value,
        "cisco": DhcpServer.IOS.value,
        "cisco-ios": DhcpServer.IOS.value,
    }
)
"""What else admins call them."""
MAX_ADDRESSES = 8
_LONGEST_PREFIX = 28
_KEPT = 10
"""Addresses at the beginning of a network that are left to routers and servers."""


@dataclass(frozen=True, slots=True)
class VoiceScope:
    """The network of one voice VLAN."""

    vlan: int
    network: IPv4Network

    def __post_init__(self) -> None:
        if self.network.prefixlen > _LONGEST_PREFIX:
            raise InvalidInput(
                f"{self.network} has no room for phones", fix=f"give one of /{_LONGEST_PREFIX} or larger"
            )

    @property
    def name(self) -> str:
        """What it is called in a configuration."""
        return f"voice{self.vlan}"

    @property
    def router(self) -> str:
        """Its first address: where routers are, as a rule."""
        return str(self.network.network_address + 1)

    @property
    def first(self) -> str:
        """The first address for phones."""
        return str(self.network.network_address + _KEPT)

    @property
    def last(self) -> str:
        """The last one."""
        return str(self.network.broadcast_address - 1)

    @property
    def mask(self) -> str:
        """255.255.255.0"""
        return str(self.network.netmask)


def snippet(
    server: DhcpServer,
    addresses: Sequence[IPv4Address],
    *,
    voice_vlan: int | None = None,
    voice_network: IPv4Network | None = None,
) -> str:
    """The configuration, ready to paste. With ``voice_network`` it is the scope of that VLAN, and leaves others alone.

    Raises InvalidInput for no address, too many, no VLAN number, or a network without a VLAN or without room.
    """
    if not 1 <= len(addresses) <= MAX_ADDRESSES:
        raise InvalidInput(f"{len(addresses)} addresses cannot be given to phones", fix=f"give 1 to {MAX_ADDRESSES}")
    if voice_vlan is not None and not 1 <= voice_vlan <= 4094:
        raise InvalidInput(f"{voice_vlan} is no VLAN", fix="give a number from 1 to 4094")
    if voice_network is not None and voice_vlan is None:
        raise InvalidInput(f"which VLAN is {voice_network}?", fix="give its number: --voice-vlan")
    scope = VoiceScope(voice_vlan, voice_network) if voice_vlan is not None and voice_network is not None else None
    mark = {DhcpServer.IOS: "!", DhcpServer.KEA: "//"}.get(server, "#")
    notes = [
        "Cisco phones read option 150 (addresses) first and option 66 (one text) if there is no 150.",
        *_vlan_notes(voice_vlan),
    ]
    head = "".join(f"{mark} {line}\n" for line in notes)
    texts = [str(each) for each in addresses]
    body = _BODIES[server](texts) if scope is None else _SCOPES[server](texts, scope)
    return head + body.strip("\n") + "\n"


def _vlan_notes(vlan: int | None) -> list[str]:
    if vlan is None:
        return []
    return [
        f"Voice VLAN {vlan}: phones learn it from the switch (CDP or LLDP-MED), not from DHCP. On a Cisco switch port:",
        f"    switchport voice vlan {vlan}",
        "On another switch: LLDP-MED with a network policy of the application type voice, tagged, for this VLAN.",
        "Give the options to the scope of that VLAN, and let its router relay DHCP (ip helper-address) if the",
        "DHCP server is elsewhere. The phones' first request may come from the data VLAN: give them there as well.",
    ]


def _dnsmasq(addresses: Sequence[str]) -> str:
    return f"""
dhcp-option=150,{",".join(addresses)}
dhcp-option=66,"{addresses[0]}"
# Lets sepbridge see what the phones say they are:
log-dhcp
"""


def _kea(addresses: Sequence[str]) -> str:
    return f"""
// Put both lists into the Dhcp4 that is there; where it has such lists already, their entries go into those.
{{
  "Dhcp4": {{
    "option-def": [
      {{ "name": "cisco-tftp-servers", "code": 150, "type": "ipv4-address", "array": true, "space": "dhcp4" }}
    ],
    "option-data": [
      {{ "name": "cisco-tftp-servers", "code": 150, "space": "dhcp4", "data": "{", ".join(addresses)}" }},
      {{ "name": "tftp-server-name", "data": "{addresses[0]}" }}
    ]
  }}
}}
"""


def _isc(addresses: Sequence[str]) -> str:
    return f"""
option cisco-tftp-servers code 150 = array of ip-address;
option cisco-tftp-servers {", ".join(addresses)};
option tftp-server-name "{addresses[0]}";
"""


def _mikrotik(addresses: Sequence[str]) -> str:
    octets = "".join(IPv4Address(each).packed.hex() for each in addresses)
    return f"""
# In hexadecimal, because RouterOS versions differ in how they read quoted addresses.
/ip dhcp-server option
add name=cisco-tftp-150 code=150 value=0x{octets}
add name=cisco-tftp-66 code=66 value=0x{addresses[0].encode().hex()}
/ip dhcp-server option sets
add name=cisco-phones options=cisco-tftp-150,cisco-tftp-66
# For every network of the server; name one instead of [find] to limit it.
/ip dhcp-server network
set [find] dhcp-option-set=cisco-phones
"""


def _pfsense(addresses: Sequence[str]) -> str:
    return f"""
# Services > DHCP Server > (the phones' interface)
#   TFTP Server (option 66):             {addresses[0]}
#   Additional BOOTP/DHCP Options > Add:
#     Number 150, Type {_gui_option(addresses)}
# Save, and apply the changes.
"""


def _opnsense(addresses: Sequence[str]) -> str:
    return f"""
# Services > ISC DHCPv4 > (the phones' interface)
#   TFTP server > Set TFTP hostname:     {addresses[0]}
#   Additional options > Add:
#     Number 150, Type {_gui_option(addresses)}
# With Kea or dnsmasq as OPNsense's DHCP server, use what `--server kea` and `--server dnsmasq` print.
"""


def _dnsmasq_scope(addresses: Sequence[str], scope: VoiceScope) -> str:
    return f"""
dhcp-range=set:{scope.name},{scope.first},{scope.last},{scope.mask},12h
dhcp-option=tag:{scope.name},option:router,{scope.router}
dhcp-option=tag:{scope.name},150,{",".join(addresses)}
dhcp-option=tag:{scope.name},66,"{addresses[0]}"
# Lets sepbridge see what the phones say they are:
log-dhcp
"""


def _kea_scope(addresses: Sequence[str], scope: VoiceScope) -> str:
    return f"""
{{
  "Dhcp4": {{
    "option-def": [
      {{ "name": "cisco-tftp-servers", "code": 150, "type": "ipv4-address", "array": true, "space": "dhcp4" }}
    ],
    "subnet4": [
      {{
        "id": {scope.vlan},
        "subnet": "{scope.network}",
        "pools": [ {{ "pool": "{scope.first} - {scope.last}" }} ],
        "option-data": [
          {{ "name": "routers", "data": "{scope.router}" }},
          {{ "name": "cisco-tftp-servers", "code": 150, "space": "dhcp4", "data": "{", ".join(addresses)}" }},
          {{ "name": "tftp-server-name", "data": "{addresses[0]}" }}
        ]
      }}
    ]
  }}
}}
"""


def _isc_scope(addresses: Sequence[str], scope: VoiceScope) -> str:
    return f"""
option cisco-tftp-servers code 150 = array of ip-address;
subnet {scope.network.network_address} netmask {scope.mask} {{
  range {scope.first} {scope.last};
  option routers {scope.router};
  option cisco-tftp-servers {", ".join(addresses)};
  option tftp-server-name "{addresses[0]}";
}}
"""


def _mikrotik_scope(addresses: Sequence[str], scope: VoiceScope) -> str:
    options = _mikrotik(addresses).partition("# For every network")[0].strip("\n")
    return f"""
{options}
/ip pool
add name={scope.name} ranges={scope.first}-{scope.last}
/ip dhcp-server network
add address={scope.network} gateway={scope.router} dhcp-option-set=cisco-phones
/ip dhcp-server
add name={scope.name} interface=vlan{scope.vlan} address-pool={scope.name} disabled=no
"""


def _pfsense_scope(addresses: Sequence[str], scope: VoiceScope) -> str:
    return f"""
# Services > DHCP Server > (the interface of VLAN {scope.vlan}, {scope.network})
#   Address Pool Range:                  {scope.first} to {scope.last}
{_after_heading(_pfsense(addresses))}
"""


def _opnsense_scope(addresses: Sequence[str], scope: VoiceScope) -> str:
    return f"""
# Services > ISC DHCPv4 > (the interface of VLAN {scope.vlan}, {scope.network})
#   Range:                               {scope.first} to {scope.last}
{_after_heading(_opnsense(addresses))}
"""


def _after_heading(text: str) -> str:
    return text.strip("\n").partition("\n")[2]


def _windows_scope(addresses: Sequence[str], scope: VoiceScope) -> str:
    at = f"-ScopeId {scope.network.network_address}"
    return f"""
# PowerShell on the DHCP server.
Add-DhcpServerv4OptionDefinition -OptionId 150 -Name "Cisco TFTP servers" -Type IPv4Address -MultiValued
Add-DhcpServerv4Scope -Name "{scope.name}" -StartRange {scope.first} -EndRange {scope.last} -SubnetMask {scope.mask}
Set-DhcpServerv4OptionValue {at} -OptionId 3 -Value {scope.router}
Set-DhcpServerv4OptionValue {at} -OptionId 150 -Value {",".join(addresses)}
Set-DhcpServerv4OptionValue {at} -OptionId 66 -Value "{addresses[0]}"
"""


def _ios_scope(addresses: Sequence[str], scope: VoiceScope) -> str:
    last_kept = scope.network.network_address + _KEPT - 1
    return f"""
ip dhcp excluded-address {scope.router} {last_kept}
ip dhcp pool VOICE{scope.vlan}
 network {scope.network.network_address} {scope.mask}
 default-router {scope.router}
 option 150 ip {" ".join(addresses)}
 option 66 ascii "{addresses[0]}"
"""


def _freepbx_scope(addresses: Sequence[str], scope: VoiceScope) -> str:
    return f"""
# The DHCP page of FreePBX knows one network. Where the machine itself runs dnsmasq and has an address in the VLAN, put
# this into /etc/dnsmasq.d/sepbridge.conf and restart dnsmasq:
{_dnsmasq_scope(addresses, scope).strip(chr(10))}
"""


def _gui_option(addresses: Sequence[str]) -> str:
    if len(addresses) == 1:
        return f'"IP address or host", Value {addresses[0]}'
    octets = ":".join(f"{octet:02x}" for each in addresses for octet in IPv4Address(each).packed)
    return f'"String", Value {octets}   (without quotes: {", ".join(addresses)})'


def _windows(addresses: Sequence[str]) -> str:
    return f"""
# PowerShell on the DHCP server. Add -ScopeId 192.0.2.0 to the last two lines to limit them to one scope.
Add-DhcpServerv4OptionDefinition -OptionId 150 -Name "Cisco TFTP servers" -Type IPv4Address -MultiValued
Set-DhcpServerv4OptionValue -OptionId 150 -Value {",".join(addresses)}
Set-DhcpServerv4OptionValue -OptionId 66 -Value "{addresses[0]}"
"""


def _ios(addresses: Sequence[str]) -> str:
    return f"""
! PHONES stands for the pool from which phones get their addresses: `show running-config | section dhcp` names it.
ip dhcp pool PHONES
 option 150 ip {" ".join(addresses)}
 option 66 ascii "{addresses[0]}"
"""


def _freepbx(addresses: Sequence[str]) -> str:
    return f"""
# Admin > System Admin > DHCP Server has a field for one TFTP server: it is sent as option 66, which is enough
# for all models but the 7920.
#   TFTP server:  {addresses[0]}
# For option 150 as well, where the machine itself runs dnsmasq, put this into /etc/dnsmasq.d/sepbridge.conf and
# restart dnsmasq:
dhcp-option=150,{",".join(addresses)}
"""


_BODIES: dict[DhcpServer, Callable[[Sequence[str]], str]] = {
    DhcpServer.DNSMASQ: _dnsmasq,
    DhcpServer.KEA: _kea,
    DhcpServer.ISC: _isc,
    DhcpServer.MIKROTIK: _mikrotik,
    DhcpServer.PFSENSE: _pfsense,
    DhcpServer.OPNSENSE: _opnsense,
    DhcpServer.WINDOWS: _windows,
    DhcpServer.IOS: _ios,
    DhcpServer.FREEPBX: _freepbx,
}
_SCOPES: dict[DhcpServer, Callable[[Sequence[str], VoiceScope], str]] = {
    DhcpServer.DNSMASQ: _dnsmasq_scope,
    DhcpServer.KEA: _kea_scope,
    DhcpServer.ISC: _isc_scope,
    DhcpServer.MIKROTIK: _mikrotik_scope,
    DhcpServer.PFSENSE: _pfsense_scope,
    DhcpServer.OPNSENSE: _opnsense_scope,
    DhcpServer.WINDOWS: _windows_scope,
    DhcpServer.IOS: _ios_scope,
    DhcpServer.FREEPBX: _freepbx_scope,
}

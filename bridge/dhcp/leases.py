"""Leases given to phones, from the logs and lease files of dnsmasq and Kea (captured from 2.90 and 2.2.0).

dnsmasq tells the vendor class (option 60) with ``log-dhcp`` alone, Kea with debug level 55; their lease files hold
address, MAC and host name. What a client says of itself is never to be trusted.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from bridge.core import DeviceName, MacAddress
from bridge.errors import InvalidInput
from bridge.phones.vendorclass import VendorClass, parse_vendor_class

MAX_OPEN = 4096
"""Clients whose lease is waited for; beyond that the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One address given to one client."""

    mac: MacAddress
    address: str
    host_name: str = ""
    vendor_class: str = ""

    @property
    def phone(self) -> VendorClass | None:
        """What its vendor class says; None where that is no Cisco phone's, or not known."""
        return parse_vendor_class(self.vendor_class) if self.vendor_class else None

    @property
    def device(self) -> DeviceName | None:
        """The phone's name, if it is a Cisco phone by its vendor class or by its host name."""
        return _device(self.mac, self.host_name, self.phone)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One client that asked for an address and got none, by the server's own word."""

    mac: MacAddress
    why: str
    """``no address available``, ``ignored``."""
    host_name: str = ""
    vendor_class: str = ""

    @property
    def device(self) -> DeviceName | None:
        """The phone's name, as with a lease."""
        return _device(self.mac, self.host_name, parse_vendor_class(self.vendor_class) if self.vendor_class else None)


def _device(mac: MacAddress, host_name: str, phone: VendorClass | None) -> DeviceName | None:
    named = host_name.upper()
    if named in (f"SEP{mac.value}", f"ATA{mac.value}"):
        return DeviceName(named)
    if phone is None:
        return None
    ata = phone.model is not None and phone.model.name.upper().startswith("ATA")
    return DeviceName.from_mac(mac, "ATA" if ata else "SEP")


@dataclass(slots=True)
class _Said:
    """What a client said before it had its lease."""

    host_name: str = ""
    vendor_class: str = ""


_MAC = r"([0-9a-f]{2}(?::[0-9a-f]{2}){5})"
_V4 = r"(\d{1,3}(?:\.\d{1,3}){3})"
_DNSMASQ_SAYS = re.compile(r"dnsmasq-dhcp(?:\[\d+\])?: ")
"""Before each line where it writes to its standard error (``log-facility=-``), and so to the journal as it is."""
_DNSMASQ_CLASS = re.compile(r"(\d+) vendor class: (.*)", re.DOTALL)
_DNSMASQ_NAME = re.compile(r"(\d+) client provides name: (.*)", re.DOTALL)
_DNSMASQ_ACK = re.compile(rf"(?:(\d+) )?DHCPACK\(\S+\) {_V4} {_MAC} ?(.*)", re.DOTALL)
_DNSMASQ_NOTHING = re.compile(
    rf"(?:(\d+) )?DHCPDISCOVER\(\S+\) (?:{_V4} )?{_MAC} (no address available|no address configured|ignored)"
)
_KEA_QUERY = re.compile(rf".*\bDHCP4_QUERY_DATA \[hwtype=1 {_MAC}\].*", re.DOTALL)
_KEA_LEASE = re.compile(rf".*\bDHCP4_LEASE_ALLOC \[hwtype=1 {_MAC}\].*: lease {_V4} has been allocated.*", re.DOTALL)
_KEA_OPTION = re.compile(r' +type=(012|060), len=\d+: "(.*)" \(string\)', re.DOTALL)
_KEA_OTHER = re.compile(r".*\bDHCP[4S]\w+_\w+ ", re.DOTALL)


@dataclass(slots=True)
class DhcpLog:
    """Reads what dnsmasq and Kea log, line by line."""

    _said: OrderedDict[str, _Said] = field(default_factory=OrderedDict)
    """By transaction (dnsmasq) or MAC (Kea)."""
    _query: str = ""
    """The Kea client whose options the next lines tell."""

    def read(self, line: str) -> Lease | Unanswered | None:
        """A lease, or that there is none, when the line tells of it: what a program said, without the time stamp.

        Never raises. That Kea has no address for a client is not read.
        """
        if said_by := _DNSMASQ_SAYS.match(line):
            line = line[said_by.end() :]
        if match := _DNSMASQ_CLASS.fullmatch(line):
            self._of(match[1]).vendor_class = match[2][:255]
        elif match := _DNSMASQ_NAME.fullmatch(line):
            self._of(match[1]).host_name = match[2][:255]
        elif match := _DNSMASQ_ACK.fullmatch(line):
            said = self._said.pop(match[1], _Said()) if match[1] else _Said()
            return _lease(match[3], match[2], match[4] or said.host_name, said.vendor_class)
        elif match := _DNSMASQ_NOTHING.fullmatch(line):
            said = self._said.pop(match[1], _Said()) if match[1] else _Said()
            try:
                return Unanswered(MacAddress.parse(match[3]), match[4], said.host_name.strip()[:255], said.vendor_class)
            except InvalidInput:
                return None
        elif self._query and (match := _KEA_OPTION.fullmatch(line)):
            said = self._of(self._query)
            if match[1] == "060":
                said.vendor_class = match[2][:255]
            else:
                said.host_name = match[2][:255]
        elif match := _KEA_QUERY.fullmatch(line):
            self._query = match[1]
        elif _KEA_OTHER.match(line):
            self._query = ""
            if match := _KEA_LEASE.fullmatch(line):
                said = self._said.pop(match[1], _Said())
                return _lease(match[1], match[2], said.host_name, said.vendor_class)
        return None

    def _of(self, key: str) -> _Said:
        said = self._said.setdefault(key, _Said())
        self._said.move_to_end(key)
        if len(self._said) > MAX_OPEN:
            self._said.popitem(last=False)
        return said


def parse_lease_file(lines: Iterable[str]) -> dict[MacAddress, Lease]:
    """The newest lease of every client, from a lease file of dnsmasq or Kea. Lines of other forms are skipped."""
    leases: dict[MacAddress, Lease] = {}
    for line in lines:
        parts = line.split(",") if "," in line else line.split(" ")
        lease = None
        if "," in line and len(parts) >= 10 and parts[9] == "0":  # Kea, state: given
            lease = _lease(parts[1], parts[0], parts[8])
        elif "," not in line and len(parts) >= 5 and parts[0].isdecimal():
            lease = _lease(parts[1], parts[2], "" if parts[3] == "*" else parts[3])
        if lease is not None:
            leases[lease.mac] = lease
    return leases


def _lease(mac: str, address: str, host_name: str = "", vendor_class: str = "") -> Lease | None:
    try:
        return Lease(MacAddress.parse(mac), str(IPv4Address(address)), host_name.strip()[:255], vendor_class)
    except (InvalidInput, ValueError):
        return None

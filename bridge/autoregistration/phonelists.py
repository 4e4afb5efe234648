"""Allow and deny lists of phones: by MAC, by OUI, by network, by model (requirement AR-05)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from bridge.core import DeviceName
from bridge.core.mac import MacAddress
from bridge.errors import InvalidInput

_OUI = re.compile(r"[0-9A-F]{6}")
MAX_ENTRIES = 1_000


class ListKind(StrEnum):
    """What an entry compares."""

    MAC = "mac"
    OUI = "oui"
    NETWORK = "network"
    MODEL = "model"


@dataclass(frozen=True, slots=True, order=True)
class ListEntry:
    """One entry; written ``kind:value``, the value in its plainest form."""

    kind: ListKind
    value: str

    @classmethod
    def parse(cls, text: str) -> ListEntry:
        """Read ``mac:…``, ``oui:001122``, ``network:10.0.0.0/8`` or ``model:`` and a device type number.

        Raises InvalidInput.
        """
        word, colon, value = text.strip().partition(":")
        value = value.strip()
        try:
            kind = ListKind(word.lower())
        except ValueError:
            kind = None
        if kind is None or not colon or not value:
            raise InvalidInput(
                f"{text!r} is no entry of a list of phones",
                fix="write mac:001122AABBCC, oui:001122, network:10.0.0.0/8 or model:7961",
            )
        match kind:
            case ListKind.MAC:
                return cls(kind, MacAddress.parse(value).value)
            case ListKind.OUI:
                bare = re.sub(r"[:.\-]", "", value).upper()
                if not _OUI.fullmatch(bare):
                    raise InvalidInput(f"{value!r} is no OUI", fix="give the six first digits of a MAC address")
                return cls(kind, bare)
            case ListKind.NETWORK:
                try:
                    return cls(kind, str(ip_network(value)))
                except ValueError as error:
                    raise InvalidInput(
                        f"{value!r} is not a network", why=str(error), fix="write it like 10.0.0.0/24"
                    ) from None
            case ListKind.MODEL:
                if not value.isascii() or not value.isdigit():
                    raise InvalidInput(f"{value!r} is no device type number", fix="see docs/phones.md")
                return cls(kind, str(int(value)))

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def address_of(client: str) -> IPv4Address | IPv6Address | None:
    """The address that a socket tells; an IPv4 client of a socket for both families is an IPv4 address."""
    try:
        address = ip_address(client)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def matches(
    entries: Iterable[ListEntry], device: DeviceName, client: str, model_number: int | None
) -> ListEntry | None:
    """The first entry that the phone matches; entries for models match nobody whose model is not known."""
    mac = device.mac
    address = address_of(client)
    for entry in entries:
        match entry.kind:
            case ListKind.MAC:
                found = mac is not None and mac.value == entry.value
            case ListKind.OUI:
                found = mac is not None and mac.oui == entry.value
            case ListKind.NETWORK:
                found = address is not None and address in ip_network(entry.value)
            case ListKind.MODEL:
                found = model_number is not None and str(model_number) == entry.value
        if found:
            return entry
    return None

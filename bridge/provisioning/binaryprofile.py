"""Binary profiles: the form in which 7905, 7912, ATA 186 and ATA 188 read their settings (RG-32).

Admins write such a profile as a text, ``Name:Value`` line by line below ``#txt``, and the maker's tool ``cfgfmt`` turns
it into what the phone reads. Our templates give the same text, and this module does the tool's part.

The layout, every number with its highest octet first: ``#ata``; record 0x7FFE, whose four octets are the sum of all
octets behind it, modulo 65536, and their count; then the records. A record is its number, the length of its value, and
the value. Number and length take one octet below 0x80, else two, with the highest bit of the first one set. Records
above 255 stand first, as the text has them, then the others by number.

Sources: the lists of parameters that come with the firmware, as published with sipXecs, and a public analysis of the
format (kugg/ATA-tools) with octets that the maker's tool gave, by which the tests judge. Not written: encrypted
profiles, and those of 2,000 octets and more, which the tool splits.
"""

from __future__ import annotations

import csv
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from ipaddress import AddressValueError, IPv4Address

from bridge.errors import ConfigurationError

TEXT_MAGIC = "#txt"
BINARY_MAGIC = b"#ata"
LARGEST = 2000
"""Octets. Larger ones are split into two files by the maker's tool."""
_CHECK = 0x7FFE
_FIRST_PSEUDO = 0xFF
_LONG = 0x80
_SHORT = 1 << 16
_UPGRADE_FIELDS = 8
_LONGEST_IMAGE = 31


class ProfileReader(StrEnum):
    """Who reads a profile: some numbers mean other things to the others."""

    PHONE = "phone"
    """7905 and 7912 with SIP firmware."""
    ADAPTER = "adapter"
    """ATA 186 and 188."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of profiles."""

    name: str
    number: int
    kind: str
    octets: int


def compile_profile(text: str, reader: ProfileReader) -> bytes:
    """The binary form of a profile's text. Raises ConfigurationError for a line that the phone could not use."""
    first, *lines = text.splitlines() or [""]
    if first.strip() != TEXT_MAGIC:
        raise ConfigurationError(
            "the text of a profile has no beginning", why=f"its first line is not {TEXT_MAGIC}", fix="mend the template"
        )
    known = _parameters(reader)
    pseudo: dict[int, bytes] = {}
    plain: dict[int, bytes] = {}
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        parameter = known.get(name.strip().lower())
        if parameter is None or not colon:
            raise ConfigurationError(
                f"{name.strip()[:40]!r} is no parameter of the profile of such a {reader}",
                fix="write Name:Value, with the names of the maker's own list",
            )
        (plain if parameter.number < _FIRST_PSEUDO else pseudo)[parameter.number] = _encoded(parameter, value.strip())
    records = [*pseudo.items(), *sorted(plain.items())]
    body = b"".join(_counted(number) + _counted(len(value)) + value for number, value in records)
    check = _counted(_CHECK) + _counted(4) + struct.pack(">HH", sum(body) % _SHORT, len(body))
    profile = BINARY_MAGIC + check + body
    if len(profile) >= LARGEST:
        raise ConfigurationError(
            f"the profile has {len(profile)} octets", why=f"such a {reader} takes less than {LARGEST} in one file"
        )
    return profile


def profile_trouble(profile: bytes) -> str:
    """Why a phone would drop a profile as a whole; empty when its sum and its length are right."""
    head = len(BINARY_MAGIC) + len(_counted(_CHECK) + _counted(4))
    body = profile[head + 4 :]
    if profile[:head] != BINARY_MAGIC + _counted(_CHECK) + _counted(4):
        return "it does not begin as a profile does"
    if profile[head : head + 4] != struct.pack(">HH", sum(body) % _SHORT, len(body)):
        return "its sum or its length is wrong"
    return "" if len(profile) < LARGEST else f"it has {LARGEST} octets or more"


def _counted(number: int) -> bytes:
    """A number of at most 15 bits in one or two octets."""
    return bytes((number,)) if number < _LONG else bytes((_LONG | number >> 8, number & 0xFF))


def _encoded(parameter: Parameter, value: str) -> bytes:
    try:
        encoded = _ENCODERS[parameter.kind](value, parameter.octets)
    except (ValueError, AddressValueError, struct.error, UnicodeEncodeError):
        # Never the value itself: it may be a password.
        raise ConfigurationError(
            f"{parameter.name} of a profile cannot hold that",
            why=f"it is of the kind {parameter.kind}, in {parameter.octets} octets",
            fix="mend the template, or what the site says for it",
        ) from None
    return encoded


def _flag(value: str, _octets: int) -> bytes:
    return bytes((("0", "1", "false", "true").index(value.lower()) % 2,))


def _address(value: str, _octets: int) -> bytes:
    return bytes(4) if value == "0" else IPv4Address(value).packed


def _endpoint(value: str, octets: int) -> bytes:
    """``192.0.2.1.514``: an address, a dot, and a port."""
    if value == "0":
        return bytes(octets)
    address, _, port = value.rpartition(".")
    return IPv4Address(address).packed + struct.pack(">H", int(port))


def _integer(value: str, _octets: int) -> bytes:
    return struct.pack(">i", int(value, 0))


def _bits(value: str, _octets: int) -> bytes:
    return struct.pack(">I", int(value, 0))


def _numbers(value: str, octets: int) -> bytes:
    """Numbers of two octets with commas between them; what is missing is 0."""
    numbers = [int(each, 0) % _SHORT for each in value.split(",")]
    if len(numbers) * 2 > octets:
        raise ValueError
    return struct.pack(f">{len(numbers)}H", *numbers).ljust(octets, b"\0")


def _text(value: str, octets: int) -> bytes:
    encoded = value.encode("latin-1")
    if len(encoded) >= octets:  # the phone keeps a 0 behind it
        raise ValueError
    return encoded


def _upgrade(value: str, _octets: int) -> bytes:
    """Policy, hardware, two numbers of the software, server, port, image's number and name."""
    fields = value.split(",")
    if len(fields) != _UPGRADE_FIELDS or len(fields[-1]) > _LONGEST_IMAGE:
        raise ValueError
    policy, hardware, kind, version, address, port, image, name = fields
    numbers = struct.pack(">BIHH", int(policy, 0), int(hardware, 0), int(kind, 0), int(version, 0))
    where = IPv4Address(address).packed + struct.pack(">HI", int(port, 0), int(image, 0))
    return numbers + where + name.encode("ascii") + b"\0"


_ENCODERS: Mapping[str, Callable[[str, int], bytes]] = {
    "flag": _flag,
    "address": _address,
    "endpoint": _endpoint,
    "integer": _integer,
    "bits": _bits,
    "numbers": _numbers,
    "text": _text,
    "upgrade": _upgrade,
}


@cache
def _parameters(reader: ProfileReader) -> Mapping[str, Parameter]:
    """The parameters by name in lower case."""
    text = (resources.files("bridge.provisioning") / "data" / "profileparameters.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if reader in row["readers"].split()]
    return {
        row["name"].lower(): Parameter(row["name"], int(row["number"], 0), row["kind"], int(row["octets"]))
        for row in rows
    }

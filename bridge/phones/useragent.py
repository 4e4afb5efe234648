"""What a phone's User-Agent says about it, in SIP and in HTTP (phone boot reference, section 8).

``Cisco-CP7841/10.1.1`` is enterprise firmware, ``Cisco-CP-8851-3PCC/11.3.7`` the same hardware with MPP firmware,
``Cisco/SPA504G-7.4.4 (<MAC>)(<serial>)`` an SPA phone, ``Cisco/ATA191-MPP-<version> (<serial>)`` an ATA.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bridge.core import MacAddress
from bridge.phones.catalogue import ConfigFamily, Model, catalogue

_LONGEST = 200
_FLAGS = re.IGNORECASE | re.ASCII
_ENTERPRISE_OR_MPP = re.compile(r"Cisco-CP-?([A-Z0-9][A-Z0-9 -]{2,30}?)(-3PCC)?/([\w.()-]{1,40})(.*)", _FLAGS)
_SPA_OR_ATA = re.compile(r"Cisco/(SPA[\w]{3,8}|PAP2T|ATA\d{3})(-MPP)?-([\w.()]{1,40})(.*)", _FLAGS)
_MAC_IN_BRACKETS = re.compile(r"\(([0-9A-F]{12})\)", _FLAGS)


class FirmwareKind(StrEnum):
    """Which kind of firmware runs on the phone; it decides the format of the configuration (RG-32)."""

    ENTERPRISE = "enterprise"
    """Reads ``SEP<MAC>.cnf.xml``."""
    MPP = "mpp"
    """Multiplatform ("3PCC"): reads flat-profile XML."""
    SPA = "spa"


@dataclass(frozen=True, slots=True)
class PhoneAgent:
    """A phone, as its User-Agent describes it."""

    product: str
    """The model as the phone writes it, for example ``7970G``."""
    firmware: FirmwareKind
    version: str
    model: Model | None
    """None where the catalogue has no such model."""
    mac: MacAddress | None = None


def parse_user_agent(text: str) -> PhoneAgent | None:
    """The phone behind a User-Agent, or None for any other program. Never raises."""
    return _parse(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=1024)
def _parse(text: str) -> PhoneAgent | None:
    if match := _ENTERPRISE_OR_MPP.match(text.strip()):
        product, version, rest = match[1].upper(), match[3], match[4]
        firmware = FirmwareKind.MPP if match[2] else FirmwareKind.ENTERPRISE
        model: Model | None
        plain = catalogue().by_name(product)
        if plain is not None and plain.family is ConfigFamily.PHONEOS:
            model, firmware = plain, FirmwareKind.MPP  # with or without the ending
        else:
            model = catalogue().by_name(product + "-3PCC") if match[2] else plain
    elif match := _SPA_OR_ATA.match(text.strip()):
        product, version, rest = match[1].upper(), match[3], match[4]
        model = catalogue().by_name(product + "-MPP" if match[2] else product)
        if match[2]:
            firmware = FirmwareKind.MPP
        elif product.startswith("ATA"):
            firmware = FirmwareKind.ENTERPRISE
        else:
            firmware = FirmwareKind.SPA
    else:
        return None
    mac = _MAC_IN_BRACKETS.search(rest)
    return PhoneAgent(product, firmware, version, model, MacAddress(mac[1].upper()) if mac else None)


def firmware_of(model: Model) -> FirmwareKind:
    """The kind of firmware that a catalogue row stands for."""
    if model.family in {ConfigFamily.MPP, ConfigFamily.MPP_ATA, ConfigFamily.PHONEOS}:
        return FirmwareKind.MPP
    if model.family in {ConfigFamily.SPA, ConfigFamily.SPA9XX, ConfigFamily.SPA_ATA}:
        return FirmwareKind.SPA
    return FirmwareKind.ENTERPRISE

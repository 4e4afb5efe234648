"""What DHCP option 60 says about a phone (phone boot reference, section 8.1).

Texts that are documented word for word stand in ``data/vendor_classes.csv``; everything else is read by their common
form. Trailing NUL bytes are padding.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from bridge.phones.catalogue import Model, catalogue
from bridge.phones.useragent import FirmwareKind, firmware_of

_LONGEST = 255
_FORM = re.compile(
    r"(?:Phone |CISCO |Cisco )(?:CP-)?((?:SPA|ATA ?|PAP)?\d{2,4}[A-Z0-9-]{0,8}?)(-3PCC|-MPP)?\Z",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class VendorClass:
    """A Cisco phone, as its vendor class describes it."""

    text: str
    model: Model | None
    """None when only the vendor is named (6901, universal loader), or the catalogue has no such model."""
    firmware: FirmwareKind | None
    """None when it cannot be told."""


def parse_vendor_class(option: bytes | str) -> VendorClass | None:
    """What a DHCP client with this option 60 is; None for what is no Cisco phone. Never raises."""
    text = (option.decode("latin-1") if isinstance(option, bytes) else option)[: _LONGEST + 1].rstrip("\0").strip()
    if len(text) > _LONGEST:
        return None
    if (documented := _documented().get(text.lower())) is not None:
        return documented
    if not text.lower().startswith("cisco"):
        return None
    match = _FORM.search(text)
    if match is None:
        return VendorClass(text, None, None) if text.lower().startswith("cisco systems") else None
    model = catalogue().by_name(match[1] + (match[2] or ""))
    if match[2]:
        return VendorClass(text, model, FirmwareKind.MPP)
    return VendorClass(text, model, firmware_of(model) if model is not None else None)


@lru_cache(maxsize=1)
def _documented() -> dict[str, VendorClass]:
    table = (resources.files("bridge.phones") / "data" / "vendor_classes.csv").read_text(encoding="utf-8")
    return {
        row["text"].lower(): VendorClass(
            row["text"],
            catalogue().by_name(row["model"]) if row["model"] else None,
            FirmwareKind(row["firmware"]) if row["firmware"] else None,
        )
        for row in csv.DictReader(table.splitlines())
    }

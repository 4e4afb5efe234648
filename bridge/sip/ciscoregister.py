"""What a Cisco phone says of itself in a REGISTER (reference: phone boot, section 8; chan_pjsip with Cisco, section 5).

Nothing here fails: a phone that says less is known by less. Matching is loose, since firmware and softphones spell the
parameters differently (``+u.sip!devicename.ccm.cisco.com``, ``…ccm.features.cisco.com``) and repeat them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sipmessage import Address, Request

from bridge.core import DeviceName, MacAddress
from bridge.errors import InvalidInput
from bridge.sip.addressing import parse_address
from bridge.sip.message import contact_of

_FIELD = re.compile(r"\b(Name|Load|ActiveLoad|InactiveLoad|Last)=([^\s\",;]{1,64})")
_LOAD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DEVICE = re.compile(r"(?:SEP|ATA)[0-9A-Fa-f]{12}", re.IGNORECASE)
_MODEL = re.compile(r"[0-9]{1,6}")
LONGEST_TEXT = 128


@dataclass(frozen=True, slots=True)
class PhoneIdentity:
    """What the phone said. Empty where it said nothing."""

    device: DeviceName | None = None
    model_number: int | None = None
    """CUCM's device type number: 622 is a 7841."""
    user_agent: str = ""
    load: str = ""
    """The firmware that runs."""
    inactive_load: str = ""
    last_cause: str = ""
    """Why it restarted last, in its own word: ``initialized``, ``reset-reset`` …"""


def identify(request: Request) -> PhoneIdentity:
    """Read a REGISTER's Contact, Reason, User-Agent and From."""
    reason = dict(_FIELD.findall(" ".join(request.headers.getlist("Reason"))))
    contact = contact_of(request)
    return PhoneIdentity(
        device=next(_devices(request, contact, reason.get("Name", "")), None),
        model_number=_model_number(contact),
        user_agent=(request.headers.get("User-Agent") or "")[:LONGEST_TEXT],
        load=_load(reason.get("ActiveLoad") or reason.get("Load") or ""),
        inactive_load=_load(reason.get("InactiveLoad") or ""),
        last_cause=reason.get("Last", ""),
    )


def _devices(request: Request, contact: Address | None, name_in_reason: str) -> Iterator[DeviceName]:
    """Best evidence first."""
    if contact is not None:
        for name, value in contact.parameters.items():
            if "devicename" in name and value and (device := _device(value)):
                yield device
        for name, value in contact.parameters.items():
            if "sip.instance" in name and value and (device := _device_of_instance(value)):
                yield device
    if device := _device(name_in_reason):
        yield device
    for text in (request.headers["From"], request.headers["To"]):
        try:
            user = parse_address(text).uri.user or ""
        except ValueError:
            continue
        if _DEVICE.fullmatch(user) and (device := _device(user)):
            yield device


def _device(text: str) -> DeviceName | None:
    try:
        return DeviceName.parse(text)
    except InvalidInput:
        return None


def _device_of_instance(text: str) -> DeviceName | None:
    digits = re.sub(r"[^0-9A-Fa-f]", "", text.rpartition(":")[2])
    if len(digits) < 12:
        return None
    mac = MacAddress.parse(digits[-12:])
    return None if mac.is_multicast else DeviceName.from_mac(mac)


def _model_number(contact: Address | None) -> int | None:
    if contact is not None:
        for name, value in contact.parameters.items():
            if "model" in name and value and _MODEL.fullmatch(value):
                return int(value)
    return None


def _load(text: str) -> str:
    return text if _LOAD.fullmatch(text) else ""

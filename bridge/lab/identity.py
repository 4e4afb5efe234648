"""How a phone presents itself to a registrar: User-Agent, Contact, Supported and Reason of its REGISTER.

Source: SIP reference for Cisco phones, section 5 ("REGISTER of a real phone"); phone boot reference, section 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from bridge.core import DeviceName, MacAddress, SignallingProtocol
from bridge.lab.binaryfile import BINARY_FAMILIES
from bridge.lab.bootfiles import load_version
from bridge.lab.flatfile import FLAT_FAMILIES, product_name
from bridge.lab.lastreset import LastReset
from bridge.phones import ConfigFamily, Model, catalogue, parse_load

SUPPORTED = (
    "replaces,join,norefersub,extended-refer,X-cisco-callinfo,X-cisco-serviceuri,X-cisco-escapecodes,"
    "X-cisco-service-control,X-cisco-srtp-fallback,X-cisco-monrec,X-cisco-config,X-cisco-sis-7.0.0,X-cisco-xsi-8.5.1"
)
_RANDOM_CONTACT = {
    ConfigFamily.SERIES_78XX,
    ConfigFamily.SERIES_88XX,
    ConfigFamily.SERIES_88XX_WIRELESS,
    ConfigFamily.SERIES_88XX_CONFERENCE,
}
"""Families whose Contact has a new random user after every boot."""
_SERIAL = "CCQ00000000"
_BOTH_BANKS = 9
"""Loads from this version on name both firmware banks in their alarm."""


@dataclass(frozen=True, slots=True)
class PhoneIdentity:
    """One phone: hardware, address, firmware."""

    model: Model
    mac: MacAddress
    load: str

    @property
    def device(self) -> DeviceName:
        """``SEP`` and the MAC."""
        return DeviceName.from_mac(self.mac, self.model.device_prefix or "SEP")

    @property
    def protocol(self) -> SignallingProtocol | None:
        """What the firmware speaks, as far as its name tells."""
        return parse_load(self.load).protocol or self.model.only_protocol

    @property
    def user_agent(self) -> str:
        """``Cisco-CP8841/12.8.1``; ``Cisco-CP-8841-3PCC/12.0.7 (<MAC>)``; ``Cisco/SPA504G-7.5.5 (<MAC>)(<serial>)``."""
        version = ".".join(str(number) for number in load_version(self.load)[:3])
        match self.model.family:
            case ConfigFamily.MPP | ConfigFamily.PHONEOS:
                return f"Cisco-CP-{product_name(self.model)}/{version or '12.0.7'} ({self.mac.value.lower()})"
            case ConfigFamily.MPP_ATA:
                return f"Cisco/{product_name(self.model)}-{version or '11.1.0'} ({_SERIAL})"
            case ConfigFamily.SPA | ConfigFamily.SPA9XX | ConfigFamily.SPA_ATA:
                return f"Cisco/{self.model.name}-{version or '7.5.5'} ({self.mac.value})({_SERIAL})"
        return f"Cisco-CP{self.model.name}/{version or '0'}"

    @property
    def contact_parameters(self) -> str:
        """What stands behind the Contact's address."""
        if self.model.family in FLAT_FAMILIES | BINARY_FAMILIES:
            return ""
        number = "" if self.model.number is None else f';+u.sip!model.ccm.cisco.com="{self.model.number}"'
        return (
            f';+sip.instance="<urn:uuid:00000000-0000-0000-0000-{self.mac.value.lower()}>"'
            f';+u.sip!devicename.ccm.cisco.com="{self.device}"{number}'
        )

    def contact_user(self, wanted: str, chance: UUID) -> str:
        """User part of the Contact: a random one on newer phones, else what the file says."""
        return str(chance) if self.model.family in _RANDOM_CONTACT else wanted

    def reason(self, last: LastReset) -> str:
        """The Reason header: loads, and what made the phone boot (``initialized``, ``reset-restart`` …).

        SIP phones write those words small (diagnosis reference, section 9).
        """
        new = load_version(self.load)[:1] >= (_BOTH_BANKS,)
        loads = f"ActiveLoad={self.load} InactiveLoad={self.load}" if new else f"Load={self.load}"
        return f'SIP;cause=200;text="cisco-alarm:{last.number} Name={self.device} {loads} Last={last.text.lower()}"'


def default_load(model: Model) -> str:
    """A plausible SIP load for a model that nobody gave one: what the shelf's phones of that kind run."""
    known = _SHELF.get(model.family, "")
    return known or model.sip_load


_SHELF = {
    ConfigFamily.SERIES_78XX: "sip78xx.12-8-1-0101-482",
    ConfigFamily.SERIES_88XX: "sip88xx.12-8-1-0101-482",
    ConfigFamily.SIPPHONE_7940_60: "P0S3-8-12-00",
}


def model_named(name: str) -> Model:
    """The catalogue's model. Raises NotFound with names that are close."""
    return catalogue().require(name)

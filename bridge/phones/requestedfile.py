"""What one requested file name can say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.core import DeviceName, SignallingProtocol
from bridge.phones.catalogue import ConfigFamily


class FileKind(StrEnum):
    """What a name asks for."""

    INVALID = "invalid"
    """Hostile or broken: leaves the tree, holds control characters, is empty or over-long."""
    NOT_A_DEVICE = "not-a-device"
    """Built like a device's file, but what stands where the MAC belongs is none."""
    TRUST_LIST = "trust-list"
    DEVICE = "device"
    """``SEP<MAC>.cnf.xml`` and its twins: the device's own file."""
    DEFAULT = "default"
    """``XMLDefault.cnf.xml``."""
    SOFTPHONE = "softphone"
    """``CSF<USER>.cnf.xml`` and its like, without a MAC."""
    OLD_DEVICE = "old-device"
    """``SEP<MAC>.cnf``, ``SEPDefault.cnf``: the binary form of the first generation."""
    SIP_TEXT = "sip-text"
    """``SIP<MAC>.cnf`` of the 7940 and 7960."""
    SIP_TEXT_DEFAULT = "sip-text-default"
    IMAGE_NAME = "image-name"
    """``OS79XX.TXT``."""
    PROFILE = "profile"
    """``ld``, ``gk``, ``ff`` or ``ata`` and a MAC: binary profile of 7905, 7912, 7902, ATA 186."""
    PROFILE_DEFAULT = "profile-default"
    DEFAULT_LOADS = "default-loads"
    """``termNN.default.loads``, after a factory reset."""
    LOADS = "loads"
    FIRMWARE = "firmware"
    LOCALE = "locale"
    TONES = "tones"
    DIAL_TEMPLATE = "dial-template"
    SOFTKEYS = "softkeys"
    FEATURE_POLICY = "feature-policy"
    APPLICATION_DIAL_RULES = "application-dial-rules"
    RING_LIST = "ring-list"
    RING = "ring"
    WALLPAPER_LIST = "wallpaper-list"
    WALLPAPER = "wallpaper"
    HEADSET = "headset"
    SYNC_INFO = "sync-info"
    WIRELESS_PROFILE = "wireless-profile"
    TIME_ZONES = "time-zones"
    SSH_KEYS = "ssh-keys"
    FLAT_PROFILE = "flat-profile"
    """The other configuration format: MPP, SPA, ATA MPP, 9800. With a device it is its own, else that of a model."""
    COMMUNICATOR = "communicator"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RequestedFile:
    """What one requested name says."""

    kind: FileKind
    canonical: str
    """The proper name: prefixes gone, slashes forward, known names in their proper case, no ``.sgn``."""
    device: DeviceName | None = None
    """The device whose own file it is. A MAC proves vendor and address, never the model."""
    signed: bool = False
    """Asked with ``.sgn``: the phone holds a trust list (or came over HTTPS)."""
    encrypted: bool = False
    """Asked with ``.enc.sgn``."""
    families: frozenset[ConfigFamily] = frozenset()
    """Families of which the name is proof: the phone is of one of these. Empty: the name does not tell."""
    models: frozenset[str] = frozenset()
    """Catalogue names of which the name is proof, in the same way."""
    protocol: SignallingProtocol | None = None
    """What the firmware that asks speaks, where the name tells: the phone has that firmware, or is loading it."""
    second_port_digits: str = ""
    """An ATA's second port is called after its MAC without the first two digits, then ``01``. These are the ten
    digits with which the MAC of the box would end if this name is such a one."""

    onboarding_code: str = ""
    """The digits of the one-time code that stands before the name of a flat profile."""

    def is_for(self, device: DeviceName) -> bool:
        """Whether this is the device's own file, be it that of an ATA's second port."""
        if self.device == device:
            return True
        digits = self.second_port_digits
        return bool(digits) and device.prefix == "ATA" and device.value.endswith(digits)


def second_port(device: DeviceName) -> DeviceName | None:
    """The name under which an ATA's second port asks for its file; None for what is no ATA."""
    mac = device.mac
    return DeviceName("ATA" + mac.value[2:] + "01") if mac is not None and device.prefix == "ATA" else None

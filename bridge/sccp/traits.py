"""How the phones of one device type differ from the rest, as far as a server must know.

Source: SCCP flows reference, sections 1.2, 2 and 8; SCCP enumerations reference, section 7.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.sccp.devicetypes import SPCP, DeviceType


@dataclass(frozen=True, slots=True)
class StationTraits:
    """What a device type has, and what it cannot bear. The defaults fit the phones with soft keys from the 7940 on."""

    softkeys: bool = True
    """Has soft keys; the others have fixed keys, or a hook switch alone."""
    conference_keys: bool = True
    """Knows the soft-key set for the second step of a conference; a 69xx shows that of a connected call instead."""
    prompt: bool = True
    """Has a prompt line."""
    display: bool = True
    """Shows text at all."""
    message_lamp: bool = True
    """Has a lamp for messages; without one a stutter dial tone tells of them."""
    speaker: bool = True
    """Has a loudspeaker to talk with."""
    legacy: bool = False
    """Of the 12SP era: knows the messages that make newer phones reset themselves."""
    keepalive_tolerance: float = 1.05
    """How many keepalive intervals of silence are borne."""
    ready_with_lines: bool = False
    """Registration ends with RegisterAvailableLines instead of TimeDateReq."""
    static_call_info: bool = False
    """Wants CallInfo in its static form whatever the version."""
    early_open: bool = True
    """May hear ring-back while a receive channel is open."""
    stop_closes_both: bool = False
    """Closes its receiving side, too, when it is told to stop sending."""
    inverted_presentation: bool = False
    """Reads the presentation bits of CallInfo the other way round."""
    hold_names_first_line: bool = False
    """Its hold button always names line 1: the call reference counts."""
    silent_dnd: bool = True
    """Its do-not-disturb may silence the ringer; without that it can only reject."""
    max_version: int | None = None
    """Never speak a newer version than this with it; None for whatever it offers."""


_PLAIN = StationTraits()
_LEGACY = StationTraits(softkeys=False, message_lamp=False, legacy=True)
_69XX = StationTraits(conference_keys=False)
_ANALOG = StationTraits(softkeys=False, prompt=False, display=False, message_lamp=False, speaker=False)
_JAVA_OF_79X1 = StationTraits(stop_closes_both=True)
_SLOW = StationTraits(keepalive_tolerance=1.20)
_SERIES_69 = StationTraits(conference_keys=False)
_SPA = StationTraits(ready_with_lines=True, static_call_info=True, hold_names_first_line=True)

TRAITS: dict[DeviceType, StationTraits] = {
    DeviceType.CISCO_30SP_PLUS: _LEGACY,
    DeviceType.CISCO_12SP_PLUS: _LEGACY,
    DeviceType.CISCO_12SP: _LEGACY,
    DeviceType.CISCO_12: _LEGACY,
    DeviceType.CISCO_30VIP: _LEGACY,
    DeviceType.VIRTUAL_30SP_PLUS: _LEGACY,
    DeviceType.ATA_186: _ANALOG,
    DeviceType.ATA_188: _ANALOG,
    DeviceType.VGC_PHONE: _ANALOG,
    DeviceType.VGC_VIRTUAL_PHONE: _ANALOG,
    DeviceType.ANALOG_PHONE: _ANALOG,
    DeviceType.ISDN_BRI_PHONE: _ANALOG,
    DeviceType.CISCO_7902G: replace(_PLAIN, softkeys=False, prompt=False, display=False, speaker=False),
    DeviceType.CISCO_7910: replace(_PLAIN, softkeys=False, early_open=False),
    DeviceType.CISCO_7920: replace(_PLAIN, inverted_presentation=True),
    DeviceType.CISCO_7921G: _SLOW,
    DeviceType.CISCO_7925G: _SLOW,
    DeviceType.CISCO_7926G: _SLOW,
    DeviceType.CISCO_7970G: _SLOW,
    DeviceType.CISCO_7975G: _SLOW,
    DeviceType.CISCO_7941G: _JAVA_OF_79X1,
    DeviceType.CISCO_7941G_GE: _JAVA_OF_79X1,
    DeviceType.CISCO_7961G: _JAVA_OF_79X1,
    DeviceType.CISCO_7961G_GE: _JAVA_OF_79X1,
    DeviceType.CISCO_7906G: replace(_PLAIN, speaker=False),
    DeviceType.CISCO_7911G: replace(_JAVA_OF_79X1, speaker=False),
    DeviceType.CISCO_7971G_GE: _JAVA_OF_79X1,
    DeviceType.CISCO_7971G_GE_OTHER: _JAVA_OF_79X1,
    DeviceType.CISCO_6901: _ANALOG,
    DeviceType.CISCO_6911: replace(_PLAIN, prompt=False, keepalive_tolerance=1.20, conference_keys=False),
    DeviceType.CISCO_6921: _SERIES_69,
    DeviceType.CISCO_6941: _SERIES_69,
    DeviceType.CISCO_6945: _SERIES_69,
    DeviceType.CISCO_6961: _SERIES_69,
    DeviceType.CISCO_8941: replace(_PLAIN, prompt=False, stop_closes_both=True, silent_dnd=False),
    DeviceType.CISCO_8945: replace(_PLAIN, prompt=False, stop_closes_both=True, silent_dnd=False),
    **dict.fromkeys(SPCP, _SPA),
}
"""Device types that depart from the defaults."""


def traits_of(device_type: DeviceType) -> StationTraits:
    """The traits of a device type; an unknown one counts as a phone with soft keys."""
    return TRAITS.get(device_type, _PLAIN)

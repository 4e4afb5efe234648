"""VLAN and switch neighbour out of a phone's XML alarm, ``LastOutOfServiceInformation``.

Source: diagnosis reference, section 3.2. One of its values may be the unescaped text ``<not open>``, so the document is
not well-formed and no XML parser reads it: only the few parameters that are wanted are looked for.
"""

from __future__ import annotations

import re
from html import unescape

from bridge.core.place import NO_VLAN, NOWHERE, NetworkPlace

_LONGEST = 8_192
_MOST = 64
"""Characters of a name that a switch announces."""
_VALUE = r'<(?:String|Enum) name="{}">([^<]{{0,256}})</'
_VLAN, _SWITCH, _PORT = (
    re.compile(_VALUE.format(name)) for name in ("VoiceVLAN", "NeighborDeviceID", "NeighborPortID")
)


def place_of_alarm(document: str) -> NetworkPlace:
    """What the alarm says of the phone's place; ``NOWHERE`` for any other text. Never raises."""
    document = document[:_LONGEST]
    if "LastOutOfServiceInformation" not in document:
        return NOWHERE
    vlan = _found(_VLAN, document)
    number = int(vlan) if vlan.isascii() and vlan.isdigit() and len(vlan) <= 4 else 0
    return NetworkPlace(number if 0 < number < NO_VLAN else 0, _found(_SWITCH, document), _found(_PORT, document))


def _found(wanted: re.Pattern[str], document: str) -> str:
    match = wanted.search(document)
    text = unescape(match[1]) if match else ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_MOST]

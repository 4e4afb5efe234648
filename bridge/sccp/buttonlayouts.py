"""Which buttons each model has, and how a user's lines and speed dials are laid on them.

Source: SCCP enumerations reference, section 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, repeat

from bridge.sccp.buttons import MAX_BUTTONS, ButtonDefinition
from bridge.sccp.devicetypes import DeviceType
from bridge.sccp.stimuli import StimulusType

MULTI = None
"""A button that may be a line, a speed dial, or whatever the user has."""

Layout = tuple[StimulusType | None, ...]

_LINE = StimulusType.LINE
_SPEED = StimulusType.SPEED_DIAL
_HOLD = StimulusType.HOLD
_REDIAL = StimulusType.REDIAL
_TRANSFER = StimulusType.TRANSFER
_FORWARD = StimulusType.FORWARD_ALL
_VOICEMAIL = StimulusType.VOICEMAIL
_CONFERENCE = StimulusType.CONFERENCE
_DISPLAY = StimulusType.DISPLAY
_PARK = StimulusType.CALL_PARK
_NONE = StimulusType.UNDEFINED


def _multi(count: int, *then: StimulusType) -> Layout:
    return (*repeat(MULTI, count), *then)


_OF_12SP: Layout = (_LINE, _LINE, *repeat(_SPEED, 4), _HOLD, _REDIAL, _TRANSFER, _FORWARD, _PARK, _VOICEMAIL)
_OF_30VIP: Layout = (
    *_multi(4, _REDIAL, _VOICEMAIL, _PARK, _FORWARD, _CONFERENCE, _NONE, _NONE, _NONE, _NONE),
    *_multi(13),
)
_OF_7912: Layout = (_LINE, _HOLD, *repeat(_SPEED, 9))
_CONFERENCE_STATION: Layout = (_LINE, _LINE)
_OF_ATA: Layout = (_LINE, *repeat(_SPEED, 4))
_ONE_LINE: Layout = (_LINE,)
_OF_7910: Layout = (_LINE, _HOLD, _TRANSFER, _DISPLAY, _VOICEMAIL, _CONFERENCE, _FORWARD)
_OF_8945 = _multi(10, _CONFERENCE, _HOLD, _TRANSFER, _REDIAL)
_OF_7931 = _multi(20, StimulusType.MESSAGES, StimulusType.DIRECTORY, StimulusType.HEADSET, StimulusType.APPLICATION)

LAYOUTS: dict[DeviceType, Layout] = {
    DeviceType.CISCO_12: _OF_12SP,
    DeviceType.CISCO_12SP: _OF_12SP,
    DeviceType.CISCO_12SP_PLUS: _OF_12SP,
    DeviceType.CISCO_30SP_PLUS: _OF_30VIP,
    DeviceType.CISCO_30VIP: _OF_30VIP,
    DeviceType.VIRTUAL_30SP_PLUS: _OF_30VIP,
    DeviceType.CISCO_7902G: (*_OF_7910, *repeat(_SPEED, 4), _REDIAL),
    DeviceType.CISCO_7910: (*_OF_7910, *repeat(_SPEED, 2), _REDIAL),
    DeviceType.CISCO_7905G: _OF_7912,
    DeviceType.CISCO_7906G: _OF_7912,
    DeviceType.CISCO_7911G: _OF_7912,
    DeviceType.CISCO_7912G: _OF_7912,
    DeviceType.CISCO_7920: _multi(6),
    DeviceType.CISCO_7921G: _multi(6),
    DeviceType.CISCO_7925G: _multi(6),
    DeviceType.CISCO_7926G: _multi(6),
    DeviceType.CISCO_7931G: _OF_7931,
    DeviceType.CISCO_7935: _CONFERENCE_STATION,
    DeviceType.CISCO_7936: _CONFERENCE_STATION,
    DeviceType.CISCO_7937: _CONFERENCE_STATION,
    DeviceType.CISCO_7940: _multi(2),
    DeviceType.CISCO_7941G: _multi(2),
    DeviceType.CISCO_7941G_GE: _multi(2),
    DeviceType.CISCO_7942G: _multi(2),
    DeviceType.CISCO_7945G: _multi(2),
    DeviceType.CISCO_7960: _multi(6),
    DeviceType.CISCO_7961G: _multi(6),
    DeviceType.CISCO_7961G_GE: _multi(6),
    DeviceType.CISCO_7962G: _multi(6),
    DeviceType.CISCO_7965G: _multi(6),
    DeviceType.CISCO_7970G: _multi(8),
    DeviceType.CISCO_7971G_GE: _multi(8),
    DeviceType.CISCO_7971G_GE_OTHER: _multi(8),
    DeviceType.CISCO_7975G: _multi(8),
    DeviceType.IP_COMMUNICATOR: _multi(8),
    DeviceType.CISCO_7985: _multi(1),
    DeviceType.ATA_186: _OF_ATA,
    DeviceType.ATA_188: _OF_ATA,
    DeviceType.VGC_PHONE: _ONE_LINE,
    DeviceType.ANALOG_PHONE: _ONE_LINE,
    DeviceType.CISCO_6901: _multi(1),
    DeviceType.CISCO_6911: _multi(1),
    DeviceType.CISCO_6921: _multi(2, *repeat(_SPEED, 6)),
    DeviceType.CISCO_6941: _multi(4),
    DeviceType.CISCO_6945: _multi(4),
    DeviceType.CISCO_6961: _multi(12),
    DeviceType.CISCO_8941: _OF_8945,
    DeviceType.CISCO_8945: _OF_8945,
    DeviceType.SPA502G: _multi(1),
    DeviceType.SPA512G: _multi(1),
    DeviceType.SPA521S: _multi(1),
    DeviceType.SPA303G: _multi(3),
    DeviceType.SPA504G: _multi(4),
    DeviceType.SPA514G: _multi(4),
    DeviceType.SPA524SG: _multi(4),
    DeviceType.SPA525G: _multi(8),
    DeviceType.SPA525G2: _multi(8),
    DeviceType.SPA508G: _multi(8, _VOICEMAIL, _HOLD),
    DeviceType.SPA509G: _multi(12, _VOICEMAIL, _HOLD),
    DeviceType.NOKIA_E_SERIES: (_LINE, _LINE, *repeat(_SPEED, 5)),
    DeviceType.NOKIA_ICC: _multi(1),
}
"""The buttons of each model in button order. A model that is not listed has one line button."""


def layout_of(device_type: DeviceType) -> Layout:
    """The buttons of a model."""
    return LAYOUTS.get(device_type, _ONE_LINE)


def lay_out(
    device_type: DeviceType, *, lines: int, speed_dials: int = 0, services: int = 0, add_on_buttons: int = 0
) -> tuple[ButtonDefinition, ...]:
    """The button template of a user with so many lines, speed dials and service URLs.

    Each kind counts its instances from 1; buttons left over are undefined. Fixed line and speed-dial buttons take
    theirs first, where they stand, then the free buttons are filled from the top.
    """
    available = {StimulusType.LINE: lines, StimulusType.SPEED_DIAL: speed_dials}
    layout = (*layout_of(device_type), *repeat(MULTI, max(add_on_buttons, 0)))[:MAX_BUTTONS]
    for kind in available:
        available[kind] = max(0, available[kind] - layout.count(kind))
    free = chain(
        repeat(StimulusType.LINE, available[StimulusType.LINE]),
        repeat(StimulusType.SPEED_DIAL, available[StimulusType.SPEED_DIAL]),
        repeat(StimulusType.SERVICE_URL, services),
    )
    return tuple(_numbered(layout, free, lines, speed_dials))


def _numbered(layout: Layout, free: Iterable[StimulusType], lines: int, speed_dials: int) -> Iterator[ButtonDefinition]:
    count: dict[StimulusType, int] = {}
    limits = {StimulusType.LINE: lines, StimulusType.SPEED_DIAL: speed_dials}
    waiting = iter(free)
    for slot in layout:
        kind = next(waiting, _NONE) if slot is MULTI else slot
        number = count.get(kind, 0) + 1
        if kind == _NONE or number > limits.get(kind, MAX_BUTTONS):
            yield ButtonDefinition(0, _NONE)
            continue
        count[kind] = number
        yield ButtonDefinition(number, kind)

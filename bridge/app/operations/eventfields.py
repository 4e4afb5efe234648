"""Events as flat fields, for programs that read the log: which device, which number, and the event's own details."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from bridge.app.asjson import plain
from bridge.core import DeviceName
from bridge.core.events import Event, LineStateChanged, PhoneAdmitted, PhoneClaimed, PhoneRegistered

Field = str | int | float | bool
_NOT_REPEATED = frozenset({"at", "device"})
_TAKEN = frozenset({"at", "level", "logger", "message", "event", "device", "mac", "number", "exception"})
"""Fields of the log line itself: an event's field of the same name is prefixed."""
_HAS_NUMBER = (PhoneAdmitted, PhoneClaimed, LineStateChanged)
SAYS_NUMBER = (*_HAS_NUMBER, PhoneRegistered)
"""Events that say the phone's own number."""


def device_fields(device: DeviceName) -> dict[str, Field]:
    """``device``, and ``mac`` where the name holds one."""
    named: dict[str, Field] = {"device": device.value}
    if device.mac is not None:
        named["mac"] = device.mac.value
    return named


def own_number(event: Event) -> str:
    """The phone's own number, where the event itself says it; else empty."""
    if isinstance(event, _HAS_NUMBER):
        return event.number
    return event.endpoint if isinstance(event, PhoneRegistered) else ""


def event_fields(event: Event, numbers: Mapping[DeviceName, str]) -> dict[str, Field]:
    """The fields of one event. ``numbers``: the first number of each device that has one.

    Empty texts and None are left out. The other side's number of a call is ``event_number``: ``number`` is always the
    phone's own.
    """
    named: dict[str, Field] = {"event": type(event).__name__}
    if event.device is not None:
        named |= device_fields(event.device)
        number = own_number(event) or numbers.get(event.device, "")
        if number:
            named["number"] = number
    for each in fields(event):
        value = plain(getattr(event, each.name))
        if each.name in _NOT_REPEATED or value is None or value == "":
            continue
        if each.name == "number" and value == named.get("number"):
            continue
        name = f"event_{each.name}" if each.name in _TAKEN else each.name
        named[name] = value if isinstance(value, str | int | float | bool) else str(value)
    return named

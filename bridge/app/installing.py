"""The live view of phones on their way: every device that was seen since the service started, with its stage."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from bridge.core import DeviceName
from bridge.core.events import Event, FileDelivered, PhoneConnecting
from bridge.journey import Progress, Stage, follow

MOST = 5000
"""Devices that are remembered; the one that was silent longest goes first."""
_BEFORE_CONNECTING = (Stage.DHCP, Stage.TFTP, Stage.CONFIG, Stage.FIRMWARE, Stage.REJECTED, Stage.UNREGISTERED)


class Installing:
    """Listens to all events."""

    def __init__(self) -> None:
        self._seen: OrderedDict[DeviceName, Progress] = OrderedDict()

    def heard(self, event: Event) -> None:
        """Take note of an event."""
        # Neither a connection nor the file for strangers says whose it is; the address may.
        if event.device is None and isinstance(event, PhoneConnecting | FileDelivered):
            event = replace(event, device=self._at(event.client))
        device = event.device
        if device is None:
            return
        after = follow(self._seen.get(device), event)
        if after is not None:
            self._seen[device] = after
            self._seen.move_to_end(device)
            if len(self._seen) > MOST:
                self._seen.popitem(last=False)

    def of(self, device: DeviceName) -> Progress | None:
        """How far one of them is; None while nothing was seen of it."""
        return self._seen.get(device)

    def all(self) -> tuple[Progress, ...]:
        """All of them, the one that did something last first."""
        return tuple(reversed(self._seen.values()))

    def _at(self, client: str) -> DeviceName | None:
        """The one phone at this address that may be connecting; None where there are several, behind one router."""
        waiting = [
            each.device for each in self._seen.values() if each.client == client and each.stage in _BEFORE_CONNECTING
        ]
        return waiting[0] if len(waiting) == 1 else None

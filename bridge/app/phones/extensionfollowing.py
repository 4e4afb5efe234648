"""Taking up what an admin changed in the pages of FreePBX: the phone is renamed, gets another number, or goes.

The PBX's admin is an admin of the phones, too: what he does there is what he wants here, and it is audited under the
PBX's name. A phone whose file differs afterwards starts again, once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bridge.core import Device, DeviceName, Line, LineAppearance, SignallingProtocol
from bridge.core.extensions import (
    ExtensionChange,
    ExtensionFound,
    ExtensionRemoved,
    ExtensionRenamed,
    ExtensionRenumbered,
    ExtensionSecretChanged,
)
from bridge.ports import AuditEntry, Clock, IdSource, Store, UnitOfWork

log = logging.getLogger(__name__)

ACTOR = "FreePBX"


class ExtensionFollowing:
    """The ExtensionFollower of the running service.

    ``restart_changed`` is told which phones must read their files again, and brings Asterisk in line.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: IdSource,
        *,
        restart_changed: Callable[[Sequence[DeviceName]], Awaitable[None]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._restart_changed = restart_changed

    async def follow(self, changes: Sequence[ExtensionChange]) -> None:
        """Take the changes up. Raises StoreError."""
        await self._restart_changed(await asyncio.to_thread(self._take_up, changes))

    def _take_up(self, changes: Sequence[ExtensionChange]) -> list[DeviceName]:
        """Write everything down in one transaction; which phones have to start again.

        Those with SIP firmware read their file anew. The lines of the others log in for them, and have to know of
        another password; what else has changed reaches those phones while they are registered.
        """
        restart: list[DeviceName] = []
        with self._store.write() as work:
            for change in changes:
                having = [each for each in work.devices.all() if change.number in _numbers(each)]
                changed = [each for each in having if self._change(work, each, change)]
                login = isinstance(change, ExtensionSecretChanged)
                restart += [
                    each.name for each in changed if login or each.desired_protocol is not SignallingProtocol.SCCP
                ]
            work.commit()
        return list(dict.fromkeys(restart))

    def _change(self, work: UnitOfWork, device: Device, change: ExtensionChange) -> bool:
        """Change one device; whether it is to start again."""
        stamp = self._ids.version_stamp()
        match change:
            case ExtensionFound(number, name) if device.temporary and not device.registered:
                # It got the number when the PBX had given it to somebody a moment before: it gets another one.
                work.devices.remove(device.name)
                self._audit(work, f"took {number} from {device.name}", f"{number} is {name!r} already")
                log.warning("%s gets another number, since %s is somebody's in FreePBX", device.name, number)
                return False
            case ExtensionFound(number, name) | ExtensionRenamed(number, name):
                if not name:
                    return False
                lines = _with_line(device, number, lambda line: replace(line, display_name=name))
                if lines == device.lines:
                    return False
                work.devices.update(replace(device, lines=lines, version_stamp=stamp), sharing=True)
                self._audit(work, f"changed {device.name}", f"the name of extension {number} is {name!r}")
                return True
            case ExtensionSecretChanged(number, secret, is_new):
                if device.number != number or device.secret == secret:
                    return False
                work.devices.update(replace(device, secret=secret, version_stamp=stamp), sharing=True)
                if not is_new:
                    self._audit(work, f"changed {device.name}", f"extension {number} has another SIP password")
                return not is_new
            case ExtensionRenumbered(number, new_number, name):
                if any(new_number in _numbers(each) for each in work.devices.all()):
                    return self._remove(work, device, number, stamp)
                lines = _with_line(
                    device,
                    number,
                    lambda line: replace(line, number=new_number, display_name=name or line.display_name),
                )
                work.devices.update(replace(device, lines=lines, version_stamp=stamp), sharing=True)
                self._audit(work, f"changed {device.name}", f"extension {number} is {new_number} now")
                return True
            case ExtensionRemoved(number):
                return self._remove(work, device, number, stamp)

    def _remove(self, work: UnitOfWork, device: Device, number: str, stamp: str) -> bool:
        """Take a line that is no more from a phone; a phone that has no other one goes."""
        rest = tuple(each for each in device.lines if each.line.number != number)
        if not rest:
            work.devices.remove(device.name)
            self._audit(work, f"removed {device.name}", f"its extension {number} was deleted")
            log.warning("%s is removed, since its extension %s was deleted in FreePBX", device.name, number)
            return False
        work.devices.update(replace(device, lines=rest, version_stamp=stamp), sharing=True)
        self._audit(work, f"changed {device.name}", f"line {number} is gone, since its extension was deleted")
        return True

    def _audit(self, work: UnitOfWork, action: str, detail: str) -> None:
        now: datetime = self._clock.now()
        work.journal.audit(AuditEntry(now, ACTOR, action, f"{detail} (changed in FreePBX)"))


def _numbers(device: Device) -> tuple[str, ...]:
    return tuple(each.line.number for each in device.lines)


def _with_line(device: Device, number: str, change: Callable[[Line], Line]) -> tuple[LineAppearance, ...]:
    return tuple(replace(each, line=change(each.line)) if each.line.number == number else each for each in device.lines)

"""Forwards and do-not-disturb in AstDB, over the manager interface, where FreePBX keeps them.

Actions: DBGet, DBPut, DBDel (right ``system``) and Setvar of DEVICE_STATE (right ``call``); events: DeviceStateChange
(right ``call``). Source: FreePBX reference, section 3.2.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from bridge.core import DndMode, ForwardKind, LineFeatures
from bridge.errors import InvalidInput, PbxRefused
from bridge.pbx.ami import Ami
from bridge.pbx.amilink import AmiMessage
from bridge.pbx.pjsipconf import check_extension

FAMILIES = {ForwardKind.ALL: "CF", ForwardKind.BUSY: "CFB", ForwardKind.NO_ANSWER: "CFU"}
DND = "DND"
SILENT = "sepbridge-dnd"
"""Do-not-disturb that only silences the phone; FreePBX knows no such thing, and would reject the calls."""
RING_THROUGH = "sepbridge-ring-through"
_STATES = "CustomDevstate"
_TARGET = re.compile(r"[0-9*#+]{1,40}")
_OURS = re.compile(r"Custom:(?:CF|CFB|CFU|DND)([0-9*#+]{1,20})")
_NOT_ON = frozenset({"", "NOT_INUSE", "UNKNOWN"})


class AsteriskLineFeatures:
    """The LineFeatureStore of an Asterisk, plain or FreePBX's."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami
        self.plan_rings_through = True
        """Whether its dialplan looks at the time until which a number rings; FreePBX's knows of none."""
        self.on_change: Callable[[str], None] = lambda number: None
        """Called with a number of which somebody changed something."""

    def event(self, message: AmiMessage) -> None:
        """An event of Asterisk: device states tell of changes, whoever made them."""
        if message.event == "DeviceStateChange" and (found := _OURS.fullmatch(message.get("Device"))):
            self.on_change(found.group(1))

    async def read(self, number: str) -> LineFeatures:
        """How ``number`` stands. Raises PbxError."""
        number = check_extension(number)
        everywhere, busy, absent = [_dialable(await self._get(family, number)) for family in FAMILIES.values()]
        dnd = DndMode.REJECT if await self._get(DND, number) else DndMode.OFF
        if dnd is DndMode.OFF and await self._get(SILENT, number):
            # Switched off at the PBX, by a FreePBX that knows nothing of this key: the device state tells.
            state = await self._get(_STATES, f"{DND}{number}")
            dnd = DndMode.OFF if state in _NOT_ON else DndMode.SILENT
        until = await self._get(RING_THROUGH, number)
        through = until.isdecimal() and len(until) < 20 and int(until) > time.time()
        return LineFeatures(everywhere, busy, absent, dnd, through)

    async def set_forward(self, number: str, kind: ForwardKind, target: str) -> None:
        """Forward ``number``; an empty target ends the forward. Raises InvalidInput, PbxError."""
        number, family = check_extension(number), FAMILIES[kind]
        if target and not _TARGET.fullmatch(target):
            raise InvalidInput(f"calls cannot be forwarded to {target!r}", fix="use up to forty digits, * and #")
        await self._put(family, number, target)
        await self._tell(f"{family}{number}", on=bool(target))

    async def set_dnd(self, number: str, mode: DndMode) -> None:
        """Set do-not-disturb. Raises PbxError."""
        number = check_extension(number)
        # The state last: whoever hears of it finds the keys as they are to be.
        await self._put(DND, number, "YES" if mode is DndMode.REJECT else "")
        await self._put(SILENT, number, "YES" if mode is DndMode.SILENT else "")
        await self._tell(f"{DND}{number}", on=mode is not DndMode.OFF)

    async def ring_through(self, number: str, seconds: float) -> None:
        """For so long calls to ``number`` ring whatever is set. Raises PbxError.

        Where the dialplan knows of no such time, what would keep it from ringing ends for good.
        """
        number = check_extension(number)
        await self._put(RING_THROUGH, number, str(int(time.time() + seconds)))
        if self.plan_rings_through:
            return
        now = await self.read(number)
        if now.dnd is DndMode.REJECT:
            await self.set_dnd(number, DndMode.OFF)
        if now.forward_all:
            await self.set_forward(number, ForwardKind.ALL, "")

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _get(self, family: str, key: str) -> str:
        answer = await self._ami.action("DBGet", [("Family", family), ("Key", key)])
        if not answer.success:
            return self._absent(answer.message)
        return next((found.get("Val") for found in answer.named("DBGetResponse")), "")

    async def _put(self, family: str, key: str, value: str) -> None:
        if value:
            await self._ami.demand("DBPut", [("Family", family), ("Key", key), ("Val", value)])
            return
        answer = await self._ami.action("DBDel", [("Family", family), ("Key", key)])
        if not answer.success:
            self._absent(answer.message)

    async def _tell(self, device: str, *, on: bool) -> None:
        for name in (f"Custom:{device}", f"Custom:DEV{device}"):
            fields = [("Variable", f"DEVICE_STATE({name})"), ("Value", "BUSY" if on else "NOT_INUSE")]
            await self._ami.demand("Setvar", fields)

    @staticmethod
    def _absent(message: str) -> str:
        """An empty text for an entry that is not there. Raises PbxRefused for any other "no"."""
        if any(word in message.lower() for word in ("not found", "could not be deleted")):
            return ""
        raise PbxRefused(
            "Asterisk did not let us read or change its database",
            why=message,
            fix="see that our account in manager.conf has read = system,call and write = system,call",
        )


def _dialable(value: str) -> str:
    """A target as the dialplan would use it: what is on no keypad does not count."""
    return "".join(character for character in value if character in "0123456789*#+")[:40]

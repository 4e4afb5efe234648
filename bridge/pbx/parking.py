"""Parked calls of an Asterisk's default lot, by its manager events."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable

from bridge.core import CallParked, CallUnparked, ParkedCall, ParkedCallsListed, ParkingChange, ParkingEnd
from bridge.errors import PbxError
from bridge.pbx.ami import Ami
from bridge.pbx.amilink import AmiMessage

_log = logging.getLogger(__name__)

LOT = "default"
_ENDS = {
    "UnParkedCall": ParkingEnd.RETRIEVED,
    "ParkedCallTimeOut": ParkingEnd.TIMED_OUT,
    "ParkedCallGiveUp": ParkingEnd.GAVE_UP,
}
_SLOT = re.compile(r"[0-9]{1,10}")
_UNKNOWN = {"<unknown>", "<no name>"}
_EMPTY = "no parked calls"


class AsteriskParking:
    """Tells a listener what happens in the slots. After every new connection it is told all of them at once."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami
        self._listing: asyncio.Task[None] | None = None
        self._again = False
        self.on_change: Callable[[ParkingChange], None] = lambda change: None

    def connected(self) -> None:
        """Nobody knows what happened meanwhile: list everything. Called in the event loop."""
        if self._listing is None or self._listing.done():
            self._listing = asyncio.create_task(self._list())
        else:
            self._again = True

    def event(self, message: AmiMessage) -> None:
        """An event of Asterisk; only those of the default lot count."""
        if (message.event != "ParkedCall" and message.event not in _ENDS) or message.get("ActionID"):
            return
        call = _call(message)
        if call is None:
            return
        self._again = True  # a list that is under way may be older than this
        self.on_change(
            CallParked(call) if message.event == "ParkedCall" else CallUnparked(call.slot, _ENDS[message.event])
        )

    async def _list(self) -> None:
        while True:
            self._again = False
            try:
                answer = await self._ami.action("ParkedCalls")
            except PbxError as error:
                _log.info("the parked calls could not be listed: %s", error)
                return
            if not self._again:
                break
        if not answer.success and not answer.message.lower().startswith(_EMPTY):
            _log.warning("Asterisk does not list its parked calls: %s; see that res_parking is loaded", answer.message)
        calls = (_call(event) for event in answer.named("ParkedCall"))
        self.on_change(ParkedCallsListed(tuple(call for call in calls if call is not None)))


def _call(message: AmiMessage) -> ParkedCall | None:
    slot = message.get("ParkingSpace")
    if message.get("Parkinglot") != LOT or not _SLOT.fullmatch(slot):
        return None
    number, name = message.get("ParkeeCallerIDNum"), message.get("ParkeeCallerIDName")
    return ParkedCall(
        slot,
        "" if number in _UNKNOWN else number[:40],
        "" if name in _UNKNOWN else name[:80],
        _endpoint(message.get("ParkerDialString")),
    )


def _endpoint(dial_string: str) -> str:
    """``PJSIP/1001`` as ``1001``."""
    technology, _, rest = dial_string.partition("/")
    return rest.partition("/")[0][:80] if technology == "PJSIP" else ""

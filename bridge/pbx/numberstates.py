"""The states of numbers at Asterisk, by their hints: asked for once, then heard of by manager events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bridge.core.numberstate import NumberState
from bridge.errors import PbxError
from bridge.pbx.ami import Ami
from bridge.pbx.amilink import AmiMessage
from bridge.pbx.conffile import token
from bridge.pbx.pjsipconf import check_extension

_log = logging.getLogger(__name__)

MOST = 5000
"""Numbers that are watched at a time."""
ASK_AGAIN = 3.0
"""Seconds after which a number is asked for again that Asterisk did not know."""
_IN_USE, _BUSY, _ABSENT, _RINGING, _ON_HOLD = 1, 2, 4, 8, 16


def state_of(status: str) -> NumberState:
    """An ExtensionStatus: bits, 0 for free, -1 and -2 where there is no hint."""
    if not status.isdecimal():
        return NumberState.UNKNOWN
    bits = int(status)
    if bits & (_IN_USE | _BUSY | _ON_HOLD):
        return NumberState.IN_USE
    if bits & _RINGING:
        return NumberState.RINGING
    return NumberState.ABSENT if bits & _ABSENT else NumberState.FREE


class AsteriskNumberStates:
    """The NumberStates of an Asterisk: ``on_state`` hears how each watched number stands, and whenever that changes."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami
        self._watched: dict[str, str] = {}
        """The context in which each number is looked for."""
        self._asked_again: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_state: Callable[[str, NumberState], None] = lambda number, state: None

    def watch(self, number: str, context: str) -> None:
        """Tell from now on how ``number`` stands. Raises InvalidInput."""
        number, context = check_extension(number), token(context, what="the name of a context")
        if number not in self._watched and len(self._watched) >= MOST:
            asyncio.get_running_loop().call_soon(self.on_state, number, NumberState.UNKNOWN)
            return
        self._watched[number] = context
        self._start(number)

    def unwatch(self, number: str) -> None:
        """Nobody wants to know any more."""
        self._watched.pop(number, None)

    def connected(self) -> None:
        """Nobody knows what happened meanwhile: ask again."""
        for number in self._watched:
            self._start(number)

    def event(self, message: AmiMessage) -> None:
        """An event of Asterisk."""
        number = message.get("Exten")
        if message.event == "ExtensionStatus" and number in self._watched:
            self._tell(number, state_of(message.get("Status")))

    def _start(self, number: str) -> None:
        task = asyncio.get_running_loop().create_task(self._ask(number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, number: str) -> None:
        context = self._watched.get(number)
        if context is None:
            return
        try:
            answer = await self._ami.action("ExtensionState", [("Exten", number), ("Context", context)])
        except PbxError as error:
            _log.info("how %s stands could not be asked: %s", number, error)
            return
        if number in self._watched:
            self._tell(number, state_of(answer.response.get("Status")) if answer.success else NumberState.UNKNOWN)

    def _tell(self, number: str, state: NumberState) -> None:
        if state is NumberState.UNKNOWN and number not in self._asked_again:
            # While Asterisk reads its dialplan anew there are no hints, and it need not say when they are back.
            self._asked_again.add(number)
            asyncio.get_running_loop().call_later(ASK_AGAIN, self._ask_again, number)
        self.on_state(number, state)

    def _ask_again(self, number: str) -> None:
        self._asked_again.discard(number)
        if number in self._watched:
            self._start(number)

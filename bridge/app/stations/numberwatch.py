"""Which phones want to know how a number stands: one watch at the PBX for each number, whoever asks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from bridge.callcontrol.events import NumberStands
from bridge.core.numberstate import NumberState
from bridge.errors import InvalidInput
from bridge.ports import NumberStates

log = logging.getLogger(__name__)

WatcherT = TypeVar("WatcherT")


class NumberWatch(Generic[WatcherT]):
    """Serves all phones of a node; ``tell`` hands an answer to one."""

    def __init__(self, states: NumberStates, tell: Callable[[WatcherT, NumberStands], None]) -> None:
        self._states = states
        self._tell = tell
        self._watchers: dict[str, set[WatcherT]] = {}

    def watch(self, watcher: WatcherT, number: str, context: str) -> None:
        """Tell ``watcher`` soon how ``number`` stands, and whenever it changes."""
        self._watchers.setdefault(number, set()).add(watcher)
        try:
            self._states.watch(number, context)
        except InvalidInput as error:
            log.info("%s is not watched: %s", number, error)
            # Not at once: the phone is in the middle of a step.
            asyncio.get_running_loop().call_soon(self.stands, number, NumberState.UNKNOWN)

    def unwatch(self, watcher: WatcherT, number: str) -> None:
        """It does not want to know any more."""
        watchers = self._watchers.get(number)
        if watchers is None:
            return
        watchers.discard(watcher)
        if not watchers:
            del self._watchers[number]
            self._states.unwatch(number)

    def forget(self, watcher: WatcherT) -> None:
        """It is gone."""
        for number in [number for number, watchers in self._watchers.items() if watcher in watchers]:
            self.unwatch(watcher, number)

    def stands(self, number: str, state: NumberState) -> None:
        """What the PBX says."""
        for watcher in tuple(self._watchers.get(number, ())):
            self._tell(watcher, NumberStands(number, state))

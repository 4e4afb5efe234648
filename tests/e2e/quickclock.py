"""An event loop whose clock runs faster than ours: phones and bridge live through ten minutes, a test waits for less.

Everything that waits or measures in this loop does so by its clock, timers of SCCP, SIP and TFTP included; what runs
outside it (Asterisk, the database) is as fast as ever, which by this clock is slow.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class _QuickSelector(selectors.DefaultSelector):
    """Waits for the part of the time that the loop's clock takes for it."""

    factor = 1.0

    def select(self, timeout: float | None = None) -> Any:
        """As it stands in the standard library."""
        return super().select(timeout / self.factor if timeout else timeout)


class _QuickLoop(asyncio.SelectorEventLoop):
    factor = 1.0

    def time(self) -> float:
        """Seconds, of which this clock counts ``factor`` while ours counts one."""
        return super().time() * self.factor


def live_quickly(life: Callable[[], Coroutine[Any, Any, Result]], *, factor: float) -> Result:
    """Run a coroutine in such a loop."""

    def made() -> asyncio.AbstractEventLoop:
        selector = _QuickSelector()
        selector.factor = factor
        loop = _QuickLoop(selector)
        loop.factor = factor
        return loop

    with asyncio.Runner(loop_factory=made) as runner:
        return runner.run(life())

"""Who waits for an endpoint to be known to Asterisk."""

from __future__ import annotations

import asyncio


class Settling:
    """Futures by the endpoint's name."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[bool]]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._waiting

    async def wait(self, name: str, *, within: float) -> bool:
        """Wait until ``tell`` is called for the name; False after ``within`` seconds."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, set()).add(future)
        try:
            async with asyncio.timeout(within):
                return await future
        except TimeoutError:
            return False
        finally:
            waiting = self._waiting.get(name, set())
            waiting.discard(future)
            if not waiting:
                self._waiting.pop(name, None)

    def tell(self, name: str, *, confirmed: bool) -> None:
        """End the waiting for one name."""
        for future in self._waiting.pop(name, set()):
            if not future.done():
                future.set_result(confirmed)

    def tell_all(self, *, confirmed: bool) -> None:
        """End all waiting."""
        for name in list(self._waiting):
            self.tell(name, confirmed=confirmed)

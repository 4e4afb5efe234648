"""A whole node in a thread of its own, so that tests drive a browser with plain calls, one after the other."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

from bridge.app.service import Service
from bridge.app.settings import Settings
from bridge.core import Role
from tests.webnode import PASSWORD, WebNode, running_web_node

T = TypeVar("T")
ADMIN, VIEWER = "ada", "vic"
DEADLINE = 30.0


class NodeThread:
    """It runs inside the ``with`` block, with the users ``ada`` (admin) and ``vic`` (viewer)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._up: concurrent.futures.Future[WebNode] = concurrent.futures.Future()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._work, name="node", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.node = self._up.result(DEADLINE)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive(), "the node did not stop"

    @property
    def service(self) -> Service:
        """The running node."""
        return self.node.service

    @property
    def url(self) -> str:
        """Of the dashboard."""
        return self.node.url

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it in the node's event loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(DEADLINE)

    def call(self, work: Callable[..., T], *args: Any, **named: Any) -> T:
        """Call it in the node's event loop, and wait for it."""

        async def called() -> T:
            return work(*args, **named)

        return self.run(called())

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:
            if not self._up.done():
                self._up.set_exception(error)
            raise
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _serve(self) -> None:
        async with running_web_node(self._settings) as node:
            for name, role in ((ADMIN, Role.ADMIN), (VIEWER, Role.VIEWER)):
                await asyncio.to_thread(node.accounts.add_user, name, role, "tester", password=PASSWORD)
            self._up.set_result(node)
            await self._over.wait()

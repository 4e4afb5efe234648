"""The SCCP server's connections."""

from __future__ import annotations

import asyncio
import socket
import time

from bridge.net.sccp import SccpServer


class Recorder:
    """A handler that notes the order of things, and whose time is up soon."""

    is_closed = False

    def __init__(self, due: float) -> None:
        self.happened: list[str] = []
        self.done = asyncio.Event()
        self._due: float | None = due

    def receive(self, data: bytes, *, now: float) -> None:
        self.happened.append(data.decode())

    def lost(self, why: str, *, now: float) -> None:
        pass

    def handle_timer(self, *, now: float) -> None:
        self._due = None
        self.happened.append("timer")
        self.done.set()

    def timer(self) -> float | None:
        return self._due

    def data_to_send(self) -> list[bytes]:
        return []


async def test_what_came_while_the_loop_was_busy_is_read_before_time_is_called() -> None:
    loop = asyncio.get_running_loop()
    made: asyncio.Future[Recorder] = loop.create_future()

    def new(_: object) -> Recorder:
        made.set_result(Recorder(loop.time() + 0.05))
        return made.result()

    server = SccpServer(new, listen=[("127.0.0.1", 0)])
    await server.start()
    with socket.create_connection(server.addresses[0]) as phone:
        async with asyncio.timeout(10):
            handler = await made
            loop.call_later(0.02, phone.sendall, b"keepalive")
            time.sleep(0.1)  # noqa: ASYNC251  # the loop is busy with something else, and both times pass
            await handler.done.wait()
    assert handler.happened == ["keepalive", "timer"]
    await server.close()

"""What the service manager hears of us, on a real socket."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.net.supervisor import Supervisor


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def environment(manager: socket.socket, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": manager.getsockname(), **more}


async def heard(manager: socket.socket) -> str:
    return (await asyncio.to_thread(manager.recv, 4096)).decode()


async def test_it_says_that_it_is_ready_what_it_does_and_that_it_stops(manager: socket.socket) -> None:
    supervisor = Supervisor(environment(manager))
    supervisor.ready("TFTP 0.0.0.0:69\nnot a second line")
    assert await heard(manager) == "READY=1\nSTATUS=TFTP 0.0.0.0:69"
    supervisor.stopping()
    assert await heard(manager) == "STOPPING=1"


async def test_a_watched_service_says_that_it_lives_well_within_the_limit(manager: socket.socket) -> None:
    supervisor = Supervisor(environment(manager, WATCHDOG_USEC="200000", WATCHDOG_PID=str(os.getpid())))
    supervisor.ready("")
    assert (await heard(manager)).startswith("READY=1")
    loop = asyncio.get_running_loop()
    assert await heard(manager) == "WATCHDOG=1"
    first = loop.time()
    assert await heard(manager) == "WATCHDOG=1"
    assert loop.time() - first >= 0.04  # not without a pause
    supervisor.stopping()
    while (last := await heard(manager)) == "WATCHDOG=1":
        pass
    assert last == "STOPPING=1"


@pytest.mark.parametrize(
    "watched", [{}, {"WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}], ids=str
)
async def test_whoever_is_not_watched_is_silent(manager: socket.socket, watched: dict[str, str]) -> None:
    supervisor = Supervisor(environment(manager, **watched))
    supervisor.ready("")
    await asyncio.sleep(0)
    supervisor.stopping()
    assert [(await heard(manager))[:7], (await heard(manager))[:7]] == ["READY=1", "STOPPIN"]


@pytest.mark.parametrize("where", ["", "vsock:2:1", "/nowhere/at/all", "@nobody-listens-here"])
async def test_without_a_manager_nothing_happens(where: str) -> None:
    supervisor = Supervisor({"NOTIFY_SOCKET": where, "WATCHDOG_USEC": "1000"})
    supervisor.ready("x")
    supervisor.stopping()
    assert supervisor.is_there is where.startswith(("/", "@"))


async def test_an_abstract_name_is_understood() -> None:
    name = f"sepbridge-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + name)
        listening.settimeout(5)
        Supervisor({"NOTIFY_SOCKET": "@" + name}).ready("up")
        assert await heard(listening) == "READY=1\nSTATUS=up"

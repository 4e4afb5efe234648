"""Who is told of new phones: by HTTP, by a command; what fails is tried again and then given up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from bridge.app.admission.newphonehooks import MAX_OUTPUT, NewPhoneHooks
from bridge.app.settings import HookSettings
from bridge.core import DeviceName, SignallingProtocol
from bridge.core.events import PhoneAdmitted, PhoneRefused
from tests.unit.app.conftest import NOON

PHONE = DeviceName("SEP001122334455")
NEW = PhoneAdmitted(
    at=NOON,
    device=PHONE,
    number="1000",
    client="10.0.0.5",
    protocol=SignallingProtocol.SIP,
    model="7975G",
    vlan=20,
    neighbour="sw1",
    neighbour_port="Gi1/0/5",
)


@contextlib.asynccontextmanager
async def running(settings: HookSettings) -> AsyncIterator[NewPhoneHooks]:
    hooks = NewPhoneHooks(settings)
    task = asyncio.create_task(hooks.run())
    yield hooks
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until(condition: Callable[[], object]) -> None:
    deadline = asyncio.get_running_loop().time() + 20
    while not condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


@pytest.mark.req("AR-05")
async def test_a_web_address_is_told_and_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    told: list[dict[str, str]] = []
    answers = [503, 302, 200, 500, 500, 500]

    async def take(request: web.Request) -> web.Response:
        told.append(json.loads(await request.read()))
        return web.Response(status=answers.pop(0), headers={"Location": "/elsewhere"})

    application = web.Application()
    application.add_routes([web.post("/new", take)])
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    settings = HookSettings(f"http://127.0.0.1:{port}/new", attempts=3, pause=0)
    try:
        async with running(settings) as hooks:
            hooks.heard(PhoneRefused(at=NOON, device=PHONE, client="10.0.0.5", reason="autoreg_off", text=""))
            hooks.heard(NEW)
            await until(lambda: len(told) == 3)
            assert told[2] == {
                "event": "new-phone",
                "at": "2026-11-21T12:00:00.000+00:00",
                "device": "SEP001122334455",
                "number": "1000",
                "protocol": "SIP",
                "address": "10.0.0.5",
                "model": "7975G",
                "vlan": "20",
                "neighbour": "sw1",
                "neighbour_port": "Gi1/0/5",
            }
            assert caplog.messages == []
            hooks.heard(NEW)
            await until(lambda: caplog.messages)
            assert len(told) == 6
            assert "it answered 500" in caplog.messages[0]
    finally:
        await runner.cleanup()


async def test_an_answer_that_is_no_http_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    heard = 0

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        await reader.readuntil(b"\r\n\r\n")
        heard += 1
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    async with await asyncio.start_server(nonsense, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with running(HookSettings(f"http://127.0.0.1:{port}/new", attempts=2, pause=0)) as hooks:
            for count in (1, 2):
                hooks.heard(NEW)
                await until(lambda count=count: len(caplog.messages) == count)
                assert heard == 2 * count
    assert "220 mail.example" in caplog.messages[0]


@pytest.mark.req("AR-05")
async def test_a_command_gets_arguments_and_no_shell(tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = tmp_path / "hook.py"
    program.write_text("import json, sys\njson.dump(sys.argv[2:], open(sys.argv[1], 'w'))\n")
    command = (sys.executable, str(program), str(out), "$(id); x")
    async with running(HookSettings(new_phone_command=command)) as hooks:
        hooks.heard(NEW)
        await until(lambda: out.exists() and out.read_text().endswith("]"))
    assert json.loads(out.read_text()) == [
        *("$(id); x", "SEP001122334455", "1000", "SIP", "10.0.0.5"),
        *("7975G", "20", "sw1", "Gi1/0/5"),
    ]


async def test_a_command_that_hangs_fails_or_is_missing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    for command, words in (
        (("/nonexistent/hook",), "No such file"),
        ((sys.executable, "-c", "import sys; sys.exit('broken')"), "ended with 1: broken"),
        ((sys.executable, "-c", "import time; time.sleep(60)"), "longer than 1 s, and was ended"),
    ):
        caplog.clear()
        settings = HookSettings(new_phone_command=command, timeout=1.0, attempts=1)
        async with running(settings) as hooks:
            hooks.heard(NEW)
            await until(lambda: caplog.messages)
        assert words in caplog.messages[0]


async def test_a_command_is_done_when_it_ends_whatever_it_leaves_in_the_background(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A script that hands its work on, as with ``mail … &``, keeps its own streams open in what it has begun."""
    runs, left = tmp_path / "runs", tmp_path / "left"
    script = f"echo >>{runs}; yes complaint | head -c 300000 >&2; sleep 60 & echo $! >>{left}; exit $(wc -l <{runs})"
    settings = HookSettings(new_phone_command=("/bin/sh", "-c", script), timeout=20, attempts=2, pause=0)
    async with running(settings) as hooks:
        hooks.heard(NEW)
        await until(lambda: caplog.messages)
    assert "ended with 2: complaint" in caplog.messages[0]
    assert len(caplog.messages[0]) < MAX_OUTPUT + 200
    for process in left.read_text().split():
        os.kill(int(process), signal.SIGKILL)  # it was still there

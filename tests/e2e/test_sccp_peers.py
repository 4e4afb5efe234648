"""sipp and baresip, which this project did not write, call SCCP phones through the proxy and are called by them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.lab.asterisk import free_port
from bridge.lab.phoneevents import CallAnswered, CallEnded
from bridge.lab.sccpphone import SccpPhone
from bridge.net.reach import listens
from tests.e2e.conftest import PATIENCE
from tests.e2e.desks import Desks, next_tone, office, polled
from tests.peers import peer

ELSEWHERE = "127.0.0.2"
"""The peers' address: Asterisk knows them by it, and the phones use another one."""


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


async def hears_itself(phone: SccpPhone) -> None:
    """Wait until the phone's own tone came back from the peer: both ways work."""
    while await next_tone(phone) != phone.tone:
        pass


def is_taken(port: int) -> bool:
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((ELSEWHERE, port))
        except OSError:
            return True
    return False


async def listening(port: int) -> None:
    """Wait until a peer has its SIP port; neither says when."""

    async def taken() -> bool:
        return is_taken(port)

    await polled(taken)


@contextlib.asynccontextmanager
async def sipp(desks: Desks, directory: Path, port: int, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """sipp, that sends back all sound that it gets."""
    process = await asyncio.create_subprocess_exec(
        peer("sipp"), "-nostdin", "-i", ELSEWHERE, "-mi", ELSEWHERE, "-p", str(port), "-rtp_echo", "-m", "1",
        "-timeout", "60s", "-timeout_error", *words, ":".join(map(str, desks.bed.asterisk.sip)),
        cwd=directory, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def add_sipp(desks: Desks, port: int) -> None:
    """An endpoint for sipp, which answers no challenge: it is known by its address."""
    identified = f"\n[sipp]\ntype=identify\nendpoint=sipp\nmatch={ELSEWHERE}\n"
    await desks.add_peer("sipp", f"sip:sipp@{ELSEWHERE}:{port}", "exten => 606,1,Dial(PJSIP/sipp)\n", more=identified)


@pytest.mark.peer("sipp")
async def test_sipp_calls_an_sccp_phone_and_hangs_up(desks: Desks, tmp_path: Path) -> None:
    phone = await desks.registered("7961")
    port = free_port(ELSEWHERE)
    await add_sipp(desks, port)
    async with sipp(desks, tmp_path, port, "-sn", "uac", "-s", phone.number, "-d", "2500") as caller:
        await phone.wait_for(CallAnswered)
        await hears_itself(phone)
        await phone.wait_for(CallEnded)
        assert await asyncio.wait_for(caller.wait(), PATIENCE) == 0
    await desks.nothing_is_left()


@pytest.mark.peer("sipp")
async def test_an_sccp_phone_calls_sipp_and_hangs_up(desks: Desks, tmp_path: Path) -> None:
    phone = await desks.registered("7942")
    port = free_port(ELSEWHERE)
    await add_sipp(desks, port)
    async with sipp(desks, tmp_path, port, "-sn", "uas") as callee:
        await listening(port)
        phone.call("606")
        await hears_itself(phone)
        phone.hang_up()
        assert await asyncio.wait_for(callee.wait(), PATIENCE) == 0
    await desks.nothing_is_left()


class Baresip:
    """A baresip whose loudspeaker feeds its microphone, by its control connection (netstrings of JSON)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def tell(self, command: str, words: str = "") -> None:
        """Give a command of its menu."""
        text = json.dumps({"command": command, "params": words, "token": "test"})
        self._writer.write(f"{len(text)}:{text},".encode())

    async def says(self, what: Callable[[dict[str, object]], bool]) -> dict[str, object]:
        """The next event for which ``what`` holds; others are passed over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                size = int((await self._reader.readuntil(b":"))[:-1])
                event: dict[str, object] = json.loads((await self._reader.readexactly(size + 1))[:-1])
                if event.get("event") and what(event):
                    return event

    async def comes_to(self, kind: str) -> dict[str, object]:
        """Wait for an event of this type."""
        return await self.says(lambda event: event["type"] == kind)


@contextlib.asynccontextmanager
async def baresip(desks: Desks, directory: Path) -> AsyncIterator[Baresip]:
    """A baresip that answers every call, known to Asterisk as ``baresip`` and reached at 607."""
    port, control = free_port(ELSEWHERE), free_port()
    host, sip_port = desks.bed.asterisk.sip
    modules = Path(peer("baresip")).parents[1] / "lib/baresip/modules"
    (directory / "config").write_text(
        f"sip_listen {ELSEWHERE}:{port}\nnet_interface 127.0.0.1\n"
        # No tones of its own are found there: a ring-back tone would take the loudspeaker away from the call.
        f"audio_source aubridge,loop\naudio_player aubridge,loop\naudio_path {directory}\n"
        f"rtp_ports 30000-30999\nmodule_path {modules}\nmodule g711.so\nmodule aubridge.so\n"
        f"module_tmp account.so\nmodule_app ctrl_tcp.so\nmodule_app menu.so\nctrl_tcp_listen 127.0.0.1:{control}\n",
        encoding="ascii",
    )
    (directory / "accounts").write_text(
        f"<sip:baresip@{host}:{sip_port}>;regint=0;answermode=auto;audio_codecs=PCMU\n", encoding="ascii"
    )
    identified = f"rtp_symmetric=yes\n\n[baresip]\ntype=identify\nendpoint=baresip\nmatch={ELSEWHERE}\n"
    contact = f"sip:baresip@{ELSEWHERE}:{port}"
    await desks.add_peer("baresip", contact, "exten => 607,1,Dial(PJSIP/baresip)\n", more=identified)
    process = await asyncio.create_subprocess_exec(
        peer("baresip"), "-f", str(directory), cwd=directory, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await listening(port)

        async def controllable() -> bool:
            return await listens("127.0.0.1", control, 1.0)

        await polled(controllable)
        reader, writer = await asyncio.open_connection("127.0.0.1", control)
        try:
            yield Baresip(reader, writer)
        finally:
            writer.transport.abort()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.peer("baresip")
@pytest.mark.parametrize("phone_ends_it", [False, True])
async def test_an_sccp_phone_calls_baresip(desks: Desks, tmp_path: Path, phone_ends_it: bool) -> None:
    phone = await desks.registered("7961")
    async with baresip(desks, tmp_path) as other:
        phone.call("607")
        await other.comes_to("CALL_ESTABLISHED")
        await hears_itself(phone)
        phone.press_keys("5")
        assert (await other.comes_to("CALL_DTMF_START"))["param"] == "5"
        if phone_ends_it:
            phone.hang_up()
            await other.comes_to("CALL_CLOSED")
        else:
            other.tell("hangup")
            await phone.wait_for(CallEnded)
        await desks.nothing_is_left()


@pytest.mark.peer("baresip")
@pytest.mark.parametrize("phone_ends_it", [False, True])
async def test_baresip_calls_an_sccp_phone(desks: Desks, tmp_path: Path, phone_ends_it: bool) -> None:
    phone = await desks.registered("7942")
    host, port = desks.bed.asterisk.sip
    async with baresip(desks, tmp_path) as other:
        other.tell("dial", f"sip:{phone.number}@{host}:{port}")
        await phone.wait_for(CallAnswered)
        await other.comes_to("CALL_ESTABLISHED")
        await hears_itself(phone)
        if phone_ends_it:
            phone.hang_up()
            await other.comes_to("CALL_CLOSED")
        else:
            other.tell("hangup")
            await phone.wait_for(CallEnded)
        await desks.nothing_is_left()

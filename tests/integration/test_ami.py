"""The manager connection against a real Asterisk, and against servers that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bridge.errors import InvalidInput, PbxLoginRefused, PbxRefused, PbxUnavailable
from bridge.lab.asterisk import PrivateAsterisk, free_port
from bridge.pbx.ami import Ami, AmiSettings, AmiState
from bridge.pbx.amilink import LARGEST_MESSAGE

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
FAST = AmiSettings(secret="example", first_retry=0.01, last_retry=0.02, login_timeout=0.2, action_timeout=0.2)


class States:
    """The states in the order they came."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[AmiState] = asyncio.Queue()

    async def next(self) -> AmiState:
        async with asyncio.timeout(10):
            return await self.queue.get()


@asynccontextmanager
async def running(settings: AmiSettings) -> AsyncIterator[tuple[Ami, States]]:
    states = States()
    ami = Ami(settings, on_state=states.queue.put_nowait)
    task = asyncio.create_task(ami.run())
    try:
        yield ami, states
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
            await handler(reader, writer)
        writer.transport.abort()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def answer_login(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be an Asterisk that has booted, up to and including CoreSettings."""
    writer.write(b"Asterisk Call Manager/11.0.0\r\n")
    await answer(reader, writer, b"Message: Authentication accepted\r\n", b"Event: FullyBooted\r\nStatus: x\r\n\r\n")
    await answer(reader, writer, b"AsteriskVersion: 22.0.0\r\n")


async def answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, headers: bytes = b"", after: bytes = b""
) -> bytes:
    action = await reader.readuntil(b"\r\n\r\n")
    action_id = next(line for line in action.split(b"\r\n") if line.startswith(b"ActionID"))
    writer.write(b"Response: Success\r\n" + action_id + b"\r\n" + headers + b"\r\n" + after)
    return action


async def test_login_and_version(asterisk: PrivateAsterisk) -> None:
    async with running(asterisk.ami_settings) as (ami, states):
        state = await states.next()
        assert state.connected
        assert state.version.startswith(asterisk.installation.version.partition("+")[0])
        answer = await ami.demand("Ping")
        assert answer.response.get("PING") == "Pong"


async def test_list_answers_and_refusals(asterisk: PrivateAsterisk) -> None:
    async with running(asterisk.ami_settings) as (ami, states):
        await states.next()
        contacts = await ami.demand("PJSIPShowRegistrationInboundContactStatuses")
        assert contacts.events[-1].event == "ContactStatusDetailComplete"
        unknown = await ami.action("PJSIPShowEndpoint", [("Endpoint", "no-such")])
        assert not unknown.success
        assert unknown.message == "Unable to retrieve endpoint no-such"
        with pytest.raises(PbxRefused, match="Unable to retrieve"):
            await ami.demand("PJSIPShowEndpoint", [("Endpoint", "no-such")])


async def test_the_account_may_do_no_more_than_it_must(asterisk: PrivateAsterisk) -> None:
    async with running(asterisk.ami_settings) as (ami, states):
        await states.next()
        for action in ("Command", "Originate", "Hangup", "UserEvent"):
            if action != "Hangup":  # Hangup is allowed by the class system as well
                assert (await ami.action(action, [("Command", "core show version")])).message == "Permission denied"


@pytest.mark.parametrize(
    "field", [("Module", "x\r\n\r\nAction: Originate"), ("Module", "x\n"), ("A\0b", "x"), ("A:b", "x")]
)
async def test_a_second_action_cannot_be_smuggled_in(asterisk: PrivateAsterisk, field: tuple[str, str]) -> None:
    async with running(asterisk.ami_settings) as (ami, states):
        await states.next()
        with pytest.raises(InvalidInput):
            await ami.action("Reload", [field])
        assert (await ami.action("Ping")).success


async def test_many_actions_at_once_get_their_own_answers(asterisk: PrivateAsterisk) -> None:
    async with running(asterisk.ami_settings) as (ami, states):
        await states.next()
        names = [f"none-{number}" for number in range(100)]
        answers = await asyncio.gather(*[ami.action("PJSIPShowEndpoint", [("Endpoint", name)]) for name in names])
        assert [answer.message.split()[-1] for answer in answers] == names


async def test_a_wrong_password_is_told_and_not_tried_again_and_again(asterisk: PrivateAsterisk) -> None:
    async with running(replace(asterisk.ami_settings, secret="wrong")) as (ami, states):
        state = await states.next()
        assert isinstance(state.trouble, PbxLoginRefused)
        assert "manager.conf" in state.trouble.fix
        with pytest.raises(PbxUnavailable):
            await ami.action("Ping")
        assert states.queue.empty()


async def test_nobody_listens() -> None:
    async with running(replace(FAST, port=free_port())) as (ami, states):
        state = await states.next()
        assert isinstance(state.trouble, PbxUnavailable)
        assert "start Asterisk" in state.trouble.fix
        await states.next()  # and it tries again
        with pytest.raises(PbxUnavailable):
            await ami.action("Ping")


async def test_a_server_that_never_answers() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with server(silent) as port, running(replace(FAST, port=port)) as (_, states):
        state = await states.next()
        assert "did not answer the login" in str(state.trouble)


async def test_an_action_without_an_answer_ends_the_connection_and_all_that_wait() -> None:
    async def stops_answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer_login(reader, writer)
        await reader.read()

    async with server(stops_answering) as port, running(replace(FAST, port=port)) as (ami, states):
        assert (await states.next()).connected
        results = await asyncio.gather(ami.action("Ping"), ami.action("Reload", within=60), return_exceptions=True)
        assert all(isinstance(result, PbxUnavailable) for result in results)
        assert not (await states.next()).connected
        assert (await states.next()).connected


async def test_the_watchdog_notices_a_dead_link() -> None:
    async def stops_answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer_login(reader, writer)
        await reader.read()

    async with server(stops_answering) as port, running(replace(FAST, port=port, ping_every=0.05)) as (_, states):
        assert (await states.next()).connected
        state = await states.next()
        assert state.trouble is not None
        assert "Ping" in state.trouble.why


async def test_nothing_is_sent_again_after_a_loss() -> None:
    seen: list[bytes] = []

    async def drops(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer_login(reader, writer)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                seen.append(await reader.readuntil(b"\r\n\r\n"))

    async with server(drops) as port, running(replace(FAST, port=port)) as (ami, states):
        assert (await states.next()).connected
        with pytest.raises(PbxUnavailable, match="lost"):
            await ami.action("Originate", within=10)
        assert not (await states.next()).connected
        assert (await states.next()).connected
        assert not (await states.next()).connected
    assert len(seen) == 1


async def test_characters_survive_being_cut_and_broken_ones_do_not_matter() -> None:
    async def byte_by_byte(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer_login(reader, writer)
        action = await reader.readuntil(b"\r\n\r\n")
        action_id = next(line for line in action.split(b"\r\n") if line.startswith(b"ActionID"))
        text = b"Response: Success\r\n" + action_id + "\r\nName: Пётр €".encode() + b"\xff\r\n\r\n"
        for number in text:
            writer.write(bytes([number]))
            await writer.drain()
        await reader.read()

    async with server(byte_by_byte) as port, running(replace(FAST, port=port, action_timeout=5)) as (ami, states):
        await states.next()
        assert (await ami.action("X")).response.get("name") == "Пётр €\ufffd"


async def test_a_peer_that_sends_without_end_is_cut_off() -> None:
    async def floods(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer_login(reader, writer)
        for _ in range(LARGEST_MESSAGE // 65536 + 2):
            writer.write(b"x" * 65536)
            await writer.drain()
        await reader.read()

    async with server(floods) as port, running(replace(FAST, port=port)) as (_, states):
        assert (await states.next()).connected
        state = await states.next()
        assert state.trouble is not None
        assert "does not speak the manager protocol" in state.trouble.why


async def test_secrets_stay_out_of_the_log(asterisk: PrivateAsterisk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = asterisk.ami_settings
    async with running(settings) as (ami, states):
        await states.next()
        answer = await ami.action("PJSIPShowEndpoints")
    async with running(replace(settings, secret="another-secret")) as (_, states):
        await states.next()
    for text in (caplog.text, repr(settings), repr(answer)):
        assert settings.secret not in text
        assert "another-secret" not in text

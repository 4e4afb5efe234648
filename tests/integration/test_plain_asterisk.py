"""Our phones in a real Asterisk: written, reloaded, confirmed, registered, restarted, and through its absences."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core import DeviceName
from bridge.core.events import EndpointConfirmed, EndpointWritten, PbxConnected, PbxLost, PbxReloaded
from bridge.errors import NotFound, PbxUnavailable
from bridge.lab.asterisk import PrivateAsterisk, free_port
from bridge.pbx.ami import AmiSettings
from bridge.pbx.amilink import AmiAnswer, AmiMessage
from bridge.pbx.plain import PlainAsterisk, PlainAsteriskSettings
from bridge.ports import RestartEvent, RestartKind, SipEndpoint
from tests.integration.recorder import Recorder
from tests.integration.sipclient import SipClient


def phone(number: int, **changes: object) -> SipEndpoint:
    endpoint = SipEndpoint(str(number), f"secret{number}", DeviceName(f"SEP00112233{number:04d}"), str(number), "Alice")
    return replace(endpoint, **changes)


@asynccontextmanager
async def service(
    asterisk: PrivateAsterisk, phones: Sequence[SipEndpoint] = (), *, secret: str | None = None, connected: bool = True
) -> AsyncIterator[tuple[PlainAsterisk, Recorder]]:
    """The service with these phones, once Asterisk is connected and has confirmed them."""
    ami = replace(asterisk.ami_settings, first_retry=0.02, last_retry=0.1)
    if secret is not None:
        ami = replace(ami, secret=secret)
    recorder = Recorder()
    settings = PlainAsteriskSettings(ami, asterisk.phones_directory, retry_every=0.1)
    pbx = PlainAsterisk(settings, sink=recorder, clock=recorder, listener=recorder)
    pbx.replace_all(phones)
    task = asyncio.create_task(pbx.run())
    try:
        if connected:
            await recorder.until(lambda: pbx.status().connected)
            assert all([await pbx.settled(one.name, within=10) for one in phones])
        yield pbx, recorder
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_an_endpoint_is_live_once_it_has_settled(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk) as (pbx, recorder):
        pbx.put([phone(1000)])
        assert pbx.status().pending == ("1000",)
        assert await pbx.settled("1000", within=5)
        assert pbx.status().pending == ()
        assert pbx.status().trouble == ""
        assert "1000/1000" in await asterisk.cli("pjsip show endpoint 1000")
        kinds = [type(event) for event in recorder.events if isinstance(event, EndpointWritten | EndpointConfirmed)]
        assert kinds == [EndpointWritten, EndpointConfirmed]
        assert recorder.of(EndpointWritten)[0].device == DeviceName("SEP001122331000")


async def test_numbers_and_hints_are_in_the_dialplan(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk, [phone(1000)]) as (pbx, _):
        pbx.put([phone(1001)])
        assert await pbx.settled("1001", within=5)
        # The dialplan follows the endpoint; the next change is served after it.
        pbx.put([phone(1002)])
        assert await pbx.settled("1002", within=5)
        shown = await asterisk.cli("dialplan show 1001@sepbridge-phones")
        assert "Gosub(sepbridge-ring,s,1(1001,1001,60,,12,sepbridge-phones))" in shown
        assert "PJSIP/1001" in await asterisk.cli("core show hint 1001")


@pytest.mark.parametrize("number", ["600", "601", "602", "603", "604", "605"])
async def test_phones_can_dial_the_labs_numbers(asterisk: PrivateAsterisk, number: str) -> None:
    assert f"'{number}'" in await asterisk.cli(f"dialplan show {number}@sepbridge-phones")


@pytest.mark.parametrize(
    ("number", "until", "statuses"),
    [
        ("600", 200, [200]),
        ("601", 200, [200]),
        ("603", 200, [486]),
        ("604", 180, [180]),
        ("605", 200, [200]),
        ("1998", 200, [480]),  # a phone of ours that is not registered
        ("4711", 200, [404]),
    ],
)
async def test_what_a_caller_gets(asterisk: PrivateAsterisk, number: str, until: int, statuses: list[int]) -> None:
    async with service(asterisk, [phone(1997), phone(1998)]) as (pbx, _):
        # The dialplan is read after the endpoints are confirmed; one more change comes after it.
        pbx.put([phone(1999)])
        assert await pbx.settled("1999", within=5)
        async with SipClient(asterisk.sip, "1997", "secret1997") as client:
            assert [one for one in await client.invite(number, until=until) if one not in (100, 401)] == statuses


async def test_a_storm_causes_a_handful_of_reloads(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk) as (pbx, recorder):
        before = pbx.status().reloads

        async def boot(number: int) -> bool:
            pbx.put([phone(number)])
            return await pbx.settled(str(number), within=10)

        assert all(await asyncio.gather(*[boot(number) for number in range(1000, 1100)]))
        assert 1 <= pbx.status().reloads - before <= 5
        assert len(recorder.of(EndpointConfirmed)) == 100
        assert sum(event.endpoints for event in recorder.of(PbxReloaded)) == 100


async def test_nothing_new_is_neither_written_nor_reloaded(asterisk: PrivateAsterisk) -> None:
    phones = [phone(1000), phone(1001)]
    async with service(asterisk, phones):
        pass
    files = {path: path.stat().st_mtime_ns for path in asterisk.phones_directory.iterdir()}
    async with service(asterisk, phones) as (pbx, recorder):
        reloads = pbx.status().reloads
        pbx.put(phones)
        pbx.replace_all(reversed(phones))
        assert await pbx.settled("1000", within=5)
        assert {path: path.stat().st_mtime_ns for path in asterisk.phones_directory.iterdir()} == files
        assert pbx.status().reloads == reloads
        assert recorder.of(EndpointWritten) == []
        assert recorder.of(EndpointConfirmed) == []


async def test_a_changed_password_counts_only_when_it_is_live(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk, [phone(1000)]) as (pbx, _):
        pbx.put([phone(1000, secret="changed")])
        assert await pbx.settled("1000", within=5)
        async with (
            SipClient(asterisk.sip, "1000", "secret1000") as old,
            SipClient(asterisk.sip, "1000", "changed") as new,
        ):
            assert await old.register() == 401
            assert await new.register() == 200
            assert await new.register(expires=0) == 200


async def test_a_dropped_endpoint_disappears(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk, [phone(1000), phone(1001)]) as (pbx, _):
        pbx.drop(["1000"])
        pbx.put([phone(1002)])
        assert await pbx.settled("1002", within=5)
        assert not await pbx.settled("1000", within=5)
        assert "Unable to find object 1000" in await asterisk.cli("pjsip show endpoint 1000")


async def test_what_cannot_be_written_holds_up_nobody(asterisk: PrivateAsterisk) -> None:
    evil = [
        phone(1001, secret="x\n[evil]\ntype=endpoint"),
        replace(phone(1002), number="1002,1,System(touch /tmp/x)"),
        phone(1003, codecs=("ulaw\nallow=all",)),
        replace(phone(1004), name="1004]\n[evil"),
        phone(1005, context="c\n[evil]"),
    ]
    async with service(asterisk) as (pbx, _):
        pbx.put([*evil, phone(1000, caller_name='"\n[evil]\ntype=endpoint\n;--')])
        assert await pbx.settled("1000", within=5)
        assert not await pbx.settled("1001", within=5)
        assert len(pbx.status().pending) == 5
        assert "1001" in pbx.status().trouble
        text = (asterisk.phones_directory / "pjsip_phones.conf").read_text()
        assert [line for line in text.splitlines() if line.startswith("[")] == ["[1000]"] * 3


async def test_an_endpoint_that_asterisk_refuses_is_reported(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk) as (pbx, _):
        pbx.put([phone(1000), phone(1001, codecs=("nosuchcodec",))])
        assert await pbx.settled("1000", within=5)
        assert not await pbx.settled("1001", within=5)
        assert pbx.status().pending == ("1001",)
        assert "endpoint 1001 is not in Asterisk" in pbx.status().trouble
        pbx.put([phone(1001)])
        assert await pbx.settled("1001", within=5)
        assert pbx.status().trouble == ""


async def test_foreign_numbers_are_those_of_others(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk, [phone(1000), phone(1001)]) as (pbx, _):
        assert await pbx.foreign_numbers() == frozenset()
    async with service(asterisk, [phone(1000)]) as (pbx, _):
        pbx.put([phone(1002)])
        assert await pbx.settled("1002", within=5)
        host = asterisk.etc / "pjsip.conf"
        before = host.read_text()
        host.write_text(before + "\n[trunk]\ntype = endpoint\n")
        pbx.put([phone(1003)])
        assert await pbx.settled("1003", within=5)
        assert await pbx.foreign_numbers() == {"trunk"}
        host.write_text(before)


async def test_registrations_come_and_go(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk, [phone(1000)]) as (pbx, recorder):
        async with SipClient(asterisk.sip, "1000", "secret1000", user_agent="Cisco-CP8841/14.2.1") as first:
            assert await first.register() == 200
            await recorder.until(lambda: len(recorder.added) == 1)
            contact = recorder.added[0]
            assert contact.endpoint == "1000"
            assert contact.user_agent == "Cisco-CP8841/14.2.1"
            assert contact.address == f"127.0.0.1:{first.port}"
            assert contact.call_id == first.call_id
            assert [one.call_id for one in await pbx.contacts()] == [first.call_id]
        async with SipClient(asterisk.sip, "1000", "secret1000") as second:
            assert await second.register() == 200
            await recorder.until(lambda: len(recorder.added) == 2)
            assert recorder.added[1].address == f"127.0.0.1:{second.port}"
            assert recorder.removed == []
            assert await second.register(expires=0) == 200
            await recorder.until(lambda: bool(recorder.removed))
            assert recorder.removed == [("1000", "the phone unregistered")]
            assert await pbx.contacts() == []


async def test_a_burst_of_registrations_takes_few_questions(
    asterisk: PrivateAsterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = [phone(number) for number in range(1000, 1100)]
    async with service(asterisk, phones) as (pbx, recorder), contextlib.AsyncExitStack() as stack:
        asked: list[str] = []
        real = pbx._ami.action

        async def counting(
            name: str, fields: Sequence[tuple[str, str]] = (), *, within: float | None = None
        ) -> AmiAnswer:
            asked.append(name)
            return await real(name, fields, within=within)

        monkeypatch.setattr(pbx._ami, "action", counting)
        clients = [await stack.enter_async_context(SipClient(asterisk.sip, one.name, one.secret)) for one in phones]
        assert set(await asyncio.gather(*[client.register() for client in clients])) == {200}
        # The Asterisk is shared: phones of earlier tests may be registered under the same numbers.
        ours = {client.call_id for client in clients}
        await recorder.until(lambda: ours == ours & {contact.call_id for contact in recorder.added})
        assert len(asked) < 20
        await asyncio.gather(*[client.register(expires=0) for client in clients])
        await recorder.until(lambda: {name for name, _ in recorder.removed} == {one.name for one in phones})


async def test_registrations_that_are_there_already_are_told(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk, [phone(1000)]), SipClient(asterisk.sip, "1000", "secret1000") as client:
        assert await client.register() == 200
        async with service(asterisk, [phone(1000)]) as (_, later):
            await later.until(lambda: len(later.added) == 1)
        assert await client.register(expires=0) == 200


async def test_the_restart_request_reaches_the_phone(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk, [phone(1000)]) as (pbx, _):
        with pytest.raises(NotFound, match="not registered"):
            await pbx.restart_phone("1000", RestartKind.RESTART)
        with pytest.raises(NotFound, match="no phone"):
            await pbx.restart_phone("4711", RestartKind.RESTART)
        async with SipClient(asterisk.sip, "1000", "secret1000") as client:
            assert await client.register() == 200
            await pbx.restart_phone("1000", RestartKind.RESET)
            head, _, body = (await client.request("NOTIFY")).partition("\r\n\r\n")
            assert "Event: service-control" in head
            assert "Content-Type: text/plain" in head
            assert body.split("\r\n") == [
                "action=reset",
                f"RegisterCallId={{{client.call_id}}}",
                "ConfigVersionStamp={0000000000000000}",
                "DialplanVersionStamp={0000000000000000}",
                "SoftkeyVersionStamp={0000000000000000}",
                "",
            ]
            await pbx.restart_phone("1000", RestartKind.RESTART, event=RestartEvent.CHECK_SYNC)
            head, _, body = (await client.request("NOTIFY")).partition("\r\n\r\n")
            assert "Event: check-sync" in head
            assert body == ""
            assert await client.register(expires=0) == 200


async def test_a_wrong_password_still_lets_the_files_be_written(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk, [phone(1999)], secret="wrong", connected=False) as (pbx, recorder):
        await recorder.until(lambda: bool(recorder.of(EndpointWritten)))
        assert not await pbx.settled("1999", within=5)
        assert "secret1999" in (asterisk.phones_directory / "pjsip_phones.conf").read_text()
        assert pbx.status().pending == ("1999",)
        with pytest.raises(PbxUnavailable):
            await pbx.contacts()


async def test_without_asterisk_the_files_are_written_and_the_change_waits(tmp_path: Path) -> None:
    recorder = Recorder()
    ami = AmiSettings(port=free_port(), secret="x", first_retry=0.02)
    pbx = PlainAsterisk(PlainAsteriskSettings(ami, tmp_path), sink=recorder, clock=recorder, listener=recorder)
    pbx.replace_all([phone(1000)])
    task = asyncio.create_task(pbx.run())
    await recorder.until(lambda: bool(recorder.of(EndpointWritten)))
    assert "[1000]" in (tmp_path / "pjsip_phones.conf").read_text()
    assert not await pbx.settled("1000", within=5)
    assert pbx.status().pending == ("1000",)
    assert recorder.of(PbxLost) == []
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_full_disk_is_reported_and_made_up_for(
    asterisk: PrivateAsterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def full(descriptor: int) -> None:
        loop.call_soon_threadsafe(failed.set)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async with service(asterisk, [phone(1000)]) as (pbx, _):
        before = (asterisk.phones_directory / "pjsip_phones.conf").read_text()
        monkeypatch.setattr(os, "fsync", full)
        pbx.put([phone(1001)])
        await failed.wait()
        assert (asterisk.phones_directory / "pjsip_phones.conf").read_text() == before
        assert not await pbx.settled("1001", within=0.05)
        assert "No space left" in pbx.status().trouble
        monkeypatch.undo()
        assert await pbx.settled("1001", within=5)
        assert pbx.status().trouble == ""


async def test_asterisk_killed_and_restarted_with_changes_pending(make_asterisk: Callable[[], PrivateAsterisk]) -> None:
    async with make_asterisk() as asterisk, service(asterisk, [phone(1000)]) as (pbx, recorder):
        waiting = asyncio.create_task(pbx.settled("1001", within=30))
        await asterisk.kill()
        await recorder.until(lambda: bool(recorder.of(PbxLost)))
        pbx.put([phone(1001)])
        pbx.drop(["1000"])
        await recorder.until(lambda: len(recorder.of(EndpointWritten)) == 2)
        assert not await waiting
        assert pbx.status().pending == ("1000", "1001")
        assert "lost" in pbx.status().trouble or "no connection" in pbx.status().trouble
        await asterisk.start()
        await recorder.until(lambda: len(recorder.of(PbxConnected)) == 2)
        assert await pbx.settled("1001", within=10)
        assert await pbx.foreign_numbers() == frozenset()
        await recorder.until(lambda: pbx.status().pending == ())


async def test_asterisk_stopped_like_a_hung_process(make_asterisk: Callable[[], PrivateAsterisk]) -> None:
    async with make_asterisk() as asterisk:
        recorder = Recorder()
        ami = replace(asterisk.ami_settings, action_timeout=0.3, login_timeout=0.3, first_retry=0.02, last_retry=0.1)
        settings = PlainAsteriskSettings(ami, asterisk.phones_directory, gather=0.05)
        pbx = PlainAsterisk(settings, sink=recorder, clock=recorder, listener=recorder)
        pbx.replace_all([])
        task = asyncio.create_task(pbx.run())
        await recorder.until(lambda: pbx.status().connected)
        pid = asterisk.pid
        assert pid is not None
        os.kill(pid, 19)  # SIGSTOP
        pbx.put([phone(1000)])
        await recorder.until(lambda: bool(recorder.of(EndpointWritten)))
        await recorder.until(lambda: bool(recorder.of(PbxLost)))
        os.kill(pid, 18)  # SIGCONT
        await recorder.until(lambda: bool(recorder.of(EndpointConfirmed)))
        assert await pbx.settled("1000", within=5)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_reload_that_somebody_else_runs_is_waited_for(
    asterisk: PrivateAsterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service(asterisk, [phone(1000)]) as (pbx, _):
        real = pbx._ami.action
        busy = AmiAnswer(AmiMessage((("response", "Error"), ("message", "A reload is in progress"))))
        asked: list[str] = []

        async def busy_at_first(
            name: str, fields: Sequence[tuple[str, str]] = (), *, within: float | None = None
        ) -> AmiAnswer:
            asked.append(name)
            return busy if asked.count("Reload") <= 3 and name == "Reload" else await real(name, fields, within=within)

        monkeypatch.setattr(pbx._ami, "action", busy_at_first)
        pbx.put([phone(1001)])
        assert await pbx.settled("1001", within=10)
        assert asked.count("Reload") >= 4


async def test_a_refused_reload_is_reported_and_tried_again(
    asterisk: PrivateAsterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service(asterisk, [phone(1000)]) as (pbx, _):
        real = pbx._ami.action
        refused = asyncio.Event()

        async def refusing(
            name: str, fields: Sequence[tuple[str, str]] = (), *, within: float | None = None
        ) -> AmiAnswer:
            if name == "Reload" and not refused.is_set():
                asyncio.get_running_loop().call_soon(refused.set)
                return AmiAnswer(AmiMessage((("response", "Error"), ("message", "Permission denied"))))
            return await real(name, fields, within=within)

        monkeypatch.setattr(pbx._ami, "action", refusing)
        pbx.put([phone(1001)])
        await refused.wait()
        assert not await pbx.settled("1001", within=0.01)
        assert "Permission denied" in pbx.status().trouble
        assert "manager.conf" in pbx.status().trouble
        assert await pbx.settled("1001", within=10)
        assert pbx.status().trouble == ""


async def test_our_files_load_without_a_complaint(asterisk: PrivateAsterisk) -> None:
    before = len(asterisk.log.read_text(errors="replace"))
    async with service(asterisk, [phone(number) for number in range(3000, 3020)]):
        lines = asterisk.log.read_text(errors="replace")[before:].splitlines()
    complaints = [line for line in lines if "ERROR" in line or "WARNING" in line]
    assert [line for line in complaints if "sepbridge" in line or "phones.conf" in line] == []

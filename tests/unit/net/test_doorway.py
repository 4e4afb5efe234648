from __future__ import annotations

import asyncio

import pytest

from bridge.net.doorway import DoorwayServer
from bridge.net.sipids import RandomSipIds
from bridge.net.siptransport import SipLink
from bridge.sip import Account, Destination, Event, NotifyReceived, Registered, RegistrationFailed, Transport, UserAgent
from bridge.sip.doorway import Doorway, DoorwayEvent, RestartAnswered, UnknownPhoneRegistered

CONTACT = ';+sip.instance="<urn:uuid:00000000-0000-0000-0000-001122aabbcc>";+u.sip!model.ccm.cisco.com="622"'


@pytest.mark.parametrize("transport", list(Transport))
@pytest.mark.parametrize("admitted", [True, False])
async def test_an_unknown_phone_at_the_door(transport: Transport, admitted: bool) -> None:
    told: asyncio.Queue[DoorwayEvent] = asyncio.Queue()
    seen: asyncio.Queue[Event] = asyncio.Queue()

    def decide(event: DoorwayEvent) -> None:
        told.put_nowait(event)
        if isinstance(event, UnknownPhoneRegistered):
            if admitted:
                server.accept(event.request_id)
            else:
                server.refuse(event.request_id, warning="Autoregistration is off")

    server = DoorwayServer(Doorway(RandomSipIds(), ("127.0.0.1", 5060)), decide)
    async with server, asyncio.timeout(15):
        port = await server.start("127.0.0.1", 0)
        account = Account(
            "AUTO-REG", "127.0.0.1", Destination("127.0.0.1", port, transport), contact_parameters=CONTACT
        )
        phone = UserAgent(account, RandomSipIds(), ("127.0.0.1", 0))
        link = SipLink(phone, seen.put_nowait)
        await link.connect()
        link.do(lambda now: phone.register(now=now))
        event = await told.get()
        assert isinstance(event, UnknownPhoneRegistered)
        assert str(event.device) == "SEP001122AABBCC"
        assert event.model_number == 622
        assert event.source.transport is transport
        if admitted:
            assert await seen.get() == Registered(120)
            notify = await seen.get()
            assert isinstance(notify, NotifyReceived)
            assert (notify.event_package, notify.subscription_state, notify.from_user) == (
                "service-control",
                "active",
                "",
            )
            assert f"RegisterCallId={{{phone.registration_call_id}}}" in notify.body
            answer = await told.get()
            assert isinstance(answer, RestartAnswered)
            assert answer.status == 200
        else:
            assert await seen.get() == RegistrationFailed(403, "Forbidden", 35.0)
        link.close()


async def test_what_is_no_sip_is_shown_the_door() -> None:
    async with DoorwayServer(Doorway(RandomSipIds(), ("127.0.0.1", 5060)), lambda event: None) as server:
        port = await server.start("127.0.0.1", 0)
        async with asyncio.timeout(15):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\r\n\r\n")
            assert await reader.readexactly(2) == b"\r\n"
            writer.write(b"\x16\x03\x01" + b"\x00" * 100)
            assert await reader.read() == b""
            writer.close()


async def test_one_address_may_hold_only_so_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.net.doorway.MAX_CONNECTIONS_PER_ADDRESS", 2)
    async with DoorwayServer(Doorway(RandomSipIds(), ("127.0.0.1", 5060)), lambda event: None) as server:
        port = await server.start("127.0.0.1", 0)
        async with asyncio.timeout(15):
            kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            for reader, writer in kept:
                writer.write(b"\r\n\r\n")
                assert await reader.readexactly(2) == b"\r\n"
            reader, refused = await asyncio.open_connection("127.0.0.1", port)
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await reader.readexactly(1)
            for _, writer in [*kept, (reader, refused)]:
                writer.close()

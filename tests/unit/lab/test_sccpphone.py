"""The SCCP phone on real sockets: its files over TFTP, scripted call managers over TCP, sound over UDP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridge.core import MacAddress
from bridge.errors import LocalProtocolError, NotFound
from bridge.lab.anyphone import AnyPhone
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import (
    AudioHeard,
    CallAnswered,
    CallEnded,
    CallStarted,
    ConfigAccepted,
    ConfigRejected,
    FileAsked,
    Registered,
    RegistrationRejected,
    RestartAsked,
)
from bridge.lab.phonesettings import CallManager
from bridge.lab.phonetiming import PhoneState
from bridge.lab.storm import run_storm
from bridge.sccp import (
    Alarm,
    KeepAlive,
    MediaCodec,
    OffHook,
    OnHook,
    OpenReceiveChannelAck,
    RegisterTokenReq,
    Reset,
    ResetType,
    Unregister,
)
from tests.unit.lab.sccpbench import FAST, MAC, Bench, open_bench, sep_file
from tests.unit.lab.skinnyserver import until

REF = 7


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with open_bench() as bench:
        yield bench


@pytest.mark.parametrize(
    ("model", "first"),
    [
        ("7961", "CTLSEP001122334455.tlv"),
        ("7960", "CTLSEP001122334455.tlv"),
        ("7925", "SEP001122334455.cnf.xml"),
        ("6941", "CTLSEP001122334455.tlv"),
        ("7937", "SEP001122334455.cnf.xml"),
    ],
)
async def test_it_boots_from_its_own_file_and_registers(bench: Bench, model: str, first: str) -> None:
    _, port = await bench.manager()
    bench.give_file(port)
    phone = bench.phone(model)
    phone.power_on()
    registered = await phone.wait_for(Registered)
    assert registered.number == "1001"
    assert next(event.name for event in phone.events if isinstance(event, FileAsked)) == first
    assert (phone.state, phone.number, phone.display) == (PhoneState.REGISTERED, "1001", "Line 1001")
    assert phone.faults == ()
    await phone.power_off()
    assert phone.state is PhoneState.OFF


async def test_without_a_file_of_its_own_it_registers_from_the_defaults(bench: Bench) -> None:
    listener, port = await bench.manager()
    bench.files["XMLDefault.cnf.xml"] = sep_file("Default", "", port)
    phone = bench.phone("7962")
    phone.power_on()
    assert (await phone.wait_for(ConfigAccepted)).autoregistering
    await phone.wait_for(Registered)
    session = listener.sessions[0]
    assert session.register is not None
    assert session.register.device_name == "SEP001122334455"
    assert session.register.load_name == "SCCP42.9-4-2SR3-1S"


async def test_an_old_phone_asks_with_small_letters(bench: Bench) -> None:
    _, port = await bench.manager()
    bench.files["SEP001122aabbcc.cnf.xml"] = sep_file("device", "devicePool", port)
    phone = bench.phone("7912", MacAddress("001122AABBCC"))
    phone.power_on()
    await phone.wait_for(Registered)
    assert phone.version == 5


async def test_an_ata_goes_by_what_was_typed_into_its_menu(bench: Bench) -> None:
    _, port = await bench.manager()
    phone = bench.phone("ATA 186", call_managers=(CallManager("127.0.0.1", sccp_port=port),))
    phone.power_on()
    await phone.wait_for(Registered)
    names = [event.name for event in phone.events if isinstance(event, FileAsked)]
    assert names == ["ata001122334455", "atadefault.cfg"]
    assert phone.version == 3


async def test_a_refusal_is_shown_and_tried_again(bench: Bench) -> None:
    listener, port = await bench.manager(reject="\x80\x2f")
    bench.give_file(port)
    phone = bench.phone()
    phone.power_on()
    assert (await phone.wait_for(RegistrationRejected)).why == "Error DBConfig"
    assert phone.display == "Error DBConfig"
    with pytest.raises(LocalProtocolError, match="Error DBConfig"):
        phone.call("600")
    listener.template.reject = ""
    await phone.wait_for(Registered)
    session = listener.sessions[-1]
    alarm = session.of(Alarm)[0]
    assert isinstance(alarm, Alarm)
    assert phone.display == "Line 1001"


@pytest.mark.parametrize("kind", [ResetType.RESET, ResetType.RESTART, ResetType.APPLY_CONFIG])
async def test_told_to_restart_it_reads_its_files_again(bench: Bench, kind: ResetType) -> None:
    listener, port = await bench.manager()
    bench.give_file(port)
    phone = bench.phone()
    phone.power_on()
    await phone.wait_for(Registered)
    session = listener.sessions[0]
    listener.writers[0].write(session.say(Reset(kind)))
    assert (await phone.wait_for(RestartAsked)).action == kind.name.lower().replace("_", "-")
    await phone.wait_for(Registered)
    assert phone.boots == 2
    assert bool(session.of(Unregister)) is (kind != ResetType.RESET)
    alarm = listener.sessions[1].of(Alarm)[0]
    assert isinstance(alarm, Alarm)
    assert alarm.text.startswith("22:" if kind == ResetType.RESET else "23:")


async def test_a_lost_connection_is_made_again(bench: Bench) -> None:
    listener, port = await bench.manager()
    bench.give_file(port)
    phone = bench.phone()
    phone.power_on()
    await phone.wait_for(Registered)
    listener.writers[0].transport.abort()
    await phone.wait_for(Registered)
    assert phone.boots == 1
    alarm = listener.sessions[1].of(Alarm)[0]
    assert isinstance(alarm, Alarm)
    assert alarm.text.startswith("14:")


async def test_it_fails_over_to_its_second_server_and_back(bench: Bench) -> None:
    first, one = await bench.manager()
    second, two = await bench.manager(number="2001")
    bench.give_file(one, two)
    phone = bench.phone()
    phone.power_on()
    await phone.wait_for(Registered)
    assert first.sessions[0].of(RegisterTokenReq)
    await until(lambda: second.sessions)
    await first.stop()
    await phone.wait_for(Registered)
    assert phone.number == "2001"
    assert len(second.sessions) == 1  # over the connection that stood by
    await first.start(one)
    await phone.wait_for(Registered)
    assert phone.number == "1001"
    assert second.sessions[0].of(Unregister)
    assert phone.faults == ()


async def test_the_second_server_is_used_while_the_first_says_wait(bench: Bench) -> None:
    _, one = await bench.manager(token_wait=30)
    _, two = await bench.manager(number="2001")
    bench.give_file(one, two)
    phone = bench.phone()
    phone.power_on()
    assert (await phone.wait_for(Registered)).number == "2001"


async def test_keepalives_on_the_wire(bench: Bench) -> None:
    listener, port = await bench.manager(keepalive=1)
    bench.give_file(port)
    phone = bench.phone()
    phone.power_on()
    await phone.wait_for(Registered)
    await until(lambda: not (len(listener.sessions[0].of(KeepAlive)) < 2))
    assert phone.faults == ()


async def test_goodbye_and_back(bench: Bench) -> None:
    listener, port = await bench.manager()
    bench.give_file(port)
    phone = bench.phone()
    phone.power_on()
    await phone.wait_for(Registered)
    phone.unregister()
    await phone.wait_for(Registered)
    assert listener.sessions[0].of(Unregister)
    phone.cut()
    await phone.wait_for(Registered)


async def test_firmware_of_the_other_protocol(bench: Bench) -> None:
    bench.files["SEP001122334455.cnf.xml"] = sep_file("device", "devicePool", 2000)
    phone = bench.phone("7961", load="SIP41.9-4-2SR3-1S")
    phone.power_on()
    rejected = await phone.wait_for(ConfigRejected)
    assert "SCCP" in rejected.why


@pytest.mark.parametrize("model", ["8841", "7841"])
async def test_models_without_sccp(bench: Bench, model: str) -> None:
    with pytest.raises(NotFound):
        bench.phone(model)


async def test_both_kinds_of_phone_are_phones(bench: Bench) -> None:
    phones: list[AnyPhone] = [bench.phone(), SimulatedPhone("8841", MAC, bench.server)]
    assert [phone.number for phone in phones] == ["", ""]


# --- calls with sound -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", [MediaCodec.G711_ULAW_64K, MediaCodec.G711_ALAW_64K])
async def test_two_phones_hear_each_other(bench: Bench, codec: MediaCodec) -> None:
    listener, port = await bench.manager()
    other = MacAddress("001122334466")
    bench.give_file(port)
    bench.give_file(port, mac=other)
    caller, callee = bench.phone("7975", tone=700), bench.phone("7941", other, tone=1200, auto_answer=0.0)
    for phone in (caller, callee):
        phone.power_on()
        await phone.wait_for(Registered)
    (one, two), (first, second) = listener.sessions, listener.writers
    caller.call("1002")
    first.write(one.dial_tone(REF))
    assert (await caller.wait_for(CallStarted)).number == "1002"
    first.write(one.proceed(REF, "1002") + one.ring_out(REF))
    second.write(two.ring_in(REF, "1001"))
    started = await callee.wait_for(CallStarted)
    assert (started.incoming, started.number) == (True, "1001")
    second.write(two.answered(REF, codec, 101))
    first.write(one.open_channel(REF, codec, 101))
    await until(lambda: one.of(OpenReceiveChannelAck) and two.of(OpenReceiveChannelAck))
    acks = [session.of(OpenReceiveChannelAck)[0] for session in (one, two)]
    ports = [ack.port for ack in acks if isinstance(ack, OpenReceiveChannelAck)]
    first.write(one.connected(REF) + one.start_media(REF, "127.0.0.1", ports[1], codec, 101))
    second.write(two.start_media(REF, "127.0.0.1", ports[0], codec, 101))
    assert (await caller.wait_for(AudioHeard)).frequency == 1200
    assert (await callee.wait_for(AudioHeard)).frequency == 700
    await caller.wait_for(CallAnswered)
    caller.press_keys("4#")
    call = callee.current_call
    assert call is not None
    await until(lambda: call.keys == "4#")
    caller.hang_up()
    first.write(one.hung_up(REF))
    second.write(two.hung_up(REF))
    assert (await caller.wait_for(CallEnded)).status == 200
    await callee.wait_for(CallEnded)
    sent, received, lost = call.packets
    assert sent > 5
    assert received > 5
    assert lost == 0
    assert (caller.faults, callee.faults) == ((), ())
    assert caller.timings[0].setup is not None
    assert callee.timings[0].media is not None


async def test_a_busy_tone_is_listened_to_for_a_while(bench: Bench) -> None:
    listener, port = await bench.manager()
    bench.give_file(port)
    phone = bench.phone("7912", gives_up=0.1)
    bench.files["SEP001122334455.cnf.xml"] = sep_file("device", "devicePool", port)
    phone.power_on()
    await phone.wait_for(Registered)
    session, writer = listener.sessions[0], listener.writers[0]
    phone.call("603")
    await until(lambda: session.of(OffHook))
    writer.write(session.dial_tone(REF))
    await phone.wait_for(CallStarted)
    writer.write(session.proceed(REF, "603") + session.busy(REF))
    await until(lambda: session.of(OnHook))
    writer.write(session.hung_up(REF))
    assert (await phone.wait_for(CallEnded)).status == 486


async def test_a_storm_of_sccp_phones(bench: Bench) -> None:
    _, port = await bench.manager()
    macs = [MacAddress(f"001B540000{index:02X}") for index in range(1, 13)]
    for mac in macs:
        bench.files[f"SEP{mac.value}.cnf.xml"] = sep_file("device", "devicePool", port)
        bench.files[f"SEP{mac.value.lower()}.cnf.xml"] = sep_file("device", "devicePool", port)
    report = await run_storm(12, bench.server, models=("7961", "7960", "7925"), timing=FAST, within=20.0, sccp=True)
    assert report.registered == 12
    assert report.duplicates == ("1001",)  # the scripted server gives everybody the same number
    assert report.faults == ()

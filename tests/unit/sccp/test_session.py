"""The station session: one connection, from the first byte to the last."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from bridge.errors import LocalProtocolError
from bridge.sccp import (
    Alarm,
    ButtonDefinition,
    ButtonTemplate,
    ButtonTemplateReq,
    CallCountReq,
    CallCountRes,
    CallInfo,
    CapabilitiesReq,
    CapabilitiesRes,
    ClearDisplay,
    ConfigStat,
    ConfigStatReq,
    DefineTimeDate,
    DeviceType,
    Dialect,
    DisplayPriNotify,
    DisplayPromptStatus,
    DisplayText,
    ExtensionDeviceCaps,
    FeatureStat,
    FeatureStatReq,
    ForwardStat,
    ForwardStatReq,
    Framer,
    HeadsetStatus,
    KeepAlive,
    KeepAliveAck,
    KeypadButton,
    KeypadKey,
    Label,
    LineStat,
    LineStatReq,
    LocationInfo,
    MediaCapability,
    MediaCodec,
    Message,
    OffHook,
    OnHook,
    PhoneFeatures,
    Register,
    RegisterAck,
    RegisterAvailableLines,
    RegisterReject,
    RegisterTokenAck,
    RegisterTokenReject,
    RegisterTokenReq,
    SelectSoftKeys,
    ServerReq,
    ServerRes,
    ServiceUrlStat,
    ServiceUrlStatReq,
    SoftKeySetReq,
    SoftKeySetRes,
    SoftKeyTemplateReq,
    SoftKeyTemplateRes,
    SpcpRegisterTokenAck,
    SpcpRegisterTokenReject,
    SpcpRegisterTokenReq,
    SpeedDialStat,
    SpeedDialStatReq,
    StimulusType,
    SubscriptionStatReq,
    TimeDateReq,
    UnknownMessage,
    Unregister,
    UnregisterAck,
    UnregisterReason,
    UnregisterStatus,
    Version,
    VersionReq,
    XmlAlarm,
)
from bridge.sccp.profile import ServiceButton, SpeedDial, StationLine, StationProfile, StationServer
from bridge.sccp.session import SessionState, StationSession
from bridge.sccp.stationevents import (
    AlarmReported,
    CapabilitiesReported,
    DigitPressed,
    HandsetLifted,
    HandsetReplaced,
    RegisterRequested,
    StateAsked,
    StationEvent,
    StationMessageIgnored,
    StationRegistered,
    StationUnregistered,
    TokenRequested,
    UnregisterCause,
)

M = TypeVar("M", bound=Message)
PEER = ("192.0.2.10", 50000)
NAME = "SEP001122334455"


def local_time() -> datetime:
    return datetime(2026, 6, 5, 23, 18, 47, tzinfo=UTC)


PROFILE = StationProfile(
    lines=(StationLine("1001", "Alice"), StationLine("1002")),
    local_time=local_time,
    speed_dials=(SpeedDial("600", "Echo"),),
    services=(ServiceButton("http://192.0.2.1/x", "Menu"),),
    firmware="SCCP41.9-4-2SR3-1S",
    user_name="alice",
    server_name="pbx",
    servers=(StationServer("pbx"),),
)


class Wire:
    """A session, and the phone's end of its connection."""

    def __init__(self, version: int = 17) -> None:
        self.session = StationSession(PEER, now=0.0)
        self.dialect = Dialect(version, header=version, legacy=True)
        self.framer = Framer()

    def says(self, *messages: Message, now: float = 1.0) -> list[Message]:
        """The phone's messages in, the server's answers out."""
        for message in messages:
            self.session.receive_data(self.dialect.encode(message), now=now)
        return self.answers()

    def answers(self) -> list[Message]:
        for data in self.session.data_to_send():
            self.framer.receive_data(data)
        found = []
        while (frame := self.framer.next_frame()) is not None:
            found.append(self.dialect.decode(frame))
        return found

    def events(self) -> list[StationEvent]:
        found = []
        while (event := self.session.next_event()) is not None:
            found.append(event)
        return found

    def registered(
        self, device_type: DeviceType = DeviceType.CISCO_7961G, version: int = 17, profile: StationProfile = PROFILE
    ) -> RegisterAck:
        self.says(Register(NAME, device_type=device_type, protocol_version=version))
        self.events()
        self.session.accept(profile, now=1.0)
        (ack, _) = self.answers()
        assert isinstance(ack, RegisterAck)
        self.dialect = replace(self.dialect, version=self.session.dialect.version)
        return ack

    def only(self, kind: type[M], *messages: Message) -> M:
        (answer,) = self.says(*messages)
        assert isinstance(answer, kind)
        return answer


# --- registration ----------------------------------------------------------------------------------------------------


def test_the_application_decides_in_its_own_time() -> None:
    wire = Wire()
    register = Register(
        NAME, device_type=DeviceType.CISCO_7961G, protocol_version=17, load_name="SCCP41.8-5-3S", active_streams=2
    )
    assert wire.says(register) == []
    (event,) = wire.events()
    assert isinstance(event, RegisterRequested)
    assert (event.device, event.device_type, event.protocol_version) == (NAME, DeviceType.CISCO_7961G, 17)
    assert (event.address, event.load, event.active_streams) == (PEER, "SCCP41.8-5-3S", 2)
    assert wire.says(register, now=2.0) == [], "asked again while the answer is looked up"
    assert wire.events() == []
    wire.session.accept(PROFILE, now=3.0)
    ack, capabilities = wire.answers()
    assert ack == RegisterAck(30, "D.M.Y", 60, 17, 0x20, 0xF1, 0xFF)
    assert capabilities == CapabilitiesReq()
    assert wire.session.state is SessionState.ACCEPTED


@pytest.mark.parametrize(("wanted", "told"), [("M/D/YY", "M/D/YY"), ("D/M/YA", "D/M/YA"), ("D/M/YYA", "D/M/YA")])
def test_a_clock_of_twelve_hours_stays_one(wanted: str, told: str) -> None:
    """RegisterAck has room for six characters: the year gets shorter, not the clock another one."""
    wire = Wire()
    wire.says(Register(NAME, device_type=DeviceType.CISCO_7961G, protocol_version=17))
    wire.session.accept(replace(PROFILE, date_template=wanted), now=0.0)
    ack, _ = wire.answers()
    assert isinstance(ack, RegisterAck)
    assert ack.date_template == told


@pytest.mark.parametrize(
    ("offered", "ceiling", "spoken", "features"),
    [
        (22, 22, 22, (0x20, 0xF1, 0xFF)),
        (22, 11, 11, (0x20, 0xF1, 0xFF)),
        (17, 22, 17, (0x20, 0xF1, 0xFF)),
        (14, 22, 11, (0x20, 0xF1, 0xFF)),
        (8, 22, 8, (0x20, 0xF1, 0xFE)),
        (7, 22, 5, (0x20, 0xF1, 0xFE)),
        (0, 22, 3, (0, 0, 0)),
        (200, 22, 22, (0x20, 0xF1, 0xFF)),
    ],
)
def test_the_version(offered: int, ceiling: int, spoken: int, features: tuple[int, int, int]) -> None:
    wire = Wire(version=3)
    ack = wire.registered(version=offered, profile=replace(PROFILE, version_ceiling=ceiling))
    assert (ack.protocol_version, ack.feature0, ack.feature1, ack.feature2) == (spoken, *features)


@pytest.mark.req("RG-03")
@pytest.mark.req("RG-20")
def test_the_order_of_a_real_7912() -> None:
    wire = Wire(version=5)
    wire.says(Alarm(text="25: Name=SEP001122334455 Load=CP7912 Last=initialized"))
    (alarm,) = wire.events()
    assert isinstance(alarm, AlarmReported)
    wire.registered(DeviceType.CISCO_7912G, 7)
    (template,) = wire.says(CapabilitiesRes((MediaCapability(MediaCodec.G711_ULAW_64K, 20),)), ButtonTemplateReq())
    assert isinstance(template, ButtonTemplate)
    kinds = [(button.type, button.instance) for button in template.buttons[:3]]
    assert kinds == [(StimulusType.LINE, 1), (StimulusType.HOLD, 1), (StimulusType.SPEED_DIAL, 1)]
    assert isinstance(wire.events()[0], CapabilitiesReported)
    assert [codec.codec for codec in wire.session.capabilities] == [MediaCodec.G711_ULAW_64K]
    assert isinstance(wire.only(SoftKeyTemplateRes, SoftKeyTemplateReq()), SoftKeyTemplateRes)
    assert [type(answer) for answer in wire.says(SoftKeySetReq())] == [
        SoftKeySetRes,
        SelectSoftKeys,
        DisplayPromptStatus,
    ]
    assert wire.only(LineStat, LineStatReq(1)).number == "1001"
    assert wire.only(FeatureStat, FeatureStatReq(1)).feature_id == StimulusType.UNDEFINED
    assert [wire.only(SpeedDialStat, SpeedDialStatReq(index)).number for index in (4, 3, 2, 1)] == ["", "", "", "600"]
    assert wire.says(RegisterAvailableLines(1)) == []
    assert wire.events() == []
    assert isinstance(wire.only(DefineTimeDate, TimeDateReq()), DefineTimeDate)
    assert wire.events() == [StationRegistered(NAME, 5)]
    assert wire.says(KeepAlive()) == [KeepAliveAck()]


def test_an_spa_phone_is_ready_with_its_lines() -> None:
    wire = Wire(version=8)
    wire.registered(DeviceType.SPA504G, 8)
    wire.says(TimeDateReq())
    assert wire.events() == []
    wire.says(RegisterAvailableLines(4))
    assert wire.events() == [StationRegistered(NAME, 8)]
    wire.session.send(CallInfo(1, 1, calling_name="Bob"))
    (data,) = wire.session.data_to_send()
    assert int.from_bytes(data[8:12], "little") == 0x008F


def test_a_phone_that_never_asks_for_the_time() -> None:
    wire = Wire()
    wire.registered()
    wire.says(SoftKeySetReq(), now=5.0)
    wire.session.handle_timer(now=14.9)
    assert wire.events() == []
    assert wire.session.timer() == 15.0
    wire.session.handle_timer(now=15.0)
    assert wire.events() == [StationRegistered(NAME, 17)]


def test_a_key_pressed_ends_the_registration() -> None:
    wire = Wire()
    wire.registered()
    wire.says(OffHook())
    assert wire.events() == [StationRegistered(NAME, 17), HandsetLifted()]


def test_registering_again_on_the_same_connection() -> None:
    wire = Wire()
    wire.registered()
    wire.says(TimeDateReq())
    wire.events()
    again = wire.says(Register(NAME, device_type=DeviceType.CISCO_7961G, protocol_version=17))
    assert [type(message) for message in again] == [RegisterAck, CapabilitiesReq]
    assert wire.events() == []
    other = wire.says(Register("SEP000000000001", protocol_version=17))
    assert [type(message) for message in other] == [RegisterReject]
    assert wire.session.device == NAME


@pytest.mark.req("RG-05")
def test_nothing_is_heard_before_registration() -> None:
    wire = Wire()
    assert wire.says(OffHook(), KeypadButton(KeypadKey.DIGIT_1), TimeDateReq(), LineStatReq(1)) == []
    assert {type(event) for event in wire.events()} == {StationMessageIgnored}
    with pytest.raises(LocalProtocolError):
        wire.session.send(DisplayPromptStatus("x"))


@pytest.mark.req("AR-15")
def test_a_rejection_says_why() -> None:
    wire = Wire()
    wire.says(Register(NAME))
    wire.session.reject(Label.ERROR_DATABASE_CONFIG, now=1.0)
    assert wire.answers() == [RegisterReject(Label.ERROR_DATABASE_CONFIG)]
    wire.events()
    wire.says(Register(NAME))
    assert len(wire.events()) == 1, "it may ask again"


def test_a_decision_that_comes_too_late() -> None:
    wire = Wire()
    wire.says(Register(NAME))
    wire.session.connection_lost(now=2.0)
    wire.session.accept(PROFILE, now=3.0)
    wire.session.reject("no", now=3.0)
    assert wire.session.data_to_send() == []
    assert [type(event) for event in wire.events()] == [RegisterRequested]


# --- tokens ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spa", [False, True])
def test_tokens(spa: bool) -> None:
    wire = Wire()
    wire.says(SpcpRegisterTokenReq(NAME) if spa else RegisterTokenReq(NAME))
    assert wire.events() == [TokenRequested(NAME, DeviceType.MISSING, PEER)]
    wire.session.grant_token(now=1.0)
    wire.session.refuse_token(5, now=1.0)
    granted, refused = wire.answers()
    assert granted == (SpcpRegisterTokenAck() if spa else RegisterTokenAck())
    assert refused == (SpcpRegisterTokenReject(30) if spa else RegisterTokenReject(30))


# --- questions -------------------------------------------------------------------------------------------------------


def test_every_other_question_has_its_answer() -> None:
    wire = Wire()
    wire.registered()
    assert wire.only(LineStat, LineStatReq(9)) == LineStat(9)
    assert wire.only(LineStat, LineStatReq(1)).label == "Alice"
    assert wire.only(LineStat, LineStatReq(2)).label == "1002"
    assert wire.only(ServiceUrlStat, ServiceUrlStatReq(1)) == ServiceUrlStat(1, "http://192.0.2.1/x", "Menu")
    assert wire.only(ServiceUrlStat, ServiceUrlStatReq(2)) == ServiceUrlStat(2)
    assert wire.only(ForwardStat, ForwardStatReq(1)) == ForwardStat(0, 1)
    assert wire.only(Version, VersionReq()).version == "SCCP41.9-4-2SR3"
    config = wire.only(ConfigStat, ConfigStatReq())
    assert (config.device_name, config.line_count, config.speed_dial_count) == (NAME, 2, 1)
    assert wire.only(ServerRes, ServerReq()).names[0] == "pbx"
    assert len(wire.only(CallCountRes, CallCountReq()).lines) == 2
    assert wire.says(SubscriptionStatReq(7, timer=60, subscription_id="1010")) == []
    assert wire.events()[-1] == StateAsked(7, "1010", 60)
    time = wire.only(DefineTimeDate, TimeDateReq())
    assert (time.year, time.month, time.weekday, time.day, time.hour, time.minute) == (2026, 6, 5, 5, 23, 18)


def test_the_soft_keys() -> None:
    wire = Wire()
    wire.registered()
    template = wire.only(SoftKeyTemplateRes, SoftKeyTemplateReq())
    sets = wire.says(SoftKeySetReq())[0]
    assert isinstance(sets, SoftKeySetRes)
    connected = [template.keys[position - 1].event for position in sets.sets[1].positions if position]
    assert connected == [3, 9, 4, 14, 13, 30, 29, 15, 28, 19, 31, 74, 27, 22]
    assert connected[:3] == [3, 9, 4]
    assert len(set(connected)) == len(connected)
    assert sets.sets[1].info[:3] == (303, 309, 304)


def test_a_phone_without_a_load_to_run_keeps_its_own() -> None:
    wire = Wire()
    wire.says(Register(NAME, protocol_version=17, load_name="SCCP41.8-5-3S"))
    wire.session.accept(replace(PROFILE, firmware=""), now=1.0)
    wire.answers()
    assert wire.only(Version, VersionReq()).version == "SCCP41.8-5-3S"


def test_an_add_on_has_more_buttons() -> None:
    lines = tuple(StationLine(str(number)) for number in range(1001, 1011))
    wire = Wire()
    wire.says(ExtensionDeviceCaps(1, 1, 2, text="max-chained=2 deviceLine=14"))
    wire.registered(DeviceType.CISCO_7970G, profile=replace(PROFILE, lines=lines))
    template = wire.only(ButtonTemplate, ButtonTemplateReq())
    assert [button.type for button in template.buttons].count(StimulusType.LINE) == 10
    assert template.total == 22


# --- the user --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "line"), [(11, 2), (17, 0)])
def test_old_phones_name_the_button(version: int, line: int) -> None:
    wire = Wire(version)
    wire.registered(DeviceType.CISCO_7931G, version, replace(PROFILE, buttons=template_with_line_at_5()))
    wire.says(TimeDateReq())
    wire.events()
    wire.says(KeypadButton(KeypadKey.POUND, 5), OnHook(5, 7))
    assert wire.events() == [DigitPressed("#", line), HandsetReplaced(line, 7)]


def template_with_line_at_5() -> tuple[ButtonDefinition, ...]:
    blank = ButtonDefinition(0, StimulusType.UNDEFINED)
    return (ButtonDefinition(1, StimulusType.LINE), blank, blank, blank, ButtonDefinition(2, StimulusType.LINE))


def test_notes_need_no_answer() -> None:
    wire = Wire()
    wire.registered()
    assert wire.says(HeadsetStatus(), LocationInfo("<x/>"), XmlAlarm("<alarm/>"), UnknownMessage(0x7777)) == []
    assert [type(event) for event in wire.events()] == [AlarmReported, StationMessageIgnored]


# --- what is never sent ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", [ClearDisplay(), DisplayText("x")])
def test_java_phones_get_no_legacy_message(message: Message) -> None:
    wire = Wire()
    wire.registered()
    with pytest.raises(LocalProtocolError):
        wire.session.send(message)


def test_what_a_model_has_not_is_not_sent() -> None:
    wire = Wire(version=3)
    wire.registered(DeviceType.ATA_186, 33)
    wire.session.send(SelectSoftKeys(), DisplayPromptStatus("x"), DisplayPriNotify("x"))
    assert wire.answers() == []
    assert [type(answer) for answer in wire.says(SoftKeySetReq())] == [SoftKeySetRes], "asked for is answered"


def test_a_phone_without_prompt_line_still_gets_notices() -> None:
    wire = Wire()
    wire.registered(DeviceType.CISCO_8945, 22)
    wire.session.send(DisplayPromptStatus("x"), DisplayPriNotify("y"))
    assert wire.answers() == [DisplayPriNotify("y")]


def test_text_in_the_phones_code_page() -> None:
    wire = Wire()
    wire.registered()
    wire.session.send(DisplayPriNotify("Köln"))
    assert b"K\xf6ln" in wire.session.data_to_send()[0]
    other = Wire()
    features = int(PhoneFeatures.UTF_8)
    other.says(Register(NAME, device_type=DeviceType.CISCO_7961G, protocol_version=17, feature1=features >> 8))
    other.session.accept(PROFILE, now=1.0)
    other.session.send(DisplayPriNotify("Köln"))
    assert "Köln".encode() in other.session.data_to_send()[-1]


# --- the end ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device_type", "in_call", "bears"),
    [
        (DeviceType.CISCO_7961G, False, 31.5),
        (DeviceType.CISCO_7961G, True, 60.0),
        (DeviceType.CISCO_7921G, False, 36.0),
        (DeviceType.CISCO_7975G, False, 36.0),
    ],
)
def test_silence(device_type: DeviceType, in_call: bool, bears: float) -> None:
    wire = Wire()
    wire.registered(device_type)
    wire.says(TimeDateReq(), now=100.0)
    wire.events()
    wire.session.in_call = in_call
    assert wire.session.timer() == pytest.approx(100.0 + bears)
    wire.session.handle_timer(now=100.0 + bears - 0.1)
    assert not wire.session.is_closed
    wire.session.handle_timer(now=100.0 + bears + 0.1)
    assert wire.session.is_closed
    assert wire.events() == [StationUnregistered(NAME, UnregisterCause.SILENT)]
    assert wire.session.timer() is None


def test_a_connection_to_the_second_server_is_kept() -> None:
    wire = Wire()
    for minute in range(1, 60):
        assert wire.says(KeepAlive(), now=minute * 60.0) == [KeepAliveAck()]
        wire.session.handle_timer(now=minute * 60.0 + 59)
    assert not wire.session.is_closed
    wire.session.handle_timer(now=60 * 60.0 + 121)
    assert wire.session.is_closed
    assert wire.events() == []


def test_unregister() -> None:
    wire = Wire()
    wire.registered()
    wire.session.in_call = True
    assert wire.says(Unregister()) == [UnregisterAck(UnregisterStatus.NAK)]
    wire.session.in_call = False
    assert wire.says(Unregister(UnregisterReason.POWER_SAVE)) == [UnregisterAck()]
    assert wire.events() == [StationUnregistered(NAME, UnregisterCause.SLEEPS)]
    wire.session.connection_lost(now=5.0)
    assert wire.events() == []


def test_garbage_closes_the_connection() -> None:
    wire = Wire()
    wire.registered()
    wire.session.receive_data(b"GET / HTTP/1.1\r\n\r\n", now=2.0)
    assert wire.session.is_closed
    ignored, gone = wire.events()
    assert isinstance(ignored, StationMessageIgnored)
    assert isinstance(gone, StationUnregistered)
    assert gone.why is UnregisterCause.GARBAGE


def test_a_body_too_short_is_passed_over() -> None:
    wire = Wire()
    wire.registered()
    wire.session.receive_data(bytes.fromhex("040000000000000003000000"), now=2.0)
    assert not wire.session.is_closed
    assert wire.says(KeepAlive()) == [KeepAliveAck()]


def test_the_clock_is_told_every_hour() -> None:
    wire = Wire()
    wire.registered()
    wire.says(TimeDateReq(), now=2.0)
    for now in range(30, 3601, 30):
        wire.says(KeepAlive(), now=float(now))
    wire.session.handle_timer(now=3602.0)
    assert [type(message) for message in wire.answers()] == [DefineTimeDate]


def test_byte_by_byte() -> None:
    wire = Wire()
    data = wire.dialect.encode(Register(NAME, protocol_version=17)) + wire.dialect.encode(KeepAlive())
    for index in range(len(data)):
        wire.session.receive_data(data[index : index + 1], now=1.0)
    assert [type(event) for event in wire.events()] == [RegisterRequested]
    assert wire.answers() == [KeepAliveAck()]
